"""The small sheets: Stages, Criteria, Waivers, Owners, Targets, Rates; what people typed in ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pipesheet.coerce import Reading, money, probabilities, quoted, texts, written_plainly
from pipesheet.grid import Grid, Source, Table, Value
from pipesheet.language import say, spoken
from pipesheet.locate import header_text
from pipesheet.models import (
    CATEGORY_WORDS,
    Condition,
    Criterion,
    CriterionSeverity,
    Gate,
    HygieneRecord,
    Kind,
    Outcome,
    Owner,
    Rate,
    RunLogEntry,
    Scenario,
    Stage,
    Target,
    Waiver,
)
from pipesheet.parser_columns import Found, Sheet
from pipesheet.schema import folded

GUIDE_STAGES: tuple[Stage, ...] = (
    Stage("Lead", 1, 0.10, "open"),
    Stage("Qualified", 2, 0.25, "open"),
    Stage("Proposal", 3, 0.50, "open"),
    Stage("Negotiation", 4, 0.75, "open"),
    Stage("Closed Won", 5, 1.0, "won", aliases=("Won",)),
    Stage("Closed Lost", 6, 0.0, "lost", aliases=("Lost",)),
)
"""What applies where there is no Stages sheet."""

_TYPES: Mapping[str, Outcome] = {
    "open": "open",
    "won": "won",
    "lost": "lost",
    "closedwon": "won",
    "closedlost": "lost",
    "active": "open",
    "inprogress": "open",
}
_GATES: Mapping[str, Gate] = {"entry": "entry", "enter": "entry", "exit": "exit", "leave": "exit"}
_KINDS: Mapping[str, Kind] = {
    "action": "action",
    "actions": "action",
    "information": "information",
    "info": "information",
    "people": "people",
    "person": "people",
    "deliverable": "deliverable",
    "deliverables": "deliverable",
}
_SEVERITIES: Mapping[str, CriterionSeverity] = {
    "block": "block",
    "blocking": "block",
    "error": "block",
    "warn": "warn",
    "warning": "warn",
    "info": "info",
}


def _choice(sheet: Sheet, index: int, name: str, words: Mapping[str, Any], found: Found) -> Any:
    """What the word in a cell means, or None with a finding where it is none of them."""
    text = sheet.get(name)[index]
    if text is None:
        return None
    meant = words.get(folded(text))
    if meant is None:
        allowed = ", ".join(dict.fromkeys(words.values()))
        found.add("choice-unreadable", quoted(text), say("one of {words}", words=allowed), sheet.cell(index, name))
    return meant


def lacks(sheet: Sheet, index: int, names: Sequence[str], found: Found) -> bool:
    """Whether a record lacks what it needs, with a finding that says what."""
    lacking = [name for name in names if sheet.get(name)[index] is None]
    if not lacking:
        return False
    headers = ", ".join(sheet.place.rule.field(name).header for name in lacking)
    found.add(
        "row-unreadable",
        say(
            "row {row} of {sheet} without {columns}",
            row=str(sheet.rows[index]),
            sheet=sheet.place.grid.name,
            columns=headers,
        ),
        headers,
        sheet.cell(index, lacking[0]),
    )
    return True


def parse_stages(sheet: Sheet, found: Found) -> tuple[Stage, ...]:
    """The stages in order; a second one of the same name is left out."""
    stages: dict[str, Stage] = {}
    for index in range(len(sheet)):
        if lacks(sheet, index, ("stage",), found):
            continue
        stage = _stage(sheet, index, found)
        if folded(stage.name) in stages:
            found.add(
                "stage-duplicate", quoted(stage.name), say("a name of its own; the first one is used"), stage.cell
            )
            continue
        stages[folded(stage.name)] = stage
    return tuple(sorted(stages.values(), key=lambda stage: stage.order))


def _stage(sheet: Sheet, index: int, found: Found) -> Stage:
    name, odds, order = (sheet.get(part)[index] for part in ("stage", "probability", "order"))
    outcome = _outcome(sheet, index, found)
    cell = sheet.cell(index, "stage")
    if odds is None:
        if outcome == "open":
            found.add(
                "stage-probability-missing",
                quoted(name),
                say("a probability from 0 % to 100 %"),
                sheet.cell(index, "probability"),
                stage=name,
            )
        odds = 1.0 if outcome == "won" else 0.0
    text = {part: sheet.get(part)[index] or "" for part in ("guidance", "pipeline", "aliases")}
    aliases = tuple(part.strip() for part in text["aliases"].replace(";", ",").split(",") if part.strip())
    return Stage(
        name,
        float(index + 1) if order is None else order,
        odds,
        outcome,
        _choice(sheet, index, "category", CATEGORY_WORDS, found),
        sheet.get("max_days")[index],
        text["guidance"],
        text["pipeline"],
        aliases,
        cell,
        bool(sheet.get("may_skip")[index]),
        bool(sheet.get("may_return")[index]),
    )


def _outcome(sheet: Sheet, index: int, found: Found) -> Outcome:
    said: Outcome | None = _choice(sheet, index, "type", _TYPES, found)
    if said is not None:
        return said
    if sheet.get("is_won")[index]:
        return "won"
    if sheet.get("is_closed")[index]:
        return "lost"
    words = sheet.get("stage")[index].casefold().replace("-", " ").split()
    odds = sheet.get("probability")[index]
    if "won" in words or odds == 1:
        return "won"
    # A first stage of 0 % is where deals start, not where they end.
    if "lost" in words or (odds == 0 and index > 0):
        return "lost"
    return "open"


def parse_criteria(sheet: Sheet, found: Found) -> tuple[Criterion, ...]:
    """The criteria in order of rows; one without its essentials is left out."""
    essentials = ("stage", "gate", "requirement", "field", "check")
    criteria = []
    for index in range(len(sheet)):
        if lacks(sheet, index, essentials, found):
            continue
        gate: Gate | None = _choice(sheet, index, "gate", _GATES, found)
        if gate is None:
            continue
        get = {name: sheet.get(name)[index] for name in sheet.values}
        when = None
        # Half a When is a fault for the lint to name; without it the criterion would be asked of everybody.
        if any(get.get(part) is not None for part in ("when_field", "when_check", "when_value")):
            when = Condition(get.get("when_field") or "", get.get("when_check") or "", get.get("when_value"))
        criteria.append(
            Criterion(
                get["stage"],
                gate,
                get["requirement"],
                Condition(get["field"], get["check"], get.get("value")),
                _choice(sheet, index, "kind", _KINDS, found) or "information",
                when,
                _choice(sheet, index, "severity", _SEVERITIES, found) or "block",
                max(get.get("grace_days") or 0.0, 0.0),
                get.get("guidance") or "",
                sheet.cell(index, "requirement"),
            )
        )
    return tuple(criteria)


def parse_waivers(sheet: Sheet, found: Found) -> tuple[Waiver, ...]:
    """The waivers; one without an end is left out, because it would hold for ever."""
    return tuple(
        Waiver(
            sheet.get("deal_id")[i],
            sheet.get("requirement")[i],
            sheet.get("expires")[i],
            sheet.get("approved_by")[i] or "",
            sheet.get("reason")[i] or "",
            sheet.cell(i, "deal_id"),
        )
        for i in range(len(sheet))
        if not lacks(sheet, i, ("deal_id", "requirement", "expires"), found)
    )


def parse_owners(sheet: Sheet, found: Found) -> tuple[Owner, ...]:
    """Owners; without a Team column the manager's name is the team's."""
    has_team = "team" in sheet.values
    people = []
    for i in range(len(sheet)):
        if lacks(sheet, i, ("owner",), found):
            continue
        manager = sheet.get("manager")[i] or ""
        team = (sheet.get("team")[i] or "") if has_team else manager
        people.append(
            Owner(sheet.get("owner")[i], team, manager, sheet.get("email")[i] or "", sheet.get("region")[i] or "")
        )
    return tuple(people)


def parse_targets(sheet: Sheet, found: Found) -> tuple[Target, ...]:
    """Targets, their periods as written; a number such as 2026 is a year."""
    targets = []
    for i in range(len(sheet)):
        if lacks(sheet, i, ("period", "amount"), found):
            continue
        period = _period(sheet.get("period")[i])
        currency = sheet.get("currency")[i] or ""
        targets.append(
            Target(period, sheet.get("amount")[i], sheet.get("owner")[i] or "", currency, sheet.cell(i, "period"))
        )
    return tuple(targets)


def _period(value: Value) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return value.strip() if isinstance(value, str) else written_plainly(value)


def parse_rates(sheet: Sheet, found: Found) -> tuple[Rate, ...]:
    """Exchange rates; one that is not above zero is left out."""
    rates = []
    for i in range(len(sheet)):
        if lacks(sheet, i, ("currency", "rate"), found):
            continue
        rate = sheet.get("rate")[i]
        if rate <= 0:
            found.add(
                "row-unreadable",
                say("a rate of {rate}", rate=spoken().marks(f"{rate:g}")),
                say("a rate above zero"),
                sheet.cell(i, "rate"),
            )
            continue
        rates.append(Rate(sheet.get("currency")[i], rate, sheet.get("date")[i]))
    return tuple(rates)


def read_scenarios(source: Source) -> dict[str, Scenario]:
    """What people typed beside their deals in Deal Review, by deal ID."""
    columns = _own_table(source, "PipesheetDeals")
    ids = texts(columns.get("dealid", ())).values
    blank: list[Value] = [None] * len(ids)
    include = texts(columns.get("include", blank)).values
    amount = money(columns.get("scenarioamount", blank), Reading()).values
    odds = probabilities(columns.get("scenarioprobability", blank), Reading()).values
    return {
        deal: Scenario(word or "", value, chance)
        for deal, word, value, chance in zip(ids, include, amount, odds, strict=True)
        if deal is not None and (word is not None or value is not None or chance is not None)
    }


def read_runs(source: Source) -> tuple[RunLogEntry, ...]:
    """Earlier runs, as the Run Log tells them, oldest first as they stand."""
    grid_table = _own(source, "PipesheetRuns")
    if grid_table is None:
        return ()
    grid, table = grid_table
    headers = [header_text(cell) for cell in _row(grid, table, table.first_row)]
    rows = (_row(grid, table, row) for row in range(table.first_row + 1, table.last_row + 1))
    entries = ({h: (None if v == "" else v) for h, v in zip(headers, row, strict=False) if h} for row in rows)
    return tuple(RunLogEntry(values) for values in entries if any(v is not None for v in values.values()))


def read_hygiene(source: Source) -> tuple[HygieneRecord, ...]:
    """How clean earlier runs found the deals of all, of each owner and team, as the Run Log says."""
    columns = _own_table(source, "PipesheetHygieneLog")
    names = ("asof", "of", "name", "opendeals", "clean")
    rows = zip(*(columns.get(name, ()) for name in names), strict=False)
    return tuple(
        HygieneRecord(day.date() if isinstance(day, dt.datetime) else day, str(of), str(name or ""), int(n), int(clean))
        for day, of, name, n, clean in rows
        if isinstance(day, dt.date)
        and isinstance(n, int | float)
        and isinstance(clean, int | float)
        and n >= clean >= 0
    )


def _own(source: Source, name: str) -> tuple[Grid, Table] | None:
    for grid in source.grids:
        for table in grid.tables:
            if table.name.casefold() == name.casefold() and table.first_row > 0:
                return grid, table
    return None


def _row(grid: Grid, table: Table, row: int) -> Sequence[Value]:
    return grid.rows[row - 1][table.first_column - 1 : table.last_column] if row <= len(grid.rows) else ()


def _own_table(source: Source, name: str) -> dict[str, list[Value]]:
    grid_table = _own(source, name)
    if grid_table is None:
        return {}
    grid, table = grid_table
    headers = [folded(header_text(cell)) for cell in _row(grid, table, table.first_row)]
    rows = [_row(grid, table, row) for row in range(table.first_row + 1, table.last_row + 1)]
    return {header: [row[i] if i < len(row) else None for row in rows] for i, header in enumerate(headers) if header}
