"""Hygiene: the share of open deals with nothing to mend, by owner and team, and how it went over the runs."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from books import AS_OF, FEW
from pipesheet.analysis import Analysis, analyze
from pipesheet.cli import main
from pipesheet.hygiene import Dimension, Hygiene, HygienePoint, hygiene
from pipesheet.models import HygieneRecord
from pipesheet.reader import read
from pipesheet.resources import resource
from tables import grid, source

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")
D = dt.date


def judged(text: str) -> pl.DataFrame:
    """Deals after the audit: who has them, what was found, what they count."""
    header, *rows = (list(row) for row in grid("Deals", text).rows)
    frame = pl.DataFrame(rows, schema=[str(h) for h in header], orient="row")
    return frame.with_columns(
        pl.col("owner", "team", "outcome").cast(pl.String),
        pl.col("errors", "warnings").cast(pl.UInt32),
        pl.col("weighted", "evidence_weighted").cast(pl.Float64),
    )


def log(text: str) -> tuple[HygieneRecord, ...]:
    """The records of the Run Log."""
    _, *rows = grid("Run Log", text).rows
    return tuple(HygieneRecord(r[0], str(r[1]), str(r[2] or ""), int(r[3]), int(r[4])) for r in rows)  # type: ignore[arg-type]


def scores(found: Hygiene, dimension: Dimension) -> list[tuple[str, int, int, float]]:
    return [(line.name, line.open_deals, line.clean, round(line.score, 4)) for line in found.of(dimension)]


DEALS = """
    owner | team  | outcome | errors | warnings | weighted | evidence_weighted
    Ann   | North | open    | 0      | 0        | 500      | 500
    Ann   | North | open    | 1      | 0        | 750      | 250
    Ann   | North | open    | 0      | 2        | 100      | 100
    Bo    | South | open    | 0      | 0        | 300      | 300
    Bo    | South | open    | 0      | 0        | 300      | 200
    Cy    | South | open    | 2      | 1        | 400      | 0
          |       | open    | 1      | 1        | 50       | 50
    Bo    | South | won     | 3      | 0        | 0        | 0
    Cy    | South | lost    | 0      | 3        | 0        | 0
"""


def test_the_score_is_clean_over_open_deals_worst_first() -> None:
    found = hygiene(judged(DEALS), (), as_of=AS_OF)
    assert scores(found, "all") == [("", 7, 3, 0.4286)]
    assert scores(found, "owner") == [
        ("Cy", 1, 0, 0.0),
        ("(none)", 1, 0, 0.0),
        ("Ann", 3, 1, 0.3333),
        ("Bo", 2, 2, 1.0),
    ]
    assert scores(found, "team") == [("(none)", 1, 0, 0.0), ("North", 3, 1, 0.3333), ("South", 3, 2, 0.6667)]
    assert [line.dimension for line in found.lines] == ["all", *["owner"] * 4, *["team"] * 3]


def test_each_line_counts_what_is_to_mend_and_what_rests_on_missing_proof() -> None:
    found = hygiene(judged(DEALS), (), as_of=AS_OF)
    assert {line.name or "all": (line.errors, line.warnings, line.unproven) for line in found.lines} == {
        "all": (4, 4, 1000.0),
        "Ann": (1, 2, 500.0),
        "Bo": (0, 0, 100.0),
        "Cy": (2, 1, 400.0),
        "(none)": (1, 1, 0.0),
        "North": (1, 2, 500.0),
        "South": (2, 1, 500.0),
    }


def test_of_two_as_clean_the_one_with_more_unproven_comes_first_and_then_the_name() -> None:
    found = hygiene(
        judged("""
            owner | team | outcome | errors | warnings | weighted | evidence_weighted
            Di    |      | open    | 1      | 0        | 100      | 100
            Cy    |      | open    | 1      | 0        | 100      | 100
            Ann   |      | open    | 1      | 0        | 100      | 50
        """),
        (),
        as_of=AS_OF,
    )
    assert [line.name for line in found.of("owner")] == ["Ann", "Cy", "Di"]


def test_without_teams_there_are_no_lines_of_teams_and_without_open_deals_none_at_all() -> None:
    nobody = judged(DEALS).with_columns(pl.lit(None, pl.String).alias("team"))
    assert {line.dimension for line in hygiene(nobody, (), as_of=AS_OF).lines} == {"all", "owner"}
    closed = judged(DEALS).filter(pl.col("outcome") != "open")
    assert hygiene(closed, (), as_of=AS_OF) == Hygiene()


# Over the runs ---------------------------------------------------------------------------------------


RUNS = log("""
    As of      | Of    | Name   | Open deals | Clean
    2026-11-10 | all   |        | 10         | 1
    2026-11-10 | owner | Ann    | 4          | 1
    2026-11-17 | all   |        | 8          | 2
    2026-11-17 | owner | Ann    | 4          | 2
    2026-11-17 | owner | Zoe    | 4          | 0
    2026-11-17 | team  | South  | 4          | 3
    2026-11-17 | owner | (none) | 2          | 1
""")


def before(found: Hygiene) -> dict[tuple[str, str], float | None]:
    return {(line.dimension, line.name): line.before for line in found.lines}


def test_before_is_the_score_on_the_newest_earlier_date_that_knows_the_owner_or_team() -> None:
    found = hygiene(judged(DEALS), RUNS, as_of=AS_OF)
    assert before(found) == {
        ("all", ""): 0.25,
        ("owner", "Ann"): 0.5,
        ("owner", "Bo"): None,
        ("owner", "Cy"): None,
        ("owner", "(none)"): 0.5,  # deals of nobody are a line like any other
        ("team", "North"): None,
        ("team", "South"): 0.75,
        ("team", "(none)"): None,
    }
    whole, *_ = found.lines
    assert whole.change == pytest.approx(3 / 7 - 0.25)
    assert [line.change for line in found.of("owner") if line.name == "Bo"] == [None]


def test_an_owner_and_a_team_of_one_name_are_two() -> None:
    runs = log("""
        As of      | Of    | Name | Open deals | Clean
        2026-11-17 | owner | Mia  | 4          | 1
        2026-11-17 | team  | Mia  | 8          | 8
    """)
    deals = judged("""
        owner | team | outcome | errors | warnings | weighted | evidence_weighted
        Mia   | Mia  | open    | 0      | 0        | 100      | 100
    """)
    found = hygiene(deals, runs, as_of=AS_OF)
    assert [(line.dimension, line.before) for line in found.lines] == [("all", None), ("owner", 0.25), ("team", 1.0)]


def test_a_run_on_the_same_day_is_no_earlier_one() -> None:
    runs = log("""
        As of      | Of  | Name | Open deals | Clean
        2026-11-17 | all |      | 8          | 2
        2026-11-24 | all |      | 8          | 8
    """)
    found = hygiene(judged(DEALS), runs, as_of=AS_OF)
    assert found.lines[0].before == 0.25
    assert found.trend == (HygienePoint(D(2026, 11, 17), 8, 2), HygienePoint(AS_OF, 7, 3))


def test_what_is_known_of_later_dates_does_not_count() -> None:
    runs = log("""
        As of      | Of  | Name | Open deals | Clean
        2026-12-01 | all |      | 8          | 8
        2026-11-17 | all |      | 8          | 2
    """)
    found = hygiene(judged(DEALS), runs, as_of=AS_OF)
    assert found.lines[0].before == 0.25
    assert [point.as_of for point in found.trend] == [D(2026, 11, 17), AS_OF]


def test_of_two_records_of_one_day_the_last_counts() -> None:
    runs = log("""
        As of      | Of  | Name | Open deals | Clean
        2026-11-17 | all |      | 8          | 2
        2026-11-17 | all |      | 8          | 6
    """)
    found = hygiene(judged(DEALS), runs, as_of=AS_OF)
    assert found.lines[0].before == 0.75
    assert found.trend == (HygienePoint(D(2026, 11, 17), 8, 6), HygienePoint(AS_OF, 7, 3))


def test_the_trend_has_one_point_of_the_whole_book_per_date_oldest_first() -> None:
    found = hygiene(judged(DEALS), tuple(reversed(RUNS)), as_of=AS_OF)
    assert [(p.as_of, p.open_deals, p.clean, round(p.score, 4)) for p in found.trend] == [
        (D(2026, 11, 10), 10, 1, 0.1),
        (D(2026, 11, 17), 8, 2, 0.25),
        (AS_OF, 7, 3, 0.4286),
    ]


def test_a_date_without_open_deals_was_clean_and_says_nothing_of_before() -> None:
    runs = log("""
        As of      | Of  | Name | Open deals | Clean
        2026-11-10 | all |      | 8          | 2
        2026-11-17 | all |      | 0          | 0
    """)
    found = hygiene(judged(DEALS), runs, as_of=AS_OF)
    assert [point.score for point in found.trend] == [0.25, 1.0, pytest.approx(3 / 7)]
    assert found.lines[0].before == 0.25


_rows = st.lists(
    st.fixed_dictionaries(
        {
            "owner": st.sampled_from(["Ann", "Bo", "Cy", None]),
            "team": st.sampled_from(["North", "South", None]),
            "outcome": st.sampled_from(["open", "open", "won", "lost"]),
            "errors": st.integers(0, 2),
            "warnings": st.integers(0, 2),
            "weighted": st.integers(0, 10**7).map(lambda cents: cents / 100),
            "share": st.sampled_from([0.0, 0.5, 1.0]),
        }
    ),
    min_size=1,
    max_size=30,
)


@FEW
@given(_rows)
def test_owners_and_teams_add_up_to_the_whole(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(
        rows,
        schema={"owner": pl.String, "team": pl.String, "outcome": pl.String, "errors": pl.UInt32,
                "warnings": pl.UInt32, "weighted": pl.Float64, "share": pl.Float64},
    ).with_columns((pl.col("weighted") * pl.col("share")).alias("evidence_weighted"))  # fmt: skip
    found = hygiene(frame, (), as_of=AS_OF)
    for dimension in ("owner", "team"):
        lines = found.of(dimension)
        for whole in found.of("all") if lines else ():
            assert sum(line.open_deals for line in lines) == whole.open_deals
            assert sum(line.clean for line in lines) == whole.clean
            assert sum(line.errors + line.warnings for line in lines) == whole.errors + whole.warnings
            assert sum(line.unproven for line in lines) == pytest.approx(whole.unproven, abs=0.005)
        assert all(0 <= line.score <= 1 and line.unproven >= 0 for line in lines)
    assert len(found.of("all")) == (frame["outcome"] == "open").any()


# In a workbook ---------------------------------------------------------------------------------------
WORKBOOK = {
    "Deals": """
        Deal ID | Account | Owner | Stage    | Amount | Created    | Close date | Next step | Probability | Budget
        D-1     | Acme    | Ann   | Proposal | 1000   | 2026-11-01 | 2026-12-15 | Call      |             | yes
        D-2     | Beta    | Ann   | Proposal | 2000   | 2026-11-01 | 2026-12-15 | Call      | 0.1         | yes
        D-3     | Gamma   | Ann   | Proposal | 3000   | 2026-11-01 | 2026-11-20 | Call      |             | yes
        D-4     | Delta   | Bo    | Proposal | 4000   | 2026-11-01 | 2026-12-15 | Call      |             |
        D-5     | Epsilon |       | Lead     | 5000   | 2026-11-01 | 2026-12-15 | Call      |             |
    """,
    "Stages": """
        Stage    | Order | Probability | Type
        Lead     | 1     | 0.1         | open
        Proposal | 2     | 0.5         | open
        Won      | 3     | 1           | won
        Lost     | 4     | 0           | lost
    """,
    "Criteria": """
        Stage | Gate | Requirement  | Field  | Check
        Lead  | exit | Budget known | Budget | is filled
    """,
    "Owners": """
        Owner | Team
        Ann   | North
        Bo    | South
    """,
}  # fmt: skip
WEEK_BEFORE = AS_OF - dt.timedelta(7)


def analysed(as_of: dt.date) -> Analysis:
    return analyze(source(**WORKBOOK), as_of=as_of)


def test_an_error_or_a_warning_makes_a_deal_unclean_and_an_info_does_not() -> None:
    found = analysed(AS_OF)
    assert {(f.deal_id, f.code, f.severity) for f in found.findings if f.deal_id} == {
        ("D-2", "probability-far-from-stage", "info"),
        ("D-3", "close-date-past", "warning"),
        ("D-4", "exit-criterion-not-met", "error"),
        ("D-5", "owner-missing", "warning"),
    }
    assert scores(found.hygiene, "all") == [("", 5, 2, 0.4)]
    assert scores(found.hygiene, "owner") == [("Bo", 1, 0, 0.0), ("(none)", 1, 0, 0.0), ("Ann", 3, 2, 0.6667)]
    assert scores(found.hygiene, "team") == [("South", 1, 0, 0.0), ("(none)", 1, 0, 0.0), ("North", 3, 2, 0.6667)]
    # 4,000 x (50 % - 10 %) rest on the budget of D-4.
    assert [(line.name, line.unproven) for line in found.hygiene.of("owner") if line.unproven] == [("Bo", 1600.0)]


def test_turning_a_rule_off_makes_its_deals_clean() -> None:
    lenient = analyze(source(**WORKBOOK), as_of=AS_OF, overrides={"rule close-date-past": "off"})
    assert scores(lenient.hygiene, "owner")[-1] == ("Ann", 3, 3, 1.0)
    strict = analyze(source(**WORKBOOK), as_of=AS_OF, overrides={"rule probability-far-from-stage": "warning"})
    assert scores(strict.hygiene, "owner")[-1] == ("Ann", 3, 1, 0.3333)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for name, text in WORKBOOK.items():
        sheet = book.active if name == "Deals" else book.create_sheet()
        sheet.title = name
        for row in grid(name, text).rows:
            sheet.append(list(row))
    book.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def run(path: Path, as_of: dt.date) -> None:
    call = ["run", str(path), "--in-place", "--as-of", as_of.isoformat()]
    assert CliRunner(catch_exceptions=False).invoke(main, call).exit_code in (0, 1)


def table(path: Path, name: str) -> list[dict[str, object]]:
    """The rows of one of our tables by header, as stored values; none where it is not there."""
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        if name in sheet.tables:
            header, *rows = ([cell.value for cell in row] for row in sheet[sheet.tables[name].ref])
            return [dict(zip(header, row, strict=True)) for row in rows]
    return []


def test_a_later_run_in_place_knows_the_score_of_the_one_before(workbook: Path) -> None:
    run(workbook, WEEK_BEFORE)
    assert table(workbook, "PipesheetHygieneTrend") == [], "one point is no trend"
    run(workbook, AS_OF)
    run(workbook, AS_OF)  # the same day again is the same point

    found = analyze(read(workbook), as_of=AS_OF).hygiene
    # A week ago D-3 was still to close, so three of five were clean and all of Ann's.
    assert before(found) == {
        ("all", ""): 0.6,
        ("owner", "Ann"): 1.0,
        ("owner", "Bo"): 0.0,
        ("owner", "(none)"): 0.0,
        ("team", "North"): 1.0,
        ("team", "South"): 0.0,
        ("team", "(none)"): 0.0,
    }
    assert found.lines[0].change == pytest.approx(-0.2)
    assert found.trend == (HygienePoint(WEEK_BEFORE, 5, 3), HygienePoint(AS_OF, 5, 2))

    trend = table(workbook, "PipesheetHygieneTrend")
    assert [(row["As of"], row["Open deals"], row["Clean"], row["Hygiene"]) for row in trend] == [
        (dt.datetime.combine(WEEK_BEFORE, dt.time()), 5, 3, 0.6),
        (dt.datetime.combine(AS_OF, dt.time()), 5, 2, 0.4),
    ]
    lines = table(workbook, "PipesheetHygiene")
    assert [(row["Name"], row["Of"], row["Clean"], row["Before"]) for row in lines] == [
        ("everybody", "all", 2, 0.6),
        ("Bo", "owner", 0, 0.0),
        ("(none)", "owner", 0, 0.0),
        ("Ann", "owner", 2, 1.0),
        ("South", "team", 0, 0.0),
        ("(none)", "team", 0, 0.0),
        ("North", "team", 2, 1.0),
    ]


def test_an_older_date_run_again_does_not_see_what_came_after(workbook: Path) -> None:
    run(workbook, AS_OF)
    run(workbook, WEEK_BEFORE)
    found = analyze(read(workbook), as_of=WEEK_BEFORE).hygiene
    assert found.trend == (HygienePoint(WEEK_BEFORE, 5, 3),)
    assert set(before(found).values()) == {None}
    run(workbook, AS_OF)
    assert len(table(workbook, "PipesheetHygieneTrend")) == 2, "both dates are kept"


def test_the_sample_has_a_trend_of_its_own(tmp_path: Path) -> None:
    path = Path(shutil.copy(resource("workbooks/sample.xlsx"), tmp_path / "sample.xlsx"))
    found = analyze(read(path)).hygiene
    assert len(found.trend) > 1
    assert found.lines[0].before is not None
    assert [point.as_of for point in found.trend] == sorted({point.as_of for point in found.trend})
