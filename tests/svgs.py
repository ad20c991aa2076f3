"""A chart as a test reads it: its bars, lines and texts, with the name of their colour token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

from pipesheet.drawing import Svg, text_width

HOSTILE = "</text><script>alert(1)</script>\"'&<b onload=x>"


def token(name: str) -> str:
    """A colour lookup that leaves the token's name, so that a test can ask for it."""
    return name


@dataclass(frozen=True)
class Box:
    """A bar, or the room a text takes."""

    x: float
    y: float
    width: float
    height: float
    text: str = ""
    fill: str = ""

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def meets(self, other: Box) -> bool:
        """Whether both cover a place in common; a third of a pixel is rounding."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return across > 0.35 and down > 0.35


class Drawing:
    """A chart read back from its markup; it must be well-formed XML."""

    def __init__(self, chart: Svg) -> None:
        self.root = ElementTree.fromstring(chart.markup)
        _, _, self.width, self.height = map(float, self.root.attrib["viewBox"].split())

    def bars(self, fill: str) -> list[Box]:
        """The rectangles of that colour in the order drawn; one with an edge at its outer size."""
        return [self._bar(e) for e in self.root.iter("rect") if e.get("fill") == fill]

    def _bar(self, e: ElementTree.Element) -> Box:
        x, y, width, height = (float(e.attrib[n]) for n in ("x", "y", "width", "height"))
        if e.get("stroke"):
            x, y, width, height = x - 0.5, y - 0.5, width + 1, height + 1
        return Box(x, y, width, height, fill=e.attrib["fill"])

    def lines(self, colour: str) -> list[tuple[float, float, float, float]]:
        """The lines of that colour as x1, y1, x2, y2."""
        lines = [e for e in self.root.iter("line") if e.get("stroke") == colour]
        return [tuple(float(e.attrib[n]) for n in ("x1", "y1", "x2", "y2")) for e in lines]  # type: ignore[misc]

    def texts(self) -> Iterator[Box]:
        """Every text with the room it takes in the widest font."""
        for e in self.root.iter("text"):
            size, said = float(e.attrib["font-size"]), e.text or ""
            width = text_width(said, size, bold="font-weight" in e.attrib)
            x = float(e.attrib["x"]) - width * {"end": 1.0, "middle": 0.5}.get(e.get("text-anchor", ""), 0.0)
            yield Box(x, float(e.attrib["y"]) - size * 0.78, width, size * 0.98, said, e.attrib["fill"])

    def said(self) -> list[str]:
        """The texts alone, in the order drawn."""
        return [t.text for t in self.texts()]

    def text(self, said: str) -> Box:
        """The one text that says that."""
        (found,) = (t for t in self.texts() if t.text == said)
        return found

    def words(self) -> tuple[str, str]:
        """What it says to those who cannot see it: its title and description, if they are tied to it."""
        title, description = self.root.find("title"), self.root.find("desc")
        assert title is not None
        assert description is not None
        assert self.root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
        assert self.root.attrib["role"] == "img"
        return title.text or "", description.text or ""

    def crowded(self) -> list[str]:
        """Texts that meet each other or stick out of the drawing."""
        texts = [t for t in self.texts() if t.text]
        met = [f"{a.text!r} meets {b.text!r}" for a, b in combinations(texts, 2) if a.meets(b)]
        out = [
            f"{t.text!r} sticks out"
            for t in texts
            if t.x < -0.35 or t.right > self.width + 0.35 or t.y < -1 or t.bottom > self.height + 1
        ]
        return met + out

    def inert(self) -> bool:
        """Nothing in it but shapes and texts, without style, events or links."""
        names = {e.tag for e in self.root.iter()}
        attributes = {a for e in self.root.iter() for a in e.attrib}
        return names <= {"svg", "title", "desc", "rect", "line", "circle", "text", "path"} and not {
            a for a in attributes if a == "style" or a.startswith("on") or "href" in a
        }
