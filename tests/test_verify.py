"""The second look: every kind of damage to a grafted file is noticed, and nothing that is right is."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grafting import members, plans, swapped, users_book
from pipesheet.composing import readback
from pipesheet.composing.compose import compose_apart
from pipesheet.errors import NotVerified
from pipesheet.sheets import Column, Content, Formula, Link, Put, SheetPlan, Style, TablePlan
from pipesheet.verifying import verify
from pipesheet.writer import grafted_file
from pipesheet.xlsx.graft import graft
from pipesheet.xlsx.package import Package

TYPES, WORKBOOK, RELS, STYLES = "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
FORECAST, REVIEW, TABLE = "xl/worksheets/sheet3.xml", "xl/worksheets/sheet4.xml", "xl/tables/table3.xml"
THEME = "xl/theme/theme1.xml"
BOOK = swapped(users_book(), WORKBOOK, ("<calcPr ", '<calcPr iterate="1" '))
PLANS = plans()


def grafted(book: bytes, meant: tuple[SheetPlan, ...]) -> bytes:
    """Those sheets in that workbook, before anybody looked."""
    composed, rows = compose_apart(meant)
    return graft(Package(book), composed, {p.key: p.name for p in meant}, rows=rows).data


GRAFTED = grafted(BOOK, PLANS)


def look(after: bytes, *, before: bytes = BOOK, meant: tuple[SheetPlan, ...] = PLANS) -> None:
    verify(Package(before, "deals.xlsx"), after, meant, tabs={p.key: p.name for p in meant})


def broken(part: str, *swaps: tuple[str, str]) -> bytes:
    """The grafted file with texts of one part replaced (once each), or, without any, without the part.

    All other parts stay as they are compressed.
    """
    text = members(GRAFTED)[part].decode()
    for old, new in swaps:
        assert old in text, f"{old!r} is not in {part}"
        text = text.replace(old, new, 1)
    return Package(GRAFTED).rewritten({part: text.encode() if swaps else None})


def test_what_was_grafted_right_passes() -> None:
    look(GRAFTED)
    look(GRAFTED, before=GRAFTED)


Swap = tuple[str, str]
Damage = tuple[str, str, tuple[Swap, ...]]
"""The sentence that tells it, the part that is damaged, and how; without any how, it is gone."""


def damage(sentence: str, part: str, *swaps: Swap) -> Damage:
    return sentence, part, swaps


GONE = "which is not there"
LOSSES = {
    "a part changed": damage("theme1.xml was changed", THEME, ("Office", "Öffice")),
    "the user's sheet changed": damage("sheet1.xml was changed", "xl/worksheets/sheet1.xml", ("1000.5", "1000.6")),
    "shared texts changed": damage("sharedStrings.xml was changed", "xl/sharedStrings.xml", ("Lead", "Load")),
    "a part gone": damage(f"points to docProps/app.xml, {GONE}", "docProps/app.xml"),
    "a chart gone": damage(f"points to xl/charts/chart1.xml, {GONE}", "xl/charts/chart1.xml"),
    "relationships gone": damage("sheet1.xml.rels is gone", "xl/worksheets/_rels/sheet1.xml.rels"),
    "a sheet dropped": damage("a sheet was dropped", WORKBOOK, ('<sheet name="Notes" sheetId="2" r:id="rId2"/>', "")),
    "a sheet renamed": damage("a sheet was dropped, renamed", WORKBOOK, ('name="Notes"', 'name="Votes"')),
    "a sheet renumbered": damage("renamed, renumbered", WORKBOOK, ('sheetId="2"', 'sheetId="7"')),
    "sheets interchanged": damage("or moved", WORKBOOK, ("rId1", "x"), ("rId2", "rId1"), ('"x"', '"rId2"')),
    "the view changed": damage("workbook part lost or changed", WORKBOOK, ('windowWidth="', 'windowWidth="1')),
    "calculation changed": damage("workbook part lost or changed", WORKBOOK, ('iterate="1"', "")),
    "a name changed": damage("a defined name was lost or changed", WORKBOOK, ("$C$2", "$C$3")),
    "a name lost": damage("a defined name was lost", WORKBOOK, ('name="Target"', 'name="_pipesheet_target"')),
    "a relationship changed": damage("a relationship of the workbook", RELS, ("theme/theme1", "sharedStrings")),
    "a content type lost": damage("a content type was lost", TYPES, ("/xl/theme/theme1.xml", "/xl/theme/theme2.xml")),
    "a content type changed": damage("a content type was lost or changed", TYPES, ("theme+xml", "thema+xml")),
    "a font changed": damage("the styles' fonts were changed", STYLES, ('"Calibri"', '"Arial"')),
    "a format inserted": damage("the styles' cellStyleXfs were", STYLES, ("<xf ", '<xf numFmtId="9"/><xf ')),
    "a number format changed": damage("the styles' numFmts were", STYLES, ('formatCode="0.000"', 'formatCode="0"')),
    "a rule's format changed": damage("the styles' dxfs were", STYLES, ("<dxf><font><i/>", "<dxf><font><b/>")),
    "table styles changed": damage("the styles lost or changed", STYLES, ("TableStyleMedium9", "TableStyleMedium2")),
    "styles gone": damage(f"points to xl/styles.xml, {GONE}", STYLES),
}


@pytest.mark.parametrize("what", LOSSES)
def test_damage_to_what_is_the_users_is_noticed(what: str) -> None:
    sentence, part, swaps = LOSSES[what]
    with pytest.raises(NotVerified, match=rf"deals\.xlsx was not written: .*{re.escape(sentence)}"):
        look(broken(part, *swaps))


OURS = 'displayName="PipesheetDeals"'
OPEN_ENDS = {
    "our sheet gone": damage(f"xl/workbook.xml points to {FORECAST}, {GONE}", FORECAST),
    "our chart gone": damage(f"points to xl/charts/chart2.xml, {GONE}", "xl/charts/chart2.xml"),
    "one id twice": damage("two relationships of xl/workbook.xml have one id", RELS, ('Id="rId3"', 'Id="rId1"')),
    "one sheet id twice": damage("sheet id 3 is there 2 times", WORKBOOK, ('sheetId="4"', 'sheetId="3"')),
    "one tab twice": damage("tab notes is there 2 times", WORKBOOK, ('name="Deal Review"', 'name="NOTES"')),
    "one table id twice": damage("table id 1 is there 2 times", TABLE, (' id="3"', ' id="1"')),
    "one table name twice": damage("table prices is there 2 times", TABLE, (OURS, 'displayName="PRICES"')),
}


@pytest.mark.parametrize("what", OPEN_ENDS)
def test_what_does_not_close_is_noticed(what: str) -> None:
    sentence, part, swaps = OPEN_ENDS[what]
    with pytest.raises(NotVerified, match=re.escape(sentence)):
        look(broken(part, *swaps))


def test_a_part_of_no_type_is_noticed() -> None:
    with pytest.raises(NotVerified, match=r"xl/a\.b has no content type"):
        look(Package(GRAFTED).rewritten({"xl/a.b": b"x"}))


def test_what_was_open_before_is_not_ours_to_close() -> None:
    link = '<Relationship Id="rIdX" Type="x" Target="y.xml"/></Relationships>'
    theirs = swapped(users_book(), RELS, ("</Relationships>", link))
    theirs = swapped(theirs, "xl/worksheets/_rels/sheet1.xml.rels", ('Id="rId2"', 'Id="rId1"'))
    look(grafted(theirs, PLANS), before=theirs)


ROW_5 = re.findall(r'<row r="5".*?</row>', members(GRAFTED)[REVIEW].decode())[0]
AGAIN = "does not open again"
MISREAD = {
    "a text": damage("row 4, column 1 of 'Deal Review' reads back as", REVIEW, ("&lt;b&gt;", "&lt;i&gt;")),
    "a header": damage("row 3, column 3 of 'Deal Review' reads back as", REVIEW, (">Amount<", ">Amounts<")),
    "a number": damage("row 4, column 3 of 'Deal Review' reads back as", REVIEW, ("<v>100.25<", "<v>100.26<")),
    "a date by a day": damage("row 4, column 2 of 'Deal Review' reads back", REVIEW, ("<v>46357<", "<v>46358<")),
    "a number as text": damage("row 4, column 3", REVIEW, ('r="C4" ', 'r="C4" t="str" ')),
    "the stored value of a formula": damage("row 6, column 2 of 'Forecast'", FORECAST, ("<v>601.5<", "<v>601<")),
    "a formula as its value": damage(
        "row 6 of 'Forecast' lost a formula", FORECAST, ("<f>SUM(PipesheetDeals[Amount])</f>", "")
    ),
    "a cell nobody meant": damage(
        "row 1, column 3 of 'Forecast'", FORECAST, ("</row>", '<c r="C1"><v>1</v></c></row>')
    ),
    "a row": damage("'Deal Review' lacks rows", REVIEW, (ROW_5, "")),
    "a format beyond the last": damage("uses a format that is not there", REVIEW, ('r="A4" s="', 'r="A4" s="9')),
    "a rule's format beyond the last": damage("uses a format that is not there", REVIEW, ('dxfId="', 'dxfId="9')),
    "a relationship it does not have": damage("names a relationship", FORECAST, ('drawing r:id="', 'drawing r:id="x')),
    "a lost mark": damage("'Forecast' does not bear its marks", WORKBOOK, ("_pipesheet_forecast", "_other")),
    "a mark elsewhere": damage("'Forecast' does not bear", WORKBOOK, (">Forecast!$A$1", ">Deals!$A$1")),
    "a table that is not ours": damage(
        "'Deal Review' does not bear", TABLE, (OURS, 'displayName="D"'), ('name="PipesheetDeals"', 'name="D"')
    ),
    "rows that are no XML": damage(AGAIN, REVIEW, ("</is>", "</it>")),
    "no XML around them": damage(AGAIN, REVIEW, ("<sheetViews>", "<sheetView>")),
    "a workbook part that is no XML": damage(AGAIN, WORKBOOK, ("<sheets>", "<sheet>")),
    "a value that is none": damage(AGAIN, REVIEW, ("<v>100.25</v>", "<v>hundred</v>")),
}


@pytest.mark.parametrize("what", MISREAD)
def test_what_reads_back_differently_is_noticed(what: str) -> None:
    sentence, part, swaps = MISREAD[what]
    with pytest.raises(NotVerified, match=f"the result failed its check .*{re.escape(sentence)}"):
        look(broken(part, *swaps))


@pytest.mark.parametrize("after", [b"", GRAFTED[: len(GRAFTED) // 2], GRAFTED[:-1], b"x" + GRAFTED])
def test_half_a_file_is_noticed(after: bytes) -> None:
    with pytest.raises(NotVerified, match=AGAIN):
        look(after)


def test_a_name_of_another_case_or_a_mark_quoted_otherwise_is_no_damage() -> None:
    look(broken(WORKBOOK, (">Forecast!$A$1", ">'forecast'!$A$1")))


def test_what_a_person_wrote_is_not_in_the_sentence() -> None:
    meant = plans(note="Secret takeover")
    after = grafted(BOOK, plans(note="Another"))
    with pytest.raises(NotVerified) as told:
        look(after, meant=meant)
    assert "Secret" not in str(told.value)
    assert "Another" not in str(told.value)


# Large sheets: every row number, but only some cells


def long(edit: Callable[[list[float]], None] = lambda _: None) -> tuple[SheetPlan, ...]:
    numbers = [float(i) for i in range(900)]
    edit(numbers)
    table = TablePlan("PipesheetT", 1, 1, (Column("N", numbers),))
    return (SheetPlan("forecast", "Forecast", tables=(table,)),)


@pytest.mark.parametrize("row", [0, 1, 40, 98, 801, 850, 899])
def test_the_first_and_the_last_rows_of_a_large_sheet_are_read(monkeypatch: pytest.MonkeyPatch, row: int) -> None:
    monkeypatch.setattr(readback, "SAMPLED_CELLS", 300)
    look(grafted(BOOK, long()), meant=long())
    with pytest.raises(NotVerified, match=f"row {row + 2}, column 1"):
        look(grafted(BOOK, long(lambda n: n.__setitem__(row, -1.0))), meant=long())


def test_a_fault_that_begins_somewhere_in_a_large_sheet_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readback, "SAMPLED_CELLS", 300)

    def shifted(numbers: list[float]) -> None:
        numbers[400:] = [n + 1 for n in numbers[400:]]

    with pytest.raises(NotVerified, match="reads back as something else"):
        look(grafted(BOOK, long(shifted)), meant=long())


def test_one_row_missing_anywhere_in_a_large_sheet_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readback, "SAMPLED_CELLS", 300)
    data = grafted(BOOK, long())
    part = "xl/worksheets/sheet3.xml"
    for row in (150, 437, 700):
        xml = re.sub(rf'<row r="{row}".*?</row>', "", members(data)[part].decode(), count=1)
        with pytest.raises(NotVerified, match="lacks rows"):
            look(Package(data).rewritten({part: xml.encode()}), meant=long())


# Nothing that is right is called wrong


AWKWARD: list[Content] = [
    "", " ", "_x0041_", "_x005F_", "a\r\nb", "\x00", "x" * 40_000, "=1+1", "'", "<row r=\"1\"", "</sheetData>", "🎯",
    math.nan, math.inf, -0.0, 1e308, 2**53, True, False, None,
    dt.date(1899, 1, 1), dt.date(1900, 2, 28), dt.date(1904, 1, 1), dt.date(1904, 1, 2), dt.date(9999, 12, 31),
    dt.datetime(2026, 1, 2, 3, 4, 5, 678_901), dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    Formula('"a"&"<b>"', "a<b>"), Formula("1/0", math.nan), Formula("TRUE", True), Formula('""', ""),
    Formula("1", "_x0041_"),
    Link("It's here", "A1", "go"), Link("Deals", "A1", ""), Link("Deals", "A1", "=1"),
]  # fmt: skip


@pytest.mark.parametrize("date1904", [False, True])
def test_awkward_contents_pass(date1904: bool) -> None:
    passes(AWKWARD, date1904=date1904)


def passes(contents: list[Content], *, date1904: bool = False, style: Style | None = None) -> None:
    """Asserts that a sheet with those contents, in cells and in a table, is grafted and verified."""
    book = swapped(users_book(), WORKBOOK, ("<workbookPr ", '<workbookPr date1904="1" ')) if date1904 else users_book()
    look_ = style or Style()

    def made(names: Mapping[str, str], _: object) -> tuple[SheetPlan, ...]:
        puts = tuple(Put(row, 1, content, look_) for row, content in enumerate(contents, 3))
        computed = [c if isinstance(c, str | float | int | bool) else 0.5 for c in contents]
        columns = (Column("Any", contents, look_), Column("Computed", computed, look_, formula="1+1"))
        return (SheetPlan("forecast", names["forecast"], puts=puts, tables=(TablePlan("PipesheetT", 2, 3, columns),)),)

    data = grafted_file(book, made, names={"forecast": "Forecast"}, path="b.xlsx").data
    assert grafted_file(data, made, names={"forecast": "Forecast"}, path="b.xlsx").data == data


CONTENT = st.one_of(
    st.none(), st.text(max_size=20), st.floats(), st.booleans(), st.integers(-(2**53), 2**53), st.dates(),
    st.datetimes(),
    st.builds(Formula, st.just("1+1"), st.one_of(st.text(max_size=9), st.floats(), st.booleans())),
    st.builds(Link, st.text(st.characters(categories=["L", "P"]), min_size=1), st.just("A1"), st.text(max_size=9)),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(CONTENT, max_size=12), st.booleans())
def test_any_contents_pass(contents: list[Content], date1904: bool) -> None:
    passes(contents, date1904=date1904)
