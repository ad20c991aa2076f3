"""A sheet's seal in a real LibreOffice: another word after any change of its cells, the same after anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from office import calc, uno_module

__all__ = ["calc"]
pytestmark = pytest.mark.slow


class Desk:
    """A workbook with deals in A1:C5 of its first sheet, a formula in C5 that counts on the second."""

    def __init__(self, calc: Any) -> None:
        self.calc, self.uno = calc, uno_module()
        self.doc = calc.call("new")
        self.document = calc._document(self.doc)
        self.document.Sheets.insertNewByName("Notes", 1)
        self.sheet, self.notes = (self.document.Sheets.getByIndex(at) for at in (0, 1))
        rows = (("Deal", "Stage", "Amount"), ("Acme", "Won", 10.0), ("Brix", "Lost", 30.0), ("Cord", "Open", 20.0))
        self.cells("A1:C4").setDataArray(rows)
        self.cells("C5").Formula = "=$Notes.A1*2"

    def cells(self, at: str) -> Any:
        return self.sheet.getCellRangeByName(at)

    def seal(self) -> str:
        return str(self.calc.call("seal", self.doc, self.sheet.Name))

    def say(self, command: str, at: str = "", **values: Any) -> None:
        """As a menu or a key does it, with those cells marked."""
        view = self.document.CurrentController
        if at:
            view.setActiveSheet(self.sheet)
            view.select(self.cells(at))
        helper = self.calc._service("com.sun.star.frame.DispatchHelper")
        helper.executeDispatch(view.Frame, f".uno:{command}", "", 0, tuple(map(self._named, values, values.values())))

    def _named(self, name: str, value: Any) -> Any:
        made = self.uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        made.Name, made.Value = name, value
        return made


@pytest.fixture
def desk(calc: Any) -> Iterator[Desk]:
    made = Desk(calc)
    yield made
    calc.call("close", made.doc)


CHANGES: dict[str, Callable[[Desk], object]] = {
    "a text is typed": lambda d: d.say("EnterString", "A2", StringName="Acme Ltd"),
    "a number is put there by a macro": lambda d: setattr(d.cells("C2"), "Value", 11.0),
    "cells are emptied": lambda d: d.say("ClearContents", "A2:B3"),
    "something is typed below all": lambda d: d.say("EnterString", "A40", StringName="new"),
    "something is typed beside all": lambda d: d.say("EnterString", "K1", StringName="new"),
    "a row is put in": lambda d: d.say("InsertRows", "A3"),
    "a row is taken out": lambda d: d.say("DeleteRows", "A3"),
    "a column is put in": lambda d: d.say("InsertColumns", "B1"),
    "the first row is taken out": lambda d: d.say("DeleteRows", "A1"),
    "rows are sorted": lambda d: d.say("SortDescending", "A2:C4"),
    "cells are copied": lambda d: d.sheet.copyRange(d.cells("A4").CellAddress, d.cells("A2:B2").RangeAddress),
    "cells are filled down": lambda d: d.say("FillDown", "A2:A4"),
    "cells are dragged elsewhere": lambda d: d.sheet.moveRange(
        d.cells("A4").CellAddress, d.cells("A2:B2").RangeAddress
    ),
    "letters become capitals": lambda d: d.say("ChangeCaseToUpper", "A2:A4"),
    "what a formula counts on is another": lambda d: setattr(d.notes.getCellRangeByName("A1"), "Value", 21.0),
    "a table's cells are written": lambda d: d.calc.call("write", d.doc, d.sheet.Name, 2, 1, [["Acme", "Won"]]),
    "all is emptied": lambda d: d.cells("A1:C5").clearContents(1023),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_breaks_the_seal(desk: Desk, change: str) -> None:
    before = desk.seal()
    CHANGES[change](desk)
    assert desk.seal() != before


def test_so_does_taking_it_back_and_doing_it_again(desk: Desk) -> None:
    seals = [desk.seal()]
    desk.say("EnterString", "A2", StringName="Acme Ltd")
    for step in ("", "Undo", "Redo"):
        if step:
            desk.say(step)
        seals.append(desk.seal())
    assert len(set(seals)) == 4


OTHERS: dict[str, Callable[[Desk], object]] = {
    "nothing": lambda _: None,
    "reading it": lambda d: d.calc.call("read", d.doc, d.sheet.Name, 1, 1, 5, 3),
    "a look": lambda d: d.say("Bold", "A1:C1"),
    "another cell marked": lambda d: d.say("GoDown", "A1"),
    "another sheet's cell": lambda d: setattr(d.notes.getCellRangeByName("B1"), "Value", 1.0),
    "another sheet's row": lambda d: d.notes.Rows.insertByIndex(5, 1),
    "another sheet more, behind it": lambda d: d.document.Sheets.insertNewByName("More", 2),
    "all calculated": lambda d: d.document.calculate(),
}


@pytest.mark.parametrize("other", OTHERS)
def test_nothing_else_does(desk: Desk, other: str) -> None:
    before = desk.seal()
    OTHERS[other](desk)
    assert desk.seal() == before


def test_a_sheet_of_the_same_name_and_size_has_another(desk: Desk) -> None:
    before, name = desk.seal(), desk.sheet.Name
    desk.document.Sheets.copyByName(name, "Copy", 2)
    desk.document.Sheets.removeByName(name)
    desk.document.Sheets.getByName("Copy").setName(name)
    assert desk.calc.call("seal", desk.doc, name) != before


def test_a_workbook_opened_again_has_others(desk: Desk) -> None:
    other = Desk(desk.calc)
    try:
        assert desk.seal() != other.seal()
    finally:
        desk.calc.call("close", other.doc)
