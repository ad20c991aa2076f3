"""The unchanged xlwings calls, on a real LibreOffice Calc."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from office import app, calc

pytestmark = pytest.mark.slow
__all__ = ["app", "calc"]

DIV_BY_ZERO, NOT_AVAILABLE, NAME_FAULT = -2146826281, -2146826246, -2146826259
DEALS = [
    ["Deal", "Team", "Amount", "Weighted"],
    ["Acme", "North", 100, 50],
    ["Bolt", "South", 40, 10],
    ["Cog", "North", 60, 30],
]


@pytest.fixture
def book(app: Any) -> Any:
    return app.books.add()


@pytest.fixture
def sheet(book: Any) -> Any:
    return book.sheets[0]


@pytest.fixture
def deals(sheet: Any) -> Any:
    """A table of three deals in A1:D4 of the sheet Deals."""
    sheet.name = "Deals"
    sheet["A1"].value = DEALS
    return sheet.tables.add(source=sheet["A1:D4"], name="PipesheetDeals")


# -- the program and the workbooks ---------------------------------------------------------------------------------


def test_the_program_says_who_it_is(app: Any, book: Any) -> None:
    assert app.version.major >= 7
    assert app.pid > 0
    assert app.hwnd == 0
    assert app.books.active.name == book.name


def test_calculation_screen_and_status_bar_are_kept_and_put_back(app: Any, sheet: Any) -> None:
    sheet["A1"].value, sheet["B1"].formula = 1, "=A1*2"
    app.calculation = "manual"
    sheet["A1"].value = 5
    assert (app.calculation, sheet["B1"].value) == ("manual", 2)
    app.calculation = "automatic"
    app.calculate()
    assert (app.calculation, sheet["B1"].value) == ("automatic", 10)
    app.screen_updating = False
    assert app.screen_updating is False
    app.screen_updating = True
    assert app.screen_updating is True
    app.status_bar = "Reading deals"
    app.status_bar = "Writing"
    assert app.status_bar == "Writing"
    app.status_bar = False
    assert app.status_bar is False


def test_events_and_alerts_are_remembered(app: Any) -> None:
    with app.properties(enable_events=False, display_alerts=False):
        assert (app.enable_events, app.display_alerts) == (False, False)
    assert (app.enable_events, app.display_alerts) == (True, True)


def test_a_message_is_shown_and_the_answer_comes_back(app: Any, calc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []

    def no(*said: str) -> str:
        shown.append(said)
        return "no"

    monkeypatch.setattr(calc, "_show", no)
    assert app.alert("Send 3 mails?", "Pipesheet", buttons="yes_no") == "no"
    assert shown == [("Send 3 mails?", "Pipesheet", "yes_no", "info")]


def test_a_workbook_is_found_by_its_name_and_says_where_it_is(app: Any, book: Any, tmp_path: Path) -> None:
    assert book.fullname == book.name
    path = tmp_path / "Q4 = final.xlsx"
    book.sheets[0]["A1"].value = "Acme"
    book.save(path)
    assert (book.name, book.fullname) == (path.name, str(path))
    assert app.books[path.name].sheets[0]["A1"].value == "Acme"
    assert (book.api.ReadOnly, book.api.ProtectStructure) == (False, False)
    book.close()
    assert path.name not in [each.name for each in app.books]
    assert app.books.open(path).sheets[0]["A1"].value == "Acme"


def test_two_workbooks_are_not_mixed_up(app: Any) -> None:
    one, other = app.books.add(), app.books.add()
    one.sheets[0]["A1"].value, other.sheets[0]["A1"].value = "one", "other"
    one.activate()
    one.close()
    assert other.sheets[0]["A1"].value == "other"
    with pytest.raises(LookupError, match="no longer open"):
        _ = one.fullname
    with pytest.raises(LookupError, match="no longer open"):
        _ = [each.name for each in one.sheets]


# -- sheets --------------------------------------------------------------------------------------------------------


def test_sheets_are_added_named_ordered_and_deleted(book: Any) -> None:
    first = book.sheets[0]
    first.name = "Deals"
    book.sheets.add("Forecast", after=first)
    book.sheets.add("Cover", before=first)
    assert [each.name for each in book.sheets] == ["Cover", "Deals", "Forecast"]
    assert book.sheets["deals"].index == 2
    assert "Forecast" in book.sheets
    assert book.sheets.active.name == "Cover"
    book.sheets["Forecast"].activate()
    assert book.sheets.active.name == "Forecast"
    book.sheets["Cover"].delete()
    assert [each.name for each in book.sheets] == ["Deals", "Forecast"]


def test_a_sheets_name_may_hold_quotes_ampersands_and_other_letters(book: Any) -> None:
    odd = book.sheets.add("Ann's & Ωmega = 1", after=book.sheets[0])
    odd["B2"].value = 7
    other = book.sheets[0]["A1"]
    other.formula = "='Ann''s & Ωmega = 1'!B2*2"
    assert (other.value, other.formula) == (14, "='Ann''s & Ωmega = 1'!B2*2")


def test_a_sheet_is_hidden_and_shown(book: Any) -> None:
    sheet = book.sheets.add("Settings", after=book.sheets[0])
    assert sheet.visible in (True, -1)
    sheet.visible = False
    assert sheet.visible == 0
    sheet.visible = -1
    assert sheet.visible == -1


def test_a_sheet_is_dressed(book: Any) -> None:
    sheet = book.sheets.add("Forecast", after=book.sheets[0])
    sheet.show_gridlines = False
    assert (sheet.show_gridlines, book.sheets[0].show_gridlines) == (False, True)
    sheet.page_setup.print_area = "$A$1:$F$30"
    assert sheet.page_setup.print_area == "$A$1:$F$30"
    sheet.page_setup.print_area = None
    assert sheet.page_setup.print_area is None
    sheet.api.Tab.Color = 0x0000FF
    assert sheet.api.Tab.Color == 0x0000FF
    assert sheet.api.ProtectContents is False


def test_a_page_is_set_up_for_one_sheet_alone(book: Any, calc: Any) -> None:
    sheet = book.sheets.add("Forecast", after=book.sheets[0])
    page = sheet.api.PageSetup
    page.Orientation, page.Zoom, page.FitToPagesWide, page.FitToPagesTall = 2, False, 1, False
    assert (page.Orientation, page.Zoom, page.FitToPagesWide, page.FitToPagesTall) == (2, False, 1, False)
    page.PrintTitleRows = "$1:$4"
    assert page.PrintTitleRows == "$1:$4"
    assert book.sheets[0].api.PageSetup.Orientation == 1
    document = calc._document(book.impl.id)
    style = document.StyleFamilies.getByName("PageStyles").getByName(document.Sheets.getByName("Forecast").PageStyle)
    assert style.Width > style.Height


def test_panes_are_frozen_where_the_sheet_is_not_in_front(book: Any, calc: Any) -> None:
    sheet = book.sheets.add("Forecast", after=book.sheets[0])
    book.sheets[0].activate()
    sheet.freeze_panes.freeze_at("1:4")
    assert book.sheets.active.name == book.sheets[0].name
    sheet.activate()
    assert book.sheets.active.name == "Forecast"
    view = calc._view(book.impl.id)
    assert (view.hasFrozenPanes(), view.SplitRow, view.SplitColumn) == (True, 4, 0)
    sheet.freeze_panes.unfreeze()
    assert not view.hasFrozenPanes()


def test_a_sheet_is_emptied(sheet: Any) -> None:
    sheet["B2"].value = 5
    sheet["B2"].color = (255, 0, 0)
    sheet["B2:C2"].merge()
    sheet.clear_contents()
    assert (sheet["B2"].value, sheet["B2"].color) == (None, (255, 0, 0))
    sheet.clear()
    assert (sheet["B2"].color, sheet["B2"].merge_cells) == (None, False)


# -- values --------------------------------------------------------------------------------------------------------


def test_a_block_goes_in_and_comes_out(sheet: Any) -> None:
    rows: list[list[Any]] = [
        ["Deal", 12.5, True, dt.datetime(2026, 11, 16), None],
        ["May 2020", 0.0, False, dt.datetime(2026, 1, 2, 9, 30), "001"],
        [None, -1.5, None, None, "x"],
    ]
    # The first apostrophe is Excel's sign that a text follows, and no part of it.
    sheet.range((2, 3), (4, 7)).raw_value = [*rows[:2], [*rows[2][:4], "'x"]]
    assert sheet.range((2, 3), (4, 7)).raw_value == rows
    assert sheet.used_range.address == "$C$2:$G$4"
    assert sheet.range((2, 3)).raw_value == "Deal"


def test_a_value_may_be_one_a_row_or_a_block(sheet: Any) -> None:
    sheet["A1"].value = [1, 2, 3]
    sheet["A2:C2"].value = "x"
    sheet["A3"].value = [[1], [2]]
    assert sheet["A1:C4"].value == [[1, 2, 3], ["x", "x", "x"], [1, None, None], [2, None, None]]
    sheet["A1:C4"].clear_contents()
    assert sheet["A1:C4"].value == [[None] * 3] * 4


def test_texts_that_begin_like_a_formula_stay_texts_where_the_format_says_text(sheet: Any) -> None:
    sheet["A1:B1"].number_format = "@"
    sheet["A1"].value = [["=1+1", "001"], ["=1+1", "001"]]
    assert sheet["A1:B1"].raw_value == [["=1+1", "001"]]
    assert sheet["A2"].raw_value == 2
    assert sheet["A1"].formula == "=1+1"
    sheet["A1:A3"].formula = "=2+2"
    assert sheet["A1:A3"].value == ["=2+2", 4, 4]


@pytest.mark.parametrize(
    ("formula", "code"), [("=1/0", DIV_BY_ZERO), ("=NA()", NOT_AVAILABLE), ("=FOO(1)", NAME_FAULT)]
)
def test_an_error_has_the_number_that_excel_gives(sheet: Any, formula: str, code: int) -> None:
    sheet["A1"].value = [["x", 1]]
    sheet["B1"].formula = formula
    assert sheet["A1:B1"].raw_value == [["x", code]]


def test_an_empty_text_of_a_formula_is_not_an_empty_cell(sheet: Any) -> None:
    sheet["A1"].formula = '=""'
    assert sheet["A1:A2"].raw_value == [[""], [None]]


def test_a_number_beyond_all_days_stays_one(sheet: Any) -> None:
    sheet["A1"].raw_value = 1e12
    sheet["A1"].number_format = "yyyy-mm-dd"
    assert sheet["A1"].raw_value == 1e12


def test_a_number_is_a_date_where_it_is_shown_as_one(sheet: Any) -> None:
    sheet["A1"].value = [[46000, 46000, 0.5]]
    sheet["B1"].number_format = "yyyy-mm-dd"
    sheet["C1"].number_format = "hh:mm"
    assert sheet["A1:C1"].raw_value == [[46000, dt.datetime(2025, 12, 9), 0.5]]
    sheet["B1"].value = dt.date(2026, 1, 31)
    assert (sheet["B1"].number_format.lower(), sheet["B1"].value) == ("yyyy-mm-dd", dt.datetime(2026, 1, 31))


@pytest.mark.parametrize(
    "code", ["General", "@", "#,##0", '#,##0.0,,"M"', "0.0%", "yyyy-mm-dd", '[Red]-0;0;"–"', "€ #,##0"]
)
def test_a_number_format_comes_back_as_it_was_given(sheet: Any, code: str) -> None:
    sheet["A1:B2"].number_format = code
    assert sheet["A1:B2"].number_format.lower() == code.lower()
    sheet["B1"].number_format = "0.000"
    assert sheet["A1:B2"].number_format is None


def test_ten_thousand_rows_go_in_and_out(sheet: Any) -> None:
    day = dt.datetime(2026, 11, 16)
    rows: list[list[Any]] = [[f"Deal {n}", n / 4, day, None, n % 2 == 0] * 5 for n in range(10_000)]
    block = sheet.range((2, 1), (10_001, 25))
    block.raw_value = rows
    assert block.raw_value == rows


# -- formulas ------------------------------------------------------------------------------------------------------


def test_a_formula_fills_a_block_as_if_copied_and_leaves_its_formats(sheet: Any) -> None:
    sheet["A1"].value = [[1, 2], [3, 4], [5, 6]]
    sheet["D2"].color = (0, 255, 0)
    sheet["D3"].number_format = "0.00"
    sheet["D1:E3"].formula = '=SUM($A1,A1)&"A1"'
    assert sheet["D1:E3"].formula == (
        ('=SUM($A1,A1)&"A1"', '=SUM($A1,B1)&"A1"'),
        ('=SUM($A2,A2)&"A1"', '=SUM($A2,B2)&"A1"'),
        ('=SUM($A3,A3)&"A1"', '=SUM($A3,B3)&"A1"'),
    )
    assert sheet["D1:E3"].value == [["2A1", "3A1"], ["6A1", "7A1"], ["10A1", "11A1"]]
    assert [sheet[cell].color for cell in ("D1", "D2", "D3", "E2")] == [None, (0, 255, 0), None, None]
    assert sheet["D3"].number_format == "0.00"


def test_a_block_of_formulas_and_constants(sheet: Any) -> None:
    sheet["A1:C1"].formula = [["=1+1", "x", 2.5]]
    assert sheet["A1:C1"].value == [2, "x", 2.5]
    assert sheet["A1:C1"].formula == (("=1+1", "x", "2.5"),)


FORMULAS = {
    "=SUM(PipesheetDeals[Amount])": 200,
    '=SUMIFS(PipesheetDeals[Weighted],PipesheetDeals[Team],"North")': 80,
    "=SUMIFS(PipesheetDeals[Weighted],PipesheetDeals[Team],PipesheetDeals[[#This Row],[Team]])": 80,
    "=PipesheetDeals[[#This Row],[Amount]]*2": 200,
    "=COLUMNS(PipesheetDeals[[Team]:[Weighted]])": 3,
    "=ROWS(PipesheetDeals[[#All],[Deal]])": 4,
    "=ROWS(PipesheetDeals[])": 3,
    "=IF(AND(TRUE(),1<2),\"a,b\",'Deals'!$A$1)": "a,b",
    "=SUM({1,2;3,4})": 10,
    "=DAY(EOMONTH(DATE(2026,2,5),0))": 28,
    "=INDEX(Deals!$A$2:$D$4,2,1)": "Bolt",
    "=SUM(Deals!C:C)": 200,
    "=IFERROR(1/0,-1)": -1,
    '=COUNTIFS(PipesheetDeals[Team],"<>North",PipesheetDeals[Amount],">="&10)': 1,
}  # fmt: skip


@pytest.mark.parametrize(("formula", "value"), FORMULAS.items())
def test_excels_own_words_are_calculated_and_come_back(deals: Any, formula: str, value: Any) -> None:
    cell = deals.parent["F2"]
    cell.formula = formula
    assert cell.value == value
    back = cell.formula
    assert back.replace("Deals!", "'Deals'!").replace("''", "'") == formula.replace("Deals!", "'Deals'!").replace(
        "''", "'"
    )


@pytest.mark.parametrize(
    ("formula", "value"),
    [("=ROWS(PipesheetDeals[#All])", 4), ("=PipesheetDeals[@Team]", "North"), ("=PipesheetDeals[@[Team]]", "North"),
     ("=IF(TRUE,1,2)", 1), ('=_xlfn.CONCAT("a","b")', "ab"), ("=SUM(Deals!C2:C4 Deals!C3:C9)", 100)],
)  # fmt: skip
def test_excels_short_forms_compute_the_same_when_set_again(deals: Any, formula: str, value: Any) -> None:
    cell = deals.parent["F2"]
    cell.formula = formula
    assert cell.value == value
    cell.formula = cell.formula
    assert cell.value == value


def test_a_formula_of_another_sheet_follows_the_table(book: Any, deals: Any) -> None:
    total = book.sheets.add("Forecast", after=deals.parent)["B2"]
    total.formula = "=SUM(PipesheetDeals[Amount])"
    deals.parent["A5"].value = ["Dyn", "South", 1000, 1]
    assert total.value == 200
    deals.resize(deals.parent["A1:D5"])
    assert total.value == 1200


def test_a_whole_column_of_ten_thousand_rows_is_filled_at_once(sheet: Any) -> None:
    sheet["A1"].value = [["Amount", "Share"]] + [[float(n), 0.5] for n in range(10_000)]
    sheet.tables.add(source=sheet.range((1, 1), (10_001, 2)), name="Big")
    column = sheet.range((2, 3), (10_001, 3))
    column.formula = "=Big[[#This Row],[Amount]]*Big[[#This Row],[Share]]"
    assert column.value == [n / 2 for n in range(10_000)]


# -- how cells look ------------------------------------------------------------------------------------------------


def test_letters_fill_and_alignment(sheet: Any) -> None:
    cells = sheet["B2:C3"]
    cells.font.set(bold=True, italic=True, size=14, color="#0a141e", name="Calibri")
    font = cells.font
    assert (font.bold, font.italic, font.size, font.color, font.name) == (True, True, 14, (10, 20, 30), "Calibri")
    cells.color = (1, 2, 3)
    cells.wrap_text, cells.horizontal_alignment, cells.vertical_alignment = True, "center", "top"
    assert (cells.color, cells.wrap_text) == ((1, 2, 3), True)
    assert (cells.horizontal_alignment, cells.vertical_alignment) == ("center", "top")
    sheet["B2"].font.bold = False
    assert cells.font.bold is None
    cells.color = None
    assert cells.color is None
    cells.clear_formats()
    assert cells.font.bold is False
    assert cells.horizontal_alignment == "general"


def test_an_indent_is_added_and_taken(sheet: Any) -> None:
    sheet["A1"].adjust_indent(2)
    sheet["A1"].adjust_indent(-1)
    assert sheet["A1"].impl.get("ParaIndent") == 353


def test_borders_are_drawn_where_they_belong(sheet: Any) -> None:
    cells = sheet["B2:D4"]
    cells.borders.set("edge_bottom", line_style="continuous", weight="medium", color=(9, 8, 7))
    bottom = cells.borders["edge_bottom"]
    assert (bottom.line_style, bottom.weight, bottom.color) == ("continuous", "medium", (9, 8, 7))
    assert cells.borders["edge_top"].line_style == "none"
    assert sheet["B3"].borders["edge_bottom"].line_style == "none"
    cells.borders.set("inside_horizontal", weight="hairline")
    assert sheet["C2"].borders["edge_bottom"].weight == "hairline"
    assert cells.borders["edge_bottom"].weight == "medium"
    assert sheet["C2"].borders["edge_top"].line_style == "none"
    cells.borders.clear()
    assert cells.borders["edge_bottom"].line_style == "none"


def test_rows_are_measured_when_the_window_goes_on_but_for_those_of_a_set_height(app: Any, sheet: Any) -> None:
    usual = sheet["A9"].row_height
    app.screen_updating = False
    sheet["A1:A3"].raw_value = [["a text that is far too long for one line"], ["short"], ["another that is too long"]]
    sheet["A1:A3"].wrap_text = True
    sheet["A3"].row_height = 40
    assert sheet["A1"].row_height == usual
    app.screen_updating = True
    assert sheet["A1"].row_height > 2 * usual
    assert (sheet["A2"].row_height, sheet["A3"].row_height) == (usual, pytest.approx(40, abs=0.1))


def test_nothing_done_while_the_window_stands_still_is_part_of_the_persons_undo_list(
    app: Any, calc: Any, sheet: Any
) -> None:
    history = calc._document(sheet.book.impl.id).UndoManager
    sheet["B9"].raw_value = "typed"
    before = history.getAllUndoActionTitles()
    app.screen_updating = False
    sheet["A1"].raw_value = "a text that is far too long for one line"
    sheet["A1"].wrap_text = True
    app.screen_updating = True
    assert sheet["A1"].row_height > 2 * sheet["A9"].row_height
    assert history.getAllUndoActionTitles() == before


def test_rows_are_measured_before_there_are_formulas_in_them(app: Any, sheet: Any) -> None:
    """Or each formula would have to be calculated first."""
    usual = sheet["A9"].row_height
    app.screen_updating = False
    sheet["A1"].raw_value = "a text that is far too long for one line"
    sheet["A1"].wrap_text = True
    sheet["B5"].formula = "=1+1"
    assert sheet["A1"].row_height > 2 * usual
    app.screen_updating = True


def test_widths_are_in_characters_and_heights_in_points(sheet: Any) -> None:
    sheet["B:C"].column_width = 20
    assert sheet["C1"].column_width == pytest.approx(20, abs=0.1)
    assert sheet["C1"].width == pytest.approx(20 * sheet.book.impl.digit * 72 / 2540 + 5 * 0.75, abs=0.5)
    sheet["A2:A3"].row_height = 30
    assert (sheet["A2"].row_height, sheet["A2"].height) == pytest.approx((30, 30), abs=0.1)
    assert sheet["B3"].top == pytest.approx(sheet["B1"].height + 30, abs=0.2)
    assert sheet["C1"].left == pytest.approx(sheet["A1"].width + sheet["B1"].width, abs=0.2)
    sheet["B1"].value = "a long text that needs more than twenty characters"
    sheet["B1"].columns.autofit()
    assert sheet["B1"].column_width > 25


def test_cells_are_merged_and_taken_apart(sheet: Any) -> None:
    sheet["A1:C1"].merge()
    assert (sheet["A1"].merge_cells, sheet["A2"].merge_cells) == (True, False)
    sheet["A1:C1"].unmerge()
    assert sheet["A1"].merge_cells is False


def test_rows_and_columns_are_hidden(sheet: Any) -> None:
    sheet["B:B"].columns.hidden = True
    assert (sheet["B1"].columns.hidden, sheet["C1"].columns.hidden) == (True, False)
    sheet["3:4"].rows.hidden = True
    assert (sheet["A3"].rows.hidden, sheet["A5"].rows.hidden) == (True, False)


# -- rules, links, names -------------------------------------------------------------------------------------------


def test_a_list_to_choose_from_with_a_message(sheet: Any) -> None:
    rule = sheet["B2:B5"].data_validation
    assert rule.type == "none"
    rule.set_list(["Won", "Lost", "It's open"])
    rule.api.InputTitle, rule.api.InputMessage = "Outcome", "Choose one."
    again = sheet["B3"].data_validation
    assert (again.type, again.source, again.in_cell_dropdown) == ("list", "Won,Lost,It's open", True)
    assert (again.input_title, again.input_message, again.show_input) == ("Outcome", "Choose one.", True)
    assert sheet["B6"].data_validation.type == "none"
    rule.set_list(sheet["D1:D3"])
    assert rule.source.replace("'", "").endswith(f"{sheet.name}!$D$1:$D$3")
    rule.delete()
    assert rule.type == "none"


def test_formats_by_a_condition(sheet: Any) -> None:
    cells = sheet["B2:B9"]
    cells.conditional_formats.add_custom('=AND($A2="late",B2>0)', fill_color="#ffc7ce", font_bold=True)
    sheet["C2:C9"].conditional_formats.add_data_bar((99, 142, 198), gradient=False)
    assert [rule.type for rule in cells.conditional_formats] == ["custom"]
    assert cells.conditional_formats[0].formula == '=AND($A2="late",B2>0)'
    assert [rule.type for rule in sheet["C2"].conditional_formats] == ["data_bar"]
    cells.conditional_formats.clear()
    assert (len(cells.conditional_formats), len(sheet["C2"].conditional_formats)) == (0, 1)


@pytest.mark.filterwarnings("ignore:.*extension is not supported")
def test_rules_reach_the_saved_workbook_as_excel_has_them(book: Any, sheet: Any, tmp_path: Path) -> None:
    sheet["B2:B4"].font.size = 9
    sheet["B2:B4"].conditional_formats.add_custom('=AND($A2="late",B2>0)', fill_color="#ffc7ce")
    sheet["C2:C4"].conditional_formats.add_data_bar("#63be7b", minimum=0)
    book.save(tmp_path / "rules.xlsx")
    saved = openpyxl.load_workbook(tmp_path / "rules.xlsx").worksheets[0].conditional_formatting
    found = {str(each.sqref): rule for each in saved for rule in each.rules}
    assert (found["B2:B4"].type, found["B2:B4"].formula) == ("expression", ['AND($A2="late",B2>0)'])
    assert found["B2:B4"].dxf.font.sz == 9, "a rule that says nothing of the size leaves it as it is"
    assert [(end.type, end.val) for end in found["C2:C4"].dataBar.cfvo] == [("num", 0), ("max", 0)]


def test_rules_on_the_same_cells_stand_beside_each_other(sheet: Any) -> None:
    sheet["B2:B9"].conditional_formats.add_data_bar("#63be7b")
    sheet["B2:B9"].conditional_formats.add_custom("=B2>5", fill_color="#ffc7ce")
    sheet["B2:B9"].conditional_formats.add_custom("=B2<1", font_color="#c00000")
    sheet["B4"].conditional_formats.add_custom("=B4=3", font_bold=True)
    formulas = {rule.formula for rule in sheet["B2:B3"].conditional_formats if rule.type == "custom"}
    assert formulas == {"=B2>5", "=B2<1"}
    assert [rule.type for rule in sheet["B2:B3"].conditional_formats].count("data_bar") == 1
    assert "=B4=3" in [rule.formula for rule in sheet["B4"].conditional_formats if rule.type == "custom"]
    sheet["B2:B9"].conditional_formats.clear()
    assert len(sheet["B2:B9"].conditional_formats) == 0


def test_a_link_leads_to_a_cell(sheet: Any) -> None:
    sheet.name = "Deals"
    sheet["A1"].add_hyperlink("#'Deals'!K7", "Acme")
    assert (sheet["A1"].value, sheet["A1"].hyperlink) == ("Acme", "#'Deals'!K7")
    sheet["A2"].add_hyperlink("https://example.org/a.B1", "site")
    assert sheet["A2"].hyperlink == "https://example.org/a.B1"


def test_names_are_defined_read_and_deleted(book: Any, sheet: Any) -> None:
    sheet.name = "My deals"
    book.names.add("PipesheetTotal", "='My deals'!$B$2:$B$9")
    book.names.add("Rate", "=0.5")
    assert {name.name: name.refers_to for name in book.names} == {
        "PipesheetTotal": "='My deals'!$B$2:$B$9", "Rate": "=0.5",
    }  # fmt: skip
    assert book.names["PipesheetTotal"].refers_to_range.address == "$B$2:$B$9"
    assert sheet["PipesheetTotal"].address == "$B$2:$B$9"
    sheet["A1"].formula = "=Rate*4"
    assert sheet["A1"].value == 2
    book.names["Rate"].delete()
    assert "Rate" not in book.names


# -- where cells are -----------------------------------------------------------------------------------------------


def test_addresses_and_shapes(sheet: Any) -> None:
    cells = sheet.range((2, 3), (4, 5))
    assert (cells.address, cells.shape, cells.row, cells.column) == ("$C$2:$E$4", (3, 3), 2, 3)
    assert cells.get_address(False, False) == "C2:E4"
    assert [cell.address for cell in cells[1]] == ["$D$2"]
    assert cells[-1, -1].address == "$E$4"
    assert cells.offset(1, 1).resize(1, 2).address == "$D$3:$E$3"
    assert sheet["AA10:AB11"].address == "$AA$10:$AB$11"


def test_the_selection_is_read_and_set(app: Any, book: Any) -> None:
    other = book.sheets.add("Forecast", after=book.sheets[0])
    book.sheets[0]["B2:C4"].select()
    assert (book.sheets.active.name, app.selection.address) == (book.sheets[0].name, "$B$2:$C$4")
    other["A7"].select()
    assert (book.selection.sheet.name, book.selection.address) == ("Forecast", "$A$7")


def test_blocks_are_copied_and_moved_with_what_leads_to_them(book: Any, sheet: Any) -> None:
    other = book.sheets.add("Forecast", after=sheet)
    sheet["A1"].value = [[1, 2]]
    sheet["A2"].formula = "=A1*10"
    sheet["A1:B1"].copy(other["C3"])
    assert other["C3:D3"].value == [1, 2]
    sheet["A1:B1"].move(sheet["D1"])
    assert (sheet["A1:B1"].value, sheet["D1:E1"].value) == ([None, None], [1, 2])
    assert (sheet["A2"].formula, sheet["A2"].value) == ("=D1*10", 10)


def test_the_end_and_the_region_of_a_block(sheet: Any) -> None:
    sheet["B2"].value = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert sheet["B2"].end("down").address == "$B$4"
    assert sheet["D4"].end("left").address == "$B$4"
    assert sheet["B4"].end("down").row == 1048576
    assert sheet["B2"].expand().address == "$B$2:$D$4"
    assert sheet["C3"].current_region.address == "$B$2:$D$4"


# -- tables --------------------------------------------------------------------------------------------------------


def test_a_table_is_made_read_resized_and_taken_apart(deals: Any) -> None:
    sheet = deals.parent
    assert [table.name for table in sheet.tables] == ["PipesheetDeals"]
    table = sheet.tables["PipesheetDeals"]
    assert (table.range.address, table.header_row_range.address) == ("$A$1:$D$4", "$A$1:$D$1")
    assert (table.data_body_range.address, table.show_autofilter, table.show_headers) == ("$A$2:$D$4", True, True)
    table.show_autofilter = False
    assert sheet.tables[0].show_autofilter is False
    table.resize(sheet["A1:D9"])
    assert sheet.tables[0].range.address == "$A$1:$D$9"
    assert sheet["C2"].table.name == "PipesheetDeals"
    assert sheet["PipesheetDeals"].address == "$A$1:$D$9"
    table.name = "PipesheetOther"
    assert "PipesheetOther" in sheet.tables
    sheet.tables[0].api.Unlist()
    assert (len(sheet.tables), sheet["A2"].value) == (0, "Acme")


def test_a_sheet_takes_its_tables_along(book: Any, deals: Any) -> None:
    book.sheets.add("Forecast", after=deals.parent)
    deals.parent.delete()
    again = book.sheets[0]
    again["A1"].value = DEALS
    assert again.tables.add(source=again["A1:D4"], name="PipesheetDeals").range.address == "$A$1:$D$4"


def test_a_table_comes_back_from_a_saved_workbook(app: Any, book: Any, deals: Any, tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    deals.parent["F2"].formula = "=SUM(PipesheetDeals[Amount])"
    book.save(path)
    book.close()
    again = app.books.open(path).sheets["Deals"]
    assert [(table.name, table.range.address) for table in again.tables] == [("PipesheetDeals", "$A$1:$D$4")]
    assert (again["F2"].value, again["F2"].formula) == (200, "=SUM(PipesheetDeals[Amount])")


# -- charts --------------------------------------------------------------------------------------------------------


def test_a_chart_of_a_block(deals: Any) -> None:
    sheet = deals.parent
    chart = sheet.charts.add(left=100, top=50, width=300, height=200)
    chart.name = "Pipesheet amounts"
    chart.chart_type = "column_clustered"
    chart.set_source_data(sheet["A1:A4,C1:D4"], plot_by="columns")
    chart.title = "Where it is"
    assert [each.name for each in sheet.charts] == ["Pipesheet amounts"]
    again = sheet.charts["Pipesheet amounts"]
    assert (again.chart_type, again.title) == ("column_clustered", "Where it is")
    assert [series.name for series in again.series] == ["Amount", "Weighted"]
    assert (again.left, again.top, again.width, again.height) == pytest.approx((100, 50, 300, 200), abs=0.5)
    again.title = None
    assert again.title is None
    again.delete()
    assert len(sheet.charts) == 0


@pytest.mark.parametrize("kind", ["column_stacked", "column_clustered", "bar_clustered", "bar_stacked", "line"])
def test_a_chart_is_of_its_kind_whenever_that_is_said(deals: Any, kind: str) -> None:
    sheet = deals.parent
    before = sheet.charts.add(chart_type=kind, source=sheet["A1:A4,C1:D4"], plot_by="columns")
    after = sheet.charts.add(source=sheet["A1:A4,C1:D4"], plot_by="columns")
    after.chart_type = kind
    assert (before.chart_type, after.chart_type) == (kind, kind)


def test_series_have_their_own_look(deals: Any) -> None:
    sheet = deals.parent
    chart = sheet.charts.add(chart_type="column_stacked", source=sheet["C1:D4"], plot_by="columns")
    chart.set_x_axis_values(sheet["A2:A4"])
    chart.series[0].set(fill_color=(10, 20, 30), name="Sum")
    chart.series[1].set(chart_type="line_markers", line_color="#c00000")
    chart.series[1].set(marker_style="diamond", marker_size=9, marker_background_color=(1, 2, 3))
    first, second = chart.series
    assert (first.name, first.fill_color, first.chart_type) == ("Sum", (10, 20, 30), "column_stacked")
    assert (second.chart_type, second.line_color) == ("line_markers", (192, 0, 0))
    assert (second.marker_style, second.marker_size, second.marker_background_color) == ("diamond", 9, (1, 2, 3))


def test_legend_and_axes(deals: Any) -> None:
    chart = deals.parent.charts.add(chart_type="bar_clustered", source=deals.parent["A1:A4,C1:C4"], plot_by="columns")
    chart.legend.position = "bottom"
    assert (chart.legend.visible, chart.legend.position) == (True, "bottom")
    chart.legend.visible = False
    assert (chart.legend.visible, chart.legend.position) == (False, None)
    chart.category_axis.reverse_order = True
    chart.value_axis.set(number_format='#,##0,"K"', visible=False, minimum_scale=0)
    assert (chart.category_axis.reverse_order, chart.value_axis.reverse_order) == (True, False)
    assert (chart.value_axis.number_format, chart.value_axis.visible) == ('#,##0,"K"', False)
    assert (chart.value_axis.minimum_scale, chart.category_axis.visible) == (0, True)
