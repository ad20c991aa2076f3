"""A bare .csv export to one grid of texts: its encoding and its delimiter are found, not asked for."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipesheet.errors import NotAWorkbook, Unsafe
from pipesheet.grid import Grid

MOST_BYTES = 2 * 1024**3
DELIMITERS = ",;\t|"
_LOOKED_AT = 20
_LONGEST_CELL = 1024**2


def csv_grid(path: Path, content: bytes) -> Grid:
    """The rows of a .csv, every cell a text.

    Raises:
        Unsafe: it is too large. NotAWorkbook: its quotes do not fit.
    """
    if len(content) > MOST_BYTES:
        raise Unsafe(path, f"it is a text file of {len(content) / 1024**3:.1f} GB")
    text = _decoded(content)
    first, _, rest = text.partition("\n")
    delimiter = _delimiter(text)
    # Excel's own hint to itself, in a first line of its own.
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:
        delimiter, text = first.strip()[4], rest
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter))
    except csv.Error as fault:
        raise NotAWorkbook(path, f"its text is not a table ({fault})") from fault
    finally:
        csv.field_size_limit(before)
    return Grid(path.stem or "csv", rows)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    head = content[:4096]
    if head[1::2].count(0) > len(head) // 4:
        return content.decode("utf-16-le", "replace")
    if head[0::2].count(0) > len(head) // 4:
        return content.decode("utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """The delimiter that splits the most of the first lines alike, and then into the most cells: a decimal
    comma, or a semicolon in a remark, splits some lines only."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_LOOKED_AT]
    return max(DELIMITERS, key=lambda mark: (*_alike(lines, mark), -DELIMITERS.index(mark)))


def _alike(lines: Sequence[str], mark: str) -> tuple[int, int]:
    """How many lines have the same number of cells, if more than one, and that number."""
    try:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=mark))
    except csv.Error:
        return 0, 0
    return max(((often, cells) for cells, often in counts.items() if cells > 1), default=(0, 0))
