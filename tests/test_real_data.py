"""Two real books against their own CSV exports, counted another way: csv and decimal, none of our code.

Neither workbook is mapped by hand. One has title rows above its header, text in place of a product's
name, open deals without value or date; the other ten stages, dates as US text and percents as 10.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise

import pytest

import pipesheet
from pipesheet.analysis import Analysis
from pipesheet.forecast import ForecastRow
from tables import shared

Row = Mapping[str, str]
MAVEN_DAY, SALESFORCE_DAY = dt.date(2017, 12, 31), dt.date(2024, 12, 31)


@cache
def rows(name: str) -> Sequence[Row]:
    with (shared() / "data" / name).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@cache
def thought(name: str, as_of: dt.date) -> Analysis:
    return pipesheet.analyze(pipesheet.read(shared() / "data" / name), as_of=as_of)


def maven() -> Analysis:
    return thought("maven-crm.xlsx", MAVEN_DAY)


def salesforce() -> Analysis:
    return thought("salesforce-org.xlsx", SALESFORCE_DAY)


def day(text: str) -> dt.date | None:
    """A date in the American order, the year in two or four digits."""
    if not text:
        return None
    month, number, year = map(int, text.split("/"))
    return dt.date(year if year > 99 else 2000 + year, month, number)


def quarter(date: dt.date) -> str:
    return f"{date.year}-Q{(date.month + 2) // 3}"


def summed(
    chosen: Iterable[Row], key: Callable[[Row], str | None], amount: Callable[[Row], Decimal]
) -> dict[str, Decimal]:
    """Σ amount by key, to the cent; rows without a key are passed over."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in chosen:
        if (name := key(row)) is not None:
            sums[name] += amount(row)
    return {name: cents(amount) for name, amount in sums.items()}


def cents(amount: float | Decimal) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


def told(lines: Iterable[ForecastRow], figure: str) -> dict[str, Decimal]:
    """A figure of the lines of a cut by member, where it is anything."""
    return {row.key: cents(value) for row in lines if (value := getattr(row, figure))}


# Maven: 8,800 deals of a hardware seller ------------------------------------------------------------


def maven_deals(*stages: str) -> list[Row]:
    return [row for row in rows("maven-crm/sales_pipeline.csv") if row["deal_stage"] in stages]


def value(row: Row) -> Decimal:
    return Decimal(row["close_value"] or 0)


def closed_in(label: str) -> Callable[[Row], bool]:
    """Whether a row closed in that quarter or, given as FY2017, in that year."""

    def within(row: Row) -> bool:
        date = day(row["close_date"])
        return date is not None and label in (quarter(date), f"FY{date.year}")

    return within


def test_maven_won_amount_of_each_quarter() -> None:
    expected = summed(maven_deals("Won"), lambda r: quarter(day(r["close_date"]) or dt.date.min), value)
    assert sum(expected.values()) == 10_005_534
    found = {row.period: cents(row.won) for row in maven().forecast.periods("quarter") if row.won}
    assert found == expected


@pytest.mark.parametrize("period", ["2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4", "FY2017"])
def test_maven_won_amount_of_each_owner_team_and_product(period: str) -> None:
    teams = {row["sales_agent"]: row["manager"] for row in rows("maven-crm/sales_teams.csv")}
    won = list(filter(closed_in(period), maven_deals("Won")))
    for dimension, key in (
        ("owner", lambda row: row["sales_agent"]),
        ("team", lambda row: teams[row["sales_agent"]]),
        ("product", lambda row: row["product"]),
    ):
        found = told(maven().forecast.cut(period, dimension), "won")
        assert found == summed(won, key, value), dimension
    # In the list of products it is "GTX Pro"; the deals' own word is what counts.
    assert "GTXPro" in {row.key for row in maven().forecast.cut(period, "product")}


def test_maven_deals_of_each_stage_and_what_the_open_ones_weigh() -> None:
    every = rows("maven-crm/sales_pipeline.csv")
    assert dict(maven().deals.group_by("stage").len().iter_rows()) == Counter(row["deal_stage"] for row in every)
    open_deals = maven_deals("Prospecting", "Engaging")
    assert (len(open_deals), sum(map(value, open_deals))) == (2089, 0)
    everything = maven().forecast.row("all")
    assert everything is not None
    assert (everything.open_deals, everything.open_weighted, everything.open_amount) == (2089, 0.0, 0.0)
    undated = maven().forecast.row("undated")
    assert undated is not None
    assert undated.open_deals == 2089
    codes = Counter(f.code for f in maven().findings)
    assert (codes["amount-missing"], codes["close-date-missing"]) == (2089, 2089)


def test_maven_win_rate_of_the_book_and_of_each_owner() -> None:
    ends = {row["opportunity_id"]: day(row["close_date"]) for row in maven_deals("Won", "Lost")}
    window = [
        row
        for row in maven_deals("Won", "Lost")
        if (end := ends[row["opportunity_id"]]) and 0 <= (MAVEN_DAY - end).days < 365
    ]
    won, all_closed = (Counter(row["sales_agent"] for row in window if row["deal_stage"] in stages)
                       for stages in (("Won",), ("Won", "Lost")))  # fmt: skip
    rate = maven().conversion.win_rate
    assert (rate.won, rate.won + rate.lost) == (won.total(), all_closed.total())
    assert Fraction(rate.won, rate.won + rate.lost) == Fraction(4238, 6711)
    by_owner = dict(maven().conversion.win_rate_by)["owner"]
    assert {r.key: (r.won, r.won + r.lost) for r in by_owner} == {
        name: (won[name], n) for name, n in all_closed.items()
    }
    # Lost deals bear no amount there, so nothing can be said by value.
    assert (rate.value_rate, maven().forecast.required_coverage) == (None, None)


# Salesforce: 36 opportunities in ten stages ---------------------------------------------------------


def opportunities() -> Sequence[Row]:
    return rows("salesforce-org/Opportunity.csv")


def amount(row: Row) -> Decimal:
    return Decimal(row["Amount"] or 0)


def weighted(row: Row) -> Decimal:
    return amount(row) * Decimal(row["Probability"]) / 100


def still_open(row: Row) -> bool:
    return row["IsClosed"] == "FALSE"


def test_salesforce_won_amount_of_each_quarter_and_owner() -> None:
    won = [row for row in opportunities() if row["IsWon"] == "TRUE"]
    expected = summed(won, lambda row: quarter(day(row["CloseDate"]) or dt.date.min), amount)
    assert expected == {"2024-Q1": 2_815_000}
    found = {row.period: cents(row.won) for row in salesforce().forecast.periods("quarter") if row.won}
    assert found == expected
    # The export names no owner.
    assert told(salesforce().forecast.cut("2024-Q1", "owner"), "won") == {"(none)": expected["2024-Q1"]}


def test_salesforce_deals_of_each_stage_and_what_the_open_ones_weigh() -> None:
    deals = salesforce().deals
    assert dict(deals.group_by("stage").len().iter_rows()) == Counter(row["StageName"] for row in opportunities())
    assert len(salesforce().book.stages) == 10
    open_deals = list(filter(still_open, opportunities()))
    by_stage = summed(open_deals, lambda row: row["StageName"], weighted)
    everything = salesforce().forecast.row("all")
    assert everything is not None
    assert (everything.open_deals, cents(everything.open_weighted)) == (len(open_deals), sum(by_stage.values()))
    assert cents(everything.open_amount) == sum(map(amount, open_deals))
    found = told(salesforce().forecast.cut("all", "stage"), "open_weighted")
    assert found == {stage: money for stage, money in by_stage.items() if money}


def test_salesforce_open_deals_lie_in_the_bucket_of_their_date_written_as_text() -> None:
    def place(row: Row) -> str:
        date = day(row["CloseDate"])
        return "undated" if date is None else "overdue" if date < SALESFORCE_DAY else quarter(date)

    open_deals = list(filter(still_open, opportunities()))
    expected = Counter(map(place, open_deals))
    assert expected.keys() == {"overdue", "2026-Q1"}
    for period, count in expected.items():
        line = salesforce().forecast.row(period)
        assert line is not None
        assert line.open_deals == count
        assert cents(line.open_weighted) == sum((weighted(r) for r in open_deals if place(r) == period), Decimal(0))


def test_salesforce_win_rate_by_count_and_by_value() -> None:
    window = [
        row
        for row in opportunities()
        if not still_open(row) and (end := day(row["CloseDate"])) and 0 <= (SALESFORCE_DAY - end).days < 365
    ]
    won = [row for row in window if row["IsWon"] == "TRUE"]
    rate = salesforce().conversion.win_rate
    assert (rate.won, rate.lost) == (len(won), len(window) - len(won))
    by_value = Fraction(sum(map(amount, won))) / Fraction(sum(map(amount, window)))
    assert rate.value_rate == pytest.approx(float(by_value), rel=1e-12)
    assert salesforce().forecast.required_coverage == pytest.approx(float(1 / by_value), rel=1e-12)


def test_salesforce_history_gives_the_stage_moves_that_its_rows_tell() -> None:
    def moment(row: Row) -> tuple[dt.date | None, dt.time]:
        date, time, half = row["CreatedDate"].split()
        hour, minute = map(int, time.split(":"))
        return day(date), dt.time(hour % 12 + 12 * (half == "PM"), minute)

    told_by: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows("salesforce-org/OpportunityHistory.csv"), key=moment):
        told_by[row["OpportunityId"]].append(row)
    moves = Counter(
        (one["StageName"], two["StageName"])
        for states in told_by.values()
        for one, two in pairwise(states)
        if one["StageName"] != two["StageName"]
    )
    assert moves.total() > 5
    # All of it was recorded within two weeks of 2026, so it takes a later day to see it.
    later = thought("salesforce-org.xlsx", dt.date(2026, 3, 31)).conversion
    assert {(t.source, t.target): t.deals for t in later.transitions} == moves
