"""The tables of the result sheets as CSV and JSON, for other programs; no cell of them is ever a formula."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipesheet.analysis import Analysis
from pipesheet.replacing import replace_file
from pipesheet.results import RunStamp, result_sheets
from pipesheet.sheets import Content, Formula, Link, TablePlan

Plain = str | float | int | bool | None
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One table: the name it has in the workbook, its headers, its rows; dates are ISO text."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Plain, ...], ...]


def exported_tables(analysis: Analysis, *, stamp: RunStamp) -> Iterator[ExportedTable]:
    """Each table of the result sheets, with the values that its formulas show."""
    for plan in result_sheets(analysis, names={}, stamp=stamp):
        yield from map(_exported, plan.tables)


def _exported(table: TablePlan) -> ExportedTable:
    columns = [[_plain(content) for content in column.contents] for column in table.columns]
    return ExportedTable(table.name, tuple(c.header for c in table.columns), tuple(zip(*columns, strict=True)))


def _plain(content: Content) -> Plain:
    if isinstance(content, Formula):
        return _plain(content.value)
    if isinstance(content, Link):
        return content.text
    if isinstance(content, float) and not math.isfinite(content):
        return None  # JSON knows no such number.
    return content.isoformat() if isinstance(content, dt.date) else content


def as_csv(table: ExportedTable) -> str:
    """The table as CSV with a byte order mark, which Excel needs to see UTF-8.

    A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(_inert, table.headers))
    writer.writerows([_inert(value) for value in row] for row in table.rows)
    return "\ufeff" + out.getvalue()


def _inert(value: Plain) -> Plain:
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA) else value


def as_json(table: ExportedTable) -> str:
    """The table as a JSON list with one object a row."""
    return json.dumps([dict(zip(table.headers, row, strict=True)) for row in table.rows], indent=1, ensure_ascii=False)


_WRITTEN = {"csv": as_csv, "json": as_json}


def write_tables(analysis: Analysis, *, stamp: RunStamp, folder: Path, form: str) -> tuple[Path, ...]:
    """Writes each table as ``NAME.deals.csv`` or ``.json``, whole or not at all; gives the paths.

    Raises:
        Locked: the folder or a file in it cannot be written.
    """
    stem = analysis.source.path.stem.removesuffix(".pipesheet")
    paths = []
    for table in exported_tables(analysis, stamp=stamp):
        path = folder / f"{stem}.{table.name.removeprefix('Pipesheet').lower()}.{form}"
        replace_file(path, _WRITTEN[form](table).encode())
        paths.append(path)
    return tuple(paths)
