"""The criteria one by one, looked over: what cannot be used, and why.

Each fault is one finding about the Criteria sheet, never one per deal; the criterion is left out and the
others go on. How they stand together is in `pipesheet.stage_set`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pipesheet.checks import DATED, ORDERED, Check
from pipesheet.findings import Finding, severity_of
from pipesheet.language import later, say
from pipesheet.models import Book, Condition, Criterion, Stage
from pipesheet.phrases import Misread, column_missing, parse
from pipesheet.readings import EMPTY, Cells, Column
from pipesheet.stages import open_stages, stage_key, stages_by_key

EVERY_STAGE = ("*", "all", "any", "every stage", "all stages")


@dataclass(frozen=True, slots=True)
class Question:
    """A check and the column it looks at, ready to ask; `field` is the column's field or header."""

    field: str
    check: Check
    column: Column
    asked: Condition

    @property
    def key(self) -> tuple[object, ...]:
        """What two questions with the same answer share; TRUE and 1 are two values."""
        return (self.field, self.asked.check, type(self.asked.value), self.asked.value)


@dataclass(frozen=True, slots=True)
class GateCriterion:
    """A criterion that can be used, and when it is asked.

    Gates are numbered along the way to won: entry of the k-th open stage is 2k - 1, its exit 2k, entry
    of Won comes after them all. `gate` is None for entry of Lost and for gates nobody passes.
    """

    number: int
    criterion: Criterion
    gate: int | None
    on_loss: bool
    test: Question
    when: Question | None


def usable_criteria(
    book: Book, cells: Cells, *, as_of: dt.date
) -> tuple[tuple[GateCriterion, ...], tuple[Finding, ...]]:
    """The criteria that can be used, in the order of the sheet, and the findings about the others."""
    stages = stages_by_key(book.stages)
    ranks = {s.name: rank for rank, s in reversed(list(enumerate(open_stages(book.stages), 1)))}
    usable: list[GateCriterion] = []
    findings: list[Finding] = []
    for number, criterion in enumerate(book.criteria):
        try:
            stage = _stage_of(criterion, stages, ranks)
            test = _question(criterion.test, cells, as_of)
            when = _question(criterion.when, cells, as_of) if criterion.when else None
        except Misread as fault:
            findings.extend(_finding(fault, criterion, book.settings.rules))
            continue
        gate = _gate(criterion, stage, ranks)
        on_loss = stage.type == "lost" and criterion.gate == "entry"
        usable.append(GateCriterion(number, criterion, gate, on_loss, test, when))
    return tuple(usable), tuple(findings)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant, or None where none is near."""
    spellings = {stage_key(n): n for n in names}
    close = get_close_matches(stage_key(name), list(spellings), n=1, cutoff=0.6)
    return spellings[close[0]] if close else None


def stage_wanted(name: str, stages: Sequence[Stage]) -> str:
    """What a stage that is in no list needs: the near one, else one of the list."""
    near = nearest(name, [n for s in stages for n in (s.name, *s.aliases)])
    listed = ", ".join(s.name for s in stages)
    if near:
        return say("{stage}, perhaps; the stages are {stages}", stage=near, stages=listed)
    return say("one of the stages: {stages}", stages=listed)


def _stage_of(criterion: Criterion, stages: Mapping[str, Stage], ranks: Mapping[str, int]) -> Stage:
    key = stage_key(criterion.stage)
    if key in stages:
        return stages[key]
    first = next((s for s in stages.values() if ranks.get(s.name) == 1), None)
    # Whoever fails a criterion of every stage fails it at the first, and every deal passes the first.
    if key in EVERY_STAGE and first:
        return first
    names = tuple(dict.fromkeys(stages.values()))
    raise Misread("criterion-stage-unknown", criterion.stage or say(EMPTY), stage_wanted(criterion.stage, names))


def _question(condition: Condition, cells: Cells, as_of: dt.date) -> Question:
    field = cells.name(condition.field)
    if field is None:
        raise column_missing(condition.field, cells)
    question = Question(field, parse(condition, cells, as_of=as_of), cells.column(field), condition)
    _check_kinds(question)
    return question


_HOLDS = {
    "numbers": later("{column} holds numbers"), "dates": later("{column} holds dates"),
    "texts": later("{column} holds texts"),
}  # fmt: skip
_IS = {
    "numbers": later("{value} is a number"), "dates": later("{value} is a date"), "texts": later("{value} is a text"),
}  # fmt: skip


def _check_kinds(question: Question) -> None:
    """A comparison that no cell can pass is one fault of the criterion, not one of every deal.

    Raises:
        Misread: one of its columns or values is of another kind than the check, or than the other.
    """
    name, operands = question.check.name, question.check.operands
    if name not in DATED | ORDERED and not (name in ("=", "≠") and operands[0].label):
        return
    sides = [side for side in (question.column, *operands) if side.kind]
    kinds = {side.kind for side in sides}
    if name in DATED:
        wrong, needed = bool(kinds - {"dates"}), say("dates to compare")
    elif name in ORDERED:
        wrong, needed = len(kinds) > 1 or "texts" in kinds, say("numbers on both sides, or dates on both")
    else:
        wrong, needed = len(kinds) > 1, say("two columns of one kind")
    if wrong:
        told = (say(_HOLDS[s.kind], column=s.label) if s.label else say(_IS[s.kind], value=s.shown(0)) for s in sides)
        raise Misread("criterion-value-unreadable", f"{name}: {', '.join(told)}", needed)


def _gate(criterion: Criterion, stage: Stage, ranks: Mapping[str, int]) -> int | None:
    if stage.type == "open":
        return 2 * ranks[stage.name] - (criterion.gate == "entry")
    return 2 * len(ranks) + 1 if stage.type == "won" and criterion.gate == "entry" else None


def _finding(fault: Misread, criterion: Criterion, rules: Mapping[str, str]) -> Iterator[Finding]:
    if severity := severity_of(fault.code, rules):
        yield Finding(
            fault.code,
            severity,
            fault.found,
            fault.needed,
            criterion.cell,
            stage=criterion.stage,
            requirement=criterion.requirement,
        )
