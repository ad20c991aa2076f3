"""A second look at a grafted file before it replaces anything, by other means than those that made it.

Three questions, each with its own error sentence: does the package close (targets, types, ids), is
everything of the user's still there (the rules of the outside referee), and does an independent
reader, openpyxl, find in our sheets what was meant? Of a large sheet all row numbers are checked, but
only `SAMPLED_CELLS` cells are read by openpyxl: the first rows, the last, and rows evenly spaced
between, where a fault of streaming would show. openpyxl reads some hundred thousand cells a second,
so reading all of a large sheet would take longer than all the rest.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from pipesheet.errors import NotVerified, PipesheetError
from pipesheet.sheets import Content, Formula, Link, SheetPlan
from pipesheet.xlsx.archive import Member, pack, write_zip
from pipesheet.xlsx.book import TABLE_TYPE, Book, Sheet
from pipesheet.xlsx.cells import EPOCH_1900, EPOCH_1904, clean
from pipesheet.xlsx.dialect import STRICT, TRANSITIONAL
from pipesheet.xlsx.markup import (
    CONTENT_TYPES,
    DOCUMENT_RELS,
    MAIN,
    PACKAGE_RELS,
    child,
    children,
    local,
    parse_xml,
    signature,
)
from pipesheet.xlsx.package import TYPES_PART, Package, rels_of

SAMPLED_CELLS = 8_000
"""Cells of one sheet that are read back; a sheet with fewer is read back whole."""
_FORMULA_ROWS = 60
_STYLE_LISTS = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs")
_CELL_FORMAT = re.compile(rb'<c [^<>]*?\bs="([0-9]+)')
_RULE_FORMAT = re.compile(rb'\bdxfId="([0-9]+)')
_FIRST_SURE_DATE = dt.date(1900, 3, 1)


def verify(before: Package, after: bytes, plans: Sequence[SheetPlan], *, tabs: Mapping[str, str]) -> None:
    """Raises where the file `after` is not `before` with just those sheets in it.

    Raises:
        NotVerified: with the first thing that is wrong.
    """
    try:
        result = Package(after, before.path)
        faults = chain(_open_ends(before, result), _losses(before, result, set(tabs)), _misread(result, plans))
        fault = next(faults, None)
    except (PipesheetError, SyntaxError, ValueError, KeyError) as error:
        # Its text may hold what a person wrote.
        raise NotVerified(before.path, f"it does not open again, {type(error).__name__}") from error
    if fault is not None:
        raise NotVerified(before.path, fault)


def _open_ends(before: Package, after: Package) -> Iterator[str]:
    """What does not resolve, or is there twice, and was not so before."""
    for part in ("", *after.parts):
        ids = Counter(r.id for r in after.relationships(part))
        if max(ids.values(), default=1) > 1 and after.relationships(part) != before.relationships(part):
            yield f"two relationships of {part or 'the package'} have one id"
        missing = {r.part for r in after.relationships(part) if r.part and r.part not in after}
        if missing - {r.part for r in before.relationships(part) if r.part not in before}:
            yield f"{part or 'the package'} points to {sorted(missing)[0]}, which is not there"
    untyped = {p for p in after.parts if not after.content_type(p)} - set(before.parts)
    if untyped:
        yield f"{sorted(untyped)[0]} has no content type"
    for what in (_sheet_ids, _table_ids, _table_names):
        yield from _new_doubles(what(before), what(after))


def _sheet_ids(package: Package) -> list[str]:
    sheets = Book(package).sheets
    return [f"sheet id {s.sheet_id}" for s in sheets] + [f"tab {s.name.casefold()}" for s in sheets]


def _table_ids(package: Package) -> list[str]:
    return [f"table id {_table(package, p).get('id')}" for p in package.of_type(TABLE_TYPE)]


def _table_names(package: Package) -> list[str]:
    return [f"table {str(_table(package, p).get('displayName')).lower()}" for p in package.of_type(TABLE_TYPE)]


def _table(package: Package, part: str) -> Any:
    return parse_xml(package.read(part), package.path, part)


def _new_doubles(before: list[str], after: list[str]) -> Iterator[str]:
    had = Counter(before)
    for name, count in Counter(after).items():
        if count > max(1, had[name]):
            yield f"{name} is there {count} times"


def _losses(before: Package, after: Package, keys: set[str]) -> Iterator[str]:
    """What of the user's is not as it was."""
    book = before.workbook
    related = {r.kind: r.part for r in before.relationships(book)}
    ours = _only_ours(before, [s.part for k, s in Book(before).marked().items() if k in keys])
    indexes = {p.lower() for p in (TYPES_PART, book, rels_of(book), related.get("styles", ""))}
    passing = {related.get("calcChain", "").lower()} | {q.lower() for p in ours for q in (p, rels_of(p))}
    for part in before.parts:
        if part.lower() in passing:
            continue
        if part not in after:
            yield f"{part} is gone"
        elif part.lower() not in indexes and before.packed(part) != after.packed(part):
            yield f"{part} was changed"
    yield from _shrunk_indexes(before, after, ours)
    if "styles" in related and related["styles"] in before:
        yield from _shrunk_styles(_table(before, related["styles"]), _table(after, related["styles"]))


def _only_ours(package: Package, sheets: list[str]) -> set[str]:
    elsewhere = set(package.reachable("", without=sheets))
    return {p for s in sheets for p in package.reachable(s)} - elsewhere


def _shrunk_indexes(before: Package, after: Package, ours: set[str]) -> Iterator[str]:
    old, new = Book(before), Book(after)
    if new.sheets[: len(old.sheets)] != old.sheets:
        yield "a sheet was dropped, renamed, renumbered or moved"
    rels = {r.id: r for r in after.relationships(after.workbook)}
    if any(rels.get(r.id) != r and r.kind != "calcChain" for r in before.relationships(before.workbook)):
        yield "a relationship of the workbook part changed"
    grown = ("sheets", "definedNames", "calcPr")
    rest = [[signature(c) for c in b.root if local(c) and local(c) not in grown] for b in (old, new)]
    if rest[0] != rest[1] or _calculation(old) != _calculation(new):
        yield "the workbook part lost or changed something"
    mine = {str(s.position) for s in old.sheets if s.part in ours}
    kept = [signature(n) for n in old.names() if not _is_ours(n, mine)]
    if not set(kept) <= {signature(n) for n in new.names()}:
        yield "a defined name was lost or changed"
    types = {t for t in map(_type, children(before.types)) if t[0] == "Default" or (t[1] in before) == (t[1] in after)}
    lost = types - set(map(_type, children(after.types)))
    if {part for _, part, _ in lost} - {o.lower() for o in ours}:
        yield "a content type was lost or changed"


def _calculation(book: Book) -> dict[str, str]:
    """The user's settings of how formulas are computed; when to do so is ours to ask."""
    found = child(book.root, "calcPr")
    return {} if found is None else {str(k): str(v) for k, v in found.attrib.items() if k != "fullCalcOnLoad"}


def _type(element: Any) -> tuple[str, str, str]:
    part = str(element.get("PartName") or element.get("Extension", "")).lstrip("/").lower()
    return local(element), part, str(element.get("ContentType"))


def _is_ours(name: Any, positions: set[str]) -> bool:
    builtin = str(name.get("name")).startswith("_xlnm.") and name.get("localSheetId") in positions
    return builtin or str(name.get("name")).lower().startswith("_pipesheet_")


def _shrunk_styles(before: Any, after: Any) -> Iterator[str]:
    for name in _STYLE_LISTS:
        old, new = ([signature(e) for e in children(child(r, name))] for r in (before, after))
        if new[: len(old)] != old:
            yield f"the styles' {name} were changed"
    rest = [[signature(e) for e in children(r) if local(e) not in _STYLE_LISTS] for r in (before, after)]
    if rest[0] != rest[1]:
        yield "the styles lost or changed something else"


@dataclass(slots=True)
class _Rows:
    """A sheet's XML cut up: what stands around the rows, which rows there are, and some of them."""

    around: bytes = b""
    numbers: list[int] = field(default_factory=list)
    chosen: list[bytes] = field(default_factory=list)


def _misread(package: Package, plans: Sequence[SheetPlan]) -> Iterator[str]:
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
    parts = [r.part for r in package.relationships(package.workbook) if r.kind == "styles" and r.part in package]
    lists = [child(_table(package, p), name) for p in parts[:1] for name in ("cellXfs", "dxfs")]
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
