"""Tables for other programs, an index over several workbooks, and the report as PDF."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import shutil
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from pipesheet.cli import main
from pipesheet.exports import ExportedTable, _exported, as_csv, as_json
from pipesheet.resources import resource
from pipesheet.sheets import Column, Formula, TablePlan
from tables import grid

DEALS = """
    Deal ID | Deal          | Stage       | Amount | Close date | Owner
    D-1     | =1+1          | Negotiation | 10000  | 2026-12-01 | @Kim
    D-2     | -Harbour      | Proposal    | 20000  | 2026-12-11 | +Mo
    D-3     | Été, "Bridge" | Closed Won  | 7000   | 2026-11-02 | Ann
"""


def book(folder: Path, name: str = "deals.xlsx", deals: str = DEALS) -> Path:
    path = folder / name
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"}) as made:
        sheet = made.add_worksheet("Deals")
        for row, cells in enumerate(grid("Deals", deals).rows):
            sheet.write_row(row, 0, cells)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV file as other programs read it."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def pipesheet(*args: object) -> Result:
    return CliRunner().invoke(main, [*map(str, args), "--as-of", "2026-11-16"])


# CSV and JSON


def test_each_table_is_a_file_of_its_own(tmp_path: Path) -> None:
    done = pipesheet("export", book(tmp_path))
    rows = rows_of(tmp_path / "deals.deals.csv")
    assert {r["Deal ID"]: (r["Amount"], r["Weighted"], r["Close date"]) for r in rows} == {
        "D-1": ("10000.0", "7500.0", "2026-12-01"), "D-2": ("20000.0", "10000.0", "2026-12-11"),
    }  # fmt: skip
    assert "deals.forecast.csv" in {p.name for p in tmp_path.iterdir()}
    assert re.search(r"Tables    \d+ files in ", done.output)


def test_no_text_is_a_formula_where_it_is_opened(tmp_path: Path) -> None:
    pipesheet("export", book(tmp_path))
    for path in tmp_path.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
            assert not [cell for cell in row if cell[:1] in "=+-@\t\r" and not re.fullmatch(r"-?[\d.e+-]*", cell)], path
    texts = {r["Deal"] for r in rows_of(tmp_path / "deals.deals.csv")}
    assert texts == {"'=1+1", "'-Harbour"}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra"])
def test_what_begins_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    table = ExportedTable("T", (text,), ((text,), (-1.5,), (None,), (True,)))
    assert list(csv.reader(io.StringIO(as_csv(table)[1:], newline=""))) == [
        ["'" + text],
        ["'" + text],
        ["-1.5"],
        [""],
        ["True"],
    ]


def test_json_says_what_the_workbook_says(tmp_path: Path) -> None:
    pipesheet("export", book(tmp_path), "--format", "json", "--out", tmp_path / "tables")
    rows = json.loads((tmp_path / "tables" / "deals.closed.json").read_text("utf-8"))
    assert [(r["Deal ID"], r["Deal"], r["Amount"]) for r in rows] == [("D-3", 'Été, "Bridge"', 7000)]
    assert json.loads(as_json(ExportedTable("T", ("A",), (("=1",),)))) == [{"A": "=1"}], "JSON has no formulas"


def test_a_bad_workbook_does_not_stop_the_tables_of_the_others(tmp_path: Path) -> None:
    book(tmp_path)
    (tmp_path / "bad.xlsx").write_bytes(b"no")
    done = pipesheet("export", tmp_path)
    assert done.exit_code == 3
    assert (tmp_path / "deals.deals.csv").exists()


def test_a_number_that_is_none_is_nothing() -> None:
    plan = TablePlan("T", 1, 1, (Column("A", (math.nan, math.inf, Formula("1/0", math.nan), 1.5)),))
    assert as_json(_exported(plan)) == as_json(ExportedTable("T", ("A",), ((None,), (None,), (None,), (1.5,))))


# The index


def test_several_workbooks_get_one_page_that_leads_to_each_report(tmp_path: Path) -> None:
    book(tmp_path, "north & south.xlsx")
    book(tmp_path, "east <b>.xlsx" if os.name != "nt" else "east.xlsx")
    (tmp_path / "bad.xlsx").write_bytes(b"no")
    done = pipesheet("report", tmp_path)
    page = (tmp_path / "pipesheet-index.html").read_text("utf-8")
    assert "2 pipelines reviewed" in page
    for link in re.findall(r'<a href="([^"#][^"]*)"', page):
        assert (
            tmp_path / link.replace("%20", " ").replace("%26", "&").replace("%3C", "<").replace("%3E", ">")
        ).is_file()
    assert len(re.findall(r'<a href="[^"#]', page)) == 2
    assert "bad.xlsx cannot be read" in page
    assert "<b>.xlsx" not in page
    assert f"Index     {tmp_path / 'pipesheet-index.html'}" in done.output


def test_the_index_speaks_the_language_that_all_of_them_speak(tmp_path: Path) -> None:
    pipesheet("report", book(tmp_path, "a.xlsx"), book(tmp_path, "b.xlsx"), "--set", "language=de")
    page = (tmp_path / "pipesheet-index.html").read_text("utf-8")
    assert '<html lang="de"' in page
    assert "2 Pipelines geprüft" in page


def test_one_workbook_needs_no_index(tmp_path: Path) -> None:
    pipesheet("report", book(tmp_path))
    assert not (tmp_path / "pipesheet-index.html").exists()


def test_the_index_lies_where_the_reports_are(tmp_path: Path) -> None:
    pipesheet("report", book(tmp_path, "a.xlsx"), book(tmp_path, "b.xlsx"), "--out", tmp_path / "monday")
    assert {p.name for p in (tmp_path / "monday").iterdir()} == {
        "a.pipesheet.html", "b.pipesheet.html", "pipesheet-index.html",
    }  # fmt: skip


# PDF


def test_without_a_browser_it_says_so_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPESHEET_BROWSER", "no-such-browser")
    done = pipesheet("report", book(tmp_path), "--pdf")
    assert done.exit_code == 2
    assert "PIPESHEET_BROWSER names 'no-such-browser', which is not there. Install one or set" in done.output
    assert [p.name for p in tmp_path.iterdir()] == ["deals.xlsx"]


def test_a_browser_that_prints_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = shutil.which("true")
    monkeypatch.setenv("PIPESHEET_BROWSER", str(silent))
    done = pipesheet("report", book(tmp_path), "--pdf")
    assert done.exit_code == 3
    assert "did not print it (exit code 0). Open the HTML report in a browser" in done.output
    assert not (tmp_path / "deals.pipesheet.pdf").exists()


@pytest.mark.slow
def test_the_report_is_printed_by_a_real_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIPESHEET_BROWSER", raising=False)
    sample = tmp_path / "sample.xlsx"
    sample.write_bytes(resource("workbooks/sample.xlsx").read_bytes())
    done = pipesheet("report", sample, "--pdf")
    printed = (tmp_path / "sample.pipesheet.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert f"PDF       {tmp_path / 'sample.pipesheet.pdf'}" in done.output
    assert {p.name for p in tmp_path.iterdir()} == {"sample.xlsx", "sample.pipesheet.html", "sample.pipesheet.pdf"}
