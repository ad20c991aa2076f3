"""The manager's own Dashboard: formulas with their values, conditional formats and a chart.

Every formula is written together with what Excel computes for it from the rows as they stand in the
sheet: a text date is no date, an owner with two spaces at the end is somebody else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from story.drawn import Cell, Row, table
from story.looks import DATE, GREY, MIST, MONEY, NAVY, PALE_GREEN, PALE_SAND, RED, SAND, SHARE, TEAL, Looks, heading

AS_OF = dt.date(2026, 11, 16)
FIRST_DAY, LAST_DAY = dt.date(2026, 10, 1), dt.date(2026, 12, 31)
STAGES = ("Lead", "Qualify", "Discover", "Propose", "Negotiate")
CLOSED = ("Closed Won", "Closed Lost")
WATCHED = ("D-1066", "D-1094", "D-1084", "D-1088", "D-1083", "D-1092", "D-1075", "D-1080", "D-1091", "D-1105")
MONTHS = tuple(dt.date(2026 + m // 12, m % 12 + 1, 1) for m in range(15))
BLOCK, WATCH, BY_MONTH = 9, 29, 44
"""The lines (1-based) where the headers of the three tables stand."""


def draw(
    sheet: Worksheet,
    workbook: Workbook,
    looks: Looks,
    rows: Sequence[Row],
    lookups: Mapping[str, tuple[str, int]] | None = None,
) -> None:
    """Draws the sheet; without `lookups` (there is no Deal Review yet) their cells stay empty."""
    for column, width in enumerate((21, 12, 12, 12, 12, 12, 13, 2, 10, 3, 50, 10)):
        sheet.set_column(column, column, width)
    heading(
        sheet,
        looks,
        "Forecast call, fourth quarter 2026",
        "My own page. The grey columns on the right of the watch list come from pipesheet's tables. H. S.",
    )
    owners = [str(row[0]) for row in table("owners")[1]]
    by_stage = draw_block(sheet, looks, rows, owners)
    draw_headline(sheet, looks, rows, by_stage, last=BLOCK + len(owners) + 2)
    draw_watch(sheet, looks, rows, lookups)
    draw_months(sheet, workbook, looks, rows)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.set_tab_color(SAND)


def sum_eur(rows: Sequence[Row], wanted: Callable[[Row], bool]) -> float:
    """Σ In EUR of the rows that are wanted, as SUMIFS has it."""
    return sum((float(row["In EUR"]) for row in rows if wanted(row) and isinstance(row["In EUR"], int | float)), 0.0)


def is_date(value: Cell, *, first: dt.date = dt.date.min, last: dt.date) -> bool:
    """Whether a cell holds a real date from `first` to `last`."""
    return isinstance(value, dt.date) and first <= value <= last


def draw_headline(sheet: Worksheet, looks: Looks, rows: Sequence[Row], by_stage: Sequence[float], *, last: int) -> None:
    """Five figures across the top; `last` is the line of the block's totals."""
    chances = [row[2] for row in table("stages")[1][: len(STAGES)]]
    won = sum_eur(rows, lambda r: r["Stage"] == "Closed Won" and is_date(r["Closed"], first=FIRST_DAY, last=LAST_DAY))
    weighted = sum(a * float(p) for a, p in zip(by_stage, chances, strict=True) if isinstance(p, int | float))
    targets = [r for r in table("targets")[1] if r[0] == "2026-Q4" and r[1] is None]
    target = float(str(targets[0][2]))
    figures = (
        (
            "A",
            "A",
            "Won since October",
            '=SUMIFS(Deals[In EUR],Deals[Stage],"Closed Won",Deals[Closed],'
            '">="&DATE(2026,10,1),Deals[Closed],"<="&DATE(2026,12,31))',
            won,
        ),
        ("B", "C", "Open, due by year's end", f"=G{last}", sum(by_stage)),
        ("D", "E", "Weighted", f"=SUM(B{last + 2}:F{last + 2})", weighted),
        ("F", "G", "Target", '=SUMIFS(Targets!$C$2:$C$40,Targets!$A$2:$A$40,"2026-Q4",Targets!$B$2:$B$40,"")', target),
        ("K", "K", "Won + weighted − target", "=A6+D6-F6", won + weighted - target),
    )
    label_style = looks(font_color=GREY, font_size=9)
    style = looks(font_size=16, bold=True, font_color=NAVY, align="left", num_format='#,##0 "€"')
    for first, final, label, formula, value in figures:
        sheet.write_string(f"{first}5", label, label_style)
        if first != final:
            sheet.merge_range(f"{first}6:{final}6", "", style)
        sheet.write_formula(f"{first}6", formula, style, value)
    sheet.set_row(5, 26)
    sheet.conditional_format(
        "K6", {"type": "cell", "criteria": "<", "value": 0, "format": looks.workbook.add_format({"font_color": RED})}
    )


def draw_block(sheet: Worksheet, looks: Looks, rows: Sequence[Row], owners: Sequence[str]) -> list[float]:
    """Open amounts due by the end of the year, owner by stage, like a pivot; returns the totals by stage."""
    sheet.write_string(
        BLOCK - 2, 0, "Open and due by 31 December, in EUR", looks(bold=True, font_color=TEAL, font_size=12)
    )
    for column, name in enumerate(("Owner", *STAGES, "Total")):
        sheet.write_string(BLOCK - 1, column, name, looks.header)
    due = {
        stage: [r for r in rows if r["Stage"] == stage and is_date(r["Close date"], last=LAST_DAY)] for stage in STAGES
    }
    body, strong = (
        looks.body(MONEY + ';-#,##0;"·"', align="right"),
        looks(bold=True, num_format=MONEY, top=1, bg_color=MIST),
    )
    listed = [[sum_eur(due[stage], lambda r, o=owner: r["Owner"] == o) for stage in STAGES] for owner in owners]  # type: ignore[misc]
    totals = [sum_eur(due[stage], lambda _: True) for stage in STAGES]
    rest = [round(total - sum(line[k] for line in listed), 2) + 0.0 for k, total in enumerate(totals)]
    others, last = BLOCK + len(owners), BLOCK + len(owners) + 1
    for number, (owner, line) in enumerate(zip((*owners, "Anybody else"), (*listed, rest), strict=True), BLOCK):
        sheet.write_string(number, 0, owner, looks.body())
        for k, value in enumerate(line):
            letter = "BCDEF"[k]
            formula = (
                f"=ROUND({letter}{last + 1}-SUM({letter}{BLOCK + 1}:{letter}{others}),2)"
                if number == others
                else f"=SUMIFS(Deals[In EUR],Deals[Owner],$A{number + 1},Deals[Stage],{letter}${BLOCK},"
                'Deals[Close date],"<="&DATE(2026,12,31))'
            )
            sheet.write_formula(number, k + 1, formula, body, value)
        sheet.write_formula(number, 6, f"=SUM(B{number + 1}:F{number + 1})", body, sum(line))
    sheet.write_string(last, 0, "Total", strong)
    for k, value in enumerate(totals):
        letter = "BCDEF"[k]
        formula = f'=SUMIFS(Deals[In EUR],Deals[Stage],{letter}${BLOCK},Deals[Close date],"<="&DATE(2026,12,31))'
        sheet.write_formula(last, k + 1, formula, strong, value)
    sheet.write_formula(last, 6, f"=SUM(B{last + 1}:F{last + 1})", strong, sum(totals))
    draw_weights(sheet, looks, totals, last=last)
    sheet.conditional_format(
        BLOCK, 1, others, 5, {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#BFD9DC"}
    )
    sheet.conditional_format(BLOCK, 6, others, 6, {"type": "data_bar", "bar_color": PALE_SAND, "bar_solid": True})
    return totals


def draw_weights(sheet: Worksheet, looks: Looks, totals: Sequence[float], *, last: int) -> None:
    """Below the totals: each stage's probability, looked up, and the weighted amount."""
    quiet = looks(font_color=GREY, num_format=SHARE)
    money = looks(font_color=GREY, num_format=MONEY)
    sheet.write_string(last + 1, 0, "Probability", quiet)
    sheet.write_string(last + 2, 0, "Weighted", quiet)
    for k, (amount, stage) in enumerate(zip(totals, table("stages")[1], strict=False)):
        letter = "BCDEF"[k]
        chance = float(str(stage[2]))
        lookup = f"=INDEX(Stages!$C$4:$C$11,MATCH({letter}${BLOCK},Stages!$A$4:$A$11,0))"
        sheet.write_formula(last + 1, k + 1, lookup, quiet, chance)
        sheet.write_formula(last + 2, k + 1, f"={letter}{last + 1}*{letter}{last + 2}", money, amount * chance)


def draw_watch(
    sheet: Worksheet, looks: Looks, rows: Sequence[Row], lookups: Mapping[str, tuple[str, int]] | None
) -> None:
    """The deals the manager watches, by their IDs, with what pipesheet says of each."""
    sheet.write_string(WATCH - 2, 0, "Deals I watch", looks(bold=True, font_color=TEAL, font_size=12))
    header = {
        0: "Deal ID",
        1: "Deal",
        4: "Stage",
        5: "In EUR",
        6: "Close date",
        8: "Days left",
        10: "Next requirement",
        11: "To mend",
    }
    for column in range(12):
        sheet.write_string(WATCH - 1, column, header.get(column, ""), looks.header)
    by_id = {row["Deal ID"]: row for row in reversed(rows)}
    text, grey = looks.body(), looks.body(bg_color=MIST, text_wrap=True)
    for line, name in enumerate(WATCHED, WATCH):
        row = by_id[name]
        sheet.write_string(line, 0, name, text)
        sheet.merge_range(line, 1, line, 3, "", text)
        for column, field, style in (
            (1, "Deal", text),
            (4, "Stage", text),
            (5, "In EUR", looks.body(MONEY)),
            (6, "Close date", looks.body(DATE)),
        ):
            formula = f"=INDEX(Deals[{field}],MATCH($A{line + 1},Deals[Deal ID],0))"
            sheet.write_formula(line, column, formula, style, stored(row[field]))
        for column in (7, 9):
            sheet.write_blank(line, column, None, text)
        close = row["Close date"]
        days = (close - AS_OF).days if isinstance(close, dt.date) else 0
        sheet.write_formula(line, 8, f"=G{line + 1}-Settings!$B$5", looks.body("0"), days)
        if lookups is not None:
            wanted, faults = lookups.get(name, ("", ""))
            match = f"MATCH($A{line + 1},PipesheetDeals[Deal ID],0)"
            sheet.write_formula(
                line, 10, f'=IFERROR(INDEX(PipesheetDeals[Next requirement],{match})&"","")', grey, wanted
            )
            sheet.write_formula(
                line,
                11,
                f'=IFERROR(INDEX(PipesheetDeals[Errors],{match})+INDEX(PipesheetDeals[Warnings],{match}),"")',
                grey,
                faults,
            )
    sheet.conditional_format(
        WATCH,
        8,
        WATCH + len(WATCHED) - 1,
        8,
        {
            "type": "icon_set",
            "icon_style": "3_traffic_lights",
            "icons": [
                {"criteria": ">=", "type": "number", "value": 21},
                {"criteria": ">=", "type": "number", "value": 0},
            ],
        },
    )
    sheet.conditional_format(
        WATCH, 5, WATCH + len(WATCHED) - 1, 5, {"type": "data_bar", "bar_color": PALE_GREEN, "bar_solid": True}
    )


def stored(value: Cell) -> str | float | int:
    """A cell's value as a formula's result is stored: dates as Excel's day numbers."""
    if isinstance(value, dt.date):
        return (value - dt.date(1899, 12, 30)).days
    return value if value is not None else 0


def draw_months(sheet: Worksheet, workbook: Workbook, looks: Looks, rows: Sequence[Row]) -> None:
    """Won and open by month, and the chart of it beside the block above."""
    sheet.write_string(BY_MONTH - 2, 0, "By month, in EUR", looks(bold=True, font_color=TEAL, font_size=12))
    for column, title in enumerate(("Month", "Won", "Open")):
        sheet.write_string(BY_MONTH - 1, column, title, looks.header)
    for line, month in enumerate(MONTHS, BY_MONTH):
        following = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        last = following - dt.timedelta(days=1)
        won = sum_eur(
            rows, lambda r, m=month, e=last: r["Stage"] == "Closed Won" and is_date(r["Closed"], first=m, last=e)
        )  # type: ignore[misc]
        open_ = sum_eur(
            rows, lambda r, m=month, e=last: r["Stage"] not in CLOSED and is_date(r["Close date"], first=m, last=e)
        )  # type: ignore[misc]
        within = f'">="&$A{line + 1},Deals[{{}}],"<"&EDATE($A{line + 1},1))'
        sheet.write_datetime(line, 0, month, looks.body("mmm yyyy", align="left"))
        sheet.write_formula(
            line,
            1,
            '=SUMIFS(Deals[In EUR],Deals[Stage],"Closed Won",Deals[Closed],' + within.format("Closed"),
            looks.body(MONEY),
            won,
        )
        sheet.write_formula(
            line,
            2,
            '=SUMIFS(Deals[In EUR],Deals[Stage],"<>Closed Won",Deals[Stage],"<>Closed Lost",'
            "Deals[Close date]," + within.format("Close date"),
            looks.body(MONEY),
            open_,
        )
    end = BY_MONTH + len(MONTHS) - 1
    draw_notes(sheet, looks)
    sheet.conditional_format(BY_MONTH, 2, end, 2, {"type": "data_bar", "bar_color": PALE_SAND, "bar_solid": True})
    chart = workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column, colour in ((1, NAVY), (2, SAND)):
        chart.add_series(
            {
                "name": ["Dashboard", BY_MONTH - 1, column],
                "categories": ["Dashboard", BY_MONTH, 0, end, 0],
                "values": ["Dashboard", BY_MONTH, column, end, column],
                "fill": {"color": colour},
                "gap": 45,
            }
        )
    font = {"name": "Calibri", "size": 9, "color": GREY}
    chart.set_title(
        {
            "name": "Won and still open by month, EUR",
            "overlay": False,
            "name_font": {"name": "Calibri", "size": 12, "bold": True, "color": NAVY},
        }
    )
    chart.set_x_axis({"num_font": font, "num_format": "mmm yy", "line": {"color": "#B8C2CA"}, "date_axis": False})
    chart.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#E3E9ED"}},
            "line": {"none": True},
        }
    )
    chart.set_legend({"position": "top", "font": font})
    chart.set_chartarea({"border": {"none": True}})
    chart.set_size({"width": 560, "height": 400})
    sheet.insert_chart(BLOCK - 2, 8, chart, {"description": "Won and open amounts by month", "object_position": 2})


def draw_notes(sheet: Worksheet, looks: Looks) -> None:
    """What the manager wrote down last week."""
    sheet.write_string(BY_MONTH - 2, 4, "Notes of 9 November", looks(bold=True, font_color=TEAL, font_size=12))
    for line, (about, note) in enumerate(table("notes")[1], BY_MONTH - 1):
        sheet.write_string(line, 4, str(about or ""), looks(bold=True))
        sheet.write_string(line, 5, str(note), looks())
