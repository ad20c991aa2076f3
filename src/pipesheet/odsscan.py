"""What the cell reader does not tell of an .ods: how far its sheets reach, and which cells hold errors.

A cell and a row may say that they repeat, so a few bytes can ask for any amount of memory. What
repeats without content counts for nothing, here as in the cell reader.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from pipesheet.intake import member_bytes
from pipesheet.sheetscan import Scanned, attributes_of

_TAG = re.compile(
    rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])"
    rb"((?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>"
)
_REPEATED = re.compile(rb"\stable:number-(rows|columns)-repeated\s*=\s*[\"'](\d{1,10})[\"']")
_ERROR = re.compile(rb"<text:p[^<>]*>\s*(#[^<]{2,20}|Err:\d{3})\s*</text:p>")
_MOST_ERRORS = 10_000
"""An error that repeats is named in so many cells."""


@dataclass(slots=True)
class _Sheet:
    """One sheet under way: what was seen of it so far, and where in it the reading stands."""

    name: str
    start: int
    rows: int = 0
    columns: int = 0
    row: int = 0
    column: int = 0
    repeated: int = 1
    text: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)

    def cell(self, times: int, filled: bool, error: str, text: int) -> None:
        """The next cell of the row, so many times beside itself, with so many bytes of text."""
        self.text += times * self.repeated * text
        if filled:
            self.rows = max(self.rows, self.row + self.repeated)
            self.columns = max(self.columns, self.column + times)
        if error and len(self.errors) + self.repeated * times <= _MOST_ERRORS:
            spread = ((r, c) for r in range(self.repeated) for c in range(times))
            self.errors.update({(self.row + r + 1, self.column + c + 1): error for r, c in spread})
        self.column += times

    def scanned(self, end: int) -> Scanned:
        return Scanned(self.rows, self.columns, end - self.start, lambda: self.errors, text=self.text)


def ods_sheets(package: zipfile.ZipFile) -> dict[str, Scanned]:
    """Each sheet of an .ods looked through; all of them lie in one part.

    Raises:
        zipfile.BadZipFile, zlib.error, …: see `pipesheet.intake.FAULTS`.
        ValueError: it is no XML, in which the cell reader would look for an end for ever.
    """
    content = member_bytes(package, "content.xml")
    try:
        expat.ParserCreate().Parse(content, True)
    except (expat.ExpatError, LookupError) as fault:  # the second of an encoding that there is none of
        raise ValueError(f"content.xml: {fault}") from fault
    return dict(_sheets(content))


def _sheets(content: bytes) -> Iterator[tuple[str, Scanned]]:
    sheet = _Sheet("", 0)
    for found in _TAG.finditer(content):
        closing, kind, text = found[1], found[2], found[3]
        if kind == b"table":
            if closing:
                yield sheet.name, sheet.scanned(found.end())
            else:
                sheet = _Sheet(attributes_of(text).get("table:name", ""), found.start())
        elif kind == b"table-row":
            if closing or text.endswith(b"/"):
                sheet.row += sheet.repeated if closing else _times(text, b"rows")
            else:
                sheet.repeated, sheet.column = _times(text, b"rows"), 0
        elif not closing:
            error = _ERROR.match(content, found.end()) if b':value-type="error"' in text else None
            filled = not text.endswith(b"/") or b"office:value" in text
            # Empty for a tag that closes itself; and a text may stand in an attribute.
            held = len(text) if text.endswith(b"/") else content.find(b"</table:", found.end()) - found.start()
            sheet.cell(_times(text, b"columns"), filled, error[1].decode() if error else "", held if filled else 0)


def _times(text: bytes, what: bytes) -> int:
    if b"repeated" not in text:
        return 1
    said = next((found[2] for found in _REPEATED.finditer(text) if found[1] == what), b"1")
    return int(said)
