"""Targets: which amount was to be won, by whom, in which fiscal period, in the reporting currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from pipesheet.deals import rate_on
from pipesheet.findings import Finding, severity_of
from pipesheet.language import later, say
from pipesheet.models import Book, Target
from pipesheet.periods import MONTHS, Grain, Period, parse_period, period_from
from pipesheet.stages import stage_key

Member = tuple[str, str]
"""A dimension (``all``, ``owner`` or ``team``) and a name; ``("all", "")`` is everybody."""

EVERYBODY: Member = ("all", "")
_FINER: Mapping[Grain, Grain] = {"year": "quarter", "quarter": "month"}


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets as given, by period label and member, and how people make up teams.

    `teams` maps each owner with a target to their team, empty where they have none.
    """

    given: Mapping[tuple[str, Member], float]
    teams: Mapping[str, str]
    fiscal_year_start: int = 1

    def of(self, period: Period, member: Member = EVERYBODY) -> float | None:
        """The target of a member in a period: the one given for just that, else the sum of its finer
        periods if all of them are there; for a team else the sum over its owners, for everybody else
        the sum over the teams and the owners without one. None where nothing can be said."""
        stated = self._stated(period, member)
        if stated is not None or member[0] == "owner":
            return stated
        return self._sum(period, [m for m in self.members() if self._belongs(m, member)])

    def members(self) -> tuple[Member, ...]:
        """Owners and teams that a target can be said of, each once, in alphabetical order."""
        teams = {m for _, m in self.given if m[0] == "team"} | {("team", t) for t in self.teams.values() if t}
        return tuple(sorted(teams | {("owner", name) for name in self.teams}))

    def _belongs(self, member: Member, whole: Member) -> bool:
        if whole[0] == "team":
            return member[0] == "owner" and self.teams[member[1]] == whole[1]
        return member[0] == "team" or not self.teams[member[1]]

    def _sum(self, period: Period, members: Sequence[Member]) -> float | None:
        found = [amount for m in members if (amount := self.of(period, m)) is not None]
        return sum(found) if found else None

    def _stated(self, period: Period, member: Member) -> float | None:
        if (amount := self.given.get((period.label, member))) is not None:
            return amount
        if period.grain == "month":
            return None
        finer = _FINER[period.grain]
        count, length = MONTHS[period.grain] // MONTHS[finer], MONTHS[finer]
        parts = [
            self._stated(period_from(period.start, finer, self.fiscal_year_start, months=n * length), member)
            for n in range(count)
        ]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == count else None


def targets(frame: pl.DataFrame, book: Book) -> tuple[Targets, tuple[Finding, ...]]:
    """Reads the book's targets against its owners, teams and rates (at the period's first day).

    The last of two targets for the same period and member counts. One for a name that is in neither
    Owners nor Deals counts as an owner's, so that the whole is what the sheet adds up to.
    """
    names, teams = _names(frame, book)
    given: dict[tuple[str, Member], float] = {}
    found: list[Finding | None] = []
    people: dict[str, str] = {}
    strangers: dict[str, Member] = {}
    for target in book.targets:
        report = partial(_finding, target, book.settings.rules)
        period = parse_period(target.period, book.settings.fiscal_year_start)
        if period is None:
            found.append(
                report(
                    "target-period-unreadable", say("the period “{period}”", period=target.period), say(_PERIOD_WANTED)
                )
            )
            continue
        rate = rate_on(book, target.currency, period.start)
        if rate is None:
            found.append(
                report(
                    "currency-without-rate",
                    say("a target in {currency}", currency=target.currency.strip().upper()),
                    say(_RATE_WANTED),
                )
            )
            continue
        whom = target.owner.strip()
        key = stage_key(whom)
        member = names.get(key) or strangers.setdefault(key, ("owner", whom))
        if key not in names:
            found.append(report("target-owner-unknown", say("a target for “{name}”", name=whom), say(_OWNER_WANTED)))
        if (period.label, member) in given:
            again = (
                say("a second target of {name} for {period}; this one counts", name=whom, period=period.label)
                if whom
                else say("a second target of everybody for {period}; this one counts", period=period.label)
            )
            found.append(report("target-duplicate", again, say("one target for each period and owner")))
        given[period.label, member] = target.amount * rate
        if member[0] == "owner":
            people[member[1]] = teams.get(member[1], "")
    return Targets(given, people, book.settings.fiscal_year_start), tuple(f for f in found if f is not None)


_PERIOD_WANTED = later("a period such as 2026-Q4, 2026-10, FY26 or a date")
_RATE_WANTED = later("a rate on or before the first day of its period; until then the target is left out")
_OWNER_WANTED = later("an owner or a team that is in Owners or Deals, or blank for everybody")


def _finding(target: Target, rules: Mapping[str, str], code: str, found: str, needed: str) -> Finding | None:
    """What is wrong with a target, unless Settings turn that off."""
    severity = severity_of(code, rules)
    if severity is None:
        return None
    owner = target.owner.strip()
    return Finding(code, severity, found, needed, target.cell, owner=owner, amount=target.amount)


def _names(frame: pl.DataFrame, book: Book) -> tuple[dict[str, Member], dict[str, str]]:
    """Who a written name means (an owner before a team), and the team of each owner."""
    names: dict[str, Member] = {"": EVERYBODY}
    in_deals = frame["owner"].drop_nulls().unique().sort().to_list()
    for name in (*(o.name for o in book.owners), *in_deals):
        names.setdefault(stage_key(name), ("owner", name))
    for owner in book.owners:
        if owner.team:
            names.setdefault(stage_key(owner.team), ("team", owner.team))
    return names, {o.name: o.team for o in reversed(book.owners)}
