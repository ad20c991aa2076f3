"""An analysis made by hand, so that the report is tested on numbers that stand in this file.

Thirty-six open deals of a team of six in the seventh week of a quarter, with targets, a funnel and
findings; `analysis()` takes changes to any part of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.findings import CODES, Finding
from pipesheet.forecast import Bucket, Forecast, ForecastRow
from pipesheet.funnel import Conversion, StageConversion, StageTime, TrendMonth, Velocity, WinRate
from pipesheet.gates import CriterionResult
from pipesheet.grid import CellRef, Source
from pipesheet.models import Book, Columns, Condition, Criterion, Stage
from pipesheet.results import RunStamp

AS_OF = dt.date(2026, 11, 16)
STAGES = (
    Stage("Qualify", 1, 0.10, "open"),
    Stage("Discover", 2, 0.25, "open"),
    Stage("Propose", 3, 0.50, "open", max_days=40),
    Stage("Negotiate", 4, 0.80, "open"),
    Stage("Closed Won", 5, 1.0, "won"),
    Stage("Closed Lost", 6, 0.0, "lost"),
)
STAMP = RunStamp(
    recorded=dt.datetime(2026, 11, 16, 7, 30),
    version="0.1.0",
    input_name="pipeline-emea.xlsx",
    input_sha256="ab" * 32,
    settings_hash="cd" * 32,
)
OPEN = (
    ("D-1049", "Ampère & Fils", "Jonas Lindqvist", "Propose", 390_000, dt.date(2026, 12, 3), 59, True),
    (
        "D-1002",
        "Halvorsen Shipping",
        "Tomás Ferreira",
        "Negotiate",
        310_000,
        dt.date(2026, 12, 18),
        12,
        False,
    ),
    ("D-1008", "Fjordline Energy", "Tomás Ferreira", "Negotiate", 380_000, dt.date(2026, 11, 27), 20, False),
    ("D-1210", "Saltire Bank", "Amira Haddad", "Discover", 235_000, dt.date(2027, 1, 5), 66, True),
    ("D-1061", "Dornier Textil", "Amira Haddad", "Negotiate", 235_000, dt.date(2026, 12, 11), 16, False),
    ("D-1091", "Eastgate Clinics", "Jonas Lindqvist", "Discover", 170_000, dt.date(2027, 2, 9), 58, True),
    ("D-1070", "Castellan Foods", "Wei Chen", "Propose", 130_000, dt.date(2026, 12, 15), 50, True),
    ("D-1231", "Umbra Security", "Tomás Ferreira", "Negotiate", 115_000, dt.date(2026, 12, 15), 33, True),
    ("D-1266", "Meridian Ports", "Priya Raman", "Negotiate", 115_000, dt.date(2027, 2, 11), 27, True),
    ("D-1224", "Tarn Outdoor", "Priya Raman", "Propose", 105_000, dt.date(2027, 1, 3), 62, True),
    ("D-1077", "Cobalt Mining", "Zoë Adeyemi", "Negotiate", 100_000, dt.date(2027, 3, 28), 32, True),
    ("D-1310", "Elbe Logistik", "Priya Raman", "Propose", 95_000, dt.date(2026, 10, 30), 21, False),
    ("D-1311", "Baltic Freight", "Priya Raman", "Propose", 70_000, None, 9, False),
    ("D-1312", "Bergström Papier", "Tomás Ferreira", "Negotiate", 195_000, dt.date(2026, 11, 30), 14, False),
    ("D-1313", "Garnet Insurance", "Wei Chen", "Propose", 165_000, dt.date(2026, 12, 20), 18, False),
)


TREND_LOST = (12, 18, 9, 13, 14, 12, 11, 19, 14, 13, 11, 14)


def frame(deals: Sequence[tuple[Any, ...]] = OPEN) -> pl.DataFrame:
    """The columns of the deals that the report looks at."""
    odds = {s.name: s.probability for s in STAGES}
    category = {"Negotiate": "commit", "Propose": "best case"}
    return pl.DataFrame(
        {
            "deal_id": [d[0] for d in deals], "deal": [d[1] for d in deals], "account": [d[1] for d in deals],
            "owner": [d[2] for d in deals], "stage": [d[3] for d in deals],
            "outcome": ["open"] * len(deals), "amount": [d[4] for d in deals], "close_date": [d[5] for d in deals],
            "category": [category.get(d[3], "pipeline") for d in deals],
            "weighted": [(d[4] or 0) * odds.get(d[3], 0) for d in deals],
            "days_in_stage": [d[6] for d in deals], "stalled": [d[7] for d in deals],
        },
        schema={
            "deal_id": pl.String, "deal": pl.String, "account": pl.String, "owner": pl.String,
            "stage": pl.String, "outcome": pl.String, "amount": pl.Float64, "close_date": pl.Date,
            "category": pl.String, "weighted": pl.Float64, "days_in_stage": pl.Int32, "stalled": pl.Boolean,
        },
    )  # fmt: skip


def row(
    period: str, *, bucket: Bucket = "quarter", dimension: str = "all", key: str = "", won: float = 0,
    commit: float = 0, best_case: float = 0, pipeline: float = 0, open_amount: float | None = None,
    open_deals: int = 10, won_deals: int = 5, target: float | None = None, omitted: float = 0,
    start: dt.date | None = None, end: dt.date | None = None,
) -> ForecastRow:  # fmt: skip
    """One line of a forecast with its sums made."""
    open_weighted = commit + best_case + pipeline
    amount = open_weighted * 1.9 if open_amount is None else open_amount
    total = won + open_weighted
    gap = None if target is None else target - total
    still = (target or 0) - won
    coverage = amount / still if target is not None and still > 0 else None
    return ForecastRow(
        "stated", bucket, period, start, end, dimension, key, won, won_deals, commit, best_case, pipeline,
        open_weighted, amount, open_deals, omitted, total, target, gap, coverage,
        won / target if target else None,
    )  # fmt: skip


def quarter(**changed: Any) -> ForecastRow:
    """The current quarter: €3.01M forecast against €3.20M."""
    facts: dict[str, Any] = {
        "won": 1_370_000, "commit": 956_000, "best_case": 475_000, "pipeline": 215_000, "open_deals": 28,
        "open_amount": 3_040_000, "won_deals": 11, "target": 3_200_000,
        "start": dt.date(2026, 10, 1), "end": dt.date(2026, 12, 31),
    }  # fmt: skip
    return row("2026-Q4", **(facts | changed))


def months() -> tuple[ForecastRow, ...]:
    """October to March."""
    figures = (
        ("2026-10", 735_000, 0, 0, 0, 700_000, 0), ("2026-11", 635_000, 630_000, 180_000, 25_000, 1_050_000, 9),
        ("2026-12", 0, 330_000, 280_000, 198_000, 1_450_000, 19), ("2027-01", 0, 0, 210_000, 69_000, 750_000, 5),
        ("2027-02", 0, 98_000, 0, 37_000, 800_000, 4), ("2027-03", 0, 310_000, 170_000, 12_000, 1_150_000, 6),
    )  # fmt: skip
    return tuple(
        row(
            label, bucket="month", won=won, commit=commit, best_case=best, pipeline=pipe, target=target,
            open_deals=deals, start=dt.date(int(label[:4]), int(label[5:]), 1),
        )
        for label, won, commit, best, pipe, target, deals in figures
    )  # fmt: skip


def owners() -> tuple[ForecastRow, ...]:
    """Six owners with targets of their own."""
    figures = (
        ("Amira Haddad", 240_000, 460_000 * 0.8, 78_000, 560_000), ("Jonas Lindqvist", 185_000, 0, 373_000, 500_000),
        ("Priya Raman", 310_000, 192_000, 48_000, 600_000), ("Tomás Ferreira", 150_000, 248_000, 25_000, 500_000),
        ("Zoë Adeyemi", 205_000, 148_000, 60_000, 500_000), ("Wei Chen", 275_000, 0, 108_000, 540_000),
    )  # fmt: skip
    return tuple(
        row(
            "2026-Q4",
            dimension="owner",
            key=name,
            won=won,
            commit=commit,
            best_case=best,
            target=target,
            open_deals=4,
        )
        for name, won, commit, best, target in figures
    )


def forecast(**changed: Any) -> Forecast:
    """Months, quarters, the year, the buckets and the owners."""
    first, last = dt.date(2027, 1, 1), dt.date(2027, 3, 31)
    rows = changed.pop("rows", None) or (
        *months(),
        quarter(),
        row("2027-Q1", commit=408_000, best_case=380_000, pipeline=118_000, target=2_700_000, won_deals=0,
            open_deals=15, start=first, end=last),
        row("FY2026", bucket="year", won=4_120_000, commit=956_000, best_case=475_000, pipeline=215_000,
            target=10_400_000, open_deals=28, start=dt.date(2026, 1, 1), end=dt.date(2026, 12, 31)),
        row("overdue", bucket="overdue", best_case=47_500, open_amount=95_000, open_deals=1, won_deals=0),
        row("undated", bucket="undated", best_case=35_000, open_amount=70_000, open_deals=1, won_deals=0),
        row("all", bucket="all", commit=1_364_000, best_case=940_000, pipeline=333_000, open_deals=36, omitted=64_000),
        *owners(),
    )  # fmt: skip
    return Forecast("2026-Q4", tuple(rows), changed.get("required_coverage", 3.2))


def conversion(**changed: Any) -> Conversion:
    """A funnel over twelve months from History."""
    facts: dict[str, Any] = {
        "basis": "history",
        "note": "From History: 214 deals entered the funnel in the window.",
        "window_start": dt.date(2025, 11, 17),
        "window_end": AS_OF,
        "stages": (
            StageConversion("Qualify", 214, 131, 70, 4, 9, 3, 0.61, 0.57, 0.65, 0.58, 0.65),
            StageConversion("Discover", 131, 54, 60, 3, 14, 2, 0.46, 0.41, 0.52, 0.41, 0.53),
            StageConversion("Propose", 84, 49, 21, 1, 13, 0, 0.69, 0.62, 0.76, 0.58, 0.74),
            StageConversion("Negotiate", 49, 31, 9, 0, 9, 0, 0.78, 0.68, 0.85, 0.63, 0.82),
        ),
        "transitions": (),
        "times": (
            StageTime("Qualify", 31, 18, 10, 27, 3, 27, 20),
            StageTime("Discover", 31, 27, 15, 50, 9, 27, 31),
            StageTime("Propose", 31, 21, 12, 24, 13, 26, 23),
            StageTime("Negotiate", 31, 16, 8, 27, 11, 18, 17),
        ),
        "cycle_median": 84.0, "cycle_p20": 51.0, "cycle_p80": 131.0, "cycle_deals": 31,
        "win_rate": WinRate("", 31, 160, 2_480_000, 14_000_000, 0.162, 0.132, 0.199, 0.15),
        "win_rate_by": (
            ("owner", (
                WinRate("Amira Haddad", 8, 30, 640_000, 2_200_000, 0.21, 0.14, 0.31, 0.225),
                WinRate("Jonas Lindqvist", 6, 31, 500_000, 2_300_000, 0.16, 0.10, 0.26, 0.18),
                WinRate("Wei Chen", 3, 33, 275_000, 2_600_000, 0.08, 0.04, 0.16, 0.096),
            )),
        ),
        "velocity": Velocity(36, 0.162, 80_000, 61.0, 88.0, 7_650, 5_300),
        "trend": tuple(
            TrendMonth(
                f"{2025 + (m >= 13)}-{(m - 1) % 12 + 1:02d}", 16 + m % 5, won, lost, won * 80_000.0, won / (won + lost)
            )
            for m, won, lost in zip(range(11, 23), (2, 4, 1, 2, 3, 2, 2, 4, 3, 2, 2, 4), TREND_LOST, strict=True)
        ),
    }  # fmt: skip
    return Conversion(**(facts | changed))


def finding(code: str, deal: tuple[Any, ...] = OPEN[0], **changed: Any) -> Finding:
    """A finding about one of the deals."""
    facts: dict[str, Any] = {
        "severity": CODES[code].severity, "found": "empty", "needed": "a date", "cell": CellRef("Deals", 7, 11),
        "deal_id": deal[0], "deal": deal[1], "owner": deal[2], "stage": deal[3], "amount": float(deal[4] or 0),
    }  # fmt: skip
    return Finding(code, **(facts | changed))


def findings() -> tuple[Finding, ...]:
    """Errors first, most money first."""
    return (
        finding("entry-criterion-not-met", OPEN[0], requirement="Economic buyer named", needed="a name from Propose on",
                money_at_stake=97_500.0),
        finding("entry-criterion-not-met", OPEN[4], requirement="Economic buyer named", needed="a name from Propose on",
                cell=CellRef("Deals", 12, 11), money_at_stake=70_500.0),
        finding("exit-criterion-not-met", OPEN[14], requirement="Next step dated in the future", found="3 Nov 2026",
                needed="a date after today", cell=CellRef("Deals", 16, 13), money_at_stake=41_250.0),
        finding("exit-criterion-not-met", OPEN[6], requirement="Next step dated in the future", found="3 Nov 2026",
                needed="a date after today", cell=CellRef("Deals", 10, 13), money_at_stake=32_500.0),
        finding("entry-criterion-not-met", OPEN[11], requirement="Proposal date set", cell=CellRef("Deals", 14, 12),
                needed="a date from Propose on", money_at_stake=23_750.0),
        finding("close-date-missing", OPEN[12], needed="an expected close date", cell=CellRef("Deals", 8, 8)),
        finding("close-date-past", OPEN[11], found="30 Oct 2026", needed="today or later",
                cell=CellRef("Deals", 14, 8)),
        finding("stalled", OPEN[3], found="66 days in Discover", needed="a move or a next step",
                cell=CellRef("Deals", 21, 4)),
        finding("probability-far-from-stage", OPEN[2], found="95%", needed="near 80%", cell=CellRef("Deals", 15, 9)),
    )  # fmt: skip


def criteria() -> tuple[CriterionResult, ...]:
    """Three criteria of different kinds."""

    def rule(stage: str, requirement: str, kind: Any = "information", severity: Any = "block") -> Criterion:
        return Criterion(stage, "entry", requirement, Condition("Buyer", "is filled"), kind, None, severity)

    return (
        CriterionResult(rule("Propose", "Economic buyer named", "people"), 24, 17, 7, 0, 0, 0, 265_000.0),
        CriterionResult(rule("Propose", "Proposal date set", "deliverable"), 24, 21, 2, 1, 0, 0, 41_000.0),
        CriterionResult(rule("Negotiate", "Amount confirmed in writing", "action", "warn"), 11, 8, 2, 0, 0, 1, 0.0),
    )


def book(deals: Sequence[tuple[Any, ...]] = OPEN) -> Book:
    """The book behind the deals: the sheet they stand in and the stages."""
    rows = list(range(6, 6 + len(deals)))
    columns = Columns("Deals", 5, rows, {"deal_id": [d[0] for d in deals]}, {}, {"deal_id": 1})
    return Book(columns, STAGES)


def analysis(*, deals: Sequence[tuple[Any, ...]] = OPEN, **changed: Any) -> Analysis:
    """The whole, with any part changed by its name."""
    facts: dict[str, Any] = {
        "source": Source(Path("pipeline-emea.xlsx"), "xlsx", "ab" * 32, ()), "book": book(deals), "as_of": AS_OF,
        "currency": "EUR", "deals": frame(deals), "findings": findings(), "criteria": criteria(),
        "forecast": forecast(), "conversion": conversion(),
    }  # fmt: skip
    return Analysis(**(facts | changed))
