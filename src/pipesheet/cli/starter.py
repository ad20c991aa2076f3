"""init: a workbook to start from."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipesheet.cli.options import EPILOG
from pipesheet.errors import UsageError

CRITERIA_SETS = ("guide", "simple", "meddicc")
WITH_BUTTONS = "starter.xlsm"
CLICK = "click Check in it. In LibreOffice use the menu that pipesheet libreoffice install puts there"


@click.command(epilog=EPILOG)
@click.argument("path", default="pipeline.xlsx", type=click.Path(path_type=Path))
@click.option(
    "--criteria",
    type=click.Choice(CRITERIA_SETS),
    default=CRITERIA_SETS[0],
    show_default=True,
    help="Which ready-made set of entry and exit criteria it has.",
)
def init(path: Path, criteria: str) -> None:
    """Write a starter workbook to PATH (default: pipeline.xlsx): empty tables, drop-downs, guidance.

    A name that ends in .xlsm gets the starter with buttons for Excel; it has the guide's criteria.

    \b
    The sets of criteria; docs/criteria.md shows them:
      guide     actions, information, people and deliverables at every stage
      simple    six criteria to start with
      meddicc   the questions of MEDDICC

    \b
      pipesheet init
      pipesheet init north.xlsx --criteria meddicc
      pipesheet init pipeline.xlsm
    """
    name = _shipped(path, criteria)
    try:
        with path.open("xb") as fresh:
            fresh.write(_content(name))
    except FileExistsError:
        raise UsageError(f"{path} exists already and was left alone. Choose another name.") from None
    except OSError as fault:
        raise UsageError(f"{path} could not be written: {fault.strerror}.") from None
    then = CLICK if name == WITH_BUTTONS else f"pipesheet run {path}"
    click.echo(f"Wrote {path}. Fill in the Deals sheet, then: {then}")


def _content(name: str) -> bytes:
    """The bytes of a shipped workbook. LibreOffice, the only program for it on Linux, reads both branches of a
    macro that has one for macOS, so it gets the other alone."""
    from pipesheet.macros.starter import starter
    from pipesheet.resources import resource

    if name == WITH_BUTTONS and sys.platform.startswith("linux"):
        return starter("", mac=False)
    return resource(f"workbooks/{name}").read_bytes()


def _shipped(path: Path, criteria: str) -> str:
    """Which of the shipped workbooks a file of that name gets.

    Raises:
        UsageError: none fits that name.
    """
    match path.suffix.lower():
        case ".xlsx":
            return f"starter-{criteria}.xlsx"
        case ".xlsm" if criteria == CRITERIA_SETS[0]:
            return WITH_BUTTONS
        case ".xlsm":
            raise UsageError(f"{path}: the starter with buttons has the criteria of {CRITERIA_SETS[0]}. Ask for .xlsx.")
        case _:
            raise UsageError(
                f"{path}: the starter is an Excel workbook; give it a name that ends in .xlsx, or in .xlsm for buttons."
            )
