"""Our sheets as a workbook of their own: what is meant is what other programs read.

Python-calamine and openpyxl, which share nothing with what composed the file, say what is in it.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Callable
from typing import Any, Literal

import openpyxl
import pytest
import python_calamine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from grafting import HALF, members, plans
from pipesheet.composing import cells
from pipesheet.composing.compose import compose, compose_apart
from pipesheet.sheets import (
    Chart,
    Column,
    Content,
    Formula,
    Highlight,
    Link,
    Put,
    Range,
    Series,
    SheetPlan,
    Style,
    TablePlan,
)


def sheet(*puts: Put, **more: Any) -> SheetPlan:
    return SheetPlan("key", "Sheet", puts=puts, **more)


def one(content: Content, *, date1904: bool = False) -> bytes:
    """A workbook whose cell A1 holds that."""
    return compose([sheet(Put(1, 1, content))], date1904=date1904)


def opened(data: bytes, *, values: bool = False) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values).worksheets[0]


def read(data: bytes) -> list[list[Any]]:
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def xml(data: bytes, part: str = "xl/worksheets/sheet1.xml") -> str:
    return members(data)[part].decode()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/C calc'!A0", "{=1}", "0042", "1e5", "12%", "2026-12-01", "TRUE",
        "http://example.com", "mailto:a@example.com", "internal:Sheet!A1", "#REF!", "  two  spaces  ", "a\nb", "a\tb",
        "<b>&amp;</b>", '"quoted"', "_x0041_", "_x005F_", "𝔘nicode 🎯 ünd ß", "'", "]]>", "<row r=\"1\"", "t=\"s\"",
    ],
)  # fmt: skip
def test_text_is_text_whatever_it_looks_like(text: str) -> None:
    data = one(text)
    cell = opened(data)["A1"]
    assert (cell.data_type, unescape(cell.value), cell.hyperlink) == ("s", text, None)
    assert read(data) == [[text]]
    assert "<f>" not in xml(data)
    assert "hyperlink" not in xml(data)
    assert not any("sharedStrings" in name and b"<si>" in part for name, part in members(data).items())


@settings(max_examples=60, deadline=None)
@given(st.text())
@example("\ud800 half a pair")
@example("\r\n\r")
@example("_x000D__x000d_")
def test_any_text_is_read_back_as_what_a_cell_can_hold(text: str) -> None:
    assert read(one(text)) == ([[cells.clean(text)]] if text else [])


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=50))
def test_printable_text_is_kept_to_the_letter(text: str) -> None:
    assert cells.clean(text) == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("a\x00b\x1fc", "a b c"), ("one\r\ntwo\rthree", "one\ntwo\nthree"), ("\ufffe\ud83d", "  "),
        ("x" * 40_000, "x" * 32_767), ("🎯" * 20_000, "🎯" * 16_383),
    ],
)  # fmt: skip
def test_what_a_cell_cannot_hold_is_left_out(text: str, held: str) -> None:
    assert cells.clean(text) == held
    assert read(one(text)) == [[held]]


@pytest.mark.parametrize("number", [0, -1, 12, 0.1, 1e-300, 1e300, 123456789.25, -0.0])
def test_numbers_are_kept_to_the_last_bit(number: float) -> None:
    assert opened(one(number))["A1"].value == number


@settings(max_examples=40, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_kept_to_the_last_bit(number: float) -> None:
    assert read(one(number)) == [[number]]


@pytest.mark.parametrize("content", [None, "", math.nan, math.inf, -math.inf])
def test_what_is_nothing_is_an_empty_cell(content: float | str | None) -> None:
    plan = sheet(Put(1, 1, content), Put(1, 2, "x"))
    assert [c.value for c in opened(compose([plan]))[1]] == [None, "x"]
    assert '<c r="A1" />' in xml(compose([plan]))


def test_an_empty_text_is_an_empty_cell_in_a_column_of_texts_too() -> None:
    # An empty text would count in COUNTA and hide from ISBLANK.
    table = TablePlan("PipesheetT", 1, 1, (Column("Name", ["a", "", "b"]),))
    data = compose([sheet(tables=(table,))])
    assert [c.value for c in opened(data)["A"]] == ["Name", "a", None, "b"]
    assert '<c r="A3" />' in xml(data)


def test_booleans_are_booleans() -> None:
    data = compose([sheet(Put(1, 1, True), Put(1, 2, False), Put(1, 3, 1))])
    assert [(c.data_type, c.value) for c in opened(data)[1]] == [("b", True), ("b", False), ("n", 1)]


DATES = [
    # what it is, what a workbook stores that counts from 1900 and one that counts from 1904
    (dt.date(2026, 12, 1), 46357, 44895),
    (dt.datetime(2026, 12, 1, 12, 0), 46357.5, 44895.5),
    (dt.datetime(2026, 12, 1, 23, 59, 59, 999_999), 46357 + 86399 / 86400, 44895 + 86399 / 86400),
    (dt.date(1904, 1, 2), 1463, 1),
    (dt.date(1900, 3, 1), 61, "1900-03-01"),
    (dt.date(1900, 2, 28), "1900-02-28", "1900-02-28"),  # Excel thinks there was a 29th
    (dt.date(1899, 12, 31), "1899-12-31", "1899-12-31"),
    (dt.date(9999, 12, 31), 2958465, 2957003),
]


@pytest.mark.parametrize(("date", "from_1900", "from_1904"), DATES)
def test_dates_count_from_the_day_the_workbook_counts_from(
    date: dt.date, from_1900: float | str, from_1904: float | str
) -> None:
    for date1904, stored in ((False, from_1900), (True, from_1904)):
        text = xml(one(date, date1904=date1904))
        value = f"<v>{stored!r}</v>" if not isinstance(stored, str) else f">{stored}</t>"
        assert value in text
        assert ('date1904="1"' in xml(one(date, date1904=date1904), "xl/workbook.xml")) == date1904


@settings(max_examples=40, deadline=None)
@given(st.dates(dt.date(1904, 1, 1)), st.booleans())
def test_any_date_is_read_back_by_a_program_that_knows_the_format(date: dt.date, date1904: bool) -> None:
    data = compose([sheet(Put(1, 1, date, Style(number="yyyy-mm-dd")))], date1904=date1904)
    # Day 0 is no day: openpyxl reads a time.
    if (date, date1904) != (dt.date(1904, 1, 1), True):
        assert opened(data)["A1"].value == dt.datetime.combine(date, dt.time())


@pytest.mark.parametrize("value", [12.5, "yes", True, False, "", "<&>"])
def test_a_formula_is_live_and_carries_the_value_that_was_computed(value: float | str | bool) -> None:
    data = one(Formula('IF(A2<1,"a&b",2)', value))
    assert opened(data)["A1"].value == '=IF(A2<1,"a&b",2)'
    read_back = opened(data, values=True)["A1"].value
    assert read_back == (None if value == "" else value)
    assert type(read_back) is (type(None) if value == "" else type(value))


def test_a_formula_without_a_finite_value_is_left_to_be_computed() -> None:
    data = one(Formula("1/3", math.nan))
    assert '<c r="A1" ><f>1/3</f></c>' in xml(data)


def test_a_calculated_column_is_a_formula_in_each_cell_and_in_the_table() -> None:
    _, review = plans(deals=2)
    data = compose([*plans(deals=2)])
    table = next(p for n, p in members(data).items() if b'"PipesheetDeals"' in p and "tables/" in n)
    assert f"<calculatedColumnFormula>{HALF}</calculatedColumnFormula>" in table.decode()
    column = openpyxl.load_workbook(io.BytesIO(data))[review.name]["D"]
    assert [c.value for c in column[2:]] == ["Half", f"={HALF}", f"={HALF}"]
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)[review.name]["D"]
    assert [c.value for c in stored[2:]] == ["Half", 50.125, 100.25]


def test_a_table_covers_its_rows_and_one_without_rows_covers_a_blank_one() -> None:
    for contents, corner in ((["a", "b"], "B4"), (["a"], "B3"), ([], "B3")):
        columns = (Column("Deal", contents), Column("Stage", contents))
        made = opened(compose([sheet(tables=(TablePlan("PipesheetT", 2, 1, columns),))])).tables["PipesheetT"]
        assert (made.ref, made.autoFilter.ref) == (f"A2:{corner}", f"A2:{corner}")
        assert made.column_names == ["Deal", "Stage"]


def test_cells_beside_a_table_share_its_rows_in_the_order_of_columns() -> None:
    table = TablePlan("PipesheetT", 1, 3, (Column("Deal", ["a", "b"]),))
    data = compose([sheet(Put(2, 5, "right"), Put(2, 1, "left"), Put(1, 1, "top"), tables=(table,))])
    assert read(data) == [["top", "", "Deal", "", ""], ["left", "", "a", "", "right"], ["", "", "b", "", ""]]
    addresses = re.findall(r'<c r="([A-Z])(\d)"', xml(data))
    assert addresses == sorted(addresses, key=lambda a: (a[1], a[0]))
    assert 'ref="A1:E3"' in xml(data)


def test_a_link_jumps_within_the_workbook_and_nowhere_else() -> None:
    data = one(Link("My 'best' deals", "K7", "go"))
    cell = opened(data)["A1"]
    assert (cell.value, cell.hyperlink.location, cell.hyperlink.target) == ("go", "'My ''best'' deals'!K7", None)
    assert not any("sheet1.xml.rels" in name for name in members(data)), "an outside link would need a relationship"


def test_links_beyond_what_excel_reads_jump_by_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_HYPERLINKS", 1)
    data = compose([sheet(Put(1, 1, Link("D", "A1", "one")), Put(2, 1, Link("My deals", "A2", 'say "two"')))])
    made = opened(data)
    assert made["A1"].hyperlink.location == "D!A1"
    assert made["A2"].value == '=HYPERLINK("#\'My deals\'!A2","say ""two""")'
    assert opened(data, values=True)["A2"].value == 'say "two"'


def test_a_cell_looks_as_its_style_says() -> None:
    style = Style(
        number="0.0%", bold=True, italic=True, size=14, color="#102030", fill="#FFEEAA", align="right", valign="top",
        wrap=True, indent=2, top="#111111", bottom="#222222", underline=True, unlocked=True,
    )  # fmt: skip
    cell = opened(compose([sheet(Put(1, 1, 0.5, style), Put(2, 1, 0.5))]))["A1"]
    font, look, edge = cell.font, cell.alignment, cell.border
    assert (font.name, font.sz, font.b, font.i, font.u, font.color.rgb) == (
        "Calibri",
        14,
        True,
        True,
        "single",
        "FF102030",
    )
    assert (cell.number_format, cell.fill.fgColor.rgb, cell.protection.locked) == ("0.0%", "FFFFEEAA", False)
    assert (look.horizontal, look.vertical, look.wrap_text, look.indent) == ("right", "top", True, 2)
    assert (edge.top.color.rgb, edge.bottom.color.rgb, edge.left.style) == ("FF111111", "FF222222", None)


def test_a_header_is_aligned_as_its_column_and_may_carry_a_prompt_and_choices() -> None:
    columns = (
        Column("Deal", ["a"], choices=("yes", "no")),
        Column("Amount", [1.0], Style(number="0"), note="in euro", width=22.5),
        Column("Deal", ["a"], choices=("x" * 200, "y" * 200)),
    )
    made = opened(compose([sheet(tables=(TablePlan("PipesheetT", 1, 1, columns[:2], header=Style(bold=True)),))]))
    assert [(c.alignment.horizontal, c.font.b) for c in made[1]] == [("left", True), ("right", True)]
    rules = {str(v.sqref): v for v in made.data_validations.dataValidation}
    assert rules["A2"].formula1 == '"yes,no"'
    assert (rules["B1"].promptTitle, rules["B1"].prompt) == ("Amount", "in euro")
    assert math.isclose(made.column_dimensions["B"].width, 22.5, abs_tol=1)
    # Excel takes a list of up to 255 characters; a longer one would make it call the file damaged.
    too_long = TablePlan("PipesheetT", 1, 1, columns[2:])
    assert not opened(compose([sheet(tables=(too_long,))])).data_validations.dataValidation


@pytest.mark.filterwarnings(
    "ignore:.*extension is not supported"
)  # the solid bar of Excel 2010, which openpyxl does not know
def test_rules_are_formulas_texts_and_bars() -> None:
    highlights = (
        Highlight(2, 1, 9, 1, "formula", "A2>5", Style(color="#C00000")),
        Highlight(2, 2, 9, 2, "text", 'a "b"', Style(fill="#FFEEAA")),
        Highlight(2, 3, 9, 3, "data bar", color="#204060"),
    )
    made = opened(compose([sheet(Put(1, 1, "x"), highlights=highlights)])).conditional_formatting
    found = {str(area.sqref): rule for area in made for rule in area.rules}
    assert found["A2:A9"].formula == ["A2>5"]
    assert found["A2:A9"].dxf.font.name is None, "Excel's rules may change neither font nor size"
    assert found["B2:B9"].formula == ['B2="a ""b"""']
    assert found["C2:C9"].dataBar.color.rgb == "FF204060"


def test_a_sheet_is_set_up_for_screen_and_paper() -> None:
    plan = sheet(
        Put(1, 1, "Title"), freeze=(3, 2), repeat_rows=(1, 2), widths={1: 30.0}, heights={1: 40.0, 5: 3.0},
        merges=((1, 1, 1, 3),), tab_color="#204060", hidden=True,
    )  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(compose([SheetPlan("a", "First"), plan])))
    made = book["Sheet"]
    assert (made.freeze_panes, made.print_title_rows, made.sheet_state) == ("B3", "$1:$2", "hidden")
    assert (made.page_setup.orientation, made.page_setup.paperSize, made.page_setup.fitToHeight) == ("landscape", 9, 0)
    assert (made.row_dimensions[1].height, made.row_dimensions[5].height) == (40, 3)
    assert [str(m) for m in made.merged_cells.ranges] == ["A1:C1"]
    assert made.sheet_properties.tabColor.rgb == "FF204060"
    assert made.sheet_view.showGridLines is False


def test_charts_keep_a_copy_of_what_they_show() -> None:
    drawn = xml(compose(plans()), "xl/charts/chart1.xml")
    assert "<c:f>Forecast!$B$6:$B$7</c:f>" in drawn
    cached = re.findall(r"<c:pt idx=\"\d\"><c:v>([^<]*)</c:v>", drawn)
    assert {"2026-Q4", "2027-Q1", "601.5", "7"} <= {v.removesuffix(".0") for v in cached}


def test_lines_lie_over_columns_and_bars_have_their_first_category_on_top() -> None:
    def chart(kind: Literal["column", "bar", "line"], **more: Any) -> str:
        area = Range("key", 2, 1, 3, 1)
        solid = Series("Won", area, area, "#204060", labels="0", edge="#FFFFFF")
        line = Series("Target", area, area, "#C00000", line=True, marker=True)
        series = (solid,) if kind == "bar" else (line, solid)
        drawn = Chart(kind, more.pop("title", "T"), series, 5, 1, 300, 200, **more)
        contents: list[Content] = [dt.date(2026, 1, 2), Link("Sheet", "A1", "go")]
        table = TablePlan("PipesheetT", 1, 1, (Column("A", contents),))
        return xml(compose([sheet(tables=(table,), charts=(drawn,))]), "xl/charts/chart1.xml")

    column = chart("column", stacked=True, number="0%")
    assert column.index("<c:barChart>") < column.index("<c:lineChart>"), "what is drawn later lies over"
    assert '<c:grouping val="stacked"/>' in column
    assert "<c:v>2026-01-02</c:v>" in column
    assert 'formatCode="0%"' in column
    bar = chart("bar", reverse=True, legend=False, title="")
    assert '<c:orientation val="maxMin"/>' in bar
    assert "<c:legend>" not in bar
    assert '<c:autoTitleDeleted val="1"/>' in bar
    assert chart("line").count("<c:lineChart>") == 1


def test_the_same_sheets_give_the_same_bytes() -> None:
    first, again = compose(plans()), compose(plans())
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as zf:
        assert len({i.date_time for i in zf.infolist()}) == 1
    assert compose(plans(note="other")) != first


@given(st.lists(st.one_of(st.none(), st.text(), st.booleans(), st.floats(), st.integers(-(2**53), 2**53)), max_size=8))
def test_a_column_and_its_cells_one_by_one_are_rendered_alike(contents: list[Content]) -> None:
    together = cells.Cells().column(3, 28, contents, 4)
    apart = [cells.Cells().one(row, 28, content, 4) for row, content in enumerate(contents, 3)]
    assert together == apart


ODD = ("a & b", "<x>", "_x0041_", "tab\tand\nline", "\x07", "\x1b", "", "=1+1", "\ufffe", "€ 🙂")
KINDS: dict[str, Callable[[int], Content]] = {
    "texts": lambda i: f"deal {i}",
    "odd texts": lambda i: ("a & b", "<x>", "_x0041_", "tab\tand\nline", "\x07", "\x1b", "", "=1+1", "\ufffe", "€ 🙂")[
        i % 10
    ],
    "numbers": lambda i: (0.1 + 0.2, 1e22, -1e-7, 5.0, 123456789.25, -0.0, 1 / 3)[i % 7],
    "no numbers": lambda i: (float("nan"), float("inf"), 1.5)[i % 3],
    "counts": lambda i: i,
    "days": lambda i: dt.date(2026, 1, 1) + dt.timedelta(days=i),
    "old days": lambda i: dt.date(1899, 12, 1) + dt.timedelta(days=i),
    "moments": lambda i: dt.datetime(2026, 1, 1, 8, i % 60),
    "truths": lambda i: i % 2 == 0,
    "links": lambda i: Link("My & deals" if i % 3 else "Deals", f"A{i + 1}", f"go {i} & <on>"),
    "formulas": lambda i: Formula(f"A{i}&B{i}", i / 4),
    "everything": lambda i: ("x", 1.5, 2, True, dt.date(2026, 1, 1), None)[i % 6],
}


@pytest.mark.parametrize("gaps", [False, True], ids=["full", "with gaps"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_long_column_says_what_its_cells_say_one_by_one(kind: str, gaps: bool) -> None:
    many = [None if gaps and i % 5 == 2 else KINDS[kind](i) for i in range(cells.MANY + 50)]
    columns = (Column("A", many), Column("B", [1.0] * len(many), formula="1"))
    long = [row[0] for row in read(compose([sheet(tables=(TablePlan("PipesheetT", 1, 1, columns),))]))[1:]]
    short = [read(compose([sheet(Put(1, 1, content))])) for content in many[:30]]
    # calamine gives an empty text for a blank cell among others.
    assert [value if value != "" else None for value in long[:30]] == [rows[0][0] if rows else None for rows in short]
    assert len(long) == len(many)
    assert any(value != "" for value in long)


def test_sheets_composed_apart_from_their_rows_are_the_same_once_together() -> None:
    whole, (apart, rows) = compose(plans(deals=300)), compose_apart(plans(deals=300))
    for number, tab in enumerate(rows, 1):
        part = f"xl/worksheets/sheet{number}.xml"
        filled = xml(apart, part).replace(
            "<sheetData></sheetData>", f"<sheetData>{''.join(rows[tab].lines())}</sheetData>"
        )
        assert filled == xml(whole, part)
