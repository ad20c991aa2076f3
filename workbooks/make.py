"""Makes the two workbooks that ship with pipesheet, the same bytes each time: python workbooks/make.py

`sample.xlsx` tells of a company that sells cold-chain monitoring, with every kind of mistake once;
`starter.xlsx` is what ``pipesheet init`` writes. With a folder as argument they are made there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from story import sample, starter


def main(folder: Path) -> None:
    """Makes both in that folder."""
    for name, make in (("sample.xlsx", sample.make), ("starter.xlsx", starter.make)):
        make(folder / name)
        print(f"made {folder / name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
