"""What a run promises, whether it is the command on a file or a button on the open workbook.

The same tests on each host; those in LibreOffice are slow, as it has to start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hosts import Host, in_calc, in_excel, in_file
from office import calc  # noqa: F401  a fixture
from pipesheet.grid import Source
from tables import source

OURS = ["Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log"]
Opened = Callable[..., Host]

BOOK = source(
    Deals="""
        Deal ID | Deal            | Stage     | Amount | Close date | Owner          | Next step
        D1      | Icebox          | Proposal  | 40000  | 2026-12-01 | Ann            | call
        D2      | =HYPERLINK("x") | Proposal  | 12345.678901 | 2026-10-01 | Bo       |
        "001"   | 'quoted & <b>   | Discovery | 500    |            | Łukasz & Söhne | May 2026
        D4      | Won one         | Won       | 9000   | 2026-11-02 | Ann            |
    """,
    Stages="""
        Stage     | Order | Outcome | Probability
        Discovery | 1     | open    | 0.1
        Proposal  | 2     | open    | 0.5
        Won       | 3     | won     | 1
    """,
    Targets="""
        Period  | Target
        2026-Q4 | 50000
    """,
)


@pytest.fixture(params=["file", "excel", pytest.param("calc", marks=pytest.mark.slow)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens a workbook in each kind of host."""
    if request.param == "calc":
        ways: Any = in_calc(request.getfixturevalue("calc"))
    else:
        ways = {"file": in_file, "excel": in_excel}[request.param]
    return lambda made=BOOK: ways(made, tmp_path)


def test_our_sheets_come_last_in_their_order_and_the_users_stay_as_they_were(opened: Opened) -> None:
    host = opened()
    before = {tab: host.contents(tab) for tab in host.tabs()}
    host.press("forecast")
    assert host.tabs() == [*before, *OURS]
    assert {tab: host.contents(tab) for tab in before} == before


def test_the_same_day_again_changes_the_run_log_alone(opened: Opened) -> None:
    host = opened()
    host.press("forecast")
    once = {tab: host.contents(tab) for tab in host.tabs()}
    host.press("forecast", dt.datetime(2026, 11, 16, 10))
    again = {tab: host.contents(tab) for tab in host.tabs()}
    assert [tab for tab in again if again[tab] != once[tab]] == ["Run Log"]


def test_names_that_look_like_something_else_stay_text(opened: Opened) -> None:
    host = opened()
    host.press("check")
    review = set(host.contents("Deal Review").values())
    assert {"001", "'quoted & <b>", "Łukasz & Söhne", '=HYPERLINK("x")'} <= review
    assert {"001", "'quoted & <b>"} <= set(host.values("Deal Review").values())


def test_dates_and_money_are_numbers_with_all_their_places(opened: Opened) -> None:
    host = opened()
    host.press("check")
    shown = set(host.values("Deal Review").values())
    assert {12345.678901, 46357.0} <= shown


def test_what_is_typed_beside_a_deal_is_there_after_the_next_run(opened: Opened) -> None:
    host = opened()
    host.press("forecast")
    review = host.contents("Deal Review")
    column = next(c for (r, c), text in review.items() if text == "Scenario amount" and r == 5)
    row = next(r for (r, _), text in review.items() if text == "D1")
    host.type("Deal Review", row, column, 77_000.0)
    host.press("forecast", dt.datetime(2026, 11, 17, 9))
    after = host.contents("Deal Review")
    assert after[next(r for (r, _), text in after.items() if text == "D1"), column] == 77_000.0


def test_a_sheet_of_the_users_with_our_name_keeps_it(opened: Opened) -> None:
    made = Source(BOOK.path, "xlsx", "", (*BOOK.grids, *source(Forecast="My own | forecast").grids))
    host = opened(made)
    host.press("forecast")
    assert host.contents("Forecast") == {(1, 1): "My own", (1, 2): "forecast"}
    assert "Forecast (pipesheet)" in host.tabs()


def test_a_tab_of_ours_that_a_person_hid_stays_hidden(opened: Opened) -> None:
    host = opened()
    host.press("forecast")
    host.hide("Closed Deals")
    host.press("forecast", dt.datetime(2026, 11, 17, 9))
    assert host.hidden() == ["Closed Deals"]


def test_fewer_deals_leave_nothing_of_the_rows_before(opened: Opened) -> None:
    host = opened()
    host.press("forecast")
    for column in range(1, 8):
        host.type("Deals", 4, column, None)
    host.press("forecast", dt.datetime(2026, 11, 17, 9))
    assert "001" not in host.contents("Deal Review").values()
