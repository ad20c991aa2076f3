"""What the workbook holds, in the words of sales: deals, stages, criteria, targets, the book.

Deals and history are kept column-wise (one list per field, all of one length), because a book may
hold a million of them; everything else is a tuple of small frozen records.
Money is float64 in the currency of its row, dates are `datetime.date`, probabilities are 0 to 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipesheet.grid import CellRef, Value

Outcome = Literal["open", "won", "lost"]
Category = Literal["commit", "best case", "pipeline", "omitted", "closed"]
Gate = Literal["entry", "exit"]
Kind = Literal["action", "information", "people", "deliverable"]
CriterionSeverity = Literal["block", "warn", "info"]

CATEGORIES: tuple[Category, ...] = ("commit", "best case", "pipeline", "omitted", "closed")

CATEGORY_WORDS: Mapping[str, Category] = {
    "commit": "commit",
    "committed": "commit",
    "bestcase": "best case",
    "upside": "best case",
    "mostlikely": "best case",
    "pipeline": "pipeline",
    "omitted": "omitted",
    "omit": "omitted",
    "notforecasted": "omitted",
    "closed": "closed",
    "closedwon": "closed",
}
"""What people and exports call the categories, in small letters and without signs."""

DEAL_FIELDS: Mapping[str, type] = {
    "deal_id": str,
    "deal": str,
    "account": str,
    "owner": str,
    "stage": str,
    "amount": float,
    "currency": str,
    "created": dt.date,
    "stage_since": dt.date,
    "close_date": dt.date,
    "closed": dt.date,
    "probability": float,
    "category": str,
    "next_step": str,
    "next_step_date": dt.date,
    "lost_reason": str,
    "source": str,
    "product": str,
    "pipeline": str,
    "status": str,
    "is_closed": bool,
    "is_won": bool,
}
"""Fields of a deal and their types; every one may be None in a row. `status`, `is_closed` and
`is_won` are what exports say of the outcome beside the stage (Pipedrive, Salesforce)."""

HISTORY_FIELDS: Mapping[str, type] = {
    "deal_id": str,
    "recorded": dt.datetime,
    "stage": str,
    "amount": float,
    "close_date": dt.date,
    "owner": str,
    "category": str,
}
"""Fields of History: one row per state a deal was in, from `recorded` on."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `order` rises along the way to won; `probability` 0 to 1; `max_days` in days. Deals may
    jump over it without a word where `may_skip`, and may move back to it where `may_return`."""

    name: str
    order: float
    probability: float
    type: Outcome
    category: Category | None = None
    max_days: float | None = None
    guidance: str = ""
    pipeline: str = ""
    aliases: tuple[str, ...] = ()
    cell: CellRef | None = None
    may_skip: bool = False
    may_return: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A check on one column: `field` as its header or field name, `check` as written in the sheet."""

    field: str
    check: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One entry or exit criterion of a stage; see docs/criteria.md for the checks."""

    stage: str
    gate: Gate
    requirement: str
    test: Condition
    kind: Kind = "information"
    when: Condition | None = None
    severity: CriterionSeverity = "block"
    grace_days: float = 0.0
    guidance: str = ""
    cell: CellRef | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody allowed a deal to miss a requirement until `expires` (inclusive)."""

    deal_id: str
    requirement: str
    expires: dt.date | None
    approved_by: str = ""
    reason: str = ""
    cell: CellRef | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who owns deals, with their team and manager."""

    name: str
    team: str = ""
    manager: str = ""
    email: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A target amount for a period as written (``2026-Q4``, ``2026-10``, ``FY26`` or a date);
    `owner` is an owner or a team, blank for everybody."""

    period: str | dt.date
    amount: float
    owner: str = ""
    currency: str = ""
    cell: CellRef | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `currency` is `rate` units of the reporting currency from `date` on (None: always)."""

    currency: str
    rate: float
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a book is read and judged; each has a default, and where it came from is in `origin`."""

    reporting_currency: str = ""
    as_of: dt.date | None = None
    fiscal_year_start: int = 1
    week_start: int = 1
    day_first: bool | None = None
    decimal_comma: bool | None = None
    forecast_method: str = "stated"
    stalled_percentile: float = 0.8
    sheets: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    recipients: tuple[str, ...] = ()
    language: str = "en"
    origin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """A sheet read column-wise, and where each value stood.

    `values[field]` and `extra[header]` are lists of equal length; `rows[i]` is the sheet row
    (1-based) of record i, `position[field or header]` the sheet column (1-based).
    Only the fields whose column was found are in `values`.
    """

    sheet: str
    header_row: int
    rows: Sequence[int]
    values: Mapping[str, Sequence[Any]]
    extra: Mapping[str, Sequence[Value]]
    position: Mapping[str, int]
    headers: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def cell(self, index: int, name: str) -> CellRef:
        """The address of field or header `name` of record `index`; column 1 where it is not there."""
        return CellRef(self.sheet, self.rows[index], self.position.get(name, 1))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a person typed into the scenario columns of Deal Review for one deal."""

    include: str = ""
    amount: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class RunLogEntry:
    """One earlier run, as its row in the Run Log says (values by column header)."""

    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class HygieneRecord:
    """How many open deals were clean in an earlier run, as the Run Log says: of all (`name` empty), of an
    owner or of a team."""

    as_of: dt.date
    dimension: str
    name: str
    open_deals: int
    clean: int


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that was read from one workbook, parsed. Findings travel beside it."""

    deals: Columns
    stages: tuple[Stage, ...]
    criteria: tuple[Criterion, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    owners: tuple[Owner, ...] = ()
    targets: tuple[Target, ...] = ()
    rates: tuple[Rate, ...] = ()
    history: Columns | None = None
    settings: Settings = field(default_factory=Settings)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    runs: tuple[RunLogEntry, ...] = ()
    hygiene_log: tuple[HygieneRecord, ...] = ()
    sheets: Mapping[str, str] = field(default_factory=dict)
    """Which sheet each part of the contract was read from: ``{"Deals": "Sales pipeline"}``."""
