"""What is to be mended: three things to settle this week, stalled deals, criteria, all findings."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipesheet import figures, wording
from pipesheet.charts import meter
from pipesheet.drawing import Colour
from pipesheet.effectiveness import Effect
from pipesheet.figures import count, day, number, percent, plain, short_money, times
from pipesheet.findings import CODES, Finding
from pipesheet.gates import CriterionResult
from pipesheet.language import later, say
from pipesheet.report_page import Card, Cell, Head, Table, Tone, ToSettle

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis

_Text = str | None
_Stalled = tuple[_Text, _Text, _Text, _Text, _Text, int | None, float | None, dt.date | None]

FINDINGS_SHOWN = 120
STALLED_SHOWN = 25
CRITERIA_SHOWN = 40
FINDINGS_FIRST = 15
STALLED_FIRST = 10
CRITERIA_FIRST = 12
KINDS_FIRST = 10
"""So many rows stand open; a click shows the rest."""
TWICE = 2.0
"""So many times its limit, a stalled deal is shown in the colour of alarm."""
GROUP = 3
"""So many findings of one code are one thing to settle, not many."""

_QUESTIONS: Mapping[str, str] = {
    "amount-missing": later("what is it worth?"),
    "amount-unreadable": later("what is it worth?"),
    "amount-negative": later("is the amount really below zero?"),
    "close-date-missing": later("when will it close?"),
    "close-date-past": later("its close date has passed; when will it close, or is it lost?"),
    "close-date-pushed": later("pushed again and again; is it real?"),
    "close-date-before-created": later("it closes before it was created; which date is right?"),
    "stage-unknown": later("which stage is it in?"),
    "stage-missing": later("which stage is it in?"),
    "stage-moved-back": later("it moved back; what has changed?"),
    "owner-missing": later("who owns it?"),
    "next-step-missing": later("what is the next step?"),
    "next-step-overdue": later("the next step is overdue; what happens now?"),
    "stalled": later("it has stalled; what would move it, or is it lost?"),
    "deal-likely-duplicate": later("is it in the book twice?"),
    "deal-id-duplicate": later("two rows have its ID; which is right?"),
    "probability-out-of-range": later("how likely is it?"),
    "currency-without-rate": later("what is its currency worth?"),
}
_GROUPS: Mapping[str, str] = {
    "amount-missing": later("without an amount: what are they worth?"),
    "close-date-missing": later("without a close date: when will they close?"),
    "close-date-past": later("past their close date: which are still alive?"),
    "next-step-missing": later("without a next step: who moves them?"),
    "next-step-overdue": later("with a next step overdue: what happens now?"),
    "stalled": later("stalled: which are still alive?"),
    "owner-missing": later("without an owner: who takes them?"),
    "entry-criterion-not-met": later("break an entry criterion: do they belong in their stage?"),
    "exit-criterion-not-met": later("left a stage too early: do they belong in their stage?"),
    "currency-without-rate": later("in a currency without a rate: what are they worth?"),
}


def to_settle(analysis: Analysis) -> tuple[ToSettle, ...]:
    """The two open deals with most money in question, and the widest fault of many deals."""
    frame = analysis.deals
    alive = set(frame.filter(frame["outcome"] == "open")["deal_id"].drop_nulls().to_list())
    asked = [f for f in analysis.findings if f.severity != "info" and f.deal_id in alive]
    singles = _by_deal([f for f in asked if _question(f)])
    group = _widest(asked)
    if group is None:
        return tuple(_single(f, analysis.currency) for f in singles[:3])
    # Where no deal has an amount there is nothing to choose a deal by; the group says it all.
    named = [f for f in singles if _money(f) > 0 and f.code != group[0].code][:2]
    if len(named) < 2:
        named = [f for f in singles if _money(f) > 0][:2]
    return (*(_single(f, analysis.currency) for f in named), _group(group, analysis.currency))


def _money(finding: Finding) -> float:
    return max(finding.money_at_stake, 0.0) or max(finding.amount or 0.0, 0.0)


def _by_deal(findings: Sequence[Finding]) -> list[Finding]:
    """One finding per deal, the first (worst) one, by money."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.deal_id, finding)
    return sorted(first.values(), key=lambda f: (-f.money_at_stake, -(f.amount or 0.0), f.deal_id))


def _question(finding: Finding) -> str:
    if finding.code.endswith("-criterion-not-met") and finding.requirement:
        return say(
            "“{requirement}” is not met in {stage}; who settles it?",
            requirement=plain(finding.requirement, 60),
            stage=plain(finding.stage, 30),
        )
    return say(_QUESTIONS[finding.code]) if finding.code in _QUESTIONS else ""


def _single(finding: Finding, currency: str) -> ToSettle:
    name = plain(finding.deal or finding.deal_id, 50)
    amount = short_money(finding.amount, currency) if finding.amount else ""
    return ToSettle(name, amount, _question(finding))


def _widest(findings: Sequence[Finding]) -> list[Finding] | None:
    groups: dict[str, dict[str, Finding]] = defaultdict(dict)
    for finding in findings:
        if finding.code in _GROUPS:
            groups[finding.code].setdefault(finding.deal_id, finding)
    wide = [list(g.values()) for g in groups.values() if len(g) >= GROUP]
    return max(wide, key=lambda g: (sum(map(_money, g)), len(g), g[0].code), default=None)


def _group(findings: Sequence[Finding], currency: str) -> ToSettle:
    money = sum(f.amount or 0.0 for f in findings)
    amount = short_money(money, currency) if money > 0 else ""
    return ToSettle(count(len(findings), "deal"), amount, say(_GROUPS[findings[0].code]), many=True)


def stalled_card(analysis: Analysis, colour: Colour) -> Card | None:
    """Deals that have been in their stage too long, largest first."""
    frame = analysis.deals
    rows = frame.filter(frame["stalled"].fill_null(value=False))
    if not len(rows):
        return None
    columns = ["deal", "deal_id", "account", "owner", "stage", "days_in_stage", "amount", "close_date"]
    listed = sorted(rows.select(columns).rows(), key=lambda r: (-(r[6] or 0.0), -(r[5] or 0), r[1] or ""))
    bounds = _bounds(analysis)
    cells = tuple(_stalled_cells(r, bounds.get(r[4]), analysis.currency, colour) for r in listed[:STALLED_SHOWN])
    heads = (
        Head(say("Deal")), Head(say("Stage"), wide=True), Head(say("Days in stage"), right=True),
        Head(say("Against the limit"), wide=True),
        Head(say("Amount"), right=True), Head(say("Close date"), right=True),
    )  # fmt: skip
    more = len(listed) - STALLED_SHOWN
    note = say("{n} more stalled {n:deal|deals} in the workbook's sheet Deal Review.", n=more) if more > 0 else ""
    open_deals = int((frame["outcome"] == "open").sum())
    return Card(
        "stalled",
        wording.stalled_title(len(listed), open_deals),
        say("Longer in their stage than its Max days, or than four in five won deals were; largest first"),
        table=Table("stalled-table", say("Stalled deals"), heads, cells, note, STALLED_FIRST, max(more, 0)),
    )


def _bounds(analysis: Analysis) -> dict[str, float]:
    """Stage -> days after which a deal counts as stalled: its Max days, else the P80 of won deals."""
    bounds = {t.stage: t.p80 for t in analysis.conversion.times if t.p80}
    return bounds | {s.name: s.max_days for s in analysis.book.stages if s.max_days}


def _stalled_cells(row: _Stalled, bound: float | None, currency: str, colour: Colour) -> tuple[Cell, ...]:
    name, deal_id, account, owner, stage = (plain(text) for text in row[:5])
    spent, amount, close = row[5:]
    title = name or account or deal_id
    return (
        Cell(title, " · ".join(filter(None, (owner, deal_id))), strong=True, sort=title.casefold()),
        Cell(stage, sort=stage),
        Cell(number(spent), sort=spent),
        _against_bound(spent, bound, colour),
        Cell(short_money(amount, currency), sort=amount),
        Cell(day(close), sort=str(close or "")),
    )


def _against_bound(spent: int | None, bound: float | None, colour: Colour) -> Cell:
    if spent is None or not bound:
        return Cell(figures.NONE)
    over = spent / bound
    hot = over >= TWICE
    drawn = meter(over, colour, tone="neg" if hot else "commit", reach=3.0)
    return Cell(times(over), sort=over, chart=drawn, tone="neg" if hot else "")


def criteria_card(analysis: Analysis, colour: Colour) -> Card | None:
    """How each entry and exit criterion stands."""
    results = [c for c in analysis.criteria if c.asked]
    if not results:
        return None
    order = sorted(results, key=lambda c: (-c.money_at_stake, -c.unmet))
    heads = (
        Head(say("Requirement")), Head(say("Stage"), wide=True), Head(say("Met of those asked"), wide=True),
        Head(say("Unmet"), right=True), Head(say("Waived"), right=True), Head(say("At stake"), right=True),
        *((Head(say("Won with it"), right=True), Head(say("Won without"), right=True)) if analysis.effects else ()),
    )  # fmt: skip
    effects = {effect.criterion: effect for effect in analysis.effects}
    cells = tuple(
        _criterion_cells(c, analysis.currency, colour)
        + (_effect_cells(effects.get(c.criterion)) if analysis.effects else ())
        for c in order[:CRITERIA_SHOWN]
    )
    more = len(order) - CRITERIA_SHOWN
    note = say("{n} more {n:criterion has|criteria have} less at stake.", n=more) if more > 0 else ""
    return Card(
        "criteria",
        wording.criteria_title(results, analysis.currency),
        say("Of the deals each criterion asks; those in grace or not concerned are neither met nor unmet"),
        table=Table("criteria-table", say("Entry and exit criteria"), heads, cells, note, CRITERIA_FIRST, max(more, 0)),
    )


def _criterion_cells(result: CriterionResult, currency: str, colour: Colour) -> tuple[Cell, ...]:
    rule = result.criterion
    return (
        Cell(plain(rule.requirement), f"{say(_KIND[rule.kind])}, {say(_WEIGHT[rule.severity])}", strong=True),
        Cell(plain(rule.stage), say(_GATE[rule.gate]), sort=plain(rule.stage)),
        Cell(
            say("{n} of {all}", n=result.met, all=result.asked),
            sort=result.met / result.asked,
            chart=meter(result.met / result.asked, colour, goal=None),
        ),
        Cell(
            number(result.unmet),
            sort=result.unmet,
            tone="neg" if result.unmet and rule.severity == "block" else "",
        ),
        Cell(number(result.waived), sort=result.waived),
        Cell(short_money(result.money_at_stake, currency), sort=result.money_at_stake),
    )


def _effect_cells(effect: Effect | None) -> tuple[Cell, ...]:
    """The win rate of closed deals that reached the stage, with it and without it; few deals say nothing."""
    sides = ((effect.met_rate, effect.met), (effect.unmet_rate, effect.unmet)) if effect else ((None, 0), (None, 0))
    told = effect is not None and effect.verdict.startswith("separates") and effect.verdict != "separates nothing"
    return tuple(
        Cell(figures.NONE, say("of {n}", n=n) if n else "")
        if rate is None or n < wording.ENOUGH
        else Cell(percent(rate), say("of {n}", n=n), sort=rate, strong=told)
        for rate, n in sides
    )


_KIND = {
    "action": later("action"), "information": later("information"),
    "people": later("people"), "deliverable": later("deliverable"),
}  # fmt: skip
_GATE = {"entry": later("entry"), "exit": later("exit")}
_WEIGHT = {"block": later("blocks"), "warn": later("warns"), "info": later("informs")}


def kinds_card(analysis: Analysis, colour: Colour) -> Card | None:
    """The findings by kind, where there are too many of them to read one by one."""
    kinds: dict[str, list[Finding]] = defaultdict(list)
    for finding in analysis.findings:
        kinds[finding.code].append(finding)
    if len(analysis.findings) <= FINDINGS_FIRST or len(kinds) < 2:
        return None
    order = sorted(kinds.values(), key=lambda k: (_RANK[k[0].severity], -len(k), k[0].code))
    most = max(map(len, order))
    heads = (
        Head(say("Kind")), Head(say("Level")), Head(say("Findings"), wide=True), Head(say("Deals"), right=True),
        *((Head(say("At stake"), right=True),) if any(f.money_at_stake > 0 for f in analysis.findings) else ()),
    )  # fmt: skip
    return Card(
        "kinds",
        wording.kinds_title(analysis.findings),
        say("Errors first, most findings first; what counts as which is set in the workbook's Settings"),
        table=Table(
            "kinds-table",
            say("Findings by kind"),
            heads,
            tuple(_kind_cells(k, most, analysis.currency, colour)[: len(heads)] for k in order),
            first=KINDS_FIRST,
        ),
    )


def _kind_cells(kind: Sequence[Finding], most: int, currency: str, colour: Colour) -> tuple[Cell, ...]:
    level, tone = _LEVELS[kind[0].severity]
    deals = len({f.deal_id for f in kind if f.deal_id})
    stake = sum(f.money_at_stake for f in kind)
    return (
        Cell(_meaning(kind[0].code), strong=True, sort=kind[0].code),
        Cell(say(level), tone=tone, sort=_RANK[kind[0].severity]),
        Cell(number(len(kind)), sort=len(kind), chart=meter(len(kind) / most, colour, goal=None)),
        Cell(number(deals), sort=deals),
        Cell(short_money(stake, currency) if stake > 0 else figures.NONE, sort=stake),
    )


def _meaning(code: str) -> str:
    return say(CODES[code].meaning).rstrip(".") if code in CODES else code


def findings_card(analysis: Analysis) -> Card | None:
    """Every finding that fits, errors first and most money first; the rest is counted."""
    findings = analysis.findings
    if not findings:
        return None
    shown = findings[:FINDINGS_SHOWN]
    money = any(f.money_at_stake > 0 for f in shown)
    heads = (
        Head(say("Deal")), Head(say("Level")), Head(say("What"), wide=True), Head(say("Found"), wide=True),
        Head(say("Needed"), wide=True), Head(say("At stake") if money else say("Amount"), right=True),
        Head(say("Cell"), wide=True),
    )  # fmt: skip
    cells = tuple(_finding_cells(f, analysis.currency, money) for f in shown)
    more = len(findings) - len(shown)
    note = say("{n} more {n:finding|findings} in the workbook's sheet Findings.", n=more) if more else ""
    errors, warnings = (sum(f.severity == s for f in findings) for s in ("error", "warning"))
    subtitle = say(
        "{errors} {errors:error|errors}, {warnings} {warnings:warning|warnings}, {notes} {notes:note|notes}. "
        "Mend the cell in {file}; the next run clears the line.",
        errors=errors,
        warnings=warnings,
        notes=len(findings) - errors - warnings,
        file=plain(analysis.source.path.name),
    )
    table = Table("findings-table", say("Findings"), heads, cells, note, FINDINGS_FIRST, more)
    return Card("findings", wording.findings_title(findings, len(analysis.deals)), subtitle, table=table)


_LEVELS: Mapping[str, tuple[str, Tone]] = {
    "error": (later("Error"), "error"), "warning": (later("Warning"), "warning"), "info": (later("Note"), "info"),
}  # fmt: skip
_RANK = {"error": 0, "warning": 1, "info": 2}


def _finding_cells(finding: Finding, currency: str, stake: bool) -> tuple[Cell, ...]:
    name = plain(finding.deal or finding.deal_id) or figures.NONE
    under = " · ".join(filter(None, (plain(finding.owner, 40), plain(finding.stage, 30))))
    level, tone = _LEVELS[finding.severity]
    value = finding.money_at_stake if stake else finding.amount
    cell = finding.cell
    return (
        Cell(name, under, strong=bool(finding.deal_id or finding.deal), sort=name.casefold()),
        Cell(say(level), tone=tone, sort=_RANK[finding.severity]),
        Cell(plain(finding.requirement) or _meaning(finding.code), sort=finding.code),
        Cell(plain(finding.found)),
        Cell(plain(finding.needed)),
        Cell(short_money(value, currency) if value else figures.NONE, sort=value or 0.0),
        Cell(plain(str(cell)) if cell else "", sort=f"{cell.sheet} {cell.row:08d}" if cell else ""),
    )
