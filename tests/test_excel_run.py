"""excel run: what a button starts. The window speaks where there is one, the terminal where somebody sits at one."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest
import xlwings
from click.testing import CliRunner

from hostile import Hostile
from mail_server import mail_server
from pipesheet.cli import live as room
from pipesheet.cli import main
from pipesheet.live import ACTIONS

DEALS: list[list[Any]] = [
    ["Deal ID", "Deal", "Stage", "Amount", "Close date", "Owner"],
    ["D1", "Icebox", "Proposal", 40_000.0, 46_357.0, "Ann"],
]
RECIPIENTS = [["Setting", "Value"], ["recipients", "boss@example.com, kim@example.com"]]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder is one of the test."""
    monkeypatch.setattr(room, "own_folder", lambda: tmp_path / "own")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(room, "now", lambda: dt.datetime(2026, 11, 16, 9))
    monkeypatch.setattr(xlwings.engines, "active", None)
    return tmp_path


def test_there_is_an_action_for_every_button_and_no_other() -> None:
    assert tuple(ACTIONS) == room.ACTIONS


def test_what_came_of_it_is_said_on_a_terminal_too(capsys: pytest.CaptureFixture[str]) -> None:
    engine = Hostile({"Deals": DEALS})
    assert room.run_action("check", engine=engine) == 0
    assert capsys.readouterr().out.startswith("No errors, 2 smaller things to look at.")


def test_a_button_says_nothing_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    engine: Any = Hostile({"Deals": DEALS})
    assert room.run_action("check", engine=engine, silent=True) == 0
    assert capsys.readouterr() == ("", "")
    assert engine.apps[0].status_bar.startswith("pipesheet: No errors, 2 smaller things to look at.")


def test_the_workbook_is_the_one_that_the_button_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPESHEET_BOOK", "closed meanwhile.xlsx")
    assert room.run_action("check", engine=Hostile({"Deals": DEALS})) == 3


def test_where_there_is_no_excel_a_sentence_says_what_to_do() -> None:
    done = CliRunner().invoke(main, ["excel", "run", "check"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: There is no Excel for this system. For LibreOffice: pipesheet libreoffice install\n"


def test_help_needs_no_workbook() -> None:
    done = CliRunner().invoke(main, ["excel", "run", "help"])
    assert done.exit_code == 0
    assert "Forecast: what this quarter will bring" in done.stdout


def test_a_module_planted_beside_the_workbook_is_not_run(tmp_path: Path) -> None:
    """The command line is the one that the button starts; the folder is that of the workbook."""
    for name in ("json.py", "datetime.py", "sitecustomize.py", "click.py"):
        (tmp_path / name).write_text(f"open(r'{tmp_path / 'run'}', 'w')\n")
    command = [sys.executable, "-I", "-m", "pipesheet", "excel", "run", "help", "--from-excel", "--hwnd=1"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PIPESHEET_BOOK": str(tmp_path / "north.xlsx")}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "run").exists()


def test_an_unknown_action_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["excel", "run", "format c:"]).exit_code == 2


# Mail: a preview, a question, and only then


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were opened in the browser."""
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open", pages.append)
    return pages


def mailing(tmp_path: Path, answer: str) -> Hostile:
    engine = Hostile({"Deals": DEALS, "Settings": [list(row) for row in RECIPIENTS]}, str(tmp_path / "north.xlsx"))
    engine.answers = [answer]
    return engine


def test_nothing_is_sent_before_a_yes(tmp_path: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(security="none", login=False) as (inbox, port):
        monkeypatch.setenv("PIPESHEET_SMTP_HOST", "localhost")
        monkeypatch.setenv("PIPESHEET_SMTP_PORT", str(port))
        monkeypatch.setenv("PIPESHEET_SMTP_TLS", "none")
        monkeypatch.setenv("PIPESHEET_SMTP_FROM", "ops@example.com")
        engine = mailing(tmp_path, "no")
        assert room.run_action("mail", engine=engine) == 0
        assert inbox.messages == []
        assert engine.said[0].splitlines()[1:4] == ["  boss@example.com", "  kim@example.com", ""]
        assert engine.said[0].endswith("Send it now?")
        assert shown == [(tmp_path / "own" / "preview.html").as_uri()]
        assert "Icebox" in (tmp_path / "own" / "preview.html").read_text("utf-8")
        assert room.run_action("mail", engine=mailing(tmp_path, "yes")) == 0
        assert len(inbox.messages) == 2
        again: Any = mailing(tmp_path, "yes")
        room.run_action("mail", engine=again)
        assert again.apps[0].status_bar == "pipesheet: Nothing is to be sent: 2 sent before."
        assert len(inbox.messages) == 2


def test_without_a_mail_server_the_box_says_which_settings_are_missing(tmp_path: Path) -> None:
    engine = mailing(tmp_path, "yes")
    assert room.run_action("mail", engine=engine) == 2
    assert "PIPESHEET_SMTP_HOST" in engine.said[0]
