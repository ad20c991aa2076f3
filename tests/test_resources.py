"""Where the shipped files are: inside the package or at the top of a checkout, and what is said if they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipesheet import resources


def test_templates_and_workbooks_are_found() -> None:
    assert (resources.template_folder() / "web.html.j2").is_file()
    assert resources.workbook_folder().name == "workbooks"
    assert resources.resource("workbooks/sample.xlsx").read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("place", ["package", "checkout"])
def test_a_folder_inside_the_package_goes_before_one_beside_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "pipesheet"
    (tmp_path / "templates").mkdir()
    package.mkdir(parents=True)
    if place == "package":
        (package / "templates").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resources.folder("templates") == (package if place == "package" else tmp_path) / "templates"


def test_a_missing_folder_or_file_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=r"file 'workbooks/none.xlsx' is missing; reinstall"):
        resources.resource("workbooks/none.xlsx")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(FileNotFoundError, match="folder 'templates' is missing; reinstall"):
        resources.template_folder()
