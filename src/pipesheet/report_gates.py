"""The evidence part of the report: the bridge from claimed to evidence, and hygiene by owner and team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipesheet import wording_gates
from pipesheet.charts import Bridge, BridgeStep, Part, bridge_bars, meter
from pipesheet.drawing import Colour, Words
from pipesheet.figures import NONE, count, number, percent, plain, points, short_money
from pipesheet.hygiene import NOBODY
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
        steps.append(BridgeStep(f"{number(len(rest))} other requirements", -sum(s.amount for s in rest)))
    told = "; ".join(f"{s.name} {short_money(s.amount, currency)}" for s in steps)
    claimed, evidence = (short_money(x, currency) for x in (bridge.claimed, bridge.evidence))
    model = Bridge(
        Words("bridge-chart", title, f"Claimed {claimed}; {told}; evidence {evidence}."),
        Part("Claimed weighted", bridge.claimed, "won"),
        tuple(steps),
        Part("Evidence weighted", bridge.evidence, "won"),
        currency,
    )
    return Card(
        "bridge",
        title,
        "Each open deal at what it claims, less what rests on each requirement it lacks at its first failing gate",
        tuple(bridge_bars(model, colour, width) for width in widths),
        _bridge_numbers(analysis),
        model=model,
    )


def _bridge_numbers(analysis: Analysis) -> Table:
    bridge, currency = analysis.bridge, analysis.currency
    heads = (Head("Step", sortable=False), *(Head(n, right=True, sortable=False) for n in ("Deals", "Weighted")))
    rows = [(Cell("Claimed weighted", strong=True), Cell(""), Cell(short_money(bridge.claimed, currency), strong=True))]
    for step in bridge.steps[:STEPS_LISTED]:
        amount = Cell(short_money(-step.amount, currency), tone="neg")
        rows.append((Cell(plain(step.requirement)), Cell(number(step.deals)), amount))
    end = Cell(short_money(bridge.evidence, currency), strong=True)
    rows.append((Cell("Evidence weighted", strong=True), Cell(""), end))
    more = len(bridge.steps) - STEPS_LISTED
    note = f"{count(more, 'more requirement')} in the workbook's sheet Evidence." if more > 0 else ""
    return Table("bridge-numbers", "From claimed to evidence", heads, tuple(rows), note)


def hygiene_card(analysis: Analysis, colour: Colour) -> Card | None:
    """Owners and then teams, the lowest share of clean deals first."""
    lines = [line for line in analysis.hygiene.lines if line.dimension != "all"]
    if not lines:
        return None
    teams = any(line.dimension == "team" for line in lines)
    before = any(line.before is not None for line in lines)
    heads = (
        Head("Owner or team" if teams else "Owner"),
        Head("Nothing to mend"),
        *((Head("Since last run", right=True),) if before else ()),
        Head("Errors", right=True),
        Head("Warnings", right=True),
        Head("Unproven", right=True),
    )
    more = len(lines) - LINES_SHOWN
    note = f"{number(more)} more in the workbook's sheet Evidence." if more > 0 else ""
    return Card(
        "hygiene",
        wording_gates.hygiene_title(analysis.hygiene),
        "Open deals without an error or a warning ÷ open deals; unproven is what rests on missing proof",
        table=Table(
            "hygiene-table",
            "Hygiene by owner and team",
            heads,
            tuple(_hygiene_cells(line, analysis.currency, colour, before) for line in lines[:LINES_SHOWN]),
            note,
            LINES_FIRST,
            max(more, 0),
        ),
    )


def _hygiene_cells(line: HygieneLine, currency: str, colour: Colour, before: bool) -> tuple[Cell, ...]:
    name = f"No {line.dimension}" if line.name == NOBODY else plain(line.name)
    share = f"{percent(line.score)}, {number(line.clean)} of {number(line.open_deals)}"
    change: tuple[Cell, ...] = ()
    if before:
        tone: Tone = "" if not line.change else "pos" if line.change > 0 else "neg"
        told = NONE if line.change is None else points(line.change)
        change = (Cell(told, tone=tone, sort=line.change),)
    return (
        Cell(name, "team" if line.dimension == "team" else "", strong=True, sort=name.casefold()),
        Cell(share, sort=line.score, chart=meter(line.score, colour, goal=None)),
        *change,
        Cell(number(line.errors), sort=line.errors),
        Cell(number(line.warnings), sort=line.warnings),
        Cell(short_money(line.unproven, currency), sort=line.unproven),
    )
