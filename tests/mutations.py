"""Workbooks broken on purpose, at every level they have: bytes, zip records, members, XML, what XML says, cells.

``mutated(data, draw)`` gives a workbook that is nearly like `data`; all chance comes from `draw`, so the same
draw gives the same workbook. What is drawn is odd where that hurts: an id, a reference, a count, a target.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lxml import etree

MOST_BYTES = 1 << 16
"""Nothing doubled grows beyond this: small workbooks break as well as large ones, and faster."""
_LARGEST_TREE = 200_000

_NUMBERS = (
    "", "0", "1", "-1", "2", "163", "65535", "1048577", "2147483648", "4294967296", "99999999999999999999", "1e308",
    "1.5", "NaN", "-0", " 1", "1 ", "+1", "0x1", "²", "٣", "𝟙", "true", "x", "1,2", "00001",
)  # fmt: skip
_REFERENCES = (
    "A1", "A0", "a1", "$A$1", "XFD1048576", "XFE1", "ZZZZ9", "A1048577", "A99999999999", "1", "A", "A1:A1", "B2:A1",
    "A1:XFD1048576", "A:A", "1:1", "A1 B2", "A1:B2:C3", "Deals!A1", "#REF!", "R1C1", "",
)  # fmt: skip
_NAMES = (
    "", " ", "Deals", "Stages", "Criteria", "Settings", "History", "Forecast", "Forecast ", "forecast", "Deal Review",
    "a/b", "a[b]", "'", "''", "O'Neil", "x" * 31, "x" * 300, "ﬁ", "İ", "\u202ex", "\ufeff", "_pipesheet_forecast",
    "_PIPESHEET_FORECAST", "_pipesheet_", "_pipesheet_zz", "PipesheetDeals", "PipesheetDeals2", "Pipesheet",
    "PipesheetForecast", "PipesheetRuns", "_xlnm.Print_Area", "_xlnm.Print_Titles", "_xlnm._FilterDatabase", "A1",
)  # fmt: skip
_TARGETS = (
    "", "#", "/", ".", "..", "../..", "workbook.xml", "/xl/workbook.xml", "worksheets/sheet1.xml", "styles.xml",
    "XL/Styles.XML", "\\xl\\styles.xml", "..\\..\\x.xml", "../../../etc/passwd", "file:///etc/passwd", "%2e%2e/x.xml",
    "worksheets/sheet1.xml#A1", "worksheets/sheet%31.xml", "http://example.com/", "nowhere.xml", "//x/y", "C:\\x",
    "/[Content_Types].xml", "/_rels/.rels", "_rels/workbook.xml.rels", "x" * 300, "worksheets//sheet1.xml", "é.xml",
)  # fmt: skip
_SCHEMA = "http://schemas.openxmlformats.org"
_RELATION = f"{_SCHEMA}/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml"
_KINDS = (
    "", "worksheet", f"{_RELATION}/worksheet", f"{_RELATION}/chartsheet", f"{_RELATION}/styles", f"{_RELATION}/table",
    f"{_RELATION}/sharedStrings", f"{_RELATION}/calcChain", f"{_RELATION}/officeDocument", f"{_RELATION}/drawing",
    f"{_STRICT}/officeDocument/relationships/worksheet", f"{_SCHEMA}/package/2006/relationships/digital-signature/origin",
)  # fmt: skip
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    "", "application/xml", "text/plain", f"{_SPREADSHEET}.sheet.main+xml", f"{_SPREADSHEET}.worksheet+xml",
    f"{_SPREADSHEET}.table+xml", f"{_SPREADSHEET}.styles+xml", f"{_SPREADSHEET}.sharedStrings+xml",
    "application/vnd.ms-excel.sheet.binary.macroEnabled.main", "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
)  # fmt: skip
_TEXTS = (
    "", " ", "0", "-0", "1e309", "inf", "nan", "NaN", "99999999999999999999", "2958466", "-1", "45000.5", "0.1", "TRUE",
    "true", "2026-12-01", "2026-13-45", "03/04/2026", "1.234,56 €", "1,234.56", "12k", "50%", "500 %", "(5)", "--", "#REF!",
    "#N/A", "=1+1", "=cmd|'/c calc'!A0", "<script>alert(1)</script>", "_x0000_", "_x000D_", "\t\n", "\u202e", "\ufeff",
    "👩‍👩‍👧", "x" * 40_000, "é" * 300, "(((", "[", "a{99999}", "Deal ID", "Stage", "Amount", "Close date", "Owner", "Created",
    "Probability", "Lead", "Closed Won", "Lost", "is filled", "matches", "between", "at least N people", "[Amount]",
    "[Nowhere]", "file exists", "../../etc/passwd", "EUR", "XXX", "2026-Q4", "FY26", "2026-99", "9999-12-31", "0001-01-01",
    "block", "entry", "exit", "week start", "reporting currency", "fiscal year start", "sheet Deals", "13", "Deals",
)  # fmt: skip
_ODD = {
    "r": _REFERENCES, "ref": _REFERENCES, "sqref": _REFERENCES, "spans": ("1:1", "0:0", "9:1", "1:99999999", "x"),
    "t": ("s", "e", "b", "str", "inlineStr", "d", "n", "", "zz"), "name": _NAMES, "displayName": _NAMES,
    "Target": _TARGETS, "PartName": tuple("/" + t.lstrip("/") for t in _TARGETS), "Type": _KINDS, "ContentType": _TYPES,
    "Extension": ("", "xml", "XML", "rels", "bin", "x.y"), "TargetMode": ("External", "Internal", "", "external"),
    "Id": ("", "rId1", "rId2", "RID1", "rId99999999999", "²", "x y"), "id": ("", "rId1", "rId2", "1", "2", "0", "²"),
    "state": ("visible", "hidden", "veryHidden", "", "zz"), "date1904": ("1", "true", "on", "", "2"),
    "formatCode": ("", "General", "@", "yyyy", "[h]:mm", "0" * 300, "[$-409]d", ";;;", "\u0660"),
    "rgb": ("FF00FF00", "", "zz"), "hidden": ("1", "0", ""), "lockStructure": ("1", "0", ""),
}  # fmt: skip
"""What an attribute of that name may be set to, beside numbers and what stands elsewhere."""
_SPACES = (
    (f"{_SCHEMA}/spreadsheetml/2006/main", f"{_STRICT}/spreadsheetml/main"), (_RELATION, f"{_STRICT}/officeDocument/relationships"),
    (f"{_SCHEMA}/package/2006/relationships", "urn:x"), (f"{_SCHEMA}/package/2006/content-types", ""),
    (f"{_SCHEMA}/spreadsheetml/2006/main", "urn:x"),
)  # fmt: skip
_MEMBER_NAMES = (
    "../x.xml", "/x.xml", "x\\y.xml", "C:x", "xl/", ".", "é.xml", "x" * 300, "xl/workbook.bin", "mimetype", "[trash]/0",
    "xl/WORKBOOK.xml", "_xmlsignatures/sig1.xml", "EncryptedPackage", "[Content_Types].xml", "a\0b", "xl/styles.xml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A member of a package, inflated."""

    name: str
    data: bytes
    method: int = zipfile.ZIP_DEFLATED


Parts = list[Part]
Draw = random.Random


def mutated(data: bytes, draw: Draw, *, others: Sequence[bytes] = ()) -> bytes:
    """A workbook that is `data` but for one to a few things; a part of one of `others` may get into it."""
    parts = parts_of(data)
    if parts:
        for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 5))):
            with contextlib.suppress(
                ValueError, TypeError, etree.LxmlError
            ):  # what XML forbids of a tree already broken
                parts = draw.choice(_ON_PARTS)(parts, draw)
        if others and draw.randrange(12) == 0:
            parts = _grown_by(parts, parts_of(draw.choice(others)), draw)
        data = zipped(parts, draw)
    if not parts or draw.randrange(5) == 0:
        for _ in range(draw.choice((1, 1, 2, 4))):
            data = draw.choice(_ON_BYTES)(data, draw)
    return data


def parts_of(data: bytes) -> Parts:
    """The members that can be read; none where it is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            infos = package.infolist()
            if sum(i.file_size for i in infos) > 20 * MOST_BYTES:
                return []
            return [part for info in infos for part in _read(package, info)]
    except Exception:  # whatever is wrong with it, its bytes can still be changed
        return []


def _read(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Parts:
    try:
        return [Part(info.filename, package.read(info), info.compress_type)]
    except Exception:
        return []


def zipped(parts: Parts, draw: Draw) -> bytes:
    """A zip of these, once in a while with what the format allows and few writers do."""
    made, odd = io.BytesIO(), draw.randrange(10) == 0
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(_Stream(made) if odd and draw.randrange(2) else made, "w") as package,
    ):
        warnings.simplefilter("ignore")  # that a name is there twice is what was wanted
        for part in parts:
            info = zipfile.ZipInfo(part.name or "x")
            info.compress_type = part.method if part.method in (0, 8) else 8
            if odd:
                info.extra = draw.choice((b"", b"\x55\x54\x01\x00\x00", b"\x01\x00\x00\x00", b"\x01"))
                info.comment = draw.choice((b"", b"comment"))
                info.external_attr = draw.choice((0, 0o644 << 16, 0x10))
            package.writestr(info, part.data, compresslevel=1)
        package.comment = b"comment" if odd else b""
    return made.getvalue()


class _Stream(io.RawIOBase):
    """Where a zip cannot seek, it writes sizes after the members."""

    def __init__(self, out: io.BytesIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._out.write(data)


# Members ----------------------------------------------------------------------------------------------


def _drop(parts: Parts, draw: Draw) -> Parts:
    out = draw.randrange(len(parts))
    return [p for n, p in enumerate(parts) if n != out] or parts


def _again(parts: Parts, draw: Draw) -> Parts:
    return [*parts, draw.choice(parts)]


def _exchanged(parts: Parts, draw: Draw) -> Parts:
    one, other = draw.randrange(len(parts)), draw.randrange(len(parts))
    new = list(parts)
    new[one], new[other] = replace(new[one], data=new[other].data), replace(new[other], data=new[one].data)
    return new


def _reordered(parts: Parts, draw: Draw) -> Parts:
    new = list(parts)
    new.insert(draw.randrange(len(new)), new.pop(draw.randrange(len(new))))
    return new


def _renamed(parts: Parts, draw: Draw) -> Parts:
    at = draw.randrange(len(parts))
    name = parts[at].name
    ways = (name.upper(), name.lower(), name.replace("/", "\\"), "/" + name, name + "x", draw.choice(_MEMBER_NAMES))
    return [*parts[:at], replace(parts[at], name=draw.choice(ways)), *parts[at + 1 :]]


def _added(parts: Parts, draw: Draw) -> Parts:
    return [*parts, Part(draw.choice(_MEMBER_NAMES), draw.choice((b"", b"<x/>", parts[0].data)))]


def _stored(parts: Parts, draw: Draw) -> Parts:
    at = draw.randrange(len(parts))
    return [*parts[:at], replace(parts[at], method=zipfile.ZIP_STORED), *parts[at + 1 :]]


def _grown_by(parts: Parts, others: Parts, draw: Draw) -> Parts:
    if not others:
        return parts
    new = draw.choice(others)
    return [new if p.name == new.name else p for p in parts] if draw.randrange(2) else [*parts, new]


# What the XML of a part says ----------------------------------------------------------------------------


def _chosen(parts: Parts, draw: Draw) -> int:
    """A part; those that list others twice as often."""
    weight = [2 if re.search(r"workbook|\.rels|Content_Types|styles|table", p.name) else 1 for p in parts]
    return draw.choice([n for n, w in enumerate(weight) for _ in range(w)])


def _in_tree(parts: Parts, draw: Draw) -> Parts:
    """Some elements of one part changed."""
    at = _chosen(parts, draw)
    part = parts[at]
    root = _tree(part.data)
    if root is None:
        return _in_text(parts, draw)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        element = _element(root, draw)
        try:
            draw.choice(_ON_ELEMENTS)(element, draw)
        except (ValueError, TypeError, AssertionError, etree.LxmlError):
            continue  # what XML itself forbids is for `_in_text`
    data = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True, standalone=True)
    return [*parts[:at], replace(part, data=data), *parts[at + 1 :]]


def _tree(data: bytes) -> etree._Element | None:
    if len(data) > _LARGEST_TREE or b"<" not in data[:200]:
        return None
    try:
        return etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _element(root: etree._Element, draw: Draw) -> etree._Element:
    """One element: any, or any of one of its tags, so that the few are met as often as the many."""
    elements = [e for e in root.iter() if isinstance(e.tag, str)]
    if draw.randrange(2):
        tag = draw.choice(sorted({str(e.tag) for e in elements}))
        elements = [e for e in elements if e.tag == tag]
    return draw.choice(elements)


def _attribute(element: etree._Element, draw: Draw) -> None:
    """Another value for an attribute: an odd one of its kind, an odd number, or another element's."""
    if not element.attrib:
        return
    key = draw.choice(sorted(map(str, element.attrib)))
    kind = etree.QName(key).localname
    elsewhere = [str(e.get(key)) for e in element.getroottree().iter() if isinstance(e.tag, str) and e.get(key)]
    element.set(key, draw.choice(draw.choice((_ODD.get(kind, _NUMBERS), _NUMBERS, elsewhere or _NAMES))))


def _attribute_gone(element: etree._Element, draw: Draw) -> None:
    if element.attrib:
        del element.attrib[draw.choice(sorted(map(str, element.attrib)))]


def _attribute_more(element: etree._Element, draw: Draw) -> None:
    kind = draw.choice(sorted(_ODD))
    element.set(kind, draw.choice(_ODD[kind]))


def _dropped(element: etree._Element, _: Draw) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _doubled(element: etree._Element, draw: Draw) -> None:
    size = len(etree.tostring(element))
    if element.getparent() is not None and size < MOST_BYTES:
        for _ in range(min(draw.choice((1, 1, 1, 2, 300)), MOST_BYTES // size)):
            element.addnext(_copy(element))


def _moved(element: etree._Element, draw: Draw) -> None:
    goal = _element(element.getroottree().getroot(), draw)
    if element.getparent() is not None and element not in (goal, *goal.iterancestors()):
        goal.insert(draw.randrange(len(goal) + 1), element)


def _nested(element: etree._Element, draw: Draw) -> None:
    for _ in range(draw.choice((1, 3, 260))):
        new = etree.SubElement(element, element.tag)
        element = new


def _retagged(element: etree._Element, draw: Draw) -> None:
    other = _element(element.getroottree().getroot(), draw)
    space = draw.choice(("", "{urn:x}", f"{{{_SPACES[0][0]}}}", f"{{{_SPACES[0][1]}}}"))
    element.tag = draw.choice((str(other.tag), space + etree.QName(element).localname, "AlternateContent"))


def _said(element: etree._Element, draw: Draw) -> None:
    element.text = draw.choice(draw.choice((_TEXTS, _NUMBERS, _REFERENCES, _NAMES)))


def _commented(element: etree._Element, draw: Draw) -> None:
    new = draw.choice((etree.Comment("x"), etree.ProcessingInstruction("x", "y")))
    element.insert(draw.randrange(len(element) + 1), new)


def _copy(element: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(element, with_tail=False))


def _cells(parts: Parts, draw: Draw) -> Parts:
    """Another text or value in some cells, shared or not."""
    sheets = [n for n, p in enumerate(parts) if re.search(r"(?i)sheet|strings|content\.xml", p.name)]
    at = draw.choice(sheets or [0])
    root = _tree(parts[at].data)
    if root is None:
        return parts
    held = [e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname in ("t", "v", "f", "p")]
    for _ in range(draw.choice((1, 2, 5)) if held else 0):
        draw.choice(held).text = draw.choice((draw.choice(_TEXTS), draw.choice(held).text))
    data = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return [*parts[:at], replace(parts[at], data=data), *parts[at + 1 :]]


# A part as text ---------------------------------------------------------------------------------------


def _in_text(parts: Parts, draw: Draw) -> Parts:
    """One part changed in ways that an XML writer would not."""
    at = _chosen(parts, draw)
    data = parts[at].data
    return [*parts[:at], replace(parts[at], data=draw.choice(_ON_TEXT)(data, draw)), *parts[at + 1 :]]


def _between_tags(data: bytes, new: bytes, draw: Draw) -> bytes:
    places = [m.end() for m in re.finditer(rb">", data)] or [0]
    at = draw.choice(places)
    return data[:at] + new + data[at:]


def _slipped_in(data: bytes, draw: Draw) -> bytes:
    new = (
        b"&x;",
        b"&#0;",
        b"&#xD800;",
        b"\x01",
        b"\xff\xfe",
        b"<!-- -- -->",
        b"<![CDATA[x]]>",
        b"<x>",
        b"]]>",
        b"\0",
        b"&amp;",
    )
    return _between_tags(data, draw.choice(new), draw)


def _prefixed(data: bytes, _: Draw) -> bytes:
    return re.sub(rb"<(/?)(?![?!/])([A-Za-z])", rb"<\1p:\2", data).replace(b"xmlns=", b"xmlns:p=", 1)


def _other_space(data: bytes, draw: Draw) -> bytes:
    old, new = draw.choice(_SPACES)
    return data.replace(old.encode(), new.encode())


def _declared(data: bytes, draw: Draw) -> bytes:
    body = re.sub(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]*\?>\s*", b"", data)
    doctype = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: body,
        lambda: b"\xef\xbb\xbf" + data,
        lambda: b" " + data,
        lambda: doctype + body,
        lambda: b"<?xml version='1.1'?>" + body,
        lambda: b'<?xml version="1.0" encoding="x-none"?>' + body,
        lambda: b'<?xml version="1.0" encoding="UTF-16"?>' + body,
        lambda: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + body,
        lambda: body.decode("utf-8", "replace").encode("utf-16"),
        lambda: data + body,
    )
    return draw.choice(ways)()


def _tag_repeated(data: bytes, draw: Draw) -> bytes:
    tags = re.findall(rb"<[^<>]{1,300}>", data[:_LARGEST_TREE])
    return _between_tags(data, draw.choice(tags), draw) if tags else b"<"


def _number_changed(data: bytes, draw: Draw) -> bytes:
    found = list(re.finditer(rb"\d+", data[:_LARGEST_TREE]))
    if not found:
        return data
    at = draw.choice(found)
    return data[: at.start()] + draw.choice(_NUMBERS).encode() + data[at.end() :]


def _emptied(_: bytes, draw: Draw) -> bytes:
    return draw.choice((b"", b" ", b"<", b"<x/>", b"\0" * 100))


# Bytes and zip records --------------------------------------------------------------------------------


def _flipped(data: bytes, draw: Draw) -> bytes:
    new = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8)) if new else 0):
        new[draw.randrange(len(new))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
    return bytes(new)


def _cut(data: bytes, draw: Draw) -> bytes:
    at = draw.randrange(len(data) + 1)
    return draw.choice((data[:at], data[at:], data[:at] + data[at + draw.choice((1, 4, 100)) :]))


def _repeated(data: bytes, draw: Draw) -> bytes:
    at, size = draw.randrange(len(data) + 1), draw.choice((1, 4, 30, 1000))
    return data[:at] + data[at : at + size] + data[at:]


def _number_written(data: bytes, draw: Draw) -> bytes:
    size = draw.choice(("<H", "<I", "<Q"))
    new = struct.pack(size, draw.choice((0, 1, 0x7FFF, 0xFFFF, 0xFFFE)) * (1 if size == "<H" else 0x10001) & 0xFFFFFFFF)
    at = draw.randrange(len(data) + 1)
    return data[:at] + new + data[at + len(new) :]


_RECORDS = {
    b"PK\3\4": (4, 6, 8, 10, 12, 14, 18, 22, 26, 28),
    b"PK\1\2": (4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 30, 32, 34, 36, 38, 42),
    b"PK\5\6": (4, 6, 8, 10, 12, 16, 20),
}
"""Where the fields of a zip's records stand."""
_WIDE_FIELDS = {b"PK\3\4": {14, 18, 22}, b"PK\1\2": {16, 20, 24, 38, 42}, b"PK\5\6": {12, 16}}


def _record(data: bytes, draw: Draw) -> bytes:
    """One field of one record of the zip: a size, an offset, a flag, a count, a length, a method."""
    kind = draw.choice(sorted(_RECORDS))
    places = [m.start() for m in re.finditer(re.escape(kind), data)]
    if not places:
        return _flipped(data, draw)
    field = draw.choice(_RECORDS[kind])
    at = draw.choice(places) + field
    size = "<I" if field in _WIDE_FIELDS[kind] else "<H"
    top = 0xFFFFFFFF if size == "<I" else 0xFFFF
    if at + struct.calcsize(size) > len(data):
        return data
    (now,) = struct.unpack_from(size, data, at)
    new = struct.pack(
        size, draw.choice((0, 1, 8, 9, 12, 14, top, top - 1, now + 1, now - 1, now * 2, now ^ 1, now ^ 0x800)) & top
    )
    return data[:at] + new + data[at + len(new) :]


_ON_ELEMENTS: tuple[Callable[[etree._Element, Draw], None], ...] = (
    _attribute, _attribute, _attribute, _attribute, _attribute, _attribute_gone, _attribute_more, _dropped, _doubled,
    _moved, _nested, _retagged, _said, _said, _commented,
)  # fmt: skip
_ON_TEXT: tuple[Callable[[bytes, Draw], bytes], ...] = (
    _slipped_in, _prefixed, _other_space, _declared, _tag_repeated, _number_changed, _number_changed, _emptied, _flipped,
    _cut, _repeated, _number_written,
)  # fmt: skip
_ON_PARTS: tuple[Callable[[Parts, Draw], Parts], ...] = (
    *(_in_tree,) * 10, *(_cells,) * 3, *(_in_text,) * 3, _drop, _again, _exchanged, _reordered, _renamed, _added, _stored,
)  # fmt: skip
_ON_BYTES: tuple[Callable[[bytes, Draw], bytes], ...] = (
    _flipped, _cut, _repeated, _number_written, _record, _record, _record,
)  # fmt: skip
