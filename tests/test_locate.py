"""Which sheet is Deals, which is Stages, and where in it the header stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.errors import AmbiguousDeals, NoDeals
from pipesheet.grid import Grid, Source, Table
from pipesheet.locate import Located, locate, settings_place
from pipesheet.schema import DEALS, SHEETS
from tables import grid, source

DEALS_TABLE = """
    Deal ID | Deal | Stage | Amount | Close date
    D-1     | Pump | Lead  | 1000   | 2026-12-01
"""
RECIPES = """
    Dish | Minutes
    Soup | 40
"""


def found(book: Source, sheets: Mapping[str, str] | None = None, columns: Mapping[str, str] | None = None) -> Located:
    return locate(book, sheets or {}, columns or {})


def workbook(*grids: Grid) -> Source:
    return Source(Path("book.xlsx"), "xlsx", "0" * 64, grids)


def names(located: Located) -> dict[str, str]:
    return {"Deals": located.deals.grid.name} | {part: place.grid.name for part, place in located.parts.items()}


# Sheets ----------------------------------------------------------------------------------------------


def test_each_part_is_found_by_its_name() -> None:
    book = source(
        Deals=DEALS_TABLE,
        Stages="Stage | Probability",
        Criteria="Stage | Gate | Requirement | Field | Check",
        Waivers="Deal ID | Requirement | Expires",
        Owners="Owner | Team",
        Targets="Period | Target",
        Rates="Currency | Rate",
        History="Deal ID | Recorded | Stage",
        Settings="Setting | Value",
        Notes=RECIPES,
    )
    assert names(found(book)) == {rule.name: rule.name for rule in SHEETS}


@pytest.mark.parametrize("name", ["deals", "DEALS", " Deals ", "Opportunities", "opportunity", "Sales_pipeline",
                                  "PIPELINE", "All_deals", "Geschäfte", "My_very_own_list"])  # fmt: skip
def test_the_deals_are_found_in_any_case_by_alias_or_by_their_headers(name: str) -> None:
    assert found(source(**{name: DEALS_TABLE, "Recipes": RECIPES})).deals.grid.name == name.replace("_", " ")


def test_other_parts_are_found_by_alias_or_by_their_headers() -> None:
    book = source(
        Deals=DEALS_TABLE,
        Sales_stages="Stage Name | Win %",
        Quotas="Quarter | Sales rep | Quota",
        Our_people="Sales agent | Manager",
        OpportunityHistory="Opportunity ID | Created Date | Stage Name",
        Rules="Stage | Gate | Criterion | Column | Operator",
    )
    assert names(found(book)) == {
        "Deals": "Deals", "Stages": "Sales stages", "Targets": "Quotas", "Owners": "Our people",
        "History": "OpportunityHistory", "Criteria": "Rules",
    }  # fmt: skip


def test_the_own_name_beats_an_alias_and_an_alias_beats_headers() -> None:
    assert found(source(Pipeline=DEALS_TABLE, Deals=DEALS_TABLE, Mine=DEALS_TABLE)).deals.grid.name == "Deals"
    assert found(source(Mine=DEALS_TABLE, Pipeline=DEALS_TABLE)).deals.grid.name == "Pipeline"


def test_the_own_name_of_other_parts_beats_an_alias_too() -> None:
    book = source(Deals=DEALS_TABLE, Sales_stages="Stage | Probability", Stages="Stage | Probability")
    assert names(found(book)) == {"Deals": "Deals", "Stages": "Stages"}


def test_settings_map_a_sheet_whatever_it_is_called() -> None:
    book = source(Deals=DEALS_TABLE, Forecast_2027=DEALS_TABLE, Old="Stage | Probability", Stages="Stage | Probability")
    located = found(book, {"Deals": "forecast 2027", "Stages": " OLD "})
    assert names(located) == {"Deals": "Forecast 2027", "Stages": "Old"}


def test_a_sheet_that_settings_map_and_that_is_not_there_is_looked_for_as_usual() -> None:
    assert found(source(Deals=DEALS_TABLE), {"Deals": "Gone"}).deals.grid.name == "Deals"


def test_settings_are_found_before_anything_else_is_known() -> None:
    book = source(Deals=DEALS_TABLE, Einstellungen="Option | Wert")
    place = settings_place(book)
    assert place is not None
    assert place.grid.name == "Einstellungen"
    assert settings_place(source(Deals=DEALS_TABLE)) is None


def test_a_sheet_named_stages_without_its_columns_is_not_taken_for_it() -> None:
    assert names(found(source(Deals=DEALS_TABLE, Stages=RECIPES))) == {"Deals": "Deals"}


def test_our_own_result_sheets_are_never_taken_for_theirs() -> None:
    ours = replace(grid("Deal Review", DEALS_TABLE), tables=(Table("PipesheetDeals", 1, 1, 2, 5),))
    assert found(workbook(ours, grid("List", DEALS_TABLE))).deals.grid.name == "List"
    with pytest.raises(NoDeals):
        found(workbook(ours))


def test_a_history_is_not_taken_for_the_deals() -> None:
    history = "Deal ID | Changed at | Stage | Amount"
    assert names(found(source(Log=history, Mine=DEALS_TABLE))) == {"Deals": "Mine", "History": "Log"}


# Two candidates, or none -----------------------------------------------------------------------------


def test_two_sheets_with_equal_right_are_ambiguous_and_the_error_says_what_to_do() -> None:
    book = source(North=DEALS_TABLE, South=DEALS_TABLE, Recipes=RECIPES)
    with pytest.raises(AmbiguousDeals) as refused:
        found(book)
    assert str(refused.value) == (
        "book.xlsx has more than one sheet that could be the deals: 'North', 'South'. Say which in a Settings sheet "
        "(Setting: sheet Deals; Value: North), or rename the other."
    )


def test_two_sheets_with_aliases_for_names_are_ambiguous() -> None:
    with pytest.raises(AmbiguousDeals, match="'Pipeline', 'Opportunities'"):
        found(source(Pipeline=DEALS_TABLE, Opportunities=DEALS_TABLE))


def test_a_hidden_sheet_gives_way_to_a_visible_one() -> None:
    hidden = replace(grid("Backup", DEALS_TABLE), visible=False)
    assert found(workbook(hidden, grid("List", DEALS_TABLE))).deals.grid.name == "List"
    assert found(workbook(hidden)).deals.grid.name == "Backup"


def test_a_summary_by_stage_gives_way_to_the_deals_themselves() -> None:
    book = source(Summary="Stage | Amount", List=DEALS_TABLE)
    assert found(book).deals.grid.name == "List"
    assert found(source(Summary="Stage | Amount")).deals.grid.name == "Summary"


def test_without_deals_the_error_says_what_was_seen_and_what_to_do() -> None:
    with pytest.raises(NoDeals) as refused:
        found(source(Recipes=RECIPES, Half="""
            Deal     | Owner
            Pump     | Ann
        """))  # fmt: skip
    assert str(refused.value) == (
        "book.xlsx has no sheet that looks like deals: a header row with at least a stage and a deal ID, amount or "
        "close date. Sheet 'Recipes' has no header that is known. Sheet 'Half' has Deal, Owner in row 1, and lacks "
        "Stage, Deal ID, Amount, Close date. Name the sheet Deals, or map it in a Settings sheet (Setting: sheet "
        "Deals; Value: your sheet's name)."
    )


def test_a_workbook_without_cells_has_no_deals() -> None:
    with pytest.raises(NoDeals, match="no sheet with cells"):
        found(workbook())


def test_a_sheet_named_deals_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(NoDeals, match="Sheet 'Deals' has no header that is known"):
        found(source(Deals=RECIPES, Pipeline=DEALS_TABLE))
    with pytest.raises(NoDeals, match="Sheet 'Recipes' has no header"):
        found(source(Deals=DEALS_TABLE, Recipes=RECIPES), {"Deals": "Recipes"})


# The header ------------------------------------------------------------------------------------------


def test_the_header_may_stand_below_title_rows() -> None:
    place = found(source(Deals="""
        Sales pipeline of the North | |
        as of        | 2026-11-16   |
        Pipeline     | Amount       | everything below is in EUR
        Deal ID      | Stage        | Amount
        D-1          | Lead         | 1000
    """)).deals  # fmt: skip
    assert (place.header_row, place.last_row) == (4, 5)
    assert place.columns == {"deal_id": (1,), "stage": (2,), "amount": (3,)}


def test_a_header_too_far_down_is_not_looked_for() -> None:
    far = grid("Deals", DEALS_TABLE)
    blank: list[list[None]] = [[] for _ in range(50)]
    with pytest.raises(NoDeals):
        found(workbook(replace(far, rows=[*blank, *far.rows])))
    assert found(workbook(replace(far, rows=[*blank[1:], *far.rows]))).deals.header_row == 50


def test_columns_stand_in_any_order_and_unknown_ones_are_kept() -> None:
    place = found(source(Deals="""
        Champion | Close date | Amount | Stage | Deal ID |   | Region
        Bo       | 2026-12-01 | 5      | Lead  | D-1     |   | North
    """)).deals  # fmt: skip
    assert place.columns == {"deal_id": (5,), "stage": (4,), "amount": (3,), "close_date": (2,)}
    assert place.others == {"Champion": 1, "Region": 7}
    assert place.headers["close_date"] == "Close date"


def test_a_table_is_preferred_and_its_edges_hold() -> None:
    """
    |   | Deal ID | Stage | Amount |
    the table starts in B3; a calculation stands beside it
    """
    cells = grid("Deals", """
        Deal ID   | Stage   | Amount | Owner      |
        old       | Lead    | 1      | Ann        |
                  | Deal ID | Stage  | Amount     | Stage
                  | D-1     | Lead   | 1000       | 0.1
                  | D-2     | Won    | 2000       | 1
    """)  # fmt: skip
    place = found(workbook(replace(cells, tables=(Table("Open", 3, 2, 5, 4),)))).deals
    assert (place.header_row, place.last_row) == (3, 5)
    assert place.columns == {"deal_id": (2,), "stage": (3,), "amount": (4,)}
    assert place.duplicates == ()


def test_a_table_of_something_else_is_passed_over() -> None:
    cells = grid("Deals", """
        Dish | Minutes |         |       |
        Soup | 40      | Deal ID | Stage | Amount
             |         | D-1     | Lead  | 5
    """)  # fmt: skip
    place = found(workbook(replace(cells, tables=(Table("Recipes", 1, 1, 2, 2),)))).deals
    assert (place.header_row, place.columns["deal_id"]) == (2, (3,))


def test_rows_pasted_right_below_a_table_are_in_it() -> None:
    cells = grid("Deals", """
        Deal ID | Stage | Amount
        D-1     | Lead  | 1000
        D-2     | Lead  | 1000
        D-3     | Lead  | 1000
        Total   |       | 3000
        D-9     | Lead  | 1000
    """)  # fmt: skip
    assert found(workbook(replace(cells, tables=(Table("Open", 1, 1, 2, 3),)))).deals.last_row == 4
    below = replace(cells, tables=(Table("Open", 1, 1, 2, 3), Table("Other", 4, 1, 4, 3)))
    assert found(workbook(below)).deals.last_row == 3


def test_a_header_merged_over_two_rows_is_read_as_one() -> None:
    cells = grid("Deals", """
        Deal ID | Stage | Money  |          | Close date
                |       | Amount | Currency |
        D-1     | Lead  | 1000   | EUR      | 2026-12-01
    """)  # fmt: skip
    merged = replace(cells, merged=((1, 1, 2, 1), (1, 2, 2, 2), (1, 3, 1, 4), (1, 5, 2, 5)))
    place = found(workbook(merged)).deals
    assert place.header_row == 2
    assert place.columns == {"deal_id": (1,), "stage": (2,), "amount": (3,), "currency": (4,), "close_date": (5,)}


def test_a_header_merged_over_two_columns_names_the_first() -> None:
    cells = grid("Deals", """
        Deal ID | Deal |      | Stage | Amount
        D-1     | Pump | more | Lead  | 1000
    """)  # fmt: skip
    place = found(workbook(replace(cells, merged=((1, 2, 1, 3),)))).deals
    assert place.columns == {"deal_id": (1,), "deal": (2,), "stage": (4,), "amount": (5,)}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("deal_id", "deal_id"), ("DEAL-ID", "deal_id"), (" Deal   ID ", "deal_id"), ("Deal id:", "deal_id"),
        ("Amount__c", "amount"), ("Deal - Value", "amount"), ("Währung", "currency"), ("Wahrung", "currency"),
        ("Win %", "probability"), ("Est. Close Date", "close_date"), ("Next\nstep", "next_step"),
    ],
)  # fmt: skip
def test_case_spaces_and_signs_in_a_header_do_not_matter(header: str, field: str) -> None:
    others = [name for name in ("Deal ID", "Stage", "Close date") if DEALS.field(field).header != name]
    cells = Grid("Deals", [[*others, header]])
    assert found(workbook(cells)).deals.columns[field] == (len(others) + 1,)


def test_a_sign_may_be_what_tells_two_names_apart() -> None:
    place = found(source(Deals="Deal ID | Stage | Amount | Win | No | Nr")).deals
    assert place.others == {"Win": 4, "No": 5, "Nr": 6}


def test_the_best_known_of_two_names_for_a_field_is_taken_and_the_other_kept() -> None:
    place = found(source(Deals="Value | Amount | Stage | Deal ID | Id")).deals
    assert place.columns == {"deal_id": (4,), "stage": (3,), "amount": (2,)}
    assert place.others == {"Value": 1, "Id": 5}


def test_settings_map_a_column_and_take_it_from_the_field_it_would_fill() -> None:
    place = found(source(Deals="Deal ID | Stage | Amount | Weighted"), {}, {"amount": "weighted"}).deals
    assert place.columns["amount"] == (4,)
    assert place.others == {"Amount": 3}


def test_the_second_of_two_equal_headers_is_named_as_a_duplicate() -> None:
    place = found(source(Deals="Deal ID | Stage | Amount | amount | Note | NOTE")).deals
    assert place.duplicates == (4, 6)
    assert place.columns["amount"] == (3,)
    assert place.others == {"Note": 5}


def test_a_header_that_is_a_number_or_a_date_is_read_as_its_text() -> None:
    place = found(source(Deals="Deal ID | Stage | Amount | 2026 | 2026-12-01")).deals
    assert place.others == {"2026": 4, "2026-12-01": 5}
    assert place.not_text == (4, 5)


@given(st.permutations(["Deal ID", "Stage", "Amount", "Owner", "Region"]), st.integers(0, 40), st.integers(0, 5))
def test_wherever_the_header_stands_it_is_found(headers: list[str], above: int, left: int) -> None:
    rows: list[list[str | float | None]] = [["a title"] if row % 2 else [] for row in range(above)]
    rows.append([*[None] * left, *headers])
    rows += [[*[None] * left, *["x" if name != "Amount" else 5.0 for name in headers]] for _ in range(3)]
    place = found(workbook(Grid("Anything", rows))).deals
    assert (place.header_row, place.last_row) == (above + 1, above + 4)
    assert place.columns["amount"] == (left + headers.index("Amount") + 1,)
    assert place.others == {"Region": left + headers.index("Region") + 1}
