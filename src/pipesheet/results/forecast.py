"""Forecast: the headline, every period, and the current quarter by owner, team, stage and category."""

from __future__ import annotations

from collections.abc import Sequence

from pipesheet.analysis import Analysis
from pipesheet.figures import day, short_money, times
from pipesheet.forecast import ForecastRow
from pipesheet.periods import Period, parse_period
from pipesheet.results import look
from pipesheet.results.forecast_charts import charts
from pipesheet.results.forecast_tables import BOUNDS_ROW, FIRST_COLUMN, FORECAST_ROW, cut_tables, period_table
from pipesheet.results.stamp import RunStamp
from pipesheet.sheets import Content, Formula, Highlight, Put, SheetPlan, Style, TablePlan

FIGURES_ROW = 7


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet: figures and charts on top, the numbers they come from beneath."""
    periods = period_table(analysis)
    cuts = cut_tables(analysis, FORECAST_ROW + len(periods.columns[0].contents) + 4)
    quarter = analysis.forecast.row(analysis.forecast.current)
    return SheetPlan(
        "forecast",
        name,
        puts=(
            *look.top(
                title(analysis, analysis.forecast.headline),
                f"Forecast{' in ' + analysis.currency if analysis.currency else ''} as of "
                f"{day(analysis.as_of)}. From {stamp.input_name}.",
                "Forecast = won + open weighted. Open weighted = Σ amount × probability of open deals closing in the "
                "period, without omitted ones. Evidence = the same, with each deal at what it has earned by its "
                "criteria. "
                "Gap = target − forecast. Attainment = won ÷ target.",
                "Coverage = open amount ÷ (target − won). Deals whose close date has passed, or that have none, stand "
                "on lines of their own and in no period. Every total is a live formula over Deal Review and Closed "
                "Deals.",
                column=FIRST_COLUMN,
            ),
            *_bounds(analysis, quarter),
            *_figures(analysis, quarter, periods),
            *look.section(
                FORECAST_ROW - 2,
                FIRST_COLUMN,
                "By period",
                "Fiscal quarters, months and years; then open deals that are in none of them, and all open deals.",
            ),
            *(put for cut in cuts for put in cut.puts),
        ),
        tables=(periods, *(cut.table for cut in cuts)),
        charts=charts(analysis, periods, cuts),
        highlights=_highlights(analysis, periods, [cut.table for cut in cuts]),
        widths={1: 2},
        heights={1: 30, FIGURES_ROW + 1: 24, FORECAST_ROW: 30, **{cut.table.row: 30 for cut in cuts}},
        merges=look.figure_merges(FIGURES_ROW, FIRST_COLUMN, 7),
        freeze=(3, 1),
        tab_color=look.WON,
    )


def title(analysis: Analysis, quarter: ForecastRow | None) -> str:
    """The finding of the sheet in one sentence."""
    if analysis.deals.is_empty() or quarter is None:
        return "There are no deals to forecast yet."
    name = spoken(parse_period(quarter.period, analysis.book.settings.fiscal_year_start), quarter.period)
    by = " on evidence" if quarter.method == "evidence" else ""
    lands = f"{name} is forecast to land at {short_money(quarter.total, analysis.currency)}{by}"
    if quarter.gap is None:
        won, rest = (short_money(x, analysis.currency) for x in (quarter.won, quarter.open_weighted))
        return f"{lands}: {won} won and {rest} weighted"
    shown = short_money(abs(quarter.gap), analysis.currency)
    if shown == short_money(0, analysis.currency):
        return f"{lands}, right on target"
    return f"{lands}, {shown} {'short of' if quarter.gap > 0 else 'above'} target"


def spoken(period: Period | None, label: str) -> str:
    """A quarter as people say it: ``2026-Q4`` is Q4 2026."""
    if period is None or period.grain != "quarter":
        return label
    year, quarter = label.split("-")
    return f"{quarter} {year}"


def _bounds(analysis: Analysis, quarter: ForecastRow | None) -> tuple[Put, ...]:
    """The days of the current quarter, which the formulas beneath point to."""
    if quarter is None:
        return ()
    facts: Sequence[tuple[Content, Style]] = (
        (f"{quarter.period} runs from", look.NOTE),
        (quarter.start, look.DATE),
        ("to", Style(size=9, color=look.FAINT, align="center")),
        (quarter.end, look.DATE),
        ("as of", Style(size=9, color=look.FAINT, align="center")),
        (analysis.as_of, look.DATE),
    )
    return tuple(Put(BOUNDS_ROW, FIRST_COLUMN + i, what, style) for i, (what, style) in enumerate(facts))


def _figures(analysis: Analysis, quarter: ForecastRow | None, periods: TablePlan) -> tuple[Put, ...]:
    if quarter is None:
        return ()
    money = look.money(analysis)
    labels = periods.columns[0].contents
    row = periods.row + 1 + list(labels).index(quarter.period)
    columns = {c.header: look.address(row, periods.column + i) for i, c in enumerate(periods.columns)}
    needed = analysis.forecast.required_coverage
    own = f"your win rate asks for {times(needed)}" if needed else "open amount ÷ what is still to win"

    def shown(label: str, header: str, value: float | None, style: Style, note: str) -> tuple[str, Content, Style, str]:
        # A reference to a blank cell shows 0, so blanks are passed on as blanks.
        text = f'IF({columns[header]}="","–",{columns[header]})'
        return label, Formula(text, "–" if value is None else value), style, note

    return look.figures(
        FIGURES_ROW,
        FIRST_COLUMN,
        (
            shown("Forecast", "Forecast", quarter.total, money, "won + open weighted"),
            shown("Won", "Won", quarter.won, money, "closed in the quarter"),
            shown("Open weighted", "Open weighted", quarter.open_weighted, money, "amount × probability"),
            shown("Target", "Target", quarter.target, money, quarter.period),
            shown("Gap", "Gap", quarter.gap, money, "target − forecast"),
            shown("Coverage", "Coverage", quarter.coverage, look.TIMES, own),
            shown("Attainment", "Attainment", quarter.attainment, look.PERCENT, "won ÷ target"),
        ),
    )


def _highlights(analysis: Analysis, periods: TablePlan, cuts: Sequence[TablePlan]) -> tuple[Highlight, ...]:
    first, last = periods.row + 1, periods.row + max(1, len(periods.columns[0].contents))
    left, right = periods.column, periods.column + len(periods.columns) - 1
    label = f"${look.letters(left)}{first}"
    rules = [
        Highlight(
            first,
            left,
            last,
            right,
            "formula",
            f'{label}="{analysis.forecast.current}"',
            Style(fill=look.CURRENT_FILL, bold=True),
        ),
        Highlight(
            first, left, last, left, "formula", f'OR({label}="overdue",{label}="undated")', Style(color=look.NEGATIVE)
        ),
    ]
    for table in (periods, *cuts):
        rules += _gap_colors(table)
    return tuple(rules)


def _gap_colors(table: TablePlan) -> list[Highlight]:
    headers = [c.header for c in table.columns]
    if "Gap" not in headers:
        return []
    column, first = table.column + headers.index("Gap"), table.row + 1
    last, cell = table.row + max(1, len(table.columns[0].contents)), look.address(table.row + 1, column)
    return [
        Highlight(first, column, last, column, "formula", f"AND(ISNUMBER({cell}),{cell}{sign}0)", Style(color=color))
        for sign, color in ((">", look.NEGATIVE), ("<", look.POSITIVE))
    ]
