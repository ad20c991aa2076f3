"""Workbooks of the formats that no library here writes: .xlsb, .xls and .ods, of one sheet each.

`cells` maps (row, column), from 0, to a text, a number, or an error such as ``#N/A``.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

Cells = Mapping[tuple[int, int], str | float]
ERRORS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#NUM!": 0x24, "#N/A": 0x2A}

_ONE_BY_ZERO = bytes.fromhex("1E 01 00 1E 00 00 06")
"""The formula ``=1/0`` in tokens; so #DIV/0! is what a formula gave, the other errors were typed."""
_SCHEMAS = "http://schemas.openxmlformats.org"
_RELATIONSHIPS = f"{_SCHEMAS}/officeDocument/2006/relationships"
_MACROS = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"


def package(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip of parts, in their order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in parts.items():
            written.writestr(name, data)
    return made.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    """The parts of a zip by their names."""
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        return {name: held.read(name) for name in held.namelist()}


def xlsb(cells: Cells, *, macro_sheet: bool = False) -> bytes:
    """A binary workbook; with a sheet of Excel 4 macros behind the sheet of cells where asked for."""
    sheets = [("Deals", "worksheet", "worksheets/sheet1.bin")]
    if macro_sheet:
        sheets.append(("Macro1", _MACROS, "macrosheets/sheet1.bin"))
    listed = b"".join(
        _xlsb_record(156, struct.pack("<II", 0, n) + _wide(f"rId{n}") + _wide(name))
        for n, (name, _, _) in enumerate(sheets, 1)
    )
    relations = [
        (f"rId{n}", kind if ":" in kind else f"{_RELATIONSHIPS}/{kind}", target)
        for n, (_, kind, target) in enumerate(sheets, 1)
    ]
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{_SCHEMAS}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
        '<Override PartName="/xl/worksheets/sheet1.bin" ContentType="application/vnd.ms-excel.worksheet"/></Types>',
        "_rels/.rels": _relationships([("rId1", f"{_RELATIONSHIPS}/officeDocument", "xl/workbook.bin")]),
        "xl/_rels/workbook.bin.rels": _relationships(relations),
        "xl/workbook.bin": b"".join(map(_xlsb_record, (131, 143))) + listed + b"".join(map(_xlsb_record, (144, 132))),
    }
    for _, _, target in sheets:
        parts[f"xl/{target}"] = _xlsb_sheet(cells)
    return package(parts)


def _xlsb_sheet(cells: Cells) -> bytes:
    body, last = b"", -1
    for (row, column), value in sorted(cells.items()):
        if row != last:
            body, last = body + _xlsb_record(0, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0)), row
        head = struct.pack("<II", column, 0)
        if value == "#DIV/0!":
            formula = struct.pack("<HI", 0, len(_ONE_BY_ZERO)) + _ONE_BY_ZERO + struct.pack("<I", 0)
            body += _xlsb_record(11, head + bytes([ERRORS[value]]) + formula)
        elif isinstance(value, str) and value in ERRORS:
            body += _xlsb_record(3, head + bytes([ERRORS[value]]))
        elif isinstance(value, str):
            body += _xlsb_record(6, head + _wide(value))
        else:
            body += _xlsb_record(5, head + struct.pack("<d", value))
    rows, columns = (max((place[i] for place in cells), default=0) for i in (0, 1))
    size = _xlsb_record(148, struct.pack("<IIII", 0, rows, 0, columns))
    return _xlsb_record(129) + size + _xlsb_record(145) + body + _xlsb_record(146) + _xlsb_record(130)


def _xlsb_record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relationships(listed: list[tuple[str, str, str]]) -> str:
    rows = "".join(f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>' for i, kind, target in listed)
    return f'<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">{rows}</Relationships>'


def xls(
    cells: Cells, *, dimensions: tuple[int, int, int, int] | None = None, old: bool = False, password: bool = False
) -> bytes:
    """An Excel 97 workbook, or Excel 95 (`old`); `dimensions` is what the sheet says of its own extent."""
    body = b""
    for (row, column), value in sorted(cells.items()):
        head = struct.pack("<HHH", row, column, 15)
        if value == "#DIV/0!":
            result = bytes([2, 0, ERRORS[value], 0, 0, 0, 0xFF, 0xFF])
            body += _xls_record(0x0006, head + result + struct.pack("<HIH", 0, 0, 7) + _ONE_BY_ZERO)
        elif isinstance(value, str) and value in ERRORS:
            body += _xls_record(0x0205, head + bytes([ERRORS[value], 1]))
        elif isinstance(value, str) and old:
            body += _xls_record(0x0204, head + struct.pack("<H", len(value)) + value.encode("cp1252"))
        elif isinstance(value, str):
            body += _xls_record(0x0204, head + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
        else:
            body += _xls_record(0x0203, head + struct.pack("<d", value))
    rows, columns = (max((place[i] for place in cells), default=-1) + 1 for i in (0, 1))
    extent = struct.pack("<HHHHH" if old else "<IIHHH", *(dimensions or (0, rows, 0, columns)), 0)
    sheet = _begin(0x10, old) + _xls_record(0x0200, extent) + body + _xls_record(0x000A)
    head = _begin(0x05, old) + (_xls_record(0x002F, struct.pack("<HHH48x", 1, 1, 1)) if password else b"")
    name = b"\x05Deals" if old else b"\x05\x00Deals"
    start = len(head) + 4 + 6 + len(name) + 4
    listed = _xls_record(0x0085, struct.pack("<IBB", start, 0, 0) + name)
    return compound({"Book" if old else "Workbook": head + listed + _xls_record(0x000A) + sheet})


def _begin(kind: int, old: bool) -> bytes:
    rest = b"" if old else struct.pack("<II", 0, 0x06)
    return _xls_record(0x0809, struct.pack("<HHHH", 0x0500 if old else 0x0600, kind, 0x0DBB, 0x07CC) + rest)


def _xls_record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


_END_OF_CHAIN, _FREE, _TABLE, _NOBODY = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF


def compound(streams: Mapping[str, bytes], *, small: bool = False) -> bytes:
    """A compound file with up to three streams, each padded to the size of those in large sectors; or with
    one `small` stream, in small sectors."""
    if small:
        return _small_compound(*streams.items())
    padded = {name: data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0") for name, data in streams.items()}
    table, at, starts = [_TABLE, _END_OF_CHAIN], 2, []
    for data in padded.values():
        starts.append(at)
        at += len(data) // 512
        table += [*range(starts[-1] + 1, at), _END_OF_CHAIN]
    entries = [_root(_END_OF_CHAIN, 0)]
    for number, (name, data) in enumerate(padded.items(), 1):
        right = number + 1 if number < len(padded) else _NOBODY
        entries.append(_entry(name, 2, starts[number - 1], len(data), right=right))
    return _header(_END_OF_CHAIN) + _numbers(table) + b"".join(entries).ljust(512, b"\0") + b"".join(padded.values())


def _small_compound(stream: tuple[str, bytes]) -> bytes:
    """Sectors: the table, the directory, the table of small sectors, and what these lie in."""
    name, data = stream
    held = data.ljust(-(-len(data) // 512) * 512, b"\0")
    small = -(-len(data) // 64)
    table = [_TABLE, _END_OF_CHAIN, _END_OF_CHAIN, *range(4, 3 + len(held) // 512), _END_OF_CHAIN]
    directory = (_root(3, len(held)) + _entry(name, 2, 0, len(data))).ljust(512, b"\0")
    return _header(2) + _numbers(table) + directory + _numbers([*range(1, small), _END_OF_CHAIN]) + held


def _header(small_table: int) -> bytes:
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    small_tables = int(small_table != _END_OF_CHAIN)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, small_table, small_tables, _END_OF_CHAIN, 0)
    return header + struct.pack("<109I", 0, *[_FREE] * 108)


def _numbers(table: Sequence[int]) -> bytes:
    """One sector of a table."""
    return struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))


def _root(start: int, size: int) -> bytes:
    return _entry("Root Entry", 5, start, size, child=1)


def _entry(name: str, kind: int, start: int, size: int, *, child: int = _NOBODY, right: int = _NOBODY) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", _NOBODY, right, child) + bytes(36) + struct.pack("<IQ", start, size)


def ods(cells: Cells, *, repeated: tuple[int, int] = (1, 1)) -> bytes:
    """An OpenDocument sheet; each cell stands in so many rows and columns as `repeated` says."""
    rows: dict[int, dict[int, str | float]] = {}
    for (row, column), value in sorted(cells.items()):
        rows.setdefault(row, {})[column] = value
    body, last = "", -1
    for row, filled in rows.items():
        gap = f'<table:table-row table:number-rows-repeated="{row - last - 1}"/>' if row - last > 1 else ""
        body += f'{gap}<table:table-row table:number-rows-repeated="{repeated[0]}">{_ods_row(filled, repeated[1])}'
        body, last = body + "</table:table-row>", row
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<office:document-content{spaces} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:'
        'calcext:1.0" office:version="1.3"><office:body><office:spreadsheet><table:table table:name="Deals">'
        f"{body}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return package({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_row(filled: Mapping[int, str | float], times: int) -> str:
    made, last = "", -1
    for column, value in filled.items():
        if column - last > 1:
            made += f'<table:table-cell table:number-columns-repeated="{column - last - 1}"/>'
        if isinstance(value, str) and value in ERRORS:
            kind, text = 'office:value-type="string" office:string-value="" calcext:value-type="error"', value
        elif isinstance(value, str):
            kind, text = 'office:value-type="string"', escape(value)
        else:
            kind, text = f'office:value-type="float" office:value="{value}"', f"{value:g}"
        made += f'<table:table-cell table:number-columns-repeated="{times}" {kind}><text:p>{text}</text:p>'
        made, last = made + "</table:table-cell>", column
    return made
