"""Our formats in the user's styles: found or appended, each once, and nothing renumbered."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from grafting import NAMES, edited, members, plans, swapped, users_book
from pipesheet.composing.compose import compose
from pipesheet.errors import Unsupported
from pipesheet.sheets import Column, Highlight, Put, SheetPlan, Style, TablePlan, Typeface
from pipesheet.writer import grafted_file
from pipesheet.xlsx import styles
from pipesheet.xlsx.dialect import TRANSITIONAL
from pipesheet.xlsx.markup import MAIN, Document, signature
from pipesheet.xlsx.restyle import restyled, restyled_table
from pipesheet.xlsx.styles import FormatNumbers, merge, typeface

LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "dxfs")
THEIRS = f"""<?xml version="1.0" encoding="UTF-8"?>
<styleSheet xmlns="{MAIN}">
<numFmts count="2"><numFmt numFmtId="164" formatCode="0.000"/><numFmt numFmtId="170" formatCode="0.0%"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Arial"/></font>
<font><b/><sz val="11"/><name val="Arial"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="164" fontId="1" fillId="0" borderId="0" xfId="0"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
<dxfs count="1"><dxf><font><i/></font></dxf></dxfs>
<tableStyles count="0"/>
</styleSheet>"""


def composed(*looks: Style, rules: Sequence[Style] = ()) -> etree._Element:
    """The styles of a sheet with cells and rules of those looks."""
    puts = tuple(Put(1, column, "x", look) for column, look in enumerate(looks, 1))
    highlights = tuple(Highlight(2, c, 2, c, "formula", "TRUE", look) for c, look in enumerate(rules, 1))
    data = compose([SheetPlan("key", "Sheet", puts=puts, highlights=highlights)])
    return etree.fromstring(members(data)["xl/styles.xml"])


def merged(theirs: str | bytes, ours: etree._Element) -> tuple[bytes, FormatNumbers]:
    document = Document(theirs if isinstance(theirs, bytes) else theirs.encode(), "book.xlsx", "xl/styles.xml")
    numbers = merge(document, ours, "book.xlsx")
    return document.dump(), numbers


def entries(xml: str | bytes, name: str) -> list[object]:
    root = etree.fromstring(xml if isinstance(xml, bytes) else xml.encode())
    return [signature(e) for e in root.iterfind(f"{{{MAIN}}}{name}/*")]


def counts(xml: bytes) -> dict[str, tuple[int, int]]:
    """List -> what it says its length is, and what it is."""
    root = etree.fromstring(xml)
    return {
        etree.QName(e).localname: (int(e.get("count", "-1")), len(e)) for e in root if etree.QName(e).localname in LISTS
    }


MONEY = Style(number='"€"#,##0', bold=True, fill="#FFEEAA", top="#112233")


def test_a_format_is_appended_and_the_users_own_keep_their_numbers() -> None:
    after, numbers = merged(THEIRS, composed(MONEY))
    for name in LISTS:
        assert entries(after, name)[: len(entries(THEIRS, name))] == entries(THEIRS, name)
    assert numbers.cells == {b"0": b"0", b"1": b"2"}, "plain stays plain, ours comes after the user's two"
    assert [len(entries(after, name)) for name in LISTS] == [3, 3, 3, 2, 1, 3, 1]
    assert all(said == there for said, there in counts(after).values())


def test_a_format_is_added_once_however_often() -> None:
    ours = composed(MONEY, Style(number="0.0%"), rules=[Style(color="#C00000")])
    once, first = merged(THEIRS, ours)
    again, second = merged(once, ours)
    assert again == once
    assert second == first


def test_a_format_the_user_has_already_is_used() -> None:
    # 0.0% is number format 170 of the user's; italic is his differential format 0.
    after, numbers = merged(THEIRS, composed(Style(number="0.0%"), rules=[Style(italic=True)]))
    assert entries(after, "numFmts") == entries(THEIRS, "numFmts")
    assert entries(after, "dxfs") == entries(THEIRS, "dxfs")
    assert numbers.rules == {b"0": b"0"}
    (added,) = re.findall(r'<xf numFmtId="(\d+)"', after.decode())[3:]
    assert added == "170"


def test_two_looks_share_what_they_have_in_common() -> None:
    after, numbers = merged(THEIRS, composed(Style(bold=True), Style(bold=True, align="right"), Style(bold=True)))
    assert len(entries(after, "fonts")) == len(entries(THEIRS, "fonts")) + 1
    assert numbers.cells == {b"0": b"0", b"1": b"2", b"2": b"3"}


def test_a_number_format_gets_an_id_above_all_that_are_there() -> None:
    after, _ = merged(THEIRS, composed(Style(number='0"x"'), Style(number='0"y"')))
    ids = re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"', after.decode())
    assert ids == [("164", "0.000"), ("170", "0.0%"), ("171", "0&quot;x&quot;"), ("172", "0&quot;y&quot;")]


def test_of_two_ids_for_one_number_format_the_first_is_used() -> None:
    doubled = THEIRS.replace(
        '"170" formatCode="0.0%"/>', '"170" formatCode="0.0%"/><numFmt numFmtId="171" formatCode="0.0%"/>'
    )
    after, _ = merged(doubled, composed(Style(number="0.0%")))
    assert 'numFmtId="170" fontId' in after.decode()
    assert 'numFmtId="171" fontId' not in after.decode()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("how", ["missing", "empty", "without a count"])
def test_a_list_that_is_missing_or_empty_is_made_as_excel_assumes_it(name: str, how: str) -> None:
    pattern = rf"<{name} count=\"\d+\">(.*?)</{name}>"
    instead = {"missing": "", "empty": f'<{name} count="0"/>', "without a count": rf"<{name}>\1</{name}>"}[how]
    theirs = re.sub(pattern, instead, THEIRS, flags=re.S)
    ours = composed(MONEY, rules=[Style(color="#C00000")])
    after, numbers = merged(theirs, ours)
    found = counts(after)
    assert all(said == there for said, there in found.values())
    cells, rules = (int(max(n.values(), key=int)) for n in (numbers.cells, numbers.rules))
    assert cells == found["cellXfs"][1] - 1
    assert rules == found["dxfs"][1] - 1
    assert all(refers(after))
    order = [etree.QName(e).localname for e in etree.fromstring(after)]
    assert order == [n for n in styles.ORDER if n in order], "the schema wants the lists in this order"


def refers(xml: bytes) -> list[bool]:
    """For each cell format, whether what it points to is there."""
    root = etree.fromstring(xml)
    pointers = (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders"), ("xfId", "cellStyleXfs"))
    return [
        int(xf.get(a, "0")) < len(root.findall(f"{{{MAIN}}}{name}/*"))
        for xf in root.iterfind(f"{{{MAIN}}}cellXfs/*")
        for a, name in pointers
    ]


def test_styles_of_nothing_become_styles_with_excels_defaults_first() -> None:
    after, numbers = merged(styles.empty(TRANSITIONAL), composed(MONEY))
    assert numbers.cells == {b"0": b"0", b"1": b"1"}
    fills = re.findall(r'patternType="(\w+)"', after.decode())
    assert fills == ["none", "gray125", "solid"], "Excel takes the first two for its own"
    assert all(refers(after))


def test_the_users_prefix_is_used_and_seen_through() -> None:
    prefixed = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", THEIRS).replace("xmlns=", "xmlns:x=")
    after, numbers = merged(prefixed, composed(Style(number="0.0%"), rules=[Style(italic=True)]))
    assert numbers.rules == {b"0": b"0"}
    assert b"<ns0:" not in after
    assert not re.findall(rb"<(?![x?/!]|/x:)", after)
    again, _ = merged(after, composed(Style(number="0.0%"), rules=[Style(italic=True)]))
    assert again == after


def test_a_comment_is_no_entry() -> None:
    commented = THEIRS.replace('<fonts count="2">', '<fonts count="2"><!-- ours --><?pi x?>')
    after, numbers = merged(commented, composed(MONEY))
    assert numbers.cells == {b"0": b"0", b"1": b"2"}
    assert b"<!-- ours --><?pi x?>" in after
    assert 'fontId="2"' in after.decode()


def test_what_is_not_ours_to_grow_is_left_as_it_is() -> None:
    extended = THEIRS.replace(
        "</styleSheet>",
        '<colors><mruColors><color rgb="FF010203"/></mruColors></colors><extLst><ext uri="{A}"/></extLst></styleSheet>',
    )
    after, _ = merged(extended, composed(MONEY))
    tail = extended[extended.index("<tableStyles") :].encode()
    assert after.endswith(tail)
    assert entries(after, "cellStyles") == entries(THEIRS, "cellStyles")


def test_more_formats_than_excel_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(styles, "_MOST_FORMATS", 3)
    merged(THEIRS, composed(MONEY))
    with pytest.raises(Unsupported, match=r"book\.xlsx was not written: .* more than 3 cell formats.*Clean Excess"):
        merged(THEIRS, composed(MONEY, Style(bold=True)))


COLORS = st.sampled_from(["", "#C00000", "#204060"])
LOOKS = st.builds(
    Style, number=st.sampled_from(["", "0.0%", "0.000", '"€"#,##0', "yyyy-mm-dd", "@"]), bold=st.booleans(),
    italic=st.booleans(), size=st.sampled_from([None, 9.0, 16.0]), color=COLORS, fill=COLORS, top=COLORS,
    align=st.sampled_from(["", "left", "right"]), wrap=st.booleans(), indent=st.sampled_from([0, 1]),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(LOOKS, max_size=3), st.lists(LOOKS, max_size=3))
def test_whatever_is_added_in_whatever_order_nothing_moves_and_nothing_is_added_twice(
    one: list[Style], other: list[Style]
) -> None:
    first, _ = merged(THEIRS, composed(*one))
    both, _ = merged(first, composed(*other, rules=one))
    for before, after in ((THEIRS.encode(), first), (first, both)):
        for name in LISTS:
            assert entries(after, name)[: len(entries(before, name))] == entries(before, name)
    assert merged(both, composed(*one))[0] == both
    assert all(refers(both))
    for name in ("fonts", "fills", "borders", "cellXfs", "dxfs", "numFmts"):
        assert len(set(entries(both, name))) == len(entries(both, name))


def test_cells_look_in_the_users_workbook_as_they_were_meant_to() -> None:
    def meant(names: dict[str, str]) -> tuple[SheetPlan, ...]:
        table = TablePlan("PipesheetT", 2, 1, (Column("Amount", [1.0, 2.0], MONEY),), header=Style(italic=True))
        return (SheetPlan("forecast", names["forecast"], puts=(Put(1, 1, "x", Style(size=16)),), tables=(table,)),)

    data = grafted_file(users_book(), lambda n, _: meant(dict(n)), names={"forecast": "Forecast"}, path="b.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    title, header, first, last = (book["Forecast"][a] for a in ("A1", "A2", "A3", "A4"))
    assert (title.font.sz, header.font.i, header.alignment.horizontal) == (16, True, "right")
    for cell in (first, last):
        assert (cell.number_format, cell.font.b, cell.fill.fgColor.rgb) == ('"€"#,##0', True, "FFFFEEAA")
    theirs = book["Deals"]
    assert (theirs["A1"].font.b, theirs["A1"].fill.fgColor.rgb) == (True, "FFDDEEFF")
    assert theirs["A2"].number_format == "0.000"


def test_rules_of_ours_and_of_the_users_keep_their_looks() -> None:
    data = grafted_file(users_book(), plans, names=NAMES, path="b.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))

    def look(sheet: str) -> tuple[bool, str | None]:
        (rule,) = (r for area in book[sheet].conditional_formatting for r in area.rules)
        return rule.dxf.font.i, rule.dxf.font.color.rgb if rule.dxf.font.color else None

    assert (look("Deals"), look("Notes"), look("Deal Review")) == ((True, None), (True, None), (False, "FFC00000"))


NUMBERS = FormatNumbers({b"%d" % n: b"%d" % (n + 70) for n in range(20)}, {b"0": b"7", b"1": b"8"})
SHEET = (
    b'<worksheet><sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>'
    b'<cols><col min="1" max="1" width="9" style="3" customWidth="1"/></cols><sheetData></sheetData>'
    b'<conditionalFormatting sqref="A1"><cfRule type="expression" dxfId="1" priority="1"/></conditionalFormatting>'
    b"</worksheet>"
)
RESTYLED = (
    SHEET.replace(b' tabSelected="1"', b"").replace(b'style="3"', b'style="73"').replace(b'dxfId="1"', b'dxfId="8"')
)


def test_what_stands_around_the_rows_has_the_users_numbers_and_is_not_selected() -> None:
    assert restyled(SHEET, NUMBERS) == RESTYLED


def test_a_tables_own_formats_are_renumbered() -> None:
    assert restyled_table(b'<table id="1" headerRowDxfId="0" dataDxfId="1"/>', NUMBERS) == (
        b'<table id="1" headerRowDxfId="7" dataDxfId="8"/>'
    )


def test_a_workbook_whose_styles_are_empty_can_be_written_into() -> None:
    data = users_book()
    whole = members(data)["xl/styles.xml"].decode()
    data = edited(data, styles__xml=(whole, f'<styleSheet xmlns="{MAIN}"/>'))
    again = grafted_file(data, plans, names=NAMES, path="b.xlsx").data
    assert grafted_file(again, plans, names=NAMES, path="b.xlsx").data == again


# The workbook's own font


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('<sz val="10"/><name val="Arial"/><family val="2"/>', Typeface("Arial", 10, "", 2)),
        ('<sz val="12"/><name val="Aptos Narrow"/><scheme val="minor"/>', Typeface("Aptos Narrow", 12, "minor", 0)),
        ('<name val="Cambria"/><charset val="161"/><scheme val="odd"/>', Typeface("Cambria", 11, "", 0, 161)),
        ('<sz val="x"/><name val="A"/>', Typeface("A", 11, "", 0)),
        ('<sz val="9999"/><name val="A"/>', Typeface("A", 409, "", 0)),
        ('<sz val="9"/>', Typeface(scheme="")),
        (f'<name val="{"x" * 32}"/>', Typeface(scheme="")),
    ],
)
def test_the_font_of_cells_without_a_format_is_the_workbooks(said: str, meant: Typeface) -> None:
    xml = THEIRS.replace('<font><sz val="11"/><name val="Arial"/></font>', f"<font>{said}</font>", 1)
    assert typeface(etree.fromstring(xml.encode())) == meant


@pytest.mark.parametrize("broken", ['fontId="9"', 'fontId="-1"', 'fontId="x"'])
def test_where_no_font_is_said_it_is_excels(broken: str) -> None:
    xml = THEIRS.replace(
        '<cellXfs count="2"><xf numFmtId="0" fontId="0"', f'<cellXfs count="2"><xf numFmtId="0" {broken}'
    )
    assert typeface(etree.fromstring(xml.encode())) == Typeface(scheme="")


def test_our_sheets_are_set_in_the_workbooks_own_font_and_size() -> None:
    theirs = swapped(users_book(), "xl/styles.xml", ('<name val="Calibri"/>', '<name val="Georgia"/>'))
    theirs = swapped(theirs, "xl/styles.xml", ('<sz val="11"/>', '<sz val="22"/>'), ('<scheme val="minor"/>', ""))
    data = grafted_file(theirs, plans, names=NAMES, path="b.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    title, cell = book["Forecast"]["A1"].font, book["Deal Review"]["A4"].font
    assert (title.name, title.sz, cell.name, cell.sz) == ("Georgia", 24, "Georgia", 15), "never out of all proportion"
    assert grafted_file(data, plans, names=NAMES, path="b.xlsx").data == data


def test_a_themes_font_is_followed_when_the_theme_changes() -> None:
    data = grafted_file(users_book(), plans, names=NAMES, path="b.xlsx").data
    assert openpyxl.load_workbook(io.BytesIO(data))["Forecast"]["A1"].font.scheme == "minor"
    assert b"<a:latin" not in members(data)["xl/charts/chart2.xml"], "a chart's text follows the theme too"


def test_dates_are_shown_as_the_readers_own_computer_writes_them() -> None:
    puts = (Put(1, 1, 46000.0, Style(number="m/d/yyyy")), Put(1, 2, 46000.5, Style(number="m/d/yyyy h:mm")))
    data = compose([SheetPlan("k", "S", puts=puts)])
    root = etree.fromstring(members(data)["xl/styles.xml"])
    assert [xf.get("numFmtId") for xf in root.iterfind(f"{{{MAIN}}}cellXfs/*")] == ["0", "14", "22"]
