"""Every shape a package may have: each gets our sheets with nothing lost, or is refused in a sentence.

A shape is a function in one of the `shapes_...` modules; its docstring is its line in the docs. The
judge (`verdict.py`) shares no code with what grafts. Two readers find our sheets; a second graft changes
nothing. The slow tests ask an outside referee, Microsoft's validator and LibreOffice.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from _pytest.mark import ParameterSet
import python_calamine

import shapes_contents
import shapes_names
import shapes_sheets
import shapes_xml
import shapes_zip
from grafting import NAMES, members, plans, zipped
from verdict import verdict
from pipesheet.errors import PipesheetError
from pipesheet.writer import grafted_file
from pipesheet.xlsx.graft import Grafted
from shapes import BOOK, RELS, STYLES, TYPES, WORKBOOK, Shape, parts_of_book
from tables import shared

FAMILIES = {
    **shapes_names.SHAPES, **shapes_xml.SHAPES, **shapes_zip.SHAPES, **shapes_contents.SHAPES, **shapes_sheets.SHAPES,
}  # fmt: skip
SMALL = {shape.__name__: shape for family in FAMILIES.values() for shape in family}
LARGE = {shape.__name__: shape for family in shapes_sheets.LARGE.values() for shape in family}
REFUSED = {
    **shapes_names.REFUSED, **shapes_xml.REFUSED, **shapes_zip.REFUSED, **shapes_contents.REFUSED,
    **shapes_sheets.REFUSED,
}  # fmt: skip

OPENPYXL_CANNOT = set(
    """
    names_in_capitals types_in_small_letters folders_of_another_maker all_in_the_root backslashes_in_targets
    backslashes_in_names leading_slashes percent_in_targets types_by_ending_only endings_in_capitals remarks
    remarks_among_entries foreign_elements strict sheets_without_their_part
    """.split()
)
"""Shapes whose own sheets a reader does not find, before anything is written; so it need not find ours."""
CALAMINE_CANNOT = set(
    """
    folders_of_another_maker workbook2 book_elsewhere book_in_the_root roundabout_targets backslashes_in_targets
    leading_slashes percent_in_targets types_by_ending_only utf_16 utf_16_big latin_1 foreign_elements macro_sheets
    macro_modules sheets_without_their_part
    """.split()
)
NOT_YET: dict[str, str] = {
    "names_in_capitals": "our sheets lie in xl/ beside XL/, so their targets go through ../, which calamine does not follow",
    "cells_of_xml_maps": "the ids of our tables are chosen without a look at single cells bound to XML maps",
}
"""Shapes of which something is not as it should be, and what."""

FORECAST = [["Forecast"], ["deals"], [], [], ["Period", "Total"], ["2026-Q4", 601.5], ["2027-Q1", 7.0]]
DEAL_REVIEW = [
    [], [],
    ["Deal", "Close", "Amount", "Half"],
    ["x 0", dt.date(2026, 12, 1), 100.25, 50.125],
    ["x 1", dt.date(2026, 12, 2), 200.5, 100.25],
    ["x 2", dt.date(2026, 12, 3), 300.75, 150.375],
]  # fmt: skip
Rows = list[list[object]]


def shaped(shape: Shape) -> bytes:
    """The file of a shape."""
    made = shape(parts_of_book())
    return made if isinstance(made, bytes) else zipped(made)


def graft(data: bytes) -> Grafted:
    return grafted_file(data, lambda names, _: plans(names, note="x"), names=NAMES, path=Path("book.xlsx"))


def by_openpyxl(data: bytes, tabs: Mapping[str, str]) -> list[Rows]:
    """The rows of our sheets as one reader finds them."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return [[_plain(row) for row in book[tab].iter_rows(values_only=True)] for tab in tabs.values()]


def by_calamine(data: bytes, tabs: Mapping[str, str]) -> list[Rows]:
    """The same by another reader, with days as the numbers they are: it does not always find the formats."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [book.get_sheet_by_name(tab).to_python(skip_empty_area=False) for tab in tabs.values()]
    return [[_plain([_number(cell) for cell in row]) for row in sheet] for sheet in sheets]


def _number(cell: object) -> object:
    return float((cell - dt.date(1899, 12, 30)).days) if isinstance(cell, dt.date) else cell


def _plain(row: Sequence[object]) -> list[object]:
    cells = [None if c == "" else c.date() if isinstance(c, dt.datetime) else c for c in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _marked(name: str) -> ParameterSet:
    why = NOT_YET.get(name)
    return pytest.param(name, marks=[pytest.mark.xfail(reason=why, strict=True)] if why else [])


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("name", [_marked(name) for name in SMALL])
def test_a_shape_gets_our_sheets_and_nothing_is_lost(name: str) -> None:
    judged(SMALL[name])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_shape_gets_our_sheets_too(name: str) -> None:
    judged(LARGE[name])


def judged(shape: Shape) -> None:
    """Grafts into a shape and looks at the result in every way there is."""
    before = shaped(shape)
    result = graft(before)
    assert verdict(before, result.data) == []
    if not excused(by_openpyxl, shape, OPENPYXL_CANNOT, before):
        assert by_openpyxl(result.data, result.sheets) == [FORECAST, DEAL_REVIEW]
    if not excused(by_calamine, shape, CALAMINE_CANNOT, before):
        rows = [[_number(cell) for cell in row] for row in DEAL_REVIEW]
        assert by_calamine(result.data, result.sheets) == [FORECAST, rows]
    assert graft(result.data).data == result.data


def excused(read: Callable[[bytes, Mapping[str, str]], list[Rows]], shape: Shape, cannot: set[str], data: bytes) -> bool:
    """Whether a reader need not find our sheets: it does not find the user's in the shape as it is."""
    try:
        found = bool(read(data, {"deals": "Deals"}))
    except Exception:  # Whatever a reader that is not ours raises.
        found = False
    assert found is (shape.__name__ not in cannot)
    return not found


@pytest.mark.parametrize("shape", REFUSED, ids=lambda s: s.__name__)
def test_a_shape_that_cannot_be_written_is_refused_in_a_sentence(shape: Shape) -> None:
    refused(shape, REFUSED[shape])


@pytest.mark.slow
@pytest.mark.parametrize("shape", shapes_sheets.REFUSED_LARGE, ids=lambda s: s.__name__)
def test_a_large_shape_that_cannot_be_written_is_refused_too(shape: Shape) -> None:
    refused(shape, shapes_sheets.REFUSED_LARGE[shape])


def refused(shape: Shape, reason: str) -> None:
    with pytest.raises(PipesheetError, match=re.escape(reason)) as caught:
        graft(shaped(shape))
    assert str(caught.value).startswith("book.xlsx ")
