"""parse(): the grids of a workbook to a Book, and a finding for every cell that was not plain.

Nothing a person typed stops the others: a cell that cannot be read safely counts as empty and is an
error, one that can is read and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from types import MappingProxyType
from typing import Any, TypeVar

from pipesheet.coerce import Note, Reading, anything, is_blank, yes_no
from pipesheet.findings import Finding
from pipesheet.grid import CellRef, Source
from pipesheet.language import say, speaking
from pipesheet.locate import Located, Place, locate, settings_place
from pipesheet.models import Book, Columns, Criterion, Settings, Stage
from pipesheet.parser_columns import (
    Found,
    Records,
    Sheet,
    as_columns,
    coerce_field,
    read_sheet,
    records,
    report_headers,
    report_notes,
)
from pipesheet.parser_settings import entries, parse_settings
from pipesheet.parser_sheets import (
    GUIDE_STAGES,
    lacks,
    parse_criteria,
    parse_owners,
    parse_rates,
    parse_stages,
    parse_targets,
    parse_waivers,
    read_hygiene,
    read_runs,
    read_scenarios,
)
from pipesheet.schema import folded, header_keys

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_Part = TypeVar("_Part")


def parse(
    source: Source, *, defaults: Mapping[str, Any] = _NOTHING, overrides: Mapping[str, Any] = _NOTHING
) -> tuple[Book, tuple[Finding, ...]]:
    """The book of a workbook, and what was odd about its cells, in order of parts, columns and rows.

    `defaults` and `overrides` map names of settings to values, as rows of a Settings sheet would;
    overrides beat the sheet, the sheet beats defaults.

    Raises:
        NoDeals, AmbiguousDeals: see `pipesheet.locate`.
    """
    # Settings say in which language their own faults are told, so they are read for it first.
    with speaking(_settings(source, defaults, overrides, Found()).language):
        return _parsed(source, defaults, overrides)


def _parsed(
    source: Source, defaults: Mapping[str, Any], overrides: Mapping[str, Any]
) -> tuple[Book, tuple[Finding, ...]]:
    found = Found()
    settings = _settings(source, defaults, overrides, found)
    reading = Reading(settings.day_first, settings.decimal_comma, typed=source.format != "csv")
    located = locate(source, settings.sheets, settings.columns)
    stages = _part(located, "Stages", parse_stages, reading, found)
    criteria = _part(located, "Criteria", parse_criteria, reading, found)
    book = Book(
        deals=_deals(located.deals, reading, found, criteria, settings),
        stages=stages or _guide_stages(located, found),
        criteria=criteria,
        waivers=_part(located, "Waivers", parse_waivers, reading, found),
        owners=_part(located, "Owners", parse_owners, reading, found),
        targets=_part(located, "Targets", parse_targets, reading, found),
        rates=_part(located, "Rates", parse_rates, reading, found),
        history=_history(located, reading, found),
        settings=settings,
        scenarios=read_scenarios(source),
        runs=read_runs(source),
        hygiene_log=read_hygiene(source),
        sheets={"Deals": located.deals.grid.name, **{n: p.grid.name for n, p in located.parts.items()}},
    )
    return book, tuple(found.findings)


def _settings(source: Source, defaults: Mapping[str, Any], overrides: Mapping[str, Any], found: Found) -> Settings:
    place = settings_place(source)
    # Which rules are off is only known once Settings are read, so what reading them finds waits.
    early = Found()
    sheet = read_sheet(place, Reading(), early) if place is not None else None
    settings = parse_settings(entries(defaults, sheet, overrides), early)
    found.rules = settings.rules
    for finding in early.findings:
        found.add(finding.code, finding.found, finding.needed, finding.cell)
    for part, name in settings.sheets.items():
        if source.grid(name) is None:
            found.add(
                "sheet-not-found",
                say("sheet {part}: {name}", part=part, name=repr(name)),
                say("the name of a sheet of this workbook"),
            )
    return settings


def _part(
    located: Located, name: str, parse_part: Callable[[Sheet, Found], tuple[_Part, ...]], reading: Reading, found: Found
) -> tuple[_Part, ...]:
    place = located.parts.get(name)
    if place is None:
        return ()
    return parse_part(read_sheet(place, replace(reading, unreadable_money="number-unreadable"), found), found)


def _guide_stages(located: Located, found: Found) -> tuple[Stage, ...]:
    names = ", ".join(f"{stage.name} {stage.probability:.0%}" for stage in GUIDE_STAGES)
    place = located.parts.get("Stages")
    seen = (
        say("no stage in sheet {sheet}, so these apply: {stages}", sheet=place.grid.name, stages=names)
        if place
        else say("no Stages sheet, so these apply: {stages}", stages=names)
    )
    found.add("stages-sheet-missing", seen, say("a Stages sheet"))
    return GUIDE_STAGES


def _deals(place: Place, reading: Reading, found: Found, criteria: Iterable[Criterion], settings: Settings) -> Columns:
    place = _told_apart(place)
    report_headers(place, found)
    for name, header in settings.columns.items():
        if folded(header) not in header_keys(place.headers.get(name, "")):
            found.add(
                "column-missing",
                say("no column {column} in sheet {sheet}", column=repr(header), sheet=place.grid.name),
                say("the header that Settings map"),
                CellRef(place.grid.name, place.header_row, 1),
            )
    which = records(place, found)
    if not which.rows:
        found.add(
            "no-deals",
            say("no row below the header of {sheet}", sheet=place.grid.name),
            say("one row per deal"),
            CellRef(place.grid.name, place.header_row, 1),
        )
    values: dict[str, Sequence[Any]] = {}
    odd: list[tuple[int, list[Note]]] = []
    for rule in place.rule.fields:
        if rule.name in place.columns:
            values[rule.name], notes = coerce_field(which, rule, place.columns[rule.name], reading)
            odd += notes
    about = _About(values)
    for column, notes_there in odd:
        report_notes(notes_there, which, column, found, about)
    return as_columns(Sheet(place, which.rows, values), _extra(which, found, criteria))


class _About:
    """What a finding says of the deal it is about, by record."""

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        self._told = [(n, values[n]) for n in ("deal_id", "deal", "owner", "stage") if n in values]
        self._amounts = values.get("amount")

    def __call__(self, index: int) -> Mapping[str, Any]:
        """Keywords for a finding about record `index`."""
        about: dict[str, Any] = {name: column[index] or "" for name, column in self._told}
        if self._amounts is not None:
            about["amount"] = self._amounts[index]
        return about


def _told_apart(place: Place) -> Place:
    """Salesforce labels two yes-or-no columns Closed and Won; the first is then no date."""
    columns = dict(place.columns)
    kept = []
    for column in columns.get("closed", ()):
        cells = [row[column - 1] for row in place.grid.rows[place.header_row : place.last_row] if len(row) >= column]
        filled = [cell for cell in dict.fromkeys(cells) if not is_blank(cell)]
        if filled and len(filled) <= 4 and not yes_no(filled).notes:
            columns.setdefault("is_closed", (column,))
        else:
            kept.append(column)
    if len(kept) == len(columns.get("closed", ())):
        return place
    headers = dict(place.headers)
    headers.setdefault("is_closed", headers["closed"])
    if kept:
        columns["closed"] = tuple(kept)
    else:
        del columns["closed"], headers["closed"]
    return replace(place, columns=columns, headers=headers)


def _extra(which: Records, found: Found, criteria: Iterable[Criterion]) -> dict[str, Sequence[Any]]:
    """The columns no field asks for. Errors in one that a criterion looks at are named cell by cell."""
    looked_at = {folded(c.test.field) for c in criteria} | {folded(c.when.field) for c in criteria if c.when}
    extra: dict[str, Sequence[Any]] = {}
    for header, column in which.place.others.items():
        coerced = anything(which.cells(column))
        extra[header] = coerced.values
        notes = coerced.notes
        if folded(header) not in looked_at:
            notes = [replace(note, code="cell-error-unused") for note in notes]
        report_notes(notes, which, column, found)
    return extra


def _history(located: Located, reading: Reading, found: Found) -> Columns | None:
    place = located.parts.get("History")
    if place is None:
        return None
    sheet = read_sheet(place, replace(reading, unreadable_money="number-unreadable"), found)
    essentials = ("deal_id", "recorded", "stage")
    whole = [None not in row for row in zip(*(sheet.get(name) for name in essentials), strict=True)]
    if not all(whole):
        for index, keep in enumerate(whole):
            if not keep:
                lacks(sheet, index, essentials, found)
        values = {name: list(compress(column, whole)) for name, column in sheet.values.items()}
        sheet = Sheet(place, list(compress(sheet.rows, whole)), values)
    return as_columns(sheet, {})
