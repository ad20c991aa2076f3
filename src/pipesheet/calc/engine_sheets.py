"""Sheets: what xlwings' ``Sheets`` and ``Sheet`` call, over LibreOffice Calc."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.engine_cells import LAST_COLUMN, LAST_ROW, corners_of
from pipesheet.calc.engine_charts import Charts
from pipesheet.calc.engine_formats import number_of, rgb_of
from pipesheet.calc.engine_names import Names
from pipesheet.calc.engine_ranges import Range
from pipesheet.calc.engine_tables import Tables

SHOWN, HIDDEN = -1, 0  # Excel's xlSheetVisible and xlSheetHidden; Calc has no "very hidden"
LANDSCAPE, PORTRAIT = 2, 1  # Excel's xlLandscape and xlPortrait


class Sheets:
    """The sheets of a workbook."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.api = book.api

    def _names(self) -> list[str]:
        return [str(name) for name in self.book.office.ask("sheets", self.book.id)]

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, name) for name in self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: str) -> bool:
        return name.lower() in (each.lower() for each in self._names())

    def __call__(self, key: int | str) -> Sheet:
        """By its name, in whatever case, or its number."""
        names = self._names()
        if isinstance(key, int):
            return Sheet(self.book, names[key - 1])
        for name in names:
            if name.lower() == key.lower():
                return Sheet(self.book, name)
        raise KeyError(key)

    @property
    def active(self) -> Sheet:
        """The sheet in front."""
        return Sheet(self.book, self.book.office.ask("active_sheet", self.book.id))

    def add(self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None) -> Sheet:
        """A new sheet, before the one in front if nothing is said; it comes to the front."""
        names = self._names()
        near = before or after or self.active
        position = names.index(near.name) + (1 if after and not before else 0)
        made = Sheet(self.book, name or _free(names))
        self.book.office.tell("add_sheet", self.book.id, made.name, position)
        made.activate()
        return made


def _free(names: list[str]) -> str:
    number = len(names) + 1
    while f"Sheet{number}" in names:
        number += 1
    return f"Sheet{number}"


class Sheet:
    """A sheet, known by its name."""

    def __init__(self, book: Any, name: str) -> None:
        self.book = book
        self.office = book.office
        self._name = name
        self.charts = Charts(self)
        self.tables = Tables(self)
        self.names = Names(book, self)
        self.shapes: list[Any] = []
        self.pictures: list[Any] = []
        self.page_setup = PageSetup(self)
        self.freeze_panes = FreezePanes(self)

    @property
    def api(self) -> SheetApi:
        """A few attributes of Excel's ``Worksheet``."""
        return SheetApi(self)

    def get(self, name: str) -> Any:
        """One of Calc's properties of the sheet."""
        return self.office.ask("sheet_get", self.book.id, self._name, name)

    def put(self, name: str, value: Any) -> None:
        """Set one of Calc's properties of the sheet."""
        self.office.tell("sheet_put", self.book.id, self._name, name, value)

    def ask(self, operation: str, *args: Any) -> Any:
        """The answer of an operation on this sheet."""
        return self.office.ask(operation, self.book.id, self._name, *args)

    def tell(self, operation: str, *args: Any) -> None:
        """Have an operation done on this sheet."""
        self.office.tell(operation, self.book.id, self._name, *args)

    @property
    def name(self) -> str:
        """On the tab."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.put("Name", value)
        self._name = value

    @property
    def index(self) -> int:
        """Its place, counted from 1."""
        return int(self.office.ask("sheets", self.book.id).index(self._name)) + 1

    @property
    def visible(self) -> int:
        """Excel's number: -1 shown, 0 hidden."""
        return SHOWN if self.get("IsVisible") else HIDDEN

    @visible.setter
    def visible(self, value: Any) -> None:
        self.put("IsVisible", value in (True, SHOWN))

    @property
    def show_gridlines(self) -> bool:
        """Whether it shows its grid."""
        return bool(self.ask("grid"))

    @show_gridlines.setter
    def show_gridlines(self, value: bool) -> None:
        self.tell("grid", bool(value))

    def range(self, first: Any, last: Any = None) -> Range:
        """The block between two corners, of an address, a name or a table."""
        if last is None:
            return self._part(first)
        one, other = self._part(first).at, self._part(last).at
        return Range(self, min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))

    def _part(self, where: Any) -> Range:
        if isinstance(where, Range):
            return where
        if not isinstance(where, str):
            row, column, rows, columns = (*where, 1, 1)[:4]  # xlwings gives a slice with its size
            return Range(self, row, column, row + rows - 1, column + columns - 1)
        areas = [self._area(text.strip()) for text in where.split(",")]
        areas[0].others = tuple(areas[1:])
        return areas[0]

    def _area(self, text: str) -> Range:
        at = corners_of(text)
        return Range(self, *at) if at else self.book.place_of(text, self)

    @property
    def cells(self) -> Range:
        """All of it."""
        return Range(self, 1, 1, LAST_ROW, LAST_COLUMN)

    @property
    def used_range(self) -> Range:
        """The part that holds something."""
        return Range(self, *self.ask("used"))

    def activate(self) -> None:
        """To the front."""
        self.tell("activate")

    select = activate

    def clear(self) -> None:
        """Contents and formats go."""
        self.cells.clear()

    def clear_contents(self) -> None:
        """Formats stay."""
        self.cells.clear_contents()

    def clear_formats(self) -> None:
        """Contents stay."""
        self.cells.clear_formats()

    def autofit(self, axis: str | None = None) -> None:
        """Rows and columns as their contents want."""
        self.used_range.autofit(axis)

    def delete(self) -> None:
        """It goes, with its tables."""
        self.tell("delete_sheet")


class PageSetup:
    """What is printed."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def api(self) -> PageSetupApi:
        """A few attributes of Excel's ``PageSetup``."""
        return PageSetupApi(self._sheet)

    @property
    def print_area(self) -> str | None:
        """An address; nothing where all is printed."""
        areas = self._sheet.ask("print_areas", None)
        return ",".join(Range(self._sheet, *at).address for at in areas) or None

    @print_area.setter
    def print_area(self, value: str | None) -> None:
        areas = [corners_of(text.strip()) for text in value.split(",")] if value else []
        self._sheet.tell("print_areas", areas)


class FreezePanes:
    """Rows and columns that stay in sight."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def freeze_at(self, address: str) -> None:
        """The block at the top left that stays: ``1:4`` rows only, ``A:B`` columns only."""
        _, _, bottom, right = corners_of(address) or (0, 0, 0, 0)
        self._sheet.tell("freeze", bottom % LAST_ROW, right % LAST_COLUMN)

    def unfreeze(self) -> None:
        """All moves again."""
        self._sheet.tell("freeze", 0, 0)


class SheetApi:
    """The attributes of Excel's ``Worksheet`` that have no word in xlwings."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def ProtectContents(self) -> bool:  # noqa: N802  Excel's name
        """Whether it is locked."""
        return bool(self._sheet.get("Protected"))

    @property
    def Seal(self) -> str:  # noqa: N802  as Excel would call it, if it had such a word
        """A word that is another once a cell has changed."""
        return str(self._sheet.ask("seal"))

    @property
    def Tab(self) -> Tab:  # noqa: N802  Excel's name
        """Its tab."""
        return Tab(self._sheet)

    @property
    def PageSetup(self) -> PageSetupApi:  # noqa: N802  Excel's name
        """How it is printed."""
        return PageSetupApi(self._sheet)


class Tab:
    """A sheet's tab, with Excel's names."""

    _sheet: Sheet

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    @property
    def Color(self) -> int | bool:  # noqa: N802  Excel's name
        """Excel's number of the color; false where there is none."""
        color = rgb_of(self._sheet.get("TabColor"))
        return color[0] | color[1] << 8 | color[2] << 16 if color else False

    @Color.setter
    def Color(self, value: Any) -> None:  # noqa: N802  Excel's name
        self._sheet.put("TabColor", number_of(value))


class PageSetupApi:
    """How a sheet is printed, with Excel's names: ``Orientation``, ``Zoom``, ``FitToPagesWide``, ``FitToPagesTall``."""

    _sheet: Sheet

    def __init__(self, sheet: Sheet) -> None:
        object.__setattr__(self, "_sheet", sheet)

    def __getattr__(self, name: str) -> Any:
        if name == "PrintTitleRows":
            rows = self._sheet.ask("print_titles")
            return f"${rows[0]}:${rows[1]}" if rows else ""
        values = self._sheet.ask("page", {})
        read = {
            "Orientation": LANDSCAPE if values["IsLandscape"] else PORTRAIT,
            "Zoom": not (values["ScaleToPagesX"] or values["ScaleToPagesY"]) and values["PageScale"],
            "FitToPagesWide": values["ScaleToPagesX"] or False,
            "FitToPagesTall": values["ScaleToPagesY"] or False,
        }
        if name not in read:
            raise AttributeError(name)
        return read[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "Orientation":
            self._sheet.tell("page", {"IsLandscape": value == LANDSCAPE})
        elif name == "Zoom":
            self._sheet.tell("page", {"PageScale": int(value)} if value else {})
        elif name in ("FitToPagesWide", "FitToPagesTall"):
            self._sheet.tell("page", {"ScaleToPagesX" if name.endswith("Wide") else "ScaleToPagesY": int(value)})
        elif name == "PrintTitleRows":
            at = corners_of(value)
            self._sheet.tell("print_titles", [at[0], at[2]] if at else None)
        else:
            raise AttributeError(name)
