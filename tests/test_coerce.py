"""Columns of cells to columns of one type: the values, and a note for every cell that was not plain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.coerce import (
    ERROR_CELLS,
    FORMS,
    Coerced,
    Note,
    Reading,
    anything,
    cleaned,
    currencies,
    dates,
    is_blank,
    moments,
    money,
    numbers,
    probabilities,
    quoted,
    texts,
    written_plainly,
    yes_no,
)
from pipesheet.grid import Value

D, T = dt.date, dt.datetime
GERMAN, AMERICAN = Reading(day_first=True, decimal_comma=True), Reading(day_first=False, decimal_comma=False)
CSV = Reading(typed=False)


def told(coerced: Coerced) -> list[tuple[int, str, str]]:
    """Each note as row, code and what was found."""
    return [(note.index, note.code, note.found) for note in coerced.notes]


# Text ------------------------------------------------------------------------------------------------


def test_text_is_trimmed_and_numbers_lose_their_point() -> None:
    column: list[Value] = ["Ann", " Bob ", "\u00a0Cy\u200b", "", "  ", None, 1001.0, 7, 0.5, True, "007", "a\nb"]
    read = texts(column)
    assert read.values == ["Ann", "Bob", "Cy", None, None, None, "1001", "7", "0.5", "TRUE", "007", "a\nb"]
    assert told(read) == [(1, "text-trimmed", "' Bob '"), (2, "text-trimmed", r"'\xa0Cy\u200b'")]


@pytest.mark.parametrize("odd", [" x", "x ", "x\n", "\tx", "x\u00a0", "\ufeffx", "x\x07", "\u200ex"])
def test_one_odd_text_among_many_is_found(odd: str) -> None:
    read = texts(["plain", odd, "x y", odd])
    assert read.values == ["plain", "x", "x y", "x"]
    assert [note.index for note in read.notes] == [1, 3]


def test_dates_and_times_in_a_column_of_text_are_written_out() -> None:
    column: list[Value] = [D(2026, 12, 1), T(2026, 12, 1), T(2026, 12, 1, 8, 30), dt.time(8, 30)]
    assert texts(column).values == ["2026-12-01", "2026-12-01", "2026-12-01 08:30:00", "08:30:00"]


@pytest.mark.parametrize("error", sorted(ERROR_CELLS))
@pytest.mark.parametrize("form", list(FORMS))
def test_an_error_cell_counts_as_empty_in_a_column_of_any_form(form: str, error: str) -> None:
    read = FORMS[form](["", error, None], Reading())
    assert read.values == [None, None, None]
    assert told(read) == [(1, "cell-error", error)]


def test_currencies_have_three_letters_also_where_they_are_named() -> None:
    column: list[Value] = ["EUR", " usd ", "US Dollar", "€", "EUR - Euro", "Pound Sterling", "$", "Taler", "", None]
    read = currencies(column)
    assert read.values == ["EUR", "USD", "USD", "EUR", "EUR", "GBP", "$", "TALER", None, None]
    assert [code for _, code, _ in told(read)] == ["text-trimmed"]


# Numbers ---------------------------------------------------------------------------------------------


def test_plain_numbers_are_nothing_to_report() -> None:
    assert numbers([1.5, 2, "", None, " ", -0.01]) == Coerced([1.5, 2.0, None, None, None, -0.01])
    assert numbers([1.5, 2.5]) == Coerced([1.5, 2.5])


def test_numbers_that_were_typed_as_text_are_read_and_named() -> None:
    read = money([100.0, "1.234,56 €", "12k", " (1.200,50)", "50"])
    assert read.values == [100.0, 1234.56, 12_000.0, -1200.5, 50.0]
    assert told(read) == [
        (1, "number-from-text", "'1.234,56 €', read as 1,234.56"),
        (2, "number-from-text", "'12k', read as 12,000"),
        (3, "number-from-text", "'(1.200,50)', read as -1,200.5"),
        (4, "number-from-text", "'50', read as 50"),
    ]


def test_what_is_no_number_counts_as_empty_and_is_an_error() -> None:
    column: list[Value] = ["TBD", True, D(2026, 1, 1), float("nan"), float("inf"), dt.timedelta(1), "Q4"]
    assert numbers(column).values == [None] * 7
    assert [code for _, code, _ in told(numbers(column))] == ["number-unreadable"] * 7
    assert [code for _, code, _ in told(money(column))] == ["amount-unreadable"] * 7
    assert told(money(column, Reading(unreadable_money="number-unreadable")))[0] == (0, "number-unreadable", "'TBD'")


@pytest.mark.parametrize(
    ("column", "reading", "value", "why"),
    [
        (["1.234"], Reading(), 1.234, "with the point as decimal mark"),
        (["1.234"], GERMAN, 1234.0, "as the locale or the column says"),
        (["1.234"], AMERICAN, 1.234, "as the locale or the column says"),
        (["1.234", "7,50"], Reading(), 1234.0, "as the locale or the column says"),
        (["1.234", "7,50"], AMERICAN, 1.234, "as the locale or the column says"),
        (["1.234"], CSV, 1.234, "with the point as decimal mark"),
    ],
)
def test_a_number_that_could_be_two_is_read_as_the_locale_or_else_the_column_says(
    column: Sequence[Value], reading: Reading, value: float, why: str
) -> None:
    read = numbers(column, reading)
    assert read.values[0] == value
    assert told(read)[0] == (0, "number-ambiguous", f"'1.234', read as {value:g}, {why}")


def test_in_a_csv_all_is_text_and_that_is_nothing_to_report() -> None:
    assert numbers(["5", "1,234.50", ""], CSV) == Coerced([5.0, 1234.5, None])
    assert dates(["2026-12-01", "13.12.2026"], CSV) == Coerced([D(2026, 12, 1), D(2026, 12, 13)])
    assert [code for _, code, _ in told(numbers(["TBD"], CSV))] == ["number-unreadable"]


# Dates -----------------------------------------------------------------------------------------------


def test_dates_lose_their_time_and_moments_keep_it() -> None:
    column: list[Value] = [D(2026, 12, 1), T(2026, 12, 1, 13, 45), "", None]
    assert dates(column) == Coerced([D(2026, 12, 1), D(2026, 12, 1), None, None])
    assert moments(column) == Coerced([T(2026, 12, 1), T(2026, 12, 1, 13, 45), None, None])
    assert dates([D(2026, 12, 1)]) == Coerced([D(2026, 12, 1)])


def test_dates_that_were_typed_as_text_or_lost_their_format_are_read_and_named() -> None:
    read = dates([D(2026, 1, 1), "31.12.2026", 46_357.0, 20_261_201.0, "12 March 2026 10:00"])
    assert read.values == [D(2026, 1, 1), D(2026, 12, 31), D(2026, 12, 1), D(2026, 12, 1), D(2026, 3, 12)]
    assert told(read) == [
        (1, "date-from-text", "'31.12.2026', read as 2026-12-31"),
        (2, "date-from-text", "46357, read as 2026-12-01"),
        (3, "date-from-text", "20261201, read as 2026-12-01"),
        (4, "date-from-text", "'12 March 2026 10:00', read as 2026-03-12"),
    ]
    assert moments([46_357.75]).values == [T(2026, 12, 1, 18, 0)]


def test_what_is_no_date_counts_as_empty_and_is_an_error() -> None:
    column: list[Value] = ["soon", "30.02.2026", 2026.0, 12.5, -3.0, 1e9, True, dt.time(8), float("nan"), "Q4 2026"]
    assert dates(column).values == [None] * 10
    assert [code for _, code, _ in told(dates(column))] == ["date-unreadable"] * 10


@pytest.mark.parametrize(
    ("column", "reading", "day", "found"),
    [
        (["03/04/2026"], GERMAN, D(2026, 4, 3), "day first, as the locale says"),
        (["03/04/2026"], AMERICAN, D(2026, 3, 4), "month first, as the locale says"),
        (["03/04/2026", "13/04/2026"], AMERICAN, D(2026, 3, 4), "month first, as the locale says"),
        (["03/04/2026"], Reading(), D(2026, 3, 4),
         "month first, as nothing says otherwise; set 'date order' in Settings"),
        (["03/04/2026", "13/04/2026", "04/13/2026"], CSV, D(2026, 3, 4),
         "month first, as nothing says otherwise; set 'date order' in Settings"),
    ],
)  # fmt: skip
def test_a_date_that_could_be_two_is_read_as_the_locale_says_and_says_so(
    column: Sequence[Value], reading: Reading, day: dt.date, found: str
) -> None:
    read = dates(column, reading)
    assert read.values[0] == day
    assert told(read)[0] == (0, "date-ambiguous", f"'03/04/2026', read as {day}, {found}")


def test_without_a_locale_the_column_shows_its_order() -> None:
    assert dates(["03/04/2026", "13/04/2026"]).values == [D(2026, 4, 3), D(2026, 4, 13)]
    assert dates(["03/04/2026", "04/13/2026"]).values == [D(2026, 3, 4), D(2026, 4, 13)]
    assert dates(["03/04/2026", "13/04/2026"], CSV).notes == []
    assert {code for _, code, _ in told(dates(["03/04/2026", "13/04/2026"]))} == {"date-from-text"}


# Probabilities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "values", "scaled"),
    [
        ([0.5, 0.1, 1.0, 0.0, ""], [0.5, 0.1, 1.0, 0.0, None], []),
        ([50.0, 10.0, 100.0, 0.0], [0.5, 0.1, 1.0, 0.0], [0, 1, 2]),
        ([50.0, 1.0, 0.5, 75.0], [0.5, 0.01, 0.005, 0.75], [0, 1, 2, 3]),
        ([0.5, 0.25, 0.75, 50.0], [0.5, 0.25, 0.75, 0.5], [3]),
        ([0.5, 0.25, 1.7, -0.1], [0.5, 0.25, 1.7, -0.1], []),
        ([150.0, 50.0], [1.5, 0.5], [0, 1]),
        (["50%", "10 %", 0.3], [0.5, 0.1, 0.3], []),
        (["150%", 0.3, 1.0], [1.5, 0.3, 1.0], []),
        (["50%", 50.0], [0.5, 0.5], [1]),
        (["50", "0,5"], [0.5, 0.005], [0, 1]),
        ([1.0, 1.0], [1.0, 1.0], []),
    ],
)
def test_percent_as_a_share_or_as_a_number(column: list[Value], values: list[Any], scaled: list[int]) -> None:
    read = probabilities(column)
    assert read.values == pytest.approx(values)
    assert [note.index for note in read.notes if note.code == "percent-scaled"] == scaled


def test_each_probability_that_was_scaled_says_what_it_was_taken_for() -> None:
    assert told(probabilities([50.0, 0.5])) == [
        (0, "percent-scaled", "50, read as 50 %"),
        (1, "percent-scaled", "0.5, read as 0.5 %"),
    ]
    assert told(probabilities(["50 %", "likely"])) == [
        (0, "number-from-text", "'50 %', read as 0.5"),
        (1, "number-unreadable", "'likely'"),
    ]


@given(st.lists(st.none() | st.floats(0, 1)))
def test_shares_are_never_scaled(shares: list[Value]) -> None:
    assert probabilities(shares) == Coerced(list(shares))


# Yes and no, anything --------------------------------------------------------------------------------


def test_yes_and_no_in_the_words_of_people_and_exports() -> None:
    yes: list[Value] = ["Yes", " x ", "TRUE", True, 1.0, 1, "ja", "✓"]
    no: list[Value] = ["no", "FALSE", False, 0.0, 0, "Nein", "-"]
    assert yes_no([*yes, *no, "", None]) == Coerced([True] * 8 + [False] * 7 + [None, None])


def test_what_is_neither_yes_nor_no_counts_as_empty_and_is_an_error() -> None:
    read = yes_no(["maybe", 2.0, D(2026, 1, 1), "yes"])
    assert read.values == [None, None, None, True]
    assert [(i, code) for i, code, _ in told(read)] == [(i, "yes-no-unreadable") for i in range(3)]


def test_other_columns_keep_their_cells_as_they_are() -> None:
    column: list[Value] = ["x", " y ", 0.0, False, D(2026, 1, 1), "", " \u00a0", None, "#REF!"]
    read = anything(column)
    assert read.values == ["x", " y ", 0.0, False, D(2026, 1, 1), None, None, None, None]
    assert told(read) == [(8, "cell-error", "#REF!")]
    assert anything(["x", 1.0]) == Coerced(["x", 1.0])


# Any cell at all -------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.none(), st.text(max_size=12), st.floats(), st.booleans(), st.integers(-(10**20), 10**20),
    st.dates(), st.datetimes(), st.times(), st.timedeltas(), st.sampled_from(sorted(ERROR_CELLS)),
    st.sampled_from(["1.234", "12k", "03/04/2026", "50%", "yes", " ", "2026-12-01", 46_357.0, 20_261_201.0]),
)  # fmt: skip
KIND = {
    "text": str, "id": str, "currency": str, "money": float, "number": float, "probability": float, "date": dt.date,
    "moment": dt.datetime, "yes/no": bool, "any": object,
}  # fmt: skip


@given(st.sampled_from(sorted(FORMS)), st.lists(CELLS, max_size=8), st.sampled_from([Reading(), GERMAN, CSV]))
def test_a_column_keeps_its_length_and_no_cell_vanishes_without_a_note(
    form: str, column: list[Value], reading: Reading
) -> None:
    read = FORMS[form](column, reading)
    assert len(read.values) == len(column)
    assert {type(v) for v in read.values if v is not None} <= {KIND[form]} or form == "any"
    noted = {note.index for note in read.notes}
    assert noted <= set(range(len(column)))
    assert [note.index for note in read.notes] == sorted(note.index for note in read.notes)
    for index, (cell, value) in enumerate(zip(column, read.values, strict=True)):
        if value is None and not is_blank(cell) and (not isinstance(cell, str) or cleaned(cell)):
            assert index in noted
        if is_blank(cell):
            assert value is None
            assert index not in noted


@given(st.sampled_from(["text", "any", "yes/no"]), st.lists(CELLS, min_size=1, max_size=6), st.data())
def test_a_cell_reads_the_same_beside_any_others(form: str, column: list[Value], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(column) - 1))
    alone, beside = FORMS[form]([column[index]], Reading()), FORMS[form](column, Reading())
    assert repr(beside.values[index]) == repr(alone.values[0])
    assert [n.found for n in beside.notes if n.index == index] == [n.found for n in alone.notes]


def test_sentences_quote_a_cell_on_one_line_and_not_at_length() -> None:
    assert quoted("a\n b") == "'a b'"
    assert quoted("x" * 100) == repr("x" * 59 + "…")
    assert quoted(5.0) == "'5'"
    assert written_plainly(1e20) == "1e+20"
    assert written_plainly(False) == "FALSE"


def test_a_note_points_at_its_record() -> None:
    assert numbers([1.0, "TBD"]).notes == [Note(1, "number-unreadable", "'TBD'", "a number")]
