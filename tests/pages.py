"""A report's page as a test reads it: its cards in order, their titles, tables and texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "base"}


@dataclass
class Element:
    """One element and what is in it."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def all(self, tag: str = "") -> list[Element]:
        """Every element beneath, of that tag if one is named."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += ([child] if not tag or child.tag == tag else []) + child.all(tag)
        return found

    def one(self, tag: str) -> Element:
        (found,) = self.all(tag)
        return found

    @property
    def text(self) -> str:
        """All text beneath in single spaces; what stands in blocks of its own is kept apart."""
        pieces = [child if isinstance(child, str) else f"{child.text} " for child in self.children]
        return " ".join("".join(pieces).split())

    @property
    def raw(self) -> str:
        """The characters between its tags, as they stand."""
        return "".join(child for child in self.children if isinstance(child, str))


class Page(HTMLParser):
    """A page; tags that do not close each other are a failure."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert [e.tag for e in self._open] == [""], f"left open: {[e.tag for e in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"an attribute twice in {attrs}"
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def by_id(self, name: str) -> Element:
        (found,) = (e for e in self.root.all() if e.attributes.get("id") == name)
        return found

    def of_class(self, name: str) -> list[Element]:
        return [e for e in self.root.all() if name in (e.attributes.get("class") or "").split()]

    @property
    def cards(self) -> list[str]:
        """The ids of the cards in the order they stand."""
        return [str(e.attributes["id"]) for e in self.of_class("card")]

    def title(self, card: str) -> str:
        return self.by_id(card).one("h2").text

    def table(self, name: str) -> list[dict[str, str]]:
        """The rows of a table by the names of its columns."""
        table = self.by_id(name)
        heads = [th.text for th in table.one("thead").all("th")]
        rows = [[td.text for td in tr.all("td")] for tr in table.one("tbody").all("tr")]
        return [dict(zip(heads, row, strict=True)) for row in rows]

    @property
    def headline(self) -> str:
        return self.root.one("h1").text

    @property
    def figures(self) -> dict[str, str]:
        """The headline figures: name and value with its note."""
        (box,) = self.of_class("figures") or [Element("", {})]
        return {d.one("dt").text: " | ".join(dd.text for dd in d.all("dd")) for d in box.all("div")}

    @property
    def to_settle(self) -> list[str]:
        """The lines under 'To settle this week'."""
        return [li.text.replace(" ,", ",").replace(" :", ":") for a in self.of_class("settle") for li in a.all("li")]
