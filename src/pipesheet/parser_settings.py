"""Settings: rows of name and value to `Settings`, each fault a finding and the default used."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipesheet.coerce import Reading, is_blank, numbers, probabilities, quoted, written_plainly
from pipesheet.coerce import dates as coerce_dates
from pipesheet.findings import CODES, SEVERITIES
from pipesheet.grid import CellRef, Value
from pipesheet.language import language, languages, say
from pipesheet.models import Settings
from pipesheet.parser_columns import Found, Sheet
from pipesheet.schema import DEALS, SHEETS, folded, header_keys
from pipesheet.setting_rules import SETTING_RULES
from pipesheet.written import currency_code, month_named

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_METHODS = ("stated", "evidence")
_POINT_REGIONS = frozenset({"de-ch", "de-li", "es-mx", "es-us", "es-pr", "fr-ch", "it-ch"})
_COMMA_LANGUAGES = frozenset(
    [
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "lt",
        "lv",
        "nb",
        "nl",
        "nn",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
)
_MONTH_FIRST = frozenset({"en", "en-us", "en-ph", "ja", "ko", "zh"})
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\".]+\Z")


class _Unreadable(ValueError):
    """A value that cannot be read; says what would do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as given: its name and value as written, where it came from, and its cell."""

    name: str
    value: Value
    origin: str
    cell: CellRef | None = None


def entries(defaults: Mapping[str, Any], sheet: Sheet | None, overrides: Mapping[str, Any]) -> tuple[Entry, ...]:
    """All settings given, weakest first."""
    listed = [Entry(name, value, "default") for name, value in defaults.items()]
    if sheet is not None:
        for index, (name, value) in enumerate(zip(sheet.get("setting"), sheet.get("value"), strict=True)):
            if name is not None:
                listed.append(Entry(name, value, "workbook", sheet.cell(index, "value")))
    listed += [Entry(name, value, "override") for name, value in overrides.items()]
    return tuple(listed)


@dataclass(slots=True)
class _Draft:
    """Settings under way: later entries overwrite earlier ones."""

    values: dict[str, Any] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)


def parse_settings(listed: tuple[Entry, ...], found: Found) -> Settings:
    """Settings from entries, weakest first; a fault is a finding and leaves what was there before."""
    draft = _Draft()
    usable = [(entry, name) for entry in listed if (name := _known(entry, found)) and not is_blank(entry.value)]
    # How dates and numbers are read comes first, because the others are read so; of one origin the locale,
    # because the others say more.
    usable.sort(key=lambda pair: (_ORIGINS[pair[0].origin], _ORDER[pair[1]]) if pair[1] in _ORDER else _LAST)
    for entry, name in usable:
        try:
            _take(draft, entry, name)
        except _Unreadable as fault:
            found.add("setting-unreadable", f"{entry.name}: {quoted(entry.value)}", str(fault), entry.cell)
    return replace(
        Settings(**draft.values), sheets=draft.sheets, columns=draft.columns, rules=draft.rules, origin=draft.origin
    )


def _known(entry: Entry, found: Found) -> str:
    name = _NAMES.get(folded(entry.name), "")
    first, _, rest = " ".join(entry.name.split()).partition(" ")
    if not name and first.casefold() in ("sheet", "column", "rule") and rest and rest != "…":
        name = first.casefold()
    if not name and not is_blank(entry.value):
        found.add("setting-unknown", quoted(entry.name), say("a setting of the documentation's list"), entry.cell)
    return name


def _take(draft: _Draft, entry: Entry, name: str) -> None:
    if name in ("sheet", "column", "rule"):
        _MAPPINGS[name](draft, " ".join(entry.name.split()).partition(" ")[2], entry.value)
        return
    if name == "locale":
        draft.values.update(_locale(entry.value))
    else:
        key, read = _READERS[name]
        draft.values[key] = read(entry.value, draft.reading)
        draft.origin[key] = entry.origin
    draft.reading = Reading(draft.values.get("day_first"), draft.values.get("decimal_comma"))


def _word(value: Value) -> str:
    return (
        " ".join(written_plainly(value).split()).casefold()
        if not isinstance(value, str)
        else " ".join(value.split()).casefold()
    )


def _currency(value: Value, _reading: Reading) -> str:
    word = currency_code(_word(value))
    if not re.fullmatch(r"[A-Z]{3}", word):
        raise _Unreadable(say("three letters, such as EUR"))
    return word


def _date(value: Value, reading: Reading) -> dt.date:
    day = coerce_dates([value], reading).values[0]
    if day is None:
        raise _Unreadable(say("a date, such as 2026-12-31"))
    assert isinstance(day, dt.date)
    return day


def _month(value: Value, reading: Reading) -> int:
    number = numbers([value], reading).values[0]
    month = month_named(_word(value)) if number is None else number
    if month is None or month not in range(1, 13):
        raise _Unreadable(say("a month's name, or 1 to 12"))
    return int(month)


def _weekday(value: Value, reading: Reading) -> int:
    number = numbers([value], reading).values[0]
    if number is None:
        named = [
            day for day, name in enumerate(_WEEKDAYS, 1) if len(_word(value)) >= 2 and name.startswith(_word(value))
        ]
        number = named[0] if named else None
    if number is None or number not in range(1, 8):
        raise _Unreadable(say("a weekday's name, or 1 (Monday) to 7 (Sunday)"))
    return int(number)


def _locale(value: Value) -> dict[str, bool]:
    tag = _word(value).replace("_", "-").partition(".")[0]
    if not re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", tag):
        raise _Unreadable(say("a locale such as de-DE, en-US or en-GB"))
    language = tag[:2]
    comma = tag not in _POINT_REGIONS and (language in _COMMA_LANGUAGES or tag == "en-za")
    return {"day_first": not (tag in _MONTH_FIRST or language in ("ja", "ko", "zh")), "decimal_comma": comma}


def _day_first(value: Value, _reading: Reading) -> bool:
    word = folded(_word(value))
    if word in ("dayfirst", "day", "dmy", "ddmmyyyy", "ddmm"):
        return True
    if word in ("monthfirst", "month", "mdy", "mmddyyyy", "mmdd"):
        return False
    raise _Unreadable(say("day first or month first"))


def _decimal_comma(value: Value, _reading: Reading) -> bool:
    word = _word(value)
    if word in ("comma", ",", "komma"):
        return True
    if word in ("point", ".", "dot", "period", "punkt"):
        return False
    raise _Unreadable(say("comma or point"))


def _method(value: Value, _reading: Reading) -> str:
    word = _word(value).replace(" ", "-")
    if word not in _METHODS:
        raise _Unreadable(say("stated or evidence"))
    return word


def _share(value: Value, reading: Reading) -> float:
    share = probabilities([value], reading).values[0]
    if share is None or not 0 < share < 1:
        raise _Unreadable(say("a share between 0 % and 100 %, such as 80 %"))
    assert isinstance(share, float)
    return share


def _recipients(value: Value, _reading: Reading) -> tuple[str, ...]:
    listed = [part.strip() for part in re.split(r"[;,\n]", str(value)) if part.strip()]
    if not listed or not all(_ADDRESS.match(address) for address in listed):
        raise _Unreadable(say("mail addresses, with commas or semicolons between"))
    return tuple(listed)


def _language(value: Value, _reading: Reading) -> str:
    code = _word(value).replace("_", "-")
    known = languages()
    found = next((name for name in (code, code.partition("-")[0]) if name in known), "")
    if not found:
        raise _Unreadable(say("one of {words}", words=", ".join(known)))
    try:
        language(found)
    except LookupError as fault:
        raise _Unreadable(str(fault)) from None
    return found


_READERS: Mapping[str, tuple[str, Callable[[Value, Reading], Any]]] = {
    "date order": ("day_first", _day_first),
    "decimal mark": ("decimal_comma", _decimal_comma),
    "reporting currency": ("reporting_currency", _currency),
    "as-of date": ("as_of", _date),
    "fiscal year start": ("fiscal_year_start", _month),
    "week start": ("week_start", _weekday),
    "forecast method": ("forecast_method", _method),
    "stalled percentile": ("stalled_percentile", _share),
    "recipients": ("recipients", _recipients),
    "language": ("language", _language),
}
_ORDER = {name: place for place, name in enumerate(("locale", "date order", "decimal mark"))}
_ORIGINS = {origin: place for place, origin in enumerate(("default", "workbook", "override"))}
_LAST = (len(_ORIGINS), 0)
_NAMES = {folded(name): rule.name for rule in SETTING_RULES for name in (rule.name, *rule.aliases) if "…" not in name}


def _map_sheet(draft: _Draft, part: str, value: Value) -> None:
    rule = next((r for r in SHEETS if folded(part) in {folded(n) for n in (r.name, *r.aliases)}), None)
    if rule is None:
        raise _Unreadable(say("one of {words}", words=", ".join(r.name for r in SHEETS)))
    draft.sheets[rule.name] = written_plainly(value).strip()


def _map_column(draft: _Draft, name: str, value: Value) -> None:
    for rule in DEALS.fields:
        if folded(name) in {key for spelling in rule.spellings for key in header_keys(spelling)}:
            draft.columns[rule.name] = written_plainly(value).strip()
            return
    raise _Unreadable(say("one of {words}", words=", ".join(r.header for r in DEALS.fields)))


def _set_rule(draft: _Draft, code: str, value: Value) -> None:
    code = code.strip().casefold().replace(" ", "-")
    if code not in CODES:
        raise _Unreadable(say("a finding's code, such as close-date-past"))
    word = _word(value)
    if word in ("off", "false", "no"):
        word = "off"
    if word not in ("off", *SEVERITIES):
        raise _Unreadable(say("off, info, warning or error"))
    draft.rules[code] = word


_MAPPINGS: Mapping[str, Callable[[_Draft, str, Value], None]] = {
    "sheet": _map_sheet,
    "column": _map_column,
    "rule": _set_rule,
}
