"""Our side of the way to LibreOffice: its menu started us, and does what we ask, a line of JSON each.

What is said on it is written down in ``extension/child.py``, which is the other side.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

from pipesheet import __version__
from pipesheet.calc.extension.child import AGAIN, about
from pipesheet.errors import LiveError

_SAME = (AttributeError, KeyError, LookupError, NotImplementedError, TypeError, ValueError)
_FAULTS = {kind.__name__: kind for kind in _SAME}
"""What our own operations raise over there is raised here as it is, so that both ways to LibreOffice are alike."""
GONE = (
    "LibreOffice does not answer any more; it may have been closed. If results stand there half written, use "
    "Undo last run in the menu Pipesheet."
)


class Channel:
    """LibreOffice at the other end of two streams of bytes."""

    def __init__(self, answers: IO[bytes], requests: IO[bytes], version: str = __version__) -> None:
        """Says who we are and hears who is there.

        Raises:
            LiveError: nobody is there, or the menu of another version.
        """
        self._answers, self._requests = answers, requests
        self._write(about(version))
        if self._heard() != about(version):
            raise LiveError(f"The menu in LibreOffice is not of Pipesheet {version}. {AGAIN}")

    def ask(self, operation: str, *args: Any) -> Any:
        """The operation's answer.

        Raises:
            LiveError: LibreOffice refused this, or something told before, or is gone.
        """
        self._write({"do": operation, "args": args, "waits": True})
        answer = self._heard()
        if "answer" in answer:
            return answer["answer"]
        raise _fault(answer)

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done, in order with what else is asked and told; a fault of it comes out at the next `ask`."""
        self._write({"do": operation, "args": args, "waits": False})

    def end(self) -> None:
        """Wait until all that was told is done."""
        self.ask("")

    def _write(self, message: dict[str, Any]) -> None:
        """At once, as what is told may be progress that somebody waits for."""
        line = json.dumps(message).encode("ascii") + b"\n"
        try:
            self._requests.write(line)
            self._requests.flush()
        except (OSError, ValueError):
            raise LiveError(GONE) from None

    def _heard(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
            heard = json.loads(line)
        except (OSError, ValueError):  # an end is an empty line, or half a one
            raise LiveError(GONE) from None
        if not isinstance(heard, dict):
            raise LiveError(GONE)
        return heard


def _fault(answer: dict[str, Any]) -> Exception:
    kind, said = str(answer.get("error")), str(answer.get("said"))
    if kind in _FAULTS:
        return _FAULTS[kind](said)
    return LiveError(
        f"LibreOffice refused what it was asked ({answer.get('do')}: {said or kind}). If results stand there half "
        "written, use Undo last run; then try again."
    )


@contextlib.contextmanager
def standard_streams() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """This process's own streams, for a channel alone: what else is printed meanwhile goes where errors go,
    and who else reads finds nothing."""
    answers, requests = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield answers, requests
    finally:
        for stream in (answers, requests):
            with contextlib.suppress(OSError):  # what could not be sent to one that is gone
                stream.close()
