"""Shapes of XML: encodings, prefixes, and what may stand in the parts that a graft edits."""

from __future__ import annotations

import re

from shapes import (
    HEAD,
    INDEXES,
    MAIN,
    MC,
    MICROSOFT,
    OFFICE,
    RELS,
    SHEET,
    STYLES,
    TYPES,
    WORKBOOK,
    X14,
    X15,
    Parts,
    Shape,
    cut,
    extension,
    put,
    swap,
)

INDEXES_AND_SHEET = (*INDEXES, SHEET)


def _each(parts: Parts, change: object, *, of: tuple[str, ...] = INDEXES) -> Parts:
    assert callable(change)
    return parts | {part: change(parts[part]) for part in of}


def _declared(encoding: str, data: bytes) -> bytes:
    return data.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)


def byte_order_mark(parts: Parts) -> Parts:
    """UTF-8 with a byte order mark"""
    return _each(parts, lambda d: b"\xef\xbb\xbf" + d)


def byte_order_mark_only(parts: Parts) -> Parts:
    """UTF-8 with a byte order mark and no declaration"""
    return _each(parts, lambda d: b"\xef\xbb\xbf" + d.removeprefix(HEAD.encode()).partition(b"?>\n")[2])


def utf_16(parts: Parts) -> Parts:
    """UTF-16"""
    return _each(parts, lambda d: _declared("utf-16", d))


def utf_16_big(parts: Parts) -> Parts:
    """UTF-16 with the high byte first"""
    return _each(parts, lambda d: b"\xfe\xff" + _declared("utf-16", d).decode("utf-16").encode("utf-16-be"))


def latin_1(parts: Parts) -> Parts:
    """ISO 8859-1, with a tab of that alphabet"""
    swap(parts, WORKBOOK, "Notes", "Größe")
    return _each(parts, lambda d: _declared("iso-8859-1", d))


def not_standalone(parts: Parts) -> Parts:
    """declarations without standalone, in single quotes, in small letters"""
    return _each(parts, lambda d: re.sub(rb"<\?xml.*?\?>", b"<?xml version='1.0' encoding='utf-8'?>", d))


def standalone_no(parts: Parts) -> Parts:
    """declarations that say standalone no"""
    return _each(parts, lambda d: d.replace(b'standalone="yes"', b'standalone="no"'))


def no_declaration(parts: Parts) -> Parts:
    """no declaration"""
    return _each(parts, lambda d: re.sub(rb"<\?xml.*?\?>\s*", b"", d))


def indented(parts: Parts) -> Parts:
    """XML in lines with CRLF, indented by tabs"""
    return _each(parts, lambda d: re.sub(rb">\s*<(?!/)", b">\r\n\t\t<", d))


def remarks(parts: Parts) -> Parts:
    """comments and processing instructions before, in and after the XML"""

    def remarked(data: bytes) -> bytes:
        root = data.index(b"<", data.index(b"?>") + 2)
        inside = data.index(b">", root) + 1
        around = b'<!-- made by hand --><?maker version="7"?>'
        return data[:root] + around + data[root:inside] + b"<!-- a <b> --><?here?>" + data[inside:] + b"<!-- end -->"

    return _each(parts, remarked)


def remarks_among_entries(parts: Parts) -> Parts:
    """comments between sheets, names, formats, types and relationships"""
    marks = {WORKBOOK: ("<sheet ", "<definedName "), STYLES: ("<xf ", "<font>"), TYPES: ("<Override ",)}
    for part, places in {**marks, RELS: ("<Relationship ",)}.items():
        for place in places:
            swap(parts, part, place, f"<!-- one -->{place}")
    return parts


def escapes(parts: Parts) -> Parts:
    """character references, entities and CDATA in names and attributes"""
    swap(parts, WORKBOOK, 'name="Notes"', 'name="R&amp;D &#x4E2D;&#65; &quot;x&quot;"')
    put(
        parts,
        WORKBOOK,
        "</definedNames>",
        '<definedName name="Text" comment="a&#10;b&#13;c&#9;d">"&lt;&#13;x"</definedName>',
    )
    put(parts, WORKBOOK, "</definedNames>", '<definedName name="Raw"><![CDATA["a<b&c"]]></definedName>')
    return parts


def single_quotes(parts: Parts) -> Parts:
    """attributes in single quotes, with blanks around"""
    return _each(parts, lambda d: re.sub(rb' ([\w:]+)="([^"\']*)"', rb"\n  \1 = '\2' ", d))


def _prefixed(data: bytes, *, prefix: bytes = b"x") -> bytes:
    tags = re.sub(rb"<(/?)(?=[a-zA-Z])(?![a-zA-Z]+:)", rb"<\1" + prefix + b":", data)
    return tags.replace(b"xmlns=", b"xmlns:" + prefix + b"=", 1)


def prefixes(parts: Parts) -> Parts:
    """a prefix on every element, x:workbook"""
    return _each(parts, _prefixed)


def prefixes_everywhere(parts: Parts) -> Parts:
    """other prefixes in the user's sheets and tables too"""
    return _each(parts, _prefixed, of=(*INDEXES_AND_SHEET, "xl/worksheets/sheet2.xml", "xl/tables/table1.xml"))


def another_r(parts: Parts) -> Parts:
    """another prefix than r for relationships"""
    for part in (WORKBOOK, SHEET):
        parts[part] = parts[part].replace(b"xmlns:r=", b"xmlns:d3p1=").replace(b" r:id=", b" d3p1:id=")
    return parts


def r_means_something_else(parts: Parts) -> Parts:
    """the prefix r bound to something else, relationships to each sheet's own prefix"""
    swap(parts, WORKBOOK, f'xmlns:r="{OFFICE}"', 'xmlns:r="urn:something-else"')
    parts[WORKBOOK] = re.sub(rb' r:id=("rId\d")', rb' q:id=\1 xmlns:q="' + OFFICE.encode() + b'"', parts[WORKBOOK])
    return parts


def default_namespace_late(parts: Parts) -> Parts:
    """a default namespace declared late, below a prefixed root"""
    below = {
        (WORKBOOK, "workbook"): "fileVersion|workbookPr|bookViews|sheets|definedNames|calcPr",
        (STYLES, "styleSheet"): "numFmts|fonts|fills|borders|cellStyleXfs|cellXfs|cellStyles|dxfs|tableStyles",
    }
    for (part, root), names in below.items():
        swap(parts, part, f'<{root} xmlns="{MAIN}"', f'<main:{root} xmlns:main="{MAIN}"')
        swap(parts, part, f"</{root}>", f"</main:{root}>")
        parts[part] = re.sub(rf"<({names})\b", rf'<\1 xmlns="{MAIN}"', parts[part].decode()).encode()
    return parts


def ignorable(parts: Parts) -> Parts:
    """mc:Ignorable with the namespaces of later versions of Excel"""
    revision = f"{MICROSOFT}/spreadsheetml/2014/revision"
    for part, root in ((WORKBOOK, "workbook"), (STYLES, "styleSheet"), (SHEET, "worksheet")):
        swap(
            parts, part, f'<{root} xmlns="{MAIN}"',
            f'<{root} xmlns="{MAIN}" xmlns:mc="{MC}" mc:Ignorable="x14ac xr x16r2" xmlns:x14ac="{MICROSOFT}/spreadsheetml/'
            f'2009/9/ac" xmlns:xr="{revision}" xmlns:x16r2="{MICROSOFT}/spreadsheetml/2015/02/main"',
        )  # fmt: skip
    swap(parts, STYLES, '<fonts count="2"', '<fonts count="2" x14ac:knownFonts="1"')
    swap(parts, STYLES, 'formatCode="0.000"', 'formatCode="0.000" x16r2:formatCode16="0.0000"')
    put(
        parts,
        WORKBOOK,
        "<bookViews>",
        '<xr:revisionPtr revIDLastSave="0" documentId="8_{BA3442AA-1ABF-47C1-8F03-A9B57B001B08}"/>',
    )
    return parts


def alternate_content(parts: Parts) -> Parts:
    """mc:AlternateContent in the workbook part, the styles and a sheet"""
    path = f"{MICROSOFT}/spreadsheetml/2010/11/ac"
    either = (
        f'<mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="x15" xmlns:x15="{X15}">'
        f'<x15ac:absPath url="C:\\Deals\\" xmlns:x15ac="{path}"/></mc:Choice></mc:AlternateContent>'
    )
    put(parts, WORKBOOK, "<bookViews>", either)
    put(parts, STYLES, "<tableStyles", f'<mc:AlternateContent xmlns:mc="{MC}"><mc:Fallback/></mc:AlternateContent>')
    control = (
        f'<mc:AlternateContent xmlns:mc="{MC}"><mc:Choice Requires="x14" xmlns:x14="{X14}"/></mc:AlternateContent>'
    )
    put(parts, SHEET, "<tableParts", control)
    return parts


def extension_lists(parts: Parts) -> Parts:
    """extension lists in the workbook part, the styles, a cell format, a sheet and a table"""
    extension(parts, WORKBOOK, "workbook",
              f'<ext uri="{{140A7094-0E35-4892-8432-C4D2E57EDEB5}}" xmlns:x15="{X15}"><x15:workbookPr chartTrackingRefBase="1"/></ext>')  # fmt: skip
    swap(
        parts,
        STYLES,
        'xfId="0" applyNumberFormat="1"/>',
        'xfId="0" applyNumberFormat="1"><extLst><ext uri="{1}"/></extLst></xf>',
    )
    put(parts, STYLES, "</styleSheet>",
        f'<extLst><ext uri="{{EB79DEF2-80B8-43e5-95BD-54CBDDF9020C}}" xmlns:x14="{X14}">'
        '<x14:slicerStyles defaultSlicerStyle="SlicerStyleLight1"/></ext></extLst>')  # fmt: skip
    put(parts, SHEET, "</worksheet>",
        f'<extLst><ext uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}" xmlns:x14="{X14}"><x14:sparklineGroups/></ext></extLst>')  # fmt: skip
    put(parts, "xl/tables/table1.xml", "</table>",
        f'<extLst><ext uri="{{504A1905-F514-4f6f-8877-14C23A59335A}}" xmlns:x14="{X14}"><x14:table altText="Prices"/></ext></extLst>')  # fmt: skip
    return parts


def foreign_elements(parts: Parts) -> Parts:
    """elements and attributes of unknown makers, to be ignored"""
    ignored = f'xmlns:z="urn:z" xmlns:mc="{MC}" mc:Ignorable="z" z:made="1"'
    swap(parts, WORKBOOK, "<workbook ", f"<workbook {ignored} ")
    put(parts, WORKBOOK, "</workbook>", "<z:later><z:sheet name='Deals' sheetId='9'/></z:later>")
    swap(parts, STYLES, "<styleSheet ", f"<styleSheet {ignored} ")
    put(parts, STYLES, "</styleSheet>", "<z:cellXfs><z:xf/></z:cellXfs>")
    return parts


def strict(parts: Parts) -> Parts:
    """Strict Open XML, as Excel saves it"""
    purl, open_xml = "http://purl.oclc.org/ooxml/", "http://schemas.openxmlformats.org/"
    names = {
        MAIN: f"{purl}spreadsheetml/main",
        OFFICE: f"{purl}officeDocument/relationships",
        f"{open_xml}drawingml/2006/": f"{purl}drawingml/",
        f"{purl}officeDocument/relationships/extended-properties": f"{purl}officeDocument/relationships/extendedProperties",
        f"{open_xml}officeDocument/2006/extended-properties": f"{purl}officeDocument/extendedProperties",
        f"{open_xml}officeDocument/2006/docPropsVTypes": f"{purl}officeDocument/docPropsVTypes",
    }
    for old, new in names.items():
        parts = {part: data.replace(old.encode(), new.encode()) for part, data in parts.items()}
    swap(parts, WORKBOOK, "<workbook ", '<workbook conformance="strict" ')
    return parts


def two_dialects(parts: Parts) -> Parts:
    """a workbook part in Strict, its styles in Transitional"""
    swap(parts, WORKBOOK, MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
    return parts


def days_from_1904(parts: Parts) -> Parts:
    """days that count from 1904"""
    swap(parts, WORKBOOK, "<workbookPr ", '<workbookPr date1904="true" ')
    return parts


def manual_calculation(parts: Parts) -> Parts:
    """settings of calculation: by hand, iterating, with the precision as shown"""
    cut(parts, WORKBOOK, "<calcPr [^>]*/>")
    put(
        parts,
        WORKBOOK,
        "</workbook>",
        '<calcPr calcId="191029" calcMode="manual" iterate="1" iterateCount="7" fullPrecision="0"/>',
    )
    return parts


def document_type(parts: Parts) -> Parts:
    """a document type"""
    parts[WORKBOOK] = parts[WORKBOOK].replace(b"<workbook ", b"<!DOCTYPE workbook [<!ENTITY a 'b'>]><workbook ", 1)
    return parts


def broken_xml(parts: Parts) -> Parts:
    """XML that is not well-formed"""
    parts[WORKBOOK] = parts[WORKBOOK].replace(b"</sheets>", b"")
    return parts


SHAPES: dict[str, tuple[Shape, ...]] = {
    "How XML is written": (
        byte_order_mark, byte_order_mark_only, utf_16, utf_16_big, latin_1, not_standalone, standalone_no,
        no_declaration, indented, remarks, remarks_among_entries, escapes, single_quotes, prefixes, prefixes_everywhere,
        another_r, r_means_something_else, default_namespace_late,
    ),
    "What stands in it": (
        ignorable, alternate_content, extension_lists, foreign_elements, strict, days_from_1904, manual_calculation,
    ),
}  # fmt: skip
REFUSED: dict[Shape, str] = {
    two_dialects: "its parts are written in two dialects, Strict and Transitional",
    document_type: "its part xl/workbook.xml holds a document type",
    broken_xml: "its part xl/workbook.xml is not well-formed XML",
}
