"""What must hold for any file at all, however broken: it is read, or written into with nothing lost, or
refused in one clear sentence.

``examine(data, folder)`` tries all of that and raises `Fault` where something does not hold. Whether
anything was lost is found out here by other means than the code's own: `lost` compares two packages.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from traceback import extract_tb
from typing import Generic, TypeVar
from urllib.parse import unquote

from lxml import etree

import pipesheet
from grafting import NAMES, plans
from pipesheet.errors import NotVerified, PipesheetError
from pipesheet.results import RunStamp
from pipesheet.writer import grafted_file, write_sheets

AS_OF = dt.date(2026, 11, 24)
STAMP = RunStamp(dt.datetime(2026, 11, 24, 8, 30), "0.1.0", "book.xlsx", "0" * 64, "0" * 12)
LONGEST_MESSAGE = 1_000
_UNCLEAR = (
    "Traceback", "Errno", "<lxml", "<string>", "object at", "NoneType", "codec can't", "Error -",
    "Exception", "(<", "<class", "()", "python", "etree",
)  # fmt: skip
_ODD_WORDS = re.compile(
    r"\bNone\b|\b0x[0-9a-fA-F]+|\b(?:Key|Value|Type|Index|Attribute|Runtime|Unicode\w*)Error\b|[\x00-\x1f\x7f]"
)
_QUOTED = re.compile(r"(?<!\w)'[^'\x00-\x1f\x7f]*'(?!\w)")
"""What a message repeats of the workbook's own words, which are as they are."""
_RESULTS_OF, _AGAIN_OF = 6, 4
"""The real result sheets and more grafts take long, so they are made for one workbook in so many."""
_MARK = "_pipesheet_"
_STYLE_LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")

_Result = TypeVar("_Result")


class Fault(AssertionError):
    """Something that must hold did not; equal faults have equal keys."""

    def __init__(self, kind: str, key: str, detail: str) -> None:
        self.kind, self.key, self.detail = kind, key, detail
        super().__init__(f"{kind} ({key}): {detail}")


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a file: what came of each step, in words, and whether it was written into."""

    path: tuple[str, ...]
    grafted: bool


def examine(data: bytes, folder: Path, *, referee: Callable[..., list[str]] | None = None) -> Examined:
    """Reads, analyzes and writes into a file of those bytes.

    Raises:
        Fault: something did not go as it must.
    """
    path = folder / f"fuzzed{_ending(data)}"
    path.write_bytes(data)
    read = _tried(path, lambda: pipesheet.read(path))
    said = [read.said]
    if read.result is not None:
        source = read.result
        analyzed = _tried(path, lambda: pipesheet.analyze(source, as_of=AS_OF))
        said.append(analyzed.said)
        if analyzed.result is not None and zlib.crc32(data) % _RESULTS_OF == 0:
            said.append(_results_written(source, analyzed.result, folder))
    grafted = _tried(path, lambda: _graft(data, path, deals=3))
    said.append(grafted.said)
    if grafted.result is not None:
        _judge(data, grafted.result, path, folder, referee)
    if path.read_bytes() != data:
        raise Fault("changed", "input", "the input file is not as it was")
    return Examined(tuple(said), grafted.result is not None)


def _ending(data: bytes) -> str:
    if data.startswith(b"PK"):
        return ".xlsx"
    return ".xls" if data.startswith(b"\xd0\xcf\x11\xe0") else ".csv"


def _graft(data: bytes, path: Path, *, deals: int) -> bytes:
    return grafted_file(data, lambda names, _: plans(names, deals=deals), names=NAMES, path=path).data


@dataclass(frozen=True, slots=True)
class _Tried(Generic[_Result]):
    result: _Result | None
    said: str


def _tried(path: Path, work: Callable[[], _Result]) -> _Tried[_Result]:
    """The result, or None where it was refused as it should be."""
    try:
        return _Tried(work(), "done")
    except PipesheetError as error:
        place = _place(error)
        if why := unclear(str(error), path.name):
            raise Fault("unclear", f"{type(error).__name__} at {place}: {why}", str(error)[:2000]) from error
        if isinstance(error, NotVerified):
            reason = re.sub(r"[\w/.\[\]-]*\d[\w/.\[\]-]*", "N", str(error))
            raise Fault("not verified", reason[:200], str(error)) from error
        return _Tried(None, f"{type(error).__name__} at {place}")
    except Exception as error:
        raise Fault("crash", f"{type(error).__name__} at {_place(error)}", repr(error)[:2000]) from error


def _place(error: BaseException) -> str:
    """The last line of our own code that an error came through, other than the one that raises for all."""
    frames = [f for f in extract_tb(error.__traceback__) if "pipesheet" in Path(f.filename).parts]
    ours = [f for f in frames if f.name not in ("__init__",)] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "outside"


def unclear(message: str, name: str) -> str:
    """Why a message is not one a person can use; empty where it is."""
    if name not in message:
        return "does not name the file"
    if len(message) > LONGEST_MESSAGE:
        return "too long"
    if not message.endswith("."):
        return "does not end"
    odd = _ODD_WORDS.search(_QUOTED.sub("", message))
    return next((word for word in _UNCLEAR if word in message), repr(odd.group()) if odd else "")


def _results_written(source: pipesheet.Source, analysis: pipesheet.Analysis, folder: Path) -> str:
    """The real result sheets and the report, where the workbook has deals."""
    target = folder / f"result{source.path.suffix}"
    written = _tried(source.path, lambda: pipesheet.write(source, analysis, target, stamp=STAMP))
    _tried(source.path, lambda: pipesheet.render(analysis, stamp=STAMP))
    if written.result is not None:
        _nothing_lost(source.path.read_bytes(), target.read_bytes(), "results")
        target.unlink()
    return written.said


def _judge(data: bytes, after: bytes, path: Path, folder: Path, referee: Callable[..., list[str]] | None) -> None:
    _nothing_lost(data, after, "graft")
    if referee is not None:
        _ask(referee, data, after)
    if zlib.crc32(data) % _AGAIN_OF:
        return
    again = _graft(after, path, deals=3)
    if again != after:
        raise Fault("not the same", "second graft", "equal sheets grafted again gave other bytes")
    _nothing_lost(data, _graft(after, path, deals=5), "graft of a graft")
    out = folder / "out.xlsx"
    write_sheets(path, plans, out, names=NAMES)
    if out.read_bytes() != after:
        raise Fault("not the same", "written file", "the file on disk is not what was grafted")
    out.unlink()


def _nothing_lost(before: bytes, after: bytes, what: str) -> None:
    gone = list(islice(lost(before, after), 5))
    if gone:
        key = re.sub(r"'[^']*'|\d+", "N", gone[0])
        raise Fault("lost", f"{what}: {key}", "; ".join(gone))


def _ask(referee: Callable[..., list[str]], before: bytes, after: bytes) -> None:
    try:
        gone = referee(io.BytesIO(before), io.BytesIO(after), _Package(before).our_tabs)
    except Exception:  # it was not made for broken files, and then cannot tell
        return
    old = _Package(before)
    exact = set(zipfile.ZipFile(io.BytesIO(before)).namelist())
    if _rels(old.book) not in exact:
        return  # It looks for relationships by the letters' case, and finds none of ours then.
    gone = [g for g in gone if not _passed_over(g, old)]
    if gone:
        raise Fault("lost by the referee", re.sub(r"\d+", "N", gone[0])[:120], "; ".join(gone)[:2000])


def _passed_over(sentence: str, old: _Package) -> bool:
    """Whether it says a thing that is none, of a part that `lost` tells more exactly."""
    listing = {old.book, _rels(old.book), _TYPES, *old.related("styles"), *old.chains}
    if "content type" in sentence:  # of ours it knows the sheets alone, and none of a part that is not there
        return bool(old.ours) or any(e.get("PartName") and _part(e) not in old.members for e in old.tree(_TYPES))
    if "defined name" in sentence:  # those of our sheets it knows by the tab that they point to, not that they are of
        return bool(old.ours)
    if "shared strings" in sentence:  # another part that is called so, and that lists what may grow
        return bool(old.related("sharedStrings") & (listing | old.ours))
    if "styles part" in sentence or "number format" in sentence:
        return bool(old.related("styles") & {old.book, _rels(old.book), _TYPES})
    part = re.fullmatch(r"part (.*) (?:was changed|is gone)", sentence)
    return part is not None and _key(part[1]) in listing | old.ours  # it compares the names of parts letter by letter


# Two packages compared ----------------------------------------------------------------------------------


def lost(before: bytes, after: bytes) -> Iterator[str]:
    """Sentences on what of `before` is not in `after`; sheets that pipesheet wrote may be replaced."""
    old, new = _Package(before), _Package(after)
    listing = {_TYPES, old.book, _rels(old.book), *old.related("styles")}
    passing = listing | old.ours | old.chains
    for name, held in old.members.items():
        if name in new.members and name not in passing and new.members[name] != held:
            yield f"the member {name!r} changed"
        if name not in new.members and name not in old.ours | old.chains:
            yield f"the member {name!r} is gone"
    if (old.book, old.comment) != (new.book, new.comment):
        yield "the workbook part or the archive's comment is another"
        return
    yield from _lists(old, new)


def _lists(old: _Package, new: _Package) -> Iterator[str]:
    was, now = old.tree(old.book), new.tree(new.book)
    if _said(now, "sheets")[: len(_said(was, "sheets"))] != _said(was, "sheets"):
        yield "the list of sheets does not begin with what it was"
    names = [
        s for s, n in zip(_said(was, "definedNames"), _below(was, "definedNames"), strict=True) if not old.is_ours(n)
    ]
    if missing := [s for s in names if s not in _said(now, "definedNames")]:
        yield f"the defined name {missing[0]!r} was lost"
    grown = ("sheets", "definedNames", "calcPr")
    if _others(was, grown) != _others(now, grown):
        yield "something else in the workbook part changed"
    gone = [r for r in old.relationships(old.book) if r not in new.relationships(new.book)]
    gone = [r for r in gone if r.kind != "calcChain" or r.target not in old.chains]
    if gone:
        yield f"the relationship {gone[0].id!r} changed"
    yield from _types_and_styles(old, new)


def _types_and_styles(old: _Package, new: _Package) -> Iterator[str]:
    there = set(old.members) - old.ours - old.chains
    kept = set(map(_entry, _elements(new.tree(_TYPES))))
    for entry in _elements(old.tree(_TYPES)):
        if _entry(entry) not in kept and (_part(entry) in there or _local(entry) == "Default"):
            yield f"the content type of {_part(entry) or entry.get('Extension', '')!r} was lost"
    for styles in old.related("styles") & set(old.members) - {_TYPES, old.book, _rels(old.book)}:
        if old.members[styles] == new.members.get(styles):
            continue  # Also what is only called so, and may be no XML at all.
        was, now = old.tree(styles), new.tree(styles)
        for name in _STYLE_LISTS:
            if _said(now, name)[: len(_said(was, name))] != _said(was, name):
                yield f"the styles' {name} do not begin with what they were"
        if _others(was, _STYLE_LISTS) != _others(now, _STYLE_LISTS):
            yield "something else in the styles changed"


_TYPES = "[content_types].xml"


@dataclass(frozen=True, slots=True)
class _Relation:
    id: str
    kind: str
    target: str = field(compare=False)
    written: tuple[tuple[str, str], ...]


class _Package:
    """A package by its members' names in lower case, without a leading slash."""

    def __init__(self, data: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self.comment = self._zip.comment
        self._infos = {_key(i.filename): i for i in self._zip.infolist() if not i.filename.endswith("/")}
        self.members = {name: _held(data, i) for name, i in self._infos.items()}
        self._trees: dict[str, etree._Element] = {}
        self.book = next(r.target for r in reversed(self.relationships("")) if r.kind == "officeDocument")

    def tree(self, name: str) -> etree._Element:
        if name not in self._trees:
            data = self._zip.read(self._infos[name])
            self._trees[name] = etree.fromstring(
                data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
            )
        return self._trees[name]

    def relationships(self, part: str) -> list[_Relation]:
        holder = _rels(part)
        if holder not in self.members or part.endswith(".rels"):
            return []
        found = (e for e in self.tree(holder) if isinstance(e.tag, str) and _local(e) == "Relationship")
        return [self._relation(e, posixpath.dirname(part)) for e in found]

    def _relation(self, element: etree._Element, folder: str) -> _Relation:
        target = ""
        if element.get("TargetMode") != "External" and element.get("Target", "").partition("#")[0]:
            joined = posixpath.join("/", folder, element.get("Target", "").partition("#")[0].replace("\\", "/"))
            target = _key(posixpath.normpath(joined))
            target = target if target in self.members else unquote(target)
        written = tuple(sorted((str(k), str(v)) for k, v in element.attrib.items()))
        return _Relation(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], target, written)

    def related(self, kind: str) -> set[str]:
        return {r.target for r in self.relationships(self.book) if r.kind == kind}

    @cached_property
    def chains(self) -> set[str]:
        """The calculation chain; a part that is called so by mistake is declared to be something else."""
        by_ending = {str(e.get("Extension", "")).lower(): str(e.get("ContentType", "")) for e in self.tree(_TYPES)}
        by_name = {_part(e): str(e.get("ContentType", "")) for e in self.tree(_TYPES)}
        kinds = {p: by_name.get(p, by_ending.get(p.rpartition(".")[2], "")) for p in self.related("calcChain")}
        return {part for part, kind in kinds.items() if "calcchain" in kind.lower()}

    def reachable(self, start: str, without: frozenset[str] = frozenset()) -> set[str]:
        seen, ahead = set[str](), [start]
        while ahead:
            part = ahead.pop()
            if part not in seen | without and (not part or part in self.members):
                seen.add(part)
                ahead += [r.target for r in self.relationships(part)]
        return seen

    @cached_property
    def _our_sheets(self) -> dict[str, tuple[str, str]]:
        """Position -> (tab, part) of the sheets that a mark points to and that hold a table of ours."""
        parts = {r.id: r.target for r in self.relationships(self.book)}
        root, found = self.tree(self.book), dict[str, tuple[str, str]]()
        marked = {
            _pointed(n.text or "") for n in _below(root, "definedNames") if n.get("name", "").lower().startswith(_MARK)
        }
        if not {"_pipesheet_book", "_pipesheet_run_log"} & {
            n.get("name", "").lower() for n in _below(root, "definedNames")
        }:
            return found  # they only came with sheets copied from elsewhere
        for position, sheet in enumerate(_below(root, "sheets")):
            part = next((parts.get(str(v), "") for k, v in sheet.attrib.items() if str(k).endswith("}id")), "")
            if sheet.get("name", "").casefold() in marked and part in self.members and self._holds_our_table(part):
                found[str(position)] = (sheet.get("name", ""), part)
        return found

    def _holds_our_table(self, part: str) -> bool:
        tables = [r.target for r in self.relationships(part) if r.kind == "table" and r.target in self.members]
        roots = [self.tree(t) for t in tables]
        return any(str(r.get("displayName") or r.get("name", "")).lower().startswith("pipesheet") for r in roots)

    @property
    def our_tabs(self) -> list[str]:
        return [tab for tab, _ in self._our_sheets.values()]

    @cached_property
    def ours(self) -> set[str]:
        """The parts that only our sheets lead to, and their relationships."""
        sheets = frozenset(part for _, part in self._our_sheets.values())
        below = {p for s in sheets for p in self.reachable(s)} - self.reachable("", without=sheets)
        return below | {_rels(p) for p in below}

    def is_ours(self, name: etree._Element) -> bool:
        builtin = name.get("name", "").startswith("_xlnm.") and name.get("localSheetId") in self._our_sheets
        return builtin or name.get("name", "").lower().startswith(_MARK)


def _held(data: bytes, info: zipfile.ZipInfo) -> tuple[object, ...]:
    """A member as it lies in the file: nothing of it may change, its compressed bytes included."""
    start = info.header_offset
    start += (
        30
        + int.from_bytes(data[start + 26 : start + 28], "little")
        + int.from_bytes(data[start + 28 : start + 30], "little")
    )
    about = (info.filename, info.CRC, info.file_size, info.date_time, info.comment, info.external_attr)
    return (*about, info.compress_type, data[start : start + info.compress_size])


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _part(entry: etree._Element) -> str:
    return _key("/" + str(entry.get("PartName", "")).lstrip("/"))


def _rels(part: str) -> str:
    return posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _elements(parent: etree._Element) -> list[etree._Element]:
    return [e for e in parent if isinstance(e.tag, str)]


def _below(root: etree._Element, name: str) -> list[etree._Element]:
    return next((_elements(e) for e in _elements(root) if _local(e) == name), [])


def _entry(element: etree._Element) -> tuple[object, ...]:
    return (element.tag, *sorted((str(k), str(v)) for k, v in element.attrib.items()))


def _meaning(element: etree._Element) -> tuple[object, ...]:
    return (*_entry(element), (element.text or "").strip(), *map(_meaning, _elements(element)))


def _said(root: etree._Element, name: str) -> list[tuple[object, ...]]:
    return [_meaning(e) for e in _below(root, name)]


def _others(root: etree._Element, but: tuple[str, ...]) -> list[tuple[object, ...]]:
    return [_meaning(e) for e in _elements(root) if _local(e) not in but]


def _pointed(text: str) -> str:
    sheet = text.strip().lstrip("=").lstrip("$").rpartition("!")[0]
    return (sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet).casefold()
