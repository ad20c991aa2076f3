"""A VBA project made of module sources, as Excel keeps it in xl/vbaProject.bin: [MS-OVBA], the same bytes each time.

Only sources go in: no compiled code that could differ from what one reads, so Excel compiles them when it
opens the file. olevba and other readers show exactly what runs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipesheet.macros.storage import compound_file

CODE_PAGE = "cp1252"
"""What sources are written in; ours keep to ASCII, which every code page shares."""

_CHUNK = 4096
_FEWEST_COPIED = 3
_IDENTITY = "{8B0F5C1E-3D5A-4F0B-9C62-5E1D7A90B6C4}"
_SEED = 0x8D
_NOT_PROTECTED, _NO_PASSWORD, _VISIBLE = bytes(4), b"\0", b"\xff"
_REFERENCES = (
    ("stdole", r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#C:\Windows\System32\stdole2.tlb#OLE Automation"),
    (
        "Office",
        r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\Program Files\Common Files\Microsoft Shared"
        r"\OFFICE16\MSO.DLL#Microsoft Office 16.0 Object Library",
    ),
)
"""The two that Excel gives every new project; it finds them by their numbers, on macOS too."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its source with the attributes on top; a document module belongs to a sheet or the workbook."""

    name: str
    source: str
    document: bool = False

    @property
    def stored(self) -> bytes:
        """The source as it is stored, lines ending as on Windows.

        Raises:
            UnicodeEncodeError: a letter is not in the code page.
        """
        return "".join(f"{line}\r\n" for line in self.source.splitlines()).encode(CODE_PAGE)


def project(modules: Sequence[Module], *, name: str) -> bytes:
    """The bytes of vbaProject.bin with those modules ([MS-OVBA] 2.2).

    Raises:
        ValueError: a module's name cannot be kept, or a source has a letter that is not in the code page.
    """
    streams = {module.name: compressed(module.stored) for module in modules}
    return compound_file(
        {
            "VBA": {"_VBA_PROJECT": bytes.fromhex("CC61FFFF000000"), "dir": compressed(_dir(modules, name)), **streams},
            "PROJECT": _properties(modules, name).encode(CODE_PAGE),
            "PROJECTwm": b"".join(_narrow(m.name) + b"\0" + _wide(m.name) + b"\0\0" for m in modules) + b"\0\0",
        }
    )


def compressed(data: bytes) -> bytes:
    """A compressed container ([MS-OVBA] 2.4.1).

    Data that cannot be made shorter, which no source is, gets zeros at its end, as the format has it.
    """
    return b"\x01" + b"".join(_chunk(data[at : at + _CHUNK]) for at in range(0, len(data), _CHUNK))


def _chunk(data: bytes) -> bytes:
    """A chunk: its header, then sequences of a byte of flags and eight tokens (2.4.1.1.4 to 2.4.1.1.7)."""
    tokens = list(_tokens(data))
    packed = bytearray()
    for at in range(0, len(tokens), 8):
        group = tokens[at : at + 8]
        packed.append(sum(1 << bit for bit, token in enumerate(group) if len(token) == 2))
        packed += b"".join(group)
    if len(packed) > _CHUNK:
        return struct.pack("<H", 0x3FFF) + data.ljust(_CHUNK, b"\0")
    return struct.pack("<H", 0xB000 | len(packed) - 1) + packed


def _tokens(data: bytes) -> Iterator[bytes]:
    """Each one byte that stands for itself, or two that say where to copy from and how much (2.4.1.3.19)."""
    at = 0
    while at < len(data):
        offset_bits = max((at - 1).bit_length(), 4)
        start, length = _longest_before(data, at, (0xFFFF >> offset_bits) + _FEWEST_COPIED)
        if length < _FEWEST_COPIED:
            yield data[at : at + 1]
            at += 1
            continue
        yield struct.pack("<H", (at - start - 1) << (16 - offset_bits) | length - _FEWEST_COPIED)
        at += length


def _longest_before(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Where what follows `at` was seen before, the longest of it, at most that long; it may run into itself."""
    start, length = 0, 0
    most = min(most, len(data) - at)
    while length < most:
        found = data.find(data[at : at + length + 1], start, at + length)
        if found < 0:
            break
        start, length = found, length + 1
        while length < most and data[start + length] == data[at + length]:
            length += 1
    return start, length


def _dir(modules: Sequence[Module], name: str) -> bytes:
    """The dir stream before compression: what the project is, what it refers to, its modules (2.3.4.2)."""
    said = [
        _record(0x01, struct.pack("<I", 3)),
        _record(0x02, struct.pack("<I", 0x409)),
        _record(0x14, struct.pack("<I", 0x409)),
        _record(0x03, struct.pack("<H", 1252)),
        _record(0x04, _narrow(name)),
        *(_record(kind, b"") for kind in (0x05, 0x40, 0x06, 0x3D)),
        _record(0x07, bytes(4)),
        _record(0x08, bytes(4)),
        struct.pack("<HIIH", 0x09, 4, 1, 1),
        *(_record(kind, b"") for kind in (0x0C, 0x3C)),
        *(_reference(*reference) for reference in _REFERENCES),
        _record(0x0F, struct.pack("<H", len(modules))),
        _record(0x13, b"\xff\xff"),
        *map(_listed, modules),
        _record(0x10, b""),
    ]
    return b"".join(said)


def _reference(name: str, library: str) -> bytes:
    """A registered reference (2.3.4.2.2.5)."""
    listed = struct.pack("<I", len(library)) + _narrow(library) + bytes(6)
    return _record(0x16, _narrow(name)) + _record(0x3E, _wide(name)) + _record(0x0D, listed)


def _listed(module: Module) -> bytes:
    """A module's records (2.3.4.2.3.2); its source begins its stream, for no compiled code comes first."""
    named = ((0x19, _narrow(module.name)), (0x47, _wide(module.name)))
    streamed = ((0x1A, _narrow(module.name)), (0x32, _wide(module.name)))
    rest = (
        *((0x1C, b""), (0x48, b"")),
        *((0x31, bytes(4)), (0x1E, bytes(4)), (0x2C, b"\xff\xff")),
        *((0x22 if module.document else 0x21, b""), (0x2B, b"")),
    )
    return b"".join(_record(kind, content) for kind, content in (*named, *streamed, *rest))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HI", kind, len(content)) + content


def _narrow(text: str) -> bytes:
    return text.encode(CODE_PAGE)


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _properties(modules: Sequence[Module], name: str) -> str:
    """The PROJECT stream: the modules once more, and that nothing is locked or hidden (2.3.1)."""
    lines = (
        f'ID="{_IDENTITY}"',
        *(f"Document={m.name}/&H00000000" if m.document else f"Module={m.name}" for m in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_veiled(_NOT_PROTECTED)}"',
        f'DPB="{_veiled(_NO_PASSWORD)}"',
        f'GC="{_veiled(_VISIBLE)}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{m.name}=0, 0, 0, 0, C" for m in modules),
    )
    return "".join(f"{line}\r\n" for line in lines)


def _veiled(data: bytes) -> str:
    """Data as the PROJECT stream has its protection written, each byte mixed with those before (2.4.3.2)."""
    key = sum(_IDENTITY.encode()) & 0xFF
    out = bytearray((_SEED, _SEED ^ 2, _SEED ^ key))
    plain = key
    for byte in (*bytes((_SEED & 6) // 2), *struct.pack("<I", len(data)), *data):
        out.append(byte ^ (out[-2] + plain & 0xFF))
        plain = byte
    return out.hex().upper()
