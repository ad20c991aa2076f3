"""The command line on the sample workbook: what it writes, prints and returns."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from pipesheet.cli import main
from pipesheet.cli.starter import CRITERIA_SETS
from pipesheet.document import json_schema
from pipesheet.resources import resource

DOCS = Path(__file__).parents[1] / "docs"


def pipesheet(*arguments: str | Path) -> Result:
    return CliRunner(catch_exceptions=False).invoke(main, [str(a) for a in arguments])


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return Path(shutil.copy(resource("workbooks/sample.xlsx"), tmp_path / "sample.xlsx"))


def test_run_writes_beside_the_input_and_leaves_it_alone(sample: Path) -> None:
    before = sample.read_bytes()
    result = pipesheet("run", sample)
    assert result.exit_code == 1, "the sample holds mistakes on purpose"
    assert sample.read_bytes() == before
    names = sorted(p.name for p in sample.parent.iterdir())
    assert names == ["sample.pipesheet.html", "sample.pipesheet.xlsx", "sample.xlsx"]
    assert "Workbook" in result.output
    assert "Report" in result.output


def test_run_in_place_keeps_a_backup(sample: Path) -> None:
    before = sample.read_bytes()
    result = pipesheet("run", sample, "--in-place")
    assert result.exit_code == 1
    (kept,) = (sample.parent / ".pipesheet" / "backups").iterdir()
    assert kept.read_bytes() == before
    assert sample.read_bytes() != before


def test_out_names_a_file_or_a_folder(sample: Path, tmp_path: Path) -> None:
    pipesheet("run", sample, "--out", tmp_path / "monday.xlsx")
    assert {"monday.xlsx", "monday.pipesheet.html"} <= {p.name for p in tmp_path.iterdir()}
    pipesheet("run", sample, "--out", tmp_path / "monday")
    assert {p.name for p in (tmp_path / "monday").iterdir()} == {"sample.pipesheet.xlsx", "sample.pipesheet.html"}
    pipesheet("report", sample, "--out", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_check_writes_nothing_and_lists_what_to_fix(sample: Path) -> None:
    result = pipesheet("check", sample)
    assert result.exit_code == 1
    assert [p.name for p in sample.parent.iterdir()] == ["sample.xlsx"]
    listed = [line for line in result.output.splitlines() if line.startswith("  error")]
    assert listed
    assert all("!" in line for line in listed), "each names its cell"
    assert "--all shows them" in result.output


def test_check_groups_by_owner_most_money_first_and_counts_the_rest(sample: Path) -> None:
    found = json.loads(pipesheet("check", sample, "--json").stdout)["workbooks"][0]["findings"]
    shown, whole = (pipesheet("check", sample, *more).output for more in ((), ("--all",)))
    heads = [line.partition(":")[0] for line in shown.splitlines() if line.endswith("rests on missing proof")]
    assert heads[0] == found[0]["owner"]
    assert len(set(heads)) == len(heads)
    assert sum(line.startswith("    ") and ": " in line for line in whole.splitlines()) == len(found)
    assert f"{len(found) - 20} more in all; --all shows them." in shown
    assert "more" not in whole.splitlines()[-1]


def test_quiet_prints_nothing(sample: Path) -> None:
    assert pipesheet("run", sample, "--quiet").output == ""


def test_json_is_one_document_of_the_published_schema(sample: Path) -> None:
    result = pipesheet("run", sample, sample.parent / "nowhere.xlsx", "--json")
    assert result.exit_code == 3
    document = json.loads(result.stdout)
    jsonschema.validate(document, json.loads(json_schema()))
    read, missing = document["workbooks"]
    assert document["exit_code"] == 3
    assert missing["error"].endswith("Check the path and the spelling.")
    assert read["exit_code"] == 1
    assert read["deals"] > 100
    assert read["as_of"] == "2026-11-16"
    assert read["receipt"]["sheets"]["forecast"] == "Forecast"
    assert {
        "code",
        "severity",
        "sheet",
        "cell",
        "deal_id",
        "stage",
        "requirement",
        "found",
        "needed",
        "money_at_stake",
    } <= set(read["findings"][0])
    assert {"method", "period", "won", "open_weighted", "total", "target", "gap", "coverage"} == set(
        read["forecast"][0]
    )
    for stage in read["conversion"]:
        left = stage["advanced"] + stage["lost"] + stage["moved_back"] + stage["still_there"]
        assert stage["entered"] == left


def test_the_published_schema_is_the_one_in_the_docs() -> None:
    assert (DOCS / "pipesheet.schema.json").read_text("utf-8") == json_schema()


def test_a_setting_on_the_command_line_beats_the_workbooks(sample: Path) -> None:
    result = pipesheet("check", sample, "--json", "--set", "reporting currency=USD", "--as-of", "2026-10-01")
    book = json.loads(result.stdout)["workbooks"][0]
    assert (book["currency"], book["as_of"]) == ("USD", "2026-10-01")


def test_the_same_moment_gives_the_same_bytes(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    for name in ("one", "two"):
        pipesheet("run", sample, "--out", tmp_path / name)
    for name in ("sample.pipesheet.xlsx", "sample.pipesheet.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("criteria", CRITERIA_SETS)
def test_init_writes_a_starter_whose_criteria_can_all_be_used(tmp_path: Path, criteria: str) -> None:
    path = tmp_path / "new.xlsx"
    assert pipesheet("init", path, "--criteria", criteria).exit_code == 0
    assert pipesheet("run", path, "--as-of", "2026-11-16").exit_code == 0
    told = json.loads(pipesheet("check", path, "--as-of", "2026-11-16", "--json").stdout)["workbooks"][0]
    assert {f["code"] for f in told["findings"]} <= {"no-deals", "stage-without-criteria"}
    assert len(told["criteria"]) >= 6
    again = pipesheet("init", path)
    assert again.exit_code == 2
    assert "exists already and was left alone" in again.output


def test_every_command_teaches_by_example() -> None:
    for name in ("run", "check", "report"):
        assert f"pipesheet {name} pipeline.xlsx" in pipesheet(name, "--help").output
    assert "Exit codes" in pipesheet("--help").output


def test_a_report_that_cannot_be_written_does_not_hide_that_the_workbook_was(sample: Path) -> None:
    (sample.parent / "sample.pipesheet.html").mkdir()
    done = pipesheet("run", sample, "--json")
    found = json.loads(done.stdout)["workbooks"][0]
    assert done.exit_code == 3
    assert found["receipt"]["path"].endswith("sample.pipesheet.xlsx")
    assert "sample.pipesheet.html was not written: there is a folder of that name" in found["error"]
