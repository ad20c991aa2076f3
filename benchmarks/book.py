"""A workbook of any number of deals, the same for the same number: what the benchmarks run on."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import xlsxwriter

AS_OF = dt.date(2026, 11, 16)
STAGES = [
    ("Lead", 0.1),
    ("Qualified", 0.25),
    ("Proposal", 0.5),
    ("Negotiation", 0.75),
    ("Closed Won", 1),
    ("Closed Lost", 0),
]
HEADERS = [
    "Deal ID", "Deal", "Account", "Owner", "Stage", "Amount", "Created", "Stage since", "Close date",
    "Probability", "Next step", "Next step date", "Source", "Product", "Economic buyer", "Proposal link",
]  # fmt: skip


def criteria(count: int) -> list[list[object]]:
    """`count` criteria over eight columns, of several checks, gates and severities."""
    kinds = [
        ("Economic buyer", "is filled", ""), ("Proposal link", "is a link", ""), ("Amount", "≥", 500),
        ("Close date", "on or after", "[Created]"), ("Stage since", "on or after", "[Created]"),
        ("Source", "is one of", "Web; Partner; Event; Outbound"), ("Product", "is filled", ""),
        ("Account", "contains", "Account"), ("Created", "in the past", ""),
    ]  # fmt: skip
    rows: list[list[object]] = []
    for i in range(count):
        field, check, value = kinds[i % len(kinds)]
        stage, gate = STAGES[1 + i % 3][0], "entry" if i % 2 else "exit"
        requirement = f"{field} {check} ({i + 1})"
        rows.append([stage, gate, "information", requirement, field, check, value, "block" if i % 3 == 0 else "warn"])
    return rows


def make(path: Path, deals: int, criteria_count: int = 20) -> None:
    """Writes the workbook: deals with 16 columns, stages, criteria; about a quarter of the deals open."""
    rng = random.Random(20261116)
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    )
    sheet = book.add_worksheet("Deals")
    sheet.write_row(0, 0, HEADERS)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    for row in range(1, deals + 1):
        for column, value in enumerate(_deal(rng, row)):
            if isinstance(value, dt.date):
                sheet.write_datetime(row, column, value, date)
            elif value is not None:
                sheet.write(row, column, value)
    _settings(book, criteria_count)
    book.close()


def _deal(rng: random.Random, row: int) -> list[object]:
    created = AS_OF - dt.timedelta(days=rng.randrange(1, 1000))
    stage, probability = STAGES[rng.choices(range(6), [8, 7, 6, 4, 35, 40])[0]]
    since = created + dt.timedelta(days=rng.randrange(0, max(1, (AS_OF - created).days)))
    is_open = 0 < probability < 1
    close = AS_OF + dt.timedelta(days=rng.randrange(-10, 200)) if is_open else since
    # People fill in what they are asked for: few gaps behind a gate, many before it.
    known = rng.random() < (0.97 if probability >= 0.5 or not is_open else 0.6)
    return [
        f"D-{row:07d}", f"Deal number {row}", f"Account {rng.randrange(4000)}", f"Owner {rng.randrange(60)}",
        stage, round(rng.lognormvariate(9, 1.1), 2), created, since, close,
        round(probability, 2) if is_open else None,
        "Call back" if rng.random() < 0.7 else None,
        AS_OF + dt.timedelta(days=rng.randrange(-20, 60)) if rng.random() < 0.6 else None,
        rng.choice(["Web", "Partner", "Event", "Outbound"]), rng.choice(["Core", "Plus", "Max"]),
        f"Buyer {rng.randrange(900)}" if known else None,
        "https://example.com/p/1" if known else None,
    ]  # fmt: skip


def _settings(book: xlsxwriter.Workbook, criteria_count: int) -> None:
    stages = book.add_worksheet("Stages")
    stages.write_row(0, 0, ["Stage", "Order", "Probability", "Type"])
    for row, (name, probability) in enumerate(STAGES, 1):
        kind = {"Closed Won": "won", "Closed Lost": "lost"}.get(name, "open")
        stages.write_row(row, 0, [name, row, probability, kind])
    sheet = book.add_worksheet("Criteria")
    sheet.write_row(0, 0, ["Stage", "Gate", "Kind", "Requirement", "Field", "Check", "Value", "Severity"])
    for row, values in enumerate(criteria(criteria_count), 1):
        sheet.write_row(row, 0, values)
