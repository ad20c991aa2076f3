"""Targets: which amount was to be won, by whom, in which period, and what is wrong with the sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, FEW, FIVE, book, columns, frame
from pipesheet.deals import deal_frame
from pipesheet.findings import Finding
from pipesheet.models import Book, Owner, Settings, Target
from pipesheet.periods import parse_period
from pipesheet.targets import Targets, targets

DEALS = """
    Deal ID | Owner | Stage | Amount
    D-1     | Zoe   | Lead  | 1
"""
OWNERS = """
    Owner | Team
    Ann   | North
    Abe   | North
    Bo    | South
    Cy    |
"""


def read(rows: str, **sheets: str) -> tuple[Targets, tuple[Finding, ...]]:
    """The targets of rows of period, owner, target and currency."""
    sheet = "Period | Owner or Team | Target | Currency\n" + rows
    made = book(**{"Deals": DEALS, "Owners": OWNERS, "Targets": sheet, **sheets})
    return targets(frame(made), made)


def of(aims: Targets, period: str, member: str = "", start: int = 1) -> float | None:
    """The target of ``owner Ann``, ``team North`` or, blank, of everybody."""
    dimension, _, name = member.partition(" ")
    found = parse_period(period, start)
    assert found is not None
    return aims.of(found, (dimension or "all", name))


# Who and when ---------------------------------------------------------------------------------------


def test_a_target_is_of_an_owner_a_team_or_everybody() -> None:
    aims, found = read("""
        2026-Q4 | ann    | 100 |
        2026-Q4 | NORTH  | 900 |
        2026-Q4 |        | 5000 |
        2026-Q4 | " zoe" | 70  |
    """)
    wanted = ("owner Ann", "team North", "", "owner Zoe", "owner Bo", "team South")
    assert [of(aims, "2026-Q4", member) for member in wanted] == [100, 900, 5000, 70, None, None]
    assert found == ()


def test_an_owner_goes_before_a_team_of_the_same_name() -> None:
    aims, _ = read("2026-Q4 | North | 100 |", Owners="Owner | Team\nNorth | South\nAnn | North")
    assert [of(aims, "2026-Q4", m) for m in ("owner North", "team North", "team South")] == [100, None, 100]


@pytest.mark.parametrize(
    "written", ["2026-Q4", "Q4 2026", "q4/26", "FY26 Q4", "2026-10\n2026-11\n2026-12", "Oct 2026\n2026-11-15\n12/2026"]
)
def test_a_quarter_is_what_was_given_for_it_or_for_its_three_months(written: str) -> None:
    rows = written.split("\n")
    aims, found = read("\n".join(f"{row} | Ann | {300 / len(rows)} |" for row in rows))
    assert (of(aims, "2026-Q4", "owner Ann"), found) == (300, ())


def test_a_year_is_the_sum_of_its_quarters_and_they_of_their_months() -> None:
    months = "\n".join(f"2026-{month:02d} | Ann | {month} |" for month in range(1, 10))
    aims, _ = read(f"{months}\n2026-Q4 | Ann | 100 |")
    assert [of(aims, p, "owner Ann") for p in ("2026-Q1", "2026-Q3", "2026-Q4", "FY2026")] == [6, 24, 100, 145]


def test_a_year_that_starts_in_april_is_the_sum_of_its_own_quarters() -> None:
    rows = "2027-Q1 | Ann | 1 |\n2027-Q2 | Ann | 10 |\n2027-Q3 | Ann | 100 |\n"
    rows += "2027-01 | Ann | 200 |\n2027-02 | Ann | 300 |\n2027-03 | Ann | 500 |"
    aims, _ = read(rows, Settings="Setting | Value\nFiscal year start | April")
    # The fourth quarter is January to March 2027.
    assert [of(aims, p, "owner Ann", 4) for p in ("2027-Q4", "FY2027", "FY2026")] == [1000, 1111, None]


def test_what_was_given_for_a_period_goes_before_the_sum_of_its_parts() -> None:
    aims, _ = read("FY26 | Ann | 1000 |\n" + "\n".join(f"2026-Q{q} | Ann | 200 |" for q in (1, 2, 3, 4)))
    assert of(aims, "FY2026", "owner Ann") == 1000
    assert of(aims, "2026-Q3", "owner Ann") == 200


def test_a_part_that_is_missing_leaves_the_whole_unsaid_and_a_whole_says_nothing_of_its_parts() -> None:
    aims, _ = read("2026-10 | Ann | 1 |\n2026-11 | Ann | 1 |\nFY27 | Ann | 100 |")
    assert [of(aims, p, "owner Ann") for p in ("2026-Q4", "FY2026", "2027-Q1", "2026-12")] == [None] * 4


def test_a_team_is_the_sum_of_its_owners_and_everybody_of_the_teams_and_of_who_has_none() -> None:
    aims, _ = read("2026-Q4 | Ann | 100 |\n2026-Q4 | Abe | 20 |\n2026-Q4 | Bo | 3 |\n2026-Q4 | Cy | 4000 |")
    wanted = ("team North", "team South", "")
    assert [of(aims, "2026-Q4", member) for member in wanted] == [120, 3, 4123]
    assert aims.members() == (
        ("owner", "Abe"), ("owner", "Ann"), ("owner", "Bo"), ("owner", "Cy"), ("team", "North"), ("team", "South"),
    )  # fmt: skip


def test_a_target_of_the_team_goes_before_the_sum_of_its_owners() -> None:
    aims, _ = read("2026-Q4 | Ann | 100 |\n2026-Q4 | North | 250 |\n2026-Q4 | Zoe | 1 |")
    assert [of(aims, "2026-Q4", member) for member in ("team North", "owner Ann", "")] == [250, 100, 251]


def test_owners_and_their_team_may_be_given_by_different_periods() -> None:
    aims, _ = read("2026-10 | Ann | 1 |\n2026-11 | Ann | 2 |\n2026-12 | Ann | 3 |\n2026-Q4 | Abe | 10 |")
    assert of(aims, "2026-Q4", "team North") == 16
    assert of(aims, "2026-11", "team North") == 2


def test_without_targets_nobody_has_one() -> None:
    aims, found = read("")
    assert (of(aims, "2026-Q4"), of(aims, "FY2026", "team North"), aims.members(), found) == (None, None, (), ())


# Currencies -----------------------------------------------------------------------------------------

EUR = "Setting | Value\nReporting currency | EUR"
RATES = "Currency | Date | Rate\nUSD | 2026-01-01 | 0.9\nUSD | 2026-10-02 | 0.5"


def test_a_target_counts_at_the_rate_of_its_periods_first_day() -> None:
    aims, _ = read("2026-Q4 | Ann | 100 | usd\n2026-11 | Bo | 100 | USD\n2026-Q4 | Cy | 100 | EUR",
                   Rates=RATES, Settings=EUR)  # fmt: skip
    wanted = (("2026-Q4", "owner Ann"), ("2026-11", "owner Bo"), ("2026-Q4", "owner Cy"))
    assert [of(aims, period, member) for period, member in wanted] == [90, 50, 100]


# Findings -------------------------------------------------------------------------------------------

FAULTY = """
    soon    | Ann | 100  |
    2025-Q4 | Ann | 200  | USD
    2026-Q4 | Zed | 300  |
    2026-Q4 | zed | 400  |
    2026-Q4 |     | 500  |
    Q4 2026 |     | 600  | EUR
"""


def test_what_cannot_be_read_is_left_out_and_named_and_of_two_the_last_counts() -> None:
    aims, found = read(FAULTY, Rates=RATES, Settings=EUR)
    told = [(f.code, f.severity, f.cell.a1 if f.cell else "", f.owner, f.amount, f.found) for f in found]
    assert told == [
        ("target-period-unreadable", "error", "A2", "Ann", 100, "the period “soon”"),
        ("currency-without-rate", "error", "A3", "Ann", 200, "a target in USD"),
        ("target-owner-unknown", "warning", "A4", "Zed", 300, "a target for “Zed”"),
        ("target-owner-unknown", "warning", "A5", "zed", 400, "a target for “zed”"),
        ("target-duplicate", "warning", "A5", "zed", 400, "a second target of zed for 2026-Q4; this one counts"),
        ("target-duplicate", "warning", "A7", "", 600, "a second target of everybody for 2026-Q4; this one counts"),
    ]
    assert [of(aims, p, m) for p, m in (("2025-Q4", "owner Ann"), ("2026-Q4", "owner Zed"), ("2026-Q4", ""))] == [
        None, 400, 600,
    ]  # fmt: skip


def test_settings_turn_these_findings_off_or_change_their_severity_and_the_targets_stay_the_same() -> None:
    rules = """
        Setting                       | Value
        Reporting currency            | EUR
        rule target-period-unreadable | off
        rule target-owner-unknown     | off
        rule target-duplicate         | info
        rule currency-without-rate    | warning
    """
    aims, found = read(FAULTY, Rates=RATES, Settings=rules)
    assert [(f.code, f.severity) for f in found] == [
        ("currency-without-rate", "warning"), ("target-duplicate", "info"), ("target-duplicate", "info"),
    ]  # fmt: skip
    assert aims == read(FAULTY, Rates=RATES, Settings=EUR)[0]


# What always holds ----------------------------------------------------------------------------------

_amounts = st.integers(0, 10**6).map(float)


def targeted(rows: list[Target]) -> Targets:
    deals = columns("Deals", {"deal_id": ["D-1"], "owner": ["Zoe"], "stage": ["Lead"], "amount": [1.0]})
    owners = (Owner("Ann", "North"), Owner("Abe", "North"), Owner("Bo", "South"), Owner("Cy"))
    made = Book(deals, FIVE, owners=owners, targets=tuple(rows), settings=Settings())
    return targets(deal_frame(made, AS_OF), made)[0]


@FEW
@given(st.dictionaries(st.tuples(st.integers(1, 12), st.sampled_from(["Ann", "Abe", "Bo", "Cy", "Zoe"])), _amounts))
def test_where_only_owners_have_monthly_targets_each_month_adds_up_by_owner_by_team_and_whole(
    given_: dict[tuple[int, str], float],
) -> None:
    aims = targeted([Target(f"2026-{month:02d}", amount, owner) for (month, owner), amount in given_.items()])
    for month in range(1, 13):
        mine = {owner: amount for (m, owner), amount in given_.items() if m == month}
        label = f"2026-{month:02d}"
        assert of(aims, label) == (sum(mine.values()) if mine else None)
        north = [mine[name] for name in ("Ann", "Abe") if name in mine]
        assert of(aims, label, "team North") == (sum(north) if north else None)
    for owner in {owner for _, owner in given_}:
        quarter = [given_.get((month, owner)) for month in (10, 11, 12)]
        whole = None if None in quarter else sum(amount for amount in quarter if amount is not None)
        assert of(aims, "2026-Q4", f"owner {owner}") == whole
