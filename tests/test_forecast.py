"""The stated forecast of books worked out by hand, and what holds of every book on every cut.

All tests look at the lines of the method "stated"; those of other methods may stand beside them.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given

from books import AS_OF, FEW, FIVE, book, books, columns, frame
from pipesheet.forecast import Forecast, ForecastRow, forecast
from pipesheet.models import Book, Settings
from pipesheet.periods import period_of

D = dt.date

DEALS = """
    Deal ID | Owner | Stage       | Amount | Close date | Category
    W-1     | Ann   | Won         | 1000   | 2026-10-05 |
    W-2     | Bo    | Won         | 500    | 2026-07-31 |
    W-3     | Ann   | Won         | 300    | 2026-11-24 |
    W-4     | Cy    | Won         | 50     | 2026-03-31 |
    L-1     | Ann   | Lost        | 700    | 2026-10-10 |
    O-1     | Ann   | Negotiation | 800    | 2026-11-24 |
    O-2     | Bo    | Proposal    | 400    | 2026-12-15 |
    O-3     | Ann   | Lead        | 1000   | 2027-01-10 |
    O-4     | Cy    | Qualified   | 400    | 2026-12-20 | omitted
    O-5     | Bo    | Proposal    | 600    | 2026-11-23 |
    O-6     | Ann   | Lead        | 500    |            |
    O-7     | Bo    | Qualified   | 1000   | 2029-12-31 |
"""
OWNERS = """
    Owner | Team
    Ann   | North
    Bo    | South
    Cy    |
"""
APRIL = "Setting | Value\nFiscal year start | April"
DATED = "Deal ID | Stage | Amount | Close date\n"


def stated(found: Forecast) -> tuple[ForecastRow, ...]:
    """The lines of that method only."""
    return tuple(row for row in found.rows if row.method == "stated")


@cache
def thought(as_of: dt.date, sheets: tuple[tuple[str, str], ...]) -> Forecast:
    """The forecast of a book of text tables; each is thought through once, however many tests look at it."""
    made = book(**dict(sheets))
    return forecast(frame(made, as_of), made, as_of=as_of)[0]


def lines(period: str, dimension: str = "all", **sheets: str) -> list[ForecastRow]:
    """The lines of a period by a dimension; of the deals above unless others are given."""
    found = thought(AS_OF, tuple(sorted({"Deals": DEALS, **sheets}.items())))
    return [row for row in stated(found) if (row.period, row.dimension) == (period, dimension)]


def line(period: str, **sheets: str) -> ForecastRow:
    """The one line of a period for the whole book."""
    (row,) = lines(period, "all", **sheets)
    return row


def money(row: ForecastRow) -> tuple[float, ...]:
    """won, commit, best case, pipeline, open weighted, open amount, omitted, total."""
    return (row.won, row.commit, row.best_case, row.pipeline, row.open_weighted, row.open_amount, row.omitted,
            row.total)  # fmt: skip


def by_key(period: str, dimension: str, **sheets: str) -> dict[str, tuple[float, ...]]:
    """won, open weighted, omitted and total of each member, in the order they stand in."""
    return {r.key: (r.won, r.open_weighted, r.omitted, r.total) for r in lines(period, dimension, **sheets)}


# A book worked out by hand --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "figures", "won_deals", "open_deals"),
    [
        #             won   commit best pipeline open_w open_a omitted total
        ("2026-10", (1000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1000.0), 1, 0),
        ("2026-11", (300.0, 600.0, 0.0, 0.0, 600.0, 800.0, 0.0, 900.0), 1, 1),
        ("2026-12", (0.0, 0.0, 200.0, 0.0, 200.0, 400.0, 400.0, 200.0), 0, 1),
        ("2026-Q4", (1300.0, 600.0, 200.0, 0.0, 800.0, 1200.0, 400.0, 2100.0), 2, 2),
        ("2026-Q3", (500.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 500.0), 1, 0),
        ("2026-Q2", (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), 0, 0),
        ("2027-Q1", (0.0, 0.0, 0.0, 100.0, 100.0, 1000.0, 0.0, 100.0), 0, 1),
        ("FY2026", (1850.0, 600.0, 200.0, 0.0, 800.0, 1200.0, 400.0, 2650.0), 4, 2),
        ("FY2027", (0.0, 0.0, 0.0, 100.0, 100.0, 1000.0, 0.0, 100.0), 0, 1),
        ("overdue", (0.0, 0.0, 300.0, 0.0, 300.0, 600.0, 0.0, 300.0), 0, 1),
        ("undated", (0.0, 0.0, 0.0, 50.0, 50.0, 500.0, 0.0, 50.0), 0, 1),
        ("later", (0.0, 0.0, 0.0, 250.0, 250.0, 1000.0, 0.0, 250.0), 0, 1),
        ("all", (0.0, 600.0, 500.0, 400.0, 1500.0, 4300.0, 400.0, 1500.0), 0, 6),
    ],
)
def test_each_period_and_bucket_holds_what_closes_in_it(
    period: str, figures: tuple[float, ...], won_deals: int, open_deals: int
) -> None:
    row = line(period)
    assert (money(row), row.won_deals, row.open_deals) == (figures, won_deals, open_deals)


def test_a_quarter_is_cut_by_owner_team_stage_and_category() -> None:
    assert by_key("2026-Q4", "owner", Owners=OWNERS) == {
        "Ann": (1300.0, 600.0, 0.0, 1900.0), "Bo": (0.0, 200.0, 0.0, 200.0), "Cy": (0.0, 0.0, 400.0, 0.0),
    }  # fmt: skip
    assert by_key("2026-Q4", "team", Owners=OWNERS) == {
        "North": (1300.0, 600.0, 0.0, 1900.0), "South": (0.0, 200.0, 0.0, 200.0), "(none)": (0.0, 0.0, 400.0, 0.0),
    }  # fmt: skip
    assert by_key("2026-Q4", "stage", Owners=OWNERS) == {
        "Qualified": (0.0, 0.0, 400.0, 0.0), "Proposal": (0.0, 200.0, 0.0, 200.0),
        "Negotiation": (0.0, 600.0, 0.0, 600.0), "Won": (1300.0, 0.0, 0.0, 1300.0),
    }  # fmt: skip
    assert by_key("2026-Q4", "category", Owners=OWNERS) == {
        "commit": (0.0, 600.0, 0.0, 600.0), "best case": (0.0, 200.0, 0.0, 200.0),
        "omitted": (0.0, 0.0, 400.0, 0.0), "closed": (1300.0, 0.0, 0.0, 1300.0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "owners"),
    [
        ("FY2026", {"Ann": (1300.0, 600.0, 0.0, 1900.0), "Bo": (500.0, 200.0, 0.0, 700.0),
                    "Cy": (50.0, 0.0, 400.0, 50.0)}),
        ("overdue", {"Bo": (0.0, 300.0, 0.0, 300.0)}),
        ("undated", {"Ann": (0.0, 50.0, 0.0, 50.0)}),
        ("later", {"Bo": (0.0, 250.0, 0.0, 250.0)}),
        ("all", {"Ann": (0.0, 750.0, 0.0, 750.0), "Bo": (0.0, 750.0, 0.0, 750.0), "Cy": (0.0, 0.0, 400.0, 0.0)}),
        ("2026-10", {}),
        ("FY2027", {}),
    ],
)  # fmt: skip
def test_this_fiscal_year_and_the_buckets_are_cut_too_and_months_and_other_years_are_not(
    period: str, owners: dict[str, tuple[float, ...]]
) -> None:
    assert by_key(period, "owner") == owners


def test_source_and_product_are_cut_where_a_deal_has_one() -> None:
    deals = """
        Deal ID | Stage    | Amount | Close date | Source | Product
        O-1     | Proposal | 100    | 2026-12-01 | web    |
        O-2     | Proposal | 300    | 2026-12-01 |        |
        W-1     | Won      | 20     | 2026-12-01 | web    |
    """
    assert by_key("2026-Q4", "source", Deals=deals) == {
        "(none)": (0.0, 150.0, 0.0, 150.0), "web": (20.0, 50.0, 0.0, 70.0),
    }  # fmt: skip
    assert by_key("2026-Q4", "product", Deals=deals) == {}


def test_of_a_hundred_and_one_sources_the_smaller_ones_are_one_line_and_nothing_is_lost() -> None:
    # The amounts rise with the number; the last two, S000 and S001, fold into one line.
    rows = [f"D-{n} | Proposal | {100 + n} | 2026-12-01 | S{n:03d}" for n in range(101)]
    deals = "\n".join(["Deal ID | Stage | Amount | Close date | Source", *rows])
    found = by_key("2026-Q4", "source", Deals=deals)
    assert len(found) == 100
    assert found["(others)"][1] == (100 + 101) / 2
    assert not {"S000", "S001"} & found.keys()
    assert sum(row[1] for row in found.values()) == sum(100 + n for n in range(101)) / 2


def test_lines_of_people_stand_by_money_and_stages_and_categories_in_their_own_order() -> None:
    deals = """
        Deal ID | Owner | Stage       | Amount | Close date
        O-1     | Bo    | Dream       | 1      | 2026-12-01
        O-2     | Ann   | Won         | 1      | 2026-12-01
        O-3     | Cy    | Negotiation | 4      | 2026-12-01
        O-4     | Dan   | Lead        | 10     | 2026-12-01
    """
    assert list(by_key("2026-Q4", "owner", Deals=deals)) == ["Cy", "Ann", "Dan", "Bo"]
    assert list(by_key("2026-Q4", "stage", Deals=deals)) == ["Lead", "Negotiation", "Won", "Dream"]
    assert list(by_key("2026-Q4", "category", Deals=deals)) == ["commit", "pipeline", "closed"]


# Which periods are shown ----------------------------------------------------------------------------


def shown(bucket: str, deal: str) -> list[str]:
    """The periods of a bucket in a book of one deal, given as stage and close date."""
    stage, _, day = deal.partition(" ")
    found = thought(AS_OF, (("Deals", f"{DATED}D-1 | {stage} | 1 | {day}"),))
    return [row.period for row in stated(found) if (row.bucket, row.dimension) == (bucket, "all")]


@pytest.mark.parametrize(
    ("deal", "last"),
    [
        ("Lead 2026-12-01", "2027-Q3"),
        ("Lead 2027-09-30", "2027-Q3"),
        ("Lead 2027-10-01", "2027-Q4"),
        ("Lead 2028-12-31", "2028-Q4"),
        ("Lead 2029-01-01", "2028-Q4"),
        ("Lead 2026-01-01", "2027-Q3"),
        ("Won 2028-01-01", "2027-Q3"),
        ("Lead", "2027-Q3"),
    ],
)
def test_quarters_run_from_four_before_to_the_last_open_deal_three_to_eight_ahead(deal: str, last: str) -> None:
    quarters = shown("quarter", deal)
    assert (quarters[:5], quarters[-1]) == (["2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"], last)
    assert len(quarters) == len(set(quarters)) == 5 + (int(last[:4]) - 2026) * 4 + int(last[-1]) - 4


def test_months_run_from_six_before_to_eleven_ahead_and_years_are_shown_where_something_is_in_them() -> None:
    months = shown("month", "Lead 2026-12-01")
    assert (len(months), months[0], months[6], months[-1]) == (18, "2026-05", "2026-11", "2027-10")
    assert shown("year", "Lead 2026-12-01") == ["FY2026"]
    assert shown("year", "Lead 2027-12-01") == ["FY2026", "FY2027"]
    assert shown("year", "Won 2025-01-01") == ["FY2025", "FY2026"]
    buckets = ["overdue", "undated", "later", "all"]
    assert [shown(bucket, "Lead") for bucket in buckets] == [[bucket] for bucket in buckets]


def test_a_period_says_its_first_and_last_day_and_a_bucket_has_none() -> None:
    assert (line("2026-Q4").start, line("2026-Q4").end) == (D(2026, 10, 1), D(2026, 12, 31))
    assert {(line(b).start, line(b).end) for b in ("overdue", "undated", "later", "all")} == {(None, None)}


@pytest.mark.parametrize(
    ("period", "figures"),
    [
        ("2027-Q3", (1300.0, 600.0, 200.0, 0.0, 800.0, 1200.0, 400.0, 2100.0)),
        ("2027-Q2", (500.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 500.0)),
        ("2027-Q4", (0.0, 0.0, 0.0, 100.0, 100.0, 1000.0, 0.0, 100.0)),
        ("2026-11", (300.0, 600.0, 0.0, 0.0, 600.0, 800.0, 0.0, 900.0)),
        ("FY2026", (50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 50.0)),
        ("FY2027", (1800.0, 600.0, 200.0, 100.0, 900.0, 2200.0, 400.0, 2700.0)),
    ],
)
def test_a_fiscal_year_that_starts_in_april_is_named_after_the_year_it_ends_in(
    period: str, figures: tuple[float, ...]
) -> None:
    assert money(line(period, Settings=APRIL)) == figures


def test_the_current_quarter_is_the_fiscal_one_that_holds_the_as_of_date() -> None:
    assert thought(AS_OF, (("Deals", DEALS),)).current == "2026-Q4"
    assert thought(AS_OF, (("Deals", DEALS), ("Settings", APRIL))).current == "2027-Q3"


def test_the_day_itself_is_not_overdue_and_the_day_after_it_is() -> None:
    for day, overdue, this_quarter in ((AS_OF, 300.0, 800.0), (AS_OF + dt.timedelta(days=1), 900.0, 200.0)):
        rows = stated(thought(day, (("Deals", DEALS),)))
        assert [row.open_weighted for row in whole(rows, "overdue", "2026-Q4")] == [this_quarter, overdue]


# Money, odds and currencies -------------------------------------------------------------------------


def test_won_counts_at_its_amount_whatever_probability_or_category_it_bears() -> None:
    deals = """
        Deal ID | Stage    | Amount | Close date | Probability | Category | Status
        W-1     | Won      | 100    | 2026-12-01 | 0.1         | omitted  |
        W-2     | Proposal | 100    | 2026-12-01 | 0.5         | commit   | won
        W-3     | Won      |        | 2026-12-01 |             |          |
        L-1     | Proposal | 100    | 2026-12-01 | 0.9         | commit   | lost
    """
    row = line("2026-Q4", Deals=deals)
    assert (money(row), row.won_deals) == ((200.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 200.0), 3)


def test_the_deals_own_probability_counts_else_its_stages() -> None:
    deals = """
        Deal ID | Stage    | Amount | Close date | Probability
        O-1     | Proposal | 100    | 2026-12-01 | 0.9
        O-2     | Proposal | 100    | 2026-12-01 |
        O-3     | Dream    | 100    | 2026-12-01 | 0.8
        O-4     | Dream    | 100    | 2026-12-01 |
    """
    # The unknown stage has no category, so its deals go by their own probability.
    assert money(line("2026-Q4", Deals=deals)) == (0.0, 80.0, 140.0, 0.0, 220.0, 400.0, 0.0, 220.0)


def test_other_currencies_count_at_their_dated_rate_and_without_a_rate_for_nothing() -> None:
    deals = """
        Deal ID | Stage    | Amount | Currency | Close date
        W-1     | Won      | 100    | USD      | 2026-10-01
        W-2     | Won      | 100    | USD      | 2026-11-01
        O-1     | Proposal | 100    | USD      | 2026-12-01
        O-2     | Proposal | 100    | EUR      | 2026-12-01
        O-3     | Proposal | 100    | CHF      | 2026-12-01
    """
    rates = """
        Currency | Date       | Rate
        USD      | 2026-01-01 | 0.9
        USD      | 2026-11-01 | 0.8
        USD      | 2026-11-25 | 0.1
    """
    row = line("2026-Q4", Deals=deals, Rates=rates, Settings="Setting | Value\nReporting currency | EUR")
    assert (row.won, row.open_weighted, row.open_amount, row.open_deals) == (170.0, 90.0, 180.0, 3)


# Targets --------------------------------------------------------------------------------------------


def against(targets: str) -> dict[str, str]:
    """The sheets that set the deals above these targets: period, owner, amount."""
    return {"Owners": OWNERS, "Targets": "Period | Owner | Target\n" + targets}


def test_gap_coverage_and_attainment_against_the_target() -> None:
    row = line("2026-Q4", **against("2026-Q4 | | 3000"))
    assert (row.target, row.gap) == (3000.0, 900.0)
    assert row.coverage == pytest.approx(1200 / 1700)
    assert row.attainment == pytest.approx(1300 / 3000)


@pytest.mark.parametrize(
    ("target", "gap", "coverage", "attainment"),
    [
        (1300, -800.0, None, 1.0),
        (1000, -1100.0, None, 1.3),
        (1301, -799.0, 1200.0, 1300 / 1301),
        (0, -2100.0, None, None),
    ],
)
def test_once_the_target_is_reached_there_is_nothing_left_to_cover(
    target: float, gap: float, coverage: float | None, attainment: float | None
) -> None:
    row = line("2026-Q4", **against(f"2026-Q4 | | {target}"))
    assert (row.gap, row.coverage, row.attainment) == (gap, coverage, attainment)


def test_periods_without_a_target_and_the_buckets_have_neither_gap_nor_coverage() -> None:
    sheets = against("2026-Q4 | | 3000\nFY27 | | 5000")
    for period in ("2026-Q3", "2026-11", "FY2026", "overdue", "undated", "later", "all"):
        row = line(period, **sheets)
        assert (row.target, row.gap, row.coverage, row.attainment) == (None, None, None, None), period
    assert line("FY2027", **sheets).target == 5000


def test_owners_and_teams_have_their_targets_also_where_they_have_no_deal() -> None:
    sheets = against("2026-Q4 | Ann | 2000\n2026-Q4 | Bo | 500\n2027-Q3 | Bo | 700")
    targets = {r.key: (r.target, r.gap) for r in lines("2026-Q4", "owner", **sheets)}
    assert targets == {"Ann": (2000.0, 100.0), "Bo": (500.0, 300.0), "Cy": (None, None)}
    teams = {r.key: r.target for r in lines("2026-Q4", "team", **sheets)}
    assert teams == {"North": 2000.0, "South": 500.0, "(none)": None}
    assert {(r.key, r.target, r.total) for r in lines("2027-Q3", "owner", **sheets)} == {("Bo", 700.0, 0.0)}
    assert line("2026-Q4", **sheets).target == 2500.0
    assert {r.target for r in lines("2026-Q4", "stage", **sheets)} == {None}


WON, LOST = "Won | 100 | 2026-06-01", "Lost | 150 | 2026-06-01"


@pytest.mark.parametrize(
    ("rows", "coverage"),
    [
        ([WON, WON, WON, LOST, LOST], 2.0),
        ([WON, WON, LOST, LOST], None),
        ([LOST] * 5, None),
        ([WON, WON, WON, "Lost | | 2026-06-01", "Lost | 0 | 2026-06-01"], None),
        # The 365 days to the as-of date, itself among them, begin on 25 November 2025.
        ([WON, WON, WON, LOST, "Lost | 150 | 2025-11-25"], 2.0),
        ([WON, WON, WON, LOST, "Lost | 150 | 2025-11-24"], None),
        ([WON, WON, WON, LOST, LOST, "Lost | 900 | 2026-11-25", "Lost | 900 |"], 2.0),
    ],
)
def test_required_coverage_is_one_over_the_books_own_win_rate_by_value(rows: list[str], coverage: float | None) -> None:
    deals = DATED + "\n".join(f"D-{n} | {row}" for n, row in enumerate(rows))
    assert thought(AS_OF, (("Deals", deals),)).required_coverage == coverage


# What always holds ----------------------------------------------------------------------------------

_SUMMED = ("won", "won_deals", "commit", "best_case", "pipeline", "open_weighted", "open_amount", "open_deals",
           "omitted", "total")  # fmt: skip


def figures(rows: Iterable[ForecastRow]) -> list[float]:
    rows = list(rows)
    return [math.fsum(getattr(row, name) for row in rows) for name in _SUMMED]


def agree(one: Iterable[ForecastRow], two: Iterable[ForecastRow]) -> bool:
    """Whether two sets of lines add up to the same, to half a cent."""
    return all(abs(a - b) < 0.005 for a, b in zip(figures(one), figures(two), strict=True))


def whole(rows: Iterable[ForecastRow], *periods: str) -> list[ForecastRow]:
    return [r for r in rows if r.dimension == "all" and r.period in periods]


def check_sums(rows: tuple[ForecastRow, ...], fiscal_year_start: int) -> None:
    """That every cut, the buckets and the finer periods add up to the whole."""
    members: dict[tuple[str, str], list[ForecastRow]] = {}
    for row in rows:
        members.setdefault((row.period, row.dimension), []).append(row)
    cut = {row.period for row in rows if row.dimension != "all"}
    for row in (row for row in rows if row.dimension == "all"):
        assert row.open_weighted == pytest.approx(row.commit + row.best_case + row.pipeline, abs=0.005)
        assert row.total == pytest.approx(row.won + row.open_weighted, abs=0.005)
        for dimension in ("owner", "team", "stage", "category") if row.period in cut else ():
            assert agree([row], members.get((row.period, dimension), []))
    quarters = [row for row in rows if (row.bucket, row.dimension) == ("quarter", "all")]
    ahead = [row for row in quarters if row.end and row.end >= AS_OF]
    open_ones = [replace(row, won=0.0, won_deals=0, total=row.open_weighted) for row in ahead]
    # Omitted deals that are overdue count in no quarter either, so these buckets hold every open deal once.
    assert agree(open_ones + whole(rows, "overdue", "undated", "later"), whole(rows, "all"))
    months = [row for row in rows if (row.bucket, row.dimension) == ("month", "all")]
    for row in quarters:
        parts = [m for m in months if m.start and row.start and row.end and row.start <= m.start <= row.end]
        assert len(parts) < 3 or agree([row], parts)
    year = period_of(AS_OF, "year", fiscal_year_start)
    in_year = [row for row in quarters if row.start and year.start <= row.start <= year.end]
    assert agree(in_year, whole(rows, year.label))
    assert all(one.end and two.start and (two.start - one.end).days == 1 for one, two in pairwise(quarters))


def check_once(rows: tuple[ForecastRow, ...], deals: pl.DataFrame) -> None:
    """That the lines hold each deal of the frame once."""
    (everything,) = whole(rows, "all")
    open_ones = deals.filter((pl.col("outcome") == "open") & (pl.col("category") != "omitted"))
    assert everything.open_deals == len(open_ones)
    assert everything.open_weighted == pytest.approx(math.fsum(open_ones["weighted"]), abs=0.005)
    for row in rows:
        if (row.bucket, row.dimension) == ("quarter", "all"):
            won = deals.filter((pl.col("outcome") == "won") & pl.col("close_date").is_between(row.start, row.end))
            assert row.won_deals == len(won)
            assert row.won == pytest.approx(math.fsum(won["amount"].drop_nulls()), abs=0.005)


@FEW
@given(books())
def test_all_cuts_add_up_each_deal_counts_once_and_the_order_of_rows_does_not_matter(made: Book) -> None:
    rows = stated(forecast(frame(made), made, as_of=AS_OF)[0])
    check_sums(rows, made.settings.fiscal_year_start)
    check_once(rows, frame(made))
    backwards = {name: list(reversed(column)) for name, column in made.deals.values.items()}
    turned = replace(made, deals=replace(made.deals, values=backwards))
    again = stated(forecast(frame(turned), turned, as_of=AS_OF)[0])
    assert [(r.period, r.dimension, r.key) for r in again] == [(r.period, r.dimension, r.key) for r in rows]
    assert all(agree([one], [two]) for one, two in zip(rows, again, strict=True))


def test_thousands_of_large_amounts_with_cents_add_up_to_half_a_cent() -> None:
    draw = random.Random(20261124)
    size = 4000
    many = Book(
        columns("Deals", {
            "deal_id": [f"D-{n}" for n in range(size)],
            "owner": [f"P{draw.randrange(40)}" for _ in range(size)],
            "stage": [draw.choice(["Lead", "Qualified", "Proposal", "Won", "Lost"]) for _ in range(size)],
            "amount": [draw.randrange(10**10) / 100 for _ in range(size)],
            "probability": [draw.choice([None, 0.333, 0.07, 0.91]) for _ in range(size)],
            "close_date": [AS_OF + dt.timedelta(draw.randrange(-400, 900)) for _ in range(size)],
        }),
        FIVE,
        settings=Settings(fiscal_year_start=10),
    )  # fmt: skip
    rows = stated(forecast(frame(many), many, as_of=AS_OF)[0])
    check_sums(rows, 10)
    check_once(rows, frame(many))


def test_a_book_without_deals_has_its_lines_all_the_same() -> None:
    found = stated(thought(AS_OF, (("Deals", "Deal ID | Stage | Amount"),)))
    assert {row.dimension for row in found} == {"all"}
    assert figures(found) == [0.0] * len(_SUMMED)
    assert len(whole(found, "2026-Q4", "FY2026", "2026-11", "overdue", "undated", "later", "all")) == 7
