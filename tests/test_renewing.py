"""A sheet that stands as its plan has it and is brought to the next: only what differs is written."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import Hostile
from pipesheet.excel.attach import attach
from pipesheet.excel.putting import put_sheets
from pipesheet.excel.renewing import only_contents_differ
from pipesheet.sheets import Column, Content, Formula, Link, Put, SheetPlan, Style, TablePlan

MONEY = Style(number="#,##0 €")


def plan(title: str = "3 to mend", **columns: list[Any]) -> SheetPlan:
    """A title, and below it a table from B3 on; "Amount" is money."""
    looks = {"Amount": MONEY}
    made = tuple(Column(header, cells, looks.get(header, Style())) for header, cells in columns.items())
    return SheetPlan(
        "findings",
        "Findings",
        puts=(Put(1, 1, title, Style(bold=True)),),
        tables=(TablePlan("PipesheetT", 3, 2, made),),
    )


ONE = plan(Deal=["Acme", "Brix", "Cord", "Dune"], Amount=[10.0, None, 30.0, 40.0], Open=[True, False, True, True])


def put(*plans: SheetPlan, known: bool = True) -> Hostile:
    """The program after those plans were put one after the other, each onto the one before it."""
    engine = Hostile({"Deals": [["Deal"]]})
    for before, made in zip((None, *plans), plans, strict=False):
        engine.log.clear()
        put_sheets(attach(engine=engine).book, [made], standing={before.key: before} if before and known else {})
    return engine


def written(engine: Hostile) -> list[str]:
    """What the last plan took, as `what (top, left, bottom, right)`."""
    return [call.replace(" Findings", "") for call in engine.log]


def cells(engine: Hostile) -> tuple[Any, ...]:
    sheet = engine.book.sheets("Findings")
    held = {at: value for at, value in sheet.data.items() if value is not None}
    return held, {at: sheet.formats.get(at, "General") for at in held}


@pytest.mark.parametrize(
    ("next_plan", "calls"),
    [
        (ONE, []),
        (replace(ONE, puts=(replace(ONE.puts[0], content="2 to mend"),)), ["write (1, 1, 1, 1)"]),
        (plan(Deal=["Acme", "Brix", "Cord 2", "Dune"], Amount=[10.0, None, 30.0, 40.0], Open=[True, False, True, True]),
         ["write (6, 2, 6, 2)"]),
        (plan(Deal=["Acme", "Brix", "Cord", "Dune"], Amount=[11.0, None, 31.0, 41.0], Open=[True, False, True, True]),
         ["write (4, 3, 4, 3)", "write (6, 3, 7, 3)"]),
        (plan(Deal=["Acme", None, "Cord", "Dune"], Amount=[10.0, 20.0, 30.0, 40.0], Open=[1.0, False, True, True]),
         ["clear (5, 2, 5, 2)", "write (5, 3, 5, 3)", "write (4, 4, 4, 4)"]),
    ],
    ids=["nothing", "the title", "a name", "amounts", "a cell emptied, one filled, and 1 where TRUE was"],
)  # fmt: skip
def test_only_what_differs_is_written(next_plan: SheetPlan, calls: list[str]) -> None:
    assert written(put(ONE, next_plan)) == calls


def test_a_formula_is_written_where_its_text_differs_and_not_for_its_result() -> None:
    def totals(text: str, result: float) -> SheetPlan:
        return plan(Total=[Formula("SUM(PipesheetT[Amount])", result), Formula(text, 1.0), Link("Deals", "A2", "Acme")])

    one = totals("1+0", 80.0)
    assert written(put(one, totals("1+0", 81.0))) == []
    assert written(put(one, totals("2-1", 81.0))) == ["write (5, 2, 5, 2)"]


def test_a_calculated_column_is_the_programs_own_affair() -> None:
    def weighted(*results: float) -> SheetPlan:
        column = Column("Weighted", list(results), formula="PipesheetT[[#This Row],[Amount]]/2")
        return replace(ONE, tables=(replace(ONE.tables[0], columns=(*ONE.tables[0].columns[:2], column)),))

    assert written(put(weighted(5.0, 0.0, 15.0, 20.0), weighted(6.0, 0.0, 15.0, 20.0))) == []


def test_where_many_cells_of_a_column_differ_they_are_written_at_once() -> None:
    odd = [float(n) for n in range(100)]
    even = [n + n % 2 for n in odd]
    assert written(put(plan(Amount=odd), plan(Amount=even))) == ["write (5, 2, 103, 2)"]


def test_texts_stay_texts_and_afterwards_the_cells_have_their_look_again() -> None:
    engine = put(plan(Amount=[1.0, 2.0]), plan(Amount=["001", 2.0]), plan(Amount=["001", 3.0]))
    sheet = engine.book.sheets("Findings")
    assert (sheet.data[4, 2], sheet.data[5, 2]) == ("001", 3.0)
    assert {sheet.formats[4, 2], sheet.formats[5, 2]} == {"#,##0 €"}


@pytest.mark.parametrize(
    "other",
    [
        plan(Deal=["Acme"], Amount=[10.0], Open=[True]),
        plan(Deal=["Acme", "Brix", "Cord", "Dune"], Amount=[10.0, None, 30.0, 40.0]),
        plan(Name=["Acme", "Brix", "Cord", "Dune"], Amount=[10.0, None, 30.0, 40.0], Open=[True, False, True, True]),
        replace(ONE, puts=(*ONE.puts, Put(2, 1, "more"))),
        replace(ONE, puts=(replace(ONE.puts[0], style=Style(italic=True)),)),
        replace(ONE, widths={2: 30.0}),
    ],
    ids=["fewer rows", "fewer columns", "another header", "a cell more", "another look", "another width"],
)
def test_a_sheet_of_another_shape_is_put_anew(other: SheetPlan) -> None:
    assert not only_contents_differ(ONE, other)
    assert cells(put(ONE, other)) == cells(put(other))


def test_what_only_other_sheets_are_known_of_is_put_anew() -> None:
    assert len(written(put(ONE, ONE, known=False))) > 5


CONTENT: st.SearchStrategy[Content] = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=6),
    st.sampled_from(["001", "=1+1", "May 2020", "'tis", "1e5", 0.0, 1.0]),
    st.floats(-1e9, 1e9),
    st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)),
    st.builds(Formula, st.sampled_from(["1+1", "SUM(PipesheetT[Amount])"]), st.floats(0, 9)),
    st.builds(Link, st.just("Deals"), st.sampled_from(["A2", "B3"]), st.text("ab", min_size=1, max_size=3)),
)


@given(st.data())
def test_it_ends_as_if_the_second_plan_had_been_put_alone(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    column = st.lists(CONTENT, min_size=rows, max_size=rows)
    one, two = (
        plan(title=data.draw(st.text(max_size=4)), Amount=data.draw(column), Note=data.draw(column)) for _ in range(2)
    )
    assert cells(put(one, two)) == cells(put(two))
