"""Charts in LibreOffice, put together from their parts: series, categories, axes, colors."""

from __future__ import annotations

import re
from typing import Any

from pipesheet.calc.office_documents import Documents, enum, meant, struct

CHART2 = "com.sun.star.chart2."
CHART_CLASS = "12dcae26-281f-416f-a234-c3086127382e"
COLORS, GRID = (0x4472C4, 0xED7D31, 0xA5A5A5, 0xFFC000, 0x5B9BD5, 0x70AD47), 0xD9D9D9
PLACE = re.compile(r"\$([A-Z]+)\$(\d+)")
TYPES = {"bar": "ColumnChartType", "column": "ColumnChartType", "line": "LineChartType", "area": "AreaChartType",
         "pie": "PieChartType"}  # fmt: skip


class Charts(Documents):
    """Operations on charts, which are known by sheet and name."""

    def _shapes(self, doc: str, sheet: str) -> list[Any]:
        page = self._sheet(doc, sheet).DrawPage
        shapes = (page.getByIndex(index) for index in range(page.Count))
        return [each for each in shapes if getattr(each, "CLSID", "").lower() == CHART_CLASS]

    def _shape(self, doc: str, sheet: str, name: str) -> Any:
        for each in self._shapes(doc, sheet):
            if _shape_name(each) == name:
                return each
        raise LookupError("There is no chart " + name + ".")

    def _chart(self, doc: str, sheet: str, name: str) -> Any:
        return self._shape(doc, sheet, name).Model

    def do_charts(self, doc: str, sheet: str) -> list[str]:
        """The names of the sheet's charts."""
        return [_shape_name(each) for each in self._shapes(doc, sheet)]

    def do_add_chart(self, doc: str, sheet: str, name: str, place: list[int]) -> None:
        """An empty chart: left, top, width and height in hundredths of mm."""
        x, y, width, height = place
        area = struct("com.sun.star.awt.Rectangle", X=x, Y=y, Width=width, Height=height)
        charts = self._sheet(doc, sheet).Charts
        sheets = self._document(doc).Sheets  # names of charts are the whole workbook's
        taken = {one for each in sheets.ElementNames for one in sheets.getByName(each).Charts.ElementNames}
        kept = next(f"Object {n}" for n in range(1, len(taken) + 2) if f"Object {n}" not in taken)
        charts.addNewByName(kept, area, (), False, False)
        self._shapes(doc, sheet)[-1].setName(name)
        chart = self._chart(doc, sheet, name)
        chart.attachDataProvider(self._document(doc).createInstance("com.sun.star.chart2.data.DataProvider"))

    def do_name_chart(self, doc: str, sheet: str, name: str, other: str) -> None:
        """Call it otherwise."""
        self._shape(doc, sheet, name).setName(other)

    def do_delete_chart(self, doc: str, sheet: str, name: str) -> None:
        """Take the chart away. That can be undone, whatever else cannot: Calc 7.4 ends where it shall not."""
        undo = self._document(doc).UndoManager
        locked = undo.isLocked()
        if locked:
            undo.unlock()
        self._sheet(doc, sheet).Charts.removeByName(self._shape(doc, sheet, name).PersistName)
        if locked:
            undo.lock()

    def do_chart_place(self, doc: str, sheet: str, name: str, place: Any) -> list[int]:
        """Left, top, width and height; set where given."""
        shape = self._shape(doc, sheet, name)
        if place is not None:
            shape.setPosition(struct("com.sun.star.awt.Point", X=place[0], Y=place[1]))
            shape.setSize(struct("com.sun.star.awt.Size", Width=place[2], Height=place[3]))
        at, size = shape.Position, shape.Size
        return [at.X, at.Y, size.Width, size.Height]

    # what it draws

    def do_chart_draw(self, doc: str, sheet: str, name: str, kind: str, series: list[Any], categories: Any) -> None:
        """Draw these series, each by where its values and its name are, over these categories."""
        chart = self._chart(doc, sheet, name)
        diagram = self._service(CHART2 + "Diagram")
        system = self._service(CHART2 + "CartesianCoordinateSystem2d")
        chart.setFirstDiagram(diagram)
        diagram.addCoordinateSystem(system)
        group = self._group(system, kind)
        made = [self._series(chart, values, label) for values, label in series]
        for number, each in enumerate(made):
            group.addDataSeries(each)
            each.Color, each.BorderStyle = COLORS[number % len(COLORS)], enum("drawing.LineStyle", "NONE")
        self._stack(made, kind)
        system.SwapXAndYAxis = kind.startswith("bar")
        self._set_categories(chart, system, categories)
        _plain_ground(diagram, system)

    def _group(self, system: Any, kind: str) -> Any:
        """The coordinate system's part of that type, made if need be."""
        wanted = CHART2 + TYPES[kind.split("_", maxsplit=1)[0]]
        for each in system.getChartTypes():
            if each.getChartType() == wanted:
                return each
        made = self._service(wanted)
        system.addChartType(made)
        return made

    def _series(self, chart: Any, values: str, label: str) -> Any:
        made = self._service(CHART2 + "DataSeries")
        made.setData((self._labeled(chart, values, label, "values-y"),))
        return made

    def _labeled(self, chart: Any, values: str, label: str, role: str) -> Any:
        labeled = self._service(CHART2 + "data.LabeledDataSequence")
        labeled.setValues(_sequence(chart, values, role))
        if label:
            labeled.setLabel(_sequence(chart, label, "label"))
        return labeled

    def _set_categories(self, chart: Any, system: Any, categories: Any) -> None:
        axis = system.getAxisByDimension(0, 0)
        scale = axis.getScaleData()
        scale.AxisType = 2  # com.sun.star.chart2.AxisType.CATEGORY
        scale.Categories = self._labeled(chart, categories, "", "categories") if categories else None
        axis.setScaleData(scale)

    @staticmethod
    def _stack(series: list[Any], kind: str) -> None:
        word = "Y_STACKING" if "stacked" in kind else "NO_STACKING"
        for each in series:
            each.StackingDirection = enum("chart2.StackingDirection", word)

    def do_chart_categories(self, doc: str, sheet: str, name: str, place: str) -> None:
        """What stands along its axis of categories."""
        chart = self._chart(doc, sheet, name)
        self._set_categories(chart, _system(chart), place)

    def do_chart_kind(self, doc: str, sheet: str, name: str, kind: str) -> None:
        """Draw all series in another way; their colors stay."""
        system = _system(self._chart(doc, sheet, name))
        for group, each in _ordered(system):
            self._move_series(system, group, each, kind)
        system.SwapXAndYAxis = kind.startswith("bar")

    def do_chart_source(self, doc: str, sheet: str, name: str) -> dict[str, Any]:
        """Its kind, its series in the order of their places, and its categories."""
        chart = self._chart(doc, sheet, name)
        if chart.getFirstDiagram() is None:
            return {"kind": None, "series": [], "categories": None}
        system = _system(chart)
        found = [_about(group, each, system) for group, each in _ordered(system)]
        sequence = system.getAxisByDimension(0, 0).getScaleData().Categories
        categories = sequence.getValues().getSourceRangeRepresentation() if sequence is not None else None
        return {"kind": found[0]["kind"] if found else None, "series": found, "categories": categories}

    def do_series_put(self, doc: str, sheet: str, name: str, index: int, values: dict[str, Any]) -> None:
        """Change one series: its ``kind``, its ``label``, and Calc's properties."""
        chart = self._chart(doc, sheet, name)
        system = _system(chart)
        group, series = _ordered(system)[index]
        for key, value in values.items():
            if key == "kind":
                self._move_series(system, group, series, value)
            elif key == "label":
                series.getDataSequences()[0].setLabel(_sequence(chart, value, "label"))
            elif key == "symbol":
                series.Symbol = _symbol(series.Symbol, value)
            elif key == "numbers":
                series.Label = struct("com.sun.star.chart2.DataPointLabel", ShowNumber=bool(value))
            else:
                series.setPropertyValue(key, meant(value))

    def _move_series(self, system: Any, group: Any, series: Any, kind: str) -> None:
        """To the part that draws that kind."""
        target = self._group(system, kind)
        if target != group:
            group.removeDataSeries(series)
            target.addDataSeries(series)
            if not group.getDataSeries():
                system.removeChartType(group)
        self._stack([series], kind)

    # what stands around it

    def do_chart_title(self, doc: str, sheet: str, name: str, *text: Any) -> Any:
        """Its title; set where given, and none where that is nothing."""
        chart = self._chart(doc, sheet, name)
        if text:
            chart.HasMainTitle = text[0] is not None
            if text[0] is not None:
                chart.Title.String = text[0]
        return chart.Title.String if chart.HasMainTitle else None

    def do_chart_legend(self, doc: str, sheet: str, name: str, *position: Any) -> Any:
        """Where its legend is; set where given, and none where that is nothing."""
        chart = self._chart(doc, sheet, name)
        if position:
            chart.HasLegend = position[0] is not None
            if position[0] is not None:
                chart.Legend.Alignment = enum("chart.ChartLegendPosition", position[0])
                chart.Legend.LineStyle = enum("drawing.LineStyle", "NONE")
                chart.Legend.FillStyle = enum("drawing.FillStyle", "NONE")
        return chart.Legend.Alignment.value if chart.HasLegend else None

    def do_axis(self, doc: str, sheet: str, name: str, dimension: int, values: dict[str, Any]) -> dict[str, Any]:
        """The axis of categories (0) or values (1), changed where something is given."""
        chart = self._chart(doc, sheet, name)
        axis = _system(chart).getAxisByDimension(dimension, 0)
        for key, value in values.items():
            self._set_axis(chart, axis, key, value)
        scale = axis.getScaleData()
        return {"visible": axis.Show, "reverse": scale.Orientation.value == "REVERSE", "minimum": scale.Minimum,
                "maximum": scale.Maximum, "title": _title_text(axis), "format": _axis_format(chart, axis)}  # fmt: skip

    def _set_axis(self, chart: Any, axis: Any, key: str, value: Any) -> None:
        if key == "visible":
            axis.Show = value
        elif key == "title":
            axis.setTitleObject(self._axis_title(value))
        elif key == "format":
            formats, english = chart.getNumberFormats(), struct("com.sun.star.lang.Locale", Language="en", Country="US")
            found = formats.queryKey(value, english, False)
            axis.LinkNumberFormatToSource = False
            axis.NumberFormat = found if found >= 0 else formats.addNew(value, english)
        else:
            scale = axis.getScaleData()
            if key == "reverse":
                scale.Orientation = enum("chart2.AxisOrientation", "REVERSE" if value else "MATHEMATICAL")
            elif key == "interval":
                scale.IncrementData.Distance = value
            else:
                setattr(scale, key.title(), value)
            axis.setScaleData(scale)

    def _axis_title(self, text: Any) -> Any:
        if text is None:
            return None
        title = self._service(CHART2 + "Title")
        part = self._service(CHART2 + "FormattedString")
        part.String = text
        title.setText((part,))
        return title


def _plain_ground(diagram: Any, system: Any) -> None:
    """No wall, and a light grid, as Excel draws."""
    wall = diagram.getWall()
    wall.FillStyle, wall.LineStyle = enum("drawing.FillStyle", "NONE"), enum("drawing.LineStyle", "NONE")
    grid = system.getAxisByDimension(1, 0).getGridProperties()
    grid.LineColor = GRID


def _shape_name(shape: Any) -> str:
    return str(shape.Name or shape.PersistName)


def _sequence(chart: Any, place: str, role: str) -> Any:
    made = chart.getDataProvider().createDataSequenceByRangeRepresentation(place)
    made.Role = role
    return made


def _system(chart: Any) -> Any:
    return chart.getFirstDiagram().getCoordinateSystems()[0]


def _ordered(system: Any) -> list[Any]:
    """Every series with its part, in the order of where their values are, whatever draws them."""
    found = [(group, each) for group in system.getChartTypes() for each in group.getDataSeries()]
    return sorted(found, key=lambda pair: _place(_values(pair[1])))


def _values(series: Any) -> str:
    return str(series.getDataSequences()[0].getValues().getSourceRangeRepresentation())


def _place(representation: str) -> tuple[int, str, int]:
    """Columns from left to right, then rows from top to bottom."""
    column, row = PLACE.findall(representation)[0]
    return len(column), column, int(row)


def _about(group: Any, series: Any, system: Any) -> dict[str, Any]:
    """A series in JSON."""
    label = series.getDataSequences()[0].getLabel()
    word = next(word for word, kind in TYPES.items() if CHART2 + kind == group.getChartType() and word != "bar")
    if word == "column" and system.SwapXAndYAxis:
        word = "bar"
    symbol = series.Symbol
    return {
        "kind": word, "stacked": series.StackingDirection.value == "Y_STACKING", "values": _values(series),
        "label": label.getSourceRangeRepresentation() if label is not None else None,
        "name": " ".join(str(text) for text in label.getTextualData()) if label is not None else "",
        "color": series.Color, "symbol": [symbol.Style.value, symbol.StandardSymbol, symbol.Size.Width,
                                          symbol.BorderColor, symbol.FillColor],
    }  # fmt: skip


def _symbol(symbol: Any, given: dict[str, Any]) -> Any:
    """The mark at each point of a line, changed."""
    if "style" in given:
        shown = given["style"] is not None
        symbol.Style = enum("chart2.SymbolStyle", "STANDARD" if shown else "NONE")
        symbol.StandardSymbol = given["style"] or 0
    if "size" in given:
        symbol.Size = struct("com.sun.star.awt.Size", Width=given["size"], Height=given["size"])
    symbol.BorderColor = given.get("border", symbol.BorderColor)
    symbol.FillColor = given.get("fill", symbol.FillColor)
    return symbol


def _title_text(axis: Any) -> Any:
    title = axis.getTitleObject()
    return "".join(part.String for part in title.getText()) if title is not None else None


def _axis_format(chart: Any, axis: Any) -> Any:
    key = axis.getPropertyValue("NumberFormat")
    return chart.getNumberFormats().getByKey(key).FormatString if key is not None else "General"
