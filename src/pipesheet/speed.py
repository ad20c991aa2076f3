"""Time in stage, sales cycle, velocity and the months behind us."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipesheet.models import Stage
from pipesheet.periods import period_from
from pipesheet.stages import open_stages
from pipesheet.winrate import WinRate

TREND_MONTHS = 12


@dataclass(frozen=True, slots=True)
class StageTime:
    """Days spent in a stage by deals won in the window (`won_deals` of them, all their stays added up)
    and, so far, by those open in it now (`open_deals` of them, whose entry date is known)."""

    stage: str
    won_deals: int
    median: float | None
    p20: float | None
    p80: float | None
    open_deals: int
    open_median: float | None
    survival_median: float | None
    """Kaplan–Meier over all stays History saw begin, open ones censored; None where less than half are
    seen to leave."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """Days from creation to winning of the `deals` won in the window with both dates."""

    deals: int
    mean: float | None
    median: float | None
    p20: float | None
    p80: float | None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Open deals × win rate × average won amount ÷ T days, money per day in the reporting currency.

    `flow_days` T = open deals ÷ deals created per day; `cycle_days` the mean cycle of won deals, as
    the usual version has it; `per_day` with the first, `usual_per_day` with the second.
    """

    open_deals: int
    win_rate: float | None
    average_won: float | None
    flow_days: float | None
    cycle_days: float | None
    per_day: float | None
    usual_per_day: float | None


@dataclass(frozen=True, slots=True)
class TrendMonth:
    """One calendar month: deals created, won, lost, the amount won, and the win rate of those closed."""

    month: str
    created: int
    won: int
    lost: int
    won_amount: float
    win_rate: float | None


def _quantile(days: pl.Series, q: float) -> float | None:
    value = days.quantile(q, interpolation="linear")
    return None if value is None else float(value)


def kaplan_meier_median(stays: Iterable[tuple[int, int, int]]) -> float | None:
    """The median of stays given as (days, how many, how many of them ended then), by the
    product-limit estimate (Kaplan and Meier 1958): the first day by which half have left."""
    rising = sorted(stays)
    at_risk, staying = sum(count for _, count, _ in rising), 1.0
    for days, count, ended in rising:
        staying *= 1 - ended / at_risk
        if staying <= 0.5 + 1e-12:
            return float(days)
        at_risk -= count
    return None


def times(
    frame: pl.DataFrame, spells: pl.DataFrame, stages: tuple[Stage, ...], *, start: dt.date, as_of: dt.date
) -> tuple[StageTime, ...]:
    """Time in each open stage; `spells` as of `pipesheet.paths`, empty where there is no History."""
    stays = spells.filter((pl.col("type") == "open") & pl.col("start_known")).with_columns(
        (pl.coalesce("left", pl.lit(as_of)) - pl.col("entered")).dt.total_days().alias("days")
    )
    won = frame.filter((pl.col("outcome") == "won") & pl.col("close_date").is_between(start, as_of))
    of_won = (
        stays.filter(pl.col("left").is_not_null())
        .join(won.select(pl.col("index").cast(pl.Int64).alias("deal_id")), on="deal_id", how="semi")
        .group_by("deal_id", "rank")
        .agg(pl.col("days").sum())
    )
    waiting = frame.filter((pl.col("outcome") == "open") & (pl.col("entered_stage") <= as_of)).select(
        pl.col("stage_rank").alias("rank"),
        (pl.lit(as_of) - pl.col("entered_stage")).dt.total_days().alias("days"),
    )
    leaving = stays.group_by("rank", "days").agg(
        pl.len().alias("count"), pl.col("left").is_not_null().sum().alias("ended")
    )
    found = []
    for rank, stage in enumerate(open_stages(stages), 1):
        days, now = (part.filter(pl.col("rank") == rank)["days"] for part in (of_won, waiting))
        found.append(
            StageTime(
                stage.name,
                len(days),
                _quantile(days, 0.5),
                _quantile(days, 0.2),
                _quantile(days, 0.8),
                len(now),
                _quantile(now, 0.5),
                kaplan_meier_median(
                    leaving.filter(pl.col("rank") == rank).select("days", "count", "ended").iter_rows()
                ),
            )
        )
    return tuple(found)


def cycle(frame: pl.DataFrame, *, start: dt.date, as_of: dt.date) -> Cycle:
    """The sales cycle of the deals won in the window; a deal won before it was created is left out."""
    days = (
        frame.filter((pl.col("outcome") == "won") & pl.col("close_date").is_between(start, as_of))
        .select((pl.col("close_date") - pl.col("created")).dt.total_days().alias("days"))
        .filter(pl.col("days") >= 0)["days"]
    )
    mean = sum(days.to_list()) / len(days) if len(days) else None
    return Cycle(len(days), mean, _quantile(days, 0.5), _quantile(days, 0.2), _quantile(days, 0.8))


def velocity(frame: pl.DataFrame, rate: WinRate, taken: Cycle, *, start: dt.date, as_of: dt.date) -> Velocity:
    """Money won per day, by the flow of deals and by the usual formula."""
    days = (as_of - start).days + 1
    open_deals = frame.filter(pl.col("outcome") == "open").height
    created = frame.filter(pl.col("created").is_between(start, as_of)).height
    won = frame.filter(
        (pl.col("outcome") == "won") & pl.col("close_date").is_between(start, as_of) & pl.col("amount").is_not_null()
    ).height
    average = rate.won_amount / won if won else None
    flow = open_deals * days / created if created and open_deals else None

    def per_day(through: float | None) -> float | None:
        if rate.rate is None or average is None or not through:
            return None
        return open_deals * rate.rate * average / through

    return Velocity(open_deals, rate.rate, average, flow, taken.mean, per_day(flow), per_day(taken.mean))


def trend(frame: pl.DataFrame, *, as_of: dt.date) -> tuple[TrendMonth, ...]:
    """The last twelve calendar months, the one of the as-of date (up to it) last."""
    closed = frame.filter(pl.col("outcome").is_in(["won", "lost"]) & (pl.col("close_date") <= as_of))
    ends = closed.group_by(month=pl.col("close_date").dt.strftime("%Y-%m"), maintain_order=True).agg(
        (pl.col("outcome") == "won").sum().alias("won"),
        (pl.col("outcome") == "lost").sum().alias("lost"),
        pl.col("amount").filter(pl.col("outcome") == "won").sum().round(6).alias("amount"),
    )
    begins = frame.filter(pl.col("created") <= as_of).group_by(month=pl.col("created").dt.strftime("%Y-%m")).len()
    closings = {row["month"]: row for row in ends.iter_rows(named=True)}
    creations = dict(begins.iter_rows())
    found = []
    for back in range(TREND_MONTHS - 1, -1, -1):
        label = period_from(as_of, "month", months=-back).label
        row = closings.get(label, {"won": 0, "lost": 0, "amount": 0.0})
        settled = row["won"] + row["lost"]
        found.append(
            TrendMonth(
                label,
                creations.get(label, 0),
                row["won"],
                row["lost"],
                row["amount"],
                row["won"] / settled if settled else None,
            )
        )
    return tuple(found)
