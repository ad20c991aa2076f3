"""Writing into a file: what it leaves, what it refuses in which words, and that the old file outlives
whatever goes wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import io
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msoffcrypto
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipesheet
from grafting import NAMES, locked, members, plans, swapped, users_book, zipped
from pipesheet import opened, replacing, writer
from pipesheet.backups import keep_backup, sweep_beside
from pipesheet.composing.compose import compose_apart
from pipesheet.errors import (
    Changed,
    Encrypted,
    FileMissing,
    Locked,
    NotAWorkbook,
    NotVerified,
    PipesheetError,
    Unsafe,
    Unsupported,
    UsageError,
)
from pipesheet.receipt import Receipt
from pipesheet.replacing import replace_file
from pipesheet.results import RunStamp
from pipesheet.sheets import Column, Formula, Highlight, Put, SheetPlan, TablePlan
from pipesheet.tabs import renamed_tables
from pipesheet.writer import write_sheets
from pipesheet.xlsx.book import Book
from pipesheet.xlsx.markup import MAIN
from pipesheet.xlsx.package import Package

BOOK = users_book()
HERE = os.uname().nodename


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(BOOK)
    return path


def write(path: Path, out: Path | None = None, *, deals: int = 3, sha256: str | None = None) -> Receipt:
    return write_sheets(path, lambda names, _: plans(names, deals=deals), out, names=NAMES, sha256=sha256)


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones included."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def tabs(path: Path) -> list[str]:
    return [s.name for s in Book(Package(path.read_bytes())).sheets]


@contextlib.contextmanager
def nothing_happens_to(folder: Path) -> Iterator[None]:
    """Asserts that every file below the folder is as before, and that none was added."""
    before = files(folder)
    yield
    assert files(folder) == before


# What a write leaves


def test_the_workbook_itself_is_replaced_and_the_old_one_kept(book: Path) -> None:
    receipt = write(book)
    assert tabs(book) == ["Deals", "Notes", "Forecast", "Deal Review"]
    assert receipt.backup == book.parent / ".pipesheet" / "backups" / f"deals.{fingerprint(BOOK)[:12]}.xlsx"
    assert receipt.backup.read_bytes() == BOOK
    assert set(files(book.parent)) == {"deals.xlsx", str(receipt.backup.relative_to(book.parent))}


def test_a_copy_leaves_the_workbook_alone_and_needs_no_backup(book: Path, tmp_path: Path) -> None:
    receipt = write(book, tmp_path / "out.xlsx")
    assert book.read_bytes() == BOOK
    assert receipt.path == tmp_path / "out.xlsx"
    assert receipt.backup is None
    assert set(files(tmp_path)) == {"deals.xlsx", "out.xlsx"}
    assert write(book).sha256_after == receipt.sha256_after, "the same sheets, wherever they are written to"


def test_a_copy_that_is_written_over_is_kept_for_somebody_may_have_typed_into_it(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "deals.pipesheet.xlsx"
    write(book, out)
    typed = users_book(sheets=("Deals", "Mine"))
    out.write_bytes(typed)
    receipt = write(book, out)
    assert receipt.backup == tmp_path / ".pipesheet" / "backups" / f"deals.pipesheet.{fingerprint(typed)[:12]}.xlsx"
    assert receipt.backup.read_bytes() == typed
    assert book.read_bytes() == BOOK


def test_a_copy_that_would_be_the_same_is_not_touched(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    first, before = write(book, out), out.stat()
    with nothing_happens_to(tmp_path):
        again = write(book, out)
    assert (out.stat().st_ino, out.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (again.backup, again.sha256_after) == (None, first.sha256_after)


def test_backups_of_a_copy_and_of_the_workbook_do_not_push_each_other_out(book: Path, tmp_path: Path) -> None:
    for deals in range(1, 9):
        write(book, tmp_path / "deals.pipesheet.xlsx", deals=deals)
        write(book, deals=deals)
    kept = [p.name for p in (tmp_path / ".pipesheet" / "backups").iterdir()]
    assert sum(name.startswith("deals.pipesheet.") for name in kept) == 5
    assert len(kept) == 10


def test_the_receipt_says_what_was_done(book: Path) -> None:
    receipt = write(book)
    assert (receipt.path, receipt.sha256_before) == (book, fingerprint(BOOK))
    assert receipt.sha256_after == fingerprint(book.read_bytes())
    assert receipt.sheets == NAMES
    assert receipt.kept + len(receipt.replaced) == len(members(BOOK))
    assert receipt.dropped == ()
    assert {*members(BOOK), *receipt.added} == set(members(book.read_bytes()))


def test_the_plans_are_told_what_the_tabs_are_called(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(users_book(sheets=("Deals", "Forecast")))
    told: list[Mapping[str, str]] = []

    def made(names: Mapping[str, str], _: object) -> Sequence[SheetPlan]:
        told.append(dict(names))
        return plans(names)

    write_sheets(path, made, names=NAMES)
    assert told == [{"forecast": "Forecast (pipesheet)", "deal_review": "Deal Review"}]


def test_a_second_write_without_a_change_does_not_touch_the_file(book: Path) -> None:
    first = write(book)
    before = book.stat()
    with nothing_happens_to(book.parent):
        again = write(book)
    assert (book.stat().st_ino, book.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (again.backup, again.sha256_before) == (None, again.sha256_after)
    assert again.sha256_after == first.sha256_after


def test_the_newest_five_backups_stay(book: Path) -> None:
    backups = []
    for deals in range(1, 8):
        receipt = write(book, deals=deals)
        assert receipt.backup is not None
        os.utime(receipt.backup, (deals, deals))
        backups.append(receipt.backup)
    assert [b.exists() for b in backups] == [False, False, True, True, True, True, True]


def test_backups_of_another_workbook_stay_however_many(book: Path) -> None:
    folder = book.parent / ".pipesheet" / "backups"
    folder.mkdir(parents=True)
    others = [folder / f"deals 2026.{i:012x}.xlsx" for i in range(9)]
    others += [folder / f"deals.{i:012x}.xlsm" for i in range(9)] + [folder / "deals.notes.xlsx"]
    for path in others:
        path.write_bytes(b"x")
    for deals in range(1, 8):
        write(book, deals=deals)
    assert all(p.exists() for p in others)


def test_a_state_that_comes_back_is_the_newest_backup_again(book: Path) -> None:
    write(book)
    oldest = write(book, deals=9).backup
    assert oldest is not None
    os.utime(oldest, (1, 1))
    write(book)
    again = write(book, deals=9).backup
    assert again == oldest
    assert again.stat().st_mtime > 1


def test_the_analysis_of_a_workbook_is_written_into_it(book: Path) -> None:
    source = pipesheet.read(book)
    analysis = pipesheet.analyze(source, as_of=dt.date(2026, 11, 16))
    stamp = RunStamp(dt.datetime(2026, 11, 16, 9), "0", book.name, source.sha256, "s")
    receipt = writer.write(source, analysis, stamp=stamp)
    assert receipt.sha256_before == source.sha256
    assert set(receipt.sheets.values()) <= set(tabs(book))


# Rights and links


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666])
def test_permissions_are_kept(book: Path, tmp_path: Path, mode: int) -> None:
    book.chmod(mode)
    receipt = write(book)
    assert receipt.backup is not None
    write(book, tmp_path / "out.xlsx", deals=1)
    for path in (book, receipt.backup, tmp_path / "out.xlsx"):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


def test_the_owner_is_kept_where_we_may_give_files_away(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_to = []
    monkeypatch.setattr(os, "chown", lambda path, user, group: given_to.append((Path(path).name, user, group)))
    write(book)
    mine = (book.stat().st_uid, book.stat().st_gid)
    assert {g[1:] for g in given_to} == {mine}
    assert len(given_to) == 2


def test_what_only_the_owner_may_read_is_never_open_to_others(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book.chmod(0o600)
    seen: list[int] = []
    sync = os.fsync

    def look(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    write(book)
    assert seen == [0o600, 0o600]


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(book: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    link = tmp_path / "desk" / "shortcut.xlsx"
    link.symlink_to(book)
    receipt = write(link)
    assert link.is_symlink()
    assert (receipt.path, receipt.backup and receipt.backup.parent.parent.parent) == (book, tmp_path)
    assert link.read_bytes() == book.read_bytes() != BOOK
    assert [p.name for p in (tmp_path / "desk").iterdir()] == ["shortcut.xlsx"]


def test_a_link_laid_where_we_write_leads_nothing_astray(book: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    (tmp_path / ".deals.xlsx.pipesheet.lock").symlink_to(victim)
    write(book)
    assert (victim.read_text(), victim.exists()) == ("mine", True)
    assert not book.is_symlink()


def beside(path: Path, process: int, *, machine: str = HERE, token: str = "0123abcd") -> Path:
    """The temporary file of such a process."""
    return path.with_name(f".{path.name}.pipesheet-{machine}-{process}-{token}.tmp")


def test_a_link_laid_in_the_very_moment_leads_nothing_astray(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    monkeypatch.setattr(os, "urandom", bytes)
    beside(book, os.getpid(), token="00000000").symlink_to(victim)
    with pytest.raises(Locked, match="something else of that name is in the way"):
        replace_file(book, b"new")
    assert (victim.read_text(), book.read_bytes()) == ("mine", BOOK)


# Refused: not the place to write to


def refused(path: Path, out: Path | None = None) -> PipesheetError:
    """The error with which a write is refused, leaving every file as it was."""
    with nothing_happens_to(path.parent), pytest.raises(PipesheetError) as told:
        write(path, out)
    assert str(told.value).endswith(".")
    return told.value


@pytest.mark.parametrize("how", ["deals.xlsx", "./deals.xlsx", "sub/../deals.xlsx", "link.xlsx", "hard.xlsx"])
def test_out_may_not_be_the_workbook_itself(book: Path, tmp_path: Path, how: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.xlsx").symlink_to(book)
    os.link(book, tmp_path / "hard.xlsx")
    error = refused(book, tmp_path / how)
    assert isinstance(error, UsageError)
    assert "is the workbook itself; say in place if that is meant" in str(error)


@pytest.mark.parametrize("name", ["out.xlsm", "out.csv", "out", "out.xls", "out.xlsx.bak"])
def test_out_must_end_as_the_workbook_does(book: Path, tmp_path: Path, name: str) -> None:
    error = refused(book, tmp_path / name)
    assert isinstance(error, UsageError)
    assert f"The output {name} must end in .xlsx as the workbook does" in str(error)


def test_an_ending_may_be_in_capitals(book: Path, tmp_path: Path) -> None:
    write(book, tmp_path / "OUT.XLSX")
    assert (tmp_path / "OUT.XLSX").exists()


def test_a_read_only_file_is_left_alone(book: Path) -> None:
    book.chmod(0o444)
    assert str(refused(book)) == (
        "deals.xlsx was not written: it is read-only. Make it writable, or write to another place."
    )


def test_a_read_only_folder_is_left_alone(book: Path) -> None:
    book.parent.chmod(0o555)
    try:
        assert "its folder is read-only" in str(refused(book))
    finally:
        book.parent.chmod(0o755)


def test_a_folder_that_is_not_there_is_not_made(book: Path, tmp_path: Path) -> None:
    error = refused(book, tmp_path / "nowhere" / "out.xlsx")
    assert isinstance(error, Locked)
    assert "nowhere does not exist" in str(error)


def test_a_folder_of_that_name_is_not_written_over(book: Path, tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").mkdir()
    assert "there is a folder of that name" in str(refused(book, tmp_path / "out.xlsx"))


def test_a_file_where_the_backups_should_lie_stops_the_write(book: Path, tmp_path: Path) -> None:
    (tmp_path / ".pipesheet").write_text("mine")
    error = refused(book)
    assert isinstance(error, Locked)
    assert "deals.xlsx was not written: its backup cannot be kept" in str(error)


# Refused: somebody has it open


def excel_note(name: str) -> bytes:
    """What Excel puts beside an open workbook, 165 bytes: the name in ANSI, then in UTF-16, each padded with spaces."""
    narrow, wide = name.encode("cp1252", "replace")[:54], name.encode("utf-16-le")[:108]
    length = (len(wide) // 2).to_bytes(2, "little")
    return bytes([len(narrow)]) + narrow.ljust(54) + length + (wide + b" \0" * 54)[:108]


OPEN = {
    "~$deals.xlsx": [
        (excel_note("Mara Lindqvist"), "Mara Lindqvist has it open in Excel"),
        (excel_note("Zoë Świątek"), "Zoë Świątek has it open in Excel"),
        (b"\x04Mara" + b" " * 50, "Mara has it open in Excel"),
        (b"", "somebody has it open in Excel"),
        (b"\xff", "somebody has it open in Excel"),
    ],
    ".~lock.deals.xlsx#": [
        (
            b"Mara Lindqvist,mara,desk-7,16.11.2026 09:12,file:///home/mara/.config/lo;",
            "Mara Lindqvist has it open in L",
        ),
        (",zoë,desk-7,16.11.2026 09:12,file:///x;".encode(), "zoë has it open in LibreOffice"),
        (b",,desk-7,,;", "somebody has it open in LibreOffice"),
    ],
}


@pytest.mark.parametrize(
    ("name", "note", "says"), [(n, note, says) for n, notes in OPEN.items() for note, says in notes]
)
def test_who_has_it_open_is_named(book: Path, name: str, note: bytes, says: str) -> None:
    (book.parent / name).write_bytes(note)
    error = refused(book)
    assert isinstance(error, Locked)
    assert says in str(error)
    assert f"If nobody has it open, delete {name} beside it" in str(error)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=27))
def test_any_name_in_excels_note_is_read(name: str) -> None:
    assert opened.excel_owner(excel_note(name)) == name


@given(st.binary(max_size=200))
def test_no_note_stops_us_from_reading_it(note: bytes) -> None:
    assert isinstance(opened.excel_owner(note) + opened.libreoffice_owner(note), str)


def test_a_note_that_nobody_may_read_counts(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (book.parent / "~$deals.xlsx").write_bytes(excel_note("Mara"))
    read = Path.read_bytes

    def unreadable(path: Path) -> bytes:
        if path.name.startswith("~$"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", unreadable)
    with pytest.raises(Locked, match="somebody has it open in Excel"):
        write(book)


def test_a_workbook_opened_through_a_link_is_open(book: Path, tmp_path: Path) -> None:
    link = tmp_path / "shortcut.xlsx"
    link.symlink_to(book)
    (tmp_path / "~$shortcut.xlsx").write_bytes(excel_note("Mara"))
    assert "Mara has it open" in str(refused(link))


def test_what_is_open_is_refused_before_anything_is_computed(book: Path) -> None:
    (book.parent / "~$deals.xlsx").write_bytes(excel_note("Mara"))
    with pytest.raises(Locked, match="Mara has it open"):
        write_sheets(book, during(lambda: pytest.fail("it was computed")), names=NAMES)


def test_a_note_beside_another_workbook_is_none_of_ours(book: Path) -> None:
    (book.parent / "~$other.xlsx").write_bytes(excel_note("Mara"))
    write(book)


def test_an_output_that_is_open_is_not_written_over(book: Path, tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").write_bytes(b"x")
    (tmp_path / "~$out.xlsx").write_bytes(excel_note("Mara"))
    assert "out.xlsx was not written: Mara has it open in Excel" in str(refused(book, tmp_path / "out.xlsx"))


# Refused: it is not the file that was read


def test_a_file_saved_since_it_was_read_is_not_written_over(book: Path) -> None:
    with (
        pytest.raises(Changed, match=r"deals\.xlsx was not written: somebody saved it while"),
        nothing_happens_to(book.parent),
    ):
        write(book, sha256="0" * 64)


def during(event: Callable[[], object]) -> Callable[[Mapping[str, str], object], Sequence[SheetPlan]]:
    """Plans in the making of which something happens."""

    def made(names: Mapping[str, str], _: object) -> Sequence[SheetPlan]:
        event()
        return plans(names)

    return made


@pytest.mark.parametrize("out", [None, "out.xlsx"])
def test_a_file_saved_while_we_compute_is_not_written_over(book: Path, tmp_path: Path, out: str | None) -> None:
    theirs = users_book(sheets=("Deals", "More"))
    target = None if out is None else tmp_path / out
    with pytest.raises(Changed):
        write_sheets(book, during(lambda: book.write_bytes(theirs)), target, names=NAMES)
    assert files(tmp_path) == {"deals.xlsx": theirs}


def test_a_file_opened_while_we_compute_is_not_written_over(book: Path, tmp_path: Path) -> None:
    note = tmp_path / "~$deals.xlsx"
    with pytest.raises(Locked, match="Mara has it open"):
        write_sheets(book, during(lambda: note.write_bytes(excel_note("Mara"))), names=NAMES)
    assert files(tmp_path) == {"deals.xlsx": BOOK, note.name: excel_note("Mara")}


def test_a_file_saved_at_the_last_moment_is_not_written_over(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = users_book(sheets=("Deals", "More"))

    def slow_backup(target: Path, data: bytes, **how: Any) -> Path:
        kept = keep_backup(target, data, **how)
        book.write_bytes(theirs)
        return kept

    monkeypatch.setattr(writer, "keep_backup", slow_backup)
    with pytest.raises(Changed):
        write(book)
    assert book.read_bytes() == theirs
    assert not strays(tmp_path)


def test_a_file_that_is_gone_by_now_is_said_to_be(book: Path) -> None:
    with pytest.raises(FileMissing, match="does not exist"):
        write_sheets(book, during(book.unlink), names=NAMES)
    with pytest.raises(FileMissing, match="does not exist"):
        write(book)


def test_a_folder_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "deals.xlsx").mkdir()
    with pytest.raises(FileMissing, match="is a folder, not a workbook"):
        write(tmp_path / "deals.xlsx")


def test_a_file_that_cannot_be_read_is_said_to_be(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", held)
    with pytest.raises(Locked, match=r"cannot be read now \(Input/output error\)"):
        write(book)


# Refused: not a kind of file we write into


def sealed() -> bytes:
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(BOOK)).encrypt("secret", out)
    return out.getvalue()


MIXED = swapped(BOOK, "xl/workbook.xml", (MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"))
OLD = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "Workbook".encode("utf-16-le")
KINDS: dict[str, tuple[str, bytes, type[PipesheetError], str]] = {
    "an old workbook": ("deals.xls", OLD, Unsupported, "it is an Excel 97-2003 workbook. Save it as Excel Workbook"),
    "a binary workbook": ("deals.xlsb", BOOK, Unsupported, "it is a binary workbook. Save it as"),
    "an OpenDocument": ("deals.ods", zipped({"mimetype": "x"}), Unsupported, "it is an OpenDocument spreadsheet"),
    "a text file": ("deals.csv", b"Deal ID,Stage\n", Unsupported, "a text file has no sheets to add to"),
    "another text file": ("deals.txt", b"Deal ID\n", Unsupported, "pipesheet does not write .txt files"),
    "an add-in": ("deals.xlam", BOOK, Unsupported, "pipesheet does not write .xlam files"),
    "no ending": ("deals", BOOK, Unsupported, "pipesheet does not write such files"),
    "a template": ("deals.xltx", BOOK, Unsupported, "it is a template, and every new workbook would carry"),
    "a macro template": ("deals.XLTM", BOOK, Unsupported, "it is a template"),
    "an old workbook called .xlsx": ("deals.xlsx", OLD, Unsupported, "whatever its name says"),
    "two dialects": ("deals.xlsx", MIXED, NotAWorkbook, "two dialects, Strict and Transitional"),
    "a signed workbook": (
        "deals.xlsx", zipped({**members(BOOK), "_xmlsignatures/origin.sigs": ""}), Locked, "it is digitally signed"
    ),
    "a sealed workbook": ("deals.xlsx", sealed(), Encrypted, "is protected by a password"),
    "a protected structure": ("deals.xlsx", locked(BOOK), Locked, "its structure is protected"),
    "a letter": ("deals.xlsx", b"Dear colleague", NotAWorkbook, "does not begin like an .xlsx file"),
    "nothing": ("deals.xlsx", b"", NotAWorkbook, "cannot be read as a workbook"),
    "half a workbook": ("deals.xlsx", BOOK[:999], NotAWorkbook, "damaged or cut off"),
    "a trick": ("deals.xlsx", zipped({**members(BOOK), "../x": "x"}), Unsafe, "leads outside the package"),
}  # fmt: skip


@pytest.mark.parametrize("what", KINDS)
def test_what_we_do_not_write_into_is_refused_in_clear_words(tmp_path: Path, what: str) -> None:
    name, data, kind, says = KINDS[what]
    (tmp_path / name).write_bytes(data)
    error = refused(tmp_path / name)
    assert type(error) is kind
    assert f"{name} " in str(error)
    assert says in str(error)
    assert error.exit_code == 3


def test_a_template_may_be_written_to_another_file(tmp_path: Path) -> None:
    (tmp_path / "deals.xltx").write_bytes(BOOK)
    write(tmp_path / "deals.xltx", tmp_path / "out.xltx")
    assert files(tmp_path).keys() == {"deals.xltx", "out.xltx"}


def test_a_workbook_that_outgrows_what_a_zip_can_say_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OverflowError("the workbook has outgrown what a zip can say")

    monkeypatch.setattr(writer, "graft", full)
    with pytest.raises(NotVerified, match="outgrown"), nothing_happens_to(book.parent):
        write(book)


def test_a_result_that_fails_its_check_is_not_written(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "compose_apart", lambda _, **how: compose_apart(plans(deals=2), **how))
    error = refused(book)
    assert isinstance(error, NotVerified)


# Whatever goes wrong, the old file is there and nothing else


def strays(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if ".pipesheet-" in p.name]


def fail(number: int) -> Callable[..., None]:
    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return failing


def test_being_interrupted_leaves_nothing_behind(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(book)
    assert files(tmp_path) == {"deals.xlsx": BOOK}


def test_a_target_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    replace_file(target, b"one")
    replace_file(target, b"two")
    assert files(tmp_path) == {"a.txt": b"two"}
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask()


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


# What a killed run leaves


def a_process_that_is_gone() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_what_killed_runs_left_is_swept_and_what_is_under_way_stays(book: Path, tmp_path: Path) -> None:
    gone, running = a_process_that_is_gone(), os.getppid()
    backups = tmp_path / ".pipesheet" / "backups"
    backups.mkdir(parents=True)
    copy, other = backups / "deals.0123456789ab.xlsx", backups / "other.0123456789ab.xlsx"
    swept = [beside(book, gone), beside(book, 99999999999999999999), beside(copy, gone)]
    stay = [
        beside(book, running), beside(tmp_path / "other.xlsx", gone), beside(other, gone),
        tmp_path / beside(book, gone).name[1:], tmp_path / f".deals.xlsx.pipesheet-{HERE}-{gone}.tmp",
    ]  # fmt: skip
    for path in (*swept, *stay):
        path.write_bytes(b"half")
    write(book)
    assert not any(p.exists() for p in swept)
    assert all(p.exists() for p in stay)


@pytest.mark.parametrize("machine", ["desk-7", HERE], ids=["another", "this"])
def test_what_cannot_be_told_to_be_over_is_swept_after_a_day(book: Path, machine: str) -> None:
    """A process of another machine; one of that number here, which may be another by now."""
    fresh, old = (beside(book, os.getppid(), machine=machine, token=f"0000000{n}") for n in (1, 2))
    for path in (fresh, old):
        path.write_bytes(b"half")
    now = book.stat().st_mtime
    os.utime(fresh, (now, now - 23 * 3600))
    os.utime(old, (now, now - 25 * 3600))
    write(book)
    assert (fresh.exists(), old.exists()) == (True, False)


def test_a_leftover_is_known_however_long_the_name(tmp_path: Path) -> None:
    long = tmp_path / ("a very long name of a workbook " * 7 + ".xlsx")
    long.write_bytes(BOOK)
    gone = a_process_that_is_gone()
    left = [
        tmp_path / f".{long.name[:40]}.pipesheet-{HERE}-{gone}-0123abcd.tmp",
        tmp_path / ".pipesheet" / "backups" / f".{long.name[:40]}.pipesheet-{HERE}-{gone}-0123abcd.tmp",
    ]
    left[1].parent.mkdir(parents=True)
    for path in left:
        path.write_bytes(b"half")
    write(long)
    assert not strays(tmp_path)


def test_a_run_of_somebody_else_is_a_run_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = beside(tmp_path / "a.xlsx", 1)
    path.write_bytes(b"half")
    monkeypatch.setattr(os, "kill", fail(errno.EPERM))
    sweep_beside(tmp_path / "a.xlsx", None)
    assert path.exists()


def test_where_nothing_can_be_swept_nothing_is_said(tmp_path: Path) -> None:
    sweep_beside(tmp_path / "nowhere" / "a.xlsx", None)


def test_a_process_number_is_asked_for_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    signals = []
    monkeypatch.setattr(os, "kill", lambda _, signal: signals.append(signal))
    assert replacing._alive(os.getpid())
    assert signals == [0]


# Tables of a name the user has taken


def test_names_that_are_taken_are_changed_in_formulas_too_and_nowhere_else() -> None:
    def column(name: str, text: str) -> Column:
        return Column(name, [Formula(text, 1.0), "PipesheetT[x]"], formula=text)

    total = "SUM(PipesheetT[Amount])+SUM(PipesheetTotal[Amount])+SUM(XPipesheetT[Amount])"
    made = SheetPlan(
        "key", "Sheet",
        puts=(Put(1, 1, Formula(total, 1.0)), Put(2, 1, "PipesheetT[Amount]")),
        tables=(TablePlan("PipesheetT", 3, 1, (column("A", "PipesheetT[[#This Row],[B]]"),)),
                TablePlan("PipesheetTotal", 9, 1, (column("A", "1"),))),
        highlights=(Highlight(1, 1, 1, 1, "formula", "A1>0"),),
    )  # fmt: skip
    (plan,) = renamed_tables([made], {"pipesheett", "pipesheett2"})
    assert [t.name for t in plan.tables] == ["PipesheetT3", "PipesheetTotal"]
    assert plan.puts[0].content == Formula(total.replace("(PipesheetT[", "(PipesheetT3["), 1.0)
    assert plan.puts[1].content == "PipesheetT[Amount]"
    assert plan.tables[0].columns[0].formula == "PipesheetT3[[#This Row],[B]]"
    assert list(plan.tables[0].columns[0].contents) == [Formula("PipesheetT3[[#This Row],[B]]", 1.0), "PipesheetT[x]"]
    assert plan.highlights == made.highlights
    assert renamed_tables([made], {"else"}) == (made,)


def test_no_sentence_of_ours_names_a_folder_of_the_users(book: Path) -> None:
    book.chmod(0o444)
    assert not re.search(re.escape(str(book.parent)), str(refused(book)))
