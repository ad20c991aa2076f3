"""Handing a message to a mail server: real ones on this machine, with encryption, refusals and drops."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from typing import Any

import pytest

from mail_server import HANG_UP, PASSWORD, SILENT, USER, mail_server, scripted, trust
from pipesheet.errors import MailError, MailRefused, MailUncertain, UsageError
from pipesheet.postbox import PAUSES, Account, Postbox, account

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server's, where all is encrypted anyway
TO = "kim@example.com"


def message(text: str = "Hello\n.\n..two\n", **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": USER, "To": TO, "Subject": "Q4", **headers}.items():
        made[name] = value
    made.set_content(text)
    return made


class Waits(list[float]):
    """The pauses that were asked for; nobody waits."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def postbox(port: int, *, waits: Waits | None = None, trusted: ssl.SSLContext | None = None, **more: Any) -> Postbox:
    said: dict[str, Any] = {"user": USER, "password": PASSWORD, "security": "starttls", "timeout": 5.0} | more
    pause = waits if waits is not None else Waits()
    return Postbox(Account("localhost", USER, port, **said), pause=pause, trust=trusted or trust())


PLAIN: dict[str, Any] = {"security": "none", "user": ""}


# What goes well


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_a_message_arrives_encrypted_after_a_login(security: str) -> None:
    with mail_server(security=security) as (inbox, port), postbox(port, security=security) as box:
        box.deliver(message(), TO)
    (arrived,) = inbox.opened()
    assert inbox.to == [TO]
    assert arrived["Subject"] == "Q4"
    assert arrived.get_content().splitlines() == ["Hello", ".", "..two"], "a line that is a dot ends nothing"
    assert inbox.logins == [(USER, True)]
    if security == "starttls":
        assert inbox.encrypted == [True]


def test_several_messages_share_one_login() -> None:
    with mail_server() as (inbox, port), postbox(port) as box:
        for to in ("a@example.com", "b@example.com", "c@example.com"):
            box.deliver(message(), to)
    assert inbox.to == ["a@example.com", "b@example.com", "c@example.com"]
    assert len(inbox.logins) == 1


# What is refused


def test_a_wrong_password_is_said_and_nothing_is_tried_again() -> None:
    waits = Waits()
    with mail_server() as (inbox, port), postbox(port, password="wrong", waits=waits) as box:
        with pytest.raises(MailError, match=r"refused the login of ops@example\.com .*app password") as told:
            box.deliver(message(), TO)
    assert (inbox.messages, waits) == ([], [])
    assert "wrong" not in str(told.value)


def test_a_server_without_encryption_gets_nothing() -> None:
    with mail_server(security="none", login=False) as (inbox, port), postbox(port) as box:
        with pytest.raises(MailError, match=r"offers no encryption, so nothing was sent.*implicit with port 465"):
            box.deliver(message(), TO)
    assert (inbox.messages, inbox.logins) == ([], [])


def test_a_certificate_of_nobody_known_gets_nothing() -> None:
    strict = ssl.create_default_context()
    for security in ("starttls", "implicit"):
        with mail_server(security=security) as (inbox, port), postbox(port, security=security, trusted=strict) as box:
            with pytest.raises(MailError, match=r"certificate that is not to be trusted .*SSL_CERT_FILE"):
                box.deliver(message(), TO)
        assert (inbox.messages, inbox.logins) == ([], [])


def test_speaking_the_wrong_kind_of_encryption_is_said() -> None:
    with mail_server(security="starttls") as (_, port), postbox(port, security="implicit") as box:
        with pytest.raises(MailError, match=r"could not be spoken to in private .*starttls with port 587"):
            box.deliver(message(), TO)


def test_a_password_is_never_sent_in_the_clear_to_another_machine() -> None:
    box = Postbox(Account("mail.example.com", USER, 25, "none", USER, PASSWORD), pause=Waits())
    with pytest.raises(MailError, match="would get the password in the clear"):
        box._log_in(None)  # type: ignore[arg-type]  # it is refused before the server is looked at


def test_a_recipient_is_refused_and_the_others_get_theirs() -> None:
    with mail_server() as (inbox, port), postbox(port) as box:
        inbox.answers["gone@example.com"] = ["550 No such user here"]
        with pytest.raises(MailRefused, match=r"to gone@example\.com was refused: 550 No such user here\. Check"):
            box.deliver(message(), "gone@example.com")
        box.deliver(message(), TO)
    assert inbox.to == [TO]


def test_a_message_too_large_is_refused_before_it_is_sent() -> None:
    with mail_server(size=2000) as (inbox, port), postbox(port) as box:
        with pytest.raises(MailRefused, match=r"has \d+ KB and the server takes 1 KB at most"):
            box.deliver(message("x" * 70 + "\n" + "y\n" * 5000), TO)
        box.deliver(message("short\n"), TO)
    assert len(inbox.messages) == 1


def test_a_message_refused_for_what_is_in_it_is_said() -> None:
    with mail_server() as (inbox, port), postbox(port) as box:
        inbox.answers["data"] = ["554 Looks like spam"]
        with pytest.raises(MailRefused, match="554 Looks like spam"):
            box.deliver(message(), TO)


# What may pass


def test_a_server_that_is_busy_is_asked_again_after_a_pause() -> None:
    waits = Waits()
    with mail_server() as (inbox, port), postbox(port, waits=waits) as box:
        inbox.answers[TO] = ["451 Greylisted, try later", "452 Busy"]
        box.deliver(message(), TO)
    assert (inbox.to, waits) == ([TO], list(PAUSES[:2]))


def test_a_server_that_stays_busy_refuses_that_one_in_the_end() -> None:
    waits = Waits()
    with mail_server() as (inbox, port), postbox(port, waits=waits) as box:
        inbox.answers[TO] = ["451 Greylisted"] * 9
        with pytest.raises(MailRefused, match="451 Greylisted"):
            box.deliver(message(), TO)
        box.deliver(message(), "other@example.com")
    assert (inbox.to, waits) == (["other@example.com"], list(PAUSES))


HELLO = ["220 hi", "250 hello"]
TAKEN = ["250 ok", "250 ok", "354 go on", "250 taken", "221 bye"]


def test_a_drop_before_the_message_is_over_is_tried_again() -> None:
    waits = Waits()
    with scripted([*HELLO, "250 ok", "250 ok", HANG_UP], [*HELLO, *TAKEN]) as (heard, port):
        with postbox(port, waits=waits, **PLAIN) as box:
            box.deliver(message(), TO)
    assert (len(heard), waits) == (2, [PAUSES[0]])


def test_a_drop_after_the_message_is_over_is_not_tried_again() -> None:
    waits = Waits()
    with scripted([*HELLO, "250 ok", "250 ok", "354 go on", HANG_UP]) as (heard, port):
        with postbox(port, waits=waits, **PLAIN) as box:
            with pytest.raises(MailUncertain, match=r"handed over, but .* hung up .*send it again with --again"):
                box.deliver(message(), TO)
    assert (len(heard), heard[0][-1], waits) == (1, ".", [])


def test_a_server_that_never_answers_is_given_up() -> None:
    waits = Waits()
    with scripted([SILENT]) as (_, port), postbox(port, waits=waits, timeout=0.2, **PLAIN) as box:
        with pytest.raises(MailError, match=r"hung up or does not answer\. What was sent is in the log"):
            box.deliver(message(), TO)
    assert waits == list(PAUSES)


def test_a_server_that_lets_nobody_in_is_said() -> None:
    with scripted(["554 go away"]) as (_, port), postbox(port, **PLAIN) as box:
        with pytest.raises(MailError, match=r"lets nobody in \(554 go away\)"):
            box.deliver(message(), TO)


def test_nobody_there_is_said() -> None:
    with mail_server() as (_, port):
        pass
    with postbox(port) as box, pytest.raises(MailError, match=r"does not answer\. Check PIPESHEET_SMTP_HOST"):
        box.deliver(message(), TO)


def test_a_network_that_does_not_lead_there_is_said() -> None:
    box = Postbox(Account("240.0.0.1", USER, 25, timeout=0.3), pause=Waits())
    with pytest.raises(MailError, match=r"does not answer"):
        box.deliver(message(), TO)


def test_a_server_that_cannot_begin_in_private_now_is_no_fault_of_the_recipients() -> None:
    with scripted(["220 hi", "250-hello\r\n250 STARTTLS", "454 not now"]) as (_, port), postbox(port) as box:
        with pytest.raises(MailError, match=r"lets nobody in \(454 not now\)") as told:
            box.deliver(message(), TO)
    assert not isinstance(told.value, MailRefused)


def test_a_host_that_is_not_is_said() -> None:
    box = Postbox(Account("no.such.host.invalid", USER), pause=Waits())
    with pytest.raises(MailError, match=r"There is no mail server called no\.such\.host\.invalid"):
        box.deliver(message(), TO)


def test_an_answer_that_would_steer_a_terminal_is_plain() -> None:
    with scripted([*HELLO, "250 ok", "550 \x1b[31mno\x07 such"]) as (_, port), postbox(port, **PLAIN) as box:
        with pytest.raises(MailRefused) as told:
            box.deliver(message(), TO)
    assert str(told.value).isprintable()


# The account


SET = {"PIPESHEET_SMTP_HOST": "smtp.example.com", "PIPESHEET_SMTP_USER": USER, "PIPESHEET_SMTP_PASSWORD": PASSWORD}


def stored(host: str, user: str) -> str | None:
    return "from the keyring" if (host, user) == ("smtp.example.com", USER) else None


def test_the_environment_names_the_account() -> None:
    assert account(SET, stored) == Account("smtp.example.com", USER, 0, "starttls", USER, PASSWORD)
    more = {"PIPESHEET_SMTP_TLS": "implicit", "PIPESHEET_SMTP_PORT": "1465", "PIPESHEET_SMTP_FROM": "Ops <ops@x.com>"}
    assert account(SET | more, stored) == Account(
        "smtp.example.com", "Ops <ops@x.com>", 1465, "implicit", USER, PASSWORD
    )


def test_a_password_that_is_not_in_the_environment_is_asked_of_the_keyring() -> None:
    assert account(SET | {"PIPESHEET_SMTP_PASSWORD": ""}, stored).password == "from the keyring"


def test_a_password_is_in_no_print_of_an_account() -> None:
    assert PASSWORD not in repr(account(SET, stored))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"PIPESHEET_SMTP_HOST": ""}, "No mail server is set"),
        ({"PIPESHEET_SMTP_USER": "ops"}, "No mail server is set"),
        ({"PIPESHEET_SMTP_TLS": "ssl"}, "starttls, implicit or none"),
        ({"PIPESHEET_SMTP_PORT": "smtp"}, "a number up to 65535"),
        ({"PIPESHEET_SMTP_PORT": "99999"}, "a number up to 65535"),
    ],
)
def test_an_account_that_cannot_be_is_said(said: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        account(SET | said, stored)
