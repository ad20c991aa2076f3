"""The compound file that old Office files and encrypted new ones come in: its streams, by name.

A compound file is a small file system of sectors, chained by a table (the FAT); streams shorter
than 4 KB lie in smaller sectors of their own. Every chain is bounded, because a hostile one bites
its own tail.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_FIRST_SECTOR = 512
_SMALL_SECTOR = 64
_ENTRY = 128
_LISTED_IN_HEADER = 109
_STREAM = 2


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    size: int


class Compound:
    """The streams right below the root of a compound file.

    Raises:
        ValueError: its sectors do not fit together.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._content = content
            (shift,) = struct.unpack_from("<H", content, 0x1E)
            if shift not in (9, 12):
                raise ValueError(f"sectors of 2^{shift} bytes")
            self._size = 1 << shift
            directory, self._small_below, small_table = struct.unpack_from("<I4xII", content, 0x30)
            self._table = self._sector_numbers(self._table_sectors())
            self._small_table = self._sector_numbers(self._chain(small_table))
            self._root, self._entries = self._listed(self._joined(directory))
        except struct.error as fault:
            raise ValueError(str(fault)) from fault

    @property
    def names(self) -> frozenset[str]:
        """The names of its streams."""
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes:
        """The bytes of one stream.

        Raises:
            KeyError: there is no such stream. ValueError: its sectors do not fit together.
        """
        entry = self._entries[name]
        if entry.size >= self._small_below:
            return self._joined(entry.start)[: entry.size]
        held = self._joined(self._root.start)
        places = _followed(self._small_table, entry.start)
        return b"".join(held[at * _SMALL_SECTOR : (at + 1) * _SMALL_SECTOR] for at in places)[: entry.size]

    def _sector(self, number: int) -> bytes:
        start = max(self._size, _FIRST_SECTOR) + number * self._size
        return self._content[start : start + self._size]

    def _table_sectors(self) -> list[int]:
        """Which sectors hold the table: the first are listed in the header, the others in a chain."""
        found = list(struct.unpack_from(f"<{_LISTED_IN_HEADER}I", self._content, 0x4C))
        more, count = struct.unpack_from("<II", self._content, 0x44)
        for _ in range(min(count, len(self._content) // self._size)):
            *listed, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            found += listed
        return [number for number in found if number < len(self._content) // self._size]

    def _sector_numbers(self, sectors: list[int]) -> tuple[int, ...]:
        held = b"".join(map(self._sector, sectors))
        return struct.unpack(f"<{len(held) // 4}I", held[: len(held) // 4 * 4])

    def _chain(self, start: int) -> list[int]:
        return _followed(self._table, start)

    def _joined(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start)))

    def _listed(self, directory: bytes) -> tuple[_Entry, Mapping[str, _Entry]]:
        """The root, and the streams right below it: an embedded document has streams of its own."""
        left, right, child = 68, 72, 76
        entries: dict[str, _Entry] = {}
        seen: set[int] = set()
        waiting = [struct.unpack_from("<I", directory, child)[0]]
        while waiting:
            at = waiting.pop() * _ENTRY
            if at in seen or at + _ENTRY > len(directory):
                continue
            seen.add(at)
            waiting += [struct.unpack_from("<I", directory, at + side)[0] for side in (left, right)]
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            if kind == _STREAM:
                name = directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
                entries[name] = _entry(directory, at)
        return _entry(directory, 0), entries


def _entry(directory: bytes, at: int) -> _Entry:
    return _Entry(*struct.unpack_from("<II", directory, at + 116))


def _followed(table: tuple[int, ...], start: int) -> list[int]:
    """The chain of sectors from `start` on; its end is any number that is no sector's."""
    chain: list[int] = []
    while start < len(table):
        chain.append(start)
        if len(chain) > len(table):
            raise ValueError("a chain of sectors runs in a circle")
        start = table[start]
    return chain
