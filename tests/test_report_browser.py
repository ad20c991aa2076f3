"""The page in a real browser: nobody is shut out, what can be clicked works, nothing leaves or gets in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipesheet.cli import main
from pipesheet.grid import Grid
from pipesheet.report import render
from pipesheet.resources import resource
from report_sample import STAMP, analysis, conversion, findings
from test_report import good_book, judged, large

pytestmark = pytest.mark.slow

PACKAGES = ("playwright-core@1.65.1", "axe-core@4.14.1", "html-validate@10.17.0")
RULES = {
    "root": True,
    "extends": ["html-validate:recommended"],
    "rules": {"doctype-style": ["error", {"style": "lowercase"}]},  # either is valid; ours are lower-case throughout
}
ATTACK = "<img src=https://example.org/x onerror='window.hacked=1'><script>window.hacked=1</script>"


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the browser's driver, the checker of access and the one of HTML, from npm."""
    missing = [name for name in ("chromium", "node", "npm", "pdftotext") if shutil.which(name) is None]
    assert not missing, f"these tests need {', '.join(missing)} on the path (Debian: chromium, npm, poppler-utils)"
    folder = tmp_path_factory.mktemp("browser")
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"npm could not install {PACKAGES}: {done.stdout}{done.stderr}"
    shutil.copy(Path(__file__).with_name("browser.mjs"), folder)
    (folder / ".htmlvalidate.json").write_text(json.dumps(RULES))
    return folder


def sample() -> str:
    target = Path("sample.html")
    with pytest.raises(SystemExit) as done:
        main(["report", str(resource("workbooks/sample.xlsx")), "--out", str(target), "--quiet"])
    assert done.value.code in (0, 1)
    return target.read_text("utf-8")


PAGES: dict[str, Callable[[], str]] = {
    "the sample workbook": sample,
    "every card": lambda: render(analysis(findings=findings() * 2), stamp=STAMP).html,
    "cards alone in their rows": lambda: render(analysis(conversion=conversion(times=())), stamp=STAMP).html,
    "an empty book": lambda: judged([Grid("Deals", good_book()[0].rows[:1]), *good_book()[1:]]).html,
    "an attack": lambda: judged(good_book(bad=ATTACK)).html,
    "two thousand deals": lambda: render(large(2000), stamp=STAMP).html,
}


@pytest.fixture(scope="session", params=list(PAGES))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "page.html").write_text(PAGES[request.param](), "utf-8")
    return folder / "page.html"


@pytest.fixture(scope="session")
def seen(written: Path, tools: Path) -> dict[str, Any]:
    """What the browser saw of the page."""
    command = ["node", "browser.mjs", str(shutil.which("chromium")), str(written)]
    done = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_axe_finds_nothing_in_either_theme_or_on_a_phone(seen: dict[str, Any]) -> None:
    assert len(seen["axe"]) == 8
    assert {view: found for view, found in seen["axe"].items() if found} == {}


def test_nothing_leaves_the_page_and_it_reports_no_error(seen: dict[str, Any]) -> None:
    assert seen["requests"] == []
    assert seen["errors"] == []


def test_neither_a_workbooks_script_nor_a_smuggled_one_does_anything(seen: dict[str, Any]) -> None:
    assert seen["hacked"] == seen["smuggled"] == "undefined"
    assert seen["smuggledOut"] == []
    assert seen["refused"] >= 6, "the policy refused each attempt"


def test_no_text_of_a_chart_meets_another_in_the_fonts_of_this_machine(seen: dict[str, Any]) -> None:
    assert {view: found for view, found in seen["crowded"].items() if found} == {}


def test_the_page_is_never_wider_than_its_window(seen: dict[str, Any]) -> None:
    assert set(seen["wide"].values()) == {0}


def test_the_theme_button_turns_light_to_dark_and_back(seen: dict[str, Any]) -> None:
    assert seen["theme"] == ["rgb(245, 246, 248)", "rgb(14, 20, 26)", "rgb(245, 246, 248)"]


def test_the_first_tab_skips_to_the_answer(seen: dict[str, Any]) -> None:
    assert seen["skip"] == "Skip to the answer"


def number(value: str) -> tuple[int, float, str]:
    """A value as the page sorts it: numbers by size, texts by letter, nothing last."""
    try:
        return (0, float(value), "")
    except ValueError:
        return (1, 0.0, value.casefold())


def test_each_column_sorts_up_and_down_and_says_so(seen: dict[str, Any]) -> None:
    for table, clicks in seen["sorted"].items():
        for click in clicks:
            filled = [v for v in click["values"] if v != ""]
            assert click["values"][: len(filled)] == filled, f"{table}: empty cells stand last"
            if all(number(v)[0] == 0 for v in filled):
                assert filled == sorted(filled, key=number, reverse=click["order"] == "descending"), table
            assert click["announced"] == 1
        orders = [c["order"] for c in clicks]
        assert all(
            {one, other} == {"ascending", "descending"} for one, other in zip(orders[::2], orders[1::2], strict=True)
        )


def test_a_folded_table_stays_folded_while_it_is_sorted(seen: dict[str, Any]) -> None:
    for clicks in seen["sorted"].values():
        for click in clicks:
            assert click["shown"] == list(range(len(click["shown"])))


def test_a_button_shows_the_rest_of_a_long_table_and_hides_it_again(seen: dict[str, Any]) -> None:
    for closed, opened, again in seen["folded"]:
        assert closed == again
        assert closed[2:] == ["false"]
        assert opened[2:] == ["true"]
        assert opened[0] > closed[0]
        assert closed[1] == f"Show all {opened[0]}"


def test_the_numbers_beneath_a_chart_can_be_shown(seen: dict[str, Any]) -> None:
    assert all(states == [False, True] for states in seen["numbers"])


def test_paper_is_white_in_the_dark_too(seen: dict[str, Any]) -> None:
    assert seen["paper"] == ["rgb(255, 255, 255)", "rgb(20, 32, 43)"]


def test_on_paper_the_head_of_a_table_stands_above_its_rows_on_every_page(written: Path, seen: dict[str, Any]) -> None:
    command = ["pdftotext", "-layout", f"{written}.pdf", "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    assert seen["folded"] or len(pages) < 5, "a report prints on few pages where its long tables are folded"
    assert len(pages) <= 9
    for said in pages:
        heads = [line for line in said.splitlines() if "Level" in line and "Needed" in line]
        rows = [line for line in said.splitlines() if "Deals!" in line]
        assert bool(heads) == bool(rows), said
    numbers = [re.findall(r"(\d+) */ *(\d+)\s*$", said) for said in pages]
    assert numbers == [[(str(n), str(len(pages)))] for n in range(1, len(pages) + 1)]


def validated(page: Path, tools: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", "node_modules/html-validate/bin/html-validate.mjs", "--formatter", "text", str(page)]
    shutil.copy(tools / ".htmlvalidate.json", page.parent)
    return subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=120, check=False)


def test_the_html_is_valid(written: Path, tools: Path) -> None:
    done = validated(written, tools)
    assert done.returncode == 0, done.stdout[:3000] + done.stderr


def test_the_checks_see_what_they_look_for(tools: Path, tmp_path: Path) -> None:
    """A page with a fault of each kind."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html><body><img src="https://example.org/x.png" onerror="window.hacked = 1">'
        "<script>window.hacked = 1</script>"
        '<svg role="img" width="20" viewBox="0 0 20 20"><text y="10">one</text><text y="10">two</text></svg>'
        "</body></html>"
    )
    command = ["node", "browser.mjs", str(shutil.which("chromium")), str(bad)]
    done = subprocess.run(command, cwd=tools, capture_output=True, text=True, timeout=120, check=False)
    seen = json.loads(done.stdout)
    assert any(found.startswith("image-alt") for found in seen["axe"]["light"])
    assert any("example.org" in address for address in seen["requests"])
    assert seen["hacked"] == "number"
    assert "one meets two" in seen["crowded"]["light"]
    assert "missing required" in validated(bad, tools).stdout
