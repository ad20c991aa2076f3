"""The plain-text part: 72 columns, figures one under another, whatever script they are in."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.mail_text import WIDTH, aligned, columns, underlined, wrapped

WIDE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=90)


def shown(text: str) -> str:
    return textwrap.dedent(text).strip("\n")


@pytest.mark.parametrize(
    ("text", "wide"), [("Deal", 4), ("", 0), ("日本", 4), ("e\u0301", 1), ("👍", 2), ("a\u200db", 2), ("€1.37M", 6)]
)
def test_a_text_takes_the_columns_of_its_script(text: str, wide: int) -> None:
    assert columns(text) == wide


def test_figures_stand_at_the_right_and_names_at_the_left() -> None:
    assert aligned([("Oct", "€735K", "105%"), ("Nov", "€1.47M", "140%")], (False, True, False)) == shown("""
        Oct   €735K  105%
        Nov  €1.47M  140%
    """)


def test_wide_letters_push_nothing_out_of_its_column() -> None:
    assert aligned([("日本", "1"), ("Ada", "20")], (False, True)) == shown("""
        日本   1
        Ada   20
    """)


def test_the_widest_text_gives_way_and_figures_never_do() -> None:
    row = ("Ampère & Fils, a deal with a long name", "why it is not there yet", "€390K")
    assert aligned([row], (False, False, True), 40) == shown("""
        Ampère & Fils,   why it is not     €390K
        a deal with a    there yet
        long name
    """)


def test_rows_of_several_lines_are_told_apart() -> None:
    assert aligned([(["Ampère", "Wei Chen"], "€1"), ("Saltire", "€20")], (False, True)) == shown("""
        Ampère     €1
        Wei Chen

        Saltire   €20
    """)


@given(st.lists(st.tuples(WIDE, WIDE), min_size=1, max_size=4))
def test_no_line_is_wider_than_the_page_and_no_letter_is_lost(rows: list[tuple[str, str]]) -> None:
    lines = aligned([(*row, "€1.37M") for row in rows], (False, False, True))
    assert max(map(columns, lines.splitlines())) <= WIDTH
    for letter in "".join(a + b for a, b in rows):
        assert lines.count(letter) >= 1


@given(st.lists(WIDE, max_size=12), st.integers(0, 4))
def test_running_text_is_broken_at_words_and_longer_words_anywhere(words: list[str], indent: int) -> None:
    text = " ".join(words)
    lines = wrapped(text, indent=indent).split("\n")
    assert max(map(columns, lines)) <= WIDTH
    assert "".join(wrapped(text, indent=indent).split()) == "".join(text.split())


def test_a_number_and_its_unit_are_not_parted() -> None:
    assert wrapped("worth 32\u00a0Tsd.\u00a0€ in all", 14) == "worth\n32\u00a0Tsd.\u00a0€ in\nall"


def test_a_heading_has_a_rule_as_long_as_its_longest_line() -> None:
    assert underlined("To settle") == "To settle\n---------"
    assert underlined("word " * 20).splitlines()[-1] == "-" * 69
