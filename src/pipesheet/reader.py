"""read(): a file to a Source, whatever spreadsheet it is.

Cells come as python-calamine gives them, from A1 on. The package is looked at before it is opened
(`pipesheet.intake`, `pipesheet.sheetscan`), because a reader that allocates what a hostile file asks
for cannot be stopped.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TypeVar, cast

import python_calamine as calamine

from pipesheet.compound import Compound
from pipesheet.csvfile import csv_grid
from pipesheet.errors import Encrypted, FileEmpty, FileMissing, NotAWorkbook, ReadError, Unsafe
from pipesheet.grid import Grid, Source, Table, Value
from pipesheet.intake import FAULTS, check_compound, container, opened_package, package_kind
from pipesheet.locate import OURS, READ_AGAIN
from pipesheet.mending import mended, readable
from pipesheet.odsscan import ods_sheets
from pipesheet.recordscan import xls_sheets, xlsb_looks
from pipesheet.sheetscan import LEAST_CELL, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Looks, Scanned, our_tabs, sheet_looks
from pipesheet.tablescan import sheet_tables

XML_FORMATS = ("xlsx", "xlsm", "xltx", "xltm", "xlam")
FORMATS = (*XML_FORMATS, "xlsb", "xls", "ods")
MOST_IN_ALL = 12_000_000
"""So many cells all sheets together may span, less what they have bytes for."""
_ROW_ITSELF = 2
"""A row takes as much as so many cells, however empty."""
_KNOWN = {name.casefold(): name for name in READ_AGAIN}

_Result = TypeVar("_Result")


def read(path: str | PathLike[str]) -> Source:
    """Reads a workbook or a .csv export: all its sheets of cells, from A1 on.

    Raises:
        FileMissing, FileEmpty, NotAWorkbook, Encrypted, Unsafe: see `pipesheet.errors`.
    """
    path = Path(path)
    content = contents(path)
    fingerprint = hashlib.sha256(content).hexdigest()
    ending = path.suffix.lower().lstrip(".")
    kind = container(path, content)
    if kind == "text":
        if ending in FORMATS:
            raise NotAWorkbook(path, "it is plain text with a spreadsheet's ending; rename it to .csv")
        return Source(path, "csv", fingerprint, (csv_grid(path, content),))
    if kind == "cfb":
        check_compound(path, content)
        return Source(path, "xls", fingerprint, _grids(path, content, None))
    return _package(path, content, fingerprint, ending)


def contents(path: Path) -> bytes:
    """The bytes of a file that is there and not empty.

    Raises:
        FileMissing, FileEmpty, ReadError
    """
    try:
        if path.is_dir():
            raise FileMissing(path, folder=True)
        content = path.read_bytes()
    except (FileNotFoundError, ValueError):
        raise FileMissing(path) from None
    except OSError as fault:
        raise ReadError(
            f"{path} could not be read: {fault.strerror}. Close it elsewhere, or ask for access to it."
        ) from fault
    if not content:
        raise FileEmpty(path)
    return content


def _package(path: Path, content: bytes, fingerprint: str, ending: str) -> Source:
    with opened_package(path, content) as package:
        kind = package_kind(package)
        form = ending if kind == "xlsx" and ending in XML_FORMATS else kind
        copy = _guarded(path, lambda: readable(content, package))
        if copy is None:
            return Source(path, form, fingerprint, _read_or_mended(path, content, package))
    with opened_package(path, copy) as package:
        return Source(path, form, fingerprint, _read_or_mended(path, copy, package))


def _read_or_mended(path: Path, content: bytes, package: zipfile.ZipFile) -> tuple[Grid, ...]:
    try:
        return _grids(path, content, package)
    except NotAWorkbook:
        copy = mended(content, package)
        if copy is None:
            raise
    with opened_package(path, copy) as put_right:
        return _grids(path, copy, put_right)


def _grids(path: Path, content: bytes, package: zipfile.ZipFile | None) -> tuple[Grid, ...]:
    looks = _looks(path, content, package)
    book = _opened(path, content)
    sheets = [s for s in book.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
    if not sheets:
        others = ", ".join(sorted({str(s.typ).rpartition(".")[2] for s in book.sheets_metadata})) or "no sheet at all"
        raise NotAWorkbook(path, f"it has no sheet of cells, only {others}")
    tables = _as_ours(sheet_tables(package), our_tabs(package)) if package else {}
    room = _Room(path)
    return tuple(
        # What an earlier run wrote is made anew, and may be more than all the rest.
        Grid(sheet.name, (), tables[sheet.name]) if _only_results(tables.get(sheet.name, ()))
        else _grid(path, book, sheet, looks, tables, room)
        for sheet in sheets
    )  # fmt: skip


def _as_ours(tables: Mapping[str, tuple[Table, ...]], ours: set[str]) -> dict[str, tuple[Table, ...]]:
    """Tables by the names this program gives them, though another had the name already.

    Only on a sheet with our mark: what a table of such a name says elsewhere is not said by this workbook.
    """

    def named(table: Table, sheet: str) -> Table:
        known = _KNOWN.get(table.name.rstrip("0123456789").casefold())
        if known is None:
            return table
        return replace(table, name=known if sheet.casefold() in ours else f"{known} (copy)")

    return {sheet: tuple(named(table, sheet) for table in found) for sheet, found in tables.items()}


def _only_results(tables: tuple[Table, ...]) -> bool:
    names = {table.name for table in tables}
    return any(name.startswith(OURS) for name in names) and not names & READ_AGAIN


def _looks(path: Path, content: bytes, package: zipfile.ZipFile | None) -> Looks:
    """What looks through each sheet before calamine reads it."""
    kind = package_kind(package) if package else "xls"
    if package and kind in ("xlsx", "xlsb"):
        return _guarded(path, lambda: sheet_looks(package) if kind == "xlsx" else xlsb_looks(package))
    # Opening an .xls or .ods reads all its sheets, so none may be too large.
    sheets = _guarded(path, lambda: ods_sheets(package) if package else xls_sheets(Compound(content)))
    room = _Room(path)
    for name, seen in sheets.items():
        _check_reach(path, name, seen)
        room.take(seen.rows, seen.columns, seen.size)
    return {name: lambda seen=seen: seen for name, seen in sheets.items()}  # type: ignore[misc]


class _Room:
    """What the empty cells of a workbook may take together, so that many sheets do not ask for what one may not."""

    def __init__(self, path: Path) -> None:
        self._path, self._left = path, MOST_IN_ALL

    def take(self, rows: int, columns: int, size: int) -> None:
        """A sheet more, less what it has bytes for."""
        self._left -= self._cost(rows, columns, size)
        self.fits(0, 0, 0)

    def fits(self, rows: int, columns: int, size: int) -> None:
        """Raises Unsafe where no such sheet could be taken."""
        if self._cost(rows, columns, size) > self._left:
            raise Unsafe(self._path, f"its sheets span over {MOST_IN_ALL:,} cells with next to nothing in between")

    @staticmethod
    def _cost(rows: int, columns: int, size: int) -> int:
        return max(rows * (columns + _ROW_ITSELF) - size // LEAST_CELL, 0)


def _check_reach(path: Path, name: str, seen: Scanned) -> None:
    if seen.too_far:
        raise Unsafe(path, f"sheet {name[:40]!r} asks for more memory than it should: {seen.too_far}")


def _grid(
    path: Path,
    book: calamine.CalamineWorkbook,
    sheet: calamine.SheetMetadata,
    looks: Looks,
    tables: dict[str, tuple[Table, ...]],
    room: _Room,
) -> Grid:
    if sheet.name not in looks:
        raise NotAWorkbook(path, f"what it says of its sheet {sheet.name[:40]!r} leads nowhere")
    seen = _guarded(path, looks[sheet.name])
    _check_reach(path, sheet.name, seen)
    room.fits(seen.rows, seen.columns, seen.size)
    # The error cells are looked for while calamine, which needs no Python then, parses the sheet.
    with ThreadPoolExecutor(1) as beside:
        parsing = beside.submit(_guarded, path, lambda: book.get_sheet_by_name(sheet.name))
        errors = seen.errors()
        size = seen.size
        del seen  # and with it the sheet's XML
        cells = parsing.result()
    rows = _guarded(path, lambda: _rows(path, cells, lambda tall, wide: room.take(tall, wide, size)))
    for (row, column), error in errors.items():
        _put(rows, row, column, error)
    merged = tuple(
        (top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in cells.merged_cell_ranges or ()
    )
    visible = sheet.visible == calamine.SheetVisibleEnum.Visible
    return Grid(sheet.name, rows, tables.get(sheet.name, ()), merged, visible)


def _rows(path: Path, cells: calamine.CalamineSheet, take: Callable[[int, int], None]) -> list[list[Value]]:
    if cells.start is None or cells.end is None:
        return []
    (top, left), (bottom, right) = cells.start, cells.end
    if bottom >= MOST_ROWS or right >= MOST_COLUMNS:
        raise Unsafe(path, f"sheet {cells.name[:40]!r} reaches beyond the last row or column of a sheet")
    if (bottom + 1) * (right + 1) <= max(MOST_CELLS, 2 * cells.height * cells.width):
        take(bottom + 1, right + 1)
        return cast("list[list[Value]]", cells.to_python(skip_empty_area=False))
    # A table far from A1: the empty rows above it are made without cells.
    if cells.height * (left + cells.width) > MOST_CELLS:
        why = f"asks for more memory than it should: it starts in column {left + 1}"
        raise Unsafe(path, f"sheet {cells.name[:40]!r} {why}")
    take(top, 0)
    take(cells.height, left + cells.width)
    body = cast("list[list[Value]]", cells.to_python(skip_empty_area=True))
    before: list[Value] = [None] * left
    return [[] for _ in range(top)] + [[*before, *row] for row in body]


def _put(rows: list[list[Value]], row: int, column: int, error: str) -> None:
    """Puts an error where calamine saw an empty cell, or, at the edges of an .xlsb, none at all."""
    width = len(rows[0]) if rows else 0
    rows.extend([""] * width for _ in range(row - len(rows)))
    cells = rows[row - 1]
    cells.extend([""] * (column - len(cells)))
    if cells[column - 1] in ("", None):
        cells[column - 1] = error


def _opened(path: Path, content: bytes) -> calamine.CalamineWorkbook:
    try:
        return _guarded(path, lambda: calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)))
    except NotAWorkbook:
        # From a stream calamine only says that it knows no such format; from a path, what is wrong.
        if contents(path) == content:  # and not a copy that was put right before
            _guarded(path, lambda: calamine.CalamineWorkbook.from_path(path))
        raise


def _guarded(path: Path, call: Callable[[], _Result]) -> _Result:
    """Runs one call of calamine; whatever goes wrong in it is a fault of the file.

    Raises:
        Encrypted, NotAWorkbook: in place of calamine's own errors.
    """
    try:
        return call()
    except calamine.PasswordError:
        raise Encrypted(path) from None
    except (calamine.CalamineError, OverflowError, *FAULTS) as fault:
        raise NotAWorkbook(path, _plainly(fault)) from fault
    except BaseException as fault:
        # A Rust panic arrives as a BaseException whose class calamine does not export.
        if type(fault).__name__ != "PanicException":
            raise
        raise NotAWorkbook(path, "its parts contradict each other") from None


_HEXADECIMAL = re.compile(r"\b0x[0-9A-Fa-f]+")


def _plainly(fault: BaseException) -> str:
    # Others name what a programmer knows. A ValueError of the compound file's is our own sentence.
    ours = type(fault) is ValueError
    says = ours or isinstance(fault, calamine.CalamineError | zipfile.BadZipFile | NotImplementedError)
    printable = "".join(letter if letter.isprintable() else " " for letter in str(fault))
    text = " ".join(printable.split()).rstrip(".") if says else ""
    text = "" if _HEXADECIMAL.search(text) else text
    return f"its parts cannot be read ({text[:160]})" if text else "its parts cannot be read"
