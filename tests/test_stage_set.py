"""The criteria and stages themselves looked over: what cannot be used, what cannot hold together.

Each fault is one finding about the Criteria or the Stages sheet, and the other criteria still run.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books import AS_OF, FEW, book, frame
from pipesheet.findings import CODES, Finding
from pipesheet.gates import Audit, audit
from pipesheet.lint import usable_criteria
from pipesheet.readings import Cells
from pipesheet.stage_set import COMPARED, set_findings

DEALS = """
    Deal ID | Stage    | Amount | Close date | Created    | Budget | Score | Signed | Contract
    D-1     | Proposal | 1000   | 2026-12-01 | 2026-06-01 | 50k    | 7     | yes    | d-1.pdf
    D-2     | Proposal | 2000   | 2027-01-15 | 2026-07-01 |        |       |        |
"""
HEADER = "Stage | Gate | Requirement | Field | Check | Value"
NARROW = """
    Stage    | Order | Probability | Type
    Lead     | 1     | 0.1         | open
    Proposal | 2     | 0.5         | open
    Won      | 3     | 1           | won
    Lost     | 4     | 0           | lost
"""
"""Two open stages, so that the criteria of a test can name them all."""


def audited(criteria: str, deals: str = DEALS, **sheets: str) -> Audit:
    made = book(Deals=deals, Criteria=criteria, **sheets)
    return audit(frame(made), made, as_of=AS_OF, folder=Path())


def about_the_set(gates: Audit) -> list[Finding]:
    """The findings that are about the criteria and stages, not about a deal."""
    return [f for f in gates.findings if not f.deal_id]


def faults(criteria: str, deals: str = DEALS, **sheets: str) -> list[tuple[str, str, str, str]]:
    """Cell, code, found and needed of those findings, stages without criteria left out: they are many here."""
    found = about_the_set(audited(criteria, deals, **sheets))
    return [(str(f.cell), f.code, f.found, f.needed) for f in found if f.code != "stage-without-criteria"]


def codes(criteria: str, deals: str = DEALS, **sheets: str) -> list[tuple[str, str]]:
    """Cell and code of those findings."""
    return [(cell, code) for cell, code, _, _ in faults(criteria, deals, **sheets)]


# One by one ------------------------------------------------------------------------------------------


FAULTY = [
    # a missing column, with the header that is near
    ("Proposal | exit | Budget known | Budgett | is filled |", "criterion-column-missing",
     "Budgett", "a column of the deals, perhaps Budget"),
    ("Proposal | exit | Budget known | Decision criteria | is filled |", "criterion-column-missing",
     "Decision criteria", "a column of the deals"),
    ("Proposal | exit | Closes in time | Close date | on or before | [Signd]", "criterion-column-missing",
     "Signd", "a column of the deals, perhaps Signed"),
    # an unknown stage, with the one that is near
    ("Proposel | exit | Budget known | Budget | is filled |", "criterion-stage-unknown",
     "Proposel", "Proposal, perhaps; the stages are Lead, Proposal, Won, Lost"),
    ("Handover | exit | Budget known | Budget | is filled |", "criterion-stage-unknown",
     "Handover", "one of the stages: Lead, Proposal, Won, Lost"),
    # values that do not fit their check
    ("Proposal | exit | Scored | Score | > | lots", "criterion-value-unreadable",
     ">: lots", "a number, a date such as 2026-10-01, or a column in brackets"),
    ("Proposal | exit | Scored | Score | = |", "criterion-value-unreadable",
     "=: empty", "a value to compare with"),
    ("Proposal | exit | Scored | Score | between | 20 and 10", "criterion-value-unreadable",
     "between: 20 and 10", "the lower end first"),
    ("Proposal | exit | Scored | Score | between | 20", "criterion-value-unreadable",
     "between: 20", "two ends, such as 10 and 20"),
    ("Proposal | exit | Closes soon | Close date | within next N days | soon", "criterion-value-unreadable",
     "within next N days: soon", "a whole number from 0 to 36,525"),
    ("Proposal | exit | Closes soon | Close date | on or before | soon", "criterion-value-unreadable",
     "on or before: soon", "a column in brackets, a date such as 2026-10-01, or today"),
    ("Proposal | exit | Team met | Budget | at least N people | 0", "criterion-value-unreadable",
     "at least N people: 0", "a whole number from 1 to 1,000"),
    ("Proposal | exit | Known source | Budget | is one of | ;", "criterion-value-unreadable",
     "is one of: ;", "a list, such as Proposal; Negotiation"),
    # patterns
    ("Proposal | exit | Order there | Budget | matches | (PO", "criterion-pattern-invalid",
     "(PO", "a regular expression without look-around and back-references"),
    ("Proposal | exit | Order there | Budget | matches | (?=PO)", "criterion-pattern-invalid",
     "(?=PO)", "a regular expression without look-around and back-references"),
    ("Proposal | exit | Order there | Budget | matches | a{1000}{1000}", "criterion-pattern-invalid",
     "a{1000}{1000}", "a pattern of 1 to 200 characters, with at most 1000 repeats in braces"),
    (f"Proposal | exit | Order there | Budget | matches | {'a' * 201}", "criterion-pattern-invalid",
     "a" * 59 + "…", "a pattern of 1 to 200 characters, with at most 1000 repeats in braces"),
    # columns of two kinds, between which no cell can pass
    ("Proposal | exit | Paid in time | Amount | > | [Close date]", "criterion-value-unreadable",
     ">: Amount holds numbers, Close date holds dates", "numbers on both sides, or dates on both"),
    ("Proposal | exit | Paid in time | Amount | in the past |", "criterion-value-unreadable",
     "in the past: Amount holds numbers", "dates to compare"),
    *(
        (f"Proposal | exit | Contract there | Contract | file exists | {path}", "criterion-path-outside",
         path, "a folder below the workbook's own")
        for path in ("..", "../signed", r"..\signed", "signed/../../other", "/etc", r"\\server\share", "//server/share",
                     "C:/signed", r"C:\signed", "c:signed", "~/signed")
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "code", "found", "needed"), FAULTY)
def test_a_faulty_criterion_is_one_finding_and_the_others_still_run(
    row: str, code: str, found: str, needed: str
) -> None:
    criteria = f"{HEADER}\n{row}\nProposal | entry | Signed by the buyer | Signed | is yes |"
    assert faults(criteria, Stages=NARROW) == [("Criteria!C2", code, found, needed)]
    gates = audited(criteria, Stages=NARROW)
    assert [(r.criterion.requirement, r.met, r.unmet) for r in gates.results] == [("Signed by the buyer", 1, 1)]
    assert [f.deal_id for f in gates.findings if f.code == "entry-criterion-not-met"] == ["D-2"]


def test_an_unknown_check_is_told_the_checks_there_are() -> None:
    (fault,) = faults(f"{HEADER}\nProposal | exit | Budget known | Budget | is fullish |", Stages=NARROW)
    assert fault[:3] == ("Criteria!C2", "criterion-check-unknown", "is fullish")
    assert fault[3].startswith("one of: is filled, is empty, is yes,")


def test_a_fault_says_which_criterion_it_is_about_and_is_an_error() -> None:
    made = about_the_set(
        audited(
            f"""
            {HEADER}
            Lead     | exit | Contact known | Signed  | is filled |
            Proposal | exit | Budget known  | Budgett | is filled |
            """,
            Stages=NARROW,
        )
    )
    assert [(f.stage, f.requirement, f.severity, str(f.cell)) for f in made] == [
        ("Proposal", "Budget known", "error", "Criteria!C3")
    ]


@pytest.mark.parametrize(
    ("when", "code", "found"),
    [
        ("Regionn | is filled |", "criterion-column-missing", "Regionn"),
        ("Amount  | is big    |", "criterion-check-unknown", "is big"),
        ("Amount  | >         | lots", "criterion-value-unreadable", ">: lots"),
        ("Amount  |           | 1000", "criterion-check-unknown", "empty"),
        ("        | >         | 1000", "criterion-column-missing", "empty"),
    ],
)
def test_a_faulty_when_is_a_fault_of_its_criterion_which_is_then_asked_of_nobody(
    when: str, code: str, found: str
) -> None:
    criteria = f"""
        Stage    | Gate  | Requirement   | Field  | Check     | When field | When check | When value
        Lead     | exit  | Contact known | Budget | is filled |            |            |
        Proposal | entry | Buyer signed  | Signed | is yes    | {when}
    """
    assert [f[:3] for f in faults(criteria, Stages=NARROW)] == [("Criteria!C3", code, found)]
    assert [r.criterion.requirement for r in audited(criteria, Stages=NARROW).results] == ["Contact known"]


def test_a_reference_to_a_column_that_holds_other_things_does_no_harm() -> None:
    # Nobody knows what a column of two cells will hold tomorrow, so nothing is said; no cell passes.
    criteria = f"""
        {HEADER}
        Lead     | exit  | Score above budget | Score  | >  | [Contract]
        Proposal | entry | Buyer signed       | Signed | is yes |
    """
    gates = audited(criteria, Stages=NARROW)
    assert about_the_set(gates) == []
    assert [(r.met, r.unmet) for r in gates.results] == [(0, 2), (1, 1)]


FIVE_DEALS = """
    Deal ID | Stage    | Amount | Close date | Next step | Created    | Score | Renewal    | Four       | Mixed
    D-1     | Proposal | 1000   | 2026-12-01 | Call Mia  | 2026-06-01 | 7     | 2027-01-01 | 2027-01-01 | 5
    D-2     | Proposal | 1000   | 2026-12-01 |           | 2026-06-01 | 7     | 2027-01-01 | 2027-01-01 | tbd
    D-3     | Proposal | 1000   | 2026-12-01 |           | 2026-06-01 | 7     | 2027-01-01 | 2027-01-01 | 2027-01-01
    D-4     | Proposal | 1000   | 2026-12-01 |           | 2026-06-01 | 7     | 2027-01-01 | 2027-01-01 | tbd
    D-5     | Proposal | 1000   | 2026-12-01 |           | 2026-06-01 | "8"   | 2027-01-01 |            | tbd
"""


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("Score      | >            | [Renewal]    ", ">: Score holds numbers, Renewal holds dates"),
        ("Score      | =            | [Close date] ", "=: Score holds numbers, Close date holds dates"),
        ("Close date | ≠            | [Score]      ", "≠: Close date holds dates, Score holds numbers"),
        ("Close date | on or before | [Next step]  ", "on or before: Close date holds dates, Next step holds texts"),
        ("Next step  | >            | [Stage]      ", ">: Next step holds texts, Stage holds texts"),
        ("Close date | >            | 5            ", ">: Close date holds dates, 5 is a number"),
        ("Amount     | between      | 2026-01-01 and 2026-12-31",
         "between: Amount holds numbers, 2026-01-01 is a date, 2026-12-31 is a date"),
        ("Renewal    | <            | 5            ", "<: Renewal holds dates, 5 is a number"),
        # one value of another kind, or too few cells, and tomorrow it may be as it should
        ("Score      | >            | [Four]       ", None),
        ("Close date | on or after  | [Mixed]      ", None),
        ("Score      | >            | [Amount]     ", None),
        ("Renewal    | on or after  | [Close date] ", None),
        ("Next step  | =            | [Stage]      ", None),
        ("Next step  | ≠            | [Mixed]      ", None),
    ],
)  # fmt: skip
def test_a_comparison_of_two_kinds_that_no_cell_can_pass_is_one_fault(row: str, fault: str | None) -> None:
    criteria = f"{HEADER}\nProposal | exit | Compared | {row}\nLead | exit | Known | Stage | is filled |"
    found = [(cell, code, what) for cell, code, what, _ in faults(criteria, FIVE_DEALS, Stages=NARROW)]
    assert found == ([("Criteria!C2", "criterion-value-unreadable", fault)] if fault else [])


@pytest.mark.parametrize("stage", ["proposal", "  PROPOSAL ", "Quote"])
def test_stages_may_be_written_in_any_case_or_by_an_alias(stage: str) -> None:
    gates = audited(
        f"{HEADER}\nLead | exit | Contact known | Signed | is filled |\n{stage} | exit | Budget | Budget | is filled |",
        Stages="""
            Stage    | Order | Probability | Type | Aliases
            Lead     | 1     | 0.1         | open |
            Proposal | 2     | 0.5         | open | Offer, Quote
            Won      | 3     | 1           | won  |
        """,
    )
    assert about_the_set(gates) == []
    assert len(gates.results) == 2


# Contradictions --------------------------------------------------------------------------------------


def pair(one: str, other: str) -> str:
    """Two criteria of one gate, behind which no open stage lies; `one` and `other` are field, check and value."""
    return f"""
        {HEADER}
        Proposal | exit | First  | {one}
        Proposal | exit | Second | {other}
    """


APART = [
    # empty and filled
    ("Budget     | is filled |",           "Budget     | is empty  |"),
    ("Budget     | is empty  |",           "Budget     | is yes    |"),
    ("Score      | >         | 3",         "Score      | is empty  |"),
    ("Contract   | file exists | signed",  "Contract   | is empty  |"),
    # yes and no
    ("Signed     | is yes    |",           "Signed     | is no     |"),
    ("Signed     | is yes    |",           "Signed     | =         | no"),
    ("Signed     | =         | TRUE",      "Signed     | =         | FALSE"),
    ("Signed     | is yes    |",           "Signed     | is one of | agreed; refused"),
    # numbers
    ("Score      | >         | 7",         "Score      | <         | 7"),
    ("Score      | >         | 7",         "Score      | ≤         | 7"),
    ("Score      | ≥         | 8",         "Score      | between   | 1 and 7"),
    ("Score      | =         | 5",         "Score      | =         | 6"),
    ("Score      | =         | 5",         "Score      | >         | 5"),
    ("Score      | is one of | 1; 2; 3",   "Score      | ≥         | 4"),
    ("Score      | between   | 1 and 3",   "Score      | between   | 4 and 6"),
    # dates
    ("Close date | in the future |",       "Close date | in the past |"),
    ("Close date | on or after  | 2027-01-01", "Close date | on or before | 2026-12-31"),
    ("Close date | within last N days | 7", "Close date | in the future |"),
    ("Close date | within next N days | 7", "Close date | on or after | 2026-12-02"),
    ("Close date | =         | 2026-12-01", "Close date | >         | 2026-12-01"),
    ("Close date | in the past |", "Close date | within next N days | 7"),
    # a number here, a date there
    ("Score      | >         | 7",         "Score      | >         | 2026-01-01"),
    # lists
    ("Budget     | is one of | A; B",      "Budget     | is one of | C; D"),
    ("Budget     | =         | A",         "Budget     | is one of | B; C"),
    ("Budget     | =         | A",         "Budget     | =         | B"),
    ("Budget     | is one of | A; B",      "Budget     | is not one of | a; b; c"),
    ("Score      | is one of | 1; 2",      "Score      | >         | 5"),
    ("Score      | is one of | low; high", "Score      | ≥         | 5"),
    ("Close date | is one of | 2026-12-01; 2026-12-02", "Close date | > | 2026-12-31"),
    ("Signed     | is one of | agreed; refused", "Signed | is yes  |"),
    ("Signed     | =         | no",        "Signed     | is yes    |"),
    # ≠
    ("Budget     | =         | A",         "Budget     | ≠         | a"),
    ("Score      | =         | 7",         "Score      | ≠         | 7"),
    ("Budget     | is one of | A",         "Budget     | ≠         | A"),
    ("Budget     | is empty  |",           "Budget     | ≠         | A"),
]  # fmt: skip

TOGETHER = [
    ("Budget     | is filled |",           "Signed     | is empty  |"),
    ("Budget     | is empty  |",           "Budget     | is empty  |"),
    ("Signed     | is yes    |",           "Signed     | =         | yes"),
    ("Signed     | =         | TRUE",      "Signed     | =         | 1"),
    ("Signed     | =         | TRUE",      "Signed     | >         | 0"),
    ("Signed     | is yes    |",           "Signed     | is one of | yes; agreed"),
    ("Score      | ≥         | 7",         "Score      | ≤         | 7"),
    ("Score      | >         | 7",         "Score      | <         | 7.5"),
    ("Score      | =         | 7",         "Score      | between   | 1 and 7"),
    ("Score      | is one of | 1; 9",      "Score      | ≥         | 4"),
    ("Score      | >         | [Amount]",  "Score      | <         | [Amount]"),
    ("Close date | on or after | 2026-12-31", "Close date | on or before | 2026-12-31"),
    ("Close date | within last N days | 7", "Close date | within next N days | 7"),
    ("Close date | on or after | [Created]", "Close date | on or before | [Created]"),
    ("Budget     | is one of | A; B",      "Budget     | is one of | b; C"),
    ("Budget     | is one of | A; B",      "Budget     | ≠         | A"),
    ("Budget     | ≠         | A",         "Budget     | ≠         | B"),
    ("Budget     | contains  | A",         "Budget     | contains  | B"),
    ("Budget     | =         | 12",        "Budget     | =         | \"12\""),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_criteria_that_no_cell_can_meet_together_contradict_whichever_comes_first(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        assert codes(pair(first, second), Stages=NARROW) == [("Criteria!C3", "criterion-contradiction")]


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_two_criteria_that_one_cell_can_meet_do_not(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        assert codes(pair(first, second), Stages=NARROW) == []


def test_a_contradiction_names_both_criteria_and_what_each_asks_for() -> None:
    assert faults(pair("Score | ≥ | 8", "Score | < | 5"), Stages=NARROW) == [
        (
            "Criteria!C3",
            "criterion-contradiction",
            "Score must be less than 5",
            "not to contradict “First”, which asks for at least 8",
        )
    ]


def test_each_criterion_that_contradicts_one_above_it_is_told_once() -> None:
    criteria = f"""
        {HEADER}
        Proposal | exit | Low    | Score | < | 5
        Proposal | exit | Middle | Score | = | 6
        Proposal | exit | High   | Score | > | 7
    """
    assert codes(criteria, Stages=NARROW) == [
        ("Criteria!C3", "criterion-contradiction"),
        ("Criteria!C4", "criterion-contradiction"),
    ]


WHEN = "Stage | Gate | Requirement | Field | Check | Value | When field | When check | When value"


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ("Amount | > | 1000", "Amount | ≤ | 1000", False),  # about different deals
        ("Amount | > | 1000", "Amount | > | 1000", True),  # about the same ones
        ("Amount | > | 1000", "       |   |     ", False),  # told of large deals as an exception
        ("Signed | is yes |", "Signed | is filled |", False),
    ],
)
def test_criteria_under_different_whens_do_not_contradict(first: str, second: str, contradict: bool) -> None:
    found = codes(
        f"""
        {WHEN}
        Proposal | exit | First  | Score | > | 7 | {first}
        Proposal | exit | Second | Score | < | 7 | {second}
        """,
        Stages=NARROW,
    )
    assert found == [("Criteria!C3", "criterion-contradiction")] * contradict


def test_what_lost_deals_are_asked_contradicts_nothing_on_the_way_to_won() -> None:
    assert codes(
        f"""
        {HEADER}
        Proposal | exit  | Buyer signed     | Signed | is yes |
        Lost     | entry | Nothing signed   | Signed | is no  |
        Won      | entry | Order confirmed  | Budget | is filled |
        """,
        Stages=NARROW,
    ) == []  # fmt: skip
    assert codes(
        f"""
        {HEADER}
        Lost | entry | Reason given    | Signed | is filled |
        Lost | entry | Nothing signed  | Signed | is empty |
        """,
        Stages=NARROW,
    ) == [("Criteria!C3", "criterion-contradiction")]


# Stages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("early", "late", "unreachable"),
    [
        ("Lead | entry", "Lead | entry", "Stages!A2"),
        ("Lead | entry", "Lead | exit", "Stages!A3"),  # Lead can be earned, what comes after it not
        ("Lead | exit", "Proposal | entry", "Stages!A4"),
        ("Proposal | exit", "Qualified | entry", "Stages!A5"),
        ("Negotiation | entry", "Lead | exit", "Stages!A5"),
        ("Negotiation | exit", "Lead | exit", None),  # behind it lies only Won
        ("Won | entry", "Lead | exit", None),
        ("* | entry", "Proposal | entry", "Stages!A4"),
    ],
)
def test_the_first_stage_behind_two_blocking_criteria_that_exclude_each_other_cannot_be_reached(
    early: str, late: str, unreachable: str | None
) -> None:
    found = faults(f"{HEADER}\n{early} | First | Signed | is yes |\n{late} | Second | Signed | is no |")
    both = "“First” and “Second” exclude each other"
    stages = [(cell, both_, needed) for cell, code, both_, needed in found if code == "stage-unreachable"]
    assert stages == ([(unreachable, both, "one of the two changed")] if unreachable else [])
    assert [code for _, code, _, _ in found].count("criterion-contradiction") == 1


def test_of_several_unreachable_stages_the_first_is_named() -> None:
    found = codes(
        f"""
        {HEADER}
        Negotiation | entry | Scored low    | Score  | <      | 5
        Negotiation | entry | Scored high   | Score  | >      | 7
        Qualified   | entry | Buyer signed  | Signed | is yes |
        Qualified   | entry | Buyer refused | Signed | is no  |
        """
    )
    assert [cell for cell, code in found if code == "stage-unreachable"] == ["Stages!A3"]


@pytest.mark.parametrize("severity", ["warn", "info"])
def test_only_blocking_criteria_make_a_stage_unreachable(severity: str) -> None:
    made = f"""
        Stage    | Gate  | Requirement   | Field  | Check     | Severity
        Lead     | exit  | Nothing yet   | Signed | is empty  | {severity}
        Lead     | exit  | Buyer refused | Signed | is no     | block
        Proposal | entry | Buyer signed  | Signed | is yes    | {{second}}
    """
    light, blocking = (codes(made.format(second=s), Stages=NARROW) for s in (severity, "block"))
    contradictions = [("Criteria!C3", "criterion-contradiction"), ("Criteria!C4", "criterion-contradiction")]
    assert light == contradictions
    assert blocking == [*contradictions, ("Stages!A3", "stage-unreachable")]


def test_one_demand_made_twice_blocks_where_the_second_does() -> None:
    found = codes(
        f"""
        {HEADER.replace("| Value", "| Severity")}
        Lead     | entry | Perhaps signed | Signed | is yes | warn
        Lead     | exit  | Buyer signed   | Signed | is yes | block
        Proposal | entry | Buyer refused  | Signed | is no  | block
        """,
        Stages=NARROW,
    )
    assert found == [("Criteria!C4", "criterion-contradiction"), ("Stages!A3", "stage-unreachable")]


def test_what_is_asked_only_under_a_when_makes_no_stage_unreachable() -> None:
    when = "Amount | > | 1000"
    assert codes(
        f"""
        {WHEN}
        Lead     | exit  | Buyer refused | Signed | is no  |  | {when}
        Proposal | entry | Buyer signed  | Signed | is yes |  | {when}
        """,
        Stages=NARROW,
    ) == [("Criteria!C3", "criterion-contradiction")]


def bare_stages(criteria: str) -> list[str]:
    found = about_the_set(audited(criteria))
    return [f.stage for f in found if f.code == "stage-without-criteria"]


def test_an_open_stage_without_criteria_is_named_where_others_have_some() -> None:
    criteria = f"""
        {HEADER}
        lead     | exit  | Contact known | Signed  | is filled |
        Proposal | entry | Budget known  | Budgett | is filled |
        Won      | entry | Order there   | Signed  | is yes    |
    """
    # The criterion of Proposal cannot be used, which is a finding of its own.
    assert bare_stages(criteria) == ["Qualified", "Negotiation"]
    (first, _) = [f for f in about_the_set(audited(criteria)) if f.code == "stage-without-criteria"]
    assert (str(first.cell), first.severity, first.found) == ("Stages!A3", "info", "no entry and no exit criterion")


def test_a_criterion_of_every_stage_is_one_of_each_and_without_any_nobody_meant_to_ask() -> None:
    assert bare_stages(f"{HEADER}\n* | entry | Contact known | Signed | is filled |") == []
    assert bare_stages(HEADER) == []


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        (("0.1", "0.25", "0.5"), []),
        (("0.1", "0.1", "0.5"), []),
        (("0.3", "0.25", "0.5"), [("Stages!A3", "25% in Proposal", "at least the 30% of Lead before it")]),
        (
            ("0.9", "0.5", "0.25"),
            [
                ("Stages!A3", "50% in Proposal", "at least the 90% of Lead before it"),
                ("Stages!A4", "25% in Legal", "at least the 50% of Proposal before it"),
            ],
        ),
    ],
)
def test_a_later_stage_of_a_lower_probability(
    probabilities: tuple[str, str, str], expected: list[tuple[str, str, str]]
) -> None:
    lead, proposal, legal = probabilities
    found = faults(
        HEADER,
        Stages=f"""
            Stage    | Order | Probability | Type
            Lead     | 1     | {lead}      | open
            Proposal | 2     | {proposal}  | open
            Legal    | 3     | {legal}     | open
            Won      | 4     | 1           | won
            Lost     | 5     | 0           | lost
        """,
    )
    assert found == [(cell, "stage-probability-not-rising", said, needed) for cell, said, needed in expected]


def test_stages_rise_in_their_order_not_in_that_of_the_rows() -> None:
    stages = """
        Stage    | Order | Probability | Type
        Proposal | 2     | 0.5         | open
        Lead     | 1     | 0.1         | open
        Won      | 3     | 1           | won
    """
    assert faults(HEADER, Stages=stages) == []


# Wording, and criteria nobody is asked ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        ("Proposal sent", "sent"),
        ("Called twice", "Called"),
        ("Demo", "Demo"),
        ("We presented the offer", "presented"),
        ("Follow-up e-mail", "Follow-up"),
        ("Visited on site", "Visited"),
        ("Left a voicemail", "voicemail"),
    ],
)
def test_wording_that_says_what_the_seller_did(requirement: str, told: str) -> None:
    assert faults(f"{HEADER}\nProposal | exit | {requirement} | Signed | is yes |", Stages=NARROW) == [
        (
            "Criteria!C2",
            "criterion-of-the-seller",
            f"“{told}” is what the seller does",
            "what the buyer did or said that shows it, such as “customer has confirmed …”",
        )
    ]


@pytest.mark.parametrize(
    "requirement",
    [
        "Customer has confirmed the demo",
        "Proposal sent and accepted",
        "Buyer called back",
        "Quoted price agreed",
        "Champion presented it to the board",
        "They replied to the e-mail we sent",
        "Budget known",
        "Consent given",  # no “sent” within a word
        "Demographics known",
    ],
)
def test_wording_that_names_the_buyer_or_what_the_buyer_did_is_fine(requirement: str) -> None:
    assert faults(f"{HEADER}\nProposal | exit | {requirement} | Signed | is yes |", Stages=NARROW) == []


@pytest.mark.parametrize(
    ("stage", "gate", "asked"),
    [("Won", "entry", True), ("Won", "exit", False), ("Lost", "entry", True), ("Lost", "exit", False),
     ("Proposal", "exit", True)],
)  # fmt: skip
def test_a_criterion_at_a_gate_nobody_passes(stage: str, gate: str, asked: bool) -> None:
    found = faults(f"{HEADER}\n{stage} | {gate} | Order confirmed | Signed | is yes |", Stages=NARROW)
    needed = "the entry of that stage, or another stage"
    said = f"exit of {stage}, where deals end"
    assert found == ([] if asked else [("Criteria!C2", "criterion-never-asked", said, needed)])


# Settings, scale and what must always hold -----------------------------------------------------------


EVERYTHING = f"""
    {HEADER}
    Lead     | exit  | Budget known    | Budgett  | is filled   |
    Lost     | exit  | Reason given    | Budget   | is filled   |
    Leed     | exit  | Contact known   | Budget   | is filled   |
    Proposal | entry | Proposal sent   | Budget   | is fullish  |
    Proposal | entry | Proposal sent   | Budget   | is filled   |
    Proposal | entry | Scored          | Score    | >           | lots
    Proposal | entry | Order there     | Budget   | matches     | (PO
    Proposal | entry | Contract there  | Contract | file exists | ../signed
    Proposal | entry | Buyer signed    | Signed   | is yes      |
    Proposal | entry | Buyer refused   | Signed   | is no       |
"""
WRONG_STAGES = """
    Stage    | Order | Probability | Type
    Lead     | 1     | 0.6         | open
    Proposal | 2     | 0.5         | open
    Legal    | 3     | 0.5         | open
    Won      | 4     | 1           | won
    Lost     | 5     | 0           | lost
"""
LINTS = [
    c for c in CODES
    if c in ("stage-unreachable", "stage-without-criteria", "stage-probability-not-rising")
    or (c.startswith("criterion-"))
]  # fmt: skip


def of_everything(settings: str = "") -> dict[str, str]:
    made = audited(EVERYTHING, Stages=WRONG_STAGES, Settings=f"Setting | Value\n{settings}")
    return {f.code: f.severity for f in about_the_set(made)}


def test_the_book_below_has_every_fault_a_set_may_have_with_its_usual_severity() -> None:
    assert of_everything() == {code: CODES[code].severity for code in LINTS}


@pytest.mark.parametrize("code", LINTS)
def test_each_fault_may_be_turned_off_or_made_another_severity_and_the_others_stay(code: str) -> None:
    usual = of_everything()
    assert of_everything(f"rule {code} | off") == {c: s for c, s in usual.items() if c != code}
    other = "warning" if usual[code] != "warning" else "error"
    assert of_everything(f"rule {code} | {other}") == {**usual, code: other}


def test_of_two_thousand_criteria_each_fault_is_one_finding_and_the_others_still_run() -> None:
    checks = ("| is filled |", "| ≥ | {n}", "| < | {n}", "| = | {n}", "| ≠ | {n}", "| is one of | {n}; x")
    rows = [
        f"Proposal | exit | Requirement {n} | {'Score' if n % 10 else 'Nowhere'} {checks[n % 6].format(n=n % 300)}"
        for n in range(2000)
    ]
    made = book(Deals=DEALS, Criteria="\n".join([HEADER, *rows]), Stages=NARROW)
    gates = audit(frame(made), made, as_of=AS_OF, folder=Path())
    found = about_the_set(gates)
    assert sum(f.code == "criterion-column-missing" for f in found) == 200
    assert len(gates.results) == 1800
    places = [(f.code, f.cell) for f in found]
    assert len(places) == len(set(places))


def test_no_contradiction_is_lost_among_the_first_hundred_demands_on_a_column() -> None:
    rows = [f"Proposal | exit | Not {n} | Score | ≠ | {n}" for n in range(COMPARED)]
    criteria = "\n".join([HEADER, *rows, f"Proposal | exit | Last | Score | = | {COMPARED - 1}"])
    assert codes(criteria, Stages=NARROW) == [(f"Criteria!C{COMPARED + 2}", "criterion-contradiction")]


_checks = st.sampled_from([
    "is filled |", "is empty |", "is yes |", "is no |", "= | yes", "= | no", "= | 0", "= | 1", "= | 5", "= | A",
    "≠ | A", "≠ | 5", "> | 4", "≥ | 5", "< | 5", "≤ | 5", "between | 1 and 3", "is one of | A; 5", "is one of | B; yes",
    "is not one of | A; B; yes", "is not one of | 3; 5", "contains | A", "matches | ^A", "in the past |",
    "in the future |", "within last N days | 3", "within next N days | 3", "on or before | 2026-11-23",
    "on or after | 2026-11-25", "= | 2026-11-24", "> | 2026-11-24", "at least N people | 2", "is a link |",
])  # fmt: skip
ANYTHING = """
    Deal ID | Stage | Amount | Cell
    D-1     | Lead  | 1000   |
    D-2     | Lead  | 1000   | A
    D-3     | Lead  | 1000   | B
    D-4     | Lead  | 1000   | yes
    D-5     | Lead  | 1000   | no
    D-6     | Lead  | 1000   | TRUE
    D-7     | Lead  | 1000   | FALSE
    D-8     | Lead  | 1000   | 0
    D-9     | Lead  | 1000   | 1
    D-10    | Lead  | 1000   | 3
    D-11    | Lead  | 1000   | 4.5
    D-12    | Lead  | 1000   | 5
    D-13    | Lead  | 1000   | "5"
    D-14    | Lead  | 1000   | 6
    D-15    | Lead  | 1000   | 2026-11-21
    D-16    | Lead  | 1000   | 2026-11-24
    D-17    | Lead  | 1000   | 2026-11-27
    D-18    | Lead  | 1000   | "2026-11-24"
    D-19    | Lead  | 1000   | Ann; Bo
    D-20    | Lead  | 1000   | https://a.example
    D-21    | Lead  | 1000   | #REF!
"""


@settings(FEW, max_examples=150)
@given(_checks, _checks)
def test_no_cell_meets_two_criteria_that_are_said_to_contradict(one: str, other: str) -> None:
    made = book(Deals=ANYTHING, Criteria=pair(f"Cell | {one}", f"Cell | {other}"), Stages=NARROW)
    usable, unusable = usable_criteria(made, Cells(made), as_of=AS_OF)
    assert not unusable
    first, second = (c.test.check.met(c.test.column, as_of=AS_OF, folder=Path()) for c in usable)
    if any(f.code == "criterion-contradiction" for f in set_findings(usable, made, as_of=AS_OF)):
        assert not (first & second).any()
