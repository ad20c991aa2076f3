"""The stages' part of the report: the funnel, days in each stage, win rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipesheet import figures, wording
from pipesheet.charts import whisker
from pipesheet.charts_stages import (
    Closing,
    Closings,
    Funnel,
    Span,
    Spans,
    Step,
    closing_columns,
    funnel_bars,
    stage_spans,
)
from pipesheet.drawing import Colour, Svg, Words
from pipesheet.figures import count, day, days, long_money, number, percent, period, plain, short_money
from pipesheet.forecast import NOBODY
from pipesheet.funnel import Conversion, StageConversion, StageTime, TrendMonth, WinRate
from pipesheet.language import later, say
from pipesheet.report_page import HALF, SMALLER, Card, Cell, Head, Table, Widths

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis

STAGES_SHOWN = 12
MEMBERS_SHOWN = 8
MONTHS_SHOWN = 12
_DIMENSIONS = {
    "owner": (later("Owner"), later("Win rate by owner")), "team": (later("Team"), later("Win rate by team")),
    "source": (later("Source"), later("Win rate by source")),
    "product": (later("Product"), later("Win rate by product")),
}  # fmt: skip


def funnel_card(analysis: Analysis, colour: Colour, widths: Widths = HALF) -> Card | None:
    """Deals that entered each stage, and the share that went on."""
    conversion = analysis.conversion
    stages = conversion.stages[:STAGES_SHOWN]
    if not any(s.entered for s in stages):
        return None
    title = wording.funnel_title(stages)
    weakest = wording.weakest_step(stages)
    steps = [_step(s, weakest) for s in stages]
    steps.append(Step(say("Won"), stages[-1].advanced, won=True))
    told = "; ".join(_step_told(s) for s in steps)
    model = Funnel(Words("funnel", title, told + "."), tuple(steps))
    return Card(
        "funnel",
        title,
        say(
            "Deals that entered each stage, {first} to {last}; ↓ of those settled, the share that went on",
            first=day(conversion.window_start),
            last=day(conversion.window_end),
        ),
        tuple(funnel_bars(model, colour, w) for w in widths),
        _funnel_numbers(stages),
        note=plain(conversion.note, 500),
        model=model,
    )


def _step_told(step: Step) -> str:
    if not step.rate:
        return f"{step.name} {number(step.deals)}"
    return say("{stage} {n}, {share} go on", stage=step.name, n=step.deals, share=step.rate)


def _step(stage: StageConversion, weakest: StageConversion | None) -> Step:
    settled = stage.advanced + stage.lost + stage.moved_back
    few = settled < wording.ENOUGH
    rate = "" if stage.rate is None or few else percent(stage.rate)
    remark = say("{n} of {all}", n=stage.advanced, all=settled)
    if stage.low is not None and stage.high is not None and not few:
        low, high = percent(stage.low), percent(stage.high)
        remark = say("{n} of {all}, likely {low} to {high}", n=stage.advanced, all=settled, low=low, high=high)
    return Step(
        plain(stage.stage),
        stage.entered,
        rate,
        say("few deals") if few and settled else "" if few else remark,
        stage is weakest,
    )


def _funnel_numbers(stages: Sequence[StageConversion]) -> Table:
    names = (
        say("Entered"),
        say("Advanced"),
        say("Lost"),
        say("Moved back"),
        say("Still there"),
        say("Rate"),
        say("{level} interval", level=percent(0.8)),
        say("If none or all go on"),
    )
    heads = (Head(say("Stage"), sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    return Table("funnel-numbers", say("Stage conversion"), heads, tuple(_funnel_cells(s) for s in stages))


def _funnel_cells(stage: StageConversion) -> tuple[Cell, ...]:
    counts = (stage.entered, stage.advanced, stage.lost, stage.moved_back, stage.still_there)
    return (
        Cell(plain(stage.stage), strong=True),
        *(Cell(number(n)) for n in counts),
        Cell(percent(stage.rate), strong=True),
        Cell(_range(stage.low, stage.high)),
        Cell(_range(stage.bound_low, stage.bound_high)),
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return figures.NONE
    return say("{low} to {high}", low=percent(low), high=percent(high))


def times_card(analysis: Analysis, colour: Colour, widths: Widths = HALF) -> Card | None:
    """Days open deals have been in their stage, against what won deals took."""
    times = [t for t in analysis.conversion.times if t.median is not None or t.open_median is not None]
    times = times[:STAGES_SHOWN]
    if not times:
        return None
    title = wording.times_title(times)
    slow = wording.slow_stages(times)
    told = "; ".join(
        say(
            "{stage}: open deals {open}, won deals {won}",
            stage=plain(t.stage),
            open=days(t.open_median),
            won=days(t.median),
        )
        for t in times
    )
    model = Spans(Words("times", title, told + "."), tuple(_span(t, t in slow) for t in times))
    return Card(
        "times",
        title,
        say("Days open deals have been in their stage so far, against what deals later won took"),
        tuple(stage_spans(model, colour, w) for w in widths),
        _times_numbers(times),
    )


def _span(time: StageTime, slow: bool) -> Span:
    few = time.open_deals < wording.ENOUGH
    remark = ""
    if few:
        remark = say("few deals") if time.open_deals else ""
    elif time.open_median is not None and time.median and time.won_deals >= wording.ENOUGH:
        change = figures.change(time.open_median / time.median - 1)
        remark = say("on it") if change == percent(0.0) else change
    return Span(
        plain(time.stage), count(time.open_deals, "deal"), time.open_median, time.p20, time.median, time.p80,
        remark, slow, few,
    )  # fmt: skip


def _times_numbers(times: Sequence[StageTime]) -> Table:
    names = (
        say("Open deals"), say("Days, open"), say("Won deals"),
        say("P20"), say("Median"), say("P80"), say("Survival median"),
    )  # fmt: skip
    heads = (Head(say("Stage"), sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    rows = tuple(
        (
            Cell(plain(t.stage), strong=True), Cell(number(t.open_deals)), Cell(number(t.open_median)),
            Cell(number(t.won_deals)), Cell(number(t.p20)), Cell(number(t.median)), Cell(number(t.p80)),
            Cell(number(t.survival_median)),
        )
        for t in times
    )  # fmt: skip
    return Table("times-numbers", say("Days in each stage"), heads, rows)


def win_card(analysis: Analysis, colour: Colour, widths: Widths = SMALLER) -> Card | None:
    """Win rate, sales cycle and velocity in numbers."""
    conversion = analysis.conversion
    if conversion.win_rate.rate is None or conversion.win_rate.won + conversion.win_rate.lost < wording.ENOUGH:
        return None
    first, last = day(conversion.window_start), day(conversion.window_end)
    window = say("Deals closed {first} to {last}", first=first, last=last)
    facts = tuple(_facts(conversion, analysis.currency))
    charts, numbers = _closings(conversion.trend[-MONTHS_SHOWN:], colour, widths)
    return Card("win", wording.win_title(conversion.win_rate), window, charts, numbers, facts=facts)


def _closings(trend: Sequence[TrendMonth], colour: Colour, widths: Widths) -> tuple[tuple[Svg, ...], Table | None]:
    """Deals won and lost by month, where there are months to compare."""
    if sum(bool(m.won + m.lost) for m in trend) < 2:
        return (), None
    told = "; ".join(
        say("{month} {won} won, {lost} lost", month=period(m.month), won=m.won, lost=m.lost) for m in trend
    )
    months = tuple(Closing(period(m.month, short=True), m.won, m.lost) for m in trend)
    model = Closings(Words("closings", say("Deals won and lost by month"), told + "."), months)
    names = (say("Created"), say("Won"), say("Lost"), say("Win rate"))
    heads = (Head(say("Month"), sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    rows = tuple(
        (
            Cell(period(m.month), strong=True),
            *(Cell(number(n)) for n in (m.created, m.won, m.lost)),
            Cell(percent(m.win_rate)),
        )
        for m in trend
    )
    charts = tuple(closing_columns(model, colour, w, 180) for w in widths)
    return charts, Table("closings-numbers", say("Deals created, won and lost by month"), heads, rows)


def win_by_card(analysis: Analysis, colour: Colour) -> Card | None:
    """The win rate of each owner, or of the first dimension that has more than one member."""
    for dimension, rates in analysis.conversion.win_rate_by:
        if sum(_told(r) for r in rates) > 1:
            return _win_by(dimension, rates, analysis.conversion.win_rate, analysis.currency, colour)
    return None


def _facts(conversion: Conversion, currency: str) -> list[tuple[str, str]]:
    won, velocity = conversion.win_rate, conversion.velocity
    closed = won.won + won.lost
    share = say("{share}, {n} of {all}", share=percent(won.rate), n=won.won, all=closed)
    facts = [(say("Won by count"), share)]
    if won.low is not None and won.high is not None:
        facts.append((say("{level} interval", level=percent(0.8)), _range(won.low, won.high)))
    if won.value_rate is not None:
        facts.append((say("Won by value"), f"{percent(won.value_rate)}, {short_money(won.won_amount, currency)}"))
    if conversion.cycle_median is not None:
        facts.append((say("Sales cycle, median"), days(conversion.cycle_median)))
    if conversion.cycle_p80 is not None:
        facts.append((say("Four in five within"), days(conversion.cycle_p80)))
    if velocity.average_won is not None:
        facts.append((say("Average won deal"), long_money(velocity.average_won, currency)))
    if velocity.per_day is not None:
        facts.append((say("Velocity"), _a_day(velocity.per_day, currency)))
    if velocity.usual_per_day is not None:
        facts.append((say("Velocity by mean cycle"), _a_day(velocity.usual_per_day, currency)))
    return facts


def _a_day(amount: float, currency: str) -> str:
    return say("{money} a day", money=short_money(amount, currency))


def _told(rate: WinRate) -> bool:
    """Whether there are enough closed deals to say a rate."""
    return rate.rate is not None and rate.won + rate.lost >= wording.ENOUGH


def _win_by(dimension: str, rates: Sequence[WinRate], total: WinRate, currency: str, colour: Colour) -> Card:
    shown = [r for r in rates if r.rate is not None]
    more = len(shown) - MEMBERS_SHOWN
    valued = any(r.value_rate is not None for r in shown)
    heads = (
        Head(say(_DIMENSIONS[dimension][0])),
        Head(say("Won"), right=True),
        Head(say("Lost"), right=True),
        Head(say("Win rate"), wide=True),
        Head(say("Amount won"), right=True),
        *((Head(say("Won by value"), right=True),) if valued else ()),
    )
    cells = tuple(_win_cells(r, total, currency, colour)[: len(heads)] for r in shown[:MEMBERS_SHOWN])
    note = say("{n} more in the workbook's sheet Conversion.", n=more) if more > 0 else ""
    title = say(_DIMENSIONS[dimension][1])
    table = Table("win-table", title, heads, cells, note)
    subtitle = say("Dot: share won by count; band: its {level} interval; line: all deals together", level=percent(0.8))
    return Card("win-by", title, subtitle, table=table)


def _win_cells(rate: WinRate, total: WinRate, currency: str, colour: Colour) -> tuple[Cell, ...]:
    name = say("None given") if rate.key in ("", NOBODY) else plain(rate.key)
    share = rate.rate or 0.0
    low, high = (share if bound is None else bound for bound in (rate.low, rate.high))
    shown = Cell(percent(rate.rate), sort=rate.rate, chart=whisker(share, low, high, colour, middle=total.rate))
    return (
        Cell(name, sort=name.casefold(), strong=True),
        Cell(number(rate.won), sort=rate.won),
        Cell(number(rate.lost), sort=rate.lost),
        shown if _told(rate) else Cell(say("few deals"), tone="quiet", sort=""),
        Cell(short_money(rate.won_amount, currency), sort=rate.won_amount),
        Cell(percent(rate.value_rate), sort=rate.value_rate) if _told(rate) else Cell(figures.NONE, sort=""),
    )
