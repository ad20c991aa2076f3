"""The open workbook: what is read from it, what is written, and what happens when Excel says no.

The program under xlwings is `tests/hostile.py`, which is as nasty as Excel can be; LibreOffice, which is
real and kinder, is asked the same in `tests/test_excel_office.py`.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Hostile, com_error, unchanged
from pipesheet.errors import Busy, ChangedLive, LiveError, Locked, NoExcel
from pipesheet.excel.attach import LiveBook, attach
from pipesheet.excel.putting import put_sheets, take_off, without
from pipesheet.excel.reading import as_block, contents_of, marked
from pipesheet.excel.writing import restore_cells
from pipesheet.journal import Before, Entry, Journal
from pipesheet.live import Done, Place, run
from pipesheet.sheets import Column, Formula, Link, Put, SheetPlan, Style, TablePlan

NOW = dt.datetime(2026, 11, 16, 9)
DEALS: list[list[Any]] = [
    ["Deal ID", "Deal", "Stage", "Amount", "Close date", "Owner"],
    ["D1", "Icebox", "Proposal", 40_000.0, dt.date(2026, 12, 1), "Ann"],
    ["D2", "=1+1", "Proposal", 12_345.678901, dt.date(2026, 10, 1), "Bo"],
    ["001", "'quoted", "Discovery", -2146826281, None, "Łukasz & Söhne"],
]


def excel(rows: list[list[Any]] = DEALS, name: str = "pipeline.xlsx") -> Hostile:
    return Hostile({"Deals": [[_cell(cell) for cell in row] for row in rows]}, name)


def _cell(cell: Any) -> Any:
    """A date as the cell holds it: a number with a format."""
    return float((cell - dt.date(1899, 12, 30)).days) if isinstance(cell, dt.date) else cell


@pytest.fixture
def place(tmp_path: Path) -> Place:
    shown: list[Path] = []
    return Place(tmp_path / "own", tmp_path, NOW, shown.append, lambda *_: "nothing was sent", {})


def press(action: str, engine: Hostile, place: Place) -> Done:
    return run(action, attach(engine=engine), place)


def opened(engine: Hostile) -> LiveBook:
    return attach(engine=engine)


# Which workbook


def test_the_workbook_is_found_by_its_whole_name_even_with_signs_that_names_should_not_have() -> None:
    engine = excel(name="C:\\Deals=2026\\north & 'south'.xlsx")
    assert attach(engine.book.fullname, engine=engine).name == "north & 'south'.xlsx"
    assert attach("north & 'south'.xlsx", engine=engine).name == "north & 'south'.xlsx"


def test_a_workbook_that_was_closed_meanwhile_is_not_taken_for_another() -> None:
    with pytest.raises(NoExcel, match=r"'gone\.xlsx' is not open any more\. Open the workbook in Excel"):
        attach("gone.xlsx", engine=excel())


def test_without_excel_the_message_says_what_to_do() -> None:
    engine = excel()
    engine.apps = []
    with pytest.raises(NoExcel, match=r"^No Excel is running\. Open the workbook in Excel and try again\.$"):
        attach(engine=engine)


def test_the_excel_with_the_window_of_the_button_is_taken_where_two_are_running() -> None:
    one, other = excel(), excel(name="other.xlsx")
    other.apps[0].hwnd = 99
    one.apps = [*one.apps, *other.apps]
    assert attach(hwnd=99, engine=one).name == "other.xlsx"
    assert attach(hwnd=17, engine=one).name == "pipeline.xlsx"


@pytest.mark.parametrize(
    ("full_name", "path"),
    [
        ("Book1", None),
        ("https://example.sharepoint.com/sites/sales/pipeline.xlsx", None),
        ("/home/ann/pipeline.xlsx", Path("/home/ann/pipeline.xlsx")),
    ],
    ids=["never saved", "on the web", "in a folder"],
)
def test_an_address_is_never_guessed_into_a_path(full_name: str, path: Path | None) -> None:
    assert opened(excel(name=full_name)).path == path


# What is read


def test_cells_come_as_a_file_would_hold_them() -> None:
    """Currency comes cut to four places, dates in a time zone, errors as numbers; none of that is left."""
    engine = excel()
    sheet = engine.book.sheets[0]
    sheet.formats = {(r, 4): "€ #,##0" for r in range(2, 4)} | {(r, 5): "dd/mm/yyyy" for r in range(2, 5)}
    grid = opened(engine).read(Path("pipeline.xlsx")).source.grids[0]
    assert grid.rows == [
        ["Deal ID", "Deal", "Stage", "Amount", "Close date", "Owner"],
        ["D1", "Icebox", "Proposal", 40_000.0, dt.date(2026, 12, 1), "Ann"],
        ["D2", 0.0, "Proposal", 12_345.678901, dt.date(2026, 10, 1), "Bo"],
        ["001", "'quoted", "Discovery", "#DIV/0!", None, "Łukasz & Söhne"],
    ]


def test_a_sheet_that_starts_far_from_a1_keeps_its_addresses() -> None:
    engine = excel()
    engine.book.sheets[0].data = {(4, 3): "here"}
    grid = opened(engine).read(Path("x.xlsx")).source.grids[0]
    assert grid.rows == [[None] * 3, [None] * 3, [None] * 3, [None, None, "here"]]


def test_a_block_that_comes_in_another_shape_is_refused(place: Place) -> None:
    engine = excel()
    engine.jagged = {"Deals"}
    with unchanged(engine):
        done = press("forecast", engine, place)
    assert done.exit_code == 3
    assert done.said.startswith("Sheet Deals could not be read: Excel gave another number of cells than there are")
    assert engine.said == [done.said]


@pytest.mark.parametrize(
    ("raw", "rows", "columns", "block"),
    [
        (5.0, 1, 1, [[5.0]]),
        ((("a", "b"),), 1, 2, [["a", "b"]]),
        (["a", "b"], 1, 2, [["a", "b"]]),
        ((("a",), ("b",)), 2, 1, [["a"], ["b"]]),
        ((("a", "b"), ("c",)), 2, 2, None),
        ((("a", "b"),), 2, 2, None),
        ("a", 2, 2, None),
    ],
)
def test_blocks(raw: Any, rows: int, columns: int, block: Any) -> None:
    assert as_block(raw, rows, columns) == block


# What is written


def plan(key: str = "findings", name: str = "Findings", **columns: list[Any]) -> SheetPlan:
    table = TablePlan("PipesheetTest", 3, 2, tuple(Column(header, cells) for header, cells in columns.items()))
    return SheetPlan(key, name, puts=(Put(1, 1, "What is to mend", Style(bold=True)),), tables=(table,))


def written(engine: Hostile, tab: str) -> list[list[Any]]:
    return contents_of(opened(engine).book.sheets[tab])


def test_texts_stay_texts_whatever_excel_would_make_of_them() -> None:
    engine = excel()
    texts = ["001", "May 2020", "=1+1", "'tis", "+49 30", "1e5", "@home", "#REF!", "a\x00b"]
    put_sheets(opened(engine).book, [plan(Deal=texts, Amount=[float(n) for n in range(9)])])
    assert [row[1:] for row in written(engine, "Findings")[3:]] == [
        [text.replace("\x00", " "), float(n)] for n, text in enumerate(texts)
    ]


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=12), st.floats(-1e9, 1e9), st.booleans()), min_size=1, max_size=8)
)
def test_any_column_reads_back_as_it_was_meant(cells: list[Any]) -> None:
    engine = excel()
    put_sheets(opened(engine).book, [plan(Any=cells)])
    from pipesheet.composing.cells import clean

    meant = [(clean(cell) or None) if isinstance(cell, str) else cell for cell in cells]
    sheet = engine.book.sheets("Findings")
    assert [sheet.data.get((row, 2)) for row in range(4, 4 + len(cells))] == meant


def test_formulas_links_and_dates() -> None:
    engine = excel()
    made = plan(
        Where=[Link("My deals", "K7", 'the "K7"'), None],
        Sum=[Formula("SUM(PipesheetTest[Amount])", 3.0), 5.0],
        Day=[dt.date(2026, 11, 16), dt.datetime(2026, 11, 16, 12)],
        Old=[dt.date(1815, 6, 18), None],
    )
    put_sheets(opened(engine).book, [made])
    assert [row[1:] for row in written(engine, "Findings")[3:]] == [
        ['=HYPERLINK("#\'My deals\'!K7","the ""K7""")', "=SUM(PipesheetTest[Amount])", 46342.0, "1815-06-18"],
        [None, 5.0, 46342.5, None],
    ]


def test_a_second_run_writes_into_the_same_sheet_and_table_and_leaves_nothing_of_the_first() -> None:
    engine = excel()
    put_sheets(opened(engine).book, [plan(Deal=["a", "b", "c"], Note=["x", "y", "z"])])
    sheet, table = engine.book.sheets("Findings"), engine.book.sheets("Findings").tables[0]
    put_sheets(opened(engine).book, [plan(Deal=["d"])])
    assert engine.book.sheets("Findings") is sheet
    assert sheet.tables == [table]
    assert table.corners == (3, 2, 4, 2)
    assert [row for row in written(engine, "Findings") if any(row)] == [
        ["What is to mend", None],
        [None, "Deal"],
        [None, "d"],
    ]


def test_a_table_whose_place_moves_is_moved_and_not_made_anew() -> None:
    engine = excel()
    one = plan(Deal=["a"])
    put_sheets(opened(engine).book, [one])
    table = engine.book.sheets("Findings").tables[0]
    put_sheets(opened(engine).book, [replace(one, tables=(replace(one.tables[0], row=9),))])
    assert engine.book.sheets("Findings").tables == [table]
    assert table.corners == (9, 2, 10, 2)


def test_a_sheet_that_the_person_renamed_and_moved_is_still_ours() -> None:
    engine = excel()
    book = opened(engine).book
    put_sheets(book, [plan(Deal=["a"])])
    engine.book.sheets("Findings").name = "To mend"
    next(n for n in engine.book.names if n.name == "_pipesheet_findings").refers_to = "='To mend'!$A$1"
    assert marked(book) == {"findings": "To mend"}
    put_sheets(book, [plan(name="To mend", Deal=["b"])])
    assert [sheet.name for sheet in engine.book.sheets] == ["Deals", "To mend"]


def test_taking_off_leaves_no_trace() -> None:
    engine = excel()
    put_sheets(opened(engine).book, [plan(Deal=["a"])])
    take_off(opened(engine).book, ["findings"])
    assert [sheet.name for sheet in engine.book.sheets] == ["Deals"]
    assert list(engine.book.names) == []


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 6), st.integers(0, 6)),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 6), st.integers(0, 6)), max_size=4),
)
def test_a_rectangle_less_others_covers_each_remaining_cell_once(whole: Any, holes: Any) -> None:
    def corners(made: Any) -> Any:
        return made[0], made[1], made[0] + made[2], made[1] + made[3]

    def cells(part: Any) -> list[tuple[int, int]]:
        return [(r, c) for r in range(part[0], part[2] + 1) for c in range(part[1], part[3] + 1)]

    left = without(corners(whole), [corners(hole) for hole in holes])
    inside = {cell for hole in holes for cell in cells(corners(hole))}
    assert sorted(cell for part in left for cell in cells(part)) == sorted(set(cells(corners(whole))) - inside)


# The buttons


def test_forecast_ends_in_its_sheet_and_says_what_came_of_it(place: Place) -> None:
    engine = excel()
    done = press("forecast", engine, place)
    assert done.exit_code == 0
    assert [sheet.name for sheet in engine.book.sheets] == [
        "Deals", "Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log",
    ]  # fmt: skip
    app: Any = engine.apps[0]
    assert engine.book.sheets.active.name == "Forecast"
    assert app.status_bar == f"pipesheet: {done.said}"
    assert (app.screen_updating, app.enable_events, app.calculation) == (True, True, "automatic")


def test_check_ends_in_what_is_to_mend(place: Place) -> None:
    engine = excel()
    assert press("check", engine, place).said.startswith("1 deal needs something: 3 errors. ")
    assert engine.book.sheets.active.name == "Findings"


def test_users_cells_are_never_written(place: Place) -> None:
    engine = excel()
    for action in ("check", "forecast", "undo"):
        press(action, engine, place)
    assert [line for line in engine.log if line.partition(" ")[2].startswith("Deals")] == []


def test_a_users_sheet_and_table_of_our_names_are_left_alone(place: Place) -> None:
    engine = excel()
    mine = engine.book.sheets.add(None, engine.book.sheets[0], "Forecast")
    mine.data[1, 1] = "My own forecast"
    press("forecast", engine, place)
    assert mine.data == {(1, 1): "My own forecast"}
    assert engine.book.sheets.active.name == "Forecast (pipesheet)"


def test_undo_takes_off_what_was_not_there_before(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    assert press("undo", engine, place).said == "The last run is undone; its sheets are gone."
    assert [sheet.name for sheet in engine.book.sheets] == ["Deals"]
    again = press("undo", engine, place)
    assert again.exit_code == 3
    assert again.said.startswith("There is no run on pipeline.xlsx to undo: none since the last undo")


def test_undo_puts_back_the_run_before_and_what_was_typed_beside_it(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    review = engine.book.sheets("Deal Review")
    column = next(c for (r, c), text in review.data.items() if text == "Scenario amount" and r == 5)
    review.data[6, column] = 77_000.0
    before = {sheet.name: _held(sheet) for sheet in engine.book.sheets}
    engine.book.sheets("Deals").data[2, 4] = 90_000.0
    press("check", engine, place)
    assert {sheet.name: _held(sheet) for sheet in engine.book.sheets} != before
    press("undo", engine, place)
    engine.book.sheets("Deals").data[2, 4] = 40_000.0
    assert {sheet.name: _held(sheet) for sheet in engine.book.sheets} == before


def test_undo_goes_back_to_where_the_person_was(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    press("check", engine, place)
    engine.book.sheets.active = engine.book.sheets("Deals")
    press("undo", engine, place)
    assert engine.book.sheets.active.name == "Deals"


def test_undo_in_another_workbook_of_the_same_name_does_nothing(place: Place) -> None:
    """A new Book1 every day: yesterday's run is not today's."""
    press("forecast", excel(name="Book1"), place)
    press("check", excel(name="Book1"), place)
    new = excel(name="Book1")
    with unchanged(new):
        assert press("undo", new, place).said.startswith("There is no run on Book1 to undo")


def test_undo_after_closing_without_saving_does_nothing(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    saved = {sheet.name: _held(sheet) for sheet in engine.book.sheets}
    tables = {table.name: table.corners for sheet in engine.book.sheets for table in sheet.tables}
    press("forecast", engine, replace(place, now=dt.datetime(2026, 11, 16, 10)))
    for sheet in engine.book.sheets:  # closed, and opened again as it was saved
        sheet.data = dict(saved[sheet.name])
        for table in sheet.tables:
            table.corners = tables[table.name]
    engine.log.clear()
    with unchanged(engine):
        assert press("undo", engine, place).exit_code == 3


def test_a_second_click_waits_for_the_first(place: Place) -> None:
    from pipesheet.turns import turn

    engine = excel()
    place.own.mkdir()
    with unchanged(engine), turn(place.own / Journal(place.own, "pipeline.xlsx").name):
        done = press("forecast", engine, place)
    assert done.said.startswith("pipesheet is still at work on pipeline.xlsx.")
    assert press("forecast", engine, place).exit_code == 0


def test_undo_puts_back_what_another_computer_wrote(place: Place, tmp_path: Path) -> None:
    engine = excel()
    press("forecast", engine, replace(place, own=tmp_path / "a colleague's"))
    before = {sheet.name: _held(sheet) for sheet in engine.book.sheets}
    press("check", engine, replace(place, now=dt.datetime(2027, 1, 4, 9)))
    assert {sheet.name: _held(sheet) for sheet in engine.book.sheets} != before
    done = press("undo", engine, place)
    assert {sheet.name: _held(sheet) for sheet in engine.book.sheets} == before
    assert done.said.endswith("plainly: their look comes with the next run.")


def _held(sheet: Any) -> dict[Any, Any]:
    return {at: cell for at, cell in sheet.data.items() if cell is not None}


def test_report_lies_beside_the_workbook_and_is_shown(place: Place, tmp_path: Path) -> None:
    engine = excel(name=str(tmp_path / "north.xlsx"))
    with unchanged(engine):
        assert press("report", engine, place).said == f"The report is in {tmp_path / 'north.pipesheet.html'}"
    assert "Icebox" in (tmp_path / "north.pipesheet.html").read_text("utf-8")


def test_report_of_a_workbook_in_no_folder_goes_to_the_documents(place: Place, tmp_path: Path) -> None:
    press("report", excel(name="https://example.sharepoint.com/sales/north.xlsx"), place)
    assert [path.name for path in tmp_path.glob("*.html")] == ["north.pipesheet.html"]


def test_help_says_what_each_button_does(place: Place) -> None:
    engine = excel()
    with unchanged(engine):
        assert press("help", engine, place).exit_code == 0
    assert "Undo last run: puts back" in engine.said[0]


# When Excel says no


@pytest.mark.parametrize("action", ["check", "undo"])
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (
            "structure",
            "its structure is protected, so no sheet can be added or taken off. Switch that off (Excel: Review",
        ),
        ("view", "it is open in Protected View. Click Enable Editing at its top and try again."),
        ("reading", "it is open for reading only, so what is written could not be saved. Save it under another name"),
        ("sheet", "its sheet Findings, which every run writes anew, is protected. Switch that off (Excel: Review"),
    ],
)
def test_what_is_protected_is_refused_before_anything_is_written(
    what: str, sentence: str, action: str, place: Place
) -> None:
    engine = excel()
    press("forecast", engine, place)
    if what == "structure":
        engine.book.api.ProtectStructure = True
        engine.book.sheets("Findings").delete()
    elif what == "reading":
        engine.book.api.ReadOnly = True
    elif what == "view":
        engine.apps[0].api.ActiveProtectedViewWindow = object()
    else:
        engine.book.sheets("Findings").api.ProtectContents = True
    engine.log.clear()
    with unchanged(engine):
        done = press(action, engine, place)
    assert sentence in done.said
    assert engine.said == [done.said]


def test_a_protected_structure_is_no_hindrance_once_our_sheets_are_there(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    engine.book.api.ProtectStructure = True
    assert press("check", engine, place).exit_code == 0


def test_a_cell_that_is_edited_is_waited_for_and_then_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = excel()
    live = opened(engine)
    monkeypatch.setattr("pipesheet.excel.attach._PATIENCE", (0.0,))
    engine.apps[0].api = _Refusing()  # type: ignore[assignment]
    with unchanged(engine):
        done = run("forecast", live, place)
    assert done == Done(3, str(Busy()))
    assert "Press Enter or Esc in Excel, and try again." in done.said


class _Refusing:
    def __getattr__(self, name: str) -> Any:
        raise com_error(-2147418111)


def test_a_change_between_reading_and_writing_stops_the_run(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = excel()
    import pipesheet.jobs
    from pipesheet.jobs import examine_source as thought

    def while_somebody_types(*args: Any) -> Any:
        engine.book.sheets("Deals").data[2, 4] = 1.0
        return thought(*args)

    monkeypatch.setattr(pipesheet.jobs, "examine_source", while_somebody_types)
    with unchanged(engine):
        done = press("forecast", engine, place)
    assert done == Done(3, str(ChangedLive("pipeline.xlsx")))


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_write_that_fails_half_way_is_taken_back(share: float, place: Place) -> None:
    whole, engine = excel(), excel()
    press("forecast", whole, place)
    call = round(share * len(whole.log))
    writes = engine.log

    class Failing(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            if len(self) == call:
                raise com_error(-2146827284)

    engine.log = Failing(writes)
    done = press("forecast", engine, place)
    assert done.said.startswith("Excel refused what it was asked, or was closed meanwhile.")
    assert [sheet.name for sheet in engine.book.sheets] == ["Deals"]
    assert list(engine.book.names) == []
    app = engine.apps[0]
    assert (app.screen_updating, app.enable_events, app.calculation) == (True, True, "automatic")


def closed_in_mid_run(place: Place) -> tuple[Hostile, Done]:
    """Excel ends at the fiftieth write; what stands there then was saved by its own care."""
    engine = excel()
    live = opened(engine)

    class Closing(list[str]):
        def append(self, line: str) -> None:
            super().append(line)
            engine.closed = len(self) >= 50

    engine.log = Closing()
    return engine, run("forecast", live, place)


def test_excel_closed_in_mid_run_ends_in_a_sentence_and_a_log(place: Place) -> None:
    _, done = closed_in_mid_run(place)
    assert done.exit_code == 3
    assert "was closed meanwhile" in done.said
    assert "com_error" in (place.own / "live.log").read_text("utf-8")


def test_undo_takes_off_what_a_run_left_half_written(place: Place) -> None:
    engine, _ = closed_in_mid_run(place)
    assert len(engine.book.sheets) > 1
    engine.log, engine.closed = [], False
    assert press("undo", engine, place).said == "The last run is undone; its sheets are gone."
    assert [sheet.name for sheet in engine.book.sheets] == ["Deals"]


def test_the_sheet_that_a_button_ends_in_is_shown_even_if_it_was_hidden(place: Place) -> None:
    engine = excel()
    press("forecast", engine, place)
    engine.book.sheets("Findings").visible = engine.book.sheets("Run Log").visible = False
    press("check", engine, place)
    assert [sheet.name for sheet in engine.book.sheets if not sheet.visible] == ["Run Log"]


def test_days_of_a_workbook_that_counts_from_1904() -> None:
    """Written, and put back where they came from elsewhere, by the workbook's own count."""
    engine = excel()
    engine.book.api.Date1904 = True
    made = plan(Day=[dt.date(2026, 11, 16)])
    put_sheets(opened(engine).book, [made])
    assert engine.book.sheets("Findings").data[4, 2] == 46_342.0 - 1_462.0
    cells: list[list[Any]] = [[None, None], [None, None], [None, "Day"], [None, dt.date(2026, 11, 17)]]
    restore_cells(opened(engine).book.sheets["Findings"], cells)
    assert engine.book.sheets("Findings").data[4, 2] == 46_343.0 - 1_462.0


def test_a_workbook_without_deals_is_told_what_to_name(place: Place) -> None:
    engine = Hostile({"Notes": [["milk"], ["bread"]]})
    with unchanged(engine):
        done = press("check", engine, place)
    assert "has no sheet that looks like deals" in done.said


def test_a_strangers_workbook_without_folder_brings_no_settings(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the folder that the process stands in nor one named by the workbook is looked into."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pipesheet.toml").write_text("[settings\n")
    monkeypatch.chdir(tmp_path / "here")
    assert press("check", excel(name="Book1"), place).exit_code == 0


def test_very_many_rows_are_read_in_blocks_that_say_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call for all of them could not be told of, nor fit into what a call may carry."""
    monkeypatch.setattr("pipesheet.excel.reading.ROWS_AT_ONCE", 7)
    engine = excel([["Deal ID"], *([f"D{n}"] for n in range(1, 30))])
    asked: list[str] = []
    read = opened(engine).read(Path("x.xlsx"), asked.append)
    assert [row[0] for row in read.source.grids[0].rows] == ["Deal ID", *(f"D{n}" for n in range(1, 30))]
    assert asked == ["Deals"]


def test_a_strangers_settings_choose_nothing_but_how_deals_are_judged(place: Place) -> None:
    """Neither which Python runs nor where anything is written; unknown names are findings."""
    engine = Hostile({"Deals": [[_cell(cell) for cell in row] for row in DEALS], "Settings": [
        ["Setting", "Value"], ["interpreter", "calc.exe"], ["PYTHONPATH", "\\\\host\\share"], ["report folder", "C:\\"],
    ]})  # fmt: skip
    assert press("check", engine, place).exit_code == 0
    shown = {cell for cell in engine.book.sheets("Findings").data.values() if isinstance(cell, str)}
    assert {"'interpreter'", "'PYTHONPATH'", "'report folder'"} <= shown


def test_filters_and_hidden_sheets_hide_nothing(place: Place) -> None:
    engine = excel()
    engine.book.sheets("Deals").visible = False
    assert "1 deal needs something: 3 errors." in press("check", engine, place).said


# The journal


def test_a_journal_that_is_not_ours_does_nothing(tmp_path: Path) -> None:
    import gzip
    import os
    import pickle

    class Evil:
        def __reduce__(self) -> Any:
            return os.system, (f"touch {tmp_path / 'done'}",)

    journal = Journal(tmp_path, "book")
    journal.write(Entry())
    (path,) = (tmp_path / "undo").iterdir()
    for content in (b"", b"nonsense", gzip.compress(pickle.dumps((1, Evil()))), gzip.compress(pickle.dumps((1, "x")))):
        path.write_bytes(content)
        assert journal.read() == Entry()
    assert not (tmp_path / "done").exists()


def test_the_journal_keeps_every_kind_of_cell(tmp_path: Path) -> None:
    made = plan(
        Any=[None, "x", 1.5, True, dt.date(2026, 1, 1), NOW, Formula("1", 1.0), Link("a", "A1", "t")],
    )
    entry = Entry(
        {"findings": made}, {"findings": Before("Findings", (), [[1.0, None, "=A1"]], made), "forecast": None}
    )
    Journal(tmp_path, "book").write(entry)
    assert Journal(tmp_path, "book").read() == entry
    assert Journal(tmp_path, "another").read() == Entry()


def test_only_so_many_journals_are_kept(tmp_path: Path) -> None:
    for number in range(30):
        Journal(tmp_path, f"book {number}").write(Entry())
    assert len(list((tmp_path / "undo").iterdir())) <= 21


# Where xlwings is not


def test_neither_the_package_nor_a_batch_run_loads_xlwings(tmp_path: Path) -> None:
    code = (
        "import sys, datetime as dt, pipesheet\n"
        "from pipesheet.resources import resource\n"
        f"out = r'{tmp_path}/out.xlsx'\n"
        "pipesheet.run(resource('workbooks/sample.xlsx'), now=dt.datetime(2026, 11, 16), out=out)\n"
        "import pipesheet.cli, pipesheet.live, pipesheet.excel.attach\n"
        "print([name for name in sys.modules if name.startswith(('xlwings', 'uno'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_what_is_imported_of_xlwings_is_never_its_paid_part() -> None:
    import pipesheet

    sources = Path(pipesheet.__file__).parent.rglob("*.py")
    text = "\n".join(path.read_text("utf-8") for path in sources)
    for word in ("xlwings.pro", "xlwings.reports", "render_template", "create_report", "Book(json", 'mode="r"'):
        assert word not in text


def test_importing_xlwings_leaves_no_exit_hook_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows and macOS the import registers one that ends other people's Excel."""
    import atexit
    import types

    from pipesheet.excel import attach as room

    ended: list[Any] = []
    native = types.SimpleNamespace(cleanup=lambda: None, N_COM_ATTEMPTS=0)
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", native)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(atexit, "unregister", ended.append)
    room.library()
    assert ended == [native.cleanup]
    assert native.N_COM_ATTEMPTS == room.MOST_ATTEMPTS


def test_errors_of_the_way_to_excel_are_told_and_others_are_not_hidden() -> None:
    from pipesheet.excel.attach import in_words

    with pytest.raises(LiveError, match="Excel refused"), in_words():
        raise com_error(-2146827284)
    with pytest.raises(Busy), in_words():
        raise com_error(-2146777998)
    with pytest.raises(ZeroDivisionError), in_words():
        raise ZeroDivisionError
    with pytest.raises(Locked), in_words():
        raise Locked("a", "b", "c")


def test_xlwings_comes_without_what_it_would_take_along() -> None:
    """Polars is there in any case, as pipesheet thinks with it, and can be had afterwards."""
    lines = (
        "import sys\n"
        "from pipesheet.excel.attach import OPTIONAL, library\n"
        "library()\n"
        "print(*set(OPTIONAL) & sys.modules.keys())\n"
        "import polars\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", lines], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
