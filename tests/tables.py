"""Workbooks as a test's reader would draw them: one small text table per sheet.

source(Deals='''
    Deal ID | Stage    | Amount | Close date
    D-1     | Proposal | 1000   | 2026-12-01
''')
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from pipesheet.grid import Grid, Source, Value

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")


def value(text: str) -> Value:
    """A cell's value from its text: a number, an ISO date, TRUE/FALSE, else text; quotes keep text."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if _DATE.match(text):
        return dt.date.fromisoformat(text)
    return float(text) if _NUMBER.match(text) else text or None


def grid(name: str, text: str) -> Grid:
    """One sheet; its first line is row 1."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return Grid(name, [[value(cell) for cell in line.split("|")] for line in lines])


def source(**sheets: str) -> Source:
    """A workbook of such tables; underscores in sheet names stand for spaces."""
    grids = tuple(grid(name.replace("_", " "), text) for name, text in sheets.items())
    return Source(Path("book.xlsx"), "xlsx", "0" * 64, grids)


def shared() -> Path:
    """The folder of real data and workbooks beside the checkout; skips the test where it is not."""
    import os

    import pytest

    folder = Path(os.environ.get("PIPESHEET_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip("needs the folder of real workbooks beside the checkout (or PIPESHEET_SHARED)")
    return folder
