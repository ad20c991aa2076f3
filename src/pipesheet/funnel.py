"""Conversion: the funnel by entry cohort, win rates, and the speeds beside them.

Stage conversion is by entry cohort: of the deals that *entered* a stage in the window, the share
whose first settled exit was to a later stage or to won. Entered = advanced + lost + moved back +
still there, exactly. The window is the 365 days to the as-of date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipesheet.language import later, say
from pipesheet.models import Book
from pipesheet.paths import Paths, closed_name, paths
from pipesheet.speed import StageTime, TrendMonth, Velocity, cycle, times, trend, velocity
from pipesheet.stages import open_stages
from pipesheet.winrate import WINDOW_DAYS, WinRate, closed_in, wilson, win_rate, win_rates

__all__ = [
    "Basis",
    "Conversion",
    "StageConversion",
    "StageTime",
    "Transition",
    "TrendMonth",
    "Velocity",
    "WinRate",
    "conversion",
]

Basis = Literal["history", "deals"]
DIMENSIONS = ("owner", "team", "source", "product")
MEMBERS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class StageConversion:
    """One stage of the funnel. `rate` = advanced ÷ (advanced + lost + moved_back), None where nothing
    settled; `low`, `high` its 80 % Wilson interval (z = 1.2816); `bound_low`, `bound_high` the rate if
    none or all of those still there advance. Lost deals of which nothing says where they were lost
    count as lost from the first stage; interval and bounds are wide enough for their having been lost
    here (the lower end) or further on (the upper end). `skipped` of the entered passed without being
    recorded. A deal counts once per stage, by its first entry in the window."""

    stage: str
    entered: int
    advanced: int
    lost: int
    moved_back: int
    still_there: int
    skipped: int
    rate: float | None
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None


@dataclass(frozen=True, slots=True)
class Transition:
    """How many settled moves went from one stage to another (a stage, Won or Lost) in the window."""

    source: str
    target: str
    deals: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """The whole of it. `basis` says whether History or the deals themselves spoke, `note` in words."""

    basis: Basis
    note: str
    window_start: dt.date
    window_end: dt.date
    stages: tuple[StageConversion, ...]
    transitions: tuple[Transition, ...]
    times: tuple[StageTime, ...]
    cycle_median: float | None
    cycle_p20: float | None
    cycle_p80: float | None
    cycle_deals: int
    win_rate: WinRate
    win_rate_by: tuple[tuple[str, tuple[WinRate, ...]], ...]
    """Dimension (owner, team, source, product; those the deals have) and its lines, most closed deals
    first, a hundred at most."""
    velocity: Velocity
    trend: tuple[TrendMonth, ...]


def conversion(frame: pl.DataFrame, book: Book, *, as_of: dt.date) -> Conversion:
    """Everything about conversion and speed of a deal frame, over the 365 days to the as-of date."""
    start = as_of - dt.timedelta(days=WINDOW_DAYS - 1)
    taken = paths(frame, book, as_of=as_of)
    entries = _in_window(taken.entries, start, as_of)
    closed = closed_in(frame, start, as_of)
    rate, days = win_rate(closed), cycle(frame, start=start, as_of=as_of)
    return Conversion(
        basis="history" if taken.moves else "deals",
        note=_note(taken, entries, book),
        window_start=start,
        window_end=as_of,
        stages=_stages(entries, book),
        transitions=_transitions(taken.spells, book, start),
        times=times(frame, taken.spells, book.stages, start=start, as_of=as_of),
        cycle_median=days.median,
        cycle_p20=days.p20,
        cycle_p80=days.p80,
        cycle_deals=days.deals,
        win_rate=rate,
        win_rate_by=tuple(
            (dimension, win_rates(closed, dimension)[:MEMBERS_SHOWN])
            for dimension in DIMENSIONS
            if closed[dimension].null_count() < closed.height
        ),
        velocity=velocity(frame, rate, days, start=start, as_of=as_of),
        trend=trend(frame, as_of=as_of),
    )


def _in_window(entries: pl.DataFrame, start: dt.date, end: dt.date) -> pl.DataFrame:
    """Each deal's first entry of each stage in the window; an entry of unknown date is taken as in it.
    A stage jumped over counts only where the deal had not been in it before."""
    first = pl.struct("deal_id", "rank").is_first_distinct()
    ordered = entries.sort("deal_id", "rank", "order", maintain_order=True)
    return (
        ordered.filter(first | (pl.col("how") == "seen"))
        .filter(pl.col("entered").is_null() | pl.col("entered").is_between(start, end))
        .filter(first)
    )


def _stages(entries: pl.DataFrame, book: Book) -> tuple[StageConversion, ...]:
    exits = ("advanced", "lost", "moved_back", "still_there")
    counts = entries.group_by("rank").agg(
        *((pl.col("exit") == name).sum().alias(name) for name in exits),
        (pl.col("how") == "skipped").sum().alias("skipped"),
    )
    found = {row["rank"]: row for row in counts.iter_rows(named=True)}
    untraced = entries.filter(pl.col("how") == "untraced").height
    names = [stage.name for stage in open_stages(book.stages)]
    nothing = dict.fromkeys((*exits, "skipped"), 0)
    return tuple(
        _stage(name, found.get(rank, nothing), untraced=untraced, first=rank == 1, last=rank == len(names))
        for rank, name in enumerate(names, 1)
    )


def _stage(name: str, counts: Mapping[str, int], *, untraced: int, first: bool, last: bool) -> StageConversion:
    advanced, lost, back = counts["advanced"], counts["lost"], counts["moved_back"]
    still = counts["still_there"]
    settled = advanced + lost + back
    entered = settled + still
    # The first stage holds the untraced already; a later one may have been entered by all of them.
    here = 0 if first else untraced
    passing = 0 if last else untraced
    pessimist = wilson(advanced, settled + here)
    optimist = wilson(advanced + passing, settled + min(here, passing))
    return StageConversion(
        name,
        entered,
        advanced,
        lost,
        back,
        still,
        counts["skipped"],
        rate=advanced / settled if settled else None,
        low=pessimist[0] if pessimist and settled else None,
        high=optimist[1] if optimist and settled else None,
        bound_low=advanced / (entered + here) if entered else None,
        bound_high=(advanced + still + passing) / (entered + min(here, passing)) if entered else None,
    )


def _transitions(spells: pl.DataFrame, book: Book, start: dt.date) -> tuple[Transition, ...]:
    """Moves of the window, in the order of the stages they leave and reach."""
    moves = spells.filter(pl.col("next_stage").is_not_null() & (pl.col("left") >= start))
    counts = moves.group_by("stage", "next_stage").len()
    ends = [closed_name(book, "won"), closed_name(book, "lost")]
    order = {name: n for n, name in enumerate([*(s.name for s in open_stages(book.stages)), *ends])}
    found = sorted(counts.iter_rows(), key=lambda row: (order[row[0]], order[row[1]]))
    return tuple(Transition(*row) for row in found)


def _note(taken: Paths, entries: pl.DataFrame, book: Book) -> str:
    """In words, with counts: what the numbers rest on."""
    deals = entries.unique("deal_id", maintain_order=True)
    undated = deals.filter(pl.col("entered").is_null()).height
    untraced = entries.filter(pl.col("how") == "untraced").height
    if taken.moves:
        said = [say("From History: {n} recorded states of {deals} deals.", n=taken.moves, deals=taken.told)]
    else:
        said = [
            say(
                "There is no History to go by, so each deal is taken to have entered the first stage when it was "
                "created and to have passed every stage before the one it is in."
            )
        ]
    first = next((stage.name for stage in open_stages(book.stages)), "")
    told = zip(_TAKEN, (taken.untold if taken.moves else 0, taken.gone, undated, untraced), strict=True)
    said += [say(words, n=count, stage=first) for words, count in told if count]
    return " ".join(said)


_TAKEN = (
    later("{n} {n:deal|deals} without history {n:is|are} placed by today's stage."),
    later("{n} {n:deal|deals} no longer in the book {n:is|are} left out where still open."),
    later("{n} {n:deal|deals} without a created date {n:is|are} taken as created in the window."),
    later(
        "{n} {n:deal|deals} lost without a trace of the stage {n:is|are} counted as lost from {stage}; "
        "the bounds say how far off that can be."
    ),
)
