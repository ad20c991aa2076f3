"""The bridge from what the pipeline claims to what its evidence supports, a step per missing requirement.

claimed weighted − Σ steps = evidence weighted, on every cut, because each deal's difference is split over
the requirements it lacks (`pipesheet.gates.Audit.shares`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipesheet.models import Criterion
from pipesheet.stages import stage_key


@dataclass(frozen=True, slots=True)
class BridgeStep:
    """One unmet requirement: the money that rests on it, and how many deals that money is of. Criteria of one
    wording are one step."""

    requirement: str
    amount: float
    deals: int


@dataclass(frozen=True, slots=True)
class Bridge:
    """`claimed` Σ weighted, `evidence` Σ evidence weighted of the same deals, in the reporting currency;
    `steps` most money first, those without money left out."""

    claimed: float
    steps: tuple[BridgeStep, ...]
    evidence: float


def bridge(frame: pl.DataFrame, shares: pl.DataFrame, criteria: Sequence[Criterion]) -> Bridge:
    """The bridge of the deals in `frame`, which may be any cut of the audited frame."""
    spelling: dict[str, str] = {}
    for criterion in criteria:
        spelling.setdefault(stage_key(criterion.requirement), criterion.requirement)
    named = [spelling[stage_key(c.requirement)] for c in criteria]
    # Won deals and those without an amount lack it too, but nothing of the forecast rests on them.
    resting = shares.filter(pl.col("money") > 0).join(frame.select("index"), on="index", how="semi")
    wanted = resting.with_columns(
        pl.col("number").replace_strict(dict(enumerate(named)), return_dtype=pl.String).alias("requirement")
    )
    steps = (
        wanted.group_by("requirement")
        .agg(pl.col("money").sum().round(6).alias("amount"), pl.col("index").n_unique().alias("deals"))
        .sort(["amount", "requirement"], descending=[True, False])
    )
    return Bridge(
        round(float(frame["weighted"].sum()), 6),
        tuple(BridgeStep(*row) for row in steps.select("requirement", "amount", "deals").iter_rows()),
        round(float(frame["evidence_weighted"].sum()), 6),
    )
