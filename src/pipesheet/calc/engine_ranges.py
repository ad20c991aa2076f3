"""Blocks of cells: what xlwings' ``Range`` calls, over LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from pipesheet.calc.formulas import from_calc, to_calc

if TYPE_CHECKING:
    from pipesheet.calc.engine import Sheet

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)")


def corners(first: Any, last: Any = None) -> tuple[int, int, int, int]:
    """The corners of what is given as cells, ranges, or an address."""
    top, left, bottom, right = _corner(first)
    if last is not None:
        low = _corner(last)
        top, left, bottom, right = min(top, low[0]), min(left, low[1]), max(bottom, low[2]), max(right, low[3])
    return top, left, bottom, right


def _corner(given: Any) -> tuple[int, int, int, int]:
    if isinstance(given, Range):
        return given.at
    if isinstance(given, tuple):
        return (*given, *given)
    cells = [(int(row), _number(letters)) for letters, row in _ADDRESS.findall(given)]
    if not cells:
        raise ValueError(given)
    return (*cells[0], *cells[-1])


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def letters(number: int) -> str:
    """The column's letters."""
    made = ""
    while number:
        number, rest = divmod(number - 1, 26)
        made = chr(65 + rest) + made
    return made


class Range:
    """A block of cells by its corners, counted from 1."""

    options: Any = None
    max_cells_per_read = None
    max_cells_per_write = None

    def __init__(self, sheet: Sheet, top: int, left: int, bottom: int, right: int) -> None:
        self.sheet = sheet
        self.office = sheet.office
        self.at = (top, left, bottom, right)
        self.row, self.column = top, left
        self.shape = (bottom - top + 1, right - left + 1)

    @property
    def api(self) -> Any:
        """True to xlwings; there is no object of LibreOffice behind a block."""
        return self

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def __call__(self, row: int, column: int | None = None) -> Range:
        """A cell of it, by row and column or by its number."""
        if column is None:
            row, column = divmod(row - 1, self.shape[1])
            row, column = row + 1, column + 1
        top, left = self.row + row - 1, self.column + column - 1
        return Range(self.sheet, top, left, top, left)

    def _ask(self, operation: str, *args: Any) -> Any:
        return self.office.ask(operation, self.sheet.book.id, self.sheet.name, *self.at, *args)

    def _tell(self, operation: str, *args: Any) -> None:
        self.office.tell(operation, self.sheet.book.id, self.sheet.name, *self.at, *args)

    @property
    def raw_value(self) -> Any:
        """The values: a block is a list of rows, a cell its value."""
        rows = [[_read(value) for value in row] for row in self._ask("read")]
        return rows[0][0] if self.shape == (1, 1) else rows

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        rows = _rows(value, self.shape)
        given = [[_written(cell) for cell in row] for row in rows]
        self.office.tell("write", self.sheet.book.id, self.sheet.name, self.row, self.column, given)

    @property
    def formula(self) -> Any:
        """The formulas in Excel's words."""
        rows = tuple(tuple(_formula(cell) for cell in row) for row in self._ask("formulas"))
        return rows[0][0] if self.shape == (1, 1) else rows

    @formula.setter
    def formula(self, value: Any) -> None:
        if isinstance(value, str) and value.startswith("="):
            self._tell("fill", to_calc(value))
        else:
            self.raw_value = value

    @property
    def number_format(self) -> str | None:
        """The code in English."""
        code: str | None = self._ask("number_format")
        return code

    @number_format.setter
    def number_format(self, code: str) -> None:
        self._tell("set_number_format", code)

    def get_address(self, row_absolute: bool, column_absolute: bool, external: bool) -> str:
        """Such as ``$A$1:$C$3``."""
        top, left, bottom, right = self.at
        row, column = "$" * row_absolute, "$" * column_absolute
        text = f"{column}{letters(left)}{row}{top}"
        if len(self) > 1:
            text += f":{column}{letters(right)}{row}{bottom}"
        return f"'[{self.sheet.book.name}]{self.sheet.name}'!{text}" if external else text

    @property
    def address(self) -> str:
        """With dollars."""
        return self.get_address(True, True, False)


def _rows(value: Any, shape: tuple[int, int]) -> list[list[Any]]:
    """A block as it was given; a single value fills the range, a flat list is a row."""
    if not isinstance(value, list | tuple):
        return [[value] * shape[1] for _ in range(shape[0])]
    if not value or not isinstance(value[0], list | tuple):
        return [list(value)]
    return [list(row) for row in value]


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return value["e"] if "e" in value else dt.datetime.fromisoformat(value["d"])
    return value


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return {"f": to_calc(value), "t": value} if value[:1] == "=" and len(value) > 1 else value
    if isinstance(value, dt.datetime):
        return {"d": value.replace(tzinfo=None, microsecond=0).isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat() + "T00:00:00"}
    return value if value is None or isinstance(value, bool) else float(value)


def _formula(cell: Any) -> str:
    return from_calc(cell["f"]) if isinstance(cell, dict) else cell
