"""Bad input: each gets one clear sentence (what, where, what to do), the right exit code, and stays
as it was. Written through the command line, as a person or a scheduler would meet it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from pipesheet.cli import main

Rows = list[list[object]]
HEADER: list[object] = ["Deal ID", "Deal", "Owner", "Stage", "Amount", "Close date"]
DEAL: list[object] = ["D-1", "Pump station", "Mara", "Proposal", 1000, dt.date(2026, 12, 1)]


def book(path: Path, /, **sheets: Rows) -> Path:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as made:
        date = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name.replace("_", " "))
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    sheet.write(r, c, value, date if isinstance(value, dt.date) else None)
    return path


def pipesheet(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def run(path: Path, *more: str) -> Result:
    return pipesheet("run", path, "--as-of", "2026-11-16", *more)


def findings(result: Result) -> list[str]:
    """Each finding that was printed, its two lines as one."""
    lines = result.output.splitlines()
    return [f"{one} {two}" for one, two in pairwise(lines) if one.startswith(("  error", "  warning", "  info"))]


def listing(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}


def missing(folder: Path) -> Path:
    return folder / "nowhere.xlsx"


def a_folder_without_workbooks(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def zero_bytes(folder: Path) -> Path:
    (folder / "zero.xlsx").write_bytes(b"")
    return folder / "zero.xlsx"


def not_a_zip(folder: Path) -> Path:
    (folder / "letter.xlsx").write_bytes(b"Dear colleague, attached is the pipeline." * 50)
    return folder / "letter.xlsx"


def truncated(folder: Path) -> Path:
    whole = book(folder / "truncated.xlsx", Deals=[HEADER, DEAL]).read_bytes()
    (folder / "truncated.xlsx").write_bytes(whole[: len(whole) // 2])
    return folder / "truncated.xlsx"


def a_plain_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "photos.xlsx", "w") as archive:
        archive.writestr("holiday.txt", "sun")
    return folder / "photos.xlsx"


def encrypted(folder: Path) -> Path:
    plain, sealed = book(folder / "plain.xlsx", Deals=[HEADER, DEAL]), io.BytesIO()
    with plain.open("rb") as held:
        msoffcrypto.OfficeFile(held).encrypt("secret", sealed)
    plain.unlink()
    (folder / "sealed.xlsx").write_bytes(sealed.getvalue())
    return folder / "sealed.xlsx"


def a_macro_sheet_only(folder: Path) -> Path:
    """Excel 4 macro sheets are sheets, but hold no cells that a person reads."""
    path = book(folder / "macros.xlsm", Macro1=[["=ALERT(1)"]])
    source = zipfile.ZipFile(path)
    parts = {n: source.read(n) for n in source.namelist()}
    source.close()
    relations = parts["xl/_rels/workbook.xml.rels"].replace(
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet",
        b"http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
    ).replace(b"worksheets/sheet1.xml", b"macrosheets/sheet1.xml")  # fmt: skip
    with zipfile.ZipFile(path, "w") as made:
        for name, data in parts.items():
            name = name.replace("worksheets/", "macrosheets/")  # noqa: PLW2901
            if name == "[Content_Types].xml":
                data = data.replace(b"worksheets/", b"macrosheets/").replace(  # noqa: PLW2901
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
                    b"application/vnd.ms-excel.macrosheet+xml",
                )
            made.writestr(name, relations if name.endswith("workbook.xml.rels") else data)
    return path


def nothing_like_deals(folder: Path) -> Path:
    return book(folder / "recipes.xlsx", Recipes=[["Dish", "Minutes"], ["Soup", 40]])


def two_sheets_of_deals(folder: Path) -> Path:
    return book(folder / "two.xlsx", North=[HEADER, DEAL], South=[HEADER, DEAL])


def a_bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/worksheets/sheet1.xml", b" " * 300_000_000)
    return folder / "bomb.xlsx"


@pytest.mark.parametrize(
    ("made", "says", "code"),
    [
        (missing, "does not exist", 3),
        (a_folder_without_workbooks, "does not exist", 3),
        (zero_bytes, "is empty (0 bytes)", 3),
        (not_a_zip, "cannot be read as a workbook", 3),
        (truncated, "cannot be read as a workbook", 3),
        (a_plain_zip, "cannot be read as a workbook", 3),
        (encrypted, "protected by a password", 3),
        (a_macro_sheet_only, "cannot be read as a workbook", 3),
        (nothing_like_deals, "no sheet that looks like deals", 3),
        (two_sheets_of_deals, "more than one sheet that could be the deals: 'North', 'South'", 3),
        (a_bomb, "was not opened because", 3),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, made: Callable[[Path], Path], says: str, code: int) -> None:
    path = made(tmp_path)
    before = listing(tmp_path)
    result = run(path)
    assert result.exit_code == code, result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert listing(tmp_path) == before


def test_a_workbook_open_in_excel_is_not_written_in_place(tmp_path: Path) -> None:
    path = book(tmp_path / "open.xlsx", Deals=[HEADER, DEAL])
    name = "Mara Okafor"
    owner = (
        bytes([len(name)]) + name.encode() + b" " * (54 - len(name)) + bytes([len(name), 0]) + name.encode("utf-16-le")
    )
    (tmp_path / "~$open.xlsx").write_bytes(owner.ljust(165, b" "))
    before = listing(tmp_path)
    result = run(path, "--in-place")
    assert result.exit_code == 3
    assert "Mara Okafor" in result.output
    assert listing(tmp_path) == before


def test_no_rows_is_a_finding(tmp_path: Path) -> None:
    result = run(book(tmp_path / "norows.xlsx", Deals=[HEADER]))
    assert result.exit_code == 0, result.output
    assert "no-deals" in result.output
    assert (tmp_path / "norows.pipesheet.xlsx").exists()


@pytest.mark.parametrize(
    ("rows", "code", "cell"),
    [
        ([[*HEADER, "Amount"], [*DEAL, 5]], "header-duplicate", "Deals!G1"),
        ([[*HEADER, 2026], [*DEAL, "x"]], "header-not-text", "Deals!G1"),
        ([HEADER, ["D-1", "Pump", "Mara", "Proposel", 1000, dt.date(2026, 12, 1)]], "stage-unknown", "Deals!D2"),
        ([HEADER, ["D-1", "Pump", "Mara", "Proposal", "a lot", dt.date(2026, 12, 1)]], "amount-unreadable", "Deals!E2"),
    ],
)  # fmt: skip
def test_a_fault_in_the_data_is_a_finding_with_its_cell(tmp_path: Path, rows: Rows, code: str, cell: str) -> None:
    result = pipesheet("check", book(tmp_path / "book.xlsx", Deals=rows), "--as-of", "2026-11-16", "--all")
    assert result.exit_code in (0, 1), result.output
    assert any(cell in line and code in line for line in findings(result)), result.output


def test_an_error_cell_counts_as_empty_and_is_named(tmp_path: Path) -> None:
    path = book(tmp_path / "book.xlsx", Deals=[HEADER, DEAL])
    held = openpyxl.load_workbook(path)
    held["Deals"]["E2"] = "#REF!"
    held["Deals"]["E2"].data_type = "e"
    held.save(path)
    result = pipesheet("check", path, "--as-of", "2026-11-16", "--all")
    assert result.exit_code == 1
    assert any("Deals!E2" in line and "cell-error" in line for line in findings(result)), result.output


@pytest.mark.filterwarnings("ignore:.*xtension is not supported")  # openpyxl, of a data bar
@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://example.com","x")', "<script>alert(1)</script>", "+cmd|' /C calc'!A0"]
)
def test_a_hostile_deal_name_is_inert(tmp_path: Path, name: str) -> None:
    path = book(tmp_path / "book.xlsx", Deals=[HEADER, ["D-1", name, "Mara", "Proposal", 1000, dt.date(2026, 12, 1)]])
    assert run(path).exit_code in (0, 1)
    page = (tmp_path / "book.pipesheet.html").read_text("utf-8")
    assert "<script>alert" not in page
    review = openpyxl.load_workbook(tmp_path / "book.pipesheet.xlsx")["Deal Review"]
    cells = [c for row in review.iter_rows() for c in row if c.value == name]
    assert cells
    assert all(c.data_type in ("s", "inlineStr") for c in cells)


@pytest.mark.filterwarnings("ignore:.*xtension is not supported")
def test_a_sheet_of_the_users_called_forecast_stays(tmp_path: Path) -> None:
    path = book(tmp_path / "book.xlsx", Deals=[HEADER, DEAL], Forecast=[["mine"], [42]])
    for _ in range(2):
        assert run(path, "--in-place").exit_code in (0, 1)
    held = openpyxl.load_workbook(path)
    assert held["Forecast"]["A2"].value == 42
    assert [n for n in held.sheetnames if n.startswith("Forecast")] == ["Forecast", "Forecast (pipesheet)"]


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    book(tmp_path / "good.xlsx", Deals=[HEADER, DEAL])
    zero_bytes(tmp_path)
    result = pipesheet("run", tmp_path, "--as-of", "2026-11-16")
    assert result.exit_code == 3
    assert "zero.xlsx" in result.output
    assert (tmp_path / "good.pipesheet.xlsx").exists()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (["run", "x.xlsx", "--as-of", "16.11.2026"], "YYYY-MM-DD"),
        (["run", "x.xlsx", "--in-place", "--out", "y.xlsx"], "exclude each other"),
        (["run", "x.xlsx", "--set", "weekstart"], "NAME=VALUE"),
        (["run", "a.xlsx", "b.xlsx", "--out", "c.xlsx"], "need a folder"),
        (["run"], "BOOK"),
        (["init", "starter.csv"], "ends in .xlsx"),
    ],
)
def test_wrong_usage_ends_with_2(call: list[str], says: str) -> None:
    result = pipesheet(*call)
    assert result.exit_code == 2, result.output
    assert says in result.output


@pytest.mark.slow
def test_as_many_rows_as_excel_has(tmp_path: Path) -> None:
    path = tmp_path / "full.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as made:
        sheet = made.add_worksheet("Deals")
        sheet.write_row(0, 0, HEADER[:5])
        for row in range(1, 1_048_576):
            sheet.write_row(row, 0, (f"D{row}", "Deal", "Mara", "Closed Lost", 5))
    result = pipesheet("check", path, "--as-of", "2026-11-16")
    assert result.exit_code in (0, 1), result.output
    assert "1,048,575 deals" in result.output
