"""The tables of the Conversion sheet; rates are live wherever the deals they count are listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from pipesheet.analysis import Analysis
from pipesheet.forecast import NOBODY
from pipesheet.funnel import WinRate
from pipesheet.periods import add_months
from pipesheet.results import look
from pipesheet.results.sums import (
    CLOSED,
    Where,
    between,
    count,
    equals,
    is_empty,
    is_word,
    plain_texts,
    this_row,
    total,
)
from pipesheet.sheets import Column, Content, Formula, Style, TablePlan

FIRST_COLUMN = 2
BOUNDS_ROW = 5
MEMBERS = 100
"""Members of one dimension that are listed, those with the most closed deals."""
_RATES = "PipesheetWinRates"
_LISTED = {"owner": "Owner", "team": "Team", "source": "Source", "product": "Product"}
"""Columns of Closed Deals by the dimension that they hold."""


def _table(name: str, row: int, columns: Sequence[Column]) -> TablePlan:
    return TablePlan(
        name, row, FIRST_COLUMN, tuple(columns), style=look.TABLE_STYLE, autofilter=False, header=look.HEADER
    )


def _formulas(text: str, values: Sequence[float | None]) -> list[Content]:
    return [Formula(text, "" if value is None else value) for value in values]


def funnel_table(analysis: Analysis, row: int) -> TablePlan:
    """One line per stage in their order."""
    name, stages = "PipesheetConversion", analysis.conversion.stages
    settled = "+".join(this_row(name, h) for h in ("Advanced", "Lost", "Moved back"))
    rate = f'IF({settled}=0,"",{this_row(name, "Advanced")}/({settled}))'

    def of(header: str, field: str, style: Style = look.COUNT) -> Column:
        return Column(header, [getattr(s, field) for s in stages], style)

    return _table(
        name,
        row,
        (
            of("Stage", "stage", look.STRONG),
            of("Entered", "entered"),
            of("Advanced", "advanced"),
            of("Lost", "lost"),
            of("Moved back", "moved_back"),
            of("Still there", "still_there"),
            of("Skipped", "skipped"),
            Column("Rate", _formulas(rate, [s.rate for s in stages]), look.PERCENT),
            of("Low", "low", look.PERCENT),
            of("High", "high", look.PERCENT),
            of("If none", "bound_low", look.PERCENT),
            of("If all", "bound_high", look.PERCENT),
        ),
    )


def time_table(analysis: Analysis, row: int) -> TablePlan:
    """One line per stage, in days."""
    times = analysis.conversion.times

    def of(header: str, field: str, style: Style = look.COUNT) -> Column:
        return Column(header, [getattr(t, field) for t in times], style)

    return _table(
        "PipesheetStageTimes",
        row,
        (
            of("Stage", "stage", look.STRONG),
            of("Won deals", "won_deals"),
            of("Median", "median"),
            of("P20", "p20"),
            of("P80", "p80"),
            of("Open deals", "open_deals"),
            of("Open, median", "open_median"),
            of("All, median", "survival_median"),
        ),
    )


def transition_table(analysis: Analysis, row: int) -> TablePlan:
    """Moves as a matrix: from the stages down, to the stages across."""
    moves = {(t.source, t.target): t.deals for t in analysis.conversion.transitions}
    sources = list(dict.fromkeys([s.stage for s in analysis.conversion.stages] + [source for source, _ in moves]))
    sources = [s for s in sources if any(source == s for source, _ in moves)]
    order = list(dict.fromkeys([s.stage for s in analysis.conversion.stages] + [target for _, target in moves]))
    targets = [t for t in order if any(target == t for _, target in moves)]
    headers = _headers(["From", *targets])
    columns = [
        Column(header, [moves.get((source, target)) for source in sources], look.COUNT)
        for header, target in zip(headers[1:], targets, strict=True)
    ]
    return _table("PipesheetTransitions", row, (Column(headers[0], sources, look.STRONG), *columns))


def _headers(names: Sequence[str]) -> list[str]:
    """Names as table headers: on one line, not too long, and no two alike."""
    taken: set[str] = set()
    made: list[str] = []
    for name in names:
        plain = " ".join(name.split())[:200] or "(none)"
        header, n = plain, 2
        while header.casefold() in taken:
            header, n = f"{plain} ({n})", n + 1
        taken.add(header.casefold())
        made.append(header)
    return made


def win_rate_table(analysis: Analysis, row: int) -> TablePlan:
    """All closed deals, then each dimension and its members, most closed deals first."""
    conversion, money = analysis.conversion, look.money(analysis)
    lines: list[tuple[str, WinRate]] = [("all", conversion.win_rate)]
    lines += [(d, rate) for d, rates in conversion.win_rate_by for rate in rates[:MEMBERS]]
    rates = [rate for _, rate in lines]
    conditions = list(_conditions(analysis, lines))

    def here(header: str) -> str:
        return this_row(_RATES, header)

    def counts(outcome: str, values: Sequence[int]) -> list[Content]:
        return [
            v if where is None else Formula(count(CLOSED, (is_word("Outcome", outcome), *where)), v)
            for where, v in zip(conditions, values, strict=True)
        ]

    def amounts(outcome: str, values: Sequence[float]) -> list[Content]:
        return [
            v if where is None else Formula(total(CLOSED, "Amount", (is_word("Outcome", outcome), *where)), v)
            for where, v in zip(conditions, values, strict=True)
        ]

    by_value = f"{here('Won amount')}/({here('Won amount')}+{here('Lost amount')})"
    return _table(
        _RATES,
        row,
        (
            Column("Name", ["all closed deals", *(rate.key for rate in rates[1:])], look.STRONG),
            Column("By", [dimension for dimension, _ in lines], look.QUIET),
            Column("Won", counts("won", [r.won for r in rates]), look.COUNT),
            Column("Lost", counts("lost", [r.lost for r in rates]), look.COUNT),
            Column("Closed", _formulas(f"{here('Won')}+{here('Lost')}", [r.won + r.lost for r in rates]), look.COUNT),
            Column(
                "Win rate",
                _formulas(f'IF({here("Closed")}=0,"",{here("Won")}/{here("Closed")})', [r.rate for r in rates]),
                look.PERCENT,
            ),
            Column("Low", [r.low for r in rates], look.PERCENT),
            Column("High", [r.high for r in rates], look.PERCENT),
            Column("Won amount", amounts("won", [r.won_amount for r in rates]), money),
            Column("Lost amount", amounts("lost", [r.lost_amount for r in rates]), money),
            Column(
                "Win rate by value",
                [None if r.value_rate is None else Formula(by_value, r.value_rate) for r in rates],
                look.PERCENT,
            ),
        ),
    )


def _conditions(analysis: Analysis, lines: Sequence[tuple[str, WinRate]]) -> Iterator[tuple[Where, ...] | None]:
    """Which closed deals each line counts; None where Closed Deals has no column for it."""
    window = between("Close date", f"$C${BOUNDS_ROW}", f"$E${BOUNDS_ROW}")
    known = {d: plain_texts(analysis.deals[d].drop_nulls().unique().to_list()) for d in _LISTED}
    for dimension, rate in lines:
        if dimension == "all":
            yield window
        elif dimension not in _LISTED:
            yield None
        elif rate.key in ("", NOBODY):
            yield (*window, is_empty(_LISTED[dimension]))
        else:
            plain = rate.key in known[dimension]
            yield (*window, equals(_LISTED[dimension], this_row(_RATES, "Name"), plain=plain))


def trend_table(analysis: Analysis, row: int) -> TablePlan:
    """One line per month."""
    name, months = "PipesheetTrend", analysis.conversion.trend
    money = look.money(analysis)
    starts = [dt.date.fromisoformat(f"{m.month}-01") for m in months]
    ends = [add_months(start, 1) - dt.timedelta(days=1) for start in starts]
    days = between("Close date", this_row(name, "From"), this_row(name, "To"))
    won, lost = (count(CLOSED, (is_word("Outcome", outcome), *days)) for outcome in ("won", "lost"))
    amount = total(CLOSED, "Amount", (is_word("Outcome", "won"), *days))
    closed = f"({this_row(name, 'Won')}+{this_row(name, 'Lost')})"
    return _table(
        name,
        row,
        (
            Column("Month", [m.month for m in months], look.STRONG),
            Column("From", starts, look.DATE),
            Column("To", ends, look.DATE),
            Column("Created", [m.created for m in months], look.COUNT),
            Column("Won", _formulas(won, [m.won for m in months]), look.COUNT),
            Column("Lost", _formulas(lost, [m.lost for m in months]), look.COUNT),
            Column("Won amount", _formulas(amount, [m.won_amount for m in months]), money),
            Column(
                "Win rate",
                _formulas(f'IF({closed}=0,"",{this_row(name, "Won")}/{closed})', [m.win_rate for m in months]),
                look.PERCENT,
            ),
        ),
    )
