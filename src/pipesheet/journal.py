"""What stood in our sheets before the last live run, so that it can be undone; Excel itself cannot.

One file per workbook in the user's own folder. It holds the plans that were put and what was there before.
It is a pickle, because hundreds of thousands of cells must be kept in a moment; only the few classes of a
plan are loaded from it, so that a file that is not ours can do nothing but be refused.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipesheet import sheets
from pipesheet.grid import Table
from pipesheet.replacing import replace_file
from pipesheet.sheets import SheetPlan

FOLDER = "undo"
KEPT = 20
"""Workbooks whose last run can be undone; the longest untouched are forgotten."""
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Before:
    """One sheet of ours as it was: its tables, what stood in its cells from A1 on, and the plan it was made
    of where that is known. Nothing stands in for cells that are known to be as the plan has them."""

    name: str
    tables: tuple[Table, ...]
    contents: list[list[Any]]
    plan: SheetPlan | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """The last run: `put` by key, and what was there before, None where there was no such sheet.

    `before` is empty once it was undone.
    """

    put: Mapping[str, SheetPlan] = field(default_factory=dict)
    before: Mapping[str, Before | None] = field(default_factory=dict)


class Journal:
    """The entry of one workbook, and beside it a mark that the run came to its end, with the seals of its sheets."""

    def __init__(self, folder: Path, full_name: str) -> None:
        self._folder = folder / FOLDER
        self._path = self._folder / f"{hashlib.sha256(full_name.encode()).hexdigest()[:32]}.bin"
        self._done = self._path.with_suffix(".done")

    @property
    def name(self) -> str:
        """What stands for the workbook in names of files."""
        return self._path.stem

    def read(self) -> Entry:
        """What the last run left; an empty entry where there is none or it is not readable."""
        try:
            form, entry = _Loader(io.BytesIO(gzip.decompress(self._path.read_bytes()))).load()
        except Exception:  # whatever is wrong with it, it cannot be undone, and the run goes on
            return Entry()
        return entry if form == _FORMAT and isinstance(entry, Entry) else Entry()

    def write(self, entry: Entry) -> None:
        """Keeps it in place of the one before.

        Raises:
            WriteError: the user's own folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = gzip.compress(pickle.dumps((_FORMAT, entry), protocol=5), compresslevel=1, mtime=0)
        replace_file(self._path, kept)
        self._done.unlink(missing_ok=True)
        for old in sorted(self._folder.glob("*.bin"), key=lambda path: -path.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".done").unlink(missing_ok=True)

    @property
    def finished(self) -> bool:
        """Whether the last run came to its end."""
        return self._done.exists()

    @property
    def seals(self) -> Mapping[str, str]:
        """Of a finished run, by key: what tells whether a sheet is as it was left; see `excel.reading.seal`."""
        try:
            return {str(key): str(seal) for key, seal in json.loads(self._done.read_bytes()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def finish(self, seals: Mapping[str, str]) -> None:
        """Notes that all is written, and how it was left."""
        self._done.write_text(json.dumps(seals), "utf-8")


_LOADED = {
    (cls.__module__, cls.__qualname__): cls
    for cls in (
        dt.date, dt.datetime, dt.time, dt.timedelta, Before, Entry, Table,
        *(cls for cls in vars(sheets).values() if isinstance(cls, type) and cls.__module__ == sheets.__name__),
    )
}  # fmt: skip


class _Loader(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) not in _LOADED:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} has no place in a journal")
        return _LOADED[module_name, global_name]
