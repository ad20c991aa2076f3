"""A workbook as parts that lead to each other, what a person types into it, and what its sheets say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

from grafting import members, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATED = f"{{{OFFICE}}}"
WORKBOOK = "xl/workbook.xml"
XML = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
STYLE_PIECES = (("fontId", "fonts", 1), ("fillId", "fills", 2), ("borderId", "borders", 1))
"""What a cell format points into: attribute, list, and how many of its first entries are Excel's defaults."""


# One package, by its relationships


@dataclass(frozen=True)
class Relation:
    """One relationship; `part` is empty for one that leads outside."""

    id: str
    type: str
    target: str
    part: str

    @property
    def kind(self) -> str:
        return self.type.rpartition("/")[2]


def rels_of(part: str) -> str:
    """Where the relationships of a part stand."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(parts: Mapping[str, bytes], part: str) -> list[Relation]:
    """What a part leads to."""
    if rels_of(part) not in parts:
        return []
    folder = "/" + posixpath.dirname(part)
    return [
        Relation(
            str(e.get("Id")), str(e.get("Type")), str(e.get("Target")),
            "" if e.get("TargetMode") == "External" else posixpath.normpath(
                posixpath.join(folder, str(e.get("Target")))).lstrip("/"),
        )
        for e in etree.fromstring(parts[rels_of(part)])
    ]  # fmt: skip


def tabs(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Tab -> the part of its sheet, in the order of the tabs."""
    lead = {r.id: r.part for r in relations(parts, WORKBOOK)}
    listed = named(etree.fromstring(parts[WORKBOOK]), "sheet")
    return {str(e.get("name")): lead[str(e.get(f"{RELATED}id"))] for e in listed}


def below(parts: Mapping[str, bytes], start: str) -> list[str]:
    """The parts that can be reached from one, itself first."""
    found = [start]
    for part in found:
        found += [r.part for r in relations(parts, part) if r.part in parts and r.part not in found]
    return found


def named(root: etree._Element, *names: str) -> list[etree._Element]:
    """All elements of those local names, however deep."""
    return [e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname in names]


def related(root: etree._Element) -> list[tuple[etree._Element, str, str]]:
    """The attributes that name a relationship: element, attribute, id."""
    found = [(e, str(name), str(value)) for e in root.iter() for name, value in e.attrib.items()]
    return [one for one in found if one[1].startswith(RELATED)]


def entries(root: etree._Element, name: str) -> list[etree._Element]:
    """What the list of that name holds."""
    found = root.find(f"{{*}}{name}")
    return [] if found is None else [e for e in found if isinstance(e.tag, str)]


# What a person types


def typed(data: bytes, tab: str, cells: Mapping[str, str | float | None]) -> bytes:
    """The workbook with those cells of a sheet filled, or emptied, keeping their formats."""
    parts = members(data)
    part = tabs(parts)[tab]
    root = etree.fromstring(parts[part])
    for address, value in cells.items():
        _fill(_cell(root, address), value)
    return zipped({**parts, part: XML + etree.tostring(root)})


def _cell(root: etree._Element, address: str) -> etree._Element:
    row = next(e for e in named(root, "row") if e.get("r") == re.sub(r"\D", "", address))
    found = next((c for c in row if c.get("r") == address), None)
    if found is not None:
        return found
    new = etree.Element(f"{{{MAIN}}}c", r=address)
    row.insert(sum(_column(str(c.get("r"))) < _column(address) for c in row), new)
    return new


def _column(address: str) -> tuple[int, str]:
    letters = re.sub(r"\d", "", address)
    return len(letters), letters


def _fill(cell: etree._Element, value: str | float | None) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", "")
    if isinstance(value, str):
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, f"{{{MAIN}}}is"), f"{{{MAIN}}}t")
        text.text = value
    elif value is not None:
        etree.SubElement(cell, f"{{{MAIN}}}v").text = repr(float(value))


# What a workbook says, however it is written


def told(data: bytes, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Tab -> all that its sheet says: formats, texts and what hangs below it stand in place of their numbers."""
    reading = _Told(members(data))
    return {tab: reading.of(part) for tab, part in tabs(reading.parts).items() if tab not in without}


class _Told:
    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        lead = {r.kind: r.part for r in relations(parts, WORKBOOK)}
        styles = etree.fromstring(parts[lead["styles"]])
        pieces = {name: [_plain(e) for e in entries(styles, name)] for _, name, _ in STYLE_PIECES}
        numbers = {str(e.get("numFmtId")): str(e.get("formatCode")) for e in entries(styles, "numFmts")}
        for xf in entries(styles, "cellXfs"):
            for attribute, name, _ in STYLE_PIECES:
                xf.set(attribute, pieces[name][int(xf.get(attribute, "0"))])
            xf.set("numFmtId", numbers.get(xf.get("numFmtId", "0"), xf.get("numFmtId", "0")))
        self.formats = [_plain(e) for e in entries(styles, "cellXfs")]
        self.rules = [_plain(e) for e in entries(styles, "dxfs")]
        texts = lead.get("sharedStrings", "")
        self.texts = [_plain(e) for e in etree.fromstring(parts[texts])] if texts in parts else []
        self.known: dict[str, str] = {}

    def of(self, part: str) -> str:
        if part not in self.known:
            self.known[part] = "above"  # a pivot's cache and its records lead to each other
            self.known[part] = self._xml(part) if part.endswith((".xml", ".vml")) else self.parts[part].hex()
        return self.known[part]

    def _xml(self, part: str) -> str:
        root = etree.fromstring(self.parts[part])
        lead = {r.id: self.of(r.part) if r.part in self.parts else r.target for r in relations(self.parts, part)}
        for element, name, value in related(root):
            element.set(name, lead.get(value, ""))
        for element in root.iter():
            self._resolve(element)
        return _without_chance(_plain(root))

    def _resolve(self, element: etree._Element) -> None:
        if not isinstance(element.tag, str):
            return
        for attribute, said in (("s", self.formats), ("style", self.formats), ("dxfId", self.rules)):
            if (number := element.get(attribute, "")).isdigit():
                element.set(attribute, said[int(number)])
        if etree.QName(element).localname == "table":
            element.attrib.pop("id", "")
        if element.get("t") == "s" and (value := element.find("{*}v")) is not None:
            value.text = self.texts[int(str(value.text))]


def _plain(element: etree._Element) -> str:
    return etree.tostring(element, method="c14n", with_tail=False).decode()


def _without_chance(said: str) -> str:
    """Without the ids that LibreOffice draws at random, of data bars and of the axes of charts."""
    said = re.sub(r"((?:axId|crossAx) val=\W*(?:amp;|quot;)*)\d+", r"\1", said)
    return re.sub(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", "{}", said)
