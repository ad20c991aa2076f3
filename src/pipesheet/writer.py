"""Writing into a workbook: plan, verify, and replace the file in one step, or not at all.

The new file is made whole and checked in memory, goes to a temporary file in the same folder, is
flushed to the disk and only then takes the old one's name. At any moment, a power cut included, the
name leads to the old file or the new one. The last thing before that is to compare the file with the
one that was read, and to see that nobody has opened it meanwhile.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as changed
from os import PathLike
from pathlib import Path

from pipesheet import results
from pipesheet.analysis import Analysis
from pipesheet.composing.compose import compose_apart
from pipesheet.errors import Changed, FileMissing, Locked, NotVerified, Unsupported, UsageError
from pipesheet.grid import Source
from pipesheet.receipt import Receipt
from pipesheet.replacing import keep_backup, replace_file, sweep
from pipesheet.results import RunStamp
from pipesheet.sheets import Column, Content, Formula, Put, SheetPlan, TablePlan
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

    return write_sheets(source.path, plans, out, names=results.SHEETS, sha256=source.sha256)


def write_sheets(
    path: str | PathLike[str],
    plans: Plans,
    out: str | PathLike[str] | None = None,
    *,
    names: Mapping[str, str],
    sha256: str | None = None,
) -> Receipt:
    """Writes any sheets. `names`: key -> tab name wanted; `sha256`: of the file that was read.

    Raises:
        WriteError, ReadError: nothing was written.
    """
    book = Path(path)
    target = _target(book, out)
    _refuse_if_open(target, book, out)
    sweep(target)
    data = _read(book, sha256)
    grafted = grafted_file(data, plans, names=names, path=book)
    before, after = (hashlib.sha256(d).hexdigest() for d in (data, grafted.data))

    def last_look() -> None:
        _refuse_if_open(target, book, out)
        _read(book, before)

    backup = None
    if grafted.data != data or out is not None:
        last_look()
        backup = keep_backup(target, data) if out is None else None
        replace_file(target, grafted.data, like=book, last_look=last_look)
    return Receipt(
        target, before, after, backup, grafted.kept.parts, grafted.kept.sha256,
        grafted.added, grafted.replaced, grafted.dropped, grafted.hashes, grafted.sheets,
    )  # fmt: skip


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
    target = Path(book if out is None else out).resolve()
    if out is not None and (target == book.resolve() or _same_file(target, book)):
        raise UsageError(f"{target.name} is the workbook itself; say in place if that is meant.")
    if target.suffix.lower() != ending:
        raise UsageError(f"The output {target.name} must end in {ending} as the workbook does, or Excel refuses it.")
    return target


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, as they may by a link or where case does not count."""
    return one.exists() and other.exists() and one.samefile(other)


def _read(book: Path, sha256: str | None) -> bytes:
    """The file's bytes, if they are those that were read before."""
    try:
        data = book.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileMissing(book, folder=isinstance(error, IsADirectoryError)) from None
    except OSError as error:
        raise Locked(
            book,
            f"it cannot be read now ({error.strerror or error})",
            "Close it in other programs, see that you may read it, and run again.",
        ) from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise Changed(book)
    return data


def _refuse_if_open(target: Path, book: Path, out: str | PathLike[str] | None) -> None:
    refuse_if_open(target)
    if out is None:  # Opened through a link, it has its note beside the link.
        refuse_if_open(book)


def refuse_if_open(target: Path) -> None:
    """Raises Locked where somebody has the file open in Excel or LibreOffice.

    Both put a small file with the person's name beside it; after a crash one may be left over.
    """
    for note, program, person in (
        (target.with_name("~$" + target.name), "Excel", _excel_owner),
        (target.with_name(f".~lock.{target.name}#"), "LibreOffice", _libreoffice_owner),
    ):
        if note.is_file():
            who = person(_contents(note)) or "somebody"
            raise Locked(
                target,
                f"{who} has it open in {program}",
                f"Close it there and run again. If nobody has it open, delete {note.name} beside it.",
            )


def _contents(note: Path) -> bytes:
    """The note's bytes; on Windows the program that wrote it may let nobody read it."""
    try:
        return note.read_bytes()
    except OSError:
        return b""


def _excel_owner(note: bytes) -> str:
    """A length, the name in ANSI; from byte 54 on the same in UTF-16."""
    wide = note[55:56]
    if wide and len(note) >= 57 + 2 * wide[0]:
        return note[57 : 57 + 2 * wide[0]].decode("utf-16-le", "ignore").strip("\0 ")
    return note[1 : 1 + note[0]].decode("cp1252", "ignore").strip() if note else ""


def _libreoffice_owner(note: bytes) -> str:
    """Name, user, host, time, profile, separated by commas; the name is often left empty."""
    fields = note.decode("utf-8", "ignore").split(",")
    return next((f.strip() for f in fields[:2] if f.strip()), "")


def renamed_tables(plans: Sequence[SheetPlan], taken: set[str]) -> tuple[SheetPlan, ...]:
    """The sheets with other table names where the user has taken one, in formulas too."""
    tables = [t.name for p in plans for t in p.tables]
    names = {t: _free_table(t, taken) for t in tables if t.lower() in taken}
    if not names:
        return tuple(plans)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})(?=\[)")

    def rename(text: str) -> str:
        return pattern.sub(lambda m: names[m.group(1)], text)

    return tuple(_renamed(p, names, rename) for p in plans)


def _free_table(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}{number}".lower() in taken:
        number += 1
    return f"{name}{number}"


def _renamed(plan: SheetPlan, names: Mapping[str, str], rename: Callable[[str], str]) -> SheetPlan:
    def content(c: Content) -> Content:
        return Formula(rename(c.text), c.value) if isinstance(c, Formula) else c

    def column(c: Column) -> Column:
        return changed(c, formula=rename(c.formula), contents=[content(v) for v in c.contents])

    def table(t: TablePlan) -> TablePlan:
        return changed(t, name=names.get(t.name, t.name), columns=tuple(map(column, t.columns)))

    def put(p: Put) -> Put:
        return changed(p, content=content(p.content))

    return changed(plan, puts=tuple(map(put, plan.puts)), tables=tuple(map(table, plan.tables)))
