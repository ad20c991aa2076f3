"""The buttons in a real LibreOffice: from a click on a form button to the sheets in the open, unsaved document.

Nothing of pipesheet is replaced. What LibreOffice has no word for, Windows' script host and the window's
handle, a few lines of Basic stand in for; the interpreter that the button starts is a script that brings
LibreOffice under xlwings, where on Windows Excel would be.
"""

from __future__ import annotations

import datetime as dt
import shutil
import stat
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import pipesheet
from hosts import open_in
from office import DEBIAN, running_office, uno_module
from pipesheet.live import Place, run
from pipesheet.macros.launcher import PROJECT
from pipesheet.macros.starter import BUTTONS, starter
from pipesheet.resources import resource
from tables import shared
from test_macros_office import ALWAYS_RUN_MACROS, ONLY_ON_WINDOWS, _property

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*extension is not supported")]

OURS = ["Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log"]
BOOKS = {
    "sample": dt.datetime(2026, 11, 16, 9),
    "starter-guide": dt.datetime(2026, 11, 16, 9),
    "maven-crm": dt.datetime(2017, 12, 31, 9),
    "salesforce-org": dt.datetime(2017, 12, 31, 9),
}
DIFFERENT_QUESTION = ("Input hash", "Parts kept", "Kept hash", "Settings hash")
"""What the Run Log says of a file and cannot say of a workbook that may never have been one."""

Look = tuple[Any, ...]


def original(name: str) -> Path:
    ours = name in ("sample", "starter-guide")
    return resource(f"workbooks/{name}.xlsx") if ours else shared() / "data" / f"{name}.xlsx"


@pytest.fixture(scope="module")
def office() -> Iterator[Any]:
    with running_office() as context:
        from pipesheet.calc.office import Office

        yield Office(context)


@pytest.mark.parametrize("name", BOOKS)
def test_the_open_workbook_gets_what_the_file_gets_cell_by_cell(office: Any, name: str, tmp_path: Path) -> None:
    """Values, formulas, number formats, fonts, fills and alignment, both as LibreOffice saves them."""
    path = Path(shutil.copy(original(name), tmp_path / f"{name}.xlsx"))
    batch = tmp_path / "batch.xlsx"
    pipesheet.run(path, now=BOOKS[name], out=batch)
    live = open_in(office, path)
    done = run("forecast", live, _place(tmp_path, BOOKS[name]))
    assert done.exit_code == 0, done.said
    _assert_same(office, live, batch, tmp_path)


def test_so_it_does_at_another_click_which_writes_only_what_differs(office: Any, tmp_path: Path) -> None:
    path = Path(shutil.copy(original("sample"), tmp_path / "sample.xlsx"))
    batch = tmp_path / "batch.xlsx"
    pipesheet.run(path, now=BOOKS["sample"], out=batch)
    live = open_in(office, path)
    history = office._document(live.book.impl.id).UndoManager
    amount, place = _first_below(live.book.sheets["Deals"], "Amount"), _place(tmp_path, BOOKS["sample"])
    meant = amount.raw_value
    amount.raw_value = 1.0
    assert run("forecast", live, place).exit_code == 0
    amount.raw_value = meant
    told: list[str] = []
    _overheard(live.app.impl.office, told)
    assert run("forecast", live, place).exit_code == 0
    assert "add_chart" not in told
    assert told.count("write") < 100
    noted = [what for what in history.getAllUndoActionTitles() if what != "Input"]
    assert len(noted) < 12, "what the person did can still be undone; charts that were taken off may be put back"
    _assert_same(office, live, batch, tmp_path, but="Run Log")  # which has a line for each run


def _overheard(office: Any, told: list[str]) -> None:
    passed_on = office.tell

    def tell(operation: str, *args: Any) -> None:
        told.append(operation)
        passed_on(operation, *args)

    office.tell = tell


def _first_below(sheet: Any, header: str) -> Any:
    rows = sheet.range((1, 1), (10, 40)).raw_value
    row, column = next((r, line.index(header)) for r, line in enumerate(rows) if header in line)
    return sheet.range((row + 2, column + 1))


def _place(folder: Path, now: dt.datetime) -> Place:
    return Place(folder / "own", folder, now, lambda _: None, lambda *_: "", {})


def _assert_same(office: Any, live: Any, batch: Path, folder: Path, but: str = "") -> None:
    """What is open and what is in the file, both as LibreOffice saves them; the workbook is closed then."""
    saved = [_resaved(live.book, folder / "live again.xlsx")]
    live.book.close()
    other = open_in(office, batch)
    saved.append(_resaved(other.book, folder / "batch again.xlsx"))
    other.book.close()
    shown, meant = (load_workbook(file) for file in saved)
    values = [load_workbook(file, data_only=True) for file in saved]
    assert shown.sheetnames == meant.sheetnames
    for tab in (tab for tab in shown.sheetnames if tab != but):
        assert _cells(shown[tab], values[0][tab]) == _cells(meant[tab], values[1][tab]), tab
        around, wanted = _around(shown[tab]), _around(meant[tab])
        widths, planned = around.pop("widths"), wanted.pop("widths")
        assert around == wanted, tab
        both = set(widths) & set(planned) if tab != "Run Log" else set()  # a usual width is saved as none
        assert {at: widths[at] for at in both} == {at: planned[at] for at in both}, tab
        assert len(shown[tab]._charts) == len(meant[tab]._charts), tab


def _resaved(book: Any, path: Path) -> Path:
    book.save(str(path))
    return path


def _cells(sheet: Any, values: Any) -> dict[str, Look]:
    """Address -> what stands there, what it shows and how it looks; nothing where nothing is."""
    skipped = _columns(values, DIFFERENT_QUESTION) if sheet.title == "Run Log" else set()
    return {
        cell.coordinate: _look(cell, values[cell.coordinate].value)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and (cell.column not in skipped or cell.row <= 5)
    }


def _around(sheet: Any) -> dict[str, Any]:
    """What a sheet has beside cells."""
    return {
        "tables": {name: sheet.tables[name].ref for name in sheet.tables},
        "frozen": sheet.freeze_panes,
        "grid": sheet.sheet_view.showGridLines,
        "tab": getattr(sheet.sheet_properties.tabColor, "rgb", None),
        "landscape": sheet.page_setup.orientation,
        "titles": sheet.print_title_rows,
        "merged": sorted(map(str, sheet.merged_cells.ranges)),
        "rules": {cell for place in sheet.conditional_formatting for cell in _covered(place.sqref)},
        "choices": sorted(str(rule.sqref) for rule in sheet.data_validations.dataValidation if rule.type == "list"),
        "prompts": sorted(str(rule.prompt) for rule in sheet.data_validations.dataValidation if rule.prompt),
        "widths": {
            column: round(width.width)
            for width in sheet.column_dimensions.values()
            if width.customWidth
            for column in range(width.min, width.max + 1)
        },
    }


def _covered(places: Any) -> set[tuple[int, int]]:
    """Where rules apply, as Calc keeps those of one block apart from those of another."""
    return {cell for area in places.ranges for row in area.rows for cell in row}


def _columns(sheet: Any, headers: tuple[str, ...]) -> set[int]:
    return {cell.column for cell in sheet[5] if cell.value in headers}


def _look(cell: Any, value: Any) -> Look:
    """A link is one, as formula or not; a computed number may differ in its last places."""
    content = cell.value
    text = str(content)
    if text.startswith("=HYPERLINK(") or cell.hyperlink is not None:
        content = value
    if isinstance(value, float):
        value = round(value, 6)
    font = cell.font
    return (
        text_of(content), value, cell.number_format, bool(font.b), font.sz, getattr(font.color, "rgb", None),
        cell.fill.fgColor.rgb if cell.fill.fill_type else None, cell.alignment.horizontal, cell.alignment.wrap_text,
        cell.alignment.indent, cell.alignment.vertical, font.u, cell.border.bottom.style,
    )  # fmt: skip


def text_of(content: Any) -> Any:
    return round(content, 6) if isinstance(content, float) else content


# From the button on


HOST = """Rem Attribute VBA_ModuleType=VBAClassModule
Option VBASupport 1
Option ClassModule
Private named As String
Public Sub PassOn(ByVal book As String)
    named = book
End Sub
Public Sub Run(ByVal command As String, ByVal style As Integer, ByVal wait As Boolean)
    Shell "{starter}", 0, Chr(34) & named & Chr(34) & " " & command
End Sub
"""


@contextmanager
def starter_open(context: Any, folder: Path, pipe: str) -> Iterator[tuple[Any, Path]]:
    """The starter with its buttons, open and changed since it was saved; and where the exit code will stand."""
    ended = folder / "ended"
    python = folder / "an interpreter.py"
    python.write_text(_interpreter(pipe, folder, ended))
    shell = folder / "start.sh"
    shell.write_text('#!/bin/sh\nexport PIPESHEET_BOOK="$1"\nshift\nexec "$@"\n')
    for program in (python, shell):
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = folder / "Q4 & 'north'.xlsm"
    path.write_bytes(starter(str(python), mac=False))
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    options = {"MacroExecutionMode": ALWAYS_RUN_MACROS, "FilterName": "Calc MS Excel 2007 VBA XML"}
    document = desktop.loadComponentFromURL(
        path.as_uri(), "_blank", 0, tuple(_property(k, v) for k, v in options.items())
    )
    library = document.BasicLibraries.getByName(PROJECT)
    text = library.getByName("Launcher")
    for old, new in ONLY_ON_WINDOWS.items():
        text = text.replace(old, new)
    library.insertByName("Host", HOST.format(starter=shell))
    library.replaceByName("Launcher", text)
    try:
        yield document, ended
    finally:
        document.close(True)


def _interpreter(pipe: str, folder: Path, ended: Path) -> str:
    """A Python that takes ``-I -m pipesheet ...`` as Python does, with LibreOffice where Excel would be."""
    return textwrap.dedent(f"""\
        #!{sys.executable}
        import os, sys
        sys.path[:0] = {[p for p in sys.path if p]!r}
        os.environ["XDG_CONFIG_HOME"] = {str(folder / "config")!r}
        os.environ["SOURCE_DATE_EPOCH"] = "1794819600"
        sys.path.append({DEBIAN!r})
        import uno
        sys.path.pop()
        import xlwings
        from pipesheet.calc.engine import Engine
        from pipesheet.calc.office import Office
        from pipesheet.cli import main
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        context = resolver.resolve("uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        office = Office(context)
        xlwings.engines.active = xlwings.Engine(impl=Engine(office))
        assert sys.argv[1:4] == ["-I", "-m", "pipesheet"], sys.argv
        code = 99
        try:
            main(sys.argv[4:])
        except SystemExit as end:
            code = end.code
        finally:
            office.let_go()
            open({str(ended)!r}, "w").write(str(code))
        """)


def click(document: Any, caption: str, ended: Path) -> None:
    """Presses the form button of that caption on the sheet in front, and waits for what it started to end."""
    ended.unlink(missing_ok=True)
    controller = document.CurrentController
    forms = controller.ActiveSheet.DrawPage.Forms
    for form in map(forms.getByIndex, range(forms.Count)):
        for model in map(form.getByIndex, range(form.Count)):
            if model.Label == caption:
                controller.getControl(model).getAccessibleContext().doAccessibleAction(0)
    for _ in range(600):
        if ended.exists() and ended.read_text():
            break
        time.sleep(0.1)
    assert ended.read_text() == "0"


def test_a_click_ends_in_the_sheet_of_the_open_unsaved_document(tmp_path: Path) -> None:
    uno_module()
    pipe = f"pipesheetclick{tmp_path.stat().st_ino}"
    with running_office(pipe) as context, starter_open(context, tmp_path, pipe) as (document, ended):
        deals = document.Sheets.getByName("Deals")
        front = document.CurrentController
        _type(deals, 0, {"Deal ID": "D1", "Deal": "Typed and not saved", "Stage": "Qualify", "Amount": 70_000.0})
        size = (tmp_path / "Q4 & 'north'.xlsm").stat().st_mtime_ns
        captions = {macro: caption for caption, macro in BUTTONS}

        front.setActiveSheet(deals)
        click(document, captions["PipesheetForecast"], ended)
        assert front.ActiveSheet.Name == "Forecast"
        assert _tabs(document)[-7:] == OURS
        assert "Typed and not saved" in _texts(document.Sheets.getByName("Deal Review"))

        front.setActiveSheet(deals)
        click(document, captions["PipesheetCheck"], ended)
        assert front.ActiveSheet.Name == "Findings"

        front.setActiveSheet(deals)
        click(document, captions["PipesheetUndo"], ended)
        assert _tabs(document)[-7:] == OURS, "the run before it is back"
        assert (tmp_path / "Q4 & 'north'.xlsm").stat().st_mtime_ns == size, "nothing was saved"
        assert document.isModified()


def _type(sheet: Any, below: int, cells: dict[str, Any]) -> None:
    """Types a row below the header row that holds those words."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    rows = sheet.getCellRangeByPosition(0, 0, 60, cursor.RangeAddress.EndRow).getDataArray()
    header = next(r for r, row in enumerate(rows) if set(cells) <= set(row))
    for word, value in cells.items():
        cell = sheet.getCellByPosition(rows[header].index(word), header + 1 + below)
        if isinstance(value, str):
            cell.setString(value)
        else:
            cell.setValue(value)


def _tabs(document: Any) -> list[str]:
    return list(document.Sheets.ElementNames)


def _texts(sheet: Any) -> set[Any]:
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    area = cursor.RangeAddress
    rows = sheet.getCellRangeByPosition(0, 0, area.EndColumn, area.EndRow).getDataArray()
    return {cell for row in rows for cell in row}
