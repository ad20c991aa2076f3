"""Defaults of machine and team, and settings typed on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipesheet.config import command_line_settings, toml_settings
from pipesheet.errors import UsageError


def test_the_file_beside_the_workbook_beats_the_machines(tmp_path: Path) -> None:
    machine, team, neither = tmp_path / "machine", tmp_path / "team", tmp_path / "neither"
    for folder in (machine, team, neither):
        folder.mkdir()
    (machine / "pipesheet.toml").write_text('[settings]\n"reporting currency" = "USD"\n"week start" = "Sunday"\n')
    (team / "pipesheet.toml").write_text('[settings]\n"reporting currency" = "EUR"\n')
    assert toml_settings([machine, team, neither]) == {"reporting currency": "EUR", "week start": "Sunday"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[settings\n", "cannot be read"),
        ("settings = 3\n", "must be a table"),
        ("[settings]\nrecipients = ['a', 'b']\n", "must be one value"),
    ],
)
def test_a_bad_file_says_which_and_what(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pipesheet.toml").write_text(text)
    with pytest.raises(UsageError, match=says):
        toml_settings([tmp_path])


def test_settings_on_the_command_line() -> None:
    typed = ["week start=Monday", " fiscal year start = April ", "reporting currency="]
    assert command_line_settings(typed) == {
        "week start": "Monday", "fiscal year start": "April", "reporting currency": "",
    }  # fmt: skip


@pytest.mark.parametrize("pair", ["week start", "=Monday", ""])
def test_a_setting_needs_a_name_and_an_equals_sign(pair: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        command_line_settings([pair])
