"""The stages of a book: their order, the spellings they go by, the category they forecast in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from pipesheet.models import Category, Stage

COMMIT_FROM = 0.75
BEST_CASE_FROM = 0.5


def stage_key(name: str) -> str:
    """What two spellings of one stage share: case and spaces do not matter."""
    return " ".join(name.split()).casefold()


def open_stages(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The open stages in their order; a stage's rank is its place here, from 1."""
    return tuple(sorted((s for s in stages if s.type == "open"), key=lambda s: s.order))


def stages_by_key(stages: Sequence[Stage]) -> Mapping[str, Stage]:
    """The stage that each spelling means. A stage's own name goes before another's alias."""
    known: dict[str, Stage] = {}
    for stage in stages:
        known.setdefault(stage_key(stage.name), stage)
    for stage in stages:
        for alias in stage.aliases:
            known.setdefault(stage_key(alias), stage)
    return known


def category_of(stage: Stage) -> Category:
    """The forecast category of a stage: its own, else from its type and probability."""
    if stage.type != "open":
        return "closed" if stage.type == "won" else "omitted"
    # "closed" is no category of an open deal: money in it would be in no line of the forecast.
    if stage.category is not None and stage.category != "closed":
        return stage.category
    if stage.probability >= COMMIT_FROM:
        return "commit"
    return "best case" if stage.probability >= BEST_CASE_FROM else "pipeline"


def stage_lookup(spellings: Iterable[str | None], stages: Sequence[Stage]) -> pl.DataFrame:
    """One row per distinct spelling: `stage`, and of the stage it means `stage_name`, `stage_type`,
    `stage_rank` (null unless open), `stage_probability`, `stage_category`; null where it means none.

    Distinct spellings are few, so they are folded here in Python, just as the stages' names are.
    """
    known = stages_by_key(stages)
    ranks = {stage_key(s.name): rank for rank, s in reversed(list(enumerate(open_stages(stages), 1)))}
    rows: list[tuple[str | float | None, ...]] = []
    for spelling in sorted({s for s in spellings if s is not None}):
        stage = known.get(stage_key(spelling))
        if stage is None:
            rows.append((spelling, None, None, None, None, None))
            continue
        rank = ranks[stage_key(stage.name)] if stage.type == "open" else None
        rows.append((spelling, stage.name, stage.type, rank, stage.probability, category_of(stage)))
    return pl.DataFrame(
        rows,
        schema={
            "stage": pl.String,
            "stage_name": pl.String,
            "stage_type": pl.String,
            "stage_rank": pl.Int32,
            "stage_probability": pl.Float64,
            "stage_category": pl.String,
        },
        orient="row",
    )
