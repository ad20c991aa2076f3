"""Cells as they stand now, to a `Source`: what a file would hold if the workbook were saved this moment.

Blocks come raw. On Windows they hold a `Decimal`, cut to four places, where a cell has a currency
format, and an error as a negative integer; on macOS errors are missing words and may shift a block.
So currency is read again without its format, and a block whose shape is not the one asked for is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipesheet.errors import LiveError
from pipesheet.grid import Grid, Source, Table, Value, quoted_sheet
from pipesheet.locate import OURS, READ_AGAIN, marks

ROWS_AT_ONCE = 20_000
"""So many rows are asked for in one call; a call cannot be stopped, and tells nobody how far it is."""
ERRORS = {
    -2146826288: "#NULL!", -2146826281: "#DIV/0!", -2146826273: "#VALUE!", -2146826265: "#REF!",
    -2146826259: "#NAME?", -2146826252: "#NUM!", -2146826246: "#N/A", -2146826245: "#GETTING_DATA",
    -2146826243: "#SPILL!", -2146826240: "#CONNECT!", -2146826239: "#BLOCKED!", -2146826238: "#UNKNOWN!",
    -2146826237: "#FIELD!", -2146826236: "#CALC!",
}  # fmt: skip
"""How Excel hands over error values through COM: 0x800A0000 and the number of the error."""
_KNOWN = {name.casefold(): name for name in READ_AGAIN}
_MIDNIGHT = dt.time()
_AS_IT_IS = {type(None), str, float, bool}

Block = list[list[Any]]
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A workbook as read, and by sheet what tells whether a cell was changed since: its seal, or its raw cells."""

    source: Source
    known: Mapping[str, Block | str]

    def still_so(self, book: Any) -> bool:
        """Whether every cell that was read holds now what it held then."""
        return self.known == {
            seen.sheet.name: seal(seen.sheet) or block_of(seen.sheet) for seen in _sheets(book) if not seen.results
        }


def seal(sheet: Any) -> str:
    """A word that is another once any cell of the sheet has changed; empty where the program has no such thing.

    LibreOffice, through `pipesheet.calc`, tells of changes; in Excel all must be read.
    """
    try:
        return str(sheet.api.Seal)
    except Exception:
        return ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet and its tables; `ours` bears our mark, `results` holds nothing but what every run makes anew."""

    sheet: Any
    tables: tuple[Table, ...]
    ours: bool
    results: bool


def _sheets(book: Any) -> Iterator[_Sheet]:
    ours = {tab.casefold() for tab in marked(book).values()}
    for sheet in book.sheets:
        mine = sheet.name.casefold() in ours
        tables = tuple(_tables(sheet, mine))
        names = {table.name for table in tables}
        results = any(name.startswith(OURS) for name in names) and not names & READ_AGAIN
        yield _Sheet(sheet, tables, mine, results)


def read_book(book: Any, path: Path, told: Told = lambda _: None) -> Read:
    """All sheets of cells, from A1 on; of our own only what a later run reads again.

    The source's `sha256` is of the user's cells, as there is no file to take it of.

    Raises:
        LiveError: a sheet came in another shape than it has.
    """
    grids, seen = [], hashlib.sha256()
    known: dict[str, Block | str] = {}
    for found in _sheets(book):
        name = found.sheet.name
        if found.results:
            grids.append(Grid(name, (), found.tables))
            continue
        told(name)
        before = seal(found.sheet)
        raw = block_of(found.sheet)
        known[name] = before or raw
        rows = [[cell if type(cell) in _AS_IT_IS else _value(cell) for cell in row] for row in raw]
        if not found.ours:
            seen.update(repr((name, rows)).encode())
        grids.append(Grid(name, rows, found.tables, visible=bool(found.sheet.visible)))
    kind = path.suffix.lower().lstrip(".") or "xlsx"
    return Read(Source(path, kind, seen.hexdigest(), tuple(grids)), known)


def named(book: Any) -> dict[str, Any]:
    """Key -> the sheet that a hidden name of ours points to, finished or not."""
    names = [(str(name.name), str(name.refers_to)) for name in book.names]
    tabs = {sheet.name.casefold(): sheet for sheet in book.sheets}
    return {key: tabs[tab.casefold()] for key, tab in marks(names).items() if tab.casefold() in tabs}


def marked(book: Any) -> dict[str, str]:
    """Key of each sheet of ours -> its tab: what a hidden name points to and holds a table of ours."""
    return {
        key: sheet.name
        for key, sheet in named(book).items()
        if any(table.name.casefold().startswith(OURS.casefold()) for table in sheet.tables)
    }


def _tables(sheet: Any, ours: bool) -> Iterator[Table]:
    """The tables by the names this program gives them, though another had the name already."""
    for table in map(table_of, sheet.tables):
        known = _KNOWN.get(table.name.rstrip("0123456789").casefold())
        yield table if known is None else replace(table, name=known if ours else f"{known} (copy)")


def table_of(table: Any) -> Table:
    """Its name and where it stands."""
    area = table.range
    rows, columns = area.shape
    return Table(str(table.name), area.row, area.column, area.row + rows - 1, area.column + columns - 1)


def block_of(sheet: Any) -> Block:
    """The raw cells of a sheet from A1 to its last used cell, whatever lies between."""
    used = sheet.used_range
    last_row, last_column = used.row + used.shape[0] - 1, used.column + used.shape[1] - 1
    rows: Block = []
    for first in range(1, last_row + 1, ROWS_AT_ONCE):
        last = min(first + ROWS_AT_ONCE - 1, last_row)
        rows += _block(sheet, first, last, last_column)
    return [] if all(cell is None for row in rows for cell in row) else rows


def _block(sheet: Any, first: int, last: int, columns: int) -> Block:
    cells = sheet.range((first, 1), (last, columns))
    block = as_block(cells.raw_value, last - first + 1, columns)
    if block is None:
        raise LiveError(
            f"Sheet {quoted_sheet(sheet.name)} could not be read: Excel gave another number of cells than there are, "
            "as it does on a Mac where cells hold errors. Mend the cells with errors, or save the workbook and use "
            "pipesheet run on the file."
        )
    if any(Decimal in set(map(type, row)) for row in block):
        _without_currency(cells, block)
    return block


def as_block(raw: Any, rows: int, columns: int) -> Block | None:
    """What a call gave as a list of rows; None where it has another shape than asked for."""
    if (rows, columns) == (1, 1) and not isinstance(raw, list | tuple):
        return [[raw]]
    if not isinstance(raw, list | tuple):
        return None
    if rows == 1 and len(raw) == columns and not any(isinstance(cell, list | tuple) for cell in raw):
        return [list(raw)]
    if len(raw) != rows or any(not isinstance(row, list | tuple) or len(row) != columns for row in raw):
        return None
    return [list(row) for row in raw]


def _without_currency(cells: Any, block: Block) -> None:
    """Puts the whole number where a currency format made it a Decimal of four places."""
    exact = as_block(cells.api.Value2, len(block), len(block[0])) or block
    for row, whole in zip(block, exact, strict=True):
        for at, cell in enumerate(row):
            if isinstance(cell, Decimal):
                row[at] = float(whole[at])


def _value(cell: Any) -> Value:
    """A cell as a file's reader gives it: days without a time as dates, errors by their names."""
    if cell is None or isinstance(cell, str | bool | float):
        return cell
    if isinstance(cell, dt.datetime):
        moment = cell if cell.tzinfo is None else cell.replace(tzinfo=None)
        return moment.date() if moment.time() == _MIDNIGHT else moment
    if isinstance(cell, int):
        return ERRORS.get(cell, float(cell))
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return cell
    return float(cell) if isinstance(cell, Decimal) else str(cell)


def contents_of(sheet: Any) -> Block:
    """What stands in each cell of a sheet from A1 on: a formula where there is one, else its value."""
    values = block_of(sheet)
    if not values:
        return []
    rows, columns = len(values), len(values[0])
    texts = as_block(sheet.range((1, 1), (rows, columns)).formula, rows, columns) or values
    return [
        [
            text if isinstance(text, str) and text.startswith("=") and text != value else _value(value)
            for text, value in zip(told, held, strict=True)
        ]
        for told, held in zip(texts, values, strict=True)
    ]
