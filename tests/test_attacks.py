"""Workbooks made to harm whoever opens them: each is refused in one sentence or read for what it is, in bounds.

Every attack is opened in a child process by the real command, once to check it and once to write into it, and
may take ten seconds and 500 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from attacks import (
    BOOK,
    FIRST_DEAL,
    HEADER,
    MOST_MEGABYTES,
    MOST_SECONDS,
    RELS,
    SHEET,
    STRINGS,
    STYLES,
    TABLE,
    TYPES,
    WORKBOOK,
    WORKBOOK_RELS,
    Children,
    Entry,
    entries,
    hand_zipped,
    listing,
    rels,
    row,
    sheet,
    spoiled,
    strings,
    table,
    text_cell,
    workbook,
)

Attack = Callable[[], bytes]
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {c} "{f"&{b};" * 10}">' for b, c in zip("abcdefghi", "bcdefghij", strict=True)
)
BOMB = ENTITIES + "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
DTD = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


DECLARED = {"an entity bomb": BOMB, "an entity from a file": OUTSIDE, "a DTD from the net": DTD}


def with_entity(part: str, declared: str) -> Attack:
    def made() -> bytes:
        text = BOOK[part]
        head, end = text.index("?>") + 2, text.rindex("</")
        return spoiled({part: text[:head] + declared + text[head:end] + "&j;" + text[end:]})

    return made


def deep(depth: int) -> str:
    return "<x>" * depth + "</x>" * depth


REFUSED: Mapping[str, tuple[Attack, str]] = {
    "a zip bomb by ratio": (lambda: spoiled({"xl/bomb.xml": b"\0" * (80 << 20)}), "inflate"),
    "a zip bomb by what it declares": (
        lambda: hand_zipped([*entries(), *(Entry(f"xl/b{n}.xml", b"x", declared=(1 << 32) - 2) for n in range(3))]),
        "inflate",
    ),
    "too many members": (
        lambda: hand_zipped([*entries(), *(Entry(f"x/{n}") for n in range(20_001))]), "more than"
    ),
    "members that overlap": (lambda: hand_zipped([*entries(), Entry("xl/copy.xml", at=4)]), "overlaps another"),
    "one part twice": (lambda: hand_zipped([*entries(), Entry(SHEET, BOOK[SHEET])]), "twice"),
    "one part twice in another case": (lambda: hand_zipped([*entries(), Entry(SHEET.upper(), "x")]), "twice"),
    "one part twice with a slash before": (lambda: hand_zipped([*entries(), Entry("/" + SHEET, "x")]), "twice"),
    "one part twice with backslashes": (
        lambda: hand_zipped([*entries(), Entry(SHEET.replace("/", "\\"), "x")]), "twice"
    ),
    "a name that climbs out": (lambda: spoiled({"../evil.xml": "x"}), "leads out"),
    "a name that climbs out with backslashes": (
        lambda: hand_zipped([*entries(), Entry("..\\evil.xml", "x")]), "leads out"
    ),
    "a name with a drive": (lambda: hand_zipped([*entries(), Entry("C:/evil.xml", "x")]), "leads out"),
    **{
        f"{what} in {part}": (with_entity(part, declared), "holds a document type")
        for part in (TYPES, RELS, WORKBOOK, WORKBOOK_RELS, STYLES, TABLE)
        for what, declared in DECLARED.items()
    },
    "a declared size that lies": (
        lambda: hand_zipped([e if e.name != SHEET else Entry(SHEET, BOOK[SHEET], declared=40) for e in entries()]),
        "cannot be read as a workbook",
    ),
    "elements a hundred thousand deep": (lambda: spoiled({WORKBOOK: workbook(after=deep(100_000))}), "book.xlsx "),
}  # fmt: skip
READ: Mapping[str, Attack] = {
    # Of a sheet and of shared texts no entity is ever looked up, and a write passes them on as they are.
    **{
        f"{what} in {part}": with_entity(part, declared)
        for part in (SHEET, STRINGS)
        for what, declared in DECLARED.items()
    },
    "one cell in the last place there is": lambda: spoiled(
        {SHEET: sheet(HEADER + FIRST_DEAL + f'<row r="1048576">{text_cell("XFD1048576", "x")}</row>')}
    ),
    "a range of all cells": lambda: spoiled(
        {SHEET: sheet(before='<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16384" width="9"/></cols>')}
    ),
    "merges, validations and rules over all cells": lambda: spoiled(
        {
            SHEET: sheet(
                after='<mergeCells count="1"><mergeCell ref="F1:XFD1048576"/></mergeCells><conditionalFormatting '
                'sqref="A1:XFD1048576"><cfRule type="expression" priority="1"><formula>TRUE</formula></cfRule>'
                '</conditionalFormatting><dataValidations count="1"><dataValidation sqref="A1:XFD1048576"/></dataValidations>'
            )
        }
    ),
    "a table over all cells": lambda: spoiled({TABLE: table("A1:XFD1048576")}),
    "a text of a place that is none": lambda: spoiled(
        {SHEET: sheet(HEADER + FIRST_DEAL.replace("<v>6</v>", "<v>-6</v>").replace("<v>7</v>", "<v>99999999</v>"))}
    ),
    "control characters and halves of characters": lambda: spoiled(
        {STRINGS: strings("Deal ID", "Deal", "Stage", "Amount", "Close date", "D_xD800_1", "_x0000_&#9;", "Proposal", "D", "C")}
    ),
    "names of a hundred thousand characters": lambda: spoiled(
        {STRINGS: strings("Deal ID", "Deal", "Stage", "Amount", "Close date", "D-1", "x" * 100_000, "Proposal", "D-2", "C")}
    ),
    "numbers that are none": lambda: spoiled(
        {SHEET: sheet(HEADER + FIRST_DEAL.replace("<v>1000</v>", "<v>1e999</v>").replace("46357", "1e300"))}
    ),
    "rows out of order": lambda: spoiled({SHEET: sheet(row(9, "D-9", "x", "Proposal", "1") + HEADER + FIRST_DEAL)}),
    "relationships that lead out": lambda: spoiled(
        {
            WORKBOOK_RELS: rels(
                ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "sharedStrings", "sharedStrings.xml"),
                ("rId3", "styles", "styles.xml"), ("rId8", "externalLink", "file:///etc/passwd"),
                ("rId9", "theme", "../../../../etc/passwd"),
            )
        }
    ),
    "relationships in a circle": lambda: spoiled(
        {"xl/tables/_rels/table1.xml.rels": rels(("rId1", "worksheet", "../worksheets/sheet1.xml"))}
    ),
    "many names": lambda: spoiled(
        {
            WORKBOOK: workbook(
                after="<definedNames>"
                + "".join(f'<definedName name="n{n}">Deals!$A${n + 1}</definedName>' for n in range(50_000))
                + "</definedNames>"
            )
        }
    ),
}  # fmt: skip
LARGE: Mapping[str, Attack] = {
    "many shared texts": lambda: spoiled({STRINGS: strings(*[str(n) for n in range(1_000_000)])}),
    "one text of fifty million characters": lambda: spoiled({STRINGS: strings(*("Deal ID", "Deal", "x" * 50_000_000))}),
    "a tag of fifty million characters": lambda: spoiled(
        {SHEET: sheet(before=f'<dimension ref="A1:{"x" * 50_000_000}"/>')}
    ),
    "a cell with a type of fifty million characters": lambda: spoiled(
        {SHEET: sheet(HEADER + f'<row r="2"><c r="A2" t="{"e" * 50_000_000}"><v>1</v></c></row>')}
    ),
    "half a million names": lambda: spoiled(
        {
            WORKBOOK: workbook(
                after="<definedNames>"
                + "".join(f'<definedName name="n{n}">Deals!$A${n + 1}</definedName>' for n in range(500_000))
                + "</definedNames>"
            )
        }
    ),
}


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    started = Children(tmp_path_factory.mktemp("children"))
    yield started
    started.end()


def attacked(children: Children, folder: Path, data: bytes, *, codes: tuple[int, ...]) -> list[str]:
    """Opens it to check and to write; asserts what holds of every attack, and gives what was said.

    `codes` are those of the write; what a check does not look at it may pass over.
    """
    book = folder / "book.xlsx"
    book.write_bytes(data)
    said = []
    for arguments, may in (
        (("check", book, "--quiet"), (0, 1, 3)), (("run", book, "--in-place", "--quiet"), codes),
    ):  # fmt: skip
        ended = children.pipesheet(*arguments)
        assert ended.code in may, ended.err[-2000:]
        assert "Traceback" not in ended.err
        assert ended.seconds <= MOST_SECONDS
        assert ended.megabytes <= MOST_MEGABYTES
        if ended.code == 3:
            assert ended.err.startswith("error: ")
            assert len(ended.err) < 1200
            assert book.read_bytes() == data
            said.append(ended.err)
    assert not [name for name in listing(folder) if "pipesheet-" in name and name.endswith(".tmp")]
    return said


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_in_one_sentence_and_left_as_it_was(children: Children, tmp_path: Path, what: str) -> None:
    made, sentence = REFUSED[what]
    told = attacked(children, tmp_path, made(), codes=(3,))
    assert told
    for said in told:
        assert sentence in said
        assert said.startswith("error: book.xlsx ")


@pytest.mark.parametrize("what", READ)
def test_what_is_merely_odd_is_read_in_bounds(children: Children, tmp_path: Path, what: str) -> None:
    attacked(children, tmp_path, READ[what](), codes=(0, 1, 3))


@pytest.mark.slow
@pytest.mark.parametrize("what", LARGE)
def test_what_is_large_is_read_or_refused_in_bounds(children: Children, tmp_path: Path, what: str) -> None:
    attacked(children, tmp_path, LARGE[what](), codes=(0, 1, 3))
