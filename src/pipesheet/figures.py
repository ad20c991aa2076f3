"""How numbers, money, dates and counts are written, everywhere people read them.

Rounding is half up on decimals, as Excel does it, so that a page never contradicts the workbook.
Every format is in this file: another language is another file like it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from math import isfinite
from unicodedata import category

NONE = "–"
"""What stands where there is no number."""
MINUS = "−"
"""A real minus sign, as wide as a plus."""

SYMBOLS: Mapping[str, str] = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "CNY": "CN¥",
    "INR": "₹",
    "KRW": "₩",
    "TRY": "₺",
    "UAH": "₴",
    "ILS": "₪",
    "VND": "₫",
    "NGN": "₦",
    "PHP": "₱",
    "BRL": "R$",
    "AUD": "A$",
    "CAD": "C$",
    "NZD": "NZ$",
    "SGD": "S$",
    "HKD": "HK$",
    "MXN": "MX$",
    "ZAR": "R",
}
"""Currency signs that no reader mistakes for another currency's; the rest show their code."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_BUCKETS = {"overdue": "Overdue", "undated": "No close date", "later": "Later", "all": "All open deals"}
_JOINERS = "\u200c\u200d"  # Persian spelling and composed emoji need them; they change no order.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))


def rounded(x: float, digits: int = 0) -> Decimal:
    """The number to that many decimals, half away from zero: 1.365 to 2 digits is 1.37."""
    return _half_up(_decimal(x), digits)


def number(x: float | None, digits: int = 0) -> str:
    """A plain number with thousands separators: ``1,234.5``."""
    if x is None or not isfinite(x):
        return NONE
    return _signed(rounded(x, digits))


def percent(x: float | None, digits: int = 0) -> str:
    """A share as percent: 0.305 is ``31%``."""
    if x is None or not isfinite(x):
        return NONE
    # The hundredfold of the decimal, not of the binary: 0.285 is 29 %, though 0.285 * 100 is 28.49…
    return _signed(_half_up(_decimal(x) * 100, digits)) + "%"


def times(x: float | None) -> str:
    """A multiple to one decimal: ``1.7×``."""
    return NONE if x is None or not isfinite(x) else number(x, 1) + "×"


def days(x: float | None) -> str:
    """A length of time in whole days: ``27 days``."""
    return NONE if x is None or not isfinite(x) else count(int(rounded(x)), "day")


def count(n: int, noun: str, plural: str = "") -> str:
    """A number of things: ``1 deal``, ``2 deals``; `plural` where an s does not do."""
    word = noun if n == 1 else plural or _plural(noun)
    return f"{number(n)} {word}"


def day(date: dt.date | None) -> str:
    """A date as ``3 Dec 2026``, which no country reads another way."""
    return NONE if date is None else f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def weekday(date: dt.date) -> str:
    """A date with its day: ``Mon 16 Nov 2026``."""
    return f"{_DAYS[date.weekday()]} {day(date)}"


def month(date: dt.date, *, year: bool = False) -> str:
    """A month as ``Dec``, or ``Dec 2026``."""
    return _MONTHS[date.month - 1] + (f" {date.year}" if year else "")


def moment(when: dt.datetime) -> str:
    """A date and time: ``3 Dec 2026, 14:05``."""
    return f"{day(when)}, {when.hour:02d}:{when.minute:02d}"


def short_money(amount: float | None, currency: str = "") -> str:
    """Money at a glance, three digits or so: ``€1.23M``, ``€189K``, ``€950``, ``−€12K``."""
    if amount is None or not isfinite(amount):
        return NONE
    exact = abs(_decimal(amount))
    for size, letter in _UNITS:
        # 999,500 is 1.00M and not 1000K, so the next unit starts half a step early.
        if exact >= size - size / 2000:
            digits = _short_digits(exact / size, letter)
            return _with_currency(amount < 0, f"{_half_up(exact / size, digits):,f}{letter}", currency)
    whole = _half_up(exact)
    return _with_currency(amount < 0 and whole != 0, f"{whole:,f}", currency)


def long_money(amount: float | None, currency: str = "", digits: int = 0) -> str:
    """Money in full: ``€1,234,567``."""
    if amount is None or not isfinite(amount):
        return NONE
    value = rounded(amount, digits)
    return _with_currency(value < 0, f"{abs(value):,f}", currency)


def money_change(amount: float | None, currency: str = "") -> str:
    """A difference with its sign: ``+€12K``, ``−€3K``, ``€0``."""
    text = short_money(amount, currency)
    return f"+{text}" if amount is not None and amount > 0 and text not in (short_money(0, currency), NONE) else text


def money_format(currency: str = "", digits: int = 0) -> str:
    """The Excel number format of money in that currency: ``"€"#,##0``; negative with a real minus."""
    shown = "#,##0" + ("." + "0" * digits if digits else "")
    before, after = _affixes(currency)
    shown += f'"{after}"' if after else ""
    positive = f'"{before}"{shown}' if before else shown
    return f'{positive};"{MINUS}{before}"{shown}' if before or after else shown


def tick(x: float, currency: str = "") -> str:
    """A round value on an axis, without zeros that say nothing: ``500K``, ``1.5M``, ``€2M``."""
    exact = _decimal(abs(x))
    size, letter = next(((s, letter) for s, letter in _UNITS if exact >= s), (Decimal(1), ""))
    digits = f"{(exact / size).normalize():,f}"
    return _with_currency(x < 0, digits + letter, currency)


def points(x: float) -> str:
    """A difference of two shares: ``+5 pt``, ``−3 pt``."""
    if not isfinite(x):
        return NONE
    value = _half_up(_decimal(x) * 100)
    return ("+" if value > 0 else "") + f"{_signed(value)} pt"


def change(x: float) -> str:
    """A relative difference: ``+24%``, ``−3%``."""
    if not isfinite(x):
        return NONE
    return ("+" if _half_up(_decimal(x) * 100) > 0 else "") + percent(x)


def period(label: str, *, short: bool = False) -> str:
    """A fiscal label as people say it: ``2026-Q4`` is ``Q4 2026`` (short: ``Q4``), ``2026-12`` Dec 2026."""
    year, _, rest = label.partition("-")
    if rest.startswith("Q"):
        return rest if short else f"{rest} {year}"
    if rest.isdigit() and 1 <= int(rest) <= 12:
        return _MONTHS[int(rest) - 1] if short else f"{_MONTHS[int(rest) - 1]} {year}"
    return _BUCKETS.get(label, label)


def long_month(label: str) -> str:
    """The month of a label in full: ``2026-12`` is ``December``."""
    return _LONG_MONTHS[int(label[-2:]) - 1]


def listed(names: Sequence[str], *, most: int = 3) -> str:
    """Names in a sentence: ``A``, ``A and B``, ``A, B and 4 more``."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def plain(text: str | None, length: int = 80) -> str:
    """A user's text made safe to show on one line: no control, bidi or line-separator characters,
    single spaces, at most `length` characters with ``…`` for what was cut off."""
    # A cell may hold 32,767 characters; nothing beyond a few times the length can be shown.
    kept = [_visible(c) for c in (text or "")[: length * 20]]
    line = " ".join("".join(kept).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    kind = category(character)
    if kind in ("Zl", "Zp") or character in "\t\n\r\v\f\x85":
        return " "
    return "\ufffd" if kind == "Cs" else "" if kind in ("Cc", "Cf") else character


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _short_digits(shown: Decimal, letter: str) -> int:
    if letter == "K":
        return 1 if shown < Decimal("9.95") else 0
    return 2 if shown < Decimal("9.995") else 1 if shown < Decimal("99.95") else 0


def _decimal(x: float) -> Decimal:
    # Fifteen digits, as Excel keeps: what a person typed, not the binary value a little beside it,
    # and a sum that is the same half whichever way it was added up.
    return Decimal(f"{x:.15g}")


def _half_up(exact: Decimal, digits: int = 0) -> Decimal:
    with localcontext(prec=400):
        return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP) + 0


def _signed(value: Decimal) -> str:
    return (MINUS if value < 0 else "") + f"{abs(value):,f}"


def _affixes(currency: str) -> tuple[str, str]:
    """What stands before and after the digits; only letters of a code are let into a format."""
    code = "".join(c for c in currency.strip().upper() if c.isalnum())[:8]
    if not code:
        return "", ""
    return (SYMBOLS[code], "") if code in SYMBOLS else ("", f" {code}")


def _with_currency(negative: bool, digits: str, currency: str) -> str:
    before, after = _affixes(currency)
    return f"{MINUS if negative else ''}{before}{digits}{after}"
