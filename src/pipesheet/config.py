"""Defaults of the machine and of the team: `pipesheet.toml`.

Settings come, weakest first, from built in, the machine's file, the file beside the workbook, the
workbook's own Settings sheet, and the command line. A file holds the same names as the sheet::

    [settings]
    "reporting currency" = "EUR"
    "fiscal year start" = "April"

No password ever stands in such a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pipesheet.errors import UsageError
from pipesheet.grid import Value

FILE_NAME = "pipesheet.toml"


def toml_settings(folders: Iterable[Path]) -> dict[str, Value]:
    """The settings of the `pipesheet.toml` in each of the folders that has one; later ones win.

    Raises:
        UsageError: a file is no readable TOML, or its settings are not plain values.
    """
    settings: dict[str, Value] = {}
    for folder in folders:
        settings.update(_read(folder / FILE_NAME))
    return settings


def _read(path: Path) -> dict[str, Value]:
    try:
        held = tomllib.loads(path.read_text("utf-8")).get("settings", {}) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        raise UsageError(f"{path} cannot be read: {fault}. Mend it or move it away.") from fault
    if not isinstance(held, dict):
        raise UsageError(f"{path}: [settings] must be a table of names and values.")
    for name, value in held.items():
        if isinstance(value, dict | list):
            raise UsageError(f"{path}: the setting {name!r} must be one value, not a list or a table.")
    return held


def command_line_settings(pairs: Iterable[str]) -> dict[str, Value]:
    """Settings given as ``name=value`` on the command line.

    Raises:
        UsageError: a pair has no ``=`` or no name.
    """
    settings: dict[str, Value] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {pair!r}: write it as NAME=VALUE, as in --set 'week start=Monday'.")
        settings[name.strip()] = value.strip()
    return settings
