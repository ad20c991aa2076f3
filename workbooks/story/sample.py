"""sample.xlsx: the book of Veldrin Cold Chain as of Monday, 16 November 2026."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from pipesheet.analysis import Analysis
from story import book, dashboard
from story.drawn import Cell, Row, table
from story.first_run import looked_up, run_once
from story.looks import DATE, MONEY, SHARE, TEAL, Looks, heading, lay, new_workbook, put

FIRST_RUN = dt.datetime(2026, 11, 9, 8, 30)
COMPANY = "Veldrin Cold Chain"
TOP = 3
"""The header of Deals stands below a title, in line 4."""
RATE_DATE = "DATE(2026,10,1)"
IN_EUR = (
    'IF(ISNUMBER({0}[Amount]]),{0}[Amount]]*IF({0}[Currency]]="EUR",1,'
    f"SUMIFS(Rates!$C$2:$C$60,Rates!$A$2:$A$60,{{0}}[Currency]],Rates!$B$2:$B$60,{RATE_DATE})),0)"
).format("Deals[[#This Row],")
BROKEN_LOOKUP = 'VLOOKUP("Discovery",Stages!$A$4:$C$11,3,FALSE)'
MONEY_COLUMNS = ("Amount", "In EUR")
DATE_COLUMNS = ("Created", "Close date", "Closed", "Next step date", "Proposal sent")
WIDTHS: dict[str, float] = {
    "Deal ID": 9,
    "Deal": 36,
    "Account": 27,
    "Owner": 18,
    "Stage": 12,
    "Currency": 9.5,
    "Amount": 12,
    "In EUR": 11,
    "Created": 11,
    "Close date": 11,
    "Closed": 11,
    "Probability": 11.5,
    "Category": 10.5,
    "Next step": 30,
    "Next step date": 11,
    "Champion": 19,
    "Economic buyer": 19,
    "Stakeholders": 34,
    "Decision criteria": 29,
    "Budget": 12,
    "Proposal sent": 11,
    "Proposal": 22,
    "Discount": 9.5,
    "Line": 10,
    "Notes": 34,
    "Contract file": 24,
}


def make(path: Path) -> None:
    """Writes the sample, with the results of a run a week before its as-of date."""
    run_once(raw, path, at=FIRST_RUN)


def raw(path: Path, found: Analysis | None = None, until: dt.date | None = None) -> None:
    """Writes the workbook as its owner kept it `until` that day, or keeps it now; its lookups show what was found."""
    workbook = new_workbook(str(path), title=f"Sales book of {COMPANY}", subject="pipesheet sample")
    looks = Looks(workbook)
    rows = book.deals(until)
    for row in rows:
        row["In EUR"] = in_eur(row)
    names = (
        "About",
        "Dashboard",
        "Deals",
        "Stages",
        "Criteria",
        "Waivers",
        "Owners",
        "Targets",
        "Rates",
        "History",
        "Settings",
    )
    sheets = {name: workbook.add_worksheet(name) for name in names}
    draw_about(sheets["About"], looks)
    dashboard.draw(sheets["Dashboard"], workbook, looks, rows, looked_up(found) if found else None)
    draw_deals(sheets["Deals"], looks, rows)
    draw_rest(sheets, looks, until)
    sheets["Dashboard"].activate()
    workbook.close()


def in_eur(row: Row) -> float:
    """What the formula of ``In EUR`` computes: the amount at this quarter's rate, 0 where it is none."""
    amount, currency = row["Amount"], row["Currency"]
    if not isinstance(amount, int | float):
        return 0.0
    rates = {line[0]: line[2] for line in table("rates")[1] if str(line[1]) == "2026-10-01"}
    rate = 1.0 if currency == "EUR" else rates.get(currency)
    return amount * rate if isinstance(rate, int | float) else 0.0


def draw_about(sheet: Worksheet, looks: Looks) -> None:
    """Who this is, what stands where, and what to try."""
    heading(sheet, looks, COMPANY, "An invented company that monitors cold rooms and refrigerated fleets across EMEA.")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 96)
    for line, (left, right) in enumerate(table("about")[1], 3):
        put(sheet, line, 0, left, looks(bold=True, font_color=TEAL, valign="top"))
        put(sheet, line, 1, right, looks(text_wrap=True, valign="top"))
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)


def draw_deals(sheet: Worksheet, looks: Looks, rows: list[Row]) -> None:
    """The sheet everything is about: an Excel table below a title, with drop-downs."""
    heading(sheet, looks, f"{COMPANY}: deals", "One row per deal. Export of Friday evening, kept up by hand since.")
    last = TOP + len(rows)
    formats = {name: looks.body(MONEY) for name in MONEY_COLUMNS}
    formats |= {name: looks.body(DATE) for name in DATE_COLUMNS}
    formats |= {
        "Discount": looks.body(SHARE),
        "Probability": looks.body(SHARE),
        "Proposal": looks.body(font_color=TEAL),
    }
    columns = []
    for name in book.COLUMNS:
        column: dict[str, object] = {
            "header": name,
            "header_format": looks.header,
            "format": formats.get(name, looks.body()),
        }
        if name == "In EUR":
            column["formula"] = IN_EUR
        columns.append(column)
    sheet.set_row(TOP, 30)
    sheet.add_table(TOP, 0, last, len(columns) - 1, {"name": "Deals", "style": None, "columns": columns})
    for number, row in enumerate(rows, TOP + 1):
        for column_number, name in enumerate(book.COLUMNS):
            style = formats.get(name, looks.body())
            draw_cell(sheet, looks, number, column_number, name, row[name], style)
    for number, name in enumerate(book.COLUMNS):
        sheet.set_column(number, number, WIDTHS.get(name, 13))
    draw_choices(sheet, last)
    sheet.freeze_panes(TOP + 1, 2)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(2, 0)
    sheet.repeat_rows(TOP)
    sheet.repeat_columns(0, 1)


def draw_cell(sheet: Worksheet, looks: Looks, row: int, column: int, name: str, value: Cell, style: object) -> None:
    """One cell of a deal; a share above 1 is shown as it was typed, and one lookup is broken."""
    if name == "In EUR":
        sheet.write_formula(row, column, f"={IN_EUR}", style, value)
    elif value == "#N/A":
        sheet.write_formula(row, column, f"={BROKEN_LOOKUP}", style, "#N/A")
    elif name == "Probability" and isinstance(value, int | float) and value > 1:
        put(sheet, row, column, value, looks.body("0"))
    else:
        put(sheet, row, column, value, style)  # type: ignore[arg-type]


def draw_choices(sheet: Worksheet, last: int) -> None:
    """Drop-downs that warn and let pass, as sheets that grew over years have them."""
    choices: dict[str, object] = {
        "Stage": "=Stages!$A$4:$A$10",
        "Owner": "=Owners!$A$4:$A$14",
        "Currency": ["EUR", "GBP", "USD"],
        "Category": ["Commit", "Best case", "Pipeline", "Omitted"],
        "Amount confirmed": ["yes", "no"],
        "Legal review": ["started", "redlines", "approved"],
        "Budget": ["range given", "confirmed"],
    }
    for name, source in choices.items():
        column = book.COLUMNS.index(name)
        sheet.data_validation(
            TOP + 1,
            column,
            last + 200,
            column,
            {
                "validate": "list",
                "source": source,
                "error_type": "warning",
                "error_title": name,
                "error_message": "This is not in the list. Keep it anyway?",
            },
        )


def draw_rest(sheets: dict[str, Worksheet], looks: Looks, until: dt.date | None) -> None:
    """Every other sheet: a title where there is one, a header, rows."""
    share = {"Probability": SHARE}
    heading(sheets["Stages"], looks, "Stages", "How we sell. Agreed with the team leads in January 2025.")
    lay(
        sheets["Stages"],
        looks,
        *table("stages"),
        top=2,
        numbers=share,
        table="Stages",
        widths={"Stage": 14, "Guidance": 66, "Aliases": 28},
    )
    heading(sheets["Criteria"], looks, "Entry and exit criteria", "What a deal must show to enter or leave a stage.")
    lay(
        sheets["Criteria"],
        looks,
        *table("criteria"),
        top=2,
        table="Criteria",
        widths={
            "Stage": 12,
            "Gate": 8,
            "Kind": 12,
            "Requirement": 42,
            "Field": 22,
            "Check": 18,
            "Value": 34,
            "When value": 24,
            "Severity": 9,
            "Grace days": 9,
            "Guidance": 48,
        },
    )
    heading(sheets["Waivers"], looks, "Waivers", "Who may miss what, until when.")
    lay(
        sheets["Waivers"],
        looks,
        *table("waivers"),
        top=2,
        numbers={"Expires": DATE},
        widths={"Requirement": 38, "Approved by": 20, "Reason": 60},
    )
    heading(sheets["Owners"], looks, "Owners")
    lay(
        sheets["Owners"],
        looks,
        *table("owners"),
        top=2,
        widths={"Owner": 20, "Team": 22, "Manager": 22, "Email": 32, "Region": 16},
    )
    header, rows = table("targets")
    lay(
        sheets["Targets"],
        looks,
        [int(h) if h.isdigit() else h for h in header],
        rows,
        numbers={"Target": MONEY, "2025": MONEY, "Agreed": DATE},
        widths={"Owner or Team": 24},
    )
    lay(sheets["Rates"], looks, *table("rates"), numbers={"Date": DATE, "Rate": "0.0000"})
    lay(
        sheets["History"],
        looks,
        book.HISTORY_COLUMNS,
        book.history(until),
        numbers={"Recorded": "dd.mm.yyyy hh:mm", "Amount": MONEY, "Close date": DATE},
        widths={"Recorded": 17, "Owner": 22},
    )
    heading(sheets["Settings"], looks, "Settings for pipesheet")
    lay(
        sheets["Settings"],
        looks,
        *table("settings"),
        top=2,
        numbers={"Value": DATE},
        widths={"Setting": 24, "Value": 40, "What it does": 66},
    )


def address(row: int, column: str) -> str:
    """The cell of a deal's column in line `row` (0-based) of Deals."""
    return str(xl_rowcol_to_cell(row, book.COLUMNS.index(column)))
