"""Fiscal periods: names, days, and what people write for them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.periods import MONTHS, Grain, add_months, following, parse_period, period_of

D = dt.date
GRAINS: tuple[Grain, ...] = ("month", "quarter", "year")


@pytest.mark.parametrize(
    ("day", "grain", "start", "label", "first", "last"),
    [
        (D(2026, 11, 24), "month", 1, "2026-11", D(2026, 11, 1), D(2026, 11, 30)),
        (D(2026, 11, 24), "quarter", 1, "2026-Q4", D(2026, 10, 1), D(2026, 12, 31)),
        (D(2026, 11, 24), "year", 1, "FY2026", D(2026, 1, 1), D(2026, 12, 31)),
        (D(2026, 4, 1), "quarter", 4, "2027-Q1", D(2026, 4, 1), D(2026, 6, 30)),
        (D(2027, 3, 31), "quarter", 4, "2027-Q4", D(2027, 1, 1), D(2027, 3, 31)),
        (D(2027, 3, 31), "year", 4, "FY2027", D(2026, 4, 1), D(2027, 3, 31)),
        (D(2026, 9, 30), "quarter", 10, "2026-Q4", D(2026, 7, 1), D(2026, 9, 30)),
        (D(2026, 12, 5), "quarter", 12, "2027-Q1", D(2026, 12, 1), D(2027, 2, 28)),
        (D(2024, 2, 29), "month", 7, "2024-02", D(2024, 2, 1), D(2024, 2, 29)),
        (D(9999, 12, 31), "quarter", 1, "9999-Q4", D(9999, 10, 1), D(9999, 12, 31)),
    ],
)
def test_a_day_is_in_its_fiscal_period(
    day: dt.date, grain: Grain, start: int, label: str, first: dt.date, last: dt.date
) -> None:
    period = period_of(day, grain, start)
    assert (period.label, period.start, period.end) == (label, first, last)
    assert period.days == (last - first).days + 1


@pytest.mark.parametrize("start", [0, 13, -1])
def test_a_fiscal_year_starts_in_a_month(start: int) -> None:
    with pytest.raises(ValueError, match="month from 1 to 12"):
        period_of(D(2026, 1, 1), "year", start)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2026-Q4", "2026-Q4"), ("Q4 2026", "2026-Q4"), (" q4/26 ", "2026-Q4"), ("FY26 Q4", "2026-Q4"),
        ("FY2026-Q4", "2026-Q4"), ("Q4 FY26", "2026-Q4"), ("2026Q4", "2026-Q4"), ("Q4'26", "2026-Q4"),
        ("2026-10", "2026-10"), ("2026/1", "2026-01"), ("10/2026", "2026-10"), ("2026-10-15", "2026-10"),
        ("Oct 2026", "2026-10"), ("october-26", "2026-10"), ("Sept 2026", "2026-09"),
        ("FY26", "FY2026"), ("FY 2026", "FY2026"), ("FY'26", "FY2026"), ("2026", "FY2026"),
        ("2026/27", "FY2027"), ("FY2009/10", "FY2010"), (D(2026, 10, 15), "2026-10"),
        (dt.datetime(2026, 10, 15, 8, 0), "2026-10"),
    ],
)  # fmt: skip
def test_what_people_write_for_a_period(text: str | dt.date, label: str) -> None:
    for start in (1, 4):
        period = parse_period(text, start)
        assert period is not None
        assert period.label == label


@pytest.mark.parametrize(
    "text",
    ["", "soon", "Q5 2026", "2026-13", "2026-00", "0000-01", "FY", "0001", "9999-Q1", "26", "Foo 2026", "2026/29"],
)
def test_what_is_no_period(text: str) -> None:
    assert parse_period(text) is None


@given(
    st.dates(dt.date(1000, 1, 1), dt.date(3000, 1, 1)),
    st.sampled_from(GRAINS),
    st.integers(1, 12),
    st.integers(-50, 50),
)
def test_periods_follow_without_gap_and_say_their_own_name(day: dt.date, grain: Grain, start: int, steps: int) -> None:
    period = period_of(day, grain, start)
    assert period.start <= day <= period.end
    after = following(period, start)
    assert after.start == period.end + dt.timedelta(days=1)
    assert following(following(period, start, steps), start, -steps) == period
    assert parse_period(period.label, start) == period
    assert add_months(period.start, MONTHS[grain]) == after.start
    if grain != "year":
        year = period_of(day, "year", start)
        assert year.start <= period.start
        assert period.end <= year.end
