"""From a located sheet to typed columns: which rows are records, what each cell says, what was odd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, zip_longest
from typing import Any

from pipesheet.coerce import FORMS, Note, Reading, cleaned, is_blank, quoted
from pipesheet.findings import Finding, severity_of
from pipesheet.grid import CellRef, Value, column_letters
from pipesheet.language import say
from pipesheet.locate import Place, header_text
from pipesheet.models import Columns
from pipesheet.schema import DEALS, FieldRule, folded

GROUPED_FROM = 11
"""So many notes of one kind in one column become one finding."""
_TOTALS = frozenset(
    folded(word)
    for word in (
        "Total",
        "Totals",
        "Grand total",
        "Subtotal",
        "Sub-total",
        "Sum",
        "Count",
        "Overall",
        "Summe",
        "Gesamt",
        "Gesamtsumme",
        "Zwischensumme",
        "Average",
        "Total:",
        "Insgesamt",
    )
)
_PROSE_WORDS = 3
_NAMING = frozenset({"deal_id", "deal", "account", "owner"})
_SOME_ROWS = 1000


@dataclass(slots=True)
class Found:
    """Findings as they come up while one workbook is parsed, at the severities its Settings ask for."""

    rules: Mapping[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, found: str, needed: str, cell: CellRef | None = None, **about: Any) -> None:
        """Adds one finding, unless Settings turn its code off."""
        severity = severity_of(code, self.rules)
        if severity is not None:
            self.findings.append(Finding(code, severity, found, needed, cell, **about))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The records of one part: `rows` are their sheet rows, `values[field]` one list each."""

    place: Place
    rows: Sequence[int]
    values: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, name: str) -> Sequence[Any]:
        """A field's values; Nones where it has no column."""
        return self.values.get(name) or [None] * len(self.rows)

    def cell(self, index: int, name: str) -> CellRef:
        """Where that field of record `index` stands."""
        column = self.place.columns.get(name, (1,))[0]
        return CellRef(self.place.grid.name, self.rows[index], column)


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a place that hold records: their sheet rows, and the cells of any column."""

    place: Place
    rows: Sequence[int]
    columns: Sequence[list[Value]]

    def cells(self, column: int) -> list[Value]:
        """One column's cells, records only, None where a row ends before it."""
        return self.columns[column - 1]


def _transposed(rows: Sequence[Sequence[Value]], width: int) -> list[list[Value]]:
    """Rows to columns, some at a time: as many as the processor's cache holds, which is four times as fast."""
    columns: list[list[Value]] = [[] for _ in range(width)]
    for start in range(0, len(rows), _SOME_ROWS):
        # The range makes every column as wide as is asked for, however early the rows end.
        stacked = zip_longest(*rows[start : start + _SOME_ROWS], range(width))
        for column, cells in zip(columns, stacked, strict=False):
            column.extend(cells[:-1])
    return columns


def _body(place: Place) -> Sequence[Sequence[Value]]:
    return place.grid.rows[place.header_row : place.last_row]


def headed_columns(place: Place) -> tuple[int, ...]:
    """Every column under a header, from left to right."""
    fields = {column for columns in place.columns.values() for column in columns}
    return tuple(sorted(fields | set(place.others.values())))


def records(place: Place, found: Found) -> Records:
    """The records of a place: no blank rows, no totals, no notes beneath the table."""
    headed = headed_columns(place)
    columns = _transposed(_body(place), max(headed))
    key = place.columns["stage"][0] if place.rule is DEALS else None
    suspects = range(len(columns[0])) if key is None else [i for i, v in enumerate(columns[key - 1]) if is_blank(v)]
    first = place.header_row + 1
    dropped = set()
    for index in suspects:
        filled = [(c, v) for c in headed if not is_blank(v := columns[c - 1][index])]
        if filled and not _is_remark(place, filled):
            continue
        dropped.add(index)
        if filled:
            column, value = next(((c, v) for c, v in filled if isinstance(v, str)), filled[0])
            cell = CellRef(place.grid.name, first + index, column)
            found.add("row-not-a-record", quoted(value), say("nothing; totals and notes are left out"), cell)
    rows = range(first, first + len(columns[0]))
    if not dropped:
        return Records(place, rows, columns)
    kept = [index not in dropped for index in range(len(rows))]
    return Records(place, list(compress(rows, kept)), [list(compress(column, kept)) for column in columns])


def _is_remark(place: Place, filled: Sequence[tuple[int, Value]]) -> bool:
    words = [word for _, v in filled if isinstance(v, str) and (word := cleaned(v))]
    if words and all(folded(word) in _TOTALS for word in words):
        return True
    if place.rule is not DEALS:
        return False
    if len(words) == 1:
        prose = len(filled) == 1 and len(words[0].split()) >= _PROSE_WORDS
        return prose or ("deal_id" not in _fields_of(place, filled) and folded(words[0].split()[0]) in _TOTALS)
    # A sum that nobody labelled: numbers, and nothing that names a deal.
    return not words and not _NAMING & _fields_of(place, filled)


def _fields_of(place: Place, filled: Sequence[tuple[int, Value]]) -> set[str]:
    at = {column for column, _ in filled}
    return {name for name, columns in place.columns.items() if at & set(columns)}


def read_sheet(place: Place, reading: Reading, found: Found) -> Sheet:
    """Every field of a place, coerced; what was odd goes to `found`."""
    which = records(place, found)
    values = {}
    report_headers(place, found)
    for rule in place.rule.fields:
        if rule.name in place.columns:
            values[rule.name], odd = coerce_field(which, rule, place.columns[rule.name], reading)
            for column, notes in odd:
                report_notes(notes, which, column, found)
    return Sheet(place, which.rows, values)


def coerce_field(
    which: Records, rule: FieldRule, columns: Sequence[int], reading: Reading
) -> tuple[list[Any], list[tuple[int, list[Note]]]]:
    """One field of all records, and the notes on each of its columns; where several columns fill it,
    the first with a value does."""
    values: list[Any] | None = None
    odd = []
    for column in columns:
        coerced = FORMS[rule.form](which.cells(column), reading)
        odd.append((column, coerced.notes))
        if values is None:
            values = coerced.values
        else:
            values = [b if a is None else a for a, b in zip(values, coerced.values, strict=True)]
    return values or [], odd


def report_notes(
    notes: Iterable[Note],
    which: Records,
    column: int,
    found: Found,
    about: Callable[[int], Mapping[str, Any]] | None = None,
) -> None:
    """Turns the notes on one column into findings; many infos of one kind become one.

    `about` gives the keywords of a finding for a record.
    """
    by_code: dict[str, list[Note]] = {}
    for note in notes:
        by_code.setdefault(note.code, []).append(note)
    name = which.place.grid.name
    for code, same in by_code.items():
        if len(same) >= GROUPED_FROM and severity_of(code, found.rules) == "info":
            first, last = which.rows[same[0].index], which.rows[same[-1].index]
            letters = column_letters(column)
            cells = f"{letters}{first}:{letters}{last}"
            text = say("{n} cells in {cells}, such as {found}", n=len(same), cells=cells, found=same[0].found)
            found.add(code, text, same[0].needed, CellRef(name, first, column))
            continue
        for note in same:
            known = about(note.index) if about else {}
            found.add(code, note.found, note.needed, CellRef(name, which.rows[note.index], column), **known)


def report_headers(place: Place, found: Found) -> None:
    """Findings about the header row itself."""
    name = place.grid.name
    row = place.grid.rows[place.header_row - 1]
    for column in place.duplicates:
        cell = CellRef(name, place.header_row, column)
        needed = say("a name of its own; the first such column is used")
        found.add("header-duplicate", quoted(row[column - 1]), needed, cell)
    for column in place.not_text:
        cell = CellRef(name, place.header_row, column)
        found.add("header-not-text", quoted(header_text(row[column - 1])), say("a text"), cell)
    for rule in place.missing:
        cell = CellRef(name, place.header_row, 1)
        seen = say("no column {column} in sheet {sheet}", column=rule.header, sheet=name)
        found.add("column-missing", seen, say("a column {column}", column=rule.header), cell)


def as_columns(sheet: Sheet, extra: Mapping[str, Sequence[Value]]) -> Columns:
    """The sheet as the book holds it, with the columns no field asks for."""
    place = sheet.place
    position = {name: columns[0] for name, columns in place.columns.items()}
    position.update({header: place.others[header] for header in extra})
    return Columns(place.grid.name, place.header_row, sheet.rows, sheet.values, extra, position, dict(place.headers))
