"""A spreadsheet program as nasty as Excel can be, in memory, under the unchanged xlwings.

What LibreOffice never does and Excel does: a text written into a cell becomes a number, a date or a
formula unless the cell is formatted as text; a number written into a text cell becomes a text; currency
comes back as a `Decimal` of four places, an error as a negative integer, dates with a time zone; calls
are rejected while a cell is edited; a block may come in another shape than was asked for.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

Cell = tuple[int, int]
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?\Z")
MONTH = re.compile(r"(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}\Z")
REJECTED = -2147418111
BASE = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)


class com_error(Exception):  # noqa: N801  as pywin32 calls it
    """What a call to Excel raises."""

    def __init__(self, hresult: int) -> None:
        super().__init__(hresult)
        self.hresult = hresult


class Api:
    """The native object: it takes any word, and keeps what it was told."""

    def __init__(self, **known: Any) -> None:
        self.__dict__.update(known)

    def __setattr__(self, word: str, value: Any) -> None:
        self.__dict__[word] = value


class SheetApi(Api):
    """A sheet's, which tells whether a cell has changed where the program listens, as LibreOffice does for us."""

    sheet: Sheet

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet=sheet, ProtectContents=False, Tab=Api(), PageSetup=Api())

    @property
    def Seal(self) -> str:  # noqa: N802  our word in Excel's manner
        if not self.sheet.book.engine.listens:
            raise AttributeError("Seal")
        return repr(sorted(self.sheet.data.items()))


class Members(list[Any]):
    """A collection as xlwings asks for it: called with a place that counts from 1, or a name."""

    def __call__(self, which: int | str) -> Any:
        if isinstance(which, int):
            return self[which - 1]
        return next(each for each in self if each.name == which)

    def __contains__(self, which: object) -> bool:
        return any(each.name == which for each in self)


class Hostile:
    """The engine. `busy` calls are rejected before it answers; `jagged` sheets give blocks of another shape;
    `answers` are what the person says to questions, `said` what they were told; `log` each write in order."""

    name, type = "hostile", "desktop"

    def __init__(self, sheets: dict[str, list[list[Any]]] | None = None, name: str = "pipeline.xlsx") -> None:
        self.busy, self.closed = 0, False
        self.jagged: set[str] = set()
        self.listens = False
        self.answers: list[str] = []
        self.said: list[str] = []
        self.log: list[str] = []
        self.apps = [App(self)]
        self.book = Book(self, name)
        for tab, rows in (sheets or {}).items():
            sheet = self.book.sheets.add(None, None, tab)
            for r, row in enumerate(rows, 1):
                sheet.data.update({(r, c): value for c, value in enumerate(row, 1) if value is not None})
        self.log.clear()

    @staticmethod
    def prepare_xl_data_element(value: Any, _options: Any) -> Any:
        return value

    def called(self, what: str = "") -> None:
        """One call from outside."""
        if self.closed:
            raise com_error(-2147023174)  # the RPC server is unavailable
        if self.busy:
            self.busy -= 1
            raise com_error(REJECTED)
        if what:
            self.log.append(what)


class App:
    def __init__(self, engine: Hostile) -> None:
        self.engine, self.hwnd, self.pid = engine, 17, 4711
        self.screen_updating = self.enable_events = self.display_alerts = True
        self.calculation, self.status_bar = "automatic", False
        self.api = Api(ActiveProtectedViewWindow=None, ActiveWindow=Api())

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "calculation" and hasattr(self, "api"):
            self.engine.called()
        super().__setattr__(name, value)

    @property
    def books(self) -> Any:
        self.engine.called()
        books = Members([] if self.engine.closed else [self.engine.book])
        books.active = self.engine.book  # type: ignore[attr-defined]
        return books

    @property
    def selection(self) -> Any:
        self.engine.called()
        sheet = self.engine.book.sheets.active
        return Range(sheet, sheet.selected)

    def activate(self, _steal_focus: bool) -> None:
        self.engine.called()

    def alert(self, prompt: str, _title: str, buttons: str, _mode: str, _callback: Any) -> str:
        self.engine.called()
        self.engine.said.append(prompt)
        return self.engine.answers.pop(0) if buttons == "yes_no" and self.engine.answers else "ok"


class Book:
    def __init__(self, engine: Hostile, name: str) -> None:
        self.engine, self.fullname = engine, name
        self.name = re.split(r"[/\\]", name)[-1]
        self.app = engine.apps[0]
        self.sheets = Sheets(self)
        self.names = Names()
        self.api = Api(ProtectStructure=False, ReadOnly=False, Date1904=False)

    def activate(self) -> None:
        self.engine.called()


class Sheets(Members):
    def __init__(self, book: Book) -> None:
        super().__init__()
        self.book = book
        self.active: Any = None

    def add(self, _before: Any, after: Any, name: str) -> Sheet:
        self.book.engine.called(f"add {name}")
        sheet = Sheet(self.book, name)
        self.insert(self.index(after) + 1 if after in list(self) else len(self), sheet)
        self.active = sheet
        return sheet

    def __contains__(self, which: object) -> bool:
        return any(each is which or each.name == which for each in self)


class Names(Members):
    def snapshot(self) -> list[tuple[str, Any]]:
        return [(each.name, each) for each in self]

    def contains(self, name: str) -> bool:
        return name in self

    def add(self, name: str, refers_to: str) -> Any:
        made = Name(self, name, refers_to)
        self.append(made)
        return made


class Name:
    def __init__(self, all_names: Names, name: str, refers_to: str) -> None:
        self._all, self.name, self.refers_to, self.api = all_names, name, refers_to, Api(Visible=True)

    def delete(self) -> None:
        self._all.remove(self)


class Sheet:
    def __init__(self, book: Book, name: str) -> None:
        self.book, self.name, self.visible, self.show_gridlines = book, name, True, True
        self.data: dict[Cell, Any] = {}
        self.formats: dict[Cell, str] = {}
        self.tables, self.charts = Tables(self), Charts(self)
        self.selected = (1, 1, 1, 1)
        self.api = SheetApi(self)

    @property
    def used_range(self) -> Any:
        self.book.engine.called()
        filled = [at for at, value in self.data.items() if value is not None] or [(1, 1)]
        rows, columns = [r for r, _ in filled], [c for _, c in filled]
        return Range(self, (min(rows), min(columns), max(rows), max(columns)))

    @property
    def cells(self) -> Any:
        return Range(self, (1, 1, 1_048_576, 16_384))

    def range(self, one: Any, other: Any = None) -> Any:
        if isinstance(one, str):
            first = re.match(r"\$?([A-Z]+)\$?(\d+)", one)
            assert first is not None, one
            cells = Range(self, (int(first.group(2)), _number(first.group(1))) * 2)
            cells.across = sum(1 + _number(b) - _number(a) for a, b in re.findall(r"\$([A-Z]+)\$\d+:\$([A-Z]+)\$", one))
            return cells
        row, column = _cell(one)
        return Range(self, (row, column, *_cell(other or one)))

    def activate(self) -> None:
        self.book.engine.called()
        self.book.sheets.active = self

    def delete(self) -> None:
        self.book.engine.called(f"delete {self.name}")
        self.book.sheets.remove(self)


def _number(letters: str) -> int:
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return column


def _cell(place: Any) -> Cell:
    return place[:2] if isinstance(place, tuple) else (place.row, place.column)


class Range:
    """Cells by their corners. Looks are taken and forgotten; what counts here is contents."""

    max_cells_per_read = max_cells_per_write = None
    across = 0
    """Columns of all areas of an address."""

    def __init__(self, sheet: Sheet, corners: tuple[int, int, int, int]) -> None:
        self.sheet, self.corners = sheet, corners
        self.options: dict[str, Any] = {}
        self.row, self.column = corners[:2]
        self.shape = (corners[2] - corners[0] + 1, corners[3] - corners[1] + 1)
        self.left, self.top = 48.0 * (self.column - 1), 15.0 * (self.row - 1)
        self.font, self.borders, self.conditional_formats = Font(), Anything(), Anything()
        self.data_validation, self.api = Anything(), Native(self)

    def __call__(self, row: int, column: int) -> Range:
        at = (self.row + row - 1, self.column + column - 1)
        return Range(self.sheet, at * 2)

    def _rows(self) -> Iterator[list[Cell]]:
        top, left, bottom, right = self.corners
        yield from ([(r, c) for c in range(left, right + 1)] for r in range(top, bottom + 1))

    def _block(self, shown: Any) -> Any:
        self.sheet.book.engine.called()
        rows = tuple(tuple(shown(at) for at in row) for row in self._rows())
        if self.sheet.name in self.sheet.book.engine.jagged:
            rows = (*rows[:-1], rows[-1][:-1]) if len(rows[0]) > 1 else rows[:-1]
        return rows[0][0] if self.shape == (1, 1) and rows and rows[0] else rows

    @property
    def raw_value(self) -> Any:
        return self._block(self._value)

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        self._write(data, self._parsed)

    def _value(self, at: Cell) -> Any:
        value, look = self.sheet.data.get(at), self.sheet.formats.get(at, "General")
        if isinstance(value, str) and value.startswith("=") and look != "@":
            return 0.0
        if isinstance(value, float) and "€" in look:
            return Decimal(value).quantize(Decimal("0.0001"))
        return BASE + dt.timedelta(days=value) if isinstance(value, float) and "yy" in look else value

    def _parsed(self, at: Cell, value: Any) -> Any:
        """What Excel makes of a value that is written."""
        as_text = self.sheet.formats.get(at) == "@"
        if isinstance(value, str):
            if value.startswith("'"):
                return value[1:]
            if as_text or not value:
                return value or None
            return float(value) if NUMBER.match(value) else 45_000.0 if MONTH.match(value) else value
        return str(value) if as_text and isinstance(value, float) else value

    @property
    def formula(self) -> Any:
        return self._block(lambda at: _told(self.sheet.data.get(at)))

    @formula.setter
    def formula(self, data: Any) -> None:
        self._write(data, lambda _at, value: value)

    def _write(self, data: Any, parsed: Any) -> None:
        self.sheet.book.engine.called(f"write {self.sheet.name} {self.corners}")
        for down, row in enumerate(self._rows()):
            for across, at in enumerate(row):
                value = data[down][across] if isinstance(data, list) else data
                self.sheet.data[at] = parsed(at, value)

    @property
    def number_format(self) -> str:
        return self.sheet.formats.get((self.row, self.column), "General")

    @number_format.setter
    def number_format(self, look: str) -> None:
        self.sheet.book.engine.called()
        self.sheet.formats.update({at: look for row in self._rows() for at in row})

    def clear_contents(self) -> None:
        self.sheet.book.engine.called(f"clear {self.sheet.name} {self.corners}")
        top, left, bottom, right = self.corners
        for r, c in list(self.sheet.data):
            if top <= r <= bottom and left <= c <= right:
                del self.sheet.data[r, c]

    def clear_formats(self) -> None:
        self.sheet.formats.clear()

    def move(self, to: Any) -> None:
        held = {at: self.sheet.data.pop(at) for row in self._rows() for at in row if at in self.sheet.data}
        down, across = to.row - self.row, to.column - self.column
        self.sheet.data.update({(r + down, c + across): value for (r, c), value in held.items()})
        for table in self.sheet.tables:
            if table.corners == self.corners:
                top, left, bottom, right = self.corners
                table.corners = (top + down, left + across, bottom + down, right + across)

    def select(self) -> None:
        self.sheet.selected = self.corners

    def merge(self, across: bool) -> None:
        """Looks only."""

    def unmerge(self) -> None:
        """Looks only."""

    @property
    def address(self) -> str:
        letters, column = "", self.column
        while column:
            column, rest = divmod(column - 1, 26)
            letters = chr(65 + rest) + letters
        return f"${letters}${self.row}"


def _told(value: Any) -> Any:
    return "" if value is None else repr(value).removesuffix(".0") if isinstance(value, float) else value


class Native:
    """A range's own object, with the value that no currency format has cut."""

    def __init__(self, cells: Range) -> None:
        self._cells = cells

    @property
    def Value2(self) -> Any:  # noqa: N802  Excel's word
        return self._cells._block(self._cells.sheet.data.get)


class Anything:
    """Takes whatever is done to how things look."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return Anything()


class Font(Anything):
    size = 11.0


class Tables(Members):
    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet

    def add(self, *, source: Any, name: str, **_: Any) -> Any:
        self.sheet.book.engine.called(f"table {name}")
        table = Table(self, name, source.impl.corners)
        self.append(table)
        return table


class Table:
    def __init__(self, among: Tables, name: str, corners: tuple[int, int, int, int]) -> None:
        self.among, self.name, self.corners = among, name, corners
        self.show_autofilter = self.show_table_style_row_stripes = True
        self.api = Api(Unlist=lambda: among.remove(self))

    @property
    def range(self) -> Range:
        return Range(self.among.sheet, self.corners)

    def resize(self, cells: Any) -> None:
        assert cells.impl.corners[:2] == self.corners[:2], "a table's header stays where it is"
        self.corners = cells.impl.corners


class Charts(Members):
    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.parent = sheet

    def add(self, *_: Any, **__: Any) -> Any:
        chart = Chart(self)
        self.append(chart)
        return chart


class Chart(Anything):
    def __init__(self, among: Charts) -> None:
        self.among, self.name = among, f"Chart {len(among) + 1}"
        self.series = Members()

    def set_source_data(self, cells: Range, _plot_by: str) -> None:
        """The first column names the points, each other one is a series."""
        self.series = Members(Anything() for _ in range(cells.across - 1))

    def delete(self) -> None:
        self.among.remove(self)


@contextmanager
def unchanged(engine: Hostile) -> Iterator[None]:
    """Nothing is written, added, deleted or left switched off meanwhile."""
    yield
    app = engine.apps[0]
    assert engine.log == []
    assert (app.screen_updating, app.enable_events, app.calculation) == (True, True, "automatic")
