"""The engine that xlwings calls, and its programs, books and sheets, over LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from pipesheet.calc.engine_ranges import Range, corners


class Office(Protocol):
    """A way to LibreOffice: ``ask`` waits for an answer, ``tell`` need not."""

    def ask(self, operation: str, *args: Any) -> Any:
        """The operation's answer."""

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done, in order with what else is asked and told."""


class Engine:
    """All of LibreOffice, as xlwings wants it: ``xlwings.engines.add(xlwings.Engine(impl=Engine(office)))``."""

    name = "calc"
    type = "desktop"

    def __init__(self, office: Office) -> None:
        self.office = office
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
    """LibreOffice."""

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


class Book:
    """An open workbook."""

    def __init__(self, app: App, doc: str) -> None:
        self.app = app
        self.office = app.office
        self.id = doc
        self.sheets = Sheets(self)

    @property
    def _about(self) -> dict[str, Any]:
        return next(about for about in self.office.ask("books") if about["id"] == self.id)

    @property
    def name(self) -> str:
        """Its file's name, or its title where it was never saved."""
        return str(self._about["title"])

    @property
    def fullname(self) -> str:
        """Its path, or its title where it was never saved."""
        about = self._about
        return str(about["path"] or about["title"])

    def close(self) -> None:
        """Close without saving."""
        self.office.tell("close", self.id)


class Sheets:
    """The sheets of a workbook."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.api = book.office

    def names(self) -> list[str]:
        """Their names in order."""
        return [str(name) for name in self.book.office.ask("sheets", self.book.id)]

    def __iter__(self) -> Iterator[Sheet]:
        return (Sheet(self.book, name) for name in self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: str) -> bool:
        return name.lower() in (each.lower() for each in self.names())

    def __call__(self, key: int | str) -> Sheet:
        """By its name or number."""
        names = self.names()
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


class Sheet:
    """A sheet, known by its name."""

    def __init__(self, book: Book, name: str) -> None:
        self.book = book
        self.office = book.office
        self._name = name

    @property
    def name(self) -> str:
        """Its name on the tab."""
        return self._name

    def range(self, first: Any, last: Any = None) -> Range:
        """The block between two corners, or of an address."""
        return Range(self, *corners(first, last))

    @property
    def used_range(self) -> Range:
        """The part that holds something."""
        return Range(self, *self.office.ask("used", self.book.id, self._name))
