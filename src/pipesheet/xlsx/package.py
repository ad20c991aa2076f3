"""A package in the sense of Open Packaging Conventions: parts, their types, and how they relate.

Parts are named without a leading slash and compared without case, as Excel does; targets may be
absolute, relative or written with backslashes. Everything but the few index parts stays opaque.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from urllib.parse import unquote

from lxml import etree

from pipesheet.errors import Locked, NotAWorkbook, Unsafe, Unsupported
from pipesheet.xlsx import markup
from pipesheet.xlsx.archive import Archive, Member, Packed, pack, shown, unpack, write_zip

TYPES_PART = "[Content_Types].xml"
MAX_PARSED = 12 << 20
"""Bytes of a part that lists others or holds formats; Excel's limits keep it well below."""
MOST_RELATIONSHIPS = 150_000
"""In all parts together; a sheet has at most 66,530 links, each with a relationship of its own."""
MOST_TYPES = 50_000
"""Entries; no more than 20,000 parts are opened."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """`part` is what an internal relationship points to, empty for an external one."""

    id: str
    kind: str
    """The last word of its type: ``worksheet``, ``table``, ``calcChain``."""
    type: str
    target: str
    part: str
    external: bool


def rels_of(part: str) -> str:
    """The part that holds a part's relationships; the package's own for an empty name."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


class Package:
    """A workbook's package, opened and looked over. It is never changed; `rewritten` makes a new one.

    Raises:
        ReadError: it is damaged, encrypted or unsafe.
        Unsupported: it is another kind of file.
    """

    def __init__(self, data: bytes, path: str | PathLike[str] = "workbook.xlsx") -> None:
        self.path = path
        self._archive = Archive(data, path)
        stored = [n for n in self._archive.names if not n.endswith(("/", "\\"))]
        self._stored = {_key(n): n for n in stored}
        self._relationships: dict[str, tuple[Relationship, ...]] = {}
        self._related = 0
        if TYPES_PART not in self:
            raise NotAWorkbook(path, f"it has no {TYPES_PART}, so it is a zip but no workbook")
        self.types = self.root(TYPES_PART, f"{{{markup.CONTENT_TYPES}}}Types")
        if len(self.types) > MOST_TYPES:
            raise Unsafe(path, f"it says the types of {len(self.types):,} parts, far more than a workbook has")
        self._defaults, declared = _types(self.types)
        self._overrides = {_key(self._decoded(part)): kind for part, kind in declared.items()}
        self.workbook = self._find_workbook()

    @property
    def data(self) -> bytes:
        """The whole file."""
        return self._archive.data

    @property
    def parts(self) -> list[str]:
        """Names of all parts, in the order of the zip."""
        return [n.replace("\\", "/").lstrip("/") for n in self._stored.values()]

    def __contains__(self, part: object) -> bool:
        return isinstance(part, str) and _key(part) in self._stored

    def read(self, part: str) -> bytes:
        """A part's bytes."""
        return self._archive.read(self._stored[_key(part)])

    def size(self, part: str) -> int:
        """How many bytes `read` would give."""
        return self._archive.size(self._stored[_key(part)])

    def stream(self, part: str, *, step: int = 1 << 20) -> Iterable[bytes]:
        """A part's bytes, piece by piece."""
        return self._archive.pieces(self._stored[_key(part)], step)

    def packed(self, part: str) -> Packed:
        """A part as it is compressed in the file."""
        return self._archive.member(self._stored[_key(part)]).packed

    def root(self, part: str, tag: str = "") -> etree._Element:
        """The root element of a part's XML, to be looked at; a list of this tag where one is given."""
        root = markup.parse_xml(self._whole(part), self.path, part)
        # What lists parts is a plain list; what hangs below an entry would go with it.
        if tag and (root.tag != tag or root.find("*/*") is not None):
            raise NotAWorkbook(self.path, f"its part {shown(part)} does not hold what its name says")
        return root

    def document(self, part: str) -> markup.Document:
        """A part's XML, to be edited."""
        return markup.Document(self._whole(part), self.path, part)

    def _whole(self, part: str) -> bytes:
        """The bytes of a part that is taken apart in memory, where it grows to many times its size."""
        if self.size(part) > MAX_PARSED:
            size = f"{self.size(part):,} bytes"
            raise Unsafe(self.path, f"its part {shown(part)} would have {size}, which no workbook needs")
        return self.read(part)

    def content_type(self, part: str) -> str:
        """The type of a part, by its own entry or its ending; empty where none is declared."""
        by_ending = self._defaults.get(posixpath.splitext(part)[1][1:].lower(), "")
        return self._overrides.get(_key(part), by_ending)

    def of_type(self, ending: str) -> list[str]:
        """The parts whose declared type ends so, in the order of the zip."""
        return [p for p in self.parts if self.content_type(p).endswith(ending)]

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """What a part points to, in the order of its relationships part."""
        if part not in self._relationships:
            self._relationships[part] = self._read_relationships(part)
        return self._relationships[part]

    def reachable(self, start: str, *, without: Iterable[str] = ()) -> list[str]:
        """The parts that hang below `start`, itself first, in the order of their relationships."""
        seen, ahead = {_key(w) for w in without}, [start]
        found: list[str] = []
        for part in ahead:  # which grows meanwhile
            if _key(part) in seen or (part and part not in self):
                continue
            seen.add(_key(part))
            found.append(self.part_name(part) if part else part)
            ahead += [r.part for r in self.relationships(part) if r.part]
        return found

    @property
    def styles(self) -> str:
        """Where the workbook part says its formats are, there or not; empty where it says nothing.

        Another part may be called so by mistake; what is declared to be one goes before it.
        """
        named = [r.part for r in self.relationships(self.workbook) if r.kind == "styles" and r.part]
        declared = [p for p in named if "styles" in self.content_type(p).lower()]
        return next(iter(declared or [p for p in named if p not in self]), "")

    @property
    def chains(self) -> list[Relationship]:
        """What leads to the calculation chain. Another part may be called so by mistake; it is declared otherwise."""
        called = [r for r in self.relationships(self.workbook) if r.kind == "calcChain"]
        return [r for r in called if "calcchain" in self.content_type(r.part).lower()]

    def taken_names(self) -> set[str]:
        """Keys of names no new part may have: parts, declared types, targets that lead nowhere."""
        targets = {_key(r.part) for p in ("", *self.parts) for r in self.relationships(p) if r.part}
        return set(self._stored) | set(self._overrides) | targets

    def rewritten(self, changes: Mapping[str, bytes | Packed | None]) -> bytes:
        """The whole file with parts replaced in their place, dropped (None), or added at the end.

        A part whose bytes stay the same keeps its compressed bytes, so equal parts make equal files.
        """
        wanted = {_key(part): (part, content) for part, content in changes.items()}
        members = []
        for name in self._archive.names:
            member = self._archive.member(name)
            if _key(name) in wanted:
                _, content = wanted.pop(_key(name))
                if content is None:
                    continue
                member = self._updated(member, content)
            members.append(member)
        added = (Member.new(part, _packed(c)) for part, c in wanted.values() if c is not None)
        return write_zip([*members, *added], comment=self._archive.comment)

    def _updated(self, member: Member, content: bytes | Packed) -> Member:
        old, new = member.packed, _packed(content)
        alike = (old.crc, old.size) == (new.crc, new.size)
        return member if alike and unpack(old) == unpack(new) else replace(member, packed=new)

    def _find_workbook(self) -> str:
        kinds = {r.kind: r for r in self.relationships("")}
        if "origin" in kinds or any(p.lower().startswith("_xmlsignatures/") for p in self.parts):
            raise Locked(
                self.path,
                "it is digitally signed, and a change would break the signature",
                "Write to a new file from a copy without the signature.",
            )
        found = kinds.get("officeDocument")
        if found is None or found.part not in self:
            raise NotAWorkbook(self.path, "it names no workbook part")
        if ".binary." in self.content_type(found.part):
            raise Unsupported(
                self.path,
                "it is a binary workbook (.xlsb), whatever its name says",
                "Save it as Excel Workbook (*.xlsx), or use check or report, which only read.",
            )
        if any(r.kind == "revisionHeaders" for r in self.relationships(found.part)):
            raise Locked(
                self.path,
                "it is shared in Excel's old manner, where no tables or charts can be added",
                "In Excel: Review, Unshare Workbook (or Share Workbook, switch it off), and run again.",
            )
        return self.part_name(found.part)

    def part_name(self, part: str) -> str:
        """A part's name as the file spells it."""
        return self._stored[_key(part)].replace("\\", "/").lstrip("/")

    def _read_relationships(self, part: str) -> tuple[Relationship, ...]:
        holder = rels_of(part)
        if holder not in self or part.endswith(".rels"):
            return ()
        root = self.root(holder, f"{{{markup.PACKAGE_RELS}}}Relationships")
        self._related += len(root)
        if self._related > MOST_RELATIONSHIPS:
            raise Unsafe(self.path, f"its parts point to each other over {MOST_RELATIONSHIPS:,} times")
        return tuple(self._relationship(r, posixpath.dirname(part)) for r in root if markup.local(r) == "Relationship")

    def _relationship(self, element: etree._Element, folder: str) -> Relationship:
        def get(name: str) -> str:
            return str(element.get(name, ""))

        external = get("TargetMode") == "External"
        target = "" if external else self._resolve(get("Target"), folder)
        kind = get("Type").rpartition("/")[2]
        return Relationship(get("Id"), kind, get("Type"), get("Target"), target, external)

    def _resolve(self, target: str, folder: str) -> str:
        path = target.partition("#")[0].replace("\\", "/")
        joined = path if path.startswith("/") else posixpath.join(folder, path)
        plain = posixpath.normpath(joined).lstrip("/") if path else ""
        return self._decoded(plain)

    def _decoded(self, name: str) -> str:
        """A name as the zip spells it, which may be percent-encoded in targets and types only."""
        return unquote(name) if "%" in name and name not in self and unquote(name) in self else name


def _packed(content: bytes | Packed) -> Packed:
    return content if isinstance(content, Packed) else pack([content])


def _types(root: etree._Element) -> tuple[dict[str, str], dict[str, str]]:
    """Content types by ending and by part."""

    def of(name: str) -> list[etree._Element]:
        return [e for e in root if markup.local(e) == name]

    endings = {str(e.get("Extension", "")).lower(): str(e.get("ContentType", "")) for e in of("Default")}
    parts = {_key(str(e.get("PartName", ""))): str(e.get("ContentType", "")) for e in of("Override")}
    return endings, parts
