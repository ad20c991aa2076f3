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
from pipesheet.report_page import HALF, SMALLER, Card, Cell, Head, Table, Widths

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis

STAGES_SHOWN = 12
MEMBERS_SHOWN = 8
MONTHS_SHOWN = 12


def funnel_card(analysis: Analysis, colour: Colour, widths: Widths = HALF) -> Card | None:
    """Deals that entered each stage, and the share that went on."""
    conversion = analysis.conversion
    stages = conversion.stages[:STAGES_SHOWN]
    if not any(s.entered for s in stages):
        return None
    title = wording.funnel_title(stages)
    weakest = wording.weakest_step(stages)
    steps = [_step(s, weakest) for s in stages]
    steps.append(Step("Won", stages[-1].advanced, won=True))
    told = "; ".join(f"{s.name} {s.deals}{f', {s.rate} go on' if s.rate else ''}" for s in steps)
    model = Funnel(Words("funnel", title, told + "."), tuple(steps))
    window = f"{day(conversion.window_start)} to {day(conversion.window_end)}"
    return Card(
        "funnel",
        title,
        f"Deals that entered each stage, {window}; ↓ of those settled, the share that went on",
        tuple(funnel_bars(model, colour, w) for w in widths),
        _funnel_numbers(stages),
        note=plain(conversion.note, 500),
        model=model,
    )


def _step(stage: StageConversion, weakest: StageConversion | None) -> Step:
    settled = stage.advanced + stage.lost + stage.moved_back
    few = settled < wording.ENOUGH
    rate = "" if stage.rate is None or few else percent(stage.rate)
    remark = f"{number(stage.advanced)} of {number(settled)}"
    if stage.low is not None and stage.high is not None and not few:
        remark += f", likely {percent(stage.low)} to {percent(stage.high)}"
    return Step(
        plain(stage.stage),
        stage.entered,
        rate,
        "few deals" if few and settled else "" if few else remark,
        stage is weakest,
    )


def _funnel_numbers(stages: Sequence[StageConversion]) -> Table:
    names = (
        "Entered",
        "Advanced",
        "Lost",
        "Moved back",
        "Still there",
        "Rate",
        "80% interval",
        "If none or all go on",
    )
    heads = (Head("Stage", sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    return Table("funnel-numbers", "Stage conversion", heads, tuple(_funnel_cells(s) for s in stages))


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
    return figures.NONE if low is None or high is None else f"{percent(low)} to {percent(high)}"


def times_card(analysis: Analysis, colour: Colour, widths: Widths = HALF) -> Card | None:
    """Days open deals have been in their stage, against what won deals took."""
    times = [t for t in analysis.conversion.times if t.median is not None or t.open_median is not None]
    times = times[:STAGES_SHOWN]
    if not times:
        return None
    title = wording.times_title(times)
    slow = wording.slow_stages(times)
    told = "; ".join(f"{plain(t.stage)}: open deals {days(t.open_median)}, won deals {days(t.median)}" for t in times)
    model = Spans(Words("times", title, told + "."), tuple(_span(t, t in slow) for t in times))
    return Card(
        "times",
        title,
        "Days open deals have been in their stage so far, against what deals later won took",
        tuple(stage_spans(model, colour, w) for w in widths),
        _times_numbers(times),
    )


def _span(time: StageTime, slow: bool) -> Span:
    few = time.open_deals < wording.ENOUGH
    remark = ""
    if few:
        remark = "few deals" if time.open_deals else ""
    elif time.open_median is not None and time.median and time.won_deals >= wording.ENOUGH:
        change = figures.change(time.open_median / time.median - 1)
        remark = "on it" if change == "0%" else change
    return Span(
        plain(time.stage), count(time.open_deals, "deal"), time.open_median, time.p20, time.median, time.p80,
        remark, slow, few,
    )  # fmt: skip


def _times_numbers(times: Sequence[StageTime]) -> Table:
    names = ("Open deals", "Days, open", "Won deals", "P20", "Median", "P80", "Survival median")
    heads = (Head("Stage", sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    rows = tuple(
        (
            Cell(plain(t.stage), strong=True), Cell(number(t.open_deals)), Cell(number(t.open_median)),
            Cell(number(t.won_deals)), Cell(number(t.p20)), Cell(number(t.median)), Cell(number(t.p80)),
            Cell(number(t.survival_median)),
        )
        for t in times
    )  # fmt: skip
    return Table("times-numbers", "Days in each stage", heads, rows)


def win_card(analysis: Analysis, colour: Colour, widths: Widths = SMALLER) -> Card | None:
    """Win rate, sales cycle and velocity in numbers."""
    conversion = analysis.conversion
    if conversion.win_rate.rate is None or conversion.win_rate.won + conversion.win_rate.lost < wording.ENOUGH:
        return None
    window = f"Deals closed {day(conversion.window_start)} to {day(conversion.window_end)}"
    facts = tuple(_facts(conversion, analysis.currency))
    charts, numbers = _closings(conversion.trend[-MONTHS_SHOWN:], colour, widths)
    return Card("win", wording.win_title(conversion.win_rate), window, charts, numbers, facts=facts)


def _closings(trend: Sequence[TrendMonth], colour: Colour, widths: Widths) -> tuple[tuple[Svg, ...], Table | None]:
    """Deals won and lost by month, where there are months to compare."""
    if sum(bool(m.won + m.lost) for m in trend) < 2:
        return (), None
    told = "; ".join(f"{period(m.month)} {m.won} won, {m.lost} lost" for m in trend)
    months = tuple(Closing(period(m.month, short=True), m.won, m.lost) for m in trend)
    model = Closings(Words("closings", "Deals won and lost by month", told + "."), months)
    names = ("Created", "Won", "Lost", "Win rate")
    heads = (Head("Month", sortable=False), *(Head(n, right=True, sortable=False) for n in names))
    rows = tuple(
        (
            Cell(period(m.month), strong=True),
            *(Cell(number(n)) for n in (m.created, m.won, m.lost)),
            Cell(percent(m.win_rate)),
        )
        for m in trend
    )
    charts = tuple(closing_columns(model, colour, w, 180) for w in widths)
    return charts, Table("closings-numbers", "Deals created, won and lost by month", heads, rows)


def win_by_card(analysis: Analysis, colour: Colour) -> Card | None:
    """The win rate of each owner, or of the first dimension that has more than one member."""
    for dimension, rates in analysis.conversion.win_rate_by:
        if sum(_told(r) for r in rates) > 1:
            return _win_by(dimension, rates, analysis.conversion.win_rate, analysis.currency, colour)
    return None


def _facts(conversion: Conversion, currency: str) -> list[tuple[str, str]]:
    won, velocity = conversion.win_rate, conversion.velocity
    closed = won.won + won.lost
    facts = [("Won by count", f"{percent(won.rate)}, {number(won.won)} of {number(closed)}")]
    if won.low is not None and won.high is not None:
        facts.append(("80% interval", f"{percent(won.low)} to {percent(won.high)}"))
    if won.value_rate is not None:
        facts.append(("Won by value", f"{percent(won.value_rate)}, {short_money(won.won_amount, currency)}"))
    if conversion.cycle_median is not None:
        facts.append(("Sales cycle, median", days(conversion.cycle_median)))
    if conversion.cycle_p80 is not None:
        facts.append(("Four in five within", days(conversion.cycle_p80)))
    if velocity.average_won is not None:
        facts.append(("Average won deal", long_money(velocity.average_won, currency)))
    if velocity.per_day is not None:
        facts.append(("Velocity", f"{short_money(velocity.per_day, currency)} a day"))
    if velocity.usual_per_day is not None:
        facts.append(("Velocity by mean cycle", f"{short_money(velocity.usual_per_day, currency)} a day"))
    return facts


def _told(rate: WinRate) -> bool:
    """Whether there are enough closed deals to say a rate."""
    return rate.rate is not None and rate.won + rate.lost >= wording.ENOUGH


def _win_by(dimension: str, rates: Sequence[WinRate], total: WinRate, currency: str, colour: Colour) -> Card:
    shown = [r for r in rates if r.rate is not None]
    more = len(shown) - MEMBERS_SHOWN
    valued = any(r.value_rate is not None for r in shown)
    heads = (
        Head(dimension.capitalize()),
        Head("Won", right=True),
        Head("Lost", right=True),
        Head("Win rate", wide=True),
        Head("Amount won", right=True),
        *((Head("Won by value", right=True),) if valued else ()),
    )
    cells = tuple(_win_cells(r, total, currency, colour)[: len(heads)] for r in shown[:MEMBERS_SHOWN])
    note = f"{number(more)} more in the workbook's sheet Conversion." if more > 0 else ""
    table = Table("win-table", f"Win rate by {dimension}", heads, cells, note)
    subtitle = "Dot: share won by count; band: its 80% interval; line: all deals together"
    return Card("win-by", f"Win rate by {dimension}", subtitle, table=table)


def _win_cells(rate: WinRate, total: WinRate, currency: str, colour: Colour) -> tuple[Cell, ...]:
    name = "None given" if rate.key in ("", NOBODY) else plain(rate.key)
    share = rate.rate or 0.0
    low, high = (share if bound is None else bound for bound in (rate.low, rate.high))
    shown = Cell(percent(rate.rate), sort=rate.rate, chart=whisker(share, low, high, colour, middle=total.rate))
    return (
        Cell(name, sort=name.casefold(), strong=True),
        Cell(number(rate.won), sort=rate.won),
        Cell(number(rate.lost), sort=rate.lost),
        shown if _told(rate) else Cell("few deals", tone="quiet", sort=""),
        Cell(short_money(rate.won_amount, currency), sort=rate.won_amount),
        Cell(percent(rate.value_rate), sort=rate.value_rate) if _told(rate) else Cell(figures.NONE, sort=""),
    )
