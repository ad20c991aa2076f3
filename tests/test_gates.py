"""Stage gates, on books a sales person could read: which stage a deal has earned, and what it lacks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from books import AS_OF, book, frame
from pipesheet.findings import Finding
from pipesheet.gates import Audit, audit
from pipesheet.models import Book

D = dt.date


def audited(made: Book) -> Audit:
    return audit(frame(made), made, as_of=AS_OF, folder=Path())


def told(gates: Audit, *columns: str) -> dict[str, tuple[Any, ...]]:
    """Deal ID -> those columns."""
    return {row[0]: row[1:] for row in gates.frame.select("deal_id", *columns).iter_rows()}


def unmet(gates: Audit) -> list[tuple[str, str, str]]:
    """Deal, requirement and severity of each criterion that is not met."""
    found = [f for f in gates.findings if f.code.endswith("-criterion-not-met")]
    return sorted((f.deal_id, f.requirement, f.severity) for f in found)


CRITERIA = """
    Stage       | Gate  | Requirement      | Field    | Check     | Severity
    Qualified   | entry | Contact known    | Contact  | is filled | block
    Qualified   | exit  | Budget known     | Budget   | is filled | block
    Proposal    | entry | Buyer named      | Buyer    | is filled | block
    Proposal    | exit  | Proposal linked  | Link     | is a link | block
    Negotiation | entry | Amount confirmed | Agreed   | is yes    | block
    Negotiation | exit  | Contract read    | Contract | is filled | block
"""
LADDER = """
    Deal ID | Stage       | Amount | Contact | Budget | Buyer | Link          | Agreed | Contract
    D-1     | Negotiation | 1000   | Ann     | 50k    | Bo    | https://x.org | yes    | read
    D-2     | Negotiation | 1000   | Ann     | 50k    | Bo    |               | yes    |
    D-3     | Negotiation | 1000   | Ann     | 50k    |       | https://x.org | yes    |
    D-4     | Negotiation | 1000   | Ann     |        | Bo    | https://x.org | yes    |
    D-5     | Negotiation | 1000   |         | 50k    | Bo    | https://x.org | yes    |
    D-6     | Proposal    | 1000   | Ann     | 50k    | Bo    |               |        |
    D-7     | Proposal    | 1000   | Ann     | 50k    | Bo    | https://x.org | yes    |
    D-8     | Qualified   | 1000   | Ann     |        |       |               |        |
    D-9     | Lead        | 1000   |         |        |       |               |        |
"""


def test_the_earned_stage_is_the_last_one_for_which_nothing_blocking_is_missing() -> None:
    gates = audited(book(Deals=LADDER, Criteria=CRITERIA))
    assert told(gates, "earned_rank", "earned_stage") == {
        "D-1": (4, "Negotiation"),
        "D-2": (3, "Proposal"),  # left Proposal without the link
        "D-3": (2, "Qualified"),  # may not enter Proposal without a buyer
        "D-4": (2, "Qualified"),  # may not leave Qualified without a budget
        "D-5": (1, "Lead"),  # may not enter Qualified without a contact
        "D-6": (3, "Proposal"),
        "D-7": (3, "Proposal"),
        "D-8": (2, "Qualified"),
        "D-9": (1, "Lead"),
    }


def test_ready_to_advance_and_the_next_requirement() -> None:
    gates = audited(book(Deals=LADDER, Criteria=CRITERIA))
    assert told(gates, "ready", "next_requirement") == {
        "D-1": (True, None),  # nothing stands before Won
        "D-2": (False, "Proposal linked"),  # what is missing behind it comes first
        "D-3": (False, "Buyer named"),
        "D-4": (False, "Budget known"),
        "D-5": (False, "Contact known"),
        "D-6": (False, "Proposal linked"),
        "D-7": (True, None),
        "D-8": (False, "Budget known"),
        "D-9": (False, "Contact known"),
    }


def test_evidence_counts_a_deal_at_what_it_has_earned() -> None:
    gates = audited(book(Deals=LADDER, Criteria=CRITERIA))
    weighted = {deal: row for deal, row in told(gates, "weighted", "evidence_weighted").items() if deal < "D-6"}
    assert weighted == {
        "D-1": (750.0, 750.0),
        "D-2": (750.0, 500.0),
        "D-3": (750.0, 250.0),
        "D-4": (750.0, 250.0),
        "D-5": (750.0, 100.0),
    }


def test_not_even_the_first_stage() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Source
                D-1     | Lead     | 1000   |
                D-2     | Proposal | 1000   |
                D-3     | Proposal | 1000   | Web
            """,
            Criteria="""
                Stage | Gate  | Requirement  | Field  | Check
                Lead  | entry | Source known | Source | is filled
            """,
        )
    )
    assert told(gates, "earned_rank", "earned_stage", "evidence_weighted") == {
        "D-1": (0, "none", 0.0),
        "D-2": (0, "none", 0.0),
        "D-3": (3, "Proposal", 500.0),
    }


def test_only_blocking_criteria_lower_the_earned_stage_and_each_severity_has_its_finding() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Budget | Buyer | Link
                D-1     | Proposal | 1000   |        |       |
                D-2     | Proposal | 1000   | 50k    |       |
            """,
            Criteria="""
                Stage     | Gate  | Requirement  | Field  | Check     | Severity
                Qualified | exit  | Budget known | Budget | is filled | block
                Qualified | exit  | Buyer named  | Buyer  | is filled | warn
                Proposal  | entry | Link there   | Link   | is a link | info
            """,
        )
    )
    assert told(gates, "earned_stage") == {"D-1": ("Qualified",), "D-2": ("Proposal",)}
    assert unmet(gates) == [
        ("D-1", "Budget known", "error"),
        ("D-1", "Buyer named", "warning"),
        ("D-1", "Link there", "info"),
        ("D-2", "Buyer named", "warning"),
        ("D-2", "Link there", "info"),
    ]
    assert told(gates, "ready", "next_requirement")["D-2"] == (False, "Buyer named"), "ready asks for all of them"


def test_a_criterion_is_only_asked_where_its_when_holds() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Legal
                D-1     | Proposal | 50000  |
                D-2     | Proposal | 5000   |
                D-3     | Proposal | 50000  | done
                D-4     | Proposal |        |
            """,
            Criteria="""
                Stage    | Gate  | Requirement | Field | Check     | When field | When check | When value
                Proposal | entry | Legal done  | Legal | is filled | Amount     | >          | 20000
            """,
        )
    )
    assert unmet(gates) == [("D-1", "Legal done", "error")]
    (result,) = gates.results
    assert (result.asked, result.met, result.unmet, result.not_applicable) == (4, 1, 1, 2)


GRACE = """
    Stage    | Gate  | Requirement | Field | Check     | Grace days
    Proposal | entry | Link there  | Link  | is a link | 7
    Proposal | exit  | Terms known | Terms | is filled | 7
"""


def test_grace_counts_from_the_day_the_stage_was_entered() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Stage since | Link | Terms
                D-1     | Proposal | 1000   | 2026-11-17  |      | net 30
                D-2     | Proposal | 1000   | 2026-11-16  |      | net 30
                D-3     | Proposal | 1000   |             |      | net 30
                D-4     | Proposal | 1000   | 2026-11-24  | x    | net 30
                D-5     | Proposal | 1000   | 2026-11-25  |      | net 30
                D-6     | Proposal | 1000   | 2099-01-01  |      | net 30
            """,
            Criteria=GRACE,
        )
    )
    assert told(gates, "earned_stage") == {
        "D-1": ("Proposal",),  # the seventh day
        "D-2": ("Qualified",),  # the eighth
        "D-3": ("Qualified",),  # nobody knows since when
        "D-4": ("Proposal",),
        "D-5": ("Qualified",),  # a day ahead is no day it was entered
        "D-6": ("Qualified",),
    }
    assert (gates.results[0].in_grace, gates.results[0].unmet) == (2, 4)


def test_grace_makes_nobody_ready() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Stage since | Link          | Terms
                D-1     | Proposal | 1000   | 2026-11-23  | https://x.org |
                D-2     | Proposal | 1000   | 2026-11-23  | https://x.org | net 30
            """,
            Criteria=GRACE,
        )
    )
    assert told(gates, "ready", "next_requirement") == {"D-1": (False, "Terms known"), "D-2": (True, None)}


def test_what_winning_asks_for_is_the_last_next_requirement() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage       | Amount | Terms  | Order | Contract
                D-1     | Negotiation | 1000   |        |       |
                D-2     | Negotiation | 1000   | net 30 |       |
                D-3     | Negotiation | 1000   | net 30 |       | signed
                D-4     | Negotiation | 1000   | net 30 | PO-1  | signed
                D-5     | Proposal    | 1000   | net 30 |       |
            """,
            Criteria="""
                Stage       | Gate  | Requirement     | Field    | Check     | Severity
                Won         | entry | Contract signed | Contract | is filled | info
                Won         | entry | Order there     | Order    | is filled | block
                Negotiation | exit  | Terms known     | Terms    | is filled | block
            """,
        )
    )
    assert told(gates, "earned_stage", "ready", "next_requirement") == {
        "D-1": ("Negotiation", False, "Terms known"),  # first by gate, not by row
        "D-2": ("Negotiation", False, "Contract signed"),  # of one gate the first row, however it weighs
        "D-3": ("Negotiation", False, "Order there"),
        "D-4": ("Negotiation", True, None),
        "D-5": ("Proposal", True, None),  # the way goes to the next stage, no further
    }
    assert unmet(gates) == [], "nothing ahead is asked yet"


def test_won_deals_are_asked_all_open_stages_and_won_lost_deals_only_lost() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage | Amount | Buyer | Order | Reason
                D-1     | Won   | 1000   | Bo    | PO-1  |
                D-2     | Won   | 1000   |       |       |
                D-3     | Lost  | 1000   |       |       |
                D-4     | Lost  | 1000   |       |       | price
            """,
            Criteria="""
                Stage    | Gate  | Requirement  | Field  | Check
                Proposal | exit  | Buyer named  | Buyer  | is filled
                Won      | entry | Order there  | Order  | is filled
                Lost     | entry | Reason given | Reason | is filled
            """,
        )
    )
    assert unmet(gates) == [
        ("D-2", "Buyer named", "error"),
        ("D-2", "Order there", "error"),
        ("D-3", "Reason given", "error"),
    ]
    assert set(told(gates, "earned_rank", "earned_stage", "evidence_weighted").values()) == {(None, None, 0.0)}
    assert not gates.frame["ready"].any()


@pytest.mark.parametrize("every", ["*", "every stage", "All"])
def test_a_criterion_of_every_stage_is_asked_of_every_open_and_won_deal(every: str) -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Owner
                D-1     | Lead     | 1000   |
                D-2     | Proposal | 1000   |
                D-3     | Won      | 1000   |
                D-4     | Lost     | 1000   |
            """,
            Criteria=f"""
                Stage   | Gate  | Requirement  | Field | Check
                {every} | entry | Owner named  | Owner | is filled
            """,
        )
    )
    assert [deal for deal, _, _ in unmet(gates)] == ["D-1", "D-2", "D-3"]
    assert told(gates, "earned_stage")["D-2"] == ("none",)


def test_the_deals_own_probability_counts_where_its_stage_is_earned_and_is_capped_where_it_is_not() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Probability | Budget
                D-1     | Proposal | 1000   | 0.9         | 50k
                D-2     | Proposal | 1000   | 0.9         |
                D-3     | Proposal | 1000   | 0.2         |
                D-4     | Proposal | 1000   | 0.2         | 50k
            """,
            Criteria="""
                Stage     | Gate | Requirement  | Field  | Check
                Qualified | exit | Budget known | Budget | is filled
            """,
        )
    )
    assert told(gates, "weighted", "evidence_weighted") == {
        "D-1": (900.0, 900.0),  # high, which is another finding, but nothing is missing
        "D-2": (900.0, 250.0),
        "D-3": (200.0, 200.0),  # already below what it has earned
        "D-4": (200.0, 200.0),
    }


def test_what_is_not_in_the_forecast_has_no_evidence_and_what_cannot_be_judged_stays_as_claimed() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Probability | Category | Budget
                D-1     | Proposal | 1000   |             | Omitted  |
                D-2     | Demo     | 1000   | 0.4         |          |
                D-3     | Proposal | -1000  |             |          |
                D-4     | Proposal |        |             |          |
            """,
            Criteria="""
                Stage     | Gate | Requirement  | Field  | Check
                Qualified | exit | Budget known | Budget | is filled
            """,
        )
    )
    assert told(gates, "earned_stage", "weighted", "evidence_weighted", "ready") == {
        "D-1": ("Qualified", 0.0, 0.0, False),
        "D-2": (None, 400.0, 400.0, False),  # a stage in no list is asked nothing
        "D-3": ("Qualified", -500.0, -500.0, False),  # a credit is not worth more for lacking proof
        "D-4": ("Qualified", 0.0, 0.0, False),
    }


def test_money_at_stake_is_split_over_the_blocking_criteria_of_the_first_gate_that_fails() -> None:
    made = book(
        Deals="""
            Deal ID | Deal  | Owner | Stage       | Amount | Close date | Contact | Budget | Buyer | Link | Agreed
            D-1     | Pumps | Ann   | Negotiation | 1000   | 2026-12-01 | Ann     |        |       |      |
        """,
        Criteria="""
            Stage       | Gate  | Requirement      | Field   | Check     | Severity | Guidance
            Qualified   | entry | Contact known    | Contact | is filled | block    |
            Qualified   | exit  | Budget known     | Budget  | is filled | block    | Ask what it costs today.
            Qualified   | exit  | Buyer named      | Buyer   | is filled | block    |
            Qualified   | exit  | Link there       | Link    | is a link | warn     |
            Negotiation | entry | Amount confirmed | Agreed  | is yes    | block    |
        """,
    )
    gates = audited(made)
    stakes = {f.requirement: f.money_at_stake for f in gates.findings if f.deal_id}
    # Negotiation at 75 % against Qualified at 25 %: 500, over the two that block there.
    assert stakes == {"Budget known": 250.0, "Buyer named": 250.0, "Link there": 0.0, "Amount confirmed": 0.0}
    assert {r.criterion.requirement: r.money_at_stake for r in gates.results if r.money_at_stake} == {
        "Budget known": 250.0,
        "Buyer named": 250.0,
    }
    finding = next(f for f in gates.findings if f.requirement == "Budget known")
    assert finding == Finding(
        "exit-criterion-not-met",
        "error",
        "empty",
        "filled in",
        finding.cell,
        "D-1",
        "Pumps",
        "Ann",
        "Negotiation",
        "Budget known",
        "Ask what it costs today.",
        1000.0,
        250.0,
        D(2026, 12, 1),
    )
    assert str(finding.cell) == "Deals!H2", "the cell to fill"


def test_a_finding_shows_the_cell_as_it_is_and_what_it_needs() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount  | Buyer | Discount | Team     | Reviewed   | Agreed
                D-1     | Proposal | 1234.5  | Bo    | 0.25     | Bo, bo   | 2026-01-31 | no
                D-2     | Proposal | 12000   |       | lots     |          | 2026-11-20 | yes
                D-3     | Proposal | 9000    | Cy    | 0.1      | Bo and Cy | 2026-11-20 | x
            """,
            Criteria="""
                Stage    | Gate  | Requirement     | Field    | Check              | Value | Severity
                Proposal | entry | Large enough    | Amount   | ≥                  | 5000  | warn
                Proposal | entry | Buyer is not Cy | Buyer    | ≠                  | cy    | warn
                Proposal | entry | Small discount  | Discount | ≤                  | 0.2   | warn
                Proposal | entry | Two people met  | Team     | at least N people  | 2     | warn
                Proposal | entry | Seen lately     | Reviewed | within last N days | 30    | warn
                Proposal | entry | Amount agreed   | Agreed   | is yes             |       | warn
            """,
        )
    )
    assert sorted((str(f.cell), f.found, f.needed) for f in gates.findings if f.deal_id) == [
        ("Deals!C2", "1,234.50", "at least 5,000"),
        ("Deals!D3", "empty", "anything but cy"),
        ("Deals!D4", "Cy", "anything but cy"),
        ("Deals!E2", "0.25", "at most 0.20"),
        ("Deals!E3", "lots", "at most 0.20"),
        ("Deals!F2", "Bo, bo", "at least 2 people"),
        ("Deals!F3", "empty", "at least 2 people"),
        ("Deals!G2", "31 Jan 2026", "a date in the last 30 days"),
        ("Deals!H2", "no", "yes"),
    ]


def test_a_rule_may_be_turned_off_or_made_lighter_and_the_forecast_stays() -> None:
    for setting, severities in (("off", []), ("info", ["info"])):
        gates = audited(
            book(
                Deals="""
                    Deal ID | Stage    | Amount | Budget
                    D-1     | Proposal | 1000   |
                """,
                Criteria="""
                    Stage     | Gate | Requirement  | Field  | Check
                    Qualified | exit | Budget known | Budget | is filled
                """,
                Settings=f"""
                    Setting                     | Value
                    rule exit-criterion-not-met | {setting}
                """,
            )
        )
        assert [severity for _, _, severity in unmet(gates)] == severities
        assert told(gates, "evidence_weighted") == {"D-1": (250.0,)}


def test_without_criteria_what_is_claimed_is_earned() -> None:
    gates = audited(book(Deals=LADDER))
    assert gates.frame["evidence_weighted"].to_list() == gates.frame["weighted"].to_list()
    assert gates.frame["earned_rank"].to_list() == gates.frame["stage_rank"].to_list()
    assert gates.frame["ready"].all()
    assert gates.results == ()
    assert gates.findings == ()


def test_a_waiver_excuses_one_deal_from_one_requirement_and_nobody_from_anything_else() -> None:
    gates = audited(
        book(
            Deals="""
                Deal ID | Stage    | Amount | Budget | Buyer
                D-1     | Proposal | 1000   |        |
                D-2     | Proposal | 1000   |        |
            """,
            Criteria="""
                Stage     | Gate | Requirement  | Field  | Check
                Qualified | exit | Budget known | Budget | is filled
                Qualified | exit | Buyer named  | Buyer  | is filled
            """,
            Waivers="""
                Deal ID | Requirement  | Expires
                D-1     | budget known | 2026-12-31
            """,
        )
    )
    assert unmet(gates) == [
        ("D-1", "Buyer named", "error"),
        ("D-2", "Budget known", "error"),
        ("D-2", "Buyer named", "error"),
    ]
    assert [(r.waived, r.unmet) for r in gates.results] == [(1, 1), (0, 2)]
