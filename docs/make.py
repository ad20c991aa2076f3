"""Writes the generated part of the documentation: ``python docs/make.py``. A test fails when it lags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipesheet.document import json_schema
from pipesheet.findings import CODES
from pipesheet.schema import SHEETS
from pipesheet.setting_rules import SETTING_RULES

DOCS = Path(__file__).parent

WORKBOOK = """\
# The workbook that pipesheet reads

Generated from `src/pipesheet/schema.py` by `python docs/make.py`.

Only the deals are required. A sheet is found by the name in the Settings sheet, its own name, an alias,
or else its headers; the header row may stand below title rows, and an Excel table is preferred where the
sheet has one. Columns may stand in any order. Case, spaces, underscores, hyphens and points in a header
do not matter (`StageName`, `Stage name` and `stage_name` are one), and Pipedrive's `Deal - ` before each
header is looked past. Columns not listed here are kept and can be used in criteria.

Reading is forgiving and never silent: a date typed as text, `1.234,56 €`, `12k`, 50 for 50 % are read
where that is safe, each with a finding that names the cell; what cannot be read counts as empty, and the
finding is an error.
"""

FINDINGS = """\
# Findings

Generated from `src/pipesheet/findings.py` by `python docs/make.py`.

A finding is a fault in the data: a code that never changes meaning, a severity, the cell to look at, what
was found and what is needed. A Settings row `rule CODE` with `off`, `info`, `warning` or `error` turns
one off or changes its severity.

| code | severity | meaning |
|---|---|---|
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def workbook_tables() -> Iterator[str]:
    """A section per sheet of the contract, and one for the settings."""
    for sheet in SHEETS:
        also = f" Also found as: {', '.join(sheet.aliases)}." if sheet.aliases else ""
        yield f"\n## {sheet.name}\n\n{sheet.meaning}{also}\n\n"
        yield "| column | holds | meaning | also called |\n|---|---|---|---|\n"
        for field in sheet.fields:
            header = f"**{field.header}**" if field.required else field.header
            names = ", ".join((*field.aliases, *field.weak))
            yield f"| {cell(header)} | {field.form} | {cell(field.meaning)} | {cell(names)} |\n"
    yield "\n## The settings\n\n| setting | does | values | default |\n|---|---|---|---|\n"
    for rule in SETTING_RULES:
        yield f"| {cell(rule.name)} | {cell(rule.meaning)} | {cell(rule.values)} | {cell(rule.default)} |\n"


def pages() -> dict[str, str]:
    """Every generated file by its name, with its text."""
    codes = "".join(f"| `{c.code}` | {c.severity} | {c.meaning} |\n" for c in CODES.values())
    return {
        "workbook.md": WORKBOOK + "".join(workbook_tables()),
        "findings.md": FINDINGS + codes,
        "pipesheet.schema.json": json_schema(),
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8", newline="\n")
