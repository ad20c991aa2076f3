"""The way of each deal through the stages: what was seen, skipped, assumed, or lost without a trace.

The stages are Lead, Qualified, Proposal, Negotiation, Won and Lost; the as-of date is 24 November 2026.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given

from books import AS_OF, FEW, book, books, frame
from pipesheet.models import Book, Stage
from pipesheet.paths import GONE_FROM, Paths, closed_name, paths

D = dt.date
NAMES = ["Lead", "Qualified", "Proposal", "Negotiation"]


def walked(made: Book, as_of: dt.date = AS_OF) -> Paths:
    return paths(frame(made, as_of), made, as_of=as_of)


def way(deal: str, *told: str, created: str = "2026-01-01") -> list[str]:
    """The entries of one deal, in time: ``Lead, seen 1 Jan: advanced``.

    `deal` is its stage, then Close date, Stage since and Status where they matter; `told` its rows in History.
    """
    cells = [*(cell.strip() for cell in deal.split("|")), "", "", ""][:4]
    deals = "Deal ID | Amount | Created | Stage | Close date | Stage since | Status\n"
    sheets = {"Deals": f"{deals}D-1 | 1 | {created} | {' | '.join(cells)}"}
    if told:
        rows = (f"D-1 | {day} | {stage}" for day, _, stage in (row.partition(" ") for row in told))
        sheets["History"] = "Deal ID | Recorded | Stage\n" + "\n".join(rows)
    entries = walked(book(**sheets)).entries.sort("order", "rank")
    return [
        f"{NAMES[row['rank'] - 1]}, {row['how']} {said(row['entered'])}: {row['exit']}"
        for row in entries.iter_rows(named=True)
    ]


def said(day: dt.date | None) -> str:
    if day is None:
        return "?"
    return f"{day.day} {day:%b}" if day.year == 2026 else f"{day.day} {day:%b %Y}"


# Deals that History knows ---------------------------------------------------------------------------


def test_a_deal_that_took_every_stage_entered_each_and_advanced() -> None:
    told = ("2026-01-01 Lead", "2026-02-01 Qualified", "2026-03-01 Proposal", "2026-04-01 Negotiation")
    assert way("Won | 2026-05-01", *told, "2026-05-01 Won") == [
        "Lead, seen 1 Jan: advanced",
        "Qualified, seen 1 Feb: advanced",
        "Proposal, seen 1 Mar: advanced",
        "Negotiation, seen 1 Apr: advanced",
    ]


def test_a_stage_jumped_over_was_entered_and_passed_on_the_day_of_the_jump() -> None:
    assert way("Lost | 2026-03-01", "2026-01-01 Lead", "2026-02-01 Negotiation", "2026-03-01 Lost") == [
        "Lead, seen 1 Jan: advanced",
        "Qualified, skipped 1 Feb: advanced",
        "Proposal, skipped 1 Feb: advanced",
        "Negotiation, seen 1 Feb: lost",
    ]
    assert way("Won | 2026-02-01", "2026-01-01 Proposal", "2026-02-01 Won")[-2:] == [
        "Proposal, seen 1 Jan: advanced",
        "Negotiation, skipped 1 Feb: advanced",
    ]


def test_a_deal_that_moved_back_left_by_that_and_entered_the_earlier_stage_again() -> None:
    assert way("Lead", "2026-01-01 Lead", "2026-02-01 Qualified", "2026-03-01 Lead") == [
        "Lead, seen 1 Jan: advanced",
        "Qualified, seen 1 Feb: moved_back",
        "Lead, seen 1 Mar: still_there",
    ]


def test_a_deal_that_was_re_opened_was_lost_first_and_then_entered_anew() -> None:
    assert way("Proposal", "2026-01-01 Lead", "2026-02-01 Lost", "2026-03-01 Proposal") == [
        "Lead, seen 1 Jan: lost",
        "Proposal, seen 1 Mar: still_there",
    ]


def test_the_stages_before_the_first_recorded_one_were_skipped_if_history_is_as_old_as_the_deal() -> None:
    assert way("Proposal", "2026-01-01 Proposal") == [
        "Lead, skipped 1 Jan: advanced",
        "Qualified, skipped 1 Jan: advanced",
        "Proposal, seen 1 Jan: still_there",
    ]


def test_and_are_assumed_to_have_been_passed_if_the_deal_is_older() -> None:
    assert way("Proposal", "2026-03-01 Proposal") == [
        "Lead, assumed 1 Jan: advanced",
        "Qualified, assumed 1 Jan: advanced",
        "Proposal, seen 1 Mar: still_there",
    ]
    assert way("Won | 2026-03-01", "2026-03-01 Won", created="2025-12-31") == [
        f"{name}, assumed 31 Dec 2025: advanced" for name in NAMES
    ]


def test_a_deal_was_in_the_first_stage_from_the_day_it_was_created() -> None:
    assert way("Lead", "2026-03-01 Lead") == ["Lead, seen 1 Jan: still_there"]
    assert way("Lead", "2026-03-01 Lead", created="") == ["Lead, seen 1 Mar: still_there"]
    assert way("Lead", "2026-03-01 Lead", created="2026-04-01") == ["Lead, seen 1 Mar: still_there"]


def test_a_deal_first_seen_as_lost_was_lost_from_the_first_stage_without_a_trace() -> None:
    assert way("Lost | 2026-03-01", "2026-03-01 Lost") == ["Lead, untraced 1 Jan: lost"]
    assert way("Lead", "2026-03-01 Lost", "2026-04-01 Lead") == [
        "Lead, untraced 1 Jan: lost",
        "Lead, seen 1 Apr: still_there",
    ]


@pytest.mark.parametrize(
    ("deal", "last"),
    [
        ("Lead", ["Lead, seen 1 Jan: still_there"]),
        ("Won | 2026-05-01", ["Lead, seen 1 Jan: advanced", "Qualified, skipped 1 May: advanced"]),
        ("Lost | 2026-05-01", ["Lead, seen 1 Jan: lost"]),
        ("Qualified | | 2026-06-01", ["Lead, seen 1 Jan: advanced", "Qualified, seen 1 Jun: still_there"]),
        # Nobody says when: on the as-of date at the latest. Before what was recorded cannot be.
        ("Qualified", ["Lead, seen 1 Jan: advanced", "Qualified, seen 24 Nov: still_there"]),
        ("Qualified | | 2025-06-01", ["Lead, seen 1 Jan: advanced", "Qualified, seen 1 Jan: still_there"]),
        ("Qualified | | 2027-06-01", ["Lead, seen 1 Jan: advanced", "Qualified, seen 24 Nov: still_there"]),
        ("Lost", ["Lead, seen 1 Jan: lost"]),
        ("Proposal | 2026-05-01 | | Lost", ["Lead, seen 1 Jan: lost"]),
        # A closing after the as-of date is still to come, and a stage in no list is nowhere.
        ("Won | 2026-11-25", ["Lead, seen 1 Jan: still_there"]),
        ("Dream", ["Lead, seen 1 Jan: still_there"]),
    ],
)
def test_where_a_deal_stands_now_is_its_last_move(deal: str, last: list[str]) -> None:
    assert way(deal, "2026-01-01 Lead")[:2] == last


def test_stages_in_no_list_are_passed_over() -> None:
    assert way("Qualified", "2026-01-01 Lead", "2026-02-01 Dream", "2026-03-01 Qualified") == [
        "Lead, seen 1 Jan: advanced",
        "Qualified, seen 1 Mar: still_there",
    ]


def test_what_is_recorded_after_the_as_of_date_has_not_happened() -> None:
    assert way("Lead", "2026-01-01 Lead", "2026-11-25 Qualified") == ["Lead, seen 1 Jan: still_there"]


# Deals that it does not know ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deal", "entries"),
    [
        ("Lead", ["Lead, assumed 1 Jan: still_there"]),
        ("Proposal", ["Lead, assumed 1 Jan: advanced", "Qualified, assumed 1 Jan: advanced",
                      "Proposal, assumed 1 Jan: still_there"]),
        ("Won | 2026-05-01", [f"{name}, assumed 1 Jan: advanced" for name in NAMES]),
        ("Lost | 2026-05-01", ["Lead, untraced 1 Jan: lost"]),
        ("Qualified | 2026-05-01 | | Lost", ["Lead, assumed 1 Jan: advanced", "Qualified, assumed 1 Jan: lost"]),
        ("Dream", []),
    ],
)  # fmt: skip
def test_a_deal_without_history_passed_every_stage_before_the_one_it_is_in(deal: str, entries: list[str]) -> None:
    assert way(deal) == entries


def test_without_a_created_date_nobody_knows_when() -> None:
    assert way("Qualified", created="") == ["Lead, assumed ?: advanced", "Qualified, assumed ?: still_there"]


# The book as a whole --------------------------------------------------------------------------------

BOOK = {
    "Deals": """
        Deal ID | Stage    | Amount | Created
        D-1     | Proposal | 1      | 2026-01-01
        D-1     | Won      | 1      | 2026-01-01
        D-2     | Lead     | 1      | 2026-01-01
                | Lead     | 1      | 2026-01-01
                | Lead     | 1      | 2026-01-01
    """,
    "History": """
        Deal ID | Recorded   | Stage
        D-1     | 2026-02-01 | Qualified
        D-1     | 2026-03-01 | Proposal
        G-1     | 2026-02-01 | Lead
        G-1     | 2026-04-01 | Qualified
        G-2     | 2026-02-01 | Lead
        G-2     | 2026-04-01 | Lost
        G-3     | 2026-02-01 | Dream
    """,
}


def test_moves_and_deals_are_counted() -> None:
    taken = walked(book(**BOOK))
    assert (taken.moves, taken.told, taken.untold, taken.gone) == (6, 3, 3, 1)


def test_of_a_deal_that_left_the_book_the_settled_stages_count_and_the_open_one_does_not() -> None:
    entries = walked(book(**BOOK)).entries.sort("deal_id", "order", "rank")
    gone = [(row["rank"], row["exit"]) for row in entries.iter_rows(named=True) if row["deal_id"] >= GONE_FROM]
    assert gone == [(1, "advanced"), (1, "lost")]
    stays = [row["stage"] for row in walked(book(**BOOK)).spells.iter_rows(named=True) if row["deal_id"] >= GONE_FROM]
    assert stays == ["Lead", "Lead", "Lost"]


def test_of_two_rows_with_one_id_the_first_speaks_and_rows_without_any_are_deals_of_their_own() -> None:
    entries = walked(book(**BOOK)).entries.filter(exit="still_there").sort("deal_id")
    assert entries.select("deal_id", "rank").rows() == [(0, 3), (2, 1), (3, 1), (4, 1)]


def test_a_stay_began_on_a_day_that_was_seen_or_it_is_said_that_it_was_not() -> None:
    stays = walked(book(**BOOK)).spells.filter(deal_id=0)
    assert stays.select("stage", "entered", "left", "start_known").rows() == [
        ("Qualified", D(2026, 2, 1), D(2026, 3, 1), False),
        ("Proposal", D(2026, 3, 1), None, True),
    ]


def test_all_won_stages_are_one_and_so_are_all_lost_ones() -> None:
    stages = """
        Stage     | Order | Probability | Type
        Lead      | 1     | 0.1         | open
        Signed    | 2     | 1           | won
        Delivered | 3     | 1           | won
        Lost      | 4     | 0           | lost
        Dropped   | 5     | 0           | lost
    """
    history = """
        Deal ID | Recorded   | Stage
        D-1     | 2026-01-01 | Lead
        D-1     | 2026-02-01 | Signed
        D-1     | 2026-03-01 | Delivered
        D-2     | 2026-01-01 | Lead
        D-2     | 2026-02-01 | Dropped
    """
    deals = "Deal ID | Stage | Amount\nD-1 | Delivered | 1\nD-2 | Dropped | 1"
    made = book(Deals=deals, Stages=stages, History=history)
    assert walked(made).spells["stage"].to_list() == ["Lead", "Signed", "Lead", "Lost"]


def test_the_ends_have_the_names_of_the_book_or_plain_ones() -> None:
    made = book(Deals="Deal ID | Stage | Amount")
    assert (closed_name(made, "won"), closed_name(made, "lost")) == ("Won", "Lost")
    bare = Book(made.deals, (Stage("Lead", 1, 0.1, "open"), Stage("Closed Won", 2, 1, "won")))
    assert (closed_name(bare, "won"), closed_name(bare, "lost")) == ("Closed Won", "Lost")


def test_a_book_without_open_stages_has_no_entries() -> None:
    made = book(**BOOK)
    taken = walked(Book(made.deals, (Stage("Won", 1, 1, "won"), Stage("Lost", 2, 0, "lost")), history=made.history))
    assert taken.entries.is_empty()


@FEW
@given(books())
def test_each_deal_enters_a_stage_before_it_leaves_it_and_is_still_in_one_at_most(made: Book) -> None:
    taken = walked(made)
    entries = taken.entries
    assert set(entries["exit"]) <= {"advanced", "lost", "moved_back", "still_there"}
    assert set(entries["how"]) <= {"seen", "skipped", "assumed", "untraced"}
    assert entries.select("deal_id", "rank", "order").is_unique().all()
    assert entries.filter(exit="still_there")["deal_id"].is_unique().all()
    assert set(entries.filter(how="skipped")["exit"]) <= {"advanced"}
    in_history = set(taken.spells["deal_id"])
    assert set(entries.filter(how="seen")["deal_id"]) <= in_history
    assert taken.told + taken.untold >= len(set(made.deals.values["deal_id"]))
    left = taken.spells.filter(taken.spells["left"].is_not_null())
    assert (left["left"] >= left["entered"]).all()
