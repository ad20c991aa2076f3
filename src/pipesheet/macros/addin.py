"""pipesheet.xlam, the add-in with the ribbon's tab: made on the machine it is for, the same bytes each time.

XlsxWriter makes the package, which Excel's add-ins share with workbooks; its content type and the ribbon's
two parts (one for Excel 2010 and later, one for 2007) are put in afterwards.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from xml.sax.saxutils import quoteattr

import xlsxwriter

from pipesheet.macros.launcher import macros, source

FILE_NAME = "pipesheet.xlam"

_MADE = dt.datetime(2000, 1, 1)
_SHEET = "pipesheet"
_WORKBOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_ADD_IN = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
_RIBBONS = (
    (
        "customUI/customUI14.xml",
        "http://schemas.microsoft.com/office/2009/07/customui",
        "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
    ),
    (
        "customUI/customUI.xml",
        "http://schemas.microsoft.com/office/2006/01/customui",
        "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
    ),
)
"""Part, namespace, type of relationship."""


def addin(interpreter: str, version: str, *, mac: bool) -> bytes:
    """The add-in that starts that Python: pipesheet.xlam.

    Args:
        interpreter: The whole path of the Python that has pipesheet (on Windows pythonw.exe: no window).
        version: pipesheet's version, shown in the ribbon.
        mac: For Excel on macOS, not on Windows.

    Raises:
        ValueError: there is no interpreter, or its path cannot be written on a command line.
    """
    if not interpreter:
        raise ValueError("an add-in without an interpreter starts nothing")
    project = macros(interpreter, version, mac=mac, sheets=("Sheet1",), ribbon=True)
    return _with_ribbon(_workbook(project, version), version)


def _workbook(project: bytes, version: str) -> bytes:
    """A workbook with that VBA project; nobody sees its one sheet, but Excel wants one."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"title": "pipesheet", "author": "pipesheet", "created": _MADE})
    book.add_vba_project(io.BytesIO(project), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    sheet = book.add_worksheet(_SHEET)
    sheet.set_vba_name("Sheet1")
    sheet.write_string(0, 0, f"The add-in of pipesheet {version}: its buttons are in the ribbon, in the tab Pipesheet.")
    book.close()
    return target.getvalue()


def _with_ribbon(workbook: bytes, version: str) -> bytes:
    """That workbook as an add-in, with the ribbon's parts and their relationships."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for member in made.infolist():
            package.writestr(member, _changed(member.filename, made.read(member)), zipfile.ZIP_DEFLATED)
        for part, namespace, _ in _RIBBONS:
            member = zipfile.ZipInfo(part)
            member.external_attr = made.infolist()[0].external_attr
            package.writestr(member, ribbon(version, namespace), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _changed(name: str, data: bytes) -> bytes:
    if name == "[Content_Types].xml":
        return data.replace(_WORKBOOK.encode(), _ADD_IN.encode())
    if name == "_rels/.rels":
        lines = (
            f'<Relationship Id="ribbon{number}" Type="{kind}" Target="{part}"/>'
            for number, (part, _, kind) in enumerate(_RIBBONS, 1)
        )
        return data.replace(b"</Relationships>", "".join(lines).encode() + b"</Relationships>")
    return data


def ribbon(version: str, namespace: str = _RIBBONS[0][1]) -> bytes:
    """The ribbon's tab in that namespace, its label saying the version."""
    text = source("ribbon.xml").replace('"NAMESPACE"', quoteattr(namespace))
    return text.replace('"VERSION"', quoteattr(f"Version {version}")).encode()
