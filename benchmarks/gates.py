"""What auditing adds: all deals against all criteria, against the read floor, in one process.

    python benchmarks/gates.py [--deals 100000] [--criteria 50] [--repeat 5]

Each figure is the median; the ratio is to python-calamine reading the same deals sheet to Python rows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import python_calamine

sys.path.insert(0, str(Path(__file__).parent))
import book

from pipesheet.deals import deal_frame
from pipesheet.gates import audit
from pipesheet.parser import parse
from pipesheet.reader import read
from pipesheet.rules import judge


def median(work: Callable[[], object], repeat: int) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--criteria", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.xlsx"
        book.make(path, args.deals, args.criteria)
        floor = median(
            lambda: python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(), args.repeat
        )
        made, _ = parse(read(path))
        frame, _ = judge(deal_frame(made, book.AS_OF), made, as_of=book.AS_OF)
        found = audit(frame, made, as_of=book.AS_OF, folder=path.parent)
        gates = median(lambda: audit(frame, made, as_of=book.AS_OF, folder=path.parent), args.repeat)
    print(f"{args.deals:,} deals x {args.criteria} criteria, {len(found.findings):,} findings")
    print(f"  read floor (calamine)     {floor:8.2f} s")
    print(f"  gates                     {gates:8.2f} s {gates / floor:7.2f} x floor")


if __name__ == "__main__":
    main()
