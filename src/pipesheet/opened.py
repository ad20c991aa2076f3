"""Who has a file open: Excel and LibreOffice lay a note with the person's name beside it."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from pipesheet.errors import Locked


def refuse_if_open(target: Path) -> None:
    """Raises Locked where somebody has the file open in Excel or LibreOffice.

    After a crash a note may be left over; the sentence says which file to delete then.
    """
    for note, program, person in (
        (target.with_name("~$" + target.name), "Excel", excel_owner),
        (target.with_name(f".~lock.{target.name}#"), "LibreOffice", libreoffice_owner),
    ):
        if isfile(note):  # Also of a name that is too long to be one.
            who = person(_contents(note)) or "somebody"
            raise Locked(
                target,
                f"{who} has it open in {program}",
                f"Close it there and run again. If nobody has it open, delete {note.name} beside it.",
            )


def _contents(note: Path) -> bytes:
    """The note's bytes; on Windows the program that wrote it may let nobody read it."""
    try:
        return note.read_bytes()
    except OSError:
        return b""


def excel_owner(note: bytes) -> str:
    """A length, the name in ANSI; from byte 55 on the same in UTF-16."""
    wide = note[55:56]
    if wide and len(note) >= 57 + 2 * wide[0]:
        return note[57 : 57 + 2 * wide[0]].decode("utf-16-le", "ignore").strip("\0 ")
    return note[1 : 1 + note[0]].decode("cp1252", "ignore").strip() if note else ""


def libreoffice_owner(note: bytes) -> str:
    """Name, user, host, time, profile, separated by commas; the name is often left empty."""
    fields = note.decode("utf-8", "ignore").split(",")
    return next((f.strip() for f in fields[:2] if f.strip()), "")
