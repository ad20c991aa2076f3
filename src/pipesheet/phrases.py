"""How people write a check: the phrase in one cell, its value in the next, or both in one.

Read leniently: case, spaces and small words do not matter, the usual other names are known, and a
number or a ``[column]`` may stand within the phrase (``at least 3 people``, ``on or before [Close date]``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from pipesheet.attachments import inside
from pipesheet.checks import CHECKS, Check
from pipesheet.grid import Value
from pipesheet.language import say
from pipesheet.models import Condition
from pipesheet.readings import Cells, Column, shown

MAX_PATTERN = 200
"""Characters a regular expression may have; the engine's time is linear, but in text × pattern."""
MAX_REPEATS = 1000
"""What the counts in its braces may multiply to: each repeat is compiled out."""
MAX_DAYS = 36_525
MAX_PEOPLE = 1000


class Misread(ValueError):
    """A check that cannot be used; carries the code of its finding, and what was found and needed."""

    def __init__(self, code: str, found: str, needed: str) -> None:
        super().__init__(f"{found}: needs {needed}")
        self.code, self.found, self.needed = code, found, needed


_PHRASES: Mapping[str, tuple[str, ...]] = {
    "is filled": (
        "filled",
        "filled in",
        "filled out",
        "not empty",
        "not blank",
        "nonempty",
        "non-empty",
        "non-blank",
        "present",
        "set",
        "given",
        "known",
        "has value",
        "has any value",
        "required",
    ),
    "is empty": ("empty", "blank", "not filled", "not filled in", "not set", "missing"),
    "is yes": ("yes", "true", "checked", "ticked", "done"),
    "is no": ("no", "false", "not checked", "unchecked", "not ticked", "not done"),
    "=": ("", "equals", "equal to", "equal", "same as", "eq"),
    "≠": ("not", "not equal to", "not equal", "different from", "other than", "ne"),
    ">": (
        "greater than",
        "more than",
        "larger than",
        "higher than",
        "above",
        "over",
        "after",
        "later than",
        "gt",
    ),
    "≥": (
        "at least",
        "greater than or equal to",
        "greater or equal",
        "not less than",
        "minimum",
        "gte",
        "ge",
    ),
    "<": ("less than", "smaller than", "lower than", "below", "under", "before", "earlier than", "lt"),
    "≤": (
        "at most",
        "less than or equal to",
        "less or equal",
        "not more than",
        "maximum",
        "up to",
        "lte",
        "le",
    ),
    "between": ("between",),
    "is one of": ("one of", "any of", "in", "in list"),
    "is not one of": ("not one of", "none of", "not any of", "not in", "not in list"),
    "contains": ("contains", "contain", "includes", "has"),
    "matches": (
        "matches",
        "match",
        "matches pattern",
        "like",
        "regex",
        "matches regex",
        "matches regular expression",
    ),
    "within last N days": (
        "within last n days",
        "in last n days",
        "within last n day",
        "in last n day",
        "last n days",
        "within last days",
        "in last days",
        "within past n days",
        "in past n days",
        "not older than n days",
    ),
    "within next N days": (
        "within next n days",
        "in next n days",
        "within next n day",
        "in next n day",
        "next n days",
        "within next days",
        "in next days",
    ),
    "in the future": ("in future", "future", "after today"),
    "in the past": ("in past", "past", "before today"),
    "on or before": ("on or before", "not after", "not later than", "by"),
    "on or after": ("on or after", "not before", "not earlier than", "since"),
    "at least N people": (
        "at least n people",
        "at least n person",
        "at least n persons",
        "at least n names",
        "at least n contacts",
        "at least people",
        "n people",
        "n or more people",
    ),
    "is a link": ("link", "url", "web link", "web address", "hyperlink"),
    "file exists": ("file exists", "file", "existing file", "file that exists"),
}
_BY_PHRASE = {phrase: name for name, phrases in _PHRASES.items() for phrase in phrases}
_SYMBOLS = {"==": "=", "<>": "≠", "!=": "≠", ">=": "≥", "=>": "≥", "<=": "≤", "=<": "≤"}
_SYMBOL = re.compile(r"(==|<>|!=|>=|=>|<=|=<|[=≠><≥≤])\s*(.*)\Z", re.S)
_SMALL_WORDS = re.compile(r"\b(?:is|are|was|must|be|should|the|a|an|date)\b")
_NUMBER_IN = re.compile(r"(?<![\w.])\d+(?![\w.])")
_REFERENCE = re.compile(r"\s*\[+@?\[?([^\[\]]+)\]+\s*\Z")
_REFERENCE_IN = re.compile(r"\[+@?\[?[^\[\]]+\]+")


def phrase(written: str, value: Value = None) -> tuple[str, Value]:
    """The name of the check a person wrote, and its value, which may stand within the phrase.

    Raises:
        Misread: `criterion-check-unknown`.
    """
    text = " ".join(written.split())
    if symbol := _SYMBOL.match(text):
        return _SYMBOLS.get(symbol[1], symbol[1]), symbol[2] or value
    # The documentation writes a place-holder in brackets, and some copy it as it is.
    bare = re.sub(r"\s*\[(?:field|column)\]", "", text, flags=re.I) if value is not None else text
    for what, left in ((_REFERENCE_IN, " "), (_NUMBER_IN, "n")):
        if found := what.search(bare):
            bare, value = f"{bare[: found.start()]}{left}{bare[found.end() :]}", found[0]
    bare = _SMALL_WORDS.sub(" ", bare.casefold().strip(" .:?!…"))
    bare = " ".join(bare.split())
    for spelling in (bare, bare.removesuffix(" n")):
        if text and spelling in _BY_PHRASE:
            return _BY_PHRASE[spelling], value
    raise Misread("criterion-check-unknown", shown(text or None), say("one of: {list}", list=", ".join(CHECKS)))


def parse(condition: Condition, cells: Cells, *, as_of: dt.date) -> Check:
    """Makes a condition of the Criteria sheet ready to ask.

    Raises:
        Misread: the check is unknown, its value does not fit, or it names a column that is not there.
    """
    name, value = phrase(condition.check, condition.value)
    read = _VALUES.get(name)
    return Check(name) if read is None else read(name, value, _Operands(cells, as_of))


def column_missing(written: str, cells: Cells) -> Misread:
    """The fault of a criterion that looks at a column which is not in the sheet."""
    near = get_close_matches(written.casefold(), {h.casefold(): h for h in cells.headers}, n=1)
    meant = [h for h in cells.headers if near and h.casefold() == near[0]]
    needed = say("a column of the deals, perhaps {column}", column=meant[0]) if meant else say("a column of the deals")
    return Misread("criterion-column-missing", shown(written or None), needed)


@dataclass(frozen=True, slots=True)
class _Operands:
    """Makes columns of the values that criteria compare with."""

    cells: Cells
    as_of: dt.date

    def one(self, value: Value) -> Column:
        if isinstance(value, str) and (named := _REFERENCE.match(value)):
            name = self.cells.name(named[1])
            if name is None:
                raise column_missing(named[1], self.cells)
            return self.cells.column(name)
        return self.cells.constant(self.literal(value))

    def literal(self, value: Value) -> Value:
        return self.as_of if isinstance(value, str) and value.strip().casefold() == "today" else value


def _unreadable(name: str, value: Value, needed: str) -> Misread:
    return Misread("criterion-value-unreadable", f"{name}: {shown(value)}", needed)


def _value(name: str, value: Value, operands: _Operands) -> Check:
    operand = operands.one(value)
    if not operand.label and not operand.filled[0]:
        raise _unreadable(name, value, say("a value to compare with"))
    return Check(name, (operand,))


def _end(name: str, value: Value, operands: _Operands) -> Column:
    operand = operands.one(value)
    if not operand.label and operand.number[0] is None and operand.date[0] is None:
        raise _unreadable(name, value, say("a number, a date such as 2026-10-01, or a column in brackets"))
    return operand


def _ordered(name: str, value: Value, operands: _Operands) -> Check:
    return Check(name, (_end(name, value, operands),))


_RANGE = (r";", r"\.\.+|…", r"\band\b|&", r"\bto\b", r"\s[-–—]\s", r"–|—", r",(?!\d{3}\b)", r"(?<=\d)-(?=\d)")


def _between(name: str, value: Value, operands: _Operands) -> Check:
    for mark in _RANGE:
        parts = [p.strip() for p in re.split(mark, value if isinstance(value, str) else "", flags=re.I)]
        if len(parts) == 2 and all(parts):
            low, high = (_end(name, p, operands) for p in parts)
            if not low.label and not high.label and not _rising(low, high):
                raise _unreadable(name, value, say("the lower end first"))
            return Check(name, (low, high))
    raise _unreadable(name, value, say("two ends, such as 10 and 20"))


def _rising(low: Column, high: Column) -> bool:
    pairs = ((low.number[0], high.number[0]), (low.date[0], high.date[0]))
    return any(a is not None and b is not None and a <= b for a, b in pairs)


def _list(name: str, value: Value, operands: _Operands) -> Check:
    if not isinstance(value, str) or _REFERENCE.match(value):
        return _value(name, value, operands)
    mark = r"[;\n]" if re.search(r"[;\n]", value) else ","
    listed = [operands.literal(p.strip()) for p in re.split(mark, value) if p.strip()]
    if not listed:
        raise _unreadable(name, value, say("a list, such as Proposal; Negotiation"))
    return Check(name, (operands.cells.constant(*listed),))


def _days(name: str, value: Value, _operands: _Operands) -> Check:
    return Check(name, count=_whole(name, value, 0, MAX_DAYS))


def _people(name: str, value: Value, _operands: _Operands) -> Check:
    return Check(name, count=_whole(name, value, 1, MAX_PEOPLE))


def _whole(name: str, value: Value, least: int, most: int) -> int:
    bare = re.sub(r"\s*(?:days?|people|persons?)\s*\Z", "", value, flags=re.I) if isinstance(value, str) else value
    number = Column([bare]).number[0]
    if number is None or not least <= number <= most or number != int(number):
        raise _unreadable(name, value, say("a whole number from {least} to {most}", least=least, most=most))
    return int(number)


def _dated(name: str, value: Value, operands: _Operands) -> Check:
    operand = operands.one(value)
    if not operand.label and operand.date[0] is None:
        raise _unreadable(name, value, say("a column in brackets, a date such as 2026-10-01, or today"))
    return Check(name, (operand,))


def _pattern(name: str, value: Value, _operands: _Operands) -> Check:
    pattern = Column([value]).text[0] or ""
    repeats = 1
    for counts in re.findall(r"\{([\d, ]+)\}", pattern):
        repeats *= max([1, *(int(n[:9]) for n in re.findall(r"\d+", counts))])
    if not pattern or len(pattern) > MAX_PATTERN or repeats > MAX_REPEATS:
        raise Misread(
            "criterion-pattern-invalid",
            shown(pattern or None),
            say(
                "a pattern of 1 to {most} characters, with at most {repeats} repeats in braces",
                most=MAX_PATTERN,
                repeats=str(MAX_REPEATS),
            ),
        )
    try:
        pl.Series([""]).str.contains(f"(?i){pattern}")
    except pl.exceptions.ComputeError:
        raise Misread(
            "criterion-pattern-invalid",
            shown(pattern),
            say("a regular expression without look-around and back-references"),
        ) from None
    return Check(name, text=pattern)


def _subfolder(name: str, value: Value, _operands: _Operands) -> Check:
    text = Column([value]).text[0]
    parts = inside(text) if text else ()
    if parts is None:
        raise Misread("criterion-path-outside", shown(value), say("a folder below the workbook's own"))
    return Check(name, text="/".join(parts))


_VALUES: Mapping[str, Callable[[str, Value, _Operands], Check]] = {
    "=": _value,
    "≠": _value,
    ">": _ordered,
    "≥": _ordered,
    "<": _ordered,
    "≤": _ordered,
    "between": _between,
    "is one of": _list,
    "is not one of": _list,
    "contains": _value,
    "matches": _pattern,
    "within last N days": _days,
    "within next N days": _days,
    "on or before": _dated,
    "on or after": _dated,
    "at least N people": _people,
    "file exists": _subfolder,
}
