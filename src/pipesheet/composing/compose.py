"""Descriptions of sheets into a small workbook of their own, the same bytes every time.

XlsxWriter makes the package, styles, tables, charts and rules; the cells themselves are rendered by
`pipesheet.composing.cells`, several times faster and without shared strings, so that a sheet can be moved
into another package by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from pipesheet.composing.cells import EPOCH_1900, EPOCH_1904, MOST_HYPERLINKS, Cells, hyperlinks
from pipesheet.composing.drawing import Shown, add_chart
from pipesheet.grid import column_letters
from pipesheet.sheets import PLAIN, USUAL_SIZE, Content, Highlight, Link, SheetPlan, Style, TablePlan, Typeface

USUAL = Typeface()
_MADE = dt.datetime(2000, 1, 1)
_A4 = 9
_AS_AT_HOME = {"m/d/yyyy": 14, "m/d/yyyy h:mm": 22}
"""Formats of Excel's own that show a date as each reader's computer writes dates."""
_MARGINS = {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6}
_FOOTER = "&L&8&K5F6B77&A&R&8&K5F6B77Page &P of &N"


def compose(plans: Sequence[SheetPlan], *, date1904: bool = False, typeface: Typeface = USUAL) -> bytes:
    """A workbook of those sheets, as the bytes of an .xlsx file.

    `date1904`: the sheets are meant for a workbook whose dates count from 1904; `typeface`: its font.
    """
    return _composed(plans, date1904, typeface, whole=True)[0]


def compose_apart(
    plans: Sequence[SheetPlan], *, date1904: bool = False, typeface: Typeface = USUAL
) -> tuple[bytes, Mapping[str, PlannedRows]]:
    """The same workbook with empty sheets, and the rows of each by its tab name.

    Rows make up nearly all of it, and can be rendered where they are going, with the formats there.
    """
    return _composed(plans, date1904, typeface, whole=False)


def _composed(
    plans: Sequence[SheetPlan], date1904: bool, typeface: Typeface, *, whole: bool
) -> tuple[bytes, Mapping[str, PlannedRows]]:
    target = BytesIO()
    book = PlannedBook(target, {"in_memory": True, "date_1904": date1904})
    book.set_properties({"created": _MADE, "title": "pipesheet", "author": "pipesheet"})
    styles = Styles(book, typeface)
    epoch = EPOCH_1904 if date1904 else EPOCH_1900
    sheets = [(plan, book.add_worksheet(plan.name, PlannedSheet)) for plan in plans]
    shown = Shown(plans)
    apart: dict[str, PlannedRows] = {}
    for plan, sheet in sheets:
        rows = apart[plan.name] = PlannedRows(plan, styles, epoch)
        _fill(sheet, plan, styles, rows, whole=whole)
        for chart in plan.charts:
            add_chart(book, sheet, chart, shown=shown, typeface=typeface)
    book.close()
    return target.getvalue(), apart


class PlannedRows:
    """The rows of one sheet, to be rendered once it is known which number each cell format has."""

    def __init__(self, plan: SheetPlan, styles: Styles, epoch: dt.date) -> None:
        self._plan, self._epoch, self._typeface = plan, epoch, styles.typeface
        headers = [t.header_style(c) for t in plan.tables for c in t.columns]
        looks = (*(p.style for p in plan.puts), *headers, *(c.style for t in plan.tables for c in t.columns))
        self._numbers = {style: styles.index(style) for style in looks}

    @property
    def cells(self) -> int:
        """How many cells there are, nearly."""
        return sum(len(t.columns) * len(t.columns[0].contents) for t in self._plan.tables)

    @property
    def area(self) -> tuple[int, int, int, int] | None:
        """The corners that the rows fill, counted from 0; None without any."""
        plan = self._plan
        rows = {*(p.row for p in plan.puts), *plan.heights}
        rows |= {edge for t in plan.tables for edge in (t.row, t.last_row)}
        right = max((1, *(p.column for p in plan.puts), *(t.last_column for t in plan.tables)))
        return (min(rows) - 1, 0, max(rows) - 1, right - 1) if rows else None

    @property
    def links(self) -> list[str]:
        """The hyperlinks as XML, in the order in which the cells are rendered."""
        found: list[str] = []
        columns = [(p.row, p.column, (p.content,)) for p in self._plan.puts if isinstance(p.content, Link)]
        places: list[tuple[int, int, Sequence[Content]]] = [*columns]
        for table in self._plan.tables:
            places += [(table.row + 1, at, c.contents) for at, c in enumerate(table.columns, table.column)]
        for row, column, contents in places:
            if Link in set(map(type, contents)):
                found += hyperlinks(row, column, contents, MOST_HYPERLINKS - len(found))
        return found

    def lines(self, formats: Mapping[bytes, bytes] | None = None) -> list[str]:
        """The rows as XML, with the user's number for each cell format where `formats` are given."""
        numbers = self._numbers
        if formats is not None:
            numbers = {style: int(formats[b"%d" % number]) for style, number in numbers.items()}
        cells, plan = Cells(self._epoch), self._plan
        rows: dict[int, list[tuple[int, str]]] = {}
        for put in plan.puts:
            made = cells.one(put.row, put.column, put.content, numbers[put.style])
            rows.setdefault(put.row, []).append((put.column, made))
        for table in plan.tables:
            for row, text in enumerate(_table_rows(table, numbers, cells), table.row):
                rows.setdefault(row, []).append((table.column, text))
        for row in plan.heights:
            rows.setdefault(row, [])
        return [_row(row, rows[row], self._height(row)) for row in sorted(rows)]

    def _height(self, row: int) -> float | None:
        height = self._plan.heights.get(row)
        return None if height is None else self._typeface.points(height)


class PlannedBook(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook that takes tab names as they are.

    They come from the user's workbook, where another program may have let through what Excel would not.
    """

    def _check_sheetname(self, sheetname: str, _is_chartsheet: bool = False) -> str:
        return sheetname


class PlannedSheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose cells and links come ready as XML; XlsxWriter writes everything round them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.links: Sequence[str] = ()

    def take(self, lines: list[str], links: Sequence[str], area: tuple[int, int, int, int]) -> None:
        """Takes the rows and hyperlinks as XML, and the corners they fill, counted from 0."""
        self.lines, self.links = lines, links
        self._check_dimensions(area[0], area[1])
        self._check_dimensions(area[2], area[3])

    def _write_rows(self) -> None:
        self.fh.write("".join(self.lines))

    def _write_hyperlinks(self) -> None:
        if self.links:
            self.fh.write(f"<hyperlinks>{''.join(self.links)}</hyperlinks>")

    # XlsxWriter also writes the headers and formulas of tables as cells; those are among `lines`.
    def _write_string(self, *_: object) -> int:
        return 0

    def _write_formula(self, *_: object) -> int:
        return 0


class Styles:
    """Cell formats by how they look, each made once."""

    def __init__(self, book: xlsxwriter.Workbook, typeface: Typeface) -> None:
        self._book, self.typeface = book, typeface
        self._formats: dict[Style, Any] = {PLAIN: None}

    def format(self, style: Style) -> Any:
        """XlsxWriter's format for that look, None for the plain one."""
        if style not in self._formats:
            self._formats[style] = self._made(style)
        return self._formats[style]

    def index(self, style: Style) -> int:
        """The number by which a cell refers to that look."""
        made = self.format(style)
        return 0 if made is None else int(made._get_xf_index())

    def _made(self, style: Style) -> Any:
        made = self._book.add_format(_properties(style))
        made.set_font_name(self.typeface.name)
        made.set_font_size(self.typeface.points(style.size or USUAL_SIZE))
        made.set_font_family(self.typeface.family)
        made.set_font_charset(self.typeface.charset)
        made.set_font_scheme(self.typeface.scheme or "none")
        return made

    def rule(self, style: Style) -> Any:
        """A format for a conditional rule: only what differs from plain, and neither font nor size."""
        return self._book.add_format(_properties(style))


def _properties(style: Style) -> dict[str, Any]:
    wanted = {
        "num_format": _AS_AT_HOME.get(style.number, style.number),
        "bold": style.bold,
        "italic": style.italic,
        "font_color": style.color,
        "align": style.align,
        "valign": style.valign,
        "text_wrap": style.wrap,
        "indent": style.indent,
        "underline": 1 if style.underline else 0,
    }
    properties = {name: value for name, value in wanted.items() if value}
    if style.fill:
        properties |= {"pattern": 1, "bg_color": style.fill}
    if style.top:
        properties |= {"top": 1, "top_color": style.top}
    if style.bottom:
        properties |= {"bottom": 1, "bottom_color": style.bottom}
    if style.unlocked:
        properties["locked"] = False
    return properties


def _fill(sheet: PlannedSheet, plan: SheetPlan, styles: Styles, rows: PlannedRows, *, whole: bool) -> None:
    for column, width in plan.all_widths.items():
        sheet.set_column(column - 1, column - 1, width)
    for row, height in plan.heights.items():
        sheet.set_row(row - 1, styles.typeface.points(height))
    for first_row, first_column, last_row, last_column in plan.merges:
        sheet.merge.append([first_row - 1, first_column - 1, last_row - 1, last_column - 1])
    if rows.area:
        sheet.take(rows.lines() if whole else [], rows.links, rows.area)
    for table in plan.tables:
        _add_table(sheet, table)
        _add_validation(sheet, table)
    for highlight in plan.highlights:
        _add_highlight(sheet, highlight, styles)
    _set_up(sheet, plan)


def _row(row: int, parts: list[tuple[int, str]], height: float | None) -> str:
    if len(parts) > 1:
        parts.sort()
    tall = "" if height is None else f' ht="{height:g}" customHeight="1"'
    return f'<row r="{row}"{tall}>{"".join([text for _, text in parts])}</row>'


def _table_rows(table: TablePlan, numbers: Mapping[Style, int], cells: Cells) -> list[str]:
    header = "".join(
        cells.one(table.row, table.column + i, column.header, numbers[table.header_style(column)])
        for i, column in enumerate(table.columns)
    )
    columns = [_column(table, i, style=numbers[column.style], cells=cells) for i, column in enumerate(table.columns)]
    return [header, *map("".join, zip(*columns, strict=True))]


def _column(table: TablePlan, index: int, *, style: int, cells: Cells) -> list[str]:
    column, first, at = table.columns[index], table.row + 1, table.column + index
    if not column.contents:
        return [cells.one(first, at, None, style)]
    if column.formula:
        return cells.formulas(first, at, column.formula, values=column.contents, style=style)
    return cells.column(first, at, column.contents, style)


def _add_table(sheet: PlannedSheet, table: TablePlan) -> None:
    columns = [{"header": c.header, **({"formula": c.formula} if c.formula else {})} for c in table.columns]
    sheet.add_table(
        table.row - 1,
        table.column - 1,
        table.row,
        table.column + len(columns) - 2,
        {
            "name": table.name,
            "columns": columns,
            "style": table.style or None,
            "autofilter": table.autofilter,
            "banded_rows": table.banded,
        },
    )
    # Given its real size, XlsxWriter would look at every cell of it; so it grows afterwards.
    made = sheet.tables[-1]
    corners = f"{column_letters(table.column)}{table.row}", f"{column_letters(table.column + len(columns) - 1)}"
    for kept in ("range", "a_range", "autofilter"):
        if made.get(kept):
            made[kept] = f"{corners[0]}:{corners[1]}{table.last_row}"


def _add_validation(sheet: PlannedSheet, table: TablePlan) -> None:
    for at, column in enumerate(table.columns, table.column - 1):
        if column.listed:
            wanted = {"validate": "list", "source": list(column.choices)}
            sheet.data_validation(table.row, at, table.last_row - 1, at, wanted)
        if column.note:
            title, text = column.prompt
            shown = {"validate": "any", "input_title": title, "input_message": text}
            sheet.data_validation(table.row - 1, at, table.row - 1, at, shown)


def _add_highlight(sheet: PlannedSheet, highlight: Highlight, styles: Styles) -> None:
    if highlight.kind == "data bar":
        rule = {"type": "data_bar", "bar_color": highlight.color, "bar_solid": True, "min_type": "num", "min_value": 0}
    else:
        rule = {"type": "formula", "criteria": f"={highlight.formula}", "format": styles.rule(highlight.style)}
    sheet.conditional_format(
        highlight.first_row - 1, highlight.first_column - 1, highlight.last_row - 1, highlight.last_column - 1, rule
    )


def _set_up(sheet: PlannedSheet, plan: SheetPlan) -> None:
    sheet.hide_gridlines(2)
    if plan.freeze is not None:
        sheet.freeze_panes(plan.freeze[0] - 1, plan.freeze[1] - 1)
    if plan.tab_color:
        sheet.set_tab_color(plan.tab_color)
    if plan.hidden:
        sheet.hide()
    if plan.landscape:
        sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(**_MARGINS)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(_FOOTER)
    if plan.print_columns:
        sheet.print_area(0, 0, sheet.dim_rowmax or 0, plan.print_columns - 1)
    if plan.repeat_rows is not None:
        sheet.repeat_rows(plan.repeat_rows[0] - 1, plan.repeat_rows[1] - 1)
