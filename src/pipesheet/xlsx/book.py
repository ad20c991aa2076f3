"""The workbook part: which sheets there are, what names are defined, and which sheets are ours.

Ours is a sheet that a defined name ``_pipesheet_<key>`` points to *and* that holds a table whose name
begins with ``Pipesheet``, in a workbook that bears our mark too: a sheet of ours that was copied into
another workbook took its own marks along, and is the user's. A sheet's own name says nothing; the marks
survive a save in Excel and in LibreOffice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from pipesheet.errors import NotAWorkbook, Unsafe
from pipesheet.grid import quoted_sheet
from pipesheet.locate import BOOK_MARK, MARK, marks
from pipesheet.sheets import Typeface
from pipesheet.tabs import free_tab_names
from pipesheet.xlsx.dialect import STRICT, TRANSITIONAL, dialect_of
from pipesheet.xlsx.markup import child, children, insert_in_order, whole_number
from pipesheet.xlsx.package import Package, rels_of
from pipesheet.xlsx.styles import UNSAID, typeface

TABLE_MARK = "pipesheet"
TABLE_TYPE = "spreadsheetml.table+xml"
HIGHEST_ID = 65_534
MOST_NAMES = 100_000
"""Defined names; each is looked at dozens of times."""
ORDER = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences", "definedNames", "calcPr", "oleSize", "customWorkbookViews", "pivotCaches", "smartTagPr",
    "smartTagTypes", "webPublishing", "fileRecoveryPr", "webPublishObjects", "extLst",
)  # fmt: skip
"""CT_Workbook's sequence, ECMA-376 part 1, 18.2.27."""
_HEAD = 1 << 16
_TAB_COLOR = re.compile(rb"<(?:[\w.-]+:)?tabColor\b([^<>]*?)/?>")
_TRUE = ("1", "true", "on")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One entry of the workbook's list of sheets; `part` is empty where it leads nowhere."""

    name: str
    position: int
    sheet_id: int
    part: str


class Book:
    """The workbook part of a package, to be read and then edited.

    Raises:
        NotAWorkbook: it lists no sheets.
        Unsafe: it defines more names than can be looked through.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self.document = package.document(package.workbook)
        self.root = self.document.root
        self.dialect = dialect_of(self.root)
        related = package.relationships(package.workbook)
        if len({r.id for r in related}) < len(related):
            raise NotAWorkbook(package.path, "two relationships of its workbook part have the same id")
        if not children(child(self.root, "sheets")):
            raise NotAWorkbook(package.path, "its workbook part lists no sheets")
        if len(self.names()) > MOST_NAMES:
            raise Unsafe(package.path, f"it defines {len(self.names()):,} names, far more than a workbook needs")
        if any(children(name) for name in self.names()):
            raise NotAWorkbook(package.path, "something else hangs below one of its defined names")
        # What is no sheet's relationship leads to no sheet, though a sheet be listed with its id.
        self._parts = {r.id: r.part for r in related if r.kind.lower().endswith("sheet")}
        parts = [s.part for s in self.sheets if s.part]
        if len(set(parts)) < len(parts):
            raise NotAWorkbook(package.path, "two of its sheets are one part")

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets in the order of their tabs."""
        return [self._sheet(i, e) for i, e in enumerate(children(child(self.root, "sheets")))]

    def _sheet(self, position: int, element: etree._Element) -> Sheet:
        named = (element.get(f"{{{d.relationships}}}id") for d in (TRANSITIONAL, STRICT))
        part = self._parts.get(str(next(filter(None, named), "")), "")
        part = self.package.part_name(part) if part in self.package else ""
        return Sheet(str(element.get("name", "")), position, whole_number(element.get("sheetId")), part)

    @property
    def date1904(self) -> bool:
        """Whether days count from 1904 in this workbook."""
        return self._flag("workbookPr", "date1904")

    @property
    def typeface(self) -> Typeface:
        """The font of cells without a format."""
        part = self.package.styles
        return typeface(self.package.root(part)) if part in self.package else UNSAID

    @property
    def structure_locked(self) -> bool:
        """Whether a password or a click stands before adding sheets."""
        return self._flag("workbookProtection", "lockStructure")

    def _flag(self, element: str, attribute: str) -> bool:
        found = child(self.root, element)
        return found is not None and str(found.get(attribute, "")).lower() in _TRUE

    def names(self) -> list[etree._Element]:
        """The elements of all defined names."""
        return children(child(self.root, "definedNames"))

    def marked(self) -> dict[str, Sheet]:
        """Our sheets by key, as far as both marks are there."""
        tabs = {s.name.casefold(): s for s in self.sheets if s.part}
        found: dict[str, Sheet] = {}
        for key, tab in marks(self._common_names()).items():
            sheet = tabs.get(tab.casefold())
            if sheet is not None and sheet not in found.values() and self._holds_our_table(sheet.part):
                found[key] = sheet
        return found

    def _common_names(self) -> Iterator[tuple[str, str]]:
        """The names of the whole workbook and what they say; a copied sheet has some of its own."""
        common = (e for e in self.names() if e.get("localSheetId") is None)
        return ((str(e.get("name", "")), e.text or "") for e in common)

    def _holds_our_table(self, part: str) -> bool:
        return any(t.lower().startswith(TABLE_MARK) for t in table_names(self.package, part))

    def add_sheet(self, name: str, relationship: str, *, hidden: bool) -> Sheet:
        """Lists a new sheet last, with the next free sheet id.

        Raises:
            NotAWorkbook: it would come into names that belong to no sheet.
        """
        listing = child(self.root, "sheets")
        assert listing is not None
        sheets = self.sheets
        if any(e.get("localSheetId") == str(len(sheets)) for e in self.names()):
            raise NotAWorkbook(self.package.path, "one of its defined names belongs to a sheet that is not there")
        new = etree.SubElement(listing, etree.QName(etree.QName(self.root).namespace, "sheet"))
        sheet_id = _free_id({s.sheet_id for s in sheets})
        new.set("name", name)
        new.set("sheetId", str(sheet_id))
        if hidden:
            new.set("state", "hidden")
        new.set(f"{{{self.dialect.relationships}}}id", relationship)
        return Sheet(name, len(sheets), sheet_id, "")

    def mark(self, key: str, sheet: Sheet) -> None:
        """Points the hidden name of that key to the sheet, and marks the workbook as one we wrote into."""
        here = marks(self._common_names())
        if not here:
            self._forget_marks()
        # Another program may have quoted the same place differently; that is no change.
        same = here.get(key, "").casefold() == sheet.name.casefold()
        self._define(MARK + key, None if same else quoted_sheet(sheet.name) + "!$A$1", hidden=True)
        self._define(BOOK_MARK, "1", hidden=True)

    def _forget_marks(self) -> None:
        """Takes out what came with sheets that were copied here from a workbook of ours."""
        for element in self.names():
            if element.get("localSheetId") is None and str(element.get("name", "")).lower().startswith(MARK):
                _taken_out(element)

    def set_local_names(self, sheet: Sheet, wanted: Mapping[str, tuple[str, bool]]) -> None:
        """Gives our sheet just these of Excel's built-in names: name -> (text, hidden)."""
        for element in self.names():
            name, scope = str(element.get("name", "")), element.get("localSheetId")
            if scope == str(sheet.position) and name.startswith("_xlnm.") and name not in wanted:
                _taken_out(element)
        for name, (text, hidden) in wanted.items():
            self._define(name, text, scope=str(sheet.position), hidden=hidden)

    def _define(self, name: str, text: str | None, *, scope: str | None = None, hidden: bool = False) -> None:
        same = (e for e in self.names() if str(e.get("name", "")).lower() == name.lower())
        *doubles, found = [e for e in same if e.get("localSheetId") == scope] or [self._new_name(name, scope)]
        for double in doubles:  # `marks` goes by the last
            _taken_out(double)
        if text is not None:
            found.text = text
        # LibreOffice brings to light what was hidden.
        if hidden and str(found.get("hidden", "")).lower() not in _TRUE:
            found.set("hidden", "1")

    def _new_name(self, name: str, scope: str | None) -> etree._Element:
        listing = child(self.root, "definedNames")
        if listing is None:
            listing = insert_in_order(self.root, "definedNames", ORDER)
        new = etree.SubElement(listing, etree.QName(etree.QName(self.root).namespace, "definedName"))
        new.set("name", name)
        if scope is not None:
            new.set("localSheetId", scope)
        return new

    def recalculate_on_load(self) -> None:
        """Asks whoever opens the workbook to compute all formulas anew."""
        found = child(self.root, "calcPr")
        if found is None:
            found = insert_in_order(self.root, "calcPr", ORDER)
        if str(found.get("fullCalcOnLoad", "")).lower() not in _TRUE:
            found.set("fullCalcOnLoad", "1")


def _taken_out(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _free_id(taken: set[int]) -> int:
    """The next sheet id above all others, or the lowest that is free where there is none above."""
    following = max(taken) + 1
    return following if following <= HIGHEST_ID else min(set(range(1, len(taken) + 2)) - taken)


def tables_below(package: Package, part: str) -> list[str]:
    """The table parts of a sheet part."""
    return [r.part for r in package.relationships(part) if r.kind == "table" and r.part in package]


def table_names(package: Package, part: str) -> list[str]:
    """The names of the tables of a sheet part."""
    roots = map(package.root, tables_below(package, part))
    return [str(r.get("displayName") or r.get("name", "")) for r in roots]


def tab_color(package: Package, part: str) -> bytes:
    """The element that colours the tab of a sheet part, in the format's own namespace; empty for none."""
    head = next(iter(package.stream(part, step=_HEAD)), b"")
    found = _TAB_COLOR.search(head.partition(b"sheetData")[0])
    return b"<tabColor" + found.group(1).rstrip() + b"/>" if found else b""


def tab_names(book: Book, defaults: Mapping[str, str]) -> dict[str, str]:
    """What each of our sheets is or will be called: its tab where it exists, else a free name."""
    return free_tab_names({k: s.name for k, s in book.marked().items()}, [s.name for s in book.sheets], defaults)


def taken_table_names(book: Book, keys: set[str]) -> set[str]:
    """Lower-case names no table of ours may have: of the user's tables, and of defined names.

    `keys` are the sheets that will be replaced, whose own tables make room.
    """
    package, making_room = book.package, only_ours(book, keys)
    foreign = [t for t in package.of_type(TABLE_TYPE) if t not in making_room]
    roots = list(map(package.root, foreign))
    tables = {str(r.get(a, "")).lower() for r in roots for a in ("name", "displayName")}
    return tables | {str(e.get("name", "")).lower() for e in book.names()}


def only_ours(book: Book, keys: set[str] | None = None) -> set[str]:
    """The parts that only our sheets lead to, with their relationships; `keys` for some of our sheets."""
    sheets = [s.part for k, s in book.marked().items() if keys is None or k in keys]
    elsewhere = set(book.package.reachable("", without=sheets))
    below = {p for s in sheets for p in book.package.reachable(s)} - elsewhere
    return below | {rels_of(p) for p in below}


def local_names(book: Book, sheet: Sheet) -> dict[str, tuple[str, bool]]:
    """Excel's built-in names of a sheet: name -> (text, hidden)."""
    of = [e for e in book.names() if e.get("localSheetId") == str(sheet.position)]
    return {str(e.get("name")): (e.text or "", e.get("hidden") is not None) for e in of}
