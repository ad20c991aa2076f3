"""What is put into a foreign workbook, and what another library makes of the same one.

A workbook that holds deals gets the result sheets of its deals. All others get those of the sample
workbook, or two small sheets with a table, live formulas over it, a chart, a rule and links.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pipesheet
from pipesheet import results
from pipesheet.errors import (
    Encrypted,
    Locked,
    NotAWorkbook,
    PipesheetError,
    ReadError,
    Unsafe,
    Unsupported,
)
from pipesheet.resources import resource
from pipesheet.results import RunStamp
from pipesheet.sheets import Chart, Column, Formula, Highlight, Link, Put, Range, Series, SheetPlan, Style, TablePlan
from pipesheet.writer import write, write_sheets

AS_OF = dt.date(2026, 11, 16)
OPENPYXL = """
import resource, sys, warnings
import openpyxl
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
warnings.simplefilter("ignore")
try:
    openpyxl.load_workbook(sys.argv[1], keep_vba=sys.argv[1].endswith("m")).save(sys.argv[2])
except BaseException as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
"""With macros kept where the file's name says that it has some, else as most programs call it."""


@dataclass(frozen=True)
class Written:
    """What became of one workbook: the tabs that were added, or the reason why nothing was written."""

    tabs: tuple[str, ...] = ()
    own_deals: bool = False
    reason: str = ""
    message: str = ""


def put_in(path: Path, out: Path, *, small: bool) -> Written:
    """Writes our sheets into a copy of a workbook."""
    try:
        tabs, own = _put_in(path, out, small=small)
    except PipesheetError as error:
        return Written(reason=reason_of(error), message=str(error))
    return Written(tuple(tabs.values()), own)


def _put_in(path: Path, out: Path, *, small: bool) -> tuple[Mapping[str, str], bool]:
    stamp = RunStamp(dt.datetime(2026, 11, 16, 9), pipesheet.__version__, path.name, "0" * 64, "0" * 64)
    try:
        analysis = pipesheet.analyze(pipesheet.read(path), as_of=AS_OF)
    except ReadError:
        make, names = (small_sheets, SMALL) if small else (_sample_sheets(), results.SHEETS)
        return write_sheets(path, make, out, names=names).sheets, False
    return write(analysis.source, analysis, out, stamp=stamp).sheets, True


@cache
def _sample_sheets() -> Callable[[Mapping[str, str], object], Sequence[SheetPlan]]:
    path = Path(str(resource("workbooks/sample.xlsx")))
    analysis = pipesheet.analyze(pipesheet.read(path), as_of=AS_OF)
    stamp = RunStamp(dt.datetime(2026, 11, 16, 9), pipesheet.__version__, path.name, "0" * 64, "0" * 64)
    return lambda names, _: results.result_sheets(analysis, names=names, stamp=stamp)


_REASONS: Sequence[tuple[type[PipesheetError], str, str]] = (
    (Encrypted, "", "encrypted"),
    (Unsafe, "", "unsafe"),
    (NotAWorkbook, "two dialects", "parts in two dialects"),
    (NotAWorkbook, "", "broken"),
    (Locked, "digitally signed", "digitally signed"),
    (Locked, "its structure is protected", "structure protected"),
    (Locked, "shared in Excel's old manner", "shared in the old manner"),
    (Unsupported, "cell formats, Excel's limit", "too many cell formats"),
    (Unsupported, "does not write .xlam", "an add-in"),
    (Unsupported, "", "another kind of file"),
)
REFUSALS = frozenset(name for _, _, name in _REASONS)
"""What a workbook may be refused for."""


def reason_of(error: PipesheetError) -> str:
    """The reason in a word or two, as the table groups them."""
    found = (name for kind, words, name in _REASONS if isinstance(error, kind) and words in str(error))
    return next(found, type(error).__name__)


def save_with_openpyxl(path: Path, out: Path) -> Written:
    """Loads and saves a workbook with openpyxl, in a process of its own; adds nothing."""
    command = [sys.executable, "-c", OPENPYXL, str(path), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        return Written(reason="took over three minutes")
    if done.returncode or not out.exists():
        out.unlink(missing_ok=True)
        words = done.stderr.strip()[:300]
        return Written(reason=words.partition(":")[0] or "ended", message=words)
    return Written()


SMALL = {"totals": "Corpus totals", "rows": "Corpus rows"}
_MONEY = Style(number='"€"#,##0.00', align="right")


def small_sheets(names: Mapping[str, str], _: object = None, *, rows: int = 12) -> tuple[SheetPlan, ...]:
    """Two sheets that together hold one of everything a result sheet may hold."""
    quarters = [f"2026-Q{1 + i % 4}" for i in range(rows)]
    amounts = [250.5 * (i + 1) for i in range(rows)]
    table = TablePlan(
        "PipesheetCorpusRows", 3, 1,
        (
            Column("Name", [f"Row {i} <&>" for i in range(rows)], Style(bold=True, fill="#FFF2CC"), choices=("a", "b")),
            Column("Quarter", quarters),
            Column("Day", [AS_OF + dt.timedelta(days=i) for i in range(rows)], Style(number="yyyy-mm-dd")),
            Column("Amount", amounts, _MONEY, note="in euro"),
            Column("Half", [a / 2 for a in amounts], _MONEY, formula="PipesheetCorpusRows[[#This Row],[Amount]]/2"),
        ),
    )  # fmt: skip
    periods = sorted(set(quarters))
    sums = [sum(a for q, a in zip(quarters, amounts, strict=True) if q == p) for p in periods]
    criterion = "PipesheetCorpusTotals[[#This Row],[Quarter]]"
    total = f"SUMIFS(PipesheetCorpusRows[Amount],PipesheetCorpusRows[Quarter],{criterion})"
    totals = TablePlan(
        "PipesheetCorpusTotals", 5, 1,
        (
            Column("Quarter", periods, Style(top="#336699")),
            Column("Total", [Formula(total, s) for s in sums], _MONEY),
            Column("Large", [Formula(f'IF(B{6 + i}>9000,"large","small")', "large" if s > 9000 else "small")
                             for i, s in enumerate(sums)]),
        ),
    )  # fmt: skip
    last = 5 + len(periods)
    series = Series("Total", Range("totals", 6, 1, last, 1), Range("totals", 6, 2, last, 2), "#336699")
    all_rows = Formula("SUM(PipesheetCorpusRows[Half])", sum(amounts) / 2)
    return (
        SheetPlan(
            "totals", names["totals"], tables=(totals,), repeat_rows=(5, 5), freeze=(6, 2),
            charts=(Chart("column", "Totals by quarter", (series,), 12, 1, 420, 260),),
            puts=(Put(1, 1, "Totals", Style(size=16, bold=True)), Put(2, 1, Link(names["rows"], "A4", "to the rows")),
                  Put(3, 1, all_rows, _MONEY)),
        ),
        SheetPlan(
            "rows", names["rows"], tables=(table,), widths={1: 24.0},
            highlights=(Highlight(4, 4, 3 + rows, 4, "formula", "D4>2000", Style(color="#C00000")),
                        Highlight(4, 5, 3 + rows, 5, "data bar", color="#336699")),
        ),
    )  # fmt: skip
