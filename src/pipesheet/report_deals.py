"""An owner's own part of the report: their open deals, the next to close first."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pipesheet import wording_people
from pipesheet.figures import NONE, day, percent, plain, short_money
from pipesheet.gates import NOTHING
from pipesheet.language import say
from pipesheet.report_page import Card, Cell, Head, Table, Tone

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis

DEALS_SHOWN = 120
DEALS_FIRST = 15
_COLUMNS = (
    "deal", "account", "deal_id", "stage", "earned_stage", "probability", "close_date", "amount", "next_requirement",
)  # fmt: skip
_Text = str | None
_Deal = tuple[_Text, _Text, _Text, _Text, _Text, float | None, dt.date | None, float | None, _Text]


def deals_card(analysis: Analysis) -> Card | None:
    """Every open deal that fits; those without a close date last."""
    frame = analysis.deals
    rows: list[_Deal] = frame.filter(frame["outcome"] == "open").select(_COLUMNS).rows()
    if not rows:
        return None
    rows.sort(key=lambda r: (r[6] or dt.date.max, -(r[7] or 0.0), r[2] or ""))
    heads = (
        Head(say("Deal")), Head(say("Stage"), wide=True), Head(say("Close date"), right=True),
        Head(say("Amount"), right=True), Head(say("Next requirement"), wide=True),
    )  # fmt: skip
    left = max(len(rows) - DEALS_SHOWN, 0)
    cells = tuple(_cells(r, analysis) for r in rows[:DEALS_SHOWN])
    more = say("{n} more in the workbook's sheet {sheet}.", n=left, sheet="Deal Review") if left else ""
    worth = sum(r[7] or 0.0 for r in rows)
    return Card(
        "deals",
        wording_people.deals_title(len(rows), worth, analysis.currency),
        say("Next to close first; what a deal lacks on the way to its next stage"),
        table=Table("deals-table", say("Open deals"), heads, cells, more, DEALS_FIRST, left),
    )


def _cells(row: _Deal, analysis: Analysis) -> tuple[Cell, ...]:
    name, account, deal_id, stage, earned = (plain(text) for text in row[:5])
    odds, close, amount, wanted = row[5:]
    title = name or account or deal_id or NONE
    under = " · ".join(said for said in dict.fromkeys((account, deal_id)) if said and said != title)
    odds_said = say("at {share}", share=percent(odds))
    note = odds_said
    if earned == NOTHING:
        note = say("{share}, earned none", share=odds_said)
    elif earned not in ("", stage):
        note = say("{share}, earned {stage}", share=odds_said, stage=earned)
    late: Tone = "neg" if close is not None and close < analysis.as_of else ""
    return (
        Cell(title, under, strong=True, sort=title.casefold()),
        Cell(stage, note, sort=stage),
        Cell(day(close), sort=str(close or ""), tone=late),
        Cell(short_money(amount, analysis.currency), sort=amount),
        Cell(plain(wanted) or NONE, sort=plain(wanted)),
    )
