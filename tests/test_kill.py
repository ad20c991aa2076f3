"""Killed at any point, a write leaves the old workbook or the new one, whole, and the next run tidies up.

Another process writes into the workbook again and again and tells of every file it opens, renames or
removes; after so many of them, drawn by a seed, it is killed, wherever it is by then. Half of the
kills count only what opens a file for writing or renames one: there it could go wrong.
"""

from __future__ import annotations

import os
import random
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

WRITES_AGAIN_AND_AGAIN = """
import itertools, os, sys
sys.path.insert(0, sys.argv[1])
from grafting import NAMES, plans
from pipesheet.writer import write_sheets

def tell(event, about):
    if event == "open" or event.startswith("os."):
        writes = event == "os.rename" or event == "open" and about[2] & (os.O_WRONLY | os.O_RDWR)
        os.write(1, b"w" if writes else b".")

def write(deals):
    write_sheets(sys.argv[2], lambda names, _: plans(names, deals=deals), names=NAMES)

for _ in iter(sys.stdin.readline, ""):
    child = os.fork()
    if child == 0:
        try:
            os.write(1, b"%d\\n" % os.getpid())
            sys.addaudithook(tell)
            for run in itertools.count():
                write(1 + run % 2)
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


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    # A picture of some megabytes makes the writing itself take its time, so that kills fall into it.
    path.write_bytes(zipped({**members(users_book()), "xl/media/photo.png": random.Random(0).randbytes(2 << 20)}))
    return path


@pytest.fixture
def writer(book: Path) -> Iterator[Writer]:
    command = [sys.executable, "-c", WRITES_AGAIN_AND_AGAIN, str(Path(__file__).parent), str(book)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0, start_new_session=True) as program:
        try:
            yield Writer(program)
        finally:  # A child of it may still be writing.
            os.killpg(program.pid, signal.SIGKILL)


def write(book: Path, deals: int) -> bytes:
    write_sheets(book, lambda names, _: plans(names, deals=deals), names=NAMES)
    return book.read_bytes()


def leftovers(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.name.endswith(".tmp")]


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
        backups = [p for p in (book.parent / ".pipesheet" / "backups").iterdir() if p.suffix == ".xlsx"]
        assert all(p.read_bytes() in whole for p in (book, *backups)), "neither the old file nor the new one"
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
