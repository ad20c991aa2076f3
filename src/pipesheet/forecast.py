"""The forecast by period of the close date, on every cut: amount × probability, by two methods.

*stated* takes each deal's own probability, else its stage's, as every CRM does; *evidence* takes what the
deal has earned by its stage's criteria (`pipesheet.gates`), which is never more.

Lost counts 0, won counts once at its amount, omitted is left out and its total kept; open deals
without a date, with one that has passed, or with one beyond the periods shown, have buckets of their
own and never vanish: open_weighted of overdue + undated + the quarters from the current one on +
later is that of all.

Shown are the fiscal quarters from 4 before the current one to 3 after it, or further to the last with
an open deal, at most 8 after; the months from 6 before the current one to 11 after it; the fiscal year
before, this one and the next, where there is anything in them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from pipesheet.findings import Finding
from pipesheet.models import CATEGORIES, Book
from pipesheet.periods import Grain, Period, following, period_of
from pipesheet.stages import open_stages
from pipesheet.targets import Targets, targets
from pipesheet.winrate import WINDOW_DAYS, closed_in, win_rate

Bucket = Literal["month", "quarter", "year", "overdue", "undated", "later", "all"]
Method = Literal["stated", "evidence"]
METHODS: Mapping[Method, str] = {"stated": "weighted", "evidence": "evidence_weighted"}
"""The methods and the column of the frame that holds what each counts a deal at."""

QUARTERS_BEFORE, QUARTERS_AFTER, QUARTERS_AT_MOST = 4, 3, 8
MONTHS_BEFORE, MONTHS_AFTER = 6, 11
CUTS = ("owner", "team", "stage", "category")
CUTS_IF_THERE = ("source", "product")
MEMBERS_SHOWN = 100
NOBODY, OTHERS = "(none)", "(others)"


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One line of the forecast: a period (or bucket) × a cut, by one method, in the reporting currency.

    `dimension` is ``all``, ``owner``, ``team``, ``stage``, ``category``, ``source`` or ``product``; `key`
    names the member, ``(none)`` where the deal has none.
    `period` is a fiscal label (``2026-Q4``), or ``overdue`` (open, close date before the as-of date, also
    where that is within the current quarter, whose line then leaves it out), ``undated`` (open, no close
    date), ``later`` (open, closing after the last quarter shown), ``all`` (every open deal whatever its
    date). These four hold nothing won and have no target.
    `won` Σ amount of deals won in the period; `commit`, `best_case`, `pipeline` Σ weighted of open
    deals closing in it by category, `open_weighted` their sum; `open_amount` Σ amount of the same
    deals unweighted; `omitted` Σ amount of open omitted deals.
    `total` = won + open_weighted. `gap` = target − total. `coverage` = open_amount ÷ (target − won),
    None without a target or once it is reached. `attainment` = won ÷ target.
    """

    method: Method
    bucket: Bucket
    period: str
    start: dt.date | None
    end: dt.date | None
    dimension: str
    key: str
    won: float
    won_deals: int
    commit: float
    best_case: float
    pipeline: float
    open_weighted: float
    open_amount: float
    open_deals: int
    omitted: float
    total: float
    target: float | None = None
    gap: float | None = None
    coverage: float | None = None
    attainment: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """All lines of the forecast.

    `current` is the label of the fiscal quarter that holds the as-of date; the cuts by owner, team,
    stage and category (source and product where the deals have them) are there for each quarter shown,
    for the current fiscal year and for the buckets. `required_coverage` = 1 ÷ the book's own win rate by
    value over the last 365 days, None under 5 closed deals or where lost deals bear no amount. `method` is
    the one that headlines use, as Settings say.
    """

    current: str
    rows: tuple[ForecastRow, ...]
    required_coverage: float | None = None
    method: Method = "stated"

    @property
    def headline(self) -> ForecastRow | None:
        """The current quarter by the method that headlines use."""
        return self.row(self.current, method=self.method)

    def row(
        self, period: str, dimension: str = "all", key: str = "", *, method: Method = "stated"
    ) -> ForecastRow | None:
        """The line of that period and cut, or None."""
        wanted = (method, period, dimension, key)
        return next((r for r in self.rows if (r.method, r.period, r.dimension, r.key) == wanted), None)

    def cut(self, period: str, dimension: str, *, method: Method = "stated") -> tuple[ForecastRow, ...]:
        """The lines of one period by one dimension, in their order."""
        wanted = (method, period, dimension)
        return tuple(r for r in self.rows if (r.method, r.period, r.dimension) == wanted)

    def periods(self, bucket: Bucket, *, method: Method = "stated") -> tuple[ForecastRow, ...]:
        """The whole-book lines of one grain, in order of time."""
        wanted = (method, bucket, "all")
        return tuple(r for r in self.rows if (r.method, r.bucket, r.dimension) == wanted)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One period or bucket shown: its months as year × 12 + month − 1, and whether it is cut."""

    bucket: Bucket
    label: str
    period: Period | None
    months: tuple[int, int]
    cut: bool


def forecast(frame: pl.DataFrame, book: Book, *, as_of: dt.date) -> tuple[Forecast, tuple[Finding, ...]]:
    """The forecast of a deal frame by each method it has the column of, and what was wrong with the targets."""
    aims, found = targets(frame, book)
    rows: list[ForecastRow] = []
    for method, column in METHODS.items():
        if column in frame.columns:
            measured = _measured(frame, column, as_of)
            rows += _by_method(method, measured, book, _cuts(frame), aims, as_of)
    current = period_of(as_of, "quarter", book.settings.fiscal_year_start).label
    there = {row.method for row in rows}
    wanted: Method = next((m for m in METHODS if m == book.settings.forecast_method and m in there), "stated")
    return Forecast(current, tuple(rows), _required_coverage(frame, as_of), wanted), found


def _by_method(
    method: Method, measured: pl.DataFrame, book: Book, cuts: Sequence[str], aims: Targets, as_of: dt.date
) -> Iterator[ForecastRow]:
    slots = _slots(measured, book, as_of)
    calendar = _calendar(measured, slots)
    for dimension in ("all", *cuts):
        added = _added(_sums(measured, dimension), calendar)
        order = _order(book, dimension)
        for number, slot in enumerate(slots):
            if dimension == "all" or slot.cut:
                yield from sorted(_lines(added[number], slot, dimension, aims, method), key=order)


def _measured(frame: pl.DataFrame, column: str, as_of: dt.date) -> pl.DataFrame:
    """Won and open deals, with what each adds to every figure and where in time it lies; open ones count at
    what stands in that column."""
    won, amount = pl.col("outcome") == "won", pl.col("amount").fill_null(0.0)
    counted = ~won & (pl.col("category") != "omitted")
    date = pl.col("close_date")
    weighted = pl.col(column)
    place = (
        pl.when(date.is_null())
        .then(pl.lit("undated"))
        .when(~won & (date < as_of))
        .then(pl.lit("overdue"))
        .otherwise(pl.lit("dated"))
    )
    return frame.filter(pl.col("outcome").is_in(["won", "open"])).select(
        *CUTS,
        *CUTS_IF_THERE,
        place.alias("place"),
        (~won).alias("open"),
        (date.dt.year() * 12 + date.dt.month().cast(pl.Int32) - 1).fill_null(0).alias("month"),
        pl.when(won).then(amount).otherwise(0.0).alias("won"),
        won.cast(pl.Int64).alias("won_deals"),
        *(
            pl.when(~won & (pl.col("category") == name)).then(weighted).otherwise(0.0).alias(column)
            for name, column in (("commit", "commit"), ("best case", "best_case"), ("pipeline", "pipeline"))
        ),
        pl.when(~won).then(weighted).otherwise(0.0).alias("open_weighted"),
        pl.when(counted).then(amount).otherwise(0.0).alias("open_amount"),
        counted.cast(pl.Int64).alias("open_deals"),
        pl.when(~won & ~counted).then(amount).otherwise(0.0).alias("omitted"),
    )


_MONEY = ("won", "commit", "best_case", "pipeline", "open_weighted", "open_amount", "omitted")
_COUNTS = ("won_deals", "open_deals")


def _sums(measured: pl.DataFrame, dimension: str) -> pl.DataFrame:
    """The figures by member, place, month and whether open: a small table that all periods add up from."""
    key = pl.lit("") if dimension == "all" else _member(measured, dimension)
    return (
        measured.with_columns(key.alias("key"))
        .group_by("key", "place", "month", "open", maintain_order=True)
        .agg(*(pl.col(c).sum() for c in (*_MONEY, *_COUNTS)), pl.len().alias("deals"))
    )


def _member(measured: pl.DataFrame, dimension: str) -> pl.Expr:
    """The column, blanks named; of free text the smaller members fold into one."""
    name = pl.col(dimension).fill_null(NOBODY)
    if dimension not in CUTS_IF_THERE or measured[dimension].n_unique() <= MEMBERS_SHOWN:
        return name
    weight = (pl.col("won") + pl.col("open_amount")).sum().alias("weight")
    sizes = measured.group_by(name.alias("key")).agg(weight).sort(["weight", "key"], descending=[True, False])
    shown = name.is_in(sizes["key"].head(MEMBERS_SHOWN - 1).to_list())
    return pl.when(shown).then(name).otherwise(pl.lit(OTHERS))


def _cuts(frame: pl.DataFrame) -> tuple[str, ...]:
    return (*CUTS, *(c for c in CUTS_IF_THERE if frame[c].null_count() < frame.height))


def _month_number(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _slots(measured: pl.DataFrame, book: Book, as_of: dt.date) -> list[_Slot]:
    start = book.settings.fiscal_year_start
    quarter = period_of(as_of, "quarter", start)
    last_open = measured.filter(pl.col("open") & (pl.col("place") == "dated"))["month"].max()
    ahead = (last_open - _month_number(quarter.start)) // 3 if isinstance(last_open, int) else 0
    after = max(QUARTERS_AFTER, min(QUARTERS_AT_MOST, ahead))
    year = period_of(as_of, "year", start)

    def run(grain: Grain, first: int, last: int) -> Iterator[_Slot]:
        here = period_of(as_of, grain, start)
        for step in range(first, last + 1):
            period = following(here, start, step)
            months = (_month_number(period.start), _month_number(period.end))
            yield _Slot(grain, period.label, period, months, grain == "quarter" or period == year)

    beyond = _month_number(following(quarter, start, after).end) + 1
    return [
        *run("quarter", -QUARTERS_BEFORE, after),
        *run("month", -MONTHS_BEFORE, MONTHS_AFTER),
        *run("year", -1, 1),
        *(_Slot(name, name, None, (0, 0), True) for name in ("overdue", "undated")),
        _Slot("later", "later", None, (beyond, 200_000), True),
        _Slot("all", "all", None, (0, 0), True),
    ]


def _holds(slot: _Slot, place: str, month: int, is_open: bool) -> bool:
    if slot.bucket == "all":
        return is_open
    if slot.bucket in ("overdue", "undated"):
        return is_open and place == slot.bucket
    first, last = slot.months
    return place == "dated" and first <= month <= last and (is_open or slot.bucket != "later")


def _calendar(measured: pl.DataFrame, slots: Sequence[_Slot]) -> pl.DataFrame:
    """Each place in time that there is, with the number of each slot it lies in."""
    places = measured.select("place", "month", "open").unique(maintain_order=True)
    found = [(*place, number) for place in places.rows() for number, slot in enumerate(slots) if _holds(slot, *place)]
    schema = pl.Schema([*places.schema.items(), ("slot", pl.Int64())])
    return pl.DataFrame(found, schema=schema, orient="row")


def _added(sums: pl.DataFrame, calendar: pl.DataFrame) -> Mapping[int, Mapping[str, Mapping[str, Any]]]:
    """The figures by slot and member."""
    added = (
        sums.join(calendar, on=["place", "month", "open"], maintain_order="left")
        .group_by("slot", "key", maintain_order=True)
        .agg(pl.col(*_MONEY).sum().round(6), pl.col(*_COUNTS, "deals").sum())
    )
    found: dict[int, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in added.iter_rows(named=True):
        found[row["slot"]][row["key"]] = row
    return found


def _lines(
    figures: Mapping[str, Mapping[str, Any]], slot: _Slot, dimension: str, aims: Targets, method: Method
) -> list[ForecastRow]:
    """The lines of one period by one dimension: every member with a deal or a target in it."""
    aim = {}
    if slot.period is not None and dimension in ("all", "owner", "team"):
        members = [("all", "")] if dimension == "all" else [m for m in aims.members() if m[0] == dimension]
        aim = {m[1]: amount for m in members if (amount := aims.of(slot.period, m)) is not None}
    # A whole-book line is there even when it is empty; a year other than this one only if it is not.
    always = [""] if dimension == "all" and (slot.bucket != "year" or slot.cut) else []
    keys = dict.fromkeys((*figures, *aim, *always))
    return [_line(method, figures.get(key, {}), slot, dimension, key, aim.get(key)) for key in keys]


def _line(
    method: Method, figures: Mapping[str, Any], slot: _Slot, dimension: str, key: str, target: float | None
) -> ForecastRow:
    money = {name: float(figures.get(name, 0.0)) for name in _MONEY}
    total = round(money["won"] + money["open_weighted"], 6)
    short = None if target is None else target - money["won"]
    return ForecastRow(
        method=method,
        bucket=slot.bucket,
        period=slot.label,
        start=slot.period.start if slot.period else None,
        end=slot.period.end if slot.period else None,
        dimension=dimension,
        key=key,
        **money,
        total=total,
        target=target,
        won_deals=int(figures.get("won_deals", 0)),
        open_deals=int(figures.get("open_deals", 0)),
        gap=None if target is None else round(target - total, 6),
        coverage=money["open_amount"] / short if short is not None and short > 0 else None,
        attainment=money["won"] / target if target else None,
    )


def _order(book: Book, dimension: str) -> Any:
    """How the lines of a cut stand: stages and categories in their own order, others most money first."""
    if dimension in ("stage", "category"):
        closing = [s.name for s in book.stages if s.type != "open"]
        names = [s.name for s in open_stages(book.stages)] + closing if dimension == "stage" else CATEGORIES
        place = {name: n for n, name in enumerate(names)}
        return lambda row: (place.get(row.key, len(place)), row.key)
    return lambda row: (-row.total, row.key)


def _required_coverage(frame: pl.DataFrame, as_of: dt.date) -> float | None:
    rate = win_rate(closed_in(frame, as_of - dt.timedelta(days=WINDOW_DAYS - 1), as_of))
    return 1 / rate.value_rate if rate.won + rate.lost >= 5 and rate.value_rate else None
