"""757 workbooks that people and programs made, some of them broken or hostile on purpose: each is read,
or refused with one sentence, in little time and memory; and an independent reader sees the same cells."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import resource
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipesheet.coerce import is_blank
from pipesheet.errors import AmbiguousDeals, NoDeals, ReadError
from pipesheet.grid import Source
from pipesheet.models import Book
from pipesheet.parser import parse
from pipesheet.reader import read
from tables import shared

pytestmark = pytest.mark.slow

MOST_SECONDS = 10
MOST_MEGABYTES = 1536

REFUSED = {
    "calamine-d8fd7f71.xlsx": "its parts cannot be read",  # bytes of its relationships were overwritten
    "exceljs-d16d3dd4.xlsx": "its parts cannot be read",  # two parts of a workbook, and no way to them
    "calamine-d54b643a.xlsx": "is protected by a password",
    "exceldatareader-01babe1a.xlsx": "is protected by a password",
    "exceldatareader-ab284db7.xlsx": "is protected by a password",
    "exceldatareader-b6382c73.xlsx": "is protected by a password",
    "openxlsx-data-702ede40.xlsx": "is protected by a password",
}
"""The only ones that are refused. Excel opens none of them either without a repair or a password."""


@dataclass(frozen=True)
class Tried:
    """What became of one workbook, at what cost."""

    ended: str
    said: str
    sheets: int
    seconds: float
    megabytes: float


def tried(path: Path) -> Tried:
    """Reads and parses one workbook; whatever is not a `ReadError` comes out as it is."""
    start, ended, said, source = time.process_time(), "book", "", None
    try:
        source = read(path)
        assert isinstance(source, Source)
        assert isinstance(parse(source)[0], Book)
    except (NoDeals, AmbiguousDeals) as fault:
        ended, said = "no book", str(fault)
    except ReadError as fault:
        ended, said = "refused", str(fault)
    return Tried(ended, said, len(source.grids) if source else 0, time.process_time() - start, _peak())


def _peak() -> float:
    """Megabytes at most. Linux counts a parent's into `ru_maxrss`, so that says little where a large one started us."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def corpus() -> list[Path]:
    return sorted(path for path in (shared() / "corpus").iterdir() if path.suffix.startswith(".xl"))


def pooled(work: Any, paths: list[Path]) -> Iterator[tuple[str, Any]]:
    """What `work` gives for each path, in two fresh processes: one that dies is a failure of its path."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        running = {path.name: pool.submit(work, path) for path in paths}
        yield from ((name, future.result()) for name, future in running.items())


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Tried]:
    return dict(pooled(tried, corpus()))


def test_every_workbook_is_read_or_refused_with_one_sentence(outcomes: dict[str, Tried]) -> None:
    assert len(outcomes) == 757
    for name, outcome in outcomes.items():
        assert outcome.said == "" or outcome.said.startswith(name), outcome
        assert "\n" not in outcome.said


def test_only_what_is_broken_or_locked_is_refused(outcomes: dict[str, Tried]) -> None:
    refused = {name: outcome.said for name, outcome in outcomes.items() if outcome.ended == "refused"}
    assert refused.keys() == REFUSED.keys()
    for name, why in REFUSED.items():
        assert why in refused[name]


def test_no_workbook_takes_long_or_much_memory(outcomes: dict[str, Tried]) -> None:
    assert {n: o.seconds for n, o in outcomes.items() if o.seconds > MOST_SECONDS} == {}
    assert {n: o.megabytes for n, o in outcomes.items() if o.megabytes > MOST_MEGABYTES} == {}


def lost(path: Path) -> list[str] | None:
    """The cells that openpyxl sees and we do not, or see as no error; None where openpyxl cannot read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, data_only=True)
        except Exception:  # openpyxl raises whatever comes up
            return None
    source = read(path)
    seen = {
        (grid.name, r, c): value
        for grid in source.grids
        for r, row in enumerate(grid.rows, 1)
        for c, value in enumerate(row, 1)
        if value is not None
    }
    odd = []
    for sheet in book.worksheets:
        # Only the cells that are there; going over all of a sheet takes minutes.
        for cell in sheet._cells.values():
            ours = seen.get((sheet.title, cell.row, cell.column), "")
            if is_blank(cell.value) or (cell.hyperlink and ours == ""):
                continue  # openpyxl gives a link without a text its target for a value.
            if ours == "" or (cell.data_type == "e" and ours != cell.value):
                odd.append(f"{sheet.title}!{cell.coordinate}: {ours!r}, not {cell.value!r}")
    return odd


def test_no_cell_and_no_error_that_openpyxl_sees_is_lost() -> None:
    results = dict(pooled(lost, corpus()))
    assert sum(odd is None for odd in results.values()) < 30
    assert {name: odd for name, odd in results.items() if odd} == {
        # A date after the year 9999, which openpyxl shows as an error of its own.
        "exceldatareader-8b41440a.xlsx": ["Sheet1!A1: 1000000000000.0, not '#VALUE!'"],
    }
