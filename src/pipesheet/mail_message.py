"""message(): a mail as the message that a server takes or a mail program opens; the same facts, the same bytes.

Names and addresses come from a workbook and are not trusted: what could add a header, a second recipient or
somebody else's name is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from unicodedata import category

from pipesheet.errors import BadAddress, UsageError
from pipesheet.language import spoken
from pipesheet.report_mail import Mail

LONGEST = 254
"""Characters of an address that a server must take (RFC 5321)."""
LONGEST_NAME = 100
PICTURE = "chart@pipesheet"
"""What the HTML calls the picture: ``cid:chart@pipesheet``."""

_NAMED = re.compile(r'\s*(?:"([^"\\]*)"|([^"<>]*?))\s*<([^<>]*)>\s*\Z')
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?A-~]+>\Z")


def address(text: str, name: str = "") -> Address:
    """One person's address, as ``jonas@example.org`` or ``Jonas Lindqvist <jonas@example.org>``; `name` is
    shown where the text has none.

    Raises:
        BadAddress: it is none, or more than one, or its name poses as another's address.
    """
    if fault := _unprintable(text) or _unprintable(name):
        raise BadAddress(text, fault)
    parts = _NAMED.match(text)
    shown, plain = ((parts[1] or parts[2] or name).strip(), parts[3]) if parts else (name.strip(), text.strip())
    local, at, domain = plain.rpartition("@")
    if fault := _fault_of_name(shown) or _fault(local, at, domain):
        raise BadAddress(text, fault)
    return Address(shown, local, _in_ascii(domain))


def _unprintable(text: str) -> str:
    """Line breaks end a header, marks of direction turn a name round; neither is part of any name."""
    if any(c in "\r\n\v\f\x85\u2028\u2029" for c in text):
        return "there is a line break in it"
    if any(category(c) in ("Cc", "Cf", "Cs") for c in text):
        return "there is a control character in it"
    return ""


def _fault_of_name(name: str) -> str:
    if any(c in name for c in "@<>＠﹫"):
        return "its name looks like another address"
    return "its name is too long" if len(name) > LONGEST_NAME else ""


def _fault(local: str, at: str, domain: str) -> str:
    if not at:
        return "there is no @ in it" if domain or local else "it is empty"
    if any(c in local + domain for c in ",;@ \t"):
        return "there is more than one address in it"
    if not _LOCAL.match(local) or len(local) > 64:
        return "what stands before the @ is no name of a mailbox"
    if not _DOMAIN.match(_in_ascii(domain)):
        return "what stands behind the @ is no name of a domain"
    return "it is too long" if len(local) + len(_in_ascii(domain)) + 1 > LONGEST else ""


def _in_ascii(domain: str) -> str:
    """A domain as servers know it: ``bücher.example`` is ``xn--bcher-kva.example``."""
    try:
        return domain.encode("idna").decode() if domain else ""
    except UnicodeError:
        return ""


def message(
    mail: Mail, *, sender: Address, to: Address, date: dt.datetime, message_id: str, draft: bool = False
) -> EmailMessage:
    """A message to one person, both parts in UTF-8; a `draft` opens in a mail program ready to be sent.

    Raises:
        UsageError: the message ID is not of the form ``<left@right>``.
    """
    if not _MESSAGE_ID.match(message_id):
        raise UsageError(f"{message_id!a} is no message ID; it looks like <left@right>.")
    made = EmailMessage(policy=SMTP)
    made["Subject"] = mail.subject
    made["From"] = sender
    made["To"] = to
    made["Date"] = date
    made["Message-ID"] = message_id
    made["Auto-Submitted"] = "auto-generated"  # nobody's absence is answered to a report
    if draft:
        made["X-Unsent"] = "1"
    made.set_content(mail.text, charset="utf-8", cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", charset="utf-8", cte="quoted-printable")
    if mail.picture is not None:
        html = list(made.iter_parts())[-1]
        assert isinstance(html, EmailMessage)
        html.add_related(mail.picture, "image", "png", cid=f"<{PICTURE}>", disposition="inline")
        html.set_boundary(_boundary(mail, "related"))
    # Set before, it would have gone to the first part with everything else that is of content.
    made["Content-Language"] = spoken().code
    made.set_boundary(_boundary(mail, "alternative"))
    return made


def _boundary(mail: Mail, kind: str) -> str:
    """The same for the same mail; no text in quoted-printable can hold ``=_``."""
    said = "\0".join((kind, mail.text, mail.html))
    return f"=_{hashlib.sha256(said.encode()).hexdigest()[:32]}"
