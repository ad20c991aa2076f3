"""run, check and report: what is done to workbooks."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from pathlib import Path

import click

from pipesheet.cli.doing import do, finish, new_job, with_index
from pipesheet.cli.inputs import book_paths, target
from pipesheet.cli.options import AS_OF, BOOKS, EPILOG, JSON, PDF, QUIET, SETTING, TEMPLATES
from pipesheet.errors import UsageError

SHOWN_FINDINGS = 20


@click.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option(
    "--in-place", is_flag=True, help="Write into the workbook itself; the copy before is kept in .pipesheet/backups."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write: a file, or a folder for several workbooks."
)
@TEMPLATES
@PDF
@JSON
@QUIET
def run(  # noqa: PLR0913, PLR0917  click hands over each option
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], in_place: bool, out: Path | None,
    templates: Path | None, pdf: bool, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Audit and forecast workbooks, write the result sheets and the report.

    By default BOOK stays as it is and NAME.pipesheet.xlsx and NAME.pipesheet.html are written beside
    it. A folder stands for the workbooks in it.

    \b
      pipesheet run pipeline.xlsx
      pipesheet run pipeline.xlsx --in-place
      pipesheet run shared/ --out monday/ --as-of 2026-11-16
    """
    from pipesheet.jobs import default_book_out, default_report_out

    if in_place and out:
        raise UsageError("--in-place and --out exclude each other: the first writes into BOOK itself.")
    paths = book_paths(books)
    targets = [p if in_place else target(default_book_out(p), out, len(paths)) for p in paths]
    jobs = [
        new_job(
            p, as_of, pairs, book_out=t, report_out=default_report_out(t), templates=templates, browser=_browser(pdf)
        )
        for p, t in zip(paths, targets, strict=True)
    ]
    finish(with_index(do(jobs, quiet=quiet or as_json), templates), as_json=as_json, quiet=quiet)


@click.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option("--all", "show_all", is_flag=True, help="Show every finding, not the first screenful.")
@JSON
@QUIET
def check(
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], show_all: bool, as_json: bool, quiet: bool
) -> None:
    """Say who has to fix what, most money first; writes nothing.

    \b
      pipesheet check pipeline.xlsx
      pipesheet check pipeline.xlsx --json > findings.json
    """
    jobs = [new_job(p, as_of, pairs) for p in book_paths(books)]
    shown = sys.maxsize if show_all else _screenful()
    finish(do(jobs, quiet=quiet or as_json), as_json=as_json, quiet=quiet, shown=shown)


@click.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option("--out", type=click.Path(path_type=Path), help="Where to write: a .html file, or a folder.")
@TEMPLATES
@PDF
@JSON
@QUIET
def report(
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], out: Path | None,
    templates: Path | None, pdf: bool, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Write the HTML report only; no workbook is written.

    \b
      pipesheet report pipeline.xlsx
      pipesheet report pipeline.xlsx --out monday.html
    """
    from pipesheet.jobs import default_report_out

    paths = book_paths(books)
    targets = [target(default_report_out(p), out, len(paths), ending=".html") for p in paths]
    jobs = [
        new_job(p, as_of, pairs, report_out=t, templates=templates, browser=_browser(pdf))
        for p, t in zip(paths, targets, strict=True)
    ]
    finish(with_index(do(jobs, quiet=quiet or as_json), templates), as_json=as_json, quiet=quiet, shown=0)


def _browser(pdf: bool) -> Path | None:
    """What prints, if anything is to be printed; looked for before any work is done."""
    from pipesheet.pdf import browser

    return browser(os.environ) if pdf else None


def _screenful() -> int:
    """How many findings, two lines each, a terminal holds under the summary; as many as ever where piped."""
    if not sys.stdout.isatty():
        return SHOWN_FINDINGS
    return max(SHOWN_FINDINGS // 2, (shutil.get_terminal_size().lines - 12) // 3)
