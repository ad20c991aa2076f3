"""Findings: faults in the user's data, each a value with a stable code, a place and a price.

A finding is collected, never raised; printing, JSON, the Findings sheet and the report are views of
the same tuple. Codes are hyphenated and never change meaning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pipesheet.grid import CellRef

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `money_at_stake` is in the reporting currency, 0 where none can be said.

    `deal`, `owner`, `amount` and `close_date` are there so that a view need not look the deal up again.
    """

    code: str
    severity: Severity
    found: str
    needed: str
    cell: CellRef | None = None
    deal_id: str = ""
    deal: str = ""
    owner: str = ""
    stage: str = ""
    requirement: str = ""
    guidance: str = ""
    amount: float | None = None
    money_at_stake: float = 0.0
    close_date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means: its usual severity and a sentence for people."""

    code: str
    severity: Severity
    meaning: str


_CODES: tuple[Code, ...] = (
    # reading
    Code("stages-sheet-missing", "info", "There is no Stages sheet, so the guide's six stages apply."),
    Code("column-missing", "error", "A column the contract needs is not in the sheet."),
    Code("header-duplicate", "warning", "Two columns have the same header; the first is used."),
    Code("header-not-text", "info", "A header is a number or a date; it is read as its text."),
    Code("sheet-not-found", "error", "Settings map a sheet that is not in the workbook."),
    Code("setting-unknown", "warning", "A setting has a name pipesheet does not know."),
    Code("setting-unreadable", "error", "A setting's value cannot be read; the default is used."),
    Code("date-from-text", "info", "A date was typed as text and read as a date."),
    Code("date-ambiguous", "info", "Day and month could be swapped; the locale decided."),
    Code("date-unreadable", "error", "A cell that should hold a date cannot be read as one."),
    Code("number-from-text", "info", "A number was typed as text and read as a number."),
    Code("number-ambiguous", "info", "A number could be read two ways; the locale decided."),
    Code("number-unreadable", "error", "A cell that should hold a number cannot be read as one."),
    Code("percent-scaled", "info", "A probability above 1 was read as percent."),
    Code("yes-no-unreadable", "error", "A cell that should hold yes or no cannot be read so."),
    Code("text-trimmed", "info", "Spaces or control characters around a text were ignored."),
    Code("cell-error", "error", "A cell holds an Excel error and counts as empty."),
    Code("row-unreadable", "error", "A row of a settings sheet lacks what it needs and was left out."),
    Code("row-not-a-record", "info", "A row is a total or a remark; it was left out."),
    Code(
        "choice-unreadable", "error", "A cell that should hold one of a few words holds another; the default is used."
    ),
    Code("stage-probability-missing", "error", "An open stage has no probability; it counts as 0 %."),
    Code("cell-error-unused", "info", "A column that nothing looks at holds Excel errors; they count as empty."),
    Code("no-deals", "warning", "The sheet of deals has a header and no rows."),
    # deals
    Code("deal-id-missing", "error", "A deal has no ID."),
    Code("deal-id-duplicate", "error", "Two rows have the same deal ID."),
    Code("deal-likely-duplicate", "warning", "Two open deals look like the same one."),
    Code("owner-missing", "warning", "A deal has no owner."),
    Code("owner-unknown", "info", "A deal's owner is not in the Owners sheet."),
    Code("stage-missing", "error", "A deal has no stage."),
    Code("stage-unknown", "error", "A deal's stage is in no list of stages."),
    Code("amount-missing", "error", "An open or won deal has no amount."),
    Code("amount-unreadable", "error", "A deal's amount cannot be read."),
    Code("amount-negative", "warning", "A deal's amount is below zero."),
    Code("close-date-missing", "error", "An open deal has no expected close date."),
    Code("close-date-past", "warning", "An open deal's expected close date has passed."),
    Code("closed-without-close-date", "error", "A closed deal has no date of closing."),
    Code("closed-after-as-of", "warning", "A closed deal's date of closing is after the as-of date."),
    Code("close-date-before-created", "error", "A deal closes before it was created."),
    Code("next-step-missing", "warning", "An open deal has no next step."),
    Code("next-step-overdue", "warning", "The date of the next step has passed."),
    Code("stalled", "warning", "A deal has been in its stage for longer than it should."),
    Code("probability-out-of-range", "error", "A probability is below 0 % or above 100 %."),
    Code("probability-far-from-stage", "info", "A deal's probability is far from its stage's."),
    Code("currency-without-rate", "error", "There is no exchange rate for a deal's currency."),
    Code("stage-skipped", "info", "A deal jumped over a stage."),
    Code("stage-moved-back", "warning", "A deal moved back to an earlier stage."),
    Code("close-date-pushed", "warning", "A deal's close date was pushed twice or more."),
    # gates
    Code("entry-criterion-not-met", "error", "A deal lacks what its stage asks for on entry."),
    Code("exit-criterion-not-met", "error", "A deal left a stage without what that stage asks for."),
    Code("waiver-expired", "warning", "A waiver's date has passed; the criterion applies again."),
    Code("waiver-expiring", "info", "A waiver that a deal still needs runs out within 14 days."),
    Code("waiver-unmatched", "warning", "A waiver names a deal or a requirement that is not there."),
    # the criteria and settings themselves
    Code("criterion-stage-unknown", "error", "A criterion names a stage that is in no list."),
    Code("criterion-column-missing", "error", "A criterion looks at a column that is not there."),
    Code("criterion-check-unknown", "error", "A criterion uses a check pipesheet does not know."),
    Code("criterion-value-unreadable", "error", "A criterion's value does not fit its check."),
    Code("criterion-pattern-invalid", "error", "A criterion's regular expression cannot be used."),
    Code("criterion-path-outside", "error", "A path leads outside the workbook's folder."),
    Code("criterion-contradiction", "warning", "Two criteria ask one column for opposite things."),
    Code("criterion-of-the-seller", "info", "A requirement says what the seller did, not what the buyer has shown."),
    Code("criterion-never-asked", "info", "A criterion stands at a gate that no deal passes."),
    Code("stage-without-criteria", "info", "An open stage has no criterion, so nothing is asked of its deals."),
    Code(
        "stage-unreachable", "warning", "No deal can earn a stage, because two criteria before it exclude each other."
    ),
    Code("stage-probability-not-rising", "warning", "A later stage has a lower probability."),
    Code("stage-duplicate", "error", "Two stages have the same name."),
    Code("target-period-unreadable", "error", "A target's period cannot be read."),
    Code("target-owner-unknown", "warning", "A target is for nobody in Owners or Deals."),
    Code("target-duplicate", "warning", "Two targets are for the same period and owner; the last counts."),
)

CODES: Mapping[str, Code] = {c.code: c for c in _CODES}
"""Every code a finding may have, in the order of the documentation."""


def severity_of(code: str, overrides: Mapping[str, str]) -> Severity | None:
    """The severity a code has here, or None where Settings turn it off.

    `overrides` maps codes to ``error``, ``warning``, ``info`` or ``off``; unreadable ones are ignored
    here and reported by the parser.
    """
    wanted = overrides.get(code, "")
    if wanted == "off":
        return None
    for severity in SEVERITIES:
        if wanted == severity:
            return severity
    return CODES[code].severity
