"""The mail server: one connection, encrypted unless it is on this machine, and every refusal in words.

`smtplib` speaks; here is only what a person needs beyond it: a message is never handed over twice without
being known to have failed, what may pass is tried again after a pause, and what will not is told.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

from pipesheet.errors import MailError, MailRefused, MailUncertain, UsageError

Security = Literal["starttls", "implicit", "none"]
PORTS: Mapping[Security, int] = {"starttls": 587, "implicit": 465, "none": 25}
PAUSES = (2.0, 10.0, 30.0)
"""Seconds before each further try of what may pass (RFC 5321, 4.5.4.1 asks for patience, a person for an end)."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Account:
    """A mail server and how to log in; `user` empty for no login. `timeout` in seconds."""

    host: str
    sender: str
    port: int = 0
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    timeout: float = 30.0

    def __repr__(self) -> str:
        """Without the password, wherever it may be printed."""
        return f"Account({self.user or 'nobody'} at {self.host}:{self.port or PORTS[self.security]})"


def account(environ: Mapping[str, str], stored_password: Callable[[str, str], str | None]) -> Account:
    """The account that the environment names; a password that is not there is asked of the system's keyring.

    Raises:
        UsageError: no server or sender is named, or something in it cannot be.
    """

    def said(name: str) -> str:
        return environ.get(f"PIPESHEET_SMTP_{name}", "").strip()

    host, sender, user = said("HOST"), said("FROM") or said("USER"), said("USER")
    if not host or "@" not in sender:
        raise UsageError(
            "No mail server is set. Set PIPESHEET_SMTP_HOST and PIPESHEET_SMTP_FROM (and PIPESHEET_SMTP_USER, "
            "PIPESHEET_SMTP_PASSWORD) in the environment."
        )
    security = said("TLS") or "starttls"
    if security not in PORTS:
        raise UsageError(f"PIPESHEET_SMTP_TLS={security}: it can be starttls, implicit or none.")
    port = said("PORT") or "0"
    if not port.isdigit() or int(port) > 65535:
        raise UsageError(f"PIPESHEET_SMTP_PORT={port}: it must be a number up to 65535, such as 587.")
    password = environ.get("PIPESHEET_SMTP_PASSWORD", "") or (stored_password(host, user) or "" if user else "")
    return Account(host, sender, int(port), security, user, password)  # type: ignore[arg-type]  # looked up above


class Postbox:
    """A connection to the server, opened at the first message and again after a drop.

    `pause` waits so many seconds; `trust` holds the certificates to believe, the system's by default.
    """

    def __init__(
        self, account: Account, *, pause: Callable[[float], None], trust: ssl.SSLContext | None = None
    ) -> None:
        self._account, self._pause = account, pause
        self._trust = trust or ssl.create_default_context()
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Postbox:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._open.quit()

    def deliver(self, message: EmailMessage, to: str) -> None:
        """Hands one message over, to that plain address; when this returns the server has taken it.

        Raises:
            MailRefused: this message or this recipient is not wanted; others may be.
            MailUncertain: the connection broke when the message was over and the answer was not.
            MailError: the server cannot be used, so there is no point in going on.
        """
        for pause in (*PAUSES, None):
            try:
                return self._deliver(message, to)
            except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError):
                self._forget()
                self._wait(pause, MailError(f"{self._place} hung up or does not answer. {_REST}"))
            except smtplib.SMTPResponseException as fault:
                self._wait(pause if 400 <= fault.smtp_code < 500 else None, self._refusal(fault, to))
        raise AssertionError("the last pause raises")

    def _wait(self, pause: float | None, fault: MailError) -> None:
        if pause is None:
            raise fault
        self._pause(pause)

    @property
    def _place(self) -> str:
        return f"The mail server {self._account.host}:{self._account.port or PORTS[self._account.security]}"

    def _deliver(self, message: EmailMessage, to: str) -> None:
        server = self._connected()
        data = _DOT.sub(b"..", message.as_bytes(policy=SMTP))
        limit = server.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(data):
            raise MailRefused(to, f"it has {len(data) // 1024} KB and the server takes {int(limit) // 1024} KB at most")
        self._expect(server.mail(message["From"].addresses[0].addr_spec), 250)
        self._expect(server.rcpt(to), 250, 251)
        self._expect(server.docmd("data"), 354)
        server.send(data + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        try:
            self._expect(server.getreply(), 250)
        except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError) as fault:
            self._forget()
            raise MailUncertain(to) from fault

    def _expect(self, reply: tuple[int, bytes], *good: int) -> None:
        code, text = reply
        if code in good:
            return
        if self._open is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._open.rset()
        raise smtplib.SMTPResponseException(code, text)

    def _connected(self) -> smtplib.SMTP:
        if self._open is None:
            try:
                self._open = self._connect()
            except ssl.SSLCertVerificationError as fault:
                raise MailError(
                    f"{self._place} shows a certificate that is not to be trusted ({fault.verify_message}). Nothing "
                    "was sent. Check the name of the server; where your company signs its own certificates, set "
                    "SSL_CERT_FILE to the file with its authority."
                ) from fault
            except ssl.SSLError as fault:
                raise MailError(
                    f"{self._place} could not be spoken to in private ({fault.reason}). Nothing was sent. Try "
                    "PIPESHEET_SMTP_TLS=implicit with port 465, or starttls with port 587."
                ) from fault
            except socket.gaierror as fault:
                raise MailError(
                    f"There is no mail server called {self._account.host}. Check PIPESHEET_SMTP_HOST and the network."
                ) from fault
            except (smtplib.SMTPServerDisconnected, ConnectionResetError, TimeoutError):
                raise  # These may pass.
            except smtplib.SMTPException as fault:
                raise MailError(f"{self._place} lets nobody in ({_answer(fault)}). Try again later.") from fault
            except OSError as fault:
                raise MailError(
                    f"{self._place} does not answer. Check PIPESHEET_SMTP_HOST and PIPESHEET_SMTP_PORT."
                ) from fault
        return self._open

    def _connect(self) -> smtplib.SMTP:
        mine = self._account
        port = mine.port or PORTS[mine.security]
        if mine.security == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mine.host, port, timeout=mine.timeout, context=self._trust)
        else:
            server = smtplib.SMTP(mine.host, port, timeout=mine.timeout)
        try:
            self._secure(server)
            self._log_in(server)
        except BaseException:
            server.close()
            raise
        return server

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if self._account.security != "starttls":
            return
        if not server.has_extn("starttls"):
            raise MailError(
                f"{self._place} offers no encryption, so nothing was sent. Try PIPESHEET_SMTP_TLS=implicit with port "
                "465; PIPESHEET_SMTP_TLS=none sends in the clear, which only a server on this machine should get."
            )
        server.starttls(context=self._trust)
        server.ehlo()

    def _log_in(self, server: smtplib.SMTP) -> None:
        mine = self._account
        if not mine.user:
            return
        if mine.security == "none" and mine.host not in _THIS_MACHINE:
            raise MailError(f"{self._place} would get the password in the clear. Set PIPESHEET_SMTP_TLS to starttls.")
        try:
            server.login(mine.user, mine.password)
        except smtplib.SMTPAuthenticationError as fault:
            raise MailError(
                f"{self._place} refused the login of {mine.user} ({_answer(fault)}). Check PIPESHEET_SMTP_USER and "
                "PIPESHEET_SMTP_PASSWORD; many providers want an app password instead of your own."
            ) from fault
        except smtplib.SMTPNotSupportedError as fault:
            raise MailError(f"{self._place} offers no login. Leave PIPESHEET_SMTP_USER empty for it.") from fault

    def _refusal(self, fault: smtplib.SMTPResponseException, to: str) -> MailError:
        if fault.smtp_code == 421:
            return MailError(f"{self._place} is closing ({_answer(fault)}). {_REST}")
        return MailRefused(to, _answer(fault))

    def _forget(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


_REST = "What was sent is in the log; run again and the rest is sent."


def _answer(fault: smtplib.SMTPException) -> str:
    """What the server said, or smtplib of it, on one line."""
    if not isinstance(fault, smtplib.SMTPResponseException):
        return str(fault)
    said = fault.smtp_error.decode("utf-8", "replace") if isinstance(fault.smtp_error, bytes) else fault.smtp_error
    return f"{fault.smtp_code} {' '.join(c for c in said.split() if c.isprintable())[:200]}"
