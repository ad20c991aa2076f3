"""Hygiene: the share of open deals with nothing to mend, by owner and team, and how it went over the runs.

A deal is clean when its row has no finding of severity error or warning. The score is clean ÷ open deals,
so anybody can count it again in Deal Review.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipesheet.models import HygieneRecord

Dimension = Literal["all", "owner", "team"]
NOBODY = "(none)"


@dataclass(frozen=True, slots=True)
class HygieneLine:
    """One owner or team (`dimension` ``all``, `name` empty: the whole book).

    `score` = clean ÷ open_deals; `unproven` Σ weighted − evidence weighted of its open deals, in the
    reporting currency. `before` is the score on the newest earlier as-of date in the Run Log, None without.
    """

    dimension: Dimension
    name: str
    open_deals: int
    clean: int
    score: float
    errors: int
    warnings: int
    unproven: float
    before: float | None = None

    @property
    def change(self) -> float | None:
        """Score now less score before, as a share."""
        return None if self.before is None else self.score - self.before


@dataclass(frozen=True, slots=True)
class HygienePoint:
    """The whole book's score on one as-of date."""

    as_of: dt.date
    open_deals: int
    clean: int

    @property
    def score(self) -> float:
        """Clean ÷ open deals; 1 where there were none."""
        return self.clean / self.open_deals if self.open_deals else 1.0


@dataclass(frozen=True, slots=True)
class Hygiene:
    """The lines, the whole book first, then owners and teams, worst first; and the trend, oldest first,
    one point per as-of date, today's last."""

    lines: tuple[HygieneLine, ...] = ()
    trend: tuple[HygienePoint, ...] = ()

    def of(self, dimension: Dimension) -> tuple[HygieneLine, ...]:
        """The lines of one dimension."""
        return tuple(line for line in self.lines if line.dimension == dimension)


def hygiene(frame: pl.DataFrame, log: Sequence[HygieneRecord], *, as_of: dt.date) -> Hygiene:
    """The hygiene of the open deals; `frame` has `errors` and `warnings` per deal, `log` is of earlier runs."""
    counted = frame.filter(pl.col("outcome") == "open").select(
        pl.col("owner").fill_null(NOBODY),
        pl.col("team").fill_null(NOBODY),
        "errors",
        "warnings",
        (pl.col("errors") + pl.col("warnings") == 0).alias("clean"),
        (pl.col("weighted") - pl.col("evidence_weighted")).alias("unproven"),
    )
    if counted.is_empty():
        return Hygiene()
    earlier = _earlier(log, as_of)
    dimensions: tuple[Dimension, ...] = ("all", "owner", "team") if frame["team"].count() else ("all", "owner")
    lines = [line for dimension in dimensions for line in _lines(counted, dimension, earlier)]
    now = HygienePoint(as_of, lines[0].open_deals, lines[0].clean)
    past = {r.as_of: HygienePoint(r.as_of, r.open_deals, r.clean) for r in log if r.dimension == "all"}
    trend = [past[day] for day in sorted(past) if day < as_of]
    return Hygiene(tuple(lines), (*trend, now))


def _earlier(log: Sequence[HygieneRecord], as_of: dt.date) -> dict[tuple[str, str], HygieneRecord]:
    """The record of each member on the newest as-of date before this one; of two on one day the last."""
    found: dict[tuple[str, str], HygieneRecord] = {}
    for record in log:
        key = (record.dimension, record.name)
        if record.as_of < as_of and record.open_deals and (key not in found or found[key].as_of <= record.as_of):
            found[key] = record
    return found


def _lines(
    counted: pl.DataFrame, dimension: Dimension, earlier: dict[tuple[str, str], HygieneRecord]
) -> list[HygieneLine]:
    name = pl.lit("") if dimension == "all" else pl.col(dimension)
    sums = (
        counted.group_by(name.alias("name"))
        .agg(
            pl.len().alias("open_deals"),
            pl.col("clean").sum(),
            pl.col("errors", "warnings").sum(),
            pl.col("unproven").sum().round(6),
        )
        .with_columns((pl.col("clean") / pl.col("open_deals")).alias("score"))
        .sort(["score", "unproven", "name"], descending=[False, True, False])
    )
    lines = []
    for row in sums.iter_rows(named=True):
        before = earlier.get((dimension, row["name"]))
        lines.append(HygieneLine(dimension, **row, before=before.clean / before.open_deals if before else None))
    return lines
