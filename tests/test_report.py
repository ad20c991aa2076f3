"""The page: its order, what is left out, that nothing in a workbook can run or load, its size and its colours."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pages import Element, Page
from pipesheet.analysis import Analysis, analyze
from pipesheet.findings import CODES
from pipesheet.forecast import Forecast, ForecastRow
from pipesheet.grid import Grid, Source, Value
from pipesheet.report import render
from pipesheet.resources import template_folder
from pipesheet.schema import SHEETS
from pipesheet.winrate import WinRate
from report_sample import OPEN, STAMP, analysis, conversion, finding, findings, forecast, frame, quarter
from svgs import HOSTILE

TOKENS: dict[str, dict[str, str]] = json.loads((template_folder() / "tokens.json").read_text("utf-8"))


def page(**changed: Any) -> Page:
    return Page(render(analysis(**changed), stamp=STAMP).html)


# ---- the order of the page

ORDER = [
    "months", "win", "quarters", "funnel", "times", "win-by", "stalled", "kinds", "findings", "criteria", "owners",
]  # fmt: skip


def many_findings() -> tuple[Any, ...]:
    return findings() * 2


def test_the_page_reads_from_the_answer_to_how_it_was_made() -> None:
    shown = page(findings=many_findings())
    assert shown.headline == "Q4 is forecast to land at €3.02M, €184K short of target."
    main = [e for e in shown.root.one("main").children if isinstance(e, Element)]
    kinds = [str(e.attributes.get("class", "")).split()[0] for e in main]
    assert kinds[:3] == ["answer", "landing", "figures"]
    assert set(kinds[3:]) == {"row"}
    assert [card for card in shown.cards if card in ORDER] == ORDER
    foot = shown.root.one("footer")
    assert [h.text for h in foot.all("h2")] == ["How the numbers are made", "This run"]


def test_the_top_says_what_of_when_and_from_where() -> None:
    top = page().root.one("header").text
    assert "pipeline-emea" in top
    assert "Mon 16 Nov 2026, Q4 week 7 of 13 · from pipeline-emea.xlsx" in top


def test_the_figures_and_their_notes() -> None:
    assert page().figures == {
        "Weighted forecast": "€3.02M | ▼ €184K short of target",
        "Closed won": "€1.37M | 11 deals, 43% of target",
        "Commit, still open": "€1.24M | amount, before weighting",
        "Pipeline coverage": "1.7× | win rate asks for 3.2×",
        "To mend": "9 findings | 6 errors",
    }


def test_what_is_to_settle_names_two_deals_and_the_widest_fault() -> None:
    assert page().to_settle == [
        "Garnet Insurance, €165K: “Next step dated in the future” is not met in Propose; who settles it?",
        "Castellan Foods, €130K: “Next step dated in the future” is not met in Propose; who settles it?",
        "3 deals, €720K, break an entry criterion: do they belong in their stage?",
    ]


def test_every_chart_has_its_numbers_beneath_and_every_table_a_caption() -> None:
    shown = page(findings=many_findings())
    for card in shown.of_class("card"):
        charts = [e for e in card.all("svg") if e.attributes.get("role") == "img"]
        assert not charts or card.all("details"), card.attributes["id"]
    assert all(len(table.all("caption")) == 1 for table in shown.root.all("table"))
    assert all(th.attributes["scope"] == "col" for th in shown.root.all("th"))


def test_names_are_unique_and_every_reference_leads_somewhere() -> None:
    elements = page(findings=many_findings()).root.all()
    ids = [e.attributes["id"] for e in elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    wanted = [i for e in elements for i in (e.attributes.get("aria-labelledby") or "").split()]
    wanted += [(e.attributes["href"] or "").removeprefix("#") for e in elements if "href" in e.attributes]
    assert set(wanted) <= set(ids)


def test_no_number_on_the_page_is_not_a_number() -> None:
    assert not re.search(r"\b(?:nan|inf|None|True|False)\b", page(findings=many_findings()).root.one("main").text)


# ---- sections without numbers

CUT_OFF = WinRate("", 0, 0, 0, 0, None, None, None, None)
WITHOUT: dict[str, tuple[dict[str, Any], set[str]]] = {
    "findings": ({"findings": ()}, {"kinds", "findings"}),
    "few findings": ({"findings": findings()[:1]}, {"kinds"}),
    "criteria": ({"criteria": ()}, {"criteria"}),
    "stalled deals": ({"deals": tuple(d for d in OPEN if not d[7])}, {"stalled"}),
    "a funnel": ({"conversion": conversion(stages=())}, {"funnel"}),
    "stage times": ({"conversion": conversion(times=())}, {"times"}),
    "closed deals": ({"conversion": conversion(win_rate=CUT_OFF, win_rate_by=(), trend=())}, {"win", "win-by"}),
    "five closed deals": (
        {"conversion": conversion(win_rate=WinRate("", 1, 3, 1, 1, 0.25, 0.1, 0.5, 0.5))},
        {"win"},
    ),
    "periods": ({"forecast": forecast(rows=(quarter(),))}, {"months", "owners"}),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_a_section_without_numbers_is_absent_and_the_others_stay(what: str) -> None:
    changed, absent = WITHOUT[what]
    shown = page(**{"findings": many_findings()} | changed)
    assert [card for card in shown.cards if card in ORDER] == [card for card in ORDER if card not in absent]


def test_a_card_left_alone_in_its_row_has_its_chart_drawn_for_the_whole_row() -> None:
    beside = page().by_id("funnel").all("svg")
    alone = page(conversion=conversion(times=())).by_id("funnel").all("svg")
    assert [svg.attributes["width"] for svg in beside] == ["482", "324"]
    assert [svg.attributes["width"] for svg in alone] == ["1030", "573", "324"]


def test_an_empty_book_says_so_and_shows_what_is_to_mend() -> None:
    nothing = Forecast("2026-Q4", (quarter(won=0, won_deals=0, commit=0, best_case=0, pipeline=0, open_deals=0),))
    empty = conversion(stages=(), times=(), win_rate=CUT_OFF, win_rate_by=(), trend=())
    shown = page(deals=(), forecast=nothing, conversion=empty, criteria=(), findings=(finding("no-deals"),))
    assert shown.headline == "There are no deals in this workbook yet."
    assert shown.cards == ["findings"]
    assert shown.figures == {}
    assert not shown.of_class("landing")
    assert "0 deals read from pipeline-emea.xlsx, sheet Deals, as of 16 Nov 2026" in shown.root.one("footer").text
    shown = page(deals=(), forecast=nothing, conversion=empty, criteria=(), findings=())
    assert shown.cards == []


def without_targets(rows: tuple[ForecastRow, ...]) -> Forecast:
    bare = (dataclasses.replace(r, target=None, gap=None, coverage=None, attainment=None) for r in rows)
    return Forecast("2026-Q4", tuple(bare))


def test_without_targets_nothing_is_said_of_a_gap() -> None:
    shown = page(forecast=without_targets(forecast().rows))
    assert shown.headline == "Q4 is forecast to land at €3.02M."
    assert shown.figures["Weighted forecast"] == "€3.02M | Q4 2026, no target set"
    assert "Pipeline coverage" not in shown.figures
    assert "There is no target for Q4" in shown.root.one("main").text
    assert list(shown.table("quarters-table")[0]) == [
        "Period", "Closed won", "Commit", "Best case", "Pipeline", "Forecast", "Open deals",
    ]  # fmt: skip
    assert "Target" not in shown.by_id("months").one("figure").text
    assert list(shown.table("owners-table")[0]) == ["Owner", "Closed won", "Commit", "Forecast", "", "Errors"]


def test_a_first_run_with_neither_history_nor_targets_nor_criteria_still_gives_the_answer() -> None:
    first = conversion(basis="stages", stages=(), times=(), win_rate=CUT_OFF, win_rate_by=(), trend=())
    shown = page(forecast=without_targets(forecast().rows), conversion=first, criteria=(), findings=())
    assert shown.headline == "Q4 is forecast to land at €3.02M."
    assert shown.cards == ["months", "quarters", "stalled", "owners"]


def test_the_method_that_settings_name_is_the_one_the_page_counts_by() -> None:
    said = forecast()
    proven = tuple(
        dataclasses.replace(r, method="evidence", total=r.total / 2, open_weighted=r.open_weighted / 2)
        for r in said.rows
    )
    counted = dataclasses.replace(said, rows=(*said.rows, *proven), method="evidence")
    deals = frame().with_columns(evidence_weighted=frame()["weighted"] / 2)
    shown = Page(render(dataclasses.replace(analysis(forecast=counted), deals=deals), stamp=STAMP).html)
    assert shown.headline == "Q4 is forecast to land at €1.51M on evidence, €1.69M short of target."
    assert shown.figures["Forecast on evidence"].startswith("€1.51M")
    assert shown.table("quarters-table")[0]["Forecast"] == "€1.51M"
    assert shown.table("months-numbers")[0]["Forecast"] == "€368K"
    assert shown.table("owners-table")[0]["Forecast"] == "€343K"
    assert "at 40%" in shown.of_class("landing")[0].text, "commit at 80 %, of which half is proven"


# ---- nothing runs, nothing loads

QUIET_TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "div", "header", "strong", "span", "bdi", "button", "main",
    "section", "h1", "h2", "p", "b", "aside", "ol", "li", "dl", "dt", "dd", "figure", "svg", "desc", "rect", "line",
    "circle", "text", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "details", "summary", "footer",
    "script",
}  # fmt: skip
QUIET_ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "type", "hidden", "tabindex", "scope",
    "role", "aria-label", "aria-labelledby", "aria-hidden", "data-label", "data-v", "data-sort", "data-none",
    "data-show-first", "data-show-all", "data-printed", "data-wide",
    "data-first",
    "viewbox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "fill", "stroke",
    "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor",
}  # fmt: skip


def assert_inert(shown: Page) -> None:
    """Only known elements with known attributes, one style and one script, links within the page only."""
    elements = shown.root.all()
    assert {e.tag for e in elements} <= QUIET_TAGS
    assert {a for e in elements for a in e.attributes} <= QUIET_ATTRIBUTES
    assert len(shown.root.all("script")) == len(shown.root.all("style")) == 1
    assert {e.attributes["href"] for e in elements if "href" in e.attributes} == {"#answer"}
    assert policy(shown)["script-src"] == [hashed(shown.root.one("script").raw)]
    assert policy(shown)["style-src"] == [hashed(shown.root.one("style").raw)]


def policy(shown: Page) -> dict[str, list[str]]:
    (meta,) = (m for m in shown.root.all("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    rules = (rule.split() for rule in (meta.attributes["content"] or "").split(";"))
    return {name: values for name, *values in rules}


def hashed(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


def test_the_policy_lets_through_this_style_and_this_script_and_nothing_else() -> None:
    shown = page()
    assert policy(shown) == {
        "default-src": ["'none'"],
        "style-src": [hashed(shown.root.one("style").raw)],
        "script-src": [hashed(shown.root.one("script").raw)],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    head = [e.tag if "http-equiv" not in e.attributes else "policy" for e in shown.root.one("head").all()]
    assert head.index("policy") < head.index("style") < len(head)


def test_no_element_has_a_style_of_its_own_and_no_address_leads_outside() -> None:
    shown = page(findings=many_findings())
    assert_inert(shown)
    assert not re.search(r"\sstyle=|url\(|@import|https?:|//[a-z]", shown.html)


def sheet(name: str, text: str, *more: list[Value]) -> Grid:
    rows = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    return Grid(name, [*[[typed(cell) for cell in row] for row in rows], *more])


def typed(cell: str | None) -> Value:
    if cell and re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return dt.date.fromisoformat(cell)
    return float(cell) if cell and re.fullmatch(r"[\d.]+", cell) else cell


def good_book(*, bad: str = "") -> list[Grid]:
    """Every sheet of the contract with every column, six good deals, and `bad` after every name."""
    deals = "\n".join(
        f"D{n}{bad}|Deal {n}{bad}|Acme{bad}|Ann{bad}|{stage}{bad}|{n}000||2026-08-0{n}|2026-10-0{n}|2026-12-0{n}|"
        f"|0.5|commit|call{bad}|2026-11-20|price{bad}|web{bad}|P1{bad}|New{bad}||||{'' if n % 2 else 'Bo' + bad}"
        for n, stage in enumerate(("Lead", "Lead", "Propose", "Propose", "Won", "Lost"), 1)
    )
    heads = {rule.name: "|".join(f.header for f in rule.fields) for rule in SHEETS}
    return [
        sheet("Deals", f"{heads['Deals']}|Buyer{bad}\n{deals}"),
        sheet("Stages", f"{heads['Stages']}\nLead{bad}|1|0.1|open||10|ask{bad}|New{bad}|||First{bad}\n"
                        f"Propose{bad}|2|0.5|open\nWon{bad}|3|1|won\nLost{bad}|4|0|lost"),
        sheet("Criteria", f"{heads['Criteria']}\n"
                          f"Propose{bad}|entry|people|Buyer named{bad}|Buyer{bad}|is filled|||||block||see them{bad}"),
        sheet("Waivers", f"{heads['Waivers']}\nD3{bad}|Buyer named{bad}|Bo{bad}|late{bad}|2026-10-01"),
        sheet("Owners", f"{heads['Owners']}\nAnn{bad}|North{bad}|Zoe{bad}|ann@example.org{bad}|EU{bad}"),
        sheet("Targets", f"{heads['Targets']}\n2026-Q4||9000|EUR\n2026-Q4|Ann{bad}|8000|EUR"),
        sheet("Rates", f"{heads['Rates']}\nUSD|2026-01-01|0.9"),
        sheet("History", f"{heads['History']}\nD1{bad}|2026-08-01|Lead{bad}|1000|2026-12-01|Ann{bad}|commit"),
        sheet("Settings", f"{heads['Settings']}\nreporting currency|EUR\nrule stalled|warning"),
    ]  # fmt: skip


def judged(grids: list[Grid], name: str = "book.xlsx") -> Page:
    source = Source(Path(name), "xlsx", "0" * 64, tuple(grids))
    found = analyze(source, as_of=dt.date(2026, 11, 16))
    return Page(render(found, stamp=dataclasses.replace(STAMP, input_name=name)).html)


def test_hostile_names_of_everything_stand_on_the_page_as_text() -> None:
    shown = judged(good_book(bad=HOSTILE), f"{HOSTILE.replace('/', '')}.xlsx")
    assert_inert(shown)
    for name in ("Deal 3", "Ann", "Lead", "Propose", "Buyer named"):
        assert name + HOSTILE in shown.root.text, name
    assert "script>alert(1)" in shown.root.one("head").one("title").text


@pytest.mark.parametrize("name", [rule.name for rule in SHEETS])
def test_hostile_text_in_every_field_of_a_sheet_stays_text(name: str) -> None:
    """A row with it in every column, then rows with it in one column each."""
    (rule,) = (r for r in SHEETS if r.name == name)
    width = len(rule.fields)
    good = next(grid for grid in good_book() if grid.name == name).rows[1]
    rows: list[list[Value]] = [[f"{HOSTILE}{f.name}" for f in rule.fields]]
    for place, wanted in enumerate(rule.fields):
        one = [*good, *[None] * width][:width]
        rows.append([*one[:place], f"{HOSTILE}{wanted.name}", *one[place + 1 :]])
    grids = [Grid(g.name, [*g.rows, *rows]) if g.name == name else g for g in good_book()]
    shown = judged(grids)
    assert_inert(shown)
    if name not in ("History", "Owners"):  # of deals that are not there and people without deals nothing is said
        assert HOSTILE[:20] in shown.root.one("main").text


def test_hostile_headers_and_sheet_names_stay_text() -> None:
    grids = [
        Grid(g.name if g.name == "Settings" else g.name + " " + HOSTILE[:14], [*g.rows[:1], *g.rows[1:]])
        for g in good_book(bad=HOSTILE)
    ]
    extra: list[Value] = [f"sheet {rule.name}" for rule in SHEETS]
    mapped = [
        [name, f"{str(name).removeprefix('sheet ')} {HOSTILE[:14]}"] for name in extra if name != "sheet Settings"
    ]
    grids[-1] = Grid("Settings", [*grids[-1].rows, *mapped])
    shown = judged(grids)
    assert_inert(shown)
    assert f"sheet Deals {HOSTILE[:14]}" in shown.root.one("footer").text


def test_marks_that_hide_or_turn_text_are_gone_from_the_page() -> None:
    shown = judged(good_book(bad="\u202e\u2066\u200b\x00\x1b\ufeff"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f]", shown.html)


def test_a_template_language_in_a_cell_is_text() -> None:
    assert "Deal 1{{ 7*7 }}{% raw %}" in judged(good_book(bad="{{ 7*7 }}{% raw %}")).root.text


def test_only_a_drawing_of_our_own_stands_unescaped() -> None:
    from pipesheet import templating

    with pytest.raises(TypeError, match="only a drawn chart"):
        templating._drawn("<script>")  # type: ignore[arg-type]
    for ending in ("a</script>b", "a<!--b"):
        with pytest.raises(ValueError, match="must not hold"):
            templating._inline(ending)


# ---- the same again, and small


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert render(analysis(), stamp=STAMP).html == render(analysis(), stamp=STAMP).html


@pytest.mark.slow
def test_the_bytes_do_not_hang_on_how_python_orders_its_sets() -> None:
    code = (
        "import hashlib, report_sample as s\n"
        "from pipesheet.report import render\n"
        "print(hashlib.sha256(render(s.analysis(), stamp=s.STAMP).html.encode()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={**environment, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


def large(deals: int) -> Analysis:
    """So many open deals of forty owners with long names, each with two faults."""
    name = "Framework agreement for cold-chain monitoring, phase {n}, northern region plants"
    rows = [
        (f"D-{n:05d}", name.format(n=n), f"Owner Number {n % 40} with a Name", "Propose", 10_000 + n,
         dt.date(2026, 12, 1), 50, n % 2 == 0)
        for n in range(deals)
    ]  # fmt: skip
    faults = [
        finding(code, row, found="a long sentence that somebody typed into the cell", needed="another long sentence",
                requirement="Economic buyer named and met in person at least once", money_at_stake=100.0)
        for row in rows for code in ("entry-criterion-not-met", "close-date-past")
    ]  # fmt: skip
    owners = [
        dataclasses.replace(quarter(target=1000 + n), dimension="owner", key=f"Owner Number {n} with a Name")
        for n in range(40)
    ]
    return analysis(deals=rows, findings=tuple(faults), forecast=forecast(rows=(*forecast().rows, *owners)))


def test_a_page_of_two_thousand_deals_is_at_most_300_kilobytes() -> None:
    assert len(render(large(2000), stamp=STAMP).html.encode()) <= 300_000


def test_long_lists_are_capped_folded_and_say_what_they_leave_out() -> None:
    shown = Page(render(large(300), stamp=STAMP).html)
    assert len(shown.table("findings-table")) == 120
    assert "480 more findings in the workbook's sheet Findings." in shown.by_id("findings").text
    assert shown.by_id("findings-table").attributes["data-first"] == "15"
    assert len(shown.table("stalled-table")) == 25
    assert "125 more stalled deals in the workbook's sheet Deal Review." in shown.by_id("stalled").text
    assert len(shown.table("owners-table")) == 40
    assert "6 more owners in the workbook's sheet Forecast." in shown.by_id("owners").text


# ---- colours

TEXTS = ("ink", "ink2", "ink3", "link", "pos", "neg", "warn")
ON_TINTS = {"neg": "neg-tint", "warn": "warn-tint", "link": "info-tint"}
SHAPES = ("won", "commit", "pos", "neg", "pipe-edge")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it."""

    def light(hexed: str) -> float:
        parts = (int(hexed[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_of_contrast_is_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_out_from_what_they_are_written_on(theme: str) -> None:
    tokens = TOKENS[theme]
    low = {
        (text, ground): round(contrast(tokens[text], tokens[ground]), 2)
        for text in TEXTS
        for ground in ("card", "page", *([ON_TINTS[text]] if text in ON_TINTS else []))
        if contrast(tokens[text], tokens[ground]) < 4.5
    }
    assert low == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_stand_out_from_the_card_and_certainty_is_a_ramp(theme: str) -> None:
    tokens = TOKENS[theme]
    assert {s: contrast(tokens[s], tokens["card"]) for s in SHAPES if contrast(tokens[s], tokens["card"]) < 3} == {}
    ramp = [contrast(tokens[s], tokens["card"]) for s in ("won", "commit", "best", "pipe")]
    assert ramp == sorted(ramp, reverse=True)


def test_both_themes_have_the_same_tokens_and_the_page_uses_no_other_colour() -> None:
    assert TOKENS["light"].keys() == TOKENS["dark"].keys()
    shown = page(findings=many_findings())
    used = {e.attributes[a] for e in shown.root.all() for a in ("fill", "stroke") if a in e.attributes}
    assert used <= {f"var(--{name})" for name in TOKENS["light"]}
    style = shown.root.one("style").raw
    assert set(re.findall(r"var\(--([\w-]+)\)", style)) <= TOKENS["light"].keys()


def test_every_code_of_a_finding_can_be_shown() -> None:
    shown = page(findings=tuple(finding(code) for code in CODES))
    assert len(shown.table("kinds-table")) == len(CODES)
    assert all(row["Kind"] for row in shown.table("kinds-table"))
