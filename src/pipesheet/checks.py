"""The checks a criterion may use: what each asks of a cell, and its answer for all deals at once.

The answer is one Boolean per deal, computed column-wise. An empty cell fails every check but
`is empty`; a blank is neither yes nor no. How people write a check is in `pipesheet.phrases`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipesheet.attachments import inside, is_there
from pipesheet.language import later, say
from pipesheet.readings import Column, shown

_LINK = r"(?i)^(?:https?://|www\.)[^\s/?#]+\S*$"
_BETWEEN_PEOPLE = r"\s*(?:[,;&\n\r]|\s\+\s|\band\b)\s*"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, ready to ask: its name as documented, and whichever of the rest it takes.

    `operands` are columns as long as the deals, or constants of length 1; the constant of `is one of`
    is as long as its list. `count` is the N of days and people; `text` a pattern or a folder.
    """

    name: str
    operands: tuple[Column, ...] = ()
    count: int = 0
    text: str = ""

    def met(self, column: Column, *, as_of: dt.date, folder: Path) -> pl.Series:
        """Boolean without nulls, one per deal: whether its cell in `column` passes."""
        return _ANSWERS[self.name](self, column, _Sight(as_of, folder)).fill_null(False)

    @property
    def needed(self) -> str:
        """What a cell needs to pass, in words that follow "needs"."""
        constant = not any(o.label for o in self.operands)
        words = _WORDS[self.name]
        if constant and self.name in _DATE_WORDS and self.operands[0].date[0] is not None:
            words = _DATE_WORDS[self.name]
        listed = map(shown, self.operands[0].values) if constant and self.operands else (o.label for o in self.operands)
        if self.name == "file exists" and self.text:
            words = later("a file that is there in {text}")
        ends = dict(zip(("value", "last"), (o.label or o.shown(0) for o in self.operands), strict=False))
        return say(words, list=", ".join(listed), text=self.text, n=self.count, **ends)


@dataclass(frozen=True, slots=True)
class _Sight:
    as_of: dt.date
    folder: Path


def _same(column: Column, other: Column) -> pl.Series:
    # Money and shares come out of formulas with a last binary digit that nobody typed.
    close = 1e-9 * other.number.abs().clip(lower_bound=1.0)
    equal = ((column.number - other.number).abs() <= close).fill_null(False)
    equal = equal | (column.date == other.date).fill_null(False)
    # Two texts are the same only as texts: 007 is not 7 and A-1 is not B-1.
    same = (column.key == other.key).fill_null(False) | (equal & (column.typed.is_null() | other.typed.is_null()))
    if column.holds(bool) or other.holds(bool):
        same = same | (column.yes == other.yes).fill_null(False)
    return same


def _is_listed(column: Column, other: Column) -> pl.Series:
    if other.label:
        listed = other.text.str.to_lowercase().str.replace_all(r"\s*[,;\n]\s*", ";").str.split(";")
        frame = pl.DataFrame({"key": column.key, "listed": listed})
        return frame.select(pl.col("listed").list.contains(pl.col("key"))).to_series().fill_null(False) & column.filled
    # A list in one cell is text; its numbers and dates are meant for cells that are no text.
    found = column.number.is_in(other.number.drop_nulls().to_list()).fill_null(False)
    found = found | column.date.is_in(other.date.drop_nulls().to_list()).fill_null(False)
    return (found & column.typed.is_null()) | column.key.is_in(other.key.drop_nulls().to_list()).fill_null(False)


def _contains(column: Column, other: Column) -> pl.Series:
    if not other.label:
        return column.key.str.contains(other.key[0], literal=True)
    frame = pl.DataFrame({"cell": column.key, "part": other.key})
    return frame.select(pl.col("cell").str.contains(pl.col("part"), literal=True)).to_series()


_Compare = Callable[[pl.Series, pl.Series], pl.Series]
_COMPARE: Mapping[str, _Compare] = {
    ">": lambda a, b: a > b,
    "≥": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "≤": lambda a, b: a <= b,
}


def _ordered(sign: str, column: Column, other: Column) -> pl.Series:
    compare = _COMPARE[sign]
    by_number = compare(column.number, other.number).fill_null(False)
    return by_number | compare(column.date, other.date).fill_null(False)


def _dated(sign: str, column: Column, other: Column) -> pl.Series:
    return _COMPARE[sign](column.date, other.date)


def _is_between(column: Column, low: Column, high: Column) -> pl.Series:
    return _ordered("≥", column, low) & _ordered("≤", column, high)


def _days_ahead(column: Column, sight: _Sight) -> pl.Series:
    return (column.date - sight.as_of).dt.total_days()


def _people_in(column: Column) -> pl.Series:
    # Not the key, in which a line break has become a space: names may stand one to a line.
    written = column.text.str.to_lowercase()
    cells = written.unique()
    names = cells.str.replace_all(_BETWEEN_PEOPLE, ";").str.split(";")
    people = names.list.eval(pl.element().filter(pl.element().str.strip_chars() != "").unique()).list.len()
    return written.replace_strict(cells, people, return_dtype=pl.UInt32)


def _files(column: Column, below: str, folder: Path) -> pl.Series:
    # A cell that leads out of the folder is judged before the check's own folder is put before it.
    named = [n for n in column.typed.unique().drop_nulls().to_list() if inside(n) is not None]
    there = [n for n in named if is_there(f"{below}/{n}" if below else n, folder)]
    return column.typed.is_in(there)


_Answer = Callable[[Check, Column, _Sight], pl.Series]
_ANSWERS: Mapping[str, _Answer] = {
    "is filled": lambda _check, column, _sight: column.filled,
    "is empty": lambda _check, column, _sight: ~column.filled,
    "is yes": lambda _check, column, _sight: column.yes,
    "is no": lambda _check, column, _sight: ~column.yes,
    "=": lambda check, column, _sight: _same(column, *check.operands),
    "≠": lambda check, column, _sight: column.filled & ~_same(column, *check.operands),
    ">": lambda check, column, _sight: _ordered(">", column, *check.operands),
    "≥": lambda check, column, _sight: _ordered("≥", column, *check.operands),
    "<": lambda check, column, _sight: _ordered("<", column, *check.operands),
    "≤": lambda check, column, _sight: _ordered("≤", column, *check.operands),
    "between": lambda check, column, _sight: _is_between(column, *check.operands),
    "is one of": lambda check, column, _sight: _is_listed(column, *check.operands),
    "is not one of": lambda check, column, _sight: column.filled & ~_is_listed(column, *check.operands),
    "contains": lambda check, column, _sight: _contains(column, *check.operands),
    "matches": lambda check, column, _sight: column.text.str.contains(f"(?i){check.text}"),
    "within last N days": lambda check, column, sight: _days_ahead(column, sight).is_between(-check.count, 0),
    "within next N days": lambda check, column, sight: _days_ahead(column, sight).is_between(0, check.count),
    "in the future": lambda _check, column, sight: column.date > sight.as_of,
    "in the past": lambda _check, column, sight: column.date < sight.as_of,
    "on or before": lambda check, column, _sight: _dated("≤", column, *check.operands),
    "on or after": lambda check, column, _sight: _dated("≥", column, *check.operands),
    "at least N people": lambda check, column, _sight: _people_in(column) >= check.count,
    "is a link": lambda _check, column, _sight: column.typed.str.contains(_LINK),
    "file exists": lambda check, column, sight: _files(column, check.text, sight.folder),
}
CHECKS: tuple[str, ...] = tuple(_ANSWERS)
"""Every check, by the name the documentation gives it."""
ORDERED = frozenset({">", "≥", "<", "≤", "between"})
"""Those that only two numbers or two dates can pass."""
DATED = frozenset(
    {"within last N days", "within next N days", "in the future", "in the past", "on or before", "on or after"}
)
"""Those that only dates can pass."""

_WORDS: Mapping[str, str] = {
    "is filled": later("filled in"),
    "is empty": later("empty"),
    "is yes": later("yes"),
    "is no": later("no"),
    "=": later("{value}"),
    "≠": later("anything but {value}"),
    ">": later("more than {value}"),
    "≥": later("at least {value}"),
    "<": later("less than {value}"),
    "≤": later("at most {value}"),
    "between": later("between {value} and {last}"),
    "is one of": later("one of: {list}"),
    "is not one of": later("none of: {list}"),
    "contains": later("a text with “{value}” in it"),
    "matches": later("a text that matches {text}"),
    "within last N days": later("a date in the last {n} {n:day|days}"),
    "within next N days": later("a date in the next {n} {n:day|days}"),
    "in the future": later("a date in the future"),
    "in the past": later("a date in the past"),
    "on or before": later("a date on or before {value}"),
    "on or after": later("a date on or after {value}"),
    "at least N people": later("at least {n} {n:person|people}"),
    "is a link": later("a link that starts with https://"),
    "file exists": later("a file that is there"),
}
_DATE_WORDS: Mapping[str, str] = {
    ">": later("a date after {value}"),
    "≥": later("a date on or after {value}"),
    "<": later("a date before {value}"),
    "≤": later("a date on or before {value}"),
    "between": later("a date from {value} to {last}"),
}
