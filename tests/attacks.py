"""What an attack is made of: a small workbook to spoil, a zip written by hand, and the child it is opened in.

`BOOK` is a workbook of two deals, part by part, that is read without a word of complaint. An attack changes
one thing of it. The child is the command line in a process of its own, whose time and memory are taken by
whoever started it.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from grafting import zipped

MOST_SECONDS, MOST_MEGABYTES = 10, 500
"""What one attack may cost."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGED = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

TYPES, RELS = "[Content_Types].xml", "_rels/.rels"
WORKBOOK, WORKBOOK_RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET, SHEET_RELS = "xl/worksheets/sheet1.xml", "xl/worksheets/_rels/sheet1.xml.rels"
STRINGS, STYLES, TABLE = "xl/sharedStrings.xml", "xl/styles.xml", "xl/tables/table1.xml"

TEXTS = ("Deal ID", "Deal", "Stage", "Amount", "Close date", "D-1", "Pump station", "Proposal", "D-2", "Crane")
"""The shared texts of `BOOK`, by their positions."""
HEADER, FIRST_DEAL, SECOND_DEAL = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c>'
    '<c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c></row>',
    '<row r="2"><c r="A2" t="s"><v>5</v></c><c r="B2" t="s"><v>6</v></c><c r="C2" t="s"><v>7</v></c>'
    '<c r="D2"><v>1000</v></c><c r="E2" s="1"><v>46357</v></c></row>',
    '<row r="3"><c r="A3" t="s"><v>8</v></c><c r="B3" t="s"><v>9</v></c><c r="C3" t="s"><v>7</v></c>'
    '<c r="D3"><v>2000</v></c><c r="E3" s="1"><v>46388</v></c></row>',
)


def xml(root: str, body: str = "", namespace: str = _MAIN, more: str = "") -> str:
    """A part: its root element and what is in it."""
    return f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{namespace}"{more}>{body}</{root}>'


def sheet(rows: str = HEADER + FIRST_DEAL + SECOND_DEAL, *, before: str = "", after: str = "") -> str:
    """A sheet part of those rows, and what stands before and after them."""
    return xml("worksheet", f"{before}<sheetData>{rows}</sheetData>{after}", more=f' xmlns:r="{_RELATED}"')


def row(number: int | str, *texts: str) -> str:
    """A row whose cells hold those texts themselves, written as they are."""
    cells = zip("ABCDEFGH", texts, strict=False)
    return f'<row r="{number}">{"".join(text_cell(f"{c}{number}", text) for c, text in cells)}</row>'


def text_cell(place: str, text: str) -> str:
    """A cell that holds its text itself."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def third(name: str = "Bridge", amount: str = "3000", date: str = "46388", number: int | str = 4) -> str:
    """A row of a third deal, to be added to the two of `BOOK`."""
    texts = "".join(text_cell(f"{c}{number}", text) for c, text in zip("ABC", ("D-3", name, "Proposal"), strict=True))
    values = f'<c r="D{number}"><v>{amount}</v></c><c r="E{number}" s="1"><v>{date}</v></c>'
    return f'<row r="{number}">{texts}{values}</row>'


def with_rows(*more: str, before: str = "", after: str = "") -> bytes:
    """`BOOK` whose sheet has those rows more, and what stands before and after all rows."""
    rows = HEADER + FIRST_DEAL + SECOND_DEAL + "".join(more)
    return spoiled({SHEET: sheet(rows, before=before, after=after + TABLE_PART)})


def with_sheets(count: int, content: str) -> bytes:
    """`BOOK` with so many sheets more, all of that content."""
    listed = '<sheet name="Deals" sheetId="1" r:id="rId1"/>'
    listed += "".join(f'<sheet name="S{n}" sheetId="{n + 9}" r:id="x{n}"/>' for n in range(count))
    related = [(f"x{n}", "worksheet", f"worksheets/x{n}.xml") for n in range(count)]
    parts = {f"xl/worksheets/x{n}.xml": content for n in range(count)}
    return spoiled({WORKBOOK: workbook(listed), WORKBOOK_RELS: rels(*WORKBOOK_RELATED, *related), **parts})


def names(count: int) -> str:
    """A workbook part with so many defined names."""
    held = "".join(f'<definedName name="n{n}">Deals!$A$1</definedName>' for n in range(count))
    return workbook(after=f"<definedNames>{held}</definedNames>")


def ods(rows: str, before: str = "", ending: str = "", table_end: str = "</table:table>") -> bytes:
    """An .ods of one sheet with those rows below a header."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    header = f"<table:table-row>{''.join(map(ods_cell, TEXTS[:5]))}</table:table-row>"
    body = f'<office:body><office:spreadsheet><table:table table:name="Deals">{header}{rows}{table_end}'
    content = f'<?xml version="1.0"?>{before}<office:document-content{spaces} office:version="1.3">{body}'
    content += f"</office:spreadsheet></office:body></office:document-content>{ending}"
    return zipped({"mimetype": kind, "content.xml": content})


def ods_cell(text: str, times: int = 1) -> str:
    """A cell of an .ods, so many times beside itself."""
    repeated = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    return f'<table:table-cell office:value-type="string"{repeated}><text:p>{text}</text:p></table:table-cell>'


def rels(*listed: tuple[str, str, str]) -> str:
    """A part of relationships: (id, kind, target) each, external where the target is another place."""

    def one(name: str, kind: str, target: str) -> str:
        outside = ' TargetMode="External"' if ":" in target else ""
        return f'<Relationship Id="{name}" Type="{_RELATED}/{kind}" Target="{target}"{outside}/>'

    return xml("Relationships", "".join(one(*r) for r in listed), f"{_PACKAGED}/relationships")


def strings(*texts: str) -> str:
    """A part of shared texts, written as they are."""
    return xml("sst", "".join(f"<si><t>{text}</t></si>" for text in texts))


def workbook(sheets: str = '<sheet name="Deals" sheetId="1" r:id="rId1"/>', after: str = "") -> str:
    """The workbook part that lists those sheets."""
    return xml("workbook", f"<sheets>{sheets}</sheets>{after}", more=f' xmlns:r="{_RELATED}"')


def styles(formats: str = '<xf numFmtId="0"/><xf numFmtId="14"/>') -> str:
    """A part of cell formats."""
    return xml("styleSheet", f"<cellXfs>{formats}</cellXfs>")


def table(ref: str = "A1:E3") -> str:
    """A table over those cells."""
    columns = "".join(f'<tableColumn id="{n}" name="{name}"/>' for n, name in enumerate(TEXTS[:5], 1))
    body = f'<autoFilter ref="{ref}"/><tableColumns count="5">{columns}</tableColumns>'
    return xml("table", body, more=f' id="1" name="Deals" displayName="Deals" ref="{ref}"')


TABLE_PART = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
WORKBOOK_RELATED = (
    ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "sharedStrings", "sharedStrings.xml"),
    ("rId3", "styles", "styles.xml"),
)  # fmt: skip


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="/{part}" ContentType="{_TYPE}.{kind}+xml"/>'


BOOK: Mapping[str, str] = {
    TYPES: xml(
        "Types",
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + _override(WORKBOOK, "sheet.main") + _override(SHEET, "worksheet") + _override(STRINGS, "sharedStrings")
        + _override(STYLES, "styles") + _override(TABLE, "table"),
        f"{_PACKAGED}/content-types",
    ),
    RELS: rels(("rId1", "officeDocument", WORKBOOK)),
    WORKBOOK: workbook(),
    WORKBOOK_RELS: rels(*WORKBOOK_RELATED),
    SHEET: sheet(after=TABLE_PART),
    SHEET_RELS: rels(("rId1", "table", "../tables/table1.xml")),
    STRINGS: strings(*TEXTS),
    STYLES: styles(),
    TABLE: table(),
}  # fmt: skip


def spoiled(parts: Mapping[str, str | bytes]) -> bytes:
    """`BOOK` with those parts in place of its own, or besides."""
    return zipped({**BOOK, **parts})


# A zip by hand ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One member as a hostile zip may list it: sizes that are not so, a place that is another's."""

    name: str
    content: str | bytes = b""
    declared: int | None = None
    """Bytes when inflated, as it says; None for the truth."""
    at: int | None = None
    """Which member's bytes it points to, by position; None for its own."""
    flags: int = 0


def hand_zipped(entries: Iterable[Entry]) -> bytes:
    """A zip of those entries, whatever they say."""
    body, directory, starts = bytearray(), bytearray(), []
    listed = list(entries)
    for entry in listed:
        name, content = entry.name.encode(), entry.content.encode() if isinstance(entry.content, str) else entry.content
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(content) + deflate.flush()
        size = len(content) if entry.declared is None else entry.declared
        crc = zlib.crc32(content[:size])
        sizes = struct.pack("<5H3L2H", 20, entry.flags, 8, 0, 0x21, crc, len(packed), size, len(name), 0)
        starts.append((len(body), sizes))
        if entry.at is None:
            body += b"PK\3\4" + sizes + name + packed
            start, shown = starts[-1]
        else:
            start, shown = starts[entry.at]
            shown = shown[:-4] + struct.pack("<2H", len(name), 0)
        directory += b"PK\1\2" + struct.pack("<H", 20) + shown + struct.pack("<3H2L", 0, 0, 0, 0, start) + name
    count = len(listed)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), len(body), 0)
    return bytes(body + directory) + end


def entries(parts: Mapping[str, str | bytes] = BOOK) -> list[Entry]:
    """Those parts, told truly."""
    return [Entry(name, content) for name, content in parts.items()]


# The child ----------------------------------------------------------------------------------------------

_SERVER = """
import json, os, resource, signal, sys, traceback
from importlib import import_module

MEMORY, SECONDS = 6 << 30, 120
for part in ("cli", "jobs", "analysis", "reader", "writer", "show", "document"):
    import_module("pipesheet." + part)
main = sys.modules["pipesheet.cli"].main

def opened(arguments, folder, cold):
    # What it may take is bounded above what is asserted, so that a failing test does not take the machine.
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    if cold:
        os.execv(sys.executable, [sys.executable, "-m", "pipesheet", *arguments])
    main(arguments, prog_name="pipesheet")

for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        code = 99
        try:
            opened(order["arguments"], order["folder"], order["cold"])
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    seconds = used.ru_utime + used.ru_stime
    told = {"code": os.waitstatus_to_exitcode(status), "seconds": seconds, "peak": used.ru_maxrss}
    print(json.dumps(told), flush=True)
"""
"""Starts a child for each line it is given: a fork of itself, which has everything loaded and costs next to
nothing, or (cold) the command as a person starts it. It is small, because a child's peak counts its parent's."""

_PEAK_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10
"""So many of what the system counts peaks in are a megabyte."""


@dataclass(frozen=True)
class Ended:
    """How a child ended: exit code, what it said, and what it took."""

    code: int
    out: str
    err: str
    seconds: float
    megabytes: float

    @property
    def workbook(self) -> dict[str, Any]:
        """What its JSON document says of the one workbook."""
        (found,) = json.loads(self.out)["workbooks"]
        return dict(found)


class Children:
    """Who starts the children."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=folder, start_new_session=True,
        )  # fmt: skip

    def end(self) -> None:
        """Ends it, and waits until it has."""
        self._orders.close()
        self._told.close()
        self._server.wait()

    @property
    def _orders(self) -> IO[str]:
        assert self._server.stdin is not None
        return self._server.stdin

    @property
    def _told(self) -> IO[str]:
        assert self._server.stdout is not None
        return self._server.stdout

    def pipesheet(self, *arguments: str | Path, cold: bool = False) -> Ended:
        """Runs the command to its end."""
        order = {"arguments": [str(a) for a in arguments], "folder": str(self._folder), "cold": cold}
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        told = json.loads(self._told.readline())
        out, err = ((self._folder / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))
        return Ended(told["code"], out, err, told["seconds"], told["peak"] / _PEAK_UNIT)


def listing(folder: Path) -> dict[str, str]:
    """Every file below a folder, by what is in it."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file()
    }  # fmt: skip
