"""What the cell reader does not tell: how far a sheet reaches, and which of its cells hold errors.

The reader allocates the whole rectangle of a sheet's used cells, so two cells far apart may ask for
more memory than there is; and it gives an error cell as an empty one. Both are seen in the sheet's
XML, which is looked through as bytes and never parsed. For other formats than .xlsx there are
`pipesheet.recordscan` and `pipesheet.odsscan`.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from pipesheet.intake import FAULTS
from pipesheet.locate import marks

MOST_CELLS = 20_000_000
"""So many cells a sheet may span however empty it is."""
LEAST_CELL = 8
"""A sheet that spans more must have so many bytes for each: a cell with something in it takes 20."""

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_NAME = re.compile(rb"<(?:[\w.-]+:)?definedName\s([^>]*)>([^<]*)<")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Together they find every cell that is not plainly within A1:Z999999; each starts with a literal,
# which the search skips to, so that a million cells take a tenth of a second.
_NOT_NEAR = tuple(map(re.compile, (rb'<c (?!r="[A-Z]\d{1,6}")', rb"<c[>/\s](?<! )", rb":c[>/\s]")))
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_ROW = re.compile(rb"(?:^|\s)r\s*=\s*[\"'](\d+)[\"']")
_CELL = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>(#[^<]{2,20})</")
_ADDRESS = re.compile(rb"\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")


@dataclass(frozen=True, slots=True)
class Scanned:
    """One sheet looked through: rows and columns that its cells span (0 where it is surely few), the
    bytes it has for them, and what finds its error cells, by row and column from 1."""

    rows: int
    columns: int
    size: int
    errors: Callable[[], Mapping[tuple[int, int], str]]

    @property
    def too_far(self) -> str:
        """Says why it reaches further than its content can account for, or nothing (empty)."""
        if self.rows * self.columns <= max(MOST_CELLS, self.size // LEAST_CELL):
            return ""
        return f"its cells span {self.rows:,} rows and {self.columns:,} columns with next to nothing in between"


@dataclass(slots=True)
class Reach:
    """The rectangle of the cells seen so far."""

    top: int = 0
    left: int = 0
    bottom: int = -1
    right: int = -1

    @property
    def rows(self) -> int:
        """How many rows it spans."""
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        """How many columns it spans."""
        return self.right - self.left + 1

    def cell(self, row: int, column: int) -> None:
        """One more cell."""
        if self.bottom < 0:
            self.top, self.left, self.bottom, self.right = row, column, row, column
            return
        self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.left, self.right = min(self.left, column), max(self.right, column)


Looks = Mapping[str, Callable[[], Scanned]]
"""What looks through a sheet, by the sheet's name."""


def sheet_looks(package: zipfile.ZipFile) -> Looks:
    """What looks through each sheet of an .xlsx."""
    return {name: partial(scan_sheet, package, member) for name, member in sheet_members(package).items()}


def scan_sheet(package: zipfile.ZipFile, member: str) -> Scanned:
    """Looks through the XML of one sheet.

    Raises:
        zipfile.BadZipFile, zlib.error, …: see `pipesheet.intake.FAULTS`.
    """
    xml = package.read(member)
    rows, columns = extent(xml)
    return Scanned(rows, columns, len(xml), lambda: dict(_errors(xml)))


def column_number(letters: bytes | str) -> int:
    """The number of a column by its letters, from 1."""
    text = letters.decode() if isinstance(letters, bytes) else letters
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number


def workbook_member(package: zipfile.ZipFile) -> str:
    """The name of the part that lists the sheets."""
    for found in _RELATIONSHIP.finditer(package.read(_stored(package)["_rels/.rels"])):
        attributes = attributes_of(found[1])
        if attributes.get("Type", "").endswith("/officeDocument"):
            return _stored(package)[attributes.get("Target", "").lstrip("/").casefold()]
    raise KeyError("no relationship leads to the workbook")


def relationships_member(package: zipfile.ZipFile, member: str) -> str:
    """The name of the part that holds the relationships of a part."""
    folder, name = posixpath.split(member.replace("\\", "/"))
    return _stored(package)[posixpath.join(folder, "_rels", name + ".rels").casefold()]


def related_members(package: zipfile.ZipFile, member: str, *, kind: str = "") -> dict[str, str]:
    """The members that a part's relationships, all or those of one kind, lead to, by their ids."""
    stored = _stored(package)
    folder = posixpath.dirname(member.replace("\\", "/"))
    found = {}
    for tag in _RELATIONSHIP.finditer(package.read(relationships_member(package, member))):
        attributes = attributes_of(tag[1])
        target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
        if target.casefold() in stored and attributes.get("Type", "").endswith(f"/{kind}" if kind else ""):
            found[attributes.get("Id", "")] = stored[target.casefold()]
    return found


def _stored(package: zipfile.ZipFile) -> dict[str, str]:
    """The members by their names as the cell reader compares them: in any case, with either slash."""
    return {name.replace("\\", "/").casefold(): name for name in package.namelist()}


def sheet_members(package: zipfile.ZipFile) -> dict[str, str]:
    """The member of each sheet by the sheet's name, as far as the workbook part tells plainly."""
    members = {}
    try:
        root = workbook_member(package)
        related = related_members(package, root)
        for found in _SHEET.finditer(package.read(root)):
            attributes = attributes_of(found[1])
            member = next((related[v] for k, v in attributes.items() if k.endswith(":id") and v in related), "")
            if member:
                members[attributes.get("name", "")] = member
    except FAULTS:
        return {}
    return members


def our_tabs(package: zipfile.ZipFile) -> set[str]:
    """The tabs of the sheets that bear our mark, case folded."""
    try:
        found = _NAME.findall(package.read(workbook_member(package)))
    except FAULTS:
        return set()
    said = ((attributes_of(tag), html.unescape(text.decode("utf-8", "replace"))) for tag, text in found)
    common = ((a.get("name", ""), text) for a, text in said if "localSheetId" not in a)
    return {tab.casefold() for tab in marks(common).values()}


def attributes_of(tag: bytes) -> dict[str, str]:
    """The attributes in a tag."""
    return {
        found[1].decode("utf-8", "replace"): html.unescape((found[2] or found[3] or b"").decode("utf-8", "replace"))
        for found in _ATTRIBUTE.finditer(tag)
    }


def extent(xml: bytes) -> tuple[int, int]:
    """Rows and columns that a sheet's cells span; nothing where they are plainly near A1."""
    if not any(pattern.search(xml) for pattern in _NOT_NEAR):
        return 0, 0
    reach, row, column = Reach(), 0, 0
    for found in _ROW_OR_CELL.finditer(xml):
        kind, attributes = found[1], found[2]
        if kind == b"row":
            number = _ROW.search(attributes)
            row, column = int(number[1]) if number else row + 1, 0
            continue
        at, column = _CELL.search(attributes), column + 1
        if at:
            column, row = max(column_number(at[1][:8]), 1), int(at[2])
        # Cells that are only formatted do not count; a stray border far out is no attack.
        if not attributes.endswith(b"/"):
            reach.cell(row, column)
    return reach.rows, reach.columns


def _errors(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for mark in (b't="e"', b"t='e'"):
        at = xml.find(mark)
        while at >= 0:
            # The mark only counts inside a cell's own tag; a text may hold the same characters.
            start, end = xml.rfind(b"<", 0, at), xml.find(b">", at)
            tag = xml[start:end]
            address = _ADDRESS.search(tag)
            close = _CELL_END.search(xml, end)
            kind = tag.split(None, 1)[0].rpartition(b":")[2].lstrip(b"<")
            if address and close and kind == b"c" and not tag.endswith(b"/"):
                value = _ERROR_VALUE.search(xml, end, close.start() + 4)
                if value:
                    yield (int(address[2]), column_number(address[1])), value[1].decode("ascii", "replace")
            at = xml.find(mark, at + 1)
