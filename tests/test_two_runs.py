"""Two runs at one file: they take turns, and each is done or says why not.

The other run is another process. In the rounds both set out at once and the system decides who is first;
what is checked holds whoever that is. In the rest the other one is held still where it matters.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from grafting import NAMES, at_once, plans, users_book
from pipesheet import turns
from pipesheet.errors import Changed, Locked
from pipesheet.receipt import Receipt
from pipesheet.turns import turn
from pipesheet.writer import write_sheets

ORIGINAL = users_book()
TYPED = users_book(sheets=("Deals", "Mine"))
ANOTHER_RUN = """
import os, sys
sys.path.insert(0, sys.argv[1])
from grafting import NAMES, plans
from pipesheet.errors import PipesheetError
from pipesheet.writer import write_sheets
deals, replace = int(sys.argv[2]), os.replace

def held(source, target):
    if not "backups" in str(target):
        print("holding", flush=True)
        sys.stdin.readline()
    replace(source, target)

for line in iter(sys.stdin.readline, ""):
    how, book, out = line.rstrip("\\n").split("\\t")
    os.replace = held if how == "hold" else replace
    try:
        write_sheets(book, lambda names, _: plans(names, deals=deals), out or None, names=NAMES)
        print("done", flush=True)
    except PipesheetError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
"""


class Run:
    """A run in another process."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        assert program.stdin is not None
        assert program.stdout is not None
        self._orders: IO[str] = program.stdin
        self._told: IO[str] = program.stdout
        self._program = program

    def start(self, book: Path, out: Path | None = None, *, how: str = "run") -> None:
        self.go_on(f"{how}\t{book}\t{out or ''}")

    def go_on(self, order: str = "") -> None:
        self._orders.write(f"{order}\n")
        self._orders.flush()

    def kill(self) -> None:
        self._program.kill()
        self._program.wait()

    def said(self) -> str:
        return self._told.readline().strip()


@contextlib.contextmanager
def another_run(deals: int) -> Iterator[Run]:
    command = [sys.executable, "-c", ANOTHER_RUN, str(Path(__file__).parent), str(deals)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        try:
            yield Run(program)
        finally:
            program.kill()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(ORIGINAL)
    return path


def write(path: Path, *, deals: int = 2, sleep: Callable[[float], None] = at_once) -> Receipt:
    return write_sheets(path, lambda names, _: plans(names, deals=deals), names=NAMES, sleep=sleep)


def result(folder: Path, *deals: int) -> bytes:
    """What becomes of the original after such writes."""
    folder.mkdir(exist_ok=True)
    path = folder / "deals.xlsx"
    path.write_bytes(ORIGINAL)
    for number in deals:
        write(path, deals=number)
    return path.read_bytes()


def kept(folder: Path) -> set[bytes]:
    return {p.read_bytes() for p in (folder / ".pipesheet" / "backups").iterdir()}


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


# Both at once


def rounds_in_place(tmp_path: Path, count: int) -> None:
    orders = ((1,), (2,), (1, 2), (2, 1))
    ends: dict[tuple[int, ...], bytes] = {order: result(tmp_path / "known", *order) for order in orders}
    with another_run(1) as one, another_run(2) as two:
        for number in range(count):
            folder = tmp_path / str(number)
            folder.mkdir()
            book = folder / "deals.xlsx"
            book.write_bytes(ORIGINAL)
            for run in (one, two):
                run.start(book)
            said = {1: one.said(), 2: two.said()}
            done = [deals for deals, what in said.items() if what == "done"]
            assert done
            for what in said.values():
                assert what == "done" or what.startswith("Changed: deals.xlsx was not written: somebody saved it")
            possible = [ends[(done[0],)]] if len(done) == 1 else [ends[(1, 2)], ends[(2, 1)]]
            assert book.read_bytes() in possible
            assert kept(folder) in ([{ORIGINAL}] if len(done) == 1 else [{ORIGINAL, ends[(n,)]} for n in (1, 2)])
            assert names(folder) == {"deals.xlsx", ".pipesheet"}


def rounds_to_one_output(tmp_path: Path, count: int) -> None:
    ends = {deals: result(tmp_path / "known", deals) for deals in (1, 2)}
    with another_run(1) as one, another_run(2) as two:
        for number in range(count):
            folder = tmp_path / str(number)
            folder.mkdir()
            books = folder / "a.xlsx", folder / "b.xlsx"
            out = folder / "out.xlsx"
            for path, data in zip((*books, out), (ORIGINAL, ORIGINAL, TYPED), strict=True):
                path.write_bytes(data)
            for run, book in zip((one, two), books, strict=True):
                run.start(book, out)
            assert (one.said(), two.said()) == ("done", "done"), "each writes over what it finds, and keeps that"
            last = out.read_bytes()
            assert last in ends.values()
            assert kept(folder) == {TYPED, *ends.values()} - {last}
            assert names(folder) == {"a.xlsx", "b.xlsx", "out.xlsx", ".pipesheet"}


def test_a_few_rounds_in_place(tmp_path: Path) -> None:
    rounds_in_place(tmp_path, 3)


@pytest.mark.slow
def test_a_few_rounds_to_one_output(tmp_path: Path) -> None:
    rounds_to_one_output(tmp_path, 8)


@pytest.mark.slow
def test_many_rounds(tmp_path: Path) -> None:
    for what in (rounds_in_place, rounds_to_one_output):
        (tmp_path / what.__name__).mkdir()
        what(tmp_path / what.__name__, 150)


# One is held right before the names are changed


@pytest.fixture
def other(book: Path) -> Iterator[Run]:
    with another_run(1) as run:
        run.start(book, how="hold")
        assert run.said() == "holding"
        yield run


def test_the_second_waits_for_the_first_and_finds_another_file(book: Path, other: Run, tmp_path: Path) -> None:
    def let_it_end(_: float) -> None:
        other.go_on()
        assert other.said() == "done"

    with pytest.raises(Changed):
        write(book, sleep=let_it_end)
    assert book.read_bytes() == result(tmp_path / "known", 1)


def test_the_second_waits_so_long_and_no_longer(book: Path, other: Run, tmp_path: Path) -> None:
    waited: list[float] = []
    with pytest.raises(Locked) as told:
        write(book, sleep=waited.append)
    assert str(told.value) == (
        "deals.xlsx was not written: another run of pipesheet is writing it. Wait until that is done and run again."
    )
    assert waited == list(turns.PAUSES)
    assert 10 < sum(waited) < 15
    assert book.read_bytes() == ORIGINAL
    other.go_on()
    assert other.said() == "done", "it was not disturbed"
    assert names(tmp_path) == {"deals.xlsx", ".pipesheet"}


def test_what_is_killed_in_its_turn_blocks_nobody(book: Path, other: Run, tmp_path: Path) -> None:
    other.kill()
    assert other.said() == ""
    assert len(names(tmp_path)) == 4, "its note and its half of a file lie there"
    write(book)
    assert names(tmp_path) == {"deals.xlsx", ".pipesheet"}


def test_another_file_in_the_folder_waits_for_nobody(other: Run, tmp_path: Path) -> None:
    second = tmp_path / "more.xlsx"
    second.write_bytes(ORIGINAL)
    write(second)
    other.go_on()
    assert other.said() == "done"


def test_who_has_nothing_to_write_neither_waits_nor_disturbs(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(ORIGINAL)
    write(path)
    with turn(path):
        note = names(tmp_path)
        write(path, sleep=lambda _: None)
        assert names(tmp_path) == note
    assert names(tmp_path) == {"deals.xlsx", ".pipesheet"}


# Turns


def test_the_note_of_the_one_before_is_no_lock(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wait at one note; the first takes the note away with its lock, and a third lays a new one."""
    note = book.with_name(".deals.xlsx.pipesheet.lock")
    opened = turns._open
    waits: list[float] = []

    def slow(path: Path) -> int:
        handle = opened(path)
        if not waits:
            path.unlink()
            path.touch()
        return handle

    monkeypatch.setattr(turns, "_open", slow)
    with turn(book, sleep=waits.append):
        assert waits == [turns.PAUSES[0]], "it looked again"
    assert not note.exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EBADF])
def test_where_the_drive_knows_no_locks_there_are_no_turns(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    import fcntl

    def unknown(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with turn(book) as now:
        assert now is None
    write(book)
    assert names(tmp_path) == {"deals.xlsx", ".pipesheet"}


def test_a_note_that_cannot_be_laid_stops_nobody(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(turns, "_open", full)
    with turn(book) as now:
        assert now is None


def test_a_note_of_somebody_elses_can_be_locked_too(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = book.with_name(".deals.xlsx.pipesheet.lock")
    note.touch()
    opened = os.open

    def only_to_read(path: Path, flags: int, *more: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "open", only_to_read)
    with turn(book), pytest.raises(Locked), turn(book, sleep=lambda _: None):
        pass
    assert not note.exists()


def test_on_windows_a_byte_is_locked_and_the_note_goes_when_it_is_closed(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be called there; the flag that deletes a file when it is closed is one that does nothing here."""

    class Windows:
        LK_NBLCK = 2
        free = True
        calls: list[tuple[int, int]] = []  # noqa: RUF012

        @classmethod
        def locking(cls, _: int, how: int, size: int) -> None:
            cls.calls.append((how, size))
            if not cls.free:
                raise PermissionError(errno.EACCES, "Permission denied")

    opened: list[int] = []
    open_here = os.open

    def opens(path: Path, flags: int, *more: int) -> int:
        opened.append(flags)
        return open_here(path, flags & ~(1 << 30), *more)

    monkeypatch.setitem(sys.modules, "msvcrt", Windows)
    monkeypatch.setattr(turns, "WINDOWS", True)
    monkeypatch.setattr(os, "O_TEMPORARY", 1 << 30, raising=False)
    monkeypatch.setattr(os, "open", opens)
    with turn(book):
        assert Windows.calls == [(Windows.LK_NBLCK, 1)]
        assert all(flags & os.O_CREAT and flags & 1 << 30 for flags in opened)
        Windows.free = False
        with pytest.raises(Locked, match="another run"), turn(book, sleep=lambda _: None):
            pass
    assert book.with_name(".deals.xlsx.pipesheet.lock").exists(), "it is not ours to remove"
