"""Shapes of names: where parts lie, how targets are spelled, how types are declared, what is not there."""

from __future__ import annotations

import re

from shapes import (
    MAIN,
    OFFICE,
    RELS,
    ROOT_RELS,
    SHEET,
    SML,
    STRINGS,
    STYLES,
    TYPES,
    WORKBOOK,
    Parts,
    Shape,
    absolute,
    attach,
    backslashed,
    by_ending,
    cut,
    percent_encoded,
    put,
    relate,
    renamed,
    roundabout,
    swap,
    xml,
)


def names_in_capitals(parts: Parts) -> Parts:
    """part names in capitals, with targets in small letters"""
    return {part if part == TYPES else part.upper(): data for part, data in parts.items()}


def types_in_small_letters(parts: Parts) -> Parts:
    """a content types part written [content_types].xml"""
    parts[TYPES.lower()] = parts.pop(TYPES)
    return parts


def folders_of_another_maker(parts: Parts) -> Parts:
    """parts in folders of their own choice"""
    return renamed(parts, lambda p: f"Content/Data/{p.replace('/', '_')}")


def all_in_the_root(parts: Parts) -> Parts:
    """all parts in the root of the package"""
    return renamed(parts, lambda p: p.rpartition("/")[2])


def workbook2(parts: Parts) -> Parts:
    """a workbook part called workbook2.xml"""
    return renamed(parts, lambda p: p.replace("workbook.xml", "workbook2.xml"))


def book_elsewhere(parts: Parts) -> Parts:
    """a workbook part called Book.XML in another folder than its sheets"""
    return renamed(parts, lambda p: "Main/Book.XML" if p == WORKBOOK else p)


def book_in_the_root(parts: Parts) -> Parts:
    """a workbook part in the root, its sheets below"""
    return renamed(parts, lambda p: "workbook.xml" if p == WORKBOOK else p)


def absolute_targets(parts: Parts) -> Parts:
    """absolute targets"""
    return renamed(parts, str, absolute)


def roundabout_targets(parts: Parts) -> Parts:
    """targets with ./ and ../"""
    return renamed(parts, str, roundabout)


def backslashes_in_targets(parts: Parts) -> Parts:
    """backslashes in targets"""
    return renamed(parts, str, backslashed)


def backslashes_in_names(parts: Parts) -> Parts:
    """backslashes in the names of members"""
    return {part.replace("/", "\\"): data for part, data in parts.items()}


def leading_slashes(parts: Parts) -> Parts:
    """member names that begin with a slash"""
    return {f"/{part}": data for part, data in parts.items()}


def _spaced(part: str) -> str:
    return re.sub(r"(sheet|table|chart)(\d)", r"\1 é \2", part)


def percent_in_targets(parts: Parts) -> Parts:
    """blanks and accents in member names, percent-encoded in targets and types"""
    made = renamed(parts, _spaced, percent_encoded)
    made[TYPES] = made[TYPES].decode().replace(" é ", "%20%C3%A9%20").encode()
    return made


def percent_in_names(parts: Parts) -> Parts:
    """percent-encoded member names, targets and types"""
    return renamed(parts, lambda p: _spaced(p).replace(" é ", "%20%C3%A9%20"))


def targets_with_fragments(parts: Parts) -> Parts:
    """targets with fragments, outside targets, targets that are missing"""
    for kind, target in (("hyperlink", "#Notes!A1"), ("worksheet", "sheet2.xml#A1"), ("image", "../media/none.png")):
        relate(parts, SHEET, f"{OFFICE}/{kind}", target)
    relate(parts, SHEET, f"{OFFICE}/hyperlink", "file:///C:\\Users\\Mara\\deals%20old.xlsx", external=True)
    relate(parts, SHEET, f"{OFFICE}/hyperlink", "https://example.com/a?b=c&amp;d=e", external=True)
    return parts


def ids_of_another_maker(parts: Parts) -> Parts:
    """relationship ids that are no rId numbers"""
    for part in (RELS, WORKBOOK):
        parts[part] = re.sub(rb'([iI]d=")rId(\d)"', rb'\1R7f3a-\2_x"', parts[part])
    return parts


def types_by_ending_only(parts: Parts) -> Parts:
    """content types declared by ending only"""
    endings = {"sheet": "ws", "table": "tbl", "drawing": "drw", "chart": "cht", "styles": "sty", "workbook": "wb"}

    def name(part: str) -> str:
        stem = re.sub(r"\d*\.xml$", "", part.rpartition("/")[2])
        return part.replace(".xml", f".{endings[stem]}") if stem in endings else part

    declared = dict(re.findall(r'PartName="/([^"]+)" ContentType="([^"]+)"', parts[TYPES].decode()))
    by_new = {name(part).rpartition(".")[2]: of for part, of in declared.items() if name(part) != part}
    cut(parts, TYPES, r"<Override PartName=\"/xl/(?!theme|shared)[^>]*/>")
    for ending, of in by_new.items():
        by_ending(parts, ending, of)
    return renamed(parts, name)


def sheets_are_what_xml_is(parts: Parts) -> Parts:
    """an ending xml that means worksheet"""
    swap(parts, TYPES, '"application/xml"', f'"{SML}worksheet+xml"')
    cut(parts, TYPES, r'<Override PartName="/xl/worksheets/[^>]*/>')
    return parts


def types_by_part_only(parts: Parts) -> Parts:
    """content types declared by part only"""
    cut(parts, TYPES, "<Default [^>]*/>")
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    for part in [p for p in parts if p.endswith(".rels")]:
        put(parts, TYPES, "</Types>", f'<Override PartName="/{part}" ContentType="{kind}"/>')
    return parts


def endings_in_capitals(parts: Parts) -> Parts:
    """endings and part names in capitals among the content types"""
    declared = parts[TYPES].decode().replace('Extension="xml"', 'Extension="XML"').replace('"rels"', '"Rels"')
    parts[TYPES] = re.sub(r'PartName="([^"]+)"', lambda m: m.group().upper().replace("PARTNAME", "PartName"), declared)\
        .encode()  # fmt: skip
    return parts


def types_of_absent_parts(parts: Parts) -> Parts:
    """declared types of parts that are not there, and parts without a type"""
    put(parts, TYPES, "</Types>", f'<Override PartName="/xl/worksheets/sheet9.xml" ContentType="{SML}worksheet+xml"/>')
    parts["xl/worksheets/sheet3.xml"] = b"an orphan"
    parts["xl/junk"] = b"\0\1\2"
    parts["readme.unknown"] = b"hello"
    return parts


def no_shared_strings(parts: Parts) -> Parts:
    """no shared strings"""
    for number in "12":
        sheet = f"xl/worksheets/sheet{number}.xml"
        parts[sheet] = re.sub(rb't="s"><v>(\d)</v>', rb't="inlineStr"><is><t>text \1</t></is>', parts[sheet])
    del parts[STRINGS]
    cut(parts, TYPES, f'<Override PartName="/{STRINGS}"[^>]*/>')
    cut(parts, RELS, '<Relationship [^>]*/sharedStrings"[^>]*/>')
    return parts


def empty_shared_strings(parts: Parts) -> Parts:
    """a list of shared strings with nothing in it"""
    strings = parts[STRINGS]
    no_shared_strings(parts)
    del strings
    attach(parts, WORKBOOK, f"{OFFICE}/sharedStrings", STRINGS, f'<sst xmlns="{MAIN}" count="0" uniqueCount="0"/>',
           f"{SML}sharedStrings+xml")  # fmt: skip
    return parts


def _plain(parts: Parts) -> None:
    """No cell or rule points to a format."""
    for number in "12":
        cut(
            parts,
            f"xl/worksheets/sheet{number}.xml",
            r' s="\d"(?= t=|>)|<conditionalFormatting.*</conditionalFormatting>',
        )


def no_styles(parts: Parts) -> Parts:
    """no styles"""
    _plain(parts)
    del parts[STYLES]
    cut(parts, TYPES, f'<Override PartName="/{STYLES}"[^>]*/>')
    cut(parts, RELS, '<Relationship [^>]*/styles"[^>]*/>')
    return parts


def missing_styles(parts: Parts) -> Parts:
    """styles that are named and not there"""
    _plain(parts)
    del parts[STYLES]
    return parts


def empty_styles(parts: Parts) -> Parts:
    """a styles part with no list in it"""
    _plain(parts)
    parts[STYLES] = xml(f'<styleSheet xmlns="{MAIN}"/>')
    return parts


def empty_lists_of_styles(parts: Parts) -> Parts:
    """a styles part whose lists are empty or do not say how long they are"""
    _plain(parts)
    lists = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
    parts[STYLES] = xml(f'<styleSheet xmlns="{MAIN}">' + "".join(f"<{name}/>" for name in lists) + "</styleSheet>")
    return parts


def styles_without_a_byte(parts: Parts) -> Parts:
    """a styles part without a byte in it"""
    parts[STYLES] = b""
    return parts


def no_theme(parts: Parts) -> Parts:
    """no theme"""
    del parts["xl/theme/theme1.xml"]
    cut(parts, TYPES, '<Override PartName="/xl/theme/[^>]*/>')
    cut(parts, RELS, '<Relationship [^>]*/theme"[^>]*/>')
    return parts


def no_properties(parts: Parts) -> Parts:
    """no document properties"""
    for name in ("app", "core"):
        del parts[f"docProps/{name}.xml"]
    cut(parts, TYPES, '<Override PartName="/docProps/[^>]*/>')
    cut(parts, ROOT_RELS, '<Relationship [^>]*"docProps/[^>]*/>')
    return parts


def barest(parts: Parts) -> Parts:
    """a workbook part, one sheet and nothing else"""
    no_styles(no_theme(no_properties(no_shared_strings(parts))))
    for part in [p for p in parts if re.search("chart|drawing|table|sheet2|sheet1.xml.rels", p)]:
        del parts[part]
        if not part.endswith(".rels"):
            cut(parts, TYPES, f'<Override PartName="/{part}"[^>]*/>')
    cut(parts, SHEET, "<drawing[^>]*/>|<tableParts.*</tableParts>")
    cut(parts, RELS, '<Relationship [^>]*sheet2.xml"/>')
    cut(
        parts,
        WORKBOOK,
        '<sheet name="Notes"[^>]*/>|<definedNames.*</definedNames>|<(calcPr|fileVersion|workbookPr) [^>]*/>',
    )
    cut(parts, WORKBOOK, "<bookViews>.*</bookViews>")
    return parts


def no_relationships_of_the_package(parts: Parts) -> Parts:
    """no relationships of the package"""
    del parts[ROOT_RELS]
    return parts


def missing_workbook(parts: Parts) -> Parts:
    """a workbook part that is named and not there"""
    del parts[WORKBOOK]
    return parts


def no_sheets(parts: Parts) -> Parts:
    """a workbook part that lists no sheet"""
    cut(parts, WORKBOOK, "<sheet [^>]*/>")
    return parts


def no_types(parts: Parts) -> Parts:
    """no content types"""
    del parts[TYPES]
    return parts


SHAPES: dict[str, tuple[Shape, ...]] = {
    "Where parts lie and how they are named": (
        names_in_capitals, types_in_small_letters, folders_of_another_maker, all_in_the_root, workbook2, book_elsewhere,
        book_in_the_root, absolute_targets, roundabout_targets, backslashes_in_targets, backslashes_in_names,
        leading_slashes, percent_in_targets, percent_in_names, targets_with_fragments,
        ids_of_another_maker,
    ),
    "How types are declared": (
        types_by_ending_only, sheets_are_what_xml_is, types_by_part_only, endings_in_capitals, types_of_absent_parts,
    ),
    "What is missing or empty": (
        no_shared_strings, empty_shared_strings, no_styles, missing_styles, empty_styles, empty_lists_of_styles,
        no_theme, no_properties, barest,
    ),
}  # fmt: skip
REFUSED: dict[Shape, str] = {
    styles_without_a_byte: "its part xl/styles.xml is not well-formed XML",
    no_relationships_of_the_package: "it names no workbook part",
    missing_workbook: "it names no workbook part",
    no_sheets: "its workbook part lists no sheets",
    no_types: "it has no [Content_Types].xml, so it is a zip but no workbook",
}
