"""Settings: each is read in the ways people write it, a fault is a finding, and the default is used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from pipesheet.grid import Value
from pipesheet.models import Settings
from pipesheet.parser import parse
from pipesheet.setting_rules import SETTING_RULES
from tables import source

DEALS = """
    Deal ID | Stage | Amount | Close date | Worth | Weighted
    D-1     | Lead  | 1      | 2026-12-01 | 5     | 7
"""
Told = list[tuple[str, str, str]]


def settings(
    sheet: str = "", defaults: Mapping[str, Any] | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[Settings, Told]:
    """Settings as the rows of a Settings sheet give them, and their findings as code, cell and text."""
    sheets = {"Settings": f"Setting | Value\n{sheet}"} if sheet else {}
    book, found = parse(source(Deals=DEALS, **sheets), defaults=defaults or {}, overrides=overrides or {})
    told = [(f.code, str(f.cell) if f.cell else "", f.found) for f in found if f.code != "stages-sheet-missing"]
    return book.settings, told


def one(name: str, value: Value) -> tuple[Settings, Told]:
    return settings(overrides={name: value})


# Values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("reporting currency", " eur ", "reporting_currency", "EUR"),
        ("Reporting_Currency", "Euro", "reporting_currency", "EUR"),
        ("currency", "CHF", "reporting_currency", "CHF"),
        ("as-of date", dt.date(2026, 11, 16), "as_of", dt.date(2026, 11, 16)),
        ("as of", dt.datetime(2026, 11, 16, 9), "as_of", dt.date(2026, 11, 16)),
        ("As Of Date", "16.11.2026", "as_of", dt.date(2026, 11, 16)),
        ("fiscal year start", "April", "fiscal_year_start", 4),
        ("fiscal year start", "okt", "fiscal_year_start", 10),
        ("fiscal year start", 7.0, "fiscal_year_start", 7),
        ("fiscal year begins", "12", "fiscal_year_start", 12),
        ("week start", "Sunday", "week_start", 7),
        ("week start", "tu", "week_start", 2),
        ("week start", 6.0, "week_start", 6),
        ("date order", "Day first", "day_first", True),
        ("date format", "MM/DD/YYYY", "day_first", False),
        ("decimal mark", "comma", "decimal_comma", True),
        ("decimal separator", ".", "decimal_comma", False),
        ("forecast method", " Stated ", "forecast_method", "stated"),
        ("forecast method", "EVIDENCE", "forecast_method", "evidence"),
        ("stalled percentile", "90 %", "stalled_percentile", 0.9),
        ("stalled percentile", 75.0, "stalled_percentile", 0.75),
        ("stalled percentile", 0.6, "stalled_percentile", 0.6),
        ("recipients", "a@b.test; c@d.test,", "recipients", ("a@b.test", "c@d.test")),
        ("mail to", "a@b.test\nc@d.test", "recipients", ("a@b.test", "c@d.test")),
    ],
)
def test_a_setting_in_the_ways_people_write_it(name: str, value: Value, field: str, read: object) -> None:
    given, found = one(name, value)
    assert getattr(given, field) == read
    assert found == []
    assert given.origin == {field: "override"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reporting currency", "Euros and dollars"), ("reporting currency", 5.0), ("as-of date", "next week"),
        ("fiscal year start", "Smarch"), ("fiscal year start", 13.0), ("fiscal year start", 4.5),
        ("fiscal year start", 0.0), ("week start", "x"), ("week start", "m"), ("week start", 8.0),
        ("locale", "Germany"), ("date order", "either"), ("decimal mark", ";"), ("forecast method", "gut feeling"),
        ("stalled percentile", "always"), ("stalled percentile", 1.0), ("stalled percentile", 0.0),
        ("stalled percentile", 200.0), ("recipients", "Ann"), ("recipients", "a@b.test, bob"),
        ("recipients", "a@b.test\nBcc: c@d.test"), ("recipients", ";"), ("sheet Recipes", "x"),
        ("column Colour", "x"), ("rule close-date-past", "loud"), ("rule no-such-code", "off"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_an_error_and_the_default_is_used(name: str, value: Value) -> None:
    given, found = one(name, value)
    assert [code for code, _, _ in found] == ["setting-unreadable"]
    assert given == Settings()


def test_a_fault_names_its_cell_and_does_not_stop_the_others() -> None:
    given, found = settings("""
        week start         | someday
        weather            | fine
        fiscal year start  | April
        reporting currency |
                           | lost
        nothing much       |
    """)
    assert found == [("setting-unknown", "Settings!B3", "'weather'"),
                     ("setting-unreadable", "Settings!B2", "week start: 'someday'")]  # fmt: skip
    assert (given.week_start, given.fiscal_year_start, given.reporting_currency) == (1, 4, "")


def test_every_fault_says_what_would_do() -> None:
    _, found = parse(source(Deals=DEALS), overrides={"week start": "someday"})
    (finding,) = (f for f in found if f.code == "setting-unreadable")
    assert finding.needed == "a weekday's name, or 1 (Monday) to 7 (Sunday)"


def test_the_default_of_every_setting_is_the_documented_one() -> None:
    given, _ = settings()
    assert given == Settings()
    assert (given.fiscal_year_start, given.week_start, given.forecast_method) == (1, 1, "stated")
    assert given.stalled_percentile == 0.8


@pytest.mark.parametrize("rule", SETTING_RULES, ids=lambda rule: rule.name)
def test_every_documented_setting_is_known_by_all_its_names(rule: Any) -> None:
    for name in (rule.name, *rule.aliases):
        if "…" not in name:
            _, found = one(name, "?")
            assert [code for code, _, _ in found] == ["setting-unreadable"]


# Locale ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "day_first", "decimal_comma"),
    [
        ("de-DE", True, True), ("de", True, True), ("de_AT", True, True), ("de-CH", True, False),
        ("en-US", False, False), ("en", False, False), ("en-GB", True, False), ("en-ZA", True, True),
        ("fr-FR", True, True), ("es-MX", True, False), ("pt-BR", True, True), ("ja-JP", False, False),
        ("de_DE.UTF-8", True, True),
    ],
)  # fmt: skip
def test_a_locale_says_how_dates_and_numbers_are_read(locale: str, day_first: bool, decimal_comma: bool) -> None:
    given, found = one("locale", locale)
    assert (given.day_first, given.decimal_comma, found) == (day_first, decimal_comma, [])


def read_with(setting: str) -> tuple[float, dt.date]:
    book, _ = parse(source(Settings=f"Setting | Value\n{setting}", Deals="""
        Deal ID | Stage | Amount  | Close date
        D-1     | Lead  | "1.200" | "03/04/2026"
    """))  # fmt: skip
    return book.deals.values["amount"][0], book.deals.values["close_date"][0]


def test_the_locale_decides_how_the_deals_are_read() -> None:
    assert read_with("locale | de-DE") == (1200.0, dt.date(2026, 4, 3))
    assert read_with("locale | en-US") == (1.2, dt.date(2026, 3, 4))
    assert read_with("locale | en-GB") == (1.2, dt.date(2026, 4, 3))
    assert read_with("date order | day first\ndecimal mark | comma") == (1200.0, dt.date(2026, 4, 3))


def test_date_order_and_decimal_mark_say_more_than_the_locale_in_any_order_of_rows() -> None:
    given, _ = settings("decimal mark | point\ndate order | month first\nlocale | de-DE")
    assert (given.day_first, given.decimal_comma) == (False, False)


def test_other_settings_are_read_as_the_locale_says() -> None:
    given, _ = settings("""
        as-of date | "03/04/2026"
        locale     | en-GB
    """)
    assert given.as_of == dt.date(2026, 4, 3)


# Precedence ------------------------------------------------------------------------------------------


def test_the_command_line_beats_the_workbook_and_the_workbook_the_defaults() -> None:
    defaults = {"week start": "Tuesday", "reporting currency": "USD", "fiscal year start": 2}
    given, _ = settings("reporting currency | EUR\nfiscal year start | 3", defaults, {"fiscal year start": "4"})
    assert (given.week_start, given.reporting_currency, given.fiscal_year_start) == (2, "EUR", 4)
    assert given.origin == {
        "week_start": "default", "reporting_currency": "workbook", "fiscal_year_start": "override",
    }  # fmt: skip


def test_a_locale_in_the_workbook_beats_a_date_order_of_the_team() -> None:
    given, _ = settings("locale | en-US", {"date order": "day first", "decimal mark": "comma"})
    assert (given.day_first, given.decimal_comma) == (False, False)
    given, _ = settings("date order | day first", overrides={"locale": "en-US"})
    assert given.day_first is False


def test_a_blank_or_unreadable_value_leaves_what_was_there_before() -> None:
    given, found = settings("week start | someday", {"week start": "Tuesday"}, {"week start": " "})
    assert given.week_start == 2
    assert len(found) == 1


# Mappings --------------------------------------------------------------------------------------------


def test_sheets_columns_and_rules_are_mapped() -> None:
    given, found = settings("""
        Sheet   Stages       | My stages
        sheet opportunities  | Deals
        column Amount        | Worth
        column close date    | Close date
        rule close-date-past | off
        Rule Owner Missing   | Error
    """)
    assert given.sheets == {"Stages": "My stages", "Deals": "Deals"}
    assert given.columns == {"amount": "Worth", "close_date": "Close date"}
    assert given.rules == {"close-date-past": "off", "owner-missing": "error"}
    assert found == [("sheet-not-found", "", "sheet Stages: 'My stages'")]


@pytest.mark.parametrize("header", ["Worth", "worth", " WORTH "])
def test_a_mapped_column_fills_its_field(header: str) -> None:
    book, found = parse(source(Deals=DEALS), overrides={"column Amount": header})
    assert book.deals.values["amount"] == [5.0]
    assert book.deals.extra["Amount"] == [1.0]
    assert [f.code for f in found] == ["stages-sheet-missing"]


def test_a_mapped_column_that_is_not_there_is_an_error_and_the_usual_one_is_used() -> None:
    book, found = parse(source(Deals=DEALS), overrides={"column Amount": "Value of it"})
    assert book.deals.values["amount"] == [1.0]
    assert [(f.code, f.found) for f in found if f.severity == "error"] == [
        ("column-missing", "no column 'Value of it' in sheet Deals")
    ]


def test_a_finding_that_is_turned_off_is_not_there_and_one_that_is_raised_is_an_error() -> None:
    text = """
        Deal ID | Stage | Amount | Close date
        D-1     | Lead  | 12k    | soon
    """
    rules = {"rule number-from-text": "error", "rule date-unreadable": "off", "rule stages-sheet-missing": "off"}
    _, found = parse(source(Deals=text), overrides=rules)
    assert [(f.code, f.severity) for f in found] == [("number-from-text", "error")]


def test_a_rule_applies_to_the_settings_themselves() -> None:
    given, found = settings("weather | fine\nrule setting-unknown | off")
    assert found == []
    assert given.rules == {"setting-unknown": "off"}


# The language of the report


@pytest.mark.parametrize(
    ("said", "meant"), [("de", "de"), ("DE", "de"), ("de-CH", "de"), ("de_AT", "de"), ("en", "en"), ("en-GB", "en")]
)
def test_a_language_may_name_a_country(said: str, meant: str) -> None:
    book, found = parse(source(Deals=DEALS, Settings=f"Setting | Value\n language | {said}"))
    assert book.settings.language == meant
    assert not [f for f in found if f.code.startswith("setting")]


def test_a_language_that_nobody_wrote_is_a_finding_and_the_report_is_english() -> None:
    book, found = parse(source(Deals=DEALS, Settings="Setting | Value\n language | klingon"))
    assert book.settings.language == "en"
    assert any("en, de" in f.needed for f in found if f.code.startswith("setting"))
