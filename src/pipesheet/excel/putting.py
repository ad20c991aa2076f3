"""Sheet plans onto live sheets, in place, so that what refers to a sheet of ours still does afterwards.

Formulas come last, when all tables they name are there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from pipesheet.excel.drawing import redraw
from pipesheet.excel.looks import area, dress_sheet, refined, set_up
from pipesheet.excel.reading import Told, as_block, marked, named
from pipesheet.excel.renewing import only_contents_differ, renew
from pipesheet.excel.writing import Corners, epoch_of, planned_corners, put_formulas, put_values, write_texts
from pipesheet.grid import quoted_sheet
from pipesheet.locate import BOOK_MARK, MARK
from pipesheet.sheets import SheetPlan, TablePlan, Typeface

_ASIDE = 200
"""Columns to the right where a table stands for a moment when its place has moved."""


def put_sheets(
    book: Any,
    plans: Sequence[SheetPlan],
    told: Told = lambda _: None,
    standing: Mapping[str, SheetPlan] = MappingProxyType({}),
) -> None:
    """Writes the sheets of the plans, each over the one that bears its mark or as a new last one.

    `standing`: by key, the plans of sheets that are known to stand as these have them; of such a sheet only what
    differs is written, where it keeps its shape.
    """
    ours, epoch = marked(book), epoch_of(book)
    kept = {
        plan.key: standing[plan.key]
        for plan in plans
        if plan.key in standing and only_contents_differ(standing[plan.key], plan)
    }
    _put_anew(book, [plan for plan in plans if plan.key not in kept], epoch, told)
    for plan in plans:
        if plan.key in kept:
            told(plan.name)
            renew(book.sheets[ours[plan.key]], kept[plan.key], plan, epoch)


def _put_anew(book: Any, plans: Sequence[SheetPlan], epoch: dt.date, told: Told) -> None:
    ours = marked(book)
    sheets = {plan.key: _sheet_of(book, plan, ours) for plan in plans}
    for plan in plans:
        told(plan.name)
        _make_room(sheets[plan.key], plan)
        put_values(sheets[plan.key], plan, epoch)
    for plan in plans:
        with in_sight(sheets[plan.key]) as sheet:
            dress_sheet(sheet, plan, _typeface(sheet))
            sheet.range((1, 1)).select()
    # A formula in a cell without a format would bring that of the cells it counts along.
    for plan in plans:
        put_formulas(sheets[plan.key], plan)
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


@contextmanager
def in_sight(sheet: Any) -> Iterator[Any]:
    """The sheet as the active one, which some things can be done to no other; hidden again if it was."""
    hidden = not sheet.visible
    if hidden:
        sheet.visible = True
    sheet.activate()
    yield sheet
    if hidden:
        sheet.visible = False


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
    for rest in without(corners, (planned_corners(planned),)):
        sheet.range(rest[:2], rest[2:]).clear_contents()
    area(sheet, planned.row + 1, planned.column, planned.rows, len(planned.columns)).clear_contents()


def _headers(sheet: Any, planned: TablePlan) -> None:
    """Writes those headers that differ: a header that is written anew is a new name to formulas."""
    across = len(planned.columns)
    there = as_block(area(sheet, planned.row, planned.column, 1, across).raw_value, 1, across) or [[None] * across]
    for at, (column, header) in enumerate(zip(planned.columns, there[0], strict=True), planned.column):
        if header != column.header:
            write_texts(area(sheet, planned.row, at), [[column.header]])


def _add_tables(sheet: Any, tables: Sequence[TablePlan]) -> None:
    for table in tables:
        header = area(sheet, table.row, table.column, 1, len(table.columns))
        write_texts(header, [[column.header for column in table.columns]])
        cells = area(sheet, table.row, table.column, table.rows + 1, len(table.columns))
        made = sheet.tables.add(source=cells, name=table.name, has_headers=True, table_style_name=table.style)
        made.show_autofilter = table.autofilter
        made.show_table_style_row_stripes = table.banded


def _corners(cells: Any) -> Corners:
    rows, columns = cells.shape
    return cells.row, cells.column, cells.row + rows - 1, cells.column + columns - 1


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
