"""How live cells look: each style in as few calls as it needs, because every call crosses to another program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from itertools import groupby
from typing import Any, TypeVar

from pipesheet.grid import column_letters
from pipesheet.sheets import PLAIN, USUAL_SIZE, Column, Highlight, SheetPlan, Style, TablePlan, Typeface

T = TypeVar("T")
GENERAL = "General"
_INPUT_ONLY = 0
_VERTICAL = {"top": "top", "vcenter": "center", "": "bottom"}


def refined(call: Callable[[], None]) -> None:
    """Does what only some hosts have a word for; without it the sheet is plainer, not wrong."""
    with suppress(Exception):
        call()


def dress(cells: Any, style: Style, typeface: Typeface, *, over: Style | None = None) -> None:
    """Gives cells that look, number format included. They have no format yet, or that of the style `over`."""
    new = {
        f.name: value
        for f in fields(Style)
        if (value := getattr(style, f.name)) and (over is None or value != getattr(over, f.name))
    }
    font: dict[str, Any] = {name: new[name] for name in ("bold", "italic", "color") if name in new}
    if over is None or "size" in new:
        font["size"] = typeface.points(style.size or USUAL_SIZE)
    if "number" in new:
        cells.number_format = style.number
    if font:
        cells.font.set(**font)
    for name, give in _GIVEN.items():
        if name in new:
            give(cells, new[name])
    _lines(cells, new)


def _vertical(cells: Any, value: str) -> None:
    cells.vertical_alignment = _VERTICAL[value]


def _horizontal(cells: Any, value: str) -> None:
    cells.horizontal_alignment = value


def _fill(cells: Any, value: str) -> None:
    cells.color = value


def _wrap(cells: Any, value: bool) -> None:
    cells.wrap_text = value


_GIVEN: Mapping[str, Callable[[Any, Any], None]] = {
    "fill": _fill,
    "align": _horizontal,
    "valign": _vertical,
    "wrap": _wrap,
    "indent": lambda cells, value: refined(lambda: setattr(cells.api, "IndentLevel", value)),
    "underline": lambda cells, _: refined(lambda: setattr(cells.font.api, "Underline", 2)),
}


def shared(styles: Sequence[Style]) -> Style:
    """What they have in common; plain in all else."""
    first = styles[0]
    same = {f.name for f in fields(Style) if all(getattr(s, f.name) == getattr(first, f.name) for s in styles)}
    return Style(**{name: getattr(first, name) for name in same})


def _lines(cells: Any, new: Mapping[str, Any]) -> None:
    for side in ("top", "bottom"):
        if side in new:
            which = [f"edge_{side}", "inside_horizontal"] if cells.shape[0] > 1 else f"edge_{side}"
            cells.borders.set(which, line_style="continuous", weight="thin", color=new[side])


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
    # The newest rule goes before the others, and one of few cells says more than one of many.
    for _, highlight in sorted(enumerate(plan.highlights), key=lambda pair: (_cells(pair[1]), -pair[0])):
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


def _dress_table(sheet: Any, table: TablePlan, typeface: Typeface) -> None:
    """First what all columns have in common, then what sets each apart: thousands of rows are formatted once."""
    common, width = shared([column.style for column in table.columns]), len(table.columns)
    dress(area(sheet, table.row, table.column, 1, width), table.header, typeface)
    dress(area(sheet, table.row + 1, table.column, table.rows, width), common, typeface)
    for first, last, style in neighbours([column.style for column in table.columns]):
        across = last - first + 1
        header = area(sheet, table.row, table.column + first, 1, across)
        dress(header, table.header_style(table.columns[first]), typeface, over=table.header)
        body = area(sheet, table.row + 1, table.column + first, table.rows, across)
        dress(body, style, typeface, over=common)
    for at, column in enumerate(table.columns, table.column):
        _validate(sheet, table, at, column)


def neighbours(values: Sequence[T]) -> Iterator[tuple[int, int, T]]:
    """Equal values that follow each other, as (first, last, value)."""
    first = 0
    for value, run in groupby(values):
        last = first + len(list(run)) - 1
        yield first, last, value
        first = last + 1


def _validate(sheet: Any, table: TablePlan, at: int, column: Column) -> None:
    if column.listed:
        area(sheet, table.row + 1, at, table.rows).data_validation.set_list(list(column.choices))
    if column.note:
        refined(lambda: _prompt(area(sheet, table.row, at), column))


def _prompt(cell: Any, column: Column) -> None:
    rule = cell.data_validation.api
    refined(lambda: rule.Add(_INPUT_ONLY))
    rule.InputTitle, rule.InputMessage = column.prompt


def _measure(sheet: Any, plan: SheetPlan, typeface: Typeface) -> None:
    for first, last, width in _sized(plan.all_widths):
        area(sheet, 1, first, 1, last - first + 1).column_width = width
    for first, last, height in _sized(plan.heights):
        area(sheet, first, 1, last - first + 1).row_height = typeface.points(height)


def _sized(sizes: Mapping[int, float]) -> Iterator[tuple[int, int, float]]:
    """Neighbouring columns or rows of one size, as (first, last, size)."""
    for first, last, size in neighbours([sizes.get(at) for at in range(1, max(sizes, default=0) + 1)]):
        if size is not None:
            yield first + 1, last + 1, size


def _cells(highlight: Highlight) -> int:
    """The most first."""
    across = highlight.last_column - highlight.first_column + 1
    return -across * (highlight.last_row - highlight.first_row + 1)


def _highlight(sheet: Any, highlight: Highlight) -> None:
    cells = sheet.range((highlight.first_row, highlight.first_column), (highlight.last_row, highlight.last_column))
    if highlight.kind == "data bar":
        cells.conditional_formats.add_data_bar(
            highlight.color, minimum=0, threshold_type="number", gradient=False, show_value=True
        )
        return
    cells.select()  # Excel takes addresses in a rule as seen from the cell that is selected
    style = highlight.style
    wanted = {"fill_color": style.fill, "font_color": style.color, "font_bold": style.bold, "font_italic": style.italic}
    cells.conditional_formats.add_custom(f"={highlight.formula}", **{k: v for k, v in wanted.items() if v})


def set_up(sheet: Any, plan: SheetPlan) -> None:
    """Window and paper of a new sheet, which must be the active one.

    Once it is there both are the person's; and a sheet that is still empty has no pages to be laid out anew.
    """
    sheet.show_gridlines = False
    if plan.freeze is not None:
        row, column = plan.freeze
        try:
            sheet.freeze_panes.freeze_at(_above_and_left(sheet, row, column))
        except Exception:  # xlwings has no word for it on Windows and macOS
            refined(lambda: _freeze(sheet, row, column))
    if plan.tab_color:
        refined(lambda: setattr(sheet.api.Tab, "Color", _bgr(plan.tab_color)))
    refined(lambda: _paper(sheet, plan))


def _above_and_left(sheet: Any, row: int, column: int) -> Any:
    """What stays in sight where everything from that row and column on scrolls."""
    if column == 1:
        return f"1:{row - 1}"
    return f"A:{column_letters(column - 1)}" if row == 1 else sheet.range((1, 1), (row - 1, column - 1))


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
