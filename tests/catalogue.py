"""Every text that is said: collected from the code and the templates, each with the places it is said at."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pipesheet
from pipesheet.figures import plural_of
from pipesheet.resources import template_folder

PACKAGE = Path(pipesheet.__file__).parent
NOT_TRANSLATED = ("results", "cli", "show.py")
"""The workbook's own sheets keep the names that formulas use, and the screen speaks English."""
IN_TEMPLATE = re.compile(r"""\b_\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")


def said() -> dict[str, list[str]]:
    """English text -> where it stands."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in NOT_TRANSLATED:
            continue
        for text, line in said_in_code(path.read_text("utf-8")):
            found[text].append(f"{path.name}:{line}")
    for path in sorted(template_folder().glob("*.j2")):
        for text in said_in_template(path.read_text("utf-8")):
            found[text].append(path.name)
    return dict(found)


def said_in_code(source: str) -> Iterator[tuple[str, int]]:
    """What ``say("…")``, ``later("…")``, ``count(n, "…")`` and ``Code(…, …, "…")`` are given."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            given = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
            if text := _text(ast.unparse(node.func).rpartition(".")[2], given):
                yield text, node.lineno


def _text(name: str, given: Sequence[object]) -> str:
    if name in ("say", "later") and given and isinstance(given[0], str):
        return given[0]
    if name == "Code" and isinstance(given[-1], str):
        return given[-1]
    if name == "count" and len(given) > 1 and isinstance(given[1], str):
        noun, plural = given[1], given[2] if len(given) > 2 else plural_of(given[1])
        return f"{{n}} {{n:{noun}|{plural}}}"
    return ""


def said_in_template(source: str) -> Iterator[str]:
    """What ``_('…')`` is given in a template."""
    for single, double in IN_TEMPLATE.findall(source):
        yield (single or double).replace("\\'", "'").replace('\\"', '"')
