"""The menu in a real LibreOffice: put in by its own tool, clicked by its own command, taken out again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from office import _connected, _end, uno_module

pytestmark = pytest.mark.slow
SAMPLE = Path(__file__).parents[1] / "workbooks" / "sample.xlsx"
AS_A_PERSON = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
"""LibreOffice installs nothing for root, which is who runs tests in a container: root by another number."""


class Desk:
    """A person's account: their own folder of pipesheet, and their own part of LibreOffice."""

    def __init__(self, top: Path) -> None:
        self.home = top / "home"
        self.home.mkdir(parents=True)
        self.profile = (top / "profile").as_uri()
        self.book = Path(shutil.copy(SAMPLE, top))  # LibreOffice leaves a lock beside what is open when it is ended
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "DISPLAY"
        } | {"HOME": str(self.home)}

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What pipesheet libreoffice says to these words."""
        command = [sys.executable, "-I", "-m", "pipesheet", "libreoffice", *words, "--user-installation", self.profile]
        person = AS_A_PERSON if os.geteuid() == 0 else []
        return subprocess.run([*person, *command], env=self.environ, capture_output=True, text=True, check=False)

    @property
    def own(self) -> Path:
        """Their own folder of pipesheet, where the extension and the log are."""
        return next(self.home.rglob("pipesheet.oxt")).parent

    @contextmanager
    def libreoffice(self) -> Iterator[Window]:
        """LibreOffice with the sample open in it."""
        uno = uno_module()
        pipe = f"pipesheet{uuid.uuid4().hex}"
        program = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;",
             f"-env:UserInstallation={self.profile}"],
            env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield Window(uno, _connected(uno, pipe, program), self.book)
        finally:
            _end(program)


class Window:
    """The sample, open and not saved since, and the menu above it."""

    def __init__(self, uno: Any, context: Any, book: Path) -> None:
        __tracebackhide__ = True  # what shows the arguments of a failed test breaks on those of LibreOffice
        self._uno, self._context = uno, context
        desktop = self._service("com.sun.star.frame.Desktop")
        self.book = desktop.loadComponentFromURL(book.as_uri(), "_blank", 0, ())
        self.book.Sheets.getByName("Deals").getCellRangeByName("AZ1").String = "typed and not saved"

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def _command(self, action: str) -> Any:
        url = self._uno.createUnoStruct("com.sun.star.util.URL")
        url.Complete = f"vnd.pipesheet:{action}"
        return self._service("com.sun.star.util.URLTransformer").parseStrict(url)[1]

    def has(self, action: str) -> bool:
        """Whether somebody takes the command of that menu entry."""
        return self.book.CurrentController.Frame.queryDispatch(self._command(action), "_self", 0) is not None

    def click(self, action: str) -> None:
        """What the menu entry does."""
        url = self._command(action)
        self.book.CurrentController.Frame.queryDispatch(url, "_self", 0).dispatch(url, ())

    def wait(self, until: Callable[[], Any]) -> Any:
        """The answer, once it is one; LibreOffice may be at work meanwhile."""
        end = time.monotonic() + 60
        while not (answer := until()) and time.monotonic() < end:
            time.sleep(0.1)
        return answer

    def go_to(self, cell: str) -> None:
        """A click into a cell of the sheet in front."""
        view = self.book.CurrentController
        view.select(view.ActiveSheet.getCellRangeByName(cell))
        time.sleep(0.3)

    def text(self, cell: str) -> str:
        """What a cell of the sheet Deals shows."""
        return str(self.book.Sheets.getByName("Deals").getCellRangeByName(cell).String)

    @property
    def front(self) -> str:
        """The sheet in front."""
        return str(self.book.CurrentController.ActiveSheet.Name)


def installed(top: Path) -> Desk:
    uno_module()
    desk = Desk(top)
    if os.geteuid() == 0 and subprocess.run([*AS_A_PERSON, "true"], capture_output=True, check=False).returncode:
        pytest.skip("LibreOffice installs nothing for root, and nobody else can be made here")
    done = desk.type("install")
    assert done.returncode == 0, done.stderr
    return desk


def starts(desk: Desk, lines: str) -> Path:
    """A click starts these lines in pipesheet's place, from a path that is hard to quote; where they may write."""
    folder = desk.home / "O'Brien & Söhne $(x)"
    folder.mkdir()
    python = folder / 'my "python"'
    python.write_text(f"#!{sys.executable}\n{STAND_IN}{lines}", "utf-8")
    python.chmod(0o755)
    for start in (desk.home.parent / "profile").rglob("start.json"):
        start.write_text(json.dumps({**json.loads(start.read_text("utf-8")), "interpreter": str(python)}), "utf-8")
    return folder


STAND_IN = """
import json, os, sys, time
def ask(do, *args):
    print(json.dumps({"do": do, "args": args, "waits": True}), flush=True)
    return json.loads(sys.stdin.readline())
def tell(do, *args):
    print(json.dumps({"do": do, "args": args, "waits": False}), flush=True)
print(json.dumps(json.loads(sys.stdin.readline())), flush=True)
doc = ask("active")["answer"]
"""
WRITES = """
tell("write", doc, "Deals", 1, 54, [[sys.argv[-2], ask("read", doc, "Deals", 1, 52, 1, 52)["answer"]["rows"][0][0]]])
fault = ask("read", doc, "No such sheet", 1, 1, 1, 1)
tell("write", doc, "Deals", 2, 54, [[fault["error"] + fault["said"], os.environ.get("PYTHONHOME", "")]])
ask("")
"""
COUNTS = """
with open(os.path.join(os.path.dirname(__file__), "clicks"), "a") as clicks:
    clicks.write("*")
time.sleep(1)
tell("write", doc, "Deals", 1, 54, [["done"]])
ask("")
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return installed(tmp_path_factory.mktemp("desk"))


def test_a_click_reaches_the_cells_of_the_open_workbook_through_a_child(tmp_path: Path) -> None:
    desk = installed(tmp_path)
    starts(desk, WRITES)
    with desk.libreoffice() as window:
        assert all(window.has(action) for action in ("check", "forecast", "report", "mail", "undo", "help"))
        window.click("forecast")
        assert window.wait(lambda: window.text("BB2"))
        assert window.text("BB1") == "forecast"
        assert window.text("BC1") == "typed and not saved"
        assert "NoSuchElementException" in window.text("BB2")
        assert window.text("BC2") == ""


def test_a_second_click_while_the_first_is_at_work_starts_nothing(tmp_path: Path) -> None:
    desk = installed(tmp_path)
    folder = starts(desk, COUNTS)
    with desk.libreoffice() as window:
        window.click("check")
        window.wait((folder / "clicks").exists)
        window.click("check")
        assert window.wait(lambda: window.text("BB1")) == "done"
        window.click("check")
        assert window.wait(lambda: (folder / "clicks").read_text() == "**")


def test_pipesheet_that_is_gone_leaves_libreoffice_as_it_was(tmp_path: Path) -> None:
    desk = installed(tmp_path)
    shutil.rmtree(starts(desk, ""))
    with desk.libreoffice() as window:
        before = window.front
        window.click("forecast")
        time.sleep(1)
        assert window.front == before
        assert window.text("AZ1") == "typed and not saved"


def test_a_click_on_forecast_ends_in_the_sheet_forecast_of_the_open_unsaved_workbook(desk: Desk) -> None:
    with desk.libreoffice() as window:
        title = window.book.Sheets.getByName("Forecast").getCellRangeByName("A1")
        title.String = "before the run"
        window.click("forecast")
        assert window.wait(lambda: window.front == "Forecast"), log_of(desk)
        assert title.String != "before the run"
        window.click("undo")
        assert window.wait(lambda: title.String == "before the run"), log_of(desk)
        window.click("check")
        assert window.wait(lambda: window.front == "Findings"), log_of(desk)
        for cell in ("B5", "B6"):  # clears what the run has said at the foot of the window
            window.go_to(cell)
        assert window.text("AZ1") == "typed and not saved"
        assert window.book.isModified()
    assert desk.book.read_bytes() == SAMPLE.read_bytes()


def log_of(desk: Desk) -> str:
    return "\n".join(path.read_text("utf-8") for path in desk.own.glob("*.log"))


def test_it_is_put_in_twice_and_taken_out_once(tmp_path: Path) -> None:
    desk = installed(tmp_path)
    start = json.loads(zipfile.ZipFile(desk.own / "pipesheet.oxt").read("pythonpath/pipesheet_calc/start.json"))
    assert start["interpreter"] == sys.executable
    assert desk.type("install").returncode == 0
    gone = desk.type("uninstall")
    assert (gone.returncode, gone.stdout) == (0, "The menu is gone when LibreOffice is started again.\n")
    again = desk.type("uninstall")
    assert (again.returncode, again.stdout) == (0, "There is nothing of pipesheet's in LibreOffice.\n")
    with desk.libreoffice() as window:
        assert not window.has("forecast")


def test_while_libreoffice_is_open_it_is_said_to_close_it(desk: Desk) -> None:
    Path(f"{desk.book.parent}/.~lock.{desk.book.name}#").unlink(missing_ok=True)
    with desk.libreoffice():
        done = desk.type("install")
    assert done.returncode == 3
    assert "LibreOffice is open. Close all its windows" in done.stderr
