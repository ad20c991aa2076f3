"""Why the button does not work: a line for each thing that breaks in the field, and what to do about it.

Nothing is changed, and nothing is asked of Excel itself. What cannot be found out is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipesheet import doctor_mac, doctor_windows
from pipesheet.doctor_book import book_checks
from pipesheet.doctor_libreoffice import libreoffice_checks
from pipesheet.doctor_lines import INSTALL, Check, Line, Setup
from pipesheet.errors import ReadError
from pipesheet.installing import ADDIN, RECORD, Record, places, read_record
from pipesheet.libreoffice import EXTENSION, FIND_XLWINGS
from pipesheet.machine import MAC, WINDOWS, Machine, asked_of, digest, interpreter, talking

BOOK_VARIABLE: Final = "PIPESHEET_BOOK"


def diagnose(machine: Machine, folder: Path, version: str, book: str = "") -> tuple[Line, ...]:
    """The lines for this machine, and for `book` or the workbook that the button hands over, if any.

    `folder` is the user's own, where the record of what was installed is.
    """
    return tuple(_lines(machine, folder, version, book or machine.environ.get(BOOK_VARIABLE, "")))


def exit_code(lines: tuple[Line, ...]) -> int:
    """0: the button works, perhaps with limits. 1: something is broken."""
    return int(any(line.level == "broken" for line in lines))


def _lines(machine: Machine, folder: Path, version: str, book: str) -> Iterator[Line]:
    try:
        record = read_record(folder / RECORD)
    except ReadError as fault:
        yield Line("record", "broken", str(fault))
        record = Record()
    setup = Setup(machine, record, version)
    for check in _checks(machine):
        yield check(setup)
    if machine.platform not in {WINDOWS, MAC}:
        yield Line("excel", "ok", "There is no Excel on this system; pipesheet works in LibreOffice.")
        yield from libreoffice_checks(machine, folder / EXTENSION)
    if book:
        yield from book_checks(book)


def _checks(machine: Machine) -> tuple[Check, ...]:
    if machine.platform == WINDOWS:
        return (python, addin, *doctor_windows.CHECKS, xlwings)
    if machine.platform == MAC:
        return (python, addin, *doctor_mac.CHECKS, xlwings)
    return (python, xlwings)


def _python_of(setup: Setup) -> Path:
    """The Python that the button starts: the one it was installed for."""
    return Path(setup.record.interpreter) if setup.record.interpreter else interpreter(setup.machine)


def python(setup: Setup) -> Line:
    """Whether the Python that the button starts is there and starts pipesheet, of this version."""
    path = _python_of(setup)
    if not path.is_file():
        return Line(
            "python", "broken", f"The Python that the button starts is gone: {path}.",
            f"Install pipesheet again if need be. {INSTALL}",
        )  # fmt: skip
    answer = asked_of(setup.machine, path, "-m", "pipesheet", "--version")
    if answer.code:
        return Line(
            "python", "broken", f"{path} does not start pipesheet when the user's own folders are left out.",
            f"Install pipesheet into a virtual environment or with pipx, not with --user. {INSTALL}",
        )  # fmt: skip
    said = answer.said.split()[-1:]
    if said != [setup.version]:
        return Line(
            "python", "attention",
            f"The button starts pipesheet {''.join(said)} with {path}; this is {setup.version}.", INSTALL,
        )  # fmt: skip
    return Line("python", "ok", f"{path} starts pipesheet {setup.version}.")


def addin(setup: Setup) -> Line:
    """Whether the add-in is there, as it was installed, by this version."""
    path = places(setup.machine).addin
    if not path.is_file():
        return Line("add-in", "broken", f"{ADDIN} is not in Excel's start-up folder.", INSTALL)
    if digest(path) != setup.record.files.get(str(path)):
        return Line(
            "add-in", "broken", f"{path} is not the one that was installed, or was changed since.",
            "Move it away if it is not yours, and run pipesheet excel install --force.",
        )  # fmt: skip
    if setup.record.version != setup.version:
        return Line(
            "add-in",
            "attention",
            f"The add-in is of pipesheet {setup.record.version}; this is {setup.version}.",
            INSTALL,
        )
    return Line("add-in", "ok", f"The add-in is in Excel's start-up folder: {path}.")


def xlwings(setup: Setup) -> Line:
    """Whether the Python that the button starts has the library that speaks to Excel."""
    path = _python_of(setup)
    if not path.is_file():
        return Line(
            "xlwings", "attention", "Whether xlwings is installed is not known while its Python is gone.", INSTALL
        )
    if asked_of(setup.machine, path, "-c", FIND_XLWINGS).code:
        return Line(
            "xlwings", "broken", "xlwings, the library that speaks to Excel, is not installed beside pipesheet.",
            f'Run: "{talking(path)}" -m pip install xlwings',
        )  # fmt: skip
    return Line("xlwings", "ok", "xlwings, the library that speaks to Excel, is installed.")
