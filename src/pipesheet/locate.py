"""Which sheet is Deals, which is Stages, and where in it the header stands.

A sheet is taken, in this order: as Settings map it, by its own name (``Deals``), by a name it also
goes by (``Opportunities``), by its headers. A sheet that holds a table named ``Pipesheet…`` is one of
ours, or a copy of one, and is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipesheet.coerce import is_blank
from pipesheet.errors import AmbiguousDeals, NoDeals
from pipesheet.grid import Grid, Source, Table, Value
from pipesheet.schema import DEALS, HISTORY, SETTINGS, SHEETS, FieldRule, SheetRule, folded, header_keys

OURS = "Pipesheet"
READ_AGAIN = frozenset({"PipesheetDeals", "PipesheetRuns", "PipesheetHygieneLog"})
"""Tables of ours that a later run reads: what people typed beside their deals, and what earlier runs said."""
MARK = "_pipesheet_"
"""Begins the defined names that point to our sheets."""
BOOK_MARK = MARK + "book"
"""The name that says that pipesheet wrote into this very workbook. It points nowhere, so that it does not
go along when a sheet is copied into another workbook."""
HEADER_WITHIN = 50
"""A header is looked for in so many rows from the top."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of the contract stands: rows and columns of the grid, 1-based.

    `columns[field]` are the columns that fill a field, best first; `others[header]` those no field
    asks for; `headers[field]` the header as written; `duplicates` the columns whose header was
    already taken; `last_row` the last row of its table.
    """

    rule: SheetRule
    grid: Grid
    header_row: int
    last_row: int
    columns: Mapping[str, tuple[int, ...]]
    others: Mapping[str, int]
    headers: Mapping[str, str]
    duplicates: tuple[int, ...] = ()
    not_text: tuple[int, ...] = ()

    @property
    def missing(self) -> tuple[FieldRule, ...]:
        """The required columns that are not there."""
        return tuple(f for f in self.rule.required if f.name not in self.columns)


@dataclass(frozen=True, slots=True)
class Located:
    """The place of each part that was found, by its name in the contract."""

    deals: Place
    parts: Mapping[str, Place] = field(default_factory=dict)


_REFERENCE = re.compile(r"=?\$?(?:'((?:[^']|'')+)'|([^'!$]+))!")


def marks(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Key of each sheet of ours -> its tab, by the names defined for the whole workbook and what they say.

    None in a workbook that our sheets were only copied into. Before there was a mark for workbooks the
    Run Log was in each.
    """
    ours = {name.lower(): sheet_of(text) for name, text in names if name.lower().startswith(MARK)}
    if not ours.keys() & {BOOK_MARK, MARK + "run_log"}:
        return {}
    return {name[len(MARK) :]: tab for name, tab in ours.items() if tab}


def sheet_of(reference: str) -> str:
    """The sheet a reference like ``'My deals'!$A$1`` points to; empty where it points nowhere."""
    found = _REFERENCE.match(reference.strip())
    if found is None:
        return ""
    return found.group(1).replace("''", "'") if found.group(1) else found.group(2)


def is_ours(grid: Grid) -> bool:
    """Whether pipesheet wrote that sheet, or one that it is a copy of."""
    return any(table.name.startswith(OURS) for table in grid.tables)


def settings_place(source: Source) -> Place | None:
    """Where Settings stand, before anything else is known."""
    theirs = [grid for grid in source.grids if not is_ours(grid)]
    return _by_name(SETTINGS, theirs, {}) or _by_headers(SETTINGS, theirs, {})


def locate(source: Source, sheets: Mapping[str, str], columns: Mapping[str, str]) -> Located:
    """Finds every part. `sheets` maps parts, `columns` fields of Deals, to names as Settings have them.

    Raises:
        NoDeals: no sheet looks like deals. AmbiguousDeals: several do, with equal right.
    """
    theirs = [grid for grid in source.grids if not is_ours(grid)]
    mapped = {folded(part): name for part, name in sheets.items()}
    parts: dict[str, Place] = {}
    free = list(theirs)
    chosen = _mapped_deals(source, mapped, columns)
    if chosen is not None:
        free = [g for g in free if g is not chosen.grid]
    for rule in SHEETS:
        if rule is DEALS:
            continue
        wanted = mapped.get(folded(rule.name))
        grid = source.grid(wanted) if wanted else None
        place = place_in(rule, grid, {}, named=True) if grid else _by_name(rule, free, {})
        if place is not None and not place.missing:
            parts[rule.name] = place
            free = [g for g in free if g is not place.grid]
    deals = chosen or _deals(source, free, columns)
    free = [g for g in free if g is not deals.grid]
    for rule in SHEETS:
        if rule is not DEALS and rule.name not in parts:
            place = _by_headers(rule, free, {})
            if place is not None:
                parts[rule.name] = place
                free = [g for g in free if g is not place.grid]
    return Located(deals, parts)


def fits_deals(place: Place) -> bool:
    """Whether it may be the deals: a stage, and one of deal ID, amount and close date."""
    have = place.columns
    return "stage" in have and any(name in have for name in ("deal_id", "amount", "close_date"))


def place_in(rule: SheetRule, grid: Grid, columns: Mapping[str, str], *, named: bool) -> Place | None:
    """The best header in that sheet for that part: in a table that qualifies, else in the top rows."""
    tables = [_matched(rule, grid, columns, named, t.first_row, table=t) for t in grid.tables if t.first_row > 0]
    fitting = [p for p in tables if p is not None and _fits(p)]
    if fitting:
        return _lengthened(max(fitting, key=_score))
    rows = range(1, min(len(grid.rows), HEADER_WITHIN) + 1)
    tall = [(top, left, bottom) for top, left, bottom, _ in grid.merged if top < bottom and top <= HEADER_WITHIN]
    found = [_matched(rule, grid, columns, named, row, tall=tall) for row in rows]
    return max((p for p in found if p is not None), key=_score, default=None)


def _lengthened(place: Place) -> Place:
    """With the rows that follow the table without a gap: what was pasted below it, where Excel did not
    make the table longer, is meant to be in it."""
    grid, last = place.grid, place.last_row
    needed = [place.columns[f.name][0] for f in place.rule.required if f.name in place.columns]
    starts = {table.first_row for table in grid.tables}
    while last < len(grid.rows) and last + 1 not in starts:
        row = grid.rows[last]
        if not all(column <= len(row) and not is_blank(row[column - 1]) for column in needed):
            break
        last += 1
    return replace(place, last_row=last)


def _score(place: Place) -> int:
    return len(place.columns) + 2 * sum(1 for f in place.rule.required if f.name in place.columns)


def _fits(place: Place) -> bool:
    return fits_deals(place) if place.rule is DEALS else not place.missing


def _matched(
    rule: SheetRule,
    grid: Grid,
    mapped: Mapping[str, str],
    named: bool,
    row: int,
    *,
    table: Table | None = None,
    tall: Sequence[tuple[int, int, int]] = (),
) -> Place | None:
    first = table.first_column if table else 1
    last = table.last_column if table else None
    if row > len(grid.rows):
        return None
    cells = _header_cells(grid, row, tall)[first - 1 : last]
    texts = [header_text(cell) for cell in cells]
    by_key: dict[str, int] = {}
    duplicates = []
    seen: dict[str, int] = {}
    for column, text in enumerate(texts, first):
        if not text:
            continue
        whole = folded(text)
        if whole in seen:
            duplicates.append(column)
            continue
        seen[whole] = column
        for key in header_keys(text):
            by_key.setdefault(key, column)
    found = _fields(rule, by_key, mapped, named)
    if not found:
        return None
    taken = {column for columns in found.values() for column in columns}
    written = dict(enumerate(texts, first))
    others = {written[c]: c for c in seen.values() if c not in taken}
    not_text = tuple(c for c, cell in enumerate(cells, first) if cell not in ("", None) and not isinstance(cell, str))
    return Place(
        rule,
        grid,
        row,
        table.last_row if table else len(grid.rows),
        found,
        others,
        {name: written[columns[0]] for name, columns in found.items()},
        tuple(duplicates),
        not_text,
    )


def _header_cells(grid: Grid, row: int, tall: Sequence[tuple[int, int, int]]) -> list[Value]:
    """A row of a header; a cell that is merged downwards (`tall`) stands in every row it covers."""
    cells = list(grid.rows[row - 1])
    for top, left, bottom in tall:
        if top < row <= bottom and left <= min(len(cells), len(grid.rows[top - 1])):
            cells[left - 1] = grid.rows[top - 1][left - 1]
    return cells


def _fields(
    rule: SheetRule, by_key: Mapping[str, int], mapped: Mapping[str, str], named: bool
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    taken: set[int] = set()
    for name, header in mapped.items():
        column = by_key.get(folded(header))
        if column is not None:
            found[name] = (column,)
            taken.add(column)
    for entry in rule.fields:
        if entry.name in found:
            continue
        names = entry.spellings if named else (entry.header, *entry.aliases)
        columns = [by_key[k] for k in dict.fromkeys(folded(n) for n in names) if k in by_key]
        columns = [c for c in dict.fromkeys(columns) if c not in taken]
        if columns:
            found[entry.name] = tuple(columns) if entry.merged else (columns[0],)
            taken.update(found[entry.name])
    return found


def header_text(cell: Value) -> str:
    """A header as text: one line, single spaces; a number without its ``.0``."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else " ".join(str(cell).split())


def _by_name(rule: SheetRule, grids: Sequence[Grid], columns: Mapping[str, str]) -> Place | None:
    for names in ((rule.name,), rule.aliases):
        keys = {folded(name) for name in names}
        for grid in grids:
            if folded(grid.name) in keys:
                place = place_in(rule, grid, columns, named=True)
                if place is not None and _fits(place):
                    return place
    return None


def _by_headers(rule: SheetRule, grids: Iterable[Grid], columns: Mapping[str, str]) -> Place | None:
    for grid in grids:
        place = place_in(rule, grid, columns, named=False)
        if place is not None and not place.missing:
            return place
    return None


def _mapped_deals(source: Source, mapped: Mapping[str, str], columns: Mapping[str, str]) -> Place | None:
    wanted = mapped.get(folded(DEALS.name))
    grid = source.grid(wanted) if wanted else None
    if grid is None:
        return None
    place = place_in(DEALS, grid, columns, named=True)
    if place is None or not fits_deals(place):
        raise NoDeals(source.path, [_what_was_seen(grid, place)])
    return place


def _deals(source: Source, grids: Sequence[Grid], columns: Mapping[str, str]) -> Place:
    for names in ((DEALS.name,), DEALS.aliases, None):
        keys = {folded(name) for name in names} if names else None
        of_name = [g for g in grids if keys is None or folded(g.name) in keys]
        places = [place_in(DEALS, g, columns, named=True) for g in of_name]
        fitting = [p for p in places if p is not None and fits_deals(p) and not _is_history(p)]
        if names == (DEALS.name,) and of_name and not fitting:
            raise NoDeals(source.path, [_what_was_seen(g, p) for g, p in zip(of_name, places, strict=True)])
        visible = [p for p in fitting if p.grid.visible] or fitting
        # A summary by stage has a stage and an amount, but no deals.
        likely = [p for p in visible if not p.missing] or visible
        if len(likely) > 1:
            raise AmbiguousDeals(source.path, [p.grid.name for p in likely])
        if likely:
            return likely[0]
    seen = [_what_was_seen(g, place_in(DEALS, g, columns, named=True)) for g in grids]
    raise NoDeals(source.path, seen)


def _is_history(place: Place) -> bool:
    shaped = place_in(HISTORY, place.grid, {}, named=False)
    return shaped is not None and not shaped.missing


def _what_was_seen(grid: Grid, place: Place | None) -> str:
    if place is None:
        return f"Sheet {grid.name!r} has no header that is known."
    have = ", ".join(place.headers.values())
    lacking = [DEALS.field(n).header for n in ("stage", "deal_id", "amount", "close_date") if n not in place.columns]
    return f"Sheet {grid.name!r} has {have} in row {place.header_row}, and lacks {', '.join(lacking)}."
