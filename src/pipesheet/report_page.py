"""What a report is before it is a page: frozen records that a template only has to lay out.

All numbers are computed and written, all text of the user's is clean (`figures.plain`), every title
is worded. A section without numbers is None or absent, never empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipesheet.audience import EVERYBODY, Audience
from pipesheet.charts import Bridge, Columns, Landing
from pipesheet.charts_stages import Funnel
from pipesheet.drawing import Svg

Tone = Literal["", "pos", "neg", "quiet", "error", "warning", "info"]
Widths = tuple[float, ...]
HALF: Widths = (482, 324)
"""Widths of a card's chart, in pixels: beside another card of the same size, then on a phone."""
LARGER: Widths = (573, 324)
SMALLER: Widths = (391, 324)
"""Beside each other, where one has more to show."""
WHOLE: Widths = (1030, 573, 324)
"""Alone in its row: on a desk, on a tablet or on paper, on a phone."""
Sentence = tuple[tuple[str, bool], ...]
"""Pieces of running text; True marks the ones that stand out."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: its text, a second line, a tone, what it sorts by, a small drawing."""

    text: str
    note: str = ""
    tone: Tone = ""
    sort: float | str | None = None
    chart: Svg | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its name, its side and whether a click sorts by it. A `wide` one holds running text and
    has a line of its own on a phone, where the others stand two by two."""

    text: str
    right: bool = False
    sortable: bool = True
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to read. `more` says how many were left out and where they are; empty where none was.
    `first` so many rows stand open and the others a click away; 0 is all of them. `left` is how many more."""

    id: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: str = ""
    first: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """One section. `charts` is one chart drawn at each of its `Widths`, `model` what they show, for a
    medium that draws otherwise; `numbers` the table behind it."""

    id: str
    title: str
    subtitle: str
    charts: tuple[Svg, ...] = ()
    numbers: Table | None = None
    table: Table | None = None
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""
    model: Columns | Bridge | Funnel | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number: its name, its value and what it means. `id` is the same in every language."""

    name: str
    value: str
    note: str
    tone: Tone = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToSettle:
    """One thing to decide this week: about what, how much, and the question. With `many`, the name is
    a number of deals and the question goes on its sentence."""

    name: str
    amount: str
    question: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report in the order it is read."""

    title: str
    book: str
    place: str
    headline: str
    lede: Sentence
    to_settle: tuple[ToSettle, ...]
    landing: tuple[Svg, ...]
    figures: tuple[Figure, ...]
    rows: tuple[tuple[Card, ...], ...]
    """Cards side by side; one alone takes the whole width."""
    method: tuple[str, ...]
    run: tuple[str, ...]
    landing_model: Landing | None = None
    """What `landing` is drawn of."""
    audience: Audience = EVERYBODY
    preheader: str = ""
    """What a mail's line in an inbox says beside its subject."""
