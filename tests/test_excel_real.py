"""The buttons in a real Excel, for people who have one: ``pytest -m excel``.

Starts an Excel of its own, opens copies in it, closes them without saving, and ends that Excel. A workbook
that was open before is never touched; where no Excel of its own can be had, it skips. Nobody needs to click:
boxes are not shown. What needs a person is in docs/excel-checklist.md.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import pipesheet
from hosts import NOW, Cells, Live, number, saved
from pipesheet.errors import UsageError
from pipesheet.excel.attach import LiveBook, library
from pipesheet.resources import resource
from test_contract import BOOK, OURS

pytestmark = [pytest.mark.excel, pytest.mark.filterwarnings("ignore:.*extension is not supported")]

Opened = Callable[[Path], Live]


class Unattended(LiveBook):
    """Shows no box, as nobody is there to close it; what it would say is what the action returns."""

    __slots__ = ()

    def tell(self, text: str, *, title: str = "pipesheet", warning: bool = False) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def excel() -> Iterator[Any]:
    """An Excel that was not running before; it is ended afterwards, and no other."""
    if sys.platform not in ("win32", "darwin"):
        pytest.skip("needs Excel, and there is none for this system")
    try:
        xlwings = library()
    except UsageError as fault:
        pytest.skip(str(fault))
    running = {app.pid for app in xlwings.apps}
    try:
        app = xlwings.App(visible=True, add_book=False)
    except Exception as fault:  # however the way to an Excel that is not there fails
        pytest.skip(f"needs Excel, which did not start: {fault}")
    if app.pid in running:
        pytest.skip("needs an Excel of its own: close the one that is open")
    try:
        yield app
    finally:
        app.quit()


@pytest.fixture
def opened(excel: Any, tmp_path: Path) -> Iterator[Opened]:
    """Opens a file of the test's own folder; all are closed without saving, and none was saved."""
    held: list[tuple[Any, Path, bytes]] = []

    def opening(path: Path) -> Live:
        assert path.is_relative_to(tmp_path)
        before = path.read_bytes()
        book = excel.books.open(str(path))
        held.append((book, path, before))
        return Live(Unattended(excel, book), tmp_path)

    yield opening
    for book, path, before in held:
        book.close()
        assert path.read_bytes() == before


def sample(folder: Path) -> Path:
    return Path(shutil.copy(resource("workbooks/sample.xlsx"), folder / "Q4 & 'north' = ü.xlsx"))


def rounded(cells: Cells) -> Cells:
    return {at: round(value, 6) if isinstance(value, float) else value for at, value in cells.items()}


def in_file(path: Path, tab: str) -> Cells:
    rows = load_workbook(path, data_only=True)[tab].iter_rows()
    found = {(cell.row, cell.column): number(cell.value) for row in rows for cell in row}
    return {at: value for at, value in found.items() if value not in (None, "")}


def test_check_ends_in_the_findings(opened: Opened, tmp_path: Path) -> None:
    host = opened(sample(tmp_path))
    assert "need something" in host.press("check")
    assert host.live.book.sheets.active.name == "Findings"
    assert str(host.live.app.status_bar).startswith("pipesheet: ")


@pytest.mark.parametrize("tab", OURS[:-1])
def test_forecast_shows_what_the_file_would_cell_by_cell(tab: str, opened: Opened, tmp_path: Path) -> None:
    """All but the Run Log, which tells of the file what cannot be said of an open workbook."""
    path = sample(tmp_path)
    pipesheet.run(path, now=NOW, out=tmp_path / "batch.xlsx")
    host = opened(path)
    host.press("forecast")
    assert host.done[-1].exit_code == 0, host.done[-1].said
    assert rounded(host.values(tab)) == rounded(in_file(tmp_path / "batch.xlsx", tab))


def test_undo_takes_off_every_trace(opened: Opened, tmp_path: Path) -> None:
    host = opened(saved(BOOK, tmp_path / "pipeline.xlsx"))
    before = {tab: host.contents(tab) for tab in host.tabs()}
    host.press("forecast")
    assert host.tabs() == [*before, *OURS]
    assert host.press("undo") == "The last run is undone; its sheets are gone."
    assert {tab: host.contents(tab) for tab in host.tabs()} == before
    assert not [name.name for name in host.live.book.names if "pipesheet" in str(name.name).lower()]


def test_undo_puts_back_the_run_before_with_its_charts(opened: Opened, tmp_path: Path) -> None:
    host = opened(saved(BOOK, tmp_path / "pipeline.xlsx"))
    host.press("forecast")
    before = {tab: host.contents(tab) for tab in host.tabs()}
    charts = len(host.live.book.sheets["Forecast"].charts)
    host.type("Deals", 2, 4, 99_000.0)
    host.press("forecast")
    assert host.contents("Forecast") != before["Forecast"]
    host.press("undo")
    assert {tab: host.contents(tab) for tab in OURS} == {tab: before[tab] for tab in OURS}
    assert len(host.live.book.sheets["Forecast"].charts) == charts


def test_texts_and_money_stay_what_they_are(opened: Opened, tmp_path: Path) -> None:
    host = opened(saved(BOOK, tmp_path / "pipeline.xlsx"))
    host.press("check")
    shown = set(host.values("Deal Review").values())
    assert {"001", "'quoted & <b>", '=HYPERLINK("x")', "Łukasz & Söhne", 12345.678901} <= shown


def test_a_filter_on_a_sheet_of_ours_leaves_no_row_behind(opened: Opened, tmp_path: Path) -> None:
    """A person has filtered Deal Review by an owner; the next run must reach the hidden rows too."""
    host = opened(saved(BOOK, tmp_path / "pipeline.xlsx"))
    host.press("forecast")
    review = host.live.book.sheets["Deal Review"]
    column = next(c for (r, c), text in host.contents("Deal Review").items() if text == "Owner" and r == 5)
    if sys.platform == "win32":
        review.tables[0].range.api.AutoFilter(Field=column, Criteria1="Ann")
    else:
        pytest.skip("filters are set through Windows' Excel")
    host.type("Deals", 3, 4, 77_000.0)
    host.press("forecast")
    assert 77_000.0 in host.values("Deal Review").values()
