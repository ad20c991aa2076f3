"""Languages: a text is looked up, its parts are filled in, its numbers choose their forms; German is complete."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest

import catalogue
from pipesheet import figures
from pipesheet.language import PLURALS, Language, language, languages, say, speaking, spoken

SAID = catalogue.said()

ODD = Language(
    code="xx",
    plural="slavic",
    decimal=",",
    thousands="'",
    texts={
        "{n} {n:deal|deals} in {place}": "w {place}: {n} {n:szansa|szanse|szans}",
        "left empty": "",
        "a part too many: {n}": "tego brak: {m}",
        "a part of a part: {name}": "{name.nothing}",
        "a form of a text: {name}": "{name:jeden|dwa}",
        "a brace alone: {name}": "{name",
    },
)

DEALS = "{n} {n:deal|deals} in {place}"
SAYINGS: list[tuple[str, dict[str, object], str, str]] = [
    # the text, its parts, said in English, said in the other
    (DEALS, {"n": 1, "place": "Rome"}, "1 deal in Rome", "w Rome: 1 szansa"),
    (DEALS, {"n": 3, "place": "Rome"}, "3 deals in Rome", "w Rome: 3 szanse"),
    (DEALS, {"n": 1205, "place": "{n}"}, "1,205 deals in {n}", "w {n}: 1'205 szans"),
    (DEALS, {"n": -1, "place": "Rome"}, "−1 deal in Rome", "w Rome: −1 szansa"),
    # English chooses by the rule of English, though its numbers are written as the reader writes them.
    ("in no file: {n} {n:deal|deals}", {"n": 1021}, "in no file: 1,021 deals", "in no file: 1'021 deals"),
    ("left empty", {}, "left empty", "left empty"),
    ("a part too many: {n}", {"n": 1}, "a part too many: 1", "a part too many: 1"),
    ("a part of a part: {name}", {"name": "Rome"}, "a part of a part: Rome", "a part of a part: Rome"),
    ("a form of a text: {name}", {"name": "Rome"}, "a form of a text: Rome", "a form of a text: Rome"),
    ("a brace alone: {name}", {"name": "Rome"}, "a brace alone: Rome", "a brace alone: Rome"),
    ("without parts {as it stands}", {}, "without parts {as it stands}", "without parts {as it stands}"),
]


@pytest.mark.parametrize(("text", "parts", "english", "other"), SAYINGS)
def test_a_text_is_said_in_the_language_spoken_or_else_in_english(
    text: str, parts: dict[str, object], english: str, other: str
) -> None:
    assert say(text, **parts) == english
    with speaking(ODD):
        assert say(text, **parts) == other


def test_the_language_before_is_spoken_again_even_after_a_fault() -> None:
    def fails() -> None:
        with speaking("de"), speaking(ODD):
            assert spoken() is ODD
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert spoken().code == "en"


# As Unicode's table of plural rules has them.
FORMS = """
    rule         | 0 1 2 3 4 5 10 11 12 14 21 22 25 101 111 112 122
    one          | 1 0 1 1 1 1 1  1  1  1  1  1  1  1   1   1   1
    zero and one | 0 0 1 1 1 1 1  1  1  1  1  1  1  1   1   1   1
    none         | 0 0 0 0 0 0 0  0  0  0  0  0  0  0   0   0   0
    czech        | 2 0 1 1 1 2 2  2  2  2  2  2  2  2   2   2   2
    polish       | 2 0 1 1 1 2 2  2  2  2  2  1  2  2   2   2   1
    slavic       | 2 0 1 1 1 2 2  2  2  2  0  1  2  0   2   2   1
"""


def test_each_plural_rule_gives_the_form_that_goes_with_a_number() -> None:
    (_, numbers), *rules = [[cell.strip() for cell in line.split("|")] for line in FORMS.strip().splitlines()]
    assert {name for name, _ in rules} == set(PLURALS)
    for name, forms in rules:
        assert [PLURALS[name](int(n)) for n in numbers.split()] == [int(form) for form in forms.split()], name


# A file of one's own ----------------------------------------------------------------------------------


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a language file beside the others."""
    monkeypatch.setattr("pipesheet.language.language_folder", lambda: tmp_path)
    language.cache_clear()

    def put(name: str, content: str) -> None:
        (tmp_path / name).write_text(content, "utf-8")

    return put


@pytest.fixture(autouse=True)
def _fresh() -> None:
    language.cache_clear()


def test_a_file_dropped_in_is_a_language(dropped_in: Callable[[str, str], None]) -> None:
    dropped_in("fr.toml", 'plural = "zero and one"\n[texts]\n"{n} {n:deal|deals}" = "{n} {n:affaire|affaires}"\n')
    dropped_in("notes.txt", "")
    dropped_in("Not A Code.toml", "")
    assert languages() == ("en", "fr")
    with speaking("fr"):
        assert figures.count(0, "deal") == "0 affaire"
        assert figures.count(2, "error") == "2 errors"
        assert figures.number(1234.5, 1) == "1,234.5"


FAULTY = [
    ("no TOML", "decimal = ", "cannot be read"),
    ("a text for a list", 'months = "Jan"', "months must be a list of 12 texts"),
    ("too few months", 'months = ["Jan"]', "months must be a list of 12 texts"),
    ("a number", "decimal = 1", "decimal must be a text"),
    ("a rule nobody has", 'plural = "n > 1"', "plural must be one of one, zero and one"),
    ("a part left out", 'money = "{sign}"', "money must be a text like"),
    ("a part too many", 'percent = "{number} {sign}"', "percent must be a text like"),
    ("a text that is a number", '[texts]\n"Won" = 1', "texts must be a table of texts"),
    ("texts that are none", 'texts = "Won"', "texts must be a table of texts"),
]


@pytest.mark.parametrize(("content", "told"), [f[1:] for f in FAULTY], ids=[f[0] for f in FAULTY])
def test_a_faulty_file_is_told_by_what_is_wrong_in_it(
    dropped_in: Callable[[str, str], None], content: str, told: str
) -> None:
    dropped_in("fr.toml", content)
    with pytest.raises(LookupError, match=f"fr.toml.*{re.escape(told)}"), speaking("fr"):
        pass


@pytest.mark.parametrize("code", ["fr", "../en", "de.toml", "", "DE"])
def test_a_language_that_is_not_there_is_told_with_those_that_are(code: str) -> None:
    with pytest.raises(LookupError, match=r"there is no language .*; there are en, de"), speaking(code):
        pass


# German -----------------------------------------------------------------------------------------------


def test_german_has_every_text_that_is_said_and_no_other() -> None:
    german = set(language("de").texts)
    missing = {text: places for text, places in SAID.items() if text not in german}
    assert not missing
    assert not german - set(SAID)


def _parts(text: str) -> tuple[set[str], set[str]]:
    """The names in a text, and those of them that choose a form."""
    found = [(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None]
    return {name for name, _ in found}, {name for name, spec in found if spec}


def test_each_german_text_has_the_parts_of_the_english_one() -> None:
    for english, german in language("de").texts.items():
        assert _parts(german)[0] == _parts(english)[0], english
        assert _parts(german)[1] <= _parts(english)[1], f"only what is counted in English may choose: {english}"
        assert german.strip() == german, english
        forms = [spec.split("|") for _, _, spec, _ in Formatter().parse(german) if spec]
        assert all(len(form) == 2 for form in forms), f"German has two forms: {german}"


@pytest.mark.parametrize("n", [1, 2])
def test_each_german_text_can_be_filled_in(n: int) -> None:
    for english, german in language("de").texts.items():
        names, counted = _parts(english)
        parts: dict[str, object] = {name: n if name in counted else f"‹{name}›" for name in names}
        with speaking("de"):
            told = say(english, **parts)
        assert "{" not in told, english
        assert all(f"‹{name}›" in told for name in names - counted), english
        assert told != say(english, **parts) or german == english, f"said in English: {english}"


N = "\N{NO-BREAK SPACE}"
GERMAN = [
    (lambda: figures.number(1234567.5, 1), "1.234.567,5"),
    (lambda: figures.number(-1234), "−1.234"),
    (lambda: figures.percent(0.305), f"31{N}%"),
    (lambda: figures.percent(-0.125, 1), f"−12,5{N}%"),
    (lambda: figures.points(0.05), f"+5{N}Pp."),
    (lambda: figures.change(0.24), f"+24{N}%"),
    (lambda: figures.times(1.66), "1,7×"),
    (lambda: figures.long_money(1234567, "EUR"), f"1.234.567{N}€"),
    (lambda: figures.long_money(-0.5, "EUR", 2), f"−0,50{N}€"),
    (lambda: figures.short_money(1_230_000, "EUR"), f"1,23{N}Mio.{N}€"),
    (lambda: figures.short_money(189_000, "EUR"), f"189{N}Tsd.{N}€"),
    (lambda: figures.short_money(7_650, "CHF"), f"7,7{N}Tsd.{N}CHF"),
    (lambda: figures.short_money(2.5e9, ""), f"2,50{N}Mrd."),
    (lambda: figures.short_money(-950, "USD"), f"−950{N}$"),
    (lambda: figures.money_change(12_000, "EUR"), f"+12{N}Tsd.{N}€"),
    (lambda: figures.tick(1_500_000), f"1,5{N}Mio."),
    (lambda: figures.day(dt.date(2026, 12, 3)), "3. Dez. 2026"),
    (lambda: figures.weekday(dt.date(2026, 11, 16)), "Mo., 16. Nov. 2026"),
    (lambda: figures.moment(dt.datetime(2026, 3, 1, 7, 5)), "1. März 2026, 07:05 Uhr"),
    (lambda: figures.month(dt.date(2026, 9, 1), year=True), "Sep. 2026"),
    (lambda: figures.long_month("2026-03"), "März"),
    (lambda: figures.period("2026-Q4"), "Q4 2026"),
    (lambda: figures.period("2026-10"), "Okt. 2026"),
    (lambda: figures.period("overdue"), "Überfällig"),
    (lambda: figures.count(1, "deal"), "1 Verkaufschance"),
    (lambda: figures.days(27.4), "27 Tage"),
    (lambda: figures.listed(["A", "B"]), "A und B"),
    (lambda: figures.listed(["A", "B", "C", "D"]), "A, B und 2 weitere"),
    # An Excel format is the same in every language.
    (lambda: figures.money_format("EUR"), '"€"#,##0;"−€"#,##0'),
]


@pytest.mark.parametrize(("made", "shown"), GERMAN, ids=[g[1] for g in GERMAN])
def test_german_figures(made: Callable[[], str], shown: str) -> None:
    with speaking("de"):
        assert made() == shown
