"""Cells as the XML of a worksheet, made column by column.

Text is written inline (``t="inlineStr"``), so a sheet carries all it says and needs no table of
shared strings; text is never a number, a link or a formula, whatever it looks like.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

from pipesheet.grid import column_letters, quoted_sheet
from pipesheet.sheets import Content, Formula, Link

LONGEST_TEXT = 32_767
"""UTF-16 units a cell may hold, by Excel's limits."""
MOST_HYPERLINKS = 65_530
"""Hyperlinks Excel reads on one sheet; cells beyond that jump by formula."""
LONGEST_LITERAL = 255
"""Characters of a text constant inside a formula."""
EPOCH_1900 = dt.date(1899, 12, 30)
EPOCH_1904 = dt.date(1904, 1, 1)
_FIRST_SURE_DATE = dt.date(1900, 3, 1)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_ALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def clean(text: str) -> str:
    """The text as a cell can hold it: no control characters, one kind of line end, not too long."""
    text = _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if 2 * len(text) > LONGEST_TEXT:
        cut = text.encode("utf-16-le")[: 2 * LONGEST_TEXT]
        text = cut.decode("utf-16-le", errors="ignore")
    return text


def xml_text(text: str) -> str:
    """Clean text as XML characters; what looks like Excel's own ``_x0041_`` escape stays literal."""
    return escape(_ESCAPE_ALIKE.sub("_x005F_", clean(text)))


def literal(text: str) -> str:
    """A text constant inside a formula, in quotes."""
    return '"' + clean(text)[:LONGEST_LITERAL].replace('"', '""') + '"'


def location(link: Link) -> str:
    """Where a link jumps to, as ``'My deals'!K7``."""
    return f"{quoted_sheet(link.sheet)}!{link.cell}"


class Cells:
    """Renders contents as cells and gathers the links of one sheet.

    `epoch` is day 0 of the workbook the sheet is meant for.
    """

    def __init__(self, epoch: dt.date = EPOCH_1900) -> None:
        self.links: list[str] = []
        self._epoch = epoch
        self._first_date = max(_FIRST_SURE_DATE, epoch)
        self._texts: dict[str, str] = {}
        self._by_type: dict[type, Callable[[str, Content], str]] = {
            type(None): lambda at, _: f"<c {at}/>",
            str: self._text_cell,
            bool: self._bool_cell,
            int: self._number_cell,
            float: self._number_cell,
            dt.date: self._date_cell,
            dt.datetime: self._date_cell,
            Formula: self._formula_cell,
            Link: self._link_cell,
        }

    def one(self, row: int, column: int, content: Content, style: int) -> str:
        """One cell as XML; `style` is the index of its cell format."""
        return self.column(row, column, (content,), style)[0]

    def column(self, row: int, column: int, contents: Sequence[Content], style: int) -> list[str]:
        """The cells of a column from `row` down, one string each."""
        letters = column_letters(column)
        kinds = set(map(type, contents))
        mark = f's="{style}"' if style else ""
        if kinds == {str}:
            return self._texts_down(letters, row, contents, mark)
        if kinds <= {int, float} and all(map(math.isfinite, contents)):  # type: ignore[arg-type]
            return [f'<c r="{letters}{r}" {mark}><v>{v!r}</v></c>' for r, v in enumerate(contents, row)]
        render = self._by_type
        return [render[type(v)](f'r="{letters}{r}" {mark}', v) for r, v in enumerate(contents, row)]

    def formulas(self, row: int, column: int, text: str, *, values: Sequence[Content], style: int) -> list[str]:
        """The cells of a column that all hold one formula, each with its own stored value."""
        return self.column(row, column, [Formula(text, _stored(v)) for v in values], style)

    def _texts_down(self, letters: str, row: int, contents: Iterable[Content], mark: str) -> list[str]:
        head, tail = f'{mark} t="inlineStr"><is>', "</is></c>"
        return [
            f'<c r="{letters}{r}" {head}{self._inline(str(v))}{tail}' if v else f'<c r="{letters}{r}" {mark}/>'
            for r, v in enumerate(contents, row)
        ]

    def _inline(self, text: str) -> str:
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = f'<t xml:space="preserve">{xml_text(text)}</t>'
        return found

    def _text_cell(self, at: str, content: Content) -> str:
        return f'<c {at} t="inlineStr"><is>{self._inline(str(content))}</is></c>' if content else f"<c {at}/>"

    def _bool_cell(self, at: str, content: Content) -> str:
        return f'<c {at} t="b"><v>{int(bool(content))}</v></c>'

    def _number_cell(self, at: str, content: Content) -> str:
        known = isinstance(content, int | float) and math.isfinite(content)
        return f"<c {at}><v>{content!r}</v></c>" if known else f"<c {at}/>"

    def _date_cell(self, at: str, content: Content) -> str:
        assert isinstance(content, dt.date)
        day = content.date() if isinstance(content, dt.datetime) else content
        # Before March 1900 Excel's days are off by one or do not exist.
        if day < self._first_date:
            return self._text_cell(at, content.isoformat())
        return f"<c {at}><v>{(day - self._epoch).days + _share_of_day(content)!r}</v></c>"

    def _formula_cell(self, at: str, content: Content) -> str:
        assert isinstance(content, Formula)
        formula, value = f"<f>{escape(content.text)}</f>", content.value
        if isinstance(value, bool):
            return f'<c {at} t="b">{formula}<v>{int(value)}</v></c>'
        if isinstance(value, str):
            return f'<c {at} t="str">{formula}<v>{xml_text(value)}</v></c>'
        return f"<c {at}>{formula}<v>{value!r}</v></c>" if math.isfinite(value) else f"<c {at}>{formula}</c>"

    def _link_cell(self, at: str, content: Content) -> str:
        assert isinstance(content, Link)
        if len(self.links) < MOST_HYPERLINKS:
            target = escape(location(content), {'"': "&quot;"})
            address = at.split('"')[1]
            self.links.append(f'<hyperlink ref="{address}" location="{target}"/>')
            return self._text_cell(at, content.text)
        jump = f"HYPERLINK({literal('#' + location(content))},{literal(content.text)})"
        return self._formula_cell(at, Formula(jump, clean(content.text)))


def _share_of_day(moment: dt.date) -> float | int:
    if not isinstance(moment, dt.datetime):
        return 0
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86_400 or 0


def _stored(value: Content) -> float | str | bool:
    return value if isinstance(value, str | bool | int | float) else ""
