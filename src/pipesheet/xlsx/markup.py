"""XML of a package's parts: read without entities, DTDs or network; written as it was declared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import starmap, zip_longest
from os import PathLike

from lxml import etree

from pipesheet.errors import NotAWorkbook, Unsafe
from pipesheet.xlsx.archive import shown

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
_DECLARED = re.compile(rb'(?:\xef\xbb\xbf)?<\?xml(?=[^>]*encoding=["\'][uU][tT][fF]-8["\'])[^>]*\?>\s*')

_MOST_DIGITS = 10
MOST_PIECES = 750_000
"""Tags and attributes of one part that is taken apart as a tree; each costs some hundred bytes, and 60,000 cell
formats have 700,000."""

Signature = tuple[str, tuple[tuple[str, str], ...], str, tuple["Signature", ...]]


def parse_xml(data: bytes, path: str | PathLike[str], part: str) -> etree._Element:
    """The root element of a part.

    Raises:
        Unsafe: it brings a document type, the door to entity bombs and foreign files.
            It may also hold more than a tree can be made of.
        NotAWorkbook: it is not well-formed.
    """
    part = shown(part)
    pieces = data.count(b"<") + data.count(b"=")
    if pieces > MOST_PIECES:
        raise Unsafe(path, f"its part {part} holds {pieces:,} tags and attributes, far more than a workbook needs")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in data:
            raise Unsafe(path, f"its part {part} holds a document type") from None
        line, column = error.position
        raise NotAWorkbook(path, f"its part {part} is not well-formed XML (line {line}, column {column})") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unsafe(path, f"its part {part} holds a document type")
    return root


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for comments and processing instructions."""
    # Asked of every entry of every list: a QName for each would take most of a write's time.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(parent: etree._Element, name: str) -> etree._Element | None:
    """The first child of that local name."""
    return next(parent.iterchildren("{*}" + name), None)


def whole_number(text: str | None) -> int:
    """The number an attribute says; 0 where it says none, or one beyond all that the format counts."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def children(parent: etree._Element | None) -> list[etree._Element]:
    """The child elements, without comments."""
    return list(each(parent))


def each(parent: etree._Element | None) -> Iterator[etree._Element]:
    """The child elements one by one, where there may be very many."""
    return iter(()) if parent is None else parent.iterchildren("*")


def signature(element: etree._Element) -> Signature:
    """What an element says, whatever its prefixes, attribute order and ids are."""
    return (*_itself(element), tuple(map(signature, each(element))))


def _itself(element: etree._Element) -> tuple[str, tuple[tuple[str, str], ...], str]:
    return str(element.tag), tuple(sorted((str(k), str(v)) for k, v in element.items())), (element.text or "").strip()


def same_all(some: Iterable[etree._Element], others: Iterable[etree._Element], *, more: bool = False) -> bool:
    """Whether each has the signature of its fellow, told without making any, and they are as many.

    With `more`, there may be more others.
    """

    def same(one: etree._Element | None, other: etree._Element | None) -> bool:
        if one is None or other is None:
            return more and one is None
        return _itself(one) == _itself(other) and same_all(each(one), each(other))

    return all(starmap(same, zip_longest(some, others)))


def adopt(parent: etree._Element, element: etree._Element) -> etree._Element:
    """A copy of `element` as the last child of `parent`, in the prefixes `parent` already uses."""
    copy = etree.SubElement(parent, element.tag, {str(k): str(v) for k, v in element.attrib.items()})
    copy.text = element.text
    for below in children(element):
        adopt(copy, below)
    return copy


def insert_in_order(parent: etree._Element, name: str, order: tuple[str, ...]) -> etree._Element:
    """A new child of that local name, placed where the schema's sequence wants it."""
    new = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, name))
    later = set(order[order.index(name) + 1 :])
    follower = next((c for c in parent if local(c) in later), None)
    if follower is not None:
        follower.addprevious(new)
    return new


class Document:
    """One part's XML under edit. What is not changed is given back as the bytes that were read."""

    def __init__(self, data: bytes, path: str | PathLike[str], part: str) -> None:
        self.original = data
        self.root = parse_xml(data, path, part)
        self._before = etree.tostring(self.root)

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was read."""
        return etree.tostring(self.root) != self._before

    def dump(self) -> bytes:
        """The part's bytes, with the declaration and the namespaces it came with."""
        if not self.changed:
            return self.original
        declared = _DECLARED.match(self.original)
        text = etree.tostring(self.root.getroottree(), encoding="unicode")
        return (declared.group() if declared else DECLARATION) + text.encode()
