"""The engine that xlwings calls, and its programs, books and sheets, over LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from pipesheet.calc.engine_cells import corners_of
from pipesheet.calc.engine_names import Names
from pipesheet.calc.engine_ranges import Range
from pipesheet.calc.engine_sheets import Sheet, Sheets
from pipesheet.calc.transport import Gathering, Office


class Engine:
    """All of LibreOffice, as xlwings wants it: ``xlwings.engines.add(xlwings.Engine(impl=Engine(office)))``."""

    name = "calc"
    type = "desktop"

    def __init__(self, office: Office) -> None:
        self.office = Gathering(office)
        self.apps = Apps(self)

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:  # noqa: ARG004  xlwings passes both
        """A value as it is written; what is no number is nothing."""
        return "" if value is None or value != value else value  # noqa: PLR0124  NaN alone differs from itself

    @staticmethod
    def clean_value_data(
        data: list[list[Any]], day: Callable[..., Any], empty: Any, number: Callable[[float], Any] | None, errors: bool
    ) -> list[list[Any]]:
        """The rows as ``Range.value`` gives them."""
        return [[_cleaned(value, day, empty, number, errors) for value in row] for row in data]


ERRORS = {
    -2146826288: "#NULL!", -2146826281: "#DIV/0!", -2146826273: "#VALUE!", -2146826265: "#REF!",
    -2146826259: "#NAME?", -2146826252: "#NUM!", -2146826246: "#N/A",
}  # fmt: skip


def _cleaned(
    value: Any, day: Callable[..., Any], empty: Any, number: Callable[[float], Any] | None, words: bool
) -> Any:
    if value in ("", None):
        return empty
    if isinstance(value, dt.datetime):
        return day(value.year, value.month, value.day, hour=value.hour, minute=value.minute, second=value.second)
    if isinstance(value, float) and number is not None:
        return number(value)
    if isinstance(value, int) and value in ERRORS:
        return ERRORS[value] if words else None
    return value


class Apps:
    """The one program there is."""

    def __init__(self, engine: Engine) -> None:
        self._app = App(engine)

    def __iter__(self) -> Iterator[App]:
        yield self._app

    def __len__(self) -> int:
        return 1

    def __getitem__(self, pid: int) -> App:
        return self._app

    def keys(self) -> list[int]:
        """The program's process."""
        return [self._app.pid]

    def cleanup(self) -> None:
        """Nothing is left behind."""


class App:
    """LibreOffice; what it has for each workbook is said of the one in front."""

    display_alerts = True
    enable_events = True
    interactive = True
    cut_copy_mode = False
    visible = True
    _status: str | bool | None = False

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.office = engine.office
        self.books = Books(self)
        self.pid = os.getpid()
        self.hwnd = 0

    @property
    def api(self) -> Office:
        """The way to LibreOffice."""
        return self.office

    @property
    def version(self) -> str:
        """Such as ``7.4``."""
        return str(self.office.ask("version"))

    def _active(self) -> str:
        return str(self.office.ask("active"))

    @property
    def selection(self) -> Range | None:
        """The marked block; nothing where a drawing is marked, or no workbook open."""
        book = self.books.active
        return book.selection if book else None

    @property
    def screen_updating(self) -> bool:
        """Whether the window follows what is done."""
        return not self.office.ask("still", self._active(), None)

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        self.office.tell("still", self._active(), not value)

    @property
    def calculation(self) -> str:
        """``automatic`` or ``manual``."""
        return "automatic" if self.office.ask("automatic", self._active(), None) else "manual"

    @calculation.setter
    def calculation(self, value: str) -> None:
        self.office.tell("automatic", self._active(), value != "manual")

    def calculate(self) -> None:
        """What is not up to date."""
        self.office.tell("calculate", self._active())

    @property
    def status_bar(self) -> str | bool | None:
        """What was put there; false where the program speaks for itself."""
        return self._status

    @status_bar.setter
    def status_bar(self, value: str | bool | None) -> None:
        self._status = value or False
        self.office.tell("status", self._active(), value or None)

    def alert(self, prompt: str, title: str | None, buttons: str | None, mode: str | None, _: Any = None) -> str:
        """The button that was pressed: ``ok``, ``cancel``, ``yes`` or ``no``."""
        return str(self.office.ask("alert", prompt or "", title or "", buttons or "ok", mode or "info"))

    def activate(self, _: bool = False) -> None:
        """The workbook in front stays there."""
        self.office.tell("to_front", self._active())


class Books:
    """The open workbooks."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.api = app.office

    def _all(self) -> list[Book]:
        return [Book(self.app, about["id"]) for about in self.app.office.ask("books")]

    def __iter__(self) -> Iterator[Book]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __contains__(self, name: str) -> bool:
        return any(book.name == name for book in self)

    def __call__(self, key: int | str) -> Book:
        """By its name or number."""
        if isinstance(key, int):
            return self._all()[key - 1]
        for book in self:
            if book.name == key:
                return book
        raise KeyError(key)

    @property
    def active(self) -> Book | None:
        """The workbook in front."""
        doc = self.app.office.ask("active")
        return None if doc is None else Book(self.app, doc)

    def add(self) -> Book:
        """A new workbook."""
        return Book(self.app, self.app.office.ask("new"))

    def open(self, path: str, *_: Any) -> Book:
        """The workbook at the path."""
        return Book(self.app, self.app.office.ask("open", path))


class BookApi:
    """The attributes of Excel's ``Workbook`` that have no word in xlwings."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def ReadOnly(self) -> bool:  # noqa: N802  Excel's name
        """Whether it may only be read."""
        return bool(self._book.about["readonly"])

    @property
    def ProtectStructure(self) -> bool:  # noqa: N802  Excel's name
        """Whether sheets may not be added, moved or deleted."""
        return bool(self._book.about["protected"])


class Book:
    """An open workbook."""

    def __init__(self, app: App, doc: str) -> None:
        self.app = app
        self.office = app.office
        self.id = doc

    @property
    def api(self) -> BookApi:
        """A few attributes of Excel's ``Workbook``."""
        return BookApi(self)

    @property
    def sheets(self) -> Sheets:
        """Its sheets."""
        return Sheets(self)

    @property
    def names(self) -> Names:
        """Its names."""
        return Names(self)

    @property
    def about(self) -> dict[str, Any]:
        """Title, path, and whether it may be written."""
        for each in self.office.ask("books"):
            if each["id"] == self.id:
                return dict(each)
        raise LookupError("The workbook is no longer open.")

    @cached_property
    def name(self) -> str:
        """Its file's name, or its title where it was never saved; xlwings asks for it at every range."""
        return str(self.about["title"])

    @property
    def fullname(self) -> str:
        """Its path, or its title where it was never saved."""
        about = self.about
        return str(about["path"] or about["title"])

    @cached_property
    def digit(self) -> float:
        """How wide a digit of its usual letters is, in hundredths of a millimetre; columns are measured by it."""
        return float(self.office.ask("digit", self.id))

    @property
    def selection(self) -> Range | None:
        """The marked block."""
        found = self.office.ask("selection", self.id)
        return Range(Sheet(self, found[0]), *found[1:]) if found else None

    def place_of(self, text: str, sheet: Sheet | None) -> Range:
        """The block that a table's or a defined name, or a reference with its sheet, stands for."""
        where, _, address = text.rpartition("!")
        at = corners_of(address)
        if at and (where or sheet):
            return Range(self.sheets(where.strip("'").replace("''", "'")) if where else sheet, *at)
        for table in self.office.ask("tables", self.id):
            if table["name"].lower() == text.lower():
                return Range(Sheet(self, table["sheet"]), *table["at"])
        if not self.names.contains(text):
            raise ValueError(f"{text} is no address, name or table.")
        return self.place_of(self.names(text).refers_to.removeprefix("="), None)

    def activate(self) -> None:
        """To the front."""
        self.office.tell("to_front", self.id)

    def save(self, path: str | None = None, password: str | None = None) -> None:  # noqa: ARG002  xlwings passes it
        """Where it is, or to the path."""
        self.office.ask("save", self.id, path)
        self.__dict__.pop("name", None)

    def close(self) -> None:
        """Without saving."""
        self.office.tell("close", self.id)
