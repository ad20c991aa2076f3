"""A file replaced in one step, and the copies kept of what was there before.

The temporary file has the process id in its name, so that what a killed run leaves behind is known
and swept away by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from pipesheet.errors import Locked

BACKUPS = Path(".pipesheet") / "backups"
KEPT_BACKUPS = 5
_BINARY = getattr(os, "O_BINARY", 0)


def replace_file(
    target: Path, data: bytes, *, like: Path | None = None, last_look: Callable[[], object] | None = None
) -> None:
    """Puts `data` at `target` whole: at any moment the old file or the new one is there.

    Permissions and owner are those of `target`, or of `like` where there is no target yet. `last_look`
    is called when all that is left is to change the names, and may still raise.

    Raises:
        Locked: the file or its folder is read-only, held by another program, or the disk is full.
    """
    refuse_read_only(target)
    try:
        _replace(target, data, like=like, last_look=last_look)
    except OSError as error:
        raise Locked(
            target,
            f"the system did not allow it ({error.strerror or error})",
            "Close it in other programs, see to the room on the disk, and run again.",
        ) from error


def _replace(target: Path, data: bytes, *, like: Path | None, last_look: Callable[[], object] | None = None) -> None:
    temporary = target.with_name(f".{target.name}.pipesheet-{os.getpid()}.tmp")
    model = target if target.exists() else like
    try:
        _write_through(temporary, data, private=model is not None)
        _take_permissions(temporary, model)
        if last_look is not None:
            last_look()
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def refuse_read_only(target: Path) -> None:
    """Raises Locked where the file or its folder is not to be written, even if we could."""
    if not target.parent.is_dir():
        raise Locked(target, f"its folder {target.parent} does not exist", "Make the folder or choose another.")
    if target.is_dir():
        raise Locked(target, "there is a folder of that name", "Choose another name.")
    for path, what in ((target, "it is"), (target.parent, "its folder is")):
        if path.exists() and (not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK)):
            raise Locked(target, f"{what} read-only", "Make it writable, or write to another place.")


def keep_backup(target: Path, data: bytes) -> Path:
    """Keeps `data`, named by its content, below the folder of `target`; the newest five stay.

    Raises:
        Locked: the backup cannot be written, so nothing else will be.
    """
    refuse_read_only(target)
    folder = target.parent / BACKUPS
    backup = folder / f"{target.stem}.{hashlib.sha256(data).hexdigest()[:12]}{target.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if backup.is_file() and backup.read_bytes() == data:
            os.utime(backup)
        else:
            _replace(backup, data, like=target)
        _forget_old(backup, target)
    except OSError as error:
        raise Locked(
            target,
            f"its backup cannot be kept ({error.strerror or error})",
            f"See to {folder} and to the room on the disk, or write to another file.",
        ) from error
    return backup


def _backup_name(target: Path) -> str:
    """A pattern of the names that backups of `target` have."""
    return re.escape(target.stem) + r"\.[0-9a-f]{12}" + re.escape(target.suffix)


def _forget_old(newest: Path, target: Path) -> None:
    mine = re.compile(_backup_name(target))
    others = [p for p in newest.parent.iterdir() if mine.fullmatch(p.name) and p != newest]
    others.sort(key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)
    for old in others[KEPT_BACKUPS - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()


def sweep(target: Path) -> None:
    """Removes what killed runs left beside `target` and its backups; one under way keeps its file."""
    _sweep(target.parent, re.escape(target.name))
    _sweep(target.parent / BACKUPS, _backup_name(target))


def _sweep(folder: Path, name: str) -> None:
    left = re.compile(rf"\.{name}\.pipesheet-([0-9]+)\.tmp")
    # A folder that cannot be listed is refused later, in words.
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            found = left.fullmatch(path.name)
            if found and not _alive(int(found.group(1))):
                path.unlink()


def _alive(process: int) -> bool:
    if os.name == "nt":  # There the signal would end it; but a file in use cannot be removed either.
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
    path.unlink(missing_ok=True)
    # Made anew, never opened: a link that somebody put there would lead the data elsewhere.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600 if private else 0o666)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _take_permissions(path: Path, like: Path | None) -> None:
    if like is None or os.name == "nt":
        return
    known = like.stat()
    with contextlib.suppress(OSError):  # Only root may give a file away.
        os.chown(path, known.st_uid, known.st_gid)
    path.chmod(stat.S_IMODE(known.st_mode))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
