"""What keeps the menu from working in LibreOffice."""

from __future__ import annotations

import shutil

from pipesheet.doctor_lines import Line
from pipesheet.errors import UsageError
from pipesheet.libreoffice import able_folder, program_folder
from pipesheet.machine import Machine


def libreoffice_checks(machine: Machine) -> tuple[Line, ...]:
    """A line for each thing that LibreOffice needs."""
    return (_program(machine), *_python(machine))


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
