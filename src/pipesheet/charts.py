"""The report's charts. Each is a function of what it shows, a colour lookup and a size.

One blue ramp stands for certainty (dark is sure); colour is never alone: every part has a label, a
sign or a mark beside it. Bars below zero are drawn as nothing; their number is always in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipesheet import figures
from pipesheet.drawing import (
    Colour,
    Svg,
    Words,
    axis,
    dot,
    fitted,
    haloed,
    line,
    mark,
    rect,
    svg,
    text,
    text_width,
    wrapped,
)
from pipesheet.language import say

GAP = 2
"""Pixels between the parts of a bar."""
LABEL = 13
SMALL = 12


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stack: what it is called, how it is counted, how much, and its colour token."""

    name: str
    value: float
    tone: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Landing:
    """Where the period is forecast to land: its parts from surest to least sure, and the target."""

    words: Words
    parts: tuple[Part, ...]
    total: float
    target: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One column: its name, its parts (one value per series), its target and a remark beneath."""

    name: str
    values: tuple[float, ...]
    total: float
    target: float | None = None
    remark: str = ""
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns over time. `divide_after` columns a thin line ends the current quarter."""

    words: Words
    series: tuple[tuple[str, str], ...]
    """Name and colour token of each part, from the bottom."""
    stacks: tuple[Stack, ...]
    currency: str
    divide_after: int = 0


@dataclass(frozen=True, slots=True)
class BridgeStep:
    """One step of a bridge; its amount is below zero where it takes away, above where it adds."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one sum to another, and the steps between. A part's basis is a remark beneath its name."""

    words: Words
    start: Part
    steps: tuple[BridgeStep, ...]
    end: Part
    currency: str


def landing_bar(model: Landing, colour: Colour, width: float) -> Svg:
    """One bar from zero to the forecast, with the target marked on the same scale."""
    shown = [p for p in model.parts if p.value > 0]
    scale = max(model.total, model.target or 0.0, sum(p.value for p in shown), 1e-9)
    # Room right of the target, so that its mark is seen to be a mark and not the end of the bar.
    across = (width * (0.88 if model.target and model.target >= model.total else 1.0)) / scale
    top, height = 26.0, 30.0
    shapes = [rect(0, top, width, height, fill=colour("track"), corner=2)]
    starts, x = [], 0.0
    for part in shown:
        starts.append(x)
        size = part.value * across
        edge = colour("pipe-edge") if part.tone == "pipe" else ""
        shapes.append(rect(x, top, max(size - GAP, 1), height, fill=colour(part.tone), edge=edge, corner=2))
        x += size
    shapes += _landing_marks(model, colour, width, across, top, height)
    below, end = _landing_labels(shown, starts, model, colour, width, top + height)
    return svg(model.words, width, end, shapes + below)


def _landing_marks(model: Landing, colour: Colour, width: float, across: float, top: float, height: float) -> list[str]:
    forecast = say("Forecast {money}", money=figures.short_money(model.total, model.currency))
    at = min(max(model.total * across, 0), width)
    if model.target is None or model.target <= 0:
        end = max(at, text_width(forecast, LABEL, bold=True))
        return [text(end, top - 9, forecast, colour=colour("ink"), size=LABEL, anchor="end", bold=True)]
    target = say("Target {money}", money=figures.short_money(model.target, model.currency))
    mark_x = min(max(model.target * across, 1), width - 1)
    ahead = model.total > model.target
    x, anchor = _beside(mark_x, text_width(target, LABEL, bold=True), width, left=ahead)
    shapes = [
        haloed(mark_x, top - 20, mark_x, top + height + 6, colour=colour("ink"), halo=colour("page"), width=2.4),
        text(x, top - 9, target, colour=colour("ink"), size=LABEL, anchor=anchor, bold=True),
    ]
    left = x - (text_width(target, LABEL, bold=True) if anchor == "end" else 0)
    right = x + (text_width(target, LABEL, bold=True) if anchor == "start" else 0)
    wide = text_width(forecast, LABEL, bold=True)
    # The forecast's own label gives way where both marks are close together.
    end = min(at, left - 12, mark_x - 8) if not ahead else at
    if not ahead and end >= wide:
        shapes.append(text(end, top - 9, forecast, colour=colour("ink"), size=LABEL, anchor="end", bold=True))
    elif ahead and max(at - wide, right + 12, mark_x + 8) + wide <= width:
        start = max(at - wide, right + 12, mark_x + 8)
        shapes.append(text(start, top - 9, forecast, colour=colour("ink"), size=LABEL, bold=True))
    return shapes


def _beside(at: float, wide: float, width: float, *, left: bool) -> tuple[float, str]:
    """Where a label of a mark goes: on the wished side, else on the other."""
    if (left and at >= wide + 8) or at + wide + 8 > width:
        return at - 8, "end"
    return at + 8, "start"


def _landing_labels(
    parts: Sequence[Part], starts: Sequence[float], model: Landing, colour: Colour, width: float, y: float
) -> tuple[list[str], float]:
    """Names and amounts beneath their parts, moved aside where they would meet; a key where there is
    no room for a row of them."""
    names = [f"{p.name}{f' {p.basis}' if p.basis else ''}" for p in parts]
    amounts = [figures.short_money(p.value, model.currency) for p in parts]
    wide = [
        max(text_width(n, LABEL), text_width(a, LABEL, bold=True)) + 16 for n, a in zip(names, amounts, strict=True)
    ]
    if sum(wide) > width:
        return _landing_key(parts, names, amounts, colour, width, y)
    places: list[float] = []
    for i, start in enumerate(starts):
        places.append(max(start, places[-1] + wide[i - 1] if i else 0))
    limit = width + 16
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit - wide[i])
        limit = places[i]
    shapes = []
    for x, name, amount in zip(places, names, amounts, strict=True):
        shapes.append(text(x, y + 19, name, colour=colour("ink2"), size=LABEL))
        shapes.append(text(x, y + 36, amount, colour=colour("ink"), size=LABEL, bold=True))
    return shapes, y + 42


def _landing_key(
    parts: Sequence[Part],
    names: Sequence[str],
    amounts: Sequence[str],
    colour: Colour,
    width: float,
    y: float,
) -> tuple[list[str], float]:
    shapes = []
    for i, (part, name, amount) in enumerate(zip(parts, names, amounts, strict=True)):
        row = y + 24 + 22 * i
        edge = colour("pipe-edge") if part.tone == "pipe" else ""
        shapes += [
            rect(0, row - 10, 11, 11, fill=colour(part.tone), edge=edge, corner=2),
            text(19, row, name, colour=colour("ink2"), size=LABEL),
            text(width, row, amount, colour=colour("ink"), size=LABEL, anchor="end", bold=True),
        ]
    return shapes, y + 24 + 22 * len(parts) - 8


def stacked_columns(model: Columns, colour: Colour, width: float, height: float) -> Svg:
    """Stacked columns with a mark at each one's target."""
    highest = max([s.total for s in model.stacks] + [s.target or 0.0 for s in model.stacks] + [1e-9])
    steps = axis(highest * 1.06, 4)
    left = 8 + max(text_width(figures.tick(t), SMALL) for t in steps)
    legend, rows = _legend(model, colour, left, width)
    top, bottom = 22.0 * rows + 18, height - 42
    per = (bottom - top) / steps[-1]
    shapes = legend
    for value in steps:
        y = bottom - value * per
        shapes.append(line(left, y, width, y, colour=colour("axis" if value == 0 else "line")))
        shapes.append(text(left - 8, y + 4, figures.tick(value), colour=colour("ink3"), size=SMALL, anchor="end"))
    slot = (width - left) / max(len(model.stacks), 1)
    if 0 < model.divide_after < len(model.stacks):
        x = left + slot * model.divide_after
        shapes.append(line(x, top - 4, x, height, colour=colour("line"), dashes="2 3"))
    for i, stack in enumerate(model.stacks):
        shapes += _column(stack, model, colour, left + slot * (i + 0.5), slot, bottom, per)
    return svg(model.words, width, height, shapes)


def _column(
    stack: Stack, model: Columns, colour: Colour, middle: float, slot: float, bottom: float, per: float
) -> list[str]:
    wide = min(slot * 0.56, 46)
    shapes, y = [], bottom
    for value, (_, tone) in zip(stack.values, model.series, strict=True):
        tall = max(value, 0) * per
        if tall >= 0.5:
            edge = colour("pipe-edge") if tone == "pipe" and tall > 3 else ""
            inner = tall - (GAP if tall > 4 else 0)
            shapes.append(rect(middle - wide / 2, y - inner, wide, inner, fill=colour(tone), edge=edge))
            y -= tall
    label = y - 7
    if stack.target:
        at = bottom - stack.target * per
        arm = min(wide / 2 + 7, slot / 2 - 1)
        shapes.append(haloed(middle - arm, at, middle + arm, at, colour=colour("ink"), halo=colour("card"), width=2))
        if label - 13 < at < label + 4:
            label = at - 6
    money = figures.short_money(stack.total, model.currency)
    if text_width(money, SMALL, bold=True) > slot - 2:
        money = figures.short_money(stack.total)
    shapes.append(text(middle, label, money, colour=colour("ink"), size=SMALL, anchor="middle", bold=True))
    name = fitted(stack.name, slot - 4, LABEL)
    shapes.append(text(middle, bottom + 17, name, colour=colour("ink"), size=LABEL, anchor="middle"))
    remark = stack.remark if text_width(stack.remark, 11) <= slot else stack.remark.split(" ")[0]
    shade = colour("pos" if stack.reached else "ink3")
    if remark:
        shapes.append(text(middle, bottom + 33, remark, colour=shade, size=11, anchor="middle"))
    return shapes


def _legend(model: Columns, colour: Colour, left: float, width: float) -> tuple[list[str], int]:
    """The key above a chart, in as many rows as it needs."""
    drawn = [s for i, s in enumerate(model.series) if any(stack.values[i] > 0 for stack in model.stacks)]
    entries = [*drawn, *([(say("Target"), "")] if any(s.target for s in model.stacks) else [])]
    shapes, x, row = [], left, 1
    for name, tone in entries:
        wide = 18 + text_width(name, SMALL) + 14
        if x + wide - 14 > width and x > left:
            x, row = left, row + 1
        y = 22 * row - 8
        if tone:
            edge = colour("pipe-edge") if tone == "pipe" else ""
            shapes.append(rect(x, y - 9, 10, 10, fill=colour(tone), edge=edge, corner=2))
        else:
            shapes.append(line(x - 2, y - 4, x + 12, y - 4, colour=colour("ink"), width=2))
        shapes.append(text(x + 16, y, name, colour=colour("ink2"), size=SMALL))
        x += wide
    return shapes, row


def meter(share: float, colour: Colour, *, goal: float | None = 1.0, reach: float = 1.3, tone: str = "commit") -> Svg:
    """A small bar with a mark where `share` is `goal`; cut off at `reach` times the goal. Without a
    goal the share is of the whole width."""
    width = 104.0
    full = goal * reach if goal else 1.0
    fill = min(max(share, 0.0), full) / full * width
    shapes = [rect(0, 3, width, 8, fill=colour("track")), rect(0, 3, fill, 8, fill=colour(tone))]
    if goal:
        at = goal / full * width
        shapes.append(haloed(at, 0, at, 14, colour=colour("ink"), halo=colour("card"), width=2))
    return mark(width, 14, shapes)


def whisker(rate: float, low: float, high: float, colour: Colour, *, middle: float | None, width: float = 160) -> Svg:
    """A rate as a dot on 0 to 100 %, its interval as a band, and the whole book's rate as a mark."""
    across = width - 12
    shapes = [
        line(6, 8, width - 6, 8, colour=colour("track"), width=2),
        rect(6 + low * across, 5, max((high - low) * across, 2), 6, fill=colour("span"), corner=3),
    ]
    if middle is not None:
        shapes.append(line(6 + middle * across, 1, 6 + middle * across, 15, colour=colour("ink3")))
    shapes.append(dot(6 + rate * across, 8, 4, fill=colour("commit"), edge=colour("card")))
    return mark(width, 16, shapes)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a bridge as it is drawn: from `low` to `high`, then on from `level`."""

    lines: tuple[str, ...]
    remark: str
    amount: str
    low: float
    high: float
    level: float
    tone: str
    whole: bool = False


def bridge_bars(model: Bridge, colour: Colour, width: float) -> Svg:
    """A waterfall lying on its side: the start, a row per step from where the last one ended, the end."""
    told = [(p.name, True) for p in (model.start, model.end)] + [(s.name, False) for s in model.steps]
    names = min(max(text_width(name, LABEL, bold=whole) for name, whole in told), width * 0.4)
    rows = _bridge_rows(model, names)
    # 8 pixels before the amount, and 2 that the thinnest bar may reach beyond its end.
    left, room = names + 12, max(text_width(row.amount, LABEL, bold=True) for row in rows) + 10
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    per = max(width - left - room, 1) / max(most - least, 1e-9)
    shapes, y, before = [], 0.0, None
    for row in rows:
        tall = 18.0 * (len(row.lines) + bool(row.remark)) + (18 if row.whole else 12)
        if before is not None:
            x = left + (before - least) * per
            shapes.append(line(x, y - 8, x, y + tall / 2, colour=colour("axis"), dashes="2 2"))
        shapes += _bridge_row(row, colour, names, y + tall / 2, left - least * per, per)
        y, before = y + tall, row.level
    zero = left - least * per
    behind = [line(zero, 0, zero, y, colour=colour("axis"))] if least < 0 else []
    return svg(model.words, width, y, behind + shapes)


def _bridge_rows(model: Bridge, names: float) -> list[_Row]:
    def whole(part: Part) -> _Row:
        lines = wrapped(part.name, names, LABEL, bold=True)
        amount = figures.short_money(part.value, model.currency)
        low, high = min(part.value, 0.0), max(part.value, 0.0)
        return _Row(lines, fitted(part.basis, names, SMALL), amount, low, high, part.value, part.tone, whole=True)

    rows, level = [whole(model.start)], model.start.value
    for step in model.steps:
        after = level + step.amount
        amount = figures.money_change(step.amount, model.currency)
        tone = "neg" if step.amount < 0 else "pos"
        lines = wrapped(step.name, names, LABEL, most=3)
        rows.append(_Row(lines, "", amount, min(level, after), max(level, after), after, tone))
        level = after
    return [*rows, whole(model.end)]


def _bridge_row(row: _Row, colour: Colour, names: float, middle: float, zero: float, per: float) -> list[str]:
    """The name on the left, the bar, and the amount right of it."""
    tall = 24.0 if row.whole else 16.0
    x, size = zero + row.low * per, max((row.high - row.low) * per, 2)
    edge = colour("pipe-edge") if row.tone == "pipe" else ""
    first = middle + 4.5 - 8.5 * (len(row.lines) - 1 + bool(row.remark))
    ink = colour("ink" if row.whole else "ink2")
    shapes = [
        text(names, first + 17 * i, said, colour=ink, size=LABEL, anchor="end", bold=row.whole)
        for i, said in enumerate(row.lines)
    ]
    if row.remark:
        y = first + 17 * len(row.lines)
        shapes.append(text(names, y, row.remark, colour=colour("ink3"), size=SMALL, anchor="end"))
    shade = colour("ink" if row.whole else row.tone)
    return [
        *shapes,
        rect(x, middle - tall / 2, size, tall, fill=colour(row.tone), edge=edge, corner=2),
        text(x + size + 8, middle + 4.5, row.amount, colour=shade, size=LABEL, bold=True),
    ]
