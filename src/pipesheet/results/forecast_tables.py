"""The tables of the Forecast sheet and the formulas that rebuild each total from the listed deals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.forecast import NOBODY, ForecastRow
from pipesheet.results import look
from pipesheet.results.deal_review import OVERDUE, UNDATED, open_deals
from pipesheet.results.sums import (
    CLOSED,
    DEALS,
    Where,
    between,
    count,
    equals,
    is_empty,
    is_not_word,
    is_word,
    plain_texts,
    this_row,
    total,
)
from pipesheet.sheets import Column, Content, Formula, Put, Style, TablePlan

FIRST_COLUMN = 2
BOUNDS_ROW = 5
FORECAST_ROW = 31
CHART_ROWS = 17
FORECAST = "PipesheetForecast"
_QUARTER_START, _QUARTER_END = f"$C${BOUNDS_ROW}", f"$E${BOUNDS_ROW}"
_CUTS = (
    ("owner", "Owner", "PipesheetOwners"),
    ("team", "Team", "PipesheetTeams"),
    ("stage", "Stage", "PipesheetStages"),
    ("category", "Category", "PipesheetCategories"),
)


@dataclass(frozen=True, slots=True)
class Cut:
    """The current quarter by one dimension: its heading, its table and whether a chart stands above."""

    dimension: str
    puts: tuple[Put, ...]
    table: TablePlan
    chart_row: int | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A forecast row, the conditions that pick its deals, its scenario total, and its total by evidence.

    `won` is None where the row holds nothing won by its nature.
    """

    row: ForecastRow
    open: tuple[Where, ...]
    won: tuple[Where, ...] | None
    scenario: float
    evidence: float = 0.0


def _with_evidence(lines: Sequence[_Line], analysis: Analysis) -> list[_Line]:
    proven = {(r.period, r.dimension, r.key): r.total for r in analysis.forecast.rows if r.method == "evidence"}
    return [
        replace(line, evidence=proven.get((line.row.period, line.row.dimension, line.row.key), line.row.total))
        for line in lines
    ]


def period_table(analysis: Analysis) -> TablePlan:
    """All periods and buckets of the whole book."""
    deals = open_deals(analysis)
    rows = [r for r in analysis.forecast.rows if r.dimension == "all" and r.method == "stated"]
    starts = [_later_from(rows) if r.bucket == "later" else r.start for r in rows]
    lines = [_period_line(row, start, deals) for row, start in zip(rows, starts, strict=True)]
    columns = (
        Column("Period", [r.period for r in rows], look.STRONG, width=16),
        Column("From", starts, look.DATE, width=12),
        Column("To", [r.end for r in rows], look.DATE, width=12),
        *_figures(FORECAST, _with_evidence(lines, analysis), look.money(analysis)),
    )
    return _table(FORECAST, FORECAST_ROW, columns)


def _later_from(rows: Sequence[ForecastRow]) -> dt.date | None:
    ends = [r.end for r in rows if r.bucket == "quarter" and r.end is not None]
    return max(ends) + dt.timedelta(days=1) if ends else None


def _period_line(row: ForecastRow, start: dt.date | None, deals: pl.DataFrame) -> _Line:
    first, last = this_row(FORECAST, "From"), this_row(FORECAST, "To")
    on_time = is_not_word("Period", OVERDUE)
    date, period = pl.col("close_date"), pl.col("period")
    if row.bucket == "all":
        return _Line(row, (), None, _scenario(deals))
    if row.bucket in (OVERDUE, UNDATED):
        return _Line(row, (is_word("Period", row.bucket),), None, _scenario(deals.filter(period == row.bucket)))
    if row.bucket == "later":
        picked = deals.filter(date >= start)
        return _Line(row, (between("Close date", first, last)[0],), None, _scenario(picked))
    picked = deals.filter(date.is_between(row.start, row.end) & (period != OVERDUE))
    days = between("Close date", first, last)
    return _Line(row, (*days, on_time), days, row.won + _scenario(picked))


def _scenario(deals: pl.DataFrame) -> float:
    return float(deals["scenario_weighted"].sum())


def cut_tables(analysis: Analysis, row: int) -> tuple[Cut, ...]:
    """The current quarter by owner, team (where there are teams), stage and category, from `row` down."""
    cuts: list[Cut] = []
    deals = _in_quarter(analysis)
    for dimension, header, name in _CUTS:
        rows = analysis.forecast.cut(analysis.forecast.current, dimension)
        if dimension == "team" and all(r.key in ("", NOBODY) for r in rows):
            continue
        chart_row = row + 2 if dimension == "owner" and rows else None
        header_row = row + 2 + (CHART_ROWS + 1 if chart_row else 0)
        texts = plain_texts(analysis.deals[dimension].drop_nulls().unique().to_list())
        lines = [_cut_line(r, name, header, deals=deals, plain=r.key in texts) for r in rows]
        columns = (
            Column(header, [r.key for r in rows], look.STRONG, width=16),
            Column("Won deals", [_won_deals(line) for line in lines], look.COUNT, width=12),
            Column("Open deals", [_open_deals(line) for line in lines], look.COUNT, width=12),
            *_figures(
                name, _with_evidence(lines, analysis), look.money(analysis), targets=dimension in ("owner", "team")
            ),
        )
        puts = look.section(row, FIRST_COLUMN, f"{analysis.forecast.current} by {dimension}", _NOTES[dimension])
        cuts.append(Cut(dimension, puts, _table(name, header_row, columns), chart_row))
        row = header_row + max(1, len(rows)) + 2
    return tuple(cuts)


_NOTES = {
    "owner": "Deals closed or expected to close in the quarter; deals count for who owns them today.",
    "team": "The team is the owner's in the Owners sheet.",
    "stage": "Open deals at the stage they claim; won deals at their closing stage.",
    "category": "Omitted deals are in no forecast; their amount is shown all the same.",
}


def _in_quarter(analysis: Analysis) -> pl.DataFrame:
    quarter = analysis.forecast.row(analysis.forecast.current)
    deals = open_deals(analysis)
    if quarter is None:
        return deals.head(0)
    return deals.filter(pl.col("close_date").is_between(quarter.start, quarter.end) & (pl.col("period") != OVERDUE))


def _cut_line(row: ForecastRow, table: str, header: str, *, deals: pl.DataFrame, plain: bool) -> _Line:
    nobody = row.key in ("", NOBODY)
    key = is_empty(header) if nobody else equals(header, this_row(table, header), plain=plain)
    days = between("Close date", _QUARTER_START, _QUARTER_END)
    column = pl.col(header.lower())
    scenario = row.won + _scenario(deals.filter(column.is_null() if nobody else column == row.key))
    open_ones = (*days, is_not_word("Period", OVERDUE), key)
    if row.dimension != "category":
        return _Line(row, open_ones, (*days, key), scenario)
    # Closed deals bear no category; all that were won are the line "closed".
    return _Line(row, open_ones, days if row.key == "closed" else None, scenario)


def _won_deals(line: _Line) -> Content:
    if line.won is None:
        return line.row.won_deals
    return Formula(count(CLOSED, (is_word("Outcome", "won"), *line.won)), line.row.won_deals)


def _open_deals(line: _Line) -> Content:
    return Formula(count(DEALS, (is_not_word("Category", "omitted"), *line.open)), line.row.open_deals)


def _figures(table: str, lines: Sequence[_Line], money: Style, *, targets: bool = True) -> tuple[Column, ...]:
    rows = [line.row for line in lines]

    def here(header: str) -> str:
        return this_row(table, header)

    def own(header: str, text: str, values: Sequence[float | None], style: Style = money) -> Column:
        return _column(header, [Formula(text, "" if v is None else v) for v in values], style)

    def weighted(header: str, category: str, values: Sequence[float]) -> Column:
        picked = is_word("Category", category)
        texts = [total(DEALS, "Weighted", (picked, *line.open)) for line in lines]
        return _column(header, [Formula(t, v) for t, v in zip(texts, values, strict=True)], money)

    open_weighted = "+".join(here(h) for h in ("Commit", "Best case", "Pipeline"))
    to_win = f"{here('Target')}-{here('Won')}"
    return (
        _column("Won", [_won(line) for line in lines], money),
        weighted("Commit", "commit", [r.commit for r in rows]),
        weighted("Best case", "best case", [r.best_case for r in rows]),
        weighted("Pipeline", "pipeline", [r.pipeline for r in rows]),
        own("Open weighted", open_weighted, [r.open_weighted for r in rows]),
        own("Forecast", f"{here('Won')}+{here('Open weighted')}", [r.total for r in rows], replace(money, bold=True)),
        _column("Evidence", [_evidence(table, line) for line in lines], money),
        *(
            (
                _column("Target", [r.target for r in rows], money),
                own("Gap", f'IF({here("Target")}="","",{here("Target")}-{here("Forecast")})', [r.gap for r in rows]),
                own(
                    "Attainment",
                    f'IF(N({here("Target")})=0,"",{here("Won")}/{here("Target")})',
                    [r.attainment for r in rows],
                    look.PERCENT,
                ),
            )
            if targets
            else ()
        ),
        _column("Open amount", [_open_amount(line) for line in lines], money),
        *(
            (
                own(
                    "Coverage",
                    f'IF({here("Target")}="","",IF({to_win}<=0,"",{here("Open amount")}/({to_win})))',
                    [r.coverage for r in rows],
                    look.TIMES,
                ),
            )
            if targets
            else ()
        ),
        _column("Omitted", [_omitted(line) for line in lines], replace(money, color=look.SOFT)),
        _column("Scenario", [_scenario_total(table, line) for line in lines], money),
    )


def _column(header: str, contents: Sequence[Content], style: Style) -> Column:
    return Column(header, contents, style, width=12)


def _won(line: _Line) -> Content:
    if line.won is None:
        return line.row.won
    return Formula(total(CLOSED, "Amount", (is_word("Outcome", "won"), *line.won)), line.row.won)


def _open_amount(line: _Line) -> Content:
    return Formula(total(DEALS, "Amount", (is_not_word("Category", "omitted"), *line.open)), line.row.open_amount)


def _omitted(line: _Line) -> Content:
    return Formula(total(DEALS, "Amount", (is_word("Category", "omitted"), *line.open)), line.row.omitted)


def _evidence(table: str, line: _Line) -> Content:
    return Formula(f"{this_row(table, 'Won')}+{total(DEALS, 'Evidence weighted', line.open)}", line.evidence)


def _scenario_total(table: str, line: _Line) -> Content:
    return Formula(f"{this_row(table, 'Won')}+{total(DEALS, 'Scenario weighted', line.open)}", line.scenario)


def _table(name: str, row: int, columns: tuple[Column, ...]) -> TablePlan:
    return TablePlan(name, row, FIRST_COLUMN, columns, style=look.TABLE_STYLE, autofilter=False, header=look.HEADER)
