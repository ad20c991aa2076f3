"""Time from the click to the finished Forecast sheet in LibreOffice, and of the way round without the button.

    python benchmarks/live.py [--deals 10000] [--repeat 3]

The extension is installed into a private profile and its menu entry clicked in a warm LibreOffice (the first
click is not counted). The peer is what a person does without it, in the same LibreOffice: save the workbook,
run the command on it, open the result. Both medians of `--repeat`; nothing but this should be running.
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
            clicks = [click(window) for _ in range(options.repeat + 1)][1:]
            rounds = [round_way(window, desk) for _ in range(options.repeat)]
    one, other = statistics.median(clicks), statistics.median(rounds)
    print(f"{options.deals:,} deals, median of {options.repeat}")
    print(f"  click to Forecast      {one:6.2f} s   ({', '.join(f'{s:.2f}' for s in clicks)})")
    print(f"  save, run, open again  {other:6.2f} s   ({', '.join(f'{s:.2f}' for s in rounds)})")
    print(f"  ratio                  {one / other:6.2f}")


def click(window: Any) -> float:
    """Seconds from the click on Forecast to its end."""
    window.book.CurrentController.setActiveSheet(window.book.Sheets.getByName("Deals"))
    start = time.perf_counter()
    window.click("forecast")
    assert window.wait(lambda: window.front == "Forecast"), "the click came to nothing"
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
