"""excel run: what a button starts, and what anybody can start where macros are blocked."""

from __future__ import annotations

import gc
import os
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipesheet.cli.doing import now
from pipesheet.cli.excel import excel, own_folder
from pipesheet.cli.options import SETTING
from pipesheet.errors import PipesheetError

__all__ = ["excel", "run_action"]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipesheet.analysis import Analysis
    from pipesheet.excel.attach import LiveBook
    from pipesheet.live import Place
    from pipesheet.results import RunStamp
    from pipesheet.sending import Letter

ACTIONS = ("check", "forecast", "report", "mail", "undo", "help")
BOOK_VARIABLE = "PIPESHEET_BOOK"
"""Where the button says which workbook is meant: a name on a command line could be taken for more than a name."""
PREVIEW_FILE = "preview.html"
_SHOWN = 12


@excel.command(
    epilog="""\b
Exit codes: 0 done · 2 wrong usage · 3 Excel or the workbook could not be used; the sentence says why."""
)
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--from-excel", is_flag=True, hidden=True, help="Started by a button: nobody looks at a terminal.")
@click.option("--hwnd", type=int, hidden=True, help="The window of the Excel that is meant, where two are running.")
@SETTING
def run(action: str, from_excel: bool, hwnd: int | None, pairs: tuple[str, ...]) -> None:
    """Work on the workbook that is open in Excel, saved or not, as the buttons do. Excel saves nothing by it.

    \b
      pipesheet excel run check        what every deal lacks, in the open workbook
      pipesheet excel run forecast     what this quarter will bring
      pipesheet excel run report       the report of the workbook as it is now, in the browser
      pipesheet excel run mail         shows who would get it, sends after a yes
      pipesheet excel run undo         puts back what the last run replaced
    """
    sys.exit(run_action(action, pairs=pairs, hwnd=hwnd, silent=from_excel))


def run_action(
    action: str, *, pairs: Sequence[str] = (), hwnd: int | None = None, engine: Any = None, silent: bool = False
) -> int:
    """Does it on the open workbook of Excel, or of the program that `engine` stands for; gives the exit code.

    What came of it is said in that program's window, and on the terminal where somebody sits at one.
    """
    from pipesheet.excel.attach import attach
    from pipesheet.live import help_text
    from pipesheet.live import run as run_live

    try:
        place = _place(pairs)
        live = attach(os.environ.get(BOOK_VARIABLE, ""), hwnd=hwnd, engine=engine)
    except PipesheetError as fault:
        if action == "help":  # which needs no workbook
            return _nowhere_to_say(help_text(own_folder()), silent=silent)
        return _nowhere_to_say(str(fault), fault.exit_code, silent=silent)
    gc.disable()  # as with a batch: millions of values without a cycle among them
    try:
        done = run_live(action, live, place)
    finally:
        gc.enable()
    if not silent:
        click.echo(done.said, err=done.exit_code != 0)
    return done.exit_code


def _nowhere_to_say(text: str, exit_code: int = 0, *, silent: bool) -> int:
    """There is no workbook to show a box in: a box of the system where there is one, else the terminal."""
    if silent and sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(0, text, "pipesheet", 0x30 if exit_code else 0x40)
    elif exit_code:
        click.echo(click.style("error: ", fg="red", bold=True) + text, err=True)
    else:
        click.echo(text)
    return exit_code


def _place(pairs: Sequence[str]) -> Place:
    from pipesheet.config import command_line_settings
    from pipesheet.live import Place

    documents = Path.home() / "Documents"
    return Place(
        own=own_folder(),
        documents=documents if documents.is_dir() else Path.home(),
        now=now(),
        show_page=lambda path: webbrowser.open(path.as_uri()),
        send=_send,
        settings=command_line_settings(pairs),
    )


def _send(analysis: Analysis, stamp: RunStamp, path: Path, live: LiveBook) -> str:
    """Shows who would get which report, and sends after a yes; says what came of it."""
    from pipesheet.cli.post import stored_password
    from pipesheet.postbox import Postbox, account
    from pipesheet.sending import Choice, deliver, letters
    from pipesheet.sendlog import sending

    wanted = account(os.environ, stored_password)
    path.parent.mkdir(parents=True, exist_ok=True)
    with sending(path) as log:
        found = letters(analysis, Choice(wanted.sender), stamp=stamp, log=log)
        going = [letter for letter in found if letter.outcome == "to send"]
        if not going:
            return f"Nothing is to be sent: {_reasons(found)}."
        _preview(going[0])
        if not live.ask(_question(going, wanted.sender)):
            return "Nothing was sent."
        with Postbox(wanted, pause=time.sleep) as postbox:
            done = list(deliver(found, postbox, log, date=now().astimezone()))
    return f"Mail: {_reasons(done)}."


def _preview(letter: Letter) -> None:
    """Shows the first mail in the browser, its picture inside."""
    import base64

    from pipesheet.jobs import replace_text
    from pipesheet.mail_message import PICTURE

    inside = "data:image/png;base64," + base64.b64encode(letter.mail.picture or b"").decode()
    path = own_folder() / PREVIEW_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, letter.mail.html.replace(f"cid:{PICTURE}", inside))
    webbrowser.open(path.as_uri())


def _reasons(found: Sequence[Letter]) -> str:
    outcomes = [letter.outcome for letter in found]
    return ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))


def _question(going: Sequence[Letter], sender: str) -> str:
    shown = [f"  {letter.addressed.to}" for letter in going[:_SHOWN]]
    if rest := len(going) - len(shown):
        shown.append(f"  … and {rest:,} more")
    subject = going[0].mail.subject
    return "\n".join((f"Send “{subject}” from {sender} to", *shown, "", going[0].mail.preheader, "", "Send it now?"))
