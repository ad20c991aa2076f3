"""pipesheet: audits and forecasts the sales pipeline that lives in your Excel workbook.

::

    import datetime as dt
    import pipesheet

    source = pipesheet.read("pipeline.xlsx")
    analysis = pipesheet.analyze(source, as_of=dt.date(2026, 11, 16))
    receipt = pipesheet.write(source, analysis, out="pipeline.pipesheet.xlsx")
    page = pipesheet.render(analysis).html

The names below are all that is public. They load what they need on first use, so that
``pipesheet --help`` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis, analyze
    from pipesheet.errors import PipesheetError, ReadError, UsageError, WriteError
    from pipesheet.findings import Finding
    from pipesheet.grid import CellRef, Source
    from pipesheet.jobs import Outcome, run
    from pipesheet.reader import read
    from pipesheet.receipt import Receipt
    from pipesheet.report import Report, render
    from pipesheet.writer import write

_ROOMS = {
    "Analysis": "analysis", "CellRef": "grid", "Finding": "findings", "Outcome": "jobs",
    "PipesheetError": "errors", "ReadError": "errors", "Receipt": "receipt", "Report": "report",
    "Source": "grid", "UsageError": "errors", "WriteError": "errors",
    "analyze": "analysis", "read": "reader", "render": "report", "run": "jobs", "write": "writer",
}  # fmt: skip

__all__ = [
    "Analysis", "CellRef", "Finding", "Outcome", "PipesheetError", "ReadError", "Receipt", "Report",
    "Source", "UsageError", "WriteError", "analyze", "read", "render", "run", "write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'pipesheet' has no attribute {name!r}")
    return getattr(import_module(f"pipesheet.{_ROOMS[name]}"), name)
