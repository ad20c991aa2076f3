"""The command line: what is typed, what is shown, and what a scheduler gets as exit code."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipesheet import __version__
from pipesheet.errors import FileMissing, PipesheetError, UsageError

if TYPE_CHECKING:
    from pipesheet.jobs import Job, Outcome

SHOWN_FINDINGS = 20
CRITERIA_SETS = ("guide", "simple", "meddicc")
BOOK_ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xlsb", ".xls", ".ods", ".csv")
EPILOG = """\b
Exit codes: 0 clean · 1 findings of severity error · 2 wrong usage · 3 a file could not be
read or written. Several workbooks: the worst of theirs."""


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


def _day(_ctx: click.Context, _param: click.Parameter, text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date; write it as YYYY-MM-DD, 2026-11-16.") from None


BOOKS = click.argument("books", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BOOK...")
AS_OF = click.option(
    "--as-of",
    callback=_day,
    metavar="DATE",
    help="Judge as of that day, YYYY-MM-DD. Default: the workbook's setting, else today.",
)
SETTING = click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting, stronger than the workbook's. May be repeated.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")


@main.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option(
    "--in-place", is_flag=True, help="Write into the workbook itself; the copy before is kept in .pipesheet/backups."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write: a file, or a folder for several workbooks."
)
@JSON
@QUIET
def run(
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], in_place: bool, out: Path | None,
    as_json: bool, quiet: bool,
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
    paths = _paths(books)
    targets = [p if in_place else _target(default_book_out(p), out, len(paths)) for p in paths]
    jobs = [
        _job(p, as_of, pairs, book_out=t, report_out=default_report_out(t)) for p, t in zip(paths, targets, strict=True)
    ]
    _finish(_do(jobs, quiet=quiet or as_json), as_json=as_json, quiet=quiet)


@main.command(epilog=EPILOG)
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
    jobs = [_job(p, as_of, pairs) for p in _paths(books)]
    shown = sys.maxsize if show_all else _screenful()
    _finish(_do(jobs, quiet=quiet or as_json), as_json=as_json, quiet=quiet, shown=shown)


@main.command(epilog=EPILOG)
@BOOKS
@AS_OF
@SETTING
@click.option("--out", type=click.Path(path_type=Path), help="Where to write: a .html file, or a folder.")
@JSON
@QUIET
def report(
    books: tuple[Path, ...], as_of: dt.date | None, pairs: tuple[str, ...], out: Path | None, as_json: bool, quiet: bool
) -> None:
    """Write the HTML report only; no workbook is written.

    \b
      pipesheet report pipeline.xlsx
      pipesheet report pipeline.xlsx --out monday.html
    """
    from pipesheet.jobs import default_report_out

    paths = _paths(books)
    jobs = [
        _job(p, as_of, pairs, report_out=_target(default_report_out(p), out, len(paths), ending=".html")) for p in paths
    ]
    _finish(_do(jobs, quiet=quiet or as_json), as_json=as_json, quiet=quiet, shown=0)


@main.command(epilog=EPILOG)
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


def _screenful() -> int:
    """How many findings, two lines each, a terminal holds under the summary; as many as ever where piped."""
    if not sys.stdout.isatty():
        return SHOWN_FINDINGS
    return max(SHOWN_FINDINGS // 2, (shutil.get_terminal_size().lines - 12) // 3)


def _paths(books: Sequence[Path]) -> list[Path]:
    """The workbooks meant: files as they are, folders as the workbooks in them."""
    paths: list[Path] = []
    for book in books:
        if not book.is_dir():
            paths.append(book)
            continue
        held = sorted(p for p in book.iterdir() if _is_input(p))
        if not held:
            raise FileMissing(book / "*.xlsx")
        paths += held
    return paths


def _is_input(path: Path) -> bool:
    ours = path.stem.endswith(".pipesheet")
    hidden = path.name.startswith(("~$", "."))
    return path.suffix.lower() in BOOK_ENDINGS and path.is_file() and not (ours or hidden)


def _target(default: Path, out: Path | None, books: int, *, ending: str | None = None) -> Path:
    """Where one workbook's output goes: `out` names a file for one book, a folder otherwise."""
    if out is None:
        return default
    wanted = ending or default.suffix
    if out.suffix.lower() == wanted.lower() and not out.is_dir():
        if books > 1:
            raise UsageError(f"--out {out}: several workbooks need a folder, not one file.")
        return out
    if out.suffix and not out.is_dir():
        raise UsageError(f"--out {out}: name a {wanted} file, or a folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UsageError(f"--out {out}: {fault.strerror}.") from None
    return out / default.name


def _job(
    path: Path,
    as_of: dt.date | None,
    pairs: Sequence[str],
    *,
    book_out: Path | None = None,
    report_out: Path | None = None,
) -> Job:
    from pipesheet.config import command_line_settings
    from pipesheet.jobs import Job

    return Job(
        path=path,
        now=_now(),
        as_of=as_of,
        book_out=book_out,
        report_out=report_out,
        settings=command_line_settings(pairs),
        machine_folder=Path(click.get_app_dir("pipesheet")),
    )


def _now() -> dt.datetime:
    """The moment of the run, to the second; SOURCE_DATE_EPOCH holds it still for reproducible files."""
    held = os.environ.get("SOURCE_DATE_EPOCH", "")
    if held.isdigit():
        return dt.datetime.fromtimestamp(int(held), dt.UTC).replace(tzinfo=None)
    return dt.datetime.now().replace(microsecond=0)


def _do(jobs: Sequence[Job], *, quiet: bool) -> list[Outcome]:
    from pipesheet.jobs import run_job

    outcomes = []
    # A workbook is millions of values without a cycle among them; looking for some takes a tenth of the time.
    gc.disable()
    with _progress(len(jobs), quiet=quiet) as advance:
        for job in jobs:
            outcomes.append(_guarded(job, run_job, partial(advance, job)))
            if job is not jobs[-1]:
                gc.collect()
    gc.freeze()
    gc.enable()
    return outcomes


def _guarded(job: Job, run_job: Callable[..., Outcome], on_step: Callable[[str], None]) -> Outcome:
    """One workbook's fault, even one of our own, never stops the others."""
    from pipesheet.jobs import Outcome

    try:
        return run_job(job, on_step)
    except Exception as fault:  # the outer edge: a person gets a sentence, a developer asks for the trace
        if os.environ.get("PIPESHEET_DEBUG"):
            raise
        return Outcome(
            job.path,
            error=PipesheetError(
                f"{job.path.name}: pipesheet itself failed ({type(fault).__name__}: {fault}). Nothing was "
                "written. Set PIPESHEET_DEBUG=1 and run again to see where, and please report it."
            ),
        )


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[Job, str], None]]:
    """A progress line on a terminal's error channel; nothing where it is piped or unwanted."""
    if quiet or not sys.stderr.isatty():
        yield lambda _job, _step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        begun: list[Path] = []

        def advance(job: Job, step: str) -> None:
            if not begun or begun[-1] != job.path:
                begun.append(job.path)
            bar.update(task, completed=len(begun) - 1, description=f"{job.path.name}: {step}")

        yield advance


def _finish(outcomes: Sequence[Outcome], *, as_json: bool, quiet: bool, shown: int = 5) -> None:
    worst = max(outcome.exit_code for outcome in outcomes)
    if as_json:
        from pipesheet.document import to_json
        from pipesheet.show import document_of

        click.echo(to_json(document_of(outcomes)))
    elif not quiet:
        from pipesheet.show import summary_lines

        for line in summary_lines(outcomes, shown=shown):
            click.echo(line)
    for outcome in outcomes:
        if outcome.error is not None:
            click.echo(click.style("error: ", fg="red", bold=True) + str(outcome.error), err=True)
    sys.exit(worst)
