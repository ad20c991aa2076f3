"""What was sent to whom, one line a step, beside the workbook: so that nobody gets the same report twice.

A line is written to the disk before a message is handed to the server and after the server has answered.
Where the second is missing, the message may have arrived; it is then not sent again unless that is asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from pipesheet.errors import MailError
from pipesheet.turns import turn

FOLDER, FILE = ".pipesheet", "sent.jsonl"
State = Literal["sending", "sent", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of one message. `report` is a hash of what it says, `substance` of the deals behind it."""

    when: str
    workbook: str
    kind: str
    name: str
    to: str
    report: str
    substance: str
    message_id: str
    state: State
    reason: str = ""

    @property
    def of(self) -> tuple[str, str, str, str]:
        """Which report of which workbook, and to whom."""
        return self.workbook, self.kind, self.name, self.to.casefold()


@contextmanager
def sending(workbook: Path) -> Iterator[SendLog]:
    """The log, while this run alone sends reports of the workbooks in that folder.

    Raises:
        MailError: it cannot be read or written; nothing is sent then.
        Locked: another run is sending.
    """
    path = _log_of(workbook)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _unwritable(path, fault) from fault
    with turn(path):
        yield SendLog(workbook)


def _log_of(workbook: Path) -> Path:
    return workbook.resolve().parent / FOLDER / FILE


def _unwritable(path: Path, fault: OSError) -> MailError:
    return MailError(
        f"{path} cannot be written ({fault.strerror}), and without it somebody could get the same "
        "report twice. Make its folder writable and run again."
    )


class SendLog:
    """The log beside a workbook, read whole and appended to.

    Raises:
        MailError: it cannot be read or written; nothing is sent then.
    """

    def __init__(self, workbook: Path) -> None:
        self.path = _log_of(workbook)
        self._last: dict[tuple[str, str, str, str], list[Entry]] = {}
        for entry in self._entries():
            self._last.setdefault(entry.of, []).append(entry)

    def _entries(self) -> Iterator[Entry]:
        try:
            lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        except (OSError, UnicodeDecodeError) as fault:
            raise MailError(
                f"{self.path} cannot be read ({fault}). Nothing was sent. Move it away to start anew."
            ) from fault
        for line in lines:
            try:
                yield Entry(**json.loads(line))
            except (ValueError, TypeError):  # The last line of a run that was cut off.
                continue

    def before(self, entry: Entry) -> State | None:
        """How far the same report got on its way to the same person before; None for not at all."""
        same = [e for e in self._last.get(entry.of, []) if e.report == entry.report]
        return same[-1].state if same else None

    def unchanged(self, entry: Entry) -> bool:
        """Whether the last report that person got was of the same deals and findings."""
        sent = [e for e in self._last.get(entry.of, []) if e.state == "sent"]
        return bool(sent) and sent[-1].substance == entry.substance

    def add(self, entry: Entry) -> None:
        """Writes a line, on the disk when this returns."""
        line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                file.write(_on_a_line_of_its_own(file, line.encode()))
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise _unwritable(self.path, fault) from fault
        self._last.setdefault(entry.of, []).append(entry)


def _on_a_line_of_its_own(file: IO[bytes], line: bytes) -> bytes:
    """The line, begun anew where a run was cut off in the middle of the last one."""
    end = file.seek(0, os.SEEK_END)
    if end:
        file.seek(end - 1)
    return line if not end or file.read(1) == b"\n" else b"\n" + line
