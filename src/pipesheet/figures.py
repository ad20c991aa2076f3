"""How numbers, money, dates and counts are written, everywhere people read them.

Rounding is half up on decimals, as Excel does it, so that a page never contradicts the workbook.
Marks, units, names and their order are those of the language that is spoken (`pipesheet.language`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from math import isfinite
from unicodedata import category

from pipesheet.language import later, say, spoken

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

_BUCKETS = {
    "overdue": later("Overdue"),
    "undated": later("No close date"),
    "later": later("Later"),
    "all": later("All open deals"),
}
_JOINERS = "\u200c\u200d"  # Persian spelling and composed emoji need them; they change no order.
_SIZES = (Decimal(10) ** 9, Decimal(10) ** 6, Decimal(10) ** 3)
_THOUSAND = _SIZES[-1]


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
    return spoken().percent.format(number=_signed(_half_up(_decimal(x) * 100, digits)))


def times(x: float | None) -> str:
    """A multiple to one decimal: ``1.7×``."""
    return NONE if x is None or not isfinite(x) else spoken().times.format(number=number(x, 1))


def days(x: float | None) -> str:
    """A length of time in whole days: ``27 days``."""
    return NONE if x is None or not isfinite(x) else count(int(rounded(x)), "day")


def count(n: int, noun: str, plural: str = "") -> str:
    """A number of things: ``1 deal``, ``2 deals``; `plural` where an s does not do."""
    return say(f"{{n}} {{n:{noun}|{plural or plural_of(noun)}}}", n=n)


def day(date: dt.date | None) -> str:
    """A date as ``3 Dec 2026``, which no country reads another way."""
    now = spoken()
    return NONE if date is None else now.day.format(day=date.day, month=now.months[date.month - 1], year=date.year)


def weekday(date: dt.date) -> str:
    """A date with its day: ``Mon 16 Nov 2026``."""
    return spoken().weekday.format(weekday=spoken().weekdays[date.weekday()], date=day(date))


def month(date: dt.date, *, year: bool = False) -> str:
    """A month as ``Dec``, or ``Dec 2026``."""
    name = spoken().months[date.month - 1]
    return spoken().month.format(month=name, year=date.year) if year else name


def moment(when: dt.datetime) -> str:
    """A date and time: ``3 Dec 2026, 14:05``."""
    return spoken().moment.format(date=day(when), time=f"{when.hour:02d}:{when.minute:02d}")


def short_money(amount: float | None, currency: str = "") -> str:
    """Money at a glance, three digits or so: ``€1.23M``, ``€189K``, ``€950``, ``−€12K``."""
    if amount is None or not isfinite(amount):
        return NONE
    exact = abs(_decimal(amount))
    for size in _SIZES:
        # 999,500 is 1.00M and not 1000K, so the next unit starts half a step early.
        if exact >= size - size / 2000:
            digits = _half_up(exact / size, _short_digits(exact / size, size))
            return _with_currency(amount < 0, _grouped(digits) + _unit(size), currency)
    whole = _half_up(exact)
    return _with_currency(amount < 0 and whole != 0, _grouped(whole), currency)


def long_money(amount: float | None, currency: str = "", digits: int = 0) -> str:
    """Money in full: ``€1,234,567``."""
    if amount is None or not isfinite(amount):
        return NONE
    value = rounded(amount, digits)
    return _with_currency(value < 0, _grouped(abs(value)), currency)


def money_change(amount: float | None, currency: str = "") -> str:
    """A difference with its sign: ``+€12K``, ``−€3K``, ``€0``."""
    text = short_money(amount, currency)
    return f"+{text}" if amount is not None and amount > 0 and text not in (short_money(0, currency), NONE) else text


def money_format(currency: str = "", digits: int = 0, *, behind: bool = False) -> str:
    """The Excel number format of money in that currency: ``"€"#,##0``; negative with a real minus.

    `behind` puts the sign there, as most languages with a decimal comma do: ``#,##0" €"``.
    """
    shown = "#,##0" + ("." + "0" * digits if digits else "")
    before, after = _affixes(currency)
    if behind and before:
        before, after = "", f" {before}"
    shown += f'"{after}"' if after else ""
    positive = f'"{before}"{shown}' if before else shown
    return f'{positive};"{MINUS}{before}"{shown}' if before or after else shown


def tick(x: float, currency: str = "") -> str:
    """A round value on an axis, without zeros that say nothing: ``500K``, ``1.5M``, ``€2M``."""
    exact = _decimal(abs(x))
    size = next((s for s in _SIZES if exact >= s), Decimal(1))
    return _with_currency(x < 0, _grouped((exact / size).normalize()) + _unit(size), currency)


def points(x: float) -> str:
    """A difference of two shares: ``+5 pt``, ``−3 pt``."""
    if not isfinite(x):
        return NONE
    value = _half_up(_decimal(x) * 100)
    return ("+" if value > 0 else "") + spoken().points.format(number=_signed(value))


def change(x: float) -> str:
    """A relative difference: ``+24%``, ``−3%``."""
    if not isfinite(x):
        return NONE
    return ("+" if _half_up(_decimal(x) * 100) > 0 else "") + percent(x)


def period(label: str, *, short: bool = False) -> str:
    """A fiscal label as people say it: ``2026-Q4`` is ``Q4 2026`` (short: ``Q4``), ``2026-12`` Dec 2026."""
    year, _, rest = label.partition("-")
    if rest.startswith("Q"):
        return rest if short else spoken().quarter.format(quarter=rest, year=year)
    if rest.isdigit() and 1 <= int(rest) <= 12:
        name = spoken().months[int(rest) - 1]
        return name if short else spoken().month.format(month=name, year=year)
    return say(_BUCKETS[label]) if label in _BUCKETS else label


def long_month(label: str) -> str:
    """The month of a label in full: ``2026-12`` is ``December``."""
    return spoken().long_months[int(label[-2:]) - 1]


def listed(names: Sequence[str], *, most: int = 3) -> str:
    """Names in a sentence: ``A``, ``A and B``, ``A, B and 4 more``."""
    if len(names) > most:
        return say("{names} and {n} more", names=", ".join(names[: most - 1]), n=len(names) - most + 1)
    before = ", ".join(names[:-1])
    return say("{names} and {last}", names=before, last=names[-1]) if before else "".join(names)


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


def plural_of(noun: str) -> str:
    """The plural of an English noun by the usual rule."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _short_digits(shown: Decimal, size: Decimal) -> int:
    if size == _THOUSAND:
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
    return (MINUS if value < 0 else "") + _grouped(abs(value))


def _grouped(value: Decimal) -> str:
    return spoken().marks(f"{value:,f}")


def _unit(size: Decimal) -> str:
    thousands = size.adjusted() // 3
    return spoken().units[thousands - 1] if thousands else ""


def _code(currency: str) -> str:
    """The code of a currency; only its letters are let into a text or a format."""
    return "".join(c for c in currency.strip().upper() if c.isalnum())[:8]


def _affixes(currency: str) -> tuple[str, str]:
    """What stands before and after the digits in a workbook."""
    code = _code(currency)
    if not code:
        return "", ""
    return (SYMBOLS[code], "") if code in SYMBOLS else ("", f" {code}")


def _with_currency(negative: bool, digits: str, currency: str) -> str:
    code, shown = _code(currency), digits
    if code in SYMBOLS:
        shown = spoken().money.format(sign=SYMBOLS[code], amount=digits)
    elif code:
        shown = spoken().money_code.format(code=code, amount=digits)
    return f"{MINUS if negative else ''}{shown}"
