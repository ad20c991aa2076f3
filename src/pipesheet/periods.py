"""Fiscal months, quarters and years: what a period is called and which days it holds.

A fiscal year is named after the calendar year it ends in, as most companies do: with a start in
April, FY2027 is 1 April 2026 to 31 March 2027 and 2027-Q1 is April to June 2026. Months keep their
calendar name (``2026-10``).
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

Grain = Literal["month", "quarter", "year"]
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A fiscal period; `start` and `end` are its first and last day."""

    grain: Grain
    label: str
    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1


def add_months(day: dt.date, months: int) -> dt.date:
    """The first of the month that many months away.

    Raises:
        ValueError: that is outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)


def period_of(day: dt.date, grain: Grain, fiscal_year_start: int = 1) -> Period:
    """The period of that grain which holds the day.

    Raises:
        ValueError: `fiscal_year_start` is not a month from 1 to 12, or the period reaches outside the
            years 1 to 9999.
    """
    if not 1 <= fiscal_year_start <= 12:
        raise ValueError(f"a fiscal year starts in a month from 1 to 12, not {fiscal_year_start}")
    into_year = (day.month - fiscal_year_start) % 12
    start = add_months(day, -(into_year % MONTHS[grain]))
    last = add_months(start, MONTHS[grain] - 1)
    fiscal_year = day.year + (fiscal_year_start > 1 and day.month >= fiscal_year_start)
    label = {
        "month": f"{start.year:04d}-{start.month:02d}",
        "quarter": f"{fiscal_year:04d}-Q{into_year // 3 + 1}",
        "year": f"FY{fiscal_year:04d}",
    }[grain]
    return Period(grain, label, start, last.replace(day=calendar.monthrange(last.year, last.month)[1]))


def period_from(day: dt.date, grain: Grain, fiscal_year_start: int = 1, *, months: int = 0) -> Period:
    """The period of that grain which holds the first of the month that many months after the day."""
    return period_of(add_months(day, months), grain, fiscal_year_start)


def following(period: Period, fiscal_year_start: int = 1, steps: int = 1) -> Period:
    """The period of the same grain that many steps later (earlier where negative)."""
    months = steps * MONTHS[period.grain]
    return period_from(period.start, period.grain, fiscal_year_start, months=months)


_YEAR_DIGITS = r"(\d{4}|\d{2})"
_QUARTER = re.compile(rf"(?:FY)?\s*'?{_YEAR_DIGITS}\s*[-/ ]?\s*Q([1-4])\Z", re.I)
_QUARTER_FIRST = re.compile(rf"Q([1-4])\s*[-/ ]?\s*(?:FY)?\s*'?{_YEAR_DIGITS}\Z", re.I)
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?\Z|(\d{1,2})[-/.](\d{4})\Z")
_NAMED_MONTH = re.compile(rf"([A-Za-z]{{3,9}})\.?\s*[-/ ]?\s*'?{_YEAR_DIGITS}\Z")
_SPAN = re.compile(rf"(?:FY)?\s*(\d{{4}})\s*[-/–]\s*{_YEAR_DIGITS}\Z", re.I)
_YEAR = re.compile(rf"FY\s*[-']?\s*{_YEAR_DIGITS}\Z|(\d{{4}})\Z", re.I)


def parse_period(text: str | dt.date, fiscal_year_start: int = 1) -> Period | None:
    """Reads ``2026-Q4``, ``Q4 2026``, ``2026-10``, ``Oct 2026``, ``FY26``, ``2026`` (the fiscal year of
    that name), ``2026/27`` (the one that ends in 2027) or a date (its month); None otherwise."""
    if isinstance(text, dt.date):
        return _month(text.year, text.month, fiscal_year_start)
    text = text.strip()
    ways = (_written_quarter, _written_month, _written_year)
    return next((found for way in ways if (found := way(text, fiscal_year_start))), None)


def _written_quarter(text: str, fiscal_year_start: int) -> Period | None:
    if found := _QUARTER.match(text):
        year, quarter = found[1], found[2]
    elif found := _QUARTER_FIRST.match(text):
        quarter, year = found[1], found[2]
    else:
        return None
    return _in_fiscal_year(_full_year(year), (int(quarter) - 1) * 3, "quarter", fiscal_year_start)


def _written_month(text: str, fiscal_year_start: int) -> Period | None:
    if found := _MONTH.match(text):
        return _month(int(found[1] or found[4]), int(found[2] or found[3]), fiscal_year_start)
    if (found := _NAMED_MONTH.match(text)) and (number := _month_number(found[1])):
        return _month(_full_year(found[2]), number, fiscal_year_start)
    return None


def _written_year(text: str, fiscal_year_start: int) -> Period | None:
    if (found := _SPAN.match(text)) and (int(found[1]) + 1) % 100 == int(found[2]) % 100:
        return _in_fiscal_year(int(found[1]) + 1, 0, "year", fiscal_year_start)
    if found := _YEAR.match(text):
        return _in_fiscal_year(_full_year(found[1] or found[2]), 0, "year", fiscal_year_start)
    return None


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


_MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def _month_number(name: str) -> int | None:
    """A month's number from its English name or the first three or more letters of it."""
    low = name.lower()
    return next((n for n, month in enumerate(_MONTH_NAMES, 1) if month.startswith(low)), None)


def _month(year: int, month: int, fiscal_year_start: int) -> Period | None:
    if not (2 <= year <= 9998 and 1 <= month <= 12):
        return None
    return period_of(dt.date(year, month, 1), "month", fiscal_year_start)


def _in_fiscal_year(year: int, months_in: int, grain: Grain, fiscal_year_start: int) -> Period | None:
    if not 2 <= year <= 9998:
        return None
    first = dt.date(year if fiscal_year_start == 1 else year - 1, fiscal_year_start, 1)
    return period_from(first, grain, fiscal_year_start, months=months_in)
