"""Time from the click to the finished Forecast sheet in LibreOffice, and of the way round without the button.

    python benchmarks/live.py [--deals 10000] [--repeat 3]

The extension is installed into a private profile and its menu entry clicked in a warm LibreOffice: once in a
workbook just opened, in which all sheets are made, and again after an amount was changed. It is over when every
formula on the sheets has its result. The peer is what a person does without the menu, in the same LibreOffice:
save the workbook, run the command on it, open the result. All are medians of `--repeat`, after a round that is not
counted; nothing but this should be running.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import book

from test_libreoffice_office import Desk, installed


def main() -> None:
    asked = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    asked.add_argument("--deals", type=int, default=10_000)
    asked.add_argument("--repeat", type=int, default=3)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = installed(Path(folder) / "desk")
        book.make(desk.book, options.deals)
        with desk.libreoffice() as window:
            rounds = [one_round(window, desk) for _ in range(options.repeat + 1)][1:]
    first, again, way_round = zip(*rounds, strict=True)
    print(f"{options.deals:,} deals, median of {options.repeat}")
    for what, seconds in (("first click", first), ("click after a change", again), ("save, run, open", way_round)):
        ratio = statistics.median(seconds) / statistics.median(way_round)
        each = ", ".join(f"{second:.2f}" for second in seconds)
        print(f"  {what:<22}{statistics.median(seconds):6.2f} s   {ratio:5.2f} x the way round   ({each})")


def one_round(window: Any, desk: Desk) -> tuple[float, float, float]:
    """Seconds of a click in a workbook just opened, of another after a change, and of the way round."""
    window.book.close(True)
    window.book = window._service("com.sun.star.frame.Desktop").loadComponentFromURL(
        desk.book.as_uri(), "_blank", 0, ()
    )
    first = click(window)
    window.book.Sheets.getByName("Deals").getCellRangeByName("F2").Value += 1000
    return first, click(window), round_way(window, desk)


def click(window: Any) -> float:
    """Seconds from the click on Forecast to its end."""
    window.book.CurrentController.setActiveSheet(window.book.Sheets.getByName("Deals"))
    start = time.perf_counter()
    window.click("forecast")
    while window.front != "Forecast":  # LibreOffice answers when the run is over
        assert time.perf_counter() < start + 60, "the click came to nothing"
        time.sleep(0.01)
    return time.perf_counter() - start


def round_way(window: Any, desk: Desk) -> float:
    """Seconds to save a copy, run the command on it and open what came out."""
    copy = desk.book.with_name("copy.xlsx")
    start = time.perf_counter()
    filtered = window._uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    filtered.Name, filtered.Value = "FilterName", "Calc MS Excel 2007 XML"
    window.book.storeToURL(copy.as_uri(), (filtered,))
    command = [sys.executable, "-m", "pipesheet", "run", str(copy), "--in-place", "--quiet"]
    subprocess.run(command, check=False, env=desk.environ)
    opened = window._service("com.sun.star.frame.Desktop").loadComponentFromURL(copy.as_uri(), "_blank", 0, ())
    seconds = time.perf_counter() - start
    opened.close(True)
    return seconds


if __name__ == "__main__":
    main()
