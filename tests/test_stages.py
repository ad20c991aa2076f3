"""Stages: their order, the spellings they go by, the category they forecast in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import FIVE
from pipesheet.models import Category, Outcome, Stage
from pipesheet.stages import category_of, open_stages, stage_key, stage_lookup, stages_by_key


@pytest.mark.parametrize("spelling", ["Closed Won", "closed won", "  CLOSED   WON ", "closed\u00a0won", "Closed\nWon"])
def test_case_and_spaces_do_not_tell_two_spellings_apart(spelling: str) -> None:
    assert stage_key(spelling) == stage_key("Closed Won")


def test_signs_and_letters_do_tell_them_apart() -> None:
    assert len({stage_key(name) for name in ("Closed Won", "Closed-Won", "ClosedWon", "Closed Won!")}) == 4
    assert stage_key("Große Prüfung") == stage_key("GROSSE PRÜFUNG")


def test_open_stages_stand_in_their_order_and_closed_ones_are_not_among_them() -> None:
    unsorted = (
        Stage("Won", 0, 1, "won"),
        Stage("Offer", 30, 0.5, "open"),
        Stage("Lead", 1.5, 0.1, "open"),
        Stage("Lost", 2, 0, "lost"),
        Stage("Demo", 30, 0.4, "open"),
    )
    assert [s.name for s in open_stages(unsorted)] == ["Lead", "Offer", "Demo"]
    assert open_stages(()) == ()


def test_a_stages_own_name_goes_before_anothers_alias_and_the_first_of_two_is_meant() -> None:
    lead = Stage("Lead", 1, 0.1, "open", aliases=("Demo", "New", "Prospect"))
    demo = Stage("Demo", 2, 0.3, "open", aliases=("new", "Show"))
    known = stages_by_key((lead, demo))
    assert {key: stage.name for key, stage in known.items()} == {
        "lead": "Lead", "demo": "Demo", "new": "Lead", "prospect": "Lead", "show": "Demo",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "probability", "own", "category"),
    [
        ("open", 0.75, None, "commit"),
        ("open", 0.7499, None, "best case"),
        ("open", 0.5, None, "best case"),
        ("open", 0.4999, None, "pipeline"),
        ("open", 0.0, None, "pipeline"),
        ("open", 0.9, "pipeline", "pipeline"),
        ("open", 0.1, "commit", "commit"),
        ("open", 0.1, "omitted", "omitted"),
        # Money of open deals in a category "closed" would be in no line of the forecast.
        ("open", 0.9, "closed", "commit"),
        ("won", 1.0, None, "closed"),
        ("won", 1.0, "commit", "closed"),
        ("lost", 0.0, None, "omitted"),
        ("lost", 0.0, "closed", "omitted"),
    ],
)
def test_the_category_of_a_stage_is_its_own_else_by_type_and_probability(
    kind: Outcome, probability: float, own: Category | None, category: Category
) -> None:
    assert category_of(Stage("S", 1, probability, kind, own)) == category


def test_every_spelling_is_looked_up_once_and_says_what_it_means() -> None:
    found = stage_lookup([" proposal", "Won", None, "Demo", "Won", "LOST", "Proposal"], FIVE)
    assert found.columns == [
        "stage", "stage_name", "stage_type", "stage_rank", "stage_probability", "stage_category",
    ]  # fmt: skip
    assert found.rows() == [
        (" proposal", "Proposal", "open", 3, 0.5, "best case"),
        ("Demo", None, None, None, None, None),
        ("LOST", "Lost", "lost", None, 0.0, "omitted"),
        ("Proposal", "Proposal", "open", 3, 0.5, "best case"),
        ("Won", "Won", "won", None, 1.0, "closed"),
    ]


def test_a_book_without_stages_or_spellings_has_a_lookup_of_the_same_columns() -> None:
    assert stage_lookup(["Lead"], ()).rows() == [("Lead", None, None, None, None, None)]
    assert stage_lookup([None], FIVE).schema == stage_lookup(["Lead"], FIVE).schema


@given(st.permutations(FIVE))
def test_the_order_of_the_rows_in_stages_does_not_matter(shuffled: list[Stage]) -> None:
    names = ["Lead", "Qualified", "Proposal", "Won", "Lost"]
    assert stage_lookup(names, shuffled).equals(stage_lookup(names, FIVE))
    assert open_stages(shuffled) == open_stages(FIVE)
