"""What ``pipesheet init`` writes: empty tables with drop-downs, guidance, the guide's stages and a set of criteria."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from pipesheet.analysis import Analysis
from pipesheet.macros.launcher import macros
from pipesheet.macros.starter import BUTTONS
from story.drawn import Row, records, table
from story.first_run import VERSION, run_once
from story.looks import (
    DATE,
    GREY,
    INK,
    MIST,
    MONEY,
    NAVY,
    SAND,
    SHARE,
    STAMP,
    TEAL,
    Looks,
    heading,
    lay,
    new_workbook,
    put,
)

BLANK_DEALS = 40
TOP = 3
FORMATS = {"money": MONEY, "date": DATE, "percent": SHARE}
CHECKS = (
    "is filled,is empty,is yes,is no,=,≠,>,≥,<,≤,between,is one of,is not one of,contains,matches,within last N days,"
    "within next N days,in the future,in the past,on or before,on or after,at least N people,is a link,file exists"
)
MATCH = "MATCH(Deals[[#This Row],[Deal ID]],PipesheetDeals[Deal ID],0)"
LOOKUPS = {
    "Next requirement": f'IFERROR(INDEX(PipesheetDeals[Next requirement],{MATCH})&"","")',
    "To mend": f'IFERROR(INDEX(PipesheetDeals[Errors],{MATCH})+INDEX(PipesheetDeals[Warnings],{MATCH}),"")',
}
"""Columns of Deals that show what Deal Review says of the deal; empty where it says nothing."""


SETS = {
    "guide": "The guide's set: actions, information, people and deliverables at every stage.",
    "simple": "Six criteria to start with.",
    "meddicc": "The questions of MEDDICC, from the pain to the paper process.",
}
"""The sets of criteria a starter may have, with what is said of each over the sheet."""


BUTTON = {"width": 128, "height": 28}
CLICK = (
    "Click a button: here, beside your deals, or in the ribbon's tab Pipesheet. Once per computer, before the first "
    "click, type in a terminal:  pipesheet excel install"
)
"""The third step where there are buttons."""


def make(path: Path, criteria: str, *, buttons: bool = False) -> None:
    """Writes the starter with that set, and with result sheets that are still empty."""

    def drawn(path: Path, found: Analysis | None, _until: dt.date | None) -> None:
        raw(path, criteria, lookups=found is not None, buttons=buttons)

    run_once(drawn, path, at=STAMP)


def raw(path: Path, criteria: str, *, lookups: bool, buttons: bool) -> None:
    """Writes the workbook; Deals refers to the result tables once those will be there."""
    workbook = new_workbook(str(path), title="Sales book", subject="pipesheet starter")
    looks = Looks(workbook)
    names = ("Read me", "Deals", "Stages", "Criteria", "Waivers", "Owners", "Targets", "Rates", "Settings", "Lists")
    sheets = {name: workbook.add_worksheet(name) for name in names}
    draw_steps(sheets["Read me"], looks, buttons=buttons)
    draw_deals(sheets["Deals"], looks, criteria, lookups=lookups)
    draw_lists(sheets, looks, criteria)
    draw_settings(sheets["Settings"], looks)
    draw_checks(sheets["Lists"], looks)
    workbook.define_name("StageNames", "=Stages[Stage]")
    workbook.define_name("OwnerNames", "=Owners[Owner]")
    workbook.define_name("CheckNames", f"=Lists!$A$2:$A${CHECKS.count(',') + 2}")
    sheets["Deals"].set_tab_color(NAVY)
    sheets["Read me"].set_tab_color(SAND)
    sheets["Read me"].activate()
    if buttons:
        project = macros("", VERSION, sheets=[f"Sheet{number}" for number in range(1, len(names) + 1)])
        workbook.add_vba_project(io.BytesIO(project), is_stream=True)
        draw_buttons(sheets["Read me"], 6, 2)
        draw_buttons(sheets["Deals"], 0, 3)
    workbook.close()


def draw_buttons(sheet: Worksheet, row: int, column: int) -> None:
    """The buttons side by side: form controls, which other programs keep."""
    for number, (caption, macro) in enumerate(BUTTONS):
        place = {"x_offset": number * (BUTTON["width"] + 8), "y_offset": 6}
        sheet.insert_button(row, column, BUTTON | place | {"caption": caption, "macro": macro})


def draw_steps(sheet: Worksheet, looks: Looks, *, buttons: bool) -> None:
    """Three steps, large enough to be read; below them, where there are buttons, a line for those."""
    heading(sheet, looks, "Your sales book", "Three steps to a forecast you can stand behind.")
    for column, width in enumerate((6, 34, 84)):
        sheet.set_column(column, column, width)
    for line, (number, title, text) in enumerate(table("starter_steps")[1], 3):
        sheet.set_row(line, 48)
        put(sheet, line, 0, number, looks(font_size=20, bold=True, font_color=TEAL, align="center", bg_color=MIST))
        put(sheet, line, 1, title, looks(font_size=12, bold=True, font_color=NAVY, bg_color=MIST, indent=1))
        put(sheet, line, 2, CLICK if buttons and number == 3 else text, looks(text_wrap=True, bg_color=MIST))
    notes = (
        "Columns in teal are filled in by pipesheet. Everything else is yours; pipesheet never changes it.",
        "Click into a header's column to see what belongs there. Drop-downs warn, but let you keep what you typed.",
        "Nothing leaves this machine.",
    )
    if buttons:
        sheet.set_row(6, 40)
    for line, note in enumerate(notes, 8):
        put(sheet, line, 1, note, looks(font_color=GREY))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)


def draw_deals(sheet: Worksheet, looks: Looks, criteria: str, *, lookups: bool) -> None:
    """The empty table of deals, its prompts and drop-downs, with the columns that set of criteria looks at."""
    heading(sheet, looks, "Deals", "One row per deal. Only Deal ID, Stage and Amount are needed.")
    fields = [f for f in records("starter_deals") if criteria in str(f["Sets"] or criteria).split(",")]
    last = TOP + BLANK_DEALS
    sheet.set_row(TOP, 30)
    columns = [_deal_column(looks, field, lookups=lookups) for field in fields]
    sheet.add_table(TOP, 0, last, len(fields) - 1, {"name": "Deals", "style": None, "columns": columns})
    for column, field in enumerate(fields):
        name = str(field["Column"])
        sheet.set_column(column, column, float(str(field["Width"])))
        style = columns[column]["format"]
        for row in range(TOP + 1, last + 1):
            if lookups and name in LOOKUPS:
                sheet.write_formula(row, column, "=" + LOOKUPS[name], style, "")  # type: ignore[arg-type]
            else:
                sheet.write_blank(row, column, None, style)  # type: ignore[arg-type]
        guide(sheet, TOP + 1, column, last + 2000, name, choices=field["Choices"], prompt=str(field["Prompt"]))
    _finish(sheet, TOP, freeze=2)


def _deal_column(looks: Looks, field: Row, *, lookups: bool) -> dict[str, object]:
    name, kind = str(field["Column"]), str(field["Format"] or "")
    column: dict[str, object] = {
        "header": name,
        "header_format": looks.header,
        "format": looks.body(FORMATS.get(kind, "")),
    }
    if kind == "ours":
        column |= {
            "header_format": looks(bold=True, font_color="#FFFFFF", bg_color=TEAL, text_wrap=True),
            "format": looks.body(font_color=TEAL, bg_color=MIST),
        }
        if lookups:
            column["formula"] = LOOKUPS[name]
    return column


def guide(
    sheet: Worksheet, row: int, column: int, last: int, title: str, *, choices: object = None, prompt: str = ""
) -> None:
    """A drop-down where there are choices, and what to type as a message when the cell is selected."""
    rule: dict[str, object] = {"validate": "any"}
    if choices:
        source = str(choices)
        rule = {
            "validate": "list",
            "source": source if source.startswith("=") else source.split(","),
            "error_type": "warning",
            "error_title": title,
            "error_message": "This is not in the list. Keep it anyway?",
        }
    if prompt:
        rule |= {"input_title": title, "input_message": prompt}
    sheet.data_validation(row, column, last, column, rule)


def draw_lists(sheets: dict[str, Worksheet], looks: Looks, criteria: str) -> None:
    """Stages, and the Criteria of that set; Waivers, Owners, Targets and Rates empty."""
    header, rows = table("starter_stages")
    _list(
        sheets["Stages"],
        looks,
        "Stages",
        "The guide's six. Change names, odds and days to yours.",
        header,
        rows,
        widths={"Stage": 16, "Aliases": 24, "Guidance": 62},
        numbers={"Probability": SHARE},
        choices={"Type": "open,won,lost", "Category": "commit,best case,pipeline,omitted,closed"},
    )
    header, rows = table(f"criteria_{criteria}")
    _list(
        sheets["Criteria"],
        looks,
        "Entry and exit criteria",
        f"{SETS[criteria]} Block: a deal has not earned the stage without it.",
        header,
        rows,
        widths={
            "Stage": 13,
            "Gate": 8,
            "Requirement": 42,
            "Field": 18,
            "Check": 18,
            "Value": 24,
            "When value": 24,
            "Severity": 10,
            "Grace days": 9,
            "Guidance": 46,
        },
        choices={
            "Stage": "=StageNames",
            "Gate": "entry,exit",
            "Kind": "action,information,people,deliverable",
            "Check": "=CheckNames",
            "When check": "=CheckNames",
            "Severity": "block,warn,info",
        },
    )
    _list(
        sheets["Waivers"],
        looks,
        "Waivers",
        "Somebody allows a deal to miss a requirement, until a date.",
        ("Deal ID", "Requirement", "Approved by", "Reason", "Expires"),
        (),
        widths={"Requirement": 42, "Approved by": 22, "Reason": 50},
        numbers={"Expires": DATE},
    )
    _list(
        sheets["Owners"],
        looks,
        "Owners",
        "Who sells, in which team.",
        ("Owner", "Team", "Manager", "Email", "Region"),
        (),
        widths={"Owner": 22, "Team": 20, "Manager": 22, "Email": 32, "Region": 16},
    )
    _list(
        sheets["Targets"],
        looks,
        "Targets",
        "A period is 2026-Q4, 2026-10 or FY26. Owner or Team blank: everybody.",
        ("Period", "Owner or Team", "Target", "Currency"),
        (),
        widths={"Owner or Team": 24},
        numbers={"Target": MONEY, "Period": "@"},
    )
    _list(
        sheets["Rates"],
        looks,
        "Rates",
        "What one unit is worth in the reporting currency; the newest on or before a date applies.",
        ("Currency", "Date", "Rate"),
        (),
        numbers={"Date": DATE, "Rate": "0.0000"},
    )


def _list(
    sheet: Worksheet,
    looks: Looks,
    title: str,
    subtitle: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    widths: dict[str, float] | None = None,
    numbers: dict[str, str] | None = None,
    choices: dict[str, str] | None = None,
) -> None:
    heading(sheet, looks, title, subtitle)
    blank = [[None] * len(header)] * 12
    lay(
        sheet,
        looks,
        header,
        rows or blank,
        top=TOP,
        widths=widths,
        numbers=numbers,
        table=sheet.get_name(),
    )
    for name, source in (choices or {}).items():
        guide(sheet, TOP + 1, header.index(name), TOP + 500, name, choices=source)


def draw_settings(sheet: Worksheet, looks: Looks) -> None:
    """Every setting with its default and what it does."""
    heading(sheet, looks, "Settings", "Delete a row, or its value, and the default applies.")
    header, rows = table("starter_settings")
    lay(
        sheet,
        looks,
        header,
        rows,
        top=TOP,
        table="Settings",
        numbers={"Value": DATE},
        widths={"Setting": 24, "Value": 26, "What it does": 84},
    )
    share = [row[0] for row in rows].index("stalled percentile") + TOP + 1
    put(sheet, share, 1, 0.8, looks.body(SHARE, align="left", font_color=INK))
    limits = {
        "date order": "day first,month first",
        "decimal mark": "comma,point",
        "week start": "Monday,Sunday,Saturday",
        "fiscal year start": "January,February,March,April,May,June,July,August,September,October,November,December",
    }
    for number, row in enumerate(rows, TOP + 1):
        if row[0] in limits:
            guide(sheet, number, 1, number, str(row[0]), choices=limits[str(row[0])])


def draw_checks(sheet: Worksheet, looks: Looks) -> None:
    """The names of the checks, hidden, for the drop-down in Criteria."""
    sheet.write_string(0, 0, "Checks", looks(bold=True))
    for number, check in enumerate(CHECKS.split(","), 1):
        sheet.write_string(number, 0, check, looks())
    sheet.hide()


def _finish(sheet: Worksheet, top: int, *, freeze: int) -> None:
    sheet.freeze_panes(top + 1, freeze)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
