"""Books for tests of the thinking: from small text tables, or drawn at random."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from pipesheet.deals import deal_frame
from pipesheet.models import Book, Columns, Owner, Rate, Settings, Stage, Target
from pipesheet.parser import parse
from tables import source

AS_OF = dt.date(2026, 11, 24)

FEW = settings(max_examples=15, deadline=None)
"""For properties of whole books: each example is many deals, and thinking one through takes its time."""

STAGES = """
    Stage       | Order | Probability | Type
    Lead        | 1     | 0.1         | open
    Qualified   | 2     | 0.25        | open
    Proposal    | 3     | 0.5         | open
    Negotiation | 4     | 0.75        | open
    Won         | 5     | 1           | won
    Lost        | 6     | 0           | lost
"""

FIVE = (
    Stage("Lead", 1, 0.1, "open"), Stage("Qualified", 2, 0.25, "open"), Stage("Proposal", 3, 0.5, "open"),
    Stage("Won", 4, 1, "won"), Stage("Lost", 5, 0, "lost"),
)  # fmt: skip


def book(**sheets: str) -> Book:
    """A book of text tables (see `tables.source`), with the stages above unless others are given."""
    return parse(source(**{"Stages": STAGES, **sheets}))[0]


def frame(made: Book, as_of: dt.date = AS_OF) -> pl.DataFrame:
    return deal_frame(made, as_of)


def columns(sheet: str, values: Mapping[str, Sequence[Any]]) -> Columns:
    size = len(next(iter(values.values())))
    return Columns(sheet, 1, range(2, size + 2), values, {}, {name: n for n, name in enumerate(values, 1)})


def _columns_of(sheet: str, rows: list[dict[str, Any]], fields: Sequence[str]) -> Columns:
    return columns(sheet, {name: [row[name] for row in rows] for name in fields})


_days = st.dates(dt.date(2024, 6, 1), dt.date(2030, 1, 1))
_maybe_days = st.none() | _days
_stages = st.sampled_from(["Lead", " qualified", "Proposal", "Won", "Lost", "Demo", None])
_deal = {
    "owner": st.sampled_from(["Ann", "ann ", "Bo", "Cy", None]), "stage": _stages,
    "amount": st.none() | st.integers(0, 10**9).map(lambda cents: cents / 100),
    "currency": st.sampled_from(["EUR", "usd", "CHF", None]),
    "created": _maybe_days, "close_date": _maybe_days,
    "probability": st.none() | st.sampled_from([0.0, 0.333, 0.9, 1.7]),
    "category": st.sampled_from([None, "Commit", "Best Case", "omitted", "closed", "?"]),
    "source": st.sampled_from([None, "web"]), "product": st.sampled_from([None, "P1", "P2"]),
    "status": st.sampled_from([None, None, "lost", "won"]),
}  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A book with every kind of gap in it, and a History of its deals in any order."""
    deals = draw(st.lists(st.fixed_dictionaries(_deal), min_size=1, max_size=25))
    ids = [f"D{n}" for n in range(len(deals) + 2)]
    stamps = st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2027, 1, 1)).map(lambda t: t.replace(microsecond=0))
    told = draw(st.lists(
        st.fixed_dictionaries({"deal_id": st.sampled_from(ids), "recorded": stamps, "stage": _stages}),
        max_size=40, unique_by=lambda row: (row["deal_id"], row["recorded"]),
    ))  # fmt: skip
    return Book(
        _columns_of("Deals", [{"deal_id": i, **deal} for i, deal in zip(ids, deals, strict=False)],
                    ("deal_id", *_deal)),
        FIVE,
        owners=(Owner("Ann", "North"), Owner("Bo", "South")),
        targets=draw(st.lists(st.builds(
            Target, st.sampled_from(["2026-Q4", "2026-10", "2026-11", "2026-12", "FY26", "soon"]),
            st.integers(0, 10**7).map(float), st.sampled_from(["", "Ann", "bo", "North", "Zoe"]),
        ), max_size=8).map(tuple)),
        rates=(Rate("USD", 0.9), Rate("USD", 0.8, dt.date(2026, 1, 1))),
        history=_columns_of("History", told, ("deal_id", "recorded", "stage")),
        settings=Settings(reporting_currency="EUR", fiscal_year_start=draw(st.sampled_from([1, 4, 10]))),
    )  # fmt: skip
