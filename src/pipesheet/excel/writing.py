"""Contents of live cells, written so that they stay what they are.

Cells are written in columns of one kind. A text goes into cells that are formatted as text meanwhile, or Excel
would make a number of "001", a date of "May 2020" and a formula of "=1+1".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pipesheet.composing.cells import EPOCH_1900, EPOCH_1904, LONGEST_TEXT, clean, literal, location, serial
from pipesheet.excel.looks import GENERAL, area, neighbours
from pipesheet.excel.reading import Block, contents_of
from pipesheet.sheets import Content, Formula, Link, SheetPlan, TablePlan

AS_TEXT = "@"
NOTHING, TEXT, VALUE, FORMULA = "nothing", "text", "value", "formula"
_KINDS: Mapping[type, str] = {type(None): NOTHING, str: TEXT, Formula: FORMULA, Link: FORMULA}

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column; 1-based, inclusive."""


def epoch_of(book: Any) -> dt.date:
    """Day 0 of that workbook."""
    try:
        return EPOCH_1904 if book.api.Date1904 else EPOCH_1900
    except Exception:  # a host that has no such word counts as all do
        return EPOCH_1900


def planned_corners(table: TablePlan) -> Corners:
    """Where the table will stand, its headers included."""
    return table.row, table.column, table.last_row, table.last_column


def write_texts(cells: Any, texts: Sequence[Sequence[str | None]]) -> None:
    """Texts that stay what they are. Afterwards the cells are formatted as text, until they get their look."""
    cells.number_format = AS_TEXT
    cells.raw_value = _kept(texts)


def put_values(sheet: Any, plan: SheetPlan, epoch: dt.date) -> None:
    """All but formulas: texts while all cells are formatted as text, then numbers when none is any more."""
    corners = [planned_corners(table) for table in plan.tables] + [(p.row, p.column) * 2 for p in plan.puts]
    if not corners:
        return
    whole = area(sheet, 1, 1, *(max(corner[at] for corner in corners) for at in (2, 3)))
    blocks = [*_single(plan, epoch), *_columns(plan, epoch)]
    for kind, look in ((TEXT, AS_TEXT), (VALUE, GENERAL)):
        whole.number_format = look
        for of, row, column, block in blocks:
            if of == kind:
                cells = area(sheet, row, column, len(block), len(block[0]))
                cells.raw_value = _kept(block) if kind == TEXT else block


_Block = tuple[str, int, int, list[list[Any]]]
"""What kind it is, its first row and column, and its cells."""


def _single(plan: SheetPlan, epoch: dt.date) -> Iterator[_Block]:
    for put in plan.puts:
        cell = plain(put.content, epoch)
        yield kind_of(cell), put.row, put.column, [[cell]]


def _columns(plan: SheetPlan, epoch: dt.date) -> Iterator[_Block]:
    """Columns of one kind that stand side by side go together; one of several by itself, kind after kind."""
    for table in plan.tables:
        columns = [[] if c.formula else [plain(v, epoch) for v in c.contents] for c in table.columns]
        kinds = [{_KINDS.get(kind, VALUE) for kind in set(map(type, cells))} - {NOTHING} for cells in columns]
        for first, last, alike in neighbours(kinds):
            if len(alike) == 1:
                block = [list(cells) for cells in zip(*columns[first : last + 1], strict=True)]
                yield next(iter(alike)), table.row + 1, table.column + first, block
            for at in range(first, last + 1) if len(alike) > 1 else ():
                yield from blocks_of(table.row + 1, table.column + at, columns[at])


def blocks_of(row: int, column: int, cells: Sequence[Any]) -> Iterator[_Block]:
    """Cells below one another, from that place on, as blocks of one kind each."""
    for kind, run in groupby(enumerate(cells, row), key=lambda pair: kind_of(pair[1])):
        found = list(run)
        yield kind, found[0][0], column, [[cell] for _, cell in found]


def _kept(block: Sequence[Sequence[str | None]]) -> list[list[str | None]]:
    """Excel takes a first apostrophe for a sign that what follows is text, and shows the rest."""
    return [[f"'{text}" if text is not None and text.startswith("'") else text for text in row] for row in block]


def kind_of(cell: Any) -> str:
    """Which of the four kinds a content that `plain` gave is."""
    return _KINDS.get(type(cell), VALUE)


def plain(content: Content, epoch: dt.date) -> Any:
    """What is handed over for a content: days as numbers, nothing for what no cell can hold."""
    if isinstance(content, str):
        usual = content.isprintable() and len(content) < LONGEST_TEXT // 2
        return (content if usual else clean(content)) or None
    if isinstance(content, dt.date):
        number = serial(content, epoch)
        return number if isinstance(number, str) else float(number)
    if content is None or isinstance(content, (bool, Formula, Link)):
        return content
    return float(content) if math.isfinite(content) else None


def put_formulas(sheet: Any, plan: SheetPlan) -> None:
    """Those that `put_values` left, links among them."""
    for put in plan.puts:
        if isinstance(put.content, Formula | Link):
            sheet.range((put.row, put.column)).formula = text_of(put.content)
    for table in plan.tables:
        for at, column in enumerate(table.columns, table.column):
            if column.formula and column.contents:
                area(sheet, table.row + 1, at, len(column.contents)).formula = f"={column.formula}"
            else:
                _put_column_formulas(sheet, table.row + 1, at, column.contents)


def _put_column_formulas(sheet: Any, row: int, column: int, contents: Sequence[Content]) -> None:
    if not {Formula, Link} & set(map(type, contents)):
        return
    for live, run in groupby(enumerate(contents, row), key=lambda pair: isinstance(pair[1], Formula | Link)):
        found = list(run)
        if live:
            texts = [[text_of(content)] for _, content in found]  # type: ignore[arg-type]
            area(sheet, found[0][0], column, len(found)).formula = texts


def text_of(content: Formula | Link) -> str:
    """The formula as Excel is told it; a link is one too, as cells can be told thousands of those at once."""
    if isinstance(content, Formula):
        return f"={content.text}"
    return f"=HYPERLINK({literal('#' + location(content))},{literal(content.text)})"


def restore_cells(sheet: Any, wanted: Block) -> None:
    """Writes back what stood in each cell, where something else stands now."""
    now, epoch = contents_of(sheet), epoch_of(sheet.book)
    for row, cells in enumerate(wanted):
        there = now[row] if row < len(now) else []
        for column, content in enumerate(cells):
            if content != (there[column] if column < len(there) else None):
                _restore(sheet.range((row + 1, column + 1)), content, epoch)


def _restore(cell: Any, content: Any, epoch: dt.date) -> None:
    if isinstance(content, str) and content.startswith("="):
        cell.formula = content
        return
    look = cell.number_format
    if isinstance(content, str):
        cell.number_format = AS_TEXT
        ((content,),) = _kept([[content]])
    cell.raw_value = plain(content, epoch) if isinstance(content, dt.date) else content
    cell.number_format = look
