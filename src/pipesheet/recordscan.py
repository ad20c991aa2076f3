"""What the cell reader does not tell of the binary formats: how far a sheet of an .xlsb or .xls
reaches, and which of its cells hold errors.

Both are streams of records, each a kind, a size and so many bytes ([MS-XLSB] 2.1.4, [MS-XLS] 2.1.4).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pipesheet.compound import Compound
from pipesheet.intake import FAULTS, member_bytes
from pipesheet.sheetscan import Looks, Reach, Scanned, refuse_twice, related_members, workbook_member
from pipesheet.textscan import NO_TEXTS, SharedTexts

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

    def scanned(self, size: int, text: int = 0) -> Scanned:
        return Scanned(self.rows, self.columns, size, lambda: self.errors, self.last(0), text)


# .xlsb ------------------------------------------------------------------------------------------------

_BUNDLE_SHEET = 156
_ROW = 0
_CELLS = frozenset({*range(2, 12), 62})
"""Cells with something in them; 1 is a blank one."""
_ERROR_CELLS = (3, 11)
_SHARED_CELL, _SHARED_ITEM = 7, 19
_CELL_HEAD = 8
_SHORTEST = {**dict.fromkeys(range(1, 12), _CELL_HEAD), 62: _CELL_HEAD, _ROW: 4}


def xlsb_looks(package: zipfile.ZipFile) -> Looks:
    """What looks through each sheet of an .xlsb.

    Raises:
        ValueError: two sheets are one part.
    """
    listed = []
    try:
        root = workbook_member(package)
        related = related_members(package, root)
        held = member_bytes(package, root)
        for kind, at, _ in _xlsb_records(held):
            if kind == _BUNDLE_SHEET:
                relation, at = _text(held, at + 8)  # noqa: PLW2901
                name, _ = _text(held, at)
                if relation in related:
                    listed.append((name, related[relation]))
        texts = next(iter(related_members(package, root, kind="sharedStrings").values()), "")
    except (*FAULTS, struct.error):
        return {}
    refuse_twice(listed)
    shared = _xlsb_texts(package, texts) if texts else NO_TEXTS
    return {name: partial(_scan_xlsb_sheet, package, member, shared) for name, member in listed}


def _xlsb_texts(package: zipfile.ZipFile, member: str) -> SharedTexts:
    def lengths() -> Sequence[int]:
        return [size for kind, _, size in _xlsb_records(member_bytes(package, member)) if kind == _SHARED_ITEM]

    return SharedTexts(package.getinfo(member).file_size, lengths)


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


def _scan_xlsb_sheet(package: zipfile.ZipFile, member: str, shared: SharedTexts) -> Scanned:
    """Looks through a sheet.

    Raises:
        ValueError: a row or cell has no room for its place, which the cell reader would take from another record.
    """
    data = member_bytes(package, member)
    seen, row, places = _Seen(), 0, list[int]()
    number = struct.Struct("<I").unpack_from
    for kind, at, size in _xlsb_records(data):
        if at + size > len(data):
            break
        if size < _SHORTEST.get(kind, 0):
            raise ValueError("a record of a row or cell is too short")
        if kind == _ROW:
            (row,) = number(data, at)
        elif kind in _CELLS:
            (column,) = number(data, at)
            seen.cell(row, column)
            if kind in _ERROR_CELLS and size > _CELL_HEAD:
                seen.error(row, column, data[at + _CELL_HEAD])
            elif kind == _SHARED_CELL and size >= _CELL_HEAD + 4:
                places += number(data, at + _CELL_HEAD)
    return seen.scanned(len(data), shared.written_out(len(places), lambda: places))


# .xls -------------------------------------------------------------------------------------------------

_BEGIN, _END = 0x0809, 0x000A
_BOUND_SHEET, _PASSWORD = 0x0085, 0x002F
_DIMENSIONS = 0x0200
_FORMULA, _BOOLEAN_OR_ERROR, _RUN_OF_NUMBERS = 0x0006, 0x0205, 0x00BD
_SHARED_TEXTS, _CONTINUED, _SHARED_TEXT = 0x00FC, 0x003C, 0x00FD
_XLS_CELLS = frozenset({_FORMULA, _BOOLEAN_OR_ERROR, _SHARED_TEXT, 0x0203, 0x0204, 0x027E, 0x00D6})
_BIFF8 = 0x0600
_UTF8_AT_MOST = 3
"""Bytes for a character of sixteen bits."""


def xls_sheets(compound: Compound) -> dict[str, Scanned]:
    """Each sheet of an .xls looked through.

    Raises:
        ValueError: its records do not fit together.
    """
    data = compound.stream("Workbook" if "Workbook" in compound.names else "Book")
    sheets, shared = {}, _SharedRecords()
    try:
        (version,) = struct.unpack_from("<H", data, 4)
        for kind, at, size in _xls_records(data, 0):
            if kind == _PASSWORD:
                return {}  # What follows is encrypted; the cell reader says so.
            shared.record(kind, data[at : at + size])
            if kind == _BOUND_SHEET:
                (offset,) = struct.unpack_from("<I", data, at)
                sheets[_sheet_name(data[at + 6 : at + size], version)] = offset
        texts = SharedTexts(shared.size, shared.lengths)
        seen = {name: _scan_xls_sheet(data, offset, version, texts) for name, offset in sheets.items()}
    except (struct.error, IndexError) as fault:
        raise ValueError(str(fault)) from fault
    if sum(sheet.size for sheet in seen.values()) > len(data):
        raise ValueError("its sheets lie over each other")
    return seen


@dataclass(slots=True)
class _SharedRecords:
    """The record of shared texts, and those it is continued in ([MS-XLS] 2.4.265, 2.5.293)."""

    chunks: list[bytes] = field(default_factory=list)
    under_way: bool = False

    def record(self, kind: int, data: bytes) -> None:
        """The next record of the workbook."""
        self.under_way = kind == _SHARED_TEXTS or (self.under_way and kind == _CONTINUED)
        if self.under_way:
            self.chunks.append(data)

    @property
    def size(self) -> int:
        """Bytes of them all."""
        return sum(map(len, self.chunks))

    def lengths(self) -> list[int]:
        """Bytes of each text as the cell reader holds it, at most."""
        lengths, chunks = [], iter(self.chunks)
        chunk, at = next(chunks, b""), 8
        while chunk:
            if at >= len(chunk):
                chunk, at = next(chunks, b""), 0
                continue
            count, flags = struct.unpack_from("<HB", chunk, at)
            lengths.append(count * _UTF8_AT_MOST)
            runs = struct.unpack_from("<H", chunk, at + 3)[0] if flags & 8 else 0
            phonetic = struct.unpack_from("<I", chunk, at + 5 - (0 if flags & 8 else 2))[0] if flags & 4 else 0
            at += 3 + (2 if flags & 8 else 0) + (4 if flags & 4 else 0)
            left = count
            while chunk and left > (room := (len(chunk) - at) >> (flags & 1)):
                # What is continued says anew how wide its characters are.
                left, chunk, at = left - room, next(chunks, b""), 1
                flags = chunk[0] if chunk else 0
            at += left << (flags & 1)
            at += 4 * runs + phonetic
            while chunk and at > len(chunk):
                chunk, at = next(chunks, b""), at - len(chunk)
        return lengths


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


def _scan_xls_sheet(data: bytes, offset: int, version: int, shared: SharedTexts) -> Scanned:
    seen, end, places = _Seen(), offset, list[int]()
    for kind, at, size in _xls_records(data, offset):
        end = at + size
        if kind in _XLS_CELLS:
            row, column = struct.unpack_from("<HH", data, at)
            seen.cell(row, column)
            code = _error_in(kind, data[at : at + size])
            if code is not None:
                seen.error(row, column, code)
            if kind == _SHARED_TEXT:
                places += struct.unpack_from("<I", data, at + 6)
        elif kind == _RUN_OF_NUMBERS:
            (row,), (column,) = struct.unpack_from("<H", data, at), struct.unpack_from("<H", data, at + size - 2)
            seen.cell(row, column)
        elif kind == _DIMENSIONS:
            # The cell reader makes room for what the sheet says of itself, the wrong way round as well.
            top, bottom, left, right = struct.unpack_from("<IIHH" if version >= _BIFF8 else "<HHHH", data, at)
            if bottom or right:
                seen.cell(top, left)
                seen.cell(top + (bottom - top - 1) % 2**32, left + (right - left - 1) % 2**16)
    return seen.scanned(end - offset, shared.written_out(len(places), lambda: places))


def _error_in(kind: int, record: bytes) -> int | None:
    if kind == _BOOLEAN_OR_ERROR:
        return record[6] if record[7] else None
    # A formula's value is a number, unless it ends in FFFF: then its first byte says what it is.
    if kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
        return record[8]
    return None
