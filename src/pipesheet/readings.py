"""A column of cells as they were found, and what each cell reads as: text, number, date, yes or no.

Criteria may look at any column, and a column that a person fills may hold anything. So a cell is read
every way that is safe, column-wise, and a check asks for the reading it needs. An Excel error
(``#REF!``) counts as empty, and so does a cell of spaces.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import polars as pl

from pipesheet import figures
from pipesheet.coerce import ERROR_CELLS, Coerced, Reading, dates, numbers, yes_no
from pipesheet.grid import Value
from pipesheet.language import later, say
from pipesheet.models import Book
from pipesheet.schema import DEALS, Form, header_keys

EMPTY = later("empty")
"""The word for a cell with nothing in it, to be said."""
_LONGEST_TYPED = 60
"""A longer text is prose: no number, no date."""
_LONGEST_SHOWN = 60
_ENOUGH = 5
"""So many cells of a column of the user's own say what it holds."""


_AS_THE_COLUMN_SHOWS = Reading()


class Column:
    """`values[i]` is the cell of record i; every reading is a Series as long, null where it has none.

    `label` is the header in the sheet; a constant that cells are compared with has none. `form` is how the
    contract reads the column; a column of the user's own has none.
    """

    def __init__(
        self, values: Sequence[Any], label: str = "", reading: Reading = _AS_THE_COLUMN_SHOWS, form: Form | None = None
    ) -> None:
        self.values = values
        self.label = label
        self.form = form
        self._reading = reading
        self._types = set(map(type, values))

    def holds(self, kind: type) -> bool:
        """Whether any of the values is of exactly that type."""
        return kind in self._types

    def _only(self, *wanted: type) -> Sequence[Any]:
        """The values of those exact types, None in place of the others."""
        if self._types <= {*wanted, type(None)}:
            return self.values
        return [v if type(v) in wanted else None for v in self.values]

    @cached_property
    def typed(self) -> pl.Series:
        """String: what was typed as text, without the spaces around it."""
        if str not in self._types:
            return pl.Series([None] * len(self.values), dtype=pl.String)
        text = pl.Series(self._only(str), dtype=pl.String).str.strip_chars()
        return text.set(text.is_in(["", *sorted(ERROR_CELLS)]), None)

    @cached_property
    def number(self) -> pl.Series:
        """Float64: numbers, and texts that are one (``1,200.50``, ``12k``, ``40 %``)."""
        found = pl.Series([None] * len(self.values), dtype=pl.Float64)
        if self._types & {int, float}:
            found = pl.Series(self._only(int, float), dtype=pl.Float64, strict=False)
        return self._with_texts(found, lambda texts: numbers(texts, self._reading))

    @cached_property
    def date(self) -> pl.Series:
        """Date: dates, the day of moments, and texts such as ``2026-10-01``."""
        found = pl.Series([None] * len(self.values), dtype=pl.Date)
        if self._types & {dt.date, dt.datetime}:
            days = self._only(dt.date, dt.datetime)
            if self.holds(dt.datetime):
                # A datetime is a date too, so days are told apart by their exact type.
                days = [v.date() if type(v) is dt.datetime else v for v in days]
            found = pl.Series(days, dtype=pl.Date)
        return self._with_texts(found, lambda texts: dates(texts, self._reading))

    @cached_property
    def yes(self) -> pl.Series:
        """Boolean: TRUE and FALSE, the words for yes and no, 1 and 0."""
        found = pl.Series([None] * len(self.values), dtype=pl.Boolean)
        if self._types & {bool, int, float}:
            cells = self._only(bool, int, float)
            found = pl.Series([bool(v) if v in (0, 1) else None for v in cells], dtype=pl.Boolean)
        return self._with_texts(found, yes_no, lambda text: text.str.len_chars() <= 8)

    def _with_texts(
        self,
        found: pl.Series,
        read: Callable[[list[str]], Coerced],
        likely: Callable[[pl.Series], pl.Series] = lambda text: (
            text.str.contains(r"\d") & (text.str.len_chars() <= _LONGEST_TYPED)
        ),
    ) -> pl.Series:
        """Adds what the texts read as; each distinct one that is likely at all is read once."""
        texts: list[str] = []
        if self.holds(str):
            texts = self.typed.filter(likely(self.typed)).unique(maintain_order=True).to_list()
        if not texts:
            return found
        values = pl.Series(read(texts).values, dtype=found.dtype)
        return _first(found, self.typed.replace_strict(texts, values, default=None, return_dtype=found.dtype))

    @cached_property
    def kind(self) -> Literal["numbers", "dates", "texts", ""]:
        """What all of it is; empty where that cannot be said.

        A column of the user's own with few cells filled may hold anything tomorrow, and one of words too.
        """
        if self.form in ("number", "money", "probability"):
            return "numbers"
        if self.form in ("date", "moment"):
            return "dates"
        numbers, dates, filled = self.number.count(), self.date.count(), int(self.filled.sum())
        if filled in (numbers, dates) and filled >= (_ENOUGH if self.label else 1):
            return "numbers" if filled == numbers else "dates"
        return "texts" if self.form in ("text", "id") and not numbers and not dates else ""

    @cached_property
    def filled(self) -> pl.Series:
        """Boolean without nulls: something is in the cell."""
        if self._types <= {str, type(None)}:
            return self.typed.is_not_null()
        if self._types <= {float, type(None)}:
            return self.number.is_not_null()
        if self._types <= {dt.date, type(None)}:
            return self.date.is_not_null()
        other = pl.Series([v is not None and type(v) is not str for v in self.values], dtype=pl.Boolean)
        return other | self.typed.is_not_null() if str in self._types else other

    @cached_property
    def text(self) -> pl.Series:
        """String: the cell as text, whatever it holds; numbers without needless decimals."""
        if self._types <= {str, type(None)}:
            return self.typed
        other = [None if v is None or type(v) is str else _plain(v) for v in self.values]
        return _first(pl.Series(other, dtype=pl.String), self.typed)

    @cached_property
    def key(self) -> pl.Series:
        """String: `text` as it is compared: case and runs of spaces do not matter."""
        return self.text.str.replace_all(r"\s+", " ").str.to_lowercase()

    def shown(self, index: int) -> str:
        """The cell of record `index` in words for people."""
        return shown(self.values[index])


def shown(value: Any) -> str:
    """A cell's value in words for people: ``empty``, ``1 Oct 2026``, ``12,500``, its text cut short."""
    if value is None:
        return say(EMPTY)
    if isinstance(value, dt.date):
        return figures.day(value)
    if isinstance(value, float | int) and not isinstance(value, bool) and abs(value) < 1e15:
        return figures.number(value, 0 if value == int(value) else 2)
    text = " ".join(_plain(value).split())
    return (text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…") or say(EMPTY)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _first(one: pl.Series, other: pl.Series) -> pl.Series:
    return one.zip_with(one.is_not_null(), other)


class Cells:
    """The columns of a book's deals by any name a person may use for them."""

    def __init__(self, book: Book) -> None:
        self._deals = book.deals
        self._names = _names(book)
        self._columns: dict[str, Column] = {}
        self._reading = Reading(book.settings.day_first, book.settings.decimal_comma)

    def name(self, written: str) -> str | None:
        """The field or header that is meant, or None where the sheet has no such column."""
        return next((self._names[k] for k in header_keys(written) if k in self._names), None)

    def column(self, name: str) -> Column:
        """The column of that field or header, as `name` gave it."""
        if name not in self._columns:
            values = self._deals.values.get(name)
            label = self._deals.headers.get(name, name)
            cells = self._deals.extra[name] if values is None else values
            form = None if values is None else DEALS.field(name).form
            self._columns[name] = Column(cells, label, self._reading, form)
        return self._columns[name]

    def constant(self, *values: Value) -> Column:
        """Values written in the criteria, read as the cells are."""
        return Column(values, reading=self._reading)

    @property
    def headers(self) -> tuple[str, ...]:
        """What the columns are called in the sheet, in its order."""
        deals = self._deals
        names = sorted((*deals.values, *deals.extra), key=lambda n: deals.position.get(n, 0))
        return tuple(deals.headers.get(n, n) for n in names)


def _names(book: Book) -> Mapping[str, str]:
    """Every way to write a column; the sheet's own headers win over the names pipesheet knows."""
    deals = book.deals
    found: dict[str, str] = {}
    written = [(deals.headers.get(n, n), n) for n in (*deals.values, *deals.extra)]
    known = [(s, f.name) for f in DEALS.fields if f.name in deals.values for s in (f.name, *f.spellings)]
    for spelling, name in (*written, *known):
        for key in filter(None, header_keys(spelling)):
            found.setdefault(key, name)
    return found
