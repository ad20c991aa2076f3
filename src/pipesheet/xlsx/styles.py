"""Our cell formats in the user's styles: an identical one is reused, else appended; none renumbered.

A format is a row of ``cellXfs`` that points into fonts, fills, borders and number formats; a
differential format (``dxfs``) is whole in itself. Two are identical when they say the same, whatever
their prefixes. So a second graft finds all it needs and adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from os import PathLike

from lxml import etree

from pipesheet.errors import NotAWorkbook, Unsupported
from pipesheet.sheets import Typeface
from pipesheet.xlsx.dialect import Dialect, dialect_of
from pipesheet.xlsx.markup import (
    DECLARATION,
    Document,
    Signature,
    adopt,
    child,
    children,
    insert_in_order,
    local,
    signature,
    whole_number,
)

ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles",
    "colors", "extLst",
)  # fmt: skip
"""CT_Stylesheet's sequence, ECMA-376 part 1, 18.8.39."""
_MOST_FORMATS = 64_000
_LONGEST_FONT_NAME, _LARGEST_FONT = 31, 409
"""By Excel's limits."""
_FIRST_OWN_NUMBER_FORMAT = 164
_DEFAULTS = {
    "fonts": '<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
    "fills": '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>',
    "borders": "<border><left/><right/><top/><bottom/><diagonal/></border>",
    "cellStyleXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    "cellXfs": '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    "cellStyles": '<cellStyle name="Normal" xfId="0" builtinId="0"/>',
}
"""What Excel assumes where a list is missing or too short: entries by position."""


def empty(dialect: Dialect) -> bytes:
    """A styles part without a style."""
    return DECLARATION + f'<styleSheet xmlns="{dialect.main}"/>'.encode()


UNSAID = Typeface(scheme="")
"""What Excel sets cells in where no font is said, and what `_DEFAULTS` then says."""


def typeface(root: etree._Element) -> Typeface:
    """The font of the styles' first cell format, which is that of every cell without one."""
    formats, fonts = (children(child(root, name)) for name in ("cellXfs", "fonts"))
    pointer = str(formats[0].get("fontId", "0")) if formats else "0"
    number = whole_number(pointer) if pointer.isdecimal() else len(fonts)
    if number >= len(fonts):
        return UNSAID
    said = {local(e): str(e.get("val", "")) for e in children(fonts[number])}
    name, scheme = said.get("name", ""), said.get("scheme", "")
    if not name or len(name) > _LONGEST_FONT_NAME:
        return UNSAID
    return Typeface(
        name, _number(said.get("sz"), 11), "minor" if scheme == "minor" else "major" if scheme == "major" else "",
        int(_number(said.get("family"), 0)), int(_number(said.get("charset"), 0)),
    )  # fmt: skip


def _number(text: str | None, default: float) -> float:
    try:
        number = float(text or default)
    except ValueError:
        return default
    return min(max(number, 0), _LARGEST_FONT) if isfinite(number) else default


@dataclass(frozen=True, slots=True)
class FormatNumbers:
    """Composed format number -> number in the user's styles, as the digits that stand in the XML."""

    cells: Mapping[bytes, bytes]
    rules: Mapping[bytes, bytes]


def merge(theirs: Document, ours: etree._Element, path: str | PathLike[str]) -> FormatNumbers:
    """Sees to it that `theirs` holds every format of `ours`, and says where. `path` is for the error.

    Raises:
        Unsupported: the workbook has no room for another cell format.
        NotAWorkbook: its styles are written in another dialect than its workbook part.
    """
    if local(theirs.root) != "styleSheet":
        raise NotAWorkbook(path, "its styles part holds something else")
    if dialect_of(theirs.root) is not dialect_of(ours):
        raise NotAWorkbook(path, "its parts are written in two dialects, Strict and Transitional")
    lists = _Lists(theirs.root)
    numbers = _number_formats(lists, ours)
    # Number 0 is what cells without a format have: the user's own default.
    formats = children(child(ours, "cellXfs"))[1:]
    cells = [0, *(lists.place("cellXfs", _redirected(xf, ours, lists, numbers=numbers)) for xf in formats)]
    if max(cells) >= _MOST_FORMATS:
        raise Unsupported(
            path,
            f"with ours it would have more than {_MOST_FORMATS:,} cell formats, Excel's limit",
            "Remove unused cell formats in Excel (Inquire, Clean Excess Cell Formatting) and save.",
        )
    rules = [lists.place("dxfs", e) for e in children(child(ours, "dxfs"))]
    lists.count()
    return FormatNumbers(_digits(cells), _digits(rules))


def _digits(numbers: list[int]) -> dict[bytes, bytes]:
    return {b"%d" % before: b"%d" % after for before, after in enumerate(numbers)}


def _redirected(
    xf: etree._Element, ours: etree._Element, lists: _Lists, *, numbers: Mapping[str, str]
) -> etree._Element:
    """Our cell format pointing to the user's fonts, fills, borders and number formats."""
    copy = etree.fromstring(etree.tostring(xf, with_tail=False))
    for attribute, name in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
        piece = children(child(ours, name))[int(xf.get(attribute, "0"))]
        copy.set(attribute, str(lists.place(name, piece)))
    number = str(xf.get("numFmtId", "0"))
    copy.set("numFmtId", numbers.get(number, number))
    copy.set("xfId", "0")
    return copy


def _number_formats(lists: _Lists, ours: etree._Element) -> dict[str, str]:
    """Our number format ids -> the user's, by what the formats say."""
    entries = [(str(e.get("formatCode")), whole_number(e.get("numFmtId"))) for e in lists.entries("numFmts")]
    theirs = {code: str(number) for code, number in reversed(entries) if number}
    used = [number for _, number in entries]
    free = max([_FIRST_OWN_NUMBER_FORMAT - 1, *used]) + 1
    found: dict[str, str] = {}
    for element in children(child(ours, "numFmts")):
        code = str(element.get("formatCode"))
        if code not in theirs:
            theirs[code], free = str(free), free + 1
            adopt(lists.listing("numFmts"), element).set("numFmtId", theirs[code])
        found[str(element.get("numFmtId"))] = theirs[code]
    return found


class _Lists:
    """The lists of one styles part, with what is in them already."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._known: dict[str, dict[Signature, int]] = {}
        self._sizes: dict[str, int] = {}

    def listing(self, name: str) -> etree._Element:
        """The list of that name, made where there is none."""
        found = child(self._root, name)
        return insert_in_order(self._root, name, ORDER) if found is None else found

    def entries(self, name: str) -> list[etree._Element]:
        return children(child(self._root, name))

    def place(self, name: str, element: etree._Element) -> int:
        """The position of an identical entry, or of this one appended."""
        known = self._index(name)
        key = signature(element)
        if key not in known:
            adopt(self.listing(name), element)
            known[key], self._sizes[name] = self._sizes[name], self._sizes[name] + 1
        return known[key]

    def _index(self, name: str) -> dict[Signature, int]:
        if name not in self._known:
            self._fill_up(name)
            known: dict[Signature, int] = {}
            for position, element in enumerate(self.entries(name)):
                known.setdefault(signature(element), position)
            self._known[name], self._sizes[name] = known, len(self.entries(name))
        return self._known[name]

    def _fill_up(self, name: str) -> None:
        """Excel takes the first entries of a list for its defaults; they must be there before ours."""
        defaults = children(etree.fromstring(f'<x xmlns="{dialect_of(self._root).main}">{_DEFAULTS.get(name, "")}</x>'))
        for missing in defaults[len(self.entries(name)) :]:
            adopt(self.listing(name), missing)
        if name == "cellXfs" and not self.entries("cellStyleXfs"):
            self._fill_up("cellStyleXfs")
            self._fill_up("cellStyles")

    def count(self) -> None:
        """Brings the counts in line with lists that grew."""
        for name in ORDER[:8]:
            found = child(self._root, name)
            if found is not None and name in (*self._known, "numFmts", "cellStyleXfs", "cellStyles"):
                found.set("count", str(len(children(found))))
