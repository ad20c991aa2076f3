"""The cards: which rows each one shows, in which order, and what it says where there is little to say."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from pages import Page
from pipesheet.findings import Finding
from pipesheet.forecast import Forecast
from pipesheet.funnel import StageConversion, StageTime, TrendMonth
from pipesheet.report import render
from pipesheet.speed import Velocity
from pipesheet.winrate import WinRate
from report_sample import OPEN, STAMP, analysis, conversion, finding, forecast, frame, owners, quarter, row


def page(**changed: Any) -> Page:
    return Page(render(analysis(**changed), stamp=STAMP).html)


def column(rows: list[dict[str, str]], name: str) -> list[str]:
    return [r[name] for r in rows]


# ---- to settle this week


def about(deal: int, code: str, **changed: Any) -> Finding:
    return finding(code, OPEN[deal], **changed)


def test_single_deals_are_named_by_the_money_in_question_and_once_each() -> None:
    found = (about(0, "stalled"), about(0, "close-date-past"), about(1, "owner-missing"), about(2, "amount-negative"))
    assert page(findings=found).to_settle == [
        "Ampère & Fils, €390K: it has stalled; what would move it, or is it lost?",
        "Fjordline Energy, €380K: is the amount really below zero?",
        "Halvorsen Shipping, €310K: who owns it?",
    ]


def test_money_at_stake_goes_before_the_size_of_the_deal() -> None:
    found = (about(0, "owner-missing"), about(11, "close-date-past", money_at_stake=50_000.0))
    assert [line.split(",")[0] for line in page(findings=found).to_settle] == ["Elbe Logistik", "Ampère & Fils"]


def test_closed_deals_notes_and_what_nobody_can_settle_are_not_asked_about() -> None:
    won = frame().with_columns(outcome=frame()["outcome"].replace({"open": "won"}))
    asked = (about(0, "stalled"), about(1, "stalled", severity="info"), about(2, "text-trimmed"))
    assert len(page(findings=asked).to_settle) == 1
    closed = dataclasses.replace(analysis(findings=asked), deals=won)
    assert Page(render(closed, stamp=STAMP).html).to_settle == []


def test_three_deals_with_one_fault_are_one_thing_to_settle() -> None:
    found = (*(about(n, "next-step-missing") for n in (3, 4, 5)), about(0, "stalled"), about(1, "stalled"))
    assert page(findings=found).to_settle == [
        "Ampère & Fils, €390K: it has stalled; what would move it, or is it lost?",
        "Halvorsen Shipping, €310K: it has stalled; what would move it, or is it lost?",
        "3 deals, €640K, without a next step: who moves them?",
    ]


def test_deals_without_an_amount_are_only_counted() -> None:
    bare = [(*deal[:4], None, *deal[5:]) for deal in OPEN]
    found = tuple(finding("amount-missing", deal, amount=None) for deal in bare)
    assert page(deals=bare, findings=found).to_settle == ["15 deals without an amount: what are they worth?"]


# ---- periods


def test_quarters_end_with_the_year_and_what_no_quarter_holds() -> None:
    rows = page().table("quarters-table")
    assert column(rows, "Period") == ["Q4 2026", "Q1 2027", "FY2026", "Overdue", "No close date"]
    assert rows[0] == {
        "Period": "Q4 2026", "Closed won": "€1.37M", "Commit": "€956K", "Best case": "€475K", "Pipeline": "€215K",
        "Forecast": "€3.02M", "Target": "€3.20M", "Against target": "−€184K", "Coverage": "1.7×", "Open deals": "28",
    }  # fmt: skip
    assert "€64,000 in omitted deals is left out." in page().by_id("quarters").text


def test_quarters_with_nothing_in_them_are_cut_off_at_the_end_only() -> None:
    more = [
        row(f"2027-Q{n}", start=dt.date(2027, 3 * n - 2, 1), end=dt.date(2027, 3 * n, 1), open_deals=n == 3)
        for n in (2, 3, 4)
    ]
    later = row("later", bucket="later", pipeline=9000, open_deals=2)
    shown = page(forecast=forecast(rows=(quarter(), *more, later)))
    assert column(shown.table("quarters-table"), "Period") == ["Q4 2026", "Q2 2027", "Q3 2027", "Later"]


def test_months_start_with_the_current_quarter_and_stop_at_six() -> None:
    assert column(page().table("months-numbers"), "Period") == [
        "Oct 2026", "Nov 2026", "Dec 2026", "Jan 2027", "Feb 2027", "Mar 2027",
    ]  # fmt: skip
    past, seventh = (row(f"20{m}", bucket="month", won=5, start=dt.date(2000 + int(m[:2]), int(m[3:]), 1))
                     for m in ("26-09", "27-04"))  # fmt: skip
    shown = page(forecast=forecast(rows=(past, *forecast().rows, seventh)))
    assert column(shown.table("months-numbers"), "Period") == column(page().table("months-numbers"), "Period")
    assert column(shown.table("months-numbers"), "Forecast")[:3] == ["€735K", "€1.47M", "€808K"]


def test_a_quarter_nothing_is_due_in_counts_the_open_deals_instead_of_commit() -> None:
    nothing = quarter(commit=0, best_case=0, pipeline=0, open_deals=0, open_amount=0)
    everything = row("all", bucket="all", pipeline=5000, open_deals=36)
    shown = page(forecast=Forecast("2026-Q4", (nothing, everything)))
    assert shown.figures["Open deals"] == "36 | none of them due in Q4"
    assert "Commit, still open" not in shown.figures


@pytest.mark.parametrize(
    ("facts", "drawn"),
    [({}, True), ({"target": None}, True), ({"target": None, "commit": 0, "best_case": 0, "pipeline": 0}, False),
     ({"won": 0, "commit": 0, "best_case": 0, "pipeline": 0}, False)],
)  # fmt: skip
def test_one_part_without_a_target_is_no_picture(facts: dict[str, Any], drawn: bool) -> None:
    assert bool(page(forecast=Forecast("2026-Q4", (quarter(**facts),))).of_class("landing")) == drawn


# ---- owners


def test_owners_stand_by_their_share_of_target_with_their_errors() -> None:
    rows = page().table("owners-table")
    assert [(r["Owner"], r["Forecast ÷ target"], r["Errors"]) for r in rows] == [
        ("Amira Haddad", "123%", "1"), ("Jonas Lindqvist", "112%", "1"), ("Priya Raman", "92%", "2"),
        ("Tomás Ferreira", "85%", "0"), ("Zoë Adeyemi", "83%", "0"), ("Wei Chen", "71%", "2"),
    ]  # fmt: skip
    assert page().title("owners") == "Amira Haddad and Jonas Lindqvist are above target; Wei Chen has the most to win"


def test_deals_of_nobody_are_no_owners_and_an_owner_without_a_target_has_no_share() -> None:
    nobody = row("2026-Q4", dimension="owner", key="(none)", won=900, target=1e9)
    others = row("2026-Q4", dimension="owner", key="(others)", won=90, target=1e9)
    free = row("2026-Q4", dimension="owner", key="Bo", won=1, target=None)
    shown = page(forecast=forecast(rows=(quarter(), *owners()[:2], free, nobody, others)))
    assert [(r["Owner"], r["Forecast ÷ target"]) for r in shown.table("owners-table")] == [
        ("Amira Haddad", "123%"), ("Jonas Lindqvist", "112%"), ("No owner", "0%"), ("All other owners", "0%"),
        ("Bo", "–"),
    ]  # fmt: skip
    assert shown.title("owners") == "Everybody is forecast to reach their target"
    assert "owners" not in page(forecast=forecast(rows=(quarter(), nobody, others))).cards


# ---- stages


def test_the_funnel_ends_in_won_and_says_how_sure_each_share_is() -> None:
    said = [t.text for t in page().by_id("funnel").all("svg")[0].all("text")]
    assert said == [
        "Qualify", "214", "↓ 61%", "131 of 205, likely 57% to 65%", "Discover", "131", "↓ 46%",
        "54 of 117, likely 41% to 52%", "Propose", "84", "↓ 69%", "49 of 71, likely 62% to 76%", "Negotiate", "49",
        "↓ 78%", "31 of 40, likely 68% to 85%", "Won", "31",
    ]  # fmt: skip
    assert page().title("funnel") == "Fewest deals get past Discover: 46%"


def test_a_stage_of_four_settled_deals_has_no_share() -> None:
    few = StageConversion("Qualify", 9, 3, 1, 0, 5, 0, 0.75, 0.4, 0.9, 0.3, 0.9)
    none = StageConversion("Propose", 3, 0, 0, 0, 3, 0, None, None, None, None, None)
    said = [t.text for t in page(conversion=conversion(stages=(few, none))).by_id("funnel").all("svg")[0].all("text")]
    assert said == ["Qualify", "9", "↓", "few deals", "Propose", "3", "Won", "0"]


def test_the_days_of_few_open_deals_are_shown_faint_and_without_comparison() -> None:
    shown = page().by_id("times").all("svg")[0]
    said = [t.text for t in shown.all("text")]
    assert said[said.index("Qualify") : said.index("Discover")] == ["Qualify", "3 deals", "27 days", "few deals"]
    assert "+24%" in said
    assert page().title("times") == "Propose takes 5 days longer than in won deals"
    on_it = StageTime("Propose", 31, 20, 1, 30, 9, 20, None)
    said = [t.text for t in page(conversion=conversion(times=(on_it,))).by_id("times").all("svg")[0].all("text")]
    assert "on it" in said


def test_an_owner_with_four_closed_deals_has_no_win_rate() -> None:
    rates = (WinRate("Ann", 4, 1, 9, 1, 0.8, 0.5, 0.9, 0.9), WinRate("Bo", 1, 3, 1, 9, 0.25, 0.1, 0.5, 0.1),
             WinRate("Cy", 0, 6, 0, 9, 0.0, 0.0, 0.2, 0.0))  # fmt: skip
    shown = page(conversion=conversion(win_rate_by=(("owner", rates),)))
    assert [(r["Owner"], r["Win rate"], r["Won by value"]) for r in shown.table("win-table")] == [
        ("Ann", "80%", "90%"), ("Bo", "few deals", "–"), ("Cy", "0%", "0%"),
    ]  # fmt: skip
    assert "win-by" not in page(conversion=conversion(win_rate_by=(("owner", rates[:2]),))).cards


def test_the_first_cut_with_two_members_is_shown_and_value_only_where_known() -> None:
    whole = (WinRate("", 9, 9, 0, 0, 0.5, 0.4, 0.6, None),)
    cut = (WinRate("web", 9, 9, 5, 0, 0.5, 0.4, 0.6, None), WinRate("(none)", 9, 9, 5, 0, 0.5, 0.4, 0.6, None))
    shown = page(conversion=conversion(win_rate_by=(("owner", whole), ("source", cut))))
    assert shown.title("win-by") == "Win rate by source"
    assert [next(iter(r.values())) for r in shown.table("win-table")] == ["web", "None given"]
    assert "Won by value" not in shown.table("win-table")[0]


def test_the_win_card_has_facts_a_chart_and_its_numbers() -> None:
    card = page().by_id("win")
    facts = dict(zip([e.text for e in card.all("dt")], [e.text for e in card.all("dd")], strict=True))
    assert facts["Won by count"] == "16%, 31 of 191"
    assert facts["80% interval"] == "13% to 20%"
    assert facts["Sales cycle, median"] == "84 days"
    assert facts["Velocity"] == "€7.7K a day"
    months = page().table("closings-numbers")
    assert months[0] == {"Month": "Nov 2025", "Created": "17", "Won": "2", "Lost": "12", "Win rate": "14%"}
    assert len(months) == 12
    one_month = tuple(TrendMonth(f"2026-{m:02d}", 1, m == 3, 0, 0.0, None) for m in range(1, 7))
    assert not page(conversion=conversion(trend=one_month)).by_id("win").all("svg")


# ---- what to mend


def test_stalled_deals_stand_largest_first_against_their_limit() -> None:
    rows = page().table("stalled-table")
    assert len(rows) == 8
    assert rows[0] == {
        "Deal": "Ampère & Fils Jonas Lindqvist · D-1049", "Stage": "Propose", "Days in stage": "59",
        "Against the limit": "1.5×", "Amount": "€390K", "Close date": "3 Dec 2026",
    }  # fmt: skip
    assert page().title("stalled") == "8 deals have stalled"


def test_a_limit_is_the_stages_max_days_else_four_in_five_won_deals() -> None:
    rows = {r["Stage"]: r["Against the limit"] for r in page().table("stalled-table")}
    assert rows["Propose"] == "1.6×", "62 days of at most 40"
    assert rows["Negotiate"] == "1.2×", "32 days where four in five won deals took 27"


def test_twice_the_limit_is_shown_in_rust() -> None:
    deals = [(*OPEN[0][:6], days, True) for days in (79, 80)]
    cells = [cell for cell in page(deals=deals).by_id("stalled-table").all("td") if cell.all("svg")]
    assert [(c.text, "var(--neg)" in str(c), bool(c.all("span")[0].all("span"))) for c in cells] == [
        ("2.0×", True, True), ("2.0×", False, False),
    ]  # fmt: skip


def test_findings_by_kind_are_shown_where_there_are_too_many_to_read() -> None:
    found = (*(about(n, "close-date-past") for n in range(12)), *(about(n, "amount-missing") for n in range(4)))
    shown = page(findings=found)
    assert [(r["Kind"], r["Level"], r["Findings"], r["Deals"]) for r in shown.table("kinds-table")] == [
        ("An open or won deal has no amount", "Error", "4", "4"),
        ("An open deal's expected close date has passed", "Warning", "12", "12"),
    ]
    assert "At stake" not in shown.table("kinds-table")[0]
    assert shown.title("kinds") == "75% of the findings are of 1 kind"
    assert "kinds" not in page(findings=found[:15]).cards


def test_a_finding_has_its_deal_what_was_found_needed_and_its_cell() -> None:
    assert page().table("findings-table")[0] == {
        "Deal": "Ampère & Fils Jonas Lindqvist · Propose", "Level": "Error", "What": "Economic buyer named",
        "Found": "empty", "Needed": "a name from Propose on", "At stake": "€98K", "Cell": "Deals!K7",
    }  # fmt: skip
    without = page(findings=(finding("no-deals", ("", "", "", "", None), cell=None),)).table("findings-table")[0]
    assert (without["Deal"], without["Amount"], without["Cell"]) == ("–", "–", "")


def test_criteria_stand_by_the_money_they_hold_up_with_the_share_that_meets_them() -> None:
    rows = page().table("criteria-table")
    assert [(r["Requirement"], r["Met of those asked"], r["Unmet"], r["At stake"]) for r in rows] == [
        ("Economic buyer named people, blocks", "17 of 24", "7", "€265K"),
        ("Proposal date set deliverable, blocks", "21 of 24", "2", "€41K"),
        ("Amount confirmed in writing action, warns", "8 of 11", "2", "€0"),
    ]
    bars = [e.attributes["width"] for e in page().by_id("criteria-table").all("rect")]
    assert bars[:2] == ["104", "73.7"], "17 of 24 of the whole"
    assert page().title("criteria") == "“Economic buyer named” puts the most money at stake: €265K"


def test_facts_that_cannot_be_said_are_left_out() -> None:
    unknown = conversion(
        win_rate=WinRate("", 3, 3, 0, 0, 0.5, None, None, None), cycle_median=None, cycle_p80=None,
        velocity=Velocity(9, None, None, None, None, None, None), trend=(),
    )  # fmt: skip
    card = page(conversion=unknown).by_id("win")
    assert [e.text for e in card.all("dt")] == ["Won by count"]
    assert not card.all("figure")


def test_a_book_without_a_current_quarter_says_so_and_shows_the_rest() -> None:
    shown = page(forecast=Forecast("2026-Q4", ()))
    assert shown.headline == "15 deals read; nothing falls into the current quarter."
    assert shown.figures == {}
    assert not shown.of_class("landing")
    assert {"months", "quarters", "owners"}.isdisjoint(shown.cards)
    assert "Mon 16 Nov 2026 · from pipeline-emea.xlsx" in shown.root.one("header").text
