"""A live sheet that still stands as its plan has it, brought to the next plan: only what differs is written.

Looks, filters and sizes that a person gave it since stay, as nothing but contents is touched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipesheet.excel.drawing import redraw
from pipesheet.excel.looks import GENERAL, area, neighbours
from pipesheet.excel.writing import NOTHING, TEXT, VALUE, blocks_of, plain, text_of, write_texts
from pipesheet.sheets import Content, Formula, SheetPlan

MOST_STRETCHES = 20
"""So many changed stretches of a column are written one by one; where there are more, all between them too."""


def only_contents_differ(old: SheetPlan, new: SheetPlan) -> bool:
    """Whether the plans have the same cells and looks, whatever stands in them; charts are no matter."""
    return _frame(old) == _frame(new)


def _frame(plan: SheetPlan) -> SheetPlan:
    puts = tuple(replace(put, content=None) for put in plan.puts)
    tables = tuple(
        replace(table, columns=tuple(replace(column, contents=[len(column.contents)]) for column in table.columns))
        for table in plan.tables
    )
    return replace(plan, puts=puts, tables=tables, charts=())


def renew(sheet: Any, old: SheetPlan, new: SheetPlan, epoch: dt.date) -> None:
    """Writes what differs between the plans, of which `old` is the one that stands there."""
    for stands, put in zip(old.puts, new.puts, strict=True):
        if _said(stands.content) != _said(put.content):
            _write(sheet, put.row, put.column, [plain(put.content, epoch)], put.style.number)
    for before, table in zip(old.tables, new.tables, strict=True):
        for at, column in enumerate(table.columns):
            was = before.columns[at].contents
            for first, last in _changed(was, column.contents) if not column.formula else ():
                cells = [plain(content, epoch) for content in column.contents[first : last + 1]]
                _write(sheet, table.row + 1 + first, table.column + at, cells, column.style.number)
    if old.charts != new.charts:
        redraw(sheet, new.charts)


def _said(content: Content) -> tuple[type, Any]:
    """What a cell is told: of a formula its text, as the program finds its result; and 1 is not TRUE."""
    return type(content), content.text if isinstance(content, Formula) else content


def _changed(old: Sequence[Content], new: Sequence[Content]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch that differs."""
    if old == new and list(map(type, old)) == list(map(type, new)):
        return
    differs = [_said(was) != _said(is_) for was, is_ in zip(old, new, strict=True)]
    stretches = [(first, last) for first, last, differ in neighbours(differs) if differ]
    if len(stretches) > MOST_STRETCHES:
        stretches = [(stretches[0][0], stretches[-1][1])]
    yield from stretches


def _write(sheet: Any, row: int, column: int, contents: Sequence[Any], number: str) -> None:
    """Contents below one another, into cells that have their look already."""
    for kind, first, _, block in blocks_of(row, column, contents):
        cells = area(sheet, first, column, len(block))
        if kind == NOTHING:
            cells.clear_contents()
        elif kind == TEXT:
            write_texts(cells, block)
            cells.number_format = number or GENERAL
        elif kind == VALUE:
            cells.raw_value = block
        else:
            cells.formula = [[text_of(content)] for (content,) in block]
