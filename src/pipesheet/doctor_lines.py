"""What the doctor says: a line a check, with what is meant and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from pipesheet.installing import Record
from pipesheet.machine import Machine

Level = Literal["ok", "attention", "broken"]
"""It works; it works with a limit, or it is not known; the button does not work."""
ATTACH: Final = "use pipesheet excel run check in a terminal: it works on the workbook that is open, without macros."
INSTEAD: Final = f"Until then {ATTACH}"
INSTALL: Final = "Run pipesheet excel install, and start Excel again."


@dataclass(frozen=True, slots=True)
class Line:
    """`check` is a stable name for machines (``add-in``), `meant` and `to_do` are sentences for people."""

    check: str
    level: Level
    meant: str
    to_do: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is looked at: the computer, what was installed on it, and the version of pipesheet that looks."""

    machine: Machine
    record: Record
    version: str


Check = Callable[[Setup], Line]
