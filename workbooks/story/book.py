"""The company's deals and their history, told from the drawn tables.

`journeys.txt` is the one source of what happened: each line is a deal, each step a day and what
changed on it: a stage, an amount, ``by`` an expected close, ``to`` an owner, ``as`` a category. The
deal's present state is its last step, and every step is a row of History. `mistakes.txt` is laid over
the clean deals at the end, so that each mistake of the sample stands in one line of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from story.drawn import Cell, Row, lines, records

COLUMNS = (
    "Deal ID",
    "Deal",
    "Account",
    "Owner",
    "Stage",
    "Amount",
    "Currency",
    "In EUR",
    "Created",
    "Close date",
    "Closed",
    "Probability",
    "Category",
    "Next step",
    "Next step date",
    "Champion",
    "Economic buyer",
    "Stakeholders",
    "Decision criteria",
    "Budget",
    "Proposal sent",
    "Proposal",
    "Amount confirmed",
    "Legal review",
    "Discount",
    "PO number",
    "Contract file",
    "Contract note",
    "On hold",
    "Open incident",
    "Payment days",
    "Legal points",
    "Lost reason",
    "Competitor",
    "Source",
    "Line",
    "Is won",
    "Notes",
)
HISTORY_COLUMNS = ("Deal ID", "Recorded", "Stage", "Amount", "Close date", "Owner", "Category")

_STEP = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?: (?P<stage>Lead|Qualify|Discover|Propose|Negotiate|Closed Won|Closed Lost))?"
    r"(?: (?P<amount>\d+))?"
    r"(?: by (?P<by>\d{4}-\d\d-\d\d))?"
    r"(?: to (?P<to>.+?))?"
    r"(?: as (?P<category>.+))?\Z"
)


@dataclass(frozen=True)
class State:
    """How a deal stood from `day` on."""

    day: dt.date
    stage: str
    amount: int
    close: dt.date
    owner: str
    category: str

    @property
    def closed(self) -> bool:
        """Won or lost."""
        return self.stage.startswith("Closed")


def journey(steps: list[str], *, owner: str) -> list[State]:
    """The states of a deal, one per step; `owner` has it where no step says so.

    Raises:
        ValueError: a step is not written as the grammar above has it, or is earlier than the one before.
    """
    states: list[State] = []
    now = State(dt.date.min, "", 0, dt.date.min, owner, "")
    for step in steps:
        found = _STEP.match(step)
        if not found:
            raise ValueError(f"cannot read the step {step!r}")
        day = dt.date.fromisoformat(found["day"])
        if day <= now.day:
            raise ValueError(f"the step {step!r} comes after one of {now.day}")
        now = replace(
            now,
            day=day,
            stage=found["stage"] or now.stage,
            amount=int(found["amount"] or now.amount),
            close=dt.date.fromisoformat(found["by"]) if found["by"] else now.close,
            owner=found["to"] or now.owner,
            category=found["category"] or now.category,
        )
        states.append(replace(now, close=day) if now.closed else now)
    return states


def journeys(until: dt.date | None = None) -> dict[str, list[State]]:
    """Every deal's states by deal ID, up to that day; deals that were not there yet are left out."""
    owners = {row["Deal ID"]: str(row["Owner"]) for row in records("deals")}
    whole = {name: journey(steps, owner=owners[name]) for name, *steps in lines("journeys")}
    told = {name: [s for s in states if until is None or s.day <= until] for name, states in whole.items()}
    return {name: states for name, states in told.items() if states}


def deals(until: dt.date | None = None) -> list[Row]:
    """The rows of the Deals sheet, mistakes and strays included; ``In EUR`` is left to its formula."""
    told = journeys(until)
    details: dict[Cell, Row] = {}
    for part in ("evidence", "next_steps", "lost"):
        for row in records(part):
            details.setdefault(row["Deal ID"], {}).update({k: v for k, v in row.items() if v is not None})
    rows = [
        _deal(row, details.get(row["Deal ID"], {}), told[str(row["Deal ID"])])
        for row in records("deals")
        if row["Deal ID"] in told
    ]
    by_id = {row["Deal ID"]: row for row in rows}
    for change in (*records("extras"), *records("mistakes")):
        by_id[change["Deal"]][str(change["Column"])] = change["Cell"]
    strays = [row for row in records("strays") if until is None or _day(row["Created"]) <= until]
    return rows + [dict.fromkeys(COLUMNS) | {k: v for k, v in row.items() if k in COLUMNS} for row in strays]


def _day(value: Cell) -> dt.date:
    """A cell that must hold a date.

    Raises:
        TypeError: it does not.
    """
    if not isinstance(value, dt.date):
        raise TypeError(f"{value!r} is not a date")
    return value


def _deal(row: Row, details: Row, states: list[State]) -> Row:
    first, last = states[0], states[-1]
    deal: Row = dict.fromkeys(COLUMNS)
    deal |= {k: v for k, v in row.items() if k != "Product"} | details
    if deal["Proposal"]:
        deal["Proposal"] = f"https://docs.example.com/proposals/{str(row['Deal ID']).lower()}.pdf"
    return deal | {
        "Line": row["Product"],
        "Owner": last.owner,
        "Is won": {"Closed Won": "yes", "Closed Lost": "no"}.get(last.stage),
        "Stage": last.stage,
        "Amount": last.amount,
        "Created": first.day,
        "Close date": last.close,
        "Closed": last.day if last.closed else None,
    }


def history(until: dt.date | None = None) -> list[list[Cell | dt.datetime]]:
    """The rows of History in order of time."""
    rows: list[list[Cell | dt.datetime]] = []
    for name, states in journeys(until).items():
        for number, state in enumerate(states):
            rows.append(
                [
                    name,
                    _moment(state.day, int(name[2:]) * 7 + number * 131),
                    state.stage,
                    state.amount,
                    state.close,
                    state.owner,
                    state.category or None,
                ]
            )
    return sorted(rows, key=lambda row: (str(row[1]), str(row[0])))


def _moment(day: dt.date, seed: int) -> dt.datetime:
    """Some minute of that day's office hours, the same each time."""
    minute = seed * 37 % 540
    return dt.datetime.combine(day, dt.time(8 + minute // 60, minute % 60))
