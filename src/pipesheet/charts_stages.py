"""Charts of the stages: the funnel, and the days deals spend in each stage."""

from __future__ import annotations

from dataclasses import dataclass

from pipesheet import figures
from pipesheet.charts import LABEL, SMALL
from pipesheet.drawing import Colour, Svg, Words, axis, fitted, haloed, line, rect, svg, text, text_width
from pipesheet.language import say


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the funnel, and what is said of the way from it to the next."""

    name: str
    deals: int
    rate: str = ""
    remark: str = ""
    alarming: bool = False
    won: bool = False


@dataclass(frozen=True, slots=True)
class Funnel:
    """Stages from first to won."""

    words: Words
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One stage's days: of open deals so far (`value`), and of won deals (`low`, `middle`, `high`)."""

    name: str
    note: str
    value: float | None
    low: float | None
    middle: float | None
    high: float | None
    remark: str = ""
    alarming: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """One month of closed deals."""

    name: str
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class Closings:
    """Deals won and lost, month by month."""

    words: Words
    months: tuple[Closing, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """Days in each stage."""

    words: Words
    spans: tuple[Span, ...]


def funnel_bars(model: Funnel, colour: Colour, width: float) -> Svg:
    """Bars of deals per stage, the rate to the next between them."""
    names = min(max((text_width(s.name, LABEL) for s in model.steps), default=0), width * 0.34)
    left, most = names + 12, max([s.deals for s in model.steps] + [1])
    room = width - left - text_width(figures.number(most), 14, bold=True) - 12
    tall, pitch, y = 28.0, 61.0, 6.0
    shapes = []
    for i, step in enumerate(model.steps):
        size = step.deals / most * room
        name = fitted(step.name, names, LABEL)
        shapes += [
            text(names, y + 19, name, colour=colour("ink"), size=LABEL, anchor="end"),
            rect(left, y, max(size, 1.5), tall, fill=colour("won" if step.won else "commit"), corner=2),
            text(left + size + 9, y + 19, figures.number(step.deals), colour=colour("ink"), size=14, bold=True),
        ]
        if i + 1 < len(model.steps) and (step.rate or step.remark):
            shade = colour("neg" if step.alarming else "ink2")
            arrow = f"↓ {step.rate}".rstrip()
            shapes.append(text(left + 5, y + tall + 20, arrow, colour=shade, size=SMALL, bold=True))
            aside = left + 15 + text_width(arrow, SMALL, bold=True)
            remark = fitted(step.remark, width - aside, SMALL)
            shapes.append(text(aside, y + tall + 20, remark, colour=colour("ink3"), size=SMALL))
        y += pitch
    return svg(model.words, width, y - pitch + tall + 8, shapes)


def stage_spans(model: Spans, colour: Colour, width: float) -> Svg:
    """Days of open deals in each stage against what won deals took."""
    named = [max(text_width(s.name, LABEL), text_width(s.note, SMALL)) for s in model.spans]
    names = min(max(named, default=0) + 4, width * 0.3)
    left, right = names + 12, width - 14 - max(map(_said_width, model.spans), default=0)
    ends = [d for s in model.spans for d in (s.value, s.middle, s.high) if d is not None]
    steps = axis(max([*ends, 1.0]), 3)
    per = (right - left - 14) / max(*ends, 1.0, steps[-2] if len(steps) > 1 else 0)
    shapes, key_rows = _span_key(colour, left, width)
    top, pitch = 18.0 + 20 * key_rows, 54.0
    floor_y = top + pitch * len(model.spans)
    for days in steps:
        if left + days * per <= right:
            shapes.append(line(left + days * per, top - 4, left + days * per, floor_y, colour=colour("line")))
            name = figures.days(0) if days == 0 else figures.tick(days)
            shapes.append(
                text(left + days * per, floor_y + 17, name, colour=colour("ink3"), size=SMALL, anchor="middle")
            )
    for i, span in enumerate(model.spans):
        shapes += _span(span, colour, left, per, top + pitch * i + 26, names, right)
    return svg(model.words, width, floor_y + 24, shapes)


def _said_width(span: Span) -> float:
    """The room of what stands right of the bars."""
    value = 0.0 if span.value is None else text_width(figures.days(span.value), LABEL, bold=True)
    return max(50.0, value, text_width(span.remark, SMALL, bold=span.alarming))


def _span(span: Span, colour: Colour, left: float, per: float, y: float, names: float, right: float) -> list[str]:
    shapes = [
        text(names, y - 3, fitted(span.name, names, LABEL), colour=colour("ink"), size=LABEL, anchor="end"),
        text(names, y + 13, fitted(span.note, names, SMALL), colour=colour("ink3"), size=SMALL, anchor="end"),
    ]
    if span.low is not None and span.high is not None:
        from_x, to_x = left + span.low * per, left + span.high * per
        shapes.append(rect(from_x, y - 2.5, max(to_x - from_x, 5), 5, fill=colour("span"), corner=2.5))
    if span.value is not None:
        tone = "neg" if span.alarming else "best" if span.faint else "commit"
        shapes.append(rect(left, y - 10, max(span.value * per, 2), 20, fill=colour(tone), corner=2))
        shapes.append(text(right + 14, y - 3, figures.days(span.value), colour=colour("ink"), size=LABEL, bold=True))
    shade = colour("neg" if span.alarming else "ink3")
    shapes.append(text(right + 14, y + 13, span.remark, colour=shade, size=SMALL, bold=span.alarming))
    if span.middle is not None:
        x = left + span.middle * per
        shapes.append(haloed(x, y - 15, x, y + 15, colour=colour("ink"), halo=colour("card"), width=2))
    return shapes


def _span_key(colour: Colour, left: float, width: float) -> tuple[list[str], int]:
    """The key above the chart and how many rows it takes."""
    key = ((say("Open deals, median"), "bar"), (say("Won deals, median"), "tick"), (say("P20 to P80"), "band"))
    wide = [20 + text_width(name, SMALL) + 14 for name, _ in key]
    start = left if left + sum(wide) - 14 <= width else 0.0
    shapes, x, row = [], start, 0
    for (name, kind), size in zip(key, wide, strict=True):
        if x > start and x + size - 14 > width:
            x, row = start, row + 1
        y = row * 20
        if kind == "bar":
            shapes.append(rect(x, y + 5, 12, 10, fill=colour("commit"), corner=2))
        elif kind == "tick":
            shapes.append(line(x + 8, y + 3, x + 8, y + 17, colour=colour("ink"), width=2))
        else:
            shapes.append(rect(x, y + 8, 16, 5, fill=colour("span"), corner=2.5))
        shapes.append(text(x + 20, y + 14, name, colour=colour("ink2"), size=SMALL))
        x += size
    return shapes, row + 1


def closing_columns(model: Closings, colour: Colour, width: float, height: float) -> Svg:
    """Won deals upward from the line, lost ones downward, so that neither hides the other."""
    top, bottom = 32.0, height - 20
    ups, downs = max(m.won for m in model.months), max(m.lost for m in model.months)
    per = (bottom - top - 30) / max(ups + downs, 1)
    zero = top + 15 + ups * per
    won = say("Won")
    lost = 58 if text_width(won, SMALL) < 34 else 24 + text_width(won, SMALL)
    shapes = [
        rect(0, 3, 10, 10, fill=colour("won"), corner=2),
        text(16, 12, won, colour=colour("ink2"), size=SMALL),
        rect(lost, 3, 10, 10, fill=colour("pipe"), edge=colour("pipe-edge"), corner=2),
        text(lost + 16, 12, say("Lost"), colour=colour("ink2"), size=SMALL),
    ]
    slot = width / max(len(model.months), 1)
    for i, month in enumerate(model.months):
        shapes += _closing(month, colour, slot * (i + 0.5), slot, zero, per)
        shapes.append(text(slot * (i + 0.5), height - 3, month.name, colour=colour("ink3"), size=11, anchor="middle"))
    shapes.append(line(0, zero, width, zero, colour=colour("axis")))
    return svg(model.words, width, height, shapes)


def _closing(month: Closing, colour: Colour, middle: float, slot: float, zero: float, per: float) -> list[str]:
    wide, up, down = min(slot * 0.6, 28), month.won * per, month.lost * per
    shapes = []
    if month.won:
        shapes.append(rect(middle - wide / 2, zero - up, wide, up, fill=colour("won")))
        label = figures.tick(month.won)
        shapes.append(text(middle, zero - up - 4, label, colour=colour("ink"), size=11, anchor="middle"))
    if month.lost:
        edge = colour("pipe-edge") if down > 3 else ""
        shapes.append(rect(middle - wide / 2, zero, wide, down, fill=colour("pipe"), edge=edge))
        label = figures.tick(month.lost)
        shapes.append(text(middle, zero + down + 12, label, colour=colour("ink2"), size=11, anchor="middle"))
    return shapes
