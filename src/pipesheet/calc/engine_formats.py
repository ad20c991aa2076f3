"""How cells look: what xlwings' ``Font`` and ``Borders`` call."""

from __future__ import annotations

from typing import Any

BOLD, PLAIN = 150.0, 100.0
Rgb = tuple[int, int, int]


def number_of(color: Any) -> int:
    """A color as Calc counts it, of red, green and blue, of ``#rrggbb``, or of Excel's number; nothing is none."""
    if color is None:
        return -1
    if isinstance(color, str):
        return int(color.lstrip("#"), 16)
    if isinstance(color, int):
        color = (color & 255, color >> 8 & 255, color >> 16 & 255)
    red, green, blue = color
    return int(red) << 16 | int(green) << 8 | int(blue)


def rgb_of(number: int | None) -> Rgb | None:
    """Red, green and blue."""
    if number is None or number < 0:
        return None
    return number >> 16 & 255, number >> 8 & 255, number & 255


class Font:
    """The letters of a range."""

    def __init__(self, cells: Any) -> None:
        self.api = cells

    @property
    def bold(self) -> bool | None:
        """Nothing where it differs."""
        weight = self.api.get("CharWeight")
        return None if weight is None else weight >= BOLD

    @bold.setter
    def bold(self, value: bool) -> None:
        self.api.put(CharWeight=BOLD if value else PLAIN)

    @property
    def italic(self) -> bool | None:
        """Nothing where it differs."""
        posture = self.api.get("CharPosture")
        return None if posture is None else posture != "NONE"

    @italic.setter
    def italic(self, value: bool) -> None:
        self.api.put(CharPosture=["awt.FontSlant", "ITALIC" if value else "NONE"])

    @property
    def size(self) -> float | None:
        """In points."""
        size: float | None = self.api.get("CharHeight")
        return size

    @size.setter
    def size(self, value: float) -> None:
        self.api.put(CharHeight=float(value))

    @property
    def name(self) -> str | None:
        """The typeface."""
        name: str | None = self.api.get("CharFontName")
        return name

    @name.setter
    def name(self, value: str) -> None:
        self.api.put(CharFontName=value)

    @property
    def color(self) -> Rgb | None:
        """Black where none is set, as in Excel."""
        return rgb_of(self.api.get("CharColor")) or (0, 0, 0)

    @color.setter
    def color(self, value: Any) -> None:
        self.api.put(CharColor=number_of(value))


STYLES = {"continuous": 0, "dot": 1, "dash": 2, "double": 3, "dash_dot": 16, "dash_dot_dot": 17, "slant_dash_dot": 16}
STYLE_NAMES = {0: "continuous", 1: "dot", 2: "dash", 3: "double", 16: "dash_dot", 17: "dash_dot_dot", 14: "dot"}
WEIGHTS = {"hairline": 2, "thin": 26, "medium": 53, "thick": 88}
EDGES = {
    "edge_top": "TopBorder2", "edge_bottom": "BottomBorder2", "edge_left": "LeftBorder2", "edge_right": "RightBorder2",
    "diagonal_down": "DiagonalTLBR2", "diagonal_up": "DiagonalBLTR2",
}  # fmt: skip
LINES = {
    "edge_top": "TopLine", "edge_bottom": "BottomLine", "edge_left": "LeftLine", "edge_right": "RightLine",
    "inside_horizontal": "HorizontalLine", "inside_vertical": "VerticalLine",
    "diagonal_down": "DiagonalTLBR2", "diagonal_up": "DiagonalBLTR2",
}  # fmt: skip


class Border:
    """One side's line."""

    def __init__(self, cells: Any, side: str) -> None:
        self.api = cells
        self._side = side

    @property
    def _line(self) -> list[int]:
        """Color, style, width; an inner side is asked of the first cell's edge."""
        edge = {"inside_horizontal": "edge_bottom", "inside_vertical": "edge_right"}.get(self._side, self._side)
        corner = self.api if edge == self._side else self.api(1, 1)
        if edge == "edge_bottom" and edge == self._side:
            corner = self.api(self.api.shape[0], 1)
        if edge == "edge_right" and edge == self._side:
            corner = self.api(1, self.api.shape[1])
        line: list[int] = corner.ask("get_line", EDGES[edge])
        return line

    def _put(self, color: int, style: int, width: int) -> None:
        self.api.tell("lines", {LINES[self._side]: [color, style, width]})

    @property
    def line_style(self) -> str:
        """A word of Excel's, or ``none``."""
        _, style, width = self._line
        return STYLE_NAMES.get(style, "continuous") if width else "none"

    @line_style.setter
    def line_style(self, value: str | None) -> None:
        color, _, width = self._line
        self._put(max(color, 0), STYLES.get(value or "", 0), (width or WEIGHTS["thin"]) if value else 0)

    @property
    def weight(self) -> str | None:
        """A word of Excel's."""
        width = self._line[2]
        return min(WEIGHTS, key=lambda word: abs(WEIGHTS[word] - width)) if width else None

    @weight.setter
    def weight(self, value: str) -> None:
        color, style, width = self._line
        self._put(max(color, 0), style if width else 0, WEIGHTS[value])

    @property
    def color(self) -> Rgb | None:
        """Nothing where there is no line."""
        color, _, width = self._line
        return rgb_of(color) if width else None

    @color.setter
    def color(self, value: Any) -> None:
        _, style, width = self._line
        self._put(number_of(value), style if width else 0, width or WEIGHTS["thin"])


GRID = ("edge_top", "edge_bottom", "edge_left", "edge_right", "inside_vertical", "inside_horizontal")


def given(value: Any) -> bool:
    """Whether xlwings' caller gave it: what was left out is a private object of xlwings, of no other kind."""
    return value is None or isinstance(value, str | int | float | tuple | list)


class Borders:
    """The lines around and within a range."""

    def __init__(self, cells: Any) -> None:
        self.api = cells

    def __getitem__(self, side: str) -> Border:
        return Border(self.api, side)

    def set(self, which: Any, *, line_style: Any = "continuous", weight: Any = "thin", color: Any = 0) -> None:
        """Draw these sides."""
        width = WEIGHTS[weight if given(weight) else "thin"]
        style = STYLES.get(line_style, 0) if given(line_style) else 0
        line = [number_of(color) if given(color) and color else 0, style, 0 if line_style is None else width]
        self.api.tell("lines", {LINES[side]: line for side in which})

    def clear(self, which: Any) -> None:
        """Take these sides' lines away."""
        self.set(which, line_style=None)

    def _shared(self, name: str) -> Any:
        values = {getattr(self[side], name) for side in GRID}
        return values.pop() if len(values) == 1 else None

    @property
    def line_style(self) -> Any:
        """What all sides share."""
        return self._shared("line_style")

    @line_style.setter
    def line_style(self, value: Any) -> None:
        for side in GRID:
            self[side].line_style = value

    @property
    def weight(self) -> Any:
        """What all sides share."""
        return self._shared("weight")

    @weight.setter
    def weight(self, value: Any) -> None:
        for side in GRID:
            self[side].weight = value

    @property
    def color(self) -> Any:
        """What all sides share."""
        return self._shared("color")

    @color.setter
    def color(self, value: Any) -> None:
        for side in GRID:
            self[side].color = value
