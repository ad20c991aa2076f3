"""The result sheets: what an analysis looks like in the workbook, still without Excel.

One module per sheet; each makes a `SheetPlan` from the analysis and the tab names. Totals are live
formulas over the rows of Deal Review and Closed Deals, with the computed value stored beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipesheet.analysis import Analysis
from pipesheet.results import closed_deals, conversion, deal_review, evidence, findings, forecast, run_log
from pipesheet.results.stamp import RunStamp
from pipesheet.sheets import SheetPlan
from pipesheet.tabs import SHEETS

__all__ = ["SHEETS", "RunStamp", "result_sheets"]

_MAKERS: Mapping[str, Callable[[Analysis, str, RunStamp], SheetPlan]] = {
    "forecast": forecast.sheet,
    "evidence": evidence.sheet,
    "conversion": conversion.sheet,
    "findings": findings.sheet,
    "deal_review": deal_review.sheet,
    "closed_deals": closed_deals.sheet,
    "run_log": run_log.sheet,
}


def result_sheets(analysis: Analysis, *, names: Mapping[str, str], stamp: RunStamp) -> tuple[SheetPlan, ...]:
    """Every result sheet of that analysis, in the order of the tabs.

    `names` maps keys of `SHEETS` to the names their tabs have; a key that is not there keeps its own.
    """
    return tuple(make(analysis, names.get(key, SHEETS[key]), stamp) for key, make in _MAKERS.items())
