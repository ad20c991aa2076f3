"""The last live run taken back: what stood in our sheets before is remembered, and put there again.

What the buttons put on this computer comes back whole, by its plan. What came from elsewhere, a file's run or a
colleague's, comes back as its cells say it: values, formulas, tables and days, with no more look than that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pipesheet.excel.putting import put_sheets, take_off
from pipesheet.excel.reading import Block, contents_of, marked, named, seal, table_of
from pipesheet.excel.writing import restore_cells
from pipesheet.grid import Table
from pipesheet.journal import Before, Entry, Journal
from pipesheet.sheets import PLAIN, Column, Content, Formula, Put, SheetPlan, Style, TablePlan

DATE, MOMENT = Style(number="m/d/yyyy"), Style(number="m/d/yyyy h:mm")


def remember(book: Any, plans: Sequence[SheetPlan], journal: Journal) -> tuple[Entry, dict[str, SheetPlan]]:
    """Keeps what stands where the plans will be put, before a cell is written, and tells the plans that stand."""
    ours, last = marked(book), journal.read()
    stands = _standing(book, journal.seals, last.put)
    before = {
        plan.key: _as_it_is(book.sheets[ours[plan.key]], last.put.get(plan.key), plan.key in stands)
        if plan.key in ours
        else None
        for plan in plans
    }
    entry = Entry({plan.key: plan for plan in plans}, before)
    journal.write(entry)
    return entry, stands


def _standing(book: Any, seals: Mapping[str, str], put: Mapping[str, SheetPlan]) -> dict[str, SheetPlan]:
    """By key, the plans whose sheets are as the last run left them, of a program that tells."""
    ours = marked(book)
    return {
        key: plan
        for key, plan in put.items()
        if key in ours and key in seals and _untouched(book.sheets[ours[key]], plan, seals[key])
    }


def _untouched(sheet: Any, plan: SheetPlan, left: str) -> bool:
    """Cells by their seal; and what is no cell's matter by itself."""
    same = bool(left) and seal(sheet) == left and sheet.name == plan.name
    return same and _is_of(sheet, plan) and len(sheet.charts) == len(plan.charts)


def seal_up(book: Any, journal: Journal) -> None:
    """Notes that the run came to its end, and how it left its sheets, where the program tells."""
    seals: dict[str, str] = {}
    with suppress(Exception):  # all is written: a program that is busy by now has the next click take longer, no more
        seals.update({key: seal(book.sheets[tab]) for key, tab in marked(book).items()})
    journal.finish(seals)


def take_back(book: Any, entry: Entry, journal: Journal) -> None:
    """After a write that failed half way: as it was before, as far as Excel lets us; if it does not, Undo may."""
    with suppress(Exception):
        journal.write(Entry({plan.key: plan for plan in _put_back(book, entry.before, {})}))


def can_undo(book: Any, journal: Journal) -> Entry | None:
    """The last run on this very workbook, if it can be undone.

    A finished one must stand as it was put: another workbook of the same name has no such sheets, and one that was
    closed without saving those of an earlier run. Of one that was broken off anything may stand.
    """
    entry = journal.read()
    stands = _stands(book, entry.put) if journal.finished else bool(named(book).keys() & entry.put)
    return entry if entry.before and stands else None


def undo(book: Any, entry: Entry, journal: Journal) -> str:
    """Puts back what stood before that run, takes off what did not, and says which it was."""
    stands = _standing(book, journal.seals, entry.put)
    journal.write(Entry({plan.key: plan for plan in _put_back(book, entry.before, stands)}))
    was = [sheet for sheet in entry.before.values() if sheet is not None]
    if not was:
        return "The last run is undone; its sheets are gone."
    if all(sheet.plan for sheet in was):
        return "The last run is undone; the sheets show what they showed before."
    return "The last run is undone; the sheets say what they said before, plainly: their look comes with the next run."


def _put_back(book: Any, before: Mapping[str, Before | None], stands: Mapping[str, SheetPlan]) -> tuple[SheetPlan, ...]:
    back = {key: was for key, was in before.items() if was is not None}
    plans = tuple(replace(was.plan or _plain_plan(key, was), name=was.name) for key, was in back.items())
    take_off(book, [key for key in before if key not in back])
    put_sheets(book, plans, standing=stands)
    ours = marked(book)
    for key, was in back.items():
        restore_cells(book.sheets[ours[key]], was.contents)
    return plans


def _as_it_is(sheet: Any, plan: SheetPlan | None, stands: bool) -> Before:
    known = plan if plan is not None and (stands or _is_of(sheet, plan)) else None
    return Before(sheet.name, tuple(map(table_of, sheet.tables)), [] if stands else contents_of(sheet), known)


def _stands(book: Any, put: Mapping[str, SheetPlan]) -> bool:
    ours = marked(book)
    return all(key in ours and _is_of(book.sheets[ours[key]], plan) for key, plan in put.items())


def _is_of(sheet: Any, plan: SheetPlan) -> bool:
    """Whether its tables stand as that plan has them."""
    planned = {Table(t.name, t.row, t.column, t.last_row, t.last_column) for t in plan.tables}
    return planned == set(map(table_of, sheet.tables))


def _plain_plan(key: str, was: Before) -> SheetPlan:
    """A sheet as far as its cells tell."""
    cells = was.contents
    inside = {
        (row, column)
        for t in was.tables
        for row in range(t.first_row, t.last_row + 1)
        for column in range(t.first_column, t.last_column + 1)
    }
    puts = tuple(
        Put(row, column, _content(cell), _style(cell))
        for row, line in enumerate(cells, 1)
        for column, cell in enumerate(line, 1)
        if cell is not None and (row, column) not in inside
    )
    tables = tuple(
        TablePlan(t.name, t.first_row, t.first_column, tuple(_plain_columns(cells, t)), style="") for t in was.tables
    )
    return SheetPlan(key, was.name, puts, tables)


def _plain_columns(cells: Block, t: Table) -> list[Column]:
    def cell(row: int, column: int) -> Any:
        line = cells[row - 1] if row <= len(cells) else []
        return line[column - 1] if column <= len(line) else None

    columns = []
    for at in range(t.first_column, t.last_column + 1):
        body = [cell(row, at) for row in range(t.first_row + 1, t.last_row + 1)]
        looks = {_style(value) for value in body if value is not None}
        style = looks.pop() if len(looks) == 1 else PLAIN
        columns.append(Column(str(cell(t.first_row, at) or ""), list(map(_content, body)), style))
    return columns


def _content(cell: Any) -> Content:
    if isinstance(cell, str) and cell.startswith("="):
        return Formula(cell[1:], "")
    return cell if isinstance(cell, str | float | bool | dt.date | None) else str(cell)


def _style(cell: Any) -> Style:
    if isinstance(cell, dt.datetime):
        return MOMENT
    return DATE if isinstance(cell, dt.date) else PLAIN
