"""Workbooks broken by chance: each is read, written into with nothing lost, or refused in a clear sentence.

What is done to them is in `mutations`, what must hold in `judge`; `benchmarks/fuzz.py` does this for hours.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grafting import NAMES, members, plans, swapped, users_book, zipped
from judge import AS_OF, Fault, examine, lost, unclear
from mutations import mutated
from pipesheet.errors import NotAWorkbook
from pipesheet.writer import grafted_file
from small_books import book_of_deals, small_books

ALIKE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same workbooks at each run, so that a run says something about a change."""
CHANCE = st.randoms(use_true_random=False)


def broken(draw: random.Random) -> bytes:
    books = small_books()
    return mutated(draw.choice(books), draw, others=books)


@settings(ALIKE, max_examples=10)
@given(CHANCE)
def test_a_workbook_broken_by_chance_is_read_written_or_refused(draw: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        examine(broken(draw), Path(folder))


@pytest.mark.slow
@settings(ALIKE, max_examples=500)
@given(CHANCE)
def test_many_workbooks_broken_by_chance(draw: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        examine(broken(draw), Path(folder))


@settings(ALIKE, max_examples=15)
@given(st.integers(0, 2**32))
def test_the_same_chance_breaks_a_workbook_the_same_way(seed: int) -> None:
    assert broken(random.Random(seed)) == broken(random.Random(seed))


def test_every_small_book_passes_unbroken(tmp_path: Path) -> None:
    assert [examine(data, tmp_path).grafted for data in small_books()] == [True] * 5 + [False] * 5


# The judge itself -------------------------------------------------------------------------------------

BOOK = users_book()
GRAFTED = grafted_file(BOOK, plans, names=NAMES, path="book.xlsx").data


def test_the_judge_finds_nothing_lost_where_nothing_is() -> None:
    assert list(lost(BOOK, GRAFTED)) == []


@pytest.mark.parametrize(
    ("part", "old", "new", "sentence"),
    [
        ("xl/worksheets/sheet1.xml", "D-1", "D-2", "the member 'xl/sharedstrings.xml' changed"),
        ("xl/workbook.xml", 'sheetId="1"', 'sheetId="9"', "the list of sheets does not begin with what it was"),
        ("xl/workbook.xml", "$C$2", "$C$3", "was lost"),
        ("xl/workbook.xml", "<bookViews>", "<bookViews><x/>", "something else in the workbook part changed"),
        ("xl/_rels/workbook.xml.rels", 'Id="rId4"', 'Id="rId44"', "the relationship 'rId4' changed"),
        ("[Content_Types].xml", "theme+xml", "team+xml", "the content type of 'xl/theme/theme1.xml' was lost"),
        ("[Content_Types].xml", 'Extension="xml"', 'Extension="xmlx"', "the content type of 'xml' was lost"),
        ("xl/styles.xml", "0.000", "0.0", "the styles' numFmts do not begin with what they were"),
    ],
)
def test_the_judge_sees_what_is_lost(part: str, old: str, new: str, sentence: str) -> None:
    parts = members(GRAFTED)
    part = "xl/sharedStrings.xml" if old == "D-1" else part
    assert old in parts[part].decode()
    assert sentence in " ".join(lost(BOOK, zipped({**parts, part: parts[part].decode().replace(old, new)})))


def test_the_judge_lets_go_of_a_calculation_chain_and_of_nothing_else_that_is_called_one() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    swap = (f"{kind}sharedStrings", f"{kind}calcChain")
    before, after = (members(swapped(data, "xl/_rels/workbook.xml.rels", swap)) for data in (BOOK, GRAFTED))
    del after["xl/sharedStrings.xml"]
    assert list(lost(zipped(before), zipped(after))) == ["the member 'xl/sharedstrings.xml' is gone"]
    types = before["[Content_Types].xml"].replace(b"sharedStrings+xml", b"calcChain+xml")
    assert not list(lost(zipped({**before, "[Content_Types].xml": types}), zipped(after)))


@pytest.mark.parametrize("part", ["workbook.xml", "_rels/workbook.xml.rels", "../[Content_Types].xml"])
def test_a_list_that_is_called_styles_may_grow_as_a_list(part: str, tmp_path: Path) -> None:
    before = swapped(BOOK, "xl/_rels/workbook.xml.rels", ('"styles.xml"', f'"{part}"'))
    assert list(lost(before, grafted_file(before, plans, names=NAMES, path="book.xlsx").data)) == []
    said = "something else in the styles part changed (table styles, colours, extensions)"
    assert (asked(before, said, tmp_path), asked(BOOK, said, tmp_path)) == ("", said)


def asked(data: bytes, sentence: str, folder: Path) -> str:
    """What the judge says of that where a referee says so."""
    try:
        examine(data, folder, referee=lambda *_: [sentence])
    except Fault as fault:
        return fault.detail
    return ""


@pytest.mark.parametrize(
    "sentence",
    [
        "part xl/worksheets/sheet1.xml was changed",
        "part xl/theme/theme1.xml is gone",
        "relationship rId1 of the workbook part changed",
        "the shared strings no longer begin with the user's own",
        "the styles part's fonts no longer begins with the user's own",
    ],
)
def test_the_judge_passes_on_what_a_referee_says(sentence: str, tmp_path: Path) -> None:
    assert asked(BOOK, sentence, tmp_path) == asked(GRAFTED, sentence, tmp_path) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "1 content type(s) lost",
        "1 defined name(s) lost or changed",
        "part XL\\Worksheets\\Sheet3.xml was changed",
        "part XL/Worksheets/_rels/Sheet3.xml.rels is gone",
    ],
)
def test_of_our_sheets_the_judge_knows_more_than_a_referee(sentence: str, tmp_path: Path) -> None:
    assert asked(BOOK, sentence, tmp_path) == sentence
    assert not asked(GRAFTED, sentence, tmp_path)


def test_a_type_of_a_part_that_is_not_there_is_nobodys(tmp_path: Path) -> None:
    without = members(BOOK)
    del without["xl/styles.xml"]
    assert not asked(zipped(without), "1 content type(s) lost", tmp_path)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (str(NotAWorkbook("deals.xlsx", "its part xl/styles.xml is damaged")), ""),
        ("It cannot be read.", "does not name the file"),
        ("deals.xlsx cannot be read", "does not end"),
        ("deals.xlsx cannot be read: " + "x" * 1000 + ".", "too long"),
        ("deals.xlsx cannot be read: [Errno 2].", "Errno"),
        ("deals.xlsx cannot be read: None.", "'None'"),
        ("deals.xlsx cannot be read: KeyError.", "'KeyError'"),
        ("deals.xlsx has no deals. Sheet '0x1' has no header, nor has your team's sheet 'None'.", ""),
        ("deals.xlsx has no deals. Sheet 'x' is at 0x7f.", "'0x7f'"),
        ("deals.xlsx has no deals. Sheet 'x\x1b' has no header.", r"'\x1b'"),
        ("deals.xlsx cannot be read: <lxml.etree._Element object at 0x7f>.", "<lxml"),
        ("deals.xlsx cannot be read.\nTry again.", "'\\n'"),
    ],
)
def test_the_judge_knows_a_clear_message(message: str, why: str) -> None:
    assert unclear(message, "deals.xlsx") == why


def test_the_judge_calls_another_error_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judge.AS_OF", "no date")
    with pytest.raises(Fault, match=r"crash \(\w+Error at \w+\.py:\w+\)"):
        examine(book_of_deals(), tmp_path)
    assert AS_OF.year == 2026
