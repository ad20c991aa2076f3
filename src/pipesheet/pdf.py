"""The report as PDF, printed by the Chromium, Chrome or Edge that is on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipesheet.errors import Locked, UsageError
from pipesheet.replacing import replace_file

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_ELSEWHERE = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    ),
}
_SECONDS = 60


def browser(environ: Mapping[str, str]) -> Path:
    """The browser that prints: the one that PIPESHEET_BROWSER names, else the first that is found.

    Raises:
        UsageError: there is none, or the one named is not there.
    """
    named = environ.get("PIPESHEET_BROWSER", "")
    found = [shutil.which(named)] if named else [shutil.which(b) for b in BROWSERS]
    if not named:
        found += [place for place in _ELSEWHERE.get(sys.platform, ()) if Path(place).is_file()]
    for path in filter(None, found):
        return Path(path)
    wanted = (
        f"PIPESHEET_BROWSER names {named!r}, which is not there" if named else "no Chromium, Chrome or Edge is here"
    )
    raise UsageError(
        f"--pdf needs a browser to print with, and {wanted}. Install one or set PIPESHEET_BROWSER to its program; "
        "without --pdf the report is made as HTML, which any browser prints."
    )


def print_pdf(page: Path, target: Path, *, program: Path) -> None:
    """Prints an HTML file of ours to `target`, whole or not at all; nothing is asked of the network.

    Raises:
        Locked: the browser failed or took too long, or the file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="pipesheet-") as folder:
        made = Path(folder) / "report.pdf"
        try:
            done = subprocess.run(  # noqa: S603  a program of the user's own, and arguments of ours
                _command(program, page, made, Path(folder)), capture_output=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise _failed(target, program, type(fault).__name__) from fault
        if done.returncode or not made.is_file() or not made.read_bytes().startswith(b"%PDF"):
            raise _failed(target, program, f"exit code {done.returncode}")
        replace_file(target, made.read_bytes())


def _command(program: Path, page: Path, made: Path, folder: Path) -> list[str]:
    # Its sandbox cannot be had by the superuser; the page holds no script but ours in any case.
    boxed = [] if getattr(os, "geteuid", lambda: 1)() else ["--no-sandbox"]
    return [
        str(program), "--headless", "--disable-gpu", *boxed, f"--user-data-dir={folder / 'profile'}",
        "--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--no-pdf-header-footer", f"--print-to-pdf={made}", page.resolve().as_uri(),
    ]  # fmt: skip


def _failed(target: Path, program: Path, why: str) -> Locked:
    return Locked(
        target, f"{program.name} did not print it ({why})", "Open the HTML report in a browser and print it from there."
    )
