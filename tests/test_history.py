"""History: which state held when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import polars as pl
from hypothesis import given

from books import AS_OF, FEW, book, books
from pipesheet.history import latest_stays, spells, states
from pipesheet.models import Book

D = dt.date
DEALS = """
    Deal ID | Stage    | Amount
    D-1     | Proposal | 100
"""


def told(**sheets: str) -> Book:
    return book(Deals=DEALS, **sheets)


def test_a_state_holds_until_the_next_one_and_rows_after_the_as_of_date_do_not_count() -> None:
    made = told(
        History="""
        Deal ID | Recorded   | Stage     | Amount
        D-1     | 2026-03-01 | Proposal  | 100
        D-1     | 2026-01-10 | Lead      | 100
        D-1     | 2026-12-01 | Won       | 100
        D-2     | 2026-02-01 | qualified | 50
    """
    )
    stays = spells(made, AS_OF)
    assert stays.select("deal_id", "spell", "stage", "rank", "entered", "left", "next_stage").rows() == [
        ("D-1", 0, "Lead", 1, D(2026, 1, 10), D(2026, 3, 1), "Proposal"),
        ("D-1", 1, "Proposal", 3, D(2026, 3, 1), None, None),
        ("D-2", 0, "Qualified", 2, D(2026, 2, 1), None, None),
    ]
    assert spells(made, D(2026, 12, 1)).rows()[1][-3:] == ("Won", None, "won")


def test_neighbours_that_are_equal_are_one_state_and_one_stage_is_one_stay() -> None:
    made = told(
        History="""
        Deal ID | Recorded   | Stage | Amount
        D-1     | 2026-01-01 | Lead  | 100
        D-1     | 2026-01-02 | LEAD  | 100
        D-1     | 2026-01-03 | Lead  | 120
        D-1     | 2026-01-04 |       | 130
        D-1     | 2026-01-05 | Lead  | 130
    """
    )
    # A row without a stage is no state; the parser names it and leaves it out.
    assert states(made, AS_OF)["recorded"].dt.day().to_list() == [1, 3, 5]
    assert spells(made, AS_OF).select("stage", "entered", "left").rows() == [("Lead", D(2026, 1, 1), None)]


def test_the_latest_stay_says_where_a_deal_was_last_and_whether_it_was_anywhere_else() -> None:
    made = told(
        History="""
        Deal ID | Recorded   | Stage
        D-1     | 2026-01-01 | Lead
        D-1     | 2026-02-01 | Proposal
        D-1     | 2026-03-01 | Lead
        D-1     | 2026-05-01 | Demo
        D-2     | 2026-01-15 | Lead
    """
    )
    assert latest_stays(made, AS_OF).rows() == [("D-1", 3, "Demo", D(2026, 5, 1)), ("D-2", 0, "Lead", D(2026, 1, 15))]
    assert latest_stays(made, D(2026, 2, 15)).rows()[0] == ("D-1", 1, "Proposal", D(2026, 2, 1))
    assert spells(made, AS_OF, known_only=True).height == 4


def test_rows_of_one_moment_stand_in_the_order_of_the_stages() -> None:
    made = told(
        History="""
        Deal ID | Recorded   | Stage
        D-1     | 2026-01-01 | Won
        D-1     | 2026-01-01 | Proposal
        D-1     | 2026-01-01 | Lead
    """
    )
    assert spells(made, AS_OF)["stage"].to_list() == ["Lead", "Proposal", "Won"]


def test_no_history_and_rows_without_deal_or_date_say_nothing() -> None:
    assert states(told(), AS_OF).is_empty()
    assert latest_stays(told(), AS_OF).schema == {
        "deal_id": pl.String, "spell": pl.Int32, "stage": pl.String, "entered": pl.Date,
    }  # fmt: skip
    made = told(
        History="""
        Deal ID | Recorded   | Stage
        D-1     |            | Lead
                | 2026-01-01 | Lead
    """
    )
    assert spells(made, AS_OF).is_empty()


@FEW
@given(books())
def test_stays_follow_each_other_and_the_order_of_rows_does_not_matter(made: Book) -> None:
    stays = spells(made, AS_OF)
    for deal in stays.partition_by("deal_id", maintain_order=True):
        rows = deal.to_dicts()
        assert [row["spell"] for row in rows] == list(range(len(rows)))
        assert rows[-1]["left"] is None
        for one, two in pairwise(rows):
            assert (one["left"], one["next_stage"], one["next_rank"]) == (two["entered"], two["stage"], two["rank"])
            assert one["stage"] != two["stage"]
    assert made.history is not None
    turned = {name: list(reversed(column)) for name, column in made.history.values.items()}
    again = replace(made, history=replace(made.history, values=turned))
    assert spells(again, AS_OF).equals(stays)
