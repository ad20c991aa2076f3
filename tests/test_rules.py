"""Every built-in rule by a small table of deals: which are found, at which cell, and what is at stake.

The as-of date is 24 November 2026; the stages are Lead 10 %, Qualified 25 %, Proposal 50 %,
Negotiation 75 %, Won and Lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
from hypothesis import given

from books import AS_OF, FEW, STAGES, books, frame
from pipesheet.findings import CODES, Finding
from pipesheet.models import Book
from pipesheet.parser import parse
from pipesheet.rules import RULES, judge, without_echoes
from tables import source

LISTED = "Lead, Qualified, Proposal, Negotiation, Won, Lost"


@dataclass(frozen=True)
class Example:
    """A table of deals and, for each finding of `code`, its cell, what was found and needed, the money
    at stake. Without the fields `needs` (or without History) the rule has nothing to say."""

    code: str
    deals: str
    expected: list[tuple[str, str, str, float]]
    needs: tuple[str, ...]
    sheets: Mapping[str, str] = field(default_factory=dict)


EXAMPLES = [
    Example(
        "deal-id-missing",
        """
        Deal ID | Stage | Amount
        D-1     | Lead  | 100
                | Lead  | 100
        "  "    | Won   | 100
        """,
        [("A3", "empty", "an ID of its own", 0), ("A4", "empty", "an ID of its own", 0)],
        ("deal_id",),
    ),
    Example(
        "deal-id-duplicate",
        """
        Deal ID | Stage    | Amount
        D-1     | Lead     | 100
        d-1     | Lead     | 100
        "D-1 "  | Proposal | 100
                | Lead     | 100
                | Lead     | 100
        D-1     | Won      | 100
        """,
        [("A4", "D-1, as in row 2", "an ID of its own", 50), ("A7", "D-1, as in row 2", "an ID of its own", 0)],
        ("deal_id",),
    ),
    Example(
        "deal-likely-duplicate",
        """
        Deal ID | Deal         | Account | Stage    | Amount
        D-1     | Press line 2 | Acme    | Lead     | 100
        D-2     | press-LINE 2 | " acme" | Proposal | 100
        D-3     | Press line 3 | Acme    | Proposal | 100
        D-4     | Press line 2 | Bolt    | Proposal | 100
        D-5     | Press line 2 | Acme    | Proposal | 101
        D-6     | Press line 2 | Acme    | Won      | 100
        D-1     | Press line 2 | Acme    | Proposal | 100
        D-7     | Press line 2 |         | Proposal | 100
        D-8     | ??           | Acme    | Proposal | 100
        D-9     | !            | Acme    | Proposal | 100
                | Mill         | Acme    | Proposal | 70
                | Mill         | Acme    | Proposal | 70
        D-10    | Press line 2 |         | Proposal | 100
        """,
        [
            ("B3", "like D-1 in row 2", "one row for one deal", 50),
            ("B13", "like the one in row 12", "one row for one deal", 35),
        ],
        ("account",),
    ),
    Example(
        "owner-missing",
        """
        Deal ID | Stage | Amount | Owner
        D-1     | Lead  | 100    | Ann
        D-2     | Lead  | 100    |
        D-3     | Lost  | 100    | "  "
        """,
        [("D3", "empty", "the name of its owner", 0), ("D4", "empty", "the name of its owner", 0)],
        ("owner",),
    ),
    Example(
        "owner-unknown",
        """
        Deal ID | Stage | Amount | Owner
        D-1     | Lead  | 100    | ANN
        D-2     | Lead  | 100    | Anna
        D-3     | Lead  | 100    |
        """,
        [("D3", "Anna", "a name of the Owners sheet", 0)],
        ("owner",),
        {"Owners": "Owner | Team\nAnn | North"},
    ),
    Example(
        "stage-missing",
        """
        Deal ID | Stage | Amount | Probability
        D-1     | Lead  | 100    |
        D-2     |       | 100    | 0.5
        """,
        [("B3", "empty", f"one of the stages: {LISTED}", 0)],
        ("stage",),
    ),
    Example(
        "stage-unknown",
        """
        Deal ID | Stage     | Amount | Probability
        D-1     | " LEAD "  | 100    |
        D-2     | Propsal   | 100    | 0.5
        D-3     | Signed    | 100    |
        """,
        [
            ("B3", "Propsal", f"Proposal, perhaps; the stages are {LISTED}", 50),
            ("B4", "Signed", f"one of the stages: {LISTED}", 0),
        ],
        ("stage",),
    ),
    Example(
        "probability-out-of-range",
        """
        Deal ID | Stage    | Amount | Probability
        D-1     | Proposal | 100    | 0
        D-2     | Proposal | 100    | 1
        D-3     | Proposal | 100    | -0.1
        D-4     | Lead     | 100    | 1.2
        D-5     | Won      | 100    | 1.2
        D-6     | Lead     | 100    | 0.1
        D-7     | Lead     | 100    | 0.2
        D-8     | Lead     | 100    | 0.2
        """,
        [
            ("D4", "−10%", "between 0% and 100%", 50),
            ("D5", "120%", "between 0% and 100%", 10),
            ("D6", "120%", "between 0% and 100%", 0),
        ],
        ("probability",),
    ),
    Example(
        "probability-far-from-stage",
        """
        Deal ID | Stage    | Amount | Probability | Category
        D-1     | Proposal | 100    | 0.8         |
        D-2     | Proposal | 100    | 0.2         |
        D-3     | Proposal | 100    | 0.81        |
        D-4     | Proposal | 100    | 0.19        |
        D-5     | Proposal | 100    | 0.9         | omitted
        D-6     | Won      | 100    | 0.1         |
        D-7     | Dream    | 100    | 0.9         |
        D-8     | Proposal |        | 0.9         |
        """,
        [
            ("D4", "81%", "about 50%, as Proposal has, or a reason", 31),
            ("D5", "19%", "about 50%, as Proposal has, or a reason", 31),
            ("D6", "90%", "about 50%, as Proposal has, or a reason", 0),
            ("D9", "90%", "about 50%, as Proposal has, or a reason", 0),
        ],
        ("probability",),
    ),
    Example(
        "amount-missing",
        """
        Deal ID | Stage | Amount
        D-1     | Lead  | 0
        D-2     | Lead  |
        D-3     | Won   |
        D-4     | Lost  |
        """,
        [("C3", "empty", "an amount", 0), ("C4", "empty", "an amount", 0)],
        ("amount",),
    ),
    Example(
        "amount-unreadable",
        """
        Deal ID | Stage | Amount
        D-1     | Lead  | "1,200.50"
        D-2     | Lead  | a lot
        D-3     | Lost  | "1,2,3"
        """,
        [("C3", "'a lot'", "a number", 0), ("C4", "'1,2,3'", "a number", 0)],
        ("amount",),
    ),
    Example(
        "amount-negative",
        """
        Deal ID | Stage | Amount | Currency
        D-1     | Lead  | 0      | EUR
        D-2     | Lead  | -1200  | EUR
        D-3     | Won   | -1     | USD
        """,
        [("C3", "−€1,200", "an amount above zero", 0), ("C4", "−$1", "an amount above zero", 0)],
        ("amount",),
    ),
    Example(
        "currency-without-rate",
        """
        Deal ID | Stage | Amount | Currency | Close date
        D-1     | Lead  | 100    | EUR      | 2026-12-01
        D-2     | Lead  | 100    | usd      | 2026-12-01
        D-3     | Lead  | 100    | CHF      | 2026-12-01
        D-4     | Lead  |        | CHF      | 2026-12-01
        D-5     | Won   | 100    | USD      | 2025-12-31
        D-6     | Lead  | 100    |          | 2026-12-01
        """,
        [
            ("D4", "CHF", "a rate for it in the Rates sheet, on or before the deal's date", 0),
            ("D6", "USD", "a rate for it in the Rates sheet, on or before the deal's date", 0),
        ],
        ("currency",),
        {
            "Rates": "Currency | Date | Rate\nUSD | 2026-01-01 | 0.9",
            "Settings": "Setting | Value\nReporting currency | EUR",
        },
    ),
    Example(
        "close-date-missing",
        """
        Deal ID | Stage    | Amount | Close date | Closed
        D-1     | Proposal | 100    | 2026-12-01 |
        D-2     | Proposal | 100    |            |
        D-3     | Proposal |        |            |
        D-4     | Won      | 100    |            | 2026-01-01
        D-5     | Lead     | 100    |            | 2026-01-01
        """,
        [
            ("D3", "empty", "the date it is expected to close", 50),
            ("D4", "empty", "the date it is expected to close", 0),
            ("D6", "empty", "the date it is expected to close", 10),
        ],
        ("close_date",),
    ),
    Example(
        "close-date-past",
        """
        Deal ID | Stage    | Amount | Close date | Category
        D-1     | Proposal | 100    | 2026-11-24 |
        D-2     | Proposal | 100    | 2026-11-23 |
        D-3     | Won      | 100    | 2026-11-23 |
        D-4     | Proposal | 100    | 2026-01-31 | omitted
        D-5     | Proposal | -100   | 2026-11-23 |
        """,
        [
            ("D3", "23 Nov 2026", "24 Nov 2026 or later, or the deal closed", 50),
            ("D5", "31 Jan 2026", "24 Nov 2026 or later, or the deal closed", 0),
            ("D6", "23 Nov 2026", "24 Nov 2026 or later, or the deal closed", 0),
        ],
        ("close_date",),
    ),
    Example(
        "closed-without-close-date",
        """
        Deal ID | Stage | Amount | Close date
        D-1     | Won   | 100    | 2026-01-01
        D-2     | Won   | 100    |
        D-3     | Lost  | 100    |
        D-4     | Lead  | 100    |
        """,
        [("D3", "empty", "the date it was won or lost", 0), ("D4", "empty", "the date it was won or lost", 0)],
        ("close_date",),
    ),
    Example(
        "closed-after-as-of",
        """
        Deal ID | Stage | Amount | Close date | Closed
        D-1     | Won   | 100    |            | 2026-11-24
        D-2     | Won   | 100    | 2026-11-25 |
        D-3     | Lost  | 100    | 2026-01-01 | 2027-01-01
        D-4     | Lead  | 100    | 2026-12-01 | 2026-12-01
        """,
        [
            ("D3", "25 Nov 2026", "24 Nov 2026 or before", 0),
            ("E4", "1 Jan 2027", "24 Nov 2026 or before", 0),
        ],
        ("close_date", "closed"),
    ),
    Example(
        "close-date-before-created",
        """
        Deal ID | Stage    | Amount | Created    | Close date | Closed
        D-1     | Proposal | 100    | 2026-12-05 | 2026-12-05 |
        D-2     | Proposal | 100    | 2026-12-05 | 2026-12-04 | 2026-12-31
        D-3     | Won      | 100    | 2026-05-05 | 2026-12-31 | 2026-05-04
        D-4     | Lost     | 100    | 2026-05-05 | 2026-05-01 |
        D-5     | Proposal | 100    |            | 2026-12-04 |
        """,
        [
            ("E3", "4 Dec 2026", "5 Dec 2026 or later, when it was created", 50),
            ("F4", "4 May 2026", "5 May 2026 or later, when it was created", 0),
            ("E5", "1 May 2026", "5 May 2026 or later, when it was created", 0),
        ],
        ("created",),
    ),
    Example(
        "next-step-missing",
        """
        Deal ID | Stage | Amount | Next step
        D-1     | Lead  | 100    | Call Ann
        D-2     | Lead  | 100    |
        D-3     | Lead  | 100    | "  "
        D-4     | Won   | 100    |
        """,
        [
            ("D3", "empty", "what happens next, and who does it", 0),
            ("D4", "empty", "what happens next, and who does it", 0),
        ],
        ("next_step",),
    ),
    Example(
        "next-step-overdue",
        """
        Deal ID | Stage | Amount | Next step date
        D-1     | Lead  | 100    | 2026-11-24
        D-2     | Lead  | 100    | 2026-11-23
        D-3     | Lead  | 100    | 2026-10-25
        D-4     | Lead  | 100    |
        D-5     | Lost  | 100    | 2026-10-25
        """,
        [
            ("D3", "23 Nov 2026, 1 day ago", "24 Nov 2026 or later", 0),
            ("D4", "25 Oct 2026, 30 days ago", "24 Nov 2026 or later", 0),
        ],
        ("next_step_date",),
    ),
    Example(
        "stalled",
        """
        Deal ID | Stage    | Amount | Stage since | Next step date
        D-1     | Proposal | 100    | 2026-10-25  |
        D-2     | Proposal | 100    | 2026-10-24  |
        D-3     | Proposal | 100    | 2026-10-24  | 2026-11-24
        D-4     | Proposal | 100    | 2026-10-24  | 2026-11-23
        D-5     | Won      | 100    | 2026-01-01  |
        D-6     | Proposal | 100    |             |
        D-7     | Lead     | 100    | 2020-01-01  |
        """,
        [
            ("E3", "31 days in Proposal", "at most 30 days, or a next step with a date ahead", 50),
            ("E5", "31 days in Proposal", "at most 30 days, or a next step with a date ahead", 50),
        ],
        ("stage_since",),
        {
            "Stages": """
            Stage    | Probability | Type | Max days
            Lead     | 0.1         | open |
            Proposal | 0.5         | open | 30
            Won      | 1           | won  | 1
            """
        },
    ),
    Example(
        "stage-skipped",
        """
        Deal ID | Stage       | Amount
        D-1     | Proposal    | 100
        D-2     | Negotiation | 100
        D-3     | Proposal    | 100
        D-4     | Won         | 100
        """,
        [("B3", "Lead to Negotiation without Qualified, Proposal", "every stage on the way, or why not", 0)],
        ("History",),
        {
            "History": """
            Deal ID | Recorded   | Stage
            D-1     | 2026-01-01 | Lead
            D-1     | 2026-02-01 | Qualified
            D-2     | 2026-01-01 | Lead
            D-3     | 2026-01-01 | Proposal
            D-4     | 2026-01-01 | Lead
            D-4     | 2026-02-01 | Won
            """
        },
    ),
    Example(
        "stage-moved-back",
        """
        Deal ID | Stage     | Amount
        D-1     | Qualified | 100
        D-2     | Proposal  | 100
        D-3     | Lost      | 100
        """,
        [("B2", "Proposal to Qualified on 1 Mar 2026", "why it went back, or the stage it is in", 0)],
        ("History",),
        {
            "History": """
            Deal ID | Recorded   | Stage
            D-1     | 2026-02-01 | Proposal
            D-1     | 2026-03-01 | Qualified
            D-2     | 2026-02-01 | Lead
            D-2     | 2026-03-01 | Proposal
            D-3     | 2026-02-01 | Proposal
            D-3     | 2026-03-01 | Lead
            """
        },
    ),
    Example(
        "close-date-pushed",
        """
        Deal ID | Stage    | Amount | Close date
        D-1     | Proposal | 100    | 2026-12-31
        D-2     | Proposal | 100    | 2026-12-31
        D-3     | Lost     | 100    | 2026-12-31
        """,
        [
            (
                "D2",
                "pushed 2 times, from 30 Jun 2026 to 31 Dec 2026",
                "a date the buyer has confirmed",
                50,
            )
        ],
        ("close_date",),
        {
            "History": """
            Deal ID | Recorded   | Stage    | Close date
            D-1     | 2026-01-01 | Proposal | 2026-06-30
            D-1     | 2026-06-01 | Proposal | 2026-09-30
            D-2     | 2026-01-01 | Proposal | 2026-06-30
            D-2     | 2026-06-01 | Proposal | 2026-12-31
            D-3     | 2026-01-01 | Proposal | 2026-06-30
            D-3     | 2026-02-01 | Proposal | 2026-09-30
            D-3     | 2026-03-01 | Proposal | 2026-10-30
            """
        },
    ),
]
BY_CODE = {example.code: example for example in EXAMPLES}
every_rule = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.code)


def found_in(book: Book, read: tuple[Finding, ...] = ()) -> tuple[Finding, ...]:
    return without_echoes((*read, *judge(frame(book), book, as_of=AS_OF)[1]))


@cache
def all_findings(sheets: tuple[tuple[str, str], ...]) -> tuple[Finding, ...]:
    return found_in(*parse(source(**dict(sheets))))


def findings(example: Example, **more: str) -> list[Finding]:
    """The findings of the example's code, reading and rules together, in the order of the sheet."""
    sheets = {"Stages": STAGES, "Deals": example.deals, **example.sheets, **more}
    return [finding for finding in all_findings(tuple(sheets.items())) if finding.code == example.code]


@every_rule
def test_the_rule_finds_just_these_deals_at_these_cells(example: Example) -> None:
    told = [(f.cell.a1 if f.cell else "", f.found, f.needed, f.money_at_stake) for f in findings(example)]
    assert told == [(*texts, pytest.approx(stake)) for *texts, stake in example.expected]


@every_rule
def test_a_finding_says_which_deal_it_is_about(example: Example) -> None:
    rows = [[cell.strip().strip('" ') for cell in line.split("|")] for line in example.deals.strip().splitlines()]
    for finding in findings(example):
        assert finding.cell is not None
        row = dict(zip(rows[0], rows[finding.cell.row - 1], strict=True))
        assert (finding.cell.sheet, finding.deal_id) == ("Deals", row["Deal ID"])
        assert finding.stage.upper() == row["Stage"].upper()
        assert (finding.owner.upper(), finding.deal) == (row.get("Owner", "").upper(), row.get("Deal", ""))
        assert finding.severity == CODES[finding.code].severity


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.code != "amount-unreadable"], ids=lambda e: e.code)
def test_the_rule_is_silent_where_the_column_is_not_there(example: Example) -> None:
    book, _ = parse(source(**{"Stages": STAGES, "Deals": example.deals, **example.sheets}))
    if example.needs == ("History",):
        book = replace(book, history=None)
    else:
        left = {name: column for name, column in book.deals.values.items() if name not in example.needs}
        assert len(left) == len(book.deals.values) - len(example.needs)
        book = replace(book, deals=replace(book.deals, values=left))
    assert example.code not in {f.code for f in found_in(book)}


@every_rule
def test_settings_turn_the_rule_off_or_change_its_severity(example: Example) -> None:
    settings = example.sheets.get("Settings", "Setting | Value") + f"\nrule {example.code} | "
    assert findings(example, Settings=settings + "off") == []
    other = "info" if CODES[example.code].severity == "error" else "error"
    found = findings(example, Settings=settings + other)
    assert [f.severity for f in found] == [other] * len(example.expected)


def test_every_code_about_deals_has_its_example() -> None:
    codes = list(CODES)
    about_deals = codes[codes.index("deal-id-missing") : codes.index("entry-criterion-not-met")]
    assert {example.code for example in EXAMPLES} == set(about_deals)
    assert len(RULES) == len(EXAMPLES) - 1, "one code, amount-unreadable, is found while reading"


def test_a_second_look_at_the_closed_column_where_there_is_no_close_date() -> None:
    deals = """
        Deal ID | Stage | Amount | Closed
        D-1     | Won   | 100    |
        D-2     | Won   | 100    | 2027-01-01
        D-3     | Lead  | 100    |
    """
    found = [f for code in ("closed-without-close-date", "closed-after-as-of", "close-date-missing")
             for f in findings(replace(BY_CODE[code], deals=deals))]  # fmt: skip
    assert [(f.code, f.cell.a1 if f.cell else "") for f in found] == [
        ("closed-without-close-date", "D2"), ("closed-after-as-of", "D3"),
    ]  # fmt: skip


def test_a_cell_that_could_not_be_read_is_not_missing_as_well() -> None:
    deals = """
        Deal ID | Stage | Amount | Close date | Owner
        D-1     | Lead  | a lot  | soon       | #REF!
        D-2     | Lead  |        |            |
    """
    book, read = parse(source(Stages=STAGES, Deals=deals))
    told = [(f.code, f.cell.a1) for f in found_in(book, read) if f.cell]
    assert sorted(told) == [
        ("amount-missing", "C3"), ("amount-unreadable", "C2"), ("cell-error", "E2"), ("close-date-missing", "D3"),
        ("date-unreadable", "D2"), ("owner-missing", "E3"),
    ]  # fmt: skip


def test_nobody_is_unknown_where_there_is_no_owners_sheet() -> None:
    assert findings(replace(BY_CODE["owner-unknown"], sheets={})) == []


def test_a_clean_book_is_without_findings() -> None:
    deals = """
        Deal ID | Deal | Account | Stage    | Amount | Created    | Close date | Probability | Next step | Owner
        D-1     | Mill | Acme    | Proposal | 100    | 2026-01-01 | 2026-12-31 | 0.5         | Call      | Ann
        D-2     | Saw  | Acme    | Won      | 100    | 2026-01-01 | 2026-03-31 |             |           | Ann
        D-3     | Lath | Bolt    | Lost     |        | 2026-01-01 | 2026-03-31 |             |           | Bo
    """
    book, read = parse(source(Stages=STAGES, Deals=deals))
    assert found_in(book, read) == ()


@FEW
@given(books())
def test_no_finding_points_past_the_book_and_no_stake_is_below_zero(book: Book) -> None:
    judged, found = judge(frame(book), book, as_of=AS_OF)
    assert judged.drop("days_in_stage", "stalled").equals(frame(book))
    for finding in found:
        assert finding.cell is not None
        index = list(book.deals.rows).index(finding.cell.row)
        assert finding.deal_id == book.deals.values["deal_id"][index]
        assert finding.cell.column in book.deals.position.values()
        assert finding.money_at_stake >= 0
    assert len({(f.code, f.cell) for f in found}) == len(found), "a rule says one thing of one cell"
