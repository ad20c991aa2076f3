"""LibreOffice on this computer: where it is, whether it can run the menu, and how the menu is put in and taken out."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipesheet.errors import UsageError, WriteError
from pipesheet.machine import MAC, NOT_STARTED, WINDOWS, Machine, Ran, asked_of, from_store, talking

IDENTIFIER: Final = "org.pipesheet.calc"
EXTENSION: Final = "pipesheet.oxt"
_REGISTERED: Final = r"HKLM\SOFTWARE\LibreOffice\UNO\InstallPath"
_PLACES: Final = (
    "/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice*/program",
)  # fmt: skip
_SHUT_IN: Final = ("/var/lib/flatpak/app/org.libreoffice.LibreOffice", "/snap/libreoffice")
_LOADER: Final = "pythonloader.py"
FIND_XLWINGS: Final = "import importlib.util, sys; sys.exit(importlib.util.find_spec('xlwings') is None)"
"""Looks for it and does not import it: on Windows and on a Mac importing it changes things."""


def program_folder(machine: Machine) -> Path | None:
    """Where LibreOffice's own programs are; of several the one that a terminal starts."""
    tool = _tool(machine)
    return next((folder for folder in _folders(machine) if (folder / tool).is_file()), None)


def runs_python(folder: Path) -> bool:
    """Whether this LibreOffice can run parts written in Python; some systems make that a package of its own."""
    return (folder / _LOADER).is_file() or (folder.parent / "Resources" / _LOADER).is_file()


def put_in(machine: Machine, file: Path, profile: str = "") -> None:
    """Give LibreOffice the extension, in place of an earlier one; `profile` is the address of another user's part.

    Raises:
        UsageError: there is no LibreOffice that can take it.
        WriteError: it did not.
    """
    done = _asked(machine, "add", profile, "--force", "--suppress-license", str(file))
    if done.code:
        raise WriteError(_why(done))


def take_out(machine: Machine, profile: str = "") -> bool:
    """Take the extension out; whether there was one.

    Raises:
        UsageError, WriteError
    """
    done = _asked(machine, "remove", profile, IDENTIFIER)
    if done.code and _locked(done.said) is None and _asked(machine, "list", profile, IDENTIFIER).code:
        return False
    if done.code:
        raise WriteError(_why(done))
    return True


def started_by(extension: Path) -> Path:
    """The Python that the menu of that file starts; no path where it does not say."""
    try:
        with zipfile.ZipFile(extension) as packed:
            start = next(name for name in packed.namelist() if name.endswith("/start.json"))
            return Path(json.loads(packed.read(start))["interpreter"])
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, StopIteration):
        return Path()


def refuse_unfit(machine: Machine) -> None:
    """Raises UsageError where the menu would be there, and a click could start nothing."""
    if from_store(machine.executable, machine.base_prefix):
        raise UsageError(
            "LibreOffice would not see what the Python of the Microsoft Store installs: Windows keeps its files "
            "apart. Install Python from python.org, install pipesheet there, and run this again."
        )
    able_folder(machine)
    if asked_of(machine, machine.executable, "-m", "pipesheet", "--version").code:
        raise UsageError(
            f"{machine.executable} does not start pipesheet when the user's own folders are left out, as a click "
            "does. Install pipesheet into a virtual environment or with pipx, not with --user, and run this again."
        )
    if asked_of(machine, machine.executable, "-c", FIND_XLWINGS).code:
        raise UsageError(
            "The menu needs xlwings, which is not installed. Run: "
            f'"{talking(machine.executable)}" -m pip install xlwings'
        )


def able_folder(machine: Machine) -> Path:
    """The program folder of a LibreOffice that can run the menu.

    Raises:
        UsageError: there is none; the words say what to install.
    """
    folder = program_folder(machine)
    if folder is None and any(Path(place).is_dir() for place in _SHUT_IN):
        raise UsageError(
            "This LibreOffice is a Flatpak or a Snap, which may not start other programs. Install LibreOffice from "
            "your system's own packages or from libreoffice.org, and run pipesheet libreoffice install again."
        )
    if folder is None:
        raise UsageError(
            "There is no LibreOffice in the usual places. Install it with Calc, or put its folder program on the "
            "PATH, and run pipesheet libreoffice install again."
        )
    if not runs_python(folder):
        raise UsageError(
            "This LibreOffice cannot run Python. Install the package python3-uno (Debian, Ubuntu) or "
            "libreoffice-pyuno (Fedora, openSUSE), and run pipesheet libreoffice install again."
        )
    return folder


def _tool(machine: Machine) -> str:
    return "unopkg.com" if machine.platform == WINDOWS else "unopkg"


def _folders(machine: Machine) -> Iterator[Path]:
    for name in ("soffice", "libreoffice", "unopkg"):
        if found := shutil.which(name, path=machine.environ.get("PATH", "")):
            yield Path(found).resolve().parent  # the names on the PATH are links, or scripts beside other programs
    if machine.platform == WINDOWS:
        yield from _windows_folders(machine)
    elif machine.platform == MAC:
        for top in (Path("/Applications"), machine.home / "Applications"):
            yield top / "LibreOffice.app/Contents/MacOS"
    else:
        for place in _PLACES:
            yield from sorted(Path("/").glob(place.lstrip("/")), reverse=True)


def _windows_folders(machine: Machine) -> Iterator[Path]:
    if registered := str(machine.registry(_REGISTERED).get("", "")):
        yield Path(registered)
    for variable in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"):
        if programs := machine.environ.get(variable):
            yield Path(programs) / "LibreOffice" / "program"


def _asked(machine: Machine, order: str, profile: str, *words: str) -> Ran:
    private = [f"-env:UserInstallation={profile}"] if profile else []
    return machine.run([str(able_folder(machine) / _tool(machine)), order, *private, *words])


def _locked(said: str) -> str | None:
    """The lock's path, where LibreOffice is open; the words around it are in the language of its user."""
    return next((line.strip() for line in said.splitlines() if line.strip().endswith(".lock")), None)


def _why(done: Ran) -> str:
    if lock := _locked(done.said):
        return (
            "LibreOffice is open. Close all its windows (on Windows also its quick starter beside the clock) and "
            f"run this again. If it is not open, delete {lock}"
        )
    if "root" in done.said:
        return "LibreOffice changes nothing for root. Run this as the person who uses LibreOffice."
    lines = [line for line in done.said.splitlines() if line.strip()]
    said = lines[0].strip() if lines else f"it ended with {done.code}"
    verb = "could not be asked" if done.code == NOT_STARTED else "refused"
    return f"LibreOffice {verb}: {said[:300]}. Close LibreOffice, and run this again."
