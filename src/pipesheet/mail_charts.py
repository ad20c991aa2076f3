"""The report's charts as a mail draws them: rows of table cells, as wide as their share of a hundred.

No mail client but draws a cell with a colour and a width: with images off, in Word's engine, in the dark,
on a phone. What is drawn is the same model that the web page draws, on the same scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipesheet.charts import Bridge, Columns, Landing, Part, Stack
from pipesheet.charts_stages import Funnel, Step
from pipesheet.drawing import Words
from pipesheet.figures import money_change, number, percent, short_money
from pipesheet.language import say
from pipesheet.report_page import Tone

FULL = 1000
"""A bar is that many parts wide; a tenth of a percent each, so that widths add up to 100 exactly."""
MARK, LEAST = 8, 8
"""The width of a target's mark, and of the smallest part that is drawn at all."""
REACH = 1.5
"""So many times their target, an owner's bar ends."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One cell of a bar: its width in tenths of a percent, and the token of its colour; ``mark`` is the
    target, ``none`` no colour at all. After a `gap` the card shows through; the palest has an edge instead."""

    parts: int
    tone: str
    gap: bool = False

    @property
    def width(self) -> str:
        """As an attribute of a cell: ``38.4%``."""
        return f"{self.parts // 10}.{self.parts % 10}%".replace(".0%", "%")


Bar = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: its name, its bar, its value and a remark; `whole` for a sum among its steps."""

    name: str
    bar: Bar
    value: str
    remark: str = ""
    tail: str = ""
    tone: Tone = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Lanes:
    """A chart of rows. `widths` are percent of name, bar, value and remark; no remark where there are three.
    `note` is its key in words, `left` so many rows are not drawn."""

    words: Words
    lanes: tuple[Lane, ...]
    widths: tuple[int, ...]
    left: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour of the landing bar stands for, and how much of it there is."""

    name: str
    amount: str
    tone: str


@dataclass(frozen=True, slots=True)
class LandingBar:
    """Where the period is forecast to land: the bar, its key and what the mark stands for."""

    words: Words
    bar: Bar
    keys: tuple[Key, ...]
    note: str


def bar(
    parts: Sequence[tuple[float, str]],
    scale: float,
    *,
    mark: float | None = None,
    start: float = 0.0,
    track: bool = True,
) -> Bar:
    """Parts one after another from `start`, on a scale from zero to the bar's whole width, and a mark on it;
    what is left of the width is the `track`, or nothing."""
    pieces, at, reached = [], min(round(start / scale * FULL), FULL - LEAST), start
    if at > 0:
        pieces.append(Piece(at, "none"))
    for value, tone in parts:
        if value <= 0:
            continue
        reached += value
        end = min(max(round(reached / scale * FULL), at + LEAST), FULL)
        if end > at:
            pieces.append(Piece(end - at, tone))
        at = end
    if at < FULL:
        pieces.append(Piece(FULL - at, "track" if track else "none"))
    spaced = [
        replace(piece, gap=piece.tone != "pipe" and after.tone != "none") for piece, after in pairwise(pieces)
    ] + pieces[-1:]
    return tuple(spaced) if mark is None else tuple(_marked(spaced, mark / scale))


def _marked(pieces: Sequence[Piece], share: float) -> Iterator[Piece]:
    """The bar with a mark in the place of what lies under it."""
    left = min(max(round(share * FULL) - MARK // 2, 0), FULL - MARK)
    at, drawn = 0, False
    for piece in pieces:
        before, after = max(min(left - at, piece.parts), 0), max(min(at + piece.parts - left - MARK, piece.parts), 0)
        if before:
            yield Piece(before, piece.tone, piece.gap and before == piece.parts)
        if not drawn and at + piece.parts > left:
            yield Piece(MARK, "mark")
            drawn = True
        if after and at + piece.parts > left:
            yield Piece(after, piece.tone, piece.gap)
        at += piece.parts


def landing_lanes(model: Landing) -> LandingBar:
    """The landing bar: its parts from surest to least sure, the target marked on the same scale."""
    shown = [p for p in model.parts if p.value > 0]
    aim = model.target if model.target and model.target > 0 else None
    scale = max(model.total, aim or 0.0, sum(p.value for p in shown), 1e-9)
    if aim and aim >= model.total:
        scale /= 0.9  # Room right of the target, so that its mark is seen to be a mark.
    drawn = bar([(p.value, p.tone) for p in shown], scale, mark=aim)
    note = say("The mark is the target, {money}.", money=short_money(aim, model.currency)) if aim else ""
    return LandingBar(model.words, drawn, tuple(_key(p, model.currency) for p in shown), note)


def _key(part: Part, currency: str) -> Key:
    return Key(f"{part.name} {part.basis}".rstrip(), short_money(part.value, currency), part.tone)


def month_lanes(model: Columns) -> Lanes:
    """A row per month: its parts in the landing bar's colours, its target as the mark."""
    scale = max([s.total for s in model.stacks] + [s.target or 0.0 for s in model.stacks] + [1e-9])
    targets = any(s.target for s in model.stacks)
    lanes = tuple(_month(s, model, scale / 0.96 if targets else scale) for s in model.stacks)
    note = say("From the left: closed won, commit, best case, pipeline.")
    if targets:
        note = say("From the left: closed won, commit, best case, pipeline; the mark is the month's target.")
    return Lanes(model.words, lanes, (10, 57, 13, 20) if targets else (10, 75, 15), note=note)


def _month(stack: Stack, model: Columns, scale: float) -> Lane:
    parts = [(value, tone) for value, (_, tone) in zip(stack.values, model.series, strict=True)]
    aim = stack.target if stack.target and stack.target > 0 else None
    share = percent(stack.total / aim) if aim else ""
    return Lane(
        stack.name,
        bar(parts, scale, mark=aim),
        short_money(stack.total, model.currency),
        share,
        say("of {money}", money=short_money(aim, model.currency)) if aim else "",
        "pos" if stack.reached else "",
    )


def owner_lanes(model: Columns, most: int) -> Lanes:
    """A row per owner: the share of their own target, all targets at one place; else the money."""
    shown, left = model.stacks[:most], max(len(model.stacks) - most, 0)
    targets = any(s.target for s in model.stacks)
    highest = max([s.total for s in model.stacks] + [1e-9])
    scale = min(max([_share(s) for s in model.stacks] + [1.0]), REACH) if targets else highest
    lanes = tuple(_owner(s, model.currency, scale * 1.06 if targets else scale, targets) for s in shown)
    note = say("The mark is everybody's own target.") if targets and shown else ""
    return Lanes(model.words, lanes, (28, 46, 14, 12) if targets else (28, 56, 16), left, note)


def _share(stack: Stack) -> float:
    return stack.total / stack.target if stack.target and stack.target > 0 else 0.0


def _owner(stack: Stack, currency: str, scale: float, targets: bool) -> Lane:
    tone: Tone = "pos" if stack.reached else ""
    value = _share(stack) if targets else stack.total
    aim = 1.0 if targets and stack.target else None
    drawn = bar([(value, tone or "commit")], scale, mark=aim)
    return Lane(stack.name, drawn, short_money(stack.total, currency), stack.remark, tone=tone)


def bridge_lanes(model: Bridge) -> Lanes:
    """A waterfall lying on its side: each step from where the last one ended."""
    level, rows = model.start.value, []
    for step in model.steps:
        rows.append((step, min(level, level + step.amount), abs(step.amount)))
        level += step.amount
    scale = max(model.start.value, model.end.value, *(low + size for _, low, size in rows), 1e-9)
    steps = [
        Lane(
            step.name,
            bar([(size, "neg" if step.amount < 0 else "pos")], scale, start=max(low, 0.0), track=False),
            money_change(step.amount, model.currency),
            tone="neg" if step.amount < 0 else "pos",
        )
        for step, low, size in rows
    ]
    lanes = (_sum(model.start, scale, model.currency), *steps, _sum(model.end, scale, model.currency))
    return Lanes(model.words, lanes, (36, 49, 15))


def _sum(part: Part, scale: float, currency: str) -> Lane:
    drawn = bar([(part.value, part.tone)], scale, track=False)
    return Lane(part.name, drawn, short_money(part.value, currency), whole=True)


def funnel_lanes(model: Funnel) -> Lanes:
    """A row per stage: the deals that entered it, and the share of them that went on."""
    most = float(max([s.deals for s in model.steps] + [1]))
    return Lanes(model.words, tuple(_step(s, most) for s in model.steps), (26, 48, 10, 16))


def _step(step: Step, most: float) -> Lane:
    drawn = bar([(float(step.deals), "won" if step.won else "commit")], most, track=False)
    remark = f"↓ {step.rate}" if step.rate else step.remark
    return Lane(step.name, drawn, number(step.deals), remark, tone="neg" if step.alarming else "")
