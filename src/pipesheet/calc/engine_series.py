"""What a chart draws and what stands around it: xlwings' ``ChartSeries``, ``ChartAxis`` and ``ChartLegend``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.engine_cells import POINT
from pipesheet.calc.engine_formats import Rgb, given, number_of, rgb_of
from pipesheet.calc.formulas import to_calc

LEGEND = {"top": "TOP", "bottom": "BOTTOM", "left": "LEFT", "right": "RIGHT", "corner": "RIGHT"}
MARKERS = {"square": 0, "diamond": 1, "triangle": 3, "circle": 8, "star": 12, "x": 10, "plus": 11,
           "dash": 13}  # fmt: skip


def kind_of(series: dict[str, Any]) -> str:
    """The type in a word of Excel's."""
    word = str(series["kind"])
    if word in ("column", "bar"):
        return f"{word}_stacked" if series["stacked"] else f"{word}_clustered"
    marked = "_markers" if word == "line" and series["symbol"][0] != "NONE" else ""
    return f"{word}{marked}" + "_stacked" * bool(series["stacked"])


class ChartSeriesCollection:
    """What a chart draws."""

    def __init__(self, chart: Any) -> None:
        self.api = chart

    def __len__(self) -> int:
        return len(self.api.ask("chart_source")["series"])

    def __iter__(self) -> Iterator[ChartSeries]:
        return (ChartSeries(self.api, index) for index in range(len(self)))

    def __call__(self, number: int) -> ChartSeries:
        """By its number."""
        if not 1 <= number <= len(self):
            raise IndexError(number)
        return ChartSeries(self.api, number - 1)


class SeriesApi:
    """A few words of Excel's ``Series``: its line shown or not, and numbers beside its points."""

    def __init__(self, series: ChartSeries) -> None:
        self._series = series

    @property
    def Format(self) -> SeriesApi:  # noqa: N802  Excel's name
        """How it looks."""
        return self

    @property
    def Line(self) -> SeriesApi:  # noqa: N802  Excel's name
        """Its line."""
        return self

    @property
    def Visible(self) -> bool:  # noqa: N802  Excel's name
        """Whether the line is drawn."""
        return True

    @Visible.setter
    def Visible(self, value: bool) -> None:  # noqa: N802  Excel's name
        self._series.put(LineStyle=["drawing.LineStyle", "SOLID" if value else "NONE"])

    @property
    def HasDataLabels(self) -> bool:  # noqa: N802  Excel's name
        """Whether each point says its number."""
        return False

    @HasDataLabels.setter
    def HasDataLabels(self, value: bool) -> None:  # noqa: N802  Excel's name
        self._series.put(numbers=value)


class ChartSeries:
    """One line, or one row of columns."""

    axis_group = "primary"

    def __init__(self, chart: Any, index: int) -> None:
        self.chart = chart
        self._index = index

    @property
    def api(self) -> SeriesApi:
        """What Excel has words for and xlwings has not."""
        return SeriesApi(self)

    def put(self, **values: Any) -> None:
        """Calc's properties of it."""
        self.chart.tell("series_put", self._index, values)

    @property
    def _about(self) -> dict[str, Any]:
        return dict(self.chart.ask("chart_source")["series"][self._index])

    @property
    def name(self) -> str:
        """As the legend says it."""
        return str(self._about["name"])

    @property
    def chart_type(self) -> str:
        """A word of Excel's."""
        return kind_of(self._about)

    @property
    def fill_color(self) -> Rgb | None:
        """The color of its columns."""
        return rgb_of(self._about["color"])

    line_color = fill_color

    @property
    def marker_style(self) -> str:
        """A word of Excel's."""
        style, number = self._about["symbol"][:2]
        if style != "STANDARD":
            return {"NONE": "none"}.get(style, "automatic")
        return next((word for word, symbol in MARKERS.items() if symbol == number), "automatic")

    @property
    def marker_size(self) -> int:
        """In points."""
        return round(float(self._about["symbol"][2]) / POINT)

    @property
    def marker_foreground_color(self) -> Rgb | None:
        """The mark's edge."""
        return rgb_of(self._about["symbol"][3])

    @property
    def marker_background_color(self) -> Rgb | None:
        """The mark's fill."""
        return rgb_of(self._about["symbol"][4])

    def set(self, **changes: Any) -> None:
        """Several at once; the type first, as it may bring its own colors."""
        asked = {name: value for name, value in changes.items() if given(value)}
        values: dict[str, Any] = {}
        if "chart_type" in asked:
            values["kind"] = asked["chart_type"]
            if asked["chart_type"] == "line":
                values["symbol"] = {"style": None}
        for name in ("fill_color", "line_color"):
            if name in asked:
                values["Color"] = number_of(asked[name])
        if symbol := _symbol(asked):
            values["symbol"] = symbol
        if "name" in asked:
            values["label"] = _label(asked["name"])
        self.chart.tell("series_put", self._index, values)


def _symbol(asked: dict[str, Any]) -> dict[str, Any]:
    symbol: dict[str, Any] = {}
    if "marker_style" in asked:
        symbol["style"] = MARKERS.get(asked["marker_style"])
    if "marker_size" in asked:
        symbol["size"] = round(asked["marker_size"] * POINT)
    for name, part in (("marker_foreground_color", "border"), ("marker_background_color", "fill")):
        if name in asked:
            symbol[part] = number_of(asked[name])
    return symbol


def _label(name: str) -> str:
    """Where the name stands, for ``=Deals!$A$1``, or itself."""
    return to_calc(name.removeprefix("=")) if name.startswith("=") else '"' + name.replace('"', '""') + '"'


class ChartAxis:
    """The axis of categories, or of values."""

    crosses = "automatic"

    def __init__(self, chart: Any, dimension: int) -> None:
        self.api = chart
        self._dimension = dimension

    def _get(self, name: str) -> Any:
        return self.api.ask("axis", self._dimension, {})[name]

    @property
    def title(self) -> str | None:
        """Nothing where there is none."""
        title: str | None = self._get("title")
        return title

    @property
    def visible(self) -> bool:
        """Whether it is shown."""
        return bool(self._get("visible"))

    @property
    def reverse_order(self) -> bool:
        """Whether it goes the other way."""
        return bool(self._get("reverse"))

    @property
    def number_format(self) -> str:
        """The code in English."""
        return str(self._get("format"))

    @property
    def minimum_scale(self) -> float | None:
        """Nothing where it is automatic."""
        minimum: float | None = self._get("minimum")
        return minimum

    @property
    def maximum_scale(self) -> float | None:
        """Nothing where it is automatic."""
        maximum: float | None = self._get("maximum")
        return maximum

    def set(self, **changes: Any) -> None:
        """Several at once."""
        words = {"reverse_order": "reverse", "number_format": "format", "visible": "visible", "title": "title",
                 "minimum_scale": "minimum", "maximum_scale": "maximum"}  # fmt: skip
        values = {words[name]: value for name, value in changes.items() if given(value) and name in words}
        if values:
            self.api.ask("axis", self._dimension, values)


class ChartLegend:
    """The legend of a chart."""

    def __init__(self, chart: Any) -> None:
        self.api = chart

    @property
    def visible(self) -> bool:
        """Whether there is one."""
        return self.api.ask("chart_legend") is not None

    @visible.setter
    def visible(self, value: bool) -> None:
        self.api.tell("chart_legend", "RIGHT" if value else None)

    @property
    def position(self) -> str | None:
        """A word of Excel's; nothing where there is none."""
        found = self.api.ask("chart_legend")
        return next((word for word, calc in LEGEND.items() if calc == found), None)

    @position.setter
    def position(self, value: str) -> None:
        self.api.tell("chart_legend", LEGEND[value])
