"""Where cells are: addresses in Excel's words, and the way to LibreOffice for a block."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from pipesheet.grid import column_letters

LAST_ROW, LAST_COLUMN = 1048576, 16384
POINT, PIXEL = 2540 / 72, 2540 / 96  # in hundredths of a millimetre, as Calc measures
CELL = r"\$?([A-Za-z]{1,3})\$?(\d+)"
_ADDRESS = re.compile(rf"{CELL}(?::{CELL})?")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?(\d+):\$?(\d+)")
NULL_DATE = dt.datetime(1899, 12, 30)
Corners = tuple[int, int, int, int]


def corners_of(address: str) -> Corners | None:
    """The corners of ``A1``, ``A1:C3``, ``A:C`` or ``1:3``; nothing where it is no address."""
    if found := _ADDRESS.fullmatch(address):
        left, top, right, bottom = found.groups()
        return int(top), number(left), int(bottom or top), number(right or left)
    if found := _COLUMNS.fullmatch(address):
        return 1, number(found[1]), LAST_ROW, number(found[2])
    if found := _ROWS.fullmatch(address):
        return int(found[1]), 1, int(found[2]), LAST_COLUMN
    return None


def number(column: str) -> int:
    """The column's number by its letters."""
    made = 0
    for letter in column.upper():
        made = made * 26 + ord(letter) - 64
    return made


@lru_cache(maxsize=4096)  # a column of thousands has a few hundred days
def moment(serial: float) -> dt.datetime | float:
    """The day of that number; the number itself where there is no such day."""
    try:
        return NULL_DATE + dt.timedelta(seconds=round(serial * 86400))
    except OverflowError:
        return serial


class Cells:
    """A block by its corners: where it is, and the way to LibreOffice for it."""

    def __init__(self, sheet: Any, top: int, left: int, bottom: int, right: int) -> None:
        self.sheet = sheet
        self.at = (top, left, bottom, right)
        self.row, self.column = top, left
        self.shape = (bottom - top + 1, right - left + 1)

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def ask(self, operation: str, *args: Any) -> Any:
        """The answer of an operation on this block."""
        return self.sheet.office.ask(operation, self.sheet.book.id, self.sheet.name, *self.at, *args)

    def tell(self, operation: str, *args: Any) -> None:
        """Have an operation done on this block."""
        self.sheet.office.tell(operation, self.sheet.book.id, self.sheet.name, *self.at, *args)

    def get(self, name: str) -> Any:
        """One of Calc's properties of these cells."""
        return self.ask("get", [name])[name]

    def put(self, **values: Any) -> None:
        """Set Calc's properties of these cells."""
        self.tell("put", values)


def address_of(at: Corners, row: str, column: str) -> str:
    """With a dollar, or nothing, before rows and before columns."""
    top, left, bottom, right = at
    first, last = f"{column}{column_letters(left)}{row}{top}", f"{column}{column_letters(right)}{row}{bottom}"
    if top == 1 and bottom == LAST_ROW:
        return f"{column}{column_letters(left)}:{column}{column_letters(right)}"
    if left == 1 and right == LAST_COLUMN:
        return f"{row}{top}:{row}{bottom}"
    return first if first == last else f"{first}:{last}"


def calc_link(address: str) -> str:
    """Excel's address of a place in this workbook as Calc has it: ``#Deals.K7``."""
    return re.sub(rf"!(?={CELL}$|{CELL}:)", ".", address) if address.startswith("#") else address


def excel_link(url: str) -> str:
    """The other way round."""
    return re.sub(rf"\.(?={CELL}$|{CELL}:)", "!", url) if url.startswith("#") else url
