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

import polars as pl

from pipesheet.grid import column_letters, quoted_sheet
from pipesheet.sheets import Content, Formula, Link

LONGEST_TEXT = 32_767
"""UTF-16 units a cell may hold, by Excel's limits."""
MANY = 200
"""A column of so many cells is worth the start of rendering it at once."""
MOST_HYPERLINKS = 65_530
"""Hyperlinks Excel reads on one sheet; cells beyond that jump by formula."""
LONGEST_LITERAL = 255
"""Characters of a text constant inside a formula."""
EPOCH_1900 = dt.date(1899, 12, 30)
EPOCH_1904 = dt.date(1904, 1, 1)
_FIRST_SURE_DATE = dt.date(1900, 3, 1)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_QUOTE = {'"': "&quot;"}
_NOT_PLAIN = r"[&<>\x00-\x08\x0b-\x1f\x7f-\x9f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"
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


def hyperlinks(row: int, column: int, contents: Iterable[Content], room: int) -> list[str]:
    """The hyperlinks of a column's links from `row` down, no more than there is room for."""
    letters = column_letters(column)
    linked = [(at, link) for at, link in enumerate(contents, row) if isinstance(link, Link)][:room]
    starts = {sheet: escape(quoted_sheet(sheet), _QUOTE) for sheet in {link.sheet for _, link in linked}}
    return [f'<hyperlink ref="{letters}{at}" location="{starts[link.sheet]}!{link.cell}"/>' for at, link in linked]


class Cells:
    """Renders contents as cells; links beyond the number of hyperlinks that Excel reads jump by formula.

    `epoch` is day 0 of the workbook the sheet is meant for. A long column of one type is rendered all at
    once by polars, which is several times faster and gives the same cells.
    """

    def __init__(self, epoch: dt.date = EPOCH_1900) -> None:
        self.links = 0
        self._epoch = epoch
        self._first_date = max(_FIRST_SURE_DATE, epoch)
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
        mark = f's="{style}"' if style else ""
        if len(contents) >= MANY:
            made = self._at_once(row, letters, contents, mark)
            if made is not None:
                return made
        render = self._by_type
        return [render[type(v)](f'r="{letters}{r}" {mark}', v) for r, v in enumerate(contents, row)]

    def formulas(self, row: int, column: int, text: str, *, values: Sequence[Content], style: int) -> list[str]:
        """The cells of a column that all hold one formula, each with its own stored value."""
        kinds = set(map(type, values))
        if len(values) >= MANY and kinds <= {float, type(None)}:
            formula = f"<f>{escape(text)}</f>"
            stored = _decimal(values)
            cells = _Column(row, column_letters(column), f's="{style}"' if style else "")
            return cells.made(stored, f">{formula}<v>", "</v></c>", blank=f' t="str">{formula}<v></v></c>')
        return self.column(row, column, [Formula(text, _stored(v)) for v in values], style)

    def _at_once(self, row: int, letters: str, contents: Sequence[Content], mark: str) -> list[str] | None:
        """The cells of a long column of one type; None where each cell must be looked at."""
        cells, kinds = _Column(row, letters, mark), set(map(type, contents)) - {type(None)}
        if kinds == {str}:
            return cells.texts(pl.Series(contents, dtype=pl.String))
        if kinds == {float}:
            return cells.made(_decimal(contents), "><v>", "</v></c>")
        if kinds == {dt.date}:
            days = pl.Series(contents, dtype=pl.Date)
            if days.min() >= self._first_date:  # type: ignore[operator]  # a column of dates has an earliest
                return cells.made((days - self._epoch).dt.total_days().cast(pl.String), "><v>", "</v></c>")
        if kinds == {Link} and self.links + len(contents) <= MOST_HYPERLINKS:
            self.links += sum(v is not None for v in contents)
            texts = [v.text if isinstance(v, Link) else None for v in contents]
            return cells.texts(pl.Series(texts, dtype=pl.String))
        return None

    def _text_cell(self, at: str, content: Content) -> str:
        if not content:
            return f"<c {at}/>"
        return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{xml_text(str(content))}</t></is></c>'

    def _bool_cell(self, at: str, content: Content) -> str:
        return f'<c {at} t="b"><v>{int(bool(content))}</v></c>'

    def _number_cell(self, at: str, content: Content) -> str:
        known = isinstance(content, int | float) and math.isfinite(content)
        return f"<c {at}><v>{content!r}</v></c>" if known else f"<c {at}/>"

    def _date_cell(self, at: str, content: Content) -> str:
        assert isinstance(content, dt.date)
        number = serial(content, self._epoch)
        return self._text_cell(at, number) if isinstance(number, str) else f"<c {at}><v>{number!r}</v></c>"

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
        self.links += 1
        if self.links <= MOST_HYPERLINKS:
            return self._text_cell(at, content.text)
        jump = f"HYPERLINK({literal('#' + location(content))},{literal(content.text)})"
        return self._formula_cell(at, Formula(jump, clean(content.text)))


class _Column:
    """A long column whose cells are rendered together."""

    def __init__(self, row: int, letters: str, mark: str) -> None:
        self._row, self._start, self._mark = row, f'<c r="{letters}', f'" {mark}'

    def made(self, values: pl.Series, before: str, after: str, *, blank: str = "/>") -> list[str]:
        """A cell per value between `before` and `after`; `blank` where there is none."""
        numbers = pl.int_range(self._row, self._row + len(values), eager=True).cast(pl.String)
        frame = pl.DataFrame({"at": numbers, "value": values})
        head = (pl.lit(self._start), pl.col("at"), pl.lit(self._mark))
        cell = (
            pl.when(pl.col("value").is_null())
            .then(pl.concat_str(*head, pl.lit(blank)))
            .otherwise(pl.concat_str(*head, pl.lit(before), pl.col("value").fill_null(""), pl.lit(after)))
        )
        return frame.select(cell).to_series().to_list()

    def texts(self, values: pl.Series) -> list[str]:
        """Text cells; only what holds more than plain characters is looked at one by one."""
        values = values.set(values == "", None)
        odd = values.filter(values.str.contains(_NOT_PLAIN) | (values.str.len_bytes() > LONGEST_TEXT)).unique()
        if len(odd):
            spelled = pl.Series([xml_text(text) for text in odd.to_list()], dtype=pl.String)
            values = values.replace(odd, spelled)
        return self.made(values, ' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>")


def _decimal(values: Sequence[Content]) -> pl.Series:
    """Numbers as text, in full; null where there is none."""
    numbers = pl.Series(values, dtype=pl.Float64)
    return numbers.set(~numbers.is_finite(), None).cast(pl.String)


def serial(moment: dt.date, epoch: dt.date) -> float | int | str:
    """A day, to the second, as the number that a cell holds whose days count from `epoch`; before March 1900,
    where Excel's days are off by one or do not exist, as text."""
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    if day < max(_FIRST_SURE_DATE, epoch):
        return moment.isoformat()
    return (day - epoch).days + _share_of_day(moment)


def _share_of_day(moment: dt.date) -> float | int:
    if not isinstance(moment, dt.datetime):
        return 0
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86_400 or 0


def _stored(value: Content) -> float | str | bool:
    return value if isinstance(value, str | bool | int | float) else ""
