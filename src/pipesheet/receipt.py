"""What a write did, and what became of a workbook, for the person who asked and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written where. Parts are named as in the package (``xl/worksheets/sheet4.xml``).

    `sha256_before` is of the workbook that was read, `sha256_after` of the one that is there now, both
    in hex. `backup` is where the file lies that was written over, in place or as the output; None if there
    was none, or the same one. `kept` counts the user's parts that are the same bytes as before and
    `kept_sha256` is one hash over them, which the Run Log shows too; `hashes` holds that of each part
    `added` or `replaced`. `sheets` maps keys (``deal_review``) to tabs.
    """

    path: Path
    sha256_before: str
    sha256_after: str
    backup: Path | None
    kept: int
    kept_sha256: str
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    dropped: tuple[str, ...]
    hashes: Mapping[str, str]
    sheets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the parts of one workbook in another. `losses` are sentences, none if nothing is lost."""

    kept: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    losses: tuple[str, ...]
