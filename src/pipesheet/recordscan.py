"""What the cell reader does not tell of the binary formats: how far a sheet of an .xlsb or .xls
reaches, and which of its cells hold errors.

Both are streams of records, each a kind, a size and so many bytes ([MS-XLSB] 2.1.4, [MS-XLS] 2.1.4).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from pipesheet.compound import Compound
from pipesheet.intake import FAULTS
from pipesheet.sheetscan import Looks, Reach, Scanned, related_members, workbook_member

ERRORS: Mapping[int, str] = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
"""Excel's errors by their number in a record."""

_UNKNOWN = "#UNKNOWN!"
_Record = tuple[int, int, int]
"""A record's kind, where its bytes start, and how many they are."""


@dataclass(slots=True)
class _Seen(Reach):
    """The rectangle of the cells seen so far, and the errors among them."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)

    def error(self, row: int, column: int, code: int) -> None:
        self.errors[row + 1, column + 1] = ERRORS.get(code, _UNKNOWN)

    def scanned(self, size: int) -> Scanned:
        return Scanned(self.rows, self.columns, size, lambda: self.errors)


# .xlsb ------------------------------------------------------------------------------------------------

_BUNDLE_SHEET = 156
_ROW = 0
_CELLS = frozenset({*range(2, 12), 62})
"""Cells with something in them; 1 is a blank one."""
_ERROR_CELLS = (3, 11)
_CELL_HEAD = 8


def xlsb_looks(package: zipfile.ZipFile) -> Looks:
    """What looks through each sheet of an .xlsb."""
    looks = {}
    try:
        root = workbook_member(package)
        related = related_members(package, root)
        listed = package.read(root)
        for kind, at, _ in _xlsb_records(listed):
            if kind == _BUNDLE_SHEET:
                relation, at = _text(listed, at + 8)  # noqa: PLW2901
                name, _ = _text(listed, at)
                if relation in related:
                    looks[name] = partial(_scan_xlsb_sheet, package, related[relation])
    except (*FAULTS, struct.error):
        return {}
    return looks


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _xlsb_records(data: bytes) -> Iterator[_Record]:
    at, end = 0, len(data)
    try:
        while at < end:
            kind, at = data[at], at + 1
            if kind & 0x80:
                kind, at = kind & 0x7F | (data[at] & 0x7F) << 7, at + 1
            size = shift = 0
            for _ in range(4):
                part, at = data[at], at + 1
                size, shift = size | (part & 0x7F) << shift, shift + 7
                if part < 0x80:
                    break
            yield kind, at, size
            at += size
    except IndexError:
        return  # It is cut short; the cell reader says so.


def _scan_xlsb_sheet(package: zipfile.ZipFile, member: str) -> Scanned:
    data = package.read(member)
    seen, row = _Seen(), 0
    number = struct.Struct("<I").unpack_from
    for kind, at, size in _xlsb_records(data):
        if at + size > len(data):
            break
        if kind == _ROW and size >= 4:
            (row,) = number(data, at)
        elif kind in _CELLS and size >= _CELL_HEAD:
            (column,) = number(data, at)
            seen.cell(row, column)
            if kind in _ERROR_CELLS and size > _CELL_HEAD:
                seen.error(row, column, data[at + _CELL_HEAD])
    return seen.scanned(len(data))


# .xls -------------------------------------------------------------------------------------------------

_BEGIN, _END = 0x0809, 0x000A
_BOUND_SHEET, _PASSWORD = 0x0085, 0x002F
_DIMENSIONS = 0x0200
_FORMULA, _BOOLEAN_OR_ERROR, _RUN_OF_NUMBERS = 0x0006, 0x0205, 0x00BD
_XLS_CELLS = frozenset({_FORMULA, _BOOLEAN_OR_ERROR, 0x0203, 0x0204, 0x027E, 0x00FD, 0x00D6})
_BIFF8 = 0x0600


def xls_sheets(compound: Compound) -> dict[str, Scanned]:
    """Each sheet of an .xls looked through.

    Raises:
        ValueError: its records do not fit together.
    """
    data = compound.stream("Workbook" if "Workbook" in compound.names else "Book")
    sheets = {}
    try:
        (version,) = struct.unpack_from("<H", data, 4)
        for kind, at, size in _xls_records(data, 0):
            if kind == _PASSWORD:
                return {}  # What follows is encrypted; the cell reader says so.
            if kind == _BOUND_SHEET:
                (offset,) = struct.unpack_from("<I", data, at)
                sheets[_sheet_name(data[at + 6 : at + size], version)] = _scan_xls_sheet(data, offset, version)
    except (struct.error, IndexError) as fault:
        raise ValueError(str(fault)) from fault
    return sheets


def _sheet_name(text: bytes, version: int) -> str:
    if version < _BIFF8:
        return text[1 : 1 + text[0]].decode("cp1252", "replace")
    if text[1] & 1:
        return text[2 : 2 + 2 * text[0]].decode("utf-16-le", "replace")
    return text[2 : 2 + text[0]].decode("latin-1")


def _xls_records(data: bytes, at: int) -> Iterator[_Record]:
    """The records from `at` to the end of that sheet; a chart in it has a beginning and end of its own."""
    depth = 0
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        if at + 4 + size > len(data):
            return
        yield kind, at + 4, size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        at += 4 + size


def _scan_xls_sheet(data: bytes, offset: int, version: int) -> Scanned:
    seen = _Seen()
    for kind, at, size in _xls_records(data, offset):
        if kind in _XLS_CELLS:
            row, column = struct.unpack_from("<HH", data, at)
            seen.cell(row, column)
            code = _error_in(kind, data[at : at + size])
            if code is not None:
                seen.error(row, column, code)
        elif kind == _RUN_OF_NUMBERS:
            (row,), (column,) = struct.unpack_from("<H", data, at), struct.unpack_from("<H", data, at + size - 2)
            seen.cell(row, column)
        elif kind == _DIMENSIONS:
            # The cell reader makes room for what the sheet says of itself, the wrong way round as well.
            top, bottom, left, right = struct.unpack_from("<IIHH" if version >= _BIFF8 else "<HHHH", data, at)
            if bottom or right:
                seen.cell(top, left)
                seen.cell(top + (bottom - top - 1) % 2**32, left + (right - left - 1) % 2**16)
    return seen.scanned(len(data))


def _error_in(kind: int, record: bytes) -> int | None:
    if kind == _BOOLEAN_OR_ERROR:
        return record[6] if record[7] else None
    # A formula's value is a number, unless it ends in FFFF: then its first byte says what it is.
    if kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
        return record[8]
    return None
