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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pipesheet.grid import column_letters
from pipesheet.intake import FAULTS, member_bytes
from pipesheet.locate import MARK, marks
from pipesheet.textscan import LEAST_SHARE, MOST_TEXT, NO_TEXTS, SharedTexts, item_lengths, text_size

MOST_CELLS = 8_000_000
"""So many cells a sheet may span however empty it is; each costs its reader 40 bytes."""
LEAST_CELL = 8
"""A sheet that spans more must have so many bytes for each: a cell with something in it takes 20."""

SHARED = "xl/sharedstrings.xml"
"""Where the cell reader looks for shared texts, in any case."""
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Excel's last row and column; other formats end no later."""

# None of these looks past the next "<", which no attribute may hold, and a name is tried from its first letter
# only: else a tag that never ends is read to the end of the part from each of its bytes.
INSIDE = rb"((?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s" + INSIDE)
_NAME = re.compile(rb"<(?:[\w.-]+:)?definedName\s" + INSIDE + rb"([^<]*)<")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s" + INSIDE)
_ATTRIBUTE = re.compile(rb"(?<![\w:])([\w:]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)')")
# Together they find every cell that is not plainly within A1:Z99999 (then A1:Z999999); each starts with a
# literal, which the search skips to, so that a million cells take a tenth of a second.
_NOT_NEAR, _NOT_SO_NEAR = (re.compile(rb'<c (?!r="[A-Z]\d{1,%d}")' % digits) for digits in (5, 6))
_ODD_CELLS = tuple(map(re.compile, (rb"<c[>/\s](?<! )", rb":c[>/\s]")))
_FAR_ROWS = re.compile(rb'<c r="[A-Z](\d{6})"')
_NEAR_COLUMNS = 26
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])" + INSIDE)
_ROW = re.compile(rb"(?:^|\s)r\s*=\s*[\"'](\d+)[\"']")
_CELL = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")
_ERROR_VALUE = re.compile(rb"<(?:\w+:)?v>(#[^<]{2,20})</|</(?:\w+:)?c>|<(?:\w+:)?c[\s/>]")
"""The error in a cell, or where the cell ends."""
_ADDRESS = re.compile(rb"\sr=[\"']([A-Z]{1,3})(\d{1,7})[\"']")


@dataclass(frozen=True, slots=True)
class Scanned:
    """One sheet looked through: rows and columns that its cells span (0 where it is surely few), the
    bytes it has for them, and what finds its error cells, by row and column from 1. `last` is the address
    of its bottom right corner, `text` the bytes of its texts once each cell has its own (0: surely few)."""

    rows: int
    columns: int
    size: int
    errors: Callable[[], Mapping[tuple[int, int], str]]
    last: str = ""
    text: int = 0

    @property
    def too_far(self) -> str:
        """Says why it reaches further than its content can account for, or nothing (empty)."""
        if self.rows * self.columns > max(MOST_CELLS, self.size // LEAST_CELL):
            between = "with next to nothing in between"
            return f"its cells span {self.rows:,} rows and {self.columns:,} columns {between}{self._as_far_as}"
        if self.rows > MOST_ROWS or self.columns > MOST_COLUMNS:
            return f"its cells reach beyond the last row or column of a sheet{self._as_far_as}"
        if self.text > max(MOST_TEXT, self.size * LEAST_SHARE):
            return f"its cells repeat long texts until they make {self.text / 1024**3:,.1f} GB"
        return ""

    @property
    def _as_far_as(self) -> str:
        return f", as far as {self.last}: delete what stands there" if self.last else ""


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

    def last(self, first: int) -> str:
        """The address of its bottom right corner, where rows and columns count from `first`."""
        return f"{column_letters(self.right + 1 - first)}{self.bottom + 1 - first}" if self.bottom >= 0 else ""

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
    """What looks through each sheet of an .xlsx.

    Raises:
        ValueError: two sheets are one part, which would be read as often as it is listed.
    """
    listed = _listed_sheets(package)
    refuse_twice(listed)
    shared = _shared_texts(package)
    return {name: partial(scan_sheet, package, member, shared) for name, member in listed}


def refuse_twice(listed: Sequence[tuple[str, str]]) -> None:
    """Raises ValueError where two of the sheets, by name and member, are one part."""
    seen: dict[str, str] = {}
    for name, member in listed:
        if member in seen:
            raise ValueError(f"its sheets {seen[member][:40]!r} and {name[:40]!r} are one part")
        seen[member] = name


def _shared_texts(package: zipfile.ZipFile) -> SharedTexts:
    member = stored_names(package).get(SHARED)
    if member is None:
        return NO_TEXTS
    return SharedTexts(package.getinfo(member).file_size, lambda: item_lengths(member_bytes(package, member)))


def scan_sheet(package: zipfile.ZipFile, member: str, shared: SharedTexts = NO_TEXTS) -> Scanned:
    """Looks through the XML of one sheet.

    Raises:
        zipfile.BadZipFile, zlib.error, …: see `pipesheet.intake.FAULTS`.
    """
    xml = member_bytes(package, member)
    reach = extent(xml)
    text = text_size(xml, shared)
    return Scanned(reach.rows, reach.columns, len(xml), lambda: dict(_errors(xml)), reach.last(1), text)


def column_number(letters: bytes | str) -> int:
    """The number of a column by its letters, from 1."""
    text = letters.decode() if isinstance(letters, bytes) else letters
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number


def workbook_member(package: zipfile.ZipFile) -> str:
    """The name of the part that lists the sheets."""
    for found in _RELATIONSHIP.finditer(member_bytes(package, stored_names(package)["_rels/.rels"])):
        attributes = attributes_of(found[1])
        if attributes.get("Type", "").endswith("/officeDocument"):
            return stored_names(package)[attributes.get("Target", "").lstrip("/").casefold()]
    raise KeyError("no relationship leads to the workbook")


def relationships_member(package: zipfile.ZipFile, member: str, stored: Mapping[str, str] | None = None) -> str:
    """The name of the part that holds the relationships of a part."""
    folder, name = posixpath.split(member.replace("\\", "/"))
    return (stored or stored_names(package))[posixpath.join(folder, "_rels", name + ".rels").casefold()]


def related_members(
    package: zipfile.ZipFile, member: str, *, kind: str = "", stored: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The members that a part's relationships, all or those of one kind, lead to, by their ids.

    `stored`: what `stored_names` says, from one who asks for many parts.
    """
    stored = stored or stored_names(package)
    folder = posixpath.dirname(member.replace("\\", "/"))
    found = {}
    for tag in _RELATIONSHIP.finditer(member_bytes(package, relationships_member(package, member, stored))):
        attributes = attributes_of(tag[1])
        target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
        if target.casefold() in stored and attributes.get("Type", "").endswith(f"/{kind}" if kind else ""):
            found[attributes.get("Id", "")] = stored[target.casefold()]
    return found


def stored_names(package: zipfile.ZipFile) -> dict[str, str]:
    """The members by their names as the cell reader compares them: in any case, with either slash."""
    return {name.replace("\\", "/").casefold(): name for name in package.namelist()}


def sheet_members(package: zipfile.ZipFile) -> dict[str, str]:
    """The member of each sheet by the sheet's name, as far as the workbook part tells plainly."""
    return dict(_listed_sheets(package))


def _listed_sheets(package: zipfile.ZipFile) -> Sequence[tuple[str, str]]:
    members = []
    try:
        root = workbook_member(package)
        related = related_members(package, root)
        for found in _SHEET.finditer(member_bytes(package, root)):
            attributes = attributes_of(found[1])
            member = next((related[v] for k, v in attributes.items() if k.endswith(":id") and v in related), "")
            if member:
                members.append((attributes.get("name", ""), member))
    except FAULTS:
        return []
    return members


def our_tabs(package: zipfile.ZipFile) -> set[str]:
    """The tabs of the sheets that bear our mark, case folded."""
    try:
        listed = member_bytes(package, workbook_member(package))
    except FAULTS:
        return set()
    # A workbook may define a million names; most have none of ours.
    found = _NAME.findall(listed) if MARK.encode() in listed.lower() else []
    said = ((attributes_of(tag), html.unescape(text.decode("utf-8", "replace"))) for tag, text in found)
    common = ((a.get("name", ""), text) for a, text in said if "localSheetId" not in a)
    return {tab.casefold() for tab in marks(common).values()}


def attributes_of(tag: bytes) -> dict[str, str]:
    """The attributes in a tag."""
    return {
        found[1].decode("utf-8", "replace"): html.unescape((found[2] or found[3] or b"").decode("utf-8", "replace"))
        for found in _ATTRIBUTE.finditer(tag)
    }


def _plainly_near(xml: bytes) -> bool:
    if any(pattern.search(xml) for pattern in _ODD_CELLS):
        return False
    first = _NOT_NEAR.search(xml)
    if first is None:
        return True
    if _NOT_SO_NEAR.search(xml, first.start()):
        return False
    last = max(map(int, _FAR_ROWS.findall(xml, first.start())), default=0)
    return _NEAR_COLUMNS * last <= max(MOST_CELLS, len(xml) // LEAST_CELL)


def extent(xml: bytes) -> Reach:
    """How far a sheet's cells reach; an empty rectangle where they are plainly near A1."""
    reach, row, column = Reach(), 0, 0
    if _plainly_near(xml):
        return reach
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
    return reach


def _errors(xml: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    for mark in (b't="e"', b"t='e'"):
        at = xml.find(mark)
        while at >= 0:
            # The mark only counts inside a cell's own tag; a text may hold the same characters.
            start, end = xml.rfind(b"<", 0, at), xml.find(b">", at)
            inside = end >= 0 and xml.find(b">", start, at) < 0
            if inside:
                yield from _error(xml, start, end)
            # On from where the tag or the text ends, so that none is looked at twice.
            ahead = end if inside else xml.find(b"<", at)
            at = xml.find(mark, ahead) if ahead >= 0 else -1


def _error(xml: bytes, start: int, end: int) -> Iterator[tuple[tuple[int, int], str]]:
    """The error in the cell whose tag stands there, if it is a cell and holds one."""
    tag = xml[start:end]
    address = _ADDRESS.search(tag)
    if address and tag.split(None, 1)[0].rpartition(b":")[2].lstrip(b"<") == b"c" and not tag.endswith(b"/"):
        found = _ERROR_VALUE.search(xml, end)
        if found and found[1]:
            yield (int(address[2]), column_number(address[1])), found[1].decode("ascii", "replace")
