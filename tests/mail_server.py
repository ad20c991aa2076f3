"""Real mail servers on this machine: one that speaks SMTP in full, and one that follows a script."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "ops@example.com", "correct horse"
AUTHORITY = trustme.CA()


def trust() -> ssl.SSLContext:
    """What a client believes that trusts the authority of these tests."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def _certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


@dataclass
class Inbox:
    """What a server took, and how it answers: recipient -> answers to come, one a try."""

    messages: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    logins: list[tuple[str, bool]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    @property
    def to(self) -> list[str]:
        return [to for to, _ in self.messages]

    def opened(self) -> list[EmailMessage]:
        return [message_from_bytes(data, policy=policy.default) for _, data in self.messages]

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        coming = self.answers.get(address, [])
        if coming:
            return coming.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        coming = self.answers.get("data", [])
        if coming:
            return coming.pop(0)
        assert isinstance(envelope.content, bytes)
        self.encrypted.append(session.ssl is not None)
        self.messages += [(to, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"


@contextlib.contextmanager
def mail_server(
    *, security: str = "starttls", login: bool = True, size: int = 33_554_432
) -> Iterator[tuple[Inbox, int]]:
    """A server on a free port of this machine, with its inbox."""
    inbox = Inbox()

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        inbox.logins.append((data.login.decode(), right))
        return AuthResult(success=right, handled=False)

    more: dict[str, Any] = {"tls_context": _certificate(), "require_starttls": True} if security == "starttls" else {}
    if security == "implicit":
        more = {"ssl_context": _certificate()}
    controller = Controller(
        inbox, hostname="localhost", port=_free_port(), data_size_limit=size, authenticator=known,
        auth_required=login, auth_require_tls=security == "starttls", **more,
    )  # fmt: skip
    controller.start()
    try:
        yield inbox, controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return int(found.getsockname()[1])


HANG_UP = "hang up"
SILENT = "silent"


@contextlib.contextmanager
def scripted(*conversations: Sequence[str]) -> Iterator[tuple[list[list[str]], int]]:
    """A server that gives these answers, one list a connection, whatever it is told; the last list is repeated.

    Gives what was said to it, by connection. ``hang up`` closes, ``silent`` never answers.
    """
    heard: list[list[str]] = []
    done = threading.Event()
    with socket.create_server(("localhost", 0)) as listening:
        listening.settimeout(0.1)

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    connection, _ = listening.accept()
                    heard.append([])
                    script = conversations[min(len(heard), len(conversations)) - 1]
                    with connection, contextlib.suppress(OSError):
                        _converse(connection, list(script), heard[-1], done)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield heard, int(listening.getsockname()[1])
        finally:
            done.set()
            thread.join()


def _converse(connection: socket.socket, script: list[str], heard: list[str], done: threading.Event) -> None:
    lines = connection.makefile("rb")
    in_data = False
    while script:
        answer = script.pop(0)
        if answer == HANG_UP:
            return
        if answer == SILENT:
            done.wait(20)
            return
        connection.sendall(answer.encode() + b"\r\n")
        if answer.startswith("354"):
            in_data = True
        while line := lines.readline():
            heard.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            if not in_data or line == b".\r\n":
                in_data = False
                break


Served = Callable[..., contextlib.AbstractContextManager[tuple[Inbox, int]]]
