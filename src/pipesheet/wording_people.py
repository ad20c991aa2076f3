"""What a report says to the one it is for: its headline, what is to mend, the lines of a mail in an inbox.

The rules of `pipesheet.wording` hold here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipesheet import wording
from pipesheet.audience import Audience
from pipesheet.figures import period, plain, short_money
from pipesheet.findings import Finding
from pipesheet.forecast import ForecastRow
from pipesheet.language import later, say

SUBJECT, LONGEST_SUBJECT = 78, 120
"""So many characters of a subject are on one line of the message; so many it has at most."""
NAME = 30


_LANDS: Mapping[tuple[str, str], str] = {
    ("stated", ""): later("Your {period} is forecast to land at {money}."),
    ("stated", "on"): later("Your {period} is forecast to land at {money}, right on target."),
    ("stated", "short"): later("Your {period} is forecast to land at {money}, {gap} short of target."),
    ("stated", "above"): later("Your {period} is forecast to land at {money}, {gap} above target."),
    ("evidence", ""): later("Your {period} is forecast to land at {money} on evidence."),
    ("evidence", "on"): later("Your {period} is forecast to land at {money} on evidence, right on target."),
    ("evidence", "short"): later("Your {period} is forecast to land at {money} on evidence, {gap} short of target."),
    ("evidence", "above"): later("Your {period} is forecast to land at {money} on evidence, {gap} above target."),
}


def headline(audience: Audience, row: ForecastRow | None, deals: int, currency: str) -> str:
    """The answer in a sentence, said to an owner of their own deals, and of a team under its name."""
    if audience.kind == "owner":
        return _yours(row, deals, currency)
    if audience.kind == "team":
        name = plain(audience.name, NAME)
        if not deals:
            return say("{team}: there are no deals of this team in this workbook.", team=name)
        return say("{team}: {headline}", team=name, headline=wording.headline(row, deals, currency))
    return wording.headline(row, deals, currency)


def _yours(row: ForecastRow | None, deals: int, currency: str) -> str:
    if row is None or not deals:
        none = say("You have no deals in this workbook.")
        return say("You have {n} {n:deal|deals}; none falls into the current quarter.", n=deals) if deals else none
    name, held = period(row.period, short=True), row.open_deals + row.won_deals
    if not held:
        return say("Nothing of yours is won in {period} yet, and no open deal is due to close in it.", period=name)
    total, target = short_money(row.total, currency), short_money(row.target, currency)
    if not row.open_deals:
        return say(
            "You have won {money} in {period}, and no open deal is due to close in it.", money=total, period=name
        )
    if held >= wording.ENOUGH:
        return _lands(row, name, currency)
    facts = {"period": name, "n": held, "money": total}
    if not row.target:
        return say("Your {period} holds {n} {n:deal|deals}, worth {money} weighted.", **facts)
    return say(
        "Your {period} holds {n} {n:deal|deals}, worth {money} weighted, against a target of {target}.",
        target=target,
        **facts,
    )


def _lands(row: ForecastRow, name: str, currency: str) -> str:
    short = (row.target or 0.0) - row.total
    gap = short_money(abs(short), currency)
    side = "" if not row.target else "on" if gap == short_money(0, currency) else "short" if short > 0 else "above"
    return say(_LANDS[row.method, side], period=name, money=short_money(row.total, currency), gap=gap)


def mend_title(findings: Sequence[Finding]) -> str:
    """How many things an owner has to mend."""
    n = len(findings)
    return say("You have {n} {n:thing|things} to mend", n=n) if n else say("You have nothing to mend")


def deals_title(deals: int, amount: float, currency: str) -> str:
    """How many open deals an owner has, and what they are worth."""
    if amount <= 0:
        return say("You have {n} open {n:deal|deals}", n=deals)
    money = short_money(amount, currency)
    return say("You have {n} open {n:deal|deals}, worth {money} in all", n=deals, money=money)


def subject(said: str) -> str:
    """The finding as the subject of a mail: one line, without its full stop, cut between clauses."""
    line = plain(said, 998).rstrip(".。 ")
    while len(line) > SUBJECT and ", " in line:
        line = line.rpartition(", ")[0]
    return plain(line, LONGEST_SUBJECT)


def preheader(row: ForecastRow | None, findings: Sequence[Finding], currency: str) -> str:
    """What an inbox shows beside the subject: what the forecast rests on, and how much is to mend."""
    said, n = [], len(findings)
    if row is not None and (row.won_deals or row.open_deals):
        won, expected = (short_money(money, currency) for money in (row.won, row.open_weighted))
        facts = {"won": won, "expected": expected, "n": row.open_deals}
        said.append(say("{won} is won, {expected} is expected from {n} open {n:deal|deals}.", **facts))
    said.append(say("{n} {n:thing|things} to mend.", n=n) if n else say("Nothing to mend."))
    return " ".join(said)
