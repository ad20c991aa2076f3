"""Native charts on live sheets: the same series, colours and titles as in the file."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pipesheet.excel.looks import refined
from pipesheet.grid import column_letters
from pipesheet.sheets import Chart, Range, Series

POINTS_PER_PIXEL = 0.75
_KINDS = {
    ("column", False): "column_clustered", ("column", True): "column_stacked",
    ("bar", False): "bar_clustered", ("bar", True): "bar_stacked", ("line", False): "line", ("line", True): "line",
}  # fmt: skip


def redraw(sheet: Any, charts: tuple[Chart, ...]) -> None:
    """Takes every chart off a sheet of ours and draws these."""
    for old in list(sheet.charts):
        old.delete()
    for chart in charts:
        _draw(sheet, chart)


def _draw(sheet: Any, chart: Chart) -> None:
    corner = sheet.range((chart.row, chart.column))
    size = {"width": chart.width * POINTS_PER_PIXEL, "height": chart.height * POINTS_PER_PIXEL}
    drawn = sheet.charts.add(left=corner.left, top=corner.top, style=None, **size)
    drawn.set_source_data(sheet.range(_address(chart)), plot_by="columns")
    drawn.chart_type = _KINDS[chart.kind, chart.stacked]
    drawn.title = chart.title or None
    for made, series in zip(drawn.series, chart.series, strict=True):
        _dress(made, series, chart)
    drawn.legend.visible = chart.legend
    if chart.legend:
        drawn.legend.position = "bottom"
    _axes(drawn, chart)
    refined(lambda: setattr(drawn.api[0], "Placement", 1))
    refined(lambda: setattr(drawn.api[0].ShapeRange, "AlternativeText", chart.alt_text or chart.title))


def _address(chart: Chart) -> str:
    """The columns a chart shows, with the headers above them: the names first, then each series."""
    ranges = [chart.series[0].categories, *(series.values for series in chart.series)]
    return ",".join(map(_with_header, _joined(ranges)))


def _joined(ranges: list[Range]) -> list[Range]:
    """Neighbouring columns as one range, in their order."""
    joined = [ranges[0]]
    for before, after in pairwise(ranges):
        last = joined[-1]
        if after.first_column == before.last_column + 1:
            joined[-1] = Range(last.sheet, last.first_row, last.first_column, last.last_row, after.last_column)
        else:
            joined.append(after)
    return joined


def _with_header(area: Range) -> str:
    first, last = column_letters(area.first_column), column_letters(area.last_column)
    return f"${first}${area.first_row - 1}:${last}${area.last_row}"


def _dress(made: Any, series: Series, chart: Chart) -> None:
    made.name = series.name
    if not series.line and chart.kind != "line":
        made.fill_color = series.color
        if series.edge:
            made.line_color = series.edge
        _label(made, series)
        return
    made.chart_type = "line_markers" if series.marker else "line"
    if series.marker:
        made.set(
            marker_style="dash", marker_size=16, marker_foreground_color=series.color,
            marker_background_color=series.color,
        )  # fmt: skip
        refined(lambda: setattr(made.api.Format.Line, "Visible", False))
    else:
        made.line_color = series.color
    _label(made, series)


def _label(made: Any, series: Series) -> None:
    if series.labels:
        refined(lambda: _labelled(made.api, series.labels))


def _labelled(api: Any, number_format: str) -> None:
    api.HasDataLabels = True
    api.DataLabels().NumberFormat = number_format


def _axes(drawn: Any, chart: Chart) -> None:
    drawn.value_axis.number_format = chart.number or "General"
    if chart.kind == "bar":
        drawn.value_axis.visible = False
        drawn.category_axis.reverse_order = chart.reverse
    refined(lambda: setattr(drawn.api[1].ChartGroups(1), "GapWidth", 55))
