"""Judges a graft by the standard library alone: what was lost, what changed, what is left open.

Nothing of it is shared with the code that grafts or with its own second look. Names of parts are
compared without case and with slashes; everything that is not one of the four index parts must be there
as the compressed bytes it was, with its dates, attributes and comments.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

STYLE_LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
_TYPES = "[content_types].xml"


@dataclass(frozen=True)
class Target:
    """A relationship: what kind, to which part (a key; empty where it leads outside), written how."""

    id: str
    type: str
    part: str
    written: str


class File:
    """A package: members by key, and what its XML says."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.zip = zipfile.ZipFile(io.BytesIO(data))
        self.members = {_key(i.filename): i for i in self.zip.infolist()}
        self.workbook = next(t.part for t in self.targets("") if t.type.endswith("/officeDocument"))
        self.styles = next((t.part for t in self.targets(self.workbook) if t.type.endswith("/styles")), "")
        self.chains = {t.part for t in self.targets(self.workbook) if t.type.endswith("/calcChain")}
        self.indexes = {_TYPES, self.workbook, _rels_of(self.workbook), self.styles}

    def read(self, part: str) -> bytes:
        return self.zip.read(self.members[part])

    def xml(self, part: str) -> Element:
        return ElementTree.fromstring(self.read(part))

    def packed(self, key: str) -> bytes:
        """A member's compressed bytes."""
        info, extra = self.members[key], self._local_extra(key)
        start = extra[0] + len(extra[1])
        return self.data[start : start + info.compress_size]

    def about(self, key: str) -> tuple[object, ...]:
        """What the zip says of a member, but for what follows from its bytes."""
        i = self.members[key]
        extras = (_without_zip64(self._local_extra(key)[1]), _without_zip64(i.extra))
        method = zipfile.ZIP_DEFLATED if key in self.indexes else i.compress_type
        who = (i.create_system, i.external_attr, i.internal_attr)
        return (i.orig_filename, i.flag_bits & 0x800, method, i.date_time, who, i.comment, extras)

    def _local_extra(self, key: str) -> tuple[int, bytes]:
        """Where the extra field of a local header begins, and what it holds."""
        at = self.members[key].header_offset
        name, extra = struct.unpack_from("<2H", self.data, at + 26)
        return at + 30 + name, self.data[at + 30 + name : at + 30 + name + extra]

    def targets(self, part: str) -> list[Target]:
        """The relationships of a part; of the package for an empty name."""
        holder = _rels_of(part)
        if holder not in self.members:
            return []
        return [self._target(e, part) for e in self.xml(holder) if _local(e) == "Relationship"]

    def _target(self, element: Element, part: str) -> Target:
        written = element.get("Target", "")
        outside = element.get("TargetMode") == "External"
        path = "" if outside else written.partition("#")[0].replace("\\", "/")
        whole = _key(posixpath.normpath("/" + posixpath.join(posixpath.dirname(part), path))) if path else ""
        found = whole if whole in self.members else _key(unquote(whole))
        return Target(element.get("Id", ""), element.get("Type", ""), found, written)

    @cached_property
    def types(self) -> list[tuple[str, str, str]]:
        """What the content types part declares: of an ending or of a part, which, and what."""
        return [
            (_local(e), _key(e.get("Extension") or e.get("PartName") or ""), e.get("ContentType", ""))
            for e in self.xml(_TYPES)
        ]

    def type_of(self, part: str) -> str:
        declared = {(kind, unquote(name)): of for kind, name, of in self.types}
        ending = posixpath.splitext(part)[1].removeprefix(".")
        return declared.get(("Override", unquote(part)), "") or declared.get(("Default", ending), "")

    @cached_property
    def tables(self) -> list[Element]:
        """Tables, and single cells bound to XML maps: their ids are of one kind."""
        kinds = ("/table", "/tableSingleCells")
        found = {t.part for p in self.members for t in self.targets(p) if t.type.endswith(kinds)}
        roots = [self.xml(p) for p in sorted(found) if p in self.members]
        return [e for root in roots for e in ([root] if root.get("id") else root)]

    @cached_property
    def book(self) -> Element:
        return self.xml(self.workbook)


def verdict(before: bytes, after: bytes) -> list[str]:
    """Sentences on what was lost or is wrong; none where all is well."""
    old, new = File(before), File(after)
    if old.workbook != new.workbook:
        return ["the workbook part moved"]
    return [
        *_members_lost(old, new), *_types_lost(old, new), *_targets_lost(old, new), *_workbook_lost(old, new),
        *_styles_lost(old, new), *_lost_around(old, new), *_open_ends(old, new), *_doubled(old, new),
    ]  # fmt: skip


def _members_lost(old: File, new: File) -> Iterator[str]:
    if old.zip.comment != new.zip.comment:
        yield "the archive's comment changed"
    kept = [key for key in old.members if key not in old.chains]
    if [key for key in new.members if key in kept] != kept:
        yield "parts are gone or stand in another order"
    for key in set(kept) & set(new.members):
        if key not in old.indexes and old.packed(key) != new.packed(key):
            yield f"{key} was changed"
        if old.about(key) != new.about(key):
            yield f"what the zip says of {key} was changed"


def _types_lost(old: File, new: File) -> Iterator[str]:
    there = {unquote(key) for key in old.members.keys() - old.chains}
    lost = set(old.types) - set(new.types)
    if any(kind == "Default" or unquote(name) in there for kind, name, _ in lost):
        yield "a content type was lost or changed"


def _targets_lost(old: File, new: File) -> Iterator[str]:
    kept = [t for t in old.targets(old.workbook) if not t.type.endswith("/calcChain")]
    if new.targets(new.workbook)[: len(kept)] != kept:
        yield "a relationship of the workbook part was lost, changed or moved"


def _workbook_lost(old: File, new: File) -> Iterator[str]:
    sheets = _said_in(old.book, "sheets")
    if _said_in(new.book, "sheets")[: len(sheets)] != sheets:
        yield "a sheet was dropped, renamed, renumbered or moved"
    names = [_said(e) for e in _entries(old.book, "definedNames") if not e.get("name", "").startswith("_pipesheet_")]
    if [said for said in _said_in(new.book, "definedNames") if said in names] != names:
        yield "a defined name was lost or changed"
    grown = ("sheets", "definedNames", "calcPr")
    if _rest(old.book, grown) != _rest(new.book, grown):
        yield "the workbook part lost or changed something"
    if _calculation(old.book).items() - _calculation(new.book).items():
        yield "how the workbook calculates was changed"


def _calculation(root: Element) -> dict[str, str]:
    found = next((e for e in root if _local(e) == "calcPr"), None)
    return {} if found is None else {k: v for k, v in found.attrib.items() if k != "fullCalcOnLoad"}


def _styles_lost(old: File, new: File) -> Iterator[str]:
    if old.styles not in old.members:
        return
    before, after = old.xml(old.styles), new.xml(new.styles)
    for name in STYLE_LISTS:
        entries, grown = _said_in(before, name), _said_in(after, name)
        if grown[: len(entries)] != entries:
            yield f"the styles' {name} no longer begin with the user's own"
        if len(grown) > len(entries) and _listing(after, name).get("count") != str(len(grown)):
            yield f"the styles' {name} are not as many as it says"
    if _rest(before, STYLE_LISTS) != _rest(after, STYLE_LISTS):
        yield "the styles lost or changed something else"


def _listing(root: Element, name: str) -> Element:
    return next(e for e in root if e.tag == root.tag.replace(_local(root), name))


def _lost_around(old: File, new: File) -> Iterator[str]:
    """What a library for XML may drop without a word: namespaces only declared, comments, instructions."""
    for part in old.indexes & set(old.members):
        if not set(_declared(old.read(part))) <= set(_declared(new.read(part))):
            yield f"{part} lost a namespace it declared"
        if not set(_declaration(old.read(part))) <= set(_declaration(new.read(part))):
            yield f"{part} is declared otherwise"
        if _remarks(old.read(part)) != _remarks(new.read(part)):
            yield f"{part} lost a comment or a processing instruction"


def _declaration(data: bytes) -> list[tuple[str, int]]:
    """Encoding and standalone as declared; nothing where another encoding than UTF-8 is, which may become that."""
    found: list[tuple[str, int]] = []
    reader = expat.ParserCreate()
    reader.XmlDeclHandler = lambda _, encoding, standalone: found.append((str(encoding).lower(), standalone))
    reader.Parse(data, True)
    return [said for said in found if said[0] == "utf-8"]


def _declared(data: bytes) -> list[tuple[str, str]]:
    return [(str(said[0]), str(said[1])) for _, said in ElementTree.iterparse(io.BytesIO(data), events=("start-ns",))]


def _remarks(data: bytes) -> list[str]:
    reader: Any = ElementTree.XMLPullParser(events=("comment", "pi"))
    reader.feed(data)
    reader.close()
    return [str(getattr(found[1], "text", "")) for found in reader.read_events()]


def _open_ends(old: File, new: File) -> Iterator[str]:
    if new.zip.testzip() is not None:
        yield "a member does not match its checksum"
    for part in ("", *(key for key in new.members if not key.endswith(".rels"))):
        before, after = old.targets(part), new.targets(part)
        if {t.part for t in after if t.part not in new.members} - {t.part for t in before} - {""}:
            yield f"{part or 'the package'} points to what is not there"
        if len({t.id for t in after}) != len(after) and before != after:
            yield f"two relationships of {part or 'the package'} have one id"
    for part in new.members.keys() - old.members.keys():
        if not new.type_of(part):
            yield f"{part} has no content type"
    if any(t.type.endswith("/calcChain") and t.part in new.members for t in new.targets(new.workbook)):
        yield "the calculation chain is still there"


def _doubled(old: File, new: File) -> Iterator[str]:
    def sheets(attribute: str) -> Callable[[File], list[str]]:
        return lambda file: [e.get(attribute, "").casefold() for e in _entries(file.book, "sheets")]

    unique: dict[str, Callable[[File], list[str]]] = {
        "members": lambda file: [_key(i.filename) for i in file.zip.infolist()],
        "types": lambda file: [f"{kind} {unquote(name)}" for kind, name, _ in file.types],
        "tabs": sheets("name"),
        "sheet ids": sheets("sheetId"),
        "table ids": lambda file: [e.get("id", "") for e in file.tables],
        "table names": lambda file: [e.get("displayName", "").lower() for e in file.tables if e.get("displayName")],
    }
    for what, of in unique.items():
        had = Counter(of(old))
        if any(count > max(1, had[name]) for name, count in Counter(of(new)).items()):
            yield f"two {what} are the same"


def _without_zip64(extra: bytes) -> bytes:
    kept = b""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        kept += extra[: 4 + length] if kind != 1 else b""
        extra = extra[4 + length :]
    return kept + extra


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _said(element: Element) -> tuple[object, ...]:
    """What an element says, whatever its prefixes are."""
    text = element.text or ""
    return (element.tag, tuple(sorted(element.attrib.items())), text.strip(), tuple(_said(e) for e in element))


def _entries(root: Element, name: str) -> list[Element]:
    """The entries of a list in the root's own namespace; somebody else's element may have its name."""
    space = root.tag.rpartition("}")[0]
    return [e for listing in root if listing.tag in (f"{space}}}{name}", name) for e in listing]


def _said_in(root: Element, name: str) -> list[tuple[object, ...]]:
    return [_said(e) for e in _entries(root, name)]


def _rest(root: Element, but: tuple[str, ...]) -> list[object]:
    """What a root says besides those lists of its own namespace."""
    space = root.tag.removesuffix(_local(root))
    lists = {space + name for name in but}
    return [root.tag, sorted(root.attrib.items()), *(_said(e) for e in root if e.tag not in lists)]
