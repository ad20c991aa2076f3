"""export: the tables as CSV or JSON, for other programs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipesheet.cli.doing import finish, new_job
from pipesheet.cli.inputs import book_paths
from pipesheet.cli.options import AS_OF, BOOKS, EPILOG, QUIET, SETTING
from pipesheet.errors import PipesheetError, UsageError

FORMATS = ("csv", "json")


@click.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True, help="What is written.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder to write to. Default: beside BOOK.")
@QUIET
def export(
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], form: str, out: Path | None, quiet: bool
) -> None:
    """Write each table of the result sheets to a file of its own: NAME.deals.csv, NAME.findings.csv and so on.

    Texts that a spreadsheet would take for a formula get an apostrophe before them in CSV.

    \b
      pipesheet export pipeline.xlsx
      pipesheet export pipeline.xlsx --format json --out tables/
    """
    from pipesheet.exports import write_tables
    from pipesheet.jobs import Outcome, examine

    outcomes = []
    for path in book_paths(books):
        try:
            analysis, stamp = examine(new_job(path, as_of, pairs))
            written = write_tables(analysis, stamp=stamp, folder=_folder(out or path.parent), form=form)
            outcomes.append(Outcome(path, analysis, tables=written))
        except PipesheetError as fault:
            outcomes.append(Outcome(path, error=fault))
    finish(outcomes, as_json=False, quiet=quiet, shown=0)


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UsageError(f"--out {folder}: {fault.strerror}.") from None
    return folder
