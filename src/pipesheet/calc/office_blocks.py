"""Blocks of cells in LibreOffice: their values, formulas and formats."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from pipesheet.calc.office_documents import cells, corners, enum, meant, said, struct
from pipesheet.calc.office_formats import Formats

NULL_DATE = datetime.datetime(1899, 12, 30)
DATE, LOGICAL, TEXT = 2, 1024, 256  # com.sun.star.util.NumberFormat
FLAGS = {"contents": 1 | 2 | 4 | 16, "formats": 32 | 64, "all": 1 | 2 | 4 | 8 | 16 | 32 | 64 | 256}  # CellFlags
FORMULAS, TEXT_RESULT, ERROR_RESULT = 16, 2, 4  # CellFlags and FormulaResult
ERRORS = {
    32767: -2146826246, 503: -2146826252, 519: -2146826273, 521: -2146826288, 524: -2146826265, 525: -2146826259,
    532: -2146826281,
}  # fmt: skip
VALUE_ERROR = -2146826273
LONG = 500  # rows
REFERENCE = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\[[^\]]*\]|(?<![\w.$])(?:(?<=\.))?(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w(.])"
)


class Blocks(Formats):
    """Operations on blocks of cells."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._unmeasured: dict[str, dict[str, set[int]]] = {}

    def do_used(self, doc: str, sheet: str) -> list[int]:
        """The corners of the part of the sheet that holds something."""
        cursor = self._sheet(doc, sheet).createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return corners(cursor.RangeAddress)

    def do_read(self, doc: str, *at: Any) -> dict[str, Any]:
        """The block's values row by row, and where in it numbers are shown as days or as booleans.

        Places are corners counted from the block's first cell; to name each day by itself takes as long as to read.
        """
        block = self._range(doc, *at)
        rows = [[None if value == "" else value for value in row] for row in block.getDataArray()]
        self._mark_formulas(block, rows)
        return {"rows": rows, **self._shown_as(self._document(doc).NumberFormats, block)}

    def _mark_formulas(self, block: Any, rows: list[list[Any]]) -> None:
        """Where a formula gives an error, or an empty text, which is not an empty cell."""
        for row, column in cells(block.queryFormulaCells(ERROR_RESULT), block.RangeAddress):
            error = block.getCellByPosition(column, row).getError()
            rows[row][column] = ERRORS.get(error, VALUE_ERROR)
        for row, column in cells(block.queryFormulaCells(TEXT_RESULT), block.RangeAddress):
            if rows[row][column] is None:
                rows[row][column] = ""

    @staticmethod
    def _shown_as(formats: Any, block: Any) -> dict[str, list[list[int]]]:
        found: dict[str, list[list[int]]] = {"days": [], "booleans": []}
        origin, groups = corners(block.RangeAddress), block.getUniqueCellFormatRanges()
        for group in (groups.getByIndex(index) for index in range(groups.Count)):
            kind = formats.getByKey(group.NumberFormat).Type
            if kind & (DATE | LOGICAL):
                places = found["booleans" if kind & LOGICAL else "days"]
                for address in group.RangeAddresses:
                    places.append([at - origin[side % 2] + 1 for side, at in enumerate(corners(address))])
        return found

    def do_write(self, doc: str, sheet: str, top: int, left: int, rows: list[list[Any]]) -> None:
        """Put the values there; texts stay texts, and so does a formula in a cell of format text."""
        block = self._range(doc, sheet, top, left, top + len(rows) - 1, left + len(rows[0]) - 1)
        special: dict[tuple[str, int], list[int]] = {}
        plain = tuple(_plain_row(row, number, special) for number, row in enumerate(rows))
        block.setDataArray(plain)
        self._measure_later(doc, sheet, top, top + len(rows) - 1)
        formats = self._document(doc).NumberFormats
        for (kind, column), numbers in special.items():
            self._keep_undo_locked(doc)
            if kind == "f":
                self._fit_rows(doc, sheet)
                self._keep_undo_locked(doc)
                for first, last in _runs(numbers):
                    self._set_formulas(formats, block.getCellRangeByPosition(column, first, column, last),
                                       [row[column] for row in rows[first : last + 1]])  # fmt: skip
            else:
                self._show_as(formats, block, kind, column, numbers)

    def _set_formulas(self, formats: Any, column: Any, formulas: list[dict[str, str]]) -> None:
        """Formulas below one another; at once where no cell is formatted as text."""
        groups = column.getUniqueCellFormatRanges()
        kinds = {formats.getByKey(groups.getByIndex(at).NumberFormat).Type for at in range(groups.Count)}
        if TEXT not in kinds:
            column.setFormulaArray(tuple((formula["f"],) for formula in formulas))
            return
        for row, formula in enumerate(formulas):
            self._set_formula(formats, column.getCellByPosition(0, row), formula)

    @staticmethod
    def _set_formula(formats: Any, cell: Any, formula: dict[str, str]) -> None:
        if formats.getByKey(cell.NumberFormat).Type == TEXT:
            cell.getSpreadsheet().getCellRangeByPosition(*_place(cell)).setDataArray(((formula["t"],),))
        else:
            cell.setFormula(formula["f"])

    def _show_as(self, formats: Any, block: Any, kind: str, column: int, numbers: list[int]) -> None:
        """Dates and booleans show as such where the format does not say so already, as in Excel."""
        flag, code = (DATE, "m/d/yyyy") if kind == "d" else (LOGICAL, "BOOLEAN")
        for first, last in _runs(numbers):
            groups = block.getCellRangeByPosition(column, first, column, last).getUniqueCellFormatRanges()
            for group in (groups.getByIndex(index) for index in range(groups.Count)):
                if not formats.getByKey(group.NumberFormat).Type & flag:
                    group.NumberFormat = self._key(formats, code)

    def do_formulas(self, *at: Any) -> list[list[Any]]:
        """Each cell's formula, or the text of its constant."""
        block = self._range(*at)
        rows: list[list[Any]] = [list(map(_constant, row)) for row in block.getDataArray()]
        formulas = block.getFormulaArray()
        for row, column in cells(block.queryContentCells(FORMULAS), block.RangeAddress):
            rows[row][column] = {"f": formulas[row][column]}
        return rows

    def do_fill(self, doc: str, sheet: str, *args: Any) -> None:
        """The formula in the first cell, and in the others as if it were copied there; their formats stay."""
        *at, formula = args
        self._fit_rows(doc, sheet)
        formats = self._document(doc).NumberFormats
        for area in list(_format_areas(self._range(doc, sheet, *at))):
            part = self._range(doc, sheet, *area)
            if formats.getByKey(part.getCellByPosition(0, 0).NumberFormat).Type == TEXT:
                part.setDataArray(((formula["t"],) * (area[3] - area[1] + 1),) * (area[2] - area[0] + 1))
                continue
            self._keep_undo_locked(doc)
            part.getCellByPosition(0, 0).setFormula(shifted(formula["f"], area[0] - at[0], area[1] - at[1]))
            self._keep_undo_locked(doc)
            if area[0] < area[2]:
                first = part.getCellRangeByPosition(0, 0, 0, area[2] - area[0])
                first.fillAuto(enum("sheet.FillDirection", "TO_BOTTOM"), 1)
            if area[1] < area[3]:
                self._keep_undo_locked(doc)
                part.fillAuto(enum("sheet.FillDirection", "TO_RIGHT"), 1)

    def do_end(self, doc: str, sheet: str, *args: Any) -> list[int]:
        """Row and column where the filled cells end that way, or begin again; or the last there is."""
        row, column, _, _, down, over = args
        used = self.do_used(doc, sheet)
        last = max(row, used[2]) if down else max(column, used[3])
        at = (1, column, last, column) if down else (row, 1, row, last)
        cells_there = [value != "" for line in self._range(doc, sheet, *at).getDataArray() for value in line]
        ends = (1048576, 1) if down else (16384, 1)
        place = _end(cells_there, (row if down else column) - 1, down or over, ends[0] - 1) + 1
        return [place, column] if down else [row, place]

    def do_region(self, *at: Any) -> list[int]:
        """The corners of the block around it, up to empty rows and columns."""
        block = self._range(*at)
        cursor = block.Spreadsheet.createCursorByRange(block)
        cursor.collapseToCurrentRegion()
        return corners(cursor.RangeAddress)

    def do_get(self, *args: Any) -> dict[str, Any]:
        """Properties of the block, by their names; one that differs within it is nothing."""
        groups = self._range(*args[:-1]).getUniqueCellFormatRanges()
        found: dict[str, Any] = {}
        for name in args[-1]:
            values = {said(groups.getByIndex(i).getPropertyValue(name)) for i in range(groups.Count)}
            found[name] = values.pop() if len(values) == 1 else None
        return found

    def do_put(self, *args: Any) -> None:
        """Set properties of the block."""
        block = self._range(*args[:-1])
        self._measure_later(args[0], args[1], args[2], args[4])
        names = sorted(args[-1])
        block.setPropertyValues(tuple(names), tuple(meant(args[-1][name]) for name in names))

    def _keep_undo_locked(self, doc: str) -> None:
        """While the window stands still the list of what the person can undo is locked; Calc 7.4 unlocks it by itself
        at many a step, where there is a text in the cell that is marked."""
        if doc in self._unmeasured and not self._document(doc).UndoManager.isLocked():
            self._document(doc).UndoManager.unlock()  # as it counts
            self._document(doc).UndoManager.lock()

    def _measure_later(self, doc: str, sheet: str, top: int, bottom: int) -> None:
        """While the window stands still no row grows with its contents; those of long blocks never need to."""
        if doc in self._unmeasured and bottom - top < LONG:
            self._unmeasured[doc].setdefault(sheet, set()).update(range(top - 1, bottom))

    def _fit_rows(self, doc: str, sheet: str) -> None:
        """Rows as high as their contents want, but for those whose height was set.

        Before there are formulas, as these would be calculated to be measured.
        """
        numbers, document = self._unmeasured.get(doc, {}).pop(sheet, set()), self._document(doc)
        if not numbers or not document.Sheets.hasByName(sheet):
            return
        rows = self._sheet(doc, sheet).Rows
        document.IsAdjustHeightEnabled = True
        for first, last in _runs([row for row in sorted(numbers) if rows.getByIndex(row).OptimalHeight]):
            self._keep_undo_locked(doc)
            self._range(doc, sheet, first + 1, 1, last + 1, 1).Rows.OptimalHeight = True
        document.IsAdjustHeightEnabled = False

    def do_lines(self, *args: Any) -> None:
        """Draw lines around and within the block: names with a line's color, style and width; the others stay."""
        block = self._range(*args[:-1])
        table = struct("com.sun.star.table.TableBorder2")
        for name, line in args[-1].items():
            if name.startswith("Diagonal"):
                block.setPropertyValue(name, _line(line))
            else:
                setattr(table, name, _line(line))
                setattr(table, f"Is{name}Valid", True)
        block.TableBorder2 = table

    def do_get_line(self, *args: Any) -> list[int]:
        """Color, style and width of a border line of the block's first cell."""
        line = self._range(*args[:-1]).getCellByPosition(0, 0).getPropertyValue(args[-1])
        return [line.Color, line.LineStyle, line.LineWidth]

    def do_clear(self, *args: Any) -> None:
        """Empty the block: its contents, its formats, or all."""
        block = self._range(*args[:-1])
        block.clearContents(FLAGS[args[-1]])
        if args[-1] != "contents":
            self._keep_undo_locked(args[0])
            block.merge(False)

    def do_merge(self, *args: Any) -> None:
        """Make one cell of the block, or take it apart."""
        self._range(*args[:-1]).merge(args[-1])

    def do_merged(self, *at: Any) -> bool:
        """Whether there is a merged cell in the block, or around its first."""
        block = self._range(*at)
        cursor = block.Spreadsheet.createCursorByRange(block.getCellRangeByPosition(0, 0, 0, 0))
        cursor.collapseToMergedArea()
        area = cursor.RangeAddress
        return bool(block.IsMerged or area.EndRow > area.StartRow or area.EndColumn > area.StartColumn)

    def do_place(self, *at: Any) -> list[float]:
        """Left, top, width and height, the first column's width and the first row's height; hundredths of mm."""
        block = self._range(*at)
        place, size = block.Position, block.Size
        return [place.X, place.Y, size.Width, size.Height, block.Columns.getByIndex(0).Width,
                block.Rows.getByIndex(0).Height]  # fmt: skip

    def do_set_size(self, *args: Any) -> None:
        """Columns as wide, or rows as high, as that, in hundredths of mm; or as their contents want."""
        block = self._range(*args[:-2])
        lines = block.Columns if args[-2] == "columns" else block.Rows
        if args[-1] is None:
            setattr(lines, "OptimalWidth" if args[-2] == "columns" else "OptimalHeight", True)
        else:
            setattr(lines, "Width" if args[-2] == "columns" else "Height", args[-1])

    def do_hidden(self, *args: Any) -> Any:
        """Whether columns or rows are hidden; set where a value is given."""
        block = self._range(*args[:-2])
        lines = block.Columns if args[-2] == "columns" else block.Rows
        if args[-1] is not None:
            lines.IsVisible = not args[-1]
        return not lines.getByIndex(0).IsVisible

    def do_copy(self, doc: str, sheet: str, *args: Any) -> None:
        """Copy or move the block to where another sheet's cell is."""
        *at, how, target, row, column = args
        place = self._range(doc, target, row, column, row, column).getCellByPosition(0, 0).CellAddress
        source = self._range(doc, sheet, *at)
        act = source.Spreadsheet.moveRange if how == "move" else source.Spreadsheet.copyRange
        act(place, source.RangeAddress)

    def do_link(self, *args: Any) -> None:
        """Put a text there that leads to the address."""
        cell = self._range(*args[:-2]).getCellByPosition(0, 0)
        field = self._document(args[0]).createInstance("com.sun.star.text.TextField.URL")
        field.URL, field.Representation = args[-2], args[-1]
        cell.setString("")
        cell.insertTextContent(cell.createTextCursor(), field, False)

    def do_links(self, *at: Any) -> list[str]:
        """Where the links of the block's first cell lead."""
        fields = self._range(*at).getCellByPosition(0, 0).TextFields
        return [str(fields.getByIndex(index).URL) for index in range(fields.Count)]


def _end(filled: list[bool], start: int, step: int, last: int) -> int:
    """Along filled and empty cells as Ctrl with an arrow goes."""

    def at(place: int) -> bool:
        return 0 <= place < len(filled) and filled[place]

    place = start + step
    inside = at(start) and at(place)
    while 0 <= place < len(filled):
        if inside and not at(place + step):
            return place
        if not inside and at(place):
            return place
        place += step
    return 0 if step < 0 else last


def _line(line: Any) -> Any:
    color, style, width = line
    return struct("com.sun.star.table.BorderLine2", Color=color, LineStyle=style, LineWidth=width, OuterLineWidth=width)


def _format_areas(block: Any) -> Iterator[list[int]]:
    """The corners of rectangles of one format each, as filling takes the first cell's along."""
    if block.getUniqueCellFormatRanges().Count == 1:
        yield corners(block.RangeAddress)
        return
    areas = block.getCellFormatRanges()
    for index in range(areas.Count):
        yield corners(areas.getByIndex(index).RangeAddress)


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of numbers that follow each other."""
    for place, number in enumerate(numbers):
        if place == 0 or number > numbers[place - 1] + 1:
            first = number
        if place + 1 == len(numbers) or numbers[place + 1] > number + 1:
            yield first, number


def _place(cell: Any) -> tuple[int, int, int, int]:
    address = cell.CellAddress
    return address.Column, address.Row, address.Column, address.Row


PLAIN = {str, float}


def _plain_row(row: list[Any], number: int, special: dict[tuple[str, int], list[int]]) -> tuple[Any, ...]:
    """What the sheet stores: floats and texts only, as any other value ends Calc 7.4."""
    if PLAIN.issuperset(map(type, row)):
        return tuple(row)
    plain = list(row)
    for column, value in enumerate(row):
        kind = type(value)
        if value is None:
            plain[column] = ""
        elif kind is bool:
            plain[column] = float(value)
            special.setdefault(("b", column), []).append(number)
        elif kind is dict:
            plain[column] = _serial(value["d"]) if "d" in value else ""  # a formula waits for its cell's format
            special.setdefault(("d" if "d" in value else "f", column), []).append(number)
        elif kind is not str:
            plain[column] = float(value)
    return tuple(plain)


def _serial(day: str) -> float:
    moment = datetime.datetime.fromisoformat(day)
    return (moment - NULL_DATE).total_seconds() / 86400


def _constant(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)


def shifted(formula: str, down: int, over: int) -> str:
    """The formula as it reads when copied that far."""
    if not down and not over:
        return formula

    def moved(match: Any) -> str:
        if match.group(2) is None:
            return str(match.group(0))
        fixed_column, column, fixed_row, row = match.groups()
        column = column if fixed_column else letters(_number(column) + over)
        return str(fixed_column + column + fixed_row + (row if fixed_row else str(int(row) + down)))

    return REFERENCE.sub(moved, formula)


def _number(column: str) -> int:
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def letters(number: int) -> str:
    """The column's letters."""
    made = ""
    while number:
        number, rest = divmod(number - 1, 26)
        made = chr(65 + rest) + made
    return made
