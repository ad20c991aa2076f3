"""What the report says in words: each sentence has a rule, and a neutral one where no rule fires.

Nothing is claimed on fewer than `ENOUGH` deals. A card's title is its finding; the numbers beneath
it must bear the title out, so each rule asks for a clear difference and not for the largest value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipesheet import figures
from pipesheet.figures import period, short_money
from pipesheet.findings import Finding
from pipesheet.forecast import ForecastRow
from pipesheet.funnel import StageConversion, StageTime, WinRate
from pipesheet.gates import CriterionResult
from pipesheet.language import later, say
from pipesheet.report_page import Sentence

ENOUGH = 5
"""Fewer deals than this carry no statement."""
MOST_OF = 3
"""So few kinds may be said to make up most of the findings."""
TEN_POINTS = 0.1 - 1e-9
"""So far apart, two shares are told apart; 50 % and 40 % are, though 0.5 - 0.4 is less than 0.1."""
SETTLED = 20
"""Fewer settled deals than this carry no comparison between stages."""


def strong(text: str) -> str:
    """Marks a part of a sentence that stands out; `sentence` looks for the marks, and no user's text has them."""
    return f"\x02{text}\x03"


def sentence(*said: str) -> Sentence:
    """Sentences one after another as pieces of running text, what `strong` marked apart from the rest."""
    pieces = re.split("\x02(.*?)\x03", " ".join(filter(None, said)))
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


_LANDS: Mapping[tuple[str, str], str] = {
    ("stated", ""): later("{period} is forecast to land at {money}."),
    ("stated", "on"): later("{period} is forecast to land at {money}, right on target."),
    ("stated", "short"): later("{period} is forecast to land at {money}, {gap} short of target."),
    ("stated", "above"): later("{period} is forecast to land at {money}, {gap} above target."),
    ("evidence", ""): later("{period} is forecast to land at {money} on evidence."),
    ("evidence", "on"): later("{period} is forecast to land at {money} on evidence, right on target."),
    ("evidence", "short"): later("{period} is forecast to land at {money} on evidence, {gap} short of target."),
    ("evidence", "above"): later("{period} is forecast to land at {money} on evidence, {gap} above target."),
}
_STANDS: Mapping[str, str] = {
    "": later("{period} stands at {money} won, and no open deal is due to close in it."),
    "on": later("{period} stands at {money} won, right on target, and no open deal is due to close in it."),
    "short": later("{period} stands at {money} won, {gap} short of target, and no open deal is due to close in it."),
    "above": later("{period} stands at {money} won, {gap} above target, and no open deal is due to close in it."),
}


def headline(row: ForecastRow | None, deals: int, currency: str) -> str:
    """The answer in a sentence: where the current quarter is forecast to land, and against what."""
    if not deals:
        return say("There are no deals in this workbook yet.")
    if row is None:
        return say("{n} {n:deal|deals} read; nothing falls into the current quarter.", n=deals)
    name, total = period(row.period, short=True), short_money(row.total, currency)
    if not row.open_deals:
        return _nothing_open(row, name, currency)
    if row.open_deals + row.won_deals < ENOUGH:
        known = row.open_deals + row.won_deals
        return say("{period} holds {n} {n:deal|deals}, worth {money} weighted.", period=name, n=known, money=total)
    standing, gap = _against(row, currency)
    return say(_LANDS[row.method, standing], period=name, money=total, gap=gap)


def _nothing_open(row: ForecastRow, name: str, currency: str) -> str:
    if row.won_deals:
        standing, gap = _against(row, currency)
        return say(_STANDS[standing], period=name, money=short_money(row.won, currency), gap=gap)
    if row.target:
        goal = short_money(row.target, currency)
        return say(
            "Nothing is won in {period} yet towards its target of {money}, and no open deal is due to close in it.",
            period=name,
            money=goal,
        )
    return say("Nothing is won in {period} yet, and no open deal is due to close in it.", period=name)


def _against(row: ForecastRow, currency: str) -> tuple[str, str]:
    """How a row stands to its target, and how far from it."""
    if row.target is None or row.target <= 0:
        return "", ""
    gap = short_money(abs(row.target - row.total), currency)
    if gap == short_money(0, currency):
        return "on", gap
    return "short" if row.total < row.target else "above", gap


def lede(
    row: ForecastRow | None,
    currency: str,
    *,
    overdue: ForecastRow | None = None,
    undated: ForecastRow | None = None,
    everything: ForecastRow | None = None,
    required: float | None = None,
) -> Sentence:
    """What the headline rests on, and what it leaves out."""
    if row is None:
        return ()
    return sentence(
        _won_and_open(row, currency),
        _coverage(row, currency, required),
        _elsewhere(row, everything, overdue, undated, currency),
        _not_counted(overdue, undated, currency),
    )


def _won_and_open(row: ForecastRow, currency: str) -> str:
    won, expected = (strong(short_money(x, currency)) for x in (row.won, row.open_weighted))
    if row.open_deals:
        return say(
            "{won} is won and {money} is expected from {n} {n:open deal|open deals}.",
            won=won,
            money=expected,
            n=row.open_deals,
        )
    return say("{won} is won.", won=won) if row.won_deals else ""


def _coverage(row: ForecastRow, currency: str, required: float | None) -> str:
    if row.target is None:
        return say(
            "There is no target for {period}, so nothing can be said of a gap.", period=period(row.period, short=True)
        )
    if row.target - row.won <= 0:
        return say("The target is reached with what is won.")
    still = strong(short_money(row.target - row.won, currency))
    if row.coverage is None or not row.open_deals:
        return say("Still to win: {money}.", money=still)
    covered = strong(figures.times(row.coverage))
    if not required:
        return say("Still to win: {money}, with {coverage} of it in open deals.", money=still, coverage=covered)
    return say(
        "Still to win: {money}, with {coverage} of it in open deals; at your own win rate it takes {required}.",
        money=still,
        coverage=covered,
        required=figures.times(required),
    )


def _elsewhere(
    row: ForecastRow,
    everything: ForecastRow | None,
    overdue: ForecastRow | None,
    undated: ForecastRow | None,
    currency: str,
) -> str:
    """Where the open deals are, of a period that has none."""
    if everything is None or row.open_deals:
        return ""
    adrift = [r for r in (overdue, undated) if r is not None]
    deals = everything.open_deals - sum(r.open_deals for r in adrift)
    money = everything.open_amount - sum(r.open_amount for r in adrift)
    if deals <= 0:
        return ""
    if money <= 0:
        return say("{n} {n:open deal is|open deals are} due in other periods.", n=deals)
    worth = short_money(money, currency)
    return say("{n} {n:open deal is|open deals are} due in other periods ({money}).", n=deals, money=worth)


_ADRIFT = (
    (later("{n} overdue {n:deal|deals}"), later("{n} overdue {n:deal|deals} ({money})")),
    (
        later("{n} {n:deal|deals} without a close date"),
        later("{n} {n:deal|deals} without a close date ({money})"),
    ),
)


def _not_counted(overdue: ForecastRow | None, undated: ForecastRow | None, currency: str) -> str:
    parts = [
        say(words[bool(row.open_amount)], n=row.open_deals, money=short_money(row.open_amount, currency))
        for row, words in zip((overdue, undated), _ADRIFT, strict=True)
        if row is not None and row.open_deals
    ]
    return say("Not counted: {deals}.", deals=figures.listed(parts)) if parts else ""


_CARRIES: Mapping[str, str] = {
    "on": later("{month} carries the quarter, and it is on target"),
    "short": later("{month} carries the quarter, and it is still {money} short"),
    "above": later("{month} carries the quarter, {money} above its target"),
}


def months_title(rows: Sequence[ForecastRow], quarter: ForecastRow | None, currency: str) -> str:
    """Names the month that holds most of the quarter's open deals, and what it still lacks."""
    neutral = say("Forecast by month")
    if quarter is None or quarter.open_deals < ENOUGH or quarter.open_weighted <= 0:
        return neutral
    inside = [r for r in rows if r.start and quarter.start and quarter.end and quarter.start <= r.start <= quarter.end]
    heaviest = max(inside, key=lambda r: r.open_weighted, default=None)
    if heaviest is None or heaviest.open_weighted <= quarter.open_weighted / 2:
        return neutral
    month = figures.long_month(heaviest.period)
    if heaviest.target is None:
        return say(
            "{month} holds {share} of what {period} still expects",
            month=month,
            share=figures.percent(heaviest.open_weighted / quarter.open_weighted),
            period=period(quarter.period, short=True),
        )
    standing, gap = _against(heaviest, currency)
    return say(_CARRIES[standing or "above"], month=month, money=gap)


def quarters_title(
    everything: ForecastRow | None, overdue: ForecastRow | None, undated: ForecastRow | None, currency: str
) -> str:
    """Names the open money that no period can count, where it is a quarter of all of it or more."""
    lost = [r for r in (overdue, undated) if r is not None]
    adrift, deals = sum(r.open_amount for r in lost), sum(r.open_deals for r in lost)
    if everything is None or deals < ENOUGH or everything.open_deals < ENOUGH:
        return say("Forecast by quarter")
    if deals == everything.open_deals:
        return say("None of the {n} {n:open deal|open deals} falls into a quarter", n=deals)
    if everything.open_amount > 0 and adrift >= everything.open_amount / 4:
        return say("{money} of open deals falls into no quarter", money=short_money(adrift, currency))
    if everything.open_amount <= 0 and deals >= everything.open_deals / 4:
        return say("{n} {n:open deal|open deals} of {all} fall into no quarter", n=deals, all=everything.open_deals)
    return say("Forecast by quarter")


def weakest_step(stages: Sequence[StageConversion]) -> StageConversion | None:
    """The stage whose rate is below every other's by more than chance: its interval ends below theirs."""
    rated = [s for s in stages if s.rate is not None and s.high is not None and s.low is not None]
    rated = [s for s in rated if s.advanced + s.lost + s.moved_back >= SETTLED]
    if len(rated) < 2:
        return None
    lowest = min(rated, key=lambda s: s.rate or 0.0)
    apart = all((lowest.high or 0) < (s.low or 0) for s in rated if s is not lowest)
    return lowest if apart else None


def funnel_title(stages: Sequence[StageConversion]) -> str:
    """Names the stage that fewest deals get past, where that is clear."""
    weakest = weakest_step(stages)
    if weakest is None:
        return say("How deals move from stage to stage")
    stage, share = figures.plain(weakest.stage, 30), figures.percent(weakest.rate)
    return say("Fewest deals get past {stage}: {share}", stage=stage, share=share)


def slow_stages(times: Sequence[StageTime]) -> tuple[StageTime, ...]:
    """Stages whose open deals, in the median, are older than four in five of the won ones were."""
    return tuple(
        t for t in times
        if t.open_median is not None and t.p80 is not None and t.open_median > t.p80
        and t.open_deals >= ENOUGH and t.won_deals >= ENOUGH
    )  # fmt: skip


def times_title(times: Sequence[StageTime]) -> str:
    """Names the stage where open deals wait most beyond what won deals took."""
    slow = [t for t in slow_stages(times) if t.median is not None]
    if not slow:
        return say("Days in each stage")
    worst = max(slow, key=lambda t: (t.open_median or 0.0) - (t.median or 0.0))
    more = int(figures.rounded((worst.open_median or 0.0) - (worst.median or 0.0)))
    stage = figures.plain(worst.stage, 30)
    return say("{stage} takes {n} {n:day|days} longer than in won deals", stage=stage, n=more)


def win_title(total: WinRate) -> str:
    """Says whether large deals are lost more often than small ones, else the rate."""
    closed = total.won + total.lost
    if total.rate is None or closed < ENOUGH:
        return say("Win rate")
    if total.value_rate is not None and closed >= SETTLED and abs(total.value_rate - total.rate) >= TEN_POINTS:
        shares = {"count": figures.percent(total.rate), "value": figures.percent(total.value_rate)}
        if total.value_rate < total.rate:
            return say("Large deals are lost more often: {count} won by count, {value} by value", **shares)
        return say("Small deals are lost more often: {count} won by count, {value} by value", **shares)
    return say("{share} of closed deals are won", share=figures.percent(total.rate))


def stalled_title(stalled: int, open_deals: int) -> str:
    """How many deals have stalled."""
    if open_deals < ENOUGH:
        return say("Stalled deals")
    return say("{n} {n:deal has|deals have} stalled", n=stalled)


def findings_title(findings: Sequence[Finding], deals: int) -> str:
    """How many things are to be mended, and how bad they are."""
    errors = sum(f.severity == "error" for f in findings)
    broken = {f.deal_id for f in findings if f.code.endswith("-criterion-not-met") and f.deal_id}
    if deals >= ENOUGH and len(broken) >= ENOUGH:
        return say("{n} {n:deal breaks|deals break} a stage criterion", n=len(broken))
    if errors == len(findings):
        return say("{n} {n:finding, an error|findings, all of them errors}", n=errors)
    if errors:
        return say(
            "{n} {n:finding|findings}, {errors} {errors:error|errors} among them", n=len(findings), errors=errors
        )
    return say("{n} {n:finding|findings}, no error among them", n=len(findings))


def kinds_title(findings: Sequence[Finding]) -> str:
    """Says how few kinds make up most of the findings, where few do."""
    sizes = sorted(Counter(f.code for f in findings).values(), reverse=True)
    reached = list(accumulate(sizes))
    few = next((n for n, sum_ in enumerate(reached, 1) if sum_ * 4 >= reached[-1] * 3), 0)
    if len(findings) < ENOUGH or not few or few > MOST_OF or few == len(sizes):
        return say("Findings by kind")
    share = figures.percent(reached[few - 1] / reached[-1])
    return say("{share} of the findings are of {n} {n:kind|kinds}", share=share, n=few)


def criteria_title(criteria: Sequence[CriterionResult], currency: str) -> str:
    """Names the requirement that holds up the most money, where it is ahead of all others."""
    ranked = sorted(criteria, key=lambda c: -c.money_at_stake)
    if not ranked or ranked[0].unmet < ENOUGH or ranked[0].money_at_stake <= 0:
        return say("Entry and exit criteria")
    if len(ranked) > 1 and ranked[1].money_at_stake >= ranked[0].money_at_stake:
        return say("Entry and exit criteria")
    name, money = figures.plain(ranked[0].criterion.requirement, 40), short_money(ranked[0].money_at_stake, currency)
    return say("“{requirement}” puts the most money at stake: {money}", requirement=name, money=money)


@dataclass(frozen=True, slots=True)
class OwnerStanding:
    """An owner's forecast against a target of their own."""

    name: str
    total: float
    target: float
    deals: int


def owners_title(owners: Sequence[OwnerStanding]) -> str:
    """Names who is above target and who is furthest from it."""
    judged = [o for o in owners if o.target > 0]
    if len(judged) < 2 or sum(o.deals for o in judged) < ENOUGH:
        return say("Forecast by owner")
    above = [o for o in judged if o.total >= o.target]
    below = [o for o in judged if o.total < o.target]
    furthest = max(below, key=lambda o: o.target - o.total, default=None)
    if furthest is None:
        return say("Everybody is forecast to reach their target")
    if not above:
        return say(
            "Nobody is forecast to reach their target yet; {furthest} has the most to win", furthest=furthest.name
        )
    if len(above) > 2:
        return say(
            "{n} of {all} owners are above target; {furthest} has the most to win",
            n=len(above),
            all=len(judged),
            furthest=furthest.name,
        )
    names = figures.listed([o.name for o in above])
    return say(_ABOVE[len(above) - 1], names=names, furthest=furthest.name)


_ABOVE = (
    later("{names} is above target; {furthest} has the most to win"),
    later("{names} are above target; {furthest} has the most to win"),
)
