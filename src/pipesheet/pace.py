"""Time and movement: how long deals stay, which ones stall, and what History says of their way.

A deal is stalled when it has been in its stage for longer than the stage's Max days, else longer than
`stalled_percentile` of the time won deals spent there (with at least `ENOUGH_SPELLS` such stays in
History; with fewer the stage is not judged). A next step dated on the as-of date or later un-stalls.
The rules about moves look at open deals only: nobody can mend the way of a closed one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from pipesheet import figures
from pipesheet.case import Case, written_once
from pipesheet.findings import Finding
from pipesheet.history import as_spells
from pipesheet.language import say
from pipesheet.models import Book
from pipesheet.stages import open_stages

ENOUGH_SPELLS = 20
"""Fewer stays of won deals than this say nothing about what is usual in a stage."""
PUSHES = 2
"""So many pushes of the close date are worth a word."""
_BEYOND = 1_000_000
"""The place of a closed stage, which has no rank and lies behind all open ones."""


def stays_in(told: pl.DataFrame) -> pl.DataFrame:
    """The stays of `pipesheet.history.spells` in known stages, from states already read."""
    known = told.filter(pl.col("type").is_not_null())
    return as_spells(known.select("deal_id", "stage", "rank", "type", entered=pl.col("recorded").dt.date()))


def with_pace(frame: pl.DataFrame, limits: Mapping[str, float], as_of: dt.date) -> pl.DataFrame:
    """Adds `days_in_stage` (Int32, of open deals; 0 where the entry lies ahead), `stalled` (Boolean)."""
    is_open = pl.col("outcome") == "open"
    days = (pl.lit(as_of) - pl.col("entered_stage")).dt.total_days().clip(lower_bound=0).cast(pl.Int32)
    limit = pl.col("stage").replace_strict(limits, default=None, return_dtype=pl.Float64)
    planned = (pl.col("next_step_date") >= as_of).fill_null(False)
    return frame.with_columns(pl.when(is_open).then(days).alias("days_in_stage")).with_columns(
        (is_open & ~planned & (pl.col("days_in_stage") > limit)).fill_null(False).alias("stalled")
    )


def stall_limits(book: Book, stays: pl.DataFrame | None) -> Mapping[str, float]:
    """The most days a deal may be in each open stage, by its name; stages that cannot be judged lack."""
    usual = {} if stays is None else _usual_days(stays, book.settings.stalled_percentile)
    limits = {s.name: usual.get(s.name) if s.max_days is None else s.max_days for s in open_stages(book.stages)}
    return {name: days for name, days in limits.items() if days is not None}


def _usual_days(stays: pl.DataFrame, share: float) -> Mapping[str, float]:
    won = stays.filter(pl.col("type") == "won").select("deal_id").unique()
    days = (pl.col("left") - pl.col("entered")).dt.total_days()
    usual = (
        stays.join(won, on="deal_id", how="semi")
        .filter((pl.col("type") == "open") & pl.col("left").is_not_null())
        .group_by("stage")
        .agg(pl.len().alias("n"), days.quantile(min(max(share, 0.0), 1.0), "linear").alias("days"))
        .filter(pl.col("n") >= ENOUGH_SPELLS)
    )
    return dict(usual.select("stage", "days").iter_rows())


def stalled(case: Case) -> Iterator[Finding]:
    """Longer in the stage than it should be, with nothing planned; the cell to fill is the plan's."""
    hits = case.frame.filter("stalled")
    ahead = case.has("next_step_date")
    field = "next_step_date" if ahead else "stage"
    most = {
        stage: say("at most {n} {n:day|days}, or a next step with a date ahead", n=int(days))
        if ahead
        else say("at most {n} {n:day|days}", n=int(days))
        for stage, days in case.limits.items()
    }
    found = written_once(
        lambda days, stage: say("{n} {n:day|days} in {stage}", n=days, stage=stage),
        hits.select("days_in_stage", "stage").iter_rows(),
    )
    needed = [most[stage] for stage in hits["stage"].to_list()]
    return case.report("stalled", hits["index"], field, found, needed, money=hits["weighted"])


def _open_deals(case: Case) -> pl.DataFrame:
    placed = (pl.col("outcome") == "open") & pl.col("stage_rank").is_not_null() & pl.col("deal_id").is_not_null()
    return case.frame.filter(placed).select("index", "deal_id", "stage", "stage_rank", "close_date", "weighted")


def stage_skipped(case: Case) -> Iterator[Finding]:
    """Between the first stage History has of a deal and the one it claims, some were never its stage, and may
    not be skipped."""
    if case.stays is None:
        return iter(())
    seen = case.stays.filter(pl.col("type") == "open").select("deal_id", "rank")
    now = _open_deals(case)
    ranks = (
        now.join(seen, on="deal_id")
        .filter(pl.col("rank") <= pl.col("stage_rank"))
        .group_by("index", "stage_rank")
        .agg(pl.col("rank").unique().sort())
        .sort("index")
    )
    steps = pl.col("stage_rank") - pl.col("rank").list.first()
    between = pl.col("rank").list.set_difference(pl.concat_list("stage_rank")).list.len()
    hits = ranks.filter(between < steps)
    ladder = open_stages(case.book.stages)
    names = [s.name for s in ladder]
    allowed = {rank for rank, stage in enumerate(ladder, 1) if stage.may_skip}
    indexes, found = [], []
    for index, rank, visited in hits.select("index", "stage_rank", "rank").iter_rows():
        missed = [names[r - 1] for r in range(visited[0] + 1, rank) if r not in visited and r not in allowed]
        if missed:
            indexes.append(index)
            way = {"first": names[visited[0] - 1], "last": names[rank - 1], "missed": ", ".join(missed)}
            found.append(say("{first} to {last} without {missed}", **way))
    needed = say("every stage on the way, or why not")
    return case.report("stage-skipped", pl.Series(indexes, dtype=pl.UInt32), "stage", found, needed)


def stage_moved_back(case: Case) -> Iterator[Finding]:
    """The latest move to an earlier stage, or out of a closed one, to where deals may not return; the stage a
    deal claims now is its last."""
    if case.stays is None:
        return iter(())
    now = _open_deals(case)
    claimed = now.filter(pl.col("deal_id").is_first_distinct()).select(
        "deal_id", pl.col("stage").alias("claimed"), pl.col("stage_rank").alias("claimed_rank")
    )
    last = pl.col("next_stage").is_null()
    moves = case.stays.join(claimed, on="deal_id", maintain_order="left").select(
        "deal_id",
        "stage",
        pl.coalesce("next_stage", "claimed").alias("to"),
        pl.when(last).then("entered").otherwise("left").alias("day"),
        last.alias("since"),
        pl.col("rank").fill_null(_BEYOND).alias("rank"),
        pl.when(last).then("claimed_rank").otherwise(pl.col("next_rank").fill_null(_BEYOND)).alias("to_rank"),
    )
    allowed = [s.name for s in open_stages(case.book.stages) if s.may_return]
    barred = (pl.col("to_rank") < pl.col("rank")) & ~pl.col("to").is_in(allowed)
    back = moves.filter(barred).unique("deal_id", keep="last", maintain_order=True)
    hits = now.join(back, on="deal_id", suffix="_before").sort("index")
    found = written_once(_moved, hits.select("stage_before", "to", "since", "day").iter_rows())
    needed = say("why it went back, or the stage it is in")
    return case.report("stage-moved-back", hits["index"], "stage", found, needed)


def _moved(before: str, after: str, since: bool, day: dt.date) -> str:
    if since:
        return say("{before} to {after} after {day}", before=before, after=after, day=figures.day(day))
    return say("{before} to {after} on {day}", before=before, after=after, day=figures.day(day))


def close_date_pushed(case: Case) -> Iterator[Finding]:
    """Each state whose close date is later than the one before is a push; the deal as it is comes last."""
    if case.states is None or not case.has("close_date"):
        return iter(())
    date, before = pl.col("close_date"), pl.col("close_date").shift(1).over("deal_id")
    told = (
        case.states.filter(date.is_not_null())
        .with_columns(pushed=date > before)
        .group_by("deal_id")
        .agg(pl.col("pushed").sum(), date.first().alias("from"), date.last().alias("to"))
    )
    again = (pl.col("close_date") > pl.col("to")).fill_null(False)
    hits = (
        _open_deals(case)
        .join(told, on="deal_id")
        .with_columns(pushes=pl.col("pushed") + again, now=pl.coalesce("close_date", "to"))
        .filter(pl.col("pushes") >= PUSHES)
        .sort("index")
    )
    found = written_once(_pushed, hits.select("pushes", "from", "now").iter_rows())
    return case.report(
        "close-date-pushed",
        hits["index"],
        "close_date",
        found,
        say("a date the buyer has confirmed"),
        money=hits["weighted"],
    )


def _pushed(n: int, start: dt.date, end: dt.date) -> str:
    first, last = figures.day(start), figures.day(end)
    return say("pushed {n} {n:time|times}, from {first} to {last}", n=n, first=first, last=last)


PACE_RULES: tuple[Callable[[Case], Iterable[Finding]], ...] = (
    stalled,
    stage_skipped,
    stage_moved_back,
    close_date_pushed,
)
