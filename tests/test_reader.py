"""A file to a Source, whatever spreadsheet it is; and what is refused before it can do harm."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
import random
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msoffcrypto
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from other_formats import Cells, compound, ods, package, parts_of, xls, xlsb
from pipesheet.compound import Compound
from pipesheet.errors import Encrypted, FileEmpty, FileMissing, NotAWorkbook, PipesheetError, ReadError, Unsafe
from pipesheet.grid import Source, Table, Value
from pipesheet.locate import is_ours
from pipesheet.reader import read
from pipesheet.resources import resource
from pipesheet.sheetscan import MOST_CELLS, extent

HEADER = ["Deal ID", "Stage", "Amount"]
CELLS: Cells = {
    (0, 0): "Deal ID", (0, 1): "Stage", (0, 2): "Amount",
    (1, 0): "D-1", (1, 1): "Lead", (1, 2): 12.5,
    (2, 0): "007", (2, 1): "#N/A", (5, 2): "#DIV/0!",
}  # fmt: skip
ROWS: list[list[Value]] = [
    ["Deal ID", "Stage", "Amount"], ["D-1", "Lead", 12.5], ["007", "#N/A", ""], ["", "", ""], ["", "", ""],
    ["", "", "#DIV/0!"],
]  # fmt: skip
ERROR_FORMULAS = {"#N/A": "=NA()", "#REF!": "=#REF!", "#DIV/0!": "=1/0"}


def xlsx(cells: Cells = CELLS) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Deals")
        for (row, column), value in cells.items():
            if value in ERROR_FORMULAS:
                sheet.write_formula(row, column, ERROR_FORMULAS[str(value)], None, value)
            else:
                sheet.write(row, column, value)
        book.add_worksheet("Notes").write(0, 0, "remember")
    return made.getvalue()


def saved(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def changed(content: bytes, member: str, old: bytes, new: bytes) -> bytes:
    parts = parts_of(content)
    assert old in parts[member]
    return package({**parts, member: parts[member].replace(old, new)})


def first(source: Source) -> list[list[Value]]:
    return [list(row) for row in source.grids[0].rows]


# Every format ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("book.xlsx", xlsx(), "xlsx"), ("BOOK.XLSM", xlsx(), "xlsm"), ("book.xltx", xlsx(), "xltx"),
        ("book.xlsb", xlsb(CELLS), "xlsb"), ("book.xls", xls(CELLS), "xls"), ("95.xls", xls(CELLS, old=True), "xls"),
        ("book.ods", ods(CELLS), "ods"),
        ("misnamed.xlsx", xlsb(CELLS), "xlsb"), ("misnamed.xlsx", xls(CELLS), "xls"),
        ("misnamed.xls", xlsx(), "xlsx"), ("no-ending", ods(CELLS), "ods"),
    ],
)  # fmt: skip
def test_the_cells_of_every_format_and_the_errors_among_them(
    tmp_path: Path, name: str, content: bytes, form: str
) -> None:
    source = read(saved(tmp_path, name, content))
    assert source.grids[0].name == "Deals"
    assert first(source) == ROWS
    assert source.format == form


def test_a_source_knows_its_path_and_fingerprint(tmp_path: Path) -> None:
    path = saved(tmp_path, "book.xlsx", xlsx())
    assert read(path).path == path
    assert len({read(path).sha256, read(str(path)).sha256, read(saved(tmp_path, "b", xls(CELLS))).sha256}) == 2


def test_dates_truth_and_times_come_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Deals")
        sheet.write_datetime(0, 0, dt.datetime(2026, 12, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(0, 1, dt.datetime(2026, 12, 1, 13, 45), book.add_format({"num_format": "d.m.yy hh:mm"}))
        sheet.write_boolean(0, 2, True)
        sheet.write_formula(0, 3, '="Le"&"ad"', None, "Lead")
    assert first(read(path)) == [[dt.date(2026, 12, 1), dt.datetime(2026, 12, 1, 13, 45), True, "Lead"]]


def test_tables_merged_cells_and_hidden_sheets_are_known(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Deals")
        sheet.write(0, 0, "Pipeline of the north")
        sheet.add_table(2, 1, 5, 3, {"name": "Open", "columns": [{"header": h} for h in HEADER], "total_row": True})
        sheet.merge_range(7, 0, 8, 2, "merged")
        book.add_worksheet("Old").hide()
        book.add_worksheet("Older").very_hidden()
    deals, old, older = read(path).grids
    assert deals.tables == (Table("Open", 3, 2, 5, 4),)  # without its row of totals
    assert deals.merged == ((8, 1, 9, 3),)
    assert [deals.visible, old.visible, older.visible] == [True, False, False]


def test_a_table_far_from_the_corner_keeps_its_addresses(tmp_path: Path) -> None:
    far: Cells = {(row + 1_000_000, column + 20): value for (row, column), value in CELLS.items()}
    rows = read(saved(tmp_path, "far.xlsx", xlsx(far))).grids[0].rows
    assert rows[1_000_001][20:] == ["D-1", "Lead", 12.5]
    assert len(rows) == 1_000_006


@pytest.mark.parametrize("last", ["B2", "ZZZZ9", ""])
def test_a_broken_table_is_no_reason_not_to_read_the_cells(tmp_path: Path, last: str) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Deals")
        sheet.add_table(0, 0, 1, 2, {"data": [["D-1", "Lead", 5]], "columns": [{"header": h} for h in HEADER]})
    content = changed(path.read_bytes(), "xl/tables/table1.xml", b'ref="A1:C2"', f'ref="A1:{last}"'.encode())
    assert first(read(saved(tmp_path, "broken.xlsx", content)))[1] == ["D-1", "Lead", 5.0]


def test_a_stray_format_far_out_is_no_attack(tmp_path: Path) -> None:
    path = tmp_path / "stray.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Deals")
        sheet.write_row(0, 0, HEADER)
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))
    assert first(read(path)) == [HEADER]


def test_a_text_that_looks_like_an_error_cell_is_a_text(tmp_path: Path) -> None:
    told = '<c t="e"><v>#N/A</v></c>'
    path = saved(tmp_path, "told.xlsx", xlsx({(0, 0): told, (1, 0): 't="e"', (2, 0): "#N/A"}))
    assert first(read(path)) == [[told], ['t="e"'], ["#N/A"]]


def test_an_empty_error_cell_takes_no_others_error(tmp_path: Path) -> None:
    content = xlsx({(0, 0): "a", (0, 1): "b", (1, 0): 1.0, (1, 1): "#REF!"})
    path = saved(
        tmp_path,
        "e.xlsx",
        changed(content, "xl/worksheets/sheet1.xml", b'<c r="A2"><v>1</v></c>', b'<c r="A2" t="e"/>'),
    )
    assert first(read(path)) == [["a", "b"], ["", "#REF!"]]


# What Excel passes over ------------------------------------------------------------------------------

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET1, SHEET2 = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
WORKSHEET = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
MACRO_SHEET = b"http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"


def second_sheet_is(kind: bytes) -> bytes:
    return changed(
        xlsx(), RELATIONS, WORKSHEET + b'" Target="worksheets/sheet2.xml"', kind + b'" Target="worksheets/sheet2.xml"'
    )


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (second_sheet_is(MACRO_SHEET), ["Deals"]),
        (second_sheet_is(MACRO_SHEET.replace(b"xlMacro", b"xlIntlMacro")), ["Deals"]),
        (second_sheet_is(WORKSHEET.replace(b"worksheet", b"dialogsheet")), ["Deals"]),
        (second_sheet_is(WORKSHEET.replace(b"worksheet", b"chartsheet")), ["Deals"]),
        (xlsb(CELLS, macro_sheet=True), ["Deals"]),
        (changed(xlsx(), WORKBOOK, b'r:id="rId2"', b'r:id="" state="veryHidden"'), ["Deals"]),
        (changed(xlsx(), WORKBOOK, b'sheetId="2"', b'sheetId="2" state="show"'), ["Deals", "Notes"]),
        (changed(xlsx(), SHEET2, b'<dimension ref="A1"/>', b'<dimension ref="1:4"/>'), ["Deals", "Notes"]),
        (changed(xlsx(), SHEET2, b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="2:3"/></mergeCells>'),
         ["Deals", "Notes"]),
        (changed(xlsx(), RELATIONS, b'"worksheets/', b'"/xl/worksheets/'), ["Deals", "Notes"]),
        (package({name.replace("/", "\\"): data for name, data in parts_of(xlsx()).items()}), ["Deals", "Notes"]),
        (package({name.replace("sheet1.xml", "Sheet1.XML"): data for name, data in parts_of(xlsx()).items()}),
         ["Deals", "Notes"]),
    ],
    ids=["macro sheet", "foreign macro sheet", "dialog sheet", "chart sheet", "macro sheet of .xlsb", "macro module",
         "unknown state", "dimension of rows", "merge of rows", "absolute paths", "backslashes", "other case"],
)  # fmt: skip
def test_what_is_no_sheet_of_cells_does_not_stop_the_others(tmp_path: Path, content: bytes, names: list[str]) -> None:
    source = read(saved(tmp_path, "book.xlsx", content))
    assert [grid.name for grid in source.grids] == names
    assert first(source) == ROWS


@pytest.mark.parametrize(
    "content",
    [
        changed(xlsx(), WORKBOOK, b'r:id="rId2"', b'r:id="rId99"'),
        package({name: data for name, data in parts_of(xlsx()).items() if name != SHEET2}),
        changed(xlsx(), SHEET1, b"</sheetData>", b"</sheetDatum>"),
        changed(xlsx(), SHEET1, b't="s"><v>0', b't="s"><v>99'),
        changed(xlsx(), "_rels/.rels", b"relationships/officeDocument", b"relationships/other"),
        package({"xl/worksheets/sheet1.xml": "<worksheet/>", "xl/_rels/workbook.xml.rels": "<Relationships/>"}),
    ],
    ids=["a sheet that leads nowhere", "a sheet that is missing", "broken XML", "a text that is missing",
         "no way to the workbook", "parts only"],
)  # fmt: skip
def test_a_workbook_with_a_part_broken_is_refused_whole(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotAWorkbook, match=r"book.xlsx cannot be read as a workbook: .*restore an older copy\."):
        read(saved(tmp_path, "book.xlsx", content))


def test_a_workbook_of_macro_sheets_only_has_no_cells(tmp_path: Path) -> None:
    parts = parts_of(second_sheet_is(MACRO_SHEET))
    parts[RELATIONS] = parts[RELATIONS].replace(WORKSHEET, MACRO_SHEET)
    with pytest.raises(NotAWorkbook, match="it has no sheet of cells, only DialogSheet"):
        read(saved(tmp_path, "macros.xlsm", package(parts)))


# Text ------------------------------------------------------------------------------------------------

TABLE = "Deal ID;Stage;Amount\r\nD-1;Vorschlag für Müller;1.234,56 €\r\n"
READ = [["Deal ID", "Stage", "Amount"], ["D-1", "Vorschlag für Müller", "1.234,56 €"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_of_a_csv_is_found(tmp_path: Path, encoding: str) -> None:
    source = read(saved(tmp_path, "Export 2026.csv", TABLE.encode(encoding)))
    assert (source.format, source.grids[0].name) == ("csv", "Export 2026")
    assert first(source) == READ


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a\tb\n1,5\t2,5\n", [["a", "b"], ["1,5", "2,5"]]),
        ("a|b\n1,5|2;5\n", [["a", "b"], ["1,5", "2;5"]]),
        ("ID;Value\nA;1,5\nB;2,5\n", [["ID", "Value"], ["A", "1,5"], ["B", "2,5"]]),
        ("ID;Value\nA;1,234,567.5\nB;2\n", [["ID", "Value"], ["A", "1,234,567.5"], ["B", "2"]]),
        ('ID,Note\nA,"x; y; z; w"\nB,"u; v; w; x"\n', [["ID", "Note"], ["A", "x; y; z; w"], ["B", "u; v; w; x"]]),
        ("sep=|\na|b,c\n1|2,3\n", [["a", "b,c"], ["1", "2,3"]]),
        ('a,b\n"two\nlines","say ""x"""\n', [["a", "b"], ["two\nlines", 'say "x"']]),
        ("Report\n\na,b,c\n1,2,3\n4,5,6\n", [["Report"], [], ["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]),
        ("a;b;c\n1,5;2,5;3,5\n4,5;5,5;6,5", [["a", "b", "c"], ["1,5", "2,5", "3,5"], ["4,5", "5,5", "6,5"]]),
        ("one column\nof prose\n", [["one column"], ["of prose"]]),
    ],
)
def test_the_delimiter_of_a_csv_is_found(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    assert first(read(saved(tmp_path, "export.csv", text))) == rows


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=8),
                 min_size=3, max_size=3),
        min_size=1, max_size=6,
    ),
    st.sampled_from(",;\t|"),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_written_as_csv_reads_back(tmp_path: Path, rows: list[list[str]], mark: str) -> None:
    import csv

    text = io.StringIO()
    csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([["Deal ID", "Stage", "Amount"], *rows])
    source = read(saved(tmp_path, "export.csv", "\ufeff" + text.getvalue()))
    assert first(source)[1:] == rows


def test_a_csv_whose_quotes_never_end_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NotAWorkbook, match="its text is not a table"):
        read(saved(tmp_path, "export.csv", 'a,b\n"' + "x" * 2**21))


# Refusals --------------------------------------------------------------------------------------------


def encrypted() -> bytes:
    sealed = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(xlsx())).encrypt("secret", sealed)
    return sealed.getvalue()


def flagged_encrypted() -> bytes:
    content = bytearray(xlsx())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "kind", "says"),
    [
        ("zero.xlsx", b"", FileEmpty, "empty \\(0 bytes\\)"),
        ("sealed.xlsx", encrypted(), Encrypted, "protected by a password"),
        ("sealed.zip.xlsx", flagged_encrypted(), Encrypted, "protected by a password"),
        ("sealed.xls", xls(CELLS, password=True), Encrypted, "protected by a password"),
        ("cut.xlsx", xlsx()[:2000], NotAWorkbook, "zip directory is damaged; the file may be cut short"),
        ("cut.xls", xls(CELLS)[:600], NotAWorkbook, "cannot be read as a workbook"),
        ("letter.xlsx", b"Dear colleague, ...", NotAWorkbook, "plain text with a spreadsheet's ending"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table>", NotAWorkbook, "a web page or an XML file"),
        ("page.xls", b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', NotAWorkbook, "a web page or an XML file"),
        ("doc.pdf", b"%PDF-1.7 ...", NotAWorkbook, "it is a PDF"),
        ("photo.xlsx", b"\x89PNG\r\n\x1a\n", NotAWorkbook, "it is a picture"),
        ("rubbish.xlsx", b"\x01\x02\x00\x00\x05" * 40, NotAWorkbook, "its bytes are those of no spreadsheet"),
        ("letter.docx", package({"word/document.xml": "", "[Content_Types].xml": ""}), NotAWorkbook, "a Word document"),
        ("talk.pptx", package({"ppt/presentation.xml": ""}), NotAWorkbook, "a PowerPoint presentation"),
        ("sheet.numbers", package({"Index/Document.iwa": ""}), NotAWorkbook, "export it as Excel"),
        ("text.odt", package({"mimetype": "application/vnd.oasis.opendocument.text"}), NotAWorkbook, "text document"),
        ("photos.zip", package({"sun.jpg": "x"}), NotAWorkbook, "an ordinary zip archive"),
        ("none.xlsx", package({}), NotAWorkbook, "an empty zip archive"),
        ("old.doc", compound({"WordDocument": b"x"}), NotAWorkbook, "an old Word document"),
        ("mail.msg", compound({"__properties_version1.0": b"x"}), NotAWorkbook, "an Outlook message"),
        ("what.xls", compound({"Contents": b"x"}), NotAWorkbook, "an old Office file without a workbook"),
        ("cut.ods", package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), NotAWorkbook, "its parts"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_says_what_it_is(
    tmp_path: Path, name: str, content: bytes, kind: type[ReadError], says: str
) -> None:
    path = saved(tmp_path, name, content)
    with pytest.raises(kind, match=says) as refused:
        read(path)
    assert str(refused.value).startswith(name)
    assert path.read_bytes() == content


def test_a_path_that_leads_to_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", f"{tmp_path}/a\x00b"):
        with pytest.raises(FileMissing, match="does not exist"):
            read(path)
    with pytest.raises(FileMissing, match="is a folder"):
        read(tmp_path)


def test_a_text_in_a_cell_makes_no_file_encrypted(tmp_path: Path) -> None:
    path = saved(tmp_path, "book.xls", xls({(0, 0): "EncryptedPackage"}))
    assert first(read(path)) == [["EncryptedPackage"]]


# Harm ------------------------------------------------------------------------------------------------


def hostile_zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *names):
            # The name is set afterwards, because zipfile itself would tidy it.
            member = zipfile.ZipInfo("x")
            member.filename = member.orig_filename = name
            written.writestr(member, "x")
    return made.getvalue()


def bomb(parts: int, megabytes: int, ballast: int = 0) -> bytes:
    zeros = bytes(megabytes << 20)
    bombs = {f"xl/media/image{n}.bmp": zeros for n in range(parts)}
    return package({**parts_of(xlsx()), **bombs, "xl/media/photo.jpg": random.Random(0).randbytes(ballast)})


# Made only when asked for: they are large.
HARM: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (lambda: hostile_zip("../../secret.xml"), "leads out of the file"),
    "parent by backslash": (lambda: hostile_zip("xl/..\\..\\secret.xml"), "leads out of the file"),
    "server": (lambda: hostile_zip("//server/share.xml"), "leads out of the file"),
    "drive": (lambda: hostile_zip("C:\\secret.xml"), "leads out of the file"),
    "twice": (lambda: hostile_zip("xl/a.xml", "XL\\A.xml"), "holds the part '.*' twice"),
    "one bomb": (lambda: bomb(1, 65), r"inflates [\d,]+ times, as a zip bomb does"),
    "one bomb with ballast": (lambda: bomb(1, 65, ballast=1 << 20), r"inflates [\d,]+ times, as a zip bomb does"),
    "many bombs": (lambda: bomb(33, 2), r"inflates [\d,]+ times, as a zip bomb does"),
    "many parts": (lambda: package({f"x/{n}": b"" for n in range(20_001)}), "20,001 parts, far more than a workbook"),
}


@pytest.mark.parametrize("kind", HARM)
def test_a_package_built_to_harm_is_not_opened(tmp_path: Path, kind: str) -> None:
    made, says = HARM[kind]
    with pytest.raises(Unsafe, match=says):
        read(saved(tmp_path, "hostile.xlsx", made()))


def with_sheet(rows: bytes) -> bytes:
    parts = parts_of(xlsx())
    start, end = parts[SHEET1].index(b"<sheetData>"), parts[SHEET1].index(b"</sheetData>")
    return package({**parts, SHEET1: parts[SHEET1][:start] + b"<sheetData>" + rows + parts[SHEET1][end:]})


FAR_CELL = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
NO_ADDRESS = b"<row><c><v>1</v></c></row>"
NEAR_CELL = b'<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "content",
    [
        with_sheet(NEAR_CELL + FAR_CELL),
        with_sheet(NEAR_CELL + FAR_CELL.replace(b'<c r="XFD1048576"', b'<c\n s="1" r=\'XFD1048576\'')),
        with_sheet(NEAR_CELL + FAR_CELL.replace(b"XFD", b"xfd")),
        with_sheet(NEAR_CELL + FAR_CELL.replace(b"<c r", b'<c x=">" r')),
        with_sheet(b'<row r="1">' + b"<c><v>1</v></c>" * 16_384 + b'</row><row r="1048576"><c><v>1</v></c></row>'),
        with_sheet(b"<row>" + b"<c><v>1</v></c>" * 16_384 + b"</row>" + b"<row/>" * 9_999 + NO_ADDRESS),
        with_sheet(NEAR_CELL + b'<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>'),
        xlsb({(0, 0): "a", (1_048_575, 16_383): 1}),
        xls({(0, 0): "a", (65_535, 65_535): 1}, dimensions=(0, 1, 0, 1)),
        xls(CELLS, dimensions=(0, 65_536, 0, 65_535)),
        xls(CELLS, dimensions=(5, 2, 0, 3)),
        ods({(0, 0): 1}, repeated=(1_048_576, 16_384)),
    ],
    ids=["two cells", "other spelling", "small letters", "a > in an attribute", "cells without addresses",
         "rows without numbers", "too many rows", "xlsb", "xls", "xls extent", "xls extent reversed", "ods"],
)  # fmt: skip
def test_cells_far_apart_do_not_take_the_memory_of_all_between(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(
        Unsafe, match=r"sheet 'Deals' asks for more memory than it should: .* span [\d,]+ rows and [\d,]+ columns"
    ):
        read(saved(tmp_path, "far.xlsx", content))


def test_a_large_sheet_full_of_cells_is_no_attack() -> None:
    def span(xml: bytes) -> tuple[int, int]:
        reach = extent(xml)
        return reach.rows, reach.columns

    row = b"".join(b'<c r="%s1"><v>1</v></c>' % name for name in (b"A", b"ZZ"))
    assert span(b'<row r="1">' + row + b"</row>") == (1, 702)
    assert span(b'<row r="9"><c r="C9" t="s"><v>1</v></c><c><v>2</v></c><c r="AB10"><v>3</v></c></row>') == (2, 26)
    assert span(b'<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="AZ9"><x:v>1</x:v></x:c></x:row>') == (9, 52)
    assert span(b'<row r="1"><c r="A1"/><c r="Z99999"><v>1</v></c></row>') == (0, 0)
    assert MOST_CELLS > 99_999 * 26
    assert span(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="Z999999"><v>1</v></c></row>') == (999_999, 26)
    assert span(b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="A100001"><v>1</v></c></row>') == (0, 0)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    content = changed(xlsx(), "xl/sharedStrings.xml", b"<sst", laughs + b"<sst")
    content = changed(content, "xl/sharedStrings.xml", b"<t>Lead</t>", b"<t>&b;&c;</t>")
    with pytest.raises(Unsafe, match=r"its part 'xl/sharedStrings\.xml' holds a document type"):
        read(saved(tmp_path, "laughs.xlsx", content))


WHOLE = [("a.xlsx", xlsx()), ("a.xlsb", xlsb(CELLS)), ("a.xls", xls(CELLS)), ("a.ods", ods(CELLS))]


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_file_gives_a_clear_error_or_cells(tmp_path: Path, data: st.DataObject) -> None:
    name, content = data.draw(st.sampled_from(WHOLE))
    at = data.draw(st.integers(0, len(content) - 1))
    new = data.draw(st.sampled_from([b"\xff\xff", b"\x00\x00", b"\x7f", b"\xff\xff\xff\xff"]))
    damaged = content[:at] + new + content[at + len(new) :]
    if data.draw(st.booleans()):
        damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    path = saved(tmp_path, name, damaged)
    # Nothing but a source or an error of ours may come out of it.
    with contextlib.suppress(PipesheetError):
        assert isinstance(read(path), Source)


# Other programs' files -------------------------------------------------------------------------------

COLUMNS = ["Deal ID", "Stage", "Amount", "Close date", "Probability", "Error"]
FULL: list[list[object]] = [
    ["D-1", "Lead", 1234.5, dt.date(2026, 12, 1), 0.5, "#DIV/0!"],
    ["007", "Müller & Söhne", 0.01, dt.date(2027, 1, 31), 0.25, "#N/A"],
]


@pytest.fixture(scope="session")
def written_by_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    if shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice")
    folder = tmp_path_factory.mktemp("office")
    path = folder / "full.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, notes = book.add_worksheet("Deals"), book.add_worksheet("Hidden")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, COLUMNS)
        for r, row in enumerate(FULL, 1):
            for c, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(r, c, value, date)
                elif value in ("#DIV/0!", "#N/A"):
                    sheet.write_formula(r, c, "=1/0" if value == "#DIV/0!" else "=NA()", None, value)
                else:
                    sheet.write(r, c, value)
        notes.write(0, 0, "note")
        notes.hide()
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Deals!$C$2:$C$3"})
        sheet.insert_chart("H2", chart)

    def made(ending: str) -> Path:
        convert(path, ending, folder)
        return folder / f"full.{ending}"

    return made


def convert(path: Path, ending: str, folder: Path) -> None:
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending]
    subprocess.run(
        [*command, "--outdir", str(folder), str(path)], check=True, capture_output=True, timeout=300, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["xlsx", "xlsm", "xltx", "xls", "ods"])
def test_what_libreoffice_saves_reads_the_same(written_by_libreoffice: Callable[[str], Path], ending: str) -> None:
    source = read(written_by_libreoffice(ending))
    assert (source.format, [grid.visible for grid in source.grids]) == (ending, [True, False])
    assert first(source) == [COLUMNS, *FULL]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "made"), [("xlsb", xlsb), ("xls", xls), ("ods", ods), ("xls", partial(xls, old=True))]
)
def test_libreoffice_sees_the_same_cells_in_what_these_tests_make(
    tmp_path: Path, ending: str, made: Callable[[Cells], bytes]
) -> None:
    path = saved(tmp_path, f"made.{ending}", made(CELLS))
    convert(path, "csv", tmp_path)
    seen = first(read(tmp_path / "made.csv"))
    assert seen == [[f"{v:g}" if isinstance(v, float) else str(v) for v in row] for row in ROWS]


def test_the_makers_of_other_formats_hold_any_cells(tmp_path: Path) -> None:
    kinds = itertools.product(range(3), repeat=2)
    cells: Cells = {(row, column): f"{row}/{column}" if column else row + 0.5 for row, column in kinds}
    grids: Sequence[list[list[Value]]] = [
        first(read(saved(tmp_path, "a", made(cells)))) for made in (xlsb, xls, ods, xlsx)
    ]
    assert all(grid == grids[0] for grid in grids)


def test_a_small_stream_lies_in_small_sectors(tmp_path: Path) -> None:
    large = xls(CELLS)
    records = Compound(large).stream("Workbook").rstrip(b"\0")
    small = compound({"Workbook": records + b"\0\0\0"}, small=True)
    assert len(small) < len(large)
    assert first(read(saved(tmp_path, "small.xls", small))) == ROWS


def test_a_chain_of_sectors_in_a_circle_ends(tmp_path: Path) -> None:
    content = bytearray(xls(CELLS))
    struct.pack_into("<I", content, 512 + 4 * 3, 2)
    with pytest.raises(NotAWorkbook, match="a chain of sectors runs in a circle"):
        read(saved(tmp_path, "round.xls", bytes(content)))


def test_what_an_earlier_run_wrote_is_not_read_again_but_for_what_people_typed_and_the_log(tmp_path: Path) -> None:
    path = Path(shutil.copy(resource("workbooks/sample.xlsx"), tmp_path / "sample.xlsx"))
    grids = {grid.name: grid for grid in read(path).grids}
    assert all(is_ours(grids[name]) for name in ("Forecast", "Findings", "Closed Deals", "Deal Review", "Run Log"))
    assert not any(grids[name].rows for name in ("Forecast", "Evidence", "Conversion", "Findings", "Closed Deals"))
    assert all(grids[name].rows for name in ("Deals", "Dashboard", "Deal Review", "Run Log"))
