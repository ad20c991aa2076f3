"""Conversion by entry cohort: hand-worked histories, and a second way to count them.

The stages are Lead, Qualified, Proposal, Negotiation, Won and Lost; the window is the 365 days to
24 November 2026, so it begins on 25 November 2025.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given

from books import AS_OF, FEW, book, books, frame
from pipesheet.funnel import Conversion, StageConversion, conversion
from pipesheet.models import Book
from pipesheet.stages import open_stages, stages_by_key
from pipesheet.winrate import wilson

D = dt.date
START = D(2025, 11, 25)


@cache
def thought(sheets: tuple[tuple[str, str], ...]) -> Conversion:
    made = book(**dict(sheets))
    return conversion(frame(made), made, as_of=AS_OF)


def converted(**sheets: str) -> Conversion:
    return thought(tuple(sorted(sheets.items())))


def counts(found: Conversion) -> dict[str, tuple[int, ...]]:
    """entered, advanced, lost, moved back, still there, skipped of each stage."""
    return {s.stage: (s.entered, s.advanced, s.lost, s.moved_back, s.still_there, s.skipped) for s in found.stages}


# Histories worked out by hand -----------------------------------------------------------------------

TOLD = {
    "Deals": """
        Deal ID  | Stage       | Amount | Created    | Close date
        whole    | Won         | 1      | 2026-01-01 | 2026-05-01
        skipping | Negotiation | 1      | 2026-01-01 | 2027-01-01
        back     | Qualified   | 1      | 2026-01-01 | 2027-01-01
        reopened | Proposal    | 1      | 2026-01-01 | 2027-01-01
        lost     | Lost        | 1      | 2026-01-01 | 2026-03-01
        blind    | Lost        | 1      | 2026-01-01 | 2026-03-01
        untold   | Qualified   | 1      | 2026-01-01 | 2027-01-01
    """,
    "History": """
        Deal ID  | Recorded   | Stage
        whole    | 2026-01-01 | Lead
        whole    | 2026-02-01 | Qualified
        whole    | 2026-03-01 | Proposal
        whole    | 2026-04-01 | Negotiation
        whole    | 2026-05-01 | Won
        skipping | 2026-01-01 | Lead
        skipping | 2026-02-01 | Negotiation
        back     | 2026-01-01 | Qualified
        back     | 2026-02-01 | Proposal
        back     | 2026-03-01 | Qualified
        reopened | 2026-01-01 | Lead
        reopened | 2026-02-01 | Lost
        reopened | 2026-03-01 | Proposal
        lost     | 2026-01-01 | Lead
        lost     | 2026-02-01 | Qualified
        lost     | 2026-03-01 | Lost
        blind    | 2026-03-01 | Lost
        gone     | 2026-01-01 | Lead
        gone     | 2026-02-01 | Qualified
    """,
}


def test_of_the_deals_that_entered_each_stage_every_one_went_somewhere_or_is_still_there() -> None:
    assert counts(converted(**TOLD)) == {
        # whole, skipping, back (before its first record), lost, untold and gone advanced; reopened and blind lost
        "Lead": (8, 6, 2, 0, 0, 1),
        # whole and back advanced, and skipping by its jump; lost was lost; untold is there, gone is left out
        "Qualified": (5, 3, 1, 0, 1, 1),
        # whole advanced, and skipping by its jump; back moved back; reopened is there
        "Proposal": (4, 2, 0, 1, 1, 1),
        "Negotiation": (2, 1, 0, 0, 1, 0),
    }


def test_the_rate_is_of_those_that_settled_and_the_bounds_are_if_none_or_all_of_the_others_advance() -> None:
    stages = {s.stage: s for s in converted(**TOLD).stages}
    proposal = stages["Proposal"]
    assert proposal.rate == pytest.approx(2 / 3)
    # One lost deal, blind, may have been lost here or have come and gone: both ends allow for it.
    assert (proposal.bound_low, proposal.bound_high) == (2 / 5, (2 + 1 + 1) / (4 + 1))
    assert (proposal.low, proposal.high) == (ends(2, 4)[0], ends(3, 4)[1])
    lead = stages["Lead"]
    assert lead.rate == 6 / 8
    # In the first stage it is counted already; had it been lost further on, one more would have advanced.
    assert (lead.bound_low, lead.bound_high) == (6 / 8, 7 / 8)
    assert (lead.low, lead.high) == (ends(6, 8)[0], ends(7, 8)[1])
    negotiation = stages["Negotiation"]
    # From the last one it can only have been lost here or before.
    assert (negotiation.rate, negotiation.bound_low, negotiation.bound_high) == (1.0, 1 / 3, 1.0)
    assert (negotiation.low, negotiation.high) == (ends(1, 2)[0], 1.0)


def ends(hits: int, n: int) -> tuple[float, float]:
    found = wilson(hits, n)
    assert found is not None
    return found


def test_moves_of_the_window_are_counted_from_stage_to_stage() -> None:
    assert [(t.source, t.target, t.deals) for t in converted(**TOLD).transitions] == [
        ("Lead", "Qualified", 3), ("Lead", "Negotiation", 1), ("Lead", "Lost", 1),
        ("Qualified", "Proposal", 2), ("Qualified", "Lost", 1),
        ("Proposal", "Qualified", 1), ("Proposal", "Negotiation", 1),
        ("Negotiation", "Won", 1),
        ("Lost", "Proposal", 1),
    ]  # fmt: skip


def test_what_the_numbers_rest_on_is_said_in_words() -> None:
    found = converted(**TOLD)
    assert (found.basis, found.window_start, found.window_end) == ("history", START, AS_OF)
    assert found.note == (
        "From History: 19 recorded states of 7 deals. 1 deal without history is placed by today's stage. "
        "1 deal no longer in the book is left out where still open. 1 deal lost without a trace of the stage is "
        "counted as lost from Lead; the bounds say how far off that can be."
    )


def test_without_history_the_deals_speak_by_the_stage_they_are_in() -> None:
    deals = """
        Deal ID | Stage       | Amount | Created    | Close date | Status
        D-1     | Won         | 1      | 2026-01-01 | 2026-05-01 |
        D-2     | Proposal    | 1      | 2026-01-01 | 2027-01-01 |
        D-3     | Proposal    | 1      | 2026-01-01 | 2026-05-01 | lost
        D-4     | Lost        | 1      |            | 2026-05-01 |
        D-5     | Lead        | 1      | 2025-11-25 | 2027-01-01 |
        D-6     | Lead        | 1      | 2025-11-24 | 2027-01-01 |
        D-7     | Dream       | 1      | 2026-01-01 | 2027-01-01 |
    """
    found = converted(Deals=deals)
    assert counts(found) == {
        "Lead": (5, 3, 1, 0, 1, 0),
        "Qualified": (3, 3, 0, 0, 0, 0),
        "Proposal": (3, 1, 1, 0, 1, 0),
        "Negotiation": (1, 1, 0, 0, 0, 0),
    }
    assert (found.basis, found.transitions) == ("deals", ())
    assert found.note == (
        "There is no History to go by, so each deal is taken to have entered the first stage when it was created "
        "and to have passed every stage before the one it is in. 1 deal without a created date is taken as created "
        "in the window. 1 deal lost without a trace of the stage is counted as lost from Lead; the bounds say how "
        "far off that can be."
    )


# Which entries are in the window --------------------------------------------------------------------


def of_one(*told: str, stage: str = "Won | 2026-11-24", created: str = "") -> dict[str, tuple[int, ...]]:
    """The counts of one deal with those rows in History; only of stages that it entered."""
    rows = "\n".join(f"D-1 | {day} | {name}" for day, _, name in (row.partition(" ") for row in told))
    found = converted(
        Deals=f"Deal ID | Amount | Created | Stage | Close date\nD-1 | 1 | {created} | {stage}",
        History="Deal ID | Recorded | Stage\n" + rows,
    )
    return {stage: row for stage, row in counts(found).items() if row[0]}


ADVANCED, LOST, BACK, STILL, SKIPPED = (
    (1, 1, 0, 0, 0, 0), (1, 0, 1, 0, 0, 0), (1, 0, 0, 1, 0, 0), (1, 0, 0, 0, 1, 0), (1, 1, 0, 0, 0, 1),
)  # fmt: skip


def test_only_stages_entered_in_the_window_count_whenever_they_were_left() -> None:
    assert of_one("2025-11-24 Lead", "2025-11-25 Qualified", "2026-01-01 Proposal", stage="Proposal") == {
        "Qualified": ADVANCED, "Proposal": STILL,
    }  # fmt: skip


def test_a_deal_counts_once_in_a_stage_by_its_first_entry_in_the_window() -> None:
    twice = ("2026-01-01 Lead", "2026-02-01 Qualified", "2026-03-01 Lead", "2026-04-01 Lost")
    assert of_one(*twice, stage="Lost") == {"Lead": ADVANCED, "Qualified": BACK}
    before = ("2025-01-01 Lead", "2025-02-01 Qualified", "2026-03-01 Lead", "2026-04-01 Lost")
    assert of_one(*before, stage="Lost") == {"Lead": LOST}


def test_a_stage_jumped_over_counts_only_where_the_deal_had_not_been_in_it_before() -> None:
    again = ("2025-01-01 Lead", "2025-02-01 Qualified", "2026-03-01 Lead", "2026-04-01 Proposal")
    assert of_one(*again, stage="Proposal") == {"Lead": ADVANCED, "Proposal": STILL}
    first = ("2025-01-01 Lead", "2026-04-01 Proposal", "2026-05-01 Qualified")
    assert of_one(*first, stage="Qualified") == {"Qualified": SKIPPED, "Proposal": BACK}


def test_a_deal_that_was_re_opened_counts_by_how_it_first_left() -> None:
    told = ("2026-01-01 Lead", "2026-02-01 Lost", "2026-03-01 Lead", "2026-04-01 Qualified")
    assert of_one(*told, stage="Qualified") == {"Lead": LOST, "Qualified": STILL}


def test_moves_before_the_window_are_not_counted() -> None:
    found = converted(
        Deals="Deal ID | Stage | Amount\nD-1 | Proposal | 1",
        History="""
        Deal ID | Recorded   | Stage
        D-1     | 2025-11-01 | Lead
        D-1     | 2025-11-24 | Qualified
        D-1     | 2025-11-25 | Proposal
    """,
    )
    assert [(t.source, t.target, t.deals) for t in found.transitions] == [("Qualified", "Proposal", 1)]


# Win rates beside the funnel ------------------------------------------------------------------------


def test_win_rates_stand_by_every_column_that_the_closed_deals_have() -> None:
    deals = """
        Deal ID | Stage | Amount | Close date | Owner | Product | Source
        D-1     | Won   | 300    | 2026-05-01 | Ann   | P1      |
        D-2     | Lost  | 100    | 2026-05-01 | Bo    | P1      |
        D-3     | Won   | 900    | 2025-11-24 | Bo    | P2      |
        D-4     | Lead  | 900    | 2027-05-01 | Bo    | P2      | web
    """
    found = converted(Deals=deals)
    assert (found.win_rate.won, found.win_rate.lost, found.win_rate.value_rate) == (1, 1, 0.75)
    assert [(name, [r.key for r in rates]) for name, rates in found.win_rate_by] == [
        ("owner", ["Ann", "Bo"]), ("product", ["P1"]),
    ]  # fmt: skip


def test_a_book_without_deals_has_a_funnel_of_nothing() -> None:
    found = converted(Deals="Deal ID | Stage | Amount")
    nothing = StageConversion("Lead", 0, 0, 0, 0, 0, 0, None, None, None, None, None)
    assert found.stages[0] == nothing
    assert {row[0] for row in counts(found).values()} == {0}
    assert (found.basis, found.win_rate.rate, found.win_rate_by, len(found.trend)) == ("deals", None, (), 12)


# Counted another way --------------------------------------------------------------------------------

Entry = tuple[int, dt.date | None, str, bool]
"""Rank, day, exit, and whether the stage was only passed on the way (not recorded in it)."""


def recorded(made: Book) -> Mapping[str, list[tuple[int | str, dt.date]]]:
    """Each deal's states in listed stages, in order of time: rank or outcome, and day."""
    known = stages_by_key(made.stages)
    ranks = {s.name: n for n, s in enumerate(open_stages(made.stages), 1)}
    told: dict[str, list[Any]] = {}
    assert made.history is not None
    rows = zip(*(made.history.values[name] for name in ("deal_id", "recorded", "stage")), strict=True)
    for number, (deal, when, spelling) in enumerate(rows):
        stage = known.get(" ".join((spelling or "").split()).casefold())
        if stage is not None and when.date() <= AS_OF:
            place: int | str = ranks[stage.name] if stage.type == "open" else stage.type
            order = place if isinstance(place, int) else {"lost": 98, "won": 99}[place]
            told.setdefault(deal, []).append((when, order, number, place))
    return {deal: [(place, when.date()) for when, _, _, place in sorted(rows)] for deal, rows in told.items()}


def present(row: Mapping[str, Any], last: dt.date) -> list[tuple[int | str, dt.date]]:
    """Where a deal that was last recorded on a day stands now, as one more state."""
    outcome = row["outcome"]
    place = row["stage_rank"] if outcome == "open" else outcome
    since = row["entered_stage"] if outcome == "open" else row["close_date"]
    if place is None or (outcome != "open" and since is not None and since > AS_OF):
        return []
    return [(place, AS_OF if since is None or since > AS_OF else max(since, last))]


def passed(low: int, place: int | str, last: int) -> range:
    """The ranks strictly between a rank and where a deal went forward to."""
    return range(low + 1, place if isinstance(place, int) else last + 1 if place == "won" else 0)


def entries(states: list[tuple[int | str, dt.date]], created: dt.date | None, last: int) -> Iterator[Entry]:
    """What a deal entered, in order of time, by its states; unseen deals are not for this one."""
    stays = [state for n, state in enumerate(states) if n == 0 or states[n - 1][0] != state[0]]
    place, day = stays[0]
    older = created is not None and created < day
    if place == "lost":
        yield (1, created if older else day, "lost", False)
    for rank in passed(0, place, last):
        yield (rank, created if older else day, "advanced", not (older and place != 1))
    for number, (place, entered) in enumerate(stays):
        if not isinstance(place, int):
            continue
        begun = created if number == 0 and older and place == 1 else entered
        if number + 1 == len(stays):
            yield (place, begun, "still there", False)
            continue
        target, left = stays[number + 1]
        back = isinstance(target, int) and target < place
        yield (place, begun, "lost" if target == "lost" else "moved back" if back else "advanced", False)
        for rank in passed(place, target, last):
            yield (rank, left, "advanced", True)


def unseen(row: Mapping[str, Any], last: int) -> Iterator[Entry]:
    """What a deal without history is taken to have entered."""
    rank, outcome, day = row["stage_rank"], row["outcome"], row["created"]
    stands = "won" if outcome == "won" else rank
    for before in passed(0, stands, last) if stands is not None else ():
        yield (before, day, "advanced", False)
    if outcome == "lost":
        yield (rank or 1, day, "lost", False)
    elif outcome == "open" and rank is not None:
        yield (rank, day, "still there", False)


def counted(made: Book) -> dict[int, Counter[str]]:
    """The funnel deal by deal: exits by rank, and how many were skipped."""
    told, last = dict(recorded(made)), len(open_stages(made.stages))
    found: dict[int, Counter[str]] = {rank: Counter() for rank in range(1, last + 1)}
    deals = {row["deal_id"]: row for row in reversed(frame(made).to_dicts())}
    for deal in deals.keys() | told.keys():
        row = deals.get(deal)
        if deal not in told:
            way = list(unseen(deals[deal], last))
        else:
            states = told[deal] + (present(row, told[deal][-1][1]) if row else [])
            way = list(entries(states, row["created"] if row else None, last))
            way = [e for e in way if row or e[2] != "still there"]
        been: set[int] = set()
        done: set[int] = set()
        for rank, day, left, jumped in way:
            fresh = rank not in been
            been.add(rank)
            if rank in done or (jumped and not fresh) or not (day is None or START <= day <= AS_OF):
                continue
            done.add(rank)
            found[rank][left] += 1
            found[rank]["skipped"] += jumped
    return found


@FEW
@given(books())
def test_counting_deal_by_deal_gives_the_same_and_the_order_of_rows_does_not_matter(made: Book) -> None:
    found = conversion(frame(made), made, as_of=AS_OF)
    expected = counted(made)
    for rank, stage in enumerate(found.stages, 1):
        exits = {"advanced": stage.advanced, "lost": stage.lost, "moved back": stage.moved_back,
                 "still there": stage.still_there, "skipped": stage.skipped}  # fmt: skip
        assert exits == {name: expected[rank][name] for name in exits}, stage.stage
        assert stage.entered == stage.advanced + stage.lost + stage.moved_back + stage.still_there
        if stage.rate is not None:
            assert None not in (stage.low, stage.high, stage.bound_low, stage.bound_high)
            assert 0 <= (stage.low or 0) <= stage.rate <= (stage.high or 0) <= 1
            assert 0 <= (stage.bound_low or 0) <= stage.rate <= (stage.bound_high or 0) <= 1
    backwards = {name: list(reversed(column)) for name, column in made.deals.values.items()}
    turned = replace(made, deals=replace(made.deals, values=backwards))
    again = conversion(frame(turned), turned, as_of=AS_OF)
    assert (again.stages, again.transitions, again.note) == (found.stages, found.transitions, found.note)
