"""Where the tables of an .xlsx stand. The cell reader could tell as well, but only by copying what a table
says it spans, which may be all the cells a sheet can have."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping

from pipesheet.grid import Table
from pipesheet.intake import FAULTS, member_bytes
from pipesheet.sheetscan import attributes_of, column_number, related_members, sheet_members, stored_names

_TABLE = re.compile(rb"<(?:\w+:)?table\s((?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>")
_CORNERS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})(?::([A-Z]{1,3})([1-9]\d{0,6}))?\Z")


def sheet_tables(package: zipfile.ZipFile) -> Mapping[str, tuple[Table, ...]]:
    """The tables of each sheet that has some, by the sheet's name; what is broken is left out."""
    stored = stored_names(package)
    found = {name: tuple(_tables(package, member, stored)) for name, member in sheet_members(package).items()}
    return {name: tables for name, tables in found.items() if tables}


def _tables(package: zipfile.ZipFile, sheet: str, stored: Mapping[str, str]) -> Iterator[Table]:
    try:
        related = related_members(package, sheet, kind="table", stored=stored)
    except FAULTS:
        return  # Most sheets have no relationships at all.
    for member in dict.fromkeys(related.values()):  # two of them may lead to one table
        try:
            tag = _TABLE.search(member_bytes(package, member))
        except FAULTS:
            continue
        table = _table(attributes_of(tag[1])) if tag else None
        if table is not None:
            yield table


def _table(said: Mapping[str, str]) -> Table | None:
    """A table by what its part says; `first_row` is its header, and its row of totals is left out."""
    corners = _CORNERS.match(said.get("ref", ""))
    if corners is None:
        return None
    headers, totals = said.get("headerRowCount", "1") == "1", said.get("totalsRowCount", "0") == "1"
    first, last = int(corners[2]) + headers - 1, int(corners[4] or corners[2]) - totals
    left, right = column_number(corners[1]), column_number(corners[3] or corners[1])
    return Table(said.get("displayName", ""), first, left, last, right) if last > first and right >= left else None
