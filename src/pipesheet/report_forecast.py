"""The forecast's part of the report: landing bar, headline figures, months, quarters, owners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipesheet import figures, wording
from pipesheet.charts import Columns, Landing, Part, Stack, landing_bar, meter, stacked_columns
from pipesheet.drawing import Colour, Svg, Words
from pipesheet.figures import count, long_money, percent, period, plain, short_money, times
from pipesheet.forecast import METHODS, NOBODY, OTHERS, Bucket, Forecast, ForecastRow, Method
from pipesheet.language import later, say
from pipesheet.report_page import LARGER, Card, Cell, Figure, Head, Table, Tone, Widths

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis

LANDING_WIDTHS = (1076, 680, 358)
"""Drawn for a desk, for paper and for a phone: text keeps its size, the bar gives way."""
MONTHS_SHOWN = 6
QUARTERS_SHOWN = 6
ADRIFT: tuple[Bucket, ...] = ("later", "overdue", "undated")
NAMES: Mapping[Method, str] = {"stated": later("Weighted forecast"), "evidence": later("Forecast on evidence")}
_MONTHLY: Mapping[Method, str] = {
    "stated": later("Weighted forecast by month{currency}; each open deal counted at its probability"),
    "evidence": later(
        "Weighted forecast by month{currency}; each open deal counted at what it has earned by its stage's criteria"
    ),
}
_BY_OWNER: Mapping[tuple[Method, bool], str] = {
    ("stated", False): later("{period} by owner, weighted forecast"),
    ("stated", True): later("{period} by owner, weighted forecast against their own target"),
    ("evidence", False): later("{period} by owner, forecast on evidence"),
    ("evidence", True): later("{period} by owner, forecast on evidence against their own target"),
}
OWNERS_SHOWN = 40
OWNERS_FIRST = 15
UNNAMED: Mapping[str, str] = {
    "": later("No owner"), NOBODY: later("No owner"), OTHERS: later("All other owners"),
}  # fmt: skip
"""Lines of the forecast that are of nobody in particular: shown, but never named in a sentence."""
SERIES = (
    (later("Closed won"), "won"), (later("Commit"), "commit"),
    (later("Best case"), "best"), (later("Pipeline"), "pipe"),
)  # fmt: skip


def landing(model: Landing | None, colour: Colour) -> tuple[Svg, ...]:
    """One bar per page width."""
    return tuple(landing_bar(model, colour, width) for width in LANDING_WIDTHS) if model else ()


def landing_model(analysis: Analysis) -> Landing | None:
    """What is won, what is expected by category, and the target."""
    row = analysis.forecast.headline
    if row is None or row.total <= 0 or not (row.target or row.open_weighted):
        return None  # one part without a target is no picture
    bases = category_bases(analysis, row)
    parts = (
        Part(say("Closed won"), row.won, "won"),
        Part(say("Commit"), row.commit, "commit", _at(bases.get("commit"))),
        Part(say("Best case"), row.best_case, "best", _at(bases.get("best case"))),
        Part(say("Pipeline, weighted"), row.pipeline, "pipe"),
    )
    title = say("Where {period} is forecast to land", period=period(row.period))
    words = Words("landing", title, _landing_told(row, analysis.currency))
    return Landing(words, parts, row.total, row.target, analysis.currency)


def _landing_told(row: ForecastRow, currency: str) -> str:
    values = {
        "total": row.total, "won": row.won, "commit": row.commit, "best": row.best_case, "pipeline": row.pipeline,
    }  # fmt: skip
    money = {name: short_money(value, currency) for name, value in values.items()}
    if row.target:
        return say(
            "Forecast {total} against a target of {target}: closed won {won}, commit {commit}, best case {best}, "
            "pipeline, weighted {pipeline}.",
            **money,
            target=short_money(row.target, currency),
        )
    return say(
        "Forecast {total}: closed won {won}, commit {commit}, best case {best}, pipeline, weighted {pipeline}.",
        **money,
    )


def category_bases(analysis: Analysis, row: ForecastRow) -> Mapping[str, tuple[float, float]]:
    """Category -> (amount, weighted) of the open deals that close in that period and are not overdue."""
    frame = analysis.deals
    if row.start is None or row.end is None:
        return {}
    due = frame["close_date"]
    inside = frame.filter((frame["outcome"] == "open") & (due >= max(row.start, analysis.as_of)) & (due <= row.end))
    counted = METHODS[row.method]
    found = {}
    for category in ("commit", "best case", "pipeline"):
        part = inside.filter(inside["category"] == category)
        found[category] = (float(part["amount"].sum() or 0.0), float(part[counted].sum() or 0.0))
    return found


def _at(basis: tuple[float, float] | None) -> str:
    amount, weighted = basis or (0.0, 0.0)
    return say("at {share}", share=percent(weighted / amount)) if amount > 0 else ""


def headline_figures(analysis: Analysis) -> tuple[Figure, ...]:
    """The numbers a reader looks for first; those that cannot be said are left out."""
    row = analysis.forecast.headline
    if row is None:
        return ()
    currency = analysis.currency
    name = period(row.period)
    shown = [
        Figure(say(NAMES[row.method]), short_money(row.total, currency), *_against_target(row, currency, name)),
        Figure(say("Closed won"), short_money(row.won, currency), _won_note(row), id="won"),
        _commit_figure(analysis, row),
    ]
    if row.coverage is not None:
        need = analysis.forecast.required_coverage
        note = say("win rate asks for {coverage}", coverage=times(need)) if need else say("open ÷ still to win")
        shown.append(Figure(say("Pipeline coverage"), times(row.coverage), note))
    if analysis.findings:
        shown.append(_stake_figure(analysis))
    return tuple(shown)


def _commit_figure(analysis: Analysis, row: ForecastRow) -> Figure:
    everything = analysis.forecast.row("all", method=analysis.forecast.method)
    if everything is not None and not row.open_deals:
        none = say("none of them due in {period}", period=period(row.period, short=True))
        return Figure(say("Open deals"), figures.number(everything.open_deals), none if everything.open_deals else "")
    commit = category_bases(analysis, row).get("commit", (0.0, 0.0))[0]
    money = short_money(commit, analysis.currency)
    return Figure(say("Commit, still open"), money, say("amount, before weighting"))


def _against_target(row: ForecastRow, currency: str, name: str) -> tuple[str, Tone]:
    if not row.target:
        return say("{period}, no target set", period=name), ""
    gap = row.target - row.total
    money = short_money(abs(gap), currency)
    if gap > 0:
        return say("▼ {money} short of target", money=money), "neg"
    return say("▲ {money} above target", money=money), "pos"


def _won_note(row: ForecastRow) -> str:
    if row.attainment is None:
        return count(row.won_deals, "deal")
    share = percent(row.attainment)
    return say("{n} {n:deal|deals}, {share} of target", n=row.won_deals, share=share)


def _stake_figure(analysis: Analysis) -> Figure:
    unproven = analysis.bridge.claimed - analysis.bridge.evidence
    errors = sum(f.severity == "error" for f in analysis.findings)
    money = short_money(unproven, analysis.currency)
    note = say("{money} unproven", money=money) if unproven >= 1 else count(errors, "error")
    return Figure(say("To mend"), count(len(analysis.findings), "finding"), note, "neg" if errors else "")


def months_card(analysis: Analysis, colour: Colour, widths: Widths = LARGER) -> Card | None:
    """Stacked columns of the current quarter and the months after it."""
    quarter = analysis.forecast.headline
    first = quarter.start if quarter else None
    months = analysis.forecast.periods("month", method=analysis.forecast.method)
    rows = [r for r in months if first and r.start and r.start >= first][:MONTHS_SHOWN]
    if not any(r.total or r.target for r in rows):
        return None
    inside = sum(1 for r in rows if quarter and quarter.end and r.start and r.start <= quarter.end)
    title = wording.months_title(rows, quarter, analysis.currency)
    words = Words("months", title, "; ".join(_told(r, analysis.currency) for r in rows) + ".")
    series = tuple((say(name), tone) for name, tone in SERIES)
    model = Columns(words, series, tuple(_stack(r) for r in rows), analysis.currency, inside)
    charts = tuple(stacked_columns(model, colour, w, 280 if w < 400 else 396) for w in widths)
    unit = f", {analysis.currency}" if analysis.currency else ""
    subtitle = say(_MONTHLY[analysis.forecast.method], currency=unit)
    numbers = period_table("months-numbers", say("Forecast by month"), rows, analysis)
    return Card("months", title, subtitle, charts, numbers, model=model)


def _told(row: ForecastRow, currency: str) -> str:
    name, total, target = period(row.period), short_money(row.total, currency), short_money(row.target, currency)
    if row.target:
        return say("{period} {money}, target {target}", period=name, money=total, target=target)
    return f"{name} {total}"


def _stack(row: ForecastRow) -> Stack:
    values = (row.won, row.commit, row.best_case, row.pipeline)
    share = row.total / row.target if row.target else None
    remark = say("{share} of target", share=percent(share)) if share is not None else ""
    return Stack(period(row.period, short=True), values, row.total, row.target, remark, bool(share and share >= 1))


def quarters_card(analysis: Analysis) -> Card | None:
    """The table of quarters, the year, and the buckets no quarter can hold."""
    forecast, method = analysis.forecast, analysis.forecast.method
    quarter = forecast.headline
    first = quarter.start if quarter else None
    rows = [r for r in forecast.periods("quarter", method=method) if first and r.start and r.start >= first]
    rows = rows[:QUARTERS_SHOWN]
    while len(rows) > 1 and not _holds(rows[-1]):
        rows.pop()
    years = forecast.periods("year", method=method)
    now = [r for r in years if r.start and r.end and r.start <= analysis.as_of <= r.end]
    buckets = [r for name in ADRIFT for r in forecast.periods(name, method=method) if r.open_deals]
    shown = [*rows, *now, *buckets]
    if not any(map(_holds, shown)):
        return None
    everything, overdue, undated = (forecast.row(name, method=method) for name in ("all", "overdue", "undated"))
    title = wording.quarters_title(everything, overdue, undated, analysis.currency)
    table = period_table("quarters-table", say("Forecast by quarter"), shown, analysis)
    subtitle = say("Closed won and weighted open deals; the overdue and the undated are on lines of their own")
    omitted = everything.omitted if everything else 0.0
    money = long_money(omitted, analysis.currency)
    left_out = say("{money} in omitted deals is left out.", money=money) if omitted else ""
    return Card("quarters", title, subtitle, table=table, note=left_out)


def _holds(row: ForecastRow) -> bool:
    return bool(row.total or row.open_deals or row.target)


def period_table(name: str, caption: str, rows: Sequence[ForecastRow], analysis: Analysis) -> Table:
    """Periods down, parts of the forecast across; target columns only where there is a target, and what the
    evidence supports only where it is less somewhere."""
    targets = any(r.target is not None for r in rows)
    proven = {r.period: r.total for r in analysis.forecast.rows if (r.method, r.dimension) == ("evidence", "all")}
    if (rows and rows[0].method == "evidence") or not analysis.bridge.steps:
        proven = {}
    columns = [*(say(name) for name, _ in SERIES), say("Forecast")]
    columns += [say("On evidence")] if proven else []
    columns += [say("Target"), say("Against target"), say("Coverage")] if targets else []
    heads = (Head(say("Period")), *(Head(column, right=True) for column in [*columns, say("Open deals")]))
    return Table(name, caption, heads, tuple(_period_cells(r, analysis.currency, targets, proven) for r in rows))


def _period_cells(row: ForecastRow, currency: str, targets: bool, proven: Mapping[str, float]) -> tuple[Cell, ...]:
    def money(value: float | None, *, strong: bool = False, tone: Tone = "") -> Cell:
        return Cell(short_money(value, currency), sort=value, strong=strong, tone=tone)

    aim: tuple[Cell, ...] = ()
    if targets:
        aim = (money(row.target), _gap_cell(row, currency), Cell(times(row.coverage), sort=row.coverage))
    return (
        Cell(period(row.period), sort=str(row.start or row.period), strong=True),
        money(row.won), money(row.commit), money(row.best_case), money(row.pipeline),
        money(row.total, strong=True), *((money(proven.get(row.period)),) if proven else ()), *aim,
        Cell(figures.number(row.open_deals), sort=row.open_deals),
    )  # fmt: skip


def _gap_cell(row: ForecastRow, currency: str) -> Cell:
    if row.gap is None:
        return Cell(figures.NONE)
    ahead = row.gap <= 0
    return Cell(figures.money_change(-row.gap, currency), sort=-row.gap, tone="pos" if ahead else "neg")


def owners_card(analysis: Analysis, colour: Colour) -> Card | None:
    """Each owner's current quarter, against a target of their own where there is one."""
    forecast, currency = analysis.forecast, analysis.currency
    rows = _owner_rows(forecast)
    if all(r.key in UNNAMED for r in rows):
        return None
    targets = any(r.target for r in rows)
    broken = Counter(plain(f.owner) for f in analysis.findings if f.severity == "error" and f.owner)
    highest = max([r.total for r in rows] + [1e-9])
    cells = tuple(_owner_cells(r, currency, colour, broken, targets, highest) for r in rows[:OWNERS_SHOWN])
    standings = [
        wording.OwnerStanding(plain(r.key, 30), r.total, r.target, r.open_deals + r.won_deals)
        for r in rows if r.target and r.key not in UNNAMED
    ]  # fmt: skip
    name = period(forecast.current)
    more = len(rows) - OWNERS_SHOWN
    note = say("{n} more {n:owner|owners} in the workbook's sheet Forecast.", n=more) if more > 0 else ""
    heads = _owner_heads(targets=targets, errors=bool(broken))
    table = Table("owners-table", say("{period} by owner", period=name), heads, cells, note, OWNERS_FIRST, max(more, 0))
    title, subtitle = wording.owners_title(standings), say(_BY_OWNER[forecast.method, targets], period=name)
    return Card("owners", title, subtitle, table=table, model=_owner_columns(rows, title, currency))


def _owner_columns(rows: Sequence[ForecastRow], title: str, currency: str) -> Columns:
    """The same as bars of one part, an owner each."""
    stacks = tuple(_owner_stack(r) for r in rows)
    told = "; ".join(f"{s.name} {short_money(s.total, currency)}" for s in stacks[:OWNERS_SHOWN])
    return Columns(Words("owners-bars", title, told + "."), (("Forecast", "commit"),), stacks, currency)


def _owner_stack(row: ForecastRow) -> Stack:
    share = row.total / row.target if row.target else None
    name = say(UNNAMED[row.key]) if row.key in UNNAMED else plain(row.key)
    said = "" if share is None else percent(share)
    return Stack(name, (row.total,), row.total, row.target, said, bool(share and share >= 1))


def _owner_rows(forecast: Forecast) -> list[ForecastRow]:
    """Those with anything to show: by share of target where there are targets, else by money."""
    rows = [r for r in forecast.cut(forecast.current, "owner", method=forecast.method) if _holds(r)]
    if any(r.target for r in rows):
        return sorted(rows, key=lambda r: (-(r.total / r.target if r.target else -1.0), -r.total, r.key))
    return sorted(rows, key=lambda r: (-r.total, r.key))


def _owner_heads(*, targets: bool, errors: bool) -> tuple[Head, ...]:
    heads = [Head(say("Owner")), *(Head(t, right=True) for t in (say("Closed won"), say("Commit"), say("Forecast")))]
    aim = [Head(say("Target"), right=True), Head(say("Forecast ÷ target"), wide=True)]
    heads += aim if targets else [Head("", sortable=False)]
    return (*heads, Head(say("Errors"), right=True)) if errors else tuple(heads)


def _owner_cells(
    row: ForecastRow, currency: str, colour: Colour, broken: Mapping[str, int], targets: bool, highest: float
) -> tuple[Cell, ...]:
    name = say(UNNAMED[row.key]) if row.key in UNNAMED else plain(row.key)
    cells = [Cell(name, sort=name.casefold(), strong=True)]
    cells += [Cell(short_money(value, currency), sort=value) for value in (row.won, row.commit, row.total)]
    if targets:
        cells += [Cell(short_money(row.target, currency), sort=row.target), _share_cell(row, colour)]
    else:
        share = max(row.total, 0.0) / highest
        cells.append(Cell("", chart=meter(share, colour, goal=None)))
    if broken:
        cells.append(Cell(figures.number(broken.get(plain(row.key), 0)), sort=broken.get(plain(row.key), 0)))
    return tuple(cells)


def _share_cell(row: ForecastRow, colour: Colour) -> Cell:
    if not row.target or row.target <= 0:
        return Cell(figures.NONE)
    share = row.total / row.target
    reached = share >= 1
    drawn = meter(share, colour, tone="pos" if reached else "commit")
    return Cell(percent(share), sort=share, tone="pos" if reached else "", chart=drawn)
