"""Whether a file that a cell names is there: below the workbook's folder, and nowhere else.

A workbook is not to be trusted, so a path that leads out of the folder is never looked at: absolute
ones, drive letters, network shares, ``..`` and links that point elsewhere. Both slashes separate, so
that a sheet filled on Windows reads the same on a Mac.
"""

from __future__ import annotations

from pathlib import Path

_LONGEST = 1024
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def inside(text: str) -> tuple[str, ...] | None:
    """The parts of a relative path, or None where it could lead out of its folder."""
    path = text.strip().replace("\\", "/")
    if not path or len(path) > _LONGEST or path.startswith(("/", "~")) or ":" in path:
        return None
    if any(ord(c) < 32 for c in path):
        return None
    parts = tuple(p for p in path.split("/") if p not in ("", "."))
    if any(p.strip(" .") == "" or p.split(".")[0].strip().casefold() in _DEVICES for p in parts):
        return None
    return parts or None


def is_there(text: str, folder: Path) -> bool:
    """Whether that path below `folder` is a file; links that lead out of the folder do not count."""
    parts = inside(text)
    if parts is None:
        return False
    try:
        # Resolved first, so that a link is never followed to ask about a file elsewhere.
        root = folder.resolve()
        target = root.joinpath(*parts).resolve()
        return target.is_relative_to(root) and target.is_file()
    except (OSError, RuntimeError, ValueError):
        return False
