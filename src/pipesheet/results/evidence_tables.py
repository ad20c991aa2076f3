"""The tables of the Evidence sheet; amounts are live over Deal Review and Findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipesheet.analysis import Analysis
from pipesheet.effectiveness import Effect
from pipesheet.hygiene import NOBODY, HygieneLine
from pipesheet.results import look
from pipesheet.results.findings import MOST, TABLE
from pipesheet.results.sums import (
    DEALS,
    Where,
    count,
    equals,
    is_empty,
    plain_texts,
    this_row,
    total,
)
from pipesheet.sheets import Column, Content, Formula, Style, TablePlan

FIRST_COLUMN = 2
BRIDGE, HYGIENE = "PipesheetBridge", "PipesheetHygiene"
_POINTS = Style(number='+0.0%;−0.0%;"–"', align="right", indent=1, color=look.INK, bottom=look.TRACK)
_DAYS = replace(look.COUNT, number="#,##0;−#,##0;0")


def _table(name: str, row: int, columns: Sequence[Column]) -> TablePlan:
    return TablePlan(
        name, row, FIRST_COLUMN, tuple(columns), style=look.TABLE_STYLE, autofilter=False, header=look.HEADER
    )


def bridge_table(analysis: Analysis, row: int) -> TablePlan:
    """Claimed, a line per requirement most money first, evidence; closing to the cent."""
    bridge, money = analysis.bridge, look.money(analysis)
    steps = bridge.steps
    level, left = bridge.claimed, []
    for step in steps:
        level -= step.amount
        left.append(level)
    weighted, proven = look.letters(FIRST_COLUMN + 2), look.letters(FIRST_COLUMN + 3)
    rests = look.letters(FIRST_COLUMN + 4)
    above = [f"{weighted}{row + 1}", *(f"{proven}{row + 2 + i}" for i in range(len(steps) - 1))]
    remaining = [Formula(f"{up}-{rests}{row + 2 + i}", left[i]) for i, up in enumerate(above[: len(steps)])]
    deals = [None, *(s.deals for s in steps), None]
    return _table(
        BRIDGE,
        row,
        (
            Column("Step", ["Claimed weighted", *(s.requirement for s in steps), "Evidence weighted"], look.STRONG),
            Column("Deals", deals, look.COUNT),
            Column(
                "Weighted",
                [
                    Formula(f"SUM({DEALS}[Weighted])", bridge.claimed),
                    *[None] * len(steps),
                    Formula(f"SUM({DEALS}[Evidence weighted])", bridge.evidence),
                ],
                money,
            ),
            Column("Still proven", [None, *remaining, None], money),
            Column("Rests on it", [None, *_resting(analysis), None], replace(money, color=look.NEGATIVE)),
        ),
    )


def _resting(analysis: Analysis) -> list[Content]:
    """Each step's amount, live over Findings wherever the listed findings add up to it."""
    listed: dict[str, float] = defaultdict(float)
    for finding in analysis.findings[:MOST]:
        if finding.money_at_stake and finding.requirement:
            listed[finding.requirement] += finding.money_at_stake
    plain = plain_texts(listed)
    found: list[Content] = []
    for step in analysis.bridge.steps:
        if abs(listed.get(step.requirement, 0.0) - step.amount) < 0.005:
            where = equals("What", this_row(BRIDGE, "Step"), plain=step.requirement in plain)
            found.append(Formula(total(TABLE, "Money at stake", (where,)), step.amount))
        else:
            found.append(step.amount)
    return found


def hygiene_table(analysis: Analysis, row: int) -> TablePlan | None:
    """The whole book, then owners and teams, lowest score first."""
    lines = analysis.hygiene.lines
    if not lines:
        return None
    money = look.money(analysis)
    texts = {
        dimension: plain_texts(analysis.deals[dimension].drop_nulls().unique().to_list())
        for dimension in ("owner", "team")
    }
    where = [_who(line, texts) for line in lines]

    def of(header: str, field: str, style: Style = look.COUNT) -> Column:
        return Column(header, [getattr(line, field) for line in lines], style)

    def sums(column: str, values: Sequence[float]) -> list[Content]:
        return [Formula(total(DEALS, column, w), v) for w, v in zip(where, values, strict=True)]

    open_deals, clean = this_row(HYGIENE, "Open deals"), this_row(HYGIENE, "Clean")
    zero = (Where("Errors", "0", "(", "=0)"), Where("Warnings", "0", "(", "=0)"))
    everything = (Where("Errors", '">=0"', "(", ">=0)"),)
    unproven = [
        Formula(f"{total(DEALS, 'Weighted', w)}-{total(DEALS, 'Evidence weighted', w)}", line.unproven)
        for w, line in zip(where, lines, strict=True)
    ]
    return _table(
        HYGIENE,
        row,
        (
            Column("Name", ["everybody" if line.dimension == "all" else line.name for line in lines], look.STRONG),
            Column("Of", [line.dimension for line in lines], look.QUIET),
            Column(
                "Open deals",
                [Formula(count(DEALS, (*everything, *w)), x.open_deals) for w, x in zip(where, lines, strict=True)],
                look.COUNT,
            ),
            Column(
                "Clean",
                [Formula(count(DEALS, (*zero, *w)), x.clean) for w, x in zip(where, lines, strict=True)],
                look.COUNT,
            ),
            Column(
                "Hygiene",
                [Formula(f'IF({open_deals}=0,"",{clean}/{open_deals})', line.score) for line in lines],
                look.PERCENT,
            ),
            of("Before", "before", look.PERCENT),
            of("Change", "change", _POINTS),
            Column("Errors", sums("Errors", [line.errors for line in lines]), look.COUNT),
            Column("Warnings", sums("Warnings", [line.warnings for line in lines]), look.COUNT),
            Column("Unproven", unproven, money),
        ),
    )


def _who(line: HygieneLine, texts: Mapping[str, frozenset[str]]) -> tuple[Where, ...]:
    if line.dimension == "all":
        return ()
    column = line.dimension.capitalize()
    if line.name == NOBODY:
        return (is_empty(column),)
    return (equals(column, this_row(HYGIENE, "Name"), plain=line.name in texts[line.dimension]),)


def criteria_table(analysis: Analysis, row: int) -> TablePlan | None:
    """How each criterion stands, most money first, and whether it separated won deals from lost ones."""
    results = sorted(analysis.criteria, key=lambda r: (-r.money_at_stake, -r.unmet))
    if not results:
        return None
    effects = {effect.criterion: effect for effect in analysis.effects}
    told = [effects.get(r.criterion) for r in results]

    def of(header: str, field: str, style: Style = look.COUNT) -> Column:
        return Column(header, [getattr(r, field) for r in results], style)

    asked, unmet = this_row("PipesheetCriteria", "Asked"), this_row("PipesheetCriteria", "Unmet")
    lacking = f'IF({asked}=0,"",{unmet}/{asked})'

    def rule(header: str, field: str, style: Style = look.QUIET) -> Column:
        return Column(header, [getattr(r.criterion, field) for r in results], style)

    def effect(header: str, field: str, style: Style) -> Column:
        return Column(header, [None if e is None else getattr(e, field) for e in told], style)

    return _table(
        "PipesheetCriteria",
        row,
        (
            rule("Requirement", "requirement", look.STRONG),
            rule("Stage", "stage"),
            rule("Gate", "gate"),
            rule("Severity", "severity"),
            of("Asked", "asked"),
            of("Met", "met"),
            of("Unmet", "unmet"),
            Column(
                "Lacking",
                [Formula(lacking, r.unmet / r.asked if r.asked else "") for r in results],
                look.PERCENT,
            ),
            of("In grace", "in_grace"),
            of("Not applicable", "not_applicable"),
            of("Waived", "waived"),
            of("Money at stake", "money_at_stake", look.money(analysis)),
            effect("Closed, met", "met", look.COUNT),
            effect("Win rate, met", "met_rate", look.PERCENT),
            effect("Closed, not met", "unmet", look.COUNT),
            effect("Win rate, not met", "unmet_rate", look.PERCENT),
            effect("Days saved", "days_saved", _DAYS),
            Column("Verdict", [verdict(e) for e in told], look.AFTER_NUMBER),
        ),
    )


def verdict(effect: Effect | None) -> str | None:
    """What a person should make of a criterion's effect."""
    if effect is None:
        return None
    return "separates nothing: consider dropping it" if effect.verdict == "separates nothing" else effect.verdict


def waiver_table(analysis: Analysis, row: int) -> TablePlan | None:
    """Every waiver with its state, the soonest to run out first."""
    waivers = sorted(analysis.waivers, key=lambda w: (w.days_left is None, w.days_left or 0))
    if not waivers:
        return None
    return _table(
        "PipesheetWaivers",
        row,
        (
            Column("Requirement", [w.waiver.requirement for w in waivers], look.STRONG),
            Column("Deal ID", [w.waiver.deal_id for w in waivers], look.TEXT),
            Column("Deal", [w.deal or None for w in waivers], look.TEXT),
            Column("Owner", [w.owner or None for w in waivers], look.TEXT),
            Column("Approved by", [w.waiver.approved_by or None for w in waivers], look.TEXT),
            Column("Expires", [w.waiver.expires for w in waivers], look.DATE),
            Column("Days left", [w.days_left for w in waivers], _DAYS),
            Column("State", [w.state for w in waivers], look.AFTER_NUMBER),
            Column("Weighted", [w.weighted for w in waivers], look.money(analysis)),
            Column("Reason", [w.waiver.reason or None for w in waivers], look.AFTER_NUMBER),
        ),
    )


def trend_table(analysis: Analysis, row: int) -> TablePlan | None:
    """The book's hygiene on each as-of date that the Run Log knows, today's last."""
    points = analysis.hygiene.trend
    if len(points) < 2:
        return None
    name = "PipesheetHygieneTrend"
    open_deals, clean = this_row(name, "Open deals"), this_row(name, "Clean")
    return _table(
        name,
        row,
        (
            Column("As of", [p.as_of for p in points], replace(look.DATE, align="left")),
            Column("Open deals", [p.open_deals for p in points], look.COUNT),
            Column("Clean", [p.clean for p in points], look.COUNT),
            Column(
                "Hygiene",
                [Formula(f'IF({open_deals}=0,"",{clean}/{open_deals})', p.score) for p in points],
                look.PERCENT,
            ),
        ),
    )
