"""One run at a time at one file: the others wait a while, and then say so.

An empty file lies beside the target while somebody's turn lasts, locked by the system (`flock`, on
Windows a locked byte). The lock ends with the process that holds it, however it ends, so what a killed
run leaves blocks nobody, and the next turn takes it away. Where the file system knows no locks there are
no turns, and the last look before the file is replaced is all that keeps two runs apart.

The Windows branches are held to what they call by tests on other systems, not run on Windows.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

from pipesheet.errors import Locked
from pipesheet.replacing import beside

Sleep = Callable[[float], None]
PAUSES: Final = tuple(0.05 * 2**n for n in range(8))
"""How long to wait between the attempts, in seconds; about thirteen together."""
WINDOWS = os.name == "nt"
_ANOTHERS: Final = -1


@contextmanager
def turn(target: Path, *, sleep: Sleep = time.sleep) -> Iterator[float | None]:
    """The time in which this run alone writes `target`; what it gives is that folder's own time of day.

    That is the time by which leftovers there are old, whatever the clocks of the machines say; None where
    it is not to be had.

    Raises:
        Locked: another run has it and does not come to its end.
    """
    note = beside(target, "lock")
    handle = _taken(note, target, sleep)
    try:
        yield None if handle is None else _moment(handle)
    finally:
        if handle is not None:
            _give_back(handle, note)


def left_over(target: Path) -> bool:
    """Whether a killed run's note lies there, or that of a run under way."""
    return beside(target, "lock").exists()


def _taken(note: Path, target: Path, sleep: Sleep) -> int | None:
    """The handle that holds the lock, None where there are no locks."""
    for pause in (*PAUSES, None):
        handle = _attempt(note)
        if handle != _ANOTHERS:
            return handle
        if pause is not None:
            sleep(pause)
    raise Locked(target, "another run of pipesheet is writing it", "Wait until that is done and run again.")


def _attempt(note: Path) -> int | None:
    try:
        handle = _open(note)
    except OSError:  # What is wrong with the folder is said when the file itself is written.
        return None
    answer = _lock(handle, note)
    if answer is None:
        _give_back(handle, note)
    elif answer == _ANOTHERS:
        os.close(handle)
    return answer


def _open(note: Path) -> int:
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_TEMPORARY", 0)
    try:
        return os.open(note, os.O_RDWR | flags, 0o666)
    except PermissionError:  # Left by a run of somebody else's; to read it is enough for a lock.
        return os.open(note, os.O_RDONLY)


def _lock(handle: int, note: Path) -> int | None:
    """The handle if the lock is ours now."""
    try:
        if WINDOWS:
            windows = import_module("msvcrt")
            windows.locking(handle, windows.LK_NBLCK, 1)
            return handle
        posix = import_module("fcntl")
        posix.flock(handle, posix.LOCK_EX | posix.LOCK_NB)
        # The one before us took the file away with its lock: ours is then on a file without a name.
        return handle if os.path.samestat(os.fstat(handle), os.stat(note)) else _ANOTHERS
    except (BlockingIOError, PermissionError, FileNotFoundError):
        return _ANOTHERS
    except OSError:
        return None


def _moment(handle: int) -> float | None:
    with contextlib.suppress(OSError, TypeError):  # Windows sets no time by a handle.
        os.utime(handle)
        return os.fstat(handle).st_mtime
    return None


def _give_back(handle: int, note: Path) -> None:
    if not WINDOWS:  # There the file goes when it is closed.
        with contextlib.suppress(OSError):
            note.unlink()
    os.close(handle)
