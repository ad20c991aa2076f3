"""A composed sheet's XML with the user's format numbers in the place of its own, and the colour of its tab.

The XML is of `pipesheet.composing.compose`'s making, so its shape is known: ``<`` stands only before a
tag. Patterns begin at a tag's ``<``, so text can never match one. Rows are rendered with the right numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipesheet.xlsx.styles import FormatNumbers

_COLUMN = re.compile(rb'(<col [^<>]*?\bstyle=")([0-9]+)')
_RULE = re.compile(rb'(<cfRule [^<>]*?\bdxfId=")([0-9]+)')
_SELECTED = re.compile(rb'(<sheetView [^<>]*?) tabSelected="1"')
_TAB = re.compile(rb"(<sheetPr>)(?:<tabColor [^<>]*/>)?")
_TABLE_RULE = re.compile(rb'(DxfId=")([0-9]+)')


def restyled(xml: bytes, formats: FormatNumbers, *, color: bytes | None = None) -> bytes:
    """What stands around the rows, with the user's format numbers, no longer selected.

    `color` is the element of its tab's colour, empty for none; None leaves the composed one.
    """
    if color is not None:
        xml = _TAB.sub(lambda found: found.group(1) + color, xml, count=1)
    xml = _renumbered(_COLUMN, xml, formats.cells)
    return _SELECTED.sub(rb"\1", _renumbered(_RULE, xml, formats.rules))


def restyled_table(xml: bytes, formats: FormatNumbers) -> bytes:
    """A table part with the user's numbers for its differential formats."""
    return _renumbered(_TABLE_RULE, xml, formats.rules)


def _renumbered(pattern: re.Pattern[bytes], xml: bytes, numbers: Mapping[bytes, bytes]) -> bytes:
    return pattern.sub(lambda found: found.group(1) + numbers[found.group(2)], xml)
