"""Jobs done one after the other, with a progress line, and the exit code they end in."""

from __future__ import annotations

import datetime as dt
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipesheet.errors import PipesheetError

if TYPE_CHECKING:
    from pipesheet.jobs import Job, Outcome


def new_job(
    path: Path,
    as_of: dt.date | None,
    pairs: Sequence[str],
    *,
    book_out: Path | None = None,
    report_out: Path | None = None,
    templates: Path | None = None,
    browser: Path | None = None,
) -> Job:
    """What to do with one workbook, as of now."""
    from pipesheet.config import command_line_settings
    from pipesheet.jobs import Job

    return Job(
        path=path,
        now=now(),
        as_of=as_of,
        book_out=book_out,
        report_out=report_out,
        settings=command_line_settings(pairs),
        machine_folder=Path(click.get_app_dir("pipesheet")),
        templates=templates.resolve() if templates else None,
        browser=browser,
    )


def now() -> dt.datetime:
    """The moment of the run, to the second; SOURCE_DATE_EPOCH holds it still for reproducible files."""
    held = os.environ.get("SOURCE_DATE_EPOCH", "")
    if held.isdigit():
        return dt.datetime.fromtimestamp(int(held), dt.UTC).replace(tzinfo=None)
    return dt.datetime.now().replace(microsecond=0)


def do(jobs: Sequence[Job], *, quiet: bool) -> list[Outcome]:
    """Does the jobs in turn, telling how far it is; a bad file never stops the others."""
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


def with_index(outcomes: list[Outcome], templates: Path | None) -> list[Outcome]:
    """The outcomes, after a page that leads to their reports was written where there are several."""
    if len(outcomes) < 2:
        return outcomes
    from pipesheet.index_page import FILE, index_folder, index_html
    from pipesheet.jobs import replace_text
    from pipesheet.language import speaking

    folder = index_folder(outcomes)
    if folder is None:
        return outcomes
    own = templates.resolve() if templates else None
    spoken = {outcome.analysis.book.settings.language for outcome in outcomes if outcome.analysis is not None}
    with speaking(spoken.pop() if len(spoken) == 1 else "en"):
        page = index_html(outcomes, folder, now=now(), templates=own)
    replace_text(folder / FILE, page)
    return [replace(outcome, index=folder / FILE) for outcome in outcomes]


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


def finish(outcomes: Sequence[Outcome], *, as_json: bool, quiet: bool, shown: int = 5) -> None:
    """Shows what came of it, for people or machines, and ends with the worst exit code."""
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
