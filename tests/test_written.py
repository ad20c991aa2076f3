"""How people write numbers and dates, and what is no number and no date."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.written import (
    LONGEST,
    DateText,
    NumberText,
    day_comes_first,
    decimal_is_comma,
    month_named,
    read_date,
    read_number,
)

# Numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("007", 7), (" 12 ", 12), ("-5", -5), ("+5", 5), ("−5", -5), ("5-", -5), ("(5)", -5), ("(-5)", -5),
        ("1.234,56", 1234.56), ("1,234.56", 1234.56), ("1.234.567", 1234567), ("1,234,567", 1234567),
        ("12,34,567.5", 1234567.5), ("₹1,00,000", 100000), ("1'234'567.50", 1234567.5), ("1’234’567", 1234567),
        ("1 234 567,89", 1234567.89), ("1\u202f234,5", 1234.5), ("1\u00a0200.50", 1200.5),
        ("12,5", 12.5), ("12.50", 12.5), (".5", 0.5), (",5", 0.5), ("5.", 5), ("0,500", 0.5), ("1234.567", 1234.567),
        ("1.234,56 €", 1234.56), ("€ 1.234,56", 1234.56), ("$1,234.56", 1234.56), ("EUR 5", 5), ("5 eur", 5),
        ("US$ 5", 5), ("R$ 5,00", 5), ("CHF 1'200.-", 1200), ("1.200,- €", 1200), ("1.200,—", 1200), ("500 kr", 500),
        ("-$5", -5), ("$-5", -5), ("(€ 1.234,56)", -1234.56), ("$5.00-", -5), ("$1,234.50 USD", 1234.5),
        ("12k", 12_000), ("12 K", 12_000), ("1.5M", 1_500_000), ("3 Mio. €", 3e6), ("2,5 Mrd.", 2.5e9),
        ("120 T€", 120_000), ("120 TEUR", 120_000), ("USD 1.5bn", 1.5e9), ("40 Tsd.", 40_000), ("0.1m", 100_000),
        ("50%", 0.5), ("12,5 %", 0.125), ("150 %", 1.5), ("1e5", 100_000), ("1.5E+3", 1500), ("2.5e-2", 0.025),
    ],
)  # fmt: skip
@pytest.mark.parametrize("decimal_comma", [True, False])
def test_a_number_that_can_be_read_one_way_only(text: str, value: float, decimal_comma: bool) -> None:
    assert read_number(text, decimal_comma) == NumberText(value)


@pytest.mark.parametrize(
    ("text", "by_point", "by_comma"),
    [
        ("1.234", 1.234, 1234), ("1,234", 1234, 1.234), ("(1,200)", -1200, -1.2), ("12.000", 12, 12_000),
        ("€ 100,500", 100_500, 100.5), ("1,500k", 1_500_000, 1500),
    ],
)  # fmt: skip
def test_where_two_readings_are_possible_the_decimal_mark_decides(text: str, by_point: float, by_comma: float) -> None:
    assert read_number(text, False) == NumberText(by_point, ambiguous=True)
    assert read_number(text, True) == NumberText(by_comma, ambiguous=True)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "€", "k", "TBD", "n/a", "Q4", "D-1", "v2", "FY26", "May 5", "Oct 12", "12 pcs", "5 days", "3/4",
        "12 5", "555 12", "1 2345", "1.2.3", "1,2,3", "1,2345.6", "1..2", "1,,2", "--5", "-5-", "+-5", "(5", "5)",
        "5 %%", "1_000", "0x10", "inf", "nan", "1e500", "½", "²", "12:30", "2026-12-01", "1.234,56,78", "EUR 5 USD",
        "#N/A", "1" * (LONGEST + 1), "=1+1", "1.234.56", "12.34.567", "5 or 6", "~5", "> 5", "5*",
    ],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert read_number(text, False) is None
    assert read_number(text, True) is None


@pytest.mark.parametrize(
    ("column", "comma"),
    [
        (["1.234,56", "12"], True), (["1,234.56", "1,234"], False), (["12,50"], True), (["12.50"], False),
        (["1.234.567"], True), (["1,234,567"], False), (["1.234", "1,234"], None), (["12", "TBD", ""], None),
        (["12,50", "12.50"], None), (["1,234", "7,5 %"], True), (["9" * 99], None), (["1,2,3"], None), ([], None),
    ],
)  # fmt: skip
def test_a_column_may_show_its_decimal_mark(column: list[str], comma: bool | None) -> None:
    assert decimal_is_comma(column) is comma


@given(st.integers(-(10**13), 10**13))
def test_every_usual_way_to_write_an_amount_is_read_to_the_cent(cents: int) -> None:
    value = cents / 100
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text in (f"{value:.2f}", english, german, f"$ {english}", f"{german} EUR", english.replace(",", " ")):
        for decimal_comma in (True, False):
            assert read_number(text, decimal_comma) == NumberText(value)
    if value < 0:
        assert read_number(f"({english[1:]})", False) == NumberText(value)


@given(st.text("0123456789.,' -+()€$kKmM%eE", max_size=14), st.booleans())
def test_a_text_is_read_the_same_with_any_mark_unless_it_is_said_to_be_ambiguous(text: str, comma: bool) -> None:
    read, other = read_number(text, comma), read_number(text, not comma)
    assert (read is None) == (other is None)
    if read and other:
        assert read.ambiguous == other.ambiguous
        assert read.ambiguous or read == other


# Dates -----------------------------------------------------------------------------------------------

DAY = dt.datetime(2026, 3, 12)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12", "2026/3/12", "2026.03.12", "20260312", " 2026-03-12 ", "2026-03-12T00:00:00Z",
        "12.03.2026", "12. 3. 2026", "12.3.26", "Do., 12.03.2026", "12-Mar-26", "12-MAR-2026", "12 March 2026",
        "12. März 2026", "12 Mrz 2026", "12th of March 2026", "12th March, 2026", "Thu, 12 Mar 2026", "Mar 12, 2026",
        "March 12 2026", "March 12th, 2026", "Thursday March 12 2026", "Donnerstag, 12. März 2026",
        "12\u00a0Mar\u00a02026",
    ],
)  # fmt: skip
@pytest.mark.parametrize("day_first", [True, False])
def test_a_date_that_can_be_read_one_way_only(text: str, day_first: bool) -> None:
    assert read_date(text, day_first) == DateText(DAY)


@pytest.mark.parametrize("text", ["13/03/2026", "03/13/2026", "3-13-26", "13-3-2026"])
@pytest.mark.parametrize("day_first", [True, False])
def test_a_day_above_twelve_shows_the_order(text: str, day_first: bool) -> None:
    assert read_date(text, day_first) == DateText(dt.datetime(2026, 3, 13))


@pytest.mark.parametrize("text", ["03/04/2026", "3-4-26", "03/04/2026 00:00", "Fri 03/04/2026"])
def test_where_day_and_month_could_be_swapped_the_order_decides(text: str) -> None:
    assert read_date(text, day_first=True) == DateText(dt.datetime(2026, 4, 3), ambiguous=True)
    assert read_date(text, day_first=False) == DateText(dt.datetime(2026, 3, 4), ambiguous=True)


@pytest.mark.parametrize("text", ["04/04/2026", "4-4-26"])
def test_a_day_equal_to_its_month_cannot_be_swapped(text: str) -> None:
    assert read_date(text, day_first=False) == DateText(dt.datetime(2026, 4, 4))


@pytest.mark.parametrize(
    ("text", "hour", "minute", "second"),
    [
        ("2026-03-12 13:45", 13, 45, 0), ("2026-03-12T13:45:10.123Z", 13, 45, 10), ("12.03.2026 13:45 Uhr", 13, 45, 0),
        ("2026-03-12T13:45:10+02:00", 13, 45, 10), ("2026-03-12T13:45:10.000+0000", 13, 45, 10),
        ("12 Mar 2026 at 1:45 pm", 13, 45, 0), ("Mar 12, 2026, 1:45:10 P.M.", 13, 45, 10),
        ("Mar 12, 2026 12:05 AM", 0, 5, 0), ("Mar 12, 2026 12:05 PM GMT+1", 12, 5, 0),
        ("Thu, 12 Mar 2026 08:30:00 +0100", 8, 30, 0),
    ],
)  # fmt: skip
def test_the_time_of_a_date_is_kept_as_written(text: str, hour: int, minute: int, second: int) -> None:
    assert read_date(text, False) == DateText(DAY.replace(hour=hour, minute=minute, second=second))


@pytest.mark.parametrize(("digits", "year"), [("00", 2000), ("26", 2026), ("68", 2068), ("69", 1969), ("99", 1999)])
def test_two_digits_are_a_year_of_this_century_or_the_last(digits: str, year: int) -> None:
    assert read_date(f"13.3.{digits}", True) == DateText(dt.datetime(year, 3, 13))


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "Q4 2026", "March 2026", "12 March", "12/2026", "2026", "45000", "2026-W10", "2026-13-01",
        "2026-02-30", "30.02.2026", "13/13/2026", "00/01/2026", "20261301", "18991231", "12 Foo 2026", "Foo 12, 2026",
        "12.03.2026?", "until 12 March 2026", "Due 12.03.2026", "before 2026-03-12", "2026-03-12 25:00",
        "2026-03-12 13:61", "2026-03-12 13:00 PM", "2026-03-12 0:30 AM", "12.03-2026", "2026-03/12",
        "2026-03-12 - 2026-03-14", "#N/A", "9999-99-99", "12 March 2026 " + "x" * LONGEST,
    ],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert read_date(text, False) is None
    assert read_date(text, True) is None


@pytest.mark.parametrize(
    ("column", "first"),
    [
        (["03/04/2026", "13/04/2026"], True), (["03/04/2026", "04/13/2026"], False), (["03/04/2026"], None),
        (["13/04/2026", "04/13/2026"], None), (["soon", "13/13/2026"], None), (["9" * 99], None), ([], None),
        ([" 3.4.2026", "31.4.2026 10:00"], True),
    ],
)  # fmt: skip
def test_a_column_may_show_that_the_day_comes_first(column: list[str], first: bool | None) -> None:
    assert day_comes_first(column) is first


@given(st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)))
def test_every_usual_way_to_write_a_day_is_read(day: dt.date) -> None:
    read = DateText(dt.datetime(day.year, day.month, day.day))
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%a, %d %b %Y", "%Y%m%d"):
        for day_first in (True, False):
            assert read_date(day.strftime(form), day_first) == read
    swappable = day.day <= 12 and day.day != day.month
    assert read_date(day.strftime("%d/%m/%Y"), True) == DateText(read.value, swappable)
    assert read_date(day.strftime("%m/%d/%Y"), False) == DateText(read.value, swappable)


@given(st.text(max_size=70), st.booleans())
def test_no_text_is_too_odd_to_be_looked_at(text: str, flag: bool) -> None:
    assert read_date(text, flag) is None or isinstance(read_date(text, flag), DateText)
    number = read_number(text, flag)
    assert number is None or abs(number.value) < float("inf")


@pytest.mark.parametrize(
    ("word", "month"), [("April", 4), ("apr.", 4), (" MÄRZ ", 3), ("Okt", 10), ("Sept", 9), ("4", None), ("", None)]
)
def test_months_have_names(word: str, month: int | None) -> None:
    assert month_named(word) == month
