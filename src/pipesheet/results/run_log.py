"""Run Log: one row a run, earlier rows as they were, the new one last."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day
from pipesheet.grid import Value
from pipesheet.models import HygieneRecord
from pipesheet.results import look
from pipesheet.results.stamp import RunStamp
from pipesheet.sheets import Column, Content, SheetPlan, Style, TablePlan

HEADER_ROW = 5
TABLE, HYGIENE_TABLE = "PipesheetRuns", "PipesheetHygieneLog"
HASH_DIGITS = 12
_COUNT = ("Deals", "Open deals", "Errors", "Warnings", "Infos", "Parts kept")
_MONEY = ("Won current quarter", "Open weighted", "Evidence weighted", "Forecast total", "Target")


def new_row(analysis: Analysis, stamp: RunStamp) -> Mapping[str, Value]:
    """What this run adds, by column header. Money is of the current quarter, in its `Currency`."""
    found = Counter(f.severity for f in analysis.findings)
    quarter = analysis.forecast.row(analysis.forecast.current)
    proven = analysis.forecast.row(analysis.forecast.current, method="evidence")
    return {
        "When": stamp.recorded.replace(microsecond=0, tzinfo=None),
        "Version": stamp.version,
        "Input": stamp.input_name,
        "Input hash": stamp.input_sha256[:HASH_DIGITS],
        "Settings hash": stamp.settings_hash[:HASH_DIGITS],
        "As of": analysis.as_of,
        "Deals": len(analysis.deals),
        "Open deals": len(analysis.deals.filter(pl.col("outcome") == "open")),
        "Errors": found["error"],
        "Warnings": found["warning"],
        "Infos": found["info"],
        "Quarter": analysis.forecast.current,
        "Won current quarter": quarter.won if quarter else None,
        "Open weighted": quarter.open_weighted if quarter else None,
        "Evidence weighted": proven.open_weighted if proven else None,
        "Forecast total": quarter.total if quarter else None,
        "Target": quarter.target if quarter else None,
        "Currency": analysis.currency,
        "Parts kept": stamp.kept,
        "Kept hash": stamp.kept_sha256[:HASH_DIGITS],
    }


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet; columns that an earlier version wrote are kept to the right of today's."""
    today = new_row(analysis, stamp)
    rows = [*(entry.values for entry in analysis.book.runs), today][-look.MOST_ROWS :]
    headers = list(dict.fromkeys([*today, *(h for row in rows for h in row if h)]))
    beside = len(headers) + 2
    return SheetPlan(
        "run_log",
        name,
        puts=look.top(
            f"{count(len(rows), 'run')} so far",
            f"One row a run, the latest at the bottom: {day(stamp.recorded.date())}, pipesheet {stamp.version}.",
            "Won, open weighted, evidence, forecast and target are of the quarter that held the as-of date. Two rows "
            "with the same hashes and date were the same question, and have the same answer. Parts kept are those of "
            "the workbook that the run left as they were, and their hash is one over all of them.",
        ),
        tables=(
            TablePlan(
                TABLE,
                HEADER_ROW,
                1,
                look.fitted(_column(h, rows) for h in headers),
                style=look.TABLE_STYLE,
                header=look.HEADER,
            ),
            TablePlan(
                HYGIENE_TABLE,
                HEADER_ROW,
                beside,
                look.fitted(_hygiene_columns(analysis)),
                style=look.TABLE_STYLE,
                header=look.HEADER,
                autofilter=False,
            ),
        ),
        heights={1: 28, HEADER_ROW: 30},
        freeze=(HEADER_ROW + 1, 2),
        repeat_rows=(HEADER_ROW, HEADER_ROW),
        tab_color=look.RULE,
    )


def _hygiene_columns(analysis: Analysis) -> tuple[Column, ...]:
    """How clean each as-of date found the deals of all, each owner and team; a date's latest run counts."""
    kept = [r for r in analysis.book.hygiene_log if r.as_of != analysis.as_of]
    today = [
        HygieneRecord(analysis.as_of, line.dimension, line.name, line.open_deals, line.clean)
        for line in analysis.hygiene.lines
    ]
    records = [*kept, *today][-look.MOST_ROWS :]
    return (
        Column("As of", [r.as_of for r in records], look.DATE, width=11),
        Column("Of", [r.dimension for r in records], look.QUIET, width=8),
        Column("Name", [r.name or None for r in records], look.TEXT, width=20),
        Column("Open deals", [r.open_deals for r in records], look.COUNT, width=10),
        Column("Clean", [r.clean for r in records], look.COUNT, width=8, note="Open deals with nothing to mend."),
    )


def _column(header: str, rows: Sequence[Mapping[str, Value]]) -> Column:
    contents = [_content(row.get(header)) for row in rows]
    return Column(header, contents, _style(header), width=_width(header))


def _content(value: Value) -> Content:
    return str(value) if isinstance(value, dt.time | dt.timedelta) else value


def _style(header: str) -> Style:
    # Earlier rows may be in another currency, so money bears no sign here; the last column says which.
    if header in _COUNT + _MONEY:
        return look.COUNT
    return {"When": look.MOMENT, "As of": look.DATE}.get(header, look.TEXT)


def _width(header: str) -> float:
    return 15 if header.endswith(" hash") else {"When": 17, "Version": 9, "Input": 26}.get(header, 11)
