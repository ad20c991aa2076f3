"""What the report says in words: each sentence has a rule, and a neutral one where no rule fires.

Nothing is claimed on fewer than `ENOUGH` deals. A card's title is its finding; the numbers beneath
it must bear the title out, so each rule asks for a clear difference and not for the largest value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipesheet import figures
from pipesheet.figures import count, period, short_money
from pipesheet.findings import Finding
from pipesheet.forecast import ForecastRow
from pipesheet.funnel import StageConversion, StageTime, WinRate
from pipesheet.gates import CriterionResult
from pipesheet.report_page import Sentence

ENOUGH = 5
"""Fewer deals than this carry no statement."""
MOST_OF = 3
"""So few kinds may be said to make up most of the findings."""
TEN_POINTS = 0.1 - 1e-9
"""So far apart, two shares are told apart; 50 % and 40 % are, though 0.5 - 0.4 is less than 0.1."""
SETTLED = 20
"""Fewer settled deals than this carry no comparison between stages."""


def headline(row: ForecastRow | None, deals: int, currency: str) -> str:
    """The answer in a sentence: where the current quarter is forecast to land, and against what."""
    if not deals:
        return "There are no deals in this workbook yet."
    if row is None:
        return f"{count(deals, 'deal')} read; nothing falls into the current quarter."
    name, total = period(row.period, short=True), short_money(row.total, currency)
    if not row.open_deals:
        won = short_money(row.won, currency)
        if not row.won_deals:
            goal = f" towards its target of {short_money(row.target, currency)}" if row.target else ""
            return f"Nothing is won in {name} yet{goal}, and no open deal is due to close in it."
        return f"{name} stands at {won} won{_against(row, currency)}, and no open deal is due to close in it."
    if row.open_deals + row.won_deals < ENOUGH:
        return f"{name} holds {count(row.open_deals + row.won_deals, 'deal')}, worth {total} weighted."
    by = " on evidence" if row.method == "evidence" else ""
    return f"{name} is forecast to land at {total}{by}{_against(row, currency)}."


def _against(row: ForecastRow, currency: str) -> str:
    if row.target is None or row.target <= 0:
        return ""
    gap = short_money(abs(row.target - row.total), currency)
    if gap == short_money(0, currency):
        return ", right on target"
    return f", {gap} {'short of' if row.total < row.target else 'above'} target"


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
    said: list[tuple[str, bool]] = []
    if row.won_deals or row.open_deals:
        said += [(short_money(row.won, currency), True), (" is won", False)]
    if row.open_deals:
        open_money = short_money(row.open_weighted, currency)
        said += [
            (" and ", False),
            (open_money, True),
            (f" is expected from {count(row.open_deals, 'open deal')}", False),
        ]
    said += [(". ", False)] if said else []
    said += _coverage(row, currency, required)
    said += _elsewhere(row, everything, overdue, undated, currency)
    said += _not_counted(overdue, undated, currency)
    return tuple(said)


def _coverage(row: ForecastRow, currency: str, required: float | None) -> list[tuple[str, bool]]:
    name = period(row.period, short=True)
    if row.target is None:
        return [(f"There is no target for {name}, so nothing can be said of a gap. ", False)]
    still = row.target - row.won
    if still <= 0:
        return [("The target is reached with what is won. ", False)]
    said = [("Still to win: ", False), (short_money(still, currency), True)]
    if row.coverage is None or not row.open_deals:
        return [*said, (". ", False)]
    said += [(", with ", False), (figures.times(row.coverage), True), (" of it in open deals", False)]
    need = f"; at your own win rate it takes {figures.times(required)}" if required else ""
    return [*said, (f"{need}. ", False)]


def _elsewhere(
    row: ForecastRow,
    everything: ForecastRow | None,
    overdue: ForecastRow | None,
    undated: ForecastRow | None,
    currency: str,
) -> list[tuple[str, bool]]:
    """Where the open deals are, of a period that has none."""
    if everything is None or row.open_deals:
        return []
    adrift = [r for r in (overdue, undated) if r is not None]
    deals = everything.open_deals - sum(r.open_deals for r in adrift)
    money = everything.open_amount - sum(r.open_amount for r in adrift)
    if deals <= 0:
        return []
    worth = f" ({short_money(money, currency)})" if money > 0 else ""
    return [(f"{count(deals, 'open deal is', 'open deals are')} due in other periods{worth}. ", False)]


def _not_counted(overdue: ForecastRow | None, undated: ForecastRow | None, currency: str) -> list[tuple[str, bool]]:
    parts = []
    for row, noun in ((overdue, "overdue deal"), (undated, "deal without a close date")):
        if row is not None and row.open_deals:
            money = f" ({short_money(row.open_amount, currency)})" if row.open_amount else ""
            plural = "deals without a close date" if row is undated else ""
            parts.append(f"{count(row.open_deals, noun, plural)}{money}")
    return [(f"Not counted: {' and '.join(parts)}.", False)] if parts else []


def months_title(rows: Sequence[ForecastRow], quarter: ForecastRow | None, currency: str) -> str:
    """Names the month that holds most of the quarter's open deals, and what it still lacks."""
    neutral = "Forecast by month"
    if quarter is None or quarter.open_deals < ENOUGH or quarter.open_weighted <= 0:
        return neutral
    inside = [r for r in rows if r.start and quarter.start and quarter.end and quarter.start <= r.start <= quarter.end]
    heaviest = max(inside, key=lambda r: r.open_weighted, default=None)
    if heaviest is None or heaviest.open_weighted <= quarter.open_weighted / 2:
        return neutral
    month = figures.long_month(heaviest.period)
    if heaviest.target is None:
        share = figures.percent(heaviest.open_weighted / quarter.open_weighted)
        return f"{month} holds {share} of what {period(quarter.period, short=True)} still expects"
    gap = heaviest.target - heaviest.total
    if short_money(abs(gap), currency) == short_money(0, currency):
        return f"{month} carries the quarter, and it is on target"
    if gap > 0:
        return f"{month} carries the quarter, and it is still {short_money(gap, currency)} short"
    return f"{month} carries the quarter, {short_money(-gap, currency)} above its target"


def quarters_title(
    everything: ForecastRow | None, overdue: ForecastRow | None, undated: ForecastRow | None, currency: str
) -> str:
    """Names the open money that no period can count, where it is a quarter of all of it or more."""
    lost = [r for r in (overdue, undated) if r is not None]
    adrift, deals = sum(r.open_amount for r in lost), sum(r.open_deals for r in lost)
    if everything is None or deals < ENOUGH or everything.open_deals < ENOUGH:
        return "Forecast by quarter"
    if deals == everything.open_deals:
        return f"None of the {count(deals, 'open deal')} falls into a quarter"
    if everything.open_amount > 0 and adrift >= everything.open_amount / 4:
        return f"{short_money(adrift, currency)} of open deals falls into no quarter"
    if everything.open_amount <= 0 and deals >= everything.open_deals / 4:
        return f"{count(deals, 'open deal')} of {figures.number(everything.open_deals)} fall into no quarter"
    return "Forecast by quarter"


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
        return "How deals move from stage to stage"
    return f"Fewest deals get past {figures.plain(weakest.stage, 30)}: {figures.percent(weakest.rate)}"


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
        return "Days in each stage"
    worst = max(slow, key=lambda t: (t.open_median or 0.0) - (t.median or 0.0))
    more = figures.days((worst.open_median or 0.0) - (worst.median or 0.0))
    return f"{figures.plain(worst.stage, 30)} takes {more} longer than in won deals"


def win_title(total: WinRate) -> str:
    """Says whether large deals are lost more often than small ones, else the rate."""
    closed = total.won + total.lost
    if total.rate is None or closed < ENOUGH:
        return "Win rate"
    if total.value_rate is not None and closed >= SETTLED and abs(total.value_rate - total.rate) >= TEN_POINTS:
        which = "Large" if total.value_rate < total.rate else "Small"
        by_value = figures.percent(total.value_rate)
        by_count = figures.percent(total.rate)
        return f"{which} deals are lost more often: {by_count} won by count, {by_value} by value"
    return f"{figures.percent(total.rate)} of closed deals are won"


def stalled_title(stalled: int, open_deals: int) -> str:
    """How many deals have stalled."""
    if open_deals < ENOUGH:
        return "Stalled deals"
    return f"{count(stalled, 'deal has', 'deals have')} stalled"


def findings_title(findings: Sequence[Finding], deals: int) -> str:
    """How many things are to be mended, and how bad they are."""
    errors = sum(f.severity == "error" for f in findings)
    broken = {f.deal_id for f in findings if f.code.endswith("-criterion-not-met") and f.deal_id}
    if deals >= ENOUGH and len(broken) >= ENOUGH:
        return f"{count(len(broken), 'deal breaks', 'deals break')} a stage criterion"
    total = count(len(findings), "finding")
    if errors == len(findings):
        return f"{total}, all of them errors" if errors > 1 else "1 finding, an error"
    return f"{total}, {count(errors, 'error')} among them" if errors else f"{total}, no error among them"


def kinds_title(findings: Sequence[Finding]) -> str:
    """Says how few kinds make up most of the findings, where few do."""
    sizes = sorted(Counter(f.code for f in findings).values(), reverse=True)
    reached = list(accumulate(sizes))
    few = next((n for n, sum_ in enumerate(reached, 1) if sum_ * 4 >= reached[-1] * 3), 0)
    if len(findings) < ENOUGH or not few or few > MOST_OF or few == len(sizes):
        return "Findings by kind"
    share = figures.percent(reached[few - 1] / reached[-1])
    return f"{share} of the findings are of {count(few, 'kind')}"


def criteria_title(criteria: Sequence[CriterionResult], currency: str) -> str:
    """Names the requirement that holds up the most money, where it is ahead of all others."""
    ranked = sorted(criteria, key=lambda c: -c.money_at_stake)
    if not ranked or ranked[0].unmet < ENOUGH or ranked[0].money_at_stake <= 0:
        return "Entry and exit criteria"
    if len(ranked) > 1 and ranked[1].money_at_stake >= ranked[0].money_at_stake:
        return "Entry and exit criteria"
    name, money = (
        figures.plain(ranked[0].criterion.requirement, 40),
        short_money(ranked[0].money_at_stake, currency),
    )
    return f"“{name}” puts the most money at stake: {money}"


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
        return "Forecast by owner"
    above = [o for o in judged if o.total >= o.target]
    below = [o for o in judged if o.total < o.target]
    furthest = max(below, key=lambda o: o.target - o.total, default=None)
    if furthest is None:
        return "Everybody is forecast to reach their target"
    if not above:
        return f"Nobody is forecast to reach their target yet; {furthest.name} has the most to win"
    names = figures.listed([o.name for o in above], most=2)
    who = names if len(above) <= 2 else f"{len(above)} of {len(judged)} owners"
    return f"{who} {'is' if len(above) == 1 else 'are'} above target; {furthest.name} has the most to win"
