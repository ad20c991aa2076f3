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


SETS = {
    "guide": "the guide's: actions, information, people and deliverables at every stage",
    "simple": "six criteria to start with",
    "meddicc": "the questions of MEDDICC: metrics, economic buyer, decision criteria, decision process, paper process, "
    "pain, champion, competition",
}
CRITERIA_SETS = """\
# Three sets of criteria to start with

Generated from `workbooks/story` by `python docs/make.py`. `pipesheet init --criteria NAME` writes a starter
workbook with one of them, with the columns of Deals that it looks at. How criteria work: [criteria.md](criteria.md).
"""


def criteria_sets() -> Iterator[str]:
    """A table per set, as the starter workbook has it; columns that are empty in all of it are left out."""
    for name, said in SETS.items():
        lines = (DOCS.parent / "workbooks" / "story" / f"criteria_{name}.txt").read_text("utf-8").splitlines()
        header, *rows = ([part.strip() for part in line.split("|")] for line in lines if line.strip())
        rows = [(row + [""] * len(header))[: len(header)] for row in rows]
        used = [i for i in range(len(header)) if any(row[i] for row in rows)]
        yield f"\n## {name}\n\n{said[0].upper()}{said[1:]}.\n\n"
        for row in (header, ["---"] * len(header), *rows):
            yield "| " + " | ".join(cell(row[i]) for i in used) + " |\n"


def pages() -> dict[str, str]:
    """Every generated file by its name, with its text."""
    codes = "".join(f"| `{c.code}` | {c.severity} | {c.meaning} |\n" for c in CODES.values())
    return {
        "workbook.md": WORKBOOK + "".join(workbook_tables()),
        "findings.md": FINDINGS + codes,
        "criteria-sets.md": CRITERIA_SETS + "".join(criteria_sets()),
        "pipesheet.schema.json": json_schema(),
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8", newline="\n")
