"""What a fuzzer found, made small: each broken workbook with its sentence."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grafting import NAMES, at_once, members, plans, swapped, users_book, zipped
from other_formats import ods, parts_of, xlsb
from pipesheet.analysis import analyze
from pipesheet.errors import AmbiguousDeals, NoDeals, NotAWorkbook, PipesheetError
from pipesheet.reader import read
from pipesheet.writer import grafted_file
from pipesheet.xlsx.archive import pack, unpack
from pipesheet.xlsx.book import Book, tables_below
from pipesheet.xlsx.package import Package

RELS = "xl/_rels/workbook.xml.rels"


def saved(folder: Path, data: bytes, name: str = "book.xlsx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_sheet_that_is_called_a_calculation_chain_is_not_dropped() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    data = swapped(users_book(), RELS, (f'Id="rId1" Type="{kind}worksheet"', f'Id="rId1" Type="{kind}calcChain"'))
    result = grafted_file(data, plans, names=NAMES, path="b.xlsx")
    assert "xl/worksheets/sheet1.xml" in members(result.data)


def test_a_directory_that_lies_before_its_file_is_no_reason_to_fail(tmp_path: Path) -> None:
    data = bytearray(swapped(users_book(), "xl/workbook.xml", ('sheetId="1"', 'sheetId="1" state="odd"')))
    end = data.rindex(b"PK\5\6")
    (start,) = struct.unpack_from("<L", data, end + 16)
    struct.pack_into("<L", data, end + 16, start + 101)
    with pytest.raises(PipesheetError, match=r"^book\.xlsx cannot be read as a workbook"):
        read(saved(tmp_path, bytes(data)))


def test_a_sheet_that_leads_nowhere_does_not_come_to_lead_to_ours() -> None:
    book = members(users_book())
    del book[RELS]
    data = zipped(book)
    before, after = (
        Book(Package(d)).sheets for d in (data, grafted_file(data, plans, names=NAMES, path="b.xlsx").data)
    )
    assert [s.part for s in before] == ["", ""]
    assert after[:2] == before


def test_a_theme_that_is_called_styles_is_left_alone() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    data = swapped(users_book(), RELS, (f"{kind}theme", f"{kind}styles"))
    after = grafted_file(data, plans, names=NAMES, path="b.xlsx").data
    assert members(after)["xl/theme/theme1.xml"] == members(data)["xl/theme/theme1.xml"]
    assert grafted_file(after, plans, names=NAMES, path="b.xlsx").data == after


def test_a_name_of_a_part_is_told_in_its_first_letters(tmp_path: Path) -> None:
    data = zipped({**members(users_book()), "../" + "x" * 5000: b""})
    with pytest.raises(PipesheetError, match="leads outside the package") as told:
        grafted_file(data, plans, names=NAMES, path=tmp_path / "book.xlsx")
    assert len(str(told.value)) < 400


def test_what_is_no_words_for_people_is_left_out(tmp_path: Path) -> None:
    compound = (
        bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 0x7F06) + bytes(600)
    )
    with pytest.raises(PipesheetError, match=r"book\.xls cannot be read as a workbook") as told:
        read(saved(tmp_path, compound, "book.xls"))
    assert "0x" not in str(told.value)


def test_many_sheets_with_long_names_are_told_in_a_few_words() -> None:
    said = [f"Sheet {n} of {'x' * 300} has no header." for n in range(90)]
    told = str(NoDeals("book.xlsx", said))
    assert len(told) < 1000
    assert "And 86 more sheets like that." in told


def grafted(data: bytes) -> Package:
    return Package(grafted_file(data, plans, names=NAMES, path="book.xlsx").data)


@pytest.mark.parametrize(
    ("part", "swap"),
    [
        ("xl/workbook.xml", ('sheetId="1"', 'sheetId="²"')),
        ("xl/workbook.xml", ('sheetId="1"', f'sheetId="{"9" * 5000}"')),
        ("xl/styles.xml", ('<numFmt numFmtId="164"', '<numFmt numFmtId="²"')),
        ("xl/styles.xml", ('<family val="2"/>', '<family val="NaN"/>')),
        ("xl/styles.xml", ('fontId="0"', 'fontId="²"')),
        ("xl/tables/table1.xml", (' id="1"', ' id="²"')),
    ],
)
def test_what_only_looks_like_a_number_is_none(part: str, swap: tuple[str, str]) -> None:
    assert len(Book(grafted(swapped(users_book(), part, swap))).sheets) == 4


@pytest.mark.parametrize("swap", [('"{}"', '""'), ('<Default Extension="rels"', '<Odd Extension="rels"')])
def test_where_rels_are_declared_as_nothing_ours_are_declared_all_the_same(swap: tuple[str, str]) -> None:
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    package = grafted(swapped(users_book(), "[Content_Types].xml", (swap[0].format(kind), swap[1])))
    ours = [p for p in package.parts if p.endswith(".rels") and p not in members(users_book())]
    assert {package.content_type(p) for p in ours} == {kind}


def refusal(data: bytes) -> str:
    with pytest.raises(NotAWorkbook, match=r"^book\.xlsx cannot be read as a workbook: ") as told:
        grafted_file(data, plans, names=NAMES, path="book.xlsx")
    return str(told.value)


def test_styles_outside_of_the_package_or_where_a_sheet_is_missing_are_refused() -> None:
    data = users_book()
    for target in ("..", "../../x.xml"):
        elsewhere = swapped(data, RELS, ('Target="styles.xml"', f'Target="{target}"'))
        assert "its styles are said to be where none can be" in refusal(elsewhere)
    missing = swapped(data, RELS, ('"styles.xml"', '"x.xml"'), ('"worksheets/sheet1.xml"', '"x.xml"'))
    assert "its styles are said to be where none can be" in refusal(missing)


def test_a_part_that_holds_another_is_refused() -> None:
    parts = members(users_book())
    for name in (RELS, "_rels/.rels", "[Content_Types].xml"):
        assert f"{name} does not hold what its name says" in refusal(zipped({**parts, name: parts["xl/styles.xml"]}))
    assert "styles part holds something else" in refusal(
        zipped({**parts, "xl/styles.xml": parts["xl/theme/theme1.xml"]})
    )


def test_damage_is_told_without_the_words_of_a_library() -> None:
    data = users_book()
    at = data.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    assert "its part [Content_Types].xml is damaged. Open" in refusal(data[:at] + b"\xff" * 20 + data[at + 20 :])
    broken = zipped({**members(data), "xl/workbook.xml": b"<workbook>\n  <sheets></workbook>"})
    assert "its part xl/workbook.xml is not well-formed XML (line 2, column 22)" in refusal(broken)


def test_a_table_that_spans_all_cells_takes_no_memory(tmp_path: Path) -> None:
    data = swapped(users_book(), "xl/tables/table1.xml", ('ref="E1:F3"', 'ref="A1:XFD1048576"'))
    table = read(saved(tmp_path, data)).grids[0].tables[0]
    assert (table.name, table.last_row, table.last_column) == ("Prices", 1_048_576, 16_384)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_parts_compressed_as_no_workbooks_are_refused(tmp_path: Path, method: int) -> None:
    data = zipped(members(users_book()), method=method)
    for damaged in (data, data.replace(b"BZh9", b"BZh8")):
        assert "is compressed in a way that a workbook's are not" in refusal(damaged)
        with pytest.raises(NotAWorkbook, match=r"^book\.xlsx .* compressed in a way that a workbook's are not\."):
            read(saved(tmp_path, damaged))


def test_a_sheet_of_ours_that_is_damaged_is_refused() -> None:
    parts = members(grafted_file(users_book(), plans, names=NAMES, path="book.xlsx").data)
    data = bytearray(zipped(parts, method=zipfile.ZIP_STORED))
    for sheet in ("sheet3.xml", "sheet4.xml"):
        at = data.index(parts[f"xl/worksheets/{sheet}"])
        data[at + 200] ^= 1
    assert "is damaged (Bad CRC-32 for file 'xl/worksheets/sheet" in refusal(bytes(data))


def test_what_steers_a_terminal_is_no_part_of_a_message(tmp_path: Path) -> None:
    with pytest.raises(NoDeals, match="has Deal ID, Close date in row 1") as told:
        analyze(read(saved(tmp_path, b"Deal\x1f ID;Close \x1b[2Jdate\n".replace(b"\x1b[2J", b"\x1c"), "book.csv")))
    assert str(told.value).isprintable()
    assert str(AmbiguousDeals("book.xlsx", ["a\u202eb\x1b[2J", "c"])).isprintable()


def test_an_encoding_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    data = swapped(users_book(), "xl/workbook.xml", ('encoding="UTF-8"', 'encoding="ISO-8859-0"'))
    assert "xl/workbook.xml is not well-formed XML" in refusal(data)
    assert len(read(saved(tmp_path, data)).grids) == 2


STRINGS = "xl/sharedStrings.xml"
MORE_THAN_THERE_IS_ROOM_FOR = f'uniqueCount="{10**18}"'


def test_a_number_of_shared_texts_beyond_all_memory_is_not_believed(tmp_path: Path) -> None:
    for before in ("", "<!-- uniqueCount='1' -->", "\n<?x y?>"):
        swap = ('<sst xmlns="', f"{before}<sst {MORE_THAN_THERE_IS_ROOM_FOR} a='>' xmlns=\""), ("uniqueCount", "u")
        data = swapped(users_book(), STRINGS, swap[1], swap[0])
        assert read(saved(tmp_path, data)).grids[0].rows[1][0] == "D-1"


def test_shared_texts_that_do_not_say_plainly_how_many_they_are_are_refused(tmp_path: Path) -> None:
    for before in ("<a/>", f"<!--{'x' * 2000}-->", "<!-->-->"):
        data = swapped(users_book(), STRINGS, ("<sst ", f"{before}<sst {MORE_THAN_THERE_IS_ROOM_FOR} "))
        with pytest.raises(NotAWorkbook, match="its list of shared texts does not begin as one"):
            read(saved(tmp_path, data))


def test_where_the_copy_cannot_be_read_the_file_itself_is_not_tried(tmp_path: Path) -> None:
    data = swapped(users_book(), STRINGS, ("uniqueCount", f"{MORE_THAN_THERE_IS_ROOM_FOR} u"), ("</sst>", "</si>"))
    with pytest.raises(NotAWorkbook) as told:
        read(saved(tmp_path, data))
    assert "contradict" not in str(told.value)


def test_of_what_is_called_a_calculation_chain_only_the_chain_is_dropped() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    chain = f'<Relationship Id="rId9" Type="{kind}calcChain" Target="calcChain.xml"/>'
    parts = members(
        swapped(
            users_book(),
            RELS,
            (f"{kind}sharedStrings", f"{kind}calcChain"),
            ("</Relationships>", chain + "</Relationships>"),
        )
    )
    typed = (
        '<Override PartName="/xl/calcChain.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>'
    )
    types = parts["[Content_Types].xml"].decode().replace("</Types>", typed)
    after = grafted(zipped({**parts, "[Content_Types].xml": types, "xl/calcChain.xml": b"<calcChain/>"}))
    assert "xl/calcChain.xml" not in after
    assert after.read(STRINGS) == parts[STRINGS]


def test_a_sheet_that_is_listed_where_the_missing_styles_are_does_not_come_to_lead_there() -> None:
    parts = members(swapped(users_book(), "xl/workbook.xml", ('r:id="rId1"', 'r:id="rId4"')))
    del parts["xl/styles.xml"]
    after = grafted(zipped(parts))
    assert [s.part for s in Book(after).sheets][:2] == ["", "xl/worksheets/sheet2.xml"]
    assert after.styles == "xl/styles.xml"


@pytest.mark.parametrize(("part", "tag"), [(RELS, "Relationship"), ("[Content_Types].xml", "Override")])
def test_a_list_of_parts_within_an_entry_of_it_is_refused(part: str, tag: str) -> None:
    data = swapped(users_book(), part, (f"<{tag} ", f"<{tag}><{tag}/></{tag}><{tag} "))
    assert f"{part} does not hold what its name says" in refusal(data)


def test_what_the_cell_reader_says_steers_no_terminal(tmp_path: Path) -> None:
    data = swapped(users_book(), "_rels/.rels", ('"xl/workbook.xml"', '"\0xl/workbook.xml"'))
    with pytest.raises(NotAWorkbook) as told:
        read(saved(tmp_path, data))
    assert str(told.value).isprintable()


def test_the_name_of_a_part_may_be_anything_and_is_told_in_its_first_letters() -> None:
    name = f"xl/\x1b[2J{'x' * 3000}.xml"
    for content, said in ((b"<a", "is not well-formed XML"), (b"<x/>", "does not hold what its name says")):
        rels = swapped(users_book(), RELS, ('"worksheets/sheet1.xml"', f'"{name[6:]}"'))
        parts = members(rels) | {name: b"<x/>", f"xl/_rels/{name[3:]}.rels": content}
        with pytest.raises(NotAWorkbook, match=said) as told:
            grafted_file(zipped(parts), plans, names=NAMES, path="book.xlsx")
        assert str(told.value).isprintable()
        assert len(str(told.value)) < 400


def test_the_folder_where_the_program_runs_may_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as gone:
        gone.setattr("os.getcwd", lambda: at_once(0))
        after = grafted(users_book())
    assert len(Book(after).sheets) == 4


@pytest.mark.parametrize("name", ["٣.xml", "é/ü.xml"])
def test_styles_are_made_under_the_name_they_are_said_to_have_in_any_script(name: str) -> None:
    parts = members(swapped(users_book(), RELS, ('"styles.xml"', f'"{name}"')))
    del parts["xl/styles.xml"]
    after = grafted(zipped(parts))
    assert after.styles == f"xl/{name}"
    assert f"xl/{name}" in members(after.data)


@pytest.mark.parametrize("position", [2, 3])
def test_a_name_of_a_sheet_that_is_not_there_does_not_come_to_be_of_ours(position: int) -> None:
    lost = f'<definedName name="_xlnm.Print_Titles" localSheetId="{position}">Notes!$1:$1</definedName>'
    data = swapped(users_book(), "xl/workbook.xml", ("<definedNames>", "<definedNames>" + lost))
    assert "one of its defined names belongs to a sheet that is not there" in refusal(data)


TYPES = "[Content_Types].xml"
TABLE = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"


def twice(change: Callable[[dict[str, bytes]], None]) -> tuple[dict[str, bytes], Package]:
    """A workbook with two sheets of ours, changed by somebody, and what becomes of it in the next run."""
    parts = members(grafted(users_book()).data)
    change(parts)
    return parts, Package(grafted_file(zipped(parts), lambda n, _: plans(n, deals=5), names=NAMES, path="b.xlsx").data)


def replaced(part: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[part].decode()
        parts[part] = parts[part].replace(old.encode(), new.encode())

    return change


def test_a_sheet_of_ours_stays_the_part_it_is_whatever_it_is_declared_to_be() -> None:
    sheet = TABLE.replace("table+xml", "worksheet+xml")
    place = '<Override PartName="/xl/worksheets/sheet4.xml" ContentType="{}"'
    before, after = twice(replaced(TYPES, place.format(sheet), place.format(TABLE)))
    assert Book(after).marked()["deal_review"].part == "xl/worksheets/sheet4.xml"
    assert after.content_type("xl/worksheets/sheet4.xml") == sheet
    assert len(after.parts) == len(before)


def test_two_sheets_of_ours_that_lead_to_one_table_have_one_each_again() -> None:
    _, after = twice(replaced("xl/worksheets/_rels/sheet3.xml.rels", "tables/table2.xml", "tables/table3.xml"))
    assert [tables_below(after, s.part) for s in Book(after).sheets[2:]] == [
        ["xl/tables/table3.xml"],
        ["xl/tables/table4.xml"],
    ]


def test_what_the_users_sheet_leads_to_in_other_letters_is_the_users() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
    more = f'<Relationship Id="rId9" Type="{kind}" Target="../charts/CHART2.XML"/></Relationships>'
    before, after = twice(replaced("xl/worksheets/_rels/sheet1.xml.rels", "</Relationships>", more))
    assert after.read("xl/charts/chart2.xml") == before["xl/charts/chart2.xml"]


def test_a_calculation_chain_without_an_id_is_dropped_too() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    typed = f'<Override PartName="/xl/calcChain.xml" ContentType="{TABLE.replace("table", "calcChain")}"/></Types>'
    listed = f'<!-- x --><Relationship Type="{kind}" Target="calcChain.xml"/></Relationships>'
    parts = members(swapped(swapped(users_book(), TYPES, ("</Types>", typed)), RELS, ("</Relationships>", listed)))
    assert "xl/calcChain.xml" not in grafted(zipped({**parts, "xl/calcChain.xml": b"<calcChain/>"}))


def test_where_rels_are_nothing_and_the_workbook_has_none_they_are_declared() -> None:
    odd = '<Default Extension="rels" x='
    parts = members(swapped(users_book(), TYPES, ('<Default Extension="rels" ContentType=', odd)))
    del parts[RELS]
    assert grafted(zipped(parts)).content_type(RELS) == "application/vnd.openxmlformats-package.relationships+xml"


def test_a_sheet_of_ours_that_leads_to_the_workbook_does_not_take_the_other_along() -> None:
    _, after = twice(replaced("xl/worksheets/_rels/sheet3.xml.rels", "../drawings/drawing2.xml", "../workbook.xml"))
    assert after.content_type("xl/worksheets/sheet4.xml").endswith("worksheet+xml")
    assert "xl/tables/table3.xml" in after
    again = grafted_file(after.data, lambda n, _: plans(n, deals=5), names=NAMES, path="b.xlsx")
    assert again.data == after.data


def test_a_mark_that_is_there_twice_is_there_once_again() -> None:
    mark = '<definedName name="_pipesheet_forecast" hidden="1">{}</definedName>'
    again = mark.format("Nowhere!$A$1") + mark.format("Forecast!$A$1")
    _, after = twice(replaced("xl/workbook.xml", mark.format("Forecast!$A$1"), again))
    assert [e.text for e in Book(after).names() if e.get("name") == "_pipesheet_forecast"] == ["Forecast!$A$1"]
    assert Book(after).marked()["forecast"].part == "xl/worksheets/sheet3.xml"


def test_two_sheets_that_are_one_part_are_refused() -> None:
    data = swapped(users_book(), RELS, ("worksheets/sheet2.xml", "worksheets/sheet1.xml"))
    assert "two of its sheets are one part" in refusal(data)


def test_a_table_that_is_dropped_leaves_its_name_to_the_next() -> None:
    sheet, drawing = (f"xl/{p}.xml.rels" for p in ("worksheets/_rels/sheet4", "drawings/_rels/drawing2"))

    def exchanged(parts: dict[str, bytes]) -> None:
        parts[sheet], parts[drawing] = parts[drawing], parts[sheet]

    _, after = twice(exchanged)
    again = grafted_file(after.data, lambda n, _: plans(n, deals=5), names=NAMES, path="b.xlsx")
    assert again.data == after.data


def test_a_name_within_a_name_is_refused() -> None:
    data = swapped(users_book(), "xl/workbook.xml", ("$C$2</", '$C$2<definedName name="x">1</definedName></'))
    assert "something else hangs below one of its defined names" in refusal(data)


def test_what_is_damaged_and_written_anew_anyway_hinders_nothing() -> None:
    packed = pack([b"<sheetData/>" * 50])
    damaged = replace(packed, raw=b"\xff" + packed.raw[1:])
    assert unpack(packed) == b"<sheetData/>" * 50
    assert unpack(damaged) == b""


def test_a_row_of_an_xlsb_without_a_number_is_not_given_that_of_another_record(tmp_path: Path) -> None:
    rows_begin, sheet = b"\x91\x01\x00", "xl/worksheets/sheet1.bin"
    parts = parts_of(xlsb({(0, 0): "Deal ID", (1, 0): "D-1"}))
    head, _, rows = parts[sheet].partition(rows_begin)
    for short in (bytes([0, 0]), bytes([0, 2, 1, 0]), bytes([2, 4, 0, 0, 0, 0])):
        parts[sheet] = head + rows_begin + short + rows
        with pytest.raises(NotAWorkbook, match="a record of a row or cell is too short"):
            read(saved(tmp_path, zipped(parts), "book.xlsb"))


@pytest.mark.parametrize("formula", ["", "<f>1/0</f>", '<f t="shared" si="0"/>'])
def test_an_error_of_another_program_is_read_for_what_it_says(formula: str, tmp_path: Path) -> None:
    cell = f'<c r="A9" s="0" t="e">{formula}<v>#ERROR!</v></c><c r="B9" t="e"><v>#N/A</v></c>'
    data = swapped(users_book(), "xl/worksheets/sheet1.xml", ("</sheetData>", f'<row r="9">{cell}</row></sheetData>'))
    assert read(saved(tmp_path, data)).grids[0].rows[8][:2] == ["#ERROR!", "#N/A"]


def test_an_ods_in_an_encoding_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    declared = '<?xml version="1.0" encoding="X-none"?><office:document-content'
    data = swapped(ods({(0, 0): "Deal ID"}), "content.xml", ("<office:document-content", declared))
    with pytest.raises(NotAWorkbook, match="its parts cannot be read \\(content"):
        read(saved(tmp_path, data, "book.ods"))


@pytest.mark.parametrize("rels", [RELS, "xl/worksheets/_rels/sheet1.xml.rels"])
def test_a_calculation_chain_that_something_else_leads_to_is_refused(rels: str) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    typed = f'<Override PartName="/xl/calcChain.xml" ContentType="{TABLE.replace("table", "calcChain")}"/></Types>'
    chain = f'<Relationship Id="rId9" Type="{kind}calcChain" Target="/xl/calcChain.xml"/></Relationships>'
    other = f'<Relationship Id="rId10" Type="{kind}theme" Target="/xl/CalcChain.xml"/></Relationships>'
    data = swapped(swapped(users_book(), TYPES, ("</Types>", typed)), RELS, ("</Relationships>", chain))
    parts = {**members(data), "xl/calcChain.xml": b"<calcChain/>"}
    assert "xl/calcChain.xml" not in grafted(zipped(parts))
    assert "something else leads to its calculation chain" in refusal(
        swapped(zipped(parts), rels, ("</Relationships>", other))
    )
