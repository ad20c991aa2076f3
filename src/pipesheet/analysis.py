"""analyze(): the order of the thinking, from a workbook as read to everything that is said about it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import polars as pl

from pipesheet.bridge import Bridge, bridge
from pipesheet.deals import deal_frame, reporting_currency
from pipesheet.effectiveness import Effect, effects
from pipesheet.errors import UsageError
from pipesheet.findings import SEVERITIES, Finding
from pipesheet.forecast import Forecast, forecast
from pipesheet.funnel import Conversion, conversion
from pipesheet.gates import CriterionResult, audit
from pipesheet.grid import Source, Value
from pipesheet.hygiene import Hygiene, hygiene
from pipesheet.language import speaking
from pipesheet.models import Book
from pipesheet.parser import parse
from pipesheet.rules import judge, without_echoes
from pipesheet.waivers import WaiverStanding

NO_BRIDGE, NO_HYGIENE = Bridge(0.0, (), 0.0), Hygiene()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What pipesheet says of one workbook. Every view (sheets, report, JSON, screen) is made of it.

    `deals` is the frame of `pipesheet.deals` with these added by `pipesheet.rules` and here:
    `days_in_stage` (Int32, as of the date, null where entry is unknown), `stalled` (Boolean), `errors`,
    `warnings` (UInt32, counts of findings on the deal's row); and those of `pipesheet.gates.Audit`.
    `findings` are a work list: most money at stake first, then errors before warnings, then the fewest days
    to the deal's close date, then the largest amount, then place.
    """

    source: Source
    book: Book
    as_of: dt.date
    currency: str
    deals: pl.DataFrame
    findings: tuple[Finding, ...]
    criteria: tuple[CriterionResult, ...]
    forecast: Forecast
    conversion: Conversion
    bridge: Bridge = NO_BRIDGE
    hygiene: Hygiene = NO_HYGIENE
    effects: tuple[Effect, ...] = ()
    waivers: tuple[WaiverStanding, ...] = ()

    def count(self, severity: str) -> int:
        """How many findings have that severity."""
        return sum(f.severity == severity for f in self.findings)


def analyze(
    source: Source,
    *,
    as_of: dt.date | None = None,
    today: dt.date | None = None,
    defaults: Mapping[str, Value] | None = None,
    overrides: Mapping[str, Value] | None = None,
) -> Analysis:
    """Parses a workbook and thinks it through as of a date; reads no file and no clock.

    The as-of date is `as_of`, else the workbook's own setting, else `today`. `defaults` and
    `overrides` are settings by name, weaker and stronger than the workbook's Settings sheet.

    Raises:
        NoDeals, AmbiguousDeals: no sheet, or more than one, can be the deals.
        UsageError: no as-of date was given anywhere.
    """
    book, read_findings = parse(source, defaults=defaults or {}, overrides=overrides or {})
    date = as_of or book.settings.as_of or today
    if date is None:
        raise UsageError("No as-of date: pass as_of=, or set one in the workbook's Settings sheet.")
    with speaking(book.settings.language):
        return _thought(source, book, read_findings, date)


def _thought(source: Source, book: Book, read_findings: Sequence[Finding], date: dt.date) -> Analysis:
    frame, rule_findings = judge(deal_frame(book, date), book, as_of=date)
    gates = audit(frame, book, as_of=date, folder=source.path.parent)
    expected, target_findings = forecast(gates.frame, book, as_of=date)
    findings = _in_order(without_echoes((*read_findings, *rule_findings, *gates.findings, *target_findings)), date)
    deals = _with_counts(gates.frame, book, findings)
    return Analysis(
        source=source,
        book=book,
        as_of=date,
        currency=reporting_currency(book),
        deals=deals,
        findings=findings,
        criteria=gates.results,
        forecast=expected,
        conversion=conversion(deals, book, as_of=date),
        bridge=bridge(deals, gates.shares, book.criteria),
        hygiene=hygiene(deals, book.hygiene_log, as_of=date),
        effects=effects(gates.asked, deals, book, as_of=date),
        waivers=gates.waivers,
    )


def _in_order(findings: Sequence[Finding], as_of: dt.date) -> tuple[Finding, ...]:
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    today = as_of.toordinal()

    def place(finding: Finding) -> tuple[float, int, float, float, str, int, int, str, str]:
        where = (finding.cell.sheet, finding.cell.row, finding.cell.column) if finding.cell else ("", 0, 0)
        # A date that has passed is the most urgent, and no more so for being long past.
        days = max(finding.close_date.toordinal() - today, 0) if finding.close_date else inf
        urgency = (-finding.money_at_stake, rank[finding.severity], days, -(finding.amount or 0.0))
        return (*urgency, *where, finding.code, finding.requirement)

    return tuple(sorted(findings, key=place))


def _with_counts(frame: pl.DataFrame, book: Book, findings: Sequence[Finding]) -> pl.DataFrame:
    sheet = book.deals.sheet
    seen = {
        severity: Counter(f.cell.row for f in findings if f.severity == severity and f.cell and f.cell.sheet == sheet)
        for severity in ("error", "warning")
    }
    rows = [book.deals.rows[index] for index in frame["index"].to_list()]
    return frame.with_columns(
        pl.Series("errors", [seen["error"][row] for row in rows], dtype=pl.UInt32),
        pl.Series("warnings", [seen["warning"][row] for row in rows], dtype=pl.UInt32),
    )
