"""What a result sheet is, before it is Excel: cells, tables, charts and how they look.

Frozen descriptions that thinking code makes and `pipesheet.composing.compose` turns into a package.
Rows and columns count from 1. Nothing here knows what the numbers mean.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipesheet.grid import column_letters

USUAL_SIZE = 10
"""Points of our text, beside Excel's usual 11, where a style says nothing."""
LONGEST_CHOICES = 255
"""Characters of a drop-down's list, separators included; a longer one Excel takes for damage."""
LONGEST_PROMPT = 32, 255
"""Characters of a prompt's title and of its message."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks. Colours are ``#RRGGBB``; `number` is an Excel number format."""

    number: str = ""
    bold: bool = False
    italic: bool = False
    size: float | None = None
    color: str = ""
    fill: str = ""
    align: Literal["", "left", "center", "right"] = ""
    valign: Literal["", "top", "vcenter"] = ""
    wrap: bool = False
    indent: int = 0
    top: str = ""
    bottom: str = ""
    """Colour of a thin line above or below; empty for none."""
    underline: bool = False
    unlocked: bool = False


PLAIN = Style()


@dataclass(frozen=True, slots=True)
class Typeface:
    """The font of cells without a format, which a sheet is set in: that of the workbook it goes to.

    `size` in points; `scheme` is the theme's font it follows (``minor``, ``major``, empty for none);
    `family` and `charset` are Excel's numbers, 0 for none.
    """

    name: str = "Calibri"
    size: float = 11
    scheme: Literal["", "minor", "major"] = "minor"
    family: int = 2
    charset: int = 0

    def points(self, size: float) -> float:
        """What is `size` beside Excel's usual 11, in half points; never out of all proportion."""
        share = min(max(self.size / 11, 0.75), 1.5)
        return round(size * share * 2) / 2


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula, without the leading ``=``, and the value that was computed for it."""

    text: str
    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that jumps to `cell` (``K7``) of sheet `sheet` of the same workbook, showing `text`."""

    sheet: str
    cell: str
    text: str


Content = None | str | float | int | bool | dt.date | dt.datetime | Formula | Link


@dataclass(frozen=True, slots=True)
class Put:
    """One cell outside a table."""

    row: int
    column: int
    content: Content
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """One table column: header, one content per row, its style.

    `formula` (no leading ``=``, as Excel stores it: ``T[[#This Row],[Amount]]``, not ``[@Amount]``) is
    the column's calculated-column formula; `contents` then hold the computed values only. `note` is a
    prompt shown beneath the header when that is selected.
    """

    header: str
    contents: Sequence[Content]
    style: Style = PLAIN
    formula: str = ""
    width: float | None = None
    note: str = ""
    choices: tuple[str, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether its cells can be chosen from a drop-down."""
        return bool(self.choices) and len(",".join(self.choices)) <= LONGEST_CHOICES

    @property
    def prompt(self) -> tuple[str, str]:
        """Title and message of the prompt under its header, as much of them as Excel takes."""
        return self.header[: LONGEST_PROMPT[0]], self.note[: LONGEST_PROMPT[1]]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """An Excel table with its header at (`row`, `column`). All columns have one length; a table
    without rows gets one blank row, because Excel wants one."""

    name: str
    row: int
    column: int
    columns: tuple[Column, ...]
    style: str = "Table Style Light 1"
    autofilter: bool = True
    banded: bool = False
    header: Style = PLAIN
    """How the header cells look; each is aligned as its column is."""

    @property
    def rows(self) -> int:
        """Rows below the header."""
        return max(1, len(self.columns[0].contents))

    @property
    def last_row(self) -> int:
        """Where it ends."""
        return self.row + self.rows

    @property
    def last_column(self) -> int:
        """Where it ends to the right."""
        return self.column + len(self.columns) - 1

    def header_style(self, column: Column) -> Style:
        """How the header over that column looks."""
        align = column.style.align or ("right" if column.style.number else "left")
        return replace(self.header, align=align, indent=column.style.indent)


@dataclass(frozen=True, slots=True)
class Range:
    """Cells of the sheet with that key: 1-based, inclusive. `sheet` is a `SheetPlan.key`."""

    sheet: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart."""

    name: str
    categories: Range
    values: Range
    color: str
    line: bool = False
    marker: bool = False
    labels: str = ""
    """Number format of data labels; empty for none."""
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart. `kind` column/bar, stacked or not; series with `line` are drawn over it."""

    kind: Literal["column", "bar", "line"]
    title: str
    series: tuple[Series, ...]
    row: int
    column: int
    width: int
    height: int
    """Pixels."""
    stacked: bool = False
    number: str = ""
    alt_text: str = ""
    legend: bool = True
    reverse: bool = False
    """First category at the top of a bar chart."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A conditional format over a range of the same sheet."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int
    kind: Literal["data bar", "formula", "text"]
    criterion: str = ""
    """The formula (no ``=``), or the text that a cell must equal."""
    style: Style = PLAIN
    color: str = ""
    """Of the data bar."""

    @property
    def formula(self) -> str:
        """What must be true, without the ``=``, as seen from its first cell; of a data bar nothing is asked."""
        if self.kind != "text":
            return self.criterion
        corner = f"{column_letters(self.first_column)}{self.first_row}"
        return corner + '="' + self.criterion.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """One result sheet. `key` is what marks it as ours for ever (``forecast``), `name` its tab."""

    key: str
    name: str
    puts: tuple[Put, ...] = ()
    tables: tuple[TablePlan, ...] = ()
    charts: tuple[Chart, ...] = ()
    highlights: tuple[Highlight, ...] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    merges: tuple[tuple[int, int, int, int], ...] = ()
    freeze: tuple[int, int] | None = None
    """First row and column that scroll."""
    landscape: bool = True
    repeat_rows: tuple[int, int] | None = None
    print_columns: int = 0
    """Only so many columns go to paper; 0 for all."""
    tab_color: str = ""
    hidden: bool = False

    @property
    def all_widths(self) -> dict[int, float]:
        """Column -> its width in characters, those of tables' columns among them."""
        own = {t.column + i: c.width for t in self.tables for i, c in enumerate(t.columns) if c.width is not None}
        return {**own, **self.widths}
