"""The JSON document: one for a whole call, made of plain records, its schema generated from them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.bridge import BridgeStep
from pipesheet.findings import Severity
from pipesheet.forecast import ForecastRow
from pipesheet.hygiene import HygieneLine
from pipesheet.receipt import Comparison, Receipt

if TYPE_CHECKING:
    from pipesheet.sending import Letter


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
    deal: str
    owner: str
    guidance: str
    close_date: dt.date | None


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
class GateEntry:
    """One open deal and its criteria: `earned` is the stage it has earned (``none`` for not even the first,
    null where its stage is in no list), `next_requirement` the first missing on the way to the next stage."""

    deal_id: str
    claimed: str
    earned: str | None
    ready: bool
    next_requirement: str | None
    claimed_weighted: float
    evidence_weighted: float


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """One criterion over the deals that are asked it: asked = met + unmet + in_grace + not_applicable +
    waived. The rates are of closed deals that reached its stage, with and without it; null without History."""

    requirement: str
    stage: str
    gate: str
    severity: str
    asked: int
    met: int
    unmet: int
    in_grace: int
    not_applicable: int
    waived: int
    money_at_stake: float
    closed_met: int | None
    met_rate: float | None
    closed_unmet: int | None
    unmet_rate: float | None
    days_saved: float | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class WaiverEntry:
    """One waiver and what it does on the as-of date."""

    deal_id: str
    requirement: str
    approved_by: str
    expires: dt.date | None
    days_left: int | None
    state: str


@dataclass(frozen=True, slots=True)
class WorkbookEntry:
    """What was found in one workbook, or the `error` that stopped it, with the rest as far as it got."""

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
    gates: tuple[GateEntry, ...] = ()
    bridge: tuple[BridgeStep, ...] = ()
    claimed_weighted: float = 0.0
    evidence_weighted: float = 0.0
    hygiene: tuple[HygieneLine, ...] = ()
    criteria: tuple[CriterionEntry, ...] = ()
    waivers: tuple[WaiverEntry, ...] = ()
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
        gates=tuple(_gates(analysis)),
        bridge=analysis.bridge.steps,
        claimed_weighted=analysis.bridge.claimed,
        evidence_weighted=analysis.bridge.evidence,
        hygiene=analysis.hygiene.lines,
        criteria=tuple(_criteria(analysis)),
        waivers=tuple(_waivers(analysis)),
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
            f.deal, f.owner, f.guidance, f.close_date,
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


def _gates(analysis: Analysis) -> Iterator[GateEntry]:
    columns = ("deal_id", "stage", "earned_stage", "ready", "next_requirement", "weighted", "evidence_weighted")
    if "ready" not in analysis.deals.columns:
        return
    deals = analysis.deals.filter(pl.col("outcome") == "open").select(columns)
    for deal_id, stage, earned, ready, wanted, claimed, evidence in deals.iter_rows():
        yield GateEntry(deal_id or "", stage or "", earned, ready, wanted, round(claimed, 6), round(evidence, 6))


def _criteria(analysis: Analysis) -> Iterator[CriterionEntry]:
    effects = {effect.criterion: effect for effect in analysis.effects}
    for r in analysis.criteria:
        e = effects.get(r.criterion)
        told = (e.met, e.met_rate, e.unmet, e.unmet_rate, e.days_saved, e.verdict) if e else (None,) * 6
        asked = (r.asked, r.met, r.unmet, r.in_grace, r.not_applicable, r.waived, r.money_at_stake)
        c = r.criterion
        yield CriterionEntry(c.requirement, c.stage, c.gate, c.severity, *asked, *told)


def _waivers(analysis: Analysis) -> Iterator[WaiverEntry]:
    for w in analysis.waivers:
        waiver = w.waiver
        yield WaiverEntry(waiver.deal_id, waiver.requirement, waiver.approved_by, waiver.expires, w.days_left, w.state)


def _conversion(analysis: Analysis) -> Sequence[ConversionEntry]:
    return [
        ConversionEntry(s.stage, s.entered, s.advanced, s.lost, s.moved_back, s.still_there, s.rate, s.low, s.high)
        for s in analysis.conversion.stages
    ]


def to_json(document: Document) -> str:
    """The document as indented JSON text, keys in the order of the records."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document).dump_json(document, indent=2).decode()


def comparison_json(found: Comparison) -> str:
    """What ``pipesheet verify`` found, as indented JSON text."""
    from pydantic import TypeAdapter

    return TypeAdapter(Comparison).dump_json(found, indent=2).decode()


def letters_json(letters: Sequence[Letter]) -> str:
    """Who got what of ``pipesheet send``, as indented JSON text."""
    told = [
        {
            "workbook": letter.entry.workbook, "audience": letter.entry.kind, "name": letter.entry.name,
            "to": letter.addressed.to, "subject": letter.mail.subject, "outcome": letter.outcome,
            "reason": letter.reason,
        }
        for letter in letters
    ]  # fmt: skip
    return json.dumps(told, indent=2, ensure_ascii=False)


def json_schema() -> str:
    """The JSON Schema of the document, as text; docs/pipesheet.schema.json is this."""
    from pydantic import TypeAdapter

    schema: dict[str, Any] = TypeAdapter(Document).json_schema(mode="serialization")
    return json.dumps(schema, indent=2) + "\n"
