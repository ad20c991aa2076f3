"""The button put into Excel and taken out again: exact files, exact contents, and nobody else's touched.

Neither Windows nor a Mac is needed: the computer is a record, and what would be there is a folder of the test.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from machines import NAMES, VERSION, answering, build, failing, machine, typed, typed_on
from pipesheet import __version__
from pipesheet.errors import Locked, PipesheetError, ReadError, UsageError
from pipesheet.installing import RECORD, Installed, applescript, applescript_text, install, places, uninstall
from pipesheet.machine import MAC, WINDOWS, Machine, Ran
from pipesheet.macros.addin import addin

XLSTART = "AppData/Roaming/Microsoft/Excel/XLSTART/pipesheet.xlam"
STARTUP = (
    "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/pipesheet.xlam"
)  # fmt: skip
NEXT = "Start Excel again; a tab Pipesheet stands right of the others. If not: pipesheet excel doctor"
SCRIPTS = "Library/Application Scripts/com.microsoft.Excel/pipesheet.applescript"


def put(computer: Machine, top: Path, *, force: bool = False) -> Installed:
    return install(computer, top / "own", VERSION, build, force=force)


def tree(top: Path) -> dict[str, bytes]:
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def new_files(computer: Machine, before: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in tree(computer.home).items() if name not in before}


@pytest.mark.parametrize("user", NAMES)
def test_on_windows_one_file_is_put_in_the_start_up_folder(tmp_path: Path, user: str) -> None:
    computer = machine(WINDOWS, tmp_path, user=user)
    before = tree(computer.home)
    done = put(computer, tmp_path)
    quiet = computer.home / "venv" / "Scripts" / "pythonw.exe"
    assert new_files(computer, before) == {XLSTART: f"add-in of 7.8.9 for {quiet}, Windows".encode()}
    assert done == Installed((computer.home / XLSTART,), ())


@pytest.mark.parametrize("user", NAMES)
def test_on_a_mac_it_is_the_add_in_and_a_script(tmp_path: Path, user: str) -> None:
    computer = machine(MAC, tmp_path, user=user)
    before = tree(computer.home)
    done = put(computer, tmp_path)
    python = str(computer.home / "venv" / "bin" / "python")
    assert new_files(computer, before) == {
        STARTUP: f"add-in of 7.8.9 for {python}, Mac".encode(),
        SCRIPTS: applescript(python, VERSION).encode(),
    }
    assert done == Installed((computer.home / SCRIPTS, computer.home / STARTUP), ())


def test_the_real_add_in_is_what_the_command_puts_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = typed_on(machine(WINDOWS, tmp_path, user="Anna Müller"), tmp_path, monkeypatch)
    target = computer.home / XLSTART
    said = typed("install")
    assert said == (0, f"Wrote {target}\n{NEXT}\n")
    python = str(computer.home / "venv" / "Scripts" / "pythonw.exe")
    assert target.read_bytes() == addin(python, __version__, mac=False)
    assert typed("install") == (0, f"Already there: {target}\n{NEXT}\n")
    assert typed("uninstall") == (0, f"Removed {target}\nThe tab is gone when Excel is started again.\n")
    assert typed("uninstall") == (0, "There is nothing of pipesheet's in Excel.\n")


def test_without_the_quiet_python_the_other_one_is_started(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    computer.executable.with_name("pythonw.exe").unlink()
    put(computer, tmp_path)
    assert f"for {computer.executable}," in (computer.home / XLSTART).read_text()


def test_appdata_may_lie_elsewhere_or_be_unsaid(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    elsewhere = tmp_path / "server" / "profiles"
    moved = replace(computer, environ={"APPDATA": str(elsewhere)})
    assert places(moved).addin == elsewhere / "Microsoft" / "Excel" / "XLSTART" / "pipesheet.xlam"
    assert places(replace(computer, environ={})).addin == computer.home / XLSTART


# What is there already ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
def test_a_second_time_changes_nothing(tmp_path: Path, platform: str) -> None:
    computer = machine(platform, tmp_path)
    first = put(computer, tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in first.written}
    before = tree(tmp_path)
    assert put(computer, tmp_path) == Installed((), first.written)
    assert tree(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in first.written} == stamps


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
def test_a_new_version_replaces_what_the_old_one_put_there(tmp_path: Path, platform: str) -> None:
    computer = machine(platform, tmp_path)
    install(computer, tmp_path / "own", "7.0.0", build)
    assert put(computer, tmp_path).kept == ()
    assert b"7.8.9" in places(computer).addin.read_bytes()
    assert json.loads((tmp_path / "own" / RECORD).read_text("utf-8"))["version"] == "7.8.9"


def test_an_add_in_that_windows_marked_as_a_download_is_written_anew(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    put(computer, tmp_path)
    target = computer.home / XLSTART
    Path(f"{target}:Zone.Identifier").write_text("[ZoneTransfer]\r\nZoneId=3\r\n")
    assert put(computer, tmp_path).written == (target,)


@pytest.mark.parametrize("name", [STARTUP, SCRIPTS])
def test_a_file_that_is_not_ours_is_kept_and_nothing_is_written_at_all(tmp_path: Path, name: str) -> None:
    computer = machine(MAC, tmp_path)
    theirs = computer.home / name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"somebody else's")
    before = tree(tmp_path)
    with pytest.raises(Locked) as refused:
        put(computer, tmp_path)
    assert str(refused.value) == (
        f"{theirs.name} was not written: {theirs.parent} holds a file of that name that pipesheet did not put "
        "there, or that was changed since. Move it away, or write over it with --force."
    )
    assert refused.value.exit_code == 3
    assert tree(tmp_path) == before
    put(computer, tmp_path, force=True)
    assert theirs.read_bytes() != b"somebody else's"


def test_one_that_was_changed_since_is_not_ours_any_more(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    put(computer, tmp_path)
    (computer.home / XLSTART).write_bytes(b"with a macro of my own")
    with pytest.raises(Locked, match="or that was changed since"):
        put(computer, tmp_path)
    assert (computer.home / XLSTART).read_bytes() == b"with a macro of my own"


def test_the_very_bytes_are_ours_even_if_the_record_is_gone(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    put(computer, tmp_path)
    (tmp_path / "own" / RECORD).unlink()
    assert put(computer, tmp_path).kept == (computer.home / XLSTART,)
    assert uninstall(computer, tmp_path / "own").removed == (computer.home / XLSTART,)


def test_the_record_is_right_even_if_the_second_file_could_not_be_written(tmp_path: Path) -> None:
    computer = machine(MAC, tmp_path)
    (computer.home / STARTUP).mkdir(parents=True)
    with pytest.raises(Locked, match="pipesheet\\.xlam was not written"):
        put(computer, tmp_path, force=True)
    done = uninstall(computer, tmp_path / "own")
    assert done.removed == (computer.home / SCRIPTS,)
    assert [path for path, _ in done.left] == [computer.home / STARTUP]


# Taken out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
def test_uninstall_removes_exactly_what_was_put_there(tmp_path: Path, platform: str) -> None:
    computer = machine(platform, tmp_path)
    neighbour = places(computer).addin.with_name("theirs.xlam")
    neighbour.parent.mkdir(parents=True)
    neighbour.write_bytes(b"somebody else's")
    before = tree(tmp_path)
    written = put(computer, tmp_path).written
    done = uninstall(computer, tmp_path / "own")
    assert (done.removed, done.left) == (written, ())
    assert tree(tmp_path) == before


def test_uninstall_leaves_a_file_that_was_changed(tmp_path: Path) -> None:
    computer = machine(MAC, tmp_path)
    put(computer, tmp_path)
    (computer.home / SCRIPTS).write_text("-- mine")
    done = uninstall(computer, tmp_path / "own")
    assert done.removed == (computer.home / STARTUP,)
    assert done.left == ((computer.home / SCRIPTS, "it was changed since pipesheet put it there"),)
    assert (computer.home / SCRIPTS).read_text() == "-- mine"
    assert uninstall(computer, tmp_path / "own").left == done.left


def test_uninstall_leaves_a_file_that_nothing_is_known_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = typed_on(machine(WINDOWS, tmp_path), tmp_path, monkeypatch)
    theirs = computer.home / XLSTART
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"somebody else's")
    assert typed("uninstall") == (
        1, f"Nothing was removed.\nLeft {theirs}: nothing says that pipesheet put it there.\n"
    )  # fmt: skip
    assert theirs.is_file()


def test_uninstall_says_so_while_excel_holds_the_add_in_and_takes_it_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = machine(WINDOWS, tmp_path)
    put(computer, tmp_path)
    with monkeypatch.context() as held:
        held.setattr(Path, "unlink", held_by_excel)
        ((left, why),) = uninstall(computer, tmp_path / "own").left
    assert (left, why) == (
        computer.home / XLSTART,
        "it cannot be removed now (Permission denied); close Excel and run this again",
    )
    assert uninstall(computer, tmp_path / "own").removed == (left,)


def held_by_excel(_path: Path, **_options: bool) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_record_that_names_anything_else_removes_only_what_has_that_hash(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    deals = tmp_path / "deals.xlsx"
    deals.write_bytes(b"a year of work")
    (tmp_path / "own").mkdir()
    record = {"version": VERSION, "interpreter": "", "files": {str(deals): "0" * 64}}
    (tmp_path / "own" / RECORD).write_text(json.dumps(record))
    assert uninstall(computer, tmp_path / "own").removed == ()
    assert deals.is_file()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "interpreter": "", "files": []}', "\x00"])
def test_a_record_that_cannot_be_read_is_said_and_nothing_is_done(tmp_path: Path, text: str) -> None:
    computer = machine(WINDOWS, tmp_path)
    put(computer, tmp_path)
    (tmp_path / "own" / RECORD).write_text(text)
    advice = "Delete it, and run: pipesheet excel install --force"
    with pytest.raises(ReadError, match=advice):
        put(computer, tmp_path)
    with pytest.raises(ReadError, match=advice):
        uninstall(computer, tmp_path / "own")
    assert (computer.home / XLSTART).is_file()


# Where it could not work ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("executable", "base_prefix"),
    [
        (r"C:\Users\anna\AppData\Local\Microsoft\WindowsApps\python.exe", ""),
        (r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11\python.exe", ""),
        (r"C:\venv\Scripts\python.exe", r"C:\Program Files\windowsapps\PythonSoftwareFoundation.Python.3.11"),
    ],
)
def test_the_stores_python_is_refused(tmp_path: Path, executable: str, base_prefix: str) -> None:
    computer = replace(machine(WINDOWS, tmp_path), executable=Path(executable), base_prefix=base_prefix)
    with pytest.raises(PipesheetError, match=r"Install Python from python\.org") as refused:
        put(computer, tmp_path)
    assert refused.value.exit_code == 3
    assert not (computer.home / XLSTART).exists()


def test_on_linux_there_is_no_excel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed_on(machine("linux", tmp_path), tmp_path, monkeypatch)
    said = "Error: There is no Excel on this system. For LibreOffice: pipesheet libreoffice install\n"
    assert typed("install") == typed("uninstall") == (2, said)
    with pytest.raises(UsageError):
        put(machine("linux", tmp_path / "another"), tmp_path)


def test_a_mac_on_which_excel_was_never_started_is_left_alone(tmp_path: Path) -> None:
    computer = machine(MAC, tmp_path)
    (computer.home / "Library" / "Group Containers" / "UBF8T346G9.Office").rmdir()
    before = tree(tmp_path)
    with pytest.raises(PipesheetError, match="start it once"):
        put(computer, tmp_path)
    assert tree(tmp_path) == before


def test_a_pipesheet_that_excel_could_not_start_is_not_installed(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path, run=failing("--version"))
    with pytest.raises(PipesheetError, match="virtual environment or with pipx, not with --user"):
        put(computer, tmp_path)
    assert not (computer.home / XLSTART).exists()


def test_it_is_tried_as_the_button_starts_it(tmp_path: Path) -> None:
    commands: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> Ran:
        commands.append(command)
        return answering(command)

    computer = machine(WINDOWS, tmp_path, run=run)
    put(computer, tmp_path)
    assert commands == [[str(computer.executable), "-I", "-m", "pipesheet", "--version"]]


def test_on_windows_a_percent_sign_in_the_path_would_be_filled_in(tmp_path: Path) -> None:
    with pytest.raises(PipesheetError, match="percent sign"):
        put(machine(WINDOWS, tmp_path, user="100%PATH%"), tmp_path)
    assert put(machine(MAC, tmp_path, user="100% Anna"), tmp_path).written


def test_a_python_that_no_add_in_can_name_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(PipesheetError, match=r"cannot be started from Excel; .* Nothing was installed\.$"):
        install(machine(MAC, tmp_path, user="an\x01na"), tmp_path / "own", VERSION, addin)


# The script on a Mac --------------------------------------------------------------------------------------------


def test_the_script_says_its_version_in_the_first_line_and_is_plain_ascii() -> None:
    text = applescript("/Users/山田/venv/bin/python", "7.8.9")
    assert text.startswith("-- pipesheet 7.8.9\n")
    assert text.isascii()
    assert "@" not in text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/Users/anna/bin/python", '"/Users/anna/bin/python"'),
        ("/Users/Anna Müller", '"/Users/Anna M" & (character id 252) & "ller"'),
        ("/a\"b\\c/'d'", r'''"/a\"b\\c/'d'"'''),
        ("山", "(character id 23665)"),
        ("a\nb", '"a" & (character id 10) & "b"'),
        ('" & (do shell script "touch pwned") & "', r'"\" & (do shell script \"touch pwned\") & \""'),
        ("", '""'),
    ],
)
def test_a_path_stands_in_the_script_as_a_text_and_nothing_else(text: str, written: str) -> None:
    assert applescript_text(text) == written


def test_the_exact_command_of_the_script() -> None:
    (command,) = re.findall(r"^\tdo shell script (.*)$", applescript("/p", VERSION), re.MULTILINE)
    assert command == (
        '"PIPESHEET_BOOK=" & quoted form of book & " " & quoted form of python & '
        '" -I -m pipesheet excel run --from-excel -- " & quoted form of deed & " > /dev/null 2>&1 &"'
    )


def test_no_field_is_used_in_the_command_but_quoted_and_the_python_is_not_the_callers() -> None:
    text = applescript("/p", VERSION)
    (command,) = re.findall(r"do shell script (.*)", text)
    bare = re.sub(r'"[^"]*"|quoted form of (book|python|deed)|&|\s', "", command)
    assert bare == ""
    assert text.count("do shell script") == 1
    assert '\tset python to "/p"\n' in text
    assert re.findall(r"\bpython to\b", text) == ["python to"]
    assert "item 1 of parts" not in text


HOSTILE = [
    "/Users/anna/Deals 2026.xlsx",
    "/Users/anna/O'Brien & Søn = 100%.xlsx",
    "/Users/anna/'; touch pwned; '",
    "/Users/anna/$(touch pwned)`touch pwned`",
    '/Users/anna/"; touch pwned; "\\',
    "/Users/山田/two\nlines & touch pwned",
    "https://example.sharepoint.com/Deals%202026.xlsx?a=1&touch pwned",
    "",
]


@pytest.mark.parametrize("book", HOSTILE)
@pytest.mark.parametrize("user", NAMES)
def test_a_shell_hands_every_name_on_as_it_is_and_runs_nothing_else(tmp_path: Path, user: str, book: str) -> None:
    """The command is put together as AppleScript does it, and given to a real shell with a stand-in for Python."""
    python = tmp_path / user / "a=b" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\0" "$PIPESHEET_BOOK" "$@" > said\n')
    python.chmod(0o755)
    deed = "check; touch pwned"
    subprocess.run(
        ["/bin/sh", "-c", f"{in_shell(python=str(python), deed=deed, book=book)}\nwait"], cwd=tmp_path, check=True
    )
    assert (tmp_path / "said").read_text().split("\0")[:-1] == [
        book, "-I", "-m", "pipesheet", "excel", "run", "--from-excel", "--", deed
    ]  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == {user, "said"}


def in_shell(**fields: str) -> str:
    """What AppleScript makes of the script's one command: its texts, and each field in the shell's quotes."""
    (command,) = re.findall(r"do shell script (.*)", applescript(fields["python"], VERSION))
    return "".join(
        text or shlex.quote(fields[name]) for text, name in re.findall(r'"([^"]*)"|quoted form of (\w+)', command)
    )
