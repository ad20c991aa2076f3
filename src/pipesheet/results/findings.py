"""Findings: the work list, most money first, with a link to the very cell to mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, short_money
from pipesheet.findings import CODES, SEVERITIES, Finding
from pipesheet.results import look
from pipesheet.results.stamp import RunStamp
from pipesheet.sheets import Column, Content, Formula, Highlight, Link, Put, SheetPlan, Style, TablePlan

HEADER_ROW = 9
TABLE = "PipesheetFindings"
MOST = 50_000
"""Findings listed. A book with more has one fault that is everywhere, and nobody reads on; the JSON has all."""
LINE, WIDENED = 13.0, 1.15
"""Points per line, and how much longer a text gets by not filling its lines."""
_COLORS = {"error": look.NEGATIVE, "warning": look.WARNING, "info": look.SOFT}
WRAPPED_UP_TO = 2_000
"""A longer list keeps one line a row: Excel measures every wrapped row when it opens the sheet."""
_TOP = replace(look.TEXT, valign="top")


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet; findings keep the order that the analysis gave them."""
    listed = analysis.findings[:MOST]
    columns = look.fitted(_columns(analysis, listed))
    last = HEADER_ROW + max(1, len(listed))
    left_out = len(analysis.findings) - len(listed)
    return SheetPlan(
        "findings",
        name,
        puts=(
            *look.top(
                title(analysis),
                f"What to fix, as of {day(analysis.as_of)}. The next run clears a line once its cell is mended. "
                f"From {stamp.input_name}.",
                "Most money at stake first, then errors, then the nearest close date. Money at stake is what the fault "
                "puts in doubt, in the reporting currency; a deal may have several faults, so it is not to be added up."
                + (f" {count(left_out, 'further finding')} beyond the first {MOST:,} not listed." if left_out else ""),
            ),
            *_counts(listed),
        ),
        tables=(
            TablePlan(
                TABLE,
                HEADER_ROW,
                1,
                columns,
                style=look.TABLE_STYLE,
                header=look.HEADER,
            ),
        ),
        highlights=tuple(
            Highlight(HEADER_ROW + 1, 1, last, 1, "text", severity, Style(color=color, bold=severity != "info"))
            for severity, color in _COLORS.items()
        ),
        heights={1: 28, 6: 24, HEADER_ROW: 30, **_row_heights(columns)},
        freeze=(HEADER_ROW + 1, 1),
        repeat_rows=(HEADER_ROW, HEADER_ROW),
        print_columns=len(columns) - 1,
        tab_color=look.NEGATIVE if any(f.severity == "error" for f in listed) else look.POSITIVE,
    )


def title(analysis: Analysis) -> str:
    """What is to fix, in one line."""
    errors = [f for f in analysis.findings if f.severity == "error"]
    deals = len({f.deal_id or f.cell for f in errors if f.deal_id or f.deal})
    if not analysis.findings:
        return "Nothing to fix: every deal passes every check."
    if not errors:
        return f"No errors, {count(len(analysis.findings), 'smaller thing')} to look at"
    unproven = analysis.bridge.claimed - analysis.bridge.evidence
    rests = f", {short_money(unproven, analysis.currency)} weighted rests on missing proof" if unproven >= 1 else ""
    needing = (
        f"{count(deals, 'deal')} {'needs' if deals == 1 else 'need'} something" if deals else "The book needs care"
    )
    return f"{needing}: {count(len(errors), 'error')}{rests}"


def _counts(listed: Sequence[Finding]) -> tuple[Put, ...]:
    found = Counter(f.severity for f in listed)
    puts: list[Put] = []
    for column, severity in enumerate(SEVERITIES, 1):
        formula = Formula(f'COUNTIF({TABLE}[Severity],"{severity}")', found[severity])
        label = {"error": "Errors", "warning": "Warnings", "info": "Notes"}[severity]
        style = Style(size=16, bold=True, color=_COLORS[severity], number="#,##0", align="left")
        puts += [Put(5, column, label, look.LABEL), Put(6, column, formula, style)]
    return tuple(puts)


def what(finding: Finding) -> str:
    """The requirement in the user's words, or what the built-in rule's code means."""
    return finding.requirement or CODES[finding.code].meaning.rstrip(".")


def _columns(analysis: Analysis, listed: Sequence[Finding]) -> tuple[Column, ...]:
    money = replace(look.money(analysis), valign="top")
    prose = replace(_TOP, wrap=len(listed) <= WRAPPED_UP_TO)
    days = [None if f.close_date is None else (f.close_date - analysis.as_of).days for f in listed]

    def text(header: str, field: str, width: float, style: Style = prose) -> Column:
        return Column(header, [getattr(f, field) or None for f in listed], style, width=width)

    return (
        text("Severity", "severity", 10, _TOP),
        Column("Money at stake", [f.money_at_stake or None for f in listed], money, width=12),
        Column(
            "Days to close",
            days,
            replace(look.COUNT, number="#,##0;−#,##0;0", valign="top"),
            width=8,
            note="Days from the as-of date to the deal's close date; negative once it has passed.",
        ),
        text("Owner", "owner", 17, replace(prose, align="left", indent=1)),
        text("Deal ID", "deal_id", 12, _TOP),
        text("Deal", "deal", 28, replace(prose, bold=True)),
        text("Stage", "stage", 13),
        Column("What", [what(f) for f in listed], prose, width=32),
        text("Found", "found", 28),
        text("Needed", "needed", 32),
        Column("Cell", [_jump(f) for f in listed], replace(look.LINKED, valign="top"), width=15),
        text("Guidance", "guidance", 28, replace(prose, color=look.SOFT)),
        Column("Amount", [f.amount for f in listed], money, width=12),
        text("Code", "code", 25, replace(look.QUIET, align="left", valign="top", indent=1)),
    )


def _row_heights(columns: Sequence[Column]) -> dict[int, float]:
    """Points each row needs for its longest wrapped text; programs do not all measure it themselves."""
    prose = [(c.width or 10.0, c.contents) for c in columns if c.style.wrap]
    heights = {}
    for i in range(max((len(contents) for _, contents in prose), default=0)):
        lines = max(ceil(len(str(contents[i] or "")) * WIDENED / width) for width, contents in prose)
        if lines > 1:
            heights[HEADER_ROW + 1 + i] = 2.0 + LINE * lines
    return heights


def _jump(finding: Finding) -> Content:
    cell = finding.cell
    return None if cell is None else Link(cell.sheet, cell.a1, str(cell))
