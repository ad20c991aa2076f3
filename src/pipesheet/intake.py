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
SMALL_BYTES = 64 * 1024**2
MOST_RATIO = 150
"""Inflated size by size, where it is more than `SMALL_BYTES`; sheets have 5 to 40."""

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
    _check_harm(path, members, len(content))
    if any(member.flag_bits & 0x1 for member in members):
        raise Encrypted(path)
    if not {member.compress_type for member in members} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotAWorkbook(path, "its parts are compressed in a way that a workbook's are not")
    _check_kind(path, package, {member.filename for member in members})
    return package


def _check_harm(path: Path, members: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise Unsafe(path, f"it holds {len(members):,} parts, far more than a workbook")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if _TRAVERSAL.search(member.orig_filename) or name.startswith("/../"):
            raise Unsafe(path, f"a part's name, {name[:80]!r}, leads out of the file")
        key = name.replace("\\", "/").casefold()
        if key in seen:
            raise Unsafe(path, f"it holds the part {name[:80]!r} twice")
        seen.add(key)
    inflated = sum(member.file_size for member in members)
    largest = max(members, key=lambda member: member.file_size)
    if inflated > MOST_BYTES:
        raise Unsafe(path, f"it would inflate to {inflated / 1024**3:,.1f} GB")
    if largest.file_size > SMALL_BYTES and largest.file_size > MOST_RATIO * max(largest.compress_size, 1):
        raise Unsafe(
            path,
            f"its part {largest.filename[:80]!r} inflates "
            f"{largest.file_size // max(largest.compress_size, 1):,} times, as a zip bomb does",
        )
    if inflated > SMALL_BYTES and inflated > MOST_RATIO * size:
        raise Unsafe(path, f"it inflates {inflated // max(size, 1):,} times, as a zip bomb does")


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
