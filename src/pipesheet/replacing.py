"""A file replaced in one step: written beside it, flushed to the disk, renamed.

The temporary file has the machine's name and the process id in its name, so that what a killed run leaves
behind is known and swept away by the next one: at once if that process of this machine is gone, else after
a day.

What the drive does not know is done without: a flush of a file or a folder, other people's rights. A
rename that fails for a moment (a virus scan, a sync, a network drive) is tried again a few times. The
Windows branches are held to what they do by tests on other systems, not run on Windows.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipesheet.denied import HELD_ON_WINDOWS, in_words
from pipesheet.errors import Locked

Look = Callable[[], object]
Sleep = Callable[[float], None]
PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""How long to wait, in seconds, before a rename that failed is tried again."""
WINDOWS = os.name == "nt"
DAY: Final = 24 * 60 * 60.0
_PASSING: Final = frozenset({errno.EBUSY, errno.EACCES, errno.EAGAIN, errno.ETXTBSY, getattr(errno, "ESTALE", None)})
_NO_FLUSH: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
_SHOWN: Final = 40
"""As much of a name stands in the names of what lies beside it; a name may be as long as names can be."""


def _nothing() -> None:
    """No last look."""


def replace_file(
    target: Path, data: bytes, *, like: Path | None = None, last_look: Look = _nothing, sleep: Sleep = time.sleep
) -> None:
    """Puts `data` at `target` whole: at any moment the old file or the new one is there.

    Permissions are those of `target`, or of `like` where there is no target yet; owner and group as far as
    we may give files away. `last_look` is called when all that is left is to change the names, each time
    that is tried, and may still raise. Where the old file has a second name (a hard link), that name keeps
    the old file, whole.

    Raises:
        Locked: the file or its folder is read-only, held by another program, or the disk is full.
    """
    refuse_read_only(target)
    with in_words(target):
        put_whole(target, data, like=like, last_look=last_look, sleep=sleep)


def put_whole(
    target: Path, data: bytes, *, like: Path | None = None, last_look: Look = _nothing, sleep: Sleep = time.sleep
) -> None:
    """The same, with the system's own errors."""
    temporary = beside(target, f"{_machine()}-{os.getpid()}-{os.urandom(4).hex()}.tmp", "-")
    model = target if target.exists() else like
    try:
        _write_through(temporary, data, private=model is not None)
        if model is not None:
            _take_rights(temporary, model)
        last_look()
        _rename(temporary, target, data, last_look, sleep)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def beside(target: Path, ending: str, sign: str = ".") -> Path:
    """A hidden file of ours beside `target`, with its name in its own."""
    return target.with_name(f".{target.name[:_SHOWN]}.pipesheet{sign}{ending}")


def refuse_read_only(target: Path) -> None:
    """Raises Locked where the file or its folder is not to be written, even if we could."""
    with in_words(target):
        _refuse_read_only(target)


def _refuse_read_only(target: Path) -> None:
    if not target.parent.is_dir():
        raise Locked(target, f"its folder {target.parent} does not exist", "Make the folder or choose another.")
    if target.is_dir():
        raise Locked(target, "there is a folder of that name", "Choose another name.")
    if target.exists() and not target.is_file():
        raise Locked(target, "there is something of that name that is not a file", "Choose another name.")
    for path, what in ((target, "it is"), (target.parent, "its folder is")):
        if path.exists() and (not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK)):
            raise Locked(target, f"{what} read-only", "Make it writable, or write to another place.")


def _rename(temporary: Path, target: Path, data: bytes, last_look: Look, sleep: Sleep) -> None:
    there = target.exists()
    for pause in (*PAUSES, None):
        error = _failed(temporary, target)
        if error is None or _arrived(temporary, target, data):
            return
        if there and not target.exists():  # Some drives take the old file away first and fail then.
            _write_through(target, data, private=True)
            _take_rights(target, temporary)
            return
        if pause is None or not _may_pass(error):
            raise error
        sleep(pause)
        last_look()


def _failed(temporary: Path, target: Path) -> OSError | None:
    try:
        os.replace(temporary, target)
    except OSError as error:
        return error
    return None


def _arrived(temporary: Path, target: Path, data: bytes) -> bool:
    """Whether it was done all the same: over a network the answer may be lost, and a second try fails."""
    try:
        return not temporary.exists() and target.read_bytes() == data
    except OSError:
        return False


def _may_pass(error: OSError) -> bool:
    on_windows = getattr(error, "winerror", None)
    return on_windows in HELD_ON_WINDOWS if on_windows is not None else error.errno in _PASSING


def sweep(folder: Path, name: str, now: float | None) -> None:
    """Removes what killed runs left of the files whose names match `name`; one under way keeps its file.

    `now` is the folder's time; without it nothing is too old.
    """
    left = re.compile(rf"\.{name}\.pipesheet-(?P<machine>.+)-(?P<process>[0-9]+)-[0-9a-f]{{8}}\.tmp")
    # A folder that cannot be listed is refused later, in words.
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = left.fullmatch(path.name)
            if found and _is_over(path, found["machine"], int(found["process"]), now):
                path.unlink()


def shown(name: str) -> str:
    """As much of a name as `sweep` finds in the names of temporary files, as a pattern."""
    return re.escape(name[:_SHOWN])


def _is_over(path: Path, machine: str, process: int, now: float | None) -> bool:
    if machine == _machine() and not _alive(process):
        return True
    return now is not None and now - path.stat().st_mtime > DAY


def _machine() -> str:
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return re.sub(r"[^0-9A-Za-z.-]", "_", name)[:63] or "machine"


def _alive(process: int) -> bool:
    if WINDOWS:  # There the signal would end it; but a file in use cannot be removed either.
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _write_through(path: Path, data: bytes, *, private: bool) -> None:
    """A new file, on the disk when this returns; `private`: nobody else may read it meanwhile."""
    # Made anew, never opened: a link that somebody put there would lead the data elsewhere.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o600 if private else 0o666), "wb") as file:
        file.write(data)
        file.flush()
        _flush(file.fileno())


def _flush(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def _take_rights(path: Path, like: Path) -> None:
    """Owner, group and permissions of `like`, as far as the drive and our own rights go; never wider ones."""
    if WINDOWS:
        return
    known = like.stat()
    for user in (known.st_uid, -1):  # Only root may give a file to somebody, but a member to a group.
        with contextlib.suppress(OSError):
            os.chown(path, user, known.st_gid)
            break
    mode = stat.S_IMODE(known.st_mode)
    if path.stat().st_gid != known.st_gid:  # Another group may do what everybody may.
        mode = mode & ~0o070 | (mode & 0o007) << 3
    with contextlib.suppress(OSError):
        path.chmod(mode)


def sync_folder(folder: Path) -> None:
    """Puts the names in a folder on the disk, where the system does that."""
    if WINDOWS:
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
