"""Another click in a program that hears of changes, as LibreOffice does: sheets of ours that nobody touched since are
known to be as they were left, and only what differs is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from hostile import Hostile
from pipesheet.excel.attach import attach
from pipesheet.excel.reading import contents_of
from pipesheet.journal import Journal
from pipesheet.live import Place, run
from pipesheet.undoing import seal_up

DEALS: list[list[Any]] = [
    ["Deal ID", "Deal", "Stage", "Amount", "Close date", "Owner"],
    ["D1", "Icebox", "Proposal", 40_000.0, 46_357.0, "Ann"],
    ["D2", "Pump", "Discovery", 20_000.0, 46_300.0, "Bo"],
]
AMOUNT = (2, 4)
OURS = ["Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    now = dt.datetime(2026, 11, 16, 9)
    return Place(tmp_path / "own", tmp_path, now, lambda _: None, lambda *_: "", {})


@pytest.fixture
def engine() -> Hostile:
    made = Hostile({"Deals": DEALS})
    made.listens = True
    return made


def press(action: str, engine: Hostile, place: Place) -> str:
    """What was said; the log is of this click alone."""
    engine.log.clear()
    done = run(action, attach(engine=engine), place)
    assert done.exit_code == 0, done.said
    return done.said


def written(engine: Hostile) -> dict[str, int]:
    """In how many calls each sheet was written into."""
    found = dict.fromkeys(OURS, 0)
    for call in engine.log:
        tab = call.partition(" ")[2].partition(" (")[0]
        found[tab] = found.get(tab, 0) + 1
    return {tab: calls for tab, calls in found.items() if calls}


def shown(engine: Hostile) -> dict[str, Any]:
    book = attach(engine=engine).book
    return {tab: contents_of(book.sheets[tab]) for tab in OURS}


def test_a_click_after_which_nothing_is_another_writes_next_to_nothing(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    first = shown(engine)
    press("forecast", engine, place)
    assert set(written(engine)) <= {"Run Log"}
    assert {tab: first[tab] for tab in OURS[:-1]} == {tab: shown(engine)[tab] for tab in OURS[:-1]}


def test_after_a_change_it_ends_as_the_first_click_on_such_a_workbook(engine: Hostile, place: Place) -> None:
    other = Hostile({"Deals": DEALS})
    other.book.sheets("Deals").data[AMOUNT] = 99_000.0
    press("forecast", other, Place(place.own / "other", place.documents, place.now, place.show_page, place.send, {}))

    press("forecast", engine, place)
    engine.book.sheets("Deals").data[AMOUNT] = 99_000.0
    press("forecast", engine, place)
    assert {tab: shown(engine)[tab] for tab in OURS[:-1]} == {tab: shown(other)[tab] for tab in OURS[:-1]}
    assert 0 < written(engine)["Deal Review"] < 10


def test_what_somebody_typed_into_a_sheet_of_ours_has_that_sheet_put_anew(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    engine.book.sheets("Conversion").data[2, 2] = "typed over"
    press("forecast", engine, place)
    assert written(engine)["Conversion"] > 20
    assert set(written(engine)) <= {"Conversion", "Run Log"}
    assert "typed over" not in str(shown(engine))


@pytest.mark.parametrize("what", ["a chart is gone", "a table is smaller", "the tab has another name"])
def test_so_does_what_is_no_matter_of_cells(what: str, engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    sheet = engine.book.sheets("Forecast")
    if what == "a chart is gone":
        sheet.charts[0].delete()
    elif what == "a table is smaller":
        top, left, bottom, right = sheet.tables[0].corners
        sheet.tables[0].corners = top, left, bottom - 1, right
    else:
        sheet.name = "Outlook"
        next(n for n in engine.book.names if n.name == "_pipesheet_forecast").refers_to = "='Outlook'!$A$1"
    press("forecast", engine, place)
    assert written(engine)[sheet.name] > 20
    assert len(sheet.charts) == 3


def test_undo_puts_back_the_first_click(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    first = shown(engine)
    engine.book.sheets("Deals").data[AMOUNT] = 99_000.0
    press("forecast", engine, place)
    assert shown(engine) != first
    said = press("undo", engine, place)
    assert said == "The last run is undone; the sheets show what they showed before."
    assert shown(engine) == first
    assert written(engine)["Deal Review"] < 10


def test_after_undo_a_click_knows_where_it_stands(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    engine.book.sheets("Deals").data[AMOUNT] = 99_000.0
    press("forecast", engine, place)
    last = shown(engine)
    press("undo", engine, place)
    press("forecast", engine, place)
    assert shown(engine) == last
    assert written(engine)["Deal Review"] < 10


def test_after_a_run_that_was_broken_off_all_is_put_anew(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    for left in (place.own / "undo").glob("*.done"):
        left.unlink()
    press("forecast", engine, place)
    assert set(written(engine)) == set(OURS)


def test_a_program_that_is_busy_once_all_is_written_is_no_fault(engine: Hostile, place: Place) -> None:
    press("forecast", engine, place)
    journal = Journal(place.own, engine.book.fullname)
    assert len(journal.seals) == len(OURS)
    book_that_answers_nothing = object()
    seal_up(book_that_answers_nothing, journal)
    assert (journal.finished, journal.seals) == (True, {})
