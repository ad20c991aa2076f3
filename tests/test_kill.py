"""Killed at any point, a write leaves the old workbook or the new one, whole, and the next run tidies up.

Another process writes into the workbook. Either it kills itself right before its first step on the disk,
its second, and so on to the last: a file opened, locked, flushed, renamed, given rights, removed. Or it
writes again and again and tells of every such step; after so many of them, drawn by a seed, it is killed
from outside, wherever it is by then, in the middle of a file as well. Half of those kills count only what
opens a file for writing or renames one: there it could go wrong.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from grafting import NAMES, members, plans, users_book, zipped
from pipesheet.writer import write_sheets
from pipesheet.xlsx.package import Package

ANOTHER_PROCESS = """
import itertools, os, signal, sys
sys.path.insert(0, sys.argv[1])
from grafting import NAMES, plans
from pipesheet.writer import write_sheets
folder = sys.argv[2]
STEPS = {"os.rename", "os.remove", "os.mkdir", "os.chmod", "os.chown", "os.utime", "fcntl.flock", "fsync"}

def write(deals, out):
    out = out and os.path.join(folder, out)
    write_sheets(os.path.join(folder, "deals.xlsx"), lambda names, _: plans(names, deals=deals), out, names=NAMES)

def tell(event, about):
    if event == "open" or event.startswith("os."):
        writes = event == "os.rename" or event == "open" and about[2] & (os.O_WRONLY | os.O_RDWR)
        os.write(1, b"w" if writes else b".")

def again_and_again():
    sys.addaudithook(tell)
    for run in itertools.count():
        write(1 + run % 2, None)

def until(step, out):
    steps, sync = itertools.count(1), os.fsync
    def count(event, about):
        if event in STEPS or event == "open" and str(about[0]).startswith(folder):
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(1, event.encode() + b"\\n")
    def flush(handle):
        count("fsync", ())
        sync(handle)
    os.fsync = flush
    sys.addaudithook(count)
    write(2, out)

for order in iter(sys.stdin.readline, ""):
    child = os.fork()
    if child == 0:
        try:
            os.write(1, b"%d\\n" % os.getpid())
            if order.startswith("until"):
                _, step, *out = order.split()
                until(int(step), out[0] if out else None)
            else:
                again_and_again()
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    os.write(1, b"gone\\n")
"""
"""A process for each line it is given: starting them from a warm one costs next to nothing."""


class Writer:
    """The other process."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        assert program.stdin is not None
        assert program.stdout is not None
        self._orders: IO[bytes] = program.stdin
        self._told: IO[bytes] = program.stdout

    def kill_after(self, events: int, *, of: bytes) -> None:
        """Lets it write, kills it after so many events of those kinds, and returns when it is gone."""
        self._orders.write(b"write\n")
        child = int(self._told.readline())
        while events:
            told = self._told.read(1)
            assert told in (b"w", b"."), "it ended by itself"
            events -= told in of
        os.kill(child, signal.SIGKILL)
        assert self._told.readline().endswith(b"gone\n")

    def steps_until(self, step: int, out: str | None) -> list[str]:
        """Lets it write up to a step and kill itself there; the steps it took, all of a write if there are fewer."""
        self._orders.write(f"until {step} {out or ''}\n".encode())
        assert int(self._told.readline())
        return [line.decode().strip() for line in iter(self._told.readline, b"gone\n")]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    # A picture of some megabytes makes the writing itself take its time, so that kills fall into it.
    path.write_bytes(zipped({**members(users_book()), "xl/media/photo.png": random.Random(0).randbytes(2 << 20)}))
    return path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(Path(__file__).parent), str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0, start_new_session=True) as program:
        try:
            yield Writer(program)
        finally:  # A child of it may still be writing.
            os.killpg(program.pid, signal.SIGKILL)


def write(book: Path, deals: int, out: Path | None = None) -> bytes:
    write_sheets(book, lambda names, _: plans(names, deals=deals), out, names=NAMES)
    return (out or book).read_bytes()


def leftovers(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.name.endswith((".tmp", ".lock"))]


def backups(folder: Path) -> set[bytes]:
    return {p.read_bytes() for p in folder.glob(".pipesheet/backups/*.xlsx") if not p.name.startswith(".")}


# Before each step


STEPS = [
    "open", "fcntl.flock", "os.utime",  # its turn
    "os.mkdir", "os.mkdir", "fsync",  # the folder of backups
    "open", "fsync", "os.chown", "os.chmod", "os.rename", "fsync",  # the backup
    "open", "fsync", "os.chown", "os.chmod", "os.rename", "fsync",  # the workbook
    "os.remove",  # its turn is over
]  # fmt: skip
"""What a write does on the disk, in this order; reading comes between."""


@pytest.mark.slow
@pytest.mark.parametrize("out", [None, "out.xlsx"])
def test_killed_before_each_step(writer: Writer, tmp_path: Path, out: str | None) -> None:
    book, target = tmp_path / "deals.xlsx", tmp_path / (out or "deals.xlsx")
    original, typed = users_book(), users_book(sheets=("Deals", "Mine"))
    old = typed if out else original

    def as_before() -> None:
        shutil.rmtree(tmp_path / ".pipesheet", ignore_errors=True)
        for path in (*leftovers(tmp_path), target):
            path.unlink(missing_ok=True)
        book.write_bytes(original)
        if out:
            target.write_bytes(typed)

    as_before()
    new = write(book, 2, target if out else None)
    as_before()
    taken = writer.steps_until(0, out)
    rest = iter(taken)
    assert all(step in rest for step in STEPS), "in this order, among others"
    ends = []
    for step in range(1, len(taken) + 1):
        as_before()
        assert writer.steps_until(step, out) == taken[: step - 1]
        there = target.read_bytes()
        ends.append((there == new, old in backups(tmp_path)))
        assert there in (old, new)
        assert not out or book.read_bytes() == original
        assert backups(tmp_path) <= {old}
        assert write(book, 2, target if out else None) == new
        assert not leftovers(tmp_path), "the next run sweeps them"
        assert backups(tmp_path) == {old}
    assert ends == sorted(ends), "once it is there, it stays"
    assert set(ends) == {(False, False), (False, True), (True, True)}, "the backup first"


# At any point


def kill_often(writer: Writer, book: Path, *, kills: int, seed: int) -> int:
    """Kills it that often, looks at what is there each time, and returns how often it left something."""
    whole = {book.read_bytes(), *(write(book, deals) for deals in (3, 1, 2))}
    draw = random.Random(seed)
    left = 0
    for kill in range(kills):
        if kill % 2:
            writer.kill_after(draw.randint(1, 30), of=b"w.")
        else:
            writer.kill_after(draw.randint(1, 6), of=b"w")
        assert {book.read_bytes(), *backups(book.parent)} <= whole, "neither the old file nor the new one"
        assert Package(book.read_bytes()).workbook
        left += bool(leftovers(book.parent))
        assert write(book, 3) in whole
        assert not leftovers(book.parent), "the next run sweeps them"
        assert {p.name for p in book.parent.iterdir()} == {"deals.xlsx", ".pipesheet"}
    return left


def test_killed_at_a_few_points(writer: Writer, book: Path) -> None:
    kill_often(writer, book, kills=15, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_killed_at_many_points(writer: Writer, book: Path, seed: int) -> None:
    left = kill_often(writer, book, kills=50, seed=seed)
    assert left, "some of fifty kills fall while a file is half written"
