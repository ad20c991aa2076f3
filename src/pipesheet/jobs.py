"""One workbook, the whole way: read, analyze, write, report. What the command and the API both call."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pipesheet import __version__
from pipesheet.config import toml_settings
from pipesheet.errors import PipesheetError
from pipesheet.grid import Source, Value
from pipesheet.reader import read
from pipesheet.receipt import Receipt
from pipesheet.replacing import replace_file

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis
    from pipesheet.results import RunStamp

Step = Callable[[str], None]
REPORT_SUFFIX = ".pipesheet.html"
BOOK_SUFFIX = ".pipesheet"


@dataclass(frozen=True, slots=True)
class Job:
    """What to do with one workbook.

    `book_out` is where the workbook goes (None: nowhere, `path` itself: in place), `report_out` where
    the report goes (None: nowhere). `now` is the moment of the run; its date is the as-of date where
    neither `as_of` nor a setting says otherwise. `machine_folder` may hold a `pipesheet.toml`. `templates`
    is a folder of the user's own blocks for the report, `browser` a program that prints it as PDF beside it.
    """

    path: Path
    now: dt.datetime
    as_of: dt.date | None = None
    book_out: Path | None = None
    report_out: Path | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    machine_folder: Path | None = None
    templates: Path | None = None
    browser: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: the analysis and what was written, or the error that stopped it.

    `tables` are files of single tables; `index` is a page that this workbook's report is listed on.
    """

    path: Path
    analysis: Analysis | None = None
    receipt: Receipt | None = None
    report: Path | None = None
    error: PipesheetError | None = None
    pdf: Path | None = None
    tables: tuple[Path, ...] = ()
    index: Path | None = None

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings of severity error, else what the error says (2 usage, 3 file)."""
        if self.error is not None:
            return self.error.exit_code
        return 1 if self.analysis is not None and self.analysis.count("error") else 0


def default_book_out(path: Path) -> Path:
    """``NAME.pipesheet.xlsx`` beside the input, with the input's own ending."""
    return path.with_name(path.stem + BOOK_SUFFIX + path.suffix)


def default_report_out(path: Path) -> Path:
    """``NAME.pipesheet.html`` beside the workbook that was written."""
    return path.with_name(path.stem.removesuffix(BOOK_SUFFIX) + REPORT_SUFFIX)


def run_job(job: Job, on_step: Step = lambda _: None) -> Outcome:
    """Does the job; a fault of file or world comes back in the outcome, it is not raised."""
    try:
        return _run(job, on_step)
    except PipesheetError as error:
        return Outcome(job.path, error=error)


def examine(job: Job, on_step: Step = lambda _: None) -> tuple[Analysis, RunStamp]:
    """Reads and analyses a workbook; nothing is written.

    Raises:
        ReadError, UsageError: it could not be read, or a setting of the machine or the command line is none.
    """
    on_step("reading")
    # Most of reading needs no Python, so what comes after it is loaded meanwhile.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(import_module, "pipesheet.analysis")
        source = read(job.path)
    return examine_source(source, job, on_step)


def examine_source(source: Source, job: Job, on_step: Step = lambda _: None) -> tuple[Analysis, RunStamp]:
    """Analyses what was read, from a file or from Excel itself, with the settings that count for that job.

    Raises:
        ReadError, UsageError: no sheet holds deals, or a setting of the machine or the command line is none.
    """
    from pipesheet.analysis import analyze
    from pipesheet.results.stamp import RunStamp

    folders = [f for f in (job.machine_folder, job.path.parent) if f is not None]
    defaults = toml_settings(folders)
    on_step("auditing")
    analysis = analyze(source, as_of=job.as_of, today=job.now.date(), defaults=defaults, overrides=job.settings)
    said = repr((sorted(defaults.items()), analysis.book.settings, sorted(job.settings.items())))
    return analysis, RunStamp(
        recorded=job.now,
        version=__version__,
        input_name=job.path.name,
        input_sha256=source.sha256,
        settings_hash=hashlib.sha256(said.encode()).hexdigest(),
    )


def _run(job: Job, on_step: Step) -> Outcome:
    analysis, stamp = examine(job, on_step)
    receipt, report, pdf = None, None, None
    if job.book_out is not None:
        on_step("writing")
        receipt = _write(analysis, job, stamp)
    try:
        if job.report_out is not None:
            on_step("reporting")
            report = _report(analysis, job.report_out, stamp, job.templates)
            if job.browser is not None:
                on_step("printing")
                pdf = _pdf(report, job.browser)
    except PipesheetError as error:  # The workbook may be written by now, and whoever asks should know.
        return Outcome(job.path, analysis, receipt, report, error=error)
    return Outcome(job.path, analysis, receipt, report, pdf=pdf)


def _write(analysis: Analysis, job: Job, stamp: RunStamp) -> Receipt:
    from pipesheet.writer import write

    in_place = job.book_out == job.path
    return write(analysis.source, analysis, None if in_place else job.book_out, stamp=stamp)


def _report(analysis: Analysis, path: Path, stamp: RunStamp, templates: Path | None) -> Path:
    from pipesheet.report import render

    replace_text(path, render(analysis, stamp=stamp, templates=templates).html)
    return path


def _pdf(report: Path, browser: Path) -> Path:
    from pipesheet.pdf import print_pdf

    path = report.with_suffix(".pdf")
    print_pdf(report, path, program=browser)
    return path


def run(
    path: str | os.PathLike[str],
    *,
    now: dt.datetime,
    as_of: dt.date | None = None,
    in_place: bool = False,
    out: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Value] | None = None,
) -> Outcome:
    """Runs the whole way on one workbook, as ``pipesheet run`` does; `now` is the moment of the run.

    Raises:
        PipesheetError: the file could not be read or written, or its report not; the message says which.
    """
    book = Path(path)
    target = book if in_place else Path(out) if out is not None else default_book_out(book)
    job = Job(book, now, as_of, book_out=target, report_out=default_report_out(target), settings=settings or {})
    outcome = _run(job, lambda _: None)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def replace_text(path: Path, text: str) -> None:
    """Writes a text file whole or not at all; where `path` is a link it stays one. No backup: it is ours alone.

    Raises:
        Locked: the folder or the file cannot be written.
    """
    replace_file(Path(os.path.realpath(path)), text.encode())
