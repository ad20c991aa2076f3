"""Small sheets to graft, and a small workbook of a user's to graft them into."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping

import xlsxwriter

from pipesheet.sheets import (
    Chart,
    Column,
    Formula,
    Highlight,
    Link,
    Put,
    Range,
    Series,
    SheetPlan,
    Style,
    TablePlan,
)

NAMES = {"forecast": "Forecast", "deal_review": "Deal Review"}
HALF = "PipesheetDeals[[#This Row],[Amount]]/2"
_MONEY = Style(number='"€"#,##0', align="right")


def plans(
    names: Mapping[str, str] = NAMES, _: object = None, *, deals: int = 3, note: str = 'x <b> & "y"'
) -> tuple[SheetPlan, ...]:
    """Two sheets with everything a result sheet may hold; `deals` rows."""
    review = TablePlan(
        "PipesheetDeals",
        3,
        1,
        (
            Column("Deal", [f"{note} {i}" for i in range(deals)], Style(bold=True, fill="#FFEEAA"), choices=("a", "b")),
            Column("Close", [dt.date(2026, 12, 1 + i % 28) for i in range(deals)], Style(number="yyyy-mm-dd")),
            Column("Amount", [100.25 * (i + 1) for i in range(deals)], _MONEY, note="in euro"),
            Column("Half", [50.125 * (i + 1) for i in range(deals)], _MONEY, formula=HALF),
        ),
    )
    total = 100.25 * deals * (deals + 1) / 2
    sums = TablePlan(
        "PipesheetForecast",
        5,
        1,
        (
            Column("Period", ("2026-Q4", "2027-Q1"), Style(top="#112233")),
            Column("Total", (Formula("SUM(PipesheetDeals[Amount])", total), 7.0), _MONEY),
        ),
    )
    chart = Chart(
        "column",
        "Totals",
        (Series("Total", Range("forecast", 6, 1, 7, 1), Range("forecast", 6, 2, 7, 2), "#204060"),),
        10,
        1,
        400,
        300,
    )
    return (
        SheetPlan(
            "forecast", names["forecast"], tables=(sums,), charts=(chart,), repeat_rows=(5, 5), freeze=(6, 2),
            puts=(
                Put(1, 1, "Forecast", Style(size=16, bold=True)),
                Put(2, 1, Link(names["deal_review"], "A4", "deals")),
            ),
        ),
        SheetPlan(
            "deal_review", names["deal_review"], tables=(review,), widths={1: 30.0},
            highlights=(Highlight(4, 3, 3 + deals, 3, "formula", "C4>200", Style(color="#C00000")),),
        ),
    )  # fmt: skip


def users_book(*, sheets: tuple[str, ...] = ("Deals", "Notes"), protect: bool = False) -> bytes:
    """A workbook as a person might have it: styled, with a table, a chart, names and a rule."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    book.set_properties({"created": dt.datetime(2026, 1, 1)})
    for name in sheets:
        sheet = book.add_worksheet(name)
        sheet.write_row("A1", ["Deal ID", "Stage", "Amount"], book.add_format({"bold": True, "bg_color": "#DDEEFF"}))
        sheet.write_row("A2", ["D-1", "Lead", 1000.5], book.add_format({"num_format": "0.000"}))
        sheet.write_formula("C3", "=SUM(C2)", None, 1000.5)
        sheet.conditional_format(
            "C2:C9", {"type": "cell", "criteria": ">", "value": 5, "format": book.add_format({"italic": True})}
        )
    first = book.get_worksheet_by_name(sheets[0])
    assert first is not None
    first.add_table("E1:F3", {"name": "Prices"})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": [sheets[0], 1, 2, 2, 2]})
    first.insert_chart("H1", chart)
    book.define_name("Target", f"='{sheets[0]}'!$C$2")
    book.close()
    return locked(data.getvalue()) if protect else data.getvalue()


def locked(data: bytes) -> bytes:
    """The same workbook with its structure protected."""
    return swapped(data, "xl/workbook.xml", ("<bookViews>", '<workbookProtection lockStructure="1"/><bookViews>'))


def members(data: bytes) -> dict[str, bytes]:
    """Name -> inflated bytes of everything in a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as zf:
        return {i.filename: zf.read(i) for i in zf.infolist()}


def zipped(parts: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of those members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as zf:
        for name, data in parts.items():
            zf.writestr(name, data)
    return out.getvalue()


def edited(data: bytes, **changes: tuple[str, str]) -> bytes:
    """The workbook with a text replaced in the parts whose names end in the given words."""
    parts = members(data)
    for ending, (old, new) in changes.items():
        name = next(n for n in parts if n.endswith(ending.replace("__", ".")))
        assert old in parts[name].decode(), f"{old!r} is not in {name}"
        parts[name] = parts[name].decode().replace(old, new).encode()
    return zipped(parts)


def swapped(data: bytes, part: str, *swaps: tuple[str, str]) -> bytes:
    """The workbook with texts of one part replaced; each must be there."""
    parts = members(data)
    text = parts[part].decode()
    for old, new in swaps:
        assert old in text, f"{old!r} is not in {part}"
        text = text.replace(old, new)
    return zipped({**parts, part: text})


def at_once(_: float) -> None:
    """A wait that must not come to be."""
    raise AssertionError("it waited")
