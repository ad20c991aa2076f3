"""verify: whether one workbook still holds all that is in another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipesheet.cli.options import JSON, QUIET


@click.command(
    epilog="""\b
Exit codes: 0 nothing lost · 1 something was · 2 wrong usage · 3 a file could not be read."""
)
@click.argument("before", type=click.Path(path_type=Path, readable=False))
@click.argument("after", type=click.Path(path_type=Path, readable=False))
@JSON
@QUIET
def verify(before: Path, after: Path, as_json: bool, quiet: bool) -> None:
    """Say whether AFTER still holds everything that is in BEFORE, part by part.

    Every part of BEFORE that is not pipesheet's must be in AFTER byte for byte; the parts that list others
    or hold formats may only have grown. It does not matter which program wrote AFTER.

    \b
      pipesheet verify pipeline.xlsx pipeline.pipesheet.xlsx
      pipesheet verify .pipesheet/backups/pipeline.1f2e3d4c5b6a.xlsx pipeline.xlsx
    """
    from pipesheet.verifying import compare

    found = compare(before, after)
    if as_json:
        from pipesheet.document import comparison_json

        click.echo(comparison_json(found))
    elif not quiet:
        from pipesheet.show import comparison_lines

        click.echo("\n".join(comparison_lines(found)))
    sys.exit(1 if found.losses else 0)
