"""Who a report is for: everybody, a team, or an owner; and what of an analysis is theirs.

A cut is an analysis like any other, of fewer deals: its whole is the line that the member has in the whole
book's analysis, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.bridge import Bridge, BridgeStep
from pipesheet.errors import UsageError
from pipesheet.findings import Finding
from pipesheet.forecast import Forecast, forecast
from pipesheet.funnel import Conversion, StageTime, conversion
from pipesheet.hygiene import Hygiene
from pipesheet.models import Book
from pipesheet.stages import stage_key

Kind = Literal["whole", "team", "owner"]
CENT = 0.005


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody, or the team or owner of that name as the analysis spells it."""

    kind: Kind = "whole"
    name: str = ""


EVERYBODY = Audience()


def audiences(analysis: Analysis) -> tuple[Audience, ...]:
    """Everybody, then each team and each owner that has deals or stands in Owners, by the alphabet."""
    owners = {o.name for o in analysis.book.owners} | set(analysis.deals["owner"].drop_nulls())
    teams = {o.team for o in analysis.book.owners if o.team}
    return (
        EVERYBODY,
        *(Audience("team", name) for name in sorted(teams)),
        *(Audience("owner", name) for name in sorted(owners)),
    )


def cut(analysis: Analysis, audience: Audience) -> Analysis:
    """The part of an analysis that is that audience's; the criteria's own counts are of the whole alone.

    Raises:
        UsageError: there is no such team or owner.
    """
    if audience.kind == "whole":
        return analysis
    if audience not in audiences(analysis):
        raise UsageError(f"There is no {audience.kind} called {audience.name!r} in {analysis.source.path.name}.")
    frame, findings = theirs_of(analysis, audience)
    theirs = _is_theirs(analysis.book, audience)
    held = set(frame["deal_id"].drop_nulls())
    return replace(
        analysis,
        deals=frame,
        findings=findings,
        criteria=(),
        effects=(),
        forecast=_forecast(analysis, frame, audience),
        conversion=_conversion(analysis, frame),
        bridge=_bridge(frame, findings),
        hygiene=_hygiene(analysis.hygiene, audience, theirs),
        waivers=tuple(w for w in analysis.waivers if w.waiver.deal_id in held),
    )


def theirs_of(analysis: Analysis, audience: Audience) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """The deals and the findings that are that audience's."""
    if audience.kind == "whole":
        return analysis.deals, analysis.findings
    theirs = _is_theirs(analysis.book, audience)
    frame = analysis.deals.filter(pl.col(audience.kind) == audience.name)
    return frame, tuple(f for f in analysis.findings if theirs(f.owner))


def _is_theirs(book: Book, audience: Audience) -> Callable[[str], bool]:
    """Whether a name, however it is written, is that owner's, that team's, or an owner's of that team."""
    own = stage_key(audience.name)
    if audience.kind == "owner":
        return lambda name: stage_key(name) == own
    teams = {own: audience.name} | {stage_key(o.name): o.team for o in reversed(book.owners)}
    return lambda name: teams.get(stage_key(name)) == audience.name


def _forecast(analysis: Analysis, frame: pl.DataFrame, audience: Audience) -> Forecast:
    """The forecast of those deals against the targets that are theirs, by the method of the whole."""
    book, theirs = analysis.book, _is_theirs(analysis.book, audience)
    targets = tuple(t for t in book.targets if theirs(t.owner))
    made, _ = forecast(frame, replace(book, targets=targets), as_of=analysis.as_of)
    return made


def _conversion(analysis: Analysis, frame: pl.DataFrame) -> Conversion:
    """Their own, but for what a deal is measured against: the days that all won deals took."""
    made = conversion(frame, analysis.book, as_of=analysis.as_of)
    own = {t.stage: t for t in made.times}
    return replace(made, times=tuple(_measured(t, own.get(t.stage)) for t in analysis.conversion.times))


def _measured(whole: StageTime, own: StageTime | None) -> StageTime:
    if own is None:
        return replace(whole, open_deals=0, open_median=None)
    return replace(whole, open_deals=own.open_deals, open_median=own.open_median)


def _bridge(frame: pl.DataFrame, findings: tuple[Finding, ...]) -> Bridge:
    """From the money that each finding says rests on it; without steps where Settings silence some of them."""
    claimed, evidence = (round(float(frame[c].sum()), 6) for c in ("weighted", "evidence_weighted"))
    resting: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.code.endswith("-criterion-not-met") and finding.money_at_stake > 0:
            resting[stage_key(finding.requirement)].append(finding)
    steps = [
        BridgeStep(
            f[0].requirement, round(sum(g.money_at_stake for g in f), 6), len({g.cell and g.cell.row for g in f})
        )
        for f in resting.values()
    ]
    closes = abs(claimed - sum(s.amount for s in steps) - evidence) < CENT
    steps.sort(key=lambda s: (-s.amount, s.requirement))
    return Bridge(claimed, tuple(steps) if closes else (), evidence)


def _hygiene(hygiene: Hygiene, audience: Audience, theirs: Callable[[str], bool]) -> Hygiene:
    """Their line as the whole, and of a team the lines of its owners."""
    whole = [
        replace(line, dimension="all", name="")
        for line in hygiene.lines
        if (line.dimension, line.name) == (audience.kind, audience.name)
    ]
    owners = [line for line in hygiene.of("owner") if audience.kind == "team" and theirs(line.name)]
    return Hygiene((*whole, *owners))
