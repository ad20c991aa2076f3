"""The command line: what is typed, what is shown, and what a scheduler gets as exit code.

One module per group of commands; heavy imports stay inside functions, so that ``--help`` answers at once.
"""

from __future__ import annotations

from typing import Any

import click

from pipesheet import __version__
from pipesheet.cli.books import check, report, run
from pipesheet.cli.libreoffice import libreoffice
from pipesheet.cli.live import excel
from pipesheet.cli.options import EPILOG
from pipesheet.cli.post import send
from pipesheet.cli.proof import verify
from pipesheet.cli.starter import init
from pipesheet.cli.tables import export
from pipesheet.errors import PipesheetError


class Ended(click.ClickException):
    """A fault on its way to the terminal, with the exit code that pipesheet gives it."""

    def __init__(self, fault: PipesheetError) -> None:
        super().__init__(str(fault))
        self.exit_code = fault.exit_code  # type: ignore[misc]  # click reads it from the instance


class OneSentence(click.Group):
    """A group that ends in one sentence and an exit code, never in a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; its faults become `click` errors with pipesheet's exit codes."""
        try:
            return super().invoke(ctx)
        except PipesheetError as fault:
            raise Ended(fault) from fault


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name="pipesheet")
def main() -> None:
    """Audits and forecasts the sales pipeline that lives in your Excel workbook.

    \b
    Start here:
      pipesheet init pipeline.xlsx        a starter workbook to fill in
      pipesheet run pipeline.xlsx         audit and forecast it; writes pipeline.pipesheet.xlsx and .html
      pipesheet check pipeline.xlsx       only say what to fix; writes nothing

    Nothing of yours is lost: your sheets are never edited, and no data leaves this machine.
    """


for command in (run, check, report, send, export, verify, init, excel, libreoffice):
    main.add_command(command)
