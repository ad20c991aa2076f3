"""The stages and criteria as a set, looked over: what can never hold together, what nobody is asked.

Each fault is one finding about the Criteria or the Stages sheet, never one per deal.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from pipesheet import figures
from pipesheet.checks import Check
from pipesheet.findings import Finding, severity_of
from pipesheet.language import later, say
from pipesheet.lint import EVERY_STAGE, GateCriterion
from pipesheet.models import Book, Stage
from pipesheet.stages import open_stages, stage_key, stages_by_key

COMPARED = 100
"""So many different demands on one column are compared with each other; nobody means more."""
_SELLER = re.compile(
    r"\b(?:sent|send|call(?:ed|s)?|e-?mail(?:ed)?|follow(?:ed)?[- ]?up|pitch(?:ed)?|present(?:ed|ation (?:given|held))"
    r"|demo(?:ed)?|demonstrated|quoted|contacted|reached out|visited|voice ?mail|logged)\b",
    re.I,
)
_BUYER = re.compile(
    r"\b(?:customer|buyer|client|prospect|champion|sponsor|they|their|signed|sign[- ]?off|confirm(?:ed|s)?|agree[ds]?"
    r"|accept(?:ed|s)?|approv(?:ed|al|es)|return(?:ed|s)?|repl(?:y|ied)|review(?:ed|s)?)\b",
    re.I,
)

_Range = tuple[float, bool, float, bool]
"""Lower end and whether it is left out, upper end and whether it is left out."""


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one check leaves of the values a cell may have; None where it says nothing of that kind."""

    empty: bool
    yes: frozenset[bool] | None
    number: _Range | None
    day: _Range | None
    among: frozenset[float | dt.date | str] | None
    none_of: frozenset[float | dt.date | str] | None

    @property
    def kind(self) -> str:
        """The only kind of cell that passes; empty where that cannot be said."""
        if (self.number is None) == (self.day is None):
            return ""
        return "dates" if self.number is None else "numbers"


def set_findings(usable: Sequence[GateCriterion], book: Book, *, as_of: dt.date) -> Iterator[Finding]:
    """What is odd about the usable criteria and the stages together."""
    rules = book.settings.rules
    clashes = list(_clashes(usable, as_of))
    yield from _contradictions(clashes, rules)
    yield from _unreachable(clashes, book.stages, rules)
    yield from _never_asked(usable, rules)
    yield from _of_the_seller(usable, rules)
    yield from _without_criteria(book, rules)
    yield from _not_rising(book.stages, rules)


def _about(code: str, rules: Mapping[str, str], criterion: GateCriterion, found: str, needed: str) -> Iterator[Finding]:
    severity = severity_of(code, rules)
    asked = criterion.criterion
    if severity is not None:
        yield Finding(code, severity, found, needed, asked.cell, stage=asked.stage, requirement=asked.requirement)


def _about_stage(code: str, rules: Mapping[str, str], stage: Stage, found: str, needed: str) -> Iterator[Finding]:
    severity = severity_of(code, rules)
    if severity is not None:
        yield Finding(code, severity, found, needed, stage.cell, stage=stage.name)


def _clashes(usable: Sequence[GateCriterion], as_of: dt.date) -> Iterator[tuple[GateCriterion, GateCriterion]]:
    """Pairs that no deal can meet together, the one further down the sheet second. Every deal past both gates
    is asked both; two with different Whens may be about different deals, so they do not clash."""
    seen: dict[tuple[object, ...], dict[tuple[object, ...], tuple[GateCriterion, _Demand]]] = {}
    demands: dict[tuple[object, ...], _Demand] = {}
    for one in usable:
        if one.gate is None and not one.on_loss:
            continue
        if one.test.key not in demands:
            demands[one.test.key] = _demand(one.test.check, as_of)
        mine = demands[one.test.key]
        others = seen.setdefault((one.test.field, one.on_loss, one.when and one.when.key), {})
        clashing = [other for other, theirs in others.values() if _exclude(mine, theirs)]
        if clashing:
            # Two that block make a stage unreachable, so of several the one that blocks is told.
            yield min(clashing, key=lambda other: not _blocks(other)), one
        if len(others) < COMPARED:
            others.setdefault((*one.test.key, _blocks(one)), (one, mine))


def _blocks(one: GateCriterion) -> bool:
    return one.criterion.severity == "block"


def _demand(check: Check, as_of: dt.date) -> _Demand:
    constant = bool(check.operands) and not any(o.label for o in check.operands)
    listed = frozenset(_said(check)) if constant else None
    among = listed if check.name in ("=", "is one of") else None
    said = None if among is None else frozenset(check.operands[0].yes.drop_nulls())
    return _Demand(
        empty=check.name == "is empty",
        yes={"is yes": frozenset([True]), "is no": frozenset([False])}.get(check.name, said),
        number=_range(check, "number") if constant else None,
        day=_days(check, as_of) or (_range(check, "day") if constant else None),
        among=among,
        none_of=listed if check.name in ("≠", "is not one of") else None,
    )


def _said(check: Check) -> Iterator[float | dt.date | str]:
    for operand in check.operands:
        yield from (
            number if number is not None else day if day is not None else key
            for number, day, key in zip(operand.number, operand.date, operand.key, strict=True)
        )


def _range(check: Check, kind: str) -> _Range | None:
    if check.name not in ("=", ">", "≥", "<", "≤", "between", "on or before", "on or after"):
        return None
    ends = [o.number[0] if kind == "number" else o.date[0] for o in check.operands]
    if any(end is None for end in ends):
        return None
    low, high = (float(e.toordinal() if isinstance(e, dt.date) else e) for e in (ends[0], ends[-1]))
    return {
        ">": (low, True, inf, False),
        "≥": (low, False, inf, False),
        "on or after": (low, False, inf, False),
        "<": (-inf, False, high, True),
        "≤": (-inf, False, high, False),
        "on or before": (-inf, False, high, False),
    }.get(check.name, (low, False, high, False))


def _days(check: Check, as_of: dt.date) -> _Range | None:
    today = float(as_of.toordinal())
    return {
        "in the future": (today, True, inf, False),
        "in the past": (-inf, False, today, True),
        "within last N days": (today - check.count, False, today, False),
        "within next N days": (today, False, today + check.count, False),
    }.get(check.name)


def _exclude(one: _Demand, other: _Demand) -> bool:
    # Every check but `is empty` needs something in the cell.
    if one.empty != other.empty:
        return True
    if one.among is not None and other.among is not None:
        # TRUE in a cell is both the yes and the 1 that two people may have written.
        return not one.among & other.among and not (one.yes or frozenset()) & (other.yes or frozenset())
    if one.yes is not None and other.yes is not None:
        return not one.yes & other.yes
    if _apart(one.number, other.number) or _apart(one.day, other.day):
        return True
    if one.kind and other.kind and one.kind != other.kind:
        return True
    return _ruled_out(one, other) or _ruled_out(other, one)


def _apart(one: _Range | None, other: _Range | None) -> bool:
    if one is None or other is None:
        return False
    low, high = max(one[0], other[0]), min(one[2], other[2])
    left_out = any((r[0] == low and r[1]) or (r[2] == high and r[3]) for r in (one, other))
    return low > high or (low == high and left_out)


def _ruled_out(one: _Demand, other: _Demand) -> bool:
    # A cell that says yes may do so as 1.
    said = (*(one.among or ()), *map(float, one.yes or ()))
    return one.among is not None and not any(_leaves(value, other) for value in said)


def _leaves(value: float | dt.date | str, demand: _Demand) -> bool:
    if demand.none_of is not None and value in demand.none_of:
        return False
    if demand.number is None and demand.day is None:
        return True
    if isinstance(value, str):
        return False
    span, point = (demand.day, value.toordinal()) if isinstance(value, dt.date) else (demand.number, value)
    return span is not None and not _apart(span, (point, False, point, False))


def _contradictions(
    clashes: Sequence[tuple[GateCriterion, GateCriterion]], rules: Mapping[str, str]
) -> Iterator[Finding]:
    for before, after in clashes:
        label = after.test.column.label or after.test.field
        yield from _about(
            "criterion-contradiction",
            rules,
            after,
            say("{column} must be {needed}", column=label, needed=after.test.check.needed),
            say(
                "not to contradict “{requirement}”, which asks for {needed}",
                requirement=before.criterion.requirement,
                needed=before.test.check.needed,
            ),
        )


def _unreachable(
    clashes: Sequence[tuple[GateCriterion, GateCriterion]], stages: Sequence[Stage], rules: Mapping[str, str]
) -> Iterator[Finding]:
    """The first stage behind two blocking criteria that exclude each other; those after it are no better."""
    blocking = [pair for pair in clashes if all(_blocks(c) and c.gate and c.when is None for c in pair)]
    # Behind the entry of k lies k, behind its exit k + 1: both are the gate's number halved, plus a half.
    ranks = {max(c.gate or 0 for c in pair) // 2 + 1: pair for pair in reversed(blocking)}
    ladder = open_stages(stages)
    rank = min(ranks, default=len(ladder) + 1)
    if rank <= len(ladder):
        one, other = ranks[rank]
        both = {"one": one.criterion.requirement, "other": other.criterion.requirement}
        found = say("“{one}” and “{other}” exclude each other", **both)
        yield from _about_stage("stage-unreachable", rules, ladder[rank - 1], found, say("one of the two changed"))


_ENDS = {
    "entry": later("entry of {stage}, where deals end"), "exit": later("exit of {stage}, where deals end"),
}  # fmt: skip


def _never_asked(usable: Sequence[GateCriterion], rules: Mapping[str, str]) -> Iterator[Finding]:
    for one in usable:
        if one.gate is None and not one.on_loss:
            found = say(_ENDS[one.criterion.gate], stage=one.criterion.stage)
            needed = say("the entry of that stage, or another stage")
            yield from _about("criterion-never-asked", rules, one, found, needed)


def _of_the_seller(usable: Sequence[GateCriterion], rules: Mapping[str, str]) -> Iterator[Finding]:
    for one in usable:
        told = _SELLER.search(one.criterion.requirement)
        if told and not _BUYER.search(one.criterion.requirement):
            found = say("“{words}” is what the seller does", words=told[0])
            needed = say("what the buyer did or said that shows it, such as “customer has confirmed …”")
            yield from _about("criterion-of-the-seller", rules, one, found, needed)


def _without_criteria(book: Book, rules: Mapping[str, str]) -> Iterator[Finding]:
    """Only where there are criteria at all: without any, nobody meant to ask. One that cannot be used has a
    finding of its own."""
    stages = stages_by_key(book.stages)
    named = {stage_key(c.stage) for c in book.criteria}
    if not named or any(key in EVERY_STAGE and key not in stages for key in named):
        return
    asked = {stages[key].name for key in named if key in stages}
    for stage in open_stages(book.stages):
        if stage.name not in asked:
            found, needed = say("no entry and no exit criterion"), say("what a deal must show here")
            yield from _about_stage("stage-without-criteria", rules, stage, found, needed)


def _not_rising(stages: Sequence[Stage], rules: Mapping[str, str]) -> Iterator[Finding]:
    for before, after in pairwise(open_stages(stages)):
        if after.probability < before.probability:
            found = say("{share} in {stage}", share=figures.percent(after.probability), stage=after.name)
            share = figures.percent(before.probability)
            needed = say("at least the {share} of {stage} before it", share=share, stage=before.name)
            yield from _about_stage("stage-probability-not-rising", rules, after, found, needed)
