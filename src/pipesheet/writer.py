"""Writing into a workbook: plan, verify, and replace the file in one step, or not at all.

The new file is made whole and checked in memory, goes to a temporary file in the same folder, is
flushed to the disk and only then takes the old one's name. At any moment, a power cut included, the
name leads to the old file or the new one. The last thing before that is to compare the file with the
one that was read, and to see that nobody has opened it meanwhile. Of two runs that would write one file
one waits for the other, and whatever a run writes over is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from os import PathLike
from pathlib import Path

from pipesheet import results
from pipesheet.analysis import Analysis
from pipesheet.backups import keep_backup, sweep_beside
from pipesheet.composing.compose import compose_apart
from pipesheet.denied import in_words
from pipesheet.errors import Changed, FileMissing, Locked, NotVerified, Unsupported, UsageError
from pipesheet.grid import Source
from pipesheet.opened import refuse_if_open
from pipesheet.receipt import Receipt
from pipesheet.replacing import Sleep, refuse_read_only, replace_file
from pipesheet.results import RunStamp
from pipesheet.sheets import SheetPlan
from pipesheet.tabs import SHEETS, renamed_tables
from pipesheet.turns import left_over, turn
from pipesheet.verifying import verify
from pipesheet.xlsx.book import Book, tab_names, taken_table_names
from pipesheet.xlsx.graft import Grafted, graft
from pipesheet.xlsx.losses import Kept, kept_parts
from pipesheet.xlsx.package import Package

Plans = Callable[[Mapping[str, str], Kept], Sequence[SheetPlan]]
"""Makes the sheets, given key -> tab name, and what of the user's the write will leave as it is."""

_WRITES_INTO = (".xlsx", ".xlsm")
_COPIES = (".xltx", ".xltm")
_SAVE_AS = "Save it as Excel Workbook (*.xlsx) and run on that, or use check or report, which only read."
_OTHERS = {
    ".csv": "a text file has no sheets to add to",
    ".xls": "it is an Excel 97-2003 workbook",
    ".xlsb": "it is a binary workbook",
    ".ods": "it is an OpenDocument spreadsheet",
}


def write(source: Source, analysis: Analysis, out: str | PathLike[str] | None = None, *, stamp: RunStamp) -> Receipt:
    """Writes the result sheets into a copy of the workbook at `out`, or into itself where that is None.

    Raises:
        WriteError: nothing was written; the message says why and what to do.
        UsageError: `out` is the workbook itself.
    """

    def plans(names: Mapping[str, str], kept: Kept) -> Sequence[SheetPlan]:
        return results.result_sheets(
            analysis, names=names, stamp=changed(stamp, kept=kept.parts, kept_sha256=kept.sha256)
        )

    return write_sheets(source.path, plans, out, names=SHEETS, sha256=source.sha256)


def write_sheets(
    path: str | PathLike[str],
    plans: Plans,
    out: str | PathLike[str] | None = None,
    *,
    names: Mapping[str, str],
    sha256: str | None = None,
    sleep: Sleep = time.sleep,
) -> Receipt:
    """Writes any sheets. `names`: key -> tab name wanted; `sha256`: of the file that was read.

    `sleep` is how to wait for another run, or for a drive that says no for a moment.

    Raises:
        WriteError, ReadError: nothing was written.
    """
    book = Path(path)
    with in_words(book):
        way = _Way(book, _target(book, out), in_place=out is None)
        way.refuse_if_open()
        data = _read(book, sha256)
        grafted = grafted_file(data, plans, names=names, path=book)
        backup = _put(way, data, grafted.data, sleep)
    before, after = (hashlib.sha256(d).hexdigest() for d in (data, grafted.data))
    return Receipt(
        way.target, before, after, backup, grafted.kept.parts, grafted.kept.sha256,
        grafted.added, grafted.replaced, grafted.dropped, grafted.hashes, grafted.sheets,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Way:
    """From which file to which one; `target` is where the links end, `book` the name it was called by."""

    book: Path
    target: Path
    in_place: bool

    def refuse_if_open(self) -> None:
        refuse_if_open(self.target)
        if self.in_place:  # Opened through a link, it has its note beside the link.
            refuse_if_open(self.book)

    def look(self, data: bytes, old: bytes | None) -> None:
        """Raises where somebody has either file open, or it is not what it was."""
        self.refuse_if_open()
        if _read(self.book) != data:
            raise Changed(self.book)
        if not self.in_place and _there(self.target) != old:
            raise Changed(self.target)


def _put(way: _Way, data: bytes, new: bytes, sleep: Sleep) -> Path | None:
    """Puts the new file there; gives the backup of what was there, None if nothing was or it is the same."""
    if way.in_place and new == data:
        _tidy(way.target)
        return None
    refuse_read_only(way.target)
    with turn(way.target, sleep=sleep) as now:
        sweep_beside(way.target, now)
        old = data if way.in_place else _there(way.target)
        if old == new:
            return None
        way.look(data, old)
        backup = None if old is None else keep_backup(way.target, old, sleep=sleep)
        replace_file(way.target, new, like=way.book, last_look=lambda: way.look(data, old), sleep=sleep)
    return backup


def _tidy(target: Path) -> None:
    """What a killed run left goes even where nothing is to be written; a run under way is left alone."""
    if left_over(target):
        with contextlib.suppress(Locked), turn(target, sleep=lambda _: None) as now:
            sweep_beside(target, now)


def grafted_file(data: bytes, plans: Plans, *, names: Mapping[str, str], path: str | PathLike[str]) -> Grafted:
    """The workbook with the sheets in it, verified; nothing touches the disk.

    Raises:
        WriteError, ReadError: the workbook is not one that can be written into, or the result is wrong.
    """
    package = Package(data, path)
    book = Book(package)
    tabs = tab_names(book, names)
    made = renamed_tables(plans(tabs, kept_parts(package)), taken_table_names(book, set(tabs)))
    tabs = {plan.key: plan.name for plan in made}
    try:
        composed, rows = compose_apart(made, date1904=book.date1904, typeface=book.typeface)
        grafted = graft(package, composed, tabs, rows=rows)
    except OverflowError as error:
        raise NotVerified(path, str(error)) from None
    verify(package, grafted.data, made, tabs=tabs)
    return grafted


def _target(book: Path, out: str | PathLike[str] | None) -> Path:
    """Where to write, links followed; raises where that cannot be."""
    ending = book.suffix.lower()
    if ending not in _WRITES_INTO + _COPIES:
        raise Unsupported(book, _OTHERS.get(ending, f"pipesheet does not write {ending or 'such'} files"), _SAVE_AS)
    if out is None and ending in _COPIES:
        raise Unsupported(
            book,
            "it is a template, and every new workbook would carry these results",
            "Make a workbook from it first, or write to another file.",
        )
    target = _end_of_links(Path(book if out is None else out))
    if out is not None and (target == Path(os.path.realpath(book)) or _same_file(target, book)):
        raise UsageError(f"{target.name} is the workbook itself; say in place if that is meant.")
    if target.suffix.lower() != ending:
        raise UsageError(f"The output {target.name} must end in {ending} as the workbook does, or Excel refuses it.")
    return target


def _end_of_links(path: Path) -> Path:
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise Locked(path, "its link leads in a circle", "Say the file that is meant.")
    return end


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, as they may by a link or where case does not count."""
    return one.exists() and other.exists() and one.samefile(other)


def _read(book: Path, sha256: str | None = None) -> bytes:
    """The file's bytes, if they are those that were read before."""
    try:
        data = book.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileMissing(book, folder=isinstance(error, IsADirectoryError)) from None
    except OSError as error:
        raise _unreadable(book, error) from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise Changed(book)
    return data


def _there(target: Path) -> bytes | None:
    """What lies where we write, if anything does."""
    if not target.is_file():
        return None
    try:
        return target.read_bytes()
    except OSError as error:
        raise _unreadable(target, error) from error


def _unreadable(path: Path, error: OSError) -> Locked:
    return Locked(
        path,
        f"it cannot be read now ({error.strerror or error})",
        "Close it in other programs, see that you may read it, and run again.",
    )
