"""What the doctor says: a registry, files or answers in, the line out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from grafting import locked
from machines import VERSION, build, failing, machine, typed, typed_on
from pipesheet import __version__
from pipesheet.cli.this_machine import this_machine
from pipesheet.doctor import diagnose, exit_code
from pipesheet.doctor_book import book_checks
from pipesheet.doctor_lines import Line
from pipesheet.doctor_windows import DISABLED
from pipesheet.installing import RECORD, install, places
from pipesheet.machine import MAC, NOT_STARTED, WINDOWS, Machine, Ran, asked_of, from_the_internet

POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0"
CLOUD = r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0"
OWN = r"HKCU\Software\Microsoft\Office\16.0"
GUARD = r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
LOCAL_GUARD = r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
MANAGED = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
CHILDREN = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
CALLS = "92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b"
HOST = r"Software\Microsoft\Windows Script Host\Settings"
Keys = Mapping[str, Mapping[str, object]]


def installed(platform: str, top: Path, **differing: object) -> Machine:
    """A computer on which the button was installed by this version."""
    computer = machine(platform, top)
    install(computer, top / "own", VERSION, build)
    return replace(computer, **differing)  # type: ignore[arg-type]


def lines(computer: Machine, top: Path, book: str = "") -> dict[str, Line]:
    return {line.check: line for line in diagnose(computer, top / "own", VERSION, book)}


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
def test_where_all_is_well_every_line_is_ok(tmp_path: Path, platform: str) -> None:
    found = diagnose(installed(platform, tmp_path), tmp_path / "own", VERSION)
    assert {line.level for line in found} == {"ok"}
    assert exit_code(found) == 0
    assert len({line.check for line in found}) == len(found)


# Windows: what is in the registry -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "check", "level", "meant"),
    [
        ({rf"{POLICY}\Common": {"VBAOff": 1}}, "vba", "broken", "VBA, the language of macros, is switched off"),
        ({rf"{POLICY}\Excel\Security": {"disablealladdins": 1}}, "add-ins", "broken", "All add-ins are switched off"),
        ({rf"{OWN}\Excel\Security": {"DisableAllAddins": 1}}, "add-ins", "broken", "All add-ins are switched off"),
        ({rf"{CLOUD}\Excel\Security": {"disablealladdins": 1}}, "add-ins", "broken", "All add-ins are switched off"),
        ({rf"{POLICY}\Excel\Security": {"requireaddinsig": 1}}, "signed-add-ins", "broken", "Only signed add-ins"),
        ({rf"{OWN}\Excel\Security": {"RequireAddinSig": 1}}, "signed-add-ins", "broken", "Only signed add-ins"),
        ({rf"{POLICY}\Common\Security": {"requirealwaysonmacrosig": 1}}, "signed-add-ins", "broken", "Only signed"),
        ({rf"{POLICY}\Excel\Security": {"requireaddinsig": 0}}, "signed-add-ins", "ok", "Add-ins need no signature"),
        (
            {rf"{POLICY}\Excel\Security": {"disablealladdins": 0}, rf"{OWN}\Excel\Security": {"DisableAllAddins": 1}},
            "add-ins", "ok", "Add-ins are not switched off",
        ),
        (
            {rf"{POLICY}\Excel\Security": {"blockcontentexecutionfrominternet": 1}},
            "macros-from-internet", "attention", "The add-in was made here and is none of them",
        ),
        ({rf"{POLICY}\Excel\Security": {"vbawarnings": 4}}, "macros", "attention", "All macros are blocked outside"),
        ({rf"{OWN}\Excel\Security": {"VBAWarnings": 3}}, "macros", "attention", "Macros without a signature are"),
        ({rf"{OWN}\Excel\Security": {"VBAWarnings": 2}}, "macros", "ok", "Macros run in Excel's start-up folder"),
        (
            {rf"{POLICY}\Excel\Security\Trusted Locations": {"AllLocationsDisabled": 1}},
            "macros", "attention", "No folder is trusted, so Excel asks",
        ),
        (
            {
                rf"{POLICY}\Excel\Security": {"vbawarnings": 4},
                rf"{OWN}\Excel\Security\Trusted Locations": {"AllLocationsDisabled": 1},
            },
            "macros", "broken", "All macros are blocked, and no folder is trusted",
        ),
        ({rf"HKLM\{GUARD}": {CHILDREN: "1"}}, "child-processes", "broken", "Windows lets Office start no other"),
        ({rf"HKLM\{GUARD}": {CHILDREN.upper(): 1}}, "child-processes", "broken", "Windows lets Office start no other"),
        ({rf"HKLM\{LOCAL_GUARD}": {CHILDREN: 1}}, "child-processes", "broken", "Windows lets Office start no other"),
        (
            {MANAGED: {"ASRRules": f"{CALLS}=2|{{{CHILDREN.upper()}}}=1"}},
            "child-processes", "broken", "Windows lets Office start no other",
        ),
        ({rf"HKLM\{GUARD}": {CHILDREN: "6"}}, "child-processes", "attention", "Windows warns when Office starts"),
        ({rf"HKLM\{GUARD}": {CHILDREN: "2"}}, "child-processes", "ok", "Excel may start other programs"),
        ({rf"HKLM\{GUARD}": {CHILDREN: "0"}}, "child-processes", "ok", "Excel may start other programs"),
        ({rf"HKLM\{GUARD}": {CALLS: "1"}}, "win32-calls", "ok", "Macros may not call into Windows here; the add-in"),
        ({rf"HKCU\{HOST}": {"Enabled": 0}}, "script-host", "attention", "Windows Script Host is switched off"),
        ({rf"HKLM\{HOST}": {"Enabled": "0"}}, "script-host", "attention", "Windows Script Host is switched off"),
        ({rf"HKLM\{HOST}": {"Enabled": 1}}, "script-host", "ok", "Windows Script Host is not switched off"),
        (
            {DISABLED: {"1F2E3D": b"\x01\x00\x00\x00" + "c:\\xlstart\\pipesheet.xlam\0".encode("utf-16-le")}},
            "disabled-items", "broken", "Excel has switched the add-in off",
        ),
        (
            {DISABLED: {"1F2E3D": b"\x01\x00\x00" + "C:\\XLSTART\\PIPESHEET.XLAM\0".encode("utf-16-le")}},
            "disabled-items", "broken", "Excel has switched the add-in off",
        ),
        (
            {DISABLED: {"1F2E3D": "c:\\other.xlam".encode("utf-16-le"), "2": 7}},
            "disabled-items", "ok", "The add-in is not among Excel's disabled items",
        ),
    ],
)  # fmt: skip
def test_a_switch_of_windows_and_what_is_said(tmp_path: Path, keys: Keys, check: str, level: str, meant: str) -> None:
    computer = installed(WINDOWS, tmp_path, registry=lambda key: keys.get(key, {}))
    found = lines(computer, tmp_path)
    assert found[check].level == level
    assert meant in found[check].meant
    others = {line.check for line in found.values() if line.level != "ok"} - {check}
    assert not others


@pytest.mark.parametrize(
    ("keys", "check"),
    [
        ({rf"{POLICY}\Common": {"vbaoff": 1}}, "vba"),
        ({rf"{POLICY}\Excel\Security": {"disablealladdins": 1}}, "add-ins"),
        ({rf"{POLICY}\Excel\Security": {"requireaddinsig": 1}}, "signed-add-ins"),
        ({rf"{POLICY}\Excel\Security": {"vbawarnings": 4}}, "macros"),
        ({rf"{POLICY}\Excel\Security\Trusted Locations": {"alllocationsdisabled": 1}}, "macros"),
        ({rf"HKLM\{GUARD}": {CHILDREN: 1}}, "child-processes"),
        ({rf"HKLM\{GUARD}": {CHILDREN: 6}}, "child-processes"),
        ({rf"HKCU\{HOST}": {"Enabled": 0}}, "script-host"),
    ],
)
def test_where_macros_or_programs_are_blocked_there_is_a_way_without_them(
    tmp_path: Path, keys: Keys, check: str
) -> None:
    computer = installed(WINDOWS, tmp_path, registry=lambda key: keys.get(key, {}))
    assert "use pipesheet excel run check in a terminal" in lines(computer, tmp_path)[check].to_do


# Windows: files and processes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "marked"),
    [
        ("[ZoneTransfer]\r\nZoneId=3\r\n", True),
        ("[ZoneTransfer]\r\nReferrerUrl=https://example.org\r\nzoneid = 4\r\n", True),
        ("[ZoneTransfer]\r\nZoneId=1\r\n", False),
        ("[ZoneTransfer]\r\nZoneId=0\r\n", False),
        ("", True),
        (None, False),
    ],
)
def test_the_mark_of_a_download(tmp_path: Path, mark: str | None, marked: bool) -> None:
    computer = installed(WINDOWS, tmp_path)
    path = places(computer).addin
    if mark is not None:
        Path(f"{path}:Zone.Identifier").write_text(mark, newline="")
    assert from_the_internet(path) == marked
    assert (lines(computer, tmp_path)["internet-mark"].level == "broken") == marked


def test_the_stores_python(tmp_path: Path) -> None:
    base = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11"
    line = lines(installed(WINDOWS, tmp_path, base_prefix=base), tmp_path)["store-python"]
    assert (line.level, line.to_do[:35]) == ("broken", "Install Python from python.org, ins")


@pytest.mark.parametrize(
    ("code", "said", "level", "meant"),
    [
        (0, "INFO: No tasks are running which match the specified criteria.", "ok", "Excel is not running."),
        (0, r'"EXCEL.EXE","4","Console","1","9 K","Running","PC\anna","0:00:01","Deals, ""new"""', "ok", "Excel does"),
        (0, '"EXCEL.EXE","4","Console","1","9 K","Unknown","N/A","0:00:01","N/A"', "attention", "An Excel seems to"),
        (0, '"EXCEL.EXE","4"', "attention", "An Excel seems to"),
        (1, "", "attention", "It could not be found out"),
        (NOT_STARTED, "", "attention", "It could not be found out"),
    ],
)
def test_whether_excel_runs_as_administrator(tmp_path: Path, code: int, said: str, level: str, meant: str) -> None:
    computer = installed(WINDOWS, tmp_path, run=failing("tasklist.exe", code, said))
    line = lines(computer, tmp_path)["administrator"]
    assert (line.level, line.meant[: len(meant)]) == (level, meant)


def test_a_terminal_of_an_administrator_is_said_without_asking(tmp_path: Path) -> None:
    line = lines(installed(WINDOWS, tmp_path, elevated=True), tmp_path)["administrator"]
    assert (line.level, line.to_do) == ("attention", "Open an ordinary terminal for pipesheet.")


def test_the_list_of_processes_is_asked_of_the_systems_own_program(tmp_path: Path) -> None:
    """A program of that name in the folder one happens to be in would be found first."""
    asked: list[str] = []

    def run(command: object) -> Ran:
        assert isinstance(command, list)
        asked.append(command[0])
        return Ran(0, "")

    lines(installed(WINDOWS, tmp_path, environ={"SYSTEMROOT": r"D:\Win"}, run=run), tmp_path)
    assert r"D:\Win\System32\tasklist.exe" in asked


# Both: the add-in and Python ------------------------------------------------------------------------------------


def change(computer: Machine) -> None:
    places(computer).addin.write_bytes(b"other")


def remove(computer: Machine) -> None:
    places(computer).addin.unlink()


def lose_python(computer: Machine) -> None:
    for path in computer.executable.parent.iterdir():
        path.unlink()


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
@pytest.mark.parametrize(
    ("deed", "check", "meant", "to_do"),
    [
        (remove, "add-in", "pipesheet.xlam is not in Excel's start-up folder.", "Run pipesheet excel install, and"),
        (change, "add-in", "is not the one that was installed, or was changed since.", "Move it away if it is not"),
        (lose_python, "python", "The Python that the button starts is gone: ", "Install pipesheet again if need be."),
    ],
)
def test_what_is_not_as_it_was_installed(
    tmp_path: Path, platform: str, deed: Callable[[Machine], None], check: str, meant: str, to_do: str
) -> None:
    computer = installed(platform, tmp_path)
    deed(computer)
    line = lines(computer, tmp_path)[check]
    assert line.level == "broken"
    assert meant in line.meant
    assert line.to_do.startswith(to_do)


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
@pytest.mark.parametrize(
    ("part", "code", "said", "check", "level", "meant"),
    [
        ("--version", 1, "No module named pipesheet", "python", "broken", "does not start pipesheet when the user's"),
        ("--version", NOT_STARTED, "timed out", "python", "broken", "does not start pipesheet when the user's"),
        ("--version", 0, "pipesheet, version 6.0.0\n", "python", "attention", "The button starts pipesheet 6.0.0 with"),
        ("--version", 0, "", "python", "attention", "; this is 7.8.9."),
        ("xlwings", 1, "", "xlwings", "broken", "xlwings, the library that speaks to Excel, is not installed"),
    ],
)
def test_what_python_answers(
    tmp_path: Path, platform: str, part: str, code: int, said: str, check: str, level: str, meant: str
) -> None:
    line = lines(installed(platform, tmp_path, run=failing(part, code, said)), tmp_path)[check]
    assert line.level == level
    assert meant in line.meant


def test_the_python_of_the_button_is_asked_not_the_one_that_asks(tmp_path: Path) -> None:
    """And on Windows its twin with a console, since the quiet one may have nowhere to write to."""
    computer = installed(WINDOWS, tmp_path)
    asked: list[list[str]] = []

    def run(command: object) -> Ran:
        assert isinstance(command, list)
        asked.append(command[:2])
        return Ran(0, "")

    lines(replace(computer, executable=Path("elsewhere/python.exe"), run=run), tmp_path)
    assert asked[0] == asked[-1] == [str(computer.executable), "-I"]


def test_an_older_add_in_is_told(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path)
    install(computer, tmp_path / "own", "7.0.0", build)
    line = lines(computer, tmp_path)["add-in"]
    assert (line.level, line.meant) == ("attention", "The add-in is of pipesheet 7.0.0; this is 7.8.9.")


def test_a_record_that_cannot_be_read_is_a_line_and_the_others_follow(tmp_path: Path) -> None:
    computer = installed(WINDOWS, tmp_path)
    (tmp_path / "own" / RECORD).write_text("torn")
    found = lines(computer, tmp_path)
    assert found["record"].level == found["add-in"].level == "broken"
    assert found["python"].level == "ok"


# A Mac ----------------------------------------------------------------------------------------------------------


def test_the_script_of_a_mac(tmp_path: Path) -> None:
    computer = machine(MAC, tmp_path)
    install(computer, tmp_path / "own", "7.0.0", build)
    script = places(computer).script
    assert script is not None
    assert lines(computer, tmp_path)["script"].meant == "pipesheet.applescript is of pipesheet 7.0.0; this is 7.8.9."
    script.write_text("-- pipesheet 7.8.9\n")
    assert lines(computer, tmp_path)["script"].meant.endswith(
        "is not the one that was installed, or was changed since."
    )
    script.unlink()
    line = lines(computer, tmp_path)["script"]
    assert (line.level, line.to_do) == ("broken", "Run pipesheet excel install, and start Excel again.")


def test_a_folder_that_macos_does_not_show_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = installed(MAC, tmp_path)

    def closed(_path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "iterdir", closed)
    line = lines(computer, tmp_path)["settings"]
    assert (line.level, line.to_do[:16]) == ("attention", "System Settings,")
    assert "Operation not permitted" in line.meant


def test_what_macos_asks_is_said_beforehand(tmp_path: Path) -> None:
    line = lines(installed(MAC, tmp_path), tmp_path)["automation"]
    assert "macOS asks once" in line.meant
    assert "Automation" in line.to_do


# Linux ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("there", "level"), [(True, "ok"), (False, "broken")])
def test_on_linux_it_is_libreoffice(tmp_path: Path, there: bool, level: str) -> None:
    program = tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    if there:
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    found = lines(machine("linux", tmp_path, environ={"PATH": str(program.parent)}), tmp_path)
    assert found["libreoffice"].level == level
    assert "add-in" not in found


# The workbook ---------------------------------------------------------------------------------------------------


def workbook(path: Path) -> Path:
    made = xlsxwriter.Workbook(path)
    made.add_worksheet("Deals")
    made.close()
    return path


@pytest.mark.parametrize(
    ("name", "check", "meant"),
    [
        ("https://example.sharepoint.com/Deals.xlsx", "workbook-place", "The workbook lies on the web"),
        ("https://d.docs.live.net/1F/a=b.xlsx", "workbook-name", 'The workbook has "=" in its name'),
        ("nowhere/Deals.xlsx", "workbook", "There is no workbook nowhere/Deals.xlsx."),
    ],
)
def test_a_workbook_by_its_name(name: str, check: str, meant: str) -> None:
    found = {line.check: line for line in book_checks(name)}
    assert found[check].meant.startswith(meant)


def test_a_workbook_that_is_fine(tmp_path: Path) -> None:
    assert book_checks(str(workbook(tmp_path / "Deals.xlsx"))) == (
        Line("workbook", "ok", "Deals.xlsx can be worked on."),
    )


def test_only_the_name_counts_for_the_sign_in_it(tmp_path: Path) -> None:
    (tmp_path / "a=b").mkdir()
    (fine,) = book_checks(str(workbook(tmp_path / "a=b" / "Deals.xlsx")))
    (told,) = book_checks(str(workbook(tmp_path / "Q1=2.xlsx")))
    assert (fine.level, told.check, told.level) == ("ok", "workbook-name", "attention")


def test_a_workbook_that_is_read_only(tmp_path: Path) -> None:
    path = workbook(tmp_path / "Deals.xlsx")
    path.chmod(0o444)
    (line,) = book_checks(str(path))
    assert (line.check, line.level) == ("workbook-read-only", "attention")


def test_a_workbook_with_a_protected_structure(tmp_path: Path) -> None:
    path = workbook(tmp_path / "Deals.xlsx")
    path.write_bytes(locked(path.read_bytes()))
    (line,) = book_checks(str(path))
    assert (line.check, line.level) == ("workbook-protected", "attention")


def test_a_file_that_is_no_workbook_is_told_in_its_own_sentence(tmp_path: Path) -> None:
    (tmp_path / "Deals.xlsx").write_text("deals")
    (line,) = book_checks(str(tmp_path / "Deals.xlsx"))
    assert (line.check, line.level) == ("workbook", "broken")
    assert line.meant.startswith("Deals.xlsx cannot be read as a workbook")


def test_the_workbook_of_the_button_is_looked_at_unless_another_is_named(tmp_path: Path) -> None:
    computer = machine("linux", tmp_path, environ={"PIPESHEET_BOOK": "https://example.org/a.xlsx"})
    assert "workbook-place" in lines(computer, tmp_path)
    assert "workbook-place" not in lines(computer, tmp_path, str(workbook(tmp_path / "Deals.xlsx")))


# The command ----------------------------------------------------------------------------------------------------


def test_a_line_each_and_one_when_something_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = typed_on(machine(WINDOWS, tmp_path), tmp_path, monkeypatch)
    code, said = typed("doctor")
    assert code == 1
    assert "broken     pipesheet.xlam is not in Excel's start-up folder. Run pipesheet excel install, and start" in said
    assert len(said.splitlines()) == len(diagnose(computer, tmp_path / "own", VERSION))


def test_attention_alone_ends_well() -> None:
    assert exit_code((Line("a", "ok", ""), Line("b", "attention", ""))) == 0
    assert exit_code((Line("a", "ok", ""), Line("b", "broken", ""))) == 1


def test_the_same_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed_on(machine(WINDOWS, tmp_path), tmp_path, monkeypatch)
    code, said = typed("doctor", "--json")
    document = json.loads(said)
    assert document["exit_code"] == code == 1
    (told,) = [check for check in document["checks"] if check["check"] == "add-in"]
    assert told == {
        "check": "add-in",
        "level": "broken",
        "meant": "pipesheet.xlam is not in Excel's start-up folder.",
        "to_do": "Run pipesheet excel install, and start Excel again.",
    }


def test_on_the_machine_this_runs_on_it_asks_the_real_python() -> None:
    """The only test that starts anything: pipesheet's own version, and whether xlwings is there."""
    computer = this_machine()
    answer = asked_of(computer, computer.executable, "-m", "pipesheet", "--version")
    assert (answer.code, answer.said.split()[-1:]) == (0, [__version__])
    assert computer.run(["no-such-program-of-anybody"]).code == NOT_STARTED


def test_it_says_what_its_exit_codes_mean() -> None:
    assert "1 something is broken" in typed("doctor", "--help")[1]
