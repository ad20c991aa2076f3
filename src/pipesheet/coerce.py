"""Columns of cells as found to columns of one type: text, numbers, dates, probabilities, yes and no.

Each function takes a whole column and gives `Coerced`: the values (None where nothing can be said)
and a note for every cell that was not plainly what it should be. A clean column costs one look at
its types. How a text is read as a number or a date is in `pipesheet.written`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeGuard

from pipesheet.grid import Value
from pipesheet.language import later, say, spoken
from pipesheet.written import (
    DateText,
    NumberText,
    currency_code,
    day_comes_first,
    decimal_is_comma,
    read_date,
    read_number,
)

ERROR_CELLS = frozenset(
    {
        "#REF!",
        "#N/A",
        "#DIV/0!",
        "#VALUE!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#CONNECT!",
        "#UNKNOWN!",
        "#BUSY!",
        "#EXTERNAL!",
        "#PYTHON!",
    }
)
"""What Excel writes into a cell whose formula failed."""

_EPOCH = dt.date(1899, 12, 30)
_SERIALS = (14_610, 109_574)
"""A bare number in a column of dates is a day of Excel's between 1940 and 2199, or none."""
_BLANK = " \t\r\n\f\v\u00a0\u2007\u202f\u200b\u200e\u200f\u2060\ufeff"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u2060\ufeff]")
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "wahr", "oui", "si", "sí", "✓", "✔", "on"})
_NO = frozenset({"no", "n", "false", "0", "nein", "falsch", "non", "-", "✗", "off"})
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Note:
    """What was seen in the cell of record `index`: the finding's code, what was found and is needed."""

    index: int
    code: str
    found: str
    needed: str


_Words = tuple[str, str, str]
"""The code of a note, what was found and what is needed."""


@dataclass(frozen=True, slots=True)
class Coerced:
    """A column of one type, None where nothing is known, and the notes on it in order of rows."""

    values: list[Any]
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read what is not plain. None: nobody said, so the column decides.

    `typed` is False for a .csv, where everything is text and that alone is nothing to report.
    `amount` names the code for a number that cannot be read in a column of money.
    """

    day_first: bool | None = None
    decimal_comma: bool | None = None
    typed: bool = True
    unreadable_money: str = "amount-unreadable"


def quoted(value: Value) -> str:
    """A cell's content for a sentence: quoted, one line, not too long."""
    text = " ".join((value if isinstance(value, str) else written_plainly(value)).split())
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def is_error(value: Value) -> bool:
    """Whether the cell holds one of Excel's errors."""
    return isinstance(value, str) and value in ERROR_CELLS


def is_blank(value: Value) -> bool:
    """Whether nothing stands in the cell: no value, or a text of spaces."""
    return value is None or (isinstance(value, str) and not value.strip(_BLANK))


def cleaned(text: str) -> str:
    """The text without spaces around it and without control characters."""
    return _CONTROL.sub("", text).strip(_BLANK)


def texts(column: Sequence[Value], _reading: Reading = Reading()) -> Coerced:
    """Text as it stands, trimmed; a number without ``.0``; leading zeros of a text are kept."""
    kinds = set(map(type, column))
    if not kinds <= {str, type(None)}:
        column = [v if type(v) is str or v is None else written_plainly(v) for v in column]
    distinct = {v for v in set(column) if isinstance(v, str) and v}
    if not distinct or _are_clean(distinct):
        return Coerced([v or None for v in column])
    known = {raw: None if is_error(raw) else cleaned(raw) or None for raw in distinct}
    values = [known[v] if isinstance(v, str) and v else None for v in column]
    changed = {raw for raw, clean in known.items() if clean != raw and not is_blank(raw)}
    return Coerced(values, [_text_note(i, v) for i, v in enumerate(column) if v in changed])


def _are_clean(distinct: Set[str]) -> bool:
    """Whether each text is what `cleaned` makes of it, and no error: asked of all of them at once."""
    lines = "\n".join(distinct)
    edges = f"\n{lines}\n"
    # What is printable has no other blank than the space.
    plain = lines.replace("\n", "").isprintable() and not any(edge in edges for edge in ("\n ", " \n", "\n\n"))
    return plain and ERROR_CELLS.isdisjoint(distinct)


def _text_note(index: int, raw: Value) -> Note:
    if is_error(raw):
        return _error_note(index, raw)
    return Note(index, "text-trimmed", f"{raw!r}"[:_SHOWN], say("the text without spaces around it"))


def _error_note(index: int, raw: Value) -> Note:
    return Note(index, "cell-error", str(raw), say("a formula that gives a value, or an empty cell"))


def written_plainly(value: Value) -> str:
    """A cell that is not text, as text: 1001.0 is ``1001``, TRUE is ``TRUE``, a date is ISO."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return str(value)


def currencies(column: Sequence[Value], _reading: Reading = Reading()) -> Coerced:
    """Currencies by their three letters, also where they are named as ``US Dollar`` or ``€``."""
    read = texts(column)
    codes = {name: currency_code(name) for name in set(read.values) if name is not None}
    return Coerced([codes.get(name) for name in read.values], read.notes)


def numbers(column: Sequence[Value], reading: Reading = Reading()) -> Coerced:
    """Plain numbers; a text is read as one where that is safe."""
    return _numbers(column, reading, "number-unreadable")


def money(column: Sequence[Value], reading: Reading = Reading()) -> Coerced:
    """Amounts, as `numbers`, with the code for what cannot be read that money has."""
    return _numbers(column, reading, reading.unreadable_money)


def _numbers(column: Sequence[Value], reading: Reading, unreadable: str) -> Coerced:
    values = _plain_floats(column)
    if values is not None:
        return Coerced(values)
    comma = reading.decimal_comma
    if comma is None:
        comma = decimal_is_comma({v for v in column if isinstance(v, str)})
    told = reading.decimal_comma is not None
    known: dict[str, NumberText | None] = {}
    words: dict[str, _Words | None] = {}
    notes: list[Note] = []
    values = []
    for index, cell in enumerate(column):
        if _is_number(cell) or is_blank(cell):
            values.append(float(cell) if _is_number(cell) else None)
            continue
        if isinstance(cell, str) and not is_error(cell) and cell not in known:
            known[cell] = read = read_number(cell, bool(comma))
            words[cell] = _number_words(cell, read, told or comma is not None, reading.typed) if read else None
        read = known.get(cell) if isinstance(cell, str) else None
        values.append(read.value if read else None)
        if read is None:
            odd = is_error(cell)
            notes.append(_error_note(index, cell) if odd else Note(index, unreadable, quoted(cell), say("a number")))
        elif said := words[str(cell)]:
            notes.append(Note(index, *said))
    return Coerced(values, notes)


def _is_number(cell: Value) -> TypeGuard[float]:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def _plain_floats(column: Sequence[Value]) -> list[float | None] | None:
    kinds = set(map(type, column))
    if kinds <= {float}:
        values: list[Any] = list(column)
    elif kinds <= {float, str, type(None)}:
        values = [None if v == "" else v for v in column]
        if str in set(map(type, values)):
            return None
    else:
        return None
    total = sum(v for v in values if v is not None)
    if math.isfinite(total) or all(v is None or math.isfinite(v) for v in values):
        return values
    return None


def _number_words(cell: str, read: NumberText, settled: bool, typed: bool) -> _Words | None:
    needed, seen = say("a number, not text"), {"cell": quoted(cell), "value": spoken().marks(f"{read.value:,.15g}")}
    if read.ambiguous:
        seen["value"] = spoken().marks(f"{read.value:g}")
        if settled:
            return "number-ambiguous", say("{cell}, read as {value}, as the locale or the column says", **seen), needed
        return "number-ambiguous", say("{cell}, read as {value}, with the point as decimal mark", **seen), needed
    return ("number-from-text", say("{cell}, read as {value}", **seen), needed) if typed else None


def dates(column: Sequence[Value], reading: Reading = Reading()) -> Coerced:
    """Dates without their time."""
    kinds = set(map(type, column))
    if kinds <= {dt.date}:
        return Coerced(list(column))
    if kinds <= {dt.date, dt.datetime, str, type(None)}:
        plain: list[Any] = [v or None for v in column]
        left = set(map(type, plain))
        if str not in left:
            if dt.datetime in left:
                plain = [v.date() if type(v) is dt.datetime else v for v in plain]
            return Coerced(plain)
    found = _moments(column, reading)
    return Coerced([None if v is None else v.date() for v in found.values], found.notes)


def moments(column: Sequence[Value], reading: Reading = Reading()) -> Coerced:
    """Dates with their time; midnight where no time is given."""
    return _moments(column, reading)


def _moments(column: Sequence[Value], reading: Reading) -> Coerced:
    told = reading.day_first is not None
    first = reading.day_first if told else day_comes_first({v for v in column if isinstance(v, str)})
    known: dict[str, DateText | None] = {}
    words: dict[str, _Words | None] = {}
    values: list[dt.datetime | None] = []
    notes: list[Note] = []
    for index, cell in enumerate(column):
        if isinstance(cell, dt.datetime):
            values.append(cell.replace(tzinfo=None))
        elif isinstance(cell, dt.date):
            values.append(dt.datetime(cell.year, cell.month, cell.day))
        elif is_blank(cell):
            values.append(None)
        elif is_error(cell):
            values.append(None)
            notes.append(_error_note(index, cell))
        elif isinstance(cell, str):
            if cell not in known:
                known[cell] = read_date(cell, bool(first))
                words[cell] = _date_words(cell, known[cell], told, first, reading.typed)
            read = known[cell]
            values.append(read.value if read else None)
            if said := words[cell]:
                notes.append(Note(index, *said))
        else:
            moment = _from_serial(cell)
            values.append(moment)
            notes.append(_serial_note(index, cell, moment))
    return Coerced(values, notes)


def _from_serial(cell: Value) -> dt.datetime | None:
    if isinstance(cell, bool) or not isinstance(cell, (int, float)) or not math.isfinite(cell):
        return None
    if _SERIALS[0] <= cell <= _SERIALS[1]:
        return dt.datetime.combine(_EPOCH, dt.time()) + dt.timedelta(seconds=round(cell * 86_400))
    read = read_date(str(int(cell)), False) if float(cell).is_integer() else None
    return read.value if read else None


def _serial_note(index: int, cell: Value, moment: dt.datetime | None) -> Note:
    if moment is None:
        return Note(index, "date-unreadable", quoted(cell), say("a date"))
    found = say("{cell}, read as {value}", cell=written_plainly(cell), value=moment.date())
    return Note(index, "date-from-text", found, say("a cell formatted as a date"))


_TWO_DATES = {
    (True, True): later("{cell}, read as {value}, day first, as the locale says"),
    (True, False): later("{cell}, read as {value}, month first, as the locale says"),
    (False, False): later(
        "{cell}, read as {value}, month first, as nothing says otherwise; set 'date order' in Settings"
    ),
}


def _date_words(cell: str, read: DateText | None, told: bool, first: bool | None, typed: bool) -> _Words | None:
    if read is None:
        return "date-unreadable", quoted(cell), say("a date, such as 2026-12-31")
    found = {"cell": quoted(cell), "value": read.value.date()}
    if read.ambiguous and (told or first is None):
        return "date-ambiguous", say(_TWO_DATES[told, bool(first)], **found), say("a date, not text")
    return ("date-from-text", say("{cell}, read as {value}", **found), say("a date, not text")) if typed else None


def probabilities(column: Sequence[Value], reading: Reading = Reading()) -> Coerced:
    """Chances, 0 to 1. A column with as many values above 1 as below is in percent as a whole, its 0.5
    is 0.5 %; in a column of shares only a value of 2 and more is. ``50%`` is 0.5 in either."""
    found = _numbers(column, reading, "number-unreadable")
    if not any(v > 1 for v in found.values if v):
        return found
    bare = [(i, v) for i, v in enumerate(found.values) if v and not _has_percent(column[i])]
    above = sum(1 for _, v in bare if v > 1)
    whole = above >= sum(1 for _, v in bare if 0 < v < 1)
    values, notes = list(found.values), list(found.notes)
    needed = say("a share such as 50 %")
    seen = cache(lambda v: say("{value}, read as {value} %", value=spoken().marks(f"{v:g}")))
    for i, v in bare:
        if above and (whole or v >= 2):
            values[i] = v / 100
            notes.append(Note(i, "percent-scaled", seen(v), needed))
    return Coerced(values, sorted(notes, key=lambda note: note.index))


def _has_percent(value: Value) -> bool:
    return isinstance(value, str) and "%" in value


def yes_no(column: Sequence[Value], _reading: Reading = Reading()) -> Coerced:
    """Yes and no, as words, truth values, or 1 and 0."""
    known: dict[Value, bool | None] = {}
    values: list[bool | None] = []
    notes: list[Note] = []
    for index, cell in enumerate(column):
        if is_blank(cell):
            values.append(None)
            continue
        if cell not in known:
            known[cell] = _truth(cell)
        value = known[cell]
        values.append(value)
        if is_error(cell):
            notes.append(_error_note(index, cell))
        elif value is None:
            notes.append(Note(index, "yes-no-unreadable", quoted(cell), say("yes or no")))
    return Coerced(values, notes)


def _truth(cell: Value) -> bool | None:
    word = cleaned(written_plainly(cell)).casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def anything(column: Sequence[Value], _reading: Reading = Reading()) -> Coerced:
    """Cells as they are, blank ones and errors as None."""
    odd = {v for v in set(column) if is_error(v) or is_blank(v)}
    if not odd:
        return Coerced(list(column))
    values = [None if v in odd else v for v in column]
    return Coerced(values, [_error_note(i, v) for i, v in enumerate(column) if v in odd and is_error(v)])


FORMS: dict[str, Callable[[Sequence[Value], Reading], Coerced]] = {
    "text": texts,
    "id": texts,
    "money": money,
    "currency": currencies,
    "number": numbers,
    "probability": probabilities,
    "date": dates,
    "moment": moments,
    "yes/no": yes_no,
    "any": anything,
}
"""How each form of the contract is read."""
