"""What the cell reader does not tell: how far a sheet reaches, and which of its cells hold errors.

The reader allocates the whole rectangle of a sheet's used cells, so two cells far apart may ask for
more memory than there is; and it gives an error cell as an empty one. Both are seen in the sheet's
XML, which is looked through as bytes and never parsed.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping

from pipesheet.grid import column_letters

SCANNED_WHOLE = 32 * 1024**2
"""A sheet of more bytes is believed what it says of its own extent, unless that is absurd."""
MOST_CELLS = 20_000_000
"""So many cells a sheet may span however empty it is."""

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]*ref=[\"'](?:[A-Z]{1,3}\d+:)?([A-Z]{1,3})(\d+)[\"']")
_FAR_ROW = re.compile(rb"\sr=[\"'][A-Z]{0,3}(\d{6,})[\"']")
_FILLED = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^>]*(?<!/)>")
_FAR_COLUMN = re.compile(rb"\sr=[\"']([A-Z]{2,3})\d")
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>(#[^<]{2,20})</")
_ADDRESS = re.compile(rb"\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_FAULTS = (zipfile.BadZipFile, KeyError, NotImplementedError, OSError, EOFError, ValueError)


def column_number(letters: bytes | str) -> int:
    """The number of a column by its letters, from 1."""
    text = letters.decode() if isinstance(letters, bytes) else letters
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - 64
    return number


def sheet_members(package: zipfile.ZipFile) -> dict[str, str]:
    """The member of each sheet by the sheet's name, as far as the workbook part tells plainly."""
    try:
        root = _workbook_member(package)
        relations = package.read(posixpath.join(posixpath.dirname(root), "_rels", posixpath.basename(root) + ".rels"))
        targets = {}
        for found in _RELATIONSHIP.finditer(relations):
            attributes = _attributes(found[1])
            targets[attributes.get("Id", "")] = attributes.get("Target", "")
        members = {}
        for found in _SHEET.finditer(package.read(root)):
            attributes = _attributes(found[1])
            target = next((targets[v] for k, v in attributes.items() if k.endswith(":id") and v in targets), "")
            members[attributes.get("name", "")] = posixpath.normpath(
                posixpath.join("/", posixpath.dirname(root), target)
            ).lstrip("/")
    except _FAULTS:
        return {}
    return {name: member for name, member in members.items() if member in package.NameToInfo}


def _workbook_member(package: zipfile.ZipFile) -> str:
    for found in _RELATIONSHIP.finditer(package.read("_rels/.rels")):
        attributes = _attributes(found[1])
        if attributes.get("Type", "").endswith("/officeDocument"):
            return attributes.get("Target", "").lstrip("/")
    return "xl/workbook.xml"


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        found[1].decode("utf-8", "replace"): html.unescape((found[2] or found[3] or b"").decode("utf-8", "replace"))
        for found in _ATTRIBUTE.finditer(tag)
    }


def tables_can_be_read(package: zipfile.ZipFile, members: Mapping[str, str]) -> bool:
    """Whether there are tables at all, and each sheet lies in a folder, as the table reader takes for granted."""
    if any("/" not in member for member in members.values()):
        return False
    return any("table" in name.casefold() and "pivot" not in name.casefold() for name in package.namelist())


def too_far(package: zipfile.ZipFile, member: str) -> str:
    """Says why a sheet reaches further than its content can account for, or nothing (empty)."""
    size = package.getinfo(member).file_size
    try:
        if size <= SCANNED_WHOLE:
            rows, columns = _extent(package.read(member), most=max(MOST_CELLS, size))
        else:
            with package.open(member) as part:
                found = _DIMENSION.search(part.read(8192))
            rows, columns = (int(found[2]), column_number(found[1])) if found else (0, 0)
    except _FAULTS:
        return ""
    if rows * columns <= max(MOST_CELLS, size):
        return ""
    return f"its cells reach {column_letters(min(columns, 99_999))}{rows} with next to nothing in between"


def _extent(xml: bytes, most: int) -> tuple[int, int]:
    """Rows and columns a sheet spans from A1; exact only where the product exceeds `most`."""
    columns = max(map(column_number, set(_FAR_COLUMN.findall(xml))), default=26)
    rows = max(map(int, _FAR_ROW.findall(xml)), default=99_999)
    if rows * columns <= most:
        return rows, columns
    # Cells that are only formatted do not count; a stray border far out is no attack.
    filled = _FILLED.findall(xml)
    return (
        max((int(row) for _, row in filled), default=0),
        max(map(column_number, {letters for letters, _ in filled}), default=0),
    )


def error_cells(package: zipfile.ZipFile, member: str) -> Mapping[tuple[int, int], str]:
    """The error in each cell that holds one, by row and column from 1."""
    try:
        xml = package.read(member)
    except _FAULTS:
        return {}
    return dict(_errors(xml))


def _errors(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for mark in (b't="e"', b"t='e'"):
        at = xml.find(mark)
        while at >= 0:
            # The mark only counts inside a cell's own tag; a text may hold the same characters.
            start, end = xml.rfind(b"<", 0, at), xml.find(b">", at)
            tag = xml[start:end]
            address = _ADDRESS.search(tag)
            close = _CELL_END.search(xml, end)
            if address and close and tag.split(None, 1)[0].rpartition(b":")[2].lstrip(b"<") == b"c":
                value = _ERROR_VALUE.search(xml, end, close.start() + 4)
                if value:
                    yield (int(address[2]), column_number(address[1])), value[1].decode("ascii", "replace")
            at = xml.find(mark, at + 1)
