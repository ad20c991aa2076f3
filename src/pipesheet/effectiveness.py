"""Do the criteria separate? The win rate of closed deals that met one against those that did not.

A deal counts for a criterion if it is closed, reached the criterion's stage by History, and the criterion's
When holds for it; so a deal lost early says nothing about a late criterion. Waivers and grace do not count
here: what matters is whether the evidence was there. Without History nothing can be said, because nobody
knows how far a lost deal had come.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipesheet.gates import Asked
from pipesheet.history import states
from pipesheet.models import Book, Criterion
from pipesheet.winrate import wilson

Verdict = Literal["separates", "separates the wrong way", "separates nothing", "too few to say"]
ENOUGH = 10
"""Closed deals on each side below which nothing is said."""
ENOUGH_FOR_NOTHING = 20
"""And below which "it separates nothing" is not said: that takes more than to see a difference."""
NARROW = 0.10
"""An interval of the difference that holds zero and reaches no further than this either way says nothing
is there."""
ENOUGH_CYCLES = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """What one criterion did for closed deals.

    `met_won` of `met` closed deals that met it were won, `unmet_won` of `unmet` that did not; the rates
    with their 80 % Wilson intervals. `difference` = met rate − unmet rate with its 80 % interval (Newcombe
    1998, method 10: from the two Wilson intervals). `days_saved` is the median sales cycle of won deals
    without it less that of those with it. How many deals lack it now is in `pipesheet.gates.CriterionResult`.
    """

    criterion: Criterion
    met: int
    met_won: int
    unmet: int
    unmet_won: int
    met_rate: float | None
    met_interval: tuple[float, float] | None
    unmet_rate: float | None
    unmet_interval: tuple[float, float] | None
    difference: float | None
    difference_interval: tuple[float, float] | None
    days_saved: float | None
    verdict: Verdict


def effects(asked: Sequence[Asked], frame: pl.DataFrame, book: Book, *, as_of: dt.date) -> tuple[Effect, ...]:
    """One effect per criterion of an open stage, in the order of the sheet; none without History."""
    if book.history is None:
        return ()
    closed = _closed(frame, book, as_of)
    if closed.is_empty():
        return ()
    rows = closed["index"]
    found = []
    for one in asked:
        gate = one.criterion.gate
        if gate is None or gate > 2 * sum(stage.type == "open" for stage in book.stages):
            continue
        told = closed.with_columns(one.met[rows].alias("met")).filter(
            one.applies[rows] & (pl.col("reached") >= (gate + 1) // 2)
        )
        found.append(_effect(one.criterion.criterion, told))
    return tuple(found)


def _closed(frame: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """Closed deals that History knows: how far they came, whether they were won, and how long it took."""
    seen = states(book, as_of).group_by("deal_id").agg(pl.col("rank").max().alias("reached"))
    far = sum(stage.type == "open" for stage in book.stages)
    return (
        frame.filter(pl.col("outcome") != "open")
        .join(seen, on="deal_id", how="inner", maintain_order="left")
        .select(
            "index",
            (pl.col("outcome") == "won").alias("won"),
            pl.when(pl.col("outcome") == "won").then(far).otherwise("reached").alias("reached"),
            (pl.col("close_date") - pl.col("created")).dt.total_days().alias("days"),
        )
    )


def _effect(criterion: Criterion, told: pl.DataFrame) -> Effect:
    with_it, without = told.filter("met"), told.filter(~pl.col("met"))
    sides = [(side.height, int(side["won"].sum())) for side in (with_it, without)]
    (met, met_won), (unmet, unmet_won) = sides
    intervals = [wilson(won, n) for n, won in sides]
    rates = [won / n if n else None for n, won in sides]
    difference, interval = _difference(rates, intervals)
    return Effect(
        criterion,
        met,
        met_won,
        unmet,
        unmet_won,
        rates[0],
        intervals[0],
        rates[1],
        intervals[1],
        difference,
        interval,
        _days_saved(with_it, without),
        _verdict(met, unmet, interval),
    )


def _difference(
    rates: Sequence[float | None], intervals: Sequence[tuple[float, float] | None]
) -> tuple[float | None, tuple[float, float] | None]:
    (one, other), (mine, theirs) = rates, intervals
    if one is None or other is None or mine is None or theirs is None:
        return None, None
    low = math.hypot(one - mine[0], theirs[1] - other)
    high = math.hypot(mine[1] - one, other - theirs[0])
    return one - other, (one - other - low, one - other + high)


def _days_saved(with_it: pl.DataFrame, without: pl.DataFrame) -> float | None:
    cycles = [side.filter(pl.col("won") & (pl.col("days") >= 0))["days"] for side in (with_it, without)]
    if min(map(len, cycles)) < ENOUGH_CYCLES:
        return None
    mine, theirs = (float(str(side.median())) for side in cycles)
    return theirs - mine


def _verdict(met: int, unmet: int, interval: tuple[float, float] | None) -> Verdict:
    if interval is None or min(met, unmet) < ENOUGH:
        return "too few to say"
    if interval[0] > 0:
        return "separates"
    if interval[1] < 0:
        return "separates the wrong way"
    nothing = min(met, unmet) >= ENOUGH_FOR_NOTHING and max(-interval[0], interval[1]) <= NARROW
    return "separates nothing" if nothing else "too few to say"
