"""Two workbooks compared: does the second close as a package, and is all of the first still in it?

The rules are those of a referee outside this project. Of the user's every part must be there byte for
byte; the parts that list others may only have grown, with nothing renumbered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pipesheet.locate import MARK
from pipesheet.xlsx.book import TABLE_TYPE, Book, only_ours
from pipesheet.xlsx.markup import child, children, each, local, same_all, signature
from pipesheet.xlsx.package import TYPES_PART, Package, rels_of

_STYLE_LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
_GROWING = ("sheets", "definedNames", "calcPr")


@dataclass(frozen=True, slots=True)
class Kept:
    """The user's parts that a write passes on as they are: how many, and one hash over all of them.

    The hash is SHA-256 in hex over each part's name and its compressed bytes, in the order of the names;
    equal before and after a write, and from write to write until somebody saves the workbook.
    """

    parts: int
    sha256: str


def open_ends(before: Package, after: Package) -> Iterator[str]:
    """What in `after` does not resolve, or is there twice, and was not so before."""
    for part in ("", *after.parts):
        ids = Counter(r.id for r in after.relationships(part))
        if max(ids.values(), default=1) > 1 and after.relationships(part) != before.relationships(part):
            yield f"two relationships of {part or 'the package'} have one id"
        missing = {r.part for r in after.relationships(part) if r.part and r.part not in after}
        if missing - {r.part for r in before.relationships(part) if r.part not in before}:
            yield f"{part or 'the package'} points to {sorted(missing)[0]}, which is not there"
    untyped = {p for p in after.parts if not after.content_type(p)} - set(before.parts)
    if untyped:
        yield f"{sorted(untyped)[0]} has no content type"
    had = Counter(_identities(before))
    doubles = ((name, n) for name, n in Counter(_identities(after)).items() if n > max(1, had[name]))
    yield from (f"{name} is there {n} times" for name, n in doubles)


def _identities(package: Package) -> Iterator[str]:
    for sheet in Book(package).sheets:
        yield from (f"sheet id {sheet.sheet_id}", f"tab {sheet.name.casefold()}")
    for root in map(package.root, package.of_type(TABLE_TYPE)):
        yield from (f"table id {root.get('id')}", f"table {str(root.get('displayName')).lower()}")


def losses(before: Package, after: Package, keys: set[str]) -> Iterator[str]:
    """What of the user's is not as it was; our sheets of those keys may have changed."""
    ours = only_ours(Book(before), keys)
    passing = {p.lower() for p in (*ours, *(r.part for r in before.chains))}
    for part in before.parts:
        if part not in after and part.lower() not in passing:
            yield f"{part} is gone"
    indexes = _index_parts(before)
    for part in before.parts:
        if part in after and part.lower() not in passing | indexes and _differ(before, after, part):
            yield f"{part} was changed"
    yield from _shrunk_book(Book(before), Book(after), ours)
    yield from _shrunk_types(before, after, ours)
    styles = before.styles
    if styles in before and styles in after:
        yield from _shrunk_styles(before.root(styles), after.root(styles))


def _differ(before: Package, after: Package, part: str) -> bool:
    return before.packed(part) != after.packed(part) and before.read(part) != after.read(part)


def _index_parts(package: Package) -> set[str]:
    """The parts that list others or hold formats, in lower case: what a write may add to."""
    book = package.workbook
    return {p.lower() for p in (TYPES_PART, book, rels_of(book), package.styles) if p}


def kept_parts(package: Package) -> Kept:
    """What the next write will leave as it is: all but our sheets, the indexes and the calculation chain."""
    passing = _index_parts(package) | {
        p.lower() for p in (*only_ours(Book(package)), *(r.part for r in package.chains))
    }
    names = sorted(p for p in package.parts if p.lower() not in passing)
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + hashlib.sha256(package.packed(name).raw).digest())
    return Kept(len(names), digest.hexdigest())


def _shrunk_book(old: Book, new: Book, ours: set[str]) -> Iterator[str]:
    if new.sheets[: len(old.sheets)] != old.sheets:
        yield "a sheet was dropped, renamed, renumbered or moved"
    rels = {r.id: r for r in new.package.relationships(new.package.workbook)}
    kept = set(old.package.relationships(old.package.workbook)) - set(old.package.chains)
    if any(rels.get(r.id) != r for r in kept):
        yield "a relationship of the workbook part changed"
    rest = ([e for e in each(b.root) if local(e) not in _GROWING] for b in (old, new))
    if not same_all(*rest) or _calculation(old) != _calculation(new):
        yield "the workbook part lost or changed something"
    mine = {str(s.position) for s in old.sheets if s.part in ours}
    names = {signature(n) for n in new.names()}
    if any(signature(n) not in names for n in old.names() if not _is_ours(n, mine)):
        yield "a defined name was lost or changed"


def _calculation(book: Book) -> dict[str, str]:
    """The user's settings of how formulas are computed; when to do so is ours to ask."""
    found = child(book.root, "calcPr")
    return {} if found is None else {str(k): str(v) for k, v in found.attrib.items() if k != "fullCalcOnLoad"}


def _is_ours(name: etree._Element, positions: set[str]) -> bool:
    builtin = str(name.get("name")).startswith("_xlnm.") and name.get("localSheetId") in positions
    return builtin or str(name.get("name")).lower().startswith(MARK)


def _shrunk_types(before: Package, after: Package, ours: set[str]) -> Iterator[str]:
    types = {t for t in map(_type, children(before.types)) if t[0] == "Default" or (t[1] in before) == (t[1] in after)}
    lost = types - set(map(_type, children(after.types)))
    if {part for _, part, _ in lost} - {o.lower() for o in ours}:
        yield "a content type was lost or changed"


def _type(element: etree._Element) -> tuple[str, str, str]:
    part = str(element.get("PartName") or element.get("Extension", "")).lstrip("/").lower()
    return local(element), part, str(element.get("ContentType"))


def _shrunk_styles(before: etree._Element, after: etree._Element) -> Iterator[str]:
    for name in _STYLE_LISTS:
        if not same_all(each(child(before, name)), each(child(after, name)), more=True):
            yield f"the styles' {name} were changed"
    if not same_all(*([e for e in each(r) if local(e) not in _STYLE_LISTS] for r in (before, after))):
        yield "the styles lost or changed something else"
