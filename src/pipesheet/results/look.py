"""How the result sheets look: one ink, one blue ramp, thin lines, and the same top on every sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipesheet.analysis import Analysis
from pipesheet.figures import money_format
from pipesheet.grid import column_letters
from pipesheet.sheets import Column, Content, Formula, Link, Put, Style

INK, SOFT, FAINT, RULE, TRACK = "#14202B", "#46525E", "#5F6B77", "#DDE2E8", "#EAEEF2"
LINK = "#1A5FA8"
WON, COMMIT, BEST_CASE, PIPELINE, PIPELINE_EDGE = "#0B3C6F", "#2B74B8", "#86B6DF", "#CFE2F2", "#628FB8"
POSITIVE, NEGATIVE, WARNING = "#0B7A6B", "#B5391B", "#8A5A00"
INPUT_FILL, CURRENT_FILL = "#FFF8E1", "#EEF5FB"

TITLE = Style(size=18, bold=True, color=INK, valign="vcenter")
SUBTITLE = Style(size=11, color=SOFT)
NOTE = Style(size=9, color=FAINT)
SECTION = Style(size=13, bold=True, color=INK, valign="vcenter")
LABEL = Style(size=9, color=FAINT, bottom=RULE)
HEADER = Style(size=10, bold=True, color=SOFT, bottom=PIPELINE_EDGE, wrap=True, valign="vcenter")
TEXT = Style(color=INK, bottom=TRACK)
STRONG = replace(TEXT, bold=True)
QUIET = replace(TEXT, color=SOFT)
AFTER_NUMBER = replace(TEXT, align="left", indent=1)
"""A text beside a number that is flush right."""
LINKED = replace(TEXT, color=LINK, underline=True)
_NUMBER = replace(TEXT, align="right", indent=1)
COUNT = replace(_NUMBER, number='#,##0;−#,##0;"–"')
PERCENT = replace(_NUMBER, number="0.0%")
TIMES = replace(_NUMBER, number='0.0"×"')
DATE = replace(TEXT, number="m/d/yyyy", align="center")
MOMENT = replace(TEXT, number="m/d/yyyy h:mm", align="center")
"""Shown as each reader's own computer writes dates: 16.11.2026 in Berlin, 11/16/2026 in Boston."""

TABLE_STYLE = ""
"""No table style of Excel's: the cells bring their own look."""
MOST_ROWS = 1_048_560
"""Rows that a table of ours may have below its header and the lines over it, by Excel's limit."""


def money(analysis: Analysis) -> Style:
    """Money in the reporting currency, its sign behind it where the workbook's locale has a decimal comma;
    nothing is a dash, so that the eye finds what is there."""
    behind = bool(analysis.book.settings.decimal_comma)
    positive, *negative = money_format(analysis.currency, behind=behind).split(";")
    return replace(_NUMBER, number=f'{positive};{negative[0] if negative else "−" + positive};"–"')


def big(style: Style) -> Style:
    """The same kind of number as one of the figures at the top of a sheet, where zero is written out."""
    number = style.number.removesuffix(';"–"')
    return replace(style, number=number, size=16, bold=True, bottom="", align="left", indent=0, valign="vcenter")


def fitted(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Columns no wider than their texts need, and as wide as their numbers do."""
    return tuple(replace(column, width=_width(column)) for column in columns)


def _width(column: Column) -> float | None:
    if column.width is None:
        return None
    if column.style.align == "right" and (largest := _largest(column.contents)) is not None:
        signs = len(column.style.number.split(";")[0]) - len("#,##0")
        return max(column.width, len(f"{largest:,.0f}") + max(0, signs) + 2)
    lengths = sorted(len(v) for v in map(_shown, column.contents[:_SAMPLE]) if isinstance(v, str))
    if not lengths and column.contents and column.style.align:
        return column.width
    longest_word = max(map(len, column.header.split()))
    typical = lengths[int(0.95 * (len(lengths) - 1))] if lengths else 0
    return min(column.width, max(typical + 3, longest_word + 3, _NARROWEST))


_SAMPLE, _NARROWEST = 5_000, 8


def _shown(content: Content) -> Content:
    return content.value if isinstance(content, Formula) else content.text if isinstance(content, Link) else content


def _largest(contents: Sequence[Content]) -> float | None:
    """The largest number, whatever its sign; None where there is none."""
    if set(map(type, contents)) <= {int, float, type(None)}:
        numbers = [abs(v) for v in contents if v is not None]  # type: ignore[arg-type]  # numbers, as just seen
    else:
        numbers = [abs(v) for v in map(_shown, contents) if isinstance(v, int | float)]
    return max(numbers, default=None)


def top(title: str, subtitle: str, *notes: str, column: int = 1) -> tuple[Put, ...]:
    """The first lines of a sheet: what it says, of what, and how its numbers are defined."""
    lines = [(title, TITLE), (subtitle, SUBTITLE), *((note, NOTE) for note in notes)]
    return tuple(Put(row, column, text, style) for row, (text, style) in enumerate(lines, 1))


def section(row: int, column: int, title: str, note: str = "") -> tuple[Put, ...]:
    """The heading of a part of a sheet, and a line of definition beneath it."""
    heading = Put(row, column, title, SECTION)
    return (heading, Put(row + 1, column, note, NOTE)) if note else (heading,)


def figures(row: int, column: int, items: Iterable[tuple[str, Content, Style, str]]) -> tuple[Put, ...]:
    """Figures side by side, two columns each: label, value, and a note beneath."""
    puts: list[Put] = []
    for at, (label, value, style, note) in enumerate(items):
        left = column + 2 * at
        puts += [
            Put(row, left, label, LABEL),
            Put(row, left + 1, None, LABEL),
            Put(row + 1, left, value, big(style)),
            Put(row + 2, left, note, NOTE),
        ]
    return tuple(puts)


def figure_merges(row: int, column: int, count: int) -> tuple[tuple[int, int, int, int], ...]:
    """The merged cells that the values of `figures` need."""
    return tuple((row + 1, column + 2 * at, row + 1, column + 2 * at + 1) for at in range(count))


def letters(column: int) -> str:
    """The letters of a column."""
    return column_letters(column)


def address(row: int, column: int) -> str:
    """A cell of the same sheet, as ``K7``."""
    return f"{column_letters(column)}{row}"


def axis_money(currency: str) -> str:
    """Money along an axis: whole, in thousands or in millions, whichever each label needs."""
    unit = money_format(currency).split(";")[0]
    millions, thousands = (unit.replace("#,##0", shown) for shown in (r"0.0,,\M", r"0,\K"))
    return f"[>=1000000]{millions};[>=1000]{thousands};{unit}"
