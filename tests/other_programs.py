"""Workbooks as other programs save them: LibreOffice for real, Excel imitated from files that it saved.

Excel writes a workbook anew from what it holds in memory. Of files that it saved one can see: sheets are
numbered and related in the order of their tabs, whatever they were called; all texts are shared; formats,
fonts and rules that nothing uses are gone and the others renumbered; names are sorted; tables and their
columns carry ids of revisions; there is a calculation chain; parts it does not know are dropped.
"""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from grafting import members, zipped
from inside_workbooks import (
    MAIN,
    OFFICE,
    RELATED,
    STYLE_PIECES,
    WORKBOOK,
    XML,
    Relation,
    below,
    entries,
    named,
    related,
    relations,
    rels_of,
    tabs,
)

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_FOLDERS = {
    "worksheet": "xl/worksheets/sheet{}.xml", "table": "xl/tables/table{}.xml", "theme": "xl/theme/theme{}.xml",
    "drawing": "xl/drawings/drawing{}.xml", "chart": "xl/charts/chart{}.xml", "comments": "xl/comments{}.xml",
    "vmlDrawing": "xl/drawings/vmlDrawing{}.vml", "image": "xl/media/image{}",
    "threadedComment": "xl/threadedComments/threadedComment{}.xml", "person": "xl/persons/person.xml",
    "chartStyle": "xl/charts/style{}.xml", "chartColorStyle": "xl/charts/colors{}.xml",
}  # fmt: skip
"""What Excel calls the parts it knows, by the last word of the relationship that leads to them."""
_DOCUMENT = (
    f'<Properties xmlns="{OFFICE.replace("relationships", "extended-properties")}" '
    f'xmlns:vt="{OFFICE.replace("relationships", "docPropsVTypes")}"><Application>Microsoft Excel</Application>'
    '<TitlesOfParts><vt:vector size="{size}" baseType="lpstr">{titles}</vt:vector></TitlesOfParts>'
    "<AppVersion>16.0300</AppVersion></Properties>"
)
_ROOT = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId2" Type="{OFFICE}/extended-properties" Target="docProps/app.xml"/>'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_FIRST = ("worksheet", "theme", "styles", "sharedStrings")
_DXF = ("dxfId", "dataDxfId", "headerRowDxfId", "totalsRowDxfId", "headerRowBorderDxfId", "tableBorderDxfId")
_REVISIONS = {
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "x14ac": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac",
    "xr": "http://schemas.microsoft.com/office/spreadsheetml/2014/revision",
    "xr3": "http://schemas.microsoft.com/office/spreadsheetml/2016/revision3",
}


_MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Saved(addresses As String)
  Dim opening(0) As New com.sun.star.beans.PropertyValue
  Dim saving(0) As New com.sun.star.beans.PropertyValue
  opening(0).Name = "Hidden"
  opening(0).Value = False
  saving(0).Name = "FilterName"
  saving(0).Value = "Calc MS Excel 2007 XML"
  For Each address In Split(addresses, "|")
    book = StarDesktop.loadComponentFromURL(address, "_blank", 0, opening())
    book.storeToURL(address, saving())
    book.close(True)
  Next
End Sub
</script:module>
"""


class LibreOffice:
    """LibreOffice, with a profile of its own below a folder."""

    def __init__(self, folder: Path) -> None:
        self._out = folder / "saved"
        self._module = folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba"
        self._start = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"]

    def saves(self, *paths: Path) -> None:
        """Opens and saves each file, in place, without a window; one start for all."""
        self._run("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(self._out), *map(str, paths))
        for path in paths:
            (self._out / path.name).replace(path)

    def saves_as_a_person_does(self, *paths: Path) -> None:
        """The same with a window, though nobody sees it: slower, but frozen rows and columns are kept."""
        before = [path.read_bytes() for path in paths]
        self._run("--terminate_after_init")
        self._module.write_text(_MACRO, "utf-8")
        self._run(f'macro:///Standard.Module1.Saved("{"|".join(path.as_uri() for path in paths)}")')
        for path, data in zip(paths, before, strict=True):
            assert path.read_bytes() != data, f"LibreOffice did not save {path.name}"

    def _run(self, *arguments: str) -> None:
        subprocess.run([*self._start, *arguments], capture_output=True, timeout=400, check=True)


# Excel


def excel_saves(data: bytes) -> bytes:
    """The workbook as Excel would save it after somebody opened it and pressed Save."""
    return _Excel(members(data)).saved()


class _Excel:
    """One workbook held in memory, and the parts that are written of it."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.lead = [r for r in relations(parts, WORKBOOK) if r.part in parts and r.kind != "calcChain"]
        self.sheets = tabs(parts)
        self.names = self._names()
        self.texts: dict[bytes, int] = {}
        self.shared = self._shared_texts()
        self.styles = _Styles(etree.fromstring(parts[self._the("styles")]))
        self.chain: list[tuple[int, str]] = []
        self.out: dict[str, bytes] = {}

    def _the(self, kind: str) -> str:
        return next((r.part for r in self.lead if r.kind == kind), "")

    def _names(self) -> dict[str, str]:
        """Part -> its new name, in the order in which Excel comes to them."""
        names = {WORKBOOK: WORKBOOK}
        kinds = {r.part: r.kind for part in below(self.parts, WORKBOOK) for r in relations(self.parts, part)}
        counts: dict[str, int] = {}
        for part in [*self.sheets.values(), *below(self.parts, WORKBOOK)[1:]]:
            for found in below(self.parts, part):
                kind = kinds[found]
                if found not in names and kind != "calcChain":
                    counts[kind] = counts.get(kind, 0) + 1
                    names[found] = self._new_name(found, kind, counts[kind])
        return names

    @staticmethod
    def _new_name(part: str, kind: str, number: int) -> str:
        if kind == "image":
            return _FOLDERS[kind].format(number) + posixpath.splitext(part)[1]
        return _FOLDERS.get(kind, part).format(number)

    def _shared_texts(self) -> list[etree._Element]:
        part = self._the("sharedStrings")
        return list(etree.fromstring(self.parts[part])) if part else []

    def saved(self) -> bytes:
        for number, part in enumerate(self.sheets.values(), 1):
            self._write_sheet(part, number)
        for part in self.names:
            if part not in (WORKBOOK, *self.sheets.values(), self._the("styles"), self._the("sharedStrings")):
                self._write(part, self._table(part) if "/tables/" in self.names[part] else self.parts[part])
        self._write_workbook()
        self._write_documents()
        return zipped({"[Content_Types].xml": self._types(), **self.out})

    # Relationships: renumbered in another order than the one they came in

    def _write(self, part: str, data: bytes) -> None:
        ids = self._relate(part, list(reversed(relations(self.parts, part))))
        if ids:
            root = etree.fromstring(data)
            for element, name, value in related(root):
                element.set(name, ids[value])
            data = XML + etree.tostring(root)
        self.out[self.names[part]] = data

    def _relate(self, part: str, found: Sequence[Relation]) -> dict[str, str]:
        """Writes the relationships of a part; old id -> new id."""
        folder = posixpath.dirname(self.names[part])
        ids: dict[str, str] = {}
        lines = []
        for relation in found:
            inside = self.names.get(relation.part)
            if inside or not relation.part:
                ids[relation.id] = f"rId{len(ids) + 1}"
                target = posixpath.relpath(inside, folder) if inside else escape(relation.target, quote=True)
                mode = "" if inside else ' TargetMode="External"'
                line = f'<Relationship Id="{ids[relation.id]}" Type="{relation.type}" Target="{target}"{mode}/>'
                lines.append(line)
        if ids:
            listed = f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'
            self.out[rels_of(self.names[part])] = XML + listed.encode()
        return ids

    # Sheets and tables

    def _write_sheet(self, part: str, number: int) -> None:
        root = _with_revisions(etree.fromstring(self.parts[part]), number)
        for cell in named(root, "c"):
            self._share(cell)
            if cell.find("{*}f") is not None:
                self.chain.append((number, str(cell.get("r"))))
        self.styles.renumber(root)
        self._write(part, XML + etree.tostring(root))

    def _share(self, cell: etree._Element) -> None:
        if cell.get("t") == "inlineStr":
            said = cell.find("{*}is")
            assert said is not None
        elif cell.get("t") == "s":
            said = self.shared[int(str(cell.findtext("{*}v")))]
        else:
            return
        inner = b"".join(etree.tostring(e, method="c14n", with_tail=False) for e in said)
        for child in list(cell):
            cell.remove(child)
        cell.set("t", "s")
        etree.SubElement(cell, f"{{{MAIN}}}v").text = str(self.texts.setdefault(inner, len(self.texts)))

    def _table(self, part: str) -> bytes:
        number = int(re.sub(r"\D", "", posixpath.basename(self.names[part])))
        root = _with_revisions(etree.fromstring(self.parts[part]), 1000 + number)
        for column in named(root, "tableColumn"):
            column.set(f"{{{_REVISIONS['xr3']}}}uid", _revision(number, int(str(column.get("id")))))
        self.styles.renumber(root)
        return XML + etree.tostring(root)

    # The workbook part and what else lists things

    def _write_workbook(self) -> None:
        root = etree.fromstring(self.parts[WORKBOOK])
        names = root.find("{*}definedNames")
        if names is not None:
            names[:] = sorted(names, key=lambda e: (str(e.get("name")).lower(), int(e.get("localSheetId", "-1"))))
        for calculation in named(root, "calcPr"):
            calculation.attrib.clear()
            calculation.set("calcId", "191029")
        self._write_lists()
        kinds = {kind: place for place, kind in enumerate(_FIRST)}
        order = list(self.sheets.values())
        first = sorted(self.lead, key=lambda r: (kinds.get(r.kind, 9), order.index(r.part) if r.part in order else 0))
        ids = self._relate(WORKBOOK, self._with_texts(first))
        for element in named(root, "sheet", "pivotCache", "externalReference"):
            element.set(f"{RELATED}id", ids[str(element.get(f"{RELATED}id"))])
        self.out[WORKBOOK] = XML + etree.tostring(root)

    def _with_texts(self, lead: list[Relation]) -> list[Relation]:
        extra = [] if self._the("sharedStrings") else ["sharedStrings"]
        extra += ["calcChain"] if self.chain else []
        for kind in extra:
            self.names[f"xl/{kind}.xml"] = f"xl/{kind}.xml"
        return lead + [Relation(kind, f"{OFFICE}/{kind}", "", f"xl/{kind}.xml") for kind in extra]

    def _write_lists(self) -> None:
        texts = "".join(f"<si>{inner.decode()}</si>" for inner in self.texts)
        count = f'count="{len(self.texts)}" uniqueCount="{len(self.texts)}"'
        where = self.names.get(self._the("sharedStrings"), "xl/sharedStrings.xml")
        self.out[where] = XML + f'<sst xmlns="{MAIN}" {count}>{texts}</sst>'.encode()
        self.out[self.names[self._the("styles")]] = self.styles.written()
        if self.chain:
            cells = "".join(f'<c r="{address}" i="{sheet}"/>' for sheet, address in reversed(self.chain))
            self.out["xl/calcChain.xml"] = XML + f'<calcChain xmlns="{MAIN}">{cells}</calcChain>'.encode()

    def _write_documents(self) -> None:
        titles = "".join(f"<vt:lpstr>{escape(tab)}</vt:lpstr>" for tab in self.sheets)
        self.out["docProps/app.xml"] = XML + _DOCUMENT.format(titles=titles, size=len(self.sheets)).encode()
        self.out["_rels/.rels"] = XML + _ROOT.encode()

    def _types(self) -> bytes:
        before = etree.fromstring(self.parts["[Content_Types].xml"])
        types = {str(e.get("PartName")).lstrip("/"): str(e.get("ContentType")) for e in named(before, "Override")}
        endings = {str(e.get("Extension")): str(e.get("ContentType")) for e in named(before, "Default")}
        ours = {new: types[old] for old, new in self.names.items() if old in types}
        ours["docProps/app.xml"] = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
        for kind in ("sharedStrings", "calcChain"):
            ours[f"xl/{kind}.xml"] = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
        lines = [f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in sorted(endings.items())]
        lines += [f'<Override PartName="/{p}" ContentType="{t}"/>' for p, t in ours.items() if p in self.out]
        return XML + f'<Types xmlns="{_PACKAGE}/content-types">{"".join(lines)}</Types>'.encode()


class _Styles:
    """The formats that sheets use, numbered in the order of their first use, as Excel writes them."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.cells: dict[str, str] = {"0": "0"}
        self.rules: dict[str, str] = {}

    def renumber(self, root: etree._Element) -> None:
        """Gives the formats that a sheet or table names their new numbers."""
        for element in named(root, "c", "row", "col"):
            attribute = "style" if etree.QName(element).localname == "col" else "s"
            if number := element.get(attribute):
                element.set(attribute, self.cells.setdefault(number, str(len(self.cells))))
        for element in named(root, "cfRule", "table", "tableColumn"):
            for attribute in _DXF:
                if number := element.get(attribute):
                    element.set(attribute, self.rules.setdefault(number, str(len(self.rules))))

    def written(self) -> bytes:
        """The styles part with nothing in it that nobody uses."""
        self._keep("cellXfs", list(self.cells))
        self._keep("dxfs", list(self.rules))
        xfs = [*entries(self.root, "cellStyleXfs"), *entries(self.root, "cellXfs")]
        for attribute, name, fixed in STYLE_PIECES:
            order = {str(n): str(n) for n in range(min(fixed, len(entries(self.root, name))))}
            for xf in xfs:
                xf.set(attribute, order.setdefault(xf.get(attribute, "0"), str(len(order))))
            self._keep(name, list(order))
        return XML + etree.tostring(self.root)

    def _keep(self, name: str, numbers: Iterable[str]) -> None:
        found = self.root.find(f"{{*}}{name}")
        if found is not None:
            held = list(found)
            found[:] = [held[int(number)] for number in numbers]
            found.set("count", str(len(found)))


def _with_revisions(root: etree._Element, number: int) -> etree._Element:
    """The same element with the namespaces and the id that Excel gives to sheets and tables."""
    declared: dict[Any, str] = {**_REVISIONS, **dict(root.nsmap)}
    attributes = {str(name): str(value) for name, value in root.attrib.items()}
    new = etree.Element(root.tag, attributes, nsmap=declared)
    new.extend(list(root))
    new.set(f"{{{_REVISIONS['mc']}}}Ignorable", "x14ac xr xr3")
    new.set(f"{{{_REVISIONS['xr']}}}uid", _revision(number, 0))
    return new


def _revision(number: int, below_it: int) -> str:
    return f"{{{number:08X}-{below_it:04X}-4000-8000-00000000BEEF}}"
