"""analyze(): the order of the thinking, and what every view is made of."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache

import pytest

from books import AS_OF, STAGES
from pipesheet.analysis import Analysis, analyze
from pipesheet.errors import NoDeals, UsageError
from tables import source

D = dt.date
DEALS = """
    Deal ID | Owner | Stage    | Amount | Close date
    D-1     | Ann   | Proposal | 100    | 2026-01-01
    D-2     | Ann   | Proposal | 1000   |
    D-3     | Ann   | Lead     |        | 2026-12-01
            | Ann   | Lead     | 10     | 2026-12-31
    D-5     |       | Lead     | 70     | 2026-12-01
    D-6     |       | Lead     | 70     | 2026-11-30
    D-7     |       | Lead     | 80     | 2026-12-01
    D-8     | Ann   | Won      | 500    | 2026-10-01
"""


@cache
def analyzed(sheets: tuple[tuple[str, str], ...]) -> Analysis:
    """Each book is thought through once, however many tests look at it."""
    return analyze(source(**dict(sheets)), as_of=AS_OF)


def thought(**sheets: str) -> Analysis:
    """The analysis of the deals above, unless others are given."""
    return analyzed(tuple({"Stages": STAGES, "Deals": DEALS, **sheets}.items()))


# The as-of date and settings ------------------------------------------------------------------------

AS_OF_SET = "Setting | Value\nAs-of date | 2026-06-30"


def test_the_as_of_date_is_the_callers_else_the_workbooks_else_today() -> None:
    plain, dated = source(Deals=DEALS), source(Deals=DEALS, Settings=AS_OF_SET)
    asked, today = D(2026, 3, 3), D(2026, 9, 9)
    assert analyze(dated, as_of=asked, today=today).as_of == asked
    assert analyze(dated, today=today).as_of == D(2026, 6, 30)
    assert analyze(plain, today=today).as_of == today
    assert analyze(plain, today=today).forecast.current == "2026-Q3"


def test_an_as_of_date_must_come_from_somewhere() -> None:
    with pytest.raises(UsageError, match="as-of date"):
        analyze(source(Deals=DEALS))


def test_a_workbook_without_deals_is_no_analysis() -> None:
    with pytest.raises(NoDeals):
        analyze(source(Notes="Anything | Else\n1 | 2"), as_of=AS_OF)


def test_overrides_beat_the_workbooks_settings_and_these_beat_the_defaults() -> None:
    book = source(Deals=DEALS, Settings="Setting | Value\nFiscal year start | April")
    start = "fiscal year start"
    settings = [
        analyze(book, as_of=AS_OF, defaults={start: 7}).book.settings.fiscal_year_start,
        analyze(book, as_of=AS_OF, defaults={start: 7}, overrides={start: 10}).book.settings.fiscal_year_start,
        analyze(source(Deals=DEALS), as_of=AS_OF, defaults={start: 7}).book.settings.fiscal_year_start,
    ]
    assert settings == [4, 10, 7]


def test_the_currency_is_what_totals_are_in() -> None:
    assert thought().currency == ""
    assert thought(Deals="Deal ID | Stage | Amount | Currency\nD-1 | Lead | 1 | chf").currency == "CHF"


# Findings -------------------------------------------------------------------------------------------


def test_findings_are_a_work_list_most_money_first() -> None:
    told = [(f.code, f.deal_id, f.severity, f.money_at_stake) for f in thought().findings]
    assert told == [
        ("close-date-missing", "D-2", "error", 500.0),
        ("close-date-past", "D-1", "warning", 50.0),
        # Nothing at stake: errors first, then what closes soonest, then the larger amount.
        ("amount-missing", "D-3", "error", 0.0),
        ("deal-id-missing", "", "error", 0.0),
        ("owner-missing", "D-6", "warning", 0.0),
        ("owner-missing", "D-7", "warning", 0.0),
        ("owner-missing", "D-5", "warning", 0.0),
    ]


def test_findings_of_every_part_are_there_and_counted_by_severity() -> None:
    found = thought(
        Deals=DEALS + "    D-9 | Ann | Proposal | a lot | 2026-12-01",
        Targets="Period | Target\nsoon | 100",
        Criteria="Stage | Gate | Requirement | Field | Check\nLead | entry | Owner named | Owner | is filled",
        Settings="Setting | Value\nFavourite colour | blue",
    )
    codes = Counter(f.code for f in found.findings)
    for code in ("amount-unreadable", "target-period-unreadable", "entry-criterion-not-met", "setting-unknown"):
        assert code in codes, code
    severities = Counter(f.severity for f in found.findings)
    assert {s: found.count(s) for s in ("error", "warning", "info")} == {"info": 0, **severities}
    # What could not be read is not missing as well.
    assert [f.deal_id for f in found.findings if f.code == "amount-missing"] == ["D-3"]


def test_each_deal_knows_how_many_errors_and_warnings_stand_in_its_row() -> None:
    deals = thought(Targets="Period | Target\nsoon | 100\nnever | 100").deals
    assert list(zip(deals["deal_id"], deals["errors"], deals["warnings"], strict=True)) == [
        ("D-1", 0, 1), ("D-2", 1, 0), ("D-3", 1, 0), (None, 1, 0), ("D-5", 0, 1), ("D-6", 0, 1), ("D-7", 0, 1),
        ("D-8", 0, 0),
    ]  # fmt: skip


# The whole ------------------------------------------------------------------------------------------


def test_the_deals_stand_in_the_order_of_the_sheet_with_all_that_was_found_out() -> None:
    found = thought(Criteria="Stage | Gate | Requirement | Field | Check\nQualified | entry | Plan | Owner | is filled")
    assert found.deals["index"].to_list() == list(range(8))
    added = {"days_in_stage", "stalled", "errors", "warnings", "earned_rank", "next_requirement"}
    assert added <= set(found.deals.columns)
    assert [result.criterion.requirement for result in found.criteria] == ["Plan"]
    lacking = dict(found.deals.select("deal_id", "next_requirement").iter_rows())
    assert (lacking["D-5"], lacking["D-3"]) == ("Plan", None)


def test_forecast_and_conversion_are_of_the_same_deals() -> None:
    found = thought()
    line = found.forecast.row("2026-Q4")
    assert line is not None
    assert (line.won, line.won_deals) == (found.conversion.win_rate.won_amount, found.conversion.win_rate.won)
    assert (found.conversion.window_end, found.source.path.name) == (AS_OF, "book.xlsx")


def test_the_same_workbook_gives_the_same_analysis() -> None:
    one, two = thought(), analyze(thought().source, as_of=AS_OF)
    assert one.deals.equals(two.deals)
    assert (one.findings, one.criteria, one.forecast, one.conversion) == (
        two.findings, two.criteria, two.forecast, two.conversion,
    )  # fmt: skip


def test_a_book_of_a_header_only_is_thought_through_as_well() -> None:
    found = thought(Deals="Deal ID | Stage | Amount")
    assert found.deals.is_empty()
    assert [f.code for f in found.findings] == ["no-deals"]
    assert all(row.total == 0 for row in found.forecast.rows)
