"""What our sheets and tables are called where they stand beside the user's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pipesheet.sheets import Column, Content, Formula, Put, SheetPlan, TablePlan

LONGEST_TAB = 31
"""Characters of a sheet's name, by Excel's limits."""
SHEETS: Mapping[str, str] = {
    "forecast": "Forecast",
    "evidence": "Evidence",
    "conversion": "Conversion",
    "findings": "Findings",
    "deal_review": "Deal Review",
    "closed_deals": "Closed Deals",
    "run_log": "Run Log",
}
"""What each sheet is called where the user has none of that name, in the order of the tabs."""


def free_tab_names(ours: Mapping[str, str], tabs: Iterable[str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Key -> the name of its tab, in any workbook with those tabs. `ours`: key -> tab; `defaults`: key -> name wanted.

    A name the user has taken becomes ``Name (pipesheet)``.
    """
    taken = {tab.casefold() for tab in tabs}
    names: dict[str, str] = {}
    for key, wanted in defaults.items():
        names[key] = ours[key] if key in ours else _free_tab(wanted, taken)
        taken.add(names[key].casefold())
    return names


def _free_tab(wanted: str, taken: set[str]) -> str:
    suffix, number = "", 1
    while (name := wanted[: LONGEST_TAB - len(suffix)] + suffix).casefold() in taken:
        suffix = f" (pipesheet {number})" if number > 1 else " (pipesheet)"
        number += 1
    return name


def renamed_tables(plans: Sequence[SheetPlan], taken: set[str]) -> tuple[SheetPlan, ...]:
    """The sheets with other table names where the user has taken one, in formulas too."""
    tables = [t.name for p in plans for t in p.tables]
    names = {t: _free_table(t, taken) for t in tables if t.lower() in taken}
    if not names:
        return tuple(plans)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})(?=\[)")

    def rename(text: str) -> str:
        return pattern.sub(lambda m: names[m.group(1)], text)

    return tuple(_renamed(p, names, rename) for p in plans)


def _free_table(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}{number}".lower() in taken:
        number += 1
    return f"{name}{number}"


def _renamed(plan: SheetPlan, names: Mapping[str, str], rename: Callable[[str], str]) -> SheetPlan:
    def content(c: Content) -> Content:
        return Formula(rename(c.text), c.value) if isinstance(c, Formula) else c

    def column(c: Column) -> Column:
        return replace(c, formula=rename(c.formula), contents=[content(v) for v in c.contents])

    def table(t: TablePlan) -> TablePlan:
        return replace(t, name=names.get(t.name, t.name), columns=tuple(map(column, t.columns)))

    def put(p: Put) -> Put:
        return replace(p, content=content(p.content))

    return replace(plan, puts=tuple(map(put, plan.puts)), tables=tuple(map(table, plan.tables)))
