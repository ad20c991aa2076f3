"""Win rate: won ÷ (won + lost) of the deals closed in a window, by count and by value."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

WINDOW_DAYS = 365
"""How far back rates and speeds look, in days to the as-of date."""
Z80 = 1.2816
"""Normal quantile of a two-sided 80 % interval."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """Won ÷ (won + lost) of deals closed in the window; `low`, `high` its 80 % Wilson interval.

    `value_rate` is the same by amount; None where most of the lost deals bear no amount, because then
    nothing says what was lost. All rates are None where no deal was closed.
    """

    key: str
    won: int
    lost: int
    won_amount: float
    lost_amount: float
    rate: float | None
    low: float | None
    high: float | None
    value_rate: float | None


def wilson(hits: int, n: int, *, z: float = Z80) -> tuple[float, float] | None:
    """The score interval of a share (Wilson 1927), within 0 to 1; None of nothing."""
    if n <= 0:
        return None
    share, spread = hits / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == n else min(1.0, centre + half)


def closed_in(frame: pl.DataFrame, start: dt.date, end: dt.date) -> pl.DataFrame:
    """The won and lost deals closed from start to end, both inclusive."""
    closed = pl.col("outcome").is_in(["won", "lost"]) & pl.col("close_date").is_between(start, end)
    return frame.filter(closed)


def win_rate(closed: pl.DataFrame) -> WinRate:
    """The win rate of all those deals."""
    found = _by(closed.with_columns(key=pl.lit("")))
    return found[0] if found else _rate("", {})


def win_rates(closed: pl.DataFrame, dimension: str) -> tuple[WinRate, ...]:
    """The win rate of each member of a column, most closed deals first; blanks are ``(none)``."""
    found = _by(closed.with_columns(key=pl.col(dimension).fill_null("(none)")))
    return tuple(sorted(found, key=lambda r: (-(r.won + r.lost), r.key)))


def _by(closed: pl.DataFrame) -> list[WinRate]:
    amount = pl.col("amount").fill_null(0.0)
    won, lost = pl.col("outcome") == "won", pl.col("outcome") == "lost"
    sums = closed.group_by("key", maintain_order=True).agg(
        won.sum().alias("won"),
        lost.sum().alias("lost"),
        amount.filter(won).sum().round(6).alias("won_amount"),
        amount.filter(lost).sum().round(6).alias("lost_amount"),
        (lost & (amount > 0)).sum().alias("lost_valued"),
    )
    return [_rate(row["key"], row) for row in sums.iter_rows(named=True)]


def _rate(key: str, sums: Mapping[str, float]) -> WinRate:
    won, lost = int(sums.get("won", 0)), int(sums.get("lost", 0))
    won_amount, lost_amount = float(sums.get("won_amount", 0.0)), float(sums.get("lost_amount", 0.0))
    low, high = wilson(won, won + lost) or (None, None)
    whole = won_amount + lost_amount
    valued = 2 * sums.get("lost_valued", 0) >= lost and whole > 0 and min(won_amount, lost_amount) >= 0
    return WinRate(
        key,
        won,
        lost,
        won_amount,
        lost_amount,
        rate=won / (won + lost) if won + lost else None,
        low=low,
        high=high,
        value_rate=won_amount / whole if valued else None,
    )
