"""Time and movement: days in stage, what stalls, what was skipped, moved back or pushed."""

from __future__ import annotations

import datetime as dt

import pytest

from books import AS_OF, book, frame
from pipesheet.history import spells, states
from pipesheet.models import Book
from pipesheet.pace import ENOUGH_SPELLS, stall_limits, stays_in
from pipesheet.rules import judge

D = dt.date


def told(code: str, **sheets: str) -> list[tuple[str, str]]:
    """The cell and the text of each finding of that code."""
    made = book(**sheets)
    found = judge(frame(made), made, as_of=AS_OF)[1]
    return [(f.cell.a1, f.found) for f in found if f.code == code and f.cell]


# Days in stage, and stalling ------------------------------------------------------------------------


def test_days_in_stage_are_of_open_deals_and_never_below_zero() -> None:
    deals = """
        Deal ID | Stage    | Amount | Created    | Stage since
        D-1     | Proposal | 1      | 2026-01-01 | 2026-11-23
        D-2     | Proposal | 1      | 2026-01-01 | 2026-11-24
        D-3     | Proposal | 1      | 2026-01-01 | 2027-01-01
        D-4     | Proposal | 1      | 2026-01-01 |
        D-5     | Lead     | 1      | 2026-10-25 |
        D-6     | Won      | 1      | 2026-01-01 | 2026-11-01
    """
    made = book(Deals=deals)
    judged, _ = judge(frame(made), made, as_of=AS_OF)
    assert judged["days_in_stage"].to_list() == [1, 0, 0, None, 30, None]
    assert judged["stalled"].to_list() == [False] * 6


def stayed(days: list[int], end: str = "Won", stage: str = "Proposal") -> str:
    """History rows of deals that were so many days in a stage before they ended."""
    start = D(2026, 1, 1)
    rows = [
        f"{end}-{stage}-{n} | {day} | {name}"
        for n, stay in enumerate(days)
        for day, name in ((start, stage), (start + dt.timedelta(stay), end))
    ]
    return "\n".join(rows)


HEADER = "Deal ID | Recorded | Stage\n"
DEALS = "Deal ID | Stage | Amount\nD-1 | Lead | 1"


def limits(history: str, **sheets: str) -> dict[str, float]:
    made = book(Deals=DEALS, History=HEADER + history, **sheets)
    return dict(stall_limits(made, stays_in(states(made, AS_OF))))


def test_what_is_usual_in_a_stage_is_the_eightieth_percentile_of_the_stays_of_won_deals() -> None:
    # 21 stays of 0, 1, … 20 days: four in five are over within 16.
    assert limits(stayed(list(range(21)))) == {"Proposal": 16.0}
    # Between two stays it lies where a straight line does, as PERCENTILE.INC has it: 0.8 × 19 = 15.2.
    assert limits(stayed(list(range(20)))) == {"Proposal": pytest.approx(15.2)}


def test_the_percentile_is_a_setting() -> None:
    settings = "Setting | Value\nStalled percentile | 0.5"
    assert limits(stayed(list(range(21))), Settings=settings) == {"Proposal": 10.0}


def test_only_stays_of_won_deals_that_have_ended_count() -> None:
    still_there = "\n".join(f"O-{n} | 2026-01-01 | Proposal" for n in range(30))
    back_again = "B-1 | 2026-01-01 | Proposal\nB-1 | 2026-10-08 | Lead\nB-1 | 2026-10-09 | Won"
    history = "\n".join([stayed(list(range(20))), stayed([200] * 30, "Lost"), still_there])
    assert limits(history) == {"Proposal": pytest.approx(15.2)}
    # A won deal's stay counts wherever it went next; with this one there are 21, the longest of 280 days.
    assert limits(history + "\n" + back_again) == {"Proposal": 16.0}


def test_a_stage_with_few_stays_is_not_judged() -> None:
    assert limits(stayed([5] * (ENOUGH_SPELLS - 1))) == {}
    assert limits(stayed([5] * ENOUGH_SPELLS)) == {"Proposal": 5.0}
    re_opened = "R | 2026-01-01 | Won\nR | 2026-02-01 | Proposal"
    assert limits(stayed([5] * (ENOUGH_SPELLS - 1)) + "\n" + re_opened) == {}


def test_max_days_of_the_stage_goes_before_what_is_usual() -> None:
    stages = """
        Stage    | Order | Probability | Type | Max days
        Lead     | 1     | 0.1         | open | 10
        Proposal | 2     | 0.5         | open | 45
        Deal     | 3     | 0.6         | open |
        Won      | 4     | 1           | won  | 1
    """
    assert limits(stayed([5] * 20), Stages=stages) == {"Lead": 10, "Proposal": 45}
    made = book(Deals=DEALS, Stages=stages)
    assert stall_limits(made, None) == {"Lead": 10, "Proposal": 45}


def test_without_a_column_for_the_next_steps_date_the_stage_is_the_cell_to_look_at() -> None:
    deals = """
        Deal ID | Stage    | Amount | Stage since
        D-1     | Proposal | 1      | 2026-11-08
        D-2     | Proposal | 1      | 2026-11-07
    """
    made = book(Deals=deals, History=HEADER + stayed(list(range(21))))
    judged, found = judge(frame(made), made, as_of=AS_OF)
    assert judged["stalled"].to_list() == [False, True]
    (finding,) = [f for f in found if f.code == "stalled"]
    assert finding.cell is not None
    assert (finding.cell.a1, finding.found, finding.needed) == ("B3", "17 days in Proposal", "at most 16 days")


# Movement -------------------------------------------------------------------------------------------


def moved(code: str, stage: str, *way: str) -> list[str]:
    """What is said of one deal that claims `stage` and was in these stages, a month each from January."""
    rows = [f"D-1 | 2026-{month:02d}-01 | {name}" for month, name in enumerate(way, 1)]
    deals = f"Deal ID | Stage | Amount\nD-1 | {stage} | 1"
    return [found for _, found in told(code, Deals=deals, History=HEADER + "\n".join(rows))]


@pytest.mark.parametrize(
    ("stage", "way", "found"),
    [
        ("Proposal", ["Lead", "Qualified", "Proposal"], []),
        ("Proposal", ["Lead", "Qualified"], []),
        ("Proposal", ["Lead", "Proposal"], ["Lead to Proposal without Qualified"]),
        ("Proposal", ["Lead"], ["Lead to Proposal without Qualified"]),
        ("Negotiation", ["Lead", "Proposal"], ["Lead to Negotiation without Qualified"]),
        ("Proposal", ["Lead", "Negotiation", "Proposal"], ["Lead to Proposal without Qualified"]),
        # What came before History began is not known, so nothing was skipped.
        ("Proposal", ["Proposal"], []),
        ("Negotiation", ["Qualified"], ["Qualified to Negotiation without Proposal"]),
        # Made up for: the stage was its stage some time.
        ("Negotiation", ["Lead", "Negotiation", "Qualified", "Proposal", "Negotiation"], []),
        # A stage beyond the one it claims now says nothing of the way there.
        ("Lead", ["Negotiation", "Lead"], []),
        ("Qualified", ["Lead", "Negotiation"], []),
        # Unknown and closed stages are no stage of the way.
        ("Proposal", ["Lead", "Dream", "Lost", "Qualified"], []),
        ("Won", ["Lead"], []),
        ("Dream", ["Lead"], []),
    ],
)
def test_skipped_is_what_lies_between_the_first_stage_seen_and_the_claimed_one(
    stage: str, way: list[str], found: list[str]
) -> None:
    assert moved("stage-skipped", stage, *way) == found


@pytest.mark.parametrize(
    ("stage", "way", "found"),
    [
        ("Proposal", ["Lead", "Proposal"], []),
        ("Proposal", ["Proposal", "Lead", "Proposal"], ["Proposal to Lead on 1 Feb 2026"]),
        (
            "Proposal",
            ["Proposal", "Lead", "Negotiation", "Qualified", "Proposal"],
            ["Negotiation to Qualified on 1 Apr 2026"],
        ),
        # Re-opened: out of a closed stage is back, wherever it leads.
        ("Negotiation", ["Lead", "Lost", "Negotiation"], ["Lost to Negotiation on 1 Mar 2026"]),
        ("Lead", ["Won", "Lead"], ["Won to Lead on 1 Feb 2026"]),
        # The stage it claims now is its last move, of a day that nobody recorded.
        ("Lead", ["Lead", "Proposal"], ["Proposal to Lead after 1 Feb 2026"]),
        ("Lead", ["Lost"], ["Lost to Lead after 1 Jan 2026"]),
        ("Lead", ["Proposal", "Qualified"], ["Qualified to Lead after 1 Feb 2026"]),
        ("Proposal", ["Lead"], []),
        # Closed deals have come to their end, and a stage in no list is nowhere.
        ("Won", ["Proposal", "Lead", "Won"], []),
        ("Lost", ["Proposal", "Lead"], []),
        ("Dream", ["Proposal", "Lead"], []),
        ("Proposal", ["Lead", "Dream", "Proposal"], []),
        ("Lead", ["Proposal", "Dream", "Lead"], ["Proposal to Lead on 1 Mar 2026"]),
    ],
)
def test_moved_back_is_the_latest_move_to_an_earlier_stage_or_out_of_a_closed_one(
    stage: str, way: list[str], found: list[str]
) -> None:
    assert moved("stage-moved-back", stage, *way) == found


def test_the_first_row_of_an_id_says_where_a_deal_is_now() -> None:
    deals = """
        Deal ID | Stage    | Amount
        D-1     | Proposal | 1
        D-1     | Lead     | 1
                | Lead     | 1
    """
    assert told("stage-moved-back", Deals=deals, History=HEADER + "D-1 | 2026-01-01 | Proposal") == []


@pytest.mark.parametrize(
    ("date", "dates", "found"),
    [
        ("2026-12-31", ["2026-06-30", "2026-09-30", "2026-12-31"], "2 times, from 30 Jun 2026 to 31 Dec 2026"),
        ("2026-12-31", ["2026-06-30", "2026-09-30"], "2 times, from 30 Jun 2026 to 31 Dec 2026"),
        ("2026-12-31", ["2026-06-30", "2026-12-31"], None),
        ("2026-12-31", ["2026-06-30"], None),
        ("2026-12-31", ["2026-09-30", "2026-10-31", "2026-09-30", "2026-12-31"],
         "2 times, from 30 Sep 2026 to 31 Dec 2026"),
        # Pulled in twice and pushed once.
        ("2026-12-31", ["2027-03-31", "2027-01-31", "2026-11-30", "2026-12-31"], None),
        # A date that was blank for a while is compared with the one before.
        ("2026-12-31", ["2026-06-30", "", "2026-09-30", "", "2026-12-31"], "2 times, from 30 Jun 2026 to 31 Dec 2026"),
        ("2026-12-31", ["2026-06-30", "", "2026-06-30", "", "2026-06-30"], None),
        ("", ["2026-06-30", "2026-09-30", "2026-12-31"], "2 times, from 30 Jun 2026 to 31 Dec 2026"),
        ("2026-11-30", ["2026-06-30", "2026-09-30", "2026-10-31", "2026-12-31"],
         "3 times, from 30 Jun 2026 to 30 Nov 2026"),
    ],
)  # fmt: skip
def test_each_later_close_date_is_a_push_and_the_date_it_has_now_comes_last(
    date: str, dates: list[str], found: str | None
) -> None:
    rows = [f"D-1 | 2026-{month:02d}-01 | Proposal | {day}" for month, day in enumerate(dates, 1)]
    deals = f"Deal ID | Stage | Amount | Close date\nD-1 | Proposal | 1 | {date}"
    history = "Deal ID | Recorded | Stage | Close date\n" + "\n".join(rows)
    said = [text for _, text in told("close-date-pushed", Deals=deals, History=history)]
    assert said == ([] if found is None else [f"pushed {found}"])


def test_what_history_records_after_the_as_of_date_has_not_happened() -> None:
    deals = "Deal ID | Stage | Amount | Close date\nD-1 | Proposal | 1 | 2026-09-30"
    history = """
        Deal ID | Recorded   | Stage       | Close date
        D-1     | 2026-01-01 | Proposal    | 2026-06-30
        D-1     | 2026-11-25 | Negotiation | 2026-09-30
        D-1     | 2026-11-26 | Proposal    | 2026-12-31
    """
    made = book(Deals=deals, History=history)
    moves = {"stage-moved-back", "close-date-pushed"}
    assert not moves & {f.code for f in judge(frame(made), made, as_of=AS_OF)[1]}
    later = D(2026, 11, 26)
    assert moves <= {f.code for f in judge(frame(made, later), made, as_of=later)[1]}


def test_stays_of_known_stages_are_those_of_history() -> None:
    made: Book = book(
        Deals=DEALS, History=HEADER + "A | 2026-01-01 | Lead\nA | 2026-01-02 | Dream\nA | 2026-01-03 | Won"
    )
    assert stays_in(states(made, AS_OF)).equals(spells(made, AS_OF, known_only=True))
