"""What keeps the menu from working in LibreOffice."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pipesheet.doctor_lines import Line
from pipesheet.errors import UsageError
from pipesheet.libreoffice import able_folder, program_folder, started_by
from pipesheet.machine import Machine

INSTALL: Final = "Close LibreOffice and run pipesheet libreoffice install."


def libreoffice_checks(machine: Machine, extension: Path) -> tuple[Line, ...]:
    """A line for each thing that LibreOffice needs; `extension` is the file that the menu was put in from."""
    return (_program(machine), *_python(machine), _menu(extension))


def _program(machine: Machine) -> Line:
    found = shutil.which("soffice", path=machine.environ.get("PATH", ""))
    if found is None:
        return Line(
            "libreoffice", "broken", "There is no soffice on the PATH.",
            "Install LibreOffice with Calc, then run pipesheet libreoffice install.",
        )  # fmt: skip
    return Line("libreoffice", "ok", f"LibreOffice is {found}.")


def _python(machine: Machine) -> tuple[Line, ...]:
    if program_folder(machine) is None:
        return ()
    try:
        able_folder(machine)
    except UsageError as fault:
        meant, _, to_do = str(fault).partition(". ")
        return (Line("libreoffice-python", "broken", f"{meant}.", to_do),)
    return (Line("libreoffice-python", "ok", "LibreOffice can run the menu."),)


def _menu(extension: Path) -> Line:
    """Whether it was put in, and starts a Python that is there; LibreOffice itself is not asked, as it may be open."""
    if not extension.is_file():
        return Line("libreoffice-menu", "broken", "The menu was not put into LibreOffice.", INSTALL)
    python = started_by(extension)
    if not python.is_file():
        return Line("libreoffice-menu", "broken", f"The Python that the menu starts is gone: {python}.", INSTALL)
    return Line("libreoffice-menu", "ok", f"The menu was put into LibreOffice; it starts {python}.")
