"""The launcher's modules, from the text files in ``sources`` and what a machine adds: its interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipesheet.macros.vba import Module, project

PROJECT = "Pipesheet"
_SOURCES = Path(__file__).parent / "sources"
_PLAIN = re.compile(r"[ -~]+|[^ -~]")
_PER_LINE = 24
_LONGEST_CONSTANT = 500
"""Of a line of VBA, which ends at 1023 characters, a quote being written twice."""


def macros(
    interpreter: str, version: str, *, mac: bool | None = None, sheets: Sequence[str] = (), ribbon: bool = False
) -> bytes:
    """xl/vbaProject.bin with the launcher in it.

    Args:
        interpreter: The Python to start, by its whole path; empty: the add-in is asked to.
        version: The version that is said to people.
        mac: For macOS (True), for Windows (False), or for both (None: Excel's compiler chooses).
        sheets: The code names of the sheets.
        ribbon: With what the ribbon calls.

    Raises:
        ValueError: the interpreter's path cannot be written on a command line.
    """
    return project(modules(interpreter, version, mac=mac, sheets=sheets, ribbon=ribbon), name=PROJECT)


def modules(
    interpreter: str, version: str, *, mac: bool | None = None, sheets: Sequence[str] = (), ribbon: bool = False
) -> tuple[Module, ...]:
    """The modules of that project; arguments as for `macros`."""
    launcher = source("Launcher.bas") if mac is None else resolved(source("Launcher.bas"), mac=mac)
    sheet = source("Sheet1.cls")
    return (
        Module("ThisWorkbook", source("ThisWorkbook.cls"), document=True),
        *(Module(name, sheet.replace('"Sheet1"', f'"{name}"'), document=True) for name in sheets),
        Module("Launcher", launcher),
        Module("Settings", settings(interpreter, version, mac=mac)),
        *([Module("Ribbon", source("Ribbon.bas"))] if ribbon else []),
    )


def source(name: str) -> str:
    """One of the source files."""
    return (_SOURCES / name).read_text("ascii")


def resolved(text: str, *, mac: bool) -> str:
    """The source for one platform: of ``#If Mac Then … #Else … #End If`` only the branch that is compiled there.

    Raises:
        ValueError: there is another condition, or one has no end.
    """
    return "".join(f"{line}\n" for line in _of_platform(text, mac=mac))


def _of_platform(text: str, *, mac: bool) -> Iterator[str]:
    branch: bool | None = None
    for line in text.splitlines():
        match line.strip():
            case "#If Mac Then" if branch is None:
                branch = True
            case "#Else" if branch:
                branch = False
            case "#End If" if branch is not None:
                branch = None
            case other if other.startswith("#"):
                raise ValueError(f"not a condition that can be resolved here: {other}")
            case _ if branch in (None, mac):
                yield line
    if branch is not None:
        raise ValueError("a condition has no end")


def settings(interpreter: str, version: str, *, mac: bool | None = None) -> str:
    """The module that says which Python to start.

    Raises:
        ValueError: the interpreter's path cannot be written on a command line.
    """
    if not interpreter.isprintable() or ('"' in interpreter and mac is False):
        raise ValueError(f"{interpreter!r} cannot be started from Excel; install Python in another folder")
    return "\n".join(
        (
            'Attribute VB_Name = "Settings"',
            "' Written by pipesheet for this computer.",
            "Option Explicit",
            "",
            f"Public Const VERSION As String = {literal(version)}",
            *(_constant(interpreter) if _is_plain(interpreter) else _function(interpreter)),
            "",
        )
    )


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and len(text) <= _LONGEST_CONSTANT


def _constant(interpreter: str) -> tuple[str, ...]:
    return (f"Public Const INTERPRETER As String = {literal(interpreter)}",)


def _function(interpreter: str) -> Iterator[str]:
    """A constant cannot have letters beyond the code page; it is said by a function, a short line at a time."""
    yield ""
    yield "Public Function INTERPRETER() As String"
    for at in range(0, len(interpreter), _PER_LINE):
        so_far = "INTERPRETER & " if at else ""
        yield f"    INTERPRETER = {so_far}{literal(interpreter[at : at + _PER_LINE])}"
    yield "End Function"


def literal(text: str) -> str:
    """A text as an expression of VBA: plain runs in quotes, every other letter by its number.

    >>> print(literal('say "hi" to Łukasz'))
    "say ""hi"" to " & ChrW(321) & "ukasz"
    """
    return " & ".join(map(_part, _PLAIN.findall(text))) or '""'


def _part(text: str) -> str:
    if " " <= text[0] <= "~":
        return '"' + text.replace('"', '""') + '"'
    units = text.encode("utf-16-le")
    return " & ".join(f"ChrW({int.from_bytes(units[at : at + 2], 'little')})" for at in range(0, len(units), 2))
