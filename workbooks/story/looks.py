"""How the shipped workbooks look: a few colours, a few formats, one way to lay a table out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

NAVY, TEAL, SAND, MIST, INK, GREY = "#17324D", "#2A7F86", "#E9B44C", "#EEF3F6", "#22303C", "#6B7A87"
RED, RULE = "#C8553D", "#D5DDE3"
PALE_SAND, PALE_GREEN = "#F4DDAE", "#C3D9CF"
FONT = "Calibri"
DATE, MONEY, SHARE = "dd.mm.yyyy", "#,##0", "0%"
STAMP = dt.datetime(2026, 11, 9, 8, 0)
"""What the files say about when they were made; fixed, so that they come out the same each time."""


class Looks:
    """The formats of one workbook, made once each."""

    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> Format:
        """The format with those XlsxWriter properties, in the workbook's font."""
        full = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"} | properties
        key = tuple(sorted(full.items()))
        if key not in self._made:
            self._made[key] = self.workbook.add_format(full)
        return self._made[key]

    @property
    def title(self) -> Format:
        return self(font_size=18, bold=True, font_color=NAVY)

    @property
    def subtitle(self) -> Format:
        return self(font_color=GREY, italic=True)

    @property
    def header(self) -> Format:
        return self(bold=True, font_color="#FFFFFF", bg_color=NAVY, text_wrap=True, bottom=1, bottom_color=NAVY)

    def body(self, number: str = "", **more: Any) -> Format:
        """A cell of a table: a hair line below, a number format."""
        more = {key: value for key, value in more.items() if value}
        if number:
            more["num_format"] = number
        return self(bottom=1, bottom_color=RULE, **more)


def new_workbook(path: str, *, title: str, subject: str) -> Workbook:
    """A workbook whose properties do not depend on when or where it is made."""
    workbook = Workbook(path, {"default_date_format": DATE, "strings_to_urls": False})
    workbook.set_properties({"title": title, "subject": subject, "author": "pipesheet", "created": STAMP})
    workbook.set_calc_mode("auto")
    return workbook


def heading(sheet: Worksheet, looks: Looks, title: str, subtitle: str = "") -> None:
    """A title in A1 and a line of explanation below it."""
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, title, looks.title)
    if subtitle:
        sheet.write_string(1, 0, subtitle, looks.subtitle)


def put(sheet: Worksheet, row: int, column: int, value: object, style: Format) -> None:
    """Writes one value as what it is; text is never taken for a formula or a link."""
    match value:
        case None:
            sheet.write_blank(row, column, None, style)
        case dt.datetime() | dt.date():
            sheet.write_datetime(row, column, value, style)
        case bool():
            sheet.write_boolean(row, column, value, style)
        case int() | float():
            sheet.write_number(row, column, value, style)
        case _:
            sheet.write_string(row, column, str(value), style)


def lay(
    sheet: Worksheet,
    looks: Looks,
    header: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    top: int = 0,
    numbers: Mapping[str, str] | None = None,
    widths: Mapping[str, float] | None = None,
    wrap: Sequence[str] = (),
    table: str = "",
) -> None:
    """Draws header and rows from line `top` (0-based), as an Excel table if it gets a name."""
    numbers, widths = numbers or {}, widths or {}
    styles = [
        looks.body(
            numbers.get(str(name), ""),
            text_wrap=str(name) in wrap,
            valign="top" if wrap else "vcenter",
            align="left" if numbers.get(str(name)) == DATE else "",
        )
        for name in header
    ]
    sheet.set_row(top, 30)
    for column, name in enumerate(header):
        sheet.set_column(column, column, widths.get(str(name), 14))
        put(sheet, top, column, name, looks.header)
    for number, row in enumerate(rows, top + 1):
        for column, value in enumerate(row):
            put(sheet, number, column, value, styles[column])
    last = top + max(len(rows), 1)
    if table:
        sheet.add_table(
            top,
            0,
            last,
            len(header) - 1,
            {
                "name": table,
                "style": None,
                "columns": [{"header": str(name), "header_format": looks.header} for name in header],
            },
        )
    else:
        sheet.autofilter(top, 0, last, len(header) - 1)
    sheet.freeze_panes(top + 1, 1)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
