"""Makes the workbooks that ship with pipesheet, the same bytes each time: python workbooks/make.py

`sample.xlsx` tells of a company that sells cold-chain monitoring, with every kind of mistake once;
`starter-SET.xlsx` is what ``pipesheet init --criteria SET`` writes, `starter.xlsm` the guide's with buttons.
With a folder as argument they are made there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from story import sample, starter


def main(folder: Path) -> None:
    """Makes them in that folder."""
    sample.make(folder / "sample.xlsx")
    for criteria in starter.SETS:
        starter.make(folder / f"starter-{criteria}.xlsx", criteria)
    starter.make(folder / "starter.xlsm", "guide", buttons=True)
    print(f"made sample.xlsx and the starters in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
