"""Formulas in Excel's words and in those of Calc's own interface.

Calc reads references to tables as Excel does, with semicolons for commas: ``Deals[[#This Row];[Amount]]``. What
differs is told apart token by token, so that nothing within a text, a sheet's name or a column's name is touched.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CELL = r"\$?[A-Za-z]{1,3}\$?\d+(?![\w(])|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w(])|\$?\d+:\$?\d+"
_EXCEL = re.compile(
    r"""(?P<kept>"(?:[^"]|"")*"|\#(?:REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A))
      | (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)
      | (?P<table>\[(?:[^\[\]]|\[(?:'.|[^\]'])*\])*\])
      | (?P<prefix>_xlfn\.(?:_xlws\.)?)
      | (?P<logical>\b(?:TRUE|FALSE)\b(?!\s*[(!.]))
      | (?P<both>(?<=[\w)\]])\s+(?=[\w$']))
      | (?P<sign>[{},;])""",
    re.VERBOSE,
)
_CALC = re.compile(
    rf"""(?P<kept>"(?:[^"]|"")*"|\#(?:REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A))
      | (?P<sheet>\$?(?:'(?:[^']|'')+'|[^\W\d]\w*)\.(?={_CELL}))
      | (?P<table>\[(?:[^\[\]]|\[(?:'.|[^\]'])*\])*\])
      | (?P<addin>COM\.SUN\.STAR\.SHEET\.ADDIN\.ANALYSIS\.GET)
      | (?P<sign>[{{}};|~!])""",
    re.VERBOSE,
)
_WHOLE = ("[#All]", "[#Data]", "[#Headers]", "[#Totals]")


_TEXTS = re.compile(r"""=(\w+)\(("(?:[^"]|"")*")([,;])("(?:[^"]|"")*")\)""")
"""A function of two texts, as links are: there may be thousands of those, each another."""


@lru_cache(maxsize=1024)
def to_calc(formula: str) -> str:
    """Excel's formula as Calc's ``setFormula`` reads it; a column repeats one thousands of times."""
    if plain := _TEXTS.fullmatch(formula):
        return f"={plain[1]}({plain[2]};{plain[4]})"
    depth = 0

    def said(match: re.Match[str]) -> str:
        nonlocal depth
        kind, text = match.lastgroup, match[0]
        if kind == "sheet":
            return _calc_sheet(text[:-1])
        if kind == "table":
            return _calc_table(text)
        if kind in ("logical", "both"):  # a space between two blocks is what they share
            return f"{text}()" if kind == "logical" else "!"
        if kind != "sign":
            return "" if kind == "prefix" else text
        depth += (text == "{") - (text == "}")
        return {",": ";", ";": "|" if depth else ";"}.get(text, text)

    return _EXCEL.sub(said, formula)


def _calc_sheet(name: str) -> str:
    return f"$'{name}'." if "." in name and not name.startswith("'") else f"${name}."


def _calc_table(text: str) -> str:
    if text.startswith("[@"):
        column = text[2:-1]
        inside = column if column.startswith("[") or not column else f"[{column}]"
        return f"[[#This Row]{';' * bool(inside)}{inside}]"
    if text in _WHOLE:
        return f"[{text}]"
    return re.sub(r"\]\s*,\s*\[", "];[", text) if text.startswith("[[") else text


@lru_cache(maxsize=1024)
def from_calc(formula: str) -> str:
    """Calc's formula in Excel's words."""
    if plain := _TEXTS.fullmatch(formula):
        return f"={plain[1]}({plain[2]},{plain[4]})"
    depth = 0

    def said(match: re.Match[str]) -> str:
        nonlocal depth
        kind, text = match.lastgroup, match[0]
        if kind == "sheet":
            return text.removeprefix("$")[:-1] + "!"
        if kind == "table":
            return text.replace("];[", "],[") if text.startswith("[[") else text
        if kind != "sign":
            return "" if kind == "addin" else text
        depth += (text == "{") - (text == "}")
        return {";": ",", "|": ";" if depth else "|", "~": ",", "!": " "}.get(text, text)

    return _CALC.sub(said, formula)
