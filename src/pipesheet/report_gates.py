"""The evidence part of the report: the bridge from claimed to evidence, and hygiene by owner and team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipesheet import wording_gates
from pipesheet.charts import Bridge, BridgeStep, Part, bridge_bars, meter
from pipesheet.drawing import Colour, Words
from pipesheet.figures import NONE, number, percent, plain, points, short_money
from pipesheet.hygiene import NOBODY
from pipesheet.language import say
from pipesheet.report_page import LARGER, Card, Cell, Head, Table, Tone, Widths

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis
    from pipesheet.hygiene import HygieneLine

STEPS_DRAWN = 8
STEPS_LISTED = 40
LINES_SHOWN = 40
LINES_FIRST = 12


def bridge_card(analysis: Analysis, colour: Colour, widths: Widths = LARGER) -> Card | None:
    """From claimed to evidence weighted, a bar per requirement; the smallest are drawn together."""
    bridge, currency = analysis.bridge, analysis.currency
    if not bridge.steps:
        return None
    title = wording_gates.bridge_title(bridge, currency)
    drawn = bridge.steps if len(bridge.steps) <= STEPS_DRAWN else bridge.steps[: STEPS_DRAWN - 1]
    steps = [BridgeStep(plain(s.requirement, 60), -s.amount) for s in drawn]
    if rest := bridge.steps[len(drawn) :]:
        others = say("{n} other {n:requirement|requirements}", n=len(rest))
        steps.append(BridgeStep(others, -sum(s.amount for s in rest)))
    told = "; ".join(f"{s.name} {short_money(s.amount, currency)}" for s in steps)
    claimed, evidence = (short_money(x, currency) for x in (bridge.claimed, bridge.evidence))
    description = say(
        "Claimed {claimed}; {steps}; evidence {evidence}.", claimed=claimed, steps=told, evidence=evidence
    )
    model = Bridge(
        Words("bridge-chart", title, description),
        Part(say("Claimed weighted"), bridge.claimed, "won"),
        tuple(steps),
        Part(say("Evidence weighted"), bridge.evidence, "won"),
        currency,
    )
    return Card(
        "bridge",
        title,
        say("Each open deal at what it claims, less what rests on each requirement it lacks at its first failing gate"),
        tuple(bridge_bars(model, colour, width) for width in widths),
        _bridge_numbers(analysis),
        model=model,
    )


def _bridge_numbers(analysis: Analysis) -> Table:
    bridge, currency = analysis.bridge, analysis.currency
    names = (say("Deals"), say("Weighted"))
    heads = (Head(say("Step"), sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    rows = [
        (Cell(say("Claimed weighted"), strong=True), Cell(""), Cell(short_money(bridge.claimed, currency), strong=True))
    ]
    for step in bridge.steps[:STEPS_LISTED]:
        amount = Cell(short_money(-step.amount, currency), tone="neg")
        rows.append((Cell(plain(step.requirement)), Cell(number(step.deals)), amount))
    end = Cell(short_money(bridge.evidence, currency), strong=True)
    rows.append((Cell(say("Evidence weighted"), strong=True), Cell(""), end))
    more = len(bridge.steps) - STEPS_LISTED
    note = say("{n} more {n:requirement|requirements} in the workbook's sheet Evidence.", n=more) if more > 0 else ""
    return Table("bridge-numbers", say("From claimed to evidence"), heads, tuple(rows), note)


def hygiene_card(analysis: Analysis, colour: Colour) -> Card | None:
    """Owners and then teams, the lowest share of clean deals first."""
    lines = [line for line in analysis.hygiene.lines if line.dimension != "all"]
    if not lines:
        return None
    teams = any(line.dimension == "team" for line in lines)
    before = any(line.before is not None for line in lines)
    heads = (
        Head(say("Owner or team") if teams else say("Owner")),
        Head(say("Nothing to mend")),
        *((Head(say("Since last run"), right=True),) if before else ()),
        Head(say("Errors"), right=True),
        Head(say("Warnings"), right=True),
        Head(say("Unproven"), right=True),
    )
    more = len(lines) - LINES_SHOWN
    note = say("{n} more in the workbook's sheet Evidence.", n=more) if more > 0 else ""
    return Card(
        "hygiene",
        wording_gates.hygiene_title(analysis.hygiene),
        say("Open deals without an error or a warning ÷ open deals; unproven is what rests on missing proof"),
        table=Table(
            "hygiene-table",
            say("Hygiene by owner and team"),
            heads,
            tuple(_hygiene_cells(line, analysis.currency, colour, before) for line in lines[:LINES_SHOWN]),
            note,
            LINES_FIRST,
            max(more, 0),
        ),
    )


def _hygiene_cells(line: HygieneLine, currency: str, colour: Colour, before: bool) -> tuple[Cell, ...]:
    nobody = say("No team") if line.dimension == "team" else say("No owner")
    name = nobody if line.name == NOBODY else plain(line.name)
    share = say("{share}, {n} of {all}", share=percent(line.score), n=line.clean, all=line.open_deals)
    change: tuple[Cell, ...] = ()
    if before:
        tone: Tone = "" if not line.change else "pos" if line.change > 0 else "neg"
        told = NONE if line.change is None else points(line.change)
        change = (Cell(told, tone=tone, sort=line.change),)
    return (
        Cell(name, say("team") if line.dimension == "team" else "", strong=True, sort=name.casefold()),
        Cell(share, sort=line.score, chart=meter(line.score, colour, goal=None)),
        *change,
        Cell(number(line.errors), sort=line.errors),
        Cell(number(line.warnings), sort=line.warnings),
        Cell(short_money(line.unproven, currency), sort=line.unproven),
    )
