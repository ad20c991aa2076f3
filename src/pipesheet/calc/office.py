"""What pipesheet asks of LibreOffice Calc: small operations on documents, sheets and blocks of cells.

The file needs the standard library and LibreOffice's own ``uno`` only, and runs in its Python (3.7 or later) as
well as in ours. All that goes in and comes out can be written as JSON: a date is ``{"d": "2026-11-16T00:00:00"}``,
an error ``{"e": -2146826281}`` with Excel's number, a formula ``{"f": "=...", "t": "its text"}``. Ranges are given
by their corners, counted from 1; formulas are in the words of Calc's interface (``$Deals.A1``, semicolons).
"""

import datetime
import os
import re

import uno

NULL_DATE = datetime.datetime(1899, 12, 30)
DATE, LOGICAL, TEXT = 2, 1024, 256  # com.sun.star.util.NumberFormat
CONTENT, EVERYTHING, FORMATS = 1 | 2 | 4 | 16, 1 | 2 | 4 | 8 | 16 | 32 | 64 | 256, 32 | 64  # CellFlags
ERRORS = {32767: -2146826246, 503: -2146826252, 519: -2146826273, 521: -2146826288, 524: -2146826265,
          525: -2146826259, 532: -2146826281}  # fmt: skip
VALUE_ERROR = -2146826273
REFERENCE = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\[[^\]]*\]|(?<![\w.$])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w(])")


class Office:
    """LibreOffice, reached by its component context; ``show`` puts a message to the person and says the answer."""

    def __init__(self, context, show=None):
        self._context = context
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._show = show or self._message_box
        self._status = {}
        self._english = _struct("com.sun.star.lang.Locale", Language="en", Country="US")

    def call(self, operation, *args):
        """The operation's answer; an unknown one is an ``AttributeError``."""
        return getattr(self, "do_" + operation)(*args)

    ask = tell = call

    def _service(self, name):
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def _documents(self):
        found = []
        components = self._desktop.Components.createEnumeration()
        while components.hasMoreElements():
            each = components.nextElement()
            if each.supportsService("com.sun.star.sheet.SpreadsheetDocument") and each.CurrentController is not None:
                found.append(each)
        return found

    def _document(self, doc):
        for each in self._documents():
            if each.RuntimeUID == doc:
                return each
        raise LookupError("The document is no longer open.")

    def _sheet(self, doc, sheet):
        return self._document(doc).Sheets.getByName(sheet)

    def _range(self, doc, sheet, top, left, bottom, right):
        return self._sheet(doc, sheet).getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)

    # -- the program -------------------------------------------------------------------------------------------

    def do_version(self):
        """Such as ``7.4``."""
        provider = self._service("com.sun.star.configuration.ConfigurationProvider")
        path = _property("nodepath", "/org.openoffice.Setup/Product")
        access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (path,))
        return access.getByName("ooSetupVersion")

    def do_books(self):
        """The open workbooks, each with its id, title, path, and whether it may be written."""
        return [self._about(each) for each in self._documents()]

    def _about(self, document):
        url = document.getURL()
        path = uno.fileUrlToSystemPath(url) if url.startswith("file:") else url
        title = os.path.basename(path) if path else document.Title
        return {"id": document.RuntimeUID, "title": title, "path": path, "readonly": document.isReadonly(),
                "protected": document.isProtected()}  # fmt: skip

    def do_active(self):
        """The id of the workbook in front, or of the last one; nothing where none is open."""
        current = self._desktop.getCurrentComponent()
        documents = self._documents()
        for each in documents:
            if current is not None and each == current:
                return each.RuntimeUID
        return documents[-1].RuntimeUID if documents else None

    def do_new(self):
        """A new workbook's id."""
        return self._desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, ()).RuntimeUID

    def do_open(self, path, hidden=False):
        """The id of the workbook at the path, now open."""
        url = uno.systemPathToFileUrl(path)
        return self._desktop.loadComponentFromURL(url, "_blank", 0, (_property("Hidden", hidden),)).RuntimeUID

    def do_close(self, doc):
        """Close without saving."""
        self._document(doc).close(True)

    # -- blocks ------------------------------------------------------------------------------------------------

    def do_used(self, doc, sheet):
        """The corners of the part of the sheet that holds something."""
        cursor = self._sheet(doc, sheet).createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return _corners(cursor.RangeAddress)

    def do_read(self, *at):
        """The block's values, row by row."""
        block = self._range(*at)
        rows = [[None if value == "" else value for value in row] for row in block.getDataArray()]
        self._mark_formulas(block, rows)
        self._mark_formats(at[0], block, rows)
        return rows

    def _mark_formulas(self, block, rows):
        """Where a formula gives an error, or an empty text, which is not an empty cell."""
        origin = block.RangeAddress
        for row, column in _cells(block.queryFormulaCells(4), origin):
            error = block.getCellByPosition(column, row).getError()
            rows[row][column] = {"e": ERRORS.get(error, VALUE_ERROR)}
        for row, column in _cells(block.queryFormulaCells(2), origin):
            if rows[row][column] is None:
                rows[row][column] = ""

    def _mark_formats(self, doc, block, rows):
        """Numbers that are shown as dates are dates, those shown as booleans are booleans."""
        formats = self._document(doc).NumberFormats
        groups = block.getUniqueCellFormatRanges()
        for index in range(groups.Count):
            group = groups.getByIndex(index)
            kind = formats.getByKey(group.NumberFormat).Type
            if not kind & (DATE | LOGICAL):
                continue
            for row, column in _cells(group, block.RangeAddress):
                value = rows[row][column]
                if isinstance(value, float):
                    rows[row][column] = bool(value) if kind & LOGICAL else _day(value)

    def do_write(self, doc, sheet, top, left, rows):
        """Put the values there; texts stay texts, and a formula in a cell of format text too."""
        block = self._range(doc, sheet, top, left, top + len(rows) - 1, left + len(rows[0]) - 1)
        special = []
        plain = tuple(tuple(_plain(value, r, c, special) for c, value in enumerate(row)) for r, row in enumerate(rows))
        block.setDataArray(plain)
        formats = self._document(doc).NumberFormats if special else None
        for row, column, value in special:
            self._write_special(formats, block.getCellByPosition(column, row), value)

    def _write_special(self, formats, cell, value):
        kind = formats.getByKey(cell.NumberFormat).Type
        if isinstance(value, bool):
            if not kind & LOGICAL:
                cell.NumberFormat = self._key(formats, "BOOLEAN")
        elif "d" in value:
            if not kind & DATE:
                cell.NumberFormat = self._key(formats, "m/d/yyyy")
        elif kind != TEXT:
            cell.setFormula(value["f"])

    def _key(self, formats, code):
        key = formats.queryKey(code, self._english, False)
        return key if key >= 0 else formats.addNew(code, self._english)

    def do_formulas(self, *at):
        """Each cell's formula, or the text of its constant."""
        block = self._range(*at)
        rows = [["" if value is None else _text(value) for value in row] for row in block.getDataArray()]
        formulas = block.getFormulaArray()
        for row, column in _cells(block.queryContentCells(16), block.RangeAddress):
            rows[row][column] = {"f": formulas[row][column]}
        return rows

    def do_fill(self, doc, sheet, top, left, bottom, right, formula):
        """The formula in the first cell, and in the others as if it were copied there; formats stay."""
        block = self._range(doc, sheet, top, left, bottom, right)
        block.getCellByPosition(0, 0).setFormula(formula)
        for area in _format_areas(block):
            part = self._sheet(doc, sheet).getCellRangeByPosition(*area)
            down, over = area[1] - top + 1, area[0] - left + 1
            part.getCellByPosition(0, 0).setFormula(_shifted(formula, down, over))
            if area[1] < area[3]:
                part.getCellRangeByPosition(0, 0, 0, area[3] - area[1]).fillAuto(0, 1)
            if area[0] < area[2]:
                part.fillAuto(1, 1)

    # -- formats -----------------------------------------------------------------------------------------------

    def do_number_format(self, *at):
        """The format's code in English, or nothing where the block has several."""
        block = self._range(*at)
        formats = self._document(at[0]).NumberFormats
        groups = block.getUniqueCellFormatRanges()
        keys = {groups.getByIndex(i).NumberFormat for i in range(groups.Count)}
        return self._code(formats, keys.pop()) if len(keys) == 1 else None

    def _code(self, formats, key):
        entry = formats.getByKey(key)
        if entry.Locale.Language in ("en", ""):
            return entry.FormatString
        key = formats.addNewConverted(entry.FormatString, entry.Locale, self._english)
        return formats.getByKey(key).FormatString

    def do_set_number_format(self, doc, sheet, top, left, bottom, right, code):
        """Show the block's numbers in that way."""
        formats = self._document(doc).NumberFormats
        self._range(doc, sheet, top, left, bottom, right).NumberFormat = self._key(formats, code)

    def do_get(self, *args):
        """Properties of the block, by their names; those that differ within it are nothing."""
        names = args[-1]
        block = self._range(*args[:-1])
        return {name: _said(block.getPropertyValue(name)) for name in names}

    def do_put(self, *args):
        """Set properties of the block."""
        block = self._range(*args[:-1])
        for name, value in args[-1].items():
            block.setPropertyValue(name, _meant(value))

    def do_clear(self, *args):
        """Empty the block: its contents, its formats, or everything."""
        flags = {"contents": CONTENT, "formats": FORMATS, "all": EVERYTHING}[args[-1]]
        self._range(*args[:-1]).clearContents(flags)

    # -- sheets ------------------------------------------------------------------------------------------------

    def do_sheets(self, doc):
        """The names of the sheets, in their order."""
        return list(self._document(doc).Sheets.ElementNames)

    def do_active_sheet(self, doc):
        """The name of the sheet in front."""
        return self._document(doc).CurrentController.ActiveSheet.Name

    def do_add_sheet(self, doc, name, position):
        """A new sheet at that position, counted from 0."""
        self._document(doc).Sheets.insertNewByName(name, position)

    def do_delete_sheet(self, doc, sheet):
        """Take the sheet away."""
        self._document(doc).Sheets.removeByName(sheet)

    def _message_box(self, prompt, title, buttons, mode):
        raise NotImplementedError


def _struct(name, **values):
    made = uno.createUnoStruct(name)
    for field, value in values.items():
        setattr(made, field, value)
    return made


def _property(name, value):
    return _struct("com.sun.star.beans.PropertyValue", Name=name, Value=value)


def _said(value):
    """A property's value in JSON: an enumeration is its word."""
    return value.value if isinstance(value, uno.Enum) else value


def _meant(value):
    """The property's value that JSON stands for."""
    return uno.Enum(*value["enum"]) if isinstance(value, dict) else value


def _corners(address):
    return [address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1]


def _cells(ranges, origin):
    """Every cell of the ranges, counted from the block's first one."""
    for address in ranges.RangeAddresses:
        for row in range(address.StartRow - origin.StartRow, address.EndRow - origin.StartRow + 1):
            for column in range(address.StartColumn - origin.StartColumn, address.EndColumn - origin.StartColumn + 1):
                yield row, column


def _format_areas(block):
    """Rectangles of one format each: a fill takes the first cell's along."""
    areas = block.getCellFormatRanges()
    for index in range(areas.Count):
        a = areas.getByIndex(index).RangeAddress
        yield a.StartColumn, a.StartRow, a.EndColumn, a.EndRow


def _day(serial):
    moment = NULL_DATE + datetime.timedelta(seconds=round(serial * 86400))
    return {"d": moment.isoformat()}


def _serial(text):
    moment = datetime.datetime(*(int(part) for part in re.findall(r"\d+", text)[:6]))
    return (moment - NULL_DATE).total_seconds() / 86400


def _plain(value, row, column, special):
    """What the sheet stores; what cannot be said so is put on the list. (An empty value crashes Calc 7.4.)"""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        special.append((row, column, value))
        return float(value)
    if isinstance(value, dict):
        special.append((row, column, value))
        return _serial(value["d"]) if "d" in value else value["t"]
    return float(value)


def _text(value):
    return repr(value).replace(".0", "") if isinstance(value, float) and value == int(value) else str(value)


def _shifted(formula, down, over):
    """The formula as it reads when copied that far."""
    if not down and not over:
        return formula

    def moved(match):
        if match.group(2) is None:
            return match.group(0)
        fixed_column, column, fixed_row, row = match.groups()
        column = column if fixed_column else _letters(_number(column) + over)
        return fixed_column + column + fixed_row + (row if fixed_row else str(int(row) + down))

    return REFERENCE.sub(moved, formula)


def _number(letters):
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number):
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
