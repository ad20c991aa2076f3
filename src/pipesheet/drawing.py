"""The pen for SVG: shapes with attributes only (no style, so that a strict page lets them through),
text that is always escaped, and how wide a text will be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.sax.saxutils import escape, quoteattr

Colour = Callable[[str], str]
"""From the name of a token (``won``) to a colour: ``var(--won)`` on the web, hex in a mail."""

# Of the widest of the fonts a page falls back to (DejaVu Sans); a narrower one leaves a little air.
_EMS = {c: ems for ems, row in {0.38: "ijlftrIJ.,:;'|!()[]/ ·’-", 0.84: "w−+×÷↓", 1.0: "MWm@%…"}.items() for c in row}


@dataclass(frozen=True, slots=True)
class Svg:
    """A drawn chart; `markup` is made by this package alone and needs no escaping."""

    markup: str
    width: int


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says to those who cannot see it. `id` is unique on the page."""

    id: str
    title: str
    description: str


def web_colour(name: str) -> str:
    """The colour lookup of the web page, which has light and dark tokens."""
    return f"var(--{name})"


def svg(words: Words, width: float, height: float, shapes: Sequence[str]) -> Svg:
    """A chart with its title and description."""
    ident = f"{words.id}-{width:.0f}"
    head = (
        f'<svg viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}" role="img" '
        f"aria-labelledby={quoteattr(f'{ident}-t {ident}-d')}>"
        f"<title id={quoteattr(ident + '-t')}>{escape(words.title)}</title>"
        f"<desc id={quoteattr(ident + '-d')}>{escape(words.description)}</desc>"
    )
    return Svg(head + "".join(shapes) + "</svg>", int(width))


def mark(width: float, height: float, shapes: Sequence[str]) -> Svg:
    """A small drawing beside a number that says the same; hidden from screen readers."""
    size = f'width="{_n(width)}" height="{_n(height)}"'
    return Svg(
        f'<svg viewBox="0 0 {_n(width)} {_n(height)}" {size} aria-hidden="true">{"".join(shapes)}</svg>',
        int(width),
    )


def rect(x: float, y: float, width: float, height: float, *, fill: str, edge: str = "", corner: float = 0) -> str:
    """A filled rectangle; one with an `edge` is drawn half a pixel smaller so that the line is inside."""
    if edge:
        x, y, width, height = x + 0.5, y + 0.5, max(width - 1, 0.5), max(height - 1, 0.5)
    line = f' stroke="{edge}"' if edge else ""
    rounding = f' rx="{_n(corner)}"' if corner else ""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
        f'{rounding} fill="{fill}"{line}/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, *, colour: str, width: float = 1, dashes: str = "") -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}"'
        f' stroke-width="{_n(width)}"{dashed}/>'
    )


def haloed(x1: float, y1: float, x2: float, y2: float, *, colour: str, halo: str, width: float = 2) -> str:
    """A line with an edge of the background's colour, so that it reads on any bar."""
    return line(x1, y1, x2, y2, colour=halo, width=width + 3) + line(x1, y1, x2, y2, colour=colour, width=width)


def dot(x: float, y: float, radius: float, *, fill: str, edge: str = "") -> str:
    """A filled circle."""
    ring = f' stroke="{edge}" stroke-width="2"' if edge else ""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"{ring}/>'


def text(
    x: float,
    y: float,
    content: str,
    *,
    colour: str,
    size: float = 12,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """One line of text with its baseline at y."""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" fill="{colour}" font-size="{_n(size)}"{place}{weight}>{escape(content)}</text>'
    )


def text_width(content: str, size: float = 12, *, bold: bool = False) -> float:
    """About how many pixels a text takes in a system font; on the wide side."""
    ems = sum(_ems(c) for c in content)
    return ems * size * (1.1 if bold else 1.0)


def fitted(content: str, width: float, size: float = 12, *, bold: bool = False) -> str:
    """The text, cut with ``…`` where it would be wider than that."""
    if text_width(content, size, bold=bold) <= width:
        return content
    kept = content
    while kept and text_width(kept + "…", size, bold=bold) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(content: str, width: float, size: float = 12, *, bold: bool = False, most: int = 2) -> tuple[str, ...]:
    """The text in lines of that width, at most so many; the last is cut where more is left."""
    lines: list[str] = []
    words = content.split()
    while words and len(lines) < most - 1:
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size, bold=bold) <= width:
            taken += 1
        lines.append(fitted(" ".join(words[:taken]), width, size, bold=bold))
        words = words[taken:]
    return (*lines, fitted(" ".join(words), width, size, bold=bold)) if words else tuple(lines) or ("",)


def axis(highest: float, parts: int) -> list[float]:
    """Round values from 0 to at least `highest`, in about that many steps of 1, 2, 2.5 or 5."""
    rough = max(highest, 1e-9) / parts
    size = 10.0 ** floor(log10(rough))
    step = next(s * size for s in (1, 2, 2.5, 5, 10) if s * size >= rough * 0.999)
    return [step * i for i in range(ceil(highest / step - 1e-9) + 1)]


def _ems(character: str) -> float:
    if ord(character) > 0x2E80:
        return 1.0
    return _EMS.get(character, 0.7 if character.isupper() else 0.63)


def _n(value: float) -> str:
    """A coordinate to a tenth of a pixel, short."""
    return f"{value:.1f}".removesuffix(".0")
