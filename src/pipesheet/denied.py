"""What the system answers when it does not let a file be written, as a sentence that says what to do.

An error has a number, and on Windows a second one that says more. Those of one cause share a sentence;
the system's own words stand in it in brackets.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipesheet.errors import Locked

HELD_ON_WINDOWS = frozenset({5, 32, 33, 1175, 1176, 1177})
"""Denied (as it is while somebody has the file open), shared, locked, and three of replacing a file."""


def _numbers(*names: str) -> frozenset[int]:
    """Errors by name; not every system knows each."""
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


_CAUSES: tuple[tuple[frozenset[int], frozenset[int], str, str], ...] = (
    (
        _numbers("EBUSY", "ETXTBSY", "EAGAIN"), HELD_ON_WINDOWS, "another program holds it",
        "Close it in other programs, let a sync or a virus scan come to its end, and run again.",
    ),
    (
        _numbers("ENOSPC", "EDQUOT", "EFBIG"), frozenset({39, 112}), "there is no room for it on the disk",
        "Make room there or write to another place, and run again.",
    ),
    (
        _numbers("EACCES", "EPERM"), frozenset(), "you may not write there",
        "Ask for the right to write in its folder, or write to another place.",
    ),
    (_numbers("EROFS"), frozenset({19}), "its disk is read-only", "Write to another place."),
    (
        _numbers("ESTALE", "EIO", "ENOENT", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN", "ENETDOWN", "ENODEV", "ENXIO"),
        frozenset({53, 59, 64, 67, 121, 1231}), "its folder does not answer or is gone",
        "See to the drive or the connection to it, and run again.",
    ),
    (
        _numbers("EXDEV"), frozenset({17}), "its folder does not let a file be replaced in one step",
        "Copy the workbook to a folder of this machine and run there.",
    ),
    (
        _numbers("EEXIST", "ENOTDIR", "EISDIR"), frozenset({80, 183, 267}), "something else of that name is in the way",
        "Move it away or write to another place, and run again.",
    ),
    (_numbers("ENAMETOOLONG"), frozenset({206}), "its name is too long", "Give it a shorter name and run again."),
)  # fmt: skip
_OTHERWISE = ("the system did not allow it", "Look at the disk and the folder, and run again.")


def denied(path: Path, error: OSError, *, what: str = "") -> Locked:
    """The error for a file that could not be written; `what` says of what, where it is not the file itself."""
    why, what_to_do = _cause(error)
    return Locked(path, f"{what}{why} ({error.strerror or error})", what_to_do)


def _cause(error: OSError) -> tuple[str, str]:
    on_windows = getattr(error, "winerror", None)
    for numbers, theirs, why, what_to_do in _CAUSES:
        if on_windows in theirs if on_windows is not None else error.errno in numbers:
            return why, what_to_do
    return _OTHERWISE


@contextmanager
def in_words(path: Path, *, what: str = "") -> Iterator[None]:
    """Lets what the system denies come out as a sentence about `path`."""
    try:
        yield
    except OSError as error:
        raise denied(path, error, what=what) from error
