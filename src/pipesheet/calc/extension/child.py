"""The pipesheet that a click starts: its command line, its environment, and the answers to what it asks.

Runs inside LibreOffice's own Python (3.7 or later) and needs the standard library alone. Both sides write lines
of JSON: first who they are, then the child ``{"do": "read", "args": [...], "waits": true}``, and this side, to
those that wait, ``{"answer": ...}`` or ``{"error": "its class", "said": "its words", "do": "what failed"}``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
from collections.abc import Mapping
from typing import IO, Any, Callable, Dict  # noqa: UP035  those of 3.9 need not be there

PROTOCOL = 1
AGAIN = "Run pipesheet libreoffice install again, and start LibreOffice anew."
_LOOKS_EVERY = 0.05
_LONGEST_LOG = 1 << 20
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)

Call = Callable[..., Any]
Message = Dict[str, Any]  # noqa: UP006


class CannotRun(Exception):
    """The child did not start, or is not of this menu's version; the words are for the person."""


def command(interpreter: str, action: str) -> list[str]:
    """The child's command line: no shell reads it."""
    return [interpreter, "-I", "-m", "pipesheet", "libreoffice", "run", action, "--channel"]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """This process's, without what LibreOffice says to its own Python, and without a workbook of Excel's."""
    kept = {name: value for name, value in environ.items() if not name.upper().startswith(("PYTHON", "__PYVENV"))}
    return dict(kept, PIPESHEET_BOOK="")


def about(version: str) -> Message:
    """The first line of either side."""
    return {"pipesheet": PROTOCOL, "version": version}


class Child:
    """One run of an action, from the click to its end."""

    def __init__(self, interpreter: str, log: str, version: str) -> None:
        self._interpreter, self._log, self._version = interpreter, log, version
        self._process: Any = None
        self._logged = 0
        self._killed = False

    def run(self, action: str, call: Call, idle: Callable[[], object] = lambda: None) -> None:
        """Start it and do what it asks by `call`, in this thread; `idle` is called while it computes.

        Raises:
            CannotRun: it did not start, is of another version, or ended in a fault that nobody was told.
        """
        try:
            self._process = self._started(action)
        except OSError as fault:
            raise CannotRun(f"Pipesheet could not be started ({fault}). {AGAIN}") from None
        try:
            self._serve(Answers(call), idle)
        except CannotRun:
            if not self._killed:
                raise
        finally:
            self._end()

    def kill(self) -> None:
        """End it now; what it has written so far stays."""
        if self._process is not None:
            self._killed = True
            self._process.kill()

    def _started(self, action: str) -> Any:
        folder = os.path.dirname(self._log)
        os.makedirs(folder, exist_ok=True)
        with open(self._log, "ab") as log:
            if log.tell() > _LONGEST_LOG:
                log.truncate(0)
            self._logged = log.seek(0, os.SEEK_END)
            # Not in the workbook's folder, which may hold files that others put there.
            return subprocess.Popen(  # noqa: S603
                command(self._interpreter, action), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                cwd=folder, env=environment(os.environ), creationflags=_NO_WINDOW,
            )  # fmt: skip

    def _serve(self, answers: Answers, idle: Callable[[], object]) -> None:
        lines = _Lines(self._process.stdout, idle)
        self._write(json.dumps(about(self._version)))
        first = lines.next()
        if first is None:
            raise CannotRun(self._last_words())
        if first != about(self._version):
            raise CannotRun(
                f"The menu is of Pipesheet {self._version}, but Pipesheet {first.get('version', 'of another kind')} "
                f"was started. {AGAIN}"
            )
        for request in iter(lines.next, None):
            answer = answers.to(request)
            if answer is not None:
                self._write(answer)
        if self._process.wait() and not answers.told:
            raise CannotRun(self._last_words())

    def _write(self, line: str) -> None:
        """What a child that is gone does not read is no fault: its silence is noticed at the next read."""
        with contextlib.suppress(OSError):
            self._process.stdin.write(line.encode("ascii") + b"\n")
            self._process.stdin.flush()

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        """What the child said at its end, if it said it in words; else where more is to be read."""
        with open(self._log, "rb") as log:
            log.seek(self._logged)
            last = log.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        if last.lower().startswith("error: "):
            return last[len("error: ") :]
        if "No module named" in last:
            return f"Pipesheet is not where it was when the menu was installed. {AGAIN}"
        return f"Pipesheet ended before it was done. {AGAIN} If that does not help, the log says why: {self._log}"


class Answers:
    """What the child asks, done in order. A fault of what need not be answered holds back all that follows it,
    until the child waits for an answer and so can be told."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._failed: str | None = None
        self.told = False
        """Whether the person has been told something in a box."""

    def to(self, request: Message) -> str | None:
        """The line to send back, if the child waits for one."""
        answer = self._failed
        if answer is None:
            try:
                answer = json.dumps({"answer": self._done(request["do"], request["args"])})
            except Exception as fault:
                self._failed = answer = _fault(fault, request["do"])
        if not request["waits"]:
            return None
        self._failed = None
        return answer

    def _done(self, operation: str, args: list[Any]) -> Any:
        if not operation:  # the end: all that goes before is done
            return None
        self.told = self.told or operation == "alert"
        return self._call(operation, *args)


def _fault(fault: Exception, operation: str) -> str:
    """LibreOffice's own faults keep their words in a field."""
    kind, said = type(fault).__name__.rpartition(".")[2], str(getattr(fault, "Message", "") or fault)
    return json.dumps({"error": kind, "said": said, "do": operation})


class _Lines:
    """The child's lines as they come, read by a thread of their own so that waiting for one can be broken off."""

    def __init__(self, stream: IO[bytes], idle: Callable[[], object]) -> None:
        self._idle = idle
        self._found: Any = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        try:
            for line in stream:
                self._found.put(line)
        except (OSError, ValueError):  # it was closed while it was read
            pass
        self._found.put(b"")

    def next(self) -> Any:
        """The next message; nothing at the end.

        Raises:
            CannotRun: what comes is no message.
        """
        while True:
            try:
                line = self._found.get(timeout=_LOOKS_EVERY)
            except queue.Empty:
                self._idle()
                continue
            return _message(line) if line else None


def _message(line: bytes) -> Message:
    try:
        message = json.loads(line.decode("utf-8"))
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise CannotRun(f"What was started does not speak as Pipesheet does. {AGAIN}")
    return message
