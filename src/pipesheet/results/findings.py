"""Findings: what to fix, errors first, most money first, with a link to the very cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, short_money
from pipesheet.findings import SEVERITIES, Finding
from pipesheet.results import look
from pipesheet.results.stamp import RunStamp
from pipesheet.sheets import Column, Content, Formula, Highlight, Link, Put, SheetPlan, Style, TablePlan

HEADER_ROW = 9
TABLE = "PipesheetFindings"
MOST = 250_000
"""Findings listed; a book with more has one fault that is everywhere, and opens faster so."""
_COLORS = {"error": look.NEGATIVE, "warning": look.WARNING, "info": look.SOFT}


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet; findings keep the order that the analysis gave them."""
    listed = analysis.findings[:MOST]
    last = HEADER_ROW + max(1, len(listed))
    left_out = len(analysis.findings) - len(listed)
    return SheetPlan(
        "findings",
        name,
        puts=(
            *look.top(
                _title(analysis),
                f"What to fix, as of {day(analysis.as_of)}. The next run clears a line once its cell is mended. "
                f"From {stamp.input_name}.",
                "Errors first, then most money at stake. Money at stake is what the fault puts in doubt, in the "
                "reporting currency."
                + (f" {count(left_out, 'further finding')} beyond the first {MOST:,} not listed." if left_out else ""),
            ),
            *_counts(listed),
        ),
        tables=(
            TablePlan(
                TABLE,
                HEADER_ROW,
                1,
                look.fitted(_columns(analysis, listed)),
                style=look.TABLE_STYLE,
                header=look.HEADER,
            ),
        ),
        highlights=tuple(
            Highlight(HEADER_ROW + 1, 1, last, 1, "text", severity, Style(color=color, bold=severity != "info"))
            for severity, color in _COLORS.items()
        ),
        heights={1: 28, 6: 24, HEADER_ROW: 30},
        freeze=(HEADER_ROW + 1, 1),
        repeat_rows=(HEADER_ROW, HEADER_ROW),
        tab_color=look.NEGATIVE if any(f.severity == "error" for f in listed) else look.POSITIVE,
    )


def _title(analysis: Analysis) -> str:
    errors = [f for f in analysis.findings if f.severity == "error"]
    deals = len({f.deal_id or f.cell for f in errors if f.deal_id or f.deal})
    if not analysis.findings:
        return "Nothing to fix: every deal passes every check."
    if not errors:
        return f"No errors, {count(len(analysis.findings), 'smaller thing')} to look at"
    stake = sum(f.money_at_stake for f in analysis.findings)
    at_stake = f", {short_money(stake, analysis.currency)} at stake" if stake else ""
    needing = (
        f"{count(deals, 'deal')} {'needs' if deals == 1 else 'need'} something" if deals else "The book needs care"
    )
    return f"{needing}: {count(len(errors), 'error')}{at_stake}"


def _counts(listed: Sequence[Finding]) -> tuple[Put, ...]:
    found = Counter(f.severity for f in listed)
    puts: list[Put] = []
    for column, severity in enumerate(SEVERITIES, 1):
        formula = Formula(f'COUNTIF({TABLE}[Severity],"{severity}")', found[severity])
        label = {"error": "Errors", "warning": "Warnings", "info": "Notes"}[severity]
        style = Style(size=16, bold=True, color=_COLORS[severity], number="#,##0", align="left")
        puts += [Put(5, column, label, look.LABEL), Put(6, column, formula, style)]
    return tuple(puts)


def _columns(analysis: Analysis, listed: Sequence[Finding]) -> tuple[Column, ...]:
    money = look.money(analysis.currency)

    def text(header: str, field: str, width: float, style: Style = look.TEXT) -> Column:
        return Column(header, [getattr(f, field) or None for f in listed], style, width=width)

    return (
        text("Severity", "severity", 10),
        text("Code", "code", 25, look.QUIET),
        text("Deal ID", "deal_id", 14),
        text("Deal", "deal", 28, look.STRONG),
        text("Owner", "owner", 18),
        text("Stage", "stage", 15),
        text("Requirement", "requirement", 28),
        text("Found", "found", 34),
        text("Needed", "needed", 38),
        text("Guidance", "guidance", 30, look.QUIET),
        Column("Amount", [f.amount for f in listed], money, width=13),
        Column("Money at stake", [f.money_at_stake or None for f in listed], money, width=13),
        Column("Cell", [_jump(f) for f in listed], look.LINKED, width=16),
    )


def _jump(finding: Finding) -> Content:
    cell = finding.cell
    return None if cell is None else Link(cell.sheet, cell.a1, str(cell))
