"""Our sheets put into the user's package, everything else left as the bytes it is.

A sheet that is ours already is replaced in place: same sheet id, relationship, tab name, tab colour,
position and state, same part name; what hung below it is reused by name or dropped. A new one is
listed last.
What Excel asks of a package when a sheet is added is told in ``docs/adding-a-sheet.md``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from lxml import etree

from pipesheet.errors import Locked, NotAWorkbook
from pipesheet.xlsx import markup, styles
from pipesheet.xlsx.archive import Packed, leads_outside, pack
from pipesheet.xlsx.book import TABLE_TYPE, Book, Sheet, local_names, tab_color, tables_below
from pipesheet.xlsx.dialect import STRICT, strictly
from pipesheet.xlsx.losses import Kept, kept_parts
from pipesheet.xlsx.markup import CONTENT_TYPES, PACKAGE_RELS, Document
from pipesheet.xlsx.package import TYPES_PART, Package, Relationship, rels_of
from pipesheet.xlsx.restyle import restyled, restyled_table

_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_QUICK_ABOVE = 50_000
"""Sheets of more cells than this are deflated for speed: a tenth larger, three times faster."""
_LINES = 4096
_SINGLE_CELLS_TYPE = "spreadsheetml.tableSingleCells+xml"
_OURS_BELOW = (
    "worksheet+xml", "table+xml", "drawing+xml", "chart+xml",
    "chartstyle+xml", "chartcolorstyle+xml", "printerSettings", "themeOverride+xml",
)  # fmt: skip
"""Ends of the types of what we hang below a sheet, or Excel does by itself when it saves one."""
_ADDITIONS = {
    "comment": "comments", "vmldrawing": "comments or buttons", "image/": "a picture", "slicer": "a slicer",
    "pivot": "a pivot table", "control": "a control", "query": "a query",
}  # fmt: skip
_NO_ROWS = b"<sheetData></sheetData>"
_NO_RELATIONSHIPS = markup.DECLARATION + f'<Relationships xmlns="{PACKAGE_RELS}"/>'.encode()


class Rows(Protocol):
    """The rows of one composed sheet, which are rendered here because only here the formats are known."""

    @property
    def cells(self) -> int:
        """How many cells there are, nearly."""

    def lines(self, formats: Mapping[bytes, bytes] | None = None) -> list[str]:
        """The rows as XML, with these numbers for the composed ones of cell formats."""


@dataclass(frozen=True, slots=True)
class Grafted:
    """The new file, what happened to its parts, and the SHA-256 of those that are new or other than before."""

    data: bytes
    kept: Kept
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    dropped: tuple[str, ...]
    hashes: Mapping[str, str]
    sheets: Mapping[str, str]
    """Key -> tab name."""


def graft(package: Package, composed: bytes, tabs: Mapping[str, str], *, rows: Mapping[str, Rows]) -> Grafted:
    """The package with the composed sheets in it. `tabs`: key -> tab name, as composed; `rows` of each by tab.

    Equal sheets grafted again give the same bytes.

    Raises:
        ReadError, Unsupported: the package is not one that can be written into.
        Locked: its structure is protected, and a sheet of ours is not there yet.
    """
    book = Book(package)
    ours = strictly(composed) if book.dialect is STRICT else composed
    return _Graft(book, Package(ours, "composed.xlsx"), tabs, rows).run()


class _Graft:
    """One graft under way: the changes gathered so far."""

    def __init__(self, book: Book, ours: Package, tabs: Mapping[str, str], rows: Mapping[str, Rows]) -> None:
        self.book, self.package, self.ours, self.tabs = book, book.package, ours, tabs
        self.rows = rows
        self.composed = Book(ours)
        package = self.package
        self.existing = {k: s for k, s in self.book.marked().items() if k in tabs}
        self.rels = self._index(rels_of(package.workbook), _NO_RELATIONSHIPS)
        self.types = package.document(TYPES_PART)
        self.changes: dict[str, bytes | Packed | None] = {}
        self.taken = package.taken_names()
        self.table_ids = _TableIds(package, self.existing.values())

    def run(self) -> Grafted:
        self._refuse_locked()
        self._refuse_additions()
        self.formats = self._merge_styles()
        placed = {key: self._place(key, tab) for key, tab in self.tabs.items()}
        for key, sheet in placed.items():
            self.book.mark(key, sheet)
            self.book.set_local_names(sheet, self._builtin_names(sheet.name))
        self._drop_calculation_chain()
        self.book.recalculate_on_load()
        self._type_by_ending()
        return self._finish()

    def _index(self, part: str, empty: bytes) -> Document:
        there = part in self.package
        return self.package.document(part) if there else Document(empty, self.package.path, part)

    def _refuse_locked(self) -> None:
        missing = [tab for key, tab in self.tabs.items() if key not in self.existing]
        if missing and self.book.structure_locked:
            raise Locked(
                self.package.path,
                "its structure is protected, so no sheet can be added",
                "In Excel: Review, Protect Workbook, switch it off, run once, and protect it again.",
            )

    def _refuse_additions(self) -> None:
        """What people hang on a sheet of ours (comments, pictures, slicers) would go with it; so it stays."""
        for sheet in self.existing.values():
            kinds = (self.package.content_type(p) for p in self._below(sheet))
            added = next((k for k in kinds if not k.endswith(_OURS_BELOW)), None)
            if added is not None:
                what = next((word for ending, word in _ADDITIONS.items() if ending in added.lower()), "something")
                raise Locked(
                    self.package.path,
                    f"its sheet {sheet.name!r}, which every run replaces, holds {what} that somebody added",
                    "Move that to a sheet of your own, or delete our sheet, and run again.",
                )

    def _merge_styles(self) -> styles.FormatNumbers:
        part = self._styles_part()
        theirs = self._index(part, styles.empty(self.book.dialect))
        formats = styles.merge(theirs, self.ours.root(self.ours.styles), self.package.path)
        if part not in self.package:
            self._type(part, _STYLES_TYPE)
        self.changes[part] = theirs.dump()
        return formats

    def _styles_part(self) -> str:
        """Where the styles are, or where the workbook says they should be, or where they will be."""
        workbook, named = self.package.workbook, self.package.styles
        if named in self.package:
            return named
        others = (r.part for r in self.package.relationships(workbook) if r.kind != "styles")
        if leads_outside(named) or named == "." or (named and named in others):
            raise NotAWorkbook(self.package.path, "its styles are said to be where none can be")
        if named:
            return named
        part = self._free(posixpath.join(posixpath.dirname(workbook), "styles.xml"))
        self._relate(f"{self.book.dialect.relationships}/styles", part)
        return part

    def _place(self, key: str, tab: str) -> Sheet:
        """Brings one composed sheet and all below it into the package."""
        composed = next(s for s in self.composed.sheets if s.name == tab)
        old = self.existing.get(key)
        names = self._names_for(composed.part, old)
        color = None if old is None else tab_color(self.package, old.part)
        for source, target in names.items():
            self._copy(source, target, names, color=color)
        if old is not None:
            self._drop_below(old)
            return old
        relationship = self._relate(f"{self.book.dialect.relationships}/worksheet", names[composed.part])
        hidden = any(e.get("name") == tab and e.get("state") == "hidden" for e in self.composed.root.iter())
        return self.book.add_sheet(tab, relationship, hidden=hidden)

    def _names_for(self, start: str, old: Sheet | None) -> dict[str, str]:
        """Composed part -> name in the package: the old sheet's, below it that of one of its type, else a free one."""
        names = {} if old is None else {start: old.part}
        pool: dict[str, list[str]] = {}
        # Another sheet of ours may lead to one of them as well, and have taken it.
        for part in [] if old is None else [p for p in self._below(old) if p not in (old.part, *self.changes)]:
            pool.setdefault(self.package.content_type(part), []).append(part)
        for part in self.ours.reachable(start):
            if part not in names:
                reusable = pool.get(self.ours.content_type(part))
                names[part] = reusable.pop(0) if reusable else self._free(self._beside(part))
        return names

    def _beside(self, part: str) -> str:
        """A part of ``xl/`` in the folder of the workbook part, as that is spelled: ``XL/``."""
        folder = posixpath.dirname(self.package.workbook)
        return folder + part[2:] if folder.lower() == "xl" and part.startswith("xl/") else part

    def _below(self, sheet: Sheet) -> list[str]:
        """The sheet's part and those below it that nothing else leads to but other sheets of ours."""
        others = [s.part for s in self.existing.values() if s != sheet]
        elsewhere = set(self.package.reachable("", without=[*others, sheet.part]))
        return [p for p in self.package.reachable(sheet.part, without=others) if p not in elsewhere]

    def _drop_below(self, sheet: Sheet) -> None:
        for part in self._below(sheet):
            if part not in self.changes:
                self._drop(part)
            if rels_of(part) in self.package and rels_of(part) not in self.changes:
                self.changes[rels_of(part)] = None

    def _free(self, wanted: str) -> str:
        """A part name like `wanted` that nobody has, nor its relationships part."""
        stem, ending = re.sub(r"\d*\.[^.]*\Z", "", wanted), posixpath.splitext(wanted)[1]
        name, number = wanted, 0
        while {name.lower(), rels_of(name).lower()} & self.taken:
            number += 1
            name = f"{stem}{number}{ending}"
        self.taken.add(name.lower())
        return name

    def _copy(self, source: str, target: str, names: Mapping[str, str], *, color: bytes | None) -> None:
        kind = self.ours.content_type(source)
        if kind.endswith("worksheet+xml"):
            tab = next(s.name for s in self.composed.sheets if s.part == source)
            self.changes[target] = self._sheet(source, self.rows[tab], color)
        elif kind.endswith(TABLE_TYPE):
            self.changes[target] = self._table(source)
        else:
            self.changes[target] = self.ours.read(source)
        self._type(target, kind)
        if below := self.ours.relationships(source):
            self.changes[rels_of(target)] = _relationships(target, below, names)

    def _sheet(self, source: str, rows: Rows, color: bytes | None) -> Packed:
        head, _, tail = self.ours.read(source).partition(_NO_ROWS)
        lines = rows.lines(self.formats.cells)
        body = ("".join(lines[at : at + _LINES]).encode() for at in range(0, len(lines), _LINES))
        around = (restyled(part, self.formats, color=color) for part in (head, tail))
        whole = chain((next(around) + b"<sheetData>",), body, (b"</sheetData>" + next(around),))
        return pack(whole, level=6 if rows.cells < _QUICK_ABOVE else 1)

    def _table(self, source: str) -> bytes:
        document = Document(restyled_table(self.ours.read(source), self.formats), self.ours.path, source)
        document.root.set("id", str(self.table_ids.of(str(document.root.get("displayName")))))
        return document.dump()

    def _builtin_names(self, tab: str) -> dict[str, tuple[str, bool]]:
        return local_names(self.composed, next(s for s in self.composed.sheets if s.name == tab))

    def _type(self, part: str, kind: str) -> None:
        """Declares the type of a part, unless it is declared so already."""
        if self.package.content_type(part) == kind:
            return
        self._untype(part)
        new = etree.SubElement(self.types.root, f"{{{CONTENT_TYPES}}}Override")
        new.set("PartName", "/" + part)
        new.set("ContentType", kind)

    def _untype(self, part: str) -> None:
        for element in markup.children(self.types.root):
            if str(element.get("PartName", "")).lstrip("/").lower() == part.lower():
                self.types.root.remove(element)

    def _type_by_ending(self) -> None:
        """Says what relationships are: by their ending, or where that means something else by their names."""
        endings = (e for e in markup.children(self.types.root) if markup.local(e) == "Default")
        known = {str(e.get("Extension", "")).lower(): e.get("ContentType") for e in endings}
        if "rels" not in known:
            new = etree.Element(f"{{{CONTENT_TYPES}}}Default", Extension="rels", ContentType=_RELS_TYPE)
            self.types.root.insert(0, new)
        elif known["rels"] != _RELS_TYPE:
            index = rels_of(self.package.workbook)
            made = [p for p, content in self.changes.items() if content is not None and p.endswith(".rels")]
            for part in made if index in self.package else (*made, index):
                self._type(part, _RELS_TYPE)

    def _relate(self, kind: str, part: str) -> str:
        """A new relationship of the workbook part; gives back its id."""
        taken = {str(e.get("Id", "")).lower() for e in self.rels.root.iter()}
        # An id that leads nowhere is taken too, or what names it would lead to our part.
        taken |= {str(value).lower() for e in self.book.root.iter() for value in e.attrib.values()}
        number = len(self.rels.root) + 1
        while f"rid{number}" in taken:
            number += 1
        new = etree.SubElement(self.rels.root, f"{{{PACKAGE_RELS}}}Relationship")
        target = _target(part, self.package.workbook)
        for name, value in (("Id", f"rId{number}"), ("Type", kind), ("Target", target)):
            new.set(name, value)
        return f"rId{number}"

    def _drop(self, part: str) -> None:
        self.changes[part] = None
        self._untype(part)

    def _drop_calculation_chain(self) -> None:
        """Excel builds it anew; one that does not list our formulas counts as damage."""
        chains = {found.part.lower() for found in self.package.chains}
        lead = [r for p in ("", *self.package.parts) for r in self.package.relationships(p) if r.part.lower() in chains]
        if lead != self.package.chains:
            raise NotAWorkbook(self.package.path, "something else leads to its calculation chain")
        for found in lead:
            element = next(e for e in markup.children(self.rels.root) if e.get("Id", "") == found.id)
            self.rels.root.remove(element)
            if found.part in self.package:
                self._drop(self.package.part_name(found.part))

    def _finish(self) -> Grafted:
        indexes = {
            TYPES_PART: self.types,
            rels_of(self.package.workbook): self.rels,
            self.package.workbook: self.book.document,
        }
        self.changes |= {part: document.dump() for part, document in indexes.items()}
        had = {p.lower() for p in self.package.parts}
        there = {p: c if isinstance(c, Packed) else pack([c]) for p, c in self.changes.items() if c is not None}
        data = self.package.rewritten({**self.changes, **there})
        return Grafted(
            data,
            kept_parts(self.package),
            tuple(p for p in there if p.lower() not in had),
            tuple(p for p in there if p.lower() in had),
            tuple(p for p, c in self.changes.items() if c is None),
            {p: c.sha256 for p, c in there.items()},
            dict(self.tabs),
        )


class _TableIds:
    """Ids for our tables: the old one of a table of that name, else the next above all others."""

    def __init__(self, package: Package, replaced: Iterable[Sheet]) -> None:
        ours = {t.lower() for s in replaced for t in tables_below(package, s.part)}
        self._old: dict[str, int] = {}
        # Single cells that are bound to XML maps have numbers of the same kind.
        single = [e.get("id") for p in package.of_type(_SINGLE_CELLS_TYPE) for e in package.root(p)]
        self._highest = max(map(markup.whole_number, single), default=0)
        for part in package.of_type(TABLE_TYPE):
            root = package.root(part)
            number = markup.whole_number(root.get("id"))
            self._highest = max(self._highest, number)
            if part.lower() in ours:
                self._old[str(root.get("displayName"))] = number

    def of(self, name: str) -> int:
        if name not in self._old:
            self._highest += 1
            self._old[name] = self._highest
        return self._old[name]


def _relationships(part: str, below: tuple[Relationship, ...], names: Mapping[str, str]) -> bytes:
    """A relationships part: ids as composed, targets under their new names."""
    root = etree.fromstring(f'<Relationships xmlns="{PACKAGE_RELS}"/>')
    for found in below:
        new = etree.SubElement(root, f"{{{PACKAGE_RELS}}}Relationship", Id=found.id, Type=found.type)
        inside = names[found.part] if found.part else ""
        new.set("Target", _target(inside, part) if inside else found.target)
        if found.external:
            new.set("TargetMode", "External")
    return markup.DECLARATION + etree.tostring(root)


def _target(inside: str, part: str) -> str:
    """What leads from `part` to another. Slashes in front, or the folder where the program runs would be asked for."""
    return posixpath.relpath("/" + inside, "/" + posixpath.dirname(part))
