"""One page over many workbooks: where each is forecast to land, what is to mend, and a link to its report."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipesheet import figures
from pipesheet.figures import moment, plain, short_money
from pipesheet.jobs import Outcome
from pipesheet.language import say
from pipesheet.report_page import Cell, Head, Tone
from pipesheet.templating import rendered_page
from pipesheet.wording import headline

FILE = "pipesheet-index.html"


@dataclass(frozen=True, slots=True)
class Line:
    """One workbook: `link` leads to its report and is empty where there is none, `fault` says why."""

    name: str
    link: str
    headline: str
    cells: tuple[Cell, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """The page: a title, its lines, and when it was made."""

    title: str
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    made: str


def index_folder(outcomes: Sequence[Outcome]) -> Path | None:
    """The folder that holds all the reports, at whatever depth; None for fewer than two reports."""
    reports = [outcome.report.resolve() for outcome in outcomes if outcome.report is not None]
    if len(reports) < 2:
        return None
    try:
        return Path(os.path.commonpath([report.parent for report in reports]))
    except ValueError:  # On two drives.
        return None


def index_html(outcomes: Sequence[Outcome], folder: Path, *, now: dt.datetime, templates: Path | None = None) -> str:
    """The page that lies in `folder`; the furthest from target first, workbooks that failed at the end."""
    ranked = sorted(outcomes, key=_rank)
    done = sum(outcome.error is None for outcome in outcomes)
    title = say("{n} {n:pipeline|pipelines} reviewed", n=done)
    heads = (
        Head(say("Workbook"), wide=True), Head(say("Forecast"), right=True),
        Head(say("Against target"), right=True), Head(say("Errors"), right=True),
    )  # fmt: skip
    index = Index(title, heads, tuple(_lines(ranked, folder)), moment(now))
    return rendered_page("index.html.j2", templates, page=index)


def _rank(outcome: Outcome) -> tuple[bool, float, str]:
    row = outcome.analysis.forecast.headline if outcome.analysis else None
    gap = row.target - row.total if row is not None and row.target else 0.0
    return outcome.error is not None, -gap, outcome.path.name.casefold()


def _lines(outcomes: Sequence[Outcome], folder: Path) -> Iterator[Line]:
    for outcome in outcomes:
        name = plain(outcome.path.name, 60)
        if outcome.analysis is None:
            none = (Cell(figures.NONE),) * 3
            yield Line(name, "", "", none, plain(str(outcome.error), 300))
        else:
            yield _line(outcome, name, folder)


def _line(outcome: Outcome, name: str, folder: Path) -> Line:
    analysis = outcome.analysis
    assert analysis is not None
    row, currency = analysis.forecast.headline, analysis.currency
    gap = row.total - row.target if row is not None and row.target else None
    total = row.total if row is not None else None
    tone: Tone = "" if gap is None else "neg" if gap < 0 else "pos"
    errors = analysis.count("error")
    cells = (
        Cell(short_money(total, currency), sort=total),
        Cell(figures.money_change(gap, currency), sort=gap, tone=tone),
        Cell(figures.number(errors), sort=errors),
    )
    link = quote(os.path.relpath(outcome.report.resolve(), folder).replace(os.sep, "/")) if outcome.report else ""
    return Line(name, link, headline(row, len(analysis.deals), currency), cells)
