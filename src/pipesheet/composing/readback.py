"""Our sheets read back from the file they were grafted into, by another reader than the one that wrote.

Of a large sheet all row numbers are checked, but only `SAMPLED_CELLS` cells are read by openpyxl: the
first rows, the last, and rows evenly spaced between, where a fault of streaming would show. openpyxl
reads some hundred thousand cells a second, so all of a large sheet would take longer than all the rest.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from pipesheet.composing.cells import EPOCH_1900, EPOCH_1904, clean
from pipesheet.sheets import Content, Formula, Link, SheetPlan
from pipesheet.xlsx.archive import Member, pack, write_zip
from pipesheet.xlsx.book import Book, Sheet
from pipesheet.xlsx.dialect import STRICT, TRANSITIONAL
from pipesheet.xlsx.markup import CONTENT_TYPES, DOCUMENT_RELS, MAIN, PACKAGE_RELS, child, children, parse_xml
from pipesheet.xlsx.package import TYPES_PART, Package

SAMPLED_CELLS = 8_000
"""Cells of one sheet that are read back; a sheet with fewer is read back whole."""
_FORMULA_ROWS = 60
_CELL_FORMAT = re.compile(rb'<c [^<>]*?\bs="([0-9]+)')
_RULE_FORMAT = re.compile(rb'\bdxfId="([0-9]+)')
_FIRST_SURE_DATE = dt.date(1900, 3, 1)


@dataclass(slots=True)
class _Rows:
    """A sheet's XML cut up: what stands around the rows, which rows there are, and some of them."""

    around: bytes = b""
    numbers: list[int] = field(default_factory=list)
    chosen: list[bytes] = field(default_factory=list)


def misread(package: Package, plans: Sequence[SheetPlan]) -> Iterator[str]:
    """Where the independent reader does not find what was meant."""
    book = Book(package)
    tabs = {s.name: s for s in book.sheets}
    marked = book.marked()
    epoch = EPOCH_1904 if book.date1904 else EPOCH_1900
    formats = _format_counts(package)
    for plan in plans:
        sheet = tabs.get(plan.name)
        if sheet is None or marked.get(plan.key) != sheet:
            yield f"the sheet {plan.name!r} does not bear its marks"
            continue
        meant = _Meant(plan, epoch)
        rows = _rows(package, sheet, meant.sample())
        if not set(meant.numbers) <= set(rows.numbers):
            yield f"{plan.name!r} lacks rows"
        yield from _bad_references(package, sheet, rows, formats)
        yield from _differences(plan.name, rows, meant)


def _format_counts(package: Package) -> tuple[int, int]:
    parts = [package.styles] if package.styles in package else []
    lists = [child(package.root(p), name) for p in parts[:1] for name in ("cellXfs", "dxfs")]
    cells, rules = map(len, map(children, lists or (None, None)))
    return cells, rules


def _rows(package: Package, sheet: Sheet, wanted: set[int]) -> _Rows:
    rows, held = _Rows(), b""
    for chunk in package.stream(sheet.part):
        *pieces, held = (held + chunk).split(b"<row ")
        for piece in pieces:
            _take(rows, piece, wanted)
    last, _, tail = held.partition(b"</sheetData>")
    _take(rows, last, wanted)
    rows.around += b"</sheetData>" + tail if b"<sheetData>" in rows.around else tail
    return rows


def _take(rows: _Rows, piece: bytes, wanted: set[int]) -> None:
    if not rows.around:
        rows.around = piece
        return
    number = int(piece[3 : piece.index(b'"', 3)])
    rows.numbers.append(number)
    if number in wanted:
        rows.chosen.append(b"<row " + piece)


def _bad_references(package: Package, sheet: Sheet, rows: _Rows, formats: tuple[int, int]) -> Iterator[str]:
    """What a sheet's XML names that is not there: relationships, cell and differential formats."""
    ids = {r.id for r in package.relationships(sheet.part)}
    named = [
        v
        for e in parse_xml(rows.around, package.path, sheet.part).iter()
        for k, v in e.attrib.items()
        if str(k).startswith(tuple(f"{{{d.relationships}}}" for d in (TRANSITIONAL, STRICT)))
    ]
    if not set(named) <= ids:
        yield f"{sheet.name!r} names a relationship it does not have"
    used = [
        max(map(int, p.findall(x)), default=0)
        for p, x in ((_CELL_FORMAT, b"".join(rows.chosen)), (_RULE_FORMAT, rows.around))
    ]
    if used[0] >= max(formats[0], 1) or used[1] >= max(formats[1], 1):
        yield f"{sheet.name!r} uses a format that is not there"


class _Meant:
    """What a plan says should be read from its sheet, row by row."""

    def __init__(self, plan: SheetPlan, epoch: dt.date) -> None:
        self._plan, self._epoch = plan, epoch
        self.numbers = sorted(
            {p.row for p in plan.puts}
            | {r for t in plan.tables for r in range(t.row, t.row + 1 + max(1, len(t.columns[0].contents)))}
        )
        self._puts: dict[int, list[tuple[int, Content]]] = {}
        for put in plan.puts:
            self._puts.setdefault(put.row, []).append((put.column, put.content))

    def sample(self) -> set[int]:
        """The rows to read back."""
        width = max((len(t.columns) for t in self._plan.tables), default=1)
        budget = max(30, SAMPLED_CELLS // width)
        if len(self.numbers) <= budget:
            return set(self.numbers)
        third = budget // 3
        between = self.numbers[:: max(1, len(self.numbers) // third)]
        return {*self.numbers[:third], *self.numbers[-third:], *between}

    def row(self, number: int) -> dict[int, Content]:
        """Column -> what the plan says stands there."""
        found = dict(self._puts.get(number, ()))
        for table in self._plan.tables:
            at = number - table.row - 1
            for position, column in enumerate(table.columns, table.column):
                if at == -1:
                    found[position] = column.header
                elif 0 <= at < len(column.contents):
                    value = column.contents[at]
                    found[position] = _computed(column.formula, value) if column.formula else value
        return found

    def shown(self, content: Content) -> str | float | bool | None:
        """The plain value a reader without formats should see."""
        if isinstance(content, Formula):
            content = content.value
        if isinstance(content, Link):
            content = content.text
        if isinstance(content, str):
            return clean(content) or None
        if isinstance(content, dt.date):
            return self._day(content)
        return content if content is None or math.isfinite(content) else None

    def _day(self, moment: dt.date) -> str | float:
        day = moment.date() if isinstance(moment, dt.datetime) else moment
        if day < max(_FIRST_SURE_DATE, self._epoch):
            return moment.isoformat()
        start = dt.datetime.combine(self._epoch, dt.time())
        whole = moment if isinstance(moment, dt.datetime) else dt.datetime.combine(day, dt.time())
        return (whole.replace(tzinfo=None, microsecond=0) - start) / dt.timedelta(days=1)


def _computed(text: str, value: Content) -> Formula:
    return Formula(text, value if isinstance(value, str | bool | int | float) else "")


def _differences(tab: str, rows: _Rows, meant: _Meant) -> Iterator[str]:
    """Sentences on the cells that read back differently; never their contents, which are private."""
    numbers = [int(r[8 : r.index(b'"', 8)]) for r in rows.chosen]
    for number, values in zip(numbers, _read(rows.chosen, numbers, values=True), strict=True):
        wanted = meant.row(number)
        for column in {*wanted, *values}:
            if not _same(meant.shown(wanted.get(column)), values.get(column)):
                yield f"row {number}, column {column} of {tab!r} reads back as something else"
    some = rows.chosen[:_FORMULA_ROWS]
    for number, texts in zip(numbers, _read(some, numbers, values=False), strict=False):
        live = {c for c, content in meant.row(number).items() if isinstance(content, Formula)}
        if not live <= {c for c, text in texts.items() if str(text).startswith("=")}:
            yield f"row {number} of {tab!r} lost a formula"


def _same(meant: str | float | bool | None, got: object) -> bool:
    if isinstance(meant, str) or meant is None or isinstance(meant, bool):
        return meant == (got if got != "" else None)
    near = isinstance(got, int | float) and not isinstance(got, bool)
    return near and math.isclose(meant, float(str(got)), rel_tol=1e-12, abs_tol=1e-9)


def _read(rows: Iterable[bytes], numbers: Sequence[int], *, values: bool) -> Iterator[dict[int, object]]:
    """Column -> value as openpyxl reads it, for each of those rows, in a package of nothing else."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + b"".join(rows) + b"</sheetData></worksheet>"
    parts = {**_FRAME, "xl/worksheets/sheet1.xml": sheet}
    data = write_zip(Member(name, pack([xml], level=0)) for name, xml in parts.items())
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=values)
    wanted = set(numbers)
    for number, row in enumerate(book.worksheets[0].iter_rows(min_row=1, values_only=True), 1):
        if number in wanted:
            yield {column: _unescaped(value) for column, value in enumerate(row, 1) if value is not None}


def _unescaped(value: object) -> object:
    """openpyxl leaves Excel's ``_x0041_`` for characters in a cell's text as it stands."""
    return unescape(value) if isinstance(value, str) else value


_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FRAME = {
    TYPES_PART: (
        f'<Types xmlns="{CONTENT_TYPES}"><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ).encode(),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE_RELS}"><Relationship Id="r" Type="{DOCUMENT_RELS}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>'
    ).encode(),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT_RELS}"><sheets><sheet name="S" sheetId="1" r:id="s"/></sheets>'
        "</workbook>"
    ).encode(),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE_RELS}"><Relationship Id="s" Type="{DOCUMENT_RELS}/worksheet" '
        f'Target="worksheets/sheet1.xml"/></Relationships>'
    ).encode(),
}
