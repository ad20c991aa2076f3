"""A mail's bars: cells that add up to the whole width, on the scale of the page's charts, the target in its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.charts import Bridge, BridgeStep, Columns, Landing, Part, Stack
from pipesheet.charts_stages import Funnel, Step
from pipesheet.drawing import Words
from pipesheet.mail_charts import (
    FULL,
    LEAST,
    MARK,
    Bar,
    bar,
    bridge_lanes,
    funnel_lanes,
    landing_lanes,
    month_lanes,
    owner_lanes,
)
from pipesheet.resources import template_folder

WORDS = Words("chart", "A chart", "What it shows.")
SERIES = (("Closed won", "won"), ("Commit", "commit"), ("Best case", "best"), ("Pipeline", "pipe"))


def drawn(shown: Bar) -> str:
    """A bar as people would draw it, two percent a letter: ``wwwwcc|----``; a mark is one whatever its width."""
    letters = {"track": "-", "none": " ", "mark": "|"}
    return "".join(
        "|" if p.tone == "mark" else letters.get(p.tone, p.tone[0]) * max(round(p.parts / 20), 1) for p in shown
    )


def share(shown: Bar, tone: str) -> float:
    return sum(p.parts for p in shown if p.tone == tone) / FULL


def place_of_mark(shown: Bar) -> float:
    before = shown[: next(n for n, p in enumerate(shown) if p.tone == "mark")]
    return (sum(p.parts for p in before) + MARK / 2) / FULL


amounts = st.floats(0, 1e9)
tones = st.sampled_from(["won", "commit", "best", "pipe"])


@given(st.lists(st.tuples(amounts, tones), max_size=5), st.floats(1, 3), st.none() | st.floats(0, 1.2), st.booleans())
def test_cells_add_up_to_the_whole_width_whatever_they_show(
    parts: list[tuple[float, str]], room: float, mark: float | None, track: bool
) -> None:
    scale = max(sum(value for value, _ in parts), 1e-9) * room
    shown = bar(parts, scale, mark=None if mark is None else mark * scale, track=track)
    assert sum(p.parts for p in shown) == FULL
    assert all(p.parts > 0 for p in shown)
    assert [p.parts for p in shown if p.tone == "mark"] == ([] if mark is None else [MARK])
    assert sum(float(p.width.rstrip("%")) for p in shown) == pytest.approx(100)
    assert not shown[-1].gap


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_step_of_a_bridge_is_seen_however_small_and_wherever_it_stands(start: float, size: float) -> None:
    shown = bar([(max(size, 1e-9), "neg")], 2.0, start=start, track=False)
    assert sum(p.parts for p in shown) == FULL
    assert share(shown, "neg") * FULL >= LEAST
    assert {p.tone for p in shown} <= {"none", "neg"}


def test_the_landing_bar_has_the_shares_of_its_parts_and_the_target_where_it_is() -> None:
    model = Landing(
        WORDS,
        (Part("Closed won", 40.0, "won"), Part("Commit", 20.0, "commit", "at 80%"), Part("Best case", 0.0, "best"),
         Part("Pipeline, weighted", 12.0, "pipe")),
        72.0, 90.0, "EUR",
    )  # fmt: skip
    shown = landing_lanes(model)
    #                         40 of 100            20         12      18 to the target  10 beyond it
    assert drawn(shown.bar) == "wwwwwwwwwwwwwwwwwwwwccccccccccpppppp---------|-----"
    assert place_of_mark(shown.bar) == pytest.approx(0.9, abs=0.001)
    assert [(k.name, k.amount, k.tone) for k in shown.keys] == [
        ("Closed won", "€40", "won"), ("Commit at 80%", "€20", "commit"), ("Pipeline, weighted", "€12", "pipe"),
    ]  # fmt: skip
    assert shown.note == "The mark is the target, €90."


def test_without_a_target_the_landing_bar_has_no_mark_and_says_nothing_of_one() -> None:
    shown = landing_lanes(Landing(WORDS, (Part("Closed won", 40.0, "won"),), 40.0, None, "EUR"))
    assert drawn(shown.bar) == "w" * 50
    assert shown.note == ""


def test_a_target_that_is_passed_is_marked_within_the_bar() -> None:
    shown = landing_lanes(Landing(WORDS, (Part("Closed won", 100.0, "won"),), 100.0, 50.0, "EUR")).bar
    assert [p.tone for p in shown] == ["won", "mark", "won"]
    assert place_of_mark(shown) == pytest.approx(0.5, abs=0.001)


def months(*stacks: Stack) -> Columns:
    return Columns(WORDS, SERIES, stacks, "EUR")


def test_months_share_one_scale_and_each_says_how_far_it_is() -> None:
    """
    Month | Won | Commit | Target
    Oct   | 60  |        | 50
    Nov   | 20  | 28     | 96
    """
    shown = month_lanes(months(
        Stack("Oct", (60, 0, 0, 0), 60, 50, "120% of target", reached=True),
        Stack("Nov", (20, 28, 0, 0), 48, 96, "50% of target"),
    ))  # fmt: skip
    october, november = shown.lanes
    assert place_of_mark(october.bar) == pytest.approx(0.5, abs=0.001)
    assert place_of_mark(november.bar) == pytest.approx(0.96, abs=0.001)
    assert share(november.bar, "commit") == pytest.approx(0.28, abs=0.002)
    assert (october.value, october.remark, october.tail, october.tone) == ("€60", "120%", "of €50", "pos")
    assert (november.value, november.remark, november.tail, november.tone) == ("€48", "50%", "of €96", "")
    assert sum(shown.widths) == 100
    assert shown.note.endswith("the mark is the month's target.")


def test_without_targets_months_have_no_column_for_them() -> None:
    shown = month_lanes(months(Stack("Oct", (60, 0, 0, 0), 60), Stack("Nov", (0, 0, 0, 15), 15)))
    assert [drawn(lane.bar) for lane in shown.lanes] == ["w" * 50, "p" * 12 + "-" * 38]
    assert len(shown.widths) == 3
    assert sum(shown.widths) == 100


def owners(*stacks: Stack) -> Columns:
    return Columns(WORDS, (("Forecast", "commit"),), stacks, "EUR")


def test_owners_are_drawn_as_shares_of_their_own_target_so_that_all_marks_stand_together() -> None:
    shown = owner_lanes(owners(
        Stack("Ada", (300,), 300, 200, "150%", reached=True), Stack("Kim", (50,), 50, 100, "50%"),
        Stack("Mo", (9_000,), 9_000, 1_000, "900%", reached=True), Stack("Lee", (70,), 70),
    ), 12)  # fmt: skip
    ada, kim, mo, lee = (lane.bar for lane in shown.lanes)
    assert place_of_mark(ada) == place_of_mark(kim) == place_of_mark(mo)
    assert share(kim, "commit") == pytest.approx(place_of_mark(kim) / 2, abs=0.002)
    assert share(mo, "pos") + MARK / FULL == pytest.approx(1, abs=0.06), "cut off where it would be far too long"
    assert {p.tone for p in lee} == {"track"}, "nothing is said of those without a target"
    assert [(lane.value, lane.remark) for lane in shown.lanes][::3] == [("€300", "150%"), ("€70", "")]


def test_only_so_many_owners_are_drawn_and_the_rest_is_counted() -> None:
    shown = owner_lanes(owners(*(Stack(f"Owner {n}", (n,), n) for n in range(9, 0, -1))), 3)
    assert [lane.name for lane in shown.lanes] == ["Owner 9", "Owner 8", "Owner 7"]
    assert shown.left == 6


def test_a_bridge_goes_down_from_where_each_step_ended() -> None:
    steps = (BridgeStep("Budget", -30), BridgeStep("Buyer", -20))
    model = Bridge(WORDS, Part("Claimed", 100, "won"), steps, Part("Evidence", 50, "won"), "EUR")
    shown = bridge_lanes(model)
    assert [drawn(lane.bar) for lane in shown.lanes] == [
        "w" * 50,
        " " * 35 + "n" * 15,
        " " * 25 + "n" * 10 + " " * 15,
        "w" * 25 + " " * 25,
    ]
    assert [lane.value for lane in shown.lanes] == ["€100", "−€30", "−€20", "€50"]
    assert [lane.whole for lane in shown.lanes] == [True, False, False, True]


def test_a_funnel_has_a_bar_per_stage_and_marks_the_weakest_step() -> None:
    model = Funnel(
        WORDS, (Step("Lead", 100, "30%", "of 100", alarming=True), Step("Proposal", 30, "", "few deals"),
                Step("Won", 10, won=True)),
    )  # fmt: skip
    lanes = funnel_lanes(model).lanes
    assert [drawn(lane.bar) for lane in lanes] == ["c" * 50, "c" * 15 + " " * 35, "w" * 5 + " " * 45]
    assert [(lane.remark, lane.tone) for lane in lanes] == [("↓ 30%", "neg"), ("few deals", ""), ("", "")]


def test_every_colour_is_a_token() -> None:
    known = json.loads((template_folder() / "tokens.json").read_text("utf-8"))["light"]
    used = {tone for _, tone in SERIES} | {"pos", "neg", "commit", "track"}
    assert used <= known.keys()
