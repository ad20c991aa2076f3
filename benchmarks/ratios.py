"""Time of check and run against the read floor and against openpyxl, in one run on one machine.

    python benchmarks/ratios.py [--deals 10000 100000] [--repeat 3]

Read floor: python-calamine reading the deals sheet to Python rows. openpyxl: load and save of the same
file. Each figure is the median wall time of whole processes, peak memory the largest seen; the ratio
is to the read floor of the same size.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
import book

FLOOR = (
    "import python_calamine,sys;"
    "python_calamine.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()"
)
OPENPYXL = "import openpyxl,sys; w=openpyxl.load_workbook(sys.argv[1]); w.save(sys.argv[2])"


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float


def measure(command: list[str], repeat: int, prepare: Callable[[], object] | None = None) -> Measured:
    """Median wall seconds and largest peak memory of a command over `repeat` runs, each after `prepare`."""
    times, peaks = [], []
    for _ in range(repeat):
        if prepare is not None:
            prepare()
        start = time.perf_counter()
        process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        code = process.wait()
        times.append(time.perf_counter() - start)
        watch.join()
        peaks.append(peak[0] / 2**20)
        if code not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {code}")
    return Measured(statistics.median(times), max(peaks))


def _watch(process: psutil.Popen, peak: list[int]) -> None:
    try:
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peak[0] = max(peak[0], process.memory_info().rss)
            time.sleep(0.02)
    except psutil.Error:
        return


def commands(folder: Path, deals: int) -> dict[str, tuple[list[str], Callable[[], object] | None]]:
    """What is measured, by name, and what is done before each run of it."""
    source, copy, saved = folder / f"{deals}.xlsx", folder / f"{deals}-run.xlsx", folder / f"{deals}-openpyxl.xlsx"
    book.make(source, deals)
    ours = [sys.executable, "-m", "pipesheet"]
    as_of = ["--as-of", book.AS_OF.isoformat(), "--quiet"]
    return {
        "read floor (calamine)": ([sys.executable, "-c", FLOOR, str(source)], None),
        "pipesheet check": ([*ours, "check", str(source), *as_of], None),
        "pipesheet run --in-place": (
            [*ours, "run", str(copy), "--in-place", *as_of],
            lambda: shutil.copy(source, copy),
        ),
        "the same once more": ([*ours, "run", str(copy), "--in-place", *as_of], None),
        "openpyxl load + save": ([sys.executable, "-c", OPENPYXL, str(source), str(saved)], None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for deals in args.deals:
            print(f"{deals:,} deals x {len(book.HEADERS)} columns, 20 criteria")
            floor = None
            for label, (command, prepare) in commands(Path(name), deals).items():
                measured = measure(command, args.repeat, prepare)
                floor = floor or measured
                ratio = measured.seconds / floor.seconds
                print(
                    f"  {label:<26}{measured.seconds:8.2f} s {ratio:7.2f} x floor {measured.peak_mb:8.0f} MB peak",
                    flush=True,
                )


if __name__ == "__main__":
    main()
