"""The computer this runs on, as the record that installing and the doctor work with."""

from __future__ import annotations

import ctypes
import importlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipesheet.machine import NOT_STARTED, WINDOWS, Machine, Ran

_SECONDS: Final = 30
_NO_WINDOW: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def this_machine() -> Machine:
    """This computer, as it is now."""
    return Machine(
        platform=sys.platform,
        home=Path.home(),
        executable=Path(sys.executable),
        base_prefix=sys.base_prefix,
        environ=os.environ,
        registry=_values,
        run=_run,
        elevated=_elevated(),
    )


def _run(command: Sequence[str]) -> Ran:
    try:
        done = subprocess.run(  # noqa: S603  programs of the system, and a Python that the user installed
            list(command), capture_output=True, stdin=subprocess.DEVNULL, text=True, errors="replace",
            timeout=_SECONDS, check=False, creationflags=_NO_WINDOW,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        return Ran(NOT_STARTED, str(fault))
    return Ran(done.returncode, done.stdout or done.stderr)


def _values(key: str) -> Mapping[str, object]:
    """The values of a key of the registry, in the view of 64-bit programs; none elsewhere than on Windows."""
    if sys.platform != WINDOWS:
        return {}
    registry: Any = importlib.import_module("winreg")
    root, _, path = key.partition("\\")
    top = {"HKCU": registry.HKEY_CURRENT_USER, "HKLM": registry.HKEY_LOCAL_MACHINE}[root]
    try:
        with registry.OpenKey(top, path, 0, registry.KEY_READ | registry.KEY_WOW64_64KEY) as opened:
            count = registry.QueryInfoKey(opened)[1]
            return {name: value for name, value, _ in (registry.EnumValue(opened, n) for n in range(count))}
    except OSError:  # There is no such key, or it is not for us to see.
        return {}


def _elevated() -> bool | None:
    if sys.platform != WINDOWS:
        return None
    windows: Any = ctypes
    try:
        return bool(windows.windll.shell32.IsUserAnAdmin())
    except (AttributeError, OSError):
        return None
