"""Lets pipesheet run once on a drawn workbook, so that formulas may refer to the tables it writes.

A structured reference is only valid where its table exists, so the workbooks ship with result sheets.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipesheet.analysis import Analysis, analyze
from pipesheet.reader import read
from pipesheet.results import RunStamp
from pipesheet.writer import write

VERSION = "0.1.0"
"""What the Run Log says; fixed, so that a new version does not change the shipped files by itself."""


Draw = Callable[[Path, Analysis | None, dt.date | None], None]
"""Draws a workbook at that path: its lookups showing what was found, its deals as they stood on a day."""


def run_once(draw: Draw, out: Path, *, at: dt.datetime) -> None:
    """Analyzes the workbook as it stood at that moment and writes the results into it as it is today.

    Its own lookups show what the next run will find, so that they are right once that has been.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / out.name
        draw(path, None, at.date())
        found = analyze(read(path), as_of=at.date())
        draw(path, None, None)
        draw(path, analyze(read(path), today=at.date()), None)
        stamp = RunStamp(
            recorded=at,
            version=VERSION,
            input_name=out.name,
            input_sha256=fingerprint(path),
            settings_hash=hashlib.sha256(out.name.encode()).hexdigest(),
        )
        write(read(path), found, out, stamp=stamp)


def fingerprint(path: Path) -> str:
    """A hash of what the package holds, whatever way it was compressed on this machine."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as package:
        for name in sorted(package.namelist()):
            digest.update(name.encode() + b"\0" + package.read(name))
    return digest.hexdigest()


def looked_up(analysis: Analysis) -> dict[str, tuple[str, int]]:
    """Per open deal its next requirement and how many errors and warnings it has."""
    deals = analysis.deals.filter(pl.col("outcome") == "open")
    columns = deals.select("deal_id", "next_requirement", pl.col("errors") + pl.col("warnings"))
    return {deal: (wanted or "", count) for deal, wanted, count in columns.iter_rows() if deal}
