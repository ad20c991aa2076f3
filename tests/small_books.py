"""Small workbooks of every shape that pipesheet meets, to be broken (`mutations`) and judged (`judge`)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from functools import cache

import xlsxwriter

from grafting import NAMES, members, plans, users_book, zipped
from other_formats import Cells, ods, xls, xlsb
from pipesheet.writer import grafted_file
from tables import grid

_SHEETS = {
    "Deals": """
        Deal ID | Deal       | Account | Owner | Stage       | Amount | Currency | Created    | Close date | Probability | Next step | Source
        D-1     | Pumps      | Acme    | Ann   | Lead        | 1000   | EUR      | 2026-09-01 | 2026-12-01 | 0.2         | call      | web
        D-2     | Valves     | Bolt    | Bo    | Proposal    | 12k    | USD      | 2026-08-01 | 2027-01-15 |             |           | fair
        D-3     | Filters    | Acme    | Ann   | Won         | 500.5  | EUR      | 2026-06-01 | 2026-10-01 | 100%        |           | web
        D-4     | Mixers     | Cole    |       | Lost        | -3     | XXX      | 2026-05-01 | soon       | 7           | x         |
        D-4     | Mixers     | Cole    | Cy    | Demo        |        | EUR      | 31.13.2026 | 2026-10-01 | 0.5         | x         | web
    """,
    "Stages": """
        Stage    | Order | Probability | Type | Max days
        Lead     | 1     | 0.1         | open | 30
        Proposal | 2     | 0.5         | open |
        Won      | 3     | 1           | won  |
        Lost     | 4     | 0           | lost |
    """,
    "Criteria": """
        Stage    | Gate  | Kind        | Requirement   | Field     | Check           | Value  | When field | When check | When value | Severity | Grace days
        Lead     | exit  | action      | Next step set | Next step | is filled       |        |            |            |            | block    | 3
        Proposal | entry | information | Amount known  | Amount    | >               | 0      | Source     | is one of  | web, fair  | warn     |
        Proposal | exit  | people      | Two people    | Owner     | at least 2 people |      |            |            |            | block    |
        Won      | entry | deliverable | Signed        | Deal      | matches         | P.*s   |            |            |            | info     |
        Lead     | entry | action      | Soon          | Close date | within next 90 days |  |           |            |            | block    |
    """,
    "Waivers": """
        Deal ID | Requirement | Approved by | Reason | Expires
        D-2     | Two people  | Ann         | small  | 2027-01-01
    """,
    "Owners": """
        Owner | Team  | Manager | Email
        Ann   | North | Bo      | ann@example.com
        Bo    | South |         |
    """,
    "Targets": """
        Period  | Owner | Target
        2026-Q4 |       | 100000
        2026-12 | Ann   | 5000
    """,
    "Rates": """
        Currency | Date       | Rate
        USD      | 2026-01-01 | 0.9
    """,
    "History": """
        Deal ID | Recorded   | Stage    | Amount | Close date | Owner
        D-1     | 2026-09-01 | Lead     | 900    | 2026-11-01 | Ann
        D-2     | 2026-08-01 | Lead     | 12000  | 2026-12-01 | Bo
        D-2     | 2026-09-15 | Proposal | 12000  | 2027-01-15 | Bo
        D-3     | 2026-06-01 | Lead     | 400    | 2026-10-01 | Ann
        D-3     | 2026-10-01 | Won      | 500.5  | 2026-10-01 | Ann
    """,
    "Settings": """
        Setting            | Value
        reporting currency | EUR
        fiscal year start  | 4
    """,
}
CELLS: Cells = {
    (0, 0): "Deal ID", (0, 1): "Stage", (0, 2): "Amount", (0, 3): "Close date",
    (1, 0): "D-1", (1, 1): "Lead", (1, 2): 12.5, (1, 3): 46000.0,
    (2, 0): "007", (2, 1): "#N/A", (5, 2): "#DIV/0!",
}  # fmt: skip


def book_of_deals(*, table: bool = False) -> bytes:
    """A workbook with every sheet of the contract, and some mistakes in it; its deals in a `table` or not."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, text in _SHEETS.items():
            sheet = book.add_worksheet(name)
            rows = grid(name, text).rows
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    sheet.write(r, c, value, date if isinstance(value, dt.date) else None)
            if table and name == "Deals":
                headers = [{"header": str(header)} for header in rows[0]]
                sheet.add_table(0, 0, len(rows) - 1, len(rows[0]) - 1, {"name": "Open", "columns": headers})
    return made.getvalue()


def grafted(data: bytes) -> bytes:
    """The workbook with two sheets of ours in it."""
    return grafted_file(data, plans, names=NAMES, path="book.xlsx").data


@cache
def small_books() -> tuple[bytes, ...]:
    """One of each: a user's, others that pipesheet wrote into, with deals, and of all formats that are read."""
    users, deals = users_book(), book_of_deals()
    return (
        users, grafted(users), deals, book_of_deals(table=True), zipped(members(users), method=zipfile.ZIP_STORED),
        ods(CELLS), xlsb(CELLS), xls(CELLS), xls(CELLS, old=True),
        b"Deal ID;Stage;Amount;Close date\nD-1;Lead;1.234,56;01.12.2026\n\"D;2\";Won;;\n",
    )  # fmt: skip
