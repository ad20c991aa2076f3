"""Native charts from their descriptions, with the values they show stored in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pipesheet.sheets import Chart, Content, Formula, Link, Range, Series, SheetPlan, Typeface

_INK, _SOFT, _RULE, _AXIS = "#14202B", "#46525E", "#E6EAEE", "#B4BFCA"

Font = Mapping[str, Any]


class Shown:
    """What the cells of the sheets hold, for the copy of its data that a chart keeps."""

    def __init__(self, plans: Sequence[SheetPlan]) -> None:
        self._plans = {plan.key: plan for plan in plans}
        self._puts: dict[str, Mapping[tuple[int, int], Content]] = {}

    def reference(self, area: Range) -> list[str | int]:
        """The range as XlsxWriter takes it, counted from 0."""
        corners = (area.first_row - 1, area.first_column - 1, area.last_row - 1, area.last_column - 1)
        return [self._plans[area.sheet].name, *corners]

    def values(self, area: Range) -> list[str | float]:
        """What the range shows, row by row; empty text where there is nothing."""
        return [
            _plain(self._content(area.sheet, row, column))
            for row in range(area.first_row, area.last_row + 1)
            for column in range(area.first_column, area.last_column + 1)
        ]

    def _content(self, key: str, row: int, column: int) -> Content:
        for table in self._plans[key].tables:
            across, down = column - table.column, row - table.row - 1
            if 0 <= across < len(table.columns) and 0 <= down < len(table.columns[across].contents):
                return table.columns[across].contents[down]
        if key not in self._puts:
            self._puts[key] = {(p.row, p.column): p.content for p in self._plans[key].puts}
        return self._puts[key].get((row, column))


def _plain(content: Content) -> str | float:
    if isinstance(content, Formula):
        return content.value
    if isinstance(content, Link):
        return content.text
    if isinstance(content, dt.date):
        return content.isoformat()
    return "" if content is None else content


def add_chart(book: Any, sheet: Any, chart: Chart, *, shown: Shown, typeface: Typeface) -> None:
    """Draws the chart on an XlsxWriter worksheet; series that are lines lie over the others."""
    # Without a name a chart's text is in the theme's font, which is what a typeface with a scheme follows.
    font = {"size": 9, "color": _SOFT} | ({} if typeface.scheme else {"name": typeface.name})
    solid = [s for s in chart.series if not _over(chart, s)]
    drawn = book.add_chart(_kind(chart))
    for series in solid:
        drawn.add_series(_series(chart, series, shown, font))
    lines = [s for s in chart.series if _over(chart, s)]
    if lines:
        over = book.add_chart({"type": "line"})
        for series in lines:
            over.add_series(_series(chart, series, shown, font))
        drawn.combine(over)
    _dress(drawn, chart, font)
    placing = {"object_position": 2, "description": chart.alt_text or chart.title}
    sheet.insert_chart(chart.row - 1, chart.column - 1, drawn, placing)


def _kind(chart: Chart) -> dict[str, str]:
    stacked = {"subtype": "stacked"} if chart.stacked and chart.kind != "line" else {}
    return {"type": chart.kind, **stacked}


def _over(chart: Chart, series: Series) -> bool:
    return series.line and chart.kind != "line"


def _series(chart: Chart, series: Series, shown: Shown, font: Font) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "name": series.name,
        "categories": shown.reference(series.categories),
        "categories_data": shown.values(series.categories),
        "values": shown.reference(series.values),
        "values_data": shown.values(series.values),
    }
    if series.line or chart.kind == "line":
        return wanted | _stroke(series) | _labels(series, font)
    border = {"color": series.edge, "width": 0.75} if series.edge else {"none": True}
    return wanted | {"fill": {"color": series.color}, "border": border, "gap": 55} | _labels(series, font)


def _stroke(series: Series) -> dict[str, Any]:
    if not series.marker:
        return {"line": {"color": series.color, "width": 2.25}, "marker": {"type": "none"}}
    look = {"color": series.color}
    return {"line": {"none": True}, "marker": {"type": "long_dash", "size": 16, "fill": look, "border": look}}


def _labels(series: Series, font: Font) -> dict[str, Any]:
    if not series.labels:
        return {}
    return {"data_labels": {"value": True, "num_format": series.labels, "font": {**font, "color": _INK}}}


def _dress(drawn: Any, chart: Chart, font: Font) -> None:
    title: dict[str, Any] = {
        "name": chart.title,
        "name_font": {**font, "size": 12, "bold": True, "color": _INK},
        "overlay": False,
        "layout": {"x": 0.02, "y": 0.03},
    }
    drawn.set_title(title if chart.title else {"none": True})
    names: dict[str, Any] = {
        "num_font": font,
        "line": {"color": _AXIS},
        "major_tick_mark": "none",
        "reverse": chart.reverse,
    }
    values: dict[str, Any] = {
        "num_font": font,
        "num_format": chart.number or "General",
        "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": _RULE, "width": 0.75}},
        "major_tick_mark": "none",
    }
    if chart.kind == "bar":
        # With the first category on top the value axis would be there too; bars are labelled and need none.
        values |= {"visible": False, "major_gridlines": {"visible": False}}
        # XlsxWriter's x axis is the one that lies, whatever it shows.
        drawn.set_x_axis(values)
        drawn.set_y_axis(names)
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis(values)
    drawn.set_legend({"position": "bottom", "font": font} if chart.legend else {"none": True})
    drawn.set_chartarea({"border": {"color": _RULE}, "fill": {"color": "#FFFFFF"}})
    drawn.set_size({"width": chart.width, "height": chart.height})
    drawn.show_blanks_as("gap")
