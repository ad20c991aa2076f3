"""Where the files that ship beside the code are: templates and workbooks.

One lookup serves a wheel (the folders lie inside the package) and a checkout or an editable install
(they lie at the top of the repository, where people edit them).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder of that name (``templates``, ``workbooks``).

    Raises:
        FileNotFoundError: neither the package nor a checkout around it has such a folder.
    """
    return _found(name, _PACKAGE)


@cache
def _found(name: str, package: Path) -> Path:
    places = [package / name]
    if len(package.parents) > 1:
        places.append(package.parents[1] / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"pipesheet's folder {name!r} is missing; reinstall pipesheet")


def template_folder() -> Path:
    """The folder of the report's templates."""
    return folder("templates")


def workbook_folder() -> Path:
    """The folder of the sample and starter workbooks."""
    return folder("workbooks")


def resource(name: str) -> Path:
    """One shipped file by its path below the top: ``workbooks/sample.xlsx``.

    Raises:
        FileNotFoundError: there is no such file.
    """
    place, _, file = name.partition("/")
    found = folder(place) / file
    if not found.is_file():
        raise FileNotFoundError(f"pipesheet's file {name!r} is missing; reinstall pipesheet")
    return found
