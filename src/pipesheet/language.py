"""The language people are spoken to in: English in the code, every other one a file of its own.

English texts stand where they are said, as ``say("{stage} holds {n} {n:deal|deals}", stage=…, n=…)``; a file
`templates/languages/CODE.toml` gives each of them in another language, and how numbers, money and dates
are written there. To add one, copy ``de.toml`` and put your own words on the right.

A number given to `say` may choose among forms: ``{n:deal|deals}``. How many forms a language has, and
which goes with which number, is its plural rule. A text without a translation is said in English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pipesheet.resources import template_folder

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _slavic(n: int) -> int:
    return 0 if n % 10 == 1 and n % 100 != 11 else _few(n)


def _polish(n: int) -> int:
    return 0 if n == 1 else _few(n)


def _few(n: int) -> int:
    return 1 if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else 2


PLURALS: Mapping[str, Callable[[int], int]] = {
    "one": lambda n: int(n != 1),  # English, German, Dutch, Spanish, Italian, Swedish …
    "zero and one": lambda n: int(n > 1),  # French, Brazilian Portuguese
    "none": lambda _: 0,  # Japanese, Chinese, Korean
    "czech": lambda n: 0 if n == 1 else 1 if n in (2, 3, 4) else 2,  # Czech, Slovak
    "polish": _polish,
    "slavic": _slavic,  # Russian, Ukrainian, Serbian, Croatian
}
"""The plural rules a language may name: from a number of things to the place of its form."""


@dataclass(frozen=True, slots=True)
class Language:
    """How one language writes; the defaults are English.

    Patterns hold the parts in braces: `money` the ``{sign}`` of a currency (``€``) and the ``{amount}``,
    `money_code` the same for a currency that is shown by its ``{code}`` (``CHF``). `units` stand behind an
    amount, with the space the language wants before them.
    """

    code: str = "en"
    name: str = "English"
    plural: str = "one"
    decimal: str = "."
    thousands: str = ","
    money: str = "{sign}{amount}"
    money_code: str = "{amount} {code}"
    percent: str = "{number}%"
    points: str = "{number} pt"
    times: str = "{number}×"
    units: tuple[str, str, str] = ("K", "M", "B")
    months: tuple[str, ...] = _MONTHS
    long_months: tuple[str, ...] = _LONG_MONTHS
    weekdays: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    day: str = "{day} {month} {year}"
    month: str = "{month} {year}"
    quarter: str = "{quarter} {year}"
    weekday: str = "{weekday} {date}"
    moment: str = "{date}, {time}"
    texts: Mapping[str, str] = field(default_factory=dict)

    def marks(self, digits: str) -> str:
        """English digits (``1,234.5``) with the language's own marks."""
        return digits.translate({44: self.thousands, 46: self.decimal})


ENGLISH = Language()
_SPOKEN: ContextVar[Language] = ContextVar("language", default=ENGLISH)
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")


def language_folder() -> Path:
    """Where the languages are: one file for each but English."""
    return template_folder() / "languages"


def languages() -> tuple[str, ...]:
    """The codes of the languages that can be spoken, English first."""
    found = sorted(path.stem for path in language_folder().glob("*.toml") if _CODE.match(path.stem))
    return ("en", *(code for code in found if code != "en"))


@cache
def language(code: str) -> Language:
    """The language of that code.

    Raises:
        LookupError: there is no such language, or its file cannot be read; says why.
    """
    if code == "en":
        return ENGLISH
    if code not in languages():
        raise LookupError(f"there is no language {code!r}; there are {', '.join(languages())}")
    path = language_folder() / f"{code}.toml"
    try:
        held = tomllib.loads(path.read_text("utf-8"))
        return Language(code=code, **{key: _like(getattr(ENGLISH, key), held[key], key) for key in _KEYS & set(held)})
    except (OSError, ValueError) as fault:
        raise LookupError(f"the language file {path.name} cannot be read: {fault}") from fault


_KEYS = {f.name for f in fields(Language)} - {"code"}


def _like(english: Any, given: Any, key: str) -> Any:
    """What a file gives for a key, if it is of the same kind and length as in English."""
    if isinstance(english, tuple):
        if isinstance(given, list) and len(given) == len(english) and all(isinstance(x, str) for x in given):
            return tuple(given)
        raise ValueError(f"{key} must be a list of {len(english)} texts")
    if isinstance(english, dict):
        if isinstance(given, dict) and all(isinstance(x, str) for x in given.values()):
            return given
        raise ValueError(f"{key} must be a table of texts")
    if key == "plural" and given not in PLURALS:
        raise ValueError(f"plural must be one of {', '.join(PLURALS)}")
    if not isinstance(given, str) or parts_of(given) != parts_of(english):
        raise ValueError(f"{key} must be a text like {english!r}")
    return given


def parts_of(text: str) -> set[str]:
    """The names in braces of a text.

    Raises:
        ValueError: a brace has no partner.
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def spoken() -> Language:
    """The language that is spoken now."""
    return _SPOKEN.get()


@contextmanager
def speaking(which: str | Language) -> Iterator[Language]:
    """Speaks that language, or the one of that code, inside.

    Raises:
        LookupError: there is no such language, or its file cannot be read.
    """
    token = _SPOKEN.set(which if isinstance(which, Language) else language(which))
    try:
        yield _SPOKEN.get()
    finally:
        _SPOKEN.reset(token)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A number in a sentence; ``{n}`` writes it and ``{n:deal|deals}`` chooses the form that goes with it."""

    number: int
    plural: str

    def __format__(self, forms: str) -> str:
        if not forms:
            return spoken().marks(f"{self.number:,}").replace("-", "−")
        choices = forms.split("|")
        return choices[min(PLURALS[self.plural](abs(self.number)), len(choices) - 1)]


def say(english: str, /, **parts: object) -> str:
    """A text in the language that is spoken, its named parts filled in; whole numbers choose their forms."""
    now = _SPOKEN.get()
    translated = now.texts.get(english)
    if translated:
        try:
            return _filled(translated, parts, now.plural)
        except (LookupError, ValueError, AttributeError):
            pass  # A file may be anybody's; a text in it with a part that is not there is said in English.
    return _filled(english, parts, ENGLISH.plural)


def _filled(text: str, parts: Mapping[str, object], plural: str) -> str:
    if not parts:
        return text
    counted = {name: _Counted(part, plural) if type(part) is int else part for name, part in parts.items()}
    return text.format(**counted)


def later(english: str, /) -> str:
    """Marks a text that is kept now and said when it is shown: ``say(CODES[code].meaning)``."""
    return english
