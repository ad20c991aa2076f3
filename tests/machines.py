"""Computers to try an installation on: a Windows, a Mac, a Linux, each below a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipesheet.cli import main
from pipesheet.installing import GROUP
from pipesheet.machine import MAC, WINDOWS, Machine, Ran

VERSION = "7.8.9"
NAMES = ["anna", "Anna Müller", "Søren & Co", "O'Brien", "山田 太郎", "Łukasz; touch pwned", "$(touch pwned) `id`"]
"""Names of people as home folders may have them, and of people who try something."""


def answering(command: Sequence[str]) -> Ran:
    """Programs that do as they should: pipesheet of this version, xlwings found, no Excel running."""
    return Ran(0, f"pipesheet, version {VERSION}\n" if "--version" in command else "")


def failing(part: str, code: int = 1, said: str = "") -> Callable[[Sequence[str]], Ran]:
    """The same, but for the command with such a part."""
    return lambda command: Ran(code, said) if any(part in word for word in command) else answering(command)


def machine(
    platform: str,
    top: Path,
    *,
    user: str = "anna",
    registry: Mapping[str, Mapping[str, object]] | None = None,
    run: Callable[[Sequence[str]], Ran] = answering,
    environ: Mapping[str, str] | None = None,
) -> Machine:
    """A computer with Python in a virtual environment in the user's home; on a Mac, Excel was started once."""
    home = top / user
    python = home / "venv" / ("Scripts/python.exe" if platform == WINDOWS else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_bytes(b"")
    if platform == WINDOWS:
        python.with_name("pythonw.exe").write_bytes(b"")
    if platform == MAC:
        (home / GROUP).mkdir(parents=True)
    appdata = {"APPDATA": str(home / "AppData" / "Roaming")} if platform == WINDOWS else {}
    keys = registry or {}
    return Machine(
        platform, home, python, "", {**appdata, **(environ or {})}, lambda key: keys.get(key, {}), run, elevated=False
    )


def build(interpreter: str, version: str, *, mac: bool) -> bytes:
    """A stand-in for the add-in, that says what it was made for."""
    return f"add-in of {version} for {interpreter}, {'Mac' if mac else 'Windows'}".encode()


def typed_on(computer: Machine, top: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """What is typed runs on that computer, and keeps its record in a folder of the test."""
    monkeypatch.setattr("pipesheet.cli.this_machine.this_machine", lambda: computer)
    for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(top / "own"))
    return computer


def typed(*words: str) -> tuple[int, str]:
    """The exit code and what is said to ``pipesheet excel`` and those words."""
    done = CliRunner(catch_exceptions=False).invoke(main, ["excel", *words])
    return done.exit_code, done.output
