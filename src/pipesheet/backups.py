"""The copies kept of what was there before: in `.pipesheet/backups` beside the file, the newest five."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from pathlib import Path

from pipesheet.denied import in_words
from pipesheet.replacing import Sleep, put_whole, refuse_read_only, shown, sweep, sync_folder

BACKUPS = Path(".pipesheet") / "backups"
KEPT_BACKUPS = 5


def keep_backup(target: Path, data: bytes, *, sleep: Sleep = time.sleep) -> Path:
    """Keeps `data`, named by its content, below the folder of `target`; the newest five stay.

    Raises:
        Locked: the backup cannot be written, so nothing else will be.
    """
    refuse_read_only(target)
    folder = target.parent / BACKUPS
    backup = folder / f"{target.stem}.{hashlib.sha256(data).hexdigest()[:12]}{target.suffix}"
    with in_words(target, what="its backup cannot be kept in .pipesheet: "):
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        if backup.is_file() and backup.read_bytes() == data:
            os.utime(backup)
        else:
            put_whole(backup, data, like=target, sleep=sleep)
    with contextlib.suppress(OSError):  # One too many is no reason to stop.
        _forget_old(backup, target)
    return backup


def _names(target: Path) -> str:
    """A pattern of the names that backups of `target` have."""
    return re.escape(target.stem) + r"\.[0-9a-f]{12}" + re.escape(target.suffix)


def _forget_old(newest: Path, target: Path) -> None:
    mine = re.compile(_names(target))
    others = [p for p in newest.parent.iterdir() if mine.fullmatch(p.name) and p != newest]
    others.sort(key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)
    for old in others[KEPT_BACKUPS - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()


def sweep_beside(target: Path, now: float | None) -> None:
    """Removes what killed runs left beside `target` and its backups; `now` is the folder's own time."""
    sweep(target.parent, shown(target.name), now)
    sweep(target.parent / BACKUPS, shown(target.stem) + r"(\..*)?", now)
