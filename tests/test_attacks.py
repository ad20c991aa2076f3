"""Workbooks made to harm whoever opens them: each is refused in one sentence or read for what it is, in bounds.

Every attack is opened in a child process by the real command, once to check it and once to write into it, and
may take ten seconds and 500 MB. A file that is refused stays as it was, with nothing left beside it, and
nobody is asked over the net. `docs/safety.md` is the list for people.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from attacks import (
    BOOK,
    FIRST_DEAL,
    HEADER,
    MOST_MEGABYTES,
    MOST_SECONDS,
    RELS,
    SECOND_DEAL,
    SHEET,
    SHEET_RELS,
    STRINGS,
    STYLES,
    TABLE,
    TEXTS,
    TYPES,
    WORKBOOK,
    WORKBOOK_RELATED,
    WORKBOOK_RELS,
    Children,
    Ended,
    Entry,
    entries,
    hand_zipped,
    listing,
    names,
    ods,
    ods_cell,
    rels,
    sheet,
    spoiled,
    strings,
    styles,
    table,
    third,
    with_rows,
    with_sheets,
    workbook,
    xml,
)
from other_formats import xls, xlsb
from pipesheet import csvfile, intake, reader, sheetscan, textscan
from pipesheet.xlsx import markup, package
from pipesheet.xlsx.book import MOST_NAMES

Attack = Callable[[], bytes]
PAGE = (Path(__file__).parents[1] / "docs" / "safety.md").read_text("utf-8")
PARTS = (TYPES, RELS, WORKBOOK, WORKBOOK_RELS, STYLES, SHEET, SHEET_RELS, STRINGS, TABLE)
TREES = tuple(part for part in PARTS if part not in (SHEET, STRINGS))
"""The parts that are taken apart as trees; the others are looked through."""
MEGABYTE = 1 << 20


# What they are made of ----------------------------------------------------------------------------------


@cache
def door() -> socket.socket:
    """Where somebody who follows a reference to the net would knock."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    return listening


def address() -> str:
    return f"http://127.0.0.1:{door().getsockname()[1]}/x.xml"


DECLARED: Mapping[str, Callable[[], str]] = {
    "an entity bomb": lambda: (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {c} "{f"&{b};" * 10}">' for b, c in zip("abcdefghi", "bcdefghij", strict=True))
        + "]>"
    ),
    "an entity from a file": lambda: '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///dev/zero">]>',
    "an entity from the net": lambda: f'<!DOCTYPE x [<!ENTITY % k SYSTEM "{address()}"> %k;<!ENTITY j "x">]>',
    "a document type from the net": lambda: f'<!DOCTYPE x SYSTEM "{address()}">',
}


def with_entity(part: str, declared: str, encoding: str = "utf-8") -> Attack:
    """The part with that declaration before its root, and the entity where it would be looked up."""

    def made() -> bytes:
        text = BOOK[part].replace("UTF-8", encoding.upper())
        head, end = text.index("?>") + 2, text.rindex("</")
        return spoiled(
            {part: (text[:head] + DECLARED[declared]() + text[head:end] + "&j;" + text[end:]).encode(encoding)}
        )

    return made


def lying(part: str, content: Callable[[], str]) -> Attack:
    """The part has that content, and declares a thousand bytes."""
    return lambda: hand_zipped(
        Entry(name, content(), declared=1000) if name == part else Entry(name, held) for name, held in BOOK.items()
    )


def inflated(part: str) -> Callable[[], str]:
    """The part with 300 MB of nothing in it."""
    return lambda: BOOK[part].replace("?>", "?>" + " " * (300 * MEGABYTE), 1)


def a_third(**values: str) -> Attack:
    return lambda: with_rows(third(**values))


def deep(part: str) -> Attack:
    """The part with a hundred thousand elements in each other."""

    def made() -> bytes:
        at = BOOK[part].rindex("</")
        return spoiled({part: BOOK[part][:at] + "<x>" * 100_000 + "</x>" * 100_000 + BOOK[part][at:]})

    return made


def besides(name: str) -> Attack:
    return lambda: hand_zipped([*entries(), Entry(name, "<x/>")])


def leading(kind: str, target: str) -> Attack:
    """A relationship of that kind leads there instead: out of the file, or to our door."""
    own = {"table": "../tables/table1.xml", "worksheet": "worksheets/sheet1.xml", "workbook": WORKBOOK}
    part = {"table": SHEET_RELS, "workbook": RELS}.get(kind, WORKBOOK_RELS)
    old = own.get(kind, f"{kind}.xml")
    return lambda: spoiled({part: BOOK[part].replace(old, target.replace("NET", address()))})


def typed(kind: str, repeated: str, megabytes: int) -> Attack:
    """A tag of so many megabytes in the sheet."""
    return lambda: with_rows(f'<row r="9"><c r="A9" {kind}' + repeated * (megabytes * MEGABYTE // len(repeated)))


FAR = '<row r="1048576"><c r="{}1048576"><v>1</v></c></row>'
LONG_TEXT = strings(*TEXTS[:6], "x" * 32_767, *TEXTS[7:])
CELLS: dict[tuple[int, int], str | float] = {(0, n): text for n, text in enumerate(TEXTS[:5])}

REFUSED: Mapping[str, tuple[Attack, str]] = {
    # The zip.
    "a zip bomb by ratio": (lambda: spoiled({"xl/bomb.xml": b"\0" * (80 * MEGABYTE)}), "as a zip bomb does"),
    "a zip bomb in a sheet, of less": (
        lambda: with_rows(before=" " * (17 * MEGABYTE)), f"'{SHEET}' inflates 1,0"
    ),
    "a zip bomb by what it declares": (
        lambda: hand_zipped([*entries(), *(Entry(f"xl/b{n}.xml", b"x", declared=(1 << 32) - 2) for n in range(3))]),
        "would inflate to 12.0 GB",
    ),
    "too many members": (
        lambda: hand_zipped([*entries(), *(Entry(f"x/{n}") for n in range(20_001))]), "20,010 parts, far more than"
    ),
    "a declared size that lies": (lying(SHEET, lambda: sheet() + " " * MEGABYTE), "larger than its declared"),
    "members that overlap": (lambda: hand_zipped([*entries(), Entry("xl/copy.xml", at=4)]), "overlaps another"),
    "one part twice": (besides(SHEET), "twice"),
    "one part twice, in another case": (besides(SHEET.upper()), "twice"),
    "one part twice, with a slash before": (besides("/" + SHEET), "twice"),
    "one part twice, with backslashes": (besides(SHEET.replace("/", "\\")), "twice"),
    "a name that climbs out": (besides("../evil.xml"), "leads out of the file"),
    "a name that climbs out further in": (besides("xl/../../evil.xml"), "leads out of the file"),
    "a name that climbs out, with backslashes": (besides("..\\evil.xml"), "leads out of the file"),
    "a name with a drive": (besides("C:/evil.xml"), "leads out of the file"),
    "a name of another machine": (besides("//host/evil.xml"), "leads out of the file"),
    "a NUL in a name": (besides("xl/workbook.xml\0.png"), "leads out of the file"),
    # The XML.
    **{
        f"{what} in {part}": (with_entity(part, what), f"its part '{part}' holds a document type")
        for part in PARTS for what in DECLARED
    },
    "an entity bomb in UTF-16": (with_entity(SHEET, "an entity bomb", "utf-16"), "holds a document type"),
    # Cells and texts that take more than they have.
    "one cell in the last place there is": (lambda: with_rows(FAR.format("XFD")), "as far as XFD1048576: delete"),
    "one cell beyond the last place": (
        lambda: with_rows('<row r="4294967295"><c r="ZZZZZ4294967295"><v>1</v></c></row>'), "next to nothing in between"
    ),
    "only cells beyond the last place": (
        lambda: spoiled({SHEET: sheet('<row r="99999999"><c r="ZZZZ99999999"><v>1</v></c></row>')}),
        "beyond the last row or column",
    ),
    "a row below the last": (lambda: with_rows(third(number=1_048_577)), "beyond the last row or column"),
    "a row of a number that no computer holds": (lambda: with_rows(third(number="9" * 30)), "next to nothing in between"),
    "a row before the first": (lambda: with_rows(third(number=-1)), "its parts cannot be read"),
    "a row that is no number": (lambda: with_rows(third(number="abc")), "its parts cannot be read"),
    "a column of a hundred thousand letters": (
        lambda: with_rows(f'<row r="4"><c r="{"A" * 100_000}4"><v>1</v></c></row>'), "next to nothing in between"
    ),
    "sixty sheets that reach far, each": (
        lambda: with_sheets(60, sheet(FAR.format("A"))), "its sheets span over 12,000,000 cells"
    ),
    "a text of 32,767 characters in a hundred thousand cells": (
        lambda: spoiled({STRINGS: LONG_TEXT, SHEET: sheet(HEADER + "".join(
            f'<row r="{n}"><c r="B{n}" t="s"><v>6</v></c></row>' for n in range(2, 100_000)
        ))}), "repeat long texts until they make 3.1 GB",
    ),
    "ten thousand sheets that are one part": (
        lambda: spoiled({WORKBOOK: workbook("".join(f'<sheet name="D{n}" r:id="rId1"/>' for n in range(10_000)))}),
        "'D0' and 'D1' are one part",
    ),
    "a text of a position that is none": (
        lambda: with_rows('<row r="4"><c r="A4" t="s"><v>99999</v></c></row>'), "not found in shared strings"
    ),
    "bytes that are no UTF-8": (lambda: spoiled({STRINGS: BOOK[STRINGS].encode().replace(b"Pump", b"\xed\xa0\x80")}), "UTF-8"),
    "half a character as a reference": (lambda: with_rows(third("&#xD800;")), "invalid character reference"),
    # Relationships.
    **{
        f"the {what} is said to be at {target}": (leading(kind, target), "cannot be read as a workbook")
        for what, kind in {"sheet": "worksheet", "workbook part": "workbook"}.items()
        for target in ("/etc/passwd", "../../../../../dev/zero", "file:///dev/zero", "NET")
    },
    "a workbook that is its own list of relationships": (
        lambda: spoiled({RELS: rels(("rId1", "officeDocument", RELS))}), "cannot be read as a workbook"
    ),
}  # fmt: skip

NOT_WRITTEN: Mapping[str, tuple[Attack, str]] = {
    **{f"elements a hundred thousand deep in {part}": (deep(part), "is not well-formed XML") for part in TREES},
    "a hundred thousand types of parts": (
        lambda: spoiled({TYPES: BOOK[TYPES].replace("</Types>", "".join(
            f'<Override PartName="/p{n}.xml" ContentType="a/b"/>' for n in range(100_000)
        ) + "</Types>")}), "the types of 100,007 parts",
    ),
    "a hundred and sixty thousand relationships": (
        lambda: spoiled({SHEET_RELS: rels(*((f"r{n}", "t", "x") for n in range(60_000))),
                         WORKBOOK_RELS: rels(*WORKBOOK_RELATED, *((f"r{n}", "t", "x") for n in range(100_000)))}),
        "point to each other over 150,000 times",
    ),
    "three million tags in the styles": (
        lambda: spoiled({STYLES: styles('<xf numFmtId="0"/><xf numFmtId="14"/>' + "<a/>" * 2_900_000)}),
        "tags and attributes, far more than",
    ),
    "a hundred and fifty thousand defined names": (
        lambda: spoiled({WORKBOOK: names(150_000)}), "it defines 150,000 names, far more than"
    ),
    "a million defined names": (lambda: spoiled({WORKBOOK: names(1_000_000)}), "which no workbook needs"),
    "styles said to be at ../../../../../dev/zero": (
        leading("styles", "../../../../../dev/zero"), "its styles are said to be where none can be"
    ),
}  # fmt: skip

READ: Mapping[str, tuple[Attack, str]] = {
    "nothing at all": (lambda: spoiled({}), "2 deals"),
    # Ranges.
    "a million cells of which a dozen are filled": (
        lambda: with_rows('<row r="100000"><c r="J100000"><v>1</v></c></row>'), "2 deals"
    ),
    "one filled cell in the last row": (lambda: with_rows(FAR.format("A")), "2 deals"),
    "a range and a column format of all cells": (
        lambda: with_rows(before='<dimension ref="A1:XFD1048576"/><cols><col min="0" max="4294967295" width="9e99"/></cols>'),
        "2 deals",
    ),
    "a merge of all cells": (
        lambda: with_rows(after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), "2 deals"
    ),
    "a hundred thousand merges of all cells": (
        lambda: with_rows(after="<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 100_000 + "</mergeCells>"), "2 deals"
    ),
    "rules and validations over all cells": (
        lambda: with_rows(
            after='<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1"><formula>TRUE'
            '</formula></cfRule></conditionalFormatting><dataValidations><dataValidation sqref="A1:XFD1048576"/></dataValidations>'
        ), "2 deals",
    ),
    "a table over all cells": (lambda: spoiled({TABLE: table("A1:XFD1048576")}), "2 deals"),
    "a table over more than all cells": (lambda: spoiled({TABLE: table("A1:ZZZZZ99999999")}), "2 deals"),
    "a table from its end to its start": (lambda: spoiled({TABLE: table("E3:A1")}), "2 deals"),
    "a formula shared by all cells": (
        lambda: with_rows('<row r="4"><c r="A4"><f t="shared" si="4294967295" ref="A1:XFD1048576">A4</f><v/></c></row>'),
        "2 deals",
    ),
    "a format in the last place there is": (
        lambda: with_rows('<row r="1048576"><c r="XFD1048576" s="1"/></row>'), "2 deals"
    ),
    # Texts.
    "a text of a position below none": (lambda: with_rows('<row r="4"><c r="A4" t="s"><v>-1</v></c></row>'), "2 deals"),
    "control characters and halves of characters": (
        lambda: spoiled({STRINGS: strings(*TEXTS[:5], "D_xD800_1", "_x0000_\x01&#9;\u202e\uffff", *TEXTS[7:])}),
        "2 deals, text-trimmed",
    ),
    "a name of 32,767 characters": (lambda: with_rows(third("x" * 32_767)), "3 deals"),
    "a name of a million characters": (lambda: with_rows(third("x" * 1_000_000)), "3 deals"),
    "a stage of a million characters": (
        lambda: with_rows(third().replace("Proposal", "x" * 1_000_000)), "3 deals, stage-unknown"
    ),
    "a sheet's name of a million characters": (
        lambda: spoiled({WORKBOOK: workbook(f'<sheet name="{"Deals" * 200_000}" sheetId="1" r:id="rId1"/>')}), "2 deals"
    ),
    "a sheet's name of formulas, markup and signs": (
        lambda: spoiled({WORKBOOK: workbook('<sheet name="=cmd|&apos;/C calc&apos;!A0&lt;script&gt;[]*?/\\:" sheetId="1" r:id="rId1"/>')}),
        "2 deals",
    ),
    **{f"elements a hundred thousand deep in {part}": (deep(part), "2 deals") for part in (SHEET, STRINGS)},
    # Numbers, dates, rows.
    **{
        f"an amount of {amount[:8]}": (a_third(amount=amount), "3 deals, amount-unreadable")
        for amount in ("1e999", "-1e999", "NaN", "INF", "9" * 400)
    },
    **{
        f"a date of {date}": (a_third(date=date), "3 deals, date-unreadable")
        for date in ("2958466", "1e9", "9e18", "1e999", "-1")
    },
    "a date after the year 9999": (
        lambda: with_rows(third().replace('s="1"><v>46388', 't="d"><v>99999-01-01T00:00:00')), "3 deals, date-unreadable"
    ),
    "rows in the wrong order": (lambda: spoiled({SHEET: sheet(SECOND_DEAL + FIRST_DEAL + HEADER)}), "2 deals"),
    "a thousand rows of one number": (lambda: with_rows(*[third()] * 1000), "3 deals"),
    # Relationships and lists.
    **{
        f"the {kind} is said to be at {target}": (leading(kind, target), "2 deals")
        for kind in ("table", "sharedStrings", "styles")
        for target in ("/etc/passwd", "file:///dev/zero", "NET")
    },
    "links out of the file": (
        lambda: spoiled({WORKBOOK_RELS: rels(
            *WORKBOOK_RELATED, ("rId8", "externalLink", "file:///dev/zero"), ("rId9", "theme", "../../../../../dev/zero"),
            ("rId10", "attachedToolbars", address()),
        )}), "2 deals",
    ),
    "relationships in a circle": (
        lambda: spoiled({
            SHEET_RELS: rels(("rId1", "table", "../tables/table1.xml"), ("rId2", "officeDocument", "../workbook.xml")),
            "xl/tables/_rels/table1.xml.rels": rels(("rId1", "worksheet", "../worksheets/sheet1.xml")),
        }), "2 deals",
    ),
    "fifty thousand defined names": (lambda: spoiled({WORKBOOK: names(50_000)}), "2 deals"),
    "a million million million shared texts, by what it says": (
        lambda: spoiled({STRINGS: BOOK[STRINGS].replace("<sst ", f'<sst uniqueCount="{10**18}" ', 1)}), "2 deals"
    ),
    "two million shared texts": (lambda: spoiled({STRINGS: strings(*TEXTS, *map(str, range(2_000_000)))}), "2 deals"),
    "a thousand sheets": (lambda: with_sheets(1000, sheet("")), "2 deals"),
}  # fmt: skip

HOLDING: Mapping[str, Attack] = {
    # Whether these are read or refused is all the same; they may not hold up whoever opens them. They stay
    # below the ratio of a zip bomb's, or the size from which that counts.
    "fifteen megabytes of a tag that never ends": typed("", "a ", 15),
    "fifteen megabytes of tags that never end": typed("", "<c ", 15),
    "fifteen megabytes of a type, again and again": typed("", 't="e" ', 15),
    "fifteen megabytes of quotes": typed('x="', "\"'", 15),
    "a type of fifteen megabytes": typed('t="', "e", 15),
    "a dimension again and again": lambda: with_rows(before="<dimension " * (15 * MEGABYTE // 11)),
    "a name's text of t=\"e\", fifteen megabytes": lambda: with_rows(third("t=\"e\"" * (3 * MEGABYTE))),
    "a text of fifteen megabytes": lambda: spoiled({STRINGS: strings(*TEXTS[:6], "x" * (15 * MEGABYTE), *TEXTS[7:])}),
    "a sheet of fifteen megabytes of attributes": lambda: spoiled(
        {WORKBOOK: workbook('<sheet name="Deals" r:id="rId1"/><sheet ' + 'a="' * (4 * MEGABYTE) + "/>")}
    ),
    "sheets in the workbook part that never end": lambda: spoiled(
        {WORKBOOK: workbook(after="<sheet " * (2 * MEGABYTE))}
    ),
    "relationships that never end": lambda: spoiled(
        {WORKBOOK_RELS: BOOK[WORKBOOK_RELS].replace("</Relationships>", "<Relationship " * MEGABYTE)}
    ),
    "fifteen megabytes of errors": lambda: with_rows(
        "".join("<row>" + '<c t="e"><v>#N/A</v></c>' * 100 + "</row>" for _ in range(6_000))
    ),
    "fifteen megabytes of cells": lambda: with_rows("".join("<row>" + "<c><v>1</v></c>" * 100 + "</row>" for _ in range(10_000))),
    "a quarter of a million number formats": lambda: spoiled({STYLES: xml("styleSheet", "<numFmts>" + "".join(
        f'<numFmt numFmtId="{n}" formatCode="0.0"/>' for n in range(249_000)
    ) + "</numFmts><cellXfs/>")}),
    "a hundred and forty thousand relationships": lambda: spoiled(
        {WORKBOOK_RELS: rels(*WORKBOOK_RELATED, *((f"r{n}", "t", f"t{n}") for n in range(140_000)))}
    ),
    "as many attributes as there may be": lambda: spoiled({STYLES: xml("styleSheet", "<fonts>" + "".join(
        "<font " + " ".join(f'a{n}=""' for n in range(100)) + "/>" for _ in range(7_300)
    ) + "</fonts><cellXfs/>")}),
    "as many tags as there may be": lambda: spoiled({STYLES: xml("styleSheet", f"<fonts>{'<b/>' * 749_000}</fonts>")}),
    "as many names as there may be": lambda: spoiled({WORKBOOK: names(99_000)}),
    "as many formats as there may be": lambda: spoiled({STYLES: styles('<xf numFmtId="0"/><xf numFmtId="14"/>' + "".join(
        f'<xf numFmtId="{n % 40}" fontId="{n}" fillId="0" xfId="0" applyFont="1"><alignment horizontal="center"/></xf>'
        for n in range(62_000)
    ))}),
    "ten thousand sheets": lambda: with_sheets(9_900, sheet('<row r="1"><c r="A1"><v>1</v></c></row>')),
    "fifty sheets that reach far, each": lambda: with_sheets(50, sheet(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="999999"><c r="G999999"><v>1</v></c></row>'
    )),
    **{
        f"a {part} of 300 MB that declares a thousand bytes": lying(part, inflated(part))
        for part in (WORKBOOK, WORKBOOK_RELS, STYLES, SHEET, STRINGS, TABLE)
    },
}  # fmt: skip

OTHERS: Mapping[str, tuple[Attack, str]] = {
    "all cells of an .ods filled by one that repeats": (
        lambda: ods(f'<table:table-row table:number-rows-repeated="1048575">{ods_cell("x", 16384)}</table:table-row>'),
        "next to nothing in between",
    ),
    "a cell of an .ods four billion times": (
        lambda: ods(f'<table:table-row table:number-rows-repeated="4294967295">{ods_cell("x", 4294967295)}</table:table-row>'),
        "next to nothing in between",
    ),
    "a long text of an .ods in fifty thousand cells": (
        lambda: ods(f'<table:table-row table:number-rows-repeated="1000">{ods_cell("x" * 100_000, 50)}</table:table-row>'),
        "repeat long texts",
    ),
    "an entity bomb in an .ods": (lambda: ods("", DECLARED["an entity bomb"]()), "holds a document type"),
    "a table of an .ods that never ends": (lambda: ods("", table_end=""), "content.xml: mismatched tag"),
    "elements of an .ods a hundred thousand deep": (lambda: ods("<table:table-row>" * 100_000), ""),
    "an .xls that says it has all rows and columns there are": (
        lambda: xls(CELLS, dimensions=(0, 2**32 - 1, 0, 65_535)), "next to nothing in between"
    ),
    "an .xls cut short": (lambda: xls(CELLS)[:1500], ""),
    "an .xlsb with one cell in the last place": (
        lambda: xlsb({**CELLS, (1_048_575, 16_383): 1.0}), "as far as XFD1048576"
    ),
    "a .csv of fifty megabytes of NULs": (lambda: b"\0" * (50 * MEGABYTE), ""),
    "a .csv of one line of fifty megabytes": (lambda: b"x" * (50 * MEGABYTE), ""),
    "a .csv with a quote that never ends": (
        lambda: b'Deal ID,Stage,Amount\n"' + b"x" * (50 * MEGABYTE), "its text is not a table"
    ),
    "a .csv of halves of characters": (lambda: b"\xff\xfe" + b"\x00\xd8" * 1000, ""),
}  # fmt: skip


ALWAYS = {
    "nothing at all", "a million cells of which a dozen are filled", "an amount of 1e999", "relationships in a circle",
    "control characters and halves of characters", "the table is said to be at NET",
    f"elements a hundred thousand deep in {WORKBOOK}", "a hundred thousand types of parts",
}  # fmt: skip
"""Those of the longer lists that are cheap enough for every run of the tests."""
ELSEWHERE = (
    "file in",
    "net in",
    "further in",
    "to be at file",
    "sheets that",
    "text of 32,767",
    "row that",
    "bytes that",
)
"""Words in the sentences of those that are refused like others and need not be seen so at every run."""


def attacks(listed: Mapping[str, object], always: Callable[[str], bool] = ALWAYS.__contains__) -> list[object]:
    """The attacks of a list by their sentences, slow but for those."""
    return [
        pytest.param(sentence, id=sentence, marks=() if always(sentence) else pytest.mark.slow) for sentence in listed
    ]


# How they are met ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    started = Children(tmp_path_factory.mktemp("children"))
    yield started
    started.end()
    door().close()
    door.cache_clear()


CHECK, WRITE = ("check", "--json"), ("run", "--in-place", "--quiet")


def met(children: Children, book: Path, command: tuple[str, ...], *, cold: bool = False) -> Ended:
    """How the command ended with the book, once it is seen that it did no harm."""
    before = listing(book.parent)
    ended = children.pipesheet(*command, "--as-of", "2026-11-16", book, cold=cold)
    assert ended.code in (0, 1, 3), ended.err[-2000:]
    assert ended.seconds <= MOST_SECONDS
    assert ended.megabytes <= MOST_MEGABYTES
    assert "Traceback" not in ended.err
    if ended.code == 3:
        assert ended.err.startswith(f"error: {book.name} ")
        assert ended.err.count("\n") == 1
        assert len(ended.err) < 1200
        assert listing(book.parent) == before
    assert not [name for name in listing(book.parent) if name.endswith(".tmp")]
    with pytest.raises(BlockingIOError):
        door().accept()
    return ended


def saved(folder: Path, data: bytes, ending: str = "xlsx") -> Path:
    book = folder / f"book.{ending}"
    book.write_bytes(data)
    return book


def found(ended: Ended) -> str:
    """How many deals a check read, and what it said of them; a book without Stages is no matter here."""
    codes = {finding["code"] for finding in ended.workbook["findings"]} - {"stages-sheet-missing"}
    return ", ".join([f"{ended.workbook['deals']} deals", *sorted(codes)])


@pytest.mark.parametrize("attack", attacks(REFUSED, lambda said: not any(words in said for words in ELSEWHERE)))
def test_it_is_refused_in_one_sentence_and_left_as_it_was(children: Children, tmp_path: Path, attack: str) -> None:
    made, words = REFUSED[attack]
    book = saved(tmp_path, made())
    for command in (CHECK, WRITE):
        ended = met(children, book, command)
        assert ended.code == 3
        assert words in ended.err


@pytest.mark.parametrize("attack", attacks(NOT_WRITTEN))
def test_what_need_not_be_looked_at_is_read_but_never_written_into(
    children: Children, tmp_path: Path, attack: str
) -> None:
    made, words = NOT_WRITTEN[attack]
    book = saved(tmp_path, made())
    assert found(met(children, book, CHECK)) == "2 deals"
    ended = met(children, book, WRITE)
    assert ended.code == 3
    assert words in ended.err


@pytest.mark.parametrize("attack", attacks(READ))
def test_what_is_merely_odd_is_read_for_what_it_is(children: Children, tmp_path: Path, attack: str) -> None:
    made, expected = READ[attack]
    book = saved(tmp_path, made())
    assert found(met(children, book, CHECK)) == expected
    assert met(children, book, WRITE).code < 2


@pytest.mark.slow
@pytest.mark.parametrize("attack", HOLDING)
def test_nothing_holds_up_whoever_opens_it(children: Children, tmp_path: Path, attack: str) -> None:
    book = saved(tmp_path, HOLDING[attack]())
    for command in (CHECK, WRITE):
        met(children, book, command)


@pytest.mark.parametrize(
    "attack",
    attacks(OTHERS, lambda said: "xls" in said or any(words in said for words in ("repeats", "bomb", "table of"))),
)
def test_other_formats_are_no_way_in(children: Children, tmp_path: Path, attack: str) -> None:
    made, words = OTHERS[attack]
    ending = attack[attack.index(".") + 1 :].split(maxsplit=1)[0]
    ended = met(children, saved(tmp_path, made(), ending), CHECK)
    assert ended.code == 3
    assert words in ended.err


def test_a_command_as_a_person_starts_it_is_bounded_too(children: Children, tmp_path: Path) -> None:
    made, words = REFUSED["one cell in the last place there is"]
    ended = met(children, saved(tmp_path, made()), WRITE, cold=True)
    assert ended.code == 3
    assert words in ended.err


# The page -----------------------------------------------------------------------------------------------

LIMITS: Mapping[str, tuple[int, ...]] = {
    "members": (intake.MOST_MEMBERS,),
    "GB that all inflate to": (intake.MOST_BYTES >> 30,),
    "times that a part of over # MB inflates, a picture of over # MB": (
        intake.MOST_RATIO, intake.SMALL_MARKUP >> 20, intake.SMALL_BYTES >> 20
    ),
    "cells that a sheet spans": (sheetscan.MOST_CELLS,),
    "cells that all sheets span": (reader.MOST_IN_ALL,),
    "MB of text in the cells of a sheet": (textscan.MOST_TEXT >> 20,),
    "MB of a part that lists others or holds formats": (package.MAX_PARSED >> 20,),
    "tags and attributes in such a part": (markup.MOST_PIECES,),
    "defined names": (MOST_NAMES,),
    "relationships": (package.MOST_RELATIONSHIPS,),
    "types of parts": (package.MOST_TYPES,),
    "GB of a .csv": (csvfile.MOST_BYTES >> 30,),
    "rows and # columns": (sheetscan.MOST_ROWS, sheetscan.MOST_COLUMNS),
}  # fmt: skip


@pytest.mark.parametrize("what", LIMITS)
def test_the_page_tells_the_limits_that_hold(what: str) -> None:
    first, *others = (f"{number:,}" for number in LIMITS[what])
    told = f"{first} {what}"
    for number in others:
        told = told.replace("#", number, 1)
    assert f"| {told} |" in PAGE


def test_the_page_tells_what_an_attack_may_take() -> None:
    assert f"{MOST_SECONDS} seconds and {MOST_MEGABYTES} MB" in " ".join(PAGE.split())
