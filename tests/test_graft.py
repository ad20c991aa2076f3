"""Our sheets in the user's package: what is added, what is replaced in place, and that the rest stays."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grafting import HALF, NAMES, locked, members, plans, swapped, users_book, zipped
from pipesheet.errors import Locked, NotAWorkbook, Unsupported
from pipesheet.sheets import SheetPlan
from pipesheet.tabs import LONGEST_TAB
from pipesheet.writer import grafted_file
from pipesheet.xlsx.book import Book, tab_names
from pipesheet.xlsx.graft import Grafted
from pipesheet.xlsx.markup import DOCUMENT_RELS, MAIN
from pipesheet.xlsx.package import Package

BOOK = users_book()
TYPES, WORKBOOK, RELS, STYLES = INDEXES = (
    "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
)  # fmt: skip


def graft(data: bytes, *, deals: int = 3, note: str = "x") -> Grafted:
    """The two sheets of `grafting.plans`, put in and verified."""
    return grafted_file(data, lambda n, _: plans(n, deals=deals, note=note), names=NAMES, path=Path("book.xlsx"))


GRAFTED = graft(BOOK).data


def text(data: bytes, part: str) -> str:
    return members(data)[part].decode()


def tabs(data: bytes) -> list[tuple[str, int]]:
    """Name and id of each sheet, in the order of the tabs."""
    return [(s.name, s.sheet_id) for s in Book(Package(data)).sheets]


def part_of(data: bytes, tab: str) -> str:
    return next(s.part for s in Book(Package(data)).sheets if s.name == tab)


def marked(data: bytes) -> dict[str, str]:
    """Key -> tab, of the sheets that are known as ours."""
    return {key: sheet.name for key, sheet in Book(Package(data)).marked().items()}


def names(data: bytes) -> list[tuple[str, str | None, str]]:
    """Name, scope and text of each defined name."""
    book = Book(Package(data))
    return [(str(n.get("name")), n.get("localSheetId"), str(n.text)) for n in book.names()]


def read(data: bytes, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def all_kept(before: bytes, after: bytes, *, but: tuple[str, ...] = ()) -> bool:
    """Whether every part of `before` but the indexes, and those named, is the same bytes."""
    held = members(after)
    return all(held.get(n) == data for n, data in members(before).items() if n not in (*INDEXES, *but))


# A new sheet


def test_new_sheets_are_listed_last_and_all_else_stays() -> None:
    result = graft(BOOK)
    assert tabs(result.data) == [("Deals", 1), ("Notes", 2), ("Forecast", 3), ("Deal Review", 4)]
    assert all_kept(BOOK, result.data)
    assert result.kept.parts == len(members(BOOK)) - len(INDEXES)
    assert set(result.replaced) == set(INDEXES)
    assert result.dropped == ()
    assert list(members(result.data)) == [*members(BOOK), *result.added]
    assert result.sheets == NAMES


def test_every_part_added_has_a_free_name_a_type_and_something_that_leads_to_it() -> None:
    result = graft(BOOK)
    package = Package(result.data)
    assert set(result.added) == {
        "xl/worksheets/sheet3.xml", "xl/worksheets/_rels/sheet3.xml.rels",
        "xl/worksheets/sheet4.xml", "xl/worksheets/_rels/sheet4.xml.rels",
        "xl/drawings/drawing2.xml", "xl/drawings/_rels/drawing2.xml.rels",
        "xl/charts/chart2.xml", "xl/tables/table2.xml", "xl/tables/table3.xml",
    }  # fmt: skip
    assert all(package.content_type(name) for name in result.added)
    assert {n for n in result.added if not n.endswith(".rels")} <= set(package.reachable(""))


def test_another_program_reads_our_sheets_and_the_users() -> None:
    book = read(GRAFTED)
    assert [[c.value for c in row] for row in book["Forecast"]["A5:B7"]] == [
        ["Period", "Total"], ["2026-Q4", 601.5], ["2027-Q1", 7],
    ]  # fmt: skip
    assert [c.value for c in book["Deal Review"]["D"][2:]] == ["Half", 50.125, 100.25, 150.375]
    assert book["Forecast"].print_title_rows == "$5:$5"
    assert (book["Deals"]["C3"].value, list(book["Deals"].tables)) == (1000.5, ["Prices"])
    formulas = read(GRAFTED, values=False)
    assert formulas["Forecast"]["B6"].value == "=SUM(PipesheetDeals[Amount])"
    assert formulas["Deals"]["C3"].value == "=SUM(C2)"


def test_whoever_opens_it_computes_anew_and_is_shown_the_users_sheet() -> None:
    assert 'fullCalcOnLoad="1"' in text(GRAFTED, WORKBOOK)
    assert "tabSelected" not in text(GRAFTED, part_of(GRAFTED, "Forecast"))


def test_our_sheets_are_marked_by_a_hidden_name_and_their_tables() -> None:
    assert marked(BOOK) == {}
    assert marked(GRAFTED) == NAMES
    assert ("_pipesheet_deal_review", None, "'Deal Review'!$A$1") in names(GRAFTED)
    assert '<definedName name="_pipesheet_forecast" hidden="1">' in text(GRAFTED, WORKBOOK)


def test_a_plan_may_hide_its_sheet_when_it_is_new() -> None:
    def hidden(tabs_: Mapping[str, str], _: object) -> tuple[SheetPlan, ...]:
        forecast, review = plans(tabs_)
        return forecast, replace(review, hidden=True)

    data = grafted_file(BOOK, hidden, names=NAMES, path="b.xlsx").data
    assert [read(data)[tab].sheet_state for tab in NAMES.values()] == ["visible", "hidden"]
    shown = swapped(data, WORKBOOK, (' state="hidden"', ""))
    again = grafted_file(shown, hidden, names=NAMES, path="b.xlsx").data
    assert read(again)["Deal Review"].sheet_state == "visible", "the user has brought it to light"


# A second time


def test_equal_sheets_grafted_again_give_the_same_bytes() -> None:
    assert graft(GRAFTED).data == GRAFTED
    assert graft(BOOK).data == GRAFTED
    other = graft(GRAFTED, deals=9).data
    assert other != GRAFTED
    assert graft(other).data == GRAFTED


def test_another_run_touches_our_sheets_only() -> None:
    again = graft(GRAFTED, deals=4)
    assert again.added == again.dropped == ()
    before, after = members(GRAFTED), members(again.data)
    changed = {n for n in before if before[n] != after[n]}
    ours = {part_of(GRAFTED, tab) for tab in NAMES.values()} | {"xl/charts/chart2.xml"}
    assert part_of(GRAFTED, "Deal Review") in changed
    assert changed <= ours | {"xl/tables/table2.xml", "xl/tables/table3.xml"}
    assert tabs(again.data) == tabs(GRAFTED)


def test_twenty_grafts_grow_neither_styles_nor_parts_nor_names() -> None:
    data = GRAFTED
    for deals in range(20):
        data = graft(data, deals=deals, note=f"run {deals}").data
    assert members(data).keys() == members(GRAFTED).keys()
    assert text(data, STYLES) == text(GRAFTED, STYLES)
    assert text(data, WORKBOOK) == text(GRAFTED, WORKBOOK)
    assert all_kept(BOOK, data)
    assert graft(data).data == GRAFTED


def test_a_sheet_that_loses_its_chart_leaves_nothing_behind_and_may_get_it_back() -> None:
    def without_chart(tabs_: Mapping[str, str], _: object) -> tuple[SheetPlan, ...]:
        return tuple(replace(p, charts=()) for p in plans(tabs_, note="x"))

    bare = grafted_file(GRAFTED, without_chart, names=NAMES, path="b.xlsx")
    assert set(bare.dropped) == {
        "xl/drawings/drawing2.xml", "xl/drawings/_rels/drawing2.xml.rels", "xl/charts/chart2.xml",
    }  # fmt: skip
    assert "chart2" not in text(bare.data, TYPES)
    back = members(graft(bare.data).data)
    assert {n: d for n, d in back.items() if n != TYPES} == {n: d for n, d in members(GRAFTED).items() if n != TYPES}


def test_a_part_below_our_sheet_that_the_user_uses_too_stays() -> None:
    # As when a picture or chart of ours was copied to the user's own sheet.
    drawing = "xl/drawings/_rels/drawing1.xml.rels"
    other = text(GRAFTED, drawing).replace("</Relationships>", "").replace("rId1", "rId9").replace("chart1", "chart2")
    link = re.search("<Relationship .*/>", other)
    assert link is not None
    shared = swapped(GRAFTED, drawing, ("</Relationships>", link.group() + "</Relationships>"))
    result = graft(shared, deals=1)
    assert text(result.data, "xl/charts/chart2.xml") == text(GRAFTED, "xl/charts/chart2.xml")
    assert "xl/charts/chart3.xml" in result.added


# What the user does to our sheets in between


def test_a_sheet_of_ours_that_was_renamed_keeps_its_new_name() -> None:
    outlook = swapped(
        GRAFTED, WORKBOOK, ('name="Forecast"', 'name="Mara\'s outlook"'), (">Forecast!", ">'Mara''s outlook'!")
    )
    result = graft(outlook, deals=2)
    assert result.sheets == {"forecast": "Mara's outlook", "deal_review": "Deal Review"}
    assert tabs(result.data) == [("Deals", 1), ("Notes", 2), ("Mara's outlook", 3), ("Deal Review", 4)]
    assert "'Mara''s outlook'!$B$6" in text(result.data, "xl/charts/chart2.xml"), "its chart reads from it"
    assert text(result.data, WORKBOOK) == text(outlook, WORKBOOK)


def test_a_mark_that_another_program_quotes_in_its_own_way_is_left_as_it_is() -> None:
    quoted = swapped(GRAFTED, WORKBOOK, (">Forecast!$A$1<", ">'forecast'!$A$1<"))
    assert text(graft(quoted).data, WORKBOOK) == text(quoted, WORKBOOK)


@pytest.mark.parametrize("name", ["A name longer than Excel takes, as LibreOffice does", "History", "a[b]"])
def test_a_name_excel_would_not_take_is_kept_all_the_same(name: str) -> None:
    renamed = swapped(GRAFTED, WORKBOOK, ('name="Forecast"', f'name="{name}"'), (">Forecast!", f">'{name}'!"))
    assert graft(renamed, deals=2).sheets["forecast"] == name


def test_a_sheet_of_ours_that_was_moved_stays_where_it_was_put() -> None:
    listed = re.findall(r"<sheet [^>]*/>", text(GRAFTED, WORKBOOK))
    deals, notes, forecast, review = listed
    moved = swapped(
        GRAFTED,
        WORKBOOK,
        ("".join(listed), forecast + deals + review + notes),
        ('localSheetId="2"', 'localSheetId="0"'),
    )
    result = graft(moved, deals=2)
    assert tabs(result.data) == [("Forecast", 3), ("Deals", 1), ("Deal Review", 4), ("Notes", 2)]
    assert read(result.data)["Forecast"].print_title_rows == "$5:$5"
    assert text(result.data, WORKBOOK) == text(moved, WORKBOOK)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_sheet_of_ours_that_was_hidden_stays_hidden(state: str) -> None:
    hidden = swapped(GRAFTED, WORKBOOK, ('sheetId="3"', f'sheetId="3" state="{state}"'))
    assert read(graft(hidden, deals=2).data)["Forecast"].sheet_state == state


@pytest.mark.parametrize("color", ['rgb="FF00FF00"', 'theme="4" tint="0.39997558519241921"', ""])
def test_a_tab_of_ours_that_was_coloured_keeps_its_colour(color: str) -> None:
    def green(tabs_: Mapping[str, str], _: object) -> tuple[SheetPlan, ...]:
        return tuple(replace(p, tab_color="#204060") for p in plans(tabs_, deals=2))

    first = grafted_file(BOOK, green, names=NAMES, path="b.xlsx").data
    part = part_of(first, "Forecast")
    assert '<sheetPr><tabColor rgb="FF204060"/>' in text(first, part)
    element = f"<tabColor {color}/>" if color else ""
    painted = swapped(first, part, ('<tabColor rgb="FF204060"/>', element))
    again = grafted_file(painted, green, names=NAMES, path="b.xlsx").data
    assert f"<sheetPr>{element}<pageSetUpPr" in text(again, part)
    assert grafted_file(again, green, names=NAMES, path="b.xlsx").data == again


def test_a_colour_is_seen_through_another_programs_prefix() -> None:
    part = part_of(GRAFTED, "Forecast")
    prefixed = swapped(
        GRAFTED, part, ("<sheetPr>", '<x:sheetPr><x:tabColor indexed="7" />'), ("</sheetPr>", "</x:sheetPr>"),
        ("<worksheet ", f'<worksheet xmlns:x="{MAIN}" '),
    )  # fmt: skip
    assert '<sheetPr><tabColor indexed="7"/><pageSetUpPr' in text(graft(prefixed).data, part)


def test_sheets_the_user_adds_after_ours_stay_after_ours() -> None:
    third = swapped(GRAFTED, WORKBOOK, ("</sheets>", '<sheet name="Later" sheetId="9" r:id="rIdLater"/></sheets>'))
    third = swapped(third, TYPES, ("</Types>", '<Override PartName="/xl/worksheets/sheet9.xml" ContentType="'
        'application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'))  # fmt: skip
    kind = re.search(r'"([^"]*/worksheet)"', text(third, RELS))
    assert kind is not None
    link = f'<Relationship Id="rIdLater" Type="{kind.group(1)}" Target="worksheets/sheet9.xml"/></Relationships>'
    third = swapped(third, RELS, ("</Relationships>", link))
    third = zipped(
        {**members(third), "xl/worksheets/sheet9.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'}
    )
    result = graft(third, deals=1)
    assert tabs(result.data)[-1] == ("Later", 9)
    assert result.added == ()


def test_a_sheet_of_ours_that_was_deleted_comes_back_as_a_new_one() -> None:
    book = read(GRAFTED, values=False)
    del book["Forecast"]
    out = io.BytesIO()
    book.save(out)
    gone = swapped(out.getvalue(), WORKBOOK, (">Forecast!$A$1<", ">#REF!$A$1<"))
    assert marked(gone) == {"deal_review": "Deal Review"}
    result = graft(gone)
    assert marked(result.data) == NAMES
    assert [n for n in names(result.data) if n[0] == "_pipesheet_forecast"] == [
        ("_pipesheet_forecast", None, "Forecast!$A$1")
    ]
    assert [name for name, _ in tabs(result.data)] == ["Deals", "Notes", "Deal Review", "Forecast"]


def test_a_copy_the_user_made_of_our_sheet_is_the_users() -> None:
    # Excel copies the mark as a name of the copy's own, and gives its table another name.
    book = read(GRAFTED, values=False)
    copy = book.copy_worksheet(book["Forecast"])
    copy.title = "Forecast of May"
    copy.append(["Period", "Total"])
    copy.append(["2026-Q4", 1])
    table = openpyxl.worksheet.table.Table(displayName="PipesheetForecast3", ref=f"A{copy.max_row - 1}:B{copy.max_row}")
    copy.add_table(table)
    copy.defined_names["_pipesheet_forecast"] = openpyxl.workbook.defined_name.DefinedName(
        "_pipesheet_forecast", attr_text="'Forecast of May'!$A$1"
    )
    out = io.BytesIO()
    book.save(out)
    assert marked(out.getvalue()) == NAMES
    part = part_of(out.getvalue(), "Forecast of May")
    result = graft(out.getvalue(), deals=1)
    assert members(result.data)[part] == members(out.getvalue())[part]
    assert ("_pipesheet_forecast", "4", "'Forecast of May'!$A$1") in names(result.data)
    assert marked(result.data) == NAMES


def test_a_sheet_whose_table_the_user_took_out_is_the_users_now() -> None:
    part = part_of(GRAFTED, "Forecast")
    plain = re.sub(r"<tableParts.*</tableParts>", "", text(GRAFTED, part))
    rels = re.sub(r'<Relationship [^>]*/table"[^>]*/>', "", text(GRAFTED, "xl/worksheets/_rels/sheet3.xml.rels"))
    parts = {**members(GRAFTED), part: plain.encode(), "xl/worksheets/_rels/sheet3.xml.rels": rels.encode()}
    del parts["xl/tables/table2.xml"]
    data = swapped(zipped(parts), TYPES, ("/xl/tables/table2.xml", "/xl/tables/gone.xml"))
    result = graft(data)
    assert text(result.data, part) == plain
    assert result.sheets["forecast"] == "Forecast (pipesheet)"
    assert marked(result.data) == dict(result.sheets)


# What the user has already


def test_the_users_own_sheet_of_that_name_is_left_alone() -> None:
    theirs = users_book(sheets=("Deals", "FORECAST"))
    result = graft(theirs)
    assert result.sheets == {"forecast": "Forecast (pipesheet)", "deal_review": "Deal Review"}
    assert all_kept(theirs, result.data)
    again = graft(result.data)
    assert again.data == result.data, "ours is known by its mark, not by its name"
    assert again.sheets == result.sheets


def test_a_name_that_is_taken_too_gets_a_number() -> None:
    theirs = users_book(sheets=("Forecast", "Forecast (pipesheet)"))
    assert graft(theirs).sheets["forecast"] == "Forecast (pipesheet 2)"


TAB = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="[]:*?/\\'"), min_size=1, max_size=31)


@settings(max_examples=50, deadline=None)
@given(st.lists(TAB, max_size=4), st.lists(TAB, min_size=1, max_size=6))
def test_tabs_never_meet_and_always_fit(theirs: list[str], wanted: list[str]) -> None:
    listed = "".join(f"<sheet name={quoteattr(n)} sheetId='{i}'/>" for i, n in enumerate(["Deals", *theirs], 1))
    sheets = re.search("<sheets>(.*)</sheets>", text(BOOK, WORKBOOK))
    assert sheets is not None
    book = Book(Package(swapped(BOOK, WORKBOOK, (sheets.group(1), listed))))
    chosen = [name.casefold() for name in tab_names(book, {str(i): name for i, name in enumerate(wanted)}).values()]
    assert len(set(chosen)) == len(wanted)
    assert not {*chosen} & {name.casefold() for name in theirs}
    assert all(len(name) <= LONGEST_TAB for name in tab_names(book, dict.fromkeys("a", wanted[0])).values())


def test_the_users_table_keeps_its_name_and_ours_and_its_formulas_take_another() -> None:
    theirs = swapped(BOOK, "xl/tables/table1.xml", ("Prices", "PIPESHEETDEALS"))
    result = graft(theirs)
    book = read(result.data, values=False)
    assert list(book["Deals"].tables) == ["PIPESHEETDEALS"]
    assert list(book["Deal Review"].tables) == ["PipesheetDeals2"]
    assert book["Forecast"]["B6"].value == "=SUM(PipesheetDeals2[Amount])"
    assert book["Deal Review"]["D4"].value == "=" + HALF.replace("PipesheetDeals[", "PipesheetDeals2[")
    assert graft(result.data).data == result.data
    assert "deals" not in marked(theirs), "a table's name alone makes no sheet ours"


def test_a_defined_name_of_the_users_counts_as_taken_too() -> None:
    theirs = swapped(BOOK, WORKBOOK, ('name="Target"', 'name="PipesheetDeals"'))
    assert list(read(graft(theirs).data)["Deal Review"].tables) == ["PipesheetDeals2"]


def test_table_ids_come_after_all_others_and_stay() -> None:
    theirs = swapped(BOOK, "xl/tables/table1.xml", (' id="1"', ' id="41"'))
    first = graft(theirs).data
    ids = [t.id for s in read(first) for t in s.tables.values()]
    assert ids == [41, 42, 43]
    assert [t.id for s in read(graft(first, deals=9).data) for t in s.tables.values()] == ids


def test_sheet_ids_and_relationship_ids_that_are_taken_are_not_used() -> None:
    theirs = swapped(BOOK, WORKBOOK, ('sheetId="2"', 'sheetId="77"'), ('"rId2"', '"rId7"'))
    theirs = swapped(theirs, RELS, ('"rId2"', '"rId7"'))
    data = graft(theirs).data
    assert [i for _, i in tabs(data)] == [1, 77, 78, 79]
    ids = re.findall(r'Id="(\w+)"', text(data, RELS))
    assert len(ids) == len({i.lower() for i in ids}) == len(re.findall(r'Id="(\w+)"', text(theirs, RELS))) + 2


def test_part_names_of_orphans_and_of_dangling_targets_are_not_used() -> None:
    theirs = zipped(
        {**members(BOOK), "xl/worksheets/Sheet3.xml": "<x/>", "xl/worksheets/_rels/sheet4.xml.rels": "<x/>"}
    )
    link = '<Relationship Id="rIdX" Type="http://x/unknown" Target="worksheets/sheet5.xml"/></Relationships>'
    theirs = swapped(theirs, RELS, ("</Relationships>", link))
    theirs = swapped(
        theirs, TYPES, ("</Types>", '<Override PartName="/xl/worksheets/sheet6.xml" ContentType="x/y"/></Types>')
    )
    result = graft(theirs)
    assert [part_of(result.data, t) for t in NAMES.values()] == ["xl/worksheets/sheet7.xml", "xl/worksheets/sheet8.xml"]
    assert all_kept(theirs, result.data)


def with_calculation_chain() -> bytes:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    data = swapped(
        BOOK,
        TYPES,
        ("</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{main}.calcChain+xml"/></Types>'),
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    link = f'<Relationship Id="rIdC" Type="{kind}" Target="calcChain.xml"/></Relationships>'
    data = swapped(data, RELS, ("</Relationships>", link))
    return zipped({**members(data), "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="C3" i="1"/></calcChain>'})


def test_the_calculation_chain_is_dropped_with_all_that_names_it() -> None:
    data = with_calculation_chain()
    result = graft(data)
    assert result.dropped == ("xl/calcChain.xml",)
    assert not any("calcChain" in text(result.data, part) for part in (TYPES, RELS))
    assert all_kept(data, result.data, but=("xl/calcChain.xml",))


def test_a_workbook_of_1904_gets_days_of_1904() -> None:
    data = swapped(BOOK, WORKBOOK, ("<workbookPr ", '<workbookPr date1904="1" '))
    cell = read(graft(data).data)["Deal Review"]["B4"]
    assert cell.value.date().isoformat() == "2026-12-01"
    assert "<v>44895</v>" in text(graft(data).data, "xl/worksheets/sheet4.xml")


def test_names_and_calculation_go_where_the_schema_wants_them() -> None:
    whole = text(BOOK, WORKBOOK)
    bare = re.sub("<definedNames>.*</definedNames>|<calcPr [^>]*/>", "", whole)
    data = swapped(BOOK, WORKBOOK, (whole, bare.replace("</workbook>", "<oleSize ref='A1'/><extLst/></workbook>")))
    order = re.findall(r"<(sheets|definedNames|calcPr|oleSize|extLst)\b", text(graft(data).data, WORKBOOK))
    assert order == ["sheets", "definedNames", "calcPr", "oleSize", "extLst"]


def test_a_print_area_set_on_our_sheet_goes_and_one_on_the_users_stays() -> None:
    area = '<definedName name="_xlnm.Print_Area" localSheetId="{}">{}!$A$1:$B$2</definedName>'
    set_ = swapped(
        GRAFTED, WORKBOOK, ("<definedNames>", f"<definedNames>{area.format(0, 'Deals')}{area.format(2, 'Forecast')}")
    )
    left = [n for n in names(graft(set_).data) if n[0].startswith("_xlnm.")]
    assert left == [
        ("_xlnm.Print_Area", "0", "Deals!$A$1:$B$2"), ("_xlnm.Print_Titles", "2", "Forecast!$5:$5"),
    ]  # fmt: skip


# Protection


def test_where_the_structure_is_protected_no_sheet_is_added() -> None:
    with pytest.raises(Locked, match=r"book\.xlsx was not written: its structure is protected.*Protect Workbook"):
        graft(users_book(protect=True))


def test_where_the_structure_is_protected_our_sheets_are_replaced() -> None:
    protected = locked(GRAFTED)
    result = graft(protected, deals=7)
    assert result.added == ()
    assert read(result.data)["Deal Review"].max_row == 10


# Packages of other makers


def elsewhere(data: bytes) -> bytes:
    """The workbook part in another folder under another name; targets absolute."""
    parts = members(data)
    parts["book/main.xml"] = parts.pop(WORKBOOK)
    parts["book/_rels/main.xml.rels"] = parts.pop(RELS).replace(b'Target="', b'Target="/xl/')
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", b"book/main.xml")
    parts[TYPES] = parts[TYPES].replace(b"/xl/workbook.xml", b"/book/main.xml")
    return zipped(parts)


def test_the_workbook_part_may_lie_elsewhere() -> None:
    data = elsewhere(BOOK)
    result = graft(data)
    assert tabs(result.data)[2:] == [("Forecast", 3), ("Deal Review", 4)]
    assert 'Target="../xl/worksheets/sheet3.xml"' in text(result.data, "book/_rels/main.xml.rels")
    assert read(result.data)["Deal Review"]["A4"].value == "x 0"
    assert graft(result.data).data == result.data


def test_targets_may_be_absolute() -> None:
    data = zipped({**members(BOOK), RELS: members(BOOK)[RELS].replace(b'Target="', b'Target="/xl/')})
    result = graft(data)
    assert all_kept(data, result.data)
    assert graft(result.data).data == result.data


def prefixed(xml: bytes) -> bytes:
    tags = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", xml)
    return tags.replace(b"xmlns=", b"xmlns:x=", 1)


def test_prefixes_may_be_others_than_the_usual() -> None:
    changed = {name: prefixed(members(BOOK)[name]) for name in INDEXES}
    changed[WORKBOOK] = changed[WORKBOOK].replace(b"xmlns:r=", b"xmlns:rel=").replace(b" r:id=", b" rel:id=")
    data = zipped({**members(BOOK), **changed})
    result = graft(data)
    assert tabs(result.data) == [("Deals", 1), ("Notes", 2), ("Forecast", 3), ("Deal Review", 4)]
    assert re.search(r'<x:sheet name="Forecast" sheetId="3" rel:id="rId\d+"/>', text(result.data, WORKBOOK))
    assert not any("ns0" in text(result.data, part) for part in INDEXES)
    assert graft(result.data).data == result.data


def test_a_workbook_without_styles_gets_some() -> None:
    parts = members(BOOK)
    del parts[STYLES]
    parts[RELS] = re.sub(rb'<Relationship [^>]*/styles"[^>]*/>', b"", parts[RELS])
    parts[TYPES] = re.sub(rb"<Override [^>]*styles\+xml\"/>", b"", parts[TYPES])
    result = graft(zipped(parts))
    assert STYLES in result.added
    assert read(result.data)["Deal Review"]["A4"].font.b is True
    assert graft(result.data).data == result.data


def test_styles_that_are_named_and_not_there_are_made_there() -> None:
    parts = members(BOOK)
    del parts[STYLES]
    wrong = swapped(zipped(parts), TYPES, ("spreadsheetml.styles+xml", "spreadsheetml.stiles+xml"))
    for data in (zipped(parts), wrong):
        result = graft(data)
        assert STYLES in result.added
        assert text(result.data, RELS).count("/styles") == 1
        assert text(result.data, TYPES).count("/xl/styles.xml") == 1
        assert Package(result.data).content_type(STYLES).endswith("spreadsheetml.styles+xml")


def test_a_workbook_that_does_not_say_what_rels_are_is_told() -> None:
    parts = members(BOOK)
    parts[TYPES] = re.sub(rb'<Default Extension="rels"[^>]*/>', b"", parts[TYPES])
    result = graft(zipped(parts))
    assert text(result.data, TYPES).count('Extension="rels"') == 1
    assert graft(result.data).data == result.data


def test_a_default_type_that_means_something_else_is_overridden() -> None:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    data = swapped(
        BOOK, TYPES, ('Extension="xml" ContentType="application/xml"', f'Extension="xml" ContentType="{main}"')
    )
    package = Package(graft(data).data)
    assert package.content_type("xl/worksheets/sheet3.xml").endswith("worksheet+xml")


def test_a_workbook_part_that_is_not_utf_8_and_one_with_a_byte_order_mark() -> None:
    parts = members(BOOK)
    plain = parts[WORKBOOK].decode()
    wide = plain.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    for content in (wide, b"\xef\xbb\xbf" + plain.encode()):
        result = graft(zipped({**parts, WORKBOOK: content}))
        assert [t for t, _ in tabs(result.data)] == ["Deals", "Notes", "Forecast", "Deal Review"]
        assert read(result.data).sheetnames == ["Deals", "Notes", "Forecast", "Deal Review"]


PURL = b"http://purl.oclc.org/ooxml/"
OFFICE = b"http://schemas.openxmlformats.org/"


def in_strict(data: bytes) -> bytes:
    """The workbook as Excel saves it in the Strict dialect: other namespaces, in every part."""
    names = {
        OFFICE + b"spreadsheetml/2006/main": PURL + b"spreadsheetml/main",
        OFFICE + b"officeDocument/2006/relationships": PURL + b"officeDocument/relationships",
        OFFICE + b"drawingml/2006/": PURL + b"drawingml/",
    }
    parts = members(data)
    for old, new in names.items():
        parts = {name: part.replace(old, new) for name, part in parts.items()}
    return zipped(parts)


def test_a_workbook_in_the_strict_dialect_gets_our_sheets_in_strict() -> None:
    strict = in_strict(BOOK)
    note = f'says "{MAIN}"'
    result = graft(strict, note=note)
    assert all_kept(strict, result.data)
    assert [t for t, _ in tabs(result.data)] == ["Deals", "Notes", "Forecast", "Deal Review"]
    ours = {name: members(result.data)[name] for name in result.added}
    for name, part in ours.items():
        declared = part[: part.index(b"<sheetData")] if b"<sheetData" in part else part
        assert OFFICE + b"spreadsheetml" not in declared, name
        assert OFFICE + b"officeDocument" not in declared, name
        assert OFFICE + b"drawingml" not in declared, name
    review = next(part for part in ours.values() if b"says" in part)
    assert MAIN.encode() in review, "what a cell says is not a namespace"
    assert graft(result.data, note=note).data == result.data


def test_a_workbook_in_two_dialects_is_refused() -> None:
    mixed = swapped(BOOK, WORKBOOK, (MAIN, (PURL + b"spreadsheetml/main").decode()))
    with pytest.raises(NotAWorkbook, match="two dialects, Strict and Transitional"):
        graft(mixed)


def test_a_binary_workbook_with_the_wrong_ending_is_refused() -> None:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    binary = swapped(BOOK, TYPES, (main, "application/vnd.ms-excel.sheet.binary.macroEnabled.main"))
    with pytest.raises(Unsupported, match="a binary workbook"):
        graft(binary)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.text(max_size=5)), min_size=1, max_size=3))
def test_whatever_is_written_in_whatever_order_the_last_run_alone_decides(runs: list[tuple[int, str]]) -> None:
    data = GRAFTED
    for deals, note in runs:
        data = graft(data, deals=deals, note=note).data
        assert all_kept(BOOK, data)
    deals, note = runs[-1]
    assert data == graft(BOOK, deals=deals, note=note).data


# What people hang on a sheet of ours


def with_below(kind: str, relation: str, *, ending: str = "xml") -> bytes:
    """The grafted workbook with one more part below our sheet Deal Review."""
    rels = "xl/worksheets/_rels/sheet4.xml.rels"
    link = f'<Relationship Id="rIdX" Type="{DOCUMENT_RELS}/{relation}" Target="../added1.{ending}"/></Relationships>'
    typed = f'<Override PartName="/xl/added1.{ending}" ContentType="{kind}"/></Types>'
    data = swapped(GRAFTED, rels, ("</Relationships>", link))
    data = swapped(data, "[Content_Types].xml", ("</Types>", typed))
    return zipped({**members(data), f"xl/added1.{ending}": b"<x/>"})


@pytest.mark.parametrize(
    ("kind", "relation", "said"),
    [
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml", "comments", "comments"),
        ("application/vnd.ms-excel.threadedcomments+xml", "threadedComment", "comments"),
        ("application/vnd.openxmlformats-officedocument.vmlDrawing", "vmlDrawing", "comments or buttons"),
        ("image/png", "image", "a picture"),
        ("application/vnd.ms-excel.slicer+xml", "slicer", "a slicer"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml", "pivotTable", "a pivot table"),
        ("application/x-of-tomorrow", "tomorrow", "something"),
    ],
)
def test_what_people_hang_on_our_sheet_is_not_taken_down(kind: str, relation: str, said: str) -> None:
    with pytest.raises(Locked, match=rf"its sheet 'Deal Review', .* holds {said} that somebody added\. Move that"):
        graft(with_below(kind, relation))


@pytest.mark.parametrize(
    "kind", ["application/vnd.ms-office.chartstyle+xml", "application/vnd.ms-excel.printerSettings"]
)
def test_what_excel_adds_by_itself_is_replaced_with_the_sheet(kind: str) -> None:
    assert "xl/added1.bin" in graft(with_below(kind, "x", ending="bin")).dropped
