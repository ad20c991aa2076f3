"""Stage gates: entry and exit criteria evaluated for every deal at once.

An open deal that claims stage s is asked the entry criteria of every open stage up to s and the exit
criteria of every open stage before s; a won deal those of all open stages and the entry of Won; a lost
deal the entry of Lost. Where a criterion's When fails it is not applicable; where the check fails, a
live waiver or the grace days may excuse it. Grace counts from the day the deal entered the stage it
claims; where that day is unknown or still ahead there is no grace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from pathlib import Path

import polars as pl

from pipesheet.case import DUE
from pipesheet.findings import Finding, Severity, severity_of
from pipesheet.grid import CellRef
from pipesheet.lint import GateCriterion, Question, usable_criteria
from pipesheet.models import Book, Criterion, CriterionSeverity
from pipesheet.readings import Cells, shown
from pipesheet.stage_set import set_findings
from pipesheet.stages import open_stages, stage_key
from pipesheet.waivers import WaiverStanding, about_waivers, standings, waived_rows

NOTHING = "none"
"""The name of the earned stage of a deal that has not even earned the first."""
_SEVERITIES: Mapping[CriterionSeverity, Severity] = {"block": "error", "warn": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """How one criterion stands over the deals that must meet it.

    `asked` = met + unmet + in_grace + not_applicable + waived; `money_at_stake` Σ over the unmet.
    """

    criterion: Criterion
    asked: int
    met: int
    unmet: int
    in_grace: int
    not_applicable: int
    waived: int
    money_at_stake: float


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of asking every deal every criterion of its way.

    `frame` is the frame of deals with these added: `earned_rank` (Int32: the rank of the earned stage of
    an open deal, 0 for none; null for closed deals and unknown stages), `earned_stage` (String, its name;
    ``none`` for rank 0), `evidence_probability`, `evidence_weighted` (Float64), `next_requirement`
    (String: the first unmet one on the way to the next stage, null where nothing is missing) and `ready`
    (Boolean: an open deal of a known stage of which nothing is missing).

    The evidence probability of an open deal is its own where it has earned the stage it claims, else the
    smaller of its own and its earned stage's (0 for none). `evidence_weighted` = amount × that; a negative
    amount and a stage in no list stay as claimed. Closed and omitted deals have none.

    `shares` (`index`, `number`, `money`) says how much rests on each unmet blocking criterion of the first
    gate that fails: (weighted - evidence weighted) ÷ how many those are. So Σ money = Σ weighted - Σ
    evidence weighted on every cut. `asked` holds, by number of the criterion, what was asked of all deals.
    """

    frame: pl.DataFrame
    findings: tuple[Finding, ...]
    results: tuple[CriterionResult, ...]
    shares: pl.DataFrame
    asked: tuple[Asked, ...]
    waivers: tuple[WaiverStanding, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One usable criterion and its answers over all deals (Booleans without nulls): whether it applies
    (its When holds) and whether it is met; no waiver and no grace is in these."""

    criterion: GateCriterion
    applies: pl.Series
    met: pl.Series


def audit(frame: pl.DataFrame, book: Book, *, as_of: dt.date, folder: Path) -> Audit:
    """Asks every deal every criterion of its way; `folder` is the workbook's, for `file exists`.

    `frame` is that of `pipesheet.deals`, all deals in their order.
    """
    cells = Cells(book)
    usable, lint = usable_criteria(book, cells, as_of=as_of)
    way = _Way(frame, book, as_of, folder)
    answers = [_ask(criterion, way) for criterion in usable]
    short = _rows(usable, [a.short for a in answers])
    frame = _with_earned(frame, short, book)
    frame = _with_next(frame, _rows(usable, [a.ahead for a in answers]), book)
    short, waived = _with_money(short, frame), _rows(usable, [a.waived for a in answers])
    money = dict(short.group_by("number").agg(pl.col("money").sum()).iter_rows())
    results = tuple(replace(a.result, money_at_stake=money.get(a.asked.criterion.number, 0.0)) for a in answers)
    lacking = pl.concat([short.select("index", "number"), waived.select("index", "number")])
    waivers = standings(lacking, frame, book, as_of)
    findings = (
        *lint,
        *set_findings(usable, book, as_of=as_of),
        *_unmet(short, frame, usable, book),
        *about_waivers(waivers, book),
    )
    shares = short.filter("first").select("index", "number", "money")
    return Audit(frame, findings, results, shares, tuple(a.asked for a in answers), waivers)


@dataclass(frozen=True, slots=True)
class _Answer:
    """By index, `short`: the deals that lack the criterion; `waived`: those that may; `ahead`: all that lack it
    on the way to the next stage, where grace excuses only what is asked already."""

    asked: Asked
    short: pl.Series
    ahead: pl.Series
    waived: pl.Series
    result: CriterionResult


class _Way:
    """How far each deal has come, what excuses it, and the answers already given."""

    def __init__(self, frame: pl.DataFrame, book: Book, as_of: dt.date, folder: Path) -> None:
        self._as_of, self._folder = as_of, folder
        self._answers: dict[tuple[object, ...], pl.Series] = {}
        won = 2 * len(open_stages(book.stages)) + 1
        placed = (pl.col("outcome") == "open") & pl.col("stage_rank").is_not_null()
        resolved = frame.select(
            # The last gate passed; 0 for lost deals and for those whose stage has no place in the order.
            pl.when(placed)
            .then(2 * pl.col("stage_rank") - 1)
            .when(pl.col("outcome") == "won")
            .then(won)
            .otherwise(0)
            .alias("passed"),
            placed.alias("placed"),
            (pl.col("outcome") == "lost").alias("lost"),
            (pl.lit(as_of) - pl.col("entered_stage")).dt.total_days().alias("days"),
        )
        self.index = frame["index"]
        self.passed, self.placed = resolved["passed"], resolved["placed"]
        self.lost, self._days = resolved["lost"], resolved["days"]
        self._nobody = pl.repeat(False, len(frame), dtype=pl.Boolean, eager=True)
        self._waived = waived_rows(frame, book.waivers, as_of)

    def asked(self, criterion: GateCriterion) -> pl.Series:
        if criterion.on_loss:
            return self.lost
        return self.passed >= criterion.gate if criterion.gate else self._nobody

    def ahead(self, criterion: GateCriterion) -> pl.Series:
        """The open deals on whose way to the next stage it stands, gates already claimed included."""
        return self.placed & (self.passed + 2 >= criterion.gate) if criterion.gate else self._nobody

    def answer(self, question: Question | None) -> pl.Series:
        if question is None:
            return ~self._nobody
        if question.key not in self._answers:
            met = question.check.met(question.column, as_of=self._as_of, folder=self._folder)
            self._answers[question.key] = met
        return self._answers[question.key]

    def waived(self, criterion: Criterion) -> pl.Series:
        rows = self._waived.get(stage_key(criterion.requirement))
        return self.index.is_in(rows) if rows else self._nobody

    def in_grace(self, criterion: Criterion) -> pl.Series:
        if criterion.grace_days <= 0:
            return self._nobody
        return self._days.is_between(0, criterion.grace_days).fill_null(False)


def _ask(criterion: GateCriterion, way: _Way) -> _Answer:
    asked, ahead = way.asked(criterion), way.ahead(criterion)
    applies, met = way.answer(criterion.when), way.answer(criterion.test)
    lacking = applies & ~met
    waived = lacking & way.waived(criterion.criterion)
    in_grace = lacking & ~waived & way.in_grace(criterion.criterion)
    unmet = lacking & ~waived & ~in_grace
    result = CriterionResult(
        criterion.criterion,
        asked=_count(asked),
        met=_count(asked & applies & met),
        unmet=_count(asked & unmet),
        in_grace=_count(asked & in_grace),
        not_applicable=_count(asked & ~applies),
        waived=_count(asked & waived),
        money_at_stake=0.0,
    )
    return _Answer(
        Asked(criterion, applies, met),
        way.index.filter(asked & unmet),
        way.index.filter(ahead & lacking & ~waived & ~(asked & in_grace)),
        way.index.filter(asked & waived),
        result,
    )


def _count(deals: pl.Series) -> int:
    return int(deals.sum())


def _rows(criteria: Sequence[GateCriterion], deals: Sequence[pl.Series]) -> pl.DataFrame:
    """A row for each criterion and each of its deals."""
    columns = {
        "index": deals,
        "number": [c.number for c in criteria],
        "gate": [c.gate for c in criteria],
        "blocking": [c.criterion.severity == "block" for c in criteria],
    }
    types = (pl.List(pl.UInt32), pl.UInt32, pl.Int32, pl.Boolean)
    frame = pl.DataFrame(columns, schema=list(zip(columns, types, strict=True)))
    return frame.explode("index").drop_nulls("index")


def _with_earned(frame: pl.DataFrame, short: pl.DataFrame, book: Book) -> pl.DataFrame:
    stages = open_stages(book.stages)
    odds = {0: 0.0, **{rank: s.probability for rank, s in enumerate(stages, 1)}}
    names = {0: NOTHING, **{rank: s.name for rank, s in enumerate(stages, 1)}}
    first = short.filter("blocking").group_by("index").agg(pl.col("gate").min().alias("failed"))
    is_open = pl.col("outcome") == "open"
    # Entry of k fails: k - 1 is earned; exit of k fails: k is. Both are the gate's number halved.
    earned = pl.coalesce(pl.col("failed") // 2, "stage_rank").cast(pl.Int32)
    own, proven = pl.col("probability"), pl.col("earned_rank").replace_strict(odds, return_dtype=pl.Float64)
    falls_short = (pl.col("earned_rank") < pl.col("stage_rank")).fill_null(False) & (pl.col("amount") >= 0)
    counts = is_open & (pl.col("category") != "omitted")
    weighted = (pl.col("amount") * pl.col("evidence_probability")).fill_null(0.0)
    return (
        frame.join(first, on="index", how="left", maintain_order="left")
        .with_columns(pl.when(is_open).then(earned).alias("earned_rank"))
        .with_columns(
            pl.col("earned_rank").replace_strict(names, return_dtype=pl.String).alias("earned_stage"),
            pl.when(is_open & falls_short)
            .then(pl.min_horizontal(own, proven))
            .when(is_open)
            .then(own)
            .alias("evidence_probability"),
        )
        .with_columns(pl.when(counts).then(weighted).otherwise(0.0).alias("evidence_weighted"))
        .drop("failed")
    )


def _with_next(frame: pl.DataFrame, ahead: pl.DataFrame, book: Book) -> pl.DataFrame:
    first = ahead.sort("gate", "number").unique("index", keep="first", maintain_order=True)
    wanted = [book.criteria[n].requirement for n in first["number"].to_list()]
    named = first.select("index", pl.Series("next_requirement", wanted, dtype=pl.String))
    placed = (pl.col("outcome") == "open") & pl.col("stage_rank").is_not_null()
    return frame.join(named, on="index", how="left", maintain_order="left").with_columns(
        (placed & pl.col("next_requirement").is_null()).alias("ready")
    )


def _with_money(short: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `first` (the criterion blocks at the first gate that fails) and its share of `money`."""
    stakes = frame.select("index", (pl.col("weighted") - pl.col("evidence_weighted")).alias("stake"))
    blocking = short.filter("blocking")
    first = blocking.filter(pl.col("gate") == pl.col("gate").min().over("index"))
    shares = first.select("index", "number", pl.len().over("index").alias("among"))
    return (
        short.join(shares, on=["index", "number"], how="left", maintain_order="left")
        .join(stakes, on="index", how="left", maintain_order="left")
        .with_columns(
            pl.col("among").is_not_null().alias("first"),
            (pl.col("stake") / pl.col("among")).fill_null(0.0).alias("money"),
        )
    )


def _unmet(short: pl.DataFrame, frame: pl.DataFrame, usable: Sequence[GateCriterion], book: Book) -> Iterator[Finding]:
    texts = frame.select("index", "deal_id", "deal", "owner", "stage", "amount", DUE).with_columns(
        pl.col(pl.String).fill_null("")
    )
    lacking = short.select("index", "number", "money").join(texts, on="index", how="left", maintain_order="left")
    by_number = lacking.partition_by("number", as_dict=True, maintain_order=True)
    for criterion in usable:
        deals = by_number.get((criterion.number,))
        if deals is not None:
            yield from _findings_of(criterion, deals, book)


def _findings_of(criterion: GateCriterion, deals: pl.DataFrame, book: Book) -> Iterator[Finding]:
    asked, column = criterion.criterion, criterion.test.column
    code = f"{asked.gate}-criterion-not-met"
    severity = severity_of(code, book.settings.rules)
    if severity is None:
        return
    if code not in book.settings.rules:
        severity = _SEVERITIES[asked.severity]
    sheet, rows, place = book.deals.sheet, book.deals.rows, book.deals.position.get(criterion.test.field, 1)
    index, _, money, *told, amount, close_date = (values.to_list() for values in deals.get_columns())
    # Kept apart by type, because 1 and TRUE are two values, and equal.
    words = lru_cache(maxsize=None, typed=True)(shown)
    # A large book lacks tens of thousands of things, so the findings are made column by column.
    yield from map(
        Finding,
        repeat(code),
        repeat(severity),
        [words(column.values[i]) for i in index],
        repeat(criterion.test.check.needed),
        [CellRef(sheet, rows[i], place) for i in index],
        *told,
        repeat(asked.requirement),
        repeat(asked.guidance),
        amount,
        money,
        close_date,
    )
