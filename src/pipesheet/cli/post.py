"""send: the report by mail, to everybody, to managers, to owners."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipesheet.cli.doing import new_job
from pipesheet.cli.inputs import book_paths
from pipesheet.cli.options import AS_OF, BOOKS, JSON, QUIET, SETTING, TEMPLATES
from pipesheet.errors import MailError, PipesheetError, UsageError

if TYPE_CHECKING:
    import datetime as dt

    from pipesheet.jobs import Job
    from pipesheet.postbox import Account, Postbox
    from pipesheet.sending import Choice, Letter

SEND_EPILOG = """\b
The mail server, in the environment (a password may lie in the system's keyring instead):
  PIPESHEET_SMTP_HOST       smtp.example.com
  PIPESHEET_SMTP_FROM       who it is from; default: the user
  PIPESHEET_SMTP_USER       and PIPESHEET_SMTP_PASSWORD, to log in
  PIPESHEET_SMTP_TLS        starttls (default, port 587), implicit (465), none (25)
  PIPESHEET_SMTP_PORT       another port

\b
Exit codes: 0 all went out, or nothing was to · 2 wrong usage · 3 a file could not be read, the mail
server could not be used, or somebody was refused."""


@click.command(epilog=SEND_EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option(
    "--to", multiple=True, metavar="ADDRESS", help="Send the whole report there; instead of the recipients in Settings."
)
@click.option("--teams", is_flag=True, help="Each manager in Owners gets their team's report.")
@click.option("--owners", is_flag=True, help="Each owner in Owners gets their own deals and what to mend.")
@click.option(
    "--dry-run", is_flag=True, help="Send nothing: show who would get what, and write the messages as .eml files."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where --dry-run writes them; default: NAME.pipesheet.mail."
)
@click.option("--only-if-changed", is_flag=True, help="Leave out who was last sent the same deals and findings.")
@click.option("--again", is_flag=True, help="Send also what was sent before.")
@TEMPLATES
@JSON
@QUIET
def send(  # noqa: PLR0913, PLR0917  click hands over each option
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], to: tuple[str, ...], teams: bool,
    owners: bool, dry_run: bool, out: Path | None, only_if_changed: bool, again: bool, templates: Path | None,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Send the report by mail: to the recipients in Settings, to managers, to owners.

    Nobody gets the same report twice: what was sent stands in .pipesheet/sent.jsonl beside the workbook,
    and after a failure the next run sends the rest.

    \b
      pipesheet send pipeline.xlsx --dry-run
      pipesheet send pipeline.xlsx --owners --teams --only-if-changed
      pipesheet send pipeline.xlsx --to board@example.com
    """
    from pipesheet.sending import Choice

    account = _account(dry_run=dry_run)
    choice = Choice(
        account.sender,
        to,
        teams=teams,
        owners=owners,
        again=again,
        only_if_changed=only_if_changed,
        templates=templates,
    )
    done: list[Letter] = []
    with _postbox(account) as postbox:
        code = 0
        for path in book_paths(books):
            job = new_job(path, as_of, pairs)
            drafts = out or path.with_name(f"{path.stem}.pipesheet.mail") if dry_run else None
            try:
                for letter in _letters(job, choice, postbox, drafts):
                    done.append(letter)
                    _progress(letter, quiet=quiet or as_json)
            except PipesheetError as fault:
                click.echo(click.style("error: ", fg="red", bold=True) + str(fault), err=True)
                code = max(code, fault.exit_code)
                if isinstance(fault, MailError):
                    break
    _tell(done, as_json=as_json, quiet=quiet)
    sys.exit(max(code, 3 if any(letter.outcome == "refused" for letter in done) else 0))


def _letters(job: Job, choice: Choice, postbox: Postbox, drafts: Path | None) -> Iterator[Letter]:
    """The letters of one workbook, each when it is done."""
    from pipesheet.jobs import examine
    from pipesheet.sending import deliver, letters, write_drafts
    from pipesheet.sendlog import SendLog, sending

    analysis, stamp = examine(job)
    date = job.now.astimezone()
    if drafts is not None:
        yield from write_drafts(letters(analysis, choice, stamp=stamp, log=SendLog(job.path)), drafts, date=date)
        return
    with sending(job.path) as log:
        yield from deliver(letters(analysis, choice, stamp=stamp, log=log), postbox, log, date=date)


def _account(*, dry_run: bool) -> Account:
    from pipesheet.postbox import Account, account

    try:
        return account(os.environ, stored_password)
    except UsageError as fault:
        if not dry_run:
            raise UsageError(
                f"{fault} Or use --dry-run, which writes .eml files to open in your mail program."
            ) from None
        return Account("", os.environ.get("PIPESHEET_SMTP_FROM", "") or "pipesheet@localhost")


def stored_password(host: str, user: str) -> str | None:
    """The password in the system's keyring, where there is one (``keyring set HOST USER`` puts it there)."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found: str | None = keyring.get_password(host, user)
    except KeyringError:
        return None
    return found


def _postbox(account: Account) -> Postbox:
    from pipesheet.postbox import Postbox

    return Postbox(account, pause=time.sleep)


def _progress(letter: Letter, *, quiet: bool) -> None:
    """One line a letter while it goes on, for who sits before a terminal; the table comes at the end."""
    if not quiet and sys.stderr.isatty():
        click.echo(f"{letter.outcome}: {letter.addressed.to or letter.addressed.person}", err=True)


def _tell(done: list[Letter], *, as_json: bool, quiet: bool) -> None:
    from pipesheet.document import letters_json
    from pipesheet.show import letter_lines

    if as_json:
        click.echo(letters_json(done))
    elif not quiet:
        for line in letter_lines(done):
            click.echo(line)
