"""The zip beneath a package: looked over before anything is inflated, copied without inflating.

A member that is not ours goes into the result as the very bytes that were compressed by whoever
made the file. Offsets and sizes come from the central directory; local headers are written anew so
that sizes stand in them (which data descriptors put off), everything else in them is kept.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike

from pipesheet.errors import Encrypted, NotAWorkbook, Unsafe, Unsupported

MAX_MEMBERS = 20_000
MAX_INFLATED = 8 << 30
"""Bytes; the largest sheet Excel can hold, a few times over."""
MAX_RATIO, RATIO_FROM = 300, 64 << 20
"""Spreadsheet XML packs 10 to 60 to 1. The ratio counts only where the sum could hurt."""
_CFB = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_UTF8_NAME, _SIZES_FOLLOW, _ENCRYPTED_MEMBER = 0x800, 0x08, 0x01
_ZIP64_EXTRA = 0x0001
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes as a zip holds them: compressed by `method` (0 stored, 8 deflated), with their checksum.

    `sha256` is of what was packed, in hex, where that was done here; empty for what a file brought.
    """

    raw: bytes
    method: int
    crc: int
    size: int
    sha256: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """One member to write: its packed bytes and everything a zip says about it besides."""

    name: str
    packed: Packed
    date: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)
    flags: int = 0
    attributes: tuple[int, int] = (0, 0)
    made_by: tuple[int, int, int] = (20, 0, 20)
    """Version and system that wrote it, version needed to read it."""
    extra: tuple[bytes, bytes] = (b"", b"")
    """Of the local header and of the central directory."""
    comment: bytes = b""

    @classmethod
    def new(cls, name: str, packed: Packed) -> Member:
        """One that no file brought; a name of other letters than ASCII's is written in UTF-8, and says so."""
        return cls(name, packed, flags=0 if name.isascii() else _UTF8_NAME)


class Archive:
    """The members of a zip held in memory, by name; nothing is inflated until asked for.

    Raises:
        Encrypted, Unsupported, NotAWorkbook: it is something else than a readable zip.
        Unsafe: it has too many members, would inflate too far, or plays tricks with names.
    """

    def __init__(self, data: bytes, path: str | PathLike[str]) -> None:
        self.data, self.path = data, path
        _refuse_other_files(data, path)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self._starts = {i.filename: _start(data, i) for i in self._zip.infolist()}
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, OverflowError) as error:
            raise NotAWorkbook(path, f"its zip structure is damaged or cut off{_in_words(error)}") from error
        self._refuse_tricks()

    @property
    def names(self) -> list[str]:
        """Names of all members as they are stored, folders included."""
        return [i.filename for i in self._zip.infolist()]

    @property
    def comment(self) -> bytes:
        """The comment of the whole archive."""
        return self._zip.comment

    def size(self, name: str) -> int:
        """Bytes of a member when inflated, as declared (never more are read)."""
        return self._zip.getinfo(name).file_size

    def read(self, name: str) -> bytes:
        """The inflated bytes of a member, checked against its checksum; never more than it declares."""
        return b"".join(self.pieces(name, self.size(name) + 1))

    def pieces(self, name: str, size: int) -> Iterator[bytes]:
        """The inflated bytes of a member, so many at a time."""
        if self._zip.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotAWorkbook(self.path, f"its part {shown(name)} is compressed in a way that a workbook's are not")
        try:
            with self._zip.open(name) as stream:
                while piece := stream.read(size):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
            raise NotAWorkbook(self.path, f"its part {shown(name)} is damaged{_in_words(error)}") from error

    def member(self, name: str) -> Member:
        """A member as it is, ready to be written elsewhere."""
        info, start = self._zip.getinfo(name), self._starts[name]
        raw = self.data[start : start + info.compress_size]
        return Member(
            info.orig_filename,
            Packed(raw, info.compress_type, info.CRC, info.file_size),
            info.date_time,
            info.flag_bits & ~_SIZES_FOLLOW,
            (info.internal_attr, info.external_attr),
            (info.create_version, info.create_system, info.extract_version),
            (_without_zip64(self._local_extra(info, start)), _without_zip64(info.extra)),
            info.comment,
        )

    def _local_extra(self, info: zipfile.ZipInfo, start: int) -> bytes:
        return self.data[start - _lengths(self.data, info)[1] : start]

    def _refuse_tricks(self) -> None:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise Unsafe(self.path, f"it has {len(infos):,} members, more than {MAX_MEMBERS:,}")
        total = sum(i.file_size for i in infos)
        if total > MAX_INFLATED or (total > RATIO_FROM and total > MAX_RATIO * len(self.data)):
            raise Unsafe(self.path, f"its {len(self.data):,} bytes would inflate to {total:,}")
        if any(i.flag_bits & _ENCRYPTED_MEMBER for i in infos):
            raise Encrypted(self.path)
        seen: set[str] = set()
        for info in infos:
            self._refuse_name(info.orig_filename, seen)
        self._refuse_overlap(infos)

    def _refuse_name(self, stored: str, seen: set[str]) -> None:
        name = stored.replace("\\", "/").lower()
        if leads_outside(name):
            raise Unsafe(self.path, f"a part's name leads outside the package ({stored[:80]!a})")
        if name.lstrip("/") in seen:
            raise Unsafe(self.path, f"it holds the part {stored[:80]!a} twice")
        seen.add(name.lstrip("/"))

    def _refuse_overlap(self, infos: list[zipfile.ZipInfo]) -> None:
        end = 0
        for info in sorted(infos, key=lambda i: i.header_offset):
            if info.header_offset < end:
                raise Unsafe(self.path, f"its part {info.filename[:80]!a} overlaps another")
            end = self._starts[info.filename] + info.compress_size
            if end > len(self.data):
                raise NotAWorkbook(self.path, f"its part {info.filename[:80]!a} is cut off")


def leads_outside(name: str) -> bool:
    """Whether a part's name, its slashes forward, is one that a careless reader would follow elsewhere."""
    return "\0" in name or ".." in name.split("/") or name[1:2] == ":"


def _refuse_other_files(data: bytes, path: str | PathLike[str]) -> None:
    if data.startswith(_CFB):
        if _ENCRYPTED_STREAM in data:
            raise Encrypted(path)
        raise Unsupported(
            path,
            "it is an Excel 97-2003 workbook (.xls), whatever its name says",
            "Save it as Excel Workbook (*.xlsx), or use check or report, which only read.",
        )
    if not data.startswith((b"PK\3\4", b"PK\5\6")):
        raise NotAWorkbook(path, "it does not begin like an .xlsx file")


def _in_words(error: Exception) -> str:
    """What is wrong, in brackets, where the error says it for people: zlib, struct and codecs do not."""
    return f" ({shown(str(error), 160)})" if isinstance(error, zipfile.BadZipFile | NotImplementedError) else ""


def shown(name: str, most: int = 80) -> str:
    """A part's name, which may be anything, as it can stand in a message: its first letters, without what steers."""
    return "".join(letter if letter.isprintable() else " " for letter in name[:most])


def _lengths(data: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Lengths of the name and the extra field in a local header."""
    name, extra = struct.unpack_from("<2H", data, info.header_offset + 26)
    return name, extra


def _start(data: bytes, info: zipfile.ZipInfo) -> int:
    """Where a member's compressed bytes begin."""
    if data[info.header_offset : info.header_offset + 4] != b"PK\3\4":
        raise zipfile.BadZipFile(f"no member where {info.filename!r} should be")
    return info.header_offset + 30 + sum(_lengths(data, info))


def _without_zip64(extra: bytes) -> bytes:
    """An extra field without its 64-bit sizes, which the written headers hold themselves."""
    kept, rest = b"", extra
    while len(rest) >= 4:
        kind, length = struct.unpack_from("<2H", rest)
        if kind != _ZIP64_EXTRA:
            kept += rest[: 4 + length]
        rest = rest[4 + length :]
    return kept + rest


def pack(chunks: Iterable[bytes], *, level: int = 6) -> Packed:
    """Chunks deflated one after the other, so that a large part is never whole in memory."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    out, crc, size, digest = io.BytesIO(), 0, 0, hashlib.sha256()
    for chunk in chunks:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        digest.update(chunk)
        out.write(deflate.compress(chunk))
    out.write(deflate.flush())
    return Packed(out.getvalue(), zipfile.ZIP_DEFLATED, crc, size, digest.hexdigest())


def unpack(packed: Packed) -> bytes:
    """The bytes that were packed; none where what is there is damaged, as a part may be that is written anew."""
    raw, size = packed.raw, packed.size + 1
    try:
        return zlib.decompressobj(-15).decompress(raw, size) if packed.method == zipfile.ZIP_DEFLATED else raw
    except zlib.error:
        return b""


def write_zip(members: Iterable[Member], *, comment: bytes = b"") -> bytes:
    """A zip of these members, in this order. The same members give the same bytes.

    Raises:
        OverflowError: the result needs more than 4 GiB, which no Excel opens.
    """
    out, directory, count = io.BytesIO(), [], 0
    try:
        for member in members:
            directory.append(_central(member, out.tell()))
            out.writelines(_local(member))
            count += 1
        start = out.tell()
        out.writelines(directory)
        out.write(_END.pack(b"PK\5\6", 0, 0, count, count, out.tell() - start, start, len(comment)) + comment)
    except struct.error as error:
        raise OverflowError(f"the workbook has outgrown what a zip can say ({error})") from None
    return out.getvalue()


def _stored_name(member: Member) -> bytes:
    return member.name.encode("utf-8" if member.flags & _UTF8_NAME else "cp437")


def _dos(date: tuple[int, int, int, int, int, int]) -> tuple[int, int]:
    year, month, day, hour, minute, second = date
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _local(member: Member) -> Iterator[bytes]:
    packed, name, extra = member.packed, _stored_name(member), member.extra[0]
    time, day = _dos(member.date)
    sizes = (packed.crc, len(packed.raw), packed.size, len(name), len(extra))
    head = (b"PK\3\4", member.made_by[2], member.flags, packed.method, time, day)
    yield _LOCAL.pack(*head, *sizes)
    yield from (name, extra, packed.raw)


def _central(member: Member, offset: int) -> bytes:
    packed, name, extra = member.packed, _stored_name(member), member.extra[1]
    version, system, needed = member.made_by
    time, day = _dos(member.date)
    sizes = (packed.crc, len(packed.raw), packed.size, len(name), len(extra), len(member.comment))
    head = (b"PK\1\2", system << 8 | version, needed, member.flags, packed.method, time, day)
    internal, external = member.attributes
    return _CENTRAL.pack(*head, *sizes, 0, internal, external, offset) + name + extra + member.comment
