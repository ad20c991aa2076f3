"""The computer that an add-in is put on: which system, which Python, where things lie, how to ask it.

A record that is handed in, so that what happens on Windows and on a Mac can be tried on any system; only the
command line makes the one of this computer. The Windows and Mac branches are held to exact paths and exact
contents by tests, not run there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WINDOWS: Final = "win32"
MAC: Final = "darwin"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended and what it said. One that could not be started ends with `NOT_STARTED`."""

    code: int
    said: str


NOT_STARTED: Final = -1
Registry = Callable[[str], Mapping[str, object]]
r"""The values of a key such as ``HKCU\Software\Microsoft``; none where there is no such key, or no registry."""
Run = Callable[[Sequence[str]], Ran]


@dataclass(frozen=True, slots=True)
class Machine:
    """`platform` as `sys.platform` has it, `executable` and `base_prefix` as `sys` has them.

    `elevated` says whether we run as an administrator of Windows; None where that is not known.
    """

    platform: str
    home: Path
    executable: Path
    base_prefix: str
    environ: Mapping[str, str]
    registry: Registry
    run: Run
    elevated: bool | None = None

    @property
    def appdata(self) -> Path:
        """Where Windows keeps a user's settings."""
        return Path(self.environ.get("APPDATA") or self.home / "AppData" / "Roaming")


def interpreter(machine: Machine) -> Path:
    """The Python that the button starts: of the same environment, and on Windows the one without a console."""
    if machine.platform != WINDOWS:
        return machine.executable
    quiet = machine.executable.with_name("pythonw.exe")
    return quiet if quiet.is_file() else machine.executable


def talking(python: Path) -> Path:
    """The Python beside it that answers on a console; `pythonw.exe` may have nothing to write to."""
    console = python.with_name("python.exe")
    return console if python.name.lower() == "pythonw.exe" and console.is_file() else python


def from_store(*paths: object) -> bool:
    """Whether one of these is the Microsoft Store's Python: what that writes below AppData, Excel never sees."""
    return any("/windowsapps/" in str(path).replace("\\", "/").lower() + "/" for path in paths)


def asked_of(machine: Machine, python: Path, *arguments: str) -> Ran:
    """What a Python answers when it is started as the button starts it: the user's folders and PYTHON* left out."""
    return machine.run([str(talking(python)), "-I", *arguments])


def digest(path: Path) -> str:
    """The SHA-256 of a file in hex; empty if there is none or it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def from_the_internet(path: Path) -> bool:
    """Whether Windows has marked a file as one from the internet; Excel then runs none of its macros."""
    try:
        mark = Path(f"{path}:Zone.Identifier").read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return False
    zones = [line.partition("=")[2].strip() for line in mark.splitlines() if line.lower().startswith("zoneid")]
    return not zones or zones[0] not in {"0", "1", "2"}  # This machine, the local network, sites that are trusted.
