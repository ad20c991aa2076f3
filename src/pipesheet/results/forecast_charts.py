"""The charts of the Forecast sheet: certainty in one ramp of blue, the target as a mark across it."""

from __future__ import annotations

from collections.abc import Sequence

from pipesheet.analysis import Analysis
from pipesheet.results import look
from pipesheet.results.forecast_tables import FIRST_COLUMN, Cut
from pipesheet.sheets import Chart, Range, Series, TablePlan

CHARTS_ROW = 11
_RAMP = (
    ("Won", look.WON, ""),
    ("Commit", look.COMMIT, ""),
    ("Best case", look.BEST_CASE, ""),
    ("Pipeline", look.PIPELINE, look.PIPELINE_EDGE),
)
_OWNERS_SHOWN = 20
_WIDE, _NARROW, _HEIGHT = 818, 620, 330


def charts(analysis: Analysis, periods: TablePlan, cuts: Sequence[Cut]) -> tuple[Chart, ...]:
    """By month and by quarter on top, by owner over their table."""
    grains = {r.period: r.bucket for r in analysis.forecast.rows if r.dimension == "all" and r.method == "stated"}
    labels = [str(label) for label in periods.columns[0].contents]
    spans = {g: [i for i, label in enumerate(labels) if grains[label] == g] for g in ("month", "quarter")}
    spans["month"] = _year_round(spans["month"], labels, f"{analysis.as_of:%Y-%m}")
    drawn = [
        _stack(
            periods,
            spans[grain],
            title=f"Forecast by {grain}",
            row=CHARTS_ROW,
            column=column,
            width=width,
            currency=analysis.currency,
        )
        for grain, column, width in (("month", FIRST_COLUMN, _WIDE), ("quarter", FIRST_COLUMN + 9, _NARROW))
        if spans[grain]
    ]
    for cut in cuts:
        if cut.chart_row is not None:
            shown = range(min(_OWNERS_SHOWN, len(cut.table.columns[0].contents)))
            heading = f"{analysis.forecast.current} by {cut.dimension}"
            drawn.append(
                _stack(
                    cut.table,
                    shown,
                    title=heading,
                    row=cut.chart_row,
                    column=FIRST_COLUMN,
                    width=_WIDE + _NARROW + 12,
                    currency=analysis.currency,
                )
            )
    return tuple(drawn)


def _year_round(months: list[int], labels: Sequence[str], now: str) -> list[int]:
    """Twelve months, three of them past: more labels than that run into each other."""
    past = sum(labels[i] < now for i in months)
    return months[max(0, past - 3) :][:12]


def _stack(
    table: TablePlan, lines: Sequence[int], *, title: str, row: int, column: int, width: int, currency: str
) -> Chart:
    first, last = table.row + 1 + lines[0], table.row + 1 + lines[-1]
    headers = [c.header for c in table.columns]

    def down(header: str) -> Range:
        at = table.column + headers.index(header)
        return Range("forecast", first, at, last, at)

    names = down(headers[0])
    series = [Series(header, names, down(header), color, edge=edge) for header, color, edge in _RAMP]
    targets = table.columns[headers.index("Target")].contents[lines[0] : lines[-1] + 1]
    if any(target is not None for target in targets):
        series.append(Series("Target", names, down("Target"), look.INK, line=True, marker=True))
    return Chart(
        "column",
        title,
        tuple(series),
        row,
        column,
        width,
        _HEIGHT,
        stacked=True,
        number=look.axis_money(currency),
        alt_text=f"{title}: won, commit, best case and pipeline stacked, with target",
    )
