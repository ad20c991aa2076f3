"""Whatever stands in the way, the old file or the new one is there, whole, with a sentence that says what to do.

Each test proves a line of `docs/faults.md`, or several. What can be brought about for real is: full disks,
rights, links, open programs. What needs a drive that no test can mount is played at the border to the
system: the call that would fail there fails here.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import pipesheet
from grafting import NAMES, at_once, plans, users_book
from pipesheet import opened, replacing, turns
from pipesheet.cli import main
from pipesheet.denied import denied
from pipesheet.errors import Changed, Locked, PipesheetError
from pipesheet.jobs import replace_text
from pipesheet.receipt import Receipt
from pipesheet.replacing import PAUSES, replace_file
from pipesheet.turns import turn
from pipesheet.writer import write_sheets

PAGE = (Path(__file__).parents[1] / "docs" / "faults.md").read_text("utf-8")
BOOK = users_book()
THEIRS = users_book(sheets=("Deals", "Mine"))


def rows(title: str) -> dict[str, list[str]]:
    """A table of the page: its first column -> the others."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {first: rest for first, *rest in cells[1:]}


REFUSED, COPED = rows("What is refused"), rows("What is coped with")
proved: set[str] = set()


def proves(*lines: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Says which lines of the page a test proves."""
    proved.update(lines)
    return lambda test: test


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(BOOK)
    return path


def patient(_: float) -> None:
    """Waits, and takes no time."""


def write(
    path: Path, out: Path | None = None, *, meanwhile: Callable[[], object] = lambda: None, sleep: Any = at_once
) -> Receipt:
    """A write, during the computing of which something may happen."""

    def made(names: Mapping[str, str], _: object) -> Sequence[Any]:
        meanwhile()
        return plans(names)

    return write_sheets(path, made, out, names=NAMES, sleep=sleep)


def result() -> bytes:
    """What a write makes of the workbook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.xlsx"
        path.write_bytes(BOOK)
        write(path)
        return path.read_bytes()


NEW = result()


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder but the backups that are whole."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: data for name, data in found.items() if not (is_backup(name) and data in (BOOK, THEIRS))}


def is_backup(name: str) -> bool:
    return re.fullmatch(r"\.pipesheet/backups/[^.][^/]*\.[0-9a-f]{12}\.xlsx", name) is not None


def fail(number: int, *, times: int = sys.maxsize, winerror: int | None = None, real: Any = None) -> Any:
    """A call to the system that fails so often, and then does what it should."""
    left = [times]

    def failing(*arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            return real(*arguments, **more)
        error = OSError(number, os.strerror(number))
        if winerror is not None:
            error.winerror = winerror  # type: ignore[attr-defined]
        raise error

    return failing


def told(error: PipesheetError | str) -> str:
    """What it says, without the name it says it of, and with the system's own words left out."""
    said = re.sub(r"^\S*deals\.xlsx (was not written: )?|^\S*out\.xlsx was not written: ", "", str(error))
    return re.sub(r"its folder \S*nowhere", "its folder nowhere", re.sub(r"\([^()]*\)", "(…)", said))


def says(line: str, error: PipesheetError | str) -> None:
    """Asserts that the error is the one that the page has in that line."""
    assert told(error) == "{}. {}".format(*REFUSED[line])


@contextlib.contextmanager
def refused(line: str, folder: Path, *, besides: Sequence[str] = ()) -> Iterator[None]:
    """Asserts that what is done is refused with that line's words and exit code 3, and every file as it was."""
    before = files(folder)
    with pytest.raises(PipesheetError) as caught:
        yield
    says(line, caught.value)
    assert caught.value.exit_code == 3
    assert {name: data for name, data in files(folder).items() if name not in besides} == before


def test_every_line_of_the_page_is_proved() -> None:
    assert {*REFUSED, *COPED} == proved
    assert len(REFUSED) > 20
    assert len(COPED) > 10


def test_how_long_a_drive_is_asked_again_is_as_the_page_says() -> None:
    assert "tried again five times in one and a half seconds" in PAGE
    assert len(PAUSES) == 5
    assert 1.5 <= sum(PAUSES) < 1.6


# Somebody else is at it


def excel_note(name: str) -> bytes:
    """What Excel puts beside an open workbook: the name in ANSI, then in UTF-16, each padded with spaces."""
    narrow, wide = name.encode("cp1252"), name.encode("utf-16-le")
    return bytes([len(narrow)]) + narrow.ljust(54) + bytes([len(name), 0]) + (wide + b" \0" * 54)[:108]


@proves("somebody has it open in Excel")
def test_open_in_excel(book: Path, tmp_path: Path) -> None:
    note = tmp_path / "~$deals.xlsx"
    note.write_bytes(excel_note("Mara Lindqvist"))
    assert note.stat().st_size == 165
    with refused("somebody has it open in Excel", tmp_path):
        write(book)
    note.unlink()
    write(book)
    assert book.read_bytes() == NEW


@proves("somebody has it open in LibreOffice")
def test_open_in_libreoffice(book: Path, tmp_path: Path) -> None:
    note = tmp_path / ".~lock.deals.xlsx#"
    note.write_text(",mara,desk-7,16.11.2026 09:12,file:///home/mara/.config/libreoffice/4;")
    with refused("somebody has it open in LibreOffice", tmp_path):
        write(book)
    note.unlink()
    write(book)
    assert book.read_bytes() == NEW


@pytest.mark.slow
def test_open_in_libreoffice_for_real(book: Path, tmp_path: Path) -> None:
    """LibreOffice lays its note, we name the program; ended by force it leaves the note, which may be deleted."""
    note, profile = tmp_path / ".~lock.deals.xlsx#", tmp_path / "profile"
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--calc", str(book)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as lo:
        try:
            for _ in range(1200):
                if note.exists() and note.read_bytes().endswith(b";"):
                    break
                time.sleep(0.1)
            with pytest.raises(Locked, match=r"has it open in LibreOffice\. Close it there and run again\.") as caught:
                write(book)
        finally:
            os.killpg(lo.pid, 9)
    assert opened.libreoffice_owner(note.read_bytes()) in str(caught.value)
    assert f"If nobody has it open, delete {note.name} beside it." in str(caught.value)
    assert book.read_bytes() == BOOK
    note.unlink()
    write(book)
    assert book.read_bytes() == NEW


@proves("somebody saves it while pipesheet computes", "somebody saves the output meanwhile")
def test_saved_meanwhile(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def saved_beside() -> None:
        """As programs save: a new file takes the name."""
        new = tmp_path / "new"
        new.write_bytes(THEIRS)
        new.replace(book)

    with pytest.raises(Changed) as caught:
        write(book, meanwhile=saved_beside)
    says("somebody saves it while pipesheet computes", caught.value)
    assert files(tmp_path) == {"deals.xlsx": THEIRS}

    out = tmp_path / "out.xlsx"
    out.write_bytes(BOOK)
    flush = replacing._flush

    def slow(handle: int) -> None:
        flush(handle)
        out.write_bytes(THEIRS)

    monkeypatch.setattr(replacing, "_flush", slow)
    with pytest.raises(Changed, match=r"out\.xlsx was not written") as caught:
        write(book, out)
    says("somebody saves the output meanwhile", caught.value)
    assert files(tmp_path) == {"deals.xlsx": THEIRS, "out.xlsx": THEIRS}


@proves("somebody deletes it meanwhile")
@pytest.mark.parametrize("out", [None, "out.xlsx"])
def test_deleted_meanwhile(book: Path, tmp_path: Path, out: str | None) -> None:
    with pytest.raises(PipesheetError) as caught:
        write(book, out and tmp_path / out, meanwhile=book.unlink)  # type: ignore[arg-type]
    says("somebody deletes it meanwhile", caught.value)
    assert caught.value.exit_code == 3
    assert not files(tmp_path)


@proves(
    "another run has been writing it for more than ten seconds", "another run writes the same file at the same time"
)
def test_another_run(book: Path, tmp_path: Path) -> None:
    """tests/test_two_runs.py has real processes."""
    with turn(book):
        with refused("another run has been writing it for more than ten seconds", tmp_path):
            write(book, sleep=patient)
        with pytest.raises(Locked), turn(book, sleep=patient):
            pass
    assert sum(turns.PAUSES) > 10


@proves("a run is killed, or the machine goes down")
def test_what_a_killed_run_left(book: Path, tmp_path: Path) -> None:
    """tests/test_kill.py kills."""
    left = [tmp_path / ".deals.xlsx.pipesheet.lock", tmp_path / ".deals.xlsx.pipesheet-desk-7-1-0123abcd.tmp"]
    for path in left:
        path.write_bytes(b"half")
        os.utime(path, (1, 1))
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}


# No room


ON_A_FULL_DISK = """
import contextlib, io, json, os, resource, sys
from pathlib import Path
from pipesheet.cli import main
folder, mounted, source = Path(sys.argv[1]), sys.argv[2] == "mounted", Path(sys.argv[3]).read_bytes()
book, filler = folder / "deals.xlsx", folder / "filler"
for room in map(int, sys.argv[4:]):
    filler.unlink(missing_ok=True)
    for kept in folder.glob(".pipesheet/backups/*"):
        kept.unlink()
    book.write_bytes(source)
    if mounted:
        disk = os.statvfs(folder)
        with filler.open("wb") as full:
            full.write(bytes(max(0, disk.f_bavail * disk.f_frsize - (room << 10))))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room << 10, resource.RLIM_INFINITY))
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            main(["run", str(book), "--in-place", "--quiet", "--as-of", "2026-11-16"])
    except SystemExit as end:
        code = end.code
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    there = {str(p.relative_to(folder)): p.read_bytes() == source for p in folder.rglob("*") if p.is_file()}
    print(json.dumps([room, code, said.getvalue(), there]))
"""


def with_a_small_disk(folder: Path, size: str) -> list[str] | None:
    """How to run a program that sees a disk of that size at `folder`; None where the system lets nobody do that."""
    mount = 'mount -t tmpfs -o size="$2" tmpfs "$1" && shift 2 && exec "$@"'
    for own in (["unshare", "-m"], ["unshare", "-r", "-m"]):
        command = [*own, "sh", "-c", mount, "sh", str(folder), size]
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([*command, "true"], check=True, capture_output=True)
            return command
    return None


def full_disks(folder: Path, rooms: Sequence[int], *, small: list[str] | None) -> list[list[Any]]:
    """A run on a disk with room for so many KB, for each: (room, exit code, what it said, file -> is it the old)."""
    source = folder.parent / "source.xlsx"
    source.write_bytes(BOOK)
    how = [sys.executable, "-c", ON_A_FULL_DISK, str(folder), "mounted" if small else "limited", str(source)]
    done = subprocess.run([*(small or ()), *how, *map(str, rooms)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


ROOMS = (0, 4, 12, 24, 40, 2000)


@proves("the disk is full, or your share of it", "the disk is full before the backup is kept")
@pytest.mark.parametrize(
    "real", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["a-small-disk", "a-limit-for-files"]
)
def test_full_disks(tmp_path: Path, real: bool) -> None:
    """A disk of 4 MB that is filled up to a rest; where nobody may mount one, files that may not grow further."""
    folder = tmp_path / "disk"
    folder.mkdir()
    small = with_a_small_disk(folder, "4m") if real else None
    lines = set()
    *scarce, (_, code, said, there) = full_disks(folder, ROOMS, small=small)
    assert (code, said) == (0, "")
    assert [is_old for name, is_old in there.items() if is_backup(name)] == [True]
    for room, code, said, there in scarce:
        assert code == 3, (room, said)
        line = told(said.removeprefix("error: ").strip())
        lines.add(line)
        assert there.pop("deals.xlsx"), "the old one"
        there.pop("filler", None)
        assert all(is_backup(name) and is_old for name, is_old in there.items()), there
    pages = ("the disk is full, or your share of it", "the disk is full before the backup is kept")
    assert lines == {"{}. {}".format(*REFUSED[page]) for page in pages}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["fsync", "open", "replace"])
def test_no_room_at_any_step(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    monkeypatch.setattr(os, call, fail(number))
    with refused("the disk is full before the backup is kept", tmp_path):
        write(book)
    with refused("the disk is full, or your share of it", tmp_path):
        write(book, tmp_path / "out.xlsx")
    with pytest.raises(Locked, match=r"deals\.html was not written: there is no room for it on the disk"):
        replace_text(tmp_path / "deals.html", "<!doctype html>")
    assert files(tmp_path) == {"deals.xlsx": BOOK}


@proves("its name leaves no room for those of its copies")
def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    long = tmp_path / ("a" * 250 + ".xlsx")
    long.write_bytes(BOOK)
    with pytest.raises(Locked) as caught:
        write(long)
    assert str(caught.value).startswith(f"{long.name} was not written: its backup")
    says("its name leaves no room for those of its copies", str(caught.value).replace(long.name, "deals.xlsx"))
    assert files(tmp_path) == {long.name: BOOK}
    almost = long.rename(tmp_path / ("a" * 237 + ".xlsx"))
    write(almost)
    assert files(tmp_path) == {almost.name: NEW}


# Rights


@proves("the file is read-only", "its folder is read-only")
@pytest.mark.parametrize("out", [None, "out.xlsx"])
def test_read_only(book: Path, tmp_path: Path, out: str | None) -> None:
    """By the bits of the mode, so that even who may do anything leaves it alone."""
    target = tmp_path / (out or "deals.xlsx")
    target.write_bytes(BOOK)
    target.chmod(0o444)
    with refused("the file is read-only", tmp_path):
        write(book, target if out else None)
    target.chmod(0o644)
    tmp_path.chmod(0o555)
    try:
        with refused("its folder is read-only", tmp_path):
            write(book, target if out else None)
    finally:
        tmp_path.chmod(0o755)


AS_NOBODY = """
import datetime as dt, os, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import pipesheet
from grafting import users_book
path, out = sys.argv[2:]
with tempfile.TemporaryDirectory() as warm:  # What is loaded late may lie where nobody may look.
    book = Path(warm, "deals.xlsx")
    book.write_bytes(users_book())
    pipesheet.run(book, now=dt.datetime(2026, 11, 16), in_place=True)
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    pipesheet.run(path, now=dt.datetime(2026, 11, 16), in_place=out == "in place", out=out or None)
except pipesheet.PipesheetError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def as_nobody(book: Path, out: str = "in place") -> tuple[int, str]:
    """Exit code and words of a run by somebody who is not root and owns nothing, where we can become that."""
    command = [sys.executable, "-c", AS_NOBODY, str(Path(__file__).parent), str(book), out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody gets to, with a workbook in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "deals.xlsx").write_bytes(BOOK)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@proves("you may not read it")
def test_no_right_to_read(shared: Path) -> None:
    path = shared / "deals.xlsx"
    path.chmod(0o600 if os.getuid() == 0 else 0o000)
    code, said = as_nobody(path)
    assert code == 3
    says("you may not read it", said)


only_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can lay a file there that is somebody else's")


@pytest.mark.slow
@only_root
@pytest.mark.parametrize("out", ["in place", ""])
def test_no_right_to_write_in_the_folder(shared: Path, out: str) -> None:
    (shared / "deals.xlsx").chmod(0o666)
    code, said = as_nobody(shared / "deals.xlsx", out)
    assert code == 3
    says("its folder is read-only", said.replace("deals.pipesheet.xlsx", "deals.xlsx"))
    assert files(shared) == {"deals.xlsx": BOOK}


@pytest.mark.slow
@only_root
def test_no_right_to_look_into_the_folder(shared: Path) -> None:
    inside = shared / "inside"
    inside.mkdir(mode=0o700)
    code, said = as_nobody(shared / "deals.xlsx", str(inside / "out.xlsx"))
    assert code == 3
    says("the system denies you to write", said)
    assert files(shared) == {"deals.xlsx": BOOK}


@pytest.mark.slow
@only_root
@proves("the system denies you to write")
def test_no_right_to_take_somebodys_name(shared: Path) -> None:
    """In a folder where all may write and each may rename only what is his own, as /tmp is."""
    shared.chmod(0o1777)
    (shared / "deals.xlsx").chmod(0o666)
    (shared / ".pipesheet").mkdir()
    (shared / ".pipesheet").chmod(0o777)
    code, said = as_nobody(shared / "deals.xlsx")
    assert code == 3
    says("the system denies you to write", said)
    assert files(shared) == {"deals.xlsx": BOOK}


@only_root
@proves("the file belongs to a colleague")
def test_a_colleagues_file(shared: Path) -> None:
    """His group might run it; ours, to which he does not belong, may do what all may."""
    path = shared / "deals.xlsx"
    shared.chmod(0o777)
    os.chown(path, 65533, 65533)
    path.chmod(0o676)
    assert as_nobody(path) == (0, "")
    assert path.read_bytes() != BOOK
    known = path.stat()
    assert (known.st_uid, known.st_gid, stat.S_IMODE(known.st_mode)) == (65534, 65534, 0o666)


@only_root
@pytest.mark.parametrize(
    ("mode", "member", "becomes"),
    [(0o640, False, 0o600), (0o664, False, 0o644), (0o640, True, 0o640), (0o664, True, 0o664)],
)
def test_the_group_stays_or_gets_no_more_than_all(
    book: Path, monkeypatch: pytest.MonkeyPatch, mode: int, member: bool, becomes: int
) -> None:
    real = os.chown

    def give(path: Path, user: int, group: int) -> None:
        if user != -1 or not member:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        real(path, user, group)

    os.chown(book, 65533, 65533)
    book.chmod(mode)
    monkeypatch.setattr(os, "chown", give)
    write(book)
    assert (book.stat().st_gid == 65533, stat.S_IMODE(book.stat().st_mode)) == (member, becomes)


@pytest.mark.slow
@only_root
def test_a_lock_that_somebody_elses_run_left(shared: Path) -> None:
    shared.chmod(0o777)
    (shared / ".deals.xlsx.pipesheet.lock").touch(0o644)
    (shared / "deals.xlsx").chmod(0o666)
    assert as_nobody(shared / "deals.xlsx") == (0, "")
    assert not (shared / ".deals.xlsx.pipesheet.lock").exists()


# Links and names


@proves("the workbook is a link", "its folder is a link")
@pytest.mark.parametrize("relative", [True, False])
def test_links(book: Path, tmp_path: Path, relative: bool) -> None:
    (tmp_path / "desk").mkdir()
    link, folder = tmp_path / "desk" / "shortcut.xlsx", tmp_path / "desk" / "all"
    link.symlink_to("../deals.xlsx" if relative else book)
    folder.symlink_to(".." if relative else tmp_path)
    receipt = write(link)
    assert receipt.backup is not None
    assert (receipt.path, receipt.backup.parents[2]) == (book, tmp_path)
    assert (link.is_symlink(), link.read_bytes()) == (True, NEW)
    book.write_bytes(BOOK)
    assert write(folder / "deals.xlsx").path == book
    assert folder.is_symlink()
    assert files(tmp_path) == {"deals.xlsx": NEW, "desk/shortcut.xlsx": NEW}


@proves("the output is a link to nothing yet")
def test_a_link_to_nothing(book: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "out.xlsx"
    link.symlink_to("there/new.xlsx")
    receipt = write(book, link)
    assert (receipt.path, receipt.backup) == (tmp_path / "there" / "new.xlsx", None)
    assert (link.is_symlink(), link.read_bytes()) == (True, NEW)


@proves("its link leads in a circle")
def test_links_in_a_circle(book: Path, tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.xlsx").symlink_to(tmp_path / f"{other}.xlsx")
    book.rename(tmp_path / "kept.xlsx")
    book.symlink_to(tmp_path / "a.xlsx")
    with refused("its link leads in a circle", tmp_path):
        write(book)


def test_a_report_that_is_a_link_stays_one(tmp_path: Path) -> None:
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    link.symlink_to("page.html")
    replace_text(link, "ä\n")
    assert (link.is_symlink(), page.read_bytes()) == (True, b"\xc3\xa4\n")


@proves("the workbook has a second name (a hard link)")
def test_hard_links(book: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    other.hardlink_to(book)
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW, "other.xlsx": BOOK}


@proves("the folder of the output is not there", "the output is a folder", "the output is a device or a pipe")
def test_places_that_are_none(book: Path, tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").mkdir()
    with refused("the output is a folder", tmp_path):
        write(book, tmp_path / "out.xlsx")
    (tmp_path / "out.xlsx").rmdir()
    os.mkfifo(tmp_path / "out.xlsx")
    with refused("the output is a device or a pipe", tmp_path):
        write(book, tmp_path / "out.xlsx")
    with refused("the folder of the output is not there", tmp_path):
        write(book, tmp_path / "nowhere" / "out.xlsx")


@proves("a file called .pipesheet lies there")
def test_no_place_for_backups(book: Path, tmp_path: Path) -> None:
    (tmp_path / ".pipesheet").write_text("mine")
    with refused("a file called .pipesheet lies there", tmp_path):
        write(book)


@proves("the output is there already")
def test_an_output_that_is_there(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    out.write_bytes(THEIRS)
    receipt = write(book, out)
    assert receipt.backup is not None
    assert receipt.backup.read_bytes() == THEIRS
    assert write(book, out).backup is None
    page = tmp_path / "out.html"
    for text in ("one", "two"):
        replace_text(page, text)
    assert len(list((tmp_path / ".pipesheet" / "backups").iterdir())) == 1


def test_the_default_output_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(BOOK)
    call = ["run", str(path), "--as-of", "2026-11-16"]
    assert CliRunner().invoke(main, call).exit_code == 0
    (tmp_path / "deals.pipesheet.xlsx").write_bytes(THEIRS)
    shown = CliRunner().invoke(main, call)
    (kept,) = (tmp_path / ".pipesheet" / "backups").iterdir()
    assert kept.read_bytes() == THEIRS
    assert f"Backup    {kept}" in shown.output


# Drives as networks have them


HELD = "a sync, a virus scan or another program holds it"
NUMBERS: list[tuple[int, int | None, str, bool]] = [
    # errno, Windows' own number, line of the page, tried again
    (errno.EBUSY, None, HELD, True), (errno.ETXTBSY, None, HELD, True), (errno.EAGAIN, None, HELD, True),
    (errno.EACCES, 5, HELD, True), (errno.EACCES, 32, HELD, True), (errno.EACCES, 33, HELD, True),
    (errno.EACCES, 1175, HELD, True), (errno.EACCES, 1176, HELD, True), (errno.EACCES, 1177, HELD, True),
    (errno.EACCES, None, "the system denies you to write", True),
    (errno.EPERM, None, "the system denies you to write", False),
    (errno.ESTALE, None, "a network drive goes away", True),
    (errno.ETIMEDOUT, None, "a network drive goes away", False), (errno.EIO, None, "a network drive goes away", False),
    (errno.ENOENT, 53, "a network drive goes away", False), (errno.EINVAL, 64, "a network drive goes away", False),
    (errno.EXDEV, None, "the drive cannot rename within the folder", False),
    (errno.EXDEV, 17, "the drive cannot rename within the folder", False),
    (errno.EROFS, None, "the whole disk is read-only", False),
    (errno.EACCES, 19, "the whole disk is read-only", False),
    (errno.ENOSPC, 112, "the disk is full, or your share of it", False),
    (errno.EINVAL, None, "the system says anything else", False),
    (errno.EINVAL, 87, "the system says anything else", False),
]  # fmt: skip


@proves(*{line for _, _, line, _ in NUMBERS}, "the drive fails for a moment when the file is renamed")
@pytest.mark.parametrize(("number", "winerror", "line", "again"), NUMBERS)
def test_renaming_fails(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, winerror: int | None, line: str,
    again: bool,
) -> None:  # fmt: skip
    """Always, then for a moment. With a number of Windows: what would be said and tried there."""
    out, waited, real = tmp_path / "out.xlsx", list[float](), os.replace
    monkeypatch.setattr(os, "replace", fail(number, winerror=winerror))
    with refused(line, tmp_path):
        write(book, out, sleep=waited.append)
    assert waited == (list(PAUSES) if again else [])
    with contextlib.suppress(Locked):
        write(book, sleep=patient)
    assert files(tmp_path) == {"deals.xlsx": BOOK}
    if again:
        monkeypatch.setattr(os, "replace", fail(number, winerror=winerror, times=len(PAUSES), real=real))
        write(book, out, sleep=patient)
        assert out.read_bytes() == NEW


def test_saved_while_we_wait_for_the_drive(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.xlsx"
    monkeypatch.setattr(os, "replace", fail(errno.EBUSY, times=1, real=os.replace))
    with pytest.raises(Changed):
        write(book, out, sleep=lambda _: book.write_bytes(THEIRS))
    assert files(tmp_path) == {"deals.xlsx": THEIRS}


@proves("the answer of a network drive is lost though the file was renamed")
@pytest.mark.parametrize("number", [errno.ENOENT, errno.ETIMEDOUT, errno.EIO, errno.EBUSY])
def test_an_answer_is_lost(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    real = os.replace

    def done_but_not_said(source: Path, target: Path) -> None:
        real(source, target)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", done_but_not_said)
    assert write(book).backup is not None
    assert files(tmp_path) == {"deals.xlsx": NEW}


@proves("the drive takes the old file away and then fails")
def test_a_drive_that_removes_first(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def removes(source: Path, target: Path) -> None:
        if target == book:
            book.unlink()
            raise OSError(errno.EIO, "Input/output error")
        real(source, target)

    book.chmod(0o640)
    monkeypatch.setattr(os, "replace", removes)
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}
    assert stat.S_IMODE(book.stat().st_mode) == 0o640


@proves("the drive cannot flush, neither files nor folders")
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_no_flushing(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(os, "fsync", fail(number))
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}


def test_a_flush_that_fails_is_no_flush_that_is_unknown(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", fail(errno.EIO))
    with refused("a network drive goes away", tmp_path):
        write(book, tmp_path / "out.xlsx")


def test_folders_that_cannot_be_flushed_by_themselves(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def only_files(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}


@proves("the drive keeps no rights of its own")
@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.EACCES])
def test_no_rights(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    for call in ("chmod", "chown", "utime"):
        monkeypatch.setattr(os, call, fail(number))
    write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}
    assert not stat.S_IMODE(book.stat().st_mode) & 0o077, "never wider than it was"


@proves("the drive knows no locks")
def test_no_locks(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them in tests/test_two_runs.py."""
    import fcntl

    monkeypatch.setattr(fcntl, "flock", fail(errno.ENOTSUP))
    with turn(book):
        write(book)
    assert files(tmp_path) == {"deals.xlsx": NEW}


@proves("it can be read at first, and then no more")
@pytest.mark.parametrize("which", ["deals.xlsx", "out.xlsx"])
def test_reading_fails_later(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    out, real = tmp_path / "out.xlsx", Path.read_bytes
    out.write_bytes(THEIRS)
    broken = list[str]()

    def read(path: Path) -> bytes:
        if path.name in broken:
            raise OSError(errno.EIO, "Input/output error")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", read)
        with pytest.raises(Locked) as caught:
            write(book, out, meanwhile=lambda: broken.append(which))
    says("it can be read at first, and then no more", caught.value)
    assert files(tmp_path) == {"deals.xlsx": BOOK, "out.xlsx": THEIRS}


def test_windows_flushes_no_folders_and_keeps_its_own_rights(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be called there: nothing that only other systems have, and no signal to a process."""
    called: list[str] = []
    for name in ("chown", "kill"):
        monkeypatch.setattr(os, name, lambda *_, name=name: called.append(name))
    monkeypatch.setattr(Path, "chmod", lambda *_: called.append("chmod"))
    monkeypatch.setattr(replacing, "WINDOWS", True)
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_mode))
    left = book.with_name(f".deals.xlsx.pipesheet-{os.uname().nodename}-{os.getpid()}-0123abcd.tmp")
    left.touch()
    write(book)
    assert called == []
    assert [stat.S_ISREG(mode) for mode in flushed] == [True, True]
    assert not left.exists(), "one in use could not be removed there"


# What the command says


def test_the_command_says_one_sentence_and_ends_with_3(book: Path, tmp_path: Path) -> None:
    (tmp_path / "~$deals.xlsx").write_bytes(excel_note("Mara Lindqvist"))
    done = CliRunner().invoke(main, ["run", str(book), "--in-place", "--as-of", "2026-11-16"])
    assert done.exit_code == 3
    says("somebody has it open in Excel", done.stderr.removeprefix("error: ").strip())


def test_the_function_raises_what_the_command_says(book: Path, tmp_path: Path) -> None:
    book.chmod(0o444)
    source = pipesheet.read(book)
    with refused("the file is read-only", tmp_path):
        write(source.path)


def test_what_the_system_says_stands_in_brackets(tmp_path: Path) -> None:
    error = denied(tmp_path / "deals.xlsx", OSError(errno.EBUSY, "Device or resource busy"), what="its copy: ")
    assert str(error).startswith("deals.xlsx was not written: its copy: another program holds it (Device or resource ")
    bare = denied(tmp_path / "deals.xlsx", OSError("no number"))
    assert str(bare).startswith("deals.xlsx was not written: the system did not allow it (no number). Look at the disk")


def test_a_file_may_be_replaced_in_a_folder_that_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    folder.mkdir()
    with pytest.raises(Locked, match="its folder does not answer or is gone"):
        replace_file(folder / "deals.xlsx", b"x", last_look=lambda: shutil.rmtree(folder))
    assert not files(tmp_path)
