"""How LibreOffice's documents are found, and the small forms their values take on the way in and out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]


class Documents:
    """LibreOffice, reached by its component context, and the workbooks open in it."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._known: dict[str, Any] = {}

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def _documents(self) -> list[Any]:
        found = []
        components = self._desktop.Components.createEnumeration()
        while components.hasMoreElements():
            each = components.nextElement()
            if _is_workbook(each):
                found.append(each)
        self._known = {each.RuntimeUID: each for each in found}
        return found

    def _document(self, doc: str) -> Any:
        try:
            return self._known[doc] if self._known[doc].RuntimeUID == doc else self._found(doc)
        except Exception:
            return self._found(doc)

    def _found(self, doc: str) -> Any:
        self._documents()
        if doc not in self._known:
            raise LookupError("The document is no longer open.")
        return self._known[doc]

    def _sheet(self, doc: str, sheet: str) -> Any:
        return self._document(doc).Sheets.getByName(sheet)

    def _range(self, doc: str, sheet: str, top: int, left: int, bottom: int, right: int) -> Any:
        return self._sheet(doc, sheet).getCellRangeByPosition(left - 1, top - 1, right - 1, bottom - 1)

    def _view(self, doc: str) -> Any:
        return self._document(doc).CurrentController


def _is_workbook(component: Any) -> bool:
    if not component.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
        return False
    return component.CurrentController is not None


def path_of(document: Any) -> str:
    """Where it is saved: a path, or an address, or nothing."""
    url = document.getURL()
    return str(uno.fileUrlToSystemPath(url)) if url.startswith("file:") else str(url)


def title_of(document: Any) -> str:
    """Its file's name, or the title that a document never saved has."""
    return os.path.basename(path_of(document)) or str(document.Title)


def struct(name: str, **values: Any) -> Any:
    """One of LibreOffice's records."""
    made = uno.createUnoStruct(name)
    for field, value in values.items():
        setattr(made, field, value)
    return made


def named(name: str, value: Any) -> Any:
    """A value by its name, as loading and dispatching want it."""
    return struct("com.sun.star.beans.PropertyValue", Name=name, Value=value)


def enum(kind: str, word: str) -> Any:
    """A word of one of LibreOffice's enumerations."""
    return uno.Enum("com.sun.star." + kind, word)


def said(value: Any) -> Any:
    """A property's value in JSON: an enumeration is its word."""
    return value.value if isinstance(value, uno.Enum) else value


def meant(value: Any) -> Any:
    """The property's value that JSON stands for: ``["table.CellHoriJustify", "LEFT"]`` is an enumeration."""
    return enum(*value) if isinstance(value, (list, tuple)) else value


def corners(address: Any) -> list[int]:
    """Top, left, bottom, right, counted from 1."""
    return [address.StartRow + 1, address.StartColumn + 1, address.EndRow + 1, address.EndColumn + 1]


def cells(ranges: Any, origin: Any) -> Iterator[tuple[int, int]]:
    """Every cell of the ranges, by row and column from the origin's first one."""
    down, over = origin.StartRow, origin.StartColumn
    for address in ranges.RangeAddresses:
        columns = range(address.StartColumn - over, address.EndColumn - over + 1)
        for row in range(address.StartRow - down, address.EndRow - down + 1):
            for column in columns:
                yield row, column
