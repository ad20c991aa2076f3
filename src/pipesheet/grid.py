"""Cells as they were found: grids, their tables, and the addresses findings point to.

Rows and columns count from 1, as people and Excel count them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Value = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
"""What one cell holds; an error cell holds its text (``#REF!``), an empty one ``None`` or ``""``."""

_PLAIN_SHEET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LOOKS_LIKE_CELL = re.compile(r"(?:[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*)\Z")


def column_letters(column: int) -> str:
    """The letters of a column that counts from 1: 1 is A, 27 is AA.

    Raises:
        ValueError: the column is below 1.
    """
    if column < 1:
        raise ValueError(f"columns count from 1, not {column}")
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def quoted_sheet(name: str) -> str:
    """A sheet name as a formula needs it: quoted unless it is a plain word, quotes doubled."""
    if _PLAIN_SHEET_NAME.match(name) and not _LOOKS_LIKE_CELL.match(name):
        return name
    return "'" + name.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True, order=True)
class CellRef:
    """The address of one cell, 1-based."""

    sheet: str
    row: int
    column: int

    @property
    def a1(self) -> str:
        """The address within its sheet, as ``K7``."""
        return f"{column_letters(self.column)}{self.row}"

    def __str__(self) -> str:
        return f"{quoted_sheet(self.sheet)}!{self.a1}"


@dataclass(frozen=True, slots=True)
class Table:
    """An Excel table: its name and its corners, 1-based and inclusive; `first_row` is the header."""

    name: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: `rows[r - 1][c - 1]` is the cell in row r, column c; short rows end early.

    `merged` holds (first row, first column, last row, last column) of merged ranges, 1-based.
    """

    name: str
    rows: Sequence[Sequence[Value]]
    tables: tuple[Table, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """A workbook as it was read: where from, what kind, its fingerprint and its grids.

    `format` is the lower-case ending without the dot (``xlsx``, ``csv``); `sha256` is of the whole
    file in hex, so that a write can tell whether somebody saved in between.
    """

    path: Path
    format: str
    sha256: str
    grids: tuple[Grid, ...]

    def grid(self, name: str) -> Grid | None:
        """The grid of that sheet name in any case, or None."""
        wanted = name.strip().casefold()
        return next((g for g in self.grids if g.name.strip().casefold() == wanted), None)
