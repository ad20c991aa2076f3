"""The JSON document: one for a whole call, made of plain records, its schema generated from them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipesheet.analysis import Analysis
from pipesheet.findings import Severity
from pipesheet.forecast import ForecastRow
from pipesheet.receipt import Receipt


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """One finding. `cell` is the address within `sheet`; money is in the reporting currency."""

    code: str
    severity: Severity
    sheet: str | None
    cell: str | None
    deal_id: str
    stage: str
    requirement: str
    found: str
    needed: str
    money_at_stake: float


@dataclass(frozen=True, slots=True)
class ForecastEntry:
    """One period of the forecast, the whole book by one method. `period` is a fiscal month, quarter
    or year, or one of the buckets overdue, undated, later, all."""

    method: str
    period: str
    won: float
    open_weighted: float
    total: float
    target: float | None
    gap: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class CutEntry(ForecastEntry):
    """The same for one member of one dimension (owner, team, stage, category, source, product)."""

    dimension: str
    key: str


@dataclass(frozen=True, slots=True)
class ConversionEntry:
    """One stage of the funnel: entered = advanced + lost + moved_back + still_there; `rate` with its
    80 % interval, null where nothing settled."""

    stage: str
    entered: int
    advanced: int
    lost: int
    moved_back: int
    still_there: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WorkbookEntry:
    """What was found in one workbook, or the `error` that stopped it (then the rest is empty)."""

    path: str
    exit_code: int
    error: str | None = None
    sha256: str | None = None
    as_of: dt.date | None = None
    currency: str | None = None
    deals: int = 0
    findings: tuple[FindingEntry, ...] = ()
    forecast: tuple[ForecastEntry, ...] = ()
    forecast_by: tuple[CutEntry, ...] = ()
    conversion: tuple[ConversionEntry, ...] = ()
    conversion_basis: str | None = None
    receipt: Receipt | None = None
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything one call says; `exit_code` is the worst of the workbooks'."""

    pipesheet: str
    exit_code: int
    workbooks: tuple[WorkbookEntry, ...]


def workbook_entry(
    analysis: Analysis, *, exit_code: int, receipt: Receipt | None = None, report: str | None = None
) -> WorkbookEntry:
    """One workbook's part of the document."""
    return WorkbookEntry(
        path=str(analysis.source.path),
        exit_code=exit_code,
        sha256=analysis.source.sha256,
        as_of=analysis.as_of,
        currency=analysis.currency,
        deals=analysis.deals.height,
        findings=tuple(_findings(analysis)),
        forecast=tuple(_forecast(r) for r in analysis.forecast.rows if r.dimension == "all"),
        forecast_by=tuple(_cut(r) for r in analysis.forecast.rows if r.dimension != "all"),
        conversion=tuple(_conversion(analysis)),
        conversion_basis=analysis.conversion.basis,
        receipt=receipt,
        report=report,
    )


def _findings(analysis: Analysis) -> Sequence[FindingEntry]:
    return [
        FindingEntry(
            f.code, f.severity,
            f.cell.sheet if f.cell else None, f.cell.a1 if f.cell else None,
            f.deal_id, f.stage, f.requirement, f.found, f.needed, round(f.money_at_stake, 2),
        )
        for f in analysis.findings
    ]  # fmt: skip


def _forecast(row: ForecastRow) -> ForecastEntry:
    return ForecastEntry(
        row.method, row.period, row.won, row.open_weighted, row.total, row.target, row.gap, row.coverage
    )


def _cut(row: ForecastRow) -> CutEntry:
    return CutEntry(
        row.method, row.period, row.won, row.open_weighted, row.total, row.target, row.gap, row.coverage,
        row.dimension, row.key,
    )  # fmt: skip


def _conversion(analysis: Analysis) -> Sequence[ConversionEntry]:
    return [
        ConversionEntry(s.stage, s.entered, s.advanced, s.lost, s.moved_back, s.still_there, s.rate, s.low, s.high)
        for s in analysis.conversion.stages
    ]


def to_json(document: Document) -> str:
    """The document as indented JSON text, keys in the order of the records."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document).dump_json(document, indent=2).decode()


def json_schema() -> str:
    """The JSON Schema of the document, as text; docs/pipesheet.schema.json is this."""
    from pydantic import TypeAdapter

    schema: dict[str, Any] = TypeAdapter(Document).json_schema(mode="serialization")
    return json.dumps(schema, indent=2) + "\n"
