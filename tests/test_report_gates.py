"""The evidence part of the report: what it draws, what it says, and when it is silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from pipesheet.analysis import Analysis
from pipesheet.bridge import Bridge, BridgeStep
from pipesheet.drawing import web_colour
from pipesheet.effectiveness import Effect
from pipesheet.hygiene import Hygiene, HygieneLine, HygienePoint
from pipesheet.report_findings import criteria_card
from pipesheet.report_gates import STEPS_DRAWN, bridge_card, hygiene_card
from pipesheet.wording_gates import bridge_title, evidence_sentence, hygiene_title
from report_sample import analysis

STEPS = (BridgeStep("Economic buyer named", 60_000, 6), BridgeStep("Proposal linked", 30_000, 3))
BRIDGE = Bridge(500_000, STEPS, 410_000)
DAY = dt.date(2026, 11, 16)


def line(dimension: str, name: str, deals: int, clean: int, before: float | None = None) -> HygieneLine:
    return HygieneLine(dimension, name, deals, clean, clean / deals, 2, 3, 10_000.0, before)  # type: ignore[arg-type]


HYGIENE = Hygiene(
    (
        line("all", "", 10, 4, 0.5),
        line("owner", "Ann", 4, 1, 0.5),
        line("owner", "(none)", 1, 0),
        line("team", "North", 5, 3),
    ),
    (HygienePoint(DAY, 10, 4),),
)


def told(bridge: Bridge = BRIDGE, hygiene: Hygiene = HYGIENE) -> Analysis:
    return replace(analysis(), bridge=bridge, hygiene=hygiene)


def test_the_bridge_names_every_step_in_its_drawing_and_in_its_numbers() -> None:
    card = bridge_card(told(), web_colour, (600, 324))
    assert card is not None
    assert card.numbers is not None
    assert [[cell.text for cell in row] for row in card.numbers.rows] == [
        ["Claimed weighted", "", "€500K"],
        ["Economic buyer named", "6", "−€60K"],
        ["Proposal linked", "3", "−€30K"],
        ["Evidence weighted", "", "€410K"],
    ]
    assert len(card.charts) == 2
    for chart in card.charts:
        assert "Economic buyer named €60K" not in chart.markup, "what falls is written as falling"
        assert "Economic buyer named −€60K; Proposal linked −€30K; evidence €410K" in chart.markup


def test_many_requirements_are_drawn_as_a_few_and_the_rest_together() -> None:
    many = tuple(BridgeStep(f"Requirement {n}", 1000.0, 1) for n in range(20))
    card = bridge_card(told(Bridge(100_000, many, 80_000)), web_colour, (600,))
    assert card is not None
    assert card.numbers is not None
    shown = 20 - (STEPS_DRAWN - 1)
    assert f"{shown} other requirements −€{shown}K" in card.charts[0].markup
    assert len(card.numbers.rows) == 22, "the numbers have them all"


def test_without_anything_missing_there_is_no_bridge() -> None:
    assert bridge_card(told(Bridge(500_000, (), 500_000)), web_colour) is None
    assert evidence_sentence(Bridge(500_000, (), 500_000), "EUR") == ()
    assert evidence_sentence(Bridge(0, (), 0), "EUR") == ()


@pytest.mark.parametrize(
    ("bridge", "title"),
    [
        (BRIDGE, "€90K of €500K weighted rests on missing proof, most of it on “Economic buyer named”"),
        (
            Bridge(500_000, (BridgeStep("A", 60_000, 4), BridgeStep("B", 30_000, 9)), 410_000),
            "€90K of €500K weighted rests on missing proof",
        ),
        (
            Bridge(500_000, tuple(BridgeStep(n, 30_000, 9) for n in "ABC"), 410_000),
            "€90K of €500K weighted rests on missing proof",
        ),
        (Bridge(500_000, (), 500_000), "Claimed and evidence weighted are the same"),
    ],
    ids=["one holds most", "most, but on four deals", "none holds half", "nothing missing"],
)
def test_the_title_of_the_bridge(bridge: Bridge, title: str) -> None:
    assert bridge_title(bridge, "EUR") == title


def test_the_lede_says_what_the_criteria_bear_out() -> None:
    said = "".join(text for text, _ in evidence_sentence(BRIDGE, "EUR"))
    assert said == "The criteria bear out €410K of the €500K weighted in all open deals."


def test_hygiene_lists_owners_and_teams_with_the_change() -> None:
    card = hygiene_card(told(), web_colour)
    assert card is not None
    assert card.table is not None
    assert [[cell.text for cell in row] for row in card.table.rows] == [
        ["Ann", "25%, 1 of 4", "−25 pt", "2", "3", "€10K"],
        ["No owner", "0%, 0 of 1", "–", "2", "3", "€10K"],
        ["North", "60%, 3 of 5", "–", "2", "3", "€10K"],
    ]
    assert card.table.rows[0][2].tone == "neg"
    assert card.table.rows[2][0].note == "team"


def test_on_a_first_run_there_is_no_column_of_change_and_without_deals_no_card() -> None:
    first = Hygiene((line("all", "", 10, 4), line("owner", "Ann", 10, 4)))
    card = hygiene_card(told(hygiene=first), web_colour)
    assert card is not None
    assert card.table is not None
    assert [head.text for head in card.table.heads] == ["Owner", "Nothing to mend", "Errors", "Warnings", "Unproven"]
    assert hygiene_card(told(hygiene=Hygiene()), web_colour) is None


@pytest.mark.parametrize(
    ("whole", "title"),
    [
        (line("all", "", 10, 4, 0.5), "40% of 10 open deals have nothing to mend, −10 pt since the last run"),
        (line("all", "", 10, 4, 0.3), "40% of 10 open deals have nothing to mend, +10 pt since the last run"),
        (line("all", "", 10, 4, 0.4), "40% of 10 open deals have nothing to mend"),
        (line("all", "", 10, 4), "40% of 10 open deals have nothing to mend"),
        (line("all", "", 4, 4, 0.5), "Open deals with nothing to mend"),
    ],
    ids=["worse", "better", "the same", "first run", "too few to say"],
)
def test_the_title_of_hygiene(whole: HygieneLine, title: str) -> None:
    assert hygiene_title(Hygiene((whole,))) == title


def test_the_criteria_show_how_closed_deals_fared_with_them_and_without_on_enough_deals() -> None:
    asked = analysis().criteria[0].criterion
    few = analysis().criteria[1].criterion
    effects = (
        Effect(asked, 40, 30, 19, 1, 0.75, (0.6, 0.8), 1 / 19, (0.0, 0.1), 0.7, (0.6, 0.8), 20.0, "separates"),
        Effect(few, 4, 3, 0, 0, 0.75, (0.3, 0.9), None, None, None, None, None, "too few to say"),
    )
    card = criteria_card(replace(analysis(), effects=effects), web_colour)
    assert card is not None
    assert card.table is not None
    assert [head.text for head in card.table.heads[-2:]] == ["Won with it", "Won without"]
    told = {row[0].text: [(cell.text, cell.note) for cell in row[-2:]] for row in card.table.rows}
    assert told[asked.requirement] == [("75%", "of 40"), ("5%", "of 19")]
    assert told[few.requirement] == [("–", "of 4"), ("–", "")]
    without = criteria_card(analysis(), web_colour)
    assert without is not None
    assert without.table is not None
    assert without.table.heads[-1].text == "At stake"
