"""What is in a workbook, counted by what a person would call it, and what its cells hold.

Shares no code with pipesheet, and holds for whichever program wrote the file: a thing is there if the
relationships lead to it from the workbook part, wherever it lies and whatever it is called.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from lxml import etree

CELL_MISSING = "(nothing)"
_XML = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)

BY_RELATIONSHIP: Mapping[str, tuple[str, ...]] = {
    "chart": ("chart",),
    "chart of the newer kinds": ("chartEx",),
    "picture": ("image",),
    "pivot table": ("pivotTable",),
    "pivot cache": ("pivotCacheDefinition",),
    "slicer": ("slicer", "slicerCache"),
    "timeline": ("timeline", "timelineCache"),
    "table": ("table",),
    "note": ("comments",),
    "threaded comment": ("threadedComment",),
    "macros": ("vbaProject", "xlMacrosheet", "xlIntlMacrosheet"),
    "form control": ("ctrlProp",),
    "ActiveX control": ("control",),
    "embedded object": ("oleObject", "package"),
    "custom ribbon": ("extensibility",),
    "external link": ("externalLink",),
    "query or connection": ("connections", "queryTable"),
    "data model": ("powerPivotData",),
    "custom XML": ("customXml",),
    "custom property": ("custom-properties", "customProperty"),
    "chart or dialog sheet": ("chartsheet", "dialogsheet"),
    "printer settings": ("printerSettings",),
    "rich values and array metadata": ("sheetMetadata", "rdRichValue", "rdRichValueStructure", "richStyles"),
    "theme": ("theme",),
}
"""What it is called -> the last words of the relationships that lead to it."""


def _tags(*names: str) -> re.Pattern[bytes]:
    """Matches the start of such elements, whatever their prefix."""
    return re.compile(rb"<(?:[\w.-]+:)?(?:" + "|".join(names).encode() + rb")[\s/>]")


_END_OF_FORMULA = rb"(?:</(?:[\w.-]+:)?f>|<(?:[\w.-]+:)?f(?:\s[^<>]*)?/>)"
BY_ELEMENT: Mapping[str, tuple[tuple[str, ...], re.Pattern[bytes]]] = {
    "shape or text box": (("drawing",), _tags("sp", "cxnSp", "grpSp")),
    "sparklines": (("worksheet",), _tags("sparklineGroup")),
    "conditional format": (("worksheet",), _tags("cfRule")),
    "conditional format of Excel 2010": (("worksheet",), re.compile(rb"<x14:cfRule[\s/>]")),
    "data validation": (("worksheet",), _tags("dataValidation")),
    "formatted part of a text": (("sharedStrings", "worksheet"), _tags("r")),
    "stored formula result": (("worksheet",), re.compile(_END_OF_FORMULA + rb"\s*<(?:[\w.-]+:)?v>[^<]")),
    "Power Query": (("customXml",), re.compile(rb"D\0?a\0?t\0?a\0?M\0?a\0?s\0?h\0?u\0?p[\s\0>]")),
}
"""What it is called -> in which parts, by their relationships, and what it looks like there."""


@dataclass(frozen=True)
class Target:
    kind: str
    id: str
    part: str


class Contents:
    """A workbook's parts, by their relationships; raises what zipfile and lxml raise where it is broken."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as package:
            self._parts = {_key(i.filename): package.read(i) for i in package.infolist() if not i.is_dir()}
        self.workbook = next((t.part for t in self.targets("") if t.kind == "officeDocument"), "")

    def targets(self, part: str) -> list[Target]:
        """What a part's relationships lead to, as far as it is in the file."""
        folder, name = posixpath.split(part)
        holder = _key(posixpath.join(folder, "_rels", name + ".rels"))
        if holder not in self._parts:
            return []
        found = (self._target(e, folder) for e in self._xml(holder) if _local(e) == "Relationship")
        return [t for t in found if t.part in self._parts]

    def _target(self, element: etree._Element, folder: str) -> Target:
        kind = str(element.get("Type", "")).rpartition("/")[2]
        written = str(element.get("Target", "")).partition("#")[0].replace("\\", "/")
        outside = element.get("TargetMode") == "External"
        whole = "" if outside else _key(posixpath.normpath(posixpath.join("/" + folder, written)))
        part = whole if whole in self._parts else unquote(whole)
        return Target(kind, str(element.get("Id", "")), "" if outside else part)

    def _xml(self, part: str) -> etree._Element:
        return etree.fromstring(self._parts[part], _XML)

    @cached_property
    def sheets(self) -> dict[str, str]:
        """Tab name -> part, in the order of the tabs; an empty part where it leads nowhere."""
        parts = {t.id: t.part for t in self.targets(self.workbook)}
        return {
            str(e.get("name")): next(
                (parts[str(v)] for k, v in e.items() if str(k).endswith("}id") and str(v) in parts), ""
            )
            for e in self._xml(self.workbook).iter()
            if _local(e) == "sheet"
        }

    def inventory(self, *, without: Collection[str] = ()) -> Counter[str]:
        """How many of each kind of content there are, beside the sheets of those names."""
        leave = {self.sheets[name] for name in without if name in self.sheets}
        kinds = set(self._reached(leave))
        counts = Counter({label: sum(kind in wanted for kind, _ in kinds) for label, wanted in BY_RELATIONSHIP.items()})
        for label, (wanted, pattern) in BY_ELEMENT.items():
            parts = {part for kind, part in kinds if kind in wanted}
            counts[label] = sum(len(pattern.findall(self._parts[p])) for p in parts)
        return +counts

    def _reached(self, leave: Collection[str]) -> Iterator[tuple[str, str]]:
        seen, ahead = {*leave, ""}, [*self.targets("")]
        while ahead:
            target = ahead.pop()
            if target.part in leave:
                continue
            yield target.kind, target.part
            if target.part not in seen:
                seen.add(target.part)
                ahead += self.targets(target.part)

    @cached_property
    def _texts(self) -> list[str]:
        part = next((t.part for t in self.targets(self.workbook) if t.kind == "sharedStrings"), "")
        return [_text(si) for si in self._xml(part) if _local(si) == "si"] if part else []

    def values(self, sheet: str) -> dict[str, tuple[bool, object]]:
        """Cell -> whether it holds a formula, and its stored value."""
        part = self.sheets.get(sheet, "")
        cells = (c for c in self._xml(part).iter() if _local(c) == "c") if part else ()
        return {str(c.get("r")): (any(_local(e) == "f" for e in c), self._value(c)) for c in cells}

    def _value(self, cell: etree._Element) -> object:
        stored = next((e for e in cell if _local(e) in ("v", "is")), None)
        kind, text = cell.get("t", "n"), _text(stored) if stored is not None else ""
        if stored is None or (not text and kind != "str"):
            return CELL_MISSING
        if kind == "s":
            return self._texts[int(text)]
        return float(text) if kind == "n" else bool(int(text)) if kind == "b" else text


def formula_values(contents: Contents, sheets: Collection[str]) -> dict[str, object]:
    """``Sheet!A1`` -> stored value of each formula of those sheets."""
    return {
        f"{name}!{cell}": value
        for name in sheets
        for cell, (is_formula, value) in contents.values(name).items()
        if is_formula
    }


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    """All text below an element, without what only says how to read it aloud."""
    texts = (e for e in element.iter() if _local(e) in ("t", "v"))
    return "".join(t.text or "" for t in texts if not any(_local(a) == "rPh" for a in t.iterancestors()))
