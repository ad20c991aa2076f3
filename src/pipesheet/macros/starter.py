"""The starter workbook with buttons: the shipped one, or one whose macros know which Python to start."""

from __future__ import annotations

import io
import re
import zipfile

from pipesheet import __version__
from pipesheet.macros.launcher import macros
from pipesheet.resources import resource

FILE = "workbooks/starter.xlsm"
BUTTONS = (
    ("Check", "PipesheetCheck"),
    ("Forecast", "PipesheetForecast"),
    ("Report", "PipesheetReport"),
    ("Undo last run", "PipesheetUndo"),
)
"""What is written on each button, and the macro behind it."""

_PROJECT = "xl/vbaProject.bin"
_CODE_NAME = re.compile(rb'<sheetPr\b[^>]*\bcodeName="([^"]+)"')


def starter(interpreter: str, *, mac: bool | None = None) -> bytes:
    """The starter with macros that start that Python themselves; the shipped one asks the add-in to.

    Args:
        interpreter: The whole path of the Python that has pipesheet; empty: ask the add-in.
        mac: For Excel on macOS (True), on Windows (False), or for both (None).

    Raises:
        ValueError: the interpreter's path cannot be written on a command line.
        FileNotFoundError: the shipped starter is missing.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(resource(FILE)) as shipped, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        project = macros(interpreter, __version__, mac=mac, sheets=_code_names(shipped))
        for member in shipped.infolist():
            package.writestr(member, project if member.filename == _PROJECT else shipped.read(member))
    return target.getvalue()


def _code_names(package: zipfile.ZipFile) -> tuple[str, ...]:
    """The names of the sheets that have a module in the project, in the order of their parts."""
    sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    names = [found[1].decode() for sheet in sheets if (found := _CODE_NAME.search(sheet))]
    return tuple(sorted(names, key=lambda name: (len(name), name)))
