"""May this file be opened, and what is it? Answered from its first bytes and its zip directory alone.

A spreadsheet package is a zip; a hostile one asks its reader for more memory than there is, or
names parts so that two readers see different files. Both are refused before a cell is read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pipesheet.compound import MAGIC, Compound
from pipesheet.errors import Encrypted, NotAWorkbook, Unsafe

Container = Literal["zip", "cfb", "text"]

MOST_MEMBERS = 20_000
MOST_BYTES = 4 * 1024**3
"""Inflated; a sheet of a million deals by sixteen columns has 0.8 GB."""
SMALL_BYTES, SMALL_MARKUP = 64 * 1024**2, 16 * 1024**2
MOST_RATIO = 150
"""Inflated size by size, where it is more than `SMALL_BYTES`; sheets have 5 to 40. A part that is read cell
by cell costs its reader many times its size, so it counts from `SMALL_MARKUP` on; a blank picture does not."""

FAULTS = (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, OSError, EOFError, ValueError)
"""What reading a part of a damaged package may raise."""

_KINDS = {
    "word/document.xml": "it is a Word document",
    "ppt/presentation.xml": "it is a PowerPoint presentation",
    "visio/document.xml": "it is a Visio drawing",
    "META-INF/MANIFEST.MF": "it is a Java archive",
    "Index/Document.iwa": "it is an Apple iWork file; export it as Excel",
}
_MIMETYPES = {
    "opendocument.text": "it is a text document (ODT)",
    "opendocument.presentation": "it is a presentation (ODP)",
    "opendocument.graphics": "it is a drawing (ODG)",
    "epub": "it is an e-book",
}
_STREAMS = {
    "WordDocument": "it is an old Word document (.doc)",
    "PowerPoint Document": "it is an old presentation (.ppt)",
    "__properties_version1.0": "it is an Outlook message",
    "VisioDocument": "it is an old Visio drawing",
}
_SIGNATURES = (
    (b"%PDF", "it is a PDF"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"{\\rtf", "it is a text document (RTF)"),
    (b"7z\xbc\xaf", "it is a 7z archive"),
    (b"Rar!", "it is a RAR archive"),
    (b"\x1f\x8b", "it is a gzip archive"),
    (b"SQLite format 3", "it is a database"),
)
_TRAVERSAL = re.compile(r"(?:^|[\\/])\.\.(?:[\\/]|\Z)|^[\\/]{2}|^[A-Za-z]:|\x00")
_HEAD = 1024
_LOCAL_HEADER = 30
"""Bytes before a member's name."""
_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|<!--.*?-->)*+<!DOCTYPE", re.I | re.S)
_PICTURES = (".bmp", ".emf", ".wmf", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".gif", ".wdp", ".ico")
_MARKUP = re.compile(rb"\s*<(?:!doctype html|html|table|head|meta|\?xml)", re.I)


def container(path: Path, content: bytes) -> Container:
    """What holds the cells: a zip package, an old compound file, or plain text.

    Raises:
        NotAWorkbook: it is none of these, or text that says it is something else.
    """
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if content.startswith(MAGIC):
        return "cfb"
    for signature, what in _SIGNATURES:
        if content.startswith(signature):
            raise NotAWorkbook(path, what)
    start = content[:4096].removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(start):
        raise NotAWorkbook(path, "it is a web page or an XML file with a spreadsheet's ending")
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")) and not _looks_utf16(start):
        raise NotAWorkbook(path, "its bytes are those of no spreadsheet; it may be damaged")
    return "text"


def _looks_utf16(start: bytes) -> bool:
    evens, odds = start[0::2].count(0), start[1::2].count(0)
    return max(evens, odds) > len(start) // 4 and min(evens, odds) == 0


def check_compound(path: Path, content: bytes) -> None:
    """Refuses an old compound file that is encrypted, or not a workbook.

    Raises:
        Encrypted, NotAWorkbook: as it is.
    """
    try:
        names = Compound(content).names
    except ValueError as fault:
        raise NotAWorkbook(path, "its directory of streams is damaged; the file may be cut short") from fault
    if "EncryptedPackage" in names:
        raise Encrypted(path)
    if names & {"Workbook", "Book"}:
        return
    for stream, what in _STREAMS.items():
        if stream in names:
            raise NotAWorkbook(path, what)
    raise NotAWorkbook(path, "it is an old Office file without a workbook in it")


def opened_package(path: Path, content: bytes) -> zipfile.ZipFile:
    """The zip, once its directory has been found harmless and a spreadsheet's.

    Raises:
        NotAWorkbook: the zip is cut short, or of another kind. Unsafe: it is built to harm.
        Encrypted: its members are.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
        members = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError) as fault:
        raise NotAWorkbook(path, "its zip directory is damaged; the file may be cut short") from fault
    if not members:
        raise NotAWorkbook(path, "it is an empty zip archive")
    _check_names(path, members)
    if any(member.flag_bits & 0x1 for member in members):
        raise Encrypted(path)
    if not {member.compress_type for member in members} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotAWorkbook(path, "its parts are compressed in a way that a workbook's are not")
    _check_sizes(path, package, len(content))
    _check_overlap(path, members)
    _check_kind(path, package, {member.filename for member in members})
    _check_types(path, package)
    return package


def member_bytes(package: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a member, and never more than it declares: zipfile by itself inflates all there are first."""
    info = package.getinfo(name)
    with package.open(info) as stream:
        return stream.read(info.file_size + 1)


def as_utf8(start: bytes) -> bytes:
    """The beginning of a part as UTF-8, whatever it is written in."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "replace").encode()
    if start[:2] in (b"<\0", b"\0<"):
        return start.decode("utf-16-le" if start[1] == 0 else "utf-16-be", "replace").encode()
    return start


def _check_names(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise Unsafe(path, f"it holds {len(members):,} parts, far more than a workbook")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if _TRAVERSAL.search(member.orig_filename):
            raise Unsafe(path, f"a part's name, {member.orig_filename[:80]!r}, leads out of the file")
        key = name.replace("\\", "/").lstrip("/").casefold()
        if key in seen:
            raise Unsafe(path, f"it holds the part {name[:80]!r} twice")
        seen.add(key)


def _check_sizes(path: Path, package: zipfile.ZipFile, size: int) -> None:
    members = package.infolist()
    inflated = sum(member.file_size for member in members)
    if inflated > MOST_BYTES:
        raise Unsafe(path, f"it would inflate to {inflated / 1024**3:,.1f} GB")
    for member in members:
        ratio = member.file_size // max(member.compress_size, 1)
        bomb = ratio > MOST_RATIO and member.file_size > SMALL_MARKUP
        if bomb and (member.file_size > SMALL_BYTES or not _is_picture(package, member.filename)):
            raise Unsafe(path, f"its part {member.filename[:80]!r} inflates {ratio:,} times, as a zip bomb does")
    if inflated > SMALL_BYTES and inflated > MOST_RATIO * size:
        raise Unsafe(path, f"it inflates {inflated // max(size, 1):,} times, as a zip bomb does")


def _check_overlap(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Members that share their bytes inflate as often as they are listed, and two readers may see two files."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < 0:
            raise NotAWorkbook(path, "its zip directory is damaged; the file may be cut short")
        if member.header_offset < end:
            raise Unsafe(path, f"its part {member.filename[:80]!r} overlaps another")
        end = member.header_offset + _LOCAL_HEADER + member.compress_size


def _check_types(path: Path, package: zipfile.ZipFile) -> None:
    """Refuses a document type, the door to entity bombs and foreign files, which no spreadsheet's part needs."""
    for name in package.namelist():
        if name.casefold().endswith((".xml", ".rels")) and _DOCTYPE.match(as_utf8(start_of(package, name))):
            raise Unsafe(path, f"its part {name[:80]!r} holds a document type")


def _is_picture(package: zipfile.ZipFile, name: str) -> bool:
    start = as_utf8(start_of(package, name)).lstrip()
    return name.casefold().endswith(_PICTURES) and not start.startswith(b"<") and bool(start)


def start_of(package: zipfile.ZipFile, name: str) -> bytes:
    """The first bytes of a member; none where it is damaged."""
    try:
        with package.open(name) as stream:
            return stream.read(_HEAD)
    except FAULTS:
        return b""  # Whoever needs the part says that it is damaged.


def _check_kind(path: Path, package: zipfile.ZipFile, names: set[str]) -> None:
    plain = {name.replace("\\", "/").lstrip("/").casefold() for name in names}
    for name, what in _KINDS.items():
        if name.casefold() in plain:
            raise NotAWorkbook(path, what)
    if "mimetype" in names:
        try:
            mimetype = package.open("mimetype").read(200).decode("ascii", "replace")
        except FAULTS:
            mimetype = ""
        for kind, what in _MIMETYPES.items():
            if kind in mimetype and "spreadsheet" not in mimetype:
                raise NotAWorkbook(path, what)
        return
    if "[content_types].xml" not in plain and not any(name.startswith("xl/") for name in plain):
        raise NotAWorkbook(path, "it is an ordinary zip archive; unpack it and use the workbook inside")


def package_kind(package: zipfile.ZipFile) -> Literal["ods", "xlsb", "xlsx"]:
    """How the sheets of a package are written; .xlsm and templates are written as .xlsx is."""
    names = package.namelist()
    if "mimetype" in names:
        return "ods"
    return "xlsb" if any(name.casefold().endswith("workbook.bin") for name in names) else "xlsx"
