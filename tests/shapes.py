"""Reshaping a workbook: the tools by which a test gives a package the shape of somebody else's.

A shape is a function of a workbook's parts that gives back other parts, or the bytes of a whole file.
Its docstring is the shape's sentence in the docs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from grafting import members, users_book

Parts = dict[str, bytes]
Shape = Callable[[Parts], Parts | bytes]

TYPES, ROOT_RELS = "[Content_Types].xml", "_rels/.rels"
WORKBOOK, RELS, STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
SHEET, SHEET_RELS = "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels"
STRINGS = "xl/sharedStrings.xml"
INDEXES = (TYPES, RELS, WORKBOOK, STYLES)
"""The parts that a graft edits."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
X14 = f"{MICROSOFT}/spreadsheetml/2009/9/main"
X15 = f"{MICROSOFT}/spreadsheetml/2010/11/main"
SML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
MACRO_BOOK = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'

BOOK = users_book()


def parts_of_book() -> Parts:
    """The parts of a person's workbook, to be reshaped."""
    return members(BOOK)


def xml(text: str) -> bytes:
    """A part of that XML."""
    return (HEAD + text).encode()


def put(parts: Parts, part: str, before: str, text: str) -> None:
    """Puts XML into a part, before the first place where `before` stands."""
    old = parts[part].decode()
    assert before in old, f"{before!r} is not in {part}"
    parts[part] = old.replace(before, text + before, 1).encode()


def swap(parts: Parts, part: str, old: str, new: str) -> None:
    """Replaces a text of a part, everywhere in it."""
    assert old in parts[part].decode(), f"{old!r} is not in {part}"
    parts[part] = parts[part].decode().replace(old, new).encode()


def cut(parts: Parts, part: str, pattern: str) -> None:
    """Takes out of a part what matches."""
    text, count = re.subn(pattern, "", parts[part].decode(), flags=re.DOTALL)
    assert count, f"{pattern!r} is not in {part}"
    parts[part] = text.encode()


def rels_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", name + ".rels")


def relate(parts: Parts, to: str, kind: str, target: str, *, external: bool = False) -> str:
    """Adds a relationship of the part `to` (empty: the package) and gives back its id."""
    holder = rels_of(to)
    if holder not in parts:
        parts[holder] = xml('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>')
        parts[holder] = parts[holder].replace(b"/>", b"></Relationships>")
    number = f"rId{parts[holder].count(b'<Relationship ') + 1}"
    mode = ' TargetMode="External"' if external else ""
    put(
        parts, holder, "</Relationships>",
        f'<Relationship Id="{number}" Type="{kind}" Target="{target}"{mode}/>',
    )  # fmt: skip
    return number


def attach(parts: Parts, to: str, kind: str, part: str, content: str | bytes, content_type: str) -> str:
    """Adds a part with its type and a relationship of `to` to it; gives back the relationship's id."""
    parts[part] = content if isinstance(content, bytes) else xml(content)
    put(parts, TYPES, "</Types>", f'<Override PartName="/{part}" ContentType="{content_type}"/>')
    return relate(parts, to, kind, posixpath.relpath(part, posixpath.dirname(to) or "."))


def by_ending(parts: Parts, ending: str, content_type: str) -> None:
    """Declares the type of all parts of an ending."""
    put(parts, TYPES, '<Default Extension="xml"', f'<Default Extension="{ending}" ContentType="{content_type}"/>')


def extension(parts: Parts, part: str, root: str, text: str) -> None:
    """Puts an ``ext`` into the extension list of a part, made where there is none."""
    if b"</extLst>" not in parts[part]:
        put(parts, part, f"</{root}>", "<extLst></extLst>")
    put(parts, part, "</extLst>", text)


def list_sheet(parts: Parts, name: str, relationship: str, *, number: int = 3, state: str = "") -> None:
    """Lists a sheet last in the workbook part."""
    hidden = f' state="{state}"' if state else ""
    put(parts, WORKBOOK, "</sheets>", f'<sheet name="{name}" sheetId="{number}"{hidden} r:id="{relationship}"/>')


def renamed(parts: Parts, name: Callable[[str], str], spell: Callable[[str, str], str] | None = None) -> Parts:
    """The parts under other names, with every target and declared type following.

    `spell` writes the target of a part (second) as seen from a folder (first); relative where it is None.
    """
    new = {old: name(old) for old in parts if not old.endswith(".rels")} | {TYPES: TYPES}
    made: Parts = {}
    for old, data in parts.items():
        if old.endswith(".rels"):
            folder, _, holder = old.rpartition("_rels/")
            source = folder + holder.removesuffix(".rels")
            at = new.get(source, "")
            made[rels_of(at)] = _retargeted(data.decode(), posixpath.dirname(source), at, new, spell or relative)
        else:
            made[new[old]] = data
    declared = made[TYPES].decode()
    typed = re.sub(r'PartName="/([^"]+)"', lambda m: f'PartName="/{new[m.group(1)]}"', declared)
    return {**made, TYPES: typed.encode()}


def _retargeted(rels: str, folder: str, at: str, names: Mapping[str, str], spell: Callable[[str, str], str]) -> bytes:
    def target(found: re.Match[str]) -> str:
        part = posixpath.normpath(posixpath.join(folder, found.group(1)))
        return f'Target="{spell(posixpath.dirname(at), names[part])}"' if part in names else found.group()

    return re.sub(r'Target="([^"]+)"', target, rels).encode()


def relative(folder: str, part: str) -> str:
    return posixpath.relpath(part, folder or ".")


def absolute(_folder: str, part: str) -> str:
    return "/" + part


def roundabout(folder: str, part: str) -> str:
    """With steps up and down that lead nowhere."""
    up = "../" * len([step for step in folder.split("/") if step])
    return f"./{up}nowhere/.././{part}"


def backslashed(folder: str, part: str) -> str:
    return relative(folder, part).replace("/", "\\")


def percent_encoded(folder: str, part: str) -> str:
    return quote(relative(folder, part))
