"""The extension for LibreOffice: its menu, and what the menu needs of us, packed as one ``.oxt``.

It is made on the machine it is used on, as it holds the path of the Python that a click starts, as data.
"""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_SOURCES: Final = _HERE / "extension"
_MENU: Final = "pipesheet.calc.extension.menu"
_PACKAGE: Final = "pipesheet_calc"
"""Our modules' name over there, where another pipesheet may lie on the same path."""
_AS_IT_IS: Final = (
    "META-INF/manifest.xml", "Addons.xcu", "CalcWindowState.xcu", "ProtocolHandler.xcu", "about.txt", "licence.txt",
)  # fmt: skip
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


def extension(interpreter: Path, log: Path, version: str) -> bytes:
    """The ``.oxt`` whose clicks start that Python, and whose faults go to that log; same input, same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in sorted(_parts(interpreter, log, version).items()):
            about = zipfile.ZipInfo(name, _LONG_AGO)
            about.compress_type, about.external_attr, about.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(about, text.encode("utf-8"))
    return packed.getvalue()


def _parts(interpreter: Path, log: Path, version: str) -> dict[str, str]:
    start = {"interpreter": str(interpreter), "log": str(log), "version": version}
    parts = {name: _text(_SOURCES / name) for name in _AS_IT_IS}
    parts["description.xml"] = _text(_SOURCES / "description.xml").replace('"VERSION"', f'"{version}"')
    parts[f"pythonpath/{_PACKAGE}/start.json"] = json.dumps(start)
    parts[f"pythonpath/{_PACKAGE}/__init__.py"] = ""
    for module in _needed(_MENU):
        folder = "pipesheet_" if module == _MENU else f"pythonpath/{_PACKAGE}/"
        parts[f"{folder}{_file(module).name}"] = _renamed(_text(_file(module)))
    return parts


def _needed(module: str) -> set[str]:
    """The module and those of ours that it imports, and these."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting.extend(_imported(_text(_file(each))))
    return found


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipesheet."):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from whole if _file(whole[0]).is_file() else [str(node.module)]


def _file(module: str) -> Path:
    return _HERE.joinpath(*module.split(".")[2:]).with_suffix(".py")


def _renamed(text: str) -> str:
    return text.replace("pipesheet.calc.extension", _PACKAGE).replace("pipesheet.calc", _PACKAGE)


def _text(path: Path) -> str:
    return path.read_text("utf-8")
