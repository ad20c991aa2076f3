"""LibreOffice as a host: the channel, the pipesheet that a click starts, the extension, and putting it in."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from machines import NAMES, VERSION, answering, failing, machine, typed_on
from pipesheet.calc.channel import Channel
from pipesheet.calc.extension import child
from pipesheet.calc.extension.child import Answers, CannotRun, Child, about, command, environment
from pipesheet.calc.packing import extension
from pipesheet.cli import main
from pipesheet.cli.live import ACTIONS
from pipesheet.doctor_libreoffice import libreoffice_checks
from pipesheet.doctor_lines import Line
from pipesheet.errors import LiveError, PipesheetError, UsageError, WriteError
from pipesheet.libreoffice import EXTENSION, able_folder, program_folder, put_in, refuse_unfit, take_out
from pipesheet.machine import MAC, WINDOWS, Machine, Ran

# The channel: a person's own LibreOffice at the other end, here a function in a thread.

Call = Callable[..., Any]


def pipe() -> tuple[IO[bytes], IO[bytes]]:
    read, write = os.pipe()
    return os.fdopen(read, "rb"), os.fdopen(write, "wb")


def answer(call: Call, requests: IO[bytes], answers: IO[bytes], version: str) -> None:
    asked = Answers(call)
    answers.write(json.dumps(about(version)).encode() + b"\n")
    answers.flush()
    requests.readline()
    for line in requests:
        if (said := asked.to(json.loads(line))) is not None:
            answers.write(said.encode() + b"\n")
            answers.flush()
    answers.close()


@contextmanager
def talking_to(call: Call, version: str = VERSION) -> Iterator[Channel]:
    heard, answers = pipe()
    requests, asking = pipe()
    other = threading.Thread(target=answer, args=(call, requests, answers, version))
    other.start()
    try:
        with heard, asking:
            yield Channel(heard, asking, VERSION)
    finally:
        other.join()
        requests.close()


class Notes:
    """What an office that only remembers was asked to do; some of it fails."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def __call__(self, operation: str, *args: Any) -> Any:
        if operation == "fails":
            raise args[0](*args[1:]) if not isinstance(args[0], str) else LookupError(args[0])
        self.done.append((operation, *args))
        return args[0] if operation == "echo" else None


class DisposedException(Exception):
    """As LibreOffice's own look from Python."""

    Message = "the object is gone"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def echo() -> Iterator[Channel]:
    with talking_to(lambda _, value: value) as channel:
        yield channel


@given(JSON)
def test_whatever_json_can_say_goes_over_and_comes_back(echo: Channel, value: Any) -> None:
    assert echo.ask("echo", value) == value


@pytest.mark.parametrize("text", ["two\nlines", '"quoted"', "\ud800 half a letter", "\u2028", "山田 太郎", "\x00"])
def test_no_text_ends_a_line_too_early(echo: Channel, text: str) -> None:
    assert echo.ask("echo", text) == text


def test_a_sheet_of_deals_is_one_line_and_no_pipe_is_too_short_for_it(echo: Channel) -> None:
    rows = [[f"D-{row}", row / 7, None, {"d": "2026-11-16T00:00:00"}] * 10 for row in range(2_000)]
    assert echo.ask("echo", rows) == rows


def test_what_is_told_is_done_in_order_before_what_is_asked_next() -> None:
    notes = Notes()
    with talking_to(notes) as office:
        office.tell("write", 1)
        office.tell("write", 2)
        assert office.ask("echo", 3) == 3
    assert notes.done == [("write", 1), ("write", 2), ("echo", 3)]


def test_a_fault_of_what_was_told_comes_out_at_the_next_question_and_nothing_is_done_in_between() -> None:
    notes = Notes()
    with talking_to(notes) as office:
        office.tell("fails", "The document is no longer open.")
        office.tell("write", 1)
        with pytest.raises(LookupError, match="no longer open"):
            office.ask("echo", 2)
        assert notes.done == []
        assert office.ask("echo", 3) == 3


def test_the_end_waits_for_all_that_was_told() -> None:
    notes = Notes()
    with talking_to(notes) as office:
        office.tell("write", 1)
        office.end()
        assert notes.done == [("write", 1)]
        office.tell("fails", "The document is no longer open.")
        with pytest.raises(LookupError):
            office.end()


def test_what_libreoffice_refuses_is_said_in_words() -> None:
    def refusing(_: str) -> None:
        raise DisposedException

    with talking_to(refusing) as office:
        with pytest.raises(LiveError, match=r"refused what it was asked \(read: the object is gone\)"):
            office.ask("read")


def test_an_answer_that_json_cannot_say_is_a_fault_and_not_the_end() -> None:
    with talking_to(lambda _, give: object() if give else 1) as office:
        with pytest.raises(TypeError):
            office.ask("odd", True)
        assert office.ask("odd", False) == 1


@pytest.mark.parametrize("said", [b"", b'{"answ', b'{"answer"'], ids=["nothing", "half", "more of it"])
def test_libreoffice_closed_in_the_middle_is_said_in_words(said: bytes) -> None:
    heard = io.BytesIO(json.dumps(about(VERSION)).encode() + b"\n" + said)
    office = Channel(heard, io.BytesIO(), VERSION)
    with pytest.raises(LiveError, match="LibreOffice does not answer any more"):
        office.ask("read")


def test_telling_one_that_is_gone_is_said_in_words() -> None:
    requests, asking = pipe()
    office = Channel(io.BytesIO(json.dumps(about(VERSION)).encode() + b"\n"), asking, VERSION)
    requests.close()
    with pytest.raises(LiveError, match="LibreOffice does not answer any more"):
        office.tell("write", 1)
    with pytest.raises(BrokenPipeError):
        asking.close()


def test_a_menu_of_another_version_is_told_to_be_installed_again() -> None:
    with pytest.raises(LiveError, match="Run pipesheet libreoffice install again"):
        with talking_to(Notes(), version="0.0.1"):
            pass


PRINTING = """
import os, sys
from pipesheet.calc.channel import Channel, standard_streams
with standard_streams() as streams:
    office = Channel(*streams, "7.8.9")
    print("a stray word of a library, Müller")
    os.write(1, b"and one of its C part\\n")
    assert os.path.samestat(os.fstat(0), os.stat(os.devnull)), "who reads would take the answers"
    office.tell("write", 1)
"""


def test_a_stray_print_does_not_break_the_channel() -> None:
    hello = json.dumps(about(VERSION)).encode() + b"\n"
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii"}  # as a console of Windows that knows few letters
    done = subprocess.run([sys.executable, "-c", PRINTING], input=hello, env=narrow, capture_output=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [about(VERSION), {"do": "write", "args": [1], "waits": False}]
    assert "Müller" in done.stderr.decode("utf-8")
    assert b"C part" in done.stderr


# What a click starts.

ROUND_IT = {
    r"C:\Program Files\Python\python.exe": r'"C:\Program Files\Python\python.exe" -I -m pipesheet libreoffice run',
    r"C:\Users\Łukasz & co\venv\python.exe": r'"C:\Users\Łukasz & co\venv\python.exe" -I -m pipesheet libreoffice run',
    r"C:\Py\python.exe": r"C:\Py\python.exe -I -m pipesheet libreoffice run",
}


@pytest.mark.parametrize("python", ROUND_IT)
def test_windows_reads_the_command_line_as_it_was_meant(python: str) -> None:
    assert subprocess.list2cmdline(command(python, "undo")) == ROUND_IT[python] + " undo --channel"


@pytest.mark.parametrize("name", NAMES)
def test_elsewhere_no_name_is_read_as_more_than_a_name(name: str) -> None:
    python = f'/home/{name}/my "venv"/bin/python'
    assert command(python, "check") == [python, "-I", "-m", "pipesheet", "libreoffice", "run", "check", "--channel"]


def test_the_child_gets_nothing_of_what_libreoffice_says_to_its_own_python() -> None:
    given = {
        "PYTHONHOME": "/opt/libreoffice", "PythonPath": "x", "__PYVENV_LAUNCHER__": "y", "PATH": "/bin",
        "PIPESHEET_BOOK": "a.xlsx",
    }  # fmt: skip
    assert environment(given) == {"PATH": "/bin", "PIPESHEET_BOOK": ""}


def test_the_child_is_started_without_a_shell_without_a_window_and_not_beside_the_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: dict[str, Any] = {}

    def remember(words: Sequence[str], **options: Any) -> None:
        started.update(options, words=words)
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr(subprocess, "Popen", remember)
    monkeypatch.setattr(child, "_NO_WINDOW", 0x08000000)
    monkeypatch.setenv("PYTHONHOME", "/opt/libreoffice")
    with pytest.raises(CannotRun, match=r"could not be started .* Run pipesheet libreoffice install again"):
        Child("/gone/python", str(tmp_path / "own" / "libreoffice.log"), VERSION).run("mail", Notes())
    assert started["words"] == command("/gone/python", "mail")
    assert started["creationflags"] == 0x08000000
    assert started["cwd"] == str(tmp_path / "own")
    assert "PYTHONHOME" not in started["env"]
    assert "shell" not in started


SPEAKING = """
import json, sys
def ask(do, *args, waits=True):
    print(json.dumps({"do": do, "args": args, "waits": waits}), flush=True)
    return json.loads(sys.stdin.readline()) if waits else None
hello = json.loads(sys.stdin.readline())
"""
AS_IT_SHOULD = SPEAKING + "print(json.dumps(hello), flush=True)\n"


class Clicked:
    """A click that starts a few lines of Python in pipesheet's place."""

    def __init__(self, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = log
        self.notes = Notes()
        self.idle = 0
        self._monkeypatch = monkeypatch

    def _tick(self) -> None:
        self.idle += 1

    def __call__(self, lines: str, before: str = AS_IT_SHOULD) -> None:
        self._monkeypatch.setattr(child, "command", lambda python, action: [python, "-c", before + lines, action])
        Child(sys.executable, str(self.log), VERSION).run("forecast", self.notes, self._tick)


@pytest.fixture
def click(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clicked:
    return Clicked(tmp_path / "own" / "libreoffice.log", monkeypatch)


def test_a_click_does_what_the_child_asks_until_it_ends(click: Clicked) -> None:
    click("assert ask('echo', 'é') == {'answer': 'é'}\nask('write', sys.argv[-1], waits=False)")
    assert click.notes.done == [("echo", "é"), ("write", "forecast")]


def test_libreoffice_goes_on_while_the_child_computes(click: Clicked) -> None:
    click("import time; time.sleep(0.2)")
    assert click.idle > 0


def test_a_child_of_another_version_is_not_answered(click: Clicked) -> None:
    with pytest.raises(CannotRun, match=r"The menu is of Pipesheet 7\.8\.9, but Pipesheet 9\.9 was started\. Run"):
        click("print(json.dumps(dict(hello, version='9.9')), flush=True)\nask('write', 1)", before=SPEAKING)
    assert click.notes.done == []


def test_a_child_that_speaks_otherwise_is_not_answered(click: Clicked) -> None:
    with pytest.raises(CannotRun, match="does not speak as Pipesheet does"):
        click("print('Python 3.11.7')", before="")


def test_pipesheet_that_is_gone_is_told_with_what_to_do(click: Clicked) -> None:
    with pytest.raises(CannotRun, match=r"not where it was when the menu was installed\. Run pipesheet libreoffice"):
        click("import sys; sys.exit('/venv/bin/python: No module named pipesheet')", before="")


def test_what_the_child_could_not_say_in_a_box_is_said_by_the_menu(click: Clicked) -> None:
    with pytest.raises(CannotRun, match=r"^The buttons need xlwings\.$"):
        click("sys.exit('error: The buttons need xlwings.')")


def test_what_it_has_said_in_a_box_is_not_said_twice(click: Clicked) -> None:
    click("ask('alert', 'This workbook has no deals.', '', 'ok', 'critical')\nsys.exit(3)")
    assert click.notes.done[0][0] == "alert"


def test_a_child_that_breaks_down_leaves_its_trace_in_the_log_and_the_log_is_named(click: Clicked) -> None:
    with pytest.raises(CannotRun, match=r"ended before it was done\. .*libreoffice\.log$"):
        click("1 / 0")
    assert "ZeroDivisionError" in click.log.read_text("utf-8")


def test_the_log_does_not_grow_for_ever(click: Clicked) -> None:
    click.log.parent.mkdir()
    click.log.write_bytes(b"x" * (1 << 21))
    click("sys.stderr.write('the newest')")
    assert click.log.read_text("utf-8") == "the newest"


def test_a_run_that_is_broken_off_is_not_told_as_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "command", lambda python, _: [python, "-c", AS_IT_SHOULD + "sys.stdin.read()"])
    started = Child(sys.executable, str(tmp_path / "libreoffice.log"), VERSION)
    started.run("check", Notes(), started.kill)


# The extension.

PYTHON = Path('/home/O\'Brien & Söhne/"my" venv/bin/python')


@pytest.fixture(scope="module")
def packed() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(extension(PYTHON, Path("/home/anna/libreoffice.log"), VERSION)))


def commands(packed: zipfile.ZipFile, bar: str) -> list[str]:
    """In the order that LibreOffice shows them: the node with the shorter name first, then the smaller."""
    root = ET.fromstring(packed.read("Addons.xcu"))
    name = "{http://openoffice.org/2001/registry}name"
    part = next(node for node in root.iter("node") if node.get(name) == bar)
    urls = {
        str(node.get(name)): prop.findtext("value", "").removeprefix("vnd.pipesheet:")
        for node in part.iter("node") for prop in node.findall("prop") if prop.get(name) == "URL"
    }  # fmt: skip
    return [urls[key] for key in sorted(urls, key=lambda key: (len(key), key))]


def test_the_toolbar_has_a_name_and_a_place(packed: zipfile.ZipFile) -> None:
    bar = "org.pipesheet.calc.toolbar"
    assert f'oor:name="{bar}"' in packed.read("Addons.xcu").decode()
    assert f'"private:resource/toolbar/addon_{bar}"' in packed.read("CalcWindowState.xcu").decode()


@pytest.mark.parametrize("bar", ["OfficeMenuBar", "OfficeToolBar"])
def test_menu_and_toolbar_list_each_action_once(packed: zipfile.ZipFile, bar: str) -> None:
    assert commands(packed, bar) == list(ACTIONS)


def test_menu_and_toolbar_are_in_calc_only(packed: zipfile.ZipFile) -> None:
    text = packed.read("Addons.xcu").decode()
    assert text.count(">com.sun.star.sheet.SpreadsheetDocument<") == 2 * len(ACTIONS) + 1


def test_every_part_is_well_formed_and_what_the_manifest_lists_is_there(packed: zipfile.ZipFile) -> None:
    for name in packed.namelist():
        if name.endswith((".xml", ".xcu")):
            ET.fromstring(packed.read(name))
    manifest = ET.fromstring(packed.read("META-INF/manifest.xml"))
    listed = {entry.get("{http://openoffice.org/2001/manifest}full-path") for entry in manifest}
    assert listed == {"pipesheet_menu.py", "Addons.xcu", "CalcWindowState.xcu", "ProtocolHandler.xcu"}
    assert listed <= set(packed.namelist())
    assert f'<version value="{VERSION}"/>' in packed.read("description.xml").decode()
    assert packed.read("licence.txt").startswith(b"MIT License")


def test_the_interpreter_is_data_whatever_its_name(packed: zipfile.ZipFile) -> None:
    assert json.loads(packed.read("pythonpath/pipesheet_calc/start.json"))["interpreter"] == str(PYTHON)
    assert not any(b"Brien" in packed.read(name) for name in packed.namelist() if name.endswith(".py"))


def test_the_python_inside_needs_nothing_but_libreoffices_own(packed: zipfile.ZipFile) -> None:
    own = {"uno", "unohelper", "com", "pipesheet_calc"}
    modules = [name for name in packed.namelist() if name.endswith(".py")]
    assert "pythonpath/pipesheet_calc/office.py" in modules
    for name in modules:
        tree = ast.parse(packed.read(name).decode(), feature_version=(3, 7))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                top = str(found).split(".")[0]
                assert top in own | set(sys.stdlib_module_names), f"{name} imports {found}"
                inside = str(found).replace("pipesheet_calc.", "pythonpath/pipesheet_calc/") + ".py"
                assert top != "pipesheet_calc" or found == top or inside in modules


def test_the_same_input_makes_the_same_bytes() -> None:
    made = [extension(PYTHON, Path("log"), VERSION) for _ in range(2)]
    assert made[0] == made[1]
    assert {info.date_time for info in zipfile.ZipFile(io.BytesIO(made[0])).infolist()} == {(1980, 1, 1, 0, 0, 0)}


# Putting it in, and taking it out.


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No LibreOffice of the computer that the tests run on."""
    monkeypatch.setattr("pipesheet.libreoffice._PLACES", ())
    monkeypatch.setattr("pipesheet.libreoffice._SHUT_IN", ())


def office_in(folder: Path, *, tool: str = "unopkg", python: bool = True) -> Path:
    folder.mkdir(parents=True)
    for name in (tool, "soffice", *(["pythonloader.py"] if python else [])):
        (folder / name).write_bytes(b"")
        (folder / name).chmod(0o755)
    return folder


class Office:
    """A Linux with LibreOffice on the PATH, which answers as it is told and remembers what it was asked."""

    def __init__(self, top: Path, run: Callable[[Sequence[str]], Ran] = answering, *, python: bool = True) -> None:
        self.folder = office_in(top / "lib" / "libreoffice" / "program", python=python)
        (top / "bin").mkdir()
        (top / "bin" / "soffice").symlink_to(self.folder / "soffice")
        self.asked: list[list[str]] = []
        self._run = run
        self.machine = machine("linux", top, environ={"PATH": str(top / "bin")}, run=self._remember)

    def _remember(self, words: Sequence[str]) -> Ran:
        self.asked.append(list(words))
        return self._run(words)


@pytest.mark.parametrize("name", ["pipesheet.oxt", "Łukasz & Söhne $(x).oxt"])
def test_unopkg_is_asked_to_put_it_in_place_of_an_earlier_one(tmp_path: Path, name: str) -> None:
    office = Office(tmp_path)
    put_in(office.machine, tmp_path / name)
    unopkg = str(office.folder / "unopkg")
    assert office.asked == [[unopkg, "add", "--force", "--suppress-license", str(tmp_path / name)]]


def test_unopkg_is_asked_to_take_it_out_by_its_name(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert take_out(office.machine, "file:///profile")
    unopkg = str(office.folder / "unopkg")
    assert office.asked == [[unopkg, "remove", "-env:UserInstallation=file:///profile", "org.pipesheet.calc"]]


def test_nothing_to_take_out_is_no_fault(tmp_path: Path) -> None:
    office = Office(tmp_path, lambda _: Ran(1, "There is no such extension deployed: org.pipesheet.calc"))
    assert not take_out(office.machine)


def test_on_windows_it_is_found_by_the_registry_or_below_the_programs(tmp_path: Path) -> None:
    folder = office_in(tmp_path / "Program Files" / "LibreOffice" / "program", tool="unopkg.com")
    registered = office_in(tmp_path / "elsewhere" / "program", tool="unopkg.com")
    plain = machine(WINDOWS, tmp_path / "a", environ={"ProgramFiles": str(tmp_path / "Program Files")})
    keyed = machine(
        WINDOWS, tmp_path / "b", registry={r"HKLM\SOFTWARE\LibreOffice\UNO\InstallPath": {"": str(registered)}}
    )
    assert program_folder(plain) == folder
    assert program_folder(keyed) == registered


def test_on_a_mac_it_is_found_among_the_applications(tmp_path: Path) -> None:
    computer = machine(MAC, tmp_path)
    contents = computer.home / "Applications" / "LibreOffice.app" / "Contents"
    folder = office_in(contents / "MacOS", python=False)
    (contents / "Resources").mkdir()
    (contents / "Resources" / "pythonloader.py").write_bytes(b"")
    assert able_folder(computer) == folder


def refusal(do: Callable[[], object], kind: type[PipesheetError]) -> str:
    with pytest.raises(kind) as fault:
        do()
    return str(fault.value)


def test_without_libreoffice_it_is_said_what_to_install(tmp_path: Path) -> None:
    computer = machine("linux", tmp_path, environ={"PATH": str(tmp_path)})
    assert "Install it with Calc" in refusal(lambda: put_in(computer, tmp_path), UsageError)


def test_a_libreoffice_that_is_shut_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipesheet.libreoffice._SHUT_IN", (str(tmp_path),))
    computer = machine("linux", tmp_path / "top", environ={"PATH": str(tmp_path)})
    assert "is a Flatpak or a Snap" in refusal(lambda: able_folder(computer), UsageError)


def test_a_libreoffice_without_python_is_told_the_package(tmp_path: Path) -> None:
    office = Office(tmp_path, python=False)
    said = refusal(lambda: put_in(office.machine, tmp_path), UsageError)
    assert "python3-uno (Debian, Ubuntu)" in said
    assert office.asked == []


@pytest.mark.parametrize("python", [True, False])
def test_the_doctor_says_whether_the_menu_can_run(tmp_path: Path, python: bool) -> None:
    found = {line.check: line for line in libreoffice_checks(Office(tmp_path, python=python).machine, tmp_path)}
    assert found["libreoffice"].level == "ok"
    assert found["libreoffice-python"].level == ("ok" if python else "broken")
    assert python == ("python3-uno" not in found["libreoffice-python"].to_do)


def test_the_doctor_says_whether_the_menu_was_put_in_and_what_it_starts(tmp_path: Path) -> None:
    computer, file, python = Office(tmp_path).machine, tmp_path / EXTENSION, tmp_path / "python"

    def menu() -> Line:
        return libreoffice_checks(computer, file)[-1]

    assert (menu().level, menu().to_do) == ("broken", "Close LibreOffice and run pipesheet libreoffice install.")
    file.write_bytes(extension(python, tmp_path / "log", VERSION))
    assert (menu().level, menu().meant) == ("broken", f"The Python that the menu starts is gone: {python}.")
    python.touch()
    assert (menu().level, menu().meant) == ("ok", f"The menu was put into LibreOffice; it starts {python}.")
    file.write_bytes(b"PK")
    assert menu().level == "broken"


LOCKED = """FEHLER: unopkg kann nicht gestartet werden. Falls dies nicht zutrifft, loeschen Sie die Sperrdatei:
/home/anna/.config/libreoffice/4/.lock
"""


@pytest.mark.parametrize("do", [lambda m: put_in(m, Path("x")), take_out], ids=["put in", "take out"])
def test_an_open_libreoffice_is_to_be_closed_in_whichever_language_it_says_so(
    tmp_path: Path, do: Callable[[Machine], object]
) -> None:
    office = Office(tmp_path, lambda _: Ran(1, LOCKED))
    said = refusal(lambda: do(office.machine), WriteError)
    assert said.startswith("LibreOffice is open. Close all its windows")
    assert said.endswith("delete /home/anna/.config/libreoffice/4/.lock")
    assert len(office.asked) == 1


def test_root_is_sent_to_the_person_who_uses_it(tmp_path: Path) -> None:
    office = Office(
        tmp_path, lambda _: Ran(1, "ERROR: Cannot run unopkg as root without --shared or --bundled option.")
    )
    assert "Run this as the person" in refusal(lambda: put_in(office.machine, tmp_path), WriteError)


def test_what_else_it_refuses_is_passed_on(tmp_path: Path) -> None:
    office = Office(tmp_path, lambda _: Ran(1, "\nERROR: the disk is full\nERROR: unopkg failed.\n"))
    assert "LibreOffice refused: ERROR: the disk is full." in refusal(
        lambda: put_in(office.machine, tmp_path), WriteError
    )


def test_a_python_that_a_click_could_not_start_is_refused_before(tmp_path: Path) -> None:
    no_pipesheet = Office(tmp_path / "a", failing("--version"))
    no_xlwings = Office(tmp_path / "b", failing("xlwings"))
    assert "virtual environment or with pipx" in refusal(lambda: refuse_unfit(no_pipesheet.machine), UsageError)
    said = refusal(lambda: refuse_unfit(no_xlwings.machine), UsageError)
    assert said.endswith(f'Run: "{no_xlwings.machine.executable}" -m pip install xlwings')
    refuse_unfit(Office(tmp_path / "c").machine)


def test_the_python_of_the_store_is_refused(tmp_path: Path) -> None:
    computer = machine(WINDOWS, tmp_path, user="WindowsApps")
    assert "Microsoft Store" in refusal(lambda: refuse_unfit(computer), UsageError)


def typed(*words: str) -> tuple[int, str]:
    done = CliRunner(catch_exceptions=False).invoke(main, ["libreoffice", *words])
    return done.exit_code, done.output


def test_install_and_uninstall_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path)
    computer = typed_on(office.machine, tmp_path, monkeypatch)
    # The package's own name of it is the command.
    monkeypatch.setattr(import_module("pipesheet.cli.libreoffice"), "_patiently", computer.run)
    code, said = typed("install")
    file = Path(office.asked[-1][-1])
    assert (code, said) == (
        0,
        "The menu Pipesheet is in LibreOffice Calc. Start LibreOffice, and open your workbook.\n",
    )
    start = json.loads(zipfile.ZipFile(file).read("pythonpath/pipesheet_calc/start.json"))
    assert start["interpreter"] == str(computer.executable)
    assert start["log"] == str(file.with_name("libreoffice.log"))
    assert typed("uninstall") == (0, "The menu is gone when LibreOffice is started again.\n")
    assert not file.exists()


def test_what_a_click_starts_is_not_for_a_terminal() -> None:
    code, said = typed("run", "forecast")
    assert code == 2
    assert "choose forecast in its menu Pipesheet" in said


def test_started_by_the_menu_of_another_version_it_ends_in_words() -> None:
    done = subprocess.run(
        [sys.executable, *command("", "check")[1:]],
        input=json.dumps(about("0.0.1")).encode() + b"\n", capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert json.loads(done.stdout)["pipesheet"] == child.PROTOCOL
    assert done.stderr.decode().lower().startswith("error: the menu in libreoffice is not of pipesheet")
