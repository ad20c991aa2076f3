"""Sheet plans onto live sheets, in place, so that what refers to a sheet of ours still does afterwards.

Cells are written in columns of one kind. A text goes into cells formatted as text first, or Excel
would make a number of "001", a date of "May 2020" and a formula of "=1+1". Formulas come last, when all
tables they name are there.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from pipesheet.composing.cells import EPOCH_1900, EPOCH_1904, LONGEST_TEXT, clean, literal, location, serial
from pipesheet.excel.drawing import redraw
from pipesheet.excel.looks import GENERAL, area, dress_sheet, neighbours, refined, set_up
from pipesheet.excel.reading import Block, Told, as_block, contents_of, marked, named
from pipesheet.grid import quoted_sheet
from pipesheet.locate import BOOK_MARK, MARK
from pipesheet.sheets import Content, Formula, Link, SheetPlan, TablePlan, Typeface

AS_TEXT = "@"
NOTHING, TEXT, VALUE, FORMULA = "nothing", "text", "value", "formula"
_ASIDE = 200
"""Columns to the right where a table stands for a moment when its place has moved."""

Corners = tuple[int, int, int, int]
"""First row, first column, last row, last column; 1-based, inclusive."""


def put_sheets(book: Any, plans: Sequence[SheetPlan], told: Told = lambda _: None) -> None:
    """Writes the sheets of the plans, each over the one that bears its mark or as a new last one."""
    ours = marked(book)
    sheets = {plan.key: _sheet_of(book, plan, ours) for plan in plans}
    epoch = epoch_of(book)
    for plan in plans:
        told(plan.name)
        _make_room(sheets[plan.key], plan)
        _put_values(sheets[plan.key], plan, epoch)
    for plan in plans:
        told(plan.name)
        with in_sight(sheets[plan.key]) as sheet:
            dress_sheet(sheet, plan, _typeface(sheet))
            sheet.range((1, 1)).select()
    # A formula in a cell without a format would bring that of the cells it counts along.
    for plan in plans:
        _put_formulas(sheets[plan.key], plan)
    for plan in plans:
        redraw(sheets[plan.key], plan.charts)


def take_off(book: Any, keys: Sequence[str]) -> None:
    """Deletes our sheets of those keys, finished or not, their marks, and the book's mark with the last of them."""
    ours = named(book)
    gone = {(MARK + key).casefold() for key in keys}
    for key in set(ours) & set(keys):
        ours[key].delete()
    if set(ours) <= set(keys):
        gone.add(BOOK_MARK.casefold())
    for name in list(book.names):
        if str(name.name).casefold() in gone:
            name.delete()


def _sheet_of(book: Any, plan: SheetPlan, ours: Mapping[str, str]) -> Any:
    """The sheet with the mark of that plan, or a new last one that bears it from the start."""
    if plan.key in ours:
        return book.sheets[ours[plan.key]]
    made = book.sheets.add(plan.name, after=book.sheets[len(book.sheets) - 1])
    set_up(made, plan)
    made.visible = not plan.hidden
    _mark(book, MARK + plan.key, f"={quoted_sheet(plan.name)}!$A$1")
    _mark(book, BOOK_MARK, "=1")
    return made


def _mark(book: Any, name: str, text: str) -> None:
    """Defines a hidden name for the whole workbook, in place of one that points elsewhere."""
    for old in [n for n in book.names if str(n.name).casefold() == name.casefold()]:
        old.delete()
    made = book.names.add(name, text)
    refined(lambda: setattr(made.api, "Visible", False))


def epoch_of(book: Any) -> dt.date:
    """Day 0 of that workbook."""
    try:
        return EPOCH_1904 if book.api.Date1904 else EPOCH_1900
    except Exception:  # a host that has no such word counts as all do
        return EPOCH_1900


@contextmanager
def in_sight(sheet: Any) -> Iterator[Any]:
    """The sheet as the active one, which some things can be done to no other; hidden again if it was."""
    seen = sheet.visible
    sheet.visible = True
    sheet.activate()
    yield sheet
    sheet.visible = seen


def _typeface(sheet: Any) -> Typeface:
    size = sheet.range((1, 16_000)).font.size
    return Typeface(size=float(size)) if size else Typeface()


# Room for what comes


def _make_room(sheet: Any, plan: SheetPlan) -> None:
    """Empties the sheet and brings its tables to where they are wanted, never by way of deleting cells."""
    there = {str(table.name).casefold(): table for table in sheet.tables}
    if not there and sheet.used_range.shape == (1, 1):
        _add_tables(sheet, plan.tables)
        return
    for table in there.values():
        refined(lambda table=table: table.autofilter.clear())  # type: ignore[misc]  # what is hidden is written too
    sheet.cells.unmerge()
    sheet.cells.conditional_formats.clear()
    sheet.cells.data_validation.delete()
    sheet.cells.clear_formats()
    wanted = {table.name.casefold(): table for table in plan.tables}
    for gone in set(there) - set(wanted):
        refined(there.pop(gone).api.Unlist)
    _bring(sheet, there, wanted)
    for table in sheet.tables:
        if planned := wanted.get(str(table.name).casefold()):
            _resize(sheet, table, planned)
    _add_tables(sheet, [table for name, table in wanted.items() if name not in there])


def _bring(sheet: Any, there: Mapping[str, Any], wanted: Mapping[str, TablePlan]) -> None:
    """Moves tables to where they are wanted, by way of free columns, as one may stand where another goes.

    What stands outside tables is emptied between the two.
    """
    places = {name: _corners(table.range) for name, table in there.items()}
    moving = [name for name, at in places.items() if at[:2] != (wanted[name].row, wanted[name].column)]
    for name in moving:
        top, left, bottom, right = places[name]
        row, column = wanted[name].row, wanted[name].column + _ASIDE
        there[name].range.move(sheet.range((row, column)))
        places[name] = (row, column, row + bottom - top, column + right - left)
    for rest in without(_corners(sheet.used_range), list(places.values())):
        sheet.range(rest[:2], rest[2:]).clear_contents()
    for table in sheet.tables if moving else ():  # asked for anew, as they are elsewhere now
        if (name := str(table.name).casefold()) in moving:
            table.range.move(sheet.range((wanted[name].row, wanted[name].column)))


def _resize(sheet: Any, table: Any, planned: TablePlan) -> None:
    corners = _corners(table.range)
    if len(planned.columns) >= corners[3] - corners[1] + 1:
        _headers(sheet, planned)
    table.resize(area(sheet, planned.row, planned.column, planned.rows + 1, len(planned.columns)))
    _headers(sheet, planned)
    for rest in without(corners, (_planned_corners(planned),)):
        sheet.range(rest[:2], rest[2:]).clear_contents()
    area(sheet, planned.row + 1, planned.column, planned.rows, len(planned.columns)).clear_contents()


def _headers(sheet: Any, planned: TablePlan) -> None:
    """Writes those headers that differ: a header that is written anew is a new name to formulas."""
    across = len(planned.columns)
    there = as_block(area(sheet, planned.row, planned.column, 1, across).raw_value, 1, across) or [[None] * across]
    for at, (column, header) in enumerate(zip(planned.columns, there[0], strict=True), planned.column):
        if header != column.header:
            _write_texts(area(sheet, planned.row, at), [[column.header]])


def _write_texts(cells: Any, texts: Sequence[Sequence[str | None]]) -> None:
    """Texts that stay what they are. Afterwards the cells are formatted as text, until they get their look."""
    cells.number_format = AS_TEXT
    cells.raw_value = [[_kept(text) for text in row] for row in texts]


def _add_tables(sheet: Any, tables: Sequence[TablePlan]) -> None:
    for table in tables:
        header = area(sheet, table.row, table.column, 1, len(table.columns))
        _write_texts(header, [[column.header for column in table.columns]])
        cells = area(sheet, table.row, table.column, table.rows + 1, len(table.columns))
        made = sheet.tables.add(source=cells, name=table.name, has_headers=True, table_style_name=table.style)
        made.show_autofilter = table.autofilter
        made.show_table_style_row_stripes = table.banded


def _corners(cells: Any) -> Corners:
    rows, columns = cells.shape
    return cells.row, cells.column, cells.row + rows - 1, cells.column + columns - 1


def _planned_corners(table: TablePlan) -> Corners:
    return table.row, table.column, table.last_row, table.last_column


def without(whole: Corners, holes: Sequence[Corners]) -> list[Corners]:
    """A rectangle less some others, as rectangles that do not overlap."""
    parts = [whole]
    for hole in holes:
        parts = [piece for part in parts for piece in _less(part, hole)]
    return parts


def _less(part: Corners, hole: Corners) -> Iterator[Corners]:
    top, left, bottom, right = part
    high, near, low, far = max(top, hole[0]), max(left, hole[1]), min(bottom, hole[2]), min(right, hole[3])
    if high > low or near > far:
        yield part
        return
    pieces = ((top, left, high - 1, right), (low + 1, left, bottom, right), (high, left, low, near - 1),
              (high, far + 1, low, right))  # fmt: skip
    yield from (p for p in pieces if p[0] <= p[2] and p[1] <= p[3])


# Contents


def _put_values(sheet: Any, plan: SheetPlan, epoch: dt.date) -> None:
    """All but formulas, neighbours of one kind at once; then no cell is formatted as text any more."""
    for put in plan.puts:
        cell = plain(put.content, epoch)
        _put_block(sheet, put.row, put.column, [[cell]], _kind(cell))
    for table in plan.tables:
        columns = [[] if c.formula else [plain(v, epoch) for v in c.contents] for c in table.columns]
        kinds = [{_kind(cell) for cell in cells} - {NOTHING} for cells in columns]
        for first, last, alike in neighbours(kinds):
            # Columns of one kind go together; one of several by itself, kind after kind.
            step = last - first + 1 if len(alike) == 1 else 1
            for at in range(first, last + 1, step):
                _put_columns(sheet, table.row + 1, table.column + at, columns[at : at + step], alike)
    corners = [_planned_corners(table) for table in plan.tables] + [(p.row, p.column) * 2 for p in plan.puts]
    if corners:
        bottom, right = (max(corner[at] for corner in corners) for at in (2, 3))
        area(sheet, 1, 1, bottom, right).number_format = GENERAL


def _put_columns(sheet: Any, row: int, column: int, columns: Sequence[list[Any]], kinds: set[str]) -> None:
    """Columns beside one another, of one kind; a single one may be mixed."""
    if len(kinds) == 1:
        _put_block(sheet, row, column, [list(cells) for cells in zip(*columns, strict=True)], next(iter(kinds)))
    elif kinds:
        for kind, run in groupby(enumerate(columns[0], row), key=lambda pair: _kind(pair[1])):
            found = list(run)
            _put_block(sheet, found[0][0], column, [[cell] for _, cell in found], kind)


def _put_block(sheet: Any, row: int, column: int, block: list[list[Any]], kind: str) -> None:
    if kind == TEXT:
        _write_texts(area(sheet, row, column, len(block), len(block[0])), block)
    elif kind == VALUE:
        area(sheet, row, column, len(block), len(block[0])).raw_value = block


def _kept(text: str | None) -> str | None:
    """Excel takes a first apostrophe for a sign that what follows is text, and shows the rest."""
    return f"'{text}" if text is not None and text.startswith("'") else text


def _kind(cell: Any) -> str:
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


def _put_formulas(sheet: Any, plan: SheetPlan) -> None:
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
