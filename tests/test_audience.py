"""What of an analysis is a team's or an owner's: their line in the whole, to the cent, and nobody else's."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import pytest

from pipesheet import Analysis, analyze, read
from pipesheet.audience import EVERYBODY, Audience, audiences, cut
from pipesheet.errors import UsageError
from pipesheet.figures import short_money
from pipesheet.findings import Finding
from pipesheet.forecast import METHODS
from pipesheet.report import render
from pipesheet.resources import resource
from report_sample import STAMP
from tables import source

AS_OF = dt.date(2026, 11, 16)
WHOLE = analyze(read(resource("workbooks/sample.xlsx")), as_of=AS_OF)
MEMBERS = [a for a in audiences(WHOLE) if a != EVERYBODY]
PLACES = ("dimension", "key")

DEALS = """
    Deal ID | Deal       | Stage       | Amount | Close date | Owner
    D-1     | Lighthouse | Negotiation | 10000  | 2026-12-01 | Kim
    D-2     | Harbour    | Proposal    | 20000  | 2026-12-11 | kim
    D-3     | Windmill   | Proposal    | 5000   | 2026-12-21 | Mo
    D-4     | Viaduct    | Proposal    | 7000   | 2026-10-01 | Mo
    D-5     | Nobody's   | Proposal    | 900    | 2026-12-21 |
"""
OWNERS = """
    Owner | Team
    Kim   | North
    Mo    | South
    Ada   | South
"""


def small(**sheets: str) -> Analysis:
    return analyze(source(**{"Deals": DEALS, "Owners": OWNERS, **sheets}), as_of=AS_OF)


def owner(name: str) -> Audience:
    return Audience("owner", name)


def test_everybody_then_teams_then_owners() -> None:
    names = [(a.kind, a.name) for a in audiences(small())]
    assert names == [
        ("whole", ""), ("team", "North"), ("team", "South"), ("owner", "Ada"), ("owner", "Kim"), ("owner", "Mo"),
    ]  # fmt: skip


def test_the_whole_is_itself() -> None:
    assert cut(WHOLE, EVERYBODY) is WHOLE


@pytest.mark.parametrize("member", MEMBERS, ids=lambda a: f"{a.kind} {a.name}")
def test_each_line_of_a_cut_is_the_members_line_in_the_whole(member: Audience) -> None:
    own = cut(WHOLE, member)
    lines = [r for r in WHOLE.forecast.rows if (r.dimension, r.key) == (member.kind, member.name)]
    assert {r.method for r in lines} <= set(METHODS)
    for line in lines:
        mine = own.forecast.row(line.period, method=line.method)
        assert mine is not None, line.period
        theirs, told = asdict(line), asdict(mine)
        assert {k: v for k, v in told.items() if k not in PLACES} == pytest.approx(
            {k: v for k, v in theirs.items() if k not in PLACES}
        )


@pytest.mark.parametrize("member", MEMBERS, ids=lambda a: f"{a.kind} {a.name}")
def test_the_bridge_of_a_cut_closes_and_its_hygiene_is_the_members_line(member: Audience) -> None:
    own = cut(WHOLE, member)
    assert own.bridge.claimed - sum(s.amount for s in own.bridge.steps) == pytest.approx(own.bridge.evidence)
    lines = [line for line in WHOLE.hygiene.lines if (line.dimension, line.name) == (member.kind, member.name)]
    shown = own.hygiene.of("all")
    assert [asdict(line) | {"dimension": "", "name": ""} for line in shown] == [
        asdict(line) | {"dimension": "", "name": ""} for line in lines
    ]


def of_a_target(finding: Finding) -> bool:
    return finding.cell is not None and finding.cell.sheet == "Targets"


def test_owners_and_those_without_one_add_up_to_the_whole() -> None:
    parts = [cut(WHOLE, a) for a in MEMBERS if a.kind == "owner"]
    nobodys = WHOLE.deals.filter(WHOLE.deals["owner"].is_null())
    assert sum(p.deals.height for p in parts) + nobodys.height == WHOLE.deals.height
    claimed = sum(p.bridge.claimed for p in parts) + float(nobodys["weighted"].sum())
    assert claimed == pytest.approx(WHOLE.bridge.claimed)
    assert sum(len(p.findings) for p in parts) == sum(bool(f.owner) and not of_a_target(f) for f in WHOLE.findings)


def test_a_fault_in_a_teams_target_is_the_teams_to_mend() -> None:
    found = {(f.code, f.owner) for f in cut(WHOLE, Audience("team", "Nordics")).findings if of_a_target(f)}
    assert found == {("target-period-unreadable", "Nordics")}


def test_months_are_of_the_owners_deals_alone() -> None:
    own = cut(small(), owner("Mo")).forecast
    months = {r.period: (r.total, r.open_deals) for r in own.periods("month") if r.open_deals}
    assert months == {"2026-12": (2500.0, 1)}, "half of D-3; D-4 is overdue"
    assert own.row("overdue") is not None


def test_an_owner_is_theirs_however_the_name_is_written_and_nobody_else_is() -> None:
    own = cut(small(), owner("Kim"))
    assert own.deals["deal_id"].to_list() == ["D-1", "D-2"]
    assert {f.deal_id for f in own.findings} <= {"D-1", "D-2"}
    assert {f.deal_id for f in cut(small(), owner("Mo")).findings} == {"D-4"}, "D-4 is overdue"


def test_a_team_is_the_deals_of_its_owners() -> None:
    own = cut(small(), Audience("team", "South"))
    assert own.deals["deal_id"].to_list() == ["D-3", "D-4"]
    assert [r.key for r in own.forecast.cut("2026-Q4", "owner")] == ["Mo"]


def test_an_owner_without_deals_has_an_analysis_of_none() -> None:
    own = cut(small(), owner("Ada"))
    assert own.deals.height == 0
    assert own.findings == ()
    assert own.hygiene.lines == ()
    assert "You have no deals in this workbook." in render(small(), stamp=STAMP, audience=owner("Ada")).html


TARGETS = """
    Period  | Owner | Target
    2026-Q4 |       | 90000
    2026-Q4 | North | 30000
    2026-Q4 | kim   | 25000
    2026-Q4 | Mo    | 12000
"""


@pytest.mark.parametrize(
    ("audience", "target"),
    [(EVERYBODY, 90000), (Audience("team", "North"), 30000), (owner("Kim"), 25000), (owner("Mo"), 12000),
     (Audience("team", "South"), 12000), (owner("Ada"), None)],
)  # fmt: skip
def test_a_cut_is_measured_against_the_target_that_is_theirs(audience: Audience, target: float | None) -> None:
    row = cut(small(Targets=TARGETS), audience).forecast.headline
    assert row is not None
    assert row.target == target


def test_how_long_a_deal_may_stay_in_a_stage_is_measured_by_all_won_deals() -> None:
    for member in MEMBERS[:3]:
        own = cut(WHOLE, member).conversion.times
        assert [(t.stage, t.p80, t.median) for t in own] == [
            (t.stage, t.p80, t.median) for t in WHOLE.conversion.times
        ]  # fmt: skip
        days = cut(WHOLE, member).deals
        placed = days.filter((days["outcome"] == "open") & days["days_in_stage"].is_not_null())
        assert sum(t.open_deals for t in own) == placed.height, "of their own deals"


PROVEN = """
    Deal ID | Stage       | Amount | Close date | Owner | Buyer | Budget
    D-1     | Negotiation | 10000  | 2026-12-01 | Kim   |       | yes
    D-2     | Proposal    | 20000  | 2026-12-11 | Kim   | Ada   |
"""
CRITERIA = """
    Stage    | Gate  | Requirement  | Field  | Check
    Lead     | exit  | Buyer named  | Buyer  | is filled
    Proposal | entry | Budget known | Budget | is filled
"""


@pytest.mark.parametrize(
    ("rule", "steps"),
    [("Setting | Value", ["Budget known", "Buyer named"]),
     ("Setting | Value\nrule entry-criterion-not-met | off", [])],
)  # fmt: skip
def test_a_bridge_whose_findings_are_silenced_has_its_ends_and_no_steps(rule: str, steps: list[str]) -> None:
    told = analyze(source(Deals=PROVEN, Criteria=CRITERIA, Settings=rule), as_of=AS_OF)
    own = cut(told, owner("Kim")).bridge
    assert sorted(s.requirement for s in own.steps) == steps
    assert (own.claimed, own.evidence) == (told.bridge.claimed, told.bridge.evidence)
    assert own.claimed > own.evidence


@pytest.mark.parametrize("nobody", [owner("Nobody"), owner(""), Audience("team", "Kim"), owner("kim")])
def test_there_is_no_cut_for_nobody(nobody: Audience) -> None:
    with pytest.raises(UsageError, match=f"There is no {nobody.kind} called"):
        cut(small(), nobody)


def test_the_page_can_be_an_owners_or_a_teams_too() -> None:
    page = render(WHOLE, stamp=STAMP, audience=owner("Joost van der Meer"))
    assert [c.id for row in page.page.rows for c in row][:2] == ["findings", "deals"]
    assert page.page.headline.startswith("Your Q4 ")
    assert page.page.rows[0][0].title == f"You have {len(cut(WHOLE, page.page.audience).findings)} things to mend"
    team = render(WHOLE, stamp=STAMP, audience=Audience("team", "Nordics")).page
    row = WHOLE.forecast.row(WHOLE.forecast.current, "team", "Nordics")
    assert row is not None
    assert team.headline.startswith("Nordics: Q4 ")
    assert short_money(row.total, "EUR") in team.headline
