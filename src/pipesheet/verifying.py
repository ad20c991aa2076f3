"""A second look at what was written, by other means than those that wrote it.

Three questions: does the package close (targets, types, ids), is everything of the user's still there,
and does an independent reader find in our sheets what was meant? `verify` asks all three before a file is
replaced; `compare` asks the first two of any two workbooks, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from pipesheet.composing.readback import misread
from pipesheet.errors import NotVerified, PipesheetError
from pipesheet.reader import contents
from pipesheet.receipt import Comparison
from pipesheet.sheets import SheetPlan
from pipesheet.xlsx.book import Book
from pipesheet.xlsx.losses import losses, open_ends
from pipesheet.xlsx.package import Package


def verify(before: Package, after: bytes, plans: Sequence[SheetPlan], *, tabs: Mapping[str, str]) -> None:
    """Raises where the file `after` is not `before` with just those sheets in it.

    Raises:
        NotVerified: with the first thing that is wrong.
    """
    try:
        result = Package(after, before.path)
        faults = chain(open_ends(before, result), losses(before, result, set(tabs)), misread(result, plans))
        fault = next(faults, None)
    except (PipesheetError, SyntaxError, ValueError, KeyError) as error:
        # Its text may hold what a person wrote.
        raise NotVerified(before.path, f"it does not open again, {type(error).__name__}") from error
    if fault is not None:
        raise NotVerified(before.path, fault)


def compare(before: Path, after: Path) -> Comparison:
    """Whether `after` still holds all that is in `before`; sheets of ours may differ.

    Raises:
        ReadError, Unsupported, Locked: one of them is not a workbook that can be compared.
    """
    old, new = Package(contents(before), before), Package(contents(after), after)
    same = {p: old.packed(p) == new.packed(p) or old.read(p) == new.read(p) for p in old.parts if p in new}
    return Comparison(
        tuple(p for p, equal in same.items() if equal),
        tuple(p for p, equal in same.items() if not equal),
        tuple(p for p in new.parts if p not in old),
        tuple(p for p in old.parts if p not in new),
        (*open_ends(old, new), *losses(old, new, set(Book(old).marked()))),
    )
