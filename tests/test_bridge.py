"""The bridge from claimed to evidence weighted: worked by hand, and closing to the cent on every cut."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from books import AS_OF, book, frame
from pipesheet.bridge import Bridge, BridgeStep, bridge
from pipesheet.gates import audit

DEALS = """
    Deal ID | Owner | Stage       | Amount  | Close date | Budget | Buyer | Link
    D-1     | Ann   | Negotiation | 1000    | 2026-12-01 | 50k    | Bo    | https://x.org
    D-2     | Ann   | Negotiation | 2000    | 2026-12-01 |        |       | https://x.org
    D-3     | Bo    | Proposal    | 3000.10 | 2027-01-15 | 50k    |       | https://x.org
    D-4     | Bo    | Negotiation | 4000    | 2027-01-15 | 50k    | Bo    |
    D-5     | Cy    | Lead        | 5000    | 2027-02-01 |        |       |
    D-6     | Cy    | Won         | 6000    | 2026-11-01 |        |       |
"""
OWNERS = """
    Owner | Team
    Ann   | North
    Bo    | South
"""
CRITERIA = """
    Stage     | Gate | Requirement     | Field  | Check
    Qualified | exit | Budget known    | Budget | is filled
    Qualified | exit | Buyer named     | Buyer  | is filled
    Proposal  | exit | Proposal linked | Link   | is a link
    Proposal  | exit | BUYER  named    | Buyer  | is filled
"""


def test_each_requirement_takes_its_share() -> None:
    made = book(Deals=DEALS, Criteria=CRITERIA)
    gates = audit(frame(made), made, as_of=AS_OF, folder=Path())
    # claimed: 750 + 1500 + 1500.05 + 3000 + 500
    # D-2 lacks two at its first gate: 2000 x (75 % - 25 %) = 1000, half each
    # D-3 lacks the buyer: 3000.10 x (50 % - 25 %) = 750.025
    # D-4 lacks the link: 4000 x (75 % - 50 %) = 1000
    assert bridge(gates.frame, gates.shares, made.criteria) == Bridge(
        7250.05,
        (
            BridgeStep("Buyer named", 1250.025, 2),
            BridgeStep("Proposal linked", 1000.0, 1),
            BridgeStep("Budget known", 500.0, 1),
        ),
        4500.025,
    )


@pytest.mark.parametrize("cut", ["owner", "team", "stage", "close month", "outcome", "category"])
def test_it_closes_on_every_cut_and_the_cuts_add_up(cut: str) -> None:
    made = book(Deals=DEALS, Criteria=CRITERIA, Owners=OWNERS)
    gates = audit(frame(made), made, as_of=AS_OF, folder=Path())
    whole = bridge(gates.frame, gates.shares, made.criteria)
    deals = gates.frame.with_columns(pl.col("close_date").dt.strftime("%Y-%m").alias("close month"))
    parts = [bridge(part, gates.shares, made.criteria) for part in deals.partition_by(cut)]
    assert len(parts) > 1
    for part in parts:
        assert part.claimed - sum(s.amount for s in part.steps) == pytest.approx(part.evidence, abs=0.005)
    assert sum(p.evidence for p in parts) == pytest.approx(whole.evidence, abs=0.005)
    for step in whole.steps:
        found = [s for p in parts for s in p.steps if s.requirement == step.requirement]
        assert sum(s.amount for s in found) == pytest.approx(step.amount, abs=0.005)
        assert sum(s.deals for s in found) == step.deals


def test_nothing_claimed_is_a_bridge_without_steps() -> None:
    made = book(Deals=DEALS, Criteria=CRITERIA)
    gates = audit(frame(made), made, as_of=AS_OF, folder=Path())
    nobody = gates.frame.filter(pl.lit(False))
    assert bridge(nobody, gates.shares, made.criteria) == Bridge(0.0, (), 0.0)


def test_deals_whose_money_rests_on_nothing_are_not_counted() -> None:
    made = book(
        Deals="""
            Deal ID | Stage    | Amount | Probability | Category | Budget
            D-1     | Proposal | 1000   |             |          |
            D-2     | Proposal |        |             |          |
            D-3     | Proposal | 1000   | 0.1         |          |
            D-4     | Proposal | 1000   |             | Omitted  |
            D-5     | Proposal | -1000  |             |          |
            D-6     | Won      | 1000   |             |          |
        """,
        Criteria="""
            Stage     | Gate | Requirement  | Field  | Check
            Qualified | exit | Budget known | Budget | is filled
        """,
    )
    gates = audit(frame(made), made, as_of=AS_OF, folder=Path())
    # claimed: 500 + 0 + 100 + 0 - 500 + 0; D-3 is claimed at less than Qualified has
    assert bridge(gates.frame, gates.shares, made.criteria) == Bridge(
        100.0, (BridgeStep("Budget known", 250.0, 1),), -150.0
    )
