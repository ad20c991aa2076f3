"""What a person reads in the terminal after a run: the answer, the counts, what to fix first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipesheet import __version__, figures
from pipesheet.analysis import Analysis
from pipesheet.document import Document, WorkbookEntry, workbook_entry
from pipesheet.findings import SEVERITIES, Finding
from pipesheet.jobs import Outcome
from pipesheet.wording import headline

_PLURAL = {"error": "errors", "warning": "warnings", "info": "notes"}


def summary_lines(outcomes: Sequence[Outcome], *, shown: int) -> Iterator[str]:
    """The lines for people: per workbook its answer, counts, first `shown` findings and files."""
    for place, outcome in enumerate(outcomes):
        if place:
            yield ""
        if outcome.analysis is None:
            yield f"{outcome.path.name}: not read"
            continue
        yield from _workbook(outcome, outcome.analysis, shown)
    if len(outcomes) > 1:
        yield ""
        yield from _totals(outcomes)


def errors_of(outcomes: Sequence[Outcome]) -> list[str]:
    """The sentence of each workbook that failed."""
    return [str(o.error) for o in outcomes if o.error is not None]


def document_of(outcomes: Sequence[Outcome]) -> Document:
    """The JSON document of the same outcomes."""
    return Document(
        pipesheet=__version__,
        exit_code=max(o.exit_code for o in outcomes),
        workbooks=tuple(_entry(o) for o in outcomes),
    )


def _entry(outcome: Outcome) -> WorkbookEntry:
    if outcome.analysis is None:
        return WorkbookEntry(str(outcome.path), outcome.exit_code, error=str(outcome.error))
    report = None if outcome.report is None else str(outcome.report)
    return workbook_entry(outcome.analysis, exit_code=outcome.exit_code, receipt=outcome.receipt, report=report)


def _workbook(outcome: Outcome, analysis: Analysis, shown: int) -> Iterator[str]:
    deals = figures.count(analysis.deals.height, "deal")
    sheet = analysis.book.deals.sheet
    yield f"{outcome.path.name}: {deals} in sheet {sheet!r}, as of {figures.day(analysis.as_of)}"
    current = analysis.forecast.row(analysis.forecast.current)
    yield _plain(headline(current, analysis.deals.height, analysis.currency))
    yield _counts(analysis)
    listed = analysis.findings[:shown]
    if listed:
        yield ""
    yield from (_finding(f, analysis.currency) for f in listed)
    rest = len(analysis.findings) - len(listed)
    if listed and rest:
        yield f"  … and {rest:,} more" + ("" if outcome.receipt else " (--all shows them)")
    yield from _written(outcome)


def _counts(analysis: Analysis) -> str:
    parts = []
    for severity in SEVERITIES:
        n = analysis.count(severity)
        if n:
            parts.append(
                f"{n:,} {severity if severity != 'info' else 'note'}" if n == 1 else f"{n:,} {_PLURAL[severity]}"
            )
    return "Findings: " + (", ".join(parts) if parts else "none, every deal meets its stage.")


def _finding(finding: Finding, currency: str) -> str:
    where = str(finding.cell) if finding.cell else ""
    what = f"{finding.requirement}: {finding.found}" if finding.requirement else finding.found
    who = " · ".join(_plain(part) for part in (finding.deal_id, finding.deal, finding.owner) if part)
    stake = f"  [{figures.short_money(finding.money_at_stake, currency)} at stake]" if finding.money_at_stake else ""
    line = f"  {finding.severity:<8}{where:<14} {finding.code}: {_plain(what)}"
    needed = f"; needs {_plain(finding.needed)}" if finding.needed else ""
    return f"{line}{needed}" + (f"  ({who})" if who else "") + stake


def _written(outcome: Outcome) -> Iterator[str]:
    if outcome.receipt is None and outcome.report is None:
        return
    yield ""
    if outcome.receipt is not None:
        yield f"Workbook  {outcome.receipt.path}"
        if outcome.receipt.backup:
            yield f"Backup    {outcome.receipt.backup}"
    if outcome.report is not None:
        yield f"Report    {outcome.report}"


def _totals(outcomes: Sequence[Outcome]) -> Iterator[str]:
    failed = sum(o.error is not None for o in outcomes)
    done = figures.count(len(outcomes) - failed, "workbook")
    yield f"{done} done" + (f", {failed} failed" if failed else "") + "."


def _plain(text: str) -> str:
    """One line without control or direction characters: a cell's text must not steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
