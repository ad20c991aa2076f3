"""Who gets which report: everybody's to the recipients, a team's to its manager, an owner's to the owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipesheet.analysis import Analysis
from pipesheet.audience import EVERYBODY, Audience, audiences
from pipesheet.models import Owner


@dataclass(frozen=True, slots=True)
class Addressed:
    """A report and where it goes; `to` is empty where no address is known, and `person` says of whom."""

    audience: Audience
    to: str
    person: str = ""


def addressed(
    analysis: Analysis, *, to: Sequence[str] = (), teams: bool = False, owners: bool = False
) -> tuple[Addressed, ...]:
    """Each report with its address, nobody twice with the same one.

    `to` takes the place of the workbook's own recipients. Owners and teams without an open deal or a finding
    get nothing.
    """
    found = [Addressed(EVERYBODY, address) for address in to or analysis.book.settings.recipients]
    for audience in audiences(analysis):
        if (audience.kind == "team" and teams) or (audience.kind == "owner" and owners):
            found += _members(audience, analysis)
    return tuple({(a.audience, a.to.casefold() or a.person): a for a in found}.values())


def _members(audience: Audience, analysis: Analysis) -> Iterator[Addressed]:
    people = analysis.book.owners
    if audience.kind == "owner":
        if _has_something(analysis, {audience.name}):
            yield Addressed(audience, _address(audience.name, people), audience.name)
        return
    team = [o for o in analysis.book.owners if o.team == audience.name]
    if _has_something(analysis, {o.name for o in team}):
        for manager in sorted({o.manager for o in team if o.manager}) or [""]:
            yield Addressed(audience, _address(manager, people), manager or f"the manager of {audience.name}")


def _has_something(analysis: Analysis, names: set[str]) -> bool:
    deals = analysis.deals
    held = deals.filter((deals["outcome"] == "open") & deals["owner"].is_in(sorted(names)))
    return held.height > 0 or any(f.owner in names for f in analysis.findings)


def _address(name: str, people: Iterable[Owner]) -> str:
    """The address of the person of that name; a cell may also hold the address itself."""
    if "@" in name:
        return name.strip()
    return next((p.email.strip() for p in people if p.name.casefold() == name.casefold() and p.email), "")
