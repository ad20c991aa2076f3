"""A whole report in another language: every text of it comes from the language's file, and nothing else does."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import catalogue
import pipesheet
from pages import Element, Page
from pipesheet.audience import audiences
from pipesheet.cli import main
from pipesheet.language import ENGLISH, language, speaking
from pipesheet.report_mail import mail_for
from pipesheet.resources import resource
from report_sample import STAMP, analysis
from tables import source

SAMPLE = pipesheet.read(resource("workbooks/sample.xlsx"))
TODAY = dt.date(2026, 11, 16)
SHOWN = ("aria-label", "data-label", "data-show-first", "data-show-all", "data-printed", "data-wide")


def analyzed(code: str, book: pipesheet.Source = SAMPLE) -> pipesheet.Analysis:
    return pipesheet.analyze(book, today=TODAY, overrides={"language": code})


def texts(element: Element) -> Iterator[str]:
    """All text of a page that a person sees or hears."""
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif child.tag not in ("style", "script"):
            yield from (child.attributes.get(name) or "" for name in SHOWN)
            yield from texts(child)
            yield " "


def everything(analysis: pipesheet.Analysis) -> str:
    """The page, the mails of everybody, a team and an owner, and every finding."""
    stamp = replace(STAMP, input_name="sample.xlsx")
    whole, *parts = audiences(analysis)
    some = [whole, *(next(a for a in parts if a.kind == kind) for kind in ("team", "owner"))]
    mails = [mail_for(analysis, stamp, audience) for audience in some]
    pages = [pipesheet.render(analysis, stamp=stamp).html, *(mail.html for mail in mails)]
    pages += [pipesheet.render(analysis, stamp=stamp, audience=audience).html for audience in some[1:]]
    seen = ["".join(texts(Page(page).root)) for page in pages]
    seen += [f"{mail.subject}\n{mail.preheader}\n{mail.text}" for mail in mails]
    seen += [f"{finding.found}\n{finding.needed}" for finding in analysis.findings]
    return "\n".join(seen)


# Every text is said -----------------------------------------------------------------------------------


@pytest.fixture
def bracketed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A language ``xx``: English in brackets, so that what is not in brackets was never said."""

    def toml(words: Iterable[str]) -> str:
        return json.dumps([f"⟦{word}⟧" for word in words], ensure_ascii=False)

    named = ("months", "long_months", "weekdays", "units")
    lines = [f"{key} = {toml(getattr(ENGLISH, key))}" for key in named] + ['points = "{number} ⟦pt⟧"', "[texts]"]
    lines += [" = ".join(json.dumps(t, ensure_ascii=False) for t in (text, f"⟦{text}⟧")) for text in catalogue.said()]
    (tmp_path / "xx.toml").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr("pipesheet.language.language_folder", lambda: tmp_path)
    language.cache_clear()
    yield
    language.cache_clear()


def unsaid(text: str) -> str:
    """What of a text stands in no brackets; one that was cut short ends with ``…``."""
    while (less := re.sub(r"⟦[^⟦⟧…]*(?:⟧|…)", "", text)) != text:
        text = less
    return text


def words(text: str) -> set[str]:
    """The words of a text; addresses of cells, fiscal years and hashes are none."""
    text = re.sub(r"[\w ]+![A-Z]+\d+|\bFY\d+|\bQ[1-4]\b|\b[0-9a-f]{12}\b", " ", text)
    return set(re.findall(r"[^\W\d_]{2,}", text))


@pytest.mark.usefixtures("bracketed")
def test_every_text_of_the_sample_is_said() -> None:
    theirs = words(" ".join(str(cell) for grid in SAMPLE.grids for row in grid.rows for cell in row))
    with speaking("xx"):
        assert words(unsaid(everything(analyzed("xx")))) <= theirs | {"sample", "xlsx"}


@pytest.mark.usefixtures("bracketed")
def test_every_text_of_a_report_with_targets_for_everybody_is_said() -> None:
    told = analysis(findings=())
    with speaking("xx"):
        page = pipesheet.render(told, stamp=STAMP).html
    theirs = words(" ".join(str(cell) for row in told.deals.rows() for cell in row))
    theirs |= words(" ".join(f"{c.criterion.requirement} {c.criterion.stage}" for c in told.criteria))
    theirs |= words(told.conversion.note) | {"EUR", "pipeline", "emea", "xlsx", "Zoë", "Adeyemi", "Deals", "Qualify"}
    assert words(unsaid("".join(texts(Page(page).root)))) <= theirs


# German -----------------------------------------------------------------------------------------------


def test_no_english_is_left_in_the_german_sample() -> None:
    theirs = " ".join(str(cell) for grid in SAMPLE.grids for row in grid.rows for cell in row)
    german = " ".join(language("de").texts.values())
    with speaking("de"):
        seen = everything(analyzed("de"))
    english = {
        piece.strip()
        for text in catalogue.said()
        for piece in re.split(r"\{[^{}]*\}", text)
        if len(piece.strip()) > 8 and piece.strip() not in theirs and piece.strip() not in german
    }
    assert len(english) > 400
    assert not [piece for piece in english if piece in seen]


def test_the_german_sample_says_it_in_german() -> None:
    page = Page(pipesheet.render(analyzed("de"), stamp=STAMP).html)
    assert page.root.one("html").attributes["lang"] == "de"
    assert page.root.one("h1").text == "Q4 landet voraussichtlich bei 459 Tsd. €, 61 Tsd. € unter Ziel."
    assert "Mo., 16. Nov. 2026, Q4 Woche 7 von 13" in page.root.one("header").text
    assert "Diese Woche zu klären" in [e.text for e in page.root.all("h2")]
    assert page.root.one("body").attributes["data-show-all"] == "Alle {all} anzeigen"


FAULTS = """
    Deal ID | Deal     | Stage    | Amount     | Close date | Owner | Next step | Buyer
    D-1     | Harbour  | Proposal | 1000       | 2026-11-01 | Kim   | Call      | Ann
    D-1     | Windmill | Proposal | "1.234,50" | 2026-12-11 | Mo    |           |
    D-3     | Light    | Porposal | -5         |            |       | Call      | Bo; Cy
"""
ASKED = """
    Stage    | Gate  | Requirement | Field      | Check           | Value
    Proposal | entry | Buyers      | Buyer      | at least people | 2
    Proposal | entry | Soon        | Close date | within next days | 1
    Proposal | entry | Cheap       | Amount     | between         | 20
"""
TOLD = """
    close-date-past | 1. Nov. 2026 | 16. Nov. 2026 oder später, oder die Verkaufschance abgeschlossen
    close-date-missing | leer | der Tag, an dem der Abschluss erwartet wird
    deal-id-duplicate | D-1, wie in Zeile 2 | eine eigene ID
    number-from-text | '1.234,50', gelesen als 1.234,5 | eine Zahl, kein Text
    stage-unknown | Porposal | vielleicht Proposal; die Phasen sind Proposal, Won
    amount-negative | −5 € | ein Betrag über null
    entry-criterion-not-met | Ann | mindestens 2 Personen
    entry-criterion-not-met | 11. Dez. 2026 | ein Datum am nächsten Tag
    criterion-value-unreadable | between: 20 | zwei Grenzen, etwa 10 and 20
    setting-unreadable | week start: 'Someday' | ein Wochentag oder 1 (Montag) bis 7 (Sonntag)
    setting-unknown | 'weather' | eine Einstellung aus der Liste der Dokumentation
"""


def test_findings_are_told_in_the_language_of_the_settings_sheet_even_those_about_itself() -> None:
    book = source(
        Deals=FAULTS,
        Criteria=ASKED,
        Stages="Stage | Probability | Type\nProposal | 0.5 | open\nWon | 1 | won",
        Settings="Setting | Value\nweather | fine\nweek start | Someday\nlanguage | de\nreporting currency | EUR",
    )
    found = pipesheet.analyze(book, today=TODAY).findings
    told = {(f.code, f.found.replace("\xa0", " "), f.needed.replace("\xa0", " ")) for f in found}
    for line in TOLD.strip().splitlines():
        assert tuple(cell.strip() for cell in line.split("|")) in told


def test_nothing_of_one_language_is_left_for_the_next_book() -> None:
    before = [(f.found, f.needed) for f in analyzed("en").findings]
    german = [(f.found, f.needed) for f in analyzed("de").findings]
    assert [(f.found, f.needed) for f in analyzed("en").findings] == before
    assert [(f.found, f.needed) for f in analyzed("de").findings] == german != before
    codes = [(f.code, f.cell, f.money_at_stake) for f in analyzed("en").findings]
    assert [(f.code, f.cell, f.money_at_stake) for f in analyzed("de").findings] == codes


def test_a_language_file_with_a_fault_is_a_finding_and_the_report_is_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fr.toml").write_text("months = 1", "utf-8")
    monkeypatch.setattr("pipesheet.language.language_folder", lambda: tmp_path)
    language.cache_clear()
    told = analyzed("fr")
    assert told.book.settings.language == "en"
    assert any("fr.toml cannot be read: months must be" in f.needed for f in told.findings)


@pytest.mark.parametrize("way", ["--set", "pipesheet.toml"])
def test_the_command_writes_the_report_in_german_and_the_workbook_as_ever(tmp_path: Path, way: str) -> None:
    book = Path(shutil.copy(resource("workbooks/sample.xlsx"), tmp_path / "sample.xlsx"))
    call = ["run", str(book), "--as-of", "2026-11-16"]
    if way == "--set":
        call += ["--set", "language=de"]
    else:
        (tmp_path / "pipesheet.toml").write_text('[settings]\nlanguage = "de"\n', "utf-8")
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 1, done.output
    assert '<html lang="de">' in (tmp_path / "sample.pipesheet.html").read_text("utf-8")
    written = openpyxl.load_workbook(tmp_path / "sample.pipesheet.xlsx", read_only=True)["Findings"]
    cells = {str(cell) for row in written.iter_rows(values_only=True) for cell in row}
    assert {"Found", "Needed", "error", "mindestens 2 Personen"} <= cells
