"""The documentation is tested: what is generated does not lag, what is named exists."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from pipesheet import doctor, doctor_book, doctor_libreoffice, doctor_mac, doctor_windows
from pipesheet.cli import main
from pipesheet.cli.live import ACTIONS
from pipesheet.cli.starter import CRITERIA_SETS

TOP = Path(__file__).parents[1]


def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", TOP / "docs" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["workbook.md", "findings.md", "criteria-sets.md", "pipesheet.schema.json"])
def test_generated_pages_do_not_lag(name: str) -> None:
    assert (TOP / "docs" / name).read_text("utf-8") == make().pages()[name], "run: python docs/make.py"


def test_every_command_is_in_the_readme() -> None:
    text = (TOP / "README.md").read_text("utf-8")
    for name in main.commands:
        assert f"`pipesheet {name}" in text


def test_every_set_of_criteria_that_init_offers_is_documented() -> None:
    assert tuple(make().SETS) == CRITERIA_SETS


def test_every_option_the_readme_names_exists() -> None:
    text = (TOP / "README.md").read_text("utf-8")
    helped = "".join(CliRunner().invoke(main, [name, "--help"]).output for name in main.commands)
    for option in set(re.findall(r"`(--[a-z-]+)", text)):
        assert option in helped, option


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *[f"docs/{p.name}" for p in (TOP / "docs").glob("*.md")]]
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = TOP / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"


def test_every_button_is_explained() -> None:
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \|", (TOP / "docs" / "excel.md").read_text("utf-8"), re.MULTILINE)
    assert {row.split()[0].lower() for row in rows} >= set(ACTIONS)


def test_every_check_of_the_doctor_is_explained() -> None:
    rooms = (doctor, doctor_book, doctor_libreoffice, doctor_mac, doctor_windows)
    source = "".join(map(inspect.getsource, rooms))
    checks = set(re.findall(r"(?:Line|Switch)\(\s*\"([a-z0-9-]+)\"", source))
    assert len(checks) > 20
    assert (
        set(re.findall(r"^\| `([a-z0-9-]+)` \|", (TOP / "docs" / "excel.md").read_text("utf-8"), re.MULTILINE))
        == checks
    )


def test_the_pictures_are_small_and_all_are_shown() -> None:
    text = (TOP / "docs" / "excel.md").read_text("utf-8")
    for picture in (TOP / "docs" / "pictures").iterdir():
        assert f"(pictures/{picture.name})" in text
        assert picture.stat().st_size < 150_000
