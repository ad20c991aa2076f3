"""Time in stage, sales cycle, velocity and the months behind us, in the 365 days to 24 November 2026."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, book, frame
from pipesheet.models import Book
from pipesheet.paths import paths
from pipesheet.speed import Cycle, StageTime, Velocity, cycle, kaplan_meier_median, times, trend, velocity
from pipesheet.winrate import closed_in, win_rate

D = dt.date
START = D(2025, 11, 25)

# The survival estimate ------------------------------------------------------------------------------

# Weeks in remission of 42 leukaemia patients (Freireich and others 1963), the data set that most texts on
# survival begin with; a plus marks those still in remission when last seen. Its medians are known: 23 and 8.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def grouped(text: str) -> list[tuple[int, int, int]]:
    """Days, how many stays of that length, how many of them ended."""
    stays = text.split()
    days = sorted({int(stay.rstrip("+")) for stay in stays}, reverse=True)
    return [(n, stays.count(str(n)) + stays.count(f"{n}+"), stays.count(str(n))) for n in days]


@pytest.mark.parametrize(
    ("stays", "median"),
    [
        (TREATED, 23.0),
        (PLACEBO, 8.0),
        ("5 5 9+ 9+", 5.0),
        ("5 9+ 9+", None),
        # Who was last seen on a day was there that day: 3 of 4 stay at 5, and 1 of the 2 in view at 7.
        ("5 5+ 7 7+", 7.0),
        ("5 6+ 7+ 8", 8.0),
        ("5 6+ 7+ 8+", None),
        ("3+ 4+", None),
        ("4", 4.0),
        ("", None),
    ],
)
def test_the_median_stay_lets_those_still_there_last_at_least_so_long(stays: str, median: float | None) -> None:
    assert kaplan_meier_median(grouped(stays)) == median


@given(st.lists(st.integers(0, 400), min_size=1))
def test_if_all_have_left_it_is_the_plain_median_or_the_lower_one(days: list[int]) -> None:
    assert kaplan_meier_median((day, 1, 1) for day in days) == sorted(days)[math.ceil(len(days) / 2) - 1]


# Time in stage --------------------------------------------------------------------------------------


def timed(made: Book) -> dict[str, StageTime]:
    deals = frame(made)
    spells = paths(deals, made, as_of=AS_OF).spells
    return {t.stage: t for t in times(deals, spells, made.stages, start=START, as_of=AS_OF)}


STAYS = """
    Deal ID | Recorded   | Stage
    W-1     | 2026-01-01 | Lead
    W-1     | 2026-01-11 | Qualified
    W-1     | 2026-01-31 | Lead
    W-1     | 2026-02-05 | Won
    W-2     | 2026-01-01 | Lead
    W-2     | 2026-01-21 | Won
    W-3     | 2026-01-01 | Lead
    W-3     | 2026-01-31 | Won
    W-4     | 2025-01-01 | Lead
    W-4     | 2025-11-24 | Won
    L-1     | 2026-01-01 | Lead
    L-1     | 2026-04-11 | Lost
    O-1     | 2026-10-25 | Lead
    O-2     | 2026-11-14 | Lead
"""
STOOD = """
    Deal ID | Stage     | Amount | Created    | Close date | Stage since
    W-1     | Won       | 1      | 2026-01-01 | 2026-02-05 |
    W-2     | Won       | 1      | 2026-01-01 | 2026-01-21 |
    W-3     | Won       | 1      | 2026-01-01 | 2026-01-31 |
    W-4     | Won       | 1      | 2025-01-01 | 2025-11-24 |
    L-1     | Lost      | 1      | 2026-01-01 | 2026-04-11 |
    O-1     | Lead      | 1      | 2026-10-25 | 2027-01-01 |
    O-2     | Lead      | 1      | 2026-11-14 | 2027-01-01 |
    O-3     | Proposal  | 1      | 2026-01-01 | 2027-01-01 | 2026-11-20
    O-4     | Proposal  | 1      | 2026-01-01 | 2027-01-01 | 2026-11-25
    O-5     | Proposal  | 1      | 2026-01-01 | 2027-01-01 |
"""


def test_time_in_stage_is_of_deals_won_in_the_window_all_their_stays_added_up() -> None:
    lead = timed(book(Deals=STOOD, History=STAYS))["Lead"]
    # W-1 was there for 10 and for 5 days, W-2 for 20, W-3 for 30; W-4 was won the day before the window.
    assert (lead.won_deals, lead.median, lead.p20, lead.p80) == pytest.approx((3, 20.0, 17.0, 26.0))
    qualified = timed(book(Deals=STOOD, History=STAYS))["Qualified"]
    assert (qualified.won_deals, qualified.median) == (1, 20.0)


def test_so_far_it_is_of_deals_open_in_it_now_whose_day_of_entry_is_known_and_past() -> None:
    found = timed(book(Deals=STOOD, History=STAYS))
    assert (found["Lead"].open_deals, found["Lead"].open_median) == (2, 20.0)
    assert (found["Proposal"].open_deals, found["Proposal"].open_median) == (1, 4.0)
    assert (found["Qualified"].open_deals, found["Qualified"].open_median) == (0, None)


def test_the_survival_median_is_over_all_stays_that_history_saw_begin() -> None:
    found = timed(book(Deals=STOOD, History=STAYS))
    # 5, 10, 20, 30, 100 and 327 days that ended, 10 and 30 that have not: at 30, 7/8 × 6/7 × 4/5 × 3/4 = 45 %
    # are still to leave, at 20 it was 60 %.
    assert found["Lead"].survival_median == 30.0
    older = STOOD.replace("W-2     | Won       | 1      | 2026-01-01", "W-2     | Won       | 1      | 2025-12-01")
    history = STAYS.replace("W-2     | 2026-01-01 | Lead", "W-2     | 2026-01-01 | Qualified")
    qualified = timed(book(Deals=older, History=history))["Qualified"]
    # A deal older than its first record had been there for nobody knows how long.
    assert (qualified.won_deals, qualified.median, qualified.survival_median) == (1, 20.0, 20.0)
    assert timed(book(Deals=STOOD, History=history))["Qualified"].won_deals == 2


def test_without_history_only_what_deals_say_of_themselves_is_known() -> None:
    proposal = timed(book(Deals=STOOD))["Proposal"]
    assert proposal == StageTime("Proposal", 0, None, None, None, 1, 4.0, None)


# Sales cycle ----------------------------------------------------------------------------------------


def test_the_cycle_is_the_days_from_creation_to_winning_of_deals_won_in_the_window() -> None:
    deals = """
        Deal ID | Stage | Amount | Created    | Close date
        W-1     | Won   | 1      | 2026-01-01 | 2026-01-01
        W-2     | Won   | 1      | 2026-01-01 | 2026-01-11
        W-3     | Won   | 1      | 2025-10-16 | 2025-11-25
        W-4     | Won   | 1      | 2026-08-16 | 2026-11-24
        W-5     | Won   | 1      | 2025-01-01 | 2025-11-24
        W-6     | Won   | 1      | 2025-01-01 | 2026-11-25
        W-7     | Won   | 1      | 2026-02-01 | 2026-01-01
        W-8     | Won   | 1      |            | 2026-01-01
        W-9     | Won   | 1      | 2026-01-01 |
        L-1     | Lost  | 1      | 2026-01-01 | 2026-01-31
        O-1     | Lead  | 1      | 2026-01-01 | 2026-01-31
    """
    # 0, 10, 40 and 100 days; the fifth of them lies at 0.6 of a step and at 2.4.
    found = cycle(frame(book(Deals=deals)), start=START, as_of=AS_OF)
    assert (found.deals, found.mean, found.median) == (4, 37.5, 25.0)
    assert (found.p20, found.p80) == pytest.approx((6.0, 64.0))
    assert cycle(frame(book(Deals="Deal ID | Stage | Amount")), start=START, as_of=AS_OF) == Cycle(0, *[None] * 4)


# Velocity -------------------------------------------------------------------------------------------


def moving(deals: str) -> Velocity:
    found = frame(book(Deals=deals))
    rate = win_rate(closed_in(found, START, AS_OF))
    return velocity(found, rate, cycle(found, start=START, as_of=AS_OF), start=START, as_of=AS_OF)


def test_velocity_is_open_deals_by_win_rate_by_average_won_over_the_time_deals_take_to_flow_through() -> None:
    deals = """
        Deal ID | Stage | Amount | Created    | Close date
        O-1     | Lead  | 9      | 2026-11-24 |
        O-2     | Lead  |        | 2025-11-25 |
        O-3     | Lead  | 9      | 2025-11-24 |
        O-4     | Lead  | 9      |            |
        W-1     | Won   | 300    | 2026-01-01 | 2026-02-10
        W-2     | Won   | 100    | 2026-01-01 | 2026-01-21
        W-3     | Won   |        | 2025-01-01 | 2025-02-01
        L-1     | Lost  |        | 2026-01-01 | 2026-02-10
        L-2     | Lost  | 50     | 2024-01-01 | 2026-02-10
    """
    found = moving(deals)
    # Five deals were created in 365 days, so the four open ones are 4 ÷ (5 ÷ 365) = 292 days of them.
    assert (found.open_deals, found.win_rate, found.average_won) == (4, 0.5, 200.0)
    assert (found.flow_days, found.cycle_days) == pytest.approx((292.0, 30.0))
    assert found.per_day == pytest.approx(4 * 0.5 * 200 / 292)
    assert found.usual_per_day == pytest.approx(4 * 0.5 * 200 / 30)


def test_the_average_is_of_won_deals_that_bear_an_amount() -> None:
    deals = "Deal ID | Stage | Amount | Close date\nA | Won | 300 | 2026-01-01\nB | Won | | 2026-01-01"
    assert moving(deals).average_won == 300.0


@pytest.mark.parametrize(
    "deals",
    [
        "Deal ID | Stage | Amount | Created | Close date",
        "Deal ID | Stage | Amount | Created | Close date\nO | Lead | 1 | 2026-01-01 |",
        "Deal ID | Stage | Amount | Created | Close date\nW | Won | 1 | | 2026-01-01\nO | Lead | 1 | | 2026-01-01",
        "Deal ID | Stage | Amount | Created | Close date\nL | Lost | 1 | 2026-01-01 | 2026-01-01\nO | Lead | 1 | |",
    ],
)
def test_where_a_factor_is_unknown_nothing_is_said(deals: str) -> None:
    found = moving(deals)
    assert (found.per_day, found.usual_per_day) == (None, None)


def test_deals_won_on_the_day_they_came_make_no_usual_velocity() -> None:
    deals = "Deal ID | Stage | Amount | Created | Close date\nW | Won | 1 | 2026-01-01 | 2026-01-01\nO | Lead | 1 | |"
    found = moving(deals)
    assert (found.cycle_days, found.usual_per_day) == (0.0, None)
    assert found.per_day == pytest.approx(1 * 1.0 * 1.0 / 365)


# Months ---------------------------------------------------------------------------------------------


def test_the_trend_is_the_twelve_calendar_months_to_the_as_of_date() -> None:
    deals = """
        Deal ID | Stage | Amount | Created    | Close date
        D-1     | Won   | 100.25 | 2026-10-31 | 2026-11-01
        D-2     | Won   | 200.50 | 2026-11-24 | 2026-11-24
        D-3     | Won   | 400    | 2026-11-25 | 2026-11-25
        D-4     | Lost  | 800    | 2025-12-01 | 2026-11-02
        D-5     | Lost  | 800    | 2025-11-30 | 2025-12-31
        D-6     | Won   |        |            | 2025-12-01
        D-7     | Won   | 999    | 2025-11-01 | 2025-11-30
        D-8     | Lead  | 999    | 2026-10-01 | 2026-11-30
    """
    months = trend(frame(book(Deals=deals)), as_of=AS_OF)
    assert [m.month for m in months] == ["2025-12", *(f"2026-{n:02d}" for n in range(1, 12))]
    told = {m.month: (m.created, m.won, m.lost, m.won_amount, m.win_rate) for m in months}
    assert told["2026-11"] == (1, 2, 1, 300.75, 2 / 3)
    assert told["2026-10"] == (2, 0, 0, 0.0, None)
    assert told["2025-12"] == (1, 1, 1, 0.0, 0.5)
    assert told["2026-06"] == (0, 0, 0, 0.0, None)


def test_at_the_turn_of_the_year_the_months_go_back_into_the_last_one() -> None:
    months = trend(frame(book(Deals="Deal ID | Stage | Amount")), as_of=D(2026, 1, 1))
    assert [months[0].month, months[-2].month, months[-1].month] == ["2025-02", "2025-12", "2026-01"]
