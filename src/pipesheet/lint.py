"""The criteria and stages themselves, looked over: what cannot be used, and why.

Each fault is one finding about the Criteria (or Stages) sheet, never one per deal; the criterion is
left out and the others go on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from pipesheet import figures
from pipesheet.checks import Check
from pipesheet.findings import Finding, severity_of
from pipesheet.models import Book, Condition, Criterion, Stage
from pipesheet.phrases import Misread, column_missing, parse
from pipesheet.readings import Cells, Column
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
    findings.extend(_contradictions(usable, book.settings.rules))
    findings.extend(_not_rising(book.stages, book.settings.rules))
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
    return f"{near}, perhaps; the stages are {listed}" if near else f"one of the stages: {listed}"


def _stage_of(criterion: Criterion, stages: Mapping[str, Stage], ranks: Mapping[str, int]) -> Stage:
    key = stage_key(criterion.stage)
    if key in stages:
        return stages[key]
    first = next((s for s in stages.values() if ranks.get(s.name) == 1), None)
    # Whoever fails a criterion of every stage fails it at the first, and every deal passes the first.
    if key in EVERY_STAGE and first:
        return first
    names = tuple(dict.fromkeys(stages.values()))
    raise Misread("criterion-stage-unknown", criterion.stage or "empty", stage_wanted(criterion.stage, names))


def _question(condition: Condition, cells: Cells, as_of: dt.date) -> Question:
    field = cells.name(condition.field)
    if field is None:
        raise column_missing(condition.field, cells)
    return Question(field, parse(condition, cells, as_of=as_of), cells.column(field), condition)


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


def _contradictions(usable: Sequence[GateCriterion], rules: Mapping[str, str]) -> Iterator[Finding]:
    """Criteria that no deal can meet together, because one wants a cell empty and another wants it filled,
    or yes and no. Every deal past both is asked both, whatever their stages."""
    wanted: dict[tuple[str, str], GateCriterion] = {}
    severity = severity_of("criterion-contradiction", rules)
    for one in usable:
        if one.when is not None or one.gate is None or severity is None:
            continue
        name = one.test.check.name
        mine = {"is empty": "empty", "is yes": "yes", "is no": "no"}.get(name, "filled")
        against = {"empty": ("filled", "yes", "no"), "yes": ("empty", "no"), "no": ("empty", "yes")}
        for other in (wanted.get((one.test.field, k)) for k in against.get(mine, ("empty",))):
            if other is not None:
                yield Finding(
                    "criterion-contradiction",
                    severity,
                    f"{one.test.column.label} {name}",
                    f"not to contradict “{other.criterion.requirement}”",
                    one.criterion.cell,
                    stage=one.criterion.stage,
                    requirement=one.criterion.requirement,
                )
                break
        wanted.setdefault((one.test.field, mine), one)


def _not_rising(stages: Sequence[Stage], rules: Mapping[str, str]) -> Iterator[Finding]:
    severity = severity_of("stage-probability-not-rising", rules)
    for earlier, later in pairwise(open_stages(stages)):
        if severity and later.probability < earlier.probability:
            yield Finding(
                "stage-probability-not-rising",
                severity,
                f"{figures.percent(later.probability)} in {later.name}",
                f"at least the {figures.percent(earlier.probability)} of {earlier.name} before it",
                later.cell,
                stage=later.name,
            )
