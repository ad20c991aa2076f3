"""Contents of live cells, written so that they stay what they are.

Cells are written in columns of one kind. A text goes into cells formatted as text first, or Excel
would make a number of "001", a date of "May 2020" and a formula of "=1+1".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pipesheet.composing.cells import EPOCH_1900, EPOCH_1904, LONGEST_TEXT, clean, literal, location, serial
from pipesheet.excel.looks import GENERAL, area, neighbours
from pipesheet.excel.reading import Block, contents_of
from pipesheet.sheets import Content, Formula, Link, SheetPlan, TablePlan

AS_TEXT = "@"
NOTHING, TEXT, VALUE, FORMULA = "nothing", "text", "value", "formula"

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
    cells.raw_value = [[_kept(text) for text in row] for row in texts]


def put_values(sheet: Any, plan: SheetPlan, epoch: dt.date) -> None:
    """All but formulas, neighbours of one kind at once; then no cell is formatted as text any more."""
    for put in plan.puts:
        cell = plain(put.content, epoch)
        _put_block(sheet, put.row, put.column, [[cell]], kind_of(cell))
    for table in plan.tables:
        columns = [[] if c.formula else [plain(v, epoch) for v in c.contents] for c in table.columns]
        kinds = [{kind_of(cell) for cell in cells} - {NOTHING} for cells in columns]
        for first, last, alike in neighbours(kinds):
            # Columns of one kind go together; one of several by itself, kind after kind.
            step = last - first + 1 if len(alike) == 1 else 1
            for at in range(first, last + 1, step):
                _put_columns(sheet, table.row + 1, table.column + at, columns[at : at + step], alike)
    corners = [planned_corners(table) for table in plan.tables] + [(p.row, p.column) * 2 for p in plan.puts]
    if corners:
        bottom, right = (max(corner[at] for corner in corners) for at in (2, 3))
        area(sheet, 1, 1, bottom, right).number_format = GENERAL


def _put_columns(sheet: Any, row: int, column: int, columns: Sequence[list[Any]], kinds: set[str]) -> None:
    """Columns beside one another, of one kind; a single one may be mixed."""
    if len(kinds) == 1:
        _put_block(sheet, row, column, [list(cells) for cells in zip(*columns, strict=True)], next(iter(kinds)))
    elif kinds:
        for kind, run in groupby(enumerate(columns[0], row), key=lambda pair: kind_of(pair[1])):
            found = list(run)
            _put_block(sheet, found[0][0], column, [[cell] for _, cell in found], kind)


def _put_block(sheet: Any, row: int, column: int, block: list[list[Any]], kind: str) -> None:
    if kind == TEXT:
        write_texts(area(sheet, row, column, len(block), len(block[0])), block)
    elif kind == VALUE:
        area(sheet, row, column, len(block), len(block[0])).raw_value = block


def _kept(text: str | None) -> str | None:
    """Excel takes a first apostrophe for a sign that what follows is text, and shows the rest."""
    return f"'{text}" if text is not None and text.startswith("'") else text


def kind_of(cell: Any) -> str:
    """Which of the four kinds a content that `plain` gave is."""
    if cell is None:
        return NOTHING
    return {str: TEXT, Formula: FORMULA, Link: FORMULA}.get(type(cell), VALUE)


def plain(content: Content, epoch: dt.date) -> Any:
    """What is handed over for a content: days as numbers, nothing for what no cell can hold."""
    if isinstance(content, str):
        usual = content.isprintable() and len(content) < LONGEST_TEXT // 2
        return (content if usual else clean(content)) or None
    if isinstance(content, bool) or content is None or isinstance(content, Formula | Link):
        return content
    if isinstance(content, dt.date):
        number = serial(content, epoch)
        return number if isinstance(number, str) else float(number)
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
        content = _kept(content)
    cell.raw_value = plain(content, epoch) if isinstance(content, dt.date) else content
    cell.number_format = look
