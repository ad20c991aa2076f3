"""init: a workbook to start from."""

from __future__ import annotations

from pathlib import Path

import click

from pipesheet.cli.options import EPILOG
from pipesheet.errors import UsageError

CRITERIA_SETS = ("guide", "simple", "meddicc")


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

    \b
    The sets of criteria; docs/criteria.md shows them:
      guide     actions, information, people and deliverables at every stage
      simple    six criteria to start with
      meddicc   the questions of MEDDICC

    \b
      pipesheet init
      pipesheet init north.xlsx --criteria meddicc
    """
    from pipesheet.resources import resource

    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{path}: the starter is an Excel workbook; give it a name that ends in .xlsx.")
    try:
        with path.open("xb") as fresh:
            fresh.write(resource(f"workbooks/starter-{criteria}.xlsx").read_bytes())
    except FileExistsError:
        raise UsageError(f"{path} exists already and was left alone. Choose another name.") from None
    except OSError as fault:
        raise UsageError(f"{path} could not be written: {fault.strerror}.") from None
    click.echo(f"Wrote {path}. Fill in the Deals sheet, then: pipesheet run {path}")
