"""The grids of a workbook to a book: every sheet of the contract, and a finding for every odd cell.

Reading is forgiving and never silent, and one bad row never stops the others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.errors import AmbiguousDeals, NoDeals
from pipesheet.findings import CODES, Finding
from pipesheet.grid import Grid, Source, Table, Value
from pipesheet.models import Book, Condition, Criterion, Owner, Rate, RunLogEntry, Scenario, Stage, Target, Waiver
from pipesheet.parser import parse
from pipesheet.parser_sheets import GUIDE_STAGES
from tables import grid, source

D = dt.date
DEALS = """
    Deal ID | Stage    | Amount | Close date
    D-1     | Lead     | 1000   | 2026-12-01
    D-2     | Proposal | 2000   | 2026-12-31
"""
STAGES = """
    Stage    | Probability
    Lead     | 0.1
    Proposal | 0.5
"""


def read(text: str = DEALS, **sheets: str) -> tuple[Book, list[tuple[str, str, str]]]:
    """The book of deals and sheets, and its findings as code, cell and what was found."""
    book, found = parse(source(**{"Deals": text, "Stages": STAGES, **sheets}))
    return book, told(found)


def told(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(f.code, str(f.cell) if f.cell else "", f.found) for f in found]


def of(grids: list[Grid], form: str = "xlsx") -> tuple[Book, list[tuple[str, str, str]]]:
    book, found = parse(Source(Path("book.xlsx"), form, "0" * 64, tuple(grids)))
    return book, told(found)


# Deals -----------------------------------------------------------------------------------------------


def test_clean_deals_are_read_without_a_word() -> None:
    book, found = read("""
        Deal ID | Deal | Account | Owner | Stage | Amount | Currency | Created    | Stage since | Close date |Closed
        D-1     | Pump | Acme    | Ann   | Lead  | 1000.5 | EUR      | 2026-01-02 | 2026-02-03  | 2026-12-01 |
        2       |      |         |       | Won   | 0      |          |            |             |        |2026-05-06
    """)
    assert found == []
    assert book.deals.values == {
        "deal_id": ["D-1", "2"], "deal": ["Pump", None], "account": ["Acme", None], "owner": ["Ann", None],
        "stage": ["Lead", "Won"], "amount": [1000.5, 0.0], "currency": ["EUR", None],
        "created": [D(2026, 1, 2), None], "stage_since": [D(2026, 2, 3), None],
        "close_date": [D(2026, 12, 1), None], "closed": [None, D(2026, 5, 6)],
    }  # fmt: skip
    assert (book.deals.sheet, book.deals.header_row, list(book.deals.rows)) == ("Deals", 1, [2, 3])


def test_the_other_fields_of_a_deal() -> None:
    book, found = read("""
        Deal ID | Stage | Amount | Probability | Category | Next step | Next step date | Lost reason | Source | Product
        D-1     | Lead  | 5      | 0.25        | Commit   | Call      | 2026-11-20     |             | Web    | Pumps
        D-2     | Lost  | 5      | 0           |          |           |                | Price       |        |
    """)
    assert found == []
    first = {name: column[0] for name, column in book.deals.values.items()}
    assert first == {
        "deal_id": "D-1", "stage": "Lead", "amount": 5.0, "probability": 0.25, "category": "Commit",
        "next_step": "Call", "next_step_date": D(2026, 11, 20), "lost_reason": None, "source": "Web",
        "product": "Pumps",
    }  # fmt: skip


def test_columns_that_no_field_asks_for_are_kept_as_they_are() -> None:
    book, _ = read("""
        Deal ID | Champion | Stage | Amount | Meetings | Kick-off   | Champion
        D-1     | Bo       | Lead  | 5      | 3        | 2026-01-01 | twice
    """)
    assert book.deals.extra == {"Champion": ["Bo"], "Meetings": [3.0], "Kick-off": [D(2026, 1, 1)]}
    assert str(book.deals.cell(0, "Meetings")) == "Deals!E2"
    assert str(book.deals.cell(0, "amount")) == "Deals!D2"


@pytest.mark.parametrize(
    ("cell", "field", "value", "code", "found"),
    [
        ('"1.234,56 €"', "amount", 1234.56, "number-from-text", "'1.234,56 €', read as 1,234.56"),
        ("12k", "amount", 12_000.0, "number-from-text", "'12k', read as 12,000"),
        ('"1,200"', "amount", 1200.0, "number-ambiguous", "'1,200', read as 1200, with the point as decimal mark"),
        ("TBD", "amount", None, "amount-unreadable", "'TBD'"),
        ("TRUE", "amount", None, "amount-unreadable", "'TRUE'"),
        ("#REF!", "amount", None, "cell-error", "#REF!"),
        ('"31.12.2026"', "close_date", D(2026, 12, 31), "date-from-text", "'31.12.2026', read as 2026-12-31"),
        ('"03/04/2026"', "close_date", D(2026, 3, 4), "date-ambiguous",
         "'03/04/2026', read as 2026-03-04, month first, as nothing says otherwise; set 'date order' in Settings"),
        ("46357", "close_date", D(2026, 12, 1), "date-from-text", "46357, read as 2026-12-01"),
        ("next spring", "close_date", None, "date-unreadable", "'next spring'"),
        ("#N/A", "close_date", None, "cell-error", "#N/A"),
        ("50", "probability", 0.5, "percent-scaled", "50, read as 50 %"),
        ('"50 %"', "probability", 0.5, "number-from-text", "'50 %', read as 0.5"),
        ("likely", "probability", None, "number-unreadable", "'likely'"),
        ("maybe", "is_won", None, "yes-no-unreadable", "'maybe'"),
        ('" Ann "', "owner", "Ann", "text-trimmed", "' Ann '"),
        ("#NAME?", "owner", None, "cell-error", "#NAME?"),
    ],
)  # fmt: skip
def test_each_odd_cell_gives_the_finding_with_its_cell(
    cell: str, field: str, value: Value, code: str, found: str
) -> None:
    header = {"amount": "Amount", "close_date": "Close date", "probability": "Probability", "is_won": "Is won",
              "owner": "Owner"}[field]  # fmt: skip
    others = [name for name in ("Amount", "Close date") if name != header]
    book, findings = read(f"""
        Deal ID | Stage | {others[0]} | {header}
        D-1     | Lead  |             |
        D-2     | Lead  |             | {cell}
    """)
    assert book.deals.values[field] == [None, value]
    assert [f for f in findings if f[0] != "column-missing"] == [(code, "Deals!D3", found)]


def test_a_finding_says_which_deal_it_is_about() -> None:
    _, found = parse(source(Stages=STAGES, Deals="""
        Deal ID | Deal | Owner | Stage | Amount | Close date
        D-1     | Pump | Ann   | Lead  | 1000   | soon
    """))  # fmt: skip
    (finding,) = found
    assert (finding.deal_id, finding.deal, finding.owner, finding.stage, finding.amount) == (
        "D-1", "Pump", "Ann", "Lead", 1000.0,
    )  # fmt: skip
    assert finding.severity == "error"
    assert finding.needed == "a date, such as 2026-12-31"


def test_one_bad_row_never_stops_the_others() -> None:
    book, found = read("""
        Deal ID | Stage | Amount  | Close date | Probability
        D-1     | Lead  | 1000    | 2026-12-01 | 0.1
        #REF!   | #N/A  | #VALUE! | soon       | many
        D-3     | Lead  | 3000    | 2026-12-03 | 0.3
    """)
    assert book.deals.values["deal_id"] == ["D-1", None, "D-3"]
    assert book.deals.values["amount"] == [1000.0, None, 3000.0]
    assert [(code, cell) for code, cell, _ in found] == [
        ("cell-error", "Deals!A3"), ("cell-error", "Deals!B3"), ("cell-error", "Deals!C3"),
        ("date-unreadable", "Deals!D3"), ("number-unreadable", "Deals!E3"),
    ]  # fmt: skip


def test_many_notes_of_one_kind_become_one_and_errors_never_do() -> None:
    rows = "".join(f'\n D-{n} | Lead | "{n},50" | soon' for n in range(1, 12))
    _, found = read(f"Deal ID | Stage | Amount | Close date {rows}")
    assert found[0] == ("number-from-text", "Deals!C2", "11 cells in C2:C12, such as '1,50', read as 1.5")
    assert [f[:2] for f in found[1:]] == [("date-unreadable", f"Deals!D{row}") for row in range(2, 13)]
    _, ten = read(f"Deal ID | Stage | Amount | Close date {rows[: rows.rindex(chr(10))]}")
    assert [code for code, _, _ in ten].count("number-from-text") == 10


def test_in_a_csv_numbers_and_dates_are_text_and_nothing_to_report() -> None:
    rows: list[list[Value]] = [["Deal ID", "Stage", "Amount", "Close date"], ["D-1", "Lead", "5,50", "31.12.2026"]]
    book, found = of([Grid("export", rows)], "csv")
    assert book.deals.values["amount"] == [5.5]
    assert [code for code, _, _ in found] == ["stages-sheet-missing"]


def test_rows_that_end_early_are_empty_at_their_end() -> None:
    book, _ = of([Grid("Deals", [["Deal ID", "Stage", "Amount", "Owner"], ["D-1", "Lead"], [], ["D-2", "Lead", 5.0]])])
    assert book.deals.values["amount"] == [None, 5.0]
    assert book.deals.values["owner"] == [None, None]
    assert list(book.deals.rows) == [2, 4]


def test_a_thousand_rows_and_more_stay_in_their_order() -> None:
    rows: list[list[Value]] = [["Deal ID", "Stage", "Amount", "Note"]]
    rows.extend([f"D-{n}", "Lead", float(n), *["x"] * (1 - n % 2)] for n in range(2500))
    book, _ = of([Grid("Deals", rows), grid("Stages", STAGES)])
    assert book.deals.values["deal_id"] == [f"D-{n}" for n in range(2500)]
    assert book.deals.values["amount"] == [float(n) for n in range(2500)]
    assert book.deals.extra["Note"] == ["x", None] * 1250


# Headers ---------------------------------------------------------------------------------------------


def test_a_header_that_is_twice_or_no_text_is_named() -> None:
    book, found = read("""
        Deal ID | Stage | Amount | amount | 2026 | 2026-12-01
        D-1     | Lead  | 5      | 6      | 7    | 8
    """)
    assert book.deals.values["amount"] == [5.0]
    assert book.deals.extra == {"2026": [7.0], "2026-12-01": [8.0]}
    assert found == [
        ("header-duplicate", "Deals!D1", "'amount'"),
        ("header-not-text", "Deals!E1", "'2026'"),
        ("header-not-text", "Deals!F1", "'2026-12-01'"),
    ]


@pytest.mark.parametrize("lacking", ["Deal ID", "Amount"])
def test_a_column_that_is_missing_is_named_once(lacking: str) -> None:
    headers = [name for name in ("Deal ID", "Stage", "Amount", "Close date") if name != lacking]
    book, found = of([Grid("Deals", [["Pipeline 2026"], headers, ["Lead"] * 3]), grid("Stages", STAGES)])
    assert ("column-missing", "Deals!A2", f"no column {lacking} in sheet Deals") in found
    assert len(book.deals) == 1


def test_merged_headers_are_read_and_their_rows_are_no_deals() -> None:
    """
    Deal ID | Stage | Money  |
            |       | Amount | Currency      Deal ID and Stage are merged over both rows
    """
    cells = grid("Deals", """
        Deal ID | Stage | Money  |
                |       | Amount | Currency
        D-1     | Lead  | 5      | EUR
    """)  # fmt: skip
    book, found = of([replace(cells, merged=((1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 1, 4))), grid("Stages", STAGES)])
    assert found == []
    assert (book.deals.values["amount"], book.deals.values["currency"]) == ([5.0], ["EUR"])


def test_several_columns_may_fill_one_field_and_the_first_with_something_in_it_does() -> None:
    book, found = read("""
        Deal ID | Stage | Amount | Won time   | Lost time
        D-1     | Won   | 5      | 2026-05-01 |
        D-2     | Lost  | 5      |            | 2026-06-01
        D-3     | Lost  | 5      |            | never
    """)
    assert book.deals.values["closed"] == [D(2026, 5, 1), D(2026, 6, 1), None]
    assert found == [("date-unreadable", "Deals!E4", "'never'")]


# Rows that are no deals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "cell", "found"),
    [
        ("Total   |   |         | 3000 |", "Deals!A4", "'Total'"),
        ("        |   | Summe:  | 3000 |", "Deals!C4", "'Summe:'"),
        ("Total   |   | Average | 3000 |", "Deals!A4", "'Total'"),
        ("        |   | Total open pipeline | 3000 | 2026-12-31", "Deals!C4", "'Total open pipeline'"),
        ("        |   |         | 3000 |", "Deals!D4", "'3000'"),
        ("        |   | Deals above are in EUR |  |", "Deals!C4", "'Deals above are in EUR'"),
    ],
)
def test_totals_and_remarks_below_the_deals_are_left_out_and_named(row: str, cell: str, found: str) -> None:
    book, findings = read(f"""
        Deal ID | Stage | Deal | Amount | Close date
        D-1     | Lead  | Pump | 1000   | 2026-12-01
        D-2     | Lead  | Pipe | 2000   | 2026-12-01
        {row}
    """)
    assert book.deals.values["deal_id"] == ["D-1", "D-2"]
    assert findings == [("row-not-a-record", cell, found)]


@pytest.mark.parametrize(
    "row",
    [
        "D-3 |  |       |      |", "    |  | Pump  |      |", "1003 | |       | 5    |",
        "D-3 |  | Total |      |", "1003 | | Total Wine | 5 |",
        "    |  | Total | Lead | 2026-12-01", "Total | Lead |  | 5 |",
    ],
)  # fmt: skip
def test_a_deal_without_a_stage_is_still_a_deal(row: str) -> None:
    book, findings = read(f"""
        Deal ID | Stage | Deal | Amount | Close date
        D-1     | Lead  | Pump | 1000   | 2026-12-01
        {row}
    """)
    assert len(book.deals) == 2
    assert "row-not-a-record" not in [code for code, _, _ in findings]


def test_blank_rows_between_deals_are_passed_over_and_rows_keep_their_numbers() -> None:
    rows: list[list[Value]] = [
        ["Deal ID", "Stage", "Amount"],
        ["D-1", "Lead", 1.0],
        ["", " ", None],
        [],
        ["D-2", "Lead", 2.0],
    ]
    book, findings = of([Grid("Deals", rows), grid("Stages", STAGES)])
    assert list(book.deals.rows) == [2, 5]
    assert findings == []


def test_deals_without_a_row_are_said_to_be_none() -> None:
    book, found = read("Deal ID | Stage | Amount")
    assert len(book.deals) == 0
    assert book.deals.values == {"deal_id": [], "stage": [], "amount": []}
    assert found == [("no-deals", "Deals!A1", "no row below the header of Deals")]


# Errors in other columns -----------------------------------------------------------------------------


def test_an_error_in_a_column_that_a_criterion_looks_at_counts_and_elsewhere_hardly() -> None:
    _, found = read("""
        Deal ID | Stage | Amount | Champion | Chance  | Colour
        D-1     | Lead  | 5      | #REF!    | #DIV/0! | #N/A
    """, Criteria="""
        Stage | Gate | Requirement    | Field    | Check     | When field | When check
        Lead  | exit | Champion known | champion | is filled | CHANCE     | is filled
    """)  # fmt: skip
    assert [f[:2] for f in found] == [
        ("cell-error", "Deals!D2"), ("cell-error", "Deals!E2"), ("cell-error-unused", "Deals!F2"),
    ]  # fmt: skip


# Stages ----------------------------------------------------------------------------------------------


def test_stages_in_order() -> None:
    book, found = read(
        Stages="""
        Stage    | Order | Probability | Type | Category  | Max days | Guidance | Pipeline | Aliases
        Proposal | 2     | 0.5         | open | Best Case | 30       | Price it | New      | Offer; Quote,
        Lead     | 1     | 0.1         |      |           |          |          |          |
        Won      | 3     |             | Won  |           |          |          |          |
        Lost     | 4     |             |      |           |          |          |          |
    """
    )
    assert found == []
    assert [replace(stage, cell=None) for stage in book.stages] == [
        Stage("Lead", 1, 0.1, "open"),
        Stage("Proposal", 2, 0.5, "open", "best case", 30, "Price it", "New", ("Offer", "Quote")),
        Stage("Won", 3, 1, "won"),
        Stage("Lost", 4, 0, "lost"),
    ]
    assert str(book.stages[0].cell) == "Stages!A3"


def test_without_orders_stages_stand_in_the_order_of_their_rows() -> None:
    book, _ = read(Stages="Stage | Probability\n B | 0.5\n A | 0.1\n C | 0.7")
    assert [(stage.name, stage.order) for stage in book.stages] == [("B", 1), ("A", 2), ("C", 3)]


@pytest.mark.parametrize(
    ("row", "outcome", "probability"),
    [
        ("Closed Won | 1 | | |", "won", 1), ("Closed-lost | 0 | | |", "lost", 0), ("Dead | 0 | | |", "lost", 0),
        ("Signed | 1 | | |", "won", 1), ("Demo | 0.4 | | |", "open", 0.4), ("Signed | | closed won | |", "won", 1),
        ("Signed | 0.9 | | TRUE | TRUE", "won", 0.9), ("Dropped | 0.2 | | TRUE | FALSE", "lost", 0.2),
        ("Wonderful | 0.4 | | |", "open", 0.4),
    ],
)  # fmt: skip
def test_a_stage_without_a_type_is_open_won_or_lost_by_name_and_probability(
    row: str, outcome: str, probability: float
) -> None:
    book, _ = read(Stages=f"Stage | Probability | Type | Is closed | Is won\n New | 0 | | |\n {row}")
    assert (book.stages[1].type, book.stages[1].probability) == (outcome, probability)
    assert book.stages[0].type == "open"


def test_what_is_odd_about_stages() -> None:
    book, found = read(
        Stages="""
        Stage    | Probability | Type  | Category | Max days
        Lead     |             |       |          |
        lead     | 0.2         |       |          |
                 | 0.3         |       |          |
        Proposal | half        | maybe | often    | long
    """
    )
    assert [(stage.name, stage.probability, stage.type) for stage in book.stages] == [
        ("Lead", 0, "open"), ("Proposal", 0, "open"),
    ]  # fmt: skip
    assert found == [
        ("number-unreadable", "Stages!B5", "'half'"),
        ("number-unreadable", "Stages!E5", "'long'"),
        ("stage-probability-missing", "Stages!B2", "'Lead'"),
        ("stage-duplicate", "Stages!A3", "'lead'"),
        ("row-unreadable", "Stages!A4", "row 4 of Stages without Stage"),
        ("choice-unreadable", "Stages!C5", "'maybe'"),
        ("stage-probability-missing", "Stages!B5", "'Proposal'"),
        ("choice-unreadable", "Stages!D5", "'often'"),
    ]


@pytest.mark.parametrize("sheets", [{}, {"Stages": "Stage | Probability"}])
def test_without_stages_the_guides_six_apply_and_a_finding_says_so(sheets: dict[str, str]) -> None:
    book, found = parse(source(Deals=DEALS, **sheets))
    assert book.stages == GUIDE_STAGES
    assert [(s.name, s.probability, s.type) for s in book.stages] == [
        ("Lead", 0.1, "open"), ("Qualified", 0.25, "open"), ("Proposal", 0.5, "open"), ("Negotiation", 0.75, "open"),
        ("Closed Won", 1, "won"), ("Closed Lost", 0, "lost"),
    ]  # fmt: skip
    ((code, _, text),) = told(found)
    assert code == "stages-sheet-missing"
    assert text.endswith("so these apply: Lead 10%, Qualified 25%, Proposal 50%, Negotiation 75%, Closed Won 100%, "
                         "Closed Lost 0%")  # fmt: skip


# Criteria and waivers --------------------------------------------------------------------------------


def test_criteria_with_all_their_columns_and_with_the_least() -> None:
    book, found = read(
        Criteria="""
        Stage|Gate |Kind  |Requirement|Field|Check    |Value|When field|When check|When value|Severity|Grace|Guidance
        Lead |Exit |People|Two people |Buyer|at least |2    |Amount    |>         |500       |warn    |3    |Ask
        Lead |entry|      |A link     |Link |is a link|     |          |          |          |        |-1   |
    """
    )
    assert found == []
    assert [replace(c, cell=None) for c in book.criteria] == [
        Criterion("Lead", "exit", "Two people", Condition("Buyer", "at least", 2.0), "people",
                  Condition("Amount", ">", 500.0), "warn", 3, "Ask"),
        Criterion("Lead", "entry", "A link", Condition("Link", "is a link")),
    ]  # fmt: skip
    assert str(book.criteria[1].cell) == "Criteria!D3"


def test_criteria_that_lack_something_are_left_out_and_the_others_hold() -> None:
    book, found = read(
        Criteria="""
        Stage | Gate   | Requirement | Field | Check     | Kind  | Severity
        Lead  | exit   |             | Buyer | is filled |       |
        Lead  | inside | Buyer known | Buyer | is filled |       |
        Lead  | exit   | Buyer known | Buyer | is filled | thing | fatal
    """
    )
    assert [(c.requirement, c.kind, c.severity) for c in book.criteria] == [("Buyer known", "information", "block")]
    assert found == [
        ("row-unreadable", "Criteria!C2", "row 2 of Criteria without Requirement"),
        ("choice-unreadable", "Criteria!B3", "'inside'"),
        ("choice-unreadable", "Criteria!F4", "'thing'"),
        ("choice-unreadable", "Criteria!G4", "'fatal'"),
    ]


def test_waivers_and_those_that_would_hold_for_ever() -> None:
    book, found = read(
        Waivers="""
        Deal ID | Requirement | Approved by | Reason  | Expires
        D-1     | Buyer known | Ann         | Holiday | 2026-12-31
        2       | Buyer known |             |         | 2026-12-31
        D-3     | Buyer known |             |         |
        D-4     | Buyer known |             |         | some day
    """
    )
    assert [replace(w, cell=None) for w in book.waivers] == [
        Waiver("D-1", "Buyer known", D(2026, 12, 31), "Ann", "Holiday"),
        Waiver("2", "Buyer known", D(2026, 12, 31)),
    ]
    assert found == [
        ("date-unreadable", "Waivers!E5", "'some day'"),
        ("row-unreadable", "Waivers!E4", "row 4 of Waivers without Expires"),
        ("row-unreadable", "Waivers!E5", "row 5 of Waivers without Expires"),
    ]


# Owners, targets, rates ------------------------------------------------------------------------------


def test_owners_with_teams_and_the_managers_name_where_there_are_none() -> None:
    book, found = read(
        Owners="""
        Owner | Team  | Manager | Email         | Region
        Ann   | North | Dee     | ann@acme.test | EU
        Bo    |       |         |               |
              | South |         |               |
    """
    )
    assert book.owners == (Owner("Ann", "North", "Dee", "ann@acme.test", "EU"), Owner("Bo"))
    assert found == [("row-unreadable", "Owners!A4", "row 4 of Owners without Owner")]
    book, _ = read(Owners="Sales Agent | Manager\n Ann | Dee")
    assert book.owners == (Owner("Ann", "Dee", "Dee"),)


def test_targets_for_periods_as_people_write_them() -> None:
    book, found = read(
        Targets="""
        Period     | Owner or Team | Target | Currency
        2026-Q4    |               | 100000 | usd
        2026-10-01 | Ann           | "50k"  |
        2026       | North         | 5      |
        FY26       |               | lots   |
                   | Ann           | 5      |
    """
    )
    assert [replace(t, cell=None) for t in book.targets] == [
        Target("2026-Q4", 100_000.0, "", "USD"), Target(D(2026, 10, 1), 50_000.0, "Ann"), Target("2026", 5.0, "North"),
    ]  # fmt: skip
    assert found == [
        ("number-from-text", "Targets!C3", "'50k', read as 50,000"),
        ("number-unreadable", "Targets!C5", "'lots'"),
        ("row-unreadable", "Targets!C5", "row 5 of Targets without Target"),
        ("row-unreadable", "Targets!A6", "row 6 of Targets without Period"),
    ]


def test_a_total_below_the_targets_is_no_target() -> None:
    book, found = read(Targets="Period | Target\n 2026-Q4 | 5\n Total | 5")
    assert len(book.targets) == 1
    assert found == [("row-not-a-record", "Targets!A3", "'Total'")]


def test_rates_with_and_without_a_date() -> None:
    book, found = read(
        Rates="""
        Currency  | Date       | Rate
        usd       |            | 0.9
        US Dollar | 2026-07-01 | 0.85
        GBP       |            | 0
        CHF       |            |
    """
    )
    assert book.rates == (Rate("USD", 0.9), Rate("USD", 0.85, D(2026, 7, 1)))
    assert found == [
        ("row-unreadable", "Rates!C4", "a rate of 0"),
        ("row-unreadable", "Rates!C5", "row 5 of Rates without Rate"),
    ]


# History, and what is ours ---------------------------------------------------------------------------


def test_history_keeps_times_and_rows_without_essentials_are_left_out() -> None:
    when = dt.datetime(2026, 10, 1, 8, 15)
    rows: list[list[Value]] = [
        ["Deal ID", "Recorded", "Stage", "Amount"],
        ["D-1", when, "Lead", 5.0],
        ["D-1", "some day", "Proposal", 5.0],
        [None, when, "Proposal", 5.0],
        ["D-1", D(2026, 11, 1), "Proposal", "6 €"],
    ]
    book, found = of([grid("Deals", DEALS), grid("Stages", STAGES), Grid("History", rows)])
    assert book.history is not None
    assert book.history.values == {
        "deal_id": ["D-1", "D-1"], "recorded": [when, dt.datetime(2026, 11, 1)], "stage": ["Lead", "Proposal"],
        "amount": [5.0, 6.0],
    }  # fmt: skip
    assert list(book.history.rows) == [2, 5]
    assert [f[:2] for f in found] == [
        ("date-unreadable", "History!B3"), ("number-from-text", "History!D5"),
        ("row-unreadable", "History!B3"), ("row-unreadable", "History!A4"),
    ]  # fmt: skip
    assert read()[0].history is None


def ours(name: str, table: str, text: str) -> Grid:
    cells = grid(name, text)
    return replace(cells, tables=(Table(table, 1, 1, len(cells.rows), max(map(len, cells.rows))),))


def test_what_people_typed_beside_their_deals_is_read_back() -> None:
    review = ours("Deal Review", "PipesheetDeals", """
        Deal ID | Stage | Include | Scenario amount | Scenario probability
        D-1     | Lead  | no      |                 |
        D-2     | Lead  |         | 1500            | 80
        D-3     | Lead  |         |                 |
                |       | no      |                 |
    """)  # fmt: skip
    book, found = of([grid("Deals", DEALS), grid("Stages", STAGES), review])
    assert book.scenarios == {"D-1": Scenario("no"), "D-2": Scenario("", 1500.0, 0.8)}
    assert found == []


def test_earlier_runs_are_read_back() -> None:
    log = ours("Run Log", "PipesheetRuns", """
        As of      | Version | Stated
        2026-10-01 | 0.1     | 500
                   |         |
        2026-11-01 | 0.1     |
    """)  # fmt: skip
    book, _ = of([grid("Deals", DEALS), log])
    assert book.runs == (
        RunLogEntry({"As of": D(2026, 10, 1), "Version": 0.1, "Stated": 500.0}),
        RunLogEntry({"As of": D(2026, 11, 1), "Version": 0.1, "Stated": None}),
    )


def test_a_book_says_which_sheet_each_part_came_from() -> None:
    book, _ = parse(source(Opportunities=DEALS, Stages=STAGES, Quotas="Quarter | Quota\n 2026-Q4 | 5"))
    assert book.sheets == {"Deals": "Opportunities", "Stages": "Stages", "Targets": "Quotas"}


# Whatever stands in the cells ------------------------------------------------------------------------

CELL = st.one_of(
    st.none(), st.text(max_size=10), st.floats(), st.booleans(), st.dates(), st.datetimes(), st.times(),
    st.sampled_from(["", " ", "#REF!", "Lead", "Won", "Total", "12k", "03/04/2026", "yes", "0,5", "exit", "D-1"]),
)  # fmt: skip
HEADERS = {
    "Deals": ["Deal ID", "Stage", "Amount", "Close date", "Probability", "Won time", "Closed", "Is won", "Note"],
    "Stages": ["Stage", "Order", "Probability", "Type", "Category", "Max days", "Is won"],
    "Criteria": ["Stage", "Gate", "Requirement", "Field", "Check", "Value", "Kind", "Severity", "Grace days"],
    "Waivers": ["Deal ID", "Requirement", "Expires"],
    "Owners": ["Owner", "Team", "Manager"],
    "Targets": ["Period", "Owner", "Target", "Currency"],
    "Rates": ["Currency", "Date", "Rate"],
    "History": ["Deal ID", "Recorded", "Stage", "Amount"],
    "Settings": ["Setting", "Value"],
}


@given(st.data())
def test_no_cell_is_too_odd_to_be_read(data: st.DataObject) -> None:
    grids = []
    for name, headers in HEADERS.items():
        row = st.lists(CELL, max_size=len(headers))
        grids.append(Grid(name, [headers, *data.draw(st.lists(row, max_size=4))]))
    book, found = parse(Source(Path("book.xlsx"), "xlsx", "0" * 64, tuple(grids)))
    assert all(len(column) == len(book.deals) for column in (*book.deals.values.values(), *book.deals.extra.values()))
    for finding in found:
        assert finding.code in CODES
        assert finding.cell is None or finding.cell.sheet in HEADERS


@given(st.lists(st.lists(CELL, max_size=6), max_size=8), st.booleans())
def test_a_sheet_of_anything_ends_with_a_book_or_a_sentence(rows: list[list[Value]], headed: bool) -> None:
    head: list[list[Value]] = [["Deal ID", "Stage", "Amount"]] if headed else []
    try:
        book, _ = of([Grid("Sheet1", [*head, *rows])])
    except (NoDeals, AmbiguousDeals) as refused:
        assert not headed
        assert "Settings sheet" in str(refused)  # noqa: PT017
    else:
        assert len(book.deals) <= len(rows)
