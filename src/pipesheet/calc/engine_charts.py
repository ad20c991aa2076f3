"""Charts: what xlwings' ``Charts`` and ``Chart`` call, over LibreOffice Calc."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.engine_cells import POINT
from pipesheet.calc.engine_ranges import Range
from pipesheet.calc.engine_series import ChartAxis, ChartLegend, ChartSeriesCollection, kind_of
from pipesheet.calc.formulas import to_calc


class Charts:
    """The charts of a sheet."""

    def __init__(self, sheet: Any) -> None:
        self.parent = sheet
        self.api = sheet.office

    def _names(self) -> list[str]:
        return [str(name) for name in self.parent.ask("charts")]

    def __iter__(self) -> Iterator[Chart]:
        return (Chart(self.parent, name) for name in self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: str) -> bool:
        return name in self._names()

    def __call__(self, key: int | str) -> Chart:
        """By its name or number."""
        names = self._names()
        if isinstance(key, int):
            return Chart(self.parent, names[key - 1])
        if key not in names:
            raise KeyError(key)
        return Chart(self.parent, key)

    def add(  # noqa: PLR0913  as xlwings calls it
        self, left: float, top: float, width: float, height: float, *,
        chart_type: str | None, source: Range | None, plot_by: str | None, name: str | None, anchor: Any, style: Any,
    ) -> Chart:  # fmt: skip
        """A chart at that place, in points. Styles are Excel's own."""
        del style
        if anchor is not None:
            left, top = anchor.left, anchor.top
        names = self._names()
        called = name or next(f"Chart {n}" for n in range(1, len(names) + 2) if f"Chart {n}" not in names)
        self.parent.tell("add_chart", called, [round(each * POINT) for each in (left, top, width, height)])
        made = Chart(self.parent, called)
        if chart_type is not None:
            made.chart_type = chart_type
        if source is not None:
            made.set_source_data(source, plot_by)
        return made


class Chart:
    """A chart, known by its name."""

    _kind = "column_clustered"
    plot_by = "columns"
    style = 0

    def __init__(self, sheet: Any, name: str) -> None:
        self.parent = sheet
        self._name = name
        self.category_axis = ChartAxis(self, 0)
        self.value_axis = ChartAxis(self, 1)
        self.legend = ChartLegend(self)

    @property
    def api(self) -> Chart:
        """There is no other object behind it."""
        return self

    def ask(self, operation: str, *args: Any) -> Any:
        """The answer of an operation on this chart."""
        return self.parent.ask(operation, self._name, *args)

    def tell(self, operation: str, *args: Any) -> None:
        """Have an operation done on this chart."""
        self.parent.tell(operation, self._name, *args)

    @property
    def name(self) -> str:
        """As the sheet calls it."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.tell("name_chart", value)
        self._name = value

    @property
    def series(self) -> ChartSeriesCollection:
        """What it draws, in the order of where the values are."""
        return ChartSeriesCollection(self)

    @property
    def chart_type(self) -> str:
        """A word of Excel's: that of the first series."""
        found = self.ask("chart_source")["series"]
        return kind_of(found[0]) if found else self._kind

    @chart_type.setter
    def chart_type(self, value: str) -> None:
        self._kind = value
        if self.ask("chart_source")["series"]:
            self.tell("chart_kind", value)

    def set_source_data(self, source: Range, plot_by: str | None = None) -> None:
        """Draw a block, or blocks of the same rows side by side; a row of texts above names the series."""
        areas = [source, *source.others]
        rows, columns = source.shape[0], sum(area.shape[1] for area in areas)
        by_rows = plot_by == "rows" or (plot_by is None and columns > rows)
        lines = [line for area in areas for line in (_lines_across(area) if by_rows else _lines_down(area))]
        named = any(isinstance(line(1, 1).raw_value, str) for line in lines)
        categories = _body(lines.pop(0), named) if len(lines) > 1 and _holds_words(lines[0], named) else None
        series = [[_calc(_body(line, named)), _calc(line(1, 1)) if named else ""] for line in lines]
        self.tell("chart_draw", self._kind, series, _calc(categories) if categories else None)

    def set_x_axis_values(self, source: Range) -> None:
        """What stands along the axis of categories."""
        self.tell("chart_categories", _calc(source))

    @property
    def title(self) -> str | None:
        """Nothing where there is none."""
        title: str | None = self.ask("chart_title")
        return title

    @title.setter
    def title(self, value: str | None) -> None:
        self.tell("chart_title", value)

    def _move(self, index: int, points: float) -> None:
        place = self.ask("chart_place", None)
        place[index] = round(points * POINT)
        self.tell("chart_place", place)

    @property
    def left(self) -> float:
        """In points."""
        return round(float(self.ask("chart_place", None)[0]) / POINT, 2)

    @left.setter
    def left(self, value: float) -> None:
        self._move(0, value)

    @property
    def top(self) -> float:
        """In points."""
        return round(float(self.ask("chart_place", None)[1]) / POINT, 2)

    @top.setter
    def top(self, value: float) -> None:
        self._move(1, value)

    @property
    def width(self) -> float:
        """In points."""
        return round(float(self.ask("chart_place", None)[2]) / POINT, 2)

    @width.setter
    def width(self, value: float) -> None:
        self._move(2, value)

    @property
    def height(self) -> float:
        """In points."""
        return round(float(self.ask("chart_place", None)[3]) / POINT, 2)

    @height.setter
    def height(self, value: float) -> None:
        self._move(3, value)

    def delete(self) -> None:
        """It goes."""
        self.tell("delete_chart")


def _lines_down(area: Range) -> list[Range]:
    return [area.part(1, column, area.shape[0], column) for column in range(1, area.shape[1] + 1)]


def _lines_across(area: Range) -> list[Range]:
    return [area.part(row, 1, row, area.shape[1]) for row in range(1, area.shape[0] + 1)]


def _body(line: Range, named: bool) -> Range:
    """The line without its name."""
    first = (2 if line.shape[0] > 1 else 1, 1 if line.shape[0] > 1 else 2) if named else (1, 1)
    return line.part(*first, *line.shape)


def _holds_words(line: Range, named: bool) -> bool:
    """Texts and dates are categories; so are numbers under an empty corner."""
    values = line.raw_value
    flat = [value for row in values for value in row] if isinstance(values, list) else [values]
    return (named and flat[0] is None) or any(not isinstance(value, float | int | None) for value in flat[named:])


def _calc(cells: Range) -> str:
    return to_calc(cells.reference)
