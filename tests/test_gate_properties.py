"""What must hold of every book with criteria, whatever its deals: nothing is worth more for lacking proof."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, FEW, FIVE, columns, frame
from pipesheet.bridge import bridge
from pipesheet.gates import Audit, audit
from pipesheet.models import Book, Condition, Criterion, Settings, Waiver

EVIDENCE = ("Budget", "Buyer", "Link")
_days = st.dates(dt.date(2026, 6, 1), dt.date(2027, 6, 1))
_deal = st.fixed_dictionaries(
    {
        "owner": st.sampled_from(["Ann", "Bo", None]),
        "stage": st.sampled_from(["Lead", "Qualified", "Proposal", "Won", "Lost", "Demo", None]),
        "amount": st.none() | st.integers(-(10**5), 10**8).map(lambda cents: cents / 100),
        "stage_since": st.none() | _days,
        "close_date": st.none() | _days,
        "probability": st.none() | st.sampled_from([0.0, 0.05, 0.3, 0.9, 1.0, 1.7]),
        "category": st.sampled_from([None, None, "Commit", "omitted"]),
        **{name: st.sampled_from([None, "there"]) for name in EVIDENCE},
    }
)
_criterion = st.builds(
    Criterion,
    st.sampled_from(["Lead", "Qualified", "Proposal", "Won", "Lost", "*"]),
    st.sampled_from(["entry", "exit"]),
    st.sampled_from(["Budget known", "Buyer named", "Link there", "Anything"]),
    st.sampled_from(EVIDENCE).map(lambda field: Condition(field, "is filled")),
    when=st.none() | st.just(Condition("Amount", ">", 1000)),
    severity=st.sampled_from(["block", "block", "warn", "info"]),
    grace_days=st.sampled_from([0.0, 0.0, 30.0]),
)


@st.composite
def gated_books(draw: st.DrawFn) -> Book:
    """A book of deals in any stage, with any evidence, under any criteria and some waivers."""
    deals: list[dict[str, Any]] = draw(st.lists(_deal, min_size=1, max_size=15))
    values = {name: [deal[name] for deal in deals] for name in deals[0] if name not in EVIDENCE}
    ids = [f"D-{n}" for n in range(len(deals))]
    made = columns("Deals", {"deal_id": ids, **values})
    extra = {name: [deal[name] for deal in deals] for name in EVIDENCE}
    position = {**made.position, **{name: 20 + n for n, name in enumerate(EVIDENCE)}}
    waivers = st.builds(
        Waiver, st.sampled_from(ids), st.sampled_from(["Budget known", "Link there"]), st.none() | _days
    )
    return Book(
        replace(made, extra=extra, position=position),
        FIVE,
        criteria=tuple(draw(st.lists(_criterion, max_size=8))),
        waivers=tuple(draw(st.lists(waivers, max_size=3))),
        settings=Settings(reporting_currency="EUR"),
    )


def audited(made: Book) -> Audit:
    return audit(frame(made), made, as_of=AS_OF, folder=Path())


@FEW
@given(gated_books())
def test_evidence_is_never_more_than_stated_and_earned_never_beyond_claimed(made: Book) -> None:
    gates = audited(made).frame
    assert (gates["evidence_weighted"] <= gates["weighted"] + 1e-9).all()
    for cut in ("owner", "stage", "category"):
        sums = gates.group_by(cut).agg(pl.col("weighted", "evidence_weighted").sum())
        assert (sums["evidence_weighted"] <= sums["weighted"] + 1e-6).all()
    placed = gates.filter((pl.col("outcome") == "open") & pl.col("stage_rank").is_not_null())
    assert (placed["earned_rank"] <= placed["stage_rank"]).all()
    assert placed["earned_rank"].null_count() == 0


@FEW
@given(gated_books())
def test_the_bridge_closes_for_every_owner_and_for_all(made: Book) -> None:
    gates = audited(made)
    for part in (gates.frame, *gates.frame.partition_by("owner")):
        found = bridge(part, gates.shares, made.criteria)
        assert found.claimed - sum(s.amount for s in found.steps) == pytest.approx(found.evidence, abs=0.005)
        assert all(s.amount > 0 and s.deals > 0 for s in found.steps)


@FEW
@given(gated_books())
def test_the_findings_carry_the_money_of_the_bridge(made: Book) -> None:
    gates = audited(made)
    found = bridge(gates.frame, gates.shares, made.criteria)
    staked = sum(f.money_at_stake for f in gates.findings)
    assert staked == pytest.approx(found.claimed - found.evidence, abs=0.005)
    assert sum(r.money_at_stake for r in gates.results) == pytest.approx(staked, abs=0.005)


@FEW
@given(gated_books(), st.data())
def test_meeting_one_more_criterion_never_lowers_a_deal(made: Book, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(EVIDENCE))
    row = data.draw(st.integers(0, len(made.deals) - 1))
    filled = [*made.deals.extra[field]]
    filled[row] = "there"
    better = replace(made, deals=replace(made.deals, extra={**made.deals.extra, field: filled}))
    before, after = (audited(b).frame for b in (made, better))
    for column in ("earned_rank", "evidence_weighted"):
        risen = (after[column].fill_null(0) >= before[column].fill_null(0) - 1e-9) | (after["amount"].fill_null(0) < 0)
        assert risen.all(), column


@FEW
@given(gated_books())
def test_waiving_everything_gives_what_was_stated(made: Book) -> None:
    waivers = tuple(
        Waiver(deal, criterion.requirement, AS_OF)
        for deal in made.deals.values["deal_id"]
        for criterion in made.criteria
    )
    gates = audited(replace(made, waivers=waivers))
    assert gates.frame["evidence_weighted"].to_list() == gates.frame["weighted"].to_list()
    assert gates.frame["earned_rank"].to_list() == [
        rank if outcome == "open" else None for rank, outcome in gates.frame.select("stage_rank", "outcome").iter_rows()
    ]
    assert not [f for f in gates.findings if f.code.endswith("-criterion-not-met")]
    assert gates.shares.is_empty()


@FEW
@given(gated_books(), st.randoms(use_true_random=False))
def test_the_order_of_deals_and_of_criteria_does_not_matter(made: Book, shuffle: Any) -> None:
    rows, criteria = list(range(len(made.deals))), list(made.criteria)
    shuffle.shuffle(rows)
    shuffle.shuffle(criteria)
    deals = replace(
        made.deals,
        values={name: [column[i] for i in rows] for name, column in made.deals.values.items()},
        extra={name: [column[i] for i in rows] for name, column in made.deals.extra.items()},
    )
    one, other = audited(made), audited(replace(made, deals=deals, criteria=tuple(criteria)))
    told = ("deal_id", "earned_rank", "evidence_weighted", "ready")
    same = [sorted(gates.frame.select(told).rows(), key=repr) for gates in (one, other)]
    assert same[0] == same[1]
    one_bridge, other_bridge = (
        bridge(gates.frame, gates.shares, book.criteria)
        for gates, book in ((one, made), (other, replace(made, criteria=tuple(criteria))))
    )
    assert one_bridge.evidence == pytest.approx(other_bridge.evidence)
    steps = [{s.requirement: s.amount for s in found.steps} for found in (one_bridge, other_bridge)]
    assert steps[0] == pytest.approx(steps[1])
    assert {(s.requirement, s.deals) for s in one_bridge.steps} == {
        (s.requirement, s.deals) for s in other_bridge.steps
    }


@FEW
@given(gated_books())
def test_every_deal_that_is_asked_is_counted_once(made: Book) -> None:
    for r in audited(made).results:
        assert r.asked == r.met + r.unmet + r.in_grace + r.not_applicable + r.waived


@FEW
@given(gated_books())
def test_ready_is_the_absence_of_a_next_requirement(made: Book) -> None:
    gates = audited(made).frame
    placed = (gates["outcome"] == "open") & gates["stage_rank"].is_not_null()
    assert (gates["ready"] == (placed & gates["next_requirement"].is_null())).all()
    assert gates.filter("ready").filter(pl.col("earned_rank") < pl.col("stage_rank")).is_empty()
