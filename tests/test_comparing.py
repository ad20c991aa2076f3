"""`pipesheet verify BEFORE AFTER`: whether a workbook still holds all that was in another, whoever wrote it."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from grafting import NAMES, members, plans, swapped, users_book, zipped
from pipesheet.cli import main
from pipesheet.writer import write_sheets


@pytest.fixture
def before(tmp_path: Path) -> Path:
    path = tmp_path / "deals.xlsx"
    path.write_bytes(users_book())
    return path


@pytest.fixture
def after(before: Path) -> Path:
    return write_sheets(before, plans, before.with_name("after.xlsx"), names=NAMES).path


def verify(before: Path, after: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["verify", str(before), str(after), *more])


def test_a_write_of_ours_loses_nothing(before: Path, after: Path) -> None:
    done = verify(before, after)
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Nothing of yours is lost.")
    assert f"{len(members(before.read_bytes())) - 4} parts kept, 4 changed," in done.output


def test_our_own_sheets_may_differ(before: Path, after: Path) -> None:
    again = write_sheets(after, lambda n, _: plans(n, deals=9), before.with_name("again.xlsx"), names=NAMES).path
    assert verify(after, again).exit_code == 0


def test_what_another_program_compressed_anew_is_not_lost(before: Path) -> None:
    stored = before.with_name("stored.xlsx")
    stored.write_bytes(zipped(members(before.read_bytes()), method=0))
    assert verify(before, stored).exit_code == 0


def test_a_changed_part_is_named(before: Path, after: Path) -> None:
    after.write_bytes(swapped(after.read_bytes(), "xl/worksheets/sheet1.xml", ("1000.5", "1000.6")))
    done = verify(before, after)
    assert done.exit_code == 1
    assert "Lost: xl/worksheets/sheet1.xml was changed." in done.output
    assert "Nothing of yours" not in done.output


def test_many_losses_are_counted_and_all_are_in_the_json(before: Path) -> None:
    book = openpyxl.Workbook()
    book.save(saved := before.with_name("other.xlsx"))
    many = io.BytesIO()
    book.save(many)
    before.write_bytes(users_book(sheets=tuple(f"S{i}" for i in range(30))))
    shown = verify(before, saved).output
    found = json.loads(verify(before, saved, "--json").output)
    assert shown.count("Lost: ") == 20
    assert f"And {len(found['losses']) - 20} more; --json lists them all." in shown


def test_the_json_says_what_became_of_each_part(before: Path, after: Path) -> None:
    found = json.loads(verify(before, after, "--json").output)
    assert sorted(found) == ["added", "changed", "dropped", "kept", "losses"]
    assert sorted(found["kept"] + found["changed"] + found["dropped"]) == sorted(members(before.read_bytes()))
    assert sorted(found["added"] + found["kept"] + found["changed"]) == sorted(members(after.read_bytes()))


@pytest.mark.parametrize(
    ("content", "said"), [(None, "does not exist"), (b"", "is empty (0 bytes)"), (b"PK no", "does not begin like")]
)
def test_a_file_that_cannot_be_read_is_an_error(before: Path, content: bytes | None, said: str) -> None:
    other = before.with_name("other.xlsx")
    if content is not None:
        other.write_bytes(content)
    for pair in ((before, other), (other, before)):
        done = verify(*pair)
        assert done.exit_code == 3
        assert said in done.output
        assert "other.xlsx" in done.output


def test_quiet_says_it_with_the_exit_code_only(before: Path, after: Path) -> None:
    assert (verify(before, after, "--quiet").output, verify(after, before, "--quiet").exit_code) == ("", 1)


def test_a_receipt_holds_the_hash_of_each_part_that_was_made(before: Path) -> None:
    receipt = write_sheets(before, plans, before.with_name("after.xlsx"), names=NAMES)
    there = members(receipt.path.read_bytes())
    assert set(receipt.hashes) == {*receipt.added, *receipt.replaced}
    assert receipt.hashes == {part: hashlib.sha256(there[part]).hexdigest() for part in receipt.hashes}


def test_what_is_kept_has_one_hash_that_stays_until_somebody_saves(before: Path) -> None:
    first = write_sheets(before, plans, names=NAMES)
    again = write_sheets(before, lambda n, _: plans(n, deals=9), names=NAMES)
    assert (first.kept, first.kept_sha256) == (again.kept, again.kept_sha256)
    before.write_bytes(swapped(before.read_bytes(), "xl/worksheets/sheet1.xml", ("1000.5", "1000.6")))
    saved = write_sheets(before, plans, names=NAMES)
    assert (saved.kept, saved.kept_sha256 == first.kept_sha256) == (first.kept, False)
