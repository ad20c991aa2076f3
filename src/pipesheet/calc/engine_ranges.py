"""Blocks of cells: what xlwings' ``Range`` calls, over LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipesheet.calc.engine_cells import PIXEL, POINT, Cells, address_of, calc_link, excel_link, moment
from pipesheet.calc.engine_formats import Borders, Font, Rgb, number_of, rgb_of
from pipesheet.calc.engine_rules import ConditionalFormats, DataValidation
from pipesheet.calc.formulas import from_calc, to_calc

STEP = 353
"""An indent in hundredths of a millimetre, as Calc reads one of Excel's."""
MARGIN = 5  # pixels: what a column keeps beside its characters
HORIZONTAL = {"general": "STANDARD", "left": "LEFT", "center": "CENTER", "right": "RIGHT", "fill": "REPEAT",
              "justify": "BLOCK", "center_across_selection": "CENTER", "distributed": "BLOCK"}  # fmt: skip
VERTICAL = {"bottom": 3, "top": 1, "center": 2, "justify": 4, "distributed": 4}  # table.CellVertJustify2
AS_IT_IS = {float, bool, type(None)}
SIGNS = {"=", "'"}
"""What Excel takes a text for that begins so: a formula, and whatever follows."""


class Range(Cells):
    """A block of cells, or several of the same sheet as in ``A1:A9,C1:C9`` (only a chart's source may be that)."""

    options: Any = None
    max_cells_per_read = None
    max_cells_per_write = None
    has_array = False
    others: tuple[Range, ...] = ()

    @property
    def api(self) -> Range:
        """True to xlwings; there is no other object behind a block."""
        return self

    @property
    def IndentLevel(self) -> int:  # noqa: N802  Excel's name
        """How many steps the text stands in from its edge."""
        return round((self.get("ParaIndent") or 0) / STEP)

    @IndentLevel.setter
    def IndentLevel(self, value: int) -> None:  # noqa: N802  Excel's name
        self.put(ParaIndent=value * STEP)

    @property
    def Underline(self) -> bool:  # noqa: N802  Excel's name, of a font
        """Whether the letters are underlined."""
        return bool(self.get("CharUnderline"))

    @Underline.setter
    def Underline(self, value: Any) -> None:  # noqa: N802  Excel's name
        self.put(CharUnderline=int(bool(value)))

    def __call__(self, row: int, column: int | None = None) -> Range:
        """A cell of it, by row and column or by its number."""
        if column is None:
            row, column = (row - 1) // self.shape[1] + 1, (row - 1) % self.shape[1] + 1
        return self.part(row, column, row, column)

    def part(self, top: int, left: int, bottom: int, right: int) -> Range:
        """The block within this one, or beyond, by corners counted from its first cell."""
        down, over = self.row - 1, self.column - 1
        return Range(self.sheet, top + down, left + over, bottom + down, right + over)

    # what the cells hold

    @property
    def raw_value(self) -> Any:
        """A block is a list of rows, a single cell its value."""
        answer = self.ask("read")
        rows: list[list[Any]] = answer["rows"]
        for kind, meant in (("days", moment), ("booleans", bool)):
            for top, left, bottom, right in answer[kind]:
                for row in rows[top - 1 : bottom]:
                    shown = row[left - 1 : right]
                    row[left - 1 : right] = [meant(value) if type(value) is float else value for value in shown]
        return rows[0][0] if len(self) == 1 else rows

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        if _is_formula(value) and len(self) > 1:
            self.formula = value
            return
        rows = [
            [
                cell if type(cell) in AS_IT_IS or (type(cell) is str and cell[:1] not in SIGNS) else _written(cell)
                for cell in row
            ]
            for row in _rows(value, self.shape)
        ]
        sheet = self.sheet
        sheet.office.tell("write", sheet.book.id, sheet.name, self.row, self.column, rows)

    @property
    def formula(self) -> Any:
        """In Excel's words; a constant is its text."""
        rows = tuple(tuple(_formula(cell) for cell in row) for row in self.ask("formulas"))
        return rows[0][0] if len(self) == 1 else rows

    @formula.setter
    def formula(self, value: Any) -> None:
        if _is_formula(value):
            self.tell("fill", {"f": to_calc(value), "t": value})
        else:
            self.raw_value = value

    formula2 = formula

    def clear(self) -> None:
        """Contents, formats and conditional formats go."""
        self.tell("clear_rules")
        self.tell("clear", "all")

    def clear_contents(self) -> None:
        """Formats stay."""
        self.tell("clear", "contents")

    def clear_formats(self) -> None:
        """Contents stay."""
        self.tell("clear_rules")
        self.tell("clear", "formats")

    def copy(self, destination: Range | None) -> None:
        """To where the destination begins."""
        if destination is not None:
            self._carry("copy", destination)

    def move(self, destination: Range) -> None:
        """To where the destination begins; formulas that lead here follow."""
        self._carry("move", destination)

    def _carry(self, how: str, destination: Range) -> None:
        self.tell("copy", how, destination.sheet.name, destination.row, destination.column)

    @property
    def hyperlink(self) -> str:
        """Where the cell's link leads."""
        links = self.ask("links")
        if not links:
            raise ValueError("The cell doesn't seem to contain a hyperlink!")
        return excel_link(links[0])

    def add_hyperlink(self, address: str, text_to_display: str, screen_tip: str) -> None:  # noqa: ARG002  no tips here
        """A text that leads to the address."""
        self.tell("link", calc_link(address), text_to_display)

    # how they look

    @property
    def number_format(self) -> str | None:
        """The code in English; nothing where it differs."""
        code: str | None = self.ask("number_format")
        return code

    @number_format.setter
    def number_format(self, code: str) -> None:
        self.tell("set_number_format", code)

    @property
    def font(self) -> Font:
        """The letters."""
        return Font(self)

    @property
    def borders(self) -> Borders:
        """The lines."""
        return Borders(self)

    @property
    def color(self) -> Rgb | None:
        """The fill; nothing where there is none."""
        return rgb_of(self.get("CellBackColor"))

    @color.setter
    def color(self, value: Any) -> None:
        self.put(CellBackColor=number_of(value))

    @property
    def wrap_text(self) -> bool | None:
        """Nothing where it differs."""
        wrapped: bool | None = self.get("IsTextWrapped")
        return wrapped

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self.put(IsTextWrapped=bool(value))

    @property
    def horizontal_alignment(self) -> str | None:
        """A word of Excel's."""
        found = self.get("HoriJustify")
        return next((word for word, calc in HORIZONTAL.items() if calc == found), None)

    @horizontal_alignment.setter
    def horizontal_alignment(self, value: str) -> None:
        self.put(HoriJustify=["table.CellHoriJustify", HORIZONTAL[value]])

    @property
    def vertical_alignment(self) -> str | None:
        """A word of Excel's; Calc's own standard is below."""
        found = self.get("VertJustify")
        return "bottom" if found == 0 else next((word for word, calc in VERTICAL.items() if calc == found), None)

    @vertical_alignment.setter
    def vertical_alignment(self, value: str) -> None:
        self.put(VertJustify=VERTICAL[value])

    def adjust_indent(self, amount: int) -> None:
        """By so many steps, three spaces each as in Excel."""
        self.put(HoriJustify=["table.CellHoriJustify", "LEFT"], ParaIndent=max(0, (self._indent or 0) + amount * STEP))

    @property
    def _indent(self) -> int | None:
        indent: int | None = self.get("ParaIndent")
        return indent

    def merge(self, across: bool) -> None:
        """One cell of all, or of each row."""
        if not across:
            self.tell("merge", True)
            return
        for row in range(1, self.shape[0] + 1):
            self.part(row, 1, row, self.shape[1]).tell("merge", True)

    def unmerge(self) -> None:
        """Take merged cells apart."""
        self.tell("merge", False)

    @property
    def merge_cells(self) -> bool:
        """Whether cells are merged."""
        return bool(self.ask("merged"))

    @property
    def conditional_formats(self) -> ConditionalFormats:
        """The rules on it."""
        return ConditionalFormats(self)

    @property
    def data_validation(self) -> DataValidation:
        """What may be entered."""
        return DataValidation(self)

    # where they are

    def _place(self, index: int) -> float:
        return round(float(self.ask("place")[index]) / POINT, 2)

    @property
    def left(self) -> float:
        """In points."""
        return self._place(0)

    @property
    def top(self) -> float:
        """In points."""
        return self._place(1)

    @property
    def width(self) -> float:
        """In points."""
        return self._place(2)

    @property
    def height(self) -> float:
        """In points."""
        return self._place(3)

    @property
    def row_height(self) -> float:
        """In points."""
        return self._place(5)

    @row_height.setter
    def row_height(self, value: float) -> None:
        self.tell("set_size", "rows", round(value * POINT))

    @property
    def column_width(self) -> float:
        """In Excel's characters."""
        kept = float(self.ask("place")[4]) - MARGIN * PIXEL
        return max(0.0, round(kept / float(self.sheet.book.digit), 2))

    @column_width.setter
    def column_width(self, value: float) -> None:
        self.tell("set_size", "columns", round(value * self.sheet.book.digit + MARGIN * PIXEL))

    def autofit(self, axis: str | None = None) -> None:
        """As wide and high as the contents."""
        for letter, lines in (("c", "columns"), ("r", "rows")):
            if axis is None or axis[0] == letter:
                self.tell("set_size", lines, None)

    @property
    def row_hidden(self) -> bool:
        """Whether its first row is hidden."""
        return bool(self.ask("hidden", "rows", None))

    @row_hidden.setter
    def row_hidden(self, value: bool) -> None:
        self.tell("hidden", "rows", value)

    @property
    def column_hidden(self) -> bool:
        """Whether its first column is hidden."""
        return bool(self.ask("hidden", "columns", None))

    @column_hidden.setter
    def column_hidden(self, value: bool) -> None:
        self.tell("hidden", "columns", value)

    def get_address(self, row_absolute: bool, column_absolute: bool, external: bool) -> str:
        """Such as ``$A$1:$C$3``."""
        parts = [address_of(area.at, "$" * row_absolute, "$" * column_absolute) for area in (self, *self.others)]
        book, sheet = self.sheet.book, self.sheet
        return (f"'[{book.name}]{sheet.name}'!" if external else "") + ",".join(parts)

    @property
    def address(self) -> str:
        """With dollars."""
        return self.get_address(True, True, False)

    @property
    def reference(self) -> str:
        """With sheet and dollars, as in a formula."""
        quoted = self.sheet.name.replace("'", "''")
        return f"'{quoted}'!{self.address}"

    def select(self) -> None:
        """Mark it, on its sheet."""
        self.tell("select")

    def end(self, direction: str) -> Range:
        """Where the filled cells end that way, or begin, as Ctrl with an arrow goes."""
        down, over = {"down": (1, 0), "up": (-1, 0), "right": (0, 1), "left": (0, -1)}[direction]
        return Range(self.sheet, *self.ask("end", down, over) * 2)

    def expand(self, mode: str = "table") -> Range:
        """Down, to the right, or both, as far as cells are filled."""
        rows, columns = self.shape
        if mode in ("table", "down", "d", "vertical"):
            rows = self._filled("down")
        if mode in ("table", "right", "r", "horizontal"):
            columns = self._filled("right")
        return self.part(1, 1, rows, columns)

    def _filled(self, direction: str) -> int:
        """How many cells from the first on, in that direction, before the next empty one."""
        beside = self(2, 1) if direction == "down" else self(1, 2)
        if beside.raw_value in (None, ""):
            return 1
        last = self(1, 1).end(direction)
        return last.row - self.row + 1 if direction == "down" else last.column - self.column + 1

    @property
    def current_region(self) -> Range:
        """The block around it up to empty rows and columns."""
        return Range(self.sheet, *self.ask("region"))

    @property
    def table(self) -> Any:
        """The table that holds its first cell."""
        return self.sheet.tables.around(self.row, self.column)


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 1 and value.startswith("=")


def _rows(value: Any, shape: tuple[int, int]) -> list[list[Any]]:
    """A block as it was given; a single value fills the range, a flat list is a row."""
    if not isinstance(value, list | tuple):
        return [[value] * shape[1] for _ in range(shape[0])]
    if not value or not isinstance(value[0], list | tuple):
        return [list(value)]
    return [list(row) for row in value]


def _written(value: Any) -> Any:
    if isinstance(value, str):
        # A first apostrophe is Excel's sign that text follows, and no part of it.
        return {"f": to_calc(value), "t": value} if value[:1] == "=" and len(value) > 1 else value.removeprefix("'")
    if isinstance(value, dt.datetime):
        exact = value.replace(tzinfo=None, microsecond=0) if value.tzinfo or value.microsecond else value
        return {"d": exact.isoformat()}
    if isinstance(value, dt.date):
        return {"d": f"{value.isoformat()}T00:00:00"}
    return float(value)


def _formula(cell: Any) -> str:
    return from_calc(cell["f"]) if isinstance(cell, dict) else str(cell)
