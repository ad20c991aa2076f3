"""Do the criteria separate? Closed deals that met one against those that did not, on books worked by hand."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, FEW, book, books, frame
from pipesheet.effectiveness import (
    ENOUGH,
    ENOUGH_CYCLES,
    ENOUGH_FOR_NOTHING,
    NARROW,
    Effect,
    Verdict,
    _difference,
    _verdict,
    effects,
)
from pipesheet.gates import audit
from pipesheet.models import Book, Condition, Criterion
from pipesheet.winrate import wilson


def told(made: Book, as_of: dt.date = AS_OF) -> tuple[Effect, ...]:
    gates = audit(frame(made, as_of), made, as_of=as_of, folder=Path())
    return effects(gates.asked, gates.frame, made, as_of=as_of)


def counts(made: Book, as_of: dt.date = AS_OF) -> dict[str, tuple[int, int, int, int]]:
    """Requirement -> met, of those won; unmet, of those won."""
    return {e.criterion.requirement: (e.met, e.met_won, e.unmet, e.unmet_won) for e in told(made, as_of)}


DEALS = """
    Deal ID | Stage    | Amount | Created    | Close date | Contact | Budget
    W-1     | Won      | 1000   | 2026-01-01 | 2026-03-01 | Mia     | yes
    W-2     | Won      | 9000   | 2026-01-01 | 2026-03-01 | Mia     |
    W-3     | Won      | 1000   | 2026-01-01 | 2026-03-01 |         |
    L-1     | Lost     | 1000   | 2026-01-01 | 2026-03-01 |         | yes
    L-2     | Lost     | 9000   | 2026-01-01 | 2026-03-01 | Mia     |
    L-3     | Lost     | 1000   | 2026-01-01 | 2026-03-01 |         |
    L-4     | Lost     | 1000   | 2026-01-01 | 2026-03-01 | Mia     | yes
    O-1     | Proposal | 1000   | 2026-01-01 | 2027-03-01 |         |
"""
HISTORY = """
    Deal ID | Recorded   | Stage
    W-1     | 2026-01-01 | Lead
    W-1     | 2026-02-01 | Proposal
    W-1     | 2026-03-01 | Won
    W-2     | 2026-03-01 | Won
    L-1     | 2026-01-01 | Lead
    L-1     | 2026-02-01 | Proposal
    L-1     | 2026-03-01 | Lost
    L-2     | 2026-01-01 | Lead
    L-2     | 2026-02-01 | Proposal
    L-2     | 2026-02-15 | Lead
    L-2     | 2026-03-01 | Lost
    L-3     | 2026-01-01 | Lead
    L-3     | 2026-02-01 | Qualified
    L-3     | 2026-03-01 | Lost
    L-4     | 2026-03-01 | Lost
    O-1     | 2026-02-01 | Proposal
"""
CRITERIA = """
    Stage    | Gate  | Requirement   | Field   | Check
    Lead     | exit  | Contact known | Contact | is filled
    Proposal | entry | Budget known  | Budget  | is filled
    Proposal | exit  | Budget agreed | Budget  | is yes
    Won      | entry | Order there   | Budget  | is filled
    Lost     | entry | Reason given  | Budget  | is filled
"""


def test_only_closed_deals_that_reached_the_stage_count() -> None:
    # Who reached Lead: W-1; W-2, which was won and so passed it; L-1; L-2; L-3. Who reached Proposal: not L-3,
    # but L-2, which went back. Nobody knows how far L-4 came, nothing of W-3 is in History, O-1 is open.
    # Entry of Won and of Lost is asked of won or of lost deals alone, so there is nothing to compare.
    assert counts(book(Deals=DEALS, Criteria=CRITERIA, History=HISTORY)) == {
        "Contact known": (3, 2, 2, 0),  # W-1, W-2, L-2 | L-1, L-3
        "Budget known": (2, 1, 2, 1),  # W-1, L-1 | W-2, L-2
        "Budget agreed": (2, 1, 2, 1),
    }


def test_the_rates_and_their_intervals_are_those_of_the_counts() -> None:
    contact, budget, _ = told(book(Deals=DEALS, Criteria=CRITERIA, History=HISTORY))
    assert contact.met_rate == pytest.approx(2 / 3)
    assert contact.unmet_rate == 0.0
    assert (contact.met_interval, contact.unmet_interval) == (wilson(2, 3), wilson(0, 2))
    assert contact.difference == pytest.approx(2 / 3)
    assert budget.difference == 0.0
    assert {contact.verdict, budget.verdict} == {"too few to say"}


def test_where_all_or_none_met_it_there_is_nothing_to_compare() -> None:
    made = book(
        Deals=DEALS,
        History=HISTORY,
        Criteria="""
            Stage | Gate | Requirement | Field  | Check
            Lead  | exit | Amount      | Amount | is filled
            Lead  | exit | No amount   | Amount | is empty
        """,
    )
    everybody, nobody = told(made)
    assert (everybody.met, everybody.unmet, nobody.met, nobody.unmet) == (5, 0, 0, 5)
    assert (everybody.met_rate, everybody.unmet_rate, everybody.unmet_interval) == (0.4, None, None)
    assert (nobody.met_rate, nobody.met_interval, nobody.unmet_rate) == (None, None, 0.4)
    for effect in (everybody, nobody):
        assert (effect.difference, effect.difference_interval, effect.days_saved) == (None, None, None)
        assert effect.verdict == "too few to say"


def test_a_deal_of_which_the_when_does_not_hold_says_nothing() -> None:
    made = book(
        Deals=DEALS,
        History=HISTORY,
        Criteria="""
            Stage | Gate | Requirement   | Field   | Check     | When field | When check | When value
            Lead  | exit | Contact known | Contact | is filled | Amount     | >          | 5000
        """,
    )
    assert counts(made) == {"Contact known": (2, 1, 0, 0)}  # W-2 and L-2, both with a contact


def test_neither_a_waiver_nor_grace_is_evidence() -> None:
    plain = book(Deals=DEALS, Criteria=CRITERIA, History=HISTORY)
    excused = book(
        Deals=DEALS,
        History=HISTORY,
        Criteria="""
            Stage    | Gate  | Requirement   | Field   | Check     | Grace days
            Lead     | exit  | Contact known | Contact | is filled | 1000
            Proposal | entry | Budget known  | Budget  | is filled | 1000
            Proposal | exit  | Budget agreed | Budget  | is yes    | 1000
        """,
        Waivers="""
            Deal ID | Requirement   | Expires
            W-2     | Budget known  | 2027-12-31
            L-1     | Contact known | 2027-12-31
        """,
    )
    assert counts(excused) == counts(plain)


def test_severity_does_not_matter_and_a_criterion_that_cannot_be_used_has_no_effect() -> None:
    made = book(
        Deals=DEALS,
        History=HISTORY,
        Criteria="""
            Stage | Gate | Requirement   | Field    | Check     | Severity
            Lead  | exit | Contact known | Contact  | is filled | info
            Lead  | exit | Budget known  | Budgett  | is filled | block
            *     | exit | Budget there  | Budget   | is filled | warn
        """,
    )
    assert counts(made) == {"Contact known": (3, 2, 2, 0), "Budget there": (2, 1, 3, 1)}


def test_without_history_or_closed_deals_nothing_is_said() -> None:
    assert told(book(Deals=DEALS, Criteria=CRITERIA)) == ()
    assert told(book(Deals=DEALS, Criteria=CRITERIA, History="Deal ID | Recorded | Stage")) == ()
    still_open = DEALS.replace("Won ", "Lead").replace("Lost", "Lead")
    assert told(book(Deals=still_open, Criteria=CRITERIA, History=HISTORY)) == ()
    assert told(book(Deals=DEALS, History=HISTORY)) == ()


def test_what_history_says_of_later_days_is_not_known_yet() -> None:
    made = book(Deals=DEALS, Criteria=CRITERIA, History=HISTORY)
    # In January nobody had come to Proposal; W-1 was won in the end, so it will have passed all stages.
    assert counts(made, dt.date(2026, 1, 31)) == {
        "Contact known": (2, 1, 2, 0),  # W-1, L-2 | L-1, L-3
        "Budget known": (1, 1, 0, 0),
        "Budget agreed": (1, 1, 0, 0),
    }


# The interval of a difference ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10: 95 % intervals.
    # The first by hand. 56/70 = 0.8 with Wilson limits 0.6918 and 0.8769 (l, u), 48/80 = 0.6 with 0.4905 and 0.7004:
    #   low  = 0.2 - √((0.8 - 0.6918)² + (0.7004 - 0.6)²) = 0.2 - √(0.01171 + 0.01008) = 0.2 - 0.1476 = 0.0524
    #   high = 0.2 + √((0.8769 - 0.8)² + (0.6 - 0.4905)²) = 0.2 + √(0.00591 + 0.01199) = 0.2 + 0.1338 = 0.3338
    # (0.3339 with more digits)
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes_as_published(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    sides = (one, other)
    rates = [hits / n for hits, n in sides]
    difference, interval = _difference(rates, [wilson(hits, n, z=1.959964) for hits, n in sides])
    assert difference == pytest.approx(rates[0] - rates[1])
    assert interval is not None
    assert [round(end, 4) for end in interval] == [low, high]


@given(
    st.tuples(st.integers(0, 200), st.integers(0, 200)).filter(any),
    st.tuples(st.integers(0, 200), st.integers(0, 200)).filter(any),
)
def test_the_interval_holds_the_difference_and_turns_round_with_the_sides(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    sides = [(won, won + lost) for won, lost in (one, other)]
    rates, intervals = [won / n for won, n in sides], [wilson(won, n) for won, n in sides]
    difference, interval = _difference(rates, intervals)
    assert difference is not None
    assert interval is not None
    assert -1 - 1e-9 <= interval[0] <= difference <= interval[1] <= 1 + 1e-9
    back, turned = _difference(rates[::-1], intervals[::-1])
    assert back == pytest.approx(-difference)
    assert turned == pytest.approx((-interval[1], -interval[0]), abs=1e-12)


# Verdicts --------------------------------------------------------------------------------------------


def fared(met: tuple[int, int], unmet: tuple[int, int], days: tuple[int, int] = (30, 30)) -> Book:
    """A book of closed deals, won and lost, with and without the evidence; `days` is how long each side took."""
    rows, history = [], []
    for (won, lost), contact, cycle in ((met, "Mia", days[0]), (unmet, "", days[1])):
        closed = dt.date(2026, 1, 1) + dt.timedelta(cycle)
        for n, stage in enumerate(["Won"] * won + ["Lost"] * lost):
            deal = f"{contact or 'none'}-{n}"
            rows.append(f"{deal} | {stage} | 1000 | 2026-01-01 | {closed} | {contact}")
            history.append(f"{deal} | 2026-01-01 | Lead")
    return book(
        Deals="\n".join(["Deal ID | Stage | Amount | Created | Close date | Contact", *rows]),
        History="\n".join(["Deal ID | Recorded | Stage", *history]),
        Criteria="""
            Stage | Gate | Requirement   | Field   | Check
            Lead  | exit | Contact known | Contact | is filled
        """,
    )


@pytest.mark.parametrize(
    ("met", "unmet", "verdict"),
    [
        ((7, 3), (3, 7), "separates"),  # 40 points, at least 11: worked out below
        ((3, 7), (7, 3), "separates the wrong way"),
        ((9, 0), (0, 10), "too few to say"),  # as clear as can be, but nine deals
        ((10, 0), (0, 9), "too few to say"),
        ((10, 0), (0, 10), "separates"),
        ((5, 5), (5, 5), "too few to say"),  # no difference to be seen, which says little of twenty deals
        ((100, 100), (100, 100), "separates nothing"),
        ((100, 100), (95, 105), "separates nothing"),
        ((100, 100), (5, 5), "too few to say"),
        ((0, 60), (0, 60), "separates nothing"),
        ((0, 60), (0, 19), "too few to say"),  # narrow enough, but fewer than twenty
        ((0, 60), (0, 20), "separates nothing"),
    ],
)
def test_each_verdict_needs_its_number_of_deals(met: tuple[int, int], unmet: tuple[int, int], verdict: Verdict) -> None:
    (effect,) = told(fared(met, unmet))
    assert (effect.met, effect.met_won, effect.unmet, effect.unmet_won) == (sum(met), met[0], sum(unmet), unmet[0])
    assert effect.verdict == verdict


@pytest.mark.parametrize(
    ("met", "unmet", "interval", "verdict"),
    [
        (ENOUGH, ENOUGH, (0.001, 0.5), "separates"),
        (ENOUGH - 1, 500, (0.001, 0.5), "too few to say"),
        (500, ENOUGH - 1, (0.001, 0.5), "too few to say"),
        (ENOUGH, ENOUGH, (0.0, 0.5), "too few to say"),  # zero is possible
        (ENOUGH, ENOUGH, (-0.5, -0.001), "separates the wrong way"),
        (500, 500, (-0.5, 0.0), "too few to say"),
        (ENOUGH_FOR_NOTHING, ENOUGH_FOR_NOTHING, (-NARROW, NARROW), "separates nothing"),
        (ENOUGH_FOR_NOTHING - 1, 500, (-NARROW, NARROW), "too few to say"),
        (500, ENOUGH_FOR_NOTHING - 1, (-NARROW, NARROW), "too few to say"),
        (500, 500, (-NARROW - 0.001, 0.05), "too few to say"),
        (500, 500, (-0.05, NARROW + 0.001), "too few to say"),
        (500, 500, (0.001, 0.002), "separates"),  # however little, it is there
        (500, 0, None, "too few to say"),
    ],
)
def test_the_verdicts_at_their_thresholds(
    met: int, unmet: int, interval: tuple[float, float] | None, verdict: Verdict
) -> None:
    assert _verdict(met, unmet, interval) == verdict


def test_the_difference_has_an_interval_of_80_percent() -> None:
    (effect,) = told(fared((7, 3), (3, 7)))
    # Wilson at z = 1.2816 of 7/10: (0.7 + 0.0821) / 1.1642 ± 1.2816 √(0.021 + 0.0041) / 1.1642 = 0.6718 ± 0.1744
    assert effect.met_interval == pytest.approx((0.4973, 0.8462), abs=1e-4)
    assert effect.unmet_interval == pytest.approx((0.1538, 0.5027), abs=1e-4)
    # low = 0.4 - √(0.2027² + 0.2027²), high = 0.4 + √(0.1462² + 0.1462²)
    assert effect.difference == pytest.approx(0.4)
    assert effect.difference_interval == pytest.approx((0.1134, 0.6068), abs=1e-4)


# Days saved ------------------------------------------------------------------------------------------


def test_days_saved_is_how_much_longer_won_deals_took_without_it() -> None:
    (quick,) = told(fared((5, 0), (5, 0), days=(20, 50)))
    assert quick.days_saved == 30.0
    (slow,) = told(fared((5, 9), (5, 9), days=(50, 20)))
    assert slow.days_saved == -30.0


def test_nothing_is_said_of_days_on_fewer_than_five_won_deals_of_either_side() -> None:
    assert ENOUGH_CYCLES == 5
    for met, unmet in (((4, 50), (50, 0)), ((50, 0), (4, 50))):
        assert told(fared(met, unmet, days=(20, 50)))[0].days_saved is None


def test_the_median_is_of_won_deals_whose_dates_can_be_right() -> None:
    rows = [
        f"{side}-{n} | Won | {created} | {closed} | {contact}"
        for side, contact, cycles in (("M", "Mia", (10, 20, 30, 40, 100, 900)), ("U", "", (35, 45, 55, 65, 75)))
        for n, (created, closed) in enumerate(
            (dt.date(2024, 1, 1), dt.date(2024, 1, 1) + dt.timedelta(days)) for days in cycles
        )
    ]
    rows += [
        "M-7 | Won  | 2024-06-01 | 2024-01-01 | Mia",  # closed before it was created
        "M-8 | Won  |            | 2024-01-01 | Mia",
        "U-8 | Lost | 2024-01-01 | 2026-01-01 |",
    ]
    made = book(
        Deals="\n".join(["Deal ID | Stage | Created | Close date | Contact", *rows]),
        History="\n".join(["Deal ID | Recorded | Stage", *(f"{r.split(' |')[0]} | 2024-01-01 | Lead" for r in rows)]),
        Criteria="""
            Stage | Gate | Requirement   | Field   | Check
            Lead  | exit | Contact known | Contact | is filled
        """,
    )
    (effect,) = told(made)
    assert (effect.met, effect.met_won, effect.unmet, effect.unmet_won) == (8, 8, 6, 5)
    assert effect.days_saved == 55 - 35  # 10, 20, 30, 40, 100, 900 against 35, 45, 55, 65, 75


# What must always hold -------------------------------------------------------------------------------


@FEW
@given(books())
def test_of_any_book_the_counts_and_rates_agree(made: Book) -> None:
    made = replace(
        made,
        criteria=(
            Criterion("Lead", "exit", "Product known", Condition("Product", "is filled")),
            Criterion("Proposal", "entry", "Owner named", Condition("Owner", "is filled")),
            Criterion("Won", "entry", "Never compared", Condition("Owner", "is filled")),
        ),
    )
    known = made.history.values["deal_id"] if made.history else ()
    deals = frame(made)
    most = deals.filter((deals["outcome"] != "open") & deals["deal_id"].is_in(known)).height
    early, late = (told(made) or (None, None))[:2]
    for effect in filter(None, (early, late)):
        assert effect.met + effect.unmet <= most
        assert 0 <= effect.met_won <= effect.met
        assert 0 <= effect.unmet_won <= effect.unmet
        if effect.difference is not None and effect.difference_interval is not None:
            low, high = effect.difference_interval
            assert low <= effect.difference <= high
            assert math.isclose(effect.difference, effect.met_won / effect.met - effect.unmet_won / effect.unmet)
    if early and late:
        assert late.met + late.unmet <= early.met + early.unmet, "who came to Proposal came past Lead"
