"""libreoffice: the menu in LibreOffice Calc, put there and taken out, and what a click on it starts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pipesheet import __version__
from pipesheet.cli.excel import own_folder
from pipesheet.cli.live import ACTIONS
from pipesheet.cli.options import QUIET
from pipesheet.errors import UsageError

if TYPE_CHECKING:
    from pipesheet.machine import Machine, Ran

LOG_FILE: Final = "libreoffice.log"
_PATIENCE: Final = 300
"""Seconds; LibreOffice's first start on a slow machine with a virus scanner can take one or two minutes."""
PROFILE: Final = click.option(
    "--user-installation", "profile", default="", hidden=True, metavar="URL", help="Another user's part of LibreOffice."
)


@click.group()
def libreoffice() -> None:
    """Work inside LibreOffice Calc: a menu and a toolbar that check and forecast the open workbook.

    \b
      pipesheet libreoffice install      put the menu into LibreOffice
      pipesheet libreoffice uninstall    take it out again
    """


@libreoffice.command(
    epilog="""\b
Exit codes: 0 it is in place · 2 something that it needs is not installed · 3 LibreOffice is open, or refused
it, or a file could not be written."""
)
@PROFILE
@QUIET
def install(profile: str, quiet: bool) -> None:
    """Put the menu Pipesheet and its toolbar into LibreOffice Calc, as an extension of your own.

    It is made on this machine for this Python; no right of an administrator is needed. Close LibreOffice before.
    Run it again after an update of pipesheet or of Python.
    """
    from pipesheet.libreoffice import EXTENSION, put_in, refuse_unfit

    machine = _patient_machine()
    refuse_unfit(machine)
    path = own_folder() / EXTENSION
    _write(path, machine)
    put_in(machine, path, profile)
    if not quiet:
        click.echo("The menu Pipesheet is in LibreOffice Calc. Start LibreOffice, and open your workbook.")


def _write(path: Path, machine: Machine) -> None:
    from pipesheet.calc.packing import extension
    from pipesheet.machine import interpreter, talking
    from pipesheet.replacing import replace_file

    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, extension(talking(interpreter(machine)), path.with_name(LOG_FILE), __version__))


@libreoffice.command(
    epilog="""\b
Exit codes: 0 nothing of pipesheet's is left · 2 there is no LibreOffice · 3 LibreOffice is open, or refused."""
)
@PROFILE
@QUIET
def uninstall(profile: str, quiet: bool) -> None:
    """Take the menu Pipesheet and its toolbar out of LibreOffice Calc. Close LibreOffice before."""
    from pipesheet.libreoffice import EXTENSION, take_out

    was_there = take_out(_patient_machine(), profile)
    (own_folder() / EXTENSION).unlink(missing_ok=True)
    if not quiet:
        gone = "The menu is gone when LibreOffice is started again."
        click.echo(gone if was_there else "There is nothing of pipesheet's in LibreOffice.")


@libreoffice.command(hidden=True)
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--channel", is_flag=True, hidden=True, help="Started by the menu, which answers on these streams.")
def run(action: str, channel: bool) -> None:
    """What a click in the menu starts."""
    if not channel:
        raise UsageError(
            f"LibreOffice itself starts this: run pipesheet libreoffice install, and choose {action} in its menu "
            "Pipesheet."
        )
    sys.exit(_run_action(action))


def _run_action(action: str) -> int:
    from pipesheet.calc.channel import Channel, standard_streams
    from pipesheet.calc.engine import Engine
    from pipesheet.cli.live import run_action

    with standard_streams() as streams:
        office = Channel(*streams)
        code = run_action(action, engine=Engine(office))
        office.end()
    return code


def _patient_machine() -> Machine:
    from pipesheet.cli.this_machine import this_machine

    return replace(this_machine(), run=_patiently)


def _patiently(command: Sequence[str]) -> Ran:
    from pipesheet.machine import NOT_STARTED, Ran

    try:
        done = subprocess.run(  # noqa: S603  LibreOffice's own
            list(command), capture_output=True, stdin=subprocess.DEVNULL, text=True, errors="replace",
            timeout=_PATIENCE, check=False, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
        return Ran(NOT_STARTED, str(fault))
    return Ran(done.returncode, done.stderr or done.stdout)
