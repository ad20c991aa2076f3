"""What a person reads in the terminal after a run: the answer, the counts, what to fix first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipesheet import __version__, figures
from pipesheet.analysis import Analysis
from pipesheet.document import Document, WorkbookEntry, workbook_entry
from pipesheet.findings import SEVERITIES, Finding
from pipesheet.jobs import Outcome
from pipesheet.receipt import Comparison
from pipesheet.wording import headline

if TYPE_CHECKING:
    from pipesheet.sending import Letter

_DEAL_SHOWN = 60
_LOSSES_SHOWN = 20
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
        if outcomes[0].index is not None:
            yield f"Index     {outcomes[0].index}"


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
    entry = workbook_entry(outcome.analysis, exit_code=outcome.exit_code, receipt=outcome.receipt, report=report)
    return replace(entry, error=str(outcome.error)) if outcome.error else entry


def _workbook(outcome: Outcome, analysis: Analysis, shown: int) -> Iterator[str]:
    deals = figures.count(analysis.deals.height, "deal")
    sheet = analysis.book.deals.sheet
    yield _plain(f"{outcome.path.name}: {deals} in sheet {sheet!r}, as of {figures.day(analysis.as_of)}")
    yield _plain(headline(analysis.forecast.headline, analysis.deals.height, analysis.currency))
    yield from _evidence(analysis)
    yield _counts(analysis)
    yield from _work_list(analysis, shown, written=outcome.receipt is not None)
    yield from _written(outcome)


def _evidence(analysis: Analysis) -> Iterator[str]:
    """What the criteria bear out, where there are any and something is claimed."""
    bridge, currency = analysis.bridge, analysis.currency
    if not analysis.criteria or bridge.claimed <= 0:
        return
    claimed, evidence = (figures.short_money(x, currency) for x in (bridge.claimed, bridge.evidence))
    if bridge.claimed - bridge.evidence < 0.005:
        yield f"The criteria bear out all of the {claimed} weighted."
        return
    resting = figures.short_money(bridge.claimed - bridge.evidence, currency)
    yield f"The criteria bear out {evidence} of {claimed} weighted; {resting} rests on missing proof."


def _counts(analysis: Analysis) -> str:
    parts = []
    for severity in SEVERITIES:
        n = analysis.count(severity)
        if n:
            parts.append(
                f"{n:,} {severity if severity != 'info' else 'note'}" if n == 1 else f"{n:,} {_PLURAL[severity]}"
            )
    said = "Findings: " + (", ".join(parts) if parts else "none, every deal meets its stage") + "."
    for whole in analysis.hygiene.of("all"):
        have = "has" if whole.clean == 1 else "have"
        said += f" {whole.clean:,} of {figures.count(whole.open_deals, 'open deal')} {have} nothing to mend"
        said += f" ({figures.points(whole.change)})." if whole.change else "."
    return said


def _work_list(analysis: Analysis, shown: int, *, written: bool) -> Iterator[str]:
    """The first findings of the work list under their owners, in the order of each owner's first one."""
    listed = analysis.findings[:shown]
    everybody = Counter(f.owner for f in analysis.findings)
    by_owner: dict[str, list[Finding]] = {}
    for finding in listed:
        by_owner.setdefault(finding.owner, []).append(finding)
    resting = {line.name: line.unproven for line in analysis.hygiene.of("owner")}
    for owner, findings in by_owner.items():
        yield ""
        yield _owner(owner, everybody[owner], resting.get(owner, 0.0), analysis.currency)
        for finding in findings:
            yield from _finding(finding, analysis.currency)
        if rest := everybody[owner] - len(findings):
            yield f"    … and {rest:,} more of theirs" if owner else f"    … and {rest:,} more"
    left = len(analysis.findings) - len(listed)
    if listed and left:
        yield ""
        yield f"{left:,} more in all" + (", in the sheet Findings." if written else "; --all shows them.")


def _owner(owner: str, findings: int, resting: float, currency: str) -> str:
    name = _plain(owner) or "Without an owner, or about the workbook itself"
    money = f", {figures.short_money(resting, currency)} rests on missing proof" if resting >= 0.5 else ""
    return f"{name}: {figures.count(findings, 'finding')}{money}"


def _finding(finding: Finding, currency: str) -> Iterator[str]:
    """Two lines: how bad, how much, where, which deal; then what is wrong and what is needed."""
    stake = figures.short_money(finding.money_at_stake, currency) if finding.money_at_stake else ""
    where = str(finding.cell) if finding.cell else ""
    deal = " ".join(filter(None, (_plain(finding.deal_id), _plain(finding.deal)[:_DEAL_SHOWN])))
    yield f"  {finding.severity:<8}{stake:>7}  {_plain(where):<14} {deal}".rstrip()
    what = f"{finding.requirement}: {finding.found}" if finding.requirement else finding.found
    needed = f"; needs {_plain(finding.needed)}" if finding.needed else ""
    yield f"    {finding.code}: {_plain(what)}{needed}"


def _written(outcome: Outcome) -> Iterator[str]:
    if outcome.receipt is None and outcome.report is None and not outcome.tables:
        return
    yield ""
    if outcome.receipt is not None:
        yield f"Workbook  {outcome.receipt.path}"
        if outcome.receipt.backup:
            yield f"Backup    {outcome.receipt.backup}"
    if outcome.report is not None:
        yield f"Report    {outcome.report}"
    if outcome.pdf is not None:
        yield f"PDF       {outcome.pdf}"
    if outcome.tables:
        yield f"Tables    {figures.count(len(outcome.tables), 'file')} in {outcome.tables[0].parent}"


def _totals(outcomes: Sequence[Outcome]) -> Iterator[str]:
    failed = sum(o.error is not None for o in outcomes)
    done = figures.count(len(outcomes) - failed, "workbook")
    yield f"{done} done" + (f", {failed} failed" if failed else "") + "."


def comparison_lines(found: Comparison) -> Iterator[str]:
    """What became of the parts of one workbook in another, and what was lost."""
    yield (
        f"{figures.count(len(found.kept), 'part')} kept, {len(found.changed)} changed, {len(found.added)} added, "
        f"{len(found.dropped)} dropped."
    )
    yield from (_plain(f"Lost: {loss}.") for loss in found.losses[:_LOSSES_SHOWN])
    if len(found.losses) > _LOSSES_SHOWN:
        yield f"And {figures.number(len(found.losses) - _LOSSES_SHOWN)} more; --json lists them all."
    if not found.losses:
        yield "Nothing of yours is lost."


def letter_lines(letters: Sequence[Letter]) -> Iterator[str]:
    """Who got what, and why not where not."""
    rows = [(letter.outcome, _to(letter), _audience(letter), letter.mail.subject) for letter in letters]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
    for row, letter in zip(rows, letters, strict=True):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=False))
        yield _plain("  ".join((*cells, row[3])))
        if letter.reason:
            yield _plain(f"    {letter.reason}")
    numbers = Counter(letter.outcome for letter in letters)
    yield ", ".join(f"{figures.number(n)} {outcome}" for outcome, n in numbers.items()) + "." if numbers else ""


def _to(letter: Letter) -> str:
    return letter.addressed.to or letter.addressed.person


def _audience(letter: Letter) -> str:
    audience = letter.addressed.audience
    return f"{audience.kind} {audience.name}" if audience.name else "everybody"


def _plain(text: str) -> str:
    """One line without control or direction characters: a cell's text must not steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
