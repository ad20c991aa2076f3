"""Reports on their way: one message per recipient, cut from one analysis, each at most once."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

from pipesheet.analysis import Analysis
from pipesheet.audience import Audience, theirs_of
from pipesheet.drawing import web_colour
from pipesheet.errors import BadAddress, Locked, MailError, MailRefused, MailUncertain, UsageError
from pipesheet.language import speaking
from pipesheet.mail_message import address, message
from pipesheet.postbox import Postbox
from pipesheet.recipients import Addressed, addressed
from pipesheet.replacing import replace_file
from pipesheet.report import compose_page
from pipesheet.report_mail import Mail, mail
from pipesheet.report_page import Page
from pipesheet.results.stamp import RunStamp
from pipesheet.sendlog import Entry, SendLog, State

Outcome = Literal[
    "sent", "to send", "no address", "bad address", "sent before", "nothing new", "may have arrived", "refused"
]
_EARLIER: dict[State | None, Outcome] = {"sent": "sent before", "sending": "may have arrived"}
_SUBSTANCE = ("deal_id", "stage", "amount", "currency", "close_date", "owner", "category", "probability", "next_step")


@dataclass(frozen=True, slots=True)
class Letter:
    """One report to one person: what it says, what became of it, and why where it was not sent."""

    addressed: Addressed
    mail: Mail
    sender: str
    entry: Entry
    outcome: Outcome
    reason: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who writes, and who is to get what: the whole report `to` these instead of the workbook's recipients,
    and the `teams` and `owners` theirs; `again` sends also what was sent, `only_if_changed` not the same deals."""

    sender: str
    to: tuple[str, ...] = ()
    teams: bool = False
    owners: bool = False
    again: bool = False
    only_if_changed: bool = False
    templates: Path | None = None


def letters(analysis: Analysis, choice: Choice, *, stamp: RunStamp, log: SendLog) -> tuple[Letter, ...]:
    """What is to be sent to whom, and what is not because it was before; nothing is sent here.

    Raises:
        UsageError: there is nobody to send to.
    """
    whom = addressed(analysis, to=choice.to, teams=choice.teams, owners=choice.owners)
    if not whom:
        raise UsageError(
            f"{stamp.input_name} names nobody to send to. Add a setting 'recipients' with mail addresses, "
            "or use --to, --owners or --teams."
        )
    language = analysis.book.settings.language
    with speaking(language):
        # Letters of one audience say the same, so each is rendered once.
        said = {a: _said(analysis, a, stamp, choice.templates) for a in dict.fromkeys(to.audience for to in whom)}
    made = (_letter(to, *said[to.audience], stamp=stamp, choice=choice, log=log) for to in whom)
    return tuple(replace(letter, language=language) for letter in made)


def _said(analysis: Analysis, audience: Audience, stamp: RunStamp, templates: Path | None) -> tuple[Mail, str, str]:
    """The mail, a hash of what it says, and one of the deals behind it."""
    page = compose_page(analysis, stamp=stamp, colour=web_colour, audience=audience)
    return mail(page, templates=templates), _hash(page), substance(analysis, audience)


def _letter(
    to: Addressed, said: Mail, report: str, deals: str, *, stamp: RunStamp, choice: Choice, log: SendLog
) -> Letter:
    entry = _entry(to, report, deals, stamp, choice.sender)
    try:
        if to.to:
            address(to.to)
    except BadAddress as fault:
        return Letter(to, said, choice.sender, entry, "bad address", str(fault))
    return Letter(to, said, choice.sender, entry, _outcome(to, entry, log, choice))


def _hash(page: Page) -> str:
    """Of all that a reader is told, but for when and by which run: two runs on one day say the same."""
    return hashlib.sha256(repr(replace(page, run=())).encode()).hexdigest()


def substance(analysis: Analysis, audience: Audience) -> str:
    """A hash of their deals and of what is to be mended in them: what must differ for something to be new."""
    frame, findings = theirs_of(analysis, audience)
    deals = sorted(map(repr, frame.select(c for c in _SUBSTANCE if c in frame.columns).iter_rows()))
    faults = sorted(f"{f.code} {f.deal_id} {f.requirement}" for f in findings)
    targets = sorted(map(repr, analysis.book.targets))
    return hashlib.sha256("\n".join((*deals, *faults, *targets)).encode()).hexdigest()


def _entry(to: Addressed, report: str, deals: str, stamp: RunStamp, sender: str) -> Entry:
    person = hashlib.sha256(f"{to.to.casefold()} {to.audience}".encode()).hexdigest()[:12]
    identity = f"<{report[:24]}.{person}@{address(sender).domain}>"
    kind, name = to.audience.kind, to.audience.name
    return Entry(stamp.recorded.isoformat(), stamp.input_name, kind, name, to.to, report, deals, identity, "sending")


def _outcome(to: Addressed, entry: Entry, log: SendLog, choice: Choice) -> Outcome:
    if not to.to:
        return "no address"
    if choice.again:
        return "to send"
    if earlier := _EARLIER.get(log.before(entry)):
        return earlier
    return "nothing new" if choice.only_if_changed and log.unchanged(entry) else "to send"


def deliver(found: Iterable[Letter], postbox: Postbox, log: SendLog, *, date: dt.datetime) -> Iterator[Letter]:
    """Sends those that are to be sent, each written to the log before and after, and gives each when it is done.

    Raises:
        MailError: the server cannot be used any more; what was sent until then is in the log.
    """
    for letter in found:
        yield _sent(letter, postbox, log, date) if letter.outcome == "to send" else letter


def _sent(letter: Letter, postbox: Postbox, log: SendLog, date: dt.datetime) -> Letter:
    parcel = _parcel(letter, date)
    log.add(letter.entry)
    try:
        postbox.deliver(parcel, address(letter.addressed.to).addr_spec)
    except MailUncertain as fault:
        return replace(letter, outcome="may have arrived", reason=str(fault))
    except MailRefused as fault:
        log.add(replace(letter.entry, state="refused", reason=fault.why))
        return replace(letter, outcome="refused", reason=str(fault))
    except MailError as fault:
        log.add(replace(letter.entry, state="failed", reason=str(fault)))
        raise
    log.add(replace(letter.entry, state="sent"))
    return replace(letter, outcome="sent")


def _parcel(letter: Letter, date: dt.datetime, *, draft: bool = False) -> EmailMessage:
    sender, to = address(letter.sender), address(letter.addressed.to)
    with speaking(letter.language):
        return message(letter.mail, sender=sender, to=to, date=date, message_id=letter.entry.message_id, draft=draft)


def write_drafts(found: Iterable[Letter], folder: Path, *, date: dt.datetime) -> Iterator[Letter]:
    """Writes what would be sent as ``.eml`` files, which mail programs open as drafts; none is sent.

    Raises:
        Locked: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Locked(folder, fault.strerror or str(fault), "Choose another folder with --out.") from fault
    for number, letter in enumerate(found, 1):
        if letter.outcome == "to send":
            name = f"{number:02d} {_file_name(letter.addressed.audience.name or 'everybody')}"
            path = folder / f"{name} to {_file_name(letter.addressed.to)}.eml"
            replace_file(path, _parcel(letter, date, draft=True).as_bytes(policy=SMTP))
        yield letter


def _file_name(text: str) -> str:
    """The text with only what every system takes in a file's name."""
    return re.sub(r"[^\w@.+-]+", "_", text).strip("._")[:60] or "nobody"
