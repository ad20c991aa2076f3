"""What Excel passes over and the cell reader stumbles at, put right in a copy that only reading sees.

- A sheet of Excel 4 macros, which holds no cells that a person reads, is listed as a sheet of another
  kind that the cell reader knows and skips.
- A module of old macros is listed as a sheet that leads nowhere; it is left off the list.
- A sheet whose ``state`` is no word of the standard's is a visible one.
- A dimension or a merge that names whole rows or columns is left out; the cells say the same.
- A number too large for any date is a text; the cell reader gives up on a date so far away.
- An error that is none of Excel's seven, such as the ``#ERROR!`` of other programs, is a text too.

Before it reads at all, two things are put right: parts that are not written in UTF-8, which it reads wrong or
as empty, are put into UTF-8; and a number of shared texts that their part has no bytes for is made 0, since
the cell reader makes room for so many and ends the whole process where there is no such room.
"""

from __future__ import annotations

import html
import io
import re
import struct
import zipfile
from collections.abc import Mapping

from pipesheet.intake import FAULTS, as_utf8, member_bytes, start_of
from pipesheet.sheetscan import (
    INSIDE,
    SHARED,
    attributes_of,
    relationships_member,
    sheet_members,
    stored_names,
    workbook_member,
)

_MACROS = re.compile(rb"(<(?:\w+:)?Relationship\s)([^<>]*/xl(?:Intl)?Macrosheet[\"'][^<>]*?)(/?)>", re.I)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^<>]*?)/>")
_STATE = re.compile(rb"\sstate\s*=\s*[\"'](?!(?:visible|hidden|veryHidden)[\"'])[^\"']*[\"']")
_RANGE_TAG = re.compile(
    rb"<(?:\w+:)?(?:dimension|mergeCell)\s(?![^<>]*?\bref=[\"'][A-Z]+\d+(?::[A-Z]+\d+)?[\"'])[^<>]*/>"
)
_HUGE = re.compile(
    rb"(<(?:\w+:)?c)(\s[^<>]*>)(?=<(?:\w+:)?v>[-+]?(?:\d{12,}(?:\.\d*)?|\d+(?:\.\d*)?[eE]\+?(?:1[2-9]|[2-9]\d|\d{3,}))<)"
)
_FORMULA = rb"(?:<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>))?"
_OTHER_ERROR = re.compile(
    rb"(<(?:\w+:)?c\s(?:[^<>]{0,200}?\s)?t=[\"'])e(?=[\"'][^<>]{0,200}>" + _FORMULA
    + rb"<(?:\w+:)?v>(?!#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)<))"
)  # fmt: skip
_TYPED = re.compile(rb"\st\s*=")
_ENCODED = re.compile(rb"(<\?xml[^<>]*?\sencoding\s*=\s*[\"'])([\w.:-]+)")
_OTHER_ENCODINGS = re.compile(rb"utf-?16|iso-?8859-(?:[1-9]|1[013-6])|windows-125[0-8]", re.I)
_TEXTS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^<>]*\?>|<!--(?!-?>).*?-->)*+<(?:[\w.-]+:)?sst(?=[\s/>])" + INSIDE, re.S
)
_COUNT = re.compile(rb"(\buniqueCount\s*=\s*[\"'])(\d+)")
_LEAST_TEXT = len("<si/>")
_SKIPPED = (
    'Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/dialogsheet" '
    'Target="dialogsheets/macros.xml"'
)
"""What says by its type, and for an .xlsb by its folder, that it is no sheet of cells."""


def readable(content: bytes, package: zipfile.ZipFile) -> bytes | None:
    """The package with all its XML in UTF-8 and no more texts announced than there are; None where it is so.

    Raises:
        zipfile.BadZipFile, zlib.error, …: see `pipesheet.intake.FAULTS`.
    """
    changed = _in_utf8(package)
    changed |= _uncounted(package, changed)
    try:
        return _with_changed(content, changed) if changed else None
    except struct.error as fault:  # The directory may say of a member what none can be written with.
        raise ValueError("a part's place in the file is said wrongly") from fault


def _in_utf8(package: zipfile.ZipFile) -> dict[str, bytes]:
    try:
        return {name: _recoded(member_bytes(package, name)) for name in package.namelist() if _is_other(package, name)}
    except FAULTS:
        return {}


def _uncounted(package: zipfile.ZipFile, recoded: Mapping[str, bytes]) -> dict[str, bytes]:
    """The shared texts said to be none, where they are said to be more than there can be.

    Raises:
        ValueError: it cannot be told how many they are said to be.
    """
    name = stored_names(package).get(SHARED, "")
    if not name:
        return {}
    start = _TEXTS.match(recoded.get(name) or start_of(package, name))
    most = package.getinfo(name).file_size // _LEAST_TEXT
    if start and all(int(number) <= most for _, number in _COUNT.findall(start[1])):
        return {}
    xml = recoded.get(name) or member_bytes(package, name)
    if start:
        return {name: _COUNT.sub(rb"\g<1>0", xml[: start.end()]) + xml[start.end() :]}
    if b"uniqueCount" in xml:
        raise ValueError("its list of shared texts does not begin as one")
    return {}


def _is_other(package: zipfile.ZipFile, name: str) -> bool:
    if not name.casefold().endswith((".xml", ".rels")):
        return False
    start = start_of(package, name)
    said = _ENCODED.match(start)
    return as_utf8(start) is not start or bool(said and _OTHER_ENCODINGS.fullmatch(said[2]))


def _recoded(xml: bytes) -> bytes:
    said = _ENCODED.match(xml)
    plain = xml.decode(said[2].decode()).encode() if said else as_utf8(xml)
    return _ENCODED.sub(rb"\1UTF-8", plain.removeprefix(b"\xef\xbb\xbf"), count=1)


def mended(content: bytes, package: zipfile.ZipFile) -> bytes | None:
    """The package with those parts put right; None where there is nothing of the kind in it."""
    try:
        changed = _changed(package)
        return _with_changed(content, changed) if changed else None
    except (*FAULTS, struct.error):  # The directory may say of a member what none can be written with.
        return None


def _with_changed(content: bytes, changed: Mapping[str, bytes]) -> bytes:
    copy = io.BytesIO(content)
    with zipfile.ZipFile(copy, "a") as written:
        # The directory forgets the old part; its bytes stay behind, unread.
        written.filelist[:] = [member for member in written.filelist if member.filename not in changed]
        for name in changed:
            written.NameToInfo.pop(name)
            written.writestr(name, changed[name])
    return copy.getvalue()


def _changed(package: zipfile.ZipFile) -> dict[str, bytes]:
    root = workbook_member(package)
    relations = relationships_member(package, root)
    new = {relations: _MACROS.sub(_skipped, member_bytes(package, relations))}
    if root.casefold().endswith(".xml"):
        new[root] = _SHEET.sub(_listed, member_bytes(package, root))
        new |= {name: _mended_sheet(member_bytes(package, name)) for name in sheet_members(package).values()}
    return {name: data for name, data in new.items() if data != member_bytes(package, name)}


def _mended_sheet(xml: bytes) -> bytes:
    return _OTHER_ERROR.sub(rb"\1str", _HUGE.sub(_as_text, _RANGE_TAG.sub(b"", xml)))


def _as_text(cell: re.Match[bytes]) -> bytes:
    return cell[0] if _TYPED.search(cell[2]) else cell[1] + b' t="str"' + cell[2]


def _skipped(relation: re.Match[bytes]) -> bytes:
    attributes = _SKIPPED % html.escape(attributes_of(relation[2]).get("Id", ""))
    return relation[1] + attributes.encode() + relation[3] + b">"


def _listed(sheet: re.Match[bytes]) -> bytes:
    leads = any(value for name, value in attributes_of(sheet[1]).items() if name.endswith(":id"))
    return _STATE.sub(b"", sheet[0]) if leads else b""
