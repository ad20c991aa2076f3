"""The settings a workbook, a pipesheet.toml or the command line may hold, as data; the documentation's table
is generated from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingRule:
    """One row of Settings: its name, what it does, what may stand in it, and the default in words."""

    name: str
    meaning: str
    values: str
    default: str
    aliases: tuple[str, ...] = ()


SETTING_RULES: tuple[SettingRule, ...] = (
    SettingRule(
        "reporting currency",
        "The currency totals are in.",
        "three letters, such as EUR",
        "the currency most deals have",
        ("currency",),
    ),
    SettingRule("as-of date", "The day the book is judged on.", "a date", "today", ("as of", "as of date")),
    SettingRule(
        "fiscal year start",
        "The month the fiscal year starts in.",
        "a month's name, or 1 to 12",
        "January",
        ("fiscal year start month", "fiscal year begins"),
    ),
    SettingRule("week start", "The day the week starts on.", "a weekday's name, or 1 (Monday) to 7", "Monday"),
    SettingRule(
        "locale",
        "How text dates and numbers are read.",
        "a locale such as de-DE, en-US or en-GB",
        "the column itself decides, else en-US",
        ("region",),
    ),
    SettingRule(
        "language",
        "What report, mail and findings are written in; the names in our sheets stay English.",
        "en or de, or the name of another file in templates/languages",
        "en",
        ("report language",),
    ),
    SettingRule(
        "date order",
        "Whether 03/04/2026 is 3 April or 4 March.",
        "day first or month first",
        "by locale",
        ("day or month first", "date format"),
    ),
    SettingRule(
        "decimal mark",
        "What stands before the cents in a number typed as text.",
        "comma or point",
        "by locale",
        ("decimal separator",),
    ),
    SettingRule("forecast method", "The method headlines use.", "stated or evidence", "stated"),
    SettingRule(
        "stalled percentile",
        "Longer in a stage than this share of won deals is stalled.",
        "a share, such as 80 %",
        "80 %",
    ),
    SettingRule(
        "recipients",
        "Whom the report is for.",
        "mail addresses, with commas or semicolons between",
        "nobody",
        ("recipient", "mail to"),
    ),
    SettingRule(
        "sheet …",
        "Which sheet holds a part: ``sheet Deals``, ``sheet Stages`` …",
        "a sheet's name",
        "by name, then by headers",
    ),
    SettingRule(
        "column …",
        "Which header a field of Deals has: ``column Amount``, ``column Close date`` …",
        "a header",
        "by the names known",
    ),
    SettingRule(
        "rule …",
        "How heavy a rule is, by its code: ``rule close-date-past``.",
        "off, info, warning or error",
        "as documented",
    ),
)
