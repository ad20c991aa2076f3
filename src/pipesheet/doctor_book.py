"""What is special about one workbook, as far as its file tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipesheet.doctor_lines import Line
from pipesheet.errors import PipesheetError
from pipesheet.xlsx.book import Book
from pipesheet.xlsx.package import Package

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PACKAGES: Final = frozenset({".xlsx", ".xlsm"})


def book_checks(name: str) -> tuple[Line, ...]:
    """The lines about a workbook, by its path or by what Excel calls it; one that it is fine if it is."""
    return tuple(_found(name)) or (Line("workbook", "ok", f"{Path(name).name} can be worked on."),)


def _found(name: str) -> Iterator[Line]:
    if "=" in name.replace("\\", "/").rpartition("/")[2]:
        yield Line(
            "workbook-name", "attention",
            'The workbook has "=" in its name, where other tools that start Python from Excel cut it off.',
            "Use the Pipesheet tab, which does not, or give it another name.",
        )  # fmt: skip
    if _URL.match(name):
        yield Line(
            "workbook-place", "attention",
            "The workbook lies on the web (OneDrive, SharePoint), where pipesheet writes no files.",
            "Work on it while it is open in Excel; the report goes to your Documents.",
        )  # fmt: skip
        return
    path = Path(name)
    if not path.is_file():
        yield Line("workbook", "broken", f"There is no workbook {name}.", "Check the path and the spelling.")
        return
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        yield Line(
            "workbook-read-only", "attention", f"{path.name} is read-only; the button writes nothing into it.",
            "Make it writable, or save it under another name.",
        )  # fmt: skip
    if path.suffix.lower() in _PACKAGES:
        yield from _structure(path)


def _structure(path: Path) -> Iterator[Line]:
    try:
        locked = Book(Package(path.read_bytes(), path)).structure_locked
    except (PipesheetError, OSError) as fault:
        yield Line("workbook", "broken", str(fault), "Open it in Excel, and save it anew.")
        return
    if locked:
        yield Line(
            "workbook-protected", "attention", f"{path.name} has a protected structure, so no sheet can be added.",
            "Excel: Review, Protect Workbook: switch it off, click once, and protect it again.",
        )  # fmt: skip
