"""Charts: parts add up on one scale, marks stand where their number is, and no label meets another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.charts import (
    GAP,
    Bridge,
    BridgeStep,
    Columns,
    Landing,
    Part,
    Stack,
    bridge_bars,
    landing_bar,
    meter,
    stacked_columns,
    whisker,
)
from pipesheet.charts_stages import (
    Closing,
    Closings,
    Funnel,
    Span,
    Spans,
    Step,
    closing_columns,
    funnel_bars,
    stage_spans,
)
from pipesheet.drawing import Svg, Words
from pipesheet.report_forecast import LANDING_WIDTHS, SERIES
from pipesheet.report_page import HALF, LARGER, SMALLER, WHOLE
from svgs import HOSTILE, Box, Drawing, token

WORDS = Words("chart", "A title", "A description")
NEAR = 0.11
"""Coordinates are written to a tenth of a pixel."""
money = st.integers(0, 10**9).map(float)
names = st.text("abcdefgh MWilé", min_size=1, max_size=40)

# ---- where the quarter lands

PARTS = (
    Part("Closed won", 1_370_000, "won"),
    Part("Commit", 956_000, "commit", "at 80%"),
    Part("Best case", 475_000, "best", "at 50%"),
    Part("Pipeline, weighted", 215_000, "pipe"),
)


def landing(parts: tuple[Part, ...] = PARTS, target: float | None = 3_200_000) -> Landing:
    return Landing(WORDS, parts, sum(p.value for p in parts), target, "EUR")


@pytest.mark.parametrize("width", LANDING_WIDTHS)
def test_the_landing_bar_is_its_parts_one_after_the_other_on_the_scale_of_the_target(width: float) -> None:
    drawing = Drawing(landing_bar(landing(), token, width))
    (mark, *_) = drawing.lines("ink")
    per_euro = mark[0] / 3_200_000
    at = 0.0
    for part in PARTS:
        (bar, *_) = drawing.bars(part.tone)
        assert bar.x == pytest.approx(at, abs=NEAR)
        assert bar.width == pytest.approx(part.value * per_euro - GAP, abs=NEAR)
        at += part.value * per_euro
    assert at < mark[0] < width


def test_the_landing_bar_names_its_parts_with_their_basis_and_amount() -> None:
    said = Drawing(landing_bar(landing(), token, 1076)).said()
    assert said == [
        "Target €3.20M", "Forecast €3.02M", "Closed won", "€1.37M", "Commit at 80%", "€956K", "Best case at 50%",
        "€475K", "Pipeline, weighted", "€215K",
    ]  # fmt: skip


def test_on_a_phone_the_parts_are_named_in_a_key() -> None:
    drawing = Drawing(landing_bar(landing(), token, 358))
    assert drawing.text("Commit at 80%").x == drawing.text("Closed won").x == 19
    assert len(drawing.bars("commit")) == 2, "the part, and its colour in the key"


def test_a_part_of_nothing_is_neither_drawn_nor_named() -> None:
    drawing = Drawing(landing_bar(landing((PARTS[0], Part("Commit", 0, "commit"))), token, 680))
    assert drawing.bars("commit") == []
    assert "Commit" not in drawing.said()


def test_without_a_target_the_bar_takes_the_whole_width_and_has_no_mark() -> None:
    drawing = Drawing(landing_bar(landing(target=None), token, 680))
    assert drawing.lines("ink") == []
    assert drawing.bars("pipe")[0].right == pytest.approx(680 - GAP, abs=NEAR)
    assert drawing.text("Forecast €3.02M").right == pytest.approx(680, abs=NEAR)


def test_a_forecast_beyond_the_target_has_the_mark_inside_its_bar() -> None:
    drawing = Drawing(landing_bar(landing(target=2_000_000), token, 1076))
    (mark, *_) = drawing.lines("ink")
    assert mark[0] == pytest.approx(1076 * 2_000_000 / 3_016_000, abs=NEAR)
    assert drawing.bars("pipe")[0].right == pytest.approx(1076 - GAP, abs=NEAR)


@given(st.lists(money, min_size=4, max_size=4), st.none() | money, st.sampled_from(LANDING_WIDTHS))
def test_no_label_of_the_landing_bar_meets_another(values: list[float], target: float | None, width: float) -> None:
    parts = tuple(
        Part(p.name, value, p.tone, "at 100%" if p.basis else "") for p, value in zip(PARTS, values, strict=True)
    )
    assert Drawing(landing_bar(landing(parts, target), token, width)).crowded() == []


# ---- columns over time

STACKS = (
    Stack("Oct", (735, 0, 0, 0), 735, 700, "105% of target", reached=True),
    Stack("Nov", (635, 630, 180, 25), 1470, 1050, "140% of target", reached=True),
    Stack("Dec", (0, 330, 280, 198), 808, 1450, "56% of target"),
)


def columns(stacks: tuple[Stack, ...] = STACKS, divide_after: int = 2) -> Columns:
    return Columns(WORDS, SERIES, stacks, "EUR", divide_after)


def test_the_parts_of_a_column_add_up_on_the_scale_of_the_axis() -> None:
    drawing = Drawing(stacked_columns(columns(), token, 573, 396))
    (_, zero, *_), *_ = drawing.lines("axis")
    top = min(y for _, y, _, other in drawing.lines("line") if y == other)
    assert drawing.said()[5:10] == ["0", "500", "1K", "1.5K", "2K"]
    per_euro = (zero - top) / 2000
    november = [bar for tone in ("won", "commit", "best", "pipe") for bar in drawing.bars(tone)[1:] if bar.height > 0]
    middle = next(t.x + t.width / 2 for t in drawing.texts() if t.text == "Nov")
    parts = sorted((b for b in november if b.x < middle < b.right), key=lambda b: -b.bottom)
    heights = [zero - parts[0].y, *(above.bottom - above.y for above in parts[1:])]
    for height, value in zip(heights, (635, 630, 180, 25), strict=True):
        assert height == pytest.approx(value * per_euro, abs=GAP + NEAR)
    assert parts[-1].y == pytest.approx(zero - 1470 * per_euro, abs=GAP + NEAR)


def test_each_target_is_marked_at_its_value() -> None:
    drawing = Drawing(stacked_columns(columns(), token, 573, 396))
    (_, zero, *_), *_ = drawing.lines("axis")
    marks = [zero - y for _, y, _, other in drawing.lines("ink") if y == other][1:]  # the first is the key's
    assert [mark / marks[0] for mark in marks] == pytest.approx([1, 1050 / 700, 1450 / 700], abs=0.01)


def test_the_key_names_what_is_drawn_and_no_more() -> None:
    said = Drawing(stacked_columns(columns((STACKS[0],)), token, 573, 396)).said()
    assert said[:2] == ["Closed won", "Target"]
    assert "Commit" not in said
    untargeted = Stack("Oct", (735, 0, 0, 5), 740)
    said = Drawing(stacked_columns(columns((untargeted,)), token, 573, 396)).said()
    assert said[:2] == ["Closed won", "Pipeline"]
    assert "Target" not in said


def test_a_reached_target_is_told_in_words_and_in_teal() -> None:
    drawing = Drawing(stacked_columns(columns(), token, 573, 396))
    assert drawing.text("105% of target").fill == "pos"
    assert drawing.text("56% of target").fill == "ink3"


def test_the_quarter_ends_at_a_dotted_line() -> None:
    drawing = Drawing(stacked_columns(columns(divide_after=2), token, 573, 396))
    upright = [x for x, _, other, _ in drawing.lines("line") if x == other]
    assert drawing.text("Nov").x < upright[0] < drawing.text("Dec").x
    without = Drawing(stacked_columns(columns(divide_after=3), token, 573, 396))
    assert not [x for x, _, other, _ in without.lines("line") if x == other]


@st.composite
def stacks(draw: st.DrawFn) -> tuple[Stack, ...]:
    made = []
    for label in ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar")[: draw(st.integers(1, 6))]:
        values = tuple(draw(st.lists(money, min_size=4, max_size=4)))
        close = st.floats(sum(values) * 0.95, sum(values) * 1.15)
        target = draw(st.none() | money | close)
        made.append(Stack(label, values, sum(values), target, "1,000% of target" if target else ""))
    return tuple(made)


@given(stacks(), st.sampled_from([*LARGER, *WHOLE]))
def test_no_label_of_a_column_meets_another_or_a_target(made: tuple[Stack, ...], width: float) -> None:
    drawing = Drawing(stacked_columns(columns(made), token, width, 280))
    assert drawing.crowded() == []
    targets = [Box(x, y - 1, end - x, 2) for x, y, end, other in drawing.lines("ink") if y == other]
    assert not [t.text for t in drawing.texts() if any(t.meets(target) for target in targets)]


# ---- the bridge

BRIDGE = Bridge(
    WORDS,
    Part("Stated forecast", 3_000, "commit", "what the deals say"),
    (BridgeStep("Buyer not named", -1_000), BridgeStep("No next step", -500), BridgeStep("A deal came back", 250)),
    Part("With evidence", 1_750, "won"),
    "EUR",
)


@pytest.mark.parametrize("width", [573.0, 324.0])
def test_each_step_of_a_bridge_begins_where_the_last_one_ended(width: float) -> None:
    drawing = Drawing(bridge_bars(BRIDGE, token, width))
    (start,), (end,), (buyer, step), (back,) = (drawing.bars(t) for t in ("commit", "won", "neg", "pos"))
    per_euro = start.width / 3_000
    assert buyer.right == pytest.approx(start.right, abs=NEAR)
    assert buyer.width == pytest.approx(1_000 * per_euro, abs=NEAR)
    assert step.right == pytest.approx(buyer.x, abs=NEAR)
    assert step.width == pytest.approx(500 * per_euro, abs=NEAR)
    assert back.x == pytest.approx(step.x, abs=NEAR)
    assert end.right == pytest.approx(back.right, abs=NEAR)
    assert start.x == end.x
    tops = [bar.y for bar in (start, buyer, step, back, end)]
    assert tops == sorted(tops)


def test_a_bridge_names_each_step_with_its_signed_amount() -> None:
    drawing = Drawing(bridge_bars(BRIDGE, token, 573))
    assert drawing.said() == [
        "Stated forecast", "what the deals say", "€3.0K", "Buyer not named", "−€1.0K", "No next step", "−€500",
        "A deal came back", "+€250", "With evidence", "€1.8K",
    ]  # fmt: skip
    assert drawing.text("−€1.0K").fill == "neg"
    assert drawing.text("+€250").fill == "pos"


def test_a_bridge_below_zero_has_a_line_at_zero() -> None:
    under = Bridge(WORDS, Part("Start", 100, "commit"), (BridgeStep("Fall", -300),), Part("End", -200, "won"), "")
    drawing = Drawing(bridge_bars(under, token, 573))
    zero, *_ = drawing.lines("axis")
    (start,), (end,) = drawing.bars("commit"), drawing.bars("won")
    assert zero[0] == pytest.approx(start.x, abs=NEAR) == pytest.approx(end.right, abs=NEAR)


@given(
    st.integers(0, 10**9),
    st.lists(st.tuples(names, st.integers(-(10**8), 10**7)), max_size=25),
    st.sampled_from([1030.0, 573.0, 324.0]),
)
def test_a_bridge_of_many_steps_keeps_every_label_apart(start: int, steps: list[tuple[str, int]], width: float) -> None:
    end = start + sum(amount for _, amount in steps)
    model = Bridge(
        WORDS, Part("Stated", start, "commit"), tuple(BridgeStep(n, a) for n, a in steps), Part("Evidence", end, "won"),
        "CHF",
    )  # fmt: skip
    drawing = Drawing(bridge_bars(model, token, width))
    assert drawing.crowded() == []
    bars = [b for tone in ("commit", "won", "neg", "pos") for b in drawing.bars(tone)]
    assert all(b.x >= -NEAR and b.right <= width + NEAR for b in bars)
    assert len(bars) == len(steps) + 2


# ---- the funnel

STEPS = (
    Step("Qualify", 214, "61%", "131 of 214, likely 57% to 65%"),
    Step("Discover", 131, "64%", "84 of 131", alarming=True),
    Step("Propose", 84, "", "few deals"),
    Step("Negotiate", 49),
    Step("Won", 31, won=True),
)


def test_the_bars_of_a_funnel_are_as_long_as_their_deals_are_many() -> None:
    drawing = Drawing(funnel_bars(Funnel(WORDS, STEPS), token, 482))
    bars = [*drawing.bars("commit"), *drawing.bars("won")]
    assert [b.width / bars[0].width for b in bars] == pytest.approx([s.deals / 214 for s in STEPS], abs=0.001)
    assert len({b.x for b in bars}) == 1


def test_between_two_stages_stands_the_share_that_goes_on() -> None:
    drawing = Drawing(funnel_bars(Funnel(WORDS, STEPS), token, 482))
    rates = [(t.text, t.fill) for t in drawing.texts() if t.text.startswith("↓")]
    assert rates == [("↓ 61%", "ink2"), ("↓ 64%", "neg"), ("↓", "ink2")]
    assert "few deals" in drawing.said()


def test_a_long_remark_is_cut_at_the_edge_of_the_funnel() -> None:
    steps = (Step("Qualify", 9, "61%", "words " * 20), Step("Won", 1, won=True))
    drawing = Drawing(funnel_bars(Funnel(WORDS, steps), token, 324))
    assert drawing.crowded() == []
    assert any(said.startswith("words") and said.endswith("…") for said in drawing.said())


@given(st.lists(st.builds(Step, names, st.integers(0, 10**6), st.just("100%"), names), min_size=1, max_size=12),
       st.sampled_from([*HALF, *WHOLE]))  # fmt: skip
def test_no_label_of_a_funnel_meets_another(steps: list[Step], width: float) -> None:
    assert Drawing(funnel_bars(Funnel(WORDS, tuple(steps)), token, width)).crowded() == []


# ---- days in stages

SPANS = (
    Span("Qualify", "3 deals", 27, 10, 18, 27, "few deals", faint=True),
    Span("Propose", "13 deals", 26, 12, 21, 24, "+24%", alarming=True),
    Span("Negotiate", "11 deals", 18, 8, 16, 27, "+12%"),
    Span("Legal", "0 deals", None, 2, 4, 6),
    Span("New", "2 deals", 9, None, None, None),
)


def test_days_are_drawn_on_one_scale_with_the_won_deals_marked() -> None:
    drawing = Drawing(stage_spans(Spans(WORDS, SPANS), token, 482))
    (qualify,), (propose,), (_, negotiate, new) = (drawing.bars(t) for t in ("best", "neg", "commit"))
    per_day = qualify.width / 27
    assert [propose.width, negotiate.width, new.width] == pytest.approx(
        [26 * per_day, 18 * per_day, 9 * per_day], abs=NEAR
    )
    ticks = [x - qualify.x for x, *_ in drawing.lines("ink")][1:]
    assert ticks == pytest.approx([18 * per_day, 21 * per_day, 16 * per_day, 4 * per_day], abs=NEAR)
    _, *bands = drawing.bars("span")
    assert [b.width for b in bands] == pytest.approx([d * per_day for d in (17, 12, 19, 4)], abs=1.1)


def test_a_slow_stage_is_told_in_words_and_in_rust() -> None:
    drawing = Drawing(stage_spans(Spans(WORDS, SPANS), token, 482))
    assert drawing.text("+24%").fill == "neg"
    assert drawing.text("+12%").fill == "ink3"
    assert drawing.text("26 days").fill == "ink"


days = st.none() | st.integers(0, 2000).map(float)


@given(st.lists(st.builds(Span, names, st.just("1,000 deals"), days, days, days, days, st.just("+1,000%")),
                min_size=1, max_size=12), st.sampled_from([*HALF, *WHOLE]))  # fmt: skip
def test_no_label_of_the_days_meets_another(spans: list[Span], width: float) -> None:
    assert Drawing(stage_spans(Spans(WORDS, tuple(spans)), token, width)).crowded() == []


# ---- won and lost by month


def test_won_stands_above_the_line_and_lost_below_it_on_one_scale() -> None:
    months = (Closing("Oct", 3, 1), Closing("Nov", 0, 6), Closing("Dec", 2, 0))
    drawing = Drawing(closing_columns(Closings(WORDS, months), token, 391, 190))
    ((_, zero, *_),) = drawing.lines("axis")
    _, october, december = drawing.bars("won")
    _, lost_october, november = drawing.bars("pipe")
    per_deal = october.height / 3
    assert december.height == pytest.approx(2 * per_deal, abs=NEAR)
    assert [lost_october.height, november.height] == pytest.approx([per_deal, 6 * per_deal], abs=2 * NEAR)
    assert (
        {round(october.bottom), round(december.bottom)} == {round(lost_october.y), round(november.y)} == {round(zero)}
    )
    assert drawing.said() == ["Won", "Lost", "3", "1", "Oct", "6", "Nov", "2", "Dec"]


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=12),
       st.sampled_from([*SMALLER, *WHOLE]))  # fmt: skip
def test_no_label_of_the_closed_deals_meets_another(closed: list[tuple[int, int]], width: float) -> None:
    months = tuple(Closing("Nov", won, lost) for won, lost in closed)
    drawing = Drawing(closing_columns(Closings(WORDS, months), token, width, 180))
    assert drawing.crowded() == []
    bars = [*drawing.bars("won"), *drawing.bars("pipe")]
    assert not [t.text for t in drawing.texts() if any(t.meets(bar) for bar in bars)]


# ---- small marks beside numbers


def test_a_meter_fills_by_its_share_and_marks_its_goal() -> None:
    drawing = Drawing(meter(0.5, token))
    (goal, *_) = drawing.lines("ink")
    (fill,) = drawing.bars("commit")
    assert fill.width == pytest.approx(goal[0] / 2, abs=NEAR)
    full = Drawing(meter(9.0, token, tone="pos"))
    assert full.bars("pos")[0].width == full.bars("track")[0].width
    without = Drawing(meter(0.25, token, goal=None))
    assert without.lines("ink") == []
    assert without.bars("commit")[0].width == pytest.approx(without.width / 4)
    assert Drawing(meter(-1, token)).bars("commit")[0].width == 0


def test_a_whisker_shows_the_rate_in_its_interval_and_the_book_beside_it() -> None:
    drawing = Drawing(whisker(0.5, 0.25, 0.75, token, middle=0.4))
    (band,) = drawing.bars("span")
    dot = drawing.root.find("circle")
    assert dot is not None
    assert float(dot.attrib["cx"]) == pytest.approx(band.x + band.width / 2)
    assert band.width == pytest.approx((160 - 12) / 2)
    assert drawing.lines("ink3")[0][0] == pytest.approx(6 + 0.4 * 148, abs=NEAR)
    assert Drawing(whisker(0.5, 0.5, 0.5, token, middle=None)).lines("ink3") == []


# ---- what holds for all of them

HOSTILE_CHARTS = {
    "landing": landing_bar(landing((Part(HOSTILE, 9, "won", HOSTILE),)), token, 1076),
    "columns": stacked_columns(
        Columns(WORDS, ((HOSTILE, "won"),), (Stack(HOSTILE, (9,), 9, 8, HOSTILE),), HOSTILE), token, 573, 304,
    ),
    "bridge": bridge_bars(
        Bridge(WORDS, Part(HOSTILE, 9, "won", HOSTILE), (BridgeStep(HOSTILE, -3),), Part(HOSTILE, 6, "won"), HOSTILE),
        token, 573,
    ),
    "funnel": funnel_bars(Funnel(WORDS, (Step(HOSTILE, 9, HOSTILE, HOSTILE), Step("b", 1))), token, 482),
    "spans": stage_spans(Spans(WORDS, (Span(HOSTILE, HOSTILE, 9, 1, 2, 3, HOSTILE),)), token, 482),
    "closings": closing_columns(Closings(WORDS, (Closing(HOSTILE, 1, 2),)), token, 391, 190),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_CHARTS)
def test_every_chart_has_its_words_and_hostile_names_stay_text(name: str) -> None:
    drawing = Drawing(HOSTILE_CHARTS[name])
    assert drawing.words() == (WORDS.title, WORDS.description)
    assert drawing.inert()
    assert any(said.startswith(HOSTILE[:4]) for said in drawing.said())


NOTHING: dict[str, Svg] = {
    "landing": landing_bar(Landing(WORDS, (), 0, None, ""), token, 358),
    "landing at zero": landing_bar(Landing(WORDS, PARTS[:1], 0, 0, ""), token, 358),
    "columns": stacked_columns(Columns(WORDS, SERIES, (Stack("Oct", (0, 0, 0, 0), 0),), ""), token, 324, 280),
    "bridge": bridge_bars(Bridge(WORDS, Part("A", 0, "won"), (), Part("B", 0, "won"), ""), token, 324),
    "funnel": funnel_bars(Funnel(WORDS, (Step("A", 0), Step("B", 0))), token, 324),
    "spans": stage_spans(Spans(WORDS, (Span("A", "0 deals", 0, None, None, None),)), token, 324),
    "closings": closing_columns(Closings(WORDS, (Closing("Oct", 0, 0),)), token, 324, 180),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_chart_of_nothing_is_still_a_drawing(name: str) -> None:
    assert Drawing(NOTHING[name]).crowded() == []


def test_bars_in_a_row_keep_a_gap() -> None:
    drawing = Drawing(landing_bar(landing(), token, 1076))
    bars = [drawing.bars(p.tone)[0] for p in PARTS]
    assert all(b.x - a.right == pytest.approx(GAP, abs=2 * NEAR) for a, b in pairwise(bars))
