"""Tables: what xlwings' ``Tables`` and ``Table`` call; in LibreOffice they are database ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.engine_ranges import Range


class Tables:
    """The tables of a sheet."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.api = sheet.office

    def _all(self) -> list[Table]:
        found = self.sheet.office.ask("tables", self.sheet.book.id)
        return [Table(self.sheet, about) for about in found if about["sheet"] == self.sheet.name]

    def __iter__(self) -> Iterator[Table]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __contains__(self, name: str) -> bool:
        return any(table.name.lower() == name.lower() for table in self)

    def __call__(self, key: int | str) -> Table:
        """By its name or number."""
        if isinstance(key, int):
            return self._all()[key - 1]
        for table in self:
            if table.name.lower() == key.lower():
                return table
        raise KeyError(key)

    def around(self, row: int, column: int) -> Table | None:
        """The table that holds the cell."""
        for table in self:
            top, left, bottom, right = table.at
            if top <= row <= bottom and left <= column <= right:
                return table
        return None

    def add(self, *, source: Any, name: str | None, has_headers: bool, **_: Any) -> Table:
        """A table of the block; its style is Excel's alone, as Calc has none."""
        cells = source.impl
        taken = {about["name"] for about in self.api.ask("tables", self.sheet.book.id)}
        called = name or next(f"Table{n}" for n in range(1, len(taken) + 2) if f"Table{n}" not in taken)
        if called in taken:
            raise ValueError(f"There is a table {called} already.")
        cells.tell("add_table", called, has_headers)
        return self(called)


class Table:
    """A table, known by its name."""

    def __init__(self, sheet: Any, about: dict[str, Any]) -> None:
        self.parent = sheet
        self._about = about
        self.table_style = ""
        self.show_table_style_row_stripes = False
        self.show_table_style_column_stripes = False
        self.show_table_style_first_column = False
        self.show_table_style_last_column = False

    @property
    def api(self) -> TableApi:
        """A few methods of Excel's ``ListObject``."""
        return TableApi(self)

    @property
    def at(self) -> tuple[int, int, int, int]:
        """Its corners, headers and totals among them."""
        top, left, bottom, right = self._about["at"]
        return top, left, bottom, right

    def _put(self, field: str, name: str, value: Any) -> None:
        self.parent.office.tell("table_put", self.parent.book.id, self._about["name"], name, value)
        self._about[field] = value

    @property
    def name(self) -> str:
        """As formulas call it."""
        return str(self._about["name"])

    @name.setter
    def name(self, value: str) -> None:
        self._put("name", "Name", value)

    display_name = name

    @property
    def range(self) -> Range:
        """All of it."""
        return Range(self.parent, *self.at)

    @property
    def header_row_range(self) -> Range | None:
        """The row of headers."""
        top, left, _, right = self.at
        return Range(self.parent, top, left, top, right) if self._about["headers"] else None

    @property
    def data_body_range(self) -> Range | None:
        """The rows between headers and totals."""
        top, left, bottom, right = self.at
        first, last = top + bool(self._about["headers"]), bottom - bool(self._about["totals"])
        return Range(self.parent, first, left, last, right) if first <= last else None

    def resize(self, cells: Any) -> None:
        """It covers that block from now on."""
        self._put("at", "At", list(getattr(cells, "impl", cells).at))

    @property
    def show_headers(self) -> bool:
        """Whether it begins with headers."""
        return bool(self._about["headers"])

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        self._put("headers", "ContainsHeader", bool(value))

    @property
    def show_autofilter(self) -> bool:
        """Whether its headers have filter buttons."""
        return bool(self._about["filter"])

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._put("filter", "AutoFilter", bool(value))

    @property
    def show_totals(self) -> bool:
        """Whether it ends with totals."""
        return bool(self._about["totals"])

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        self._put("totals", "TotalsRow", bool(value))

    def unlist(self) -> None:
        """The cells stay, the table goes."""
        self.parent.office.tell("drop_table", self.parent.book.id, self.name)


class TableApi:
    """Methods of Excel's ``ListObject`` that have no word in xlwings."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def Unlist(self) -> None:  # noqa: N802  Excel's name
        """The cells stay, the table goes."""
        self._table.unlist()

    def Delete(self) -> None:  # noqa: N802  Excel's name
        """Cells and table go."""
        self._table.unlist()
        self._table.range.clear()
