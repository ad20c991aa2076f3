"""Closed Deals: won and lost deals of the periods that Forecast and Conversion show."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, short_money
from pipesheet.results import look
from pipesheet.results.deal_review import links
from pipesheet.results.stamp import RunStamp
from pipesheet.results.sums import CLOSED
from pipesheet.sheets import Column, Highlight, SheetPlan, Style, TablePlan

HEADER_ROW = 5


def window(analysis: Analysis) -> tuple[dt.date, dt.date]:
    """The first and last day of closing that any total over closed deals looks at."""
    starts = [row.start for row in analysis.forecast.rows if row.start is not None]
    ends = [row.end for row in analysis.forecast.rows if row.end is not None]
    conversion = analysis.conversion
    months = [dt.date.fromisoformat(f"{m.month}-01") for m in conversion.trend]
    return min(*starts, *months, conversion.window_start), max(*ends, conversion.window_end, analysis.as_of)


def closed_deals(analysis: Analysis) -> pl.DataFrame:
    """The deals closed in the window, latest first, on one day the largest first."""
    first, last = window(analysis)
    closed = (pl.col("outcome") != "open") & pl.col("close_date").is_between(first, last)
    return (
        analysis.deals.filter(closed)
        .sort("close_date", "amount", "index", descending=[True, True, False], nulls_last=True)
        .head(look.MOST_ROWS)
    )


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet; its rows are what the won totals and win rates are summed over."""
    frame = closed_deals(analysis)
    first, last_day = window(analysis)
    won = frame.filter(pl.col("outcome") == "won")
    last = HEADER_ROW + max(1, len(frame))
    return SheetPlan(
        "closed_deals",
        name,
        puts=look.top(
            f"{count(len(won), 'deal')} won for {short_money(float(won['amount'].sum()), analysis.currency)}, "
            f"{number_lost(len(frame) - len(won))}"
            if len(frame)
            else "No deals were closed in this time.",
            f"Deals closed from {day(first)} to {day(last_day)}, latest first. From {stamp.input_name}.",
            "These rows are what Won in Forecast and the win rates in Conversion are summed over. "
            "Closed deals without a date of closing are in Findings.",
        ),
        tables=(
            TablePlan(
                CLOSED,
                HEADER_ROW,
                1,
                look.fitted(_columns(analysis, frame)),
                style=look.TABLE_STYLE,
                header=look.HEADER,
            ),
        ),
        highlights=(
            Highlight(HEADER_ROW + 1, 9, last, 9, "text", "won", Style(color=look.POSITIVE, bold=True)),
            Highlight(HEADER_ROW + 1, 9, last, 9, "text", "lost", Style(color=look.FAINT)),
        ),
        heights={1: 28, HEADER_ROW: 30},
        freeze=(HEADER_ROW + 1, 3),
        repeat_rows=(HEADER_ROW, HEADER_ROW),
        tab_color=look.BEST_CASE,
    )


def number_lost(deals: int) -> str:
    """How many were lost, in words."""
    return "none lost" if deals == 0 else f"{deals:,} lost"


def _columns(analysis: Analysis, frame: pl.DataFrame) -> tuple[Column, ...]:
    def read(header: str, name: str, style: Style, width: float) -> Column:
        return Column(header, frame[name].to_list(), style, width=width)

    return (
        read("Deal ID", "deal_id", look.TEXT, 14),
        read("Deal", "deal", look.STRONG, 30),
        read("Account", "account", look.TEXT, 24),
        read("Owner", "owner", look.TEXT, 18),
        read("Team", "team", look.TEXT, 14),
        read("Source", "source", look.TEXT, 14),
        read("Product", "product", look.TEXT, 16),
        read("Stage", "stage", look.TEXT, 16),
        read("Outcome", "outcome", look.TEXT, 10),
        read("Amount", "amount", look.money(analysis), 13),
        read("Created", "created", look.DATE, 11),
        read("Close date", "close_date", look.DATE, 11),
        read("Lost reason", "lost_reason", look.TEXT, 20),
        Column("Cell", links(analysis, frame), look.LINKED, width=13, note="Jumps to the deal's row in your sheet."),
    )
