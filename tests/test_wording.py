"""Every sentence has a rule: a small case that fires it, and the case beside it that must not."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet import wording
from pipesheet.findings import Finding
from pipesheet.forecast import ForecastRow
from pipesheet.funnel import StageConversion, StageTime, WinRate
from pipesheet.gates import CriterionResult
from pipesheet.models import Condition, Criterion
from pipesheet.report_page import Sentence
from pipesheet.wording import OwnerStanding
from report_sample import finding, quarter, row


def said(sentence: Sentence) -> str:
    return "".join(piece for piece, _ in sentence)


# ---- the headline

SMALL: dict[str, Any] = {"won": 100_000, "commit": 50_000, "best_case": 0, "pipeline": 0}
QUIET: dict[str, Any] = {"commit": 0, "best_case": 0, "pipeline": 0, "open_deals": 0, "open_amount": 0}
HEADLINES: list[tuple[str, dict[str, Any] | None, str]] = [
    ("short of target", {}, "Q4 is forecast to land at €3.02M, €184K short of target."),
    ("above target", {"target": 3_000_000}, "Q4 is forecast to land at €3.02M, €16K above target."),
    ("on target", {"target": 3_016_000.2}, "Q4 is forecast to land at €3.02M, right on target."),
    ("no target", {"target": None}, "Q4 is forecast to land at €3.02M."),
    ("a target of nothing", {"target": 0}, "Q4 is forecast to land at €3.02M."),
    ("four deals", SMALL | {"won_deals": 3, "open_deals": 1}, "Q4 holds 4 deals, worth €150K weighted."),
    ("five deals", SMALL | {"won_deals": 3, "open_deals": 2, "target": None}, "Q4 is forecast to land at €150K."),
    ("one deal", SMALL | {"won_deals": 0, "open_deals": 1}, "Q4 holds 1 deal, worth €150K weighted."),
    ("nothing open", QUIET, "Q4 stands at €1.37M won, €1.83M short of target, and no open deal is due to close in it."),
    ("nothing won either", QUIET | {"won": 0, "won_deals": 0, "target": None},
     "Nothing is won in Q4 yet, and no open deal is due to close in it."),
    ("nothing but a target", QUIET | {"won": 0, "won_deals": 0, "target": 520_000},
     "Nothing is won in Q4 yet towards its target of €520K, and no open deal is due to close in it."),
    ("no quarter", None, "36 deals read; nothing falls into the current quarter."),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "sentence"), [h[1:] for h in HEADLINES], ids=[h[0] for h in HEADLINES])
def test_the_headline_answers_in_one_sentence(facts: dict[str, Any] | None, sentence: str) -> None:
    current = None if facts is None else quarter(**facts)
    assert wording.headline(current, 36, "EUR") == sentence


def test_a_forecast_on_evidence_says_that_it_is_one() -> None:
    proven = dataclasses.replace(quarter(), method="evidence")
    assert wording.headline(proven, 36, "EUR") == "Q4 is forecast to land at €3.02M on evidence, €184K short of target."


def test_an_empty_book_says_so() -> None:
    assert wording.headline(None, 0, "EUR") == "There are no deals in this workbook yet."
    assert wording.lede(None, "EUR") == ()


# ---- what the headline rests on

OVERDUE = row("overdue", bucket="overdue", best_case=47_500, open_amount=95_000, open_deals=1, won_deals=0)
UNDATED = row("undated", bucket="undated", open_amount=0, open_deals=2, won_deals=0)
NOTHING_LEFT = row("overdue", bucket="overdue", open_amount=0, open_deals=0, won_deals=0)
EVERYTHING = row("all", bucket="all", commit=1_000_000, open_amount=2_000_000, open_deals=12, won_deals=0)
LEDES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("won, expected, still to win", {}, {"required": 3.2},
     "€1.37M is won and €1.65M is expected from 28 open deals. Still to win: €1.83M, with 1.7× of it in open "
     "deals; at your own win rate it takes 3.2×."),
    ("no win rate yet", {}, {},
     "€1.37M is won and €1.65M is expected from 28 open deals. Still to win: €1.83M, with 1.7× of it in open deals."),
    ("one open deal", {"open_deals": 1, "target": None}, {},
     "€1.37M is won and €1.65M is expected from 1 open deal. There is no target for Q4, so nothing can be said of a "
     "gap."),
    ("target reached", {"target": 1_000_000}, {},
     "€1.37M is won and €1.65M is expected from 28 open deals. The target is reached with what is won."),
    ("nothing open", QUIET, {}, "€1.37M is won. Still to win: €1.83M."),
    ("nothing at all", QUIET | {"won": 0, "won_deals": 0, "target": None}, {},
     "There is no target for Q4, so nothing can be said of a gap."),
    ("open in other periods", QUIET | {"target": 1}, {"everything": EVERYTHING, "overdue": OVERDUE},
     "€1.37M is won. The target is reached with what is won. 11 open deals are due in other periods (€1.91M). "
     "Not counted: 1 overdue deal (€95K)."),
    ("all of them adrift", QUIET | {"target": 1}, {"everything": UNDATED, "undated": UNDATED},
     "€1.37M is won. The target is reached with what is won. Not counted: 2 deals without a close date."),
    ("overdue and undated", {"target": 1}, {"overdue": OVERDUE, "undated": UNDATED, "everything": EVERYTHING},
     "€1.37M is won and €1.65M is expected from 28 open deals. The target is reached with what is won. "
     "Not counted: 1 overdue deal (€95K) and 2 deals without a close date."),
    ("no deal adrift", {"target": 1}, {"overdue": NOTHING_LEFT},
     "€1.37M is won and €1.65M is expected from 28 open deals. The target is reached with what is won."),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "beside", "sentence"), [x[1:] for x in LEDES], ids=[x[0] for x in LEDES])
def test_the_lede_says_what_is_won_expected_and_left_out(
    facts: dict[str, Any], beside: dict[str, Any], sentence: str
) -> None:
    assert said(wording.lede(quarter(**facts), "EUR", **beside)) == sentence


def test_the_amounts_of_the_lede_stand_out() -> None:
    strong = [piece for piece, stands_out in wording.lede(quarter(), "EUR") if stands_out]
    assert strong == ["€1.37M", "€1.65M", "€1.83M", "1.7×"]


# ---- months and quarters


def month(number: int, expected: float, won: float = 0, target: float | None = None) -> ForecastRow:
    return row(f"2026-{number}", bucket="month", won=won, commit=expected, target=target, open_deals=9,
               start=dt.date(2026, number, 1))  # fmt: skip


MONTHS = [
    ("short", [month(11, 400), month(12, 1000, target=1642)],
     "December carries the quarter, and it is still €642 short"),
    ("above", [month(12, 1000, won=800, target=1600)], "December carries the quarter, €200 above its target"),
    ("on target", [month(12, 1000, target=1000.2)], "December carries the quarter, and it is on target"),
    ("no target", [month(11, 60), month(12, 940)], "December holds 57% of what Q4 still expects"),
    ("none holds more than half", [month(11, 820), month(12, 823)], "Forecast by month"),
    ("no month in it", [], "Forecast by month"),
]  # fmt: skip


@pytest.mark.parametrize(("months", "title"), [m[1:] for m in MONTHS], ids=[m[0] for m in MONTHS])
def test_a_month_is_named_that_holds_most_of_the_quarter(months: list[ForecastRow], title: str) -> None:
    current = quarter(commit=1646, best_case=0, pipeline=0)
    assert wording.months_title(months, current, "EUR") == title


def test_months_of_the_next_quarter_do_not_carry_this_one() -> None:
    next_one = row("2027-01", bucket="month", commit=5000, open_deals=9, start=dt.date(2027, 1, 1))
    current = quarter(commit=1646, best_case=0, pipeline=0)
    assert wording.months_title([next_one], current, "EUR") == "Forecast by month"


@pytest.mark.parametrize("facts", [{"open_deals": 4}, {"commit": 0, "best_case": 0, "pipeline": 0}])
def test_no_month_is_named_on_four_deals_or_on_nothing(facts: dict[str, Any]) -> None:
    assert wording.months_title([month(12, 1000)], quarter(**facts), "EUR") == "Forecast by month"
    assert wording.months_title([month(12, 1000)], None, "EUR") == "Forecast by month"


def open_row(deals: int, amount: float) -> ForecastRow:
    return row("all", open_deals=deals, open_amount=amount)


QUARTERS = [
    ("a quarter of the money", (20, 1000), (3, 150), (2, 100), "€250 of open deals falls into no quarter"),
    ("less than a quarter", (20, 1000), (3, 150), (2, 99), "Forecast by quarter"),
    ("four deals", (20, 1000), (3, 150), (1, 500), "Forecast by quarter"),
    ("a book of four", (4, 1000), (3, 150), (2, 500), "Forecast by quarter"),
    ("without amounts", (20, 0), (3, 0), (2, 0), "5 open deals of 20 fall into no quarter"),
    ("few without amounts", (21, 0), (3, 0), (2, 0), "Forecast by quarter"),
    ("every one", (5, 1000), (3, 150), (2, 850), "None of the 5 open deals falls into a quarter"),
]


@pytest.mark.parametrize(
    ("everything", "overdue", "undated", "title"), [q[1:] for q in QUARTERS], ids=[q[0] for q in QUARTERS]
)
def test_money_that_no_quarter_counts_is_named_where_it_is_a_quarter_of_all(
    everything: tuple[int, float], overdue: tuple[int, float], undated: tuple[int, float], title: str
) -> None:
    rows = open_row(*everything), open_row(*overdue), open_row(*undated)
    assert wording.quarters_title(*rows, "EUR") == title
    assert wording.quarters_title(None, rows[1], rows[2], "EUR") == "Forecast by quarter"
    assert wording.quarters_title(rows[0], None, None, "EUR") == "Forecast by quarter"


# ---- stages


def stage(name: str, rate: float | None, low: float | None, high: float | None, settled: int = 40) -> StageConversion:
    advanced = round(settled * (rate or 0))
    return StageConversion(name, settled, advanced, settled - advanced, 0, 0, 0, rate, low, high, low, high)


FUNNELS = [
    ("one stage clearly below", [stage("Qualify", 0.8, 0.7, 0.9), stage("Propose", 0.5, 0.4, 0.6)],
     "Fewest deals get past Propose: 50%"),
    ("the intervals overlap", [stage("Qualify", 0.8, 0.6, 0.9), stage("Propose", 0.5, 0.4, 0.6)], ""),
    ("nineteen settled", [stage("Qualify", 0.8, 0.7, 0.9), stage("Propose", 0.5, 0.4, 0.6, settled=19)], ""),
    ("one stage", [stage("Propose", 0.5, 0.4, 0.6)], ""),
    ("no rates", [stage("Qualify", None, None, None), stage("Propose", None, None, None)], ""),
    ("no stages", [], ""),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "title"), [f[1:] for f in FUNNELS], ids=[f[0] for f in FUNNELS])
def test_the_stage_few_get_past_is_named_only_beyond_chance(stages: list[StageConversion], title: str) -> None:
    assert wording.funnel_title(stages) == (title or "How deals move from stage to stage")
    assert (wording.weakest_step(stages) is None) == (not title)


TIMES = [
    ("beyond four in five", StageTime("Propose", 5, 21, 10, 25, 5, 26, None),
     "Propose takes 5 days longer than in won deals"),
    ("within four in five", StageTime("Propose", 5, 21, 10, 26, 5, 26, None), ""),
    ("four open deals", StageTime("Propose", 5, 21, 10, 25, 4, 26, None), ""),
    ("four won deals", StageTime("Propose", 4, 21, 10, 25, 5, 26, None), ""),
    ("nothing won", StageTime("Propose", 0, None, None, None, 9, 26, None), ""),
    ("nothing open", StageTime("Propose", 9, 21, 10, 25, 0, None, None), ""),
]  # fmt: skip


@pytest.mark.parametrize(("time", "title"), [t[1:] for t in TIMES], ids=[t[0] for t in TIMES])
def test_a_slow_stage_is_one_whose_open_deals_are_older_than_most_won_ones(time: StageTime, title: str) -> None:
    assert wording.times_title([time]) == (title or "Days in each stage")
    assert bool(wording.slow_stages([time])) == bool(title)


def test_of_two_slow_stages_the_one_with_most_days_too_many_is_named() -> None:
    slow = StageTime("Propose", 5, 20, 10, 25, 5, 30, None), StageTime("Negotiate", 5, 5, 2, 8, 5, 16, None)
    assert wording.times_title(slow) == "Negotiate takes 11 days longer than in won deals"


def win(won: int, lost: int, value: float | None = None) -> WinRate:
    closed = won + lost
    return WinRate("", won, lost, 0, 0, won / closed if closed else None, None, None, value)


WINS = [
    ("large deals", win(10, 10, 0.4), "Large deals are lost more often: 50% won by count, 40% by value"),
    ("small deals", win(10, 10, 0.61), "Small deals are lost more often: 50% won by count, 61% by value"),
    ("nearly the same", win(10, 10, 0.41), "50% of closed deals are won"),
    ("too few to compare", win(10, 9, 0.2), "53% of closed deals are won"),
    ("no amounts", win(10, 10), "50% of closed deals are won"),
    ("four closed", win(3, 1, 0.1), "Win rate"),
    ("none closed", win(0, 0), "Win rate"),
]


@pytest.mark.parametrize(("rate", "title"), [w[1:] for w in WINS], ids=[w[0] for w in WINS])
def test_the_win_rate_is_told_and_whether_size_matters(rate: WinRate, title: str) -> None:
    assert wording.win_title(rate) == title


# ---- what to mend


def test_stalled_deals_are_counted_in_a_book_of_five() -> None:
    assert wording.stalled_title(8, 36) == "8 deals have stalled"
    assert wording.stalled_title(1, 5) == "1 deal has stalled"
    assert wording.stalled_title(4, 4) == "Stalled deals"


def findings(code: str, deals: int, severity: str = "error") -> list[Finding]:
    return [finding(code, deal_id=f"D-{n}", severity=severity) for n in range(deals)]


BROKEN, LATE = "entry-criterion-not-met", "close-date-past"
FINDINGS = [
    ("five deals break one", findings(BROKEN, 5) + findings(BROKEN, 5), 9, "5 deals break a stage criterion"),
    ("four deals break one", findings(BROKEN, 4), 9, "4 findings, all of them errors"),
    ("five of four deals", findings(BROKEN, 5), 4, "5 findings, all of them errors"),
    ("mixed", findings(BROKEN, 1) + findings(LATE, 2, "warning"), 9, "3 findings, 1 error among them"),
    ("warnings only", findings(LATE, 2, "warning"), 9, "2 findings, no error among them"),
    ("one error", findings(LATE, 1), 9, "1 finding, an error"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "deals", "title"), [f[1:] for f in FINDINGS], ids=[f[0] for f in FINDINGS])
def test_broken_criteria_come_first_else_all_findings_are_counted(found: list[Finding], deals: int, title: str) -> None:
    assert wording.findings_title(found, deals) == title


KINDS = [
    ("three in four are one kind", {"a": 9, "b": 2, "c": 1}, "75% of the findings are of 1 kind"),
    ("two kinds", {"a": 8, "b": 2, "c": 1, "d": 1}, "83% of the findings are of 2 kinds"),
    ("spread out", {"a": 3, "b": 3, "c": 3, "d": 3, "e": 3}, "Findings by kind"),
    ("only one kind", {"a": 9}, "Findings by kind"),
    ("four findings", {"a": 3, "b": 1}, "Findings by kind"),
    ("none", {}, "Findings by kind"),
]


@pytest.mark.parametrize(("kinds", "title"), [k[1:] for k in KINDS], ids=[k[0] for k in KINDS])
def test_few_kinds_that_make_up_most_are_told(kinds: dict[str, int], title: str) -> None:
    found = [Finding(code, "error", "", "") for code, many in kinds.items() for _ in range(many)]
    assert wording.kinds_title(found) == title


def criterion(requirement: str, unmet: int, stake: float) -> CriterionResult:
    rule = Criterion("Propose", "entry", requirement, Condition("Buyer", "is filled"))
    return CriterionResult(rule, unmet + 9, 9, unmet, 0, 0, 0, stake)


CRITERIA = [
    ("one ahead", [criterion("Buyer named", 5, 300), criterion("Date set", 9, 299)],
     "“Buyer named” puts the most money at stake: €300"),
    ("two alike", [criterion("Buyer named", 5, 300), criterion("Date set", 9, 300)], ""),
    ("four unmet", [criterion("Buyer named", 4, 300)], ""),
    ("no money", [criterion("Buyer named", 9, 0)], ""),
    ("none", [], ""),
]  # fmt: skip


@pytest.mark.parametrize(("results", "title"), [c[1:] for c in CRITERIA], ids=[c[0] for c in CRITERIA])
def test_the_criterion_with_most_at_stake_is_named_where_it_is_ahead(
    results: list[CriterionResult], title: str
) -> None:
    assert wording.criteria_title(results, "EUR") == (title or "Entry and exit criteria")


def owner(name: str, total: float, target: float = 100, deals: int = 3) -> OwnerStanding:
    return OwnerStanding(name, total, target, deals)


OWNERS = [
    ("one above", [owner("Ann", 120), owner("Bo", 80), owner("Cy", 40)], "Ann is above target; Cy has the most to win"),
    ("two above", [owner("Ann", 120), owner("Bo", 100), owner("Cy", 40)],
     "Ann and Bo are above target; Cy has the most to win"),
    ("three above", [owner(n, 120) for n in "ABC"] + [owner("Di", 40)],
     "3 of 4 owners are above target; Di has the most to win"),
    ("the furthest in money, not in share", [owner("Ann", 120), owner("Bo", 10), owner("Cy", 700, 1000)],
     "Ann is above target; Cy has the most to win"),
    ("all above", [owner("Ann", 120), owner("Bo", 100)], "Everybody is forecast to reach their target"),
    ("none above", [owner("Ann", 90), owner("Bo", 10)],
     "Nobody is forecast to reach their target yet; Bo has the most to win"),
    ("four deals", [owner("Ann", 120, deals=2), owner("Bo", 10, deals=2)], "Forecast by owner"),
    ("one owner", [owner("Ann", 120, deals=9)], "Forecast by owner"),
    ("no targets", [owner("Ann", 120, 0), owner("Bo", 10, 0)], "Forecast by owner"),
    ("none", [], "Forecast by owner"),
]  # fmt: skip


@pytest.mark.parametrize(("owners", "title"), [o[1:] for o in OWNERS], ids=[o[0] for o in OWNERS])
def test_owners_above_target_are_named_and_who_has_the_most_to_win(owners: list[OwnerStanding], title: str) -> None:
    assert wording.owners_title(owners) == title


# ---- what holds for all of them

NEUTRAL = {
    "Forecast by month", "Forecast by quarter", "How deals move from stage to stage", "Days in each stage", "Win rate",
    "Stalled deals", "Findings by kind", "Entry and exit criteria", "Forecast by owner",
}  # fmt: skip
money = st.floats(0, 1e9)
few = st.integers(0, wording.ENOUGH - 1)


@given(few, few, money, money, st.floats(0, 1))
def test_nothing_is_claimed_on_fewer_than_five_deals(
    deals: int, beside: int, amount: float, other: float, share: float
) -> None:
    current = quarter(open_deals=deals, open_amount=amount, target=other)
    small = open_row(deals, amount)
    titles = {
        wording.months_title([month(12, amount)], current, "EUR"),
        wording.quarters_title(open_row(deals + beside, other), small, None, "EUR"),
        wording.funnel_title([stage("A", share, 0, 0, deals), stage("B", 1.0, 1, 1, beside)]),
        wording.times_title([StageTime("A", deals, 1, 1, 1, beside, amount, None)]),
        wording.win_title(WinRate("", deals, 0, amount, other, share, 0, 1, 1 - share)),
        wording.stalled_title(deals, deals),
        wording.kinds_title(findings(BROKEN, deals)),
        wording.criteria_title([criterion("Buyer", deals, amount)], "EUR"),
        wording.owners_title([owner("Ann", amount, other + 1, deals), owner("Bo", 0, 1, 4 - deals)]),
    }
    assert titles <= NEUTRAL


@given(money, money, st.none() | money, st.integers(0, 40), st.integers(0, 40))
def test_the_headline_never_contradicts_its_numbers(
    won: float, expected: float, target: float | None, won_deals: int, open_deals: int
) -> None:
    current = quarter(won=won, commit=expected, best_case=0, pipeline=0, target=target,
                      won_deals=won_deals, open_deals=open_deals)  # fmt: skip
    sentence = wording.headline(current, 99, "EUR")
    assert sentence.endswith(".")
    assert not (target is None and "target" in sentence)
    if "short of" in sentence:
        assert current.total < (target or 0)
    if "above target" in sentence:
        assert current.total > (target or 0)
