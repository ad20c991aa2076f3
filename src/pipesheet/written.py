"""How people write numbers and dates: ``1.234,56 €``, ``(1,200)``, ``12k``, ``12-Mar-26``.

Only what is safe is read; where two readings are possible the caller says which is meant, and the
result says that there were two.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 60
"""A longer text is prose, not a number or a date."""


@dataclass(frozen=True, slots=True)
class NumberText:
    """A number that was text; `ambiguous` where a mark could be decimal or grouping."""

    value: float
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class DateText:
    """A date that was text; `ambiguous` where day and month could be swapped."""

    value: dt.datetime
    ambiguous: bool = False


_SCALES = {
    "": 1.0,
    "k": 1e3,
    "t": 1e3,
    "tsd": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mm": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "mil": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "billion": 1e9,
}
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_GROUPING_SPACE = re.compile(r"(?<=\d)[\s\u00a0\u2007\u2009\u202f'\u2019](?=\d{3}(?!\d))")
_APART = re.compile(r"\d\s+\d")
_SIGNS = "$€£¥₹₽₩₪₺₫฿₴₦"
_CODES = (
    "EUR USD GBP CHF JPY CNY AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH ILS AED SAR QAR KWD "
    "EGP ZAR NGN KES MAD INR PKR BDT IDR MYR SGD THB VND PHP HKD TWD KRW BRL MXN ARS CLP COP PEN UYU"
).replace(" ", "|")
# "Q4", "D-1" and "May 5" are no numbers: only what names a currency may stand before or after one.
_MONEY = rf"{_CODES}|(?:US|CA|AU|NZ|HK|[ACRS])?\$|[{_SIGNS}]|kr\.?|fr\.?|rs\.?|zł|kč"
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+\u2212])?(?P<before>{_MONEY})?(?P<sign2>[-+\u2212])?"
    r"(?P<digits>\d(?:[\d.,]*\d)?|[.,]\d+)(?:e(?P<power>[-+]?\d{1,2}))?(?P<percent>%)?"
    r"(?P<scale>k|tsd|thousand|mm|mn|mio|mil|million|m|bn|mrd|billion|b|t(?=€|eur))?"
    rf"(?P<dash>[.,][-\u2013\u2014]{{1,2}})?\.?(?P<after>{_MONEY})?(?P<sign3>[-\u2212])?(?P<close>\))?\Z",
    re.I,
)
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*\Z")
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}\Z")


def read_number(text: str, decimal_comma: bool) -> NumberText | None:
    """The number that a text is, or None. `decimal_comma` decides where a mark could be either."""
    found = _parted(text)
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    if sum(1 for sign in ("sign", "sign2", "sign3") if found[sign]) > 1:
        return None
    # "$ 5 USD" says one thing twice, "EUR 5 USD" two things.
    if found["before"] and found["after"] and found["before"][-1] not in _SIGNS:
        return None
    # "1.200,-" has no cents, but says what would stand before them.
    read = _digits(found["digits"], found["dash"][0] == "," if found["dash"] else decimal_comma)
    if read is None:
        return None
    scale = _SCALES[(found["scale"] or "").casefold()] * 10.0 ** int(found["power"] or 0)
    signs = {found["sign"], found["sign2"], found["sign3"]}
    negative = bool(found["open"]) or "-" in signs or "\u2212" in signs
    value = round(read.value * scale, 10) / (100 if found["percent"] else 1)
    return NumberText(-value if negative else value, read.ambiguous and not found["dash"])


def _parted(text: str) -> re.Match[str] | None:
    """The parts of a number that is text; its spaces may only stand where groups of three digits begin."""
    if len(text) > LONGEST:
        return None
    close = _GROUPING_SPACE.sub("", text.strip())
    return None if _APART.search(close) else _NUMBER.match(_SPACES.sub("", close))


def _digits(text: str, decimal_comma: bool) -> NumberText | None:
    if text.isdigit():
        return NumberText(float(text))
    marks = {mark for mark in ".," if mark in text}
    if len(marks) == 2:
        decimal = "." if text.rfind(".") > text.rfind(",") else ","
        whole, _, rest = text.rpartition(decimal)
        grouping = "," if decimal == "." else "."
        if not rest.isdigit() or decimal in whole or not (_is_grouped(whole, grouping)):
            return None
        return NumberText(float(f"{whole.replace(grouping, '')}.{rest}"))
    mark = marks.pop()
    if text.count(mark) > 1:
        return NumberText(float(text.replace(mark, ""))) if _is_grouped(text, mark) else None
    whole, _, rest = text.partition(mark)
    if len(rest) == 3 and 1 <= len(whole) <= 3 and whole != "0":
        is_decimal = (mark == ",") == decimal_comma
        return NumberText(float(f"{whole}.{rest}") if is_decimal else float(whole + rest), ambiguous=True)
    return NumberText(float(f"{whole or '0'}.{rest or '0'}"))


def _is_grouped(text: str, mark: str) -> bool:
    found = _GROUPED.match(text)
    return bool(found and found[1] == mark) or (mark == "," and bool(_INDIAN.match(text)))


def decimal_is_comma(texts: Iterable[str]) -> bool | None:
    """What the numbers of one column show about their decimal mark; None where they show nothing."""
    shown = set()
    for text in texts:
        found = _parted(text)
        if found is None:
            continue
        by_comma, by_point = _digits(found["digits"], True), _digits(found["digits"], False)
        if by_comma is None or by_point is None or by_comma.ambiguous:
            continue
        digits = found["digits"]
        last = max(digits.rfind("."), digits.rfind(","))
        if last >= 0:
            grouping = digits.count(digits[last]) > 1
            shown.add((digits[last] == ",") != grouping)
    return shown.pop() if len(shown) == 1 else None


_NAMED_CURRENCIES = {
    "euro": "EUR", "euros": "EUR", "€": "EUR", "us dollar": "USD", "us dollars": "USD", "u.s. dollar": "USD",
    "us-dollar": "USD", "us$": "USD", "united states dollar": "USD", "pound sterling": "GBP", "british pound": "GBP",
    "£": "GBP", "swiss franc": "CHF", "schweizer franken": "CHF", "japanese yen": "JPY", "yen": "JPY",
    "chinese yuan": "CNY", "yuan renminbi": "CNY", "australian dollar": "AUD", "canadian dollar": "CAD",
    "new zealand dollar": "NZD", "singapore dollar": "SGD", "hong kong dollar": "HKD", "swedish krona": "SEK",
    "norwegian krone": "NOK", "danish krone": "DKK", "polish zloty": "PLN", "zloty": "PLN", "czech koruna": "CZK",
    "hungarian forint": "HUF", "forint": "HUF", "indian rupee": "INR", "brazilian real": "BRL",
    "mexican peso": "MXN", "south african rand": "ZAR", "rand": "ZAR", "turkish lira": "TRY", "uae dirham": "AED",
}  # fmt: skip
"""As Dynamics exports them; a sign that several currencies share (``$``) names none."""
_CODE_FIRST = re.compile(r"([A-Za-z]{3})\s*[-–(]")


def currency_code(text: str) -> str:
    """The three letters that a currency's name stands for, or the text itself in capitals."""
    named = _NAMED_CURRENCIES.get(text.casefold())
    # Salesforce labels a currency "EUR - Euro".
    before = _CODE_FIRST.match(text)
    return named or (before[1] if before else text).upper()


_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan january januar jänner",
            "feb february februar",
            "mar march märz mär mrz maerz",
            "apr april",
            "may mai",
            "jun june juni",
            "jul july juli",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:[T\s,]+(?:at\s+|um\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?(?:\s*Uhr)?\s*(?:Z|UTC|GMT)?(?:[-+]\d{1,2}(?::?\d{2})?)?)?\s*\Z"
)
_WEEKDAY = (
    r"(?:(?i:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?|mo|di|mi|do|fr|sa|so|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)\.?,?\s+)?"
)
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})" + _TIME)
_NUMERIC = re.compile(_WEEKDAY + r"(?P<a>\d{1,2})(?P<sep>[-/.])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d{2})" + _TIME)
_DAY_NAME = re.compile(
    _WEEKDAY
    + r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s.\-/]+(?:of\s+)?(?P<name>[A-Za-zäöü]{3,9})\.?[\s.,\-/]+(?P<y>\d{4}|\d{2})"
    + _TIME
)
_NAME_DAY = re.compile(
    _WEEKDAY + r"(?P<name>[A-Za-zäöü]{3,9})\.?[\s\-]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[\s,\-]+(?P<y>\d{4}|\d{2})" + _TIME
)
_COMPACT = re.compile(r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})\Z")


def read_date(text: str, day_first: bool) -> DateText | None:
    """The date that a text is, or None; `day_first` decides where day and month could be swapped."""
    text = text.strip().replace("\u00a0", " ").replace("\u202f", " ")
    if not text or len(text) > LONGEST:
        return None
    for pattern in (_YEAR_FIRST, _COMPACT):
        if found := pattern.match(text):
            return _dated(found, int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _NUMERIC.match(text):
        return _swappable(found, day_first)
    for pattern in (_DAY_NAME, _NAME_DAY):
        if found := pattern.match(text):
            month = _MONTHS.get(found["name"].casefold())
            return _dated(found, _full_year(found["y"]), month, int(found["d"])) if month else None
    return None


def _swappable(found: re.Match[str], day_first: bool) -> DateText | None:
    a, b, year = int(found["a"]), int(found["b"]), _full_year(found["y"])
    # Points stand between day, month and year only where the day comes first.
    first = day_first or found["sep"] == "."
    day, month = (a, b) if first else (b, a)
    if month > 12:
        day, month = month, day
    swappable = a <= 12 and b <= 12 and a != b and found["sep"] != "."
    return _dated(found, year, month, day, swappable)


def day_comes_first(texts: Iterable[str]) -> bool | None:
    """What the dates of one column show about their order; None where they show nothing, or both."""
    shown = set()
    for text in texts:
        found = _NUMERIC.match(text.strip()) if len(text) <= LONGEST else None
        if found and (int(found["a"]) > 12) != (int(found["b"]) > 12):
            shown.add(int(found["a"]) > 12)
    return shown.pop() if len(shown) == 1 else None


def _full_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 69 else 1900)


def _dated(found: re.Match[str], year: int, month: int, day: int, ambiguous: bool = False) -> DateText | None:
    parts = found.groupdict()
    hour, minute, second = (int(parts.get(part) or 0) for part in ("hour", "minute", "second"))
    half = (parts.get("half") or "").casefold().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return DateText(dt.datetime(year, month, day, hour, minute, second), ambiguous)
    except ValueError:
        return None


def month_named(word: str) -> int | None:
    """The number of the month that a name or its short form means, 1 to 12, or None."""
    return _MONTHS.get(word.strip().rstrip(".").casefold())
