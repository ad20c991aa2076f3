"""Deal Review: one row per open deal, and the scenario columns that a person may fill."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, short_money
from pipesheet.grid import quoted_sheet
from pipesheet.models import Scenario
from pipesheet.periods import period_of
from pipesheet.results import look
from pipesheet.results.stamp import RunStamp
from pipesheet.results.sums import DEALS, this_row
from pipesheet.sheets import Column, Content, Highlight, Link, SheetPlan, Style, TablePlan

HEADER_ROW = 5
OVERDUE, UNDATED = "overdue", "undated"
WEIGHTED_FORMULA = (
    f'IF({this_row(DEALS, "Category")}="omitted",0,{this_row(DEALS, "Amount")}*{this_row(DEALS, "Probability")})'
)
_NO = f'{this_row(DEALS, "Include")}="no"'
_OMITTED = f'AND({this_row(DEALS, "Category")}="omitted",{this_row(DEALS, "Include")}<>"yes")'
EVIDENCE_FORMULA = (
    f'IF({this_row(DEALS, "Category")}="omitted",0,'
    f"{this_row(DEALS, 'Amount')}*{this_row(DEALS, 'Evidence probability')})"
)
SCENARIO_FORMULA = (
    f"IF(OR({_NO},{_OMITTED}),0,"
    + "*".join(
        f'IF({this_row(DEALS, f"Scenario {word.lower()}")}="",{this_row(DEALS, word)},'
        f"{this_row(DEALS, f'Scenario {word.lower()}')})"
        for word in ("Amount", "Probability")
    )
    + ")"
)


def open_deals(analysis: Analysis) -> pl.DataFrame:
    """The open deals as the sheet lists them, with `period` and `scenario_weighted`.

    Earliest close date first, undated ones last; on one day the largest first.
    """
    frame = analysis.deals.filter(pl.col("outcome") == "open").sort(
        "close_date", "amount", "index", descending=[False, True, False], nulls_last=True
    )
    frame = frame.head(look.MOST_ROWS)
    return frame.with_columns(
        pl.Series("period", _periods(analysis, frame["close_date"].to_list()), dtype=pl.String),
        pl.Series("scenario_weighted", _scenario_weighted(analysis, frame), dtype=pl.Float64),
    )


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet; every column is described in the documentation under its header."""
    frame = open_deals(analysis)
    columns = look.fitted(_columns(analysis, frame))
    last = HEADER_ROW + max(1, len(frame))
    at = {column.header: i for i, column in enumerate(columns, 1)}
    return SheetPlan(
        "deal_review",
        name,
        puts=look.top(
            _title(analysis, frame),
            f"Every open deal as of {day(analysis.as_of)}, earliest close date first. From {stamp.input_name}.",
            "Weighted = amount × probability, 0 when omitted. Evidence probability is the smaller of the deal's own "
            "and "
            "its earned stage's where it has not earned the stage it claims. The three columns on pale yellow are "
            "yours: "
            "Include (yes or no), Scenario amount and Scenario probability change the scenario totals in "
            "Forecast and are kept by the next run.",
        ),
        tables=(TablePlan(DEALS, HEADER_ROW, 1, columns, style=look.TABLE_STYLE, header=look.HEADER),),
        highlights=_highlights(at, last),
        heights={1: 28, HEADER_ROW: 30},
        freeze=(HEADER_ROW + 1, 3),
        repeat_rows=(HEADER_ROW, HEADER_ROW),
        print_columns=at["Warnings"],
        tab_color=look.BEST_CASE,
    )


def _title(analysis: Analysis, frame: pl.DataFrame) -> str:
    if frame.is_empty():
        return "There are no open deals."
    weighted = short_money(float(frame["weighted"].sum()), analysis.currency)
    amount = short_money(float(frame["amount"].sum()), analysis.currency)
    are = "is" if len(frame) == 1 else "are"
    return f"{count(len(frame), 'deal')} {are} open: {amount}, weighted {weighted}"


def _periods(analysis: Analysis, dates: Sequence[dt.date | None]) -> list[str]:
    start = analysis.book.settings.fiscal_year_start
    labels: dict[dt.date | None, str] = {None: UNDATED}
    for date in dates:
        if date is not None and date not in labels:
            labels[date] = OVERDUE if date < analysis.as_of else period_of(date, "quarter", start).label
    return [labels[date] for date in dates]


def _scenario_weighted(analysis: Analysis, frame: pl.DataFrame) -> list[float]:
    weighted: list[float] = frame["weighted"].to_list()
    scenarios = analysis.book.scenarios
    if not scenarios:
        return weighted
    for i, key in enumerate(frame["deal_id"].to_list()):
        if key in scenarios:
            weighted[i] = _in_scenario(frame.row(i, named=True), scenarios[key])
    return weighted


def _in_scenario(deal: dict[str, Any], scenario: Scenario) -> float:
    include = scenario.include.strip().casefold()
    if include == "no" or (deal["category"] == "omitted" and include != "yes"):
        return 0.0
    amount = deal["amount"] if scenario.amount is None else scenario.amount
    probability = deal["probability"] if scenario.probability is None else scenario.probability
    return float((amount or 0.0) * (probability or 0.0))


def _columns(analysis: Analysis, frame: pl.DataFrame) -> tuple[Column, ...]:
    money = look.money(analysis)

    def yours(style: Style) -> Style:
        return replace(style, fill=look.INPUT_FILL, unlocked=True)

    days_open = [None if c is None else (analysis.as_of - c).days for c in frame["created"].to_list()]
    scenarios = [analysis.book.scenarios.get(key, Scenario()) for key in frame["deal_id"].to_list()]
    return (
        _read(frame, "Deal ID", "deal_id", look.TEXT, 11),
        _read(frame, "Deal", "deal", look.STRONG, 28),
        _read(frame, "Account", "account", look.TEXT, 20),
        _read(frame, "Owner", "owner", look.TEXT, 17),
        _read(frame, "Team", "team", look.TEXT, 12),
        Column("Stage", frame["stage"].to_list(), look.TEXT, width=12, note="The stage the deal claims."),
        Column(
            "Earned stage",
            frame["earned_stage"].to_list(),
            look.TEXT,
            width=12,
            note="The last stage on its way for which nothing blocking is missing.",
        ),
        Column(
            "Ready", _yes(frame, "ready"), look.TEXT, width=7, note="Nothing is missing on the way to the next stage."
        ),
        _read(frame, "Next requirement", "next_requirement", look.TEXT, 28),
        _read(frame, "Amount", "amount", money, 11),
        _read(frame, "Probability", "probability", look.PERCENT, 10),
        Column("Weighted", frame["weighted"].to_list(), money, WEIGHTED_FORMULA, 11),
        _read(frame, "Evidence probability", "evidence_probability", look.PERCENT, 11),
        Column("Evidence weighted", frame["evidence_weighted"].to_list(), money, EVIDENCE_FORMULA, 11),
        _read(frame, "Category", "category", look.AFTER_NUMBER, 11),
        _read(frame, "Close date", "close_date", look.DATE, 11),
        _read(frame, "Period", "period", look.TEXT, 10),
        _read(frame, "Days in stage", "days_in_stage", look.COUNT, 8),
        Column("Stalled", _yes(frame, "stalled"), look.AFTER_NUMBER, width=9),
        _read(frame, "Errors", "errors", look.COUNT, 8),
        _read(frame, "Warnings", "warnings", look.COUNT, 10),
        Column("Age", days_open, look.COUNT, width=8, note="Days since the deal was created."),
        _read(frame, "Next step", "next_step", look.AFTER_NUMBER, 26),
        Column(
            "Cell",
            links(analysis, frame),
            replace(look.LINKED, align="left", indent=1),
            width=13,
            note="Jumps to the deal's row in your sheet.",
        ),
        Column(
            "Include",
            [s.include or None for s in scenarios],
            yours(replace(look.TEXT, align="center")),
            width=9,
            note="yes or no; blank counts as the forecast does.",
            choices=("yes", "no"),
        ),
        Column("Scenario amount", [s.amount for s in scenarios], yours(money), width=12),
        Column("Scenario probability", [s.probability for s in scenarios], yours(look.PERCENT), width=12),
        Column("Scenario weighted", frame["scenario_weighted"].to_list(), money, SCENARIO_FORMULA, 13),
    )


def _read(frame: pl.DataFrame, header: str, name: str, style: Style, width: float) -> Column:
    contents = frame[name].to_list() if name in frame.columns else [None] * len(frame)
    return Column(header, contents, style, width=width)


def _yes(frame: pl.DataFrame, name: str) -> list[Content]:
    marks = frame[name].to_list() if name in frame.columns else [None] * len(frame)
    return ["yes" if mark else None for mark in marks]


def links(analysis: Analysis, frame: pl.DataFrame) -> list[Link]:
    """A link per deal of the frame to its ID in the user's own sheet."""
    deals = analysis.book.deals
    sheet, letters = deals.sheet, look.letters(deals.position.get("deal_id", 1))
    shown = quoted_sheet(sheet)
    cells = [f"{letters}{deals.rows[index]}" for index in frame["index"].to_list()]
    return [Link(sheet, cell, f"{shown}!{cell}") for cell in cells]


def _falls_short(at: dict[str, int], first: int) -> str:
    stage, earned = (f"${look.letters(at[header])}{first}" for header in ("Stage", "Earned stage"))
    return f'AND({earned}<>"",{earned}<>{stage})'


def _highlights(at: dict[str, int], last: int) -> tuple[Highlight, ...]:
    first = HEADER_ROW + 1
    rust, amber = Style(color=look.NEGATIVE, bold=True), Style(color=look.WARNING, bold=True)

    def over(header: str, kind: Any, criterion: str, style: Style) -> Highlight:
        return Highlight(first, at[header], last, at[header], kind, criterion, style)

    return (
        over("Period", "text", OVERDUE, rust),
        over("Period", "text", UNDATED, rust),
        over("Stalled", "text", "yes", amber),
        over("Ready", "text", "yes", Style(color=look.POSITIVE, bold=True)),
        over("Earned stage", "formula", _falls_short(at, first), rust),
        over("Errors", "formula", f"{look.address(first, at['Errors'])}>0", rust),
        over("Warnings", "formula", f"{look.address(first, at['Warnings'])}>0", amber),
    )
