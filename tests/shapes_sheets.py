"""Shapes of sheets, names and formats: their kinds, numbers, states and limits."""

from __future__ import annotations

import re

from grafting import NAMES, plans
from pipesheet.writer import grafted_file
from shapes import (
    BOOK,
    MAIN,
    MICROSOFT,
    OFFICE,
    SHEET,
    SML,
    STYLES,
    TYPES,
    WORKBOOK,
    Parts,
    Shape,
    attach,
    cut,
    list_sheet,
    parts_of_book,
    put,
    swap,
)

_EMPTY = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'


def chart_sheets(parts: Parts) -> Parts:
    """chart sheets"""
    drawing = "xl/drawings/drawing9.xml"
    text = parts["xl/drawings/drawing1.xml"].decode()
    anchor = re.sub(r"<xdr:from>.*</xdr:to>", '<xdr:pos x="0" y="0"/><xdr:ext cx="900" cy="900"/>', text)
    part = "xl/chartsheets/sheet1.xml"
    sheet = f'<chartsheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheetViews><sheetView workbookViewId="0"/></sheetViews><drawing r:id="rId1"/></chartsheet>'
    list_sheet(parts, "Chart1", attach(parts, WORKBOOK, f"{OFFICE}/chartsheet", part, sheet, f"{SML}chartsheet+xml"))
    kind = "application/vnd.openxmlformats-officedocument.drawing"
    anchor = anchor.replace("xdr:twoCellAnchor", "xdr:absoluteAnchor")
    attach(parts, part, f"{OFFICE}/drawing", drawing, anchor.partition("?>")[2].strip(), f"{kind}+xml")
    chart = parts["xl/charts/chart1.xml"].decode().partition("?>")[2].strip()
    attach(parts, drawing, f"{OFFICE}/chart", "xl/charts/chart9.xml", chart, f"{kind}ml.chart+xml")
    return parts


def dialog_sheets(parts: Parts) -> Parts:
    """dialog sheets"""
    text = f'<dialogsheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"/></sheetViews></dialogsheet>'
    number = attach(
        parts, WORKBOOK, f"{OFFICE}/dialogsheet", "xl/dialogsheets/sheet1.xml", text, f"{SML}dialogsheet+xml"
    )
    list_sheet(parts, "Dialog1", number)
    return parts


def macro_sheets(parts: Parts) -> Parts:
    """macro sheets of Excel 4, of both kinds"""
    for at, kind in ((1, "macrosheet"), (2, "intlmacrosheet")):
        name = "xlMacrosheet" if at == 1 else "xlIntlMacrosheet"
        text = f'<xm:macrosheet xmlns="{MAIN}" xmlns:xm="{MICROSOFT}/excel/2006/main"><sheetData/></xm:macrosheet>'
        number = attach(parts, WORKBOOK, f"{MICROSOFT}/2006/relationships/{name}", f"xl/macrosheets/sheet{at}.xml", text,
                        f"application/vnd.ms-excel.{kind}+xml")  # fmt: skip
        list_sheet(parts, f"Macro{at}", number, number=2 + at, state="veryHidden")
    return parts


def hidden_sheets(parts: Parts) -> Parts:
    """hidden and very hidden sheets"""
    swap(parts, WORKBOOK, 'name="Notes" sheetId="2"', 'name="Notes" sheetId="2" state="veryHidden"')
    for at, state in ((3, "hidden"), (4, "veryHidden")):
        number = attach(
            parts, WORKBOOK, f"{OFFICE}/worksheet", f"xl/worksheets/sheet{at}.xml", _EMPTY, f"{SML}worksheet+xml"
        )
        list_sheet(parts, f"Secret {at}", number, number=at, state=state)
    return parts


def sheets_255(parts: Parts) -> Parts:
    """255 sheets"""
    for at in range(3, 256):
        number = attach(
            parts, WORKBOOK, f"{OFFICE}/worksheet", f"xl/worksheets/sheet{at}.xml", _EMPTY, f"{SML}worksheet+xml"
        )
        list_sheet(parts, f"S{at}", number, number=at)
    return parts


def macro_modules(parts: Parts) -> Parts:
    """entries of the list of sheets without a part, as modules of old macros leave them"""
    list_sheet(parts, "Module1", "", state="veryHidden")
    return parts


def sheets_without_their_part(parts: Parts) -> Parts:
    """entries of the list of sheets whose relationship or part is missing"""
    list_sheet(parts, "Lost", "rId99")
    return parts


def sheet_ids_at_random(parts: Parts) -> Parts:
    """sheet ids in no order, the highest among them"""
    swap(parts, WORKBOOK, 'sheetId="1"', 'sheetId="65534"')
    return parts


def names_taken(parts: Parts) -> Parts:
    """sheets, tables and names that are called what ours would be"""
    swap(parts, WORKBOOK, 'name="Notes"', 'name="FORECAST"')
    swap(parts, "xl/tables/table1.xml", "Prices", "pipesheetdeals")
    put(parts, WORKBOOK, "</definedNames>", "<definedName name=\"PIPESHEETFORECAST\">'Deals'!$A$1</definedName>")
    return parts


def local_names(parts: Parts) -> Parts:
    """names that hold for one sheet, by its position, and Excel's own"""
    put(parts, WORKBOOK, "</definedNames>",
        '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Deals!$A$1:$C$3</definedName>'
        '<definedName name="_xlnm.Print_Area" localSheetId="1">Notes!$A$1:$C$3</definedName>'
        '<definedName name="_xlnm.Print_Titles" localSheetId="0">Deals!$A:$B,Deals!$1:$1</definedName>'
        '<definedName name="Target" localSheetId="1">Notes!$C$2</definedName>')  # fmt: skip
    return parts


def broken_names(parts: Parts) -> Parts:
    """names that are broken, doubled, empty or functions"""
    put(parts, WORKBOOK, "</definedNames>",
        '<definedName name="Gone">#REF!$A$1</definedName><definedName name="Gone">#REF!</definedName>'
        '<definedName name="Far" localSheetId="77">Deals!$A$1</definedName><definedName name="Empty"/>'
        '<definedName name="_xleta.SUM" hidden="1">#NAME?</definedName>'
        '<definedName name="Twice" function="1">LAMBDA(x,2*x)</definedName>')  # fmt: skip
    return parts


def marks_on_a_sheet_of_the_users(parts: Parts) -> Parts:
    """our marks on a sheet that is not ours"""
    put(parts, WORKBOOK, "</definedNames>",
        '<definedName name="_pipesheet_forecast" hidden="1">Notes!$A$1</definedName>'
        '<definedName name="_pipesheet_deal_review">#REF!$A$1</definedName>'
        '<definedName name="_pipesheet_forecast" localSheetId="0">Deals!$A$1</definedName>')  # fmt: skip
    return parts


def our_table_on_a_sheet_of_the_users(parts: Parts) -> Parts:
    """a table named like ours, without a mark"""
    swap(parts, "xl/tables/table1.xml", "Prices", "PipesheetForecast")
    return parts


def our_sheets_already(_: Parts) -> bytes:
    """a sheet of ours from an earlier run"""
    wanted = {"forecast": NAMES["forecast"]}
    return grafted_file(BOOK, lambda *_: plans(note="x")[:1], names=wanted, path="book.xlsx").data


def table_ids_at_random(parts: Parts) -> Parts:
    """table ids with gaps, and near the highest"""
    swap(parts, "xl/tables/table1.xml", ' id="1"', ' id="4294967000"')
    return parts


def protected_sheets(parts: Parts) -> Parts:
    """sheets that are protected"""
    put(parts, SHEET, "<conditionalFormatting", '<sheetProtection sheet="1" objects="1" scenarios="1"/>')
    return parts


def read_only_recommended(parts: Parts) -> Parts:
    """a workbook marked as final or with a password to write"""
    put(parts, WORKBOOK, "<workbookPr ", '<fileSharing readOnlyRecommended="1" userName="Mara"/>')
    return parts


def protected_windows(parts: Parts) -> Parts:
    """windows that are protected, the structure not"""
    put(parts, WORKBOOK, "<bookViews>", '<workbookProtection lockWindows="1"/>')
    return parts


def protected_structure(parts: Parts) -> Parts:
    """a structure that is protected"""
    put(parts, WORKBOOK, "<bookViews>", '<workbookProtection lockStructure="1"/>')
    return parts


def other_views(parts: Parts) -> Parts:
    """custom views, two windows, web publishing and other rare lists of the workbook part"""
    put(parts, WORKBOOK, "</bookViews>", '<workbookView xWindow="1" yWindow="1" activeTab="1" firstSheet="1"/>')
    put(parts, WORKBOOK, "</workbook>",
        '<oleSize ref="A1:B2"/><customWorkbookViews><customWorkbookView name="Mine" guid="{3E0BA61E-0E6C-4B1B-A2F6-'
        '9B6F8A5E3B11}" windowWidth="9" windowHeight="9" activeSheetId="2"/></customWorkbookViews><smartTagPr embed="1"/>'
        '<webPublishing codePage="1252"/><fileRecoveryPr repairLoad="1"/>')  # fmt: skip
    put(parts, WORKBOOK, "<definedNames>", '<functionGroups builtInGroupCount="17"/>')
    return parts


def binary_workbook(parts: Parts) -> Parts:
    """a binary workbook by another name"""
    swap(parts, TYPES, f"{SML}sheet.main+xml", "application/vnd.ms-excel.sheet.binary.macroEnabled.main")
    return parts


def _formats(parts: Parts, count: int) -> Parts:
    """That many cell formats, each of its own."""
    cut(parts, STYLES, r"(?<=<cellXfs )count=\"3\"")
    more = "".join(f'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment '
                   f'indent="{n % 250}" textRotation="{n // 250 % 180}"/></xf>' for n in range(count - 3))  # fmt: skip
    put(parts, STYLES, "</cellXfs>", more)
    return parts


def nearly_too_many_formats(parts: Parts) -> Parts:
    """a list of cell formats that is nearly full"""
    return _formats(parts, 63_900)


def too_many_formats(parts: Parts) -> Parts:
    """a list of cell formats that is full"""
    return _formats(parts, 65_489)


assert parts_of_book()[STYLES].count(b"<xf ") == 4

SHAPES: dict[str, tuple[Shape, ...]] = {
    "Sheets": (
        chart_sheets, dialog_sheets, macro_sheets, hidden_sheets, macro_modules, sheets_without_their_part,
        sheet_ids_at_random, protected_sheets, read_only_recommended, protected_windows, other_views,
    ),
    "Names, tables and marks": (
        names_taken, local_names, broken_names, table_ids_at_random, marks_on_a_sheet_of_the_users,
        our_table_on_a_sheet_of_the_users, our_sheets_already,
    ),
}  # fmt: skip
LARGE: dict[str, tuple[Shape, ...]] = {"Limits": (sheets_255, nearly_too_many_formats)}
REFUSED: dict[Shape, str] = {
    protected_structure: "its structure is protected, so no sheet can be added",
    binary_workbook: "it is a binary workbook (.xlsb), whatever its name says",
}
REFUSED_LARGE: dict[Shape, str] = {too_many_formats: "cell formats, Excel's limit"}
