"""Reads the story's tables, which are drawn as text: one line per row, cells between upright bars."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

Cell = str | float | int | dt.date | None
Row = dict[str, Cell]

_HERE = Path(__file__).parent
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) %\Z")


def cell(text: str) -> Cell:
    """What a drawn cell holds: a number, a share (``12 %``), an ISO date, text; quotes keep text as it is."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    if _DATE.match(text):
        return dt.date.fromisoformat(text)
    if found := _PERCENT.match(text):
        return round(float(found[1]) / 100, 6)
    if _NUMBER.match(text):
        return float(text) if "." in text else int(text)
    return text or None


def lines(name: str) -> list[list[str]]:
    """The cells of every line of ``name.txt``, stripped."""
    text = (_HERE / f"{name}.txt").read_text(encoding="utf-8")
    return [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]


def table(name: str) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows of ``name.txt``; every row as long as the header."""
    header, *body = lines(name)
    width = len(header)
    return header, [[cell(text) for text in (line + [""] * width)[:width]] for line in body]


def records(name: str) -> list[Row]:
    """The rows of ``name.txt`` by column."""
    header, body = table(name)
    return [dict(zip(header, row, strict=True)) for row in body]
