"""The frame of deals: stage, owner, currency, odds and dates of every deal, resolved."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given

from books import AS_OF, FEW, book, books, frame
from pipesheet.deals import deal_frame, rate_on, reporting_currency
from pipesheet.models import Book

D = dt.date


def resolved(*columns: str, as_of: dt.date = AS_OF, **sheets: str) -> list[tuple[Any, ...]]:
    """Those columns of every deal of a book, in the order of the sheet."""
    return frame(book(**sheets), as_of).select(columns).rows()


# Stage and outcome ----------------------------------------------------------------------------------


def test_a_stage_goes_by_its_own_name_and_one_in_no_list_as_it_was_typed() -> None:
    deals = """
        Deal ID | Stage      | Amount
        D-1     | " PROPOSAL" | 1
        D-2     | Show       | 1
        D-3     | Dream      | 1
        D-4     |            | 1
        D-5     | Won        | 1
    """
    stages = """
        Stage    | Order | Probability | Type | Aliases
        Proposal | 2     | 0.5         | open | Offer
        Demo     | 1     | 0.2         | open | Show; Showcase
        Won      | 3     | 1           | won  |
    """
    columns = ("stage", "stage_known", "stage_rank", "outcome", "stage_probability")
    assert resolved(*columns, Deals=deals, Stages=stages) == [
        ("Proposal", True, 2, "open", 0.5),
        ("Demo", True, 1, "open", 0.2),
        ("Dream", False, None, "open", None),
        (None, False, None, "open", None),
        ("Won", True, None, "won", 1.0),
    ]


def test_the_status_goes_before_the_stage_and_the_stage_before_the_flags() -> None:
    deals = """
        Deal ID | Stage    | Amount | Status     | Is closed | Is won
        D-1     | Proposal | 1      | Lost       | FALSE     | FALSE
        D-2     | Proposal | 1      | closed won | FALSE     | FALSE
        D-3     | Won      | 1      | open       | TRUE      | FALSE
        D-4     | Lead     | 1      |            | TRUE      | TRUE
        D-5     | Dream    | 1      |            | TRUE      | TRUE
        D-6     | Dream    | 1      |            | TRUE      | FALSE
        D-7     | Dream    | 1      |            | TRUE      |
        D-8     | Dream    | 1      |            | FALSE     | FALSE
        D-9     | Dream    | 1      | in review  |           |
    """
    assert resolved("outcome", "stage_rank", Deals=deals) == [
        ("lost", 3), ("won", 3), ("won", None), ("open", 1),
        ("won", None), ("lost", None), ("lost", None), ("open", None), ("open", None),
    ]  # fmt: skip


# Owner ----------------------------------------------------------------------------------------------


def test_owners_are_spelled_as_in_owners_and_bring_their_team() -> None:
    deals = """
        Deal ID | Stage | Amount | Owner
        D-1     | Lead  | 1      | ANN  LEE
        D-2     | Lead  | 1      | Zoe
        D-3     | Lead  | 1      |
        D-4     | Lead  | 1      | bo
    """
    owners = """
        Owner   | Team  | Manager | Region
        Ann Lee | North | Max     | EMEA
        Bo      |       |         |
        ann lee | South | Eve     | APAC
    """
    assert resolved("owner", "team", "manager", "region", Deals=deals, Owners=owners) == [
        ("Ann Lee", "North", "Max", "EMEA"),
        ("Zoe", None, None, None),
        (None, None, None, None),
        ("Bo", None, None, None),
    ]


# Money ----------------------------------------------------------------------------------------------

MIXED = """
    Deal ID | Stage | Amount | Currency | Close date
    D-1     | Lead  | 100    | usd      | 2027-06-30
    D-2     | Won   | 100    | USD      | 2026-02-01
    D-3     | Won   | 100    | USD      | 2025-12-31
    D-4     | Lead  | 100    |          | 2026-12-01
    D-5     | Lead  | 100    | EUR      | 2026-12-01
    D-6     | Lead  | 100    | CHF      | 2026-12-01
    D-7     | Lead  |        | USD      | 2026-12-01
    D-8     | Won   | 100    | USD      |
    D-9     | Won   | 100    | GBP      | 2026-03-31
"""
RATES = """
    Currency | Date       | Rate
    USD      | 2026-11-01 | 0.8
    USD      |            | 0.5
    usd      | 2026-01-01 | 0.9
    USD      | 2026-11-25 | 7
    GBP      | 2026-04-01 | 1.2
"""
EUR = """
    Setting            | Value
    Reporting currency | eur
"""


def test_open_deals_are_rated_on_the_as_of_date_and_closed_ones_on_their_own() -> None:
    assert resolved("deal_id", "currency", "rate", "own_amount", "amount", Deals=MIXED, Rates=RATES, Settings=EUR) == [
        ("D-1", "USD", 0.8, 100, 80),
        ("D-2", "USD", 0.9, 100, 90),
        ("D-3", "USD", 0.5, 100, 50),
        ("D-4", "EUR", 1.0, 100, 100),
        ("D-5", "EUR", 1.0, 100, 100),
        ("D-6", "CHF", None, 100, None),
        ("D-7", "USD", 0.8, None, None),
        ("D-8", "USD", 0.8, 100, 80),
        ("D-9", "GBP", None, 100, None),
    ]


def test_of_two_rates_of_one_day_the_last_row_counts() -> None:
    rates = """
        Currency | Date       | Rate
        USD      | 2026-01-01 | 0.7
        USD      | 2026-01-01 | 0.8
        USD      | 2026-01-01 | 0.6
    """
    made = book(Deals=MIXED, Rates=rates, Settings=EUR)
    assert rate_on(made, "usd", AS_OF) == 0.6
    assert frame(made)["rate"][0] == 0.6


def test_a_rate_is_the_newest_on_or_before_the_day() -> None:
    made = book(Deals=MIXED, Rates=RATES, Settings=EUR)
    days = (D(2025, 12, 31), D(2026, 1, 1), D(2026, 10, 31), D(2026, 11, 1), D(2026, 11, 25))
    assert [rate_on(made, " usd", day) for day in days] == [0.5, 0.9, 0.9, 0.8, 7]
    assert [rate_on(made, "GBP", day) for day in (D(2026, 3, 31), D(2026, 4, 1))] == [None, 1.2]
    assert (rate_on(made, "eur", AS_OF), rate_on(made, "", AS_OF), rate_on(made, "CHF", AS_OF)) == (1.0, 1.0, None)


@pytest.mark.parametrize(
    ("currencies", "setting", "reporting"),
    [
        (["usd", "EUR", "USD "], "", "USD"),
        (["USD", "EUR"], "", "EUR"),
        (["USD", "USD"], " chf", "CHF"),
        (["", None], "", ""),
    ],
)
def test_the_reporting_currency_is_the_setting_else_what_most_deals_are_in(
    currencies: list[str | None], setting: str, reporting: str
) -> None:
    made = book(
        Deals="Deal ID | Stage | Amount | Currency\n" + "\n".join(f"D | Lead | 1 | {c or ''}" for c in currencies)
    )
    assert reporting_currency(replace(made, settings=replace(made.settings, reporting_currency=setting))) == reporting


# Odds, category, weight -----------------------------------------------------------------------------


def test_the_deals_own_probability_counts_where_it_can_be_one_else_the_stages() -> None:
    deals = """
        Deal ID | Stage    | Amount | Probability
        D-1     | Proposal | 200    | 0.3
        D-2     | Proposal | 200    |
        D-3     | Proposal | 200    | -0.1
        D-4     | Proposal | 200    | 1.1
        D-5     | Proposal | 200    | 0
        D-6     | Proposal | 200    | 1
        D-7     | Dream    | 200    |
        D-8     | Dream    | 200    | 0.4
        D-9     | Won      | 200    | 0.3
        D-10    | Lost     | 200    | 0.3
        D-11    | Proposal |        | 0.3
    """
    columns = ("own_probability", "probability", "weighted")
    assert resolved(*columns, Deals=deals) == [
        (0.3, 0.3, 60.0), (None, 0.5, 100.0), (-0.1, 0.5, 100.0), (1.1, 0.5, 100.0), (0.0, 0.0, 0.0), (1.0, 1.0, 200.0),
        (None, 0.0, 0.0), (0.4, 0.4, 80.0), (0.3, 1.0, 0.0), (0.3, 0.0, 0.0), (0.3, 0.3, 0.0),
    ]  # fmt: skip


def test_the_deals_own_category_counts_else_the_stages_else_that_of_its_probability() -> None:
    deals = """
        Deal ID | Stage       | Amount | Probability | Category
        D-1     | Lead        | 100    |             | COMMIT
        D-2     | Lead        | 100    |             | Best-Case
        D-3     | Lead        | 100    |             | Not Forecasted
        D-4     | Lead        | 100    | 0.9         |
        D-5     | Proposal    | 100    |             | closed
        D-6     | Negotiation | 100    |             | who knows
        D-7     | Dream       | 100    | 0.75        |
        D-8     | Dream       | 100    | 0.5         |
        D-9     | Dream       | 100    |             |
        D-10    | Won         | 100    |             | pipeline
        D-11    | Lost        | 100    |             | commit
        D-12    | Lead        | 100    |             | Upside
    """
    assert resolved("deal_id", "category", "weighted", Deals=deals) == [
        ("D-1", "commit", 10.0), ("D-2", "best case", 10.0), ("D-3", "omitted", 0.0), ("D-4", "pipeline", 90.0),
        ("D-5", "best case", 50.0), ("D-6", "commit", 75.0), ("D-7", "commit", 75.0), ("D-8", "best case", 50.0),
        ("D-9", "pipeline", 0.0), ("D-10", "closed", 0.0), ("D-11", "omitted", 0.0), ("D-12", "best case", 10.0),
    ]  # fmt: skip


# Dates ----------------------------------------------------------------------------------------------


def test_a_closed_deal_closed_when_closed_says_and_an_open_one_is_expected_on_its_close_date() -> None:
    deals = """
        Deal ID | Stage | Amount | Close date | Closed
        D-1     | Won   | 1      | 2026-05-31 | 2026-04-15
        D-2     | Lost  | 1      | 2026-05-31 |
        D-3     | Lead  | 1      | 2026-12-31 | 2026-04-15
        D-4     | Lead  | 1      |            | 2026-04-15
        D-5     | Won   | 1      |            |
    """
    assert resolved("close_date", Deals=deals) == [
        (D(2026, 4, 15),), (D(2026, 5, 31),), (D(2026, 12, 31),), (None,), (None,),
    ]  # fmt: skip


ENTERED = """
    Deal ID | Stage     | Amount | Created    | Stage since
    D-1     | Proposal  | 1      | 2026-01-01 | 2026-03-03
    D-2     | Proposal  | 1      | 2026-01-01 |
    D-3     | Lead      | 1      | 2026-01-01 |
    D-4     | Qualified | 1      | 2026-01-01 |
    D-5     | Lead      | 1      | 2026-01-01 |
    D-6     | Lead      | 1      | 2026-01-01 |
    D-7     | Lead      | 1      | 2026-01-01 |
    D-8     | Dream     | 1      | 2026-01-01 |
    D-9     | Proposal  | 1      | 2026-01-01 |
"""


def test_without_history_a_stage_was_entered_when_it_says_or_when_the_deal_was_created_in_the_first_one() -> None:
    assert resolved("entered_stage", Deals=ENTERED) == [
        (D(2026, 3, 3),), (None,), (D(2026, 1, 1),), (None,), (D(2026, 1, 1),), (D(2026, 1, 1),), (D(2026, 1, 1),),
        (None,), (None,),
    ]  # fmt: skip


def test_history_says_when_a_stage_was_entered_if_that_is_where_it_saw_the_deal_last() -> None:
    history = """
        Deal ID | Recorded   | Stage     | Amount
        D-1     | 2026-02-02 | Proposal  | 1
        D-2     | 2026-02-02 | Proposal  | 1
        D-2     | 2026-04-01 | Lead      | 1
        D-2     | 2026-05-01 | proposal  | 1
        D-2     | 2026-06-01 | Proposal  | 2
        D-3     | 2026-02-02 | Lead      | 1
        D-4     | 2026-02-02 | Qualified | 1
        D-4     | 2026-03-01 | Proposal  | 1
        D-5     | 2026-02-02 | Qualified | 1
        D-5     | 2026-03-01 | Lead      | 1
        D-6     | 2026-02-02 | Qualified | 1
        D-8     | 2026-02-02 | Dream     | 1
        D-9     | 2026-12-01 | Proposal  | 1
    """
    entered = [day for (day,) in resolved("entered_stage", Deals=ENTERED, History=history)]
    assert entered == [
        D(2026, 3, 3),  # Stage since goes before History.
        D(2026, 5, 1),  # The latest stay; a new amount starts none.
        D(2026, 1, 1),  # In the first stage from the start, though History began later.
        None,  # History saw it elsewhere last, and not when it came back.
        D(2026, 3, 1),  # Back in the first stage: the day it was created says nothing.
        None,  # The same, but nobody saw it come back.
        D(2026, 1, 1),  # History does not know it.
        D(2026, 2, 2),  # A stage in no list has a day of entry too.
        None,  # What is recorded after the as-of date has not happened yet.
    ]


# What always holds ----------------------------------------------------------------------------------


def turned(made: Book) -> Book:
    """The same book with the rows of Deals from the bottom up."""
    deals = made.deals
    values = {name: list(reversed(column)) for name, column in deals.values.items()}
    return replace(made, deals=replace(deals, values=values, rows=list(reversed(deals.rows))))


@FEW
@given(books())
def test_every_deal_is_there_once_and_within_its_bounds_and_the_order_of_rows_does_not_matter(made: Book) -> None:
    found = frame(made)
    assert found["deal_id"].to_list() == list(made.deals.values["deal_id"])
    assert frame(turned(made)).drop("index").reverse().equals(found.drop("index"))
    for row in found.iter_rows(named=True):
        assert 0 <= row["probability"] <= 1
        assert row["category"] == {"won": "closed", "lost": "omitted", "open": row["category"]}[row["outcome"]]
        counts = row["outcome"] == "open" and row["category"] in ("commit", "best case", "pipeline")
        assert row["weighted"] == ((row["amount"] or 0.0) * row["probability"] if counts else 0.0)
        rate_day = row["close_date"] if row["outcome"] != "open" and row["close_date"] else AS_OF
        assert row["rate"] == rate_on(made, row["currency"], rate_day)


def test_the_frame_has_the_documented_columns_even_of_an_empty_book() -> None:
    made = book(Deals="Deal ID | Stage | Amount")
    found = deal_frame(made, AS_OF)
    assert found.is_empty()
    assert found.schema == deal_frame(book(Deals=MIXED, Rates=RATES), AS_OF).schema
    assert {kind for name, kind in found.schema.items() if name in ("amount", "rate", "weighted")} == {pl.Float64}
