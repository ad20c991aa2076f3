"""A compound file (MS-CFB, version 3) made of storages and streams, the same bytes each time.

`pipesheet.compound` reads such files. This writes the small ones that a VBA project is kept in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipesheet.compound import MAGIC

_SECTOR, _SMALL_SECTOR, _SMALL_BELOW = 512, 64, 4096
_FREE, _END, _TABLE, _NOBODY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_LISTED_IN_HEADER = 109
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_LONGEST_NAME = 31
_UNUSED_ENTRY = bytes(68) + struct.pack("<III", _NOBODY, _NOBODY, _NOBODY) + bytes(48)

Storage: TypeAlias = "Mapping[str, bytes | Storage]"
"""Streams and storages by name."""


@dataclass(slots=True)
class _Entry:
    """An entry of the directory (MS-CFB 2.6.1); those of one storage are a tree, sorted by name."""

    name: str
    kind: int
    content: bytes = b""
    color: int = _BLACK
    left: int = _NOBODY
    right: int = _NOBODY
    child: int = _NOBODY
    start: int = 0
    size: int = 0

    def packed(self) -> bytes:
        name = f"{self.name}\0".encode("utf-16-le")
        links = struct.pack("<HBBIII", len(name), self.kind, self.color, self.left, self.right, self.child)
        class_state_and_times = bytes(16 + 4 + 16)
        return name.ljust(64, b"\0") + links + class_state_and_times + struct.pack("<IQ", self.start, self.size)


@dataclass(slots=True)
class _Sectors:
    """Sectors of one size, and the table that chains them (MS-CFB 2.3 and 2.4)."""

    size: int
    held: list[bytes] = field(default_factory=list)
    table: list[int] = field(default_factory=list)

    def add(self, content: bytes) -> int:
        """Puts a chain in; the number of its first sector."""
        pieces = [content[at : at + self.size].ljust(self.size, b"\0") for at in range(0, len(content), self.size)]
        if not pieces:
            return _END
        start = len(self.table)
        self.held += pieces
        self.table += [*range(start + 1, start + len(pieces)), _END]
        return start

    def packed_table(self, multiple: int) -> bytes:
        """The table itself, filled up to whole sectors."""
        rows = [*self.table, *[_FREE] * (-len(self.table) % multiple)]
        return struct.pack(f"<{len(rows)}I", *rows)


def compound_file(root: Storage) -> bytes:
    """The bytes of a compound file with those storages and streams.

    Raises:
        ValueError: a name cannot be one in such a file, or all of it is too large for a small one (7 MB).
    """
    entries = [_Entry("Root Entry", _ROOT)]
    _list(root, entries, 0)
    sectors, small = _Sectors(_SECTOR), _Sectors(_SMALL_SECTOR)
    for entry in entries:
        if entry.kind == _STREAM:
            entry.size = len(entry.content)
            entry.start = (small if entry.size < _SMALL_BELOW else sectors).add(entry.content)
    held = b"".join(small.held)
    entries[0].start, entries[0].size = sectors.add(held), len(held)
    small_table = sectors.add(small.packed_table(_SECTOR // 4))
    packed = b"".join(entry.packed() for entry in entries)
    directory = sectors.add(packed + _UNUSED_ENTRY * (-len(entries) % (_SECTOR // len(_UNUSED_ENTRY))))
    return _whole(sectors, directory, small_table, len(small.table))


def _list(storage: Storage, entries: list[_Entry], parent: int) -> None:
    """Lists what a storage holds, its own entry's number being `parent`."""
    numbers: list[int] = []
    for name, content in sorted(storage.items(), key=lambda item: (len(item[0]), item[0].upper())):
        if not name or len(name) > _LONGEST_NAME or set(name) & set("/\\:!") or not name.isascii():
            raise ValueError(f"{name!r} cannot be a name in a compound file")
        numbers.append(len(entries))
        if isinstance(content, bytes):
            entries.append(_Entry(name, _STREAM, content))
        else:
            entries.append(_Entry(name, _STORAGE))
            _list(content, entries, numbers[-1])
    if numbers:
        entries[parent].child = _tree(entries, numbers, len(numbers).bit_length() - 1)
        entries[entries[parent].child].color = _BLACK


def _tree(entries: list[_Entry], numbers: list[int], levels_below: int) -> int:
    """A red-black tree of sorted entries (MS-CFB 2.6.4): balanced, its lowest level red; the number of its root."""
    if not numbers:
        return _NOBODY
    middle = len(numbers) // 2
    root = entries[numbers[middle]]
    root.left = _tree(entries, numbers[:middle], levels_below - 1)
    root.right = _tree(entries, numbers[middle + 1 :], levels_below - 1)
    root.color = _RED if levels_below == 0 else _BLACK
    return numbers[middle]


def _whole(sectors: _Sectors, directory: int, small_table: int, small_sectors: int) -> bytes:
    """The header (MS-CFB 2.2) and the sectors, the table last."""
    per_sector = _SECTOR // 4
    first = len(sectors.table)
    count = -(-first // (per_sector - 1))
    if count > _LISTED_IN_HEADER:
        raise ValueError("too large for a compound file without a chain of tables")
    sectors.table += [_TABLE] * count
    listed = [*range(first, first + count), *[_FREE] * (_LISTED_IN_HEADER - count)]
    versions_and_sizes = struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    tables = (0, count, directory, 0, _SMALL_BELOW, small_table, -(-small_sectors // per_sector), _END, 0)
    header = MAGIC + bytes(16) + versions_and_sizes + struct.pack("<9I109I", *tables, *listed)
    return header + b"".join(sectors.held) + sectors.packed_table(per_sector)
