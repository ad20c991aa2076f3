"""From a located sheet to typed columns: which rows are records, what each cell says, what was odd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

from pipesheet.coerce import FORMS, Note, Reading, cleaned, is_blank, quoted
from pipesheet.findings import Finding, severity_of
from pipesheet.grid import CellRef, Value, column_letters
from pipesheet.locate import Place
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
    kept: Sequence[bool] | None
    rows: Sequence[int]

    def cells(self, column: int) -> list[Value]:
        """One column's cells, records only."""
        cells = raw_column(self.place, column)
        return cells if self.kept is None else list(compress(cells, self.kept))


def raw_column(place: Place, column: int) -> list[Value]:
    """All cells of a column below the header, None where a row ends before it."""
    rows = _body(place)
    try:
        return [row[column - 1] for row in rows]
    except IndexError:
        return [row[column - 1] if len(row) >= column else None for row in rows]


def _body(place: Place) -> Sequence[Sequence[Value]]:
    return place.grid.rows[place.header_row : place.last_row]


def headed_columns(place: Place) -> tuple[int, ...]:
    """Every column under a header, from left to right."""
    fields = {column for columns in place.columns.values() for column in columns}
    return tuple(sorted(fields | set(place.others.values())))


def records(place: Place, found: Found) -> Records:
    """The records of a place: no blank rows, no totals, no notes beneath the table."""
    key = place.columns["stage"][0] if place.rule is DEALS else None
    body = _body(place)
    suspects = range(len(body)) if key is None else [i for i, v in enumerate(raw_column(place, key)) if is_blank(v)]
    columns = headed_columns(place)
    dropped = set()
    for index in suspects:
        row = body[index]
        filled = [(c, row[c - 1]) for c in columns if c <= len(row) and not is_blank(row[c - 1])]
        if filled and not _is_remark(place, filled):
            continue
        dropped.add(index)
        if filled:
            column, value = next(((c, v) for c, v in filled if isinstance(v, str)), filled[0])
            cell = CellRef(place.grid.name, place.header_row + 1 + index, column)
            found.add("row-not-a-record", quoted(value), "nothing; totals and notes are left out", cell)
    first = place.header_row + 1
    if not dropped:
        return Records(place, None, range(first, first + len(body)))
    kept = [index not in dropped for index in range(len(body))]
    return Records(place, kept, [first + i for i, keep in enumerate(kept) if keep])


def _is_remark(place: Place, filled: Sequence[tuple[int, Value]]) -> bool:
    words = [cleaned(v) for _, v in filled if isinstance(v, str)]
    if words and all(folded(word) in _TOTALS for word in words):
        return True
    return place.rule is DEALS and len(filled) == len(words) == 1 and len(words[0].split()) >= _PROSE_WORDS


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
            text = f"{len(same)} cells in {letters}{first}:{letters}{last}, such as {same[0].found}"
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
        found.add("header-duplicate", quoted(row[column - 1]), "a name of its own; the first such column is used", cell)
    for column in place.not_text:
        cell = CellRef(name, place.header_row, column)
        found.add("header-not-text", quoted(row[column - 1]), "a text", cell)
    for rule in place.missing:
        cell = CellRef(name, place.header_row, 1)
        found.add("column-missing", f"no column {rule.header} in sheet {name}", f"a column {rule.header}", cell)


def as_columns(sheet: Sheet, extra: Mapping[str, Sequence[Value]]) -> Columns:
    """The sheet as the book holds it, with the columns no field asks for."""
    place = sheet.place
    position = {name: columns[0] for name, columns in place.columns.items()}
    position.update({header: place.others[header] for header in extra})
    return Columns(place.grid.name, place.header_row, sheet.rows, sheet.values, extra, position, dict(place.headers))
