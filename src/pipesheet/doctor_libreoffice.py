"""What keeps the menu from working in LibreOffice."""

from __future__ import annotations

import shutil

from pipesheet.doctor_lines import Line
from pipesheet.machine import Machine


def libreoffice_checks(machine: Machine) -> tuple[Line, ...]:
    """A line for each thing that LibreOffice needs."""
    return (_program(machine),)


def _program(machine: Machine) -> Line:
    found = shutil.which("soffice", path=machine.environ.get("PATH", ""))
    if found is None:
        return Line(
            "libreoffice", "broken", "There is no soffice on the PATH.",
            "Install LibreOffice with Calc, then run pipesheet libreoffice install.",
        )  # fmt: skip
    return Line("libreoffice", "ok", f"LibreOffice is {found}.")
