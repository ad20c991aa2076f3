"""What was sent to whom: a line before and a line after each message, so that nobody gets one twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipesheet.errors import MailError
from pipesheet.sendlog import Entry, SendLog

KIM = Entry("2026-11-16T08:00:00", "deals.xlsx", "owner", "Kim", "kim@example.com", "r1", "s1", "<1@x>", "sending")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "deals.xlsx"


def log(book: Path, *entries: Entry) -> SendLog:
    """The log as the next run finds it."""
    writing = SendLog(book)
    for entry in entries:
        writing.add(entry)
    return SendLog(book)


def sent(entry: Entry) -> tuple[Entry, Entry]:
    return entry, replace(entry, state="sent")


def test_a_report_that_was_sent_is_known_by_what_it_says_and_to_whom(book: Path) -> None:
    found = log(book, *sent(KIM))
    assert found.before(KIM) == "sent"
    assert found.before(replace(KIM, to="Kim@Example.com")) == "sent", "an address is one in any case"
    for other in (replace(KIM, report="r2"), replace(KIM, to="mo@x.com"), replace(KIM, name="Mo"),
                  replace(KIM, kind="team"), replace(KIM, workbook="b.xlsx")):  # fmt: skip
        assert found.before(other) is None


def test_what_was_begun_and_never_answered_may_have_arrived(book: Path) -> None:
    assert log(book, KIM).before(KIM) == "sending"


def test_what_was_refused_or_failed_is_open_again(book: Path) -> None:
    assert log(book, KIM, replace(KIM, state="refused")).before(KIM) == "refused"
    assert log(book, KIM, replace(KIM, state="failed")).before(KIM) == "failed"


def test_nothing_is_new_when_the_last_report_was_of_the_same_deals(book: Path) -> None:
    tuesday = replace(KIM, report="r2")
    assert not log(book, KIM).unchanged(tuesday), "one that may not have arrived does not count"
    assert log(book, *sent(KIM)).unchanged(tuesday)
    assert not log(book, *sent(KIM), *sent(replace(KIM, substance="s2"))).unchanged(tuesday), "the last one counts"


def test_a_line_that_was_cut_off_is_passed_over(book: Path) -> None:
    path = log(book, *sent(KIM)).path
    path.write_text(path.read_text("utf-8") + '{"when": "2026-11', "utf-8")
    assert SendLog(book).before(KIM) == "sent"


def test_a_line_after_one_that_was_cut_off_is_not_lost(book: Path) -> None:
    path = log(book, KIM).path
    path.write_text(path.read_text("utf-8") + '{"when": "2026-11', "utf-8")
    assert log(book, replace(KIM, state="sent")).before(KIM) == "sent"


@pytest.mark.parametrize("line", ["[]", "1", '{"of": 1}', "null", "\x00"])
def test_lines_of_something_else_are_passed_over(book: Path, line: str) -> None:
    path = log(book, *sent(KIM)).path
    path.write_text(line + "\n" + path.read_text("utf-8"), "utf-8")
    assert SendLog(book).before(KIM) == "sent"


def test_without_a_log_nothing_is_sent(book: Path) -> None:
    (book.parent / ".pipesheet").write_text("a file where the folder should be")
    with pytest.raises(MailError, match=r"cannot be written .* get the same report twice\. Make its folder writable"):
        SendLog(book).add(KIM)


def test_a_log_that_cannot_be_read_stops_all(book: Path) -> None:
    path = log(book, KIM).path
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(MailError, match=r"cannot be read .* Nothing was sent\. Move it away"):
        SendLog(book)


def test_the_log_of_one_folder_is_found_from_wherever_it_is_named(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(book, *sent(KIM))
    monkeypatch.chdir(book.parent)
    assert SendLog(Path(book.name)).before(KIM) == "sent"
