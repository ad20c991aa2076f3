"""What keeps the button from working on a Mac: the script, and what macOS asks people to allow."""

from __future__ import annotations

from typing import Final

from pipesheet.doctor_lines import INSTALL, Check, Line, Setup
from pipesheet.installing import SCRIPT, places
from pipesheet.machine import digest

_MARK: Final = "-- pipesheet "


def script(setup: Setup) -> Line:
    """Whether the script that starts pipesheet is there, as it was installed, of this version."""
    path = places(setup.machine).script
    assert path is not None, "a Mac has one"
    if not path.is_file():
        return Line("script", "broken", f"{SCRIPT}, which starts pipesheet for Excel, is not there.", INSTALL)
    if digest(path) != setup.record.files.get(str(path)):
        return Line(
            "script", "broken", f"{path} is not the one that was installed, or was changed since.",
            "Look at it, then run pipesheet excel install --force.",
        )  # fmt: skip
    said = path.read_text("ascii", errors="replace").partition("\n")[0].removeprefix(_MARK)
    if said != setup.version:
        return Line("script", "attention", f"{SCRIPT} is of pipesheet {said}; this is {setup.version}.", INSTALL)
    return Line("script", "ok", "The script that starts pipesheet is in place.")


def automation(_setup: Setup) -> Line:
    """Nobody can ask macOS for this without Excel being asked as well, so it is said and not looked up."""
    return Line(
        "automation", "ok", "macOS asks once whether pipesheet may control Excel; the answer must be OK.",
        "If nothing happens: System Settings, Privacy & Security, Automation, switch Microsoft Excel on.",
    )  # fmt: skip


def settings(setup: Setup) -> Line:
    """Whether macOS lets us look into the folder that Office keeps for itself."""
    folder = places(setup.machine).addin.parent
    try:
        any(folder.iterdir())
    except FileNotFoundError:
        return Line("settings", "broken", "Excel's start-up folder is not there.", INSTALL)
    except OSError as error:
        return Line(
            "settings", "attention", f"macOS does not let this terminal read Office's folder ({error.strerror}).",
            "System Settings, Privacy & Security, Full Disk Access or Files and Folders: switch your terminal on.",
        )  # fmt: skip
    return Line("settings", "ok", "Excel's start-up folder can be read.")


CHECKS: Final[tuple[Check, ...]] = (script, settings, automation)
