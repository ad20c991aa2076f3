"""The two dialects of the format: Transitional, which nearly everybody saves, and Strict.

They say the same under other namespaces (ECMA-376 part 1 against part 4). Our sheets are composed in
Transitional and rewritten for a Strict workbook. Strict's schema has shares in charts with a percent sign
(``55%``); Microsoft's validator takes that for an error and Excel writes the bare number, so we do too.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from lxml import etree

from pipesheet.xlsx.archive import Member, pack, write_zip
from pipesheet.xlsx.markup import DOCUMENT_RELS, MAIN

_SHEET_DATA = b"<sheetData"
_DRAWINGS = re.compile(rb'"http://schemas\.openxmlformats\.org/drawingml/2006/(\w+)"')


@dataclass(frozen=True, slots=True)
class Dialect:
    """The namespace of a workbook's own elements, and of relationships inside it (also their types)."""

    main: str
    relationships: str


TRANSITIONAL = Dialect(MAIN, DOCUMENT_RELS)
STRICT = Dialect(
    "http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships"
)


def dialect_of(root: etree._Element) -> Dialect:
    """The dialect a part is written in."""
    return STRICT if etree.QName(root).namespace == STRICT.main else TRANSITIONAL


def strictly(composed: bytes) -> bytes:
    """A workbook of `pipesheet.composing.compose`'s making, in Strict."""
    with zipfile.ZipFile(io.BytesIO(composed)) as package:
        parts = [(name, package.read(name)) for name in package.namelist()]
    return write_zip(Member(name, pack([_translated(data)], level=1)) for name, data in parts)


def _translated(xml: bytes) -> bytes:
    # In a sheet only what stands before the rows declares namespaces; a cell may hold the same words.
    head, mark, rest = xml.partition(_SHEET_DATA)
    for old, new in ((MAIN, STRICT.main), (DOCUMENT_RELS, STRICT.relationships)):
        head = head.replace(f'"{old}'.encode(), f'"{new}'.encode())
    head = _DRAWINGS.sub(rb'"http://purl.oclc.org/ooxml/drawingml/\1"', head)
    return head + mark + rest
