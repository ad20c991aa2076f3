"""The pen: what is drawn is well-formed and inert, texts are escaped and fit, axes are round."""

from __future__ import annotations

import re
from itertools import pairwise
from math import isclose, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.drawing import (
    Svg,
    Words,
    axis,
    dot,
    fitted,
    haloed,
    line,
    mark,
    rect,
    svg,
    text,
    text_width,
    web_colour,
    wrapped,
)
from svgs import HOSTILE, Box, Drawing

# What `plain` lets through, and so all that a chart can be asked to write.
written = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co")), max_size=60)
sizes = st.sampled_from([11, 12, 13, 14])


def test_a_chart_speaks_to_those_who_cannot_see_it() -> None:
    chart = Drawing(svg(Words("months", "A < B", "October & November"), 324, 280, []))
    assert chart.words() == ("A < B", "October & November")
    assert (chart.width, chart.height) == (324, 280)
    assert chart.root.attrib["width"] == "324"


def test_one_chart_drawn_twice_has_two_names() -> None:
    words = Words("months", "t", "d")
    wide, narrow = (re.findall(r'id="([^"]+)"', svg(words, w, 9, []).markup) for w in (573, 324))
    assert len({*wide, *narrow}) == 4


def test_a_mark_beside_a_number_is_not_read_aloud() -> None:
    root = Drawing(mark(104, 14, [])).root
    assert root.attrib["aria-hidden"] == "true"
    assert root.find("title") is None


@given(written)
def test_text_comes_back_as_it_was_written_and_nothing_else_comes_with_it(said: str) -> None:
    chart = Drawing(svg(Words("one", said, said), 100, 100, [text(0, 0, said, colour="ink")]))
    assert chart.said() == [said]
    assert chart.words() == (said, said)
    assert chart.inert()


def test_hostile_text_stays_text() -> None:
    chart = Drawing(svg(Words("one", HOSTILE, HOSTILE), 100, 100, [text(0, 0, HOSTILE, colour="ink")]))
    assert chart.said() == [HOSTILE]
    assert chart.inert()


def test_shapes_are_drawn_with_attributes_to_a_tenth_of_a_pixel() -> None:
    assert rect(0, 1.25, 10, 20.04, fill="won") == '<rect x="0" y="1.2" width="10" height="20" fill="won"/>'
    assert rect(0, 0, 9, 9, fill="won", corner=2).count('rx="2"') == 1
    assert line(0, 0, 1, 1, colour="ink", dashes="2 3").count('stroke-dasharray="2 3"') == 1
    assert dot(1, 2, 4, fill="commit", edge="card").count('stroke="card"') == 1
    assert web_colour("won") == "var(--won)"


def test_an_edge_lies_inside_its_bar() -> None:
    shown = rect(10, 20, 30, 40, fill="pipe", edge="pipe-edge")
    assert 'x="10.5" y="20.5" width="29" height="39"' in shown
    assert Drawing(Svg(f'<svg viewBox="0 0 9 9">{shown}</svg>', 9)).bars("pipe") == [Box(10, 20, 30, 40, fill="pipe")]


def test_a_bar_of_less_than_nothing_has_no_width() -> None:
    assert 'width="0" height="0"' in rect(0, 0, -5, -5, fill="won")
    assert 'width="0.5"' in rect(0, 0, 0.2, 9, fill="pipe", edge="pipe-edge")


def test_a_haloed_line_has_its_halo_beneath_it() -> None:
    halo, ink = re.findall(r'stroke="(\w+)" stroke-width="([\d.]+)"', haloed(0, 0, 9, 0, colour="ink", halo="card"))
    assert (halo, ink) == (("card", "5"), ("ink", "2"))


@pytest.mark.parametrize(
    ("said", "size", "bold", "least", "most"),
    [
        ("€1.37M", 13, False, 46, 56),
        ("€1.37M", 13, True, 54, 62),
        ("Closed won", 13, False, 71, 82),
        ("Negotiate", 13, False, 60, 72),
        ("WWWW", 12, False, 47, 48),
        ("iiii", 12, False, 13, 19),
        ("商談", 12, False, 24, 24),
    ],
)
def test_a_text_is_taken_to_be_as_wide_as_in_the_widest_fallback_font(
    said: str, size: float, bold: bool, least: float, most: float
) -> None:
    """`least` is what DejaVu Sans takes, measured in a browser."""
    assert least <= text_width(said, size, bold=bold) <= most


@given(written, st.floats(0, 300), sizes, st.booleans())
def test_a_fitted_text_is_whole_or_a_beginning_that_fits(said: str, width: float, size: float, bold: bool) -> None:
    shown = fitted(said, width, size, bold=bold)
    if text_width(said, size, bold=bold) <= width:
        assert shown == said
    else:
        assert shown.endswith("…")
        assert said.startswith(shown[:-1])
        assert shown == "…" or text_width(shown, size, bold=bold) <= width


@given(written, st.floats(20, 300), sizes, st.integers(1, 4))
def test_a_wrapped_text_keeps_its_words_in_lines_that_fit(said: str, width: float, size: float, most: int) -> None:
    lines = wrapped(said, width, size, most=most)
    assert 1 <= len(lines) <= most
    assert all(text_width(part, size) <= width or part == "…" for part in lines)
    if not any("…" in part for part in lines):
        assert " ".join(lines).split() == said.split()


def test_a_text_is_wrapped_between_words_and_the_last_line_cut() -> None:
    said = "Close date pushed three times or more"
    assert wrapped(said, 120, 13) == ("Close date", "pushed three ti…")
    assert wrapped(said, 120, 13, most=3) == ("Close date", "pushed three", "times or more")
    assert wrapped("", 120) == ("",)
    assert wrapped("Unbreakablewordofgreatlength indeed", 80, 13) == ("Unbreaka…", "indeed")


@given(st.floats(1e-6, 1e12), st.integers(2, 6))
def test_an_axis_has_round_steps_from_nothing_to_the_highest_value(highest: float, parts: int) -> None:
    values = axis(highest, parts)
    assert values[0] == 0
    assert values[-1] >= highest * (1 - 1e-6)
    assert values[-2] < highest
    assert len(values) <= parts + 2
    size = values[1]
    assert any(isclose(size, m * 10.0 ** round(log10(size / m)), rel_tol=1e-9) for m in (1, 2, 2.5, 5))
    assert all(isclose(b - a, size, rel_tol=1e-9) for a, b in pairwise(values))


def test_axes_that_people_would_draw() -> None:
    assert axis(1_970_000, 4) == [0, 500_000, 1_000_000, 1_500_000, 2_000_000]
    assert axis(100, 4) == [0, 25, 50, 75, 100]
    assert axis(3, 3) == [0, 1, 2, 3]
    assert axis(0, 4) == [0]
