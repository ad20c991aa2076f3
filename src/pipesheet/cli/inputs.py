"""Which workbooks are meant, and where what is made of each goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipesheet.errors import FileMissing, UsageError

BOOK_ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xlsb", ".xls", ".ods", ".csv")


def book_paths(books: Sequence[Path]) -> list[Path]:
    """The workbooks meant: files as they are, folders as the workbooks in them."""
    paths: list[Path] = []
    for book in books:
        if not book.is_dir():
            paths.append(book)
            continue
        held = sorted(p for p in book.iterdir() if _is_input(p))
        if not held:
            raise FileMissing(book / "*.xlsx")
        paths += held
    return paths


def _is_input(path: Path) -> bool:
    ours = path.stem.endswith(".pipesheet")
    hidden = path.name.startswith(("~$", "."))
    return path.suffix.lower() in BOOK_ENDINGS and path.is_file() and not (ours or hidden)


def target(default: Path, out: Path | None, books: int, *, ending: str | None = None) -> Path:
    """Where one workbook's output goes: `out` names a file for one book, a folder otherwise."""
    if out is None:
        return default
    wanted = ending or default.suffix
    if out.suffix.lower() == wanted.lower() and not out.is_dir():
        if books > 1:
            raise UsageError(f"--out {out}: several workbooks need a folder, not one file.")
        return out
    if out.suffix and not out.is_dir():
        raise UsageError(f"--out {out}: name a {wanted} file, or a folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UsageError(f"--out {out}: {fault.strerror}.") from None
    return out / default.name
