"""How numbers are written: half up as Excel does it, money and dates without doubt, text made plain."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet import figures


def lines(text: str) -> list[dict[str, str]]:
    """The rows of a table below their heads."""
    head, *rows = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


# Each was typed into Excel and shown with that many decimals.
EXCEL = """
    number      | digits | shown
    1.365       | 2      | 1.37
    1.364999    | 2      | 1.36
    2.5         | 0      | 3
    0.5         | 0      | 1
    1.005       | 2      | 1.01
    2.675       | 2      | 2.68
    8.345       | 2      | 8.35
    0.285       | 2      | 0.29
    -1.365      | 2      | −1.37
    -2.5        | 0      | −3
    -0.4        | 0      | 0
    1234567.5   | 0      | 1,234,568
    999999.995  | 2      | 1,000,000.00
    1e21        | 0      | 1,000,000,000,000,000,000,000
"""


@pytest.mark.parametrize("row", lines(EXCEL))
def test_numbers_round_half_up_as_excel_does(row: dict[str, str]) -> None:
    assert figures.number(float(row["number"]), int(row["digits"])) == row["shown"]


def test_a_sum_that_is_a_half_rounds_up_whichever_way_it_was_added() -> None:
    assert figures.number(0.1 + 0.2 + 1.065, 2) == "1.37"
    assert figures.number(1.065 + 0.2 + 0.1, 2) == "1.37"


@given(st.integers(-(10**12), 10**12), st.integers(0, 3))
def test_rounding_is_half_up_of_what_was_typed(cents: int, digits: int) -> None:
    typed = Decimal(cents).scaleb(-3)
    expected = typed.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert figures.rounded(float(typed), digits) == expected


SHARES = """
    share  | percent | points | change
    0.305  | 31%     | +31 pt | +31%
    0.285  | 29%     | +29 pt | +29%
    0      | 0%      | 0 pt   | 0%
    0.004  | 0%      | 0 pt   | 0%
    -0.004 | 0%      | 0 pt   | 0%
    -0.03  | −3%     | −3 pt  | −3%
    0.005  | 1%      | +1 pt  | +1%
    12.5   | 1,250%  | +1,250 pt | +1,250%
"""


@pytest.mark.parametrize("row", lines(SHARES))
def test_shares_keep_the_decimal_half_and_say_their_sign(row: dict[str, str]) -> None:
    share = float(row["share"])
    shown = figures.percent(share), figures.points(share), figures.change(share)
    assert shown == (row["percent"], row["points"], row["change"])


MONEY = """
    amount          | currency | short    | long
    0               | EUR      | €0       | €0
    0.4             | EUR      | €0       | €0
    0.5             | EUR      | €1       | €1
    -0.4            | EUR      | €0       | €0
    950             | EUR      | €950     | €950
    999.49          | EUR      | €999     | €999
    999.5           | EUR      | €1.0K    | €1,000
    1250            | EUR      | €1.3K    | €1,250
    9949            | EUR      | €9.9K    | €9,949
    9950            | EUR      | €10K     | €9,950
    189000          | EUR      | €189K    | €189,000
    999499          | EUR      | €999K    | €999,499
    999500          | EUR      | €1.00M   | €999,500
    1365000         | EUR      | €1.37M   | €1,365,000
    9994999         | EUR      | €9.99M   | €9,994,999
    9995000         | EUR      | €10.0M   | €9,995,000
    99949999        | EUR      | €99.9M   | €99,949,999
    99950000        | EUR      | €100M    | €99,950,000
    2500000000      | USD      | $2.50B   | $2,500,000,000
    3e13            | EUR      | €30,000B | €30,000,000,000,000
    -12000          | GBP      | −£12K    | −£12,000
    12000           | CHF      | 12K CHF  | 12,000 CHF
    -12000          | chf      | −12K CHF | −12,000 CHF
    12000           |          | 12K      | 12,000
    12000           | a"b<     | 12K AB   | 12,000 AB
"""


@pytest.mark.parametrize("row", lines(MONEY))
def test_money_is_short_at_a_glance_and_whole_in_full(row: dict[str, str]) -> None:
    amount, currency = float(row["amount"]), row["currency"]
    assert figures.short_money(amount, currency) == row["short"]
    assert figures.long_money(amount, currency) == row["long"]


@given(st.floats(-1e14, 1e14))
def test_short_money_shows_three_digits_and_is_within_half_of_its_last_one(amount: float) -> None:
    shown = figures.short_money(amount)
    digits = shown.lstrip("−").rstrip("KMB")
    size = {"K": 1e3, "M": 1e6, "B": 1e9}.get(shown[-1], 1.0)
    last = 10.0 ** -len(digits.partition(".")[2]) * size
    value = float(digits.replace(",", "")) * size * (-1 if shown.startswith("−") else 1)
    assert abs(value - amount) <= last / 2 * (1 + 1e-9)
    assert size == 1e9 or len(digits.replace(".", "")) <= 3


def test_a_difference_has_its_sign_and_nothing_has_none() -> None:
    assert figures.money_change(12_000, "EUR") == "+€12K"
    assert figures.money_change(-3000, "EUR") == "−€3.0K"
    assert figures.money_change(0, "EUR") == "€0"
    assert figures.money_change(0.3, "EUR") == "€0"
    assert figures.money_change(-0.3, "EUR") == "€0"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_where_there_is_no_number_a_dash_stands(value: float | None) -> None:
    formats = (
        figures.number, figures.percent, figures.times, figures.days, figures.short_money, figures.long_money,
        figures.money_change,
    )  # fmt: skip
    assert {written(value) for written in formats} == {"–"}
    if value is not None:
        assert {figures.points(value), figures.change(value)} == {"–"}


def test_money_formats_for_excel_carry_the_sign_before_and_the_code_after() -> None:
    assert figures.money_format() == "#,##0"
    assert figures.money_format("EUR") == '"€"#,##0;"−€"#,##0'
    assert figures.money_format("EUR", 2) == '"€"#,##0.00;"−€"#,##0.00'
    assert figures.money_format("CHF") == '#,##0" CHF";"−"#,##0" CHF"'
    assert figures.money_format('"; evil') == '#,##0" EVIL";"−"#,##0" EVIL"'


TICKS = """
    value     | shown
    0         | 0
    500       | 500
    1000      | 1K
    500000    | 500K
    1500000   | 1.5M
    2000000   | 2M
    -250000   | −250K
    0.5       | 0.5
"""


@pytest.mark.parametrize("row", lines(TICKS))
def test_values_on_an_axis_have_no_zeros_that_say_nothing(row: dict[str, str]) -> None:
    assert figures.tick(float(row["value"])) == row["shown"]
    assert figures.tick(2_000_000, "EUR") == "€2M"


COUNTS = """
    n    | noun   | plural | shown
    1    | deal   |        | 1 deal
    0    | deal   |        | 0 deals
    2    | deal   |        | 2 deals
    4178 | deal   |        | 4,178 deals
    2    | entry  |        | 2 entries
    2    | day    |        | 2 days
    2    | match  |        | 2 matches
    2    | loss   |        | 2 losses
    2    | deal has stalled | deals have stalled | 2 deals have stalled
    1    | deal has stalled | deals have stalled | 1 deal has stalled
"""


@pytest.mark.parametrize("row", lines(COUNTS))
def test_one_of_a_thing_is_not_many(row: dict[str, str]) -> None:
    assert figures.count(int(row["n"]), row["noun"], row["plural"]) == row["shown"]


def test_lengths_of_time_and_multiples() -> None:
    assert (figures.days(1), figures.days(26.5), figures.days(0.4)) == ("1 day", "27 days", "0 days")
    assert (figures.times(1.65), figures.times(0)) == ("1.7×", "0.0×")


def test_dates_are_read_the_same_way_in_every_country() -> None:
    date = dt.date(2026, 12, 3)
    assert figures.day(date) == "3 Dec 2026"
    assert figures.day(None) == "–"
    assert figures.weekday(date) == "Thu 3 Dec 2026"
    assert (figures.month(date), figures.month(date, year=True)) == ("Dec", "Dec 2026")
    assert figures.moment(dt.datetime(2026, 12, 3, 7, 5)) == "3 Dec 2026, 07:05"


PERIODS = """
    label   | long            | short
    2026-Q4 | Q4 2026         | Q4
    2026-12 | Dec 2026        | Dec
    2026-13 | 2026-13         | 2026-13
    FY2026  | FY2026          | FY2026
    overdue | Overdue         | Overdue
    undated | No close date   | No close date
    later   | Later           | Later
    all     | All open deals  | All open deals
"""


@pytest.mark.parametrize("row", lines(PERIODS))
def test_periods_are_named_as_people_name_them(row: dict[str, str]) -> None:
    assert figures.period(row["label"]) == row["long"]
    assert figures.period(row["label"], short=True) == row["short"]


def test_a_month_in_full() -> None:
    assert figures.long_month("2026-12") == "December"
    assert figures.long_month("2026-01") == "January"


def test_names_stand_in_a_sentence() -> None:
    assert figures.listed([]) == ""
    assert figures.listed(["Ann"]) == "Ann"
    assert figures.listed(["Ann", "Bo"]) == "Ann and Bo"
    assert figures.listed(["Ann", "Bo", "Cy"]) == "Ann, Bo and Cy"
    assert figures.listed(["Ann", "Bo", "Cy", "Di"]) == "Ann, Bo and 2 more"
    assert figures.listed(["Ann", "Bo", "Cy"], most=2) == "Ann and 2 more"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, ""),
        ("", ""),
        ("  Acme \t AG\r\n", "Acme AG"),
        ("line\u2028one\u2029two\x85three", "line one two three"),
        ("bell\x07 null\x00 esc\x1b[31m", "bell null esc[31m"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066iso\u2069 \u200blate \ufeffbom \u00adsoft", "iso late bom soft"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("<b>&\"'", "<b>&\"'"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 78 + " more", "x" * 78 + "…"),
    ],
)
def test_a_users_text_becomes_one_plain_line(written: str | None, shown: str) -> None:
    assert figures.plain(written) == shown


def test_a_text_may_be_cut_shorter() -> None:
    assert figures.plain("Halvorsen Shipping", 10) == "Halvorsen…"


@given(st.text(st.characters(codec=None), max_size=300), st.integers(2, 100))
def test_plain_text_holds_nothing_that_could_hide_or_turn_other_text(written: str, length: int) -> None:
    shown = figures.plain(written, length)
    assert len(shown) <= length
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\u200c", "\u200d"}
    assert shown == " ".join(shown.split())
    assert figures.plain(shown, length) == shown


def test_a_cell_full_of_text_costs_no_more_than_it_shows() -> None:
    assert figures.plain("\x00" * 32_000 + "late") == ""
    assert figures.plain("y" * 32_767) == "y" * 79 + "…"


@pytest.mark.parametrize(
    ("currency", "digits", "shown"),
    [("EUR", 0, '#,##0" €";"−"#,##0" €"'), ("CHF", 2, '#,##0.00" CHF";"−"#,##0.00" CHF"'), ("", 0, "#,##0")],
)
def test_a_currencys_sign_may_stand_behind_in_a_cell(currency: str, digits: int, shown: str) -> None:
    assert figures.money_format(currency, digits, behind=True) == shown
