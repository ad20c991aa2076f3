"""How much text a sheet holds once each cell has its own, where the file holds a text once for all of them.

A text of Excel's greatest length, pointed to by a hundred thousand cells, takes a few hundred kilobytes in the
file and three gigabytes in its reader. So what the cells point to is summed before they are read; roughly and
fast first, exactly where that is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

MOST_TEXT = 128 * 1024**2
"""Bytes; so much text a sheet may hold however small it is."""
LEAST_SHARE = 8
"""A sheet that holds more must itself have a byte for so many of them."""

_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?si\s*>|<(?:[\w.-]+:)?si\s*/>")
_POINTS = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
_PLACE = re.compile(rb"\bt=[\"']s[\"'][^<>]*><(?:[\w.-]+:)?v>(\d{1,9})<")


class SharedTexts:
    """The shared texts of a workbook by their lengths, read only where they may matter.

    `size` is what all of them have together; `lengths` counts them one by one.
    """

    def __init__(self, size: int, lengths: Callable[[], Sequence[int]]) -> None:
        self.size = size
        self._lengths = lengths

    @cached_property
    def lengths(self) -> Sequence[int]:
        """Bytes of each text, by its position."""
        return self._lengths()

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest."""
        return max(self.lengths, default=0)

    def written_out(self, cells: int, places: Callable[[], Sequence[int]]) -> int:
        """Bytes of the texts of so many cells, or 0 where they are surely few; `places` says which they point to.

        A cell whose text `places` does not say counts as the longest.
        """
        if cells * self.size <= MOST_TEXT or cells * self.longest <= MOST_TEXT:
            return 0
        found, known = places(), len(self.lengths)
        return sum(self.lengths[at] for at in found if at < known) + max(cells - len(found), 0) * self.longest


NO_TEXTS = SharedTexts(0, tuple)


def item_lengths(xml: bytes) -> Sequence[int]:
    """Bytes of each shared text of an .xlsx, its tags with it."""
    if b"<!" in xml:
        return (len(xml),)  # What a comment hides would shift the positions.
    return list(map(len, _ITEM_END.split(xml)))


def text_size(xml: bytes, shared: SharedTexts) -> int:
    """Bytes of the texts that the cells of a sheet of an .xlsx point to, or 0 where they are surely few."""
    if xml.count(b"</") * shared.size <= MOST_TEXT:
        return 0
    return shared.written_out(len(_POINTS.findall(xml)), lambda: list(map(int, _PLACE.findall(xml))))
