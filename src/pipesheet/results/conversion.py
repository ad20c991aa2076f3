"""Conversion: the funnel with its counts, win rates with their doubt, speed, and the trend."""

from __future__ import annotations

from collections.abc import Sequence

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, days, percent, short_money
from pipesheet.funnel import Conversion
from pipesheet.results import look
from pipesheet.results.conversion_tables import (
    BOUNDS_ROW,
    FIRST_COLUMN,
    funnel_table,
    time_table,
    transition_table,
    trend_table,
    win_rate_table,
)
from pipesheet.results.stamp import RunStamp
from pipesheet.results.sums import CLOSED, between, is_word, total
from pipesheet.results.sums import count as counted
from pipesheet.sheets import Chart, Content, Formula, Highlight, Put, Range, Series, SheetPlan, Style, TablePlan

FIGURES_ROW, CHARTS_ROW, FIRST_TABLE_ROW = 7, 11, 31
_FEW = 5
"""Under that many closed deals nothing is said about a rate in words."""

_BASIS = {"history": "from the History sheet", "deals": "from the deals themselves, there being no usable history"}


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet: figures and charts, then a table per measure with its definition over it."""
    conversion = analysis.conversion
    puts: list[Put] = []
    tables: list[TablePlan] = []
    row = FIRST_TABLE_ROW
    for heading, note, make in (
        ("Stage by stage", _FUNNEL_NOTE, funnel_table),
        ("Win rate", _WIN_NOTE, win_rate_table),
        ("Time in stage", _TIME_NOTE, time_table),
        ("Moves between stages", _MOVES_NOTE, transition_table),
        ("By month", _TREND_NOTE, trend_table),
    ):
        puts += look.section(row - 2, FIRST_COLUMN, heading, note)
        tables.append(make(analysis, row))
        row += max(1, len(tables[-1].columns[0].contents)) + 4
    return SheetPlan(
        "conversion",
        name,
        puts=(*_top(analysis, stamp), *_bounds(conversion), *_figures(analysis), *puts),
        tables=tuple(tables),
        charts=_charts(tables[0], tables[-1]),
        highlights=_bars(tables[0]),
        widths={1: 2, FIRST_COLUMN: 20, **dict.fromkeys(range(FIRST_COLUMN + 1, FIRST_COLUMN + 13), 12)},
        heights={1: 30, FIGURES_ROW + 1: 24, **{t.row: 30 for t in tables}},
        merges=look.figure_merges(FIGURES_ROW, FIRST_COLUMN, 6),
        freeze=(3, 1),
        tab_color=look.WON,
    )


_FUNNEL_NOTE = (
    "Of the deals that entered a stage in the window, the share whose first settled move was onward. "
    "Entered = advanced + lost + moved back + still there. Low and high: 80 % interval (Wilson). "
    "If none, if all: of those still there advance."
)
_WIN_NOTE = "Won ÷ (won + lost) of the deals closed in the window, by count with its 80 % interval, and by value."
_TIME_NOTE = (
    "Days in a stage: of deals later won; of deals open in it now; and with open deals counted as not yet over."
)
_MOVES_NOTE = "How many settled moves went from the stage on the left to the one above."
_TREND_NOTE = "Deals created, won and lost in each month; win rate of those closed in it."


def _top(analysis: Analysis, stamp: RunStamp) -> tuple[Put, ...]:
    conversion = analysis.conversion
    return look.top(
        title(analysis),
        f"{day(conversion.window_start)} to {day(conversion.window_end)}, {_BASIS[conversion.basis]}. "
        f"From {stamp.input_name}.",
        conversion.note,
        "A rate is shown with the deals it is a rate of. Win rates and the trend are live formulas over Closed Deals.",
        column=FIRST_COLUMN,
    )


def title(analysis: Analysis) -> str:
    """The finding of the sheet in one sentence, none about a rate on fewer than five deals."""
    rate = analysis.conversion.win_rate
    closed = rate.won + rate.lost
    if closed == 0:
        return "No deals were closed in this time, so there is no win rate yet."
    if closed < _FEW or rate.rate is None:
        return f"{count(closed, 'deal')} closed so far, too few to speak of a rate"
    doubt = "" if rate.low is None or rate.high is None else f", {percent(rate.low)} to {percent(rate.high)} likely"
    return f"{percent(rate.rate)} of {count(closed, 'closed deal')} were won{doubt}"


def _bounds(conversion: Conversion) -> tuple[Put, ...]:
    facts: Sequence[tuple[Content, Style]] = (
        ("Closed from", look.NOTE),
        (conversion.window_start, look.DATE),
        ("to", Style(size=9, color=look.FAINT, align="center")),
        (conversion.window_end, look.DATE),
    )
    return tuple(Put(BOUNDS_ROW, FIRST_COLUMN + i, what, style) for i, (what, style) in enumerate(facts))


def _figures(analysis: Analysis) -> tuple[Put, ...]:
    conversion, money = analysis.conversion, look.money(analysis)
    rate, velocity = conversion.win_rate, conversion.velocity
    window = between("Close date", f"$C${BOUNDS_ROW}", f"$E${BOUNDS_ROW}")
    won, lost = (counted(CLOSED, (is_word("Outcome", outcome), *window)) for outcome in ("won", "lost"))
    shown: Content = "–" if rate.rate is None else rate.rate
    cycle = f"P20 {days(conversion.cycle_p20)}, P80 {days(conversion.cycle_p80)}, n {conversion.cycle_deals}"
    flow = "T = open ÷ created a day" + (f" = {days(velocity.flow_days)}" if velocity.flow_days else "")
    usual = "with the mean cycle" + (f" = {days(velocity.cycle_days)}" if velocity.cycle_days else "")
    return look.figures(
        FIGURES_ROW,
        FIRST_COLUMN,
        (
            (
                "Win rate",
                Formula(f'IF({won}+{lost}=0,"–",{won}/({won}+{lost}))', shown if isinstance(shown, float) else "–"),
                look.PERCENT,
                f"{rate.won} won, {rate.lost} lost",
            ),
            ("Win rate by value", _or_dash(rate.value_rate), look.PERCENT, "won ÷ closed amount"),
            (
                "Won amount",
                Formula(total(CLOSED, "Amount", (is_word("Outcome", "won"), *window)), rate.won_amount),
                money,
                f"average {short_money(velocity.average_won, analysis.currency)}",
            ),
            ("Sales cycle, median days", _or_dash(conversion.cycle_median), look.COUNT, cycle),
            ("Velocity a day", _or_dash(velocity.per_day), money, flow),
            ("Velocity, usual version", _or_dash(velocity.usual_per_day), money, usual),
        ),
    )


def _or_dash(value: float | None) -> Content:
    return "–" if value is None else value


def _charts(funnel: TablePlan, trend: TablePlan) -> tuple[Chart, ...]:
    drawn: list[Chart] = []
    if stages := len(funnel.columns[0].contents):
        names, entered, advanced = (_down(funnel, header, stages) for header in ("Stage", "Entered", "Advanced"))
        drawn.append(
            Chart(
                "bar",
                "Deals that entered each stage, and went on",
                (
                    Series("Entered", names, entered, look.BEST_CASE, labels="#,##0"),
                    Series("Advanced", names, advanced, look.WON, labels="#,##0"),
                ),
                CHARTS_ROW,
                FIRST_COLUMN,
                580,
                330,
                reverse=True,
                alt_text="Bars per stage: deals that entered it and deals that advanced from it",
            )
        )
    if months := len(trend.columns[0].contents):
        names, created, won, lost = (_down(trend, header, months) for header in ("Month", "Created", "Won", "Lost"))
        drawn.append(
            Chart(
                "column",
                "Deals won, lost and created by month",
                (
                    Series("Won", names, won, look.WON),
                    Series("Lost", names, lost, "#C9D1D9"),
                    Series("Created", names, created, look.POSITIVE, line=True),
                ),
                CHARTS_ROW,
                FIRST_COLUMN + 6,
                620,
                330,
                stacked=True,
                number="#,##0",
                alt_text="Columns per month of deals won and lost, with a line of deals created",
            )
        )
    return tuple(drawn)


def _down(table: TablePlan, header: str, rows: int) -> Range:
    at = table.column + [c.header for c in table.columns].index(header)
    return Range("conversion", table.row + 1, at, table.row + rows, at)


def _bars(funnel: TablePlan) -> tuple[Highlight, ...]:
    at = _down(funnel, "Rate", max(1, len(funnel.columns[0].contents)))
    return (Highlight(at.first_row, at.first_column, at.last_row, at.last_column, "data bar", color=look.PIPELINE),)
