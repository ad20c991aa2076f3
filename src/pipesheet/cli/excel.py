"""excel: the tab in Excel's ribbon, put in place, taken away, and looked after when it does not work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipesheet import __version__
from pipesheet.cli.options import JSON, QUIET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipesheet.doctor_lines import Line
    from pipesheet.installing import Removed

DOCTOR_EPILOG = """\b
Exit codes: 0 nothing is broken (what needs attention works with a limit) · 1 something is broken
· 2 wrong usage · 3 a file could not be read."""


@click.group()
def excel() -> None:
    """Work inside Excel: a tab in the ribbon that checks and forecasts the open workbook.

    \b
      pipesheet excel install      put the tab into Excel
      pipesheet excel doctor       say why it does not work, and what to do
      pipesheet excel uninstall    take it out again
    """


def own_folder() -> Path:
    """Where pipesheet keeps what is the user's own."""
    return Path(click.get_app_dir("pipesheet"))


@excel.command(
    epilog="""\b
Exit codes: 0 it is in place · 2 there is no Excel for this system · 3 a file could not be written, or
one of that name is not pipesheet's."""
)
@click.option("--force", is_flag=True, help="Write over files of that name that are not pipesheet's, or were changed.")
@QUIET
def install(force: bool, quiet: bool) -> None:
    """Put the Pipesheet tab into Excel: an add-in in your own start-up folder; on a Mac also a script.

    It is made on this machine for this Python; no right of an administrator is needed and no setting changed.
    Run it again after an update of pipesheet or of Python.
    """
    from pipesheet.cli.this_machine import this_machine
    from pipesheet.installing import install as put_in_place
    from pipesheet.macros.addin import addin

    done = put_in_place(this_machine(), own_folder(), __version__, addin, force=force)
    if quiet:
        return
    for path in done.written:
        click.echo(f"Wrote {path}")
    for path in done.kept:
        click.echo(f"Already there: {path}")
    click.echo("Start Excel again; a tab Pipesheet stands right of the others. If not: pipesheet excel doctor")


@excel.command(
    epilog="""\b
Exit codes: 0 nothing of pipesheet's is left · 1 a file was left, with the reason · 2 there is no Excel for
this system · 3 the record of what was installed could not be read."""
)
@QUIET
def uninstall(quiet: bool) -> None:
    """Take the Pipesheet tab out of Excel: remove what install put there, unless it was changed since."""
    from pipesheet.cli.this_machine import this_machine
    from pipesheet.installing import uninstall as take_out

    done = take_out(this_machine(), own_folder())
    if not quiet:
        click.echo("\n".join(_gone(done)))
    for path, why in done.left:
        click.echo(f"Left {path}: {why}.", err=True)
    sys.exit(1 if done.left else 0)


def _gone(done: Removed) -> list[str]:
    if done.removed:
        return [*(f"Removed {path}" for path in done.removed), "The tab is gone when Excel is started again."]
    return ["Nothing was removed." if done.left else "There is nothing of pipesheet's in Excel."]


@excel.command(epilog=DOCTOR_EPILOG)
@click.argument("book", default="")
@JSON
def doctor(book: str, as_json: bool) -> None:
    """Say in a line each what works, what needs attention, what is broken, and what to do; changes nothing.

    BOOK is a workbook that the tab does not work on, by its path or address.

    \b
      pipesheet excel doctor
      pipesheet excel doctor pipeline.xlsx
    """
    from pipesheet.cli.this_machine import this_machine
    from pipesheet.doctor import diagnose, exit_code

    lines = diagnose(this_machine(), own_folder(), __version__, book)
    click.echo(_as_json(lines, exit_code(lines)) if as_json else "\n".join(map(_said, lines)))
    sys.exit(exit_code(lines))


def _said(line: Line) -> str:
    return f"{line.level:<9}  {line.meant} {line.to_do}".rstrip()


def _as_json(lines: Sequence[Line], code: int) -> str:
    checks = [
        {"check": line.check, "level": line.level, "meant": line.meant, "to_do": line.to_do or None} for line in lines
    ]
    return json.dumps({"version": __version__, "exit_code": code, "checks": checks}, indent=2, ensure_ascii=False)
