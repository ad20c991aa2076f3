"""How live cells look: each style in as few calls as it needs, because every call crosses to another program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pipesheet.grid import column_letters
from pipesheet.sheets import PLAIN, Column, Highlight, SheetPlan, Style, TablePlan, Typeface

GENERAL = "General"
_LONGEST_CHOICES, _LONGEST_MESSAGE = 255, 255
_INPUT_ONLY = 0
_VERTICAL = {"top": "top", "vcenter": "center", "": "bottom"}


def refined(call: Callable[[], None]) -> None:
    """Does what only some hosts have a word for; without it the sheet is plainer, not wrong."""
    with suppress(Exception):
        call()


def dress(cells: Any, style: Style, typeface: Typeface) -> None:
    """Gives cells that have no format yet that look, number format included."""
    if style.number:
        cells.number_format = style.number
    wanted = {"bold": style.bold or None, "italic": style.italic or None, "color": style.color or None}
    cells.font.set(size=typeface.points(style.size or 10), **{k: v for k, v in wanted.items() if v is not None})
    if style.fill:
        cells.color = style.fill
    if style.align:
        cells.horizontal_alignment = style.align
    if style.valign:
        cells.vertical_alignment = _VERTICAL[style.valign]
    if style.wrap:
        cells.wrap_text = True
    if style.indent:
        refined(lambda: setattr(cells.api, "IndentLevel", style.indent))
    _lines(cells, style)
    if style.underline:
        refined(lambda: setattr(cells.font.api, "Underline", 2))


def _lines(cells: Any, style: Style) -> None:
    tall = cells.shape[0] > 1
    for side, color in (("edge_top", style.top), ("edge_bottom", style.bottom)):
        if color:
            which = [side, "inside_horizontal"] if tall else side
            cells.borders.set(which, line_style="continuous", weight="thin", color=color)


def area(sheet: Any, row: int, column: int, rows: int = 1, columns: int = 1) -> Any:
    """The cells from (`row`, `column`), so many down and across."""
    return sheet.range((row, column), (row + rows - 1, column + columns - 1))


def dress_sheet(sheet: Any, plan: SheetPlan, typeface: Typeface) -> None:
    """How the cells of a sheet look, which is the active one."""
    for style, row, column, width in _runs(plan):
        dress(area(sheet, row, column, 1, width), style, typeface)
    for table in plan.tables:
        _dress_table(sheet, table, typeface)
    _measure(sheet, plan, typeface)
    for top, left, bottom, right in plan.merges:
        sheet.range((top, left), (bottom, right)).merge()
    for highlight in reversed(plan.highlights):  # the newest rule goes before the others
        _highlight(sheet, highlight)


def _runs(plan: SheetPlan) -> Iterator[tuple[Style, int, int, int]]:
    """Neighbours in a row that look the same, as (style, row, column, how many)."""
    run: tuple[Style, int, int, int] | None = None
    for put in sorted(plan.puts, key=lambda p: (p.row, p.column)):
        if run is not None and (put.style, put.row, put.column) == (run[0], run[1], run[2] + run[3]):
            run = (run[0], run[1], run[2], run[3] + 1)
            continue
        if run is not None and run[0] != PLAIN:
            yield run
        run = (put.style, put.row, put.column, 1)
    if run is not None and run[0] != PLAIN:
        yield run


def body_rows(table: TablePlan) -> int:
    """Rows of a table below its header; Excel wants one at least."""
    return max(1, len(table.columns[0].contents))


def _dress_table(sheet: Any, table: TablePlan, typeface: Typeface) -> None:
    for first, last, column in _alike(table.columns):
        across = last - first + 1
        align = column.style.align or ("right" if column.style.number else "left")
        header = area(sheet, table.row, table.column + first, 1, across)
        dress(header, replace(table.header, align=align, indent=column.style.indent), typeface)
        dress(area(sheet, table.row + 1, table.column + first, body_rows(table), across), column.style, typeface)
    for at, column in enumerate(table.columns, table.column):
        _validate(sheet, table, at, column)


def _alike(columns: Iterable[Column]) -> Iterator[tuple[int, int, Column]]:
    """Neighbouring columns of one style, as (first, last, one of them)."""
    columns = list(columns)
    first = 0
    for at, column in enumerate(columns):
        if at + 1 == len(columns) or columns[at + 1].style != column.style:
            yield first, at, column
            first = at + 1


def _validate(sheet: Any, table: TablePlan, at: int, column: Column) -> None:
    if column.choices and len(",".join(column.choices)) <= _LONGEST_CHOICES:
        area(sheet, table.row + 1, at, body_rows(table)).data_validation.set_list(list(column.choices))
    if column.note:
        refined(lambda: _prompt(area(sheet, table.row, at), column))


def _prompt(cell: Any, column: Column) -> None:
    rule = cell.data_validation.api
    rule.Add(_INPUT_ONLY)
    rule.InputTitle, rule.InputMessage = column.header[:32], column.note[:_LONGEST_MESSAGE]


def _measure(sheet: Any, plan: SheetPlan, typeface: Typeface) -> None:
    widths = {t.column + i: c.width for t in plan.tables for i, c in enumerate(t.columns) if c.width is not None}
    for column, width in {**widths, **plan.widths}.items():
        area(sheet, 1, column).column_width = width
    for row, height in plan.heights.items():
        area(sheet, row, 1).row_height = typeface.points(height)


def _highlight(sheet: Any, highlight: Highlight) -> None:
    cells = sheet.range((highlight.first_row, highlight.first_column), (highlight.last_row, highlight.last_column))
    if highlight.kind == "data bar":
        cells.conditional_formats.add_data_bar(
            highlight.color, minimum=0, threshold_type="number", gradient=False, show_value=True
        )
        return
    formula = highlight.criterion
    if highlight.kind == "text":
        corner = f"{column_letters(highlight.first_column)}{highlight.first_row}"
        formula = corner + '="' + highlight.criterion.replace('"', '""') + '"'
    cells.select()  # Excel takes addresses in a rule as seen from the cell that is selected
    style = highlight.style
    wanted = {"fill_color": style.fill, "font_color": style.color, "font_bold": style.bold, "font_italic": style.italic}
    cells.conditional_formats.add_custom(f"={formula}", **{k: v for k, v in wanted.items() if v})


def set_up(sheet: Any, plan: SheetPlan) -> None:
    """Window and paper of a new sheet, which must be the active one.

    Once it is there both are the person's; and a sheet that is still empty has no pages to be laid out anew.
    """
    sheet.show_gridlines = False
    if plan.freeze is not None:
        row, column = plan.freeze
        refined(lambda: _freeze(sheet, row, column))
    if plan.tab_color:
        refined(lambda: setattr(sheet.api.Tab, "Color", _bgr(plan.tab_color)))
    refined(lambda: _paper(sheet, plan))


def _freeze(sheet: Any, row: int, column: int) -> None:
    """Holds what lies above that row and left of that column; the window shows the sheet."""
    window = sheet.book.app.api.ActiveWindow
    window.FreezePanes = False
    window.ScrollRow = window.ScrollColumn = 1
    window.SplitRow, window.SplitColumn = row - 1, column - 1
    window.FreezePanes = row > 1 or column > 1


def _bgr(color: str) -> int:
    """How Excel counts a colour: blue first."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red + 256 * green + 65_536 * blue


def _paper(sheet: Any, plan: SheetPlan) -> None:
    setup = sheet.api.PageSetup
    setup.Orientation = 2 if plan.landscape else 1
    setup.Zoom = False
    setup.FitToPagesWide, setup.FitToPagesTall = 1, False
    if plan.repeat_rows is not None:
        setup.PrintTitleRows = "${}:${}".format(*plan.repeat_rows)
    if plan.print_columns:
        setup.PrintArea = f"$A:${column_letters(plan.print_columns)}"
