"""The ways a person runs pipesheet, behind one face, so that one suite asks the same of each.

``file``: the command on a file. ``excel``: a button in a program as nasty as Excel (`hostile`).
``calc``: a button in a real LibreOffice (`office`).
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook, load_workbook

import pipesheet
from hostile import Hostile
from pipesheet.excel.attach import LiveBook, attach
from pipesheet.excel.reading import block_of, contents_of
from pipesheet.grid import Source
from pipesheet.live import Done, Place, run

NOW = dt.datetime(2026, 11, 16, 9)
_DAY_0 = dt.datetime(1899, 12, 30)
Cells = dict[tuple[int, int], Any]


class Host(Protocol):
    """A workbook in a program. Cells are by (row, column), dates as the numbers that cells hold."""

    def press(self, action: str, now: dt.datetime = NOW) -> str:
        """Has it checked or forecast; gives what was said."""

    def tabs(self) -> list[str]:
        """The sheets in their order."""

    def values(self, tab: str) -> Cells:
        """What the cells show."""

    def contents(self, tab: str) -> Cells:
        """What stands in the cells: formulas as such."""

    def type(self, tab: str, row: int, column: int, value: Any) -> None:
        """What a person types into a cell."""

    def hide(self, tab: str) -> None:
        """What a person does to a tab."""

    def hidden(self) -> list[str]:
        """The tabs that are not seen."""


def saved(source: Source, path: Path) -> Path:
    """The source as a file, dates as dates, texts as texts."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for grid in source.grids:
        sheet = book.create_sheet(grid.name)
        for r, row in enumerate(grid.rows, 1):
            for c, value in enumerate(row, 1):
                if value not in (None, ""):
                    cell = sheet.cell(r, c)
                    cell.value = value
                    if isinstance(value, str):
                        cell.data_type = "s"
    book.save(path)
    return path


class File:
    def __init__(self, source: Source, folder: Path) -> None:
        self.path = saved(source, folder / "pipeline.xlsx")
        self._read: dict[tuple[int, bool], Any] = {}

    def press(self, action: str, now: dt.datetime = NOW) -> str:
        del action
        outcome = pipesheet.run(self.path, now=now, in_place=True)
        return str(outcome.exit_code)

    def tabs(self) -> list[str]:
        return list(self._book().sheetnames)

    def values(self, tab: str) -> Cells:
        return self._cells(tab, values=True)

    def contents(self, tab: str) -> Cells:
        return self._cells(tab, values=False)

    def _book(self, *, values: bool = False) -> Any:
        as_it_is = self.path.stat().st_mtime_ns, values
        if as_it_is not in self._read:
            with warnings.catch_warnings():  # it says that it leaves data bars out
                warnings.simplefilter("ignore")
                self._read[as_it_is] = load_workbook(io.BytesIO(self.path.read_bytes()), data_only=values)
        return self._read[as_it_is]

    def _cells(self, tab: str, *, values: bool) -> Cells:
        sheet = self._book(values=values)[tab]
        found = {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row}
        return {at: number(value) for at, value in found.items() if value is not None}

    def type(self, tab: str, row: int, column: int, value: Any) -> None:
        book = self._book()
        book[tab].cell(row, column).value = value
        book.save(self.path)

    def hide(self, tab: str) -> None:
        book = self._book()
        book[tab].sheet_state = "hidden"
        book.save(self.path)

    def hidden(self) -> list[str]:
        return [sheet.title for sheet in self._book() if sheet.sheet_state != "visible"]


class Live:
    """A workbook open in a program under xlwings."""

    def __init__(self, live: LiveBook, folder: Path) -> None:
        self.live = live
        self.place = Place(folder / "own", folder, NOW, lambda _: None, lambda *_: "", {})
        self.done: list[Done] = []

    def press(self, action: str, now: dt.datetime = NOW) -> str:
        self.done.append(run(action, self.live, replace(self.place, now=now)))
        return self.done[-1].said

    def tabs(self) -> list[str]:
        return [sheet.name for sheet in self.live.book.sheets]

    def values(self, tab: str) -> Cells:
        return _by_place(block_of(self.live.book.sheets[tab]))

    def contents(self, tab: str) -> Cells:
        return _by_place(contents_of(self.live.book.sheets[tab]))

    def type(self, tab: str, row: int, column: int, value: Any) -> None:
        self.live.book.sheets[tab].range((row, column)).raw_value = value

    def hide(self, tab: str) -> None:
        self.live.book.sheets[tab].visible = False

    def hidden(self) -> list[str]:
        return [sheet.name for sheet in self.live.book.sheets if not sheet.visible]


def _by_place(block: list[list[Any]]) -> Cells:
    return {
        (r, c): number(value)
        for r, row in enumerate(block, 1)
        for c, value in enumerate(row, 1)
        if value not in (None, "")
    }


def number(value: Any) -> Any:
    """A date as the number that a cell holds, any number as a float."""
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - _DAY_0) / dt.timedelta(days=1)
    if isinstance(value, dt.date):
        return float((value - _DAY_0.date()).days)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def in_file(source: Source, folder: Path) -> Host:
    """The command on a file."""
    return File(source, folder)


def in_excel(source: Source, folder: Path) -> Host:
    """A button in a program as nasty as Excel."""
    sheets: Mapping[str, list[list[Any]]] = {
        grid.name: [[number(cell) if cell != "" else None for cell in row] for row in grid.rows]
        for grid in source.grids
    }
    engine = Hostile(dict(sheets))
    for grid in source.grids:
        sheet = engine.book.sheets(grid.name)
        for r, row in enumerate(grid.rows, 1):
            for c, value in enumerate(row, 1):
                sheet.formats[r, c] = (
                    "yyyy-mm-dd" if isinstance(value, dt.date) else "@" if isinstance(value, str) else ""
                )
    return Live(attach(engine=engine), folder)


def in_calc(office: Any) -> Callable[[Source, Path], Host]:
    """A button in LibreOffice: the file opened there."""

    def opened(source: Source, folder: Path) -> Host:
        return Live(open_in(office, saved(source, folder / "pipeline.xlsx")), folder)

    return opened


def open_in(office: Any, path: Path) -> LiveBook:
    """A file opened in LibreOffice, as the workbook in front."""
    from pipesheet.calc.engine import Engine

    office.call("open", str(path))
    return attach(engine=Engine(office))
