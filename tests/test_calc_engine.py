"""The unchanged xlwings calls, on a real LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from office import app, calc

pytestmark = pytest.mark.slow
__all__ = ["app", "calc"]


@pytest.fixture
def book(app: Any) -> Any:
    return app.books.add()


@pytest.fixture
def sheet(book: Any) -> Any:
    return book.sheets[0]


def test_a_block_goes_in_and_comes_out(sheet: Any) -> None:
    rows = [
        ["Deal", 12.5, True, dt.datetime(2026, 11, 16), None],
        ["May 2020", 0.0, False, dt.datetime(2026, 1, 2, 9, 30), "001"],
    ]
    sheet.range((2, 3), (3, 7)).raw_value = rows
    assert sheet.range((2, 3), (3, 7)).raw_value == rows
    assert sheet.used_range.address == "$C$2:$G$3"


def test_a_formula_is_set_and_calculated(sheet: Any) -> None:
    sheet.range("A1").value = [[1, 2], [3, 4]]
    sheet.range("C1:C2").formula = "=SUM(A1,B1)*2"
    assert sheet.range("C1:C2").value == [6.0, 14.0]
