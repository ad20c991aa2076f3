"""The plain-text part of a mail: 72 columns, figures one under another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import category, east_asian_width

WIDTH = 72
NARROWEST = 8
_SPACES = re.compile("[ \t\n]+")  # not the spaces that hold a number and its unit together
BETWEEN = 2


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: an ideograph or an emoji two, a combining mark none."""
    return sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def wrapped(text: str, width: int = WIDTH, *, indent: int = 0) -> str:
    """Running text in lines of that width; `indent` is of the lines after the first."""
    lines = list(_lines(text, width, indent))
    return f"\n{' ' * indent}".join(lines)


def _lines(text: str, width: int, indent: int) -> Iterator[str]:
    line, room = "", width
    for word in _words(text, width - indent):
        wider = f"{line} {word}" if line else word
        if columns(wider) <= room:
            line = wider
            continue
        yield line
        line, room = word, width - indent
    yield line


def _words(text: str, width: int) -> Iterator[str]:
    """The words; one that is longer than a line in pieces."""
    for word in _SPACES.split(text.strip()):
        piece = ""
        for character in word:
            if columns(piece + character) > width:
                yield piece
                piece = ""
            piece += character
        yield piece


def underlined(text: str) -> str:
    """A heading, each line of it as long as it is, and a rule beneath."""
    title = wrapped(text)
    return f"{title}\n{'-' * max(columns(line) for line in title.splitlines())}"


def aligned(rows: Sequence[Sequence[str | Sequence[str]]], right: Sequence[bool], width: int = WIDTH) -> str:
    """Rows of cells in columns, numbers at the right of theirs; a cell may be several lines. Columns of text
    give way, the widest first, where a row would be wider than the page."""
    cells = [[[c] if isinstance(c, str) else list(c) for c in row] for row in rows]
    sizes = [max((columns(line) for row in cells for line in row[i]), default=0) for i in range(len(right))]
    texts = [i for i, on_the_right in enumerate(right) if not on_the_right]
    while sum(sizes) + BETWEEN * (len(sizes) - 1) > width and texts:
        widest = max(texts, key=lambda i: sizes[i])
        if sizes[widest] <= NARROWEST:
            break
        sizes[widest] -= 1
    drawn = ["\n".join(_row(row, sizes, right)) for row in cells]
    # Rows of several lines are told apart by an empty one.
    return ("\n\n" if any("\n" in row for row in drawn) else "\n").join(drawn)


def _row(row: Sequence[Sequence[str]], sizes: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    broken = [
        [piece for line in cell for piece in _lines(line, size or 1, 0)] for cell, size in zip(row, sizes, strict=True)
    ]
    for n in range(max(map(len, broken))):
        pieces = [
            _padded(cell[n] if n < len(cell) else "", size, on_the_right)
            for cell, size, on_the_right in zip(broken, sizes, right, strict=True)
        ]
        yield (" " * BETWEEN).join(pieces).rstrip()


def _padded(text: str, size: int, on_the_right: bool) -> str:
    space = " " * max(size - columns(text), 0)
    return space + text if on_the_right else text + space


def columns_of(items: Sequence[object], *names: str | tuple[str, ...]) -> list[tuple[str, ...]]:
    """A row of texts for each item, from its attributes of those names; several of them side by side."""

    def said(item: object, name: str | tuple[str, ...]) -> str:
        parts = [name] if isinstance(name, str) else name
        return " ".join(filter(None, (str(getattr(item, part)) for part in parts)))

    return [tuple(said(item, name) for name in names) for item in items]
