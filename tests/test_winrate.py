"""Win rate: won ÷ (won + lost) of what closed in a window, by count and by value, and how sure that is."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, FEW, book, books, frame
from pipesheet.models import Book
from pipesheet.winrate import Z80, closed_in, wilson, win_rate, win_rates

D = dt.date


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857–872, table I, method 3: 95 % intervals.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons_as_published(hits: int, n: int, low: float, high: float) -> None:
    found = wilson(hits, n, z=1.959964)
    assert found is not None
    assert [round(end, 4) for end in found] == [low, high]


def test_of_nothing_nothing_is_known_and_of_all_or_none_one_end_is_sure() -> None:
    assert wilson(0, 0) is None
    assert wilson(0, 5) == pytest.approx((0.0, Z80**2 / (5 + Z80**2)))
    assert wilson(5, 5) == pytest.approx((5 / (5 + Z80**2), 1.0))


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_its_ends_are_the_shares_from_which_the_seen_one_is_just_z_deviations_away(counts: tuple[int, int]) -> None:
    hits, n = counts
    found = wilson(hits, n)
    assert found is not None
    low, high = found
    assert 0 <= low <= hits / n <= high <= 1
    for end in found:
        if 0 < end < 1:
            assert abs(end - hits / n) == pytest.approx(Z80 * math.sqrt(end * (1 - end) / n), rel=1e-6)
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_z_holds_four_fifths_of_a_normal_curve() -> None:
    assert math.erf(Z80 / math.sqrt(2)) == pytest.approx(0.8, abs=1e-4)


# Deals ----------------------------------------------------------------------------------------------

DEALS = """
    Deal ID | Owner | Stage    | Amount | Currency | Close date
    W-1     | Ann   | Won      | 300    | EUR      | 2026-11-24
    W-2     | Ann   | Won      | 100    | USD      | 2026-05-01
    W-3     | Bo    | Won      |        | EUR      | 2025-11-25
    W-4     | Bo    | Won      | 900    | EUR      | 2025-11-24
    W-5     | Bo    | Won      | 900    | EUR      | 2026-11-25
    W-6     | Bo    | Won      | 900    | EUR      |
    L-1     | Ann   | Lost     | 150    | EUR      | 2026-05-01
    L-2     |       | Lost     |        | EUR      | 2026-05-01
    O-1     | Ann   | Proposal | 700    | EUR      | 2026-05-01
"""
EUR = "Setting | Value\nReporting currency | EUR"
RATES = "Currency | Rate\nUSD | 0.5"


def closed(deals: str = DEALS) -> pl.DataFrame:
    made = book(Deals=deals, Settings=EUR, Rates=RATES)
    return closed_in(frame(made), D(2025, 11, 25), AS_OF)


def test_both_ends_of_the_window_count_and_open_or_undated_deals_do_not() -> None:
    assert closed()["deal_id"].to_list() == ["W-1", "W-2", "W-3", "L-1", "L-2"]


def test_the_rate_is_won_of_won_and_lost_by_count_and_by_value() -> None:
    rate = win_rate(closed())
    assert (rate.won, rate.lost, rate.won_amount, rate.lost_amount) == (3, 2, 350.0, 150.0)
    assert (rate.rate, rate.value_rate) == (0.6, 0.7)
    assert (rate.low, rate.high) == wilson(3, 5)


def test_each_owner_has_a_rate_most_closed_deals_first_and_nobodys_deals_a_line_of_their_own() -> None:
    told = [(r.key, r.won, r.lost, r.rate) for r in win_rates(closed(), "owner")]
    assert told == [("Ann", 2, 1, pytest.approx(2 / 3)), ("(none)", 0, 1, 0.0), ("Bo", 1, 0, 1.0)]


HEADER = "Deal ID | Stage | Amount | Close date\n"


@pytest.mark.parametrize(
    ("rows", "value_rate"),
    [
        ("W | Won | 300 | 2026-01-01\nL | Lost | 100 | 2026-01-01", 0.75),
        ("W | Won | 300 | 2026-01-01", 1.0),
        ("L | Lost | 100 | 2026-01-01", 0.0),
        # At least half of the lost deals must say what was lost.
        ("W | Won | 300 | 2026-01-01\nL | Lost | 100 | 2026-01-01\nM | Lost | | 2026-01-01", 0.75),
        ("W | Won | 300 | 2026-01-01\nL | Lost | 100 | 2026-01-01\nM | Lost | 0 | 2026-01-01\nN | Lost | | 2026-01-01",
         None),
        ("W | Won | 300 | 2026-01-01\nL | Lost | 0 | 2026-01-01", None),
        ("W | Won | | 2026-01-01", None),
        # Below zero is no share of anything.
        ("W | Won | -300 | 2026-01-01\nL | Lost | 100 | 2026-01-01", None),
    ],
)  # fmt: skip
def test_by_value_there_is_a_rate_only_where_most_lost_deals_bear_an_amount(
    rows: str, value_rate: float | None
) -> None:
    assert win_rate(closed(HEADER + rows)).value_rate == value_rate


def test_where_nothing_closed_there_is_no_rate() -> None:
    rate = win_rate(closed(HEADER + "O | Lead | 300 | 2026-01-01"))
    assert (rate.won, rate.lost, rate.rate, rate.low, rate.high, rate.value_rate) == (0, 0, None, None, None, None)


@FEW
@given(books())
def test_the_rates_of_the_owners_add_up_to_that_of_all(made: Book) -> None:
    deals = closed_in(frame(made), D(2025, 1, 1), AS_OF)
    whole, parts = win_rate(deals), win_rates(deals, "owner")
    assert (whole.won, whole.lost) == (sum(r.won for r in parts), sum(r.lost for r in parts))
    assert whole.won + whole.lost == len(deals)
    assert whole.won_amount == pytest.approx(math.fsum(r.won_amount for r in parts), abs=0.005)
    assert whole.lost_amount == pytest.approx(math.fsum(r.lost_amount for r in parts), abs=0.005)
    for rate in (whole, *parts):
        if rate.rate is not None and rate.low is not None and rate.high is not None:
            assert 0 <= rate.low <= rate.rate <= rate.high <= 1
        assert rate.value_rate is None or 0 <= rate.value_rate <= 1
