"""Shapes of the zip beneath: what other programs write, and what no program should.

The zips are made here byte by byte, so that they hold what Python's own writer never would.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shapes import ROOT_RELS, STYLES, TYPES, WORKBOOK, Parts, Shape, relate

UTF8, DESCRIPTOR, ENCRYPTED = 0x800, 0x08, 0x01
STORED, DEFLATED, DEFLATE64 = 0, 8, 9
_FULL = 0xFFFFFFFF
_NTFS = struct.pack("<2HLHH3Q", 0x000A, 32, 0, 1, 24, 133_000_000_000_000_000, 133_000_000_000_000_000, 0)
_UNIX = struct.pack("<2HBL", 0x5455, 5, 1, 1_700_000_000)
_ROOM_TO_GROW = struct.pack("<4H", 0xA220, 104, 0xA028, 100) + bytes(100)
"""What Microsoft's own packaging puts into local headers, so that a part can grow in its place."""


@dataclass(frozen=True)
class Entry:
    """A member to write, with all that a zip may say of it."""

    name: bytes
    data: bytes
    method: int = DEFLATED
    flags: int = 0
    date: tuple[int, int] = (0x21, 0)
    """Day and time as DOS counts them; the first of January 1980."""
    extra: tuple[bytes, bytes] = (b"", b"")
    """Of the local header and the directory."""
    descriptor: str = ""
    """signed, bare or 64"""
    zip64: bool = False
    comment: bytes = b""
    attributes: int = 0

    def raw(self) -> bytes:
        if self.method == STORED:
            return self.data
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()


def entries(parts: Parts) -> list[Entry]:
    return [Entry(name.encode(), data, flags=0 if name.isascii() else UTF8) for name, data in parts.items()]


def archive(members: Sequence[Entry], *, comment: bytes = b"", front: bytes = b"", end64: bool = False) -> bytes:
    """The zip of these members in this order; `end64` writes its end as for more than 4 GiB."""
    body, directory = front, b""
    for member in members:
        directory += _central(member, len(body))
        body += _local(member)
    start, count = len(body), len(members)
    body += directory
    size = len(directory)
    if end64:
        ends = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(body), 1)
        body += ends + locator
        count, size, start = 0xFFFF, _FULL, _FULL
    return body + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment


def _local(member: Entry) -> bytes:
    raw, crc = member.raw(), zlib.crc32(member.data)
    day, time = member.date
    sizes, extra = (crc, len(raw), len(member.data)), member.extra[0]
    if member.descriptor:
        wide = "Q" if member.descriptor == "64" else "L"
        tail = struct.pack(f"<L2{wide}", *sizes)
        tail = tail if member.descriptor == "bare" else b"PK\7\10" + tail
        sizes = (0, 0, 0)
    else:
        tail = b""
    if member.zip64:
        extra = struct.pack("<2H2Q", 1, 16, len(member.data), len(raw)) + extra
        sizes = (sizes[0], _FULL, _FULL)
    flags = member.flags | (DESCRIPTOR if member.descriptor else 0)
    head = struct.pack("<4s5H3L2H", b"PK\3\4", _needed(member), flags, member.method, time, day, *sizes,
                       len(member.name), len(extra))  # fmt: skip
    return head + member.name + extra + raw + tail


def _central(member: Entry, offset: int) -> bytes:
    day, time = member.date
    sizes, extra = [len(member.raw()), len(member.data)], member.extra[1]
    if member.zip64:
        extra = struct.pack("<2H3Q", 1, 24, sizes[1], sizes[0], offset) + extra
        sizes, offset = [_FULL, _FULL], _FULL
    flags = member.flags | (DESCRIPTOR if member.descriptor else 0)
    needed = _needed(member)
    head = struct.pack("<4s6H3L5H2L", b"PK\1\2", needed, needed, flags, member.method, time, day,
                       zlib.crc32(member.data), *sizes, len(member.name), len(extra), len(member.comment), 0, 0,
                       member.attributes, offset)  # fmt: skip
    return head + member.name + extra + member.comment


def _needed(member: Entry) -> int:
    return 45 if member.zip64 or member.descriptor == "64" else 20


def stored(parts: Parts) -> bytes:
    """stored members"""
    return archive([replace(e, method=STORED) for e in entries(parts)])


def stored_and_deflated(parts: Parts) -> bytes:
    """stored and deflated members side by side"""
    return archive([replace(e, method=STORED if n % 2 else DEFLATED) for n, e in enumerate(entries(parts))])


def descriptors(parts: Parts) -> bytes:
    """data descriptors with a signature"""
    return archive([replace(e, descriptor="signed") for e in entries(parts)])


def bare_descriptors(parts: Parts) -> bytes:
    """data descriptors without a signature"""
    return archive([replace(e, descriptor="bare") for e in entries(parts)])


def wide_descriptors(parts: Parts) -> bytes:
    """data descriptors of 64 bits, as .NET streams them"""
    return archive([replace(e, descriptor="64", zip64=True) for e in entries(parts)])


def zip64_sizes(parts: Parts) -> bytes:
    """zip64 sizes and offsets in extra fields"""
    return archive([replace(e, zip64=bool(n % 2)) for n, e in enumerate(entries(parts))])


def zip64_end(parts: Parts) -> bytes:
    """zip64 end records"""
    return archive([replace(e, zip64=True) for e in entries(parts)], end64=True)


def types_last(parts: Parts) -> bytes:
    """entries in odd order, [Content_Types].xml last"""
    parts = dict(sorted(parts.items(), reverse=True))
    return archive(entries({**{n: d for n, d in parts.items() if n != TYPES}, TYPES: parts[TYPES]}))


def folders(parts: Parts) -> bytes:
    """entries for folders"""
    names = ["_rels/", "xl/", "xl/worksheets/", "xl/empty/"]
    return archive([*(Entry(n.encode(), b"", STORED, attributes=0x10) for n in names), *entries(parts)])


def comments_of_the_zip(parts: Parts) -> bytes:
    """comments of the archive and of its members"""
    return archive([replace(e, comment=b"one of many") for e in entries(parts)], comment="für Mara".encode())


def dates_of_no_day(parts: Parts) -> bytes:
    """dates of zero, which some programs show as 1979"""
    return archive([replace(e, date=(0, 0)) for e in entries(parts)])


def dates_of_2107(parts: Parts) -> bytes:
    """dates of all ones, past the year 2107"""
    return archive([replace(e, date=(0xFFFF, 0xBF7D)) for e in entries(parts)])


def extra_fields(parts: Parts) -> bytes:
    """extra fields: times of NTFS and Unix, room to grow as Microsoft leaves it"""
    return archive([replace(e, extra=(_ROOM_TO_GROW + _UNIX, _NTFS + _UNIX)) for e in entries(parts)])


def padded(parts: Parts) -> bytes:
    """extra fields padded with zeros, as aligners do"""
    return archive([replace(e, extra=(bytes(n % 4), b"")) for n, e in enumerate(entries(parts))])


def _with_picture(parts: Parts, name: bytes, flags: int, extra: bytes = b"") -> bytes:
    return archive([*entries(parts), Entry(name, b"a picture", flags=flags, extra=(extra, extra))])


def names_in_utf_8(parts: Parts) -> bytes:
    """member names in UTF-8 that say so"""
    return _with_picture(parts, "xl/media/été ☃.png".encode(), UTF8)


def names_in_cp437(parts: Parts) -> bytes:
    """member names in the alphabet of DOS"""
    return _with_picture(parts, "xl/media/été ß.png".encode("cp437"), 0)


def names_in_utf_8_unsaid(parts: Parts) -> bytes:
    """member names in UTF-8 that do not say so, but in an extra field"""
    said, really = b"xl/media/t?.png", "xl/media/té.png".encode()
    field = struct.pack("<2HBL", 0x7075, 5 + len(really), 1, zlib.crc32(said)) + really
    return _with_picture(parts, really, 0, field)


def flagged_names(parts: Parts) -> bytes:
    """flags for UTF-8 and for speed of compression on every member"""
    return archive([replace(e, flags=UTF8 | 0x06) for e in entries(parts)])


def bytes_behind(parts: Parts) -> bytes:
    """bytes after the end of the zip"""
    return archive(entries(parts)) + b"\r\n\0\0"


def bytes_in_front(parts: Parts) -> bytes:
    """bytes before the zip"""
    return archive(entries(parts), front=b"HTTP/1.1 200 OK\r\n\r\n")


def deflate64(parts: Parts) -> bytes:
    """members compressed in a way Excel does not read"""
    return archive([replace(e, method=DEFLATE64 if e.name == WORKBOOK.encode() else DEFLATED) for e in entries(parts)])


def encrypted_members(parts: Parts) -> bytes:
    """members encrypted by the zip's own means"""
    return archive([replace(e, flags=ENCRYPTED) for e in entries(parts)])


def a_part_twice(parts: Parts) -> bytes:
    """a part that is there twice, in another case"""
    return archive([*entries(parts), Entry(STYLES.upper().encode(), b"<x/>")])


def names_that_lead_outside(parts: Parts) -> bytes:
    """member names that lead outside"""
    return archive([*entries(parts), Entry(b"xl/../../evil.xml", b"<x/>")])


def cut_off(parts: Parts) -> bytes:
    """a file that is cut off"""
    return archive(entries(parts))[:-700]


def a_wrong_checksum(parts: Parts) -> bytes:
    """a part that does not match its checksum"""
    data = bytearray(archive([replace(e, method=STORED) for e in entries(parts)]))
    data[data.index(b"<styleSheet") + 1] ^= 1
    return bytes(data)


def signed(parts: Parts) -> bytes:
    """a digital signature of the package"""
    kind = "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin"
    parts["_xmlsignatures/origin.sigs"] = b""
    relate(parts, "", kind, "_xmlsignatures/origin.sigs")
    assert b"origin" in parts[ROOT_RELS]
    return archive(entries(parts))


def old_format(_: Parts) -> bytes:
    """an Excel 97-2003 workbook by another name"""
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "Workbook".encode("utf-16-le")


def with_password(_: Parts) -> bytes:
    """a workbook encrypted with a password"""
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")


SHAPES: dict[str, tuple[Shape, ...]] = {
    "The zip": (
        stored, stored_and_deflated, descriptors, bare_descriptors, wide_descriptors, zip64_sizes, zip64_end,
        types_last, folders, comments_of_the_zip, dates_of_no_day, dates_of_2107, extra_fields, padded, names_in_utf_8,
        names_in_cp437, names_in_utf_8_unsaid, flagged_names, bytes_behind,
    ),
}  # fmt: skip
REFUSED: dict[Shape, str] = {
    bytes_in_front: "it does not begin like an .xlsx file",
    deflate64: "its part xl/workbook.xml is compressed in a way that a workbook's are not",
    encrypted_members: "is protected by a password",
    a_part_twice: "it holds the part 'XL/STYLES.XML' twice",
    names_that_lead_outside: "a part's name leads outside the package",
    cut_off: "its zip structure is damaged or cut off",
    a_wrong_checksum: "its part xl/styles.xml is damaged",
    signed: "it is digitally signed, and a change would break the signature",
    old_format: "it is an Excel 97-2003 workbook (.xls)",
    with_password: "is protected by a password",
}
