"""Evidence: what the pipeline is worth by what has been shown, and who has something to mend."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipesheet.analysis import Analysis
from pipesheet.figures import count, day, short_money
from pipesheet.results import look
from pipesheet.results.evidence_tables import (
    FIRST_COLUMN,
    bridge_table,
    criteria_table,
    hygiene_table,
    trend_table,
    waiver_table,
)
from pipesheet.results.stamp import RunStamp
from pipesheet.results.sums import DEALS
from pipesheet.sheets import Chart, Formula, Highlight, Put, Range, Series, SheetPlan, Style, TablePlan

FIGURES_ROW, CHARTS_ROW, FIRST_TABLE_ROW = 6, 10, 32
STEPS_DRAWN = 12

_BRIDGE_NOTE = (
    "Claimed = Σ amount × probability of open deals. Each requirement's bar is what rests on it: (claimed − evidence) "
    "of "
    "the deals that lack it at the first gate that fails, split evenly where they lack several there."
)
_HYGIENE_NOTE = (
    "Hygiene = open deals without an error or a warning ÷ open deals. Before: the last run of an earlier date."
)
_CRITERIA_NOTE = (
    "Asked = met + unmet + in grace + not applicable + waived. Of closed deals that reached the stage: win rate with "
    "and "
    "without it; days saved: median cycle of won deals without it less that with it."
)
_WAIVER_NOTE = "A waiver holds to the end of its last day; the next run says when one is about to run out."
_TREND_NOTE = "The whole book, one line per as-of date, from the Run Log."


def sheet(analysis: Analysis, name: str, stamp: RunStamp) -> SheetPlan:
    """The sheet: figures and charts, the bridge, hygiene, criteria, waivers, the trend."""
    puts: list[Put] = []
    tables: list[TablePlan] = []
    row = FIRST_TABLE_ROW
    for heading, note, make in (
        ("From claimed to evidence", _BRIDGE_NOTE, bridge_table),
        ("Hygiene", _HYGIENE_NOTE, hygiene_table),
        ("Criteria", _CRITERIA_NOTE, criteria_table),
        ("Waivers", _WAIVER_NOTE, waiver_table),
        ("Hygiene over time", _TREND_NOTE, trend_table),
    ):
        table = make(analysis, row)
        if table is not None:
            puts += look.section(row - 2, FIRST_COLUMN, heading, note)
            tables.append(table)
            row += max(1, len(table.columns[0].contents)) + 4
    return SheetPlan(
        "evidence",
        name,
        puts=(
            *look.top(
                title(analysis),
                f"What the stage criteria bear out, as of {day(analysis.as_of)}. From {stamp.input_name}.",
                "The evidence forecast counts a deal at its own probability where it has earned the stage it claims, "
                "else at the smaller of its own and its earned stage's. Every amount is a live formula over Deal "
                "Review "
                "and Findings.",
                column=FIRST_COLUMN,
            ),
            *_figures(analysis),
            *puts,
        ),
        tables=tuple(tables),
        charts=_charts(analysis, tables),
        highlights=_highlights(tables),
        widths={1: 2, FIRST_COLUMN: 40, **dict.fromkeys(range(FIRST_COLUMN + 1, FIRST_COLUMN + 18), 12)},
        heights={1: 30, FIGURES_ROW + 1: 24, **{t.row: 30 for t in tables}},
        merges=look.figure_merges(FIGURES_ROW, FIRST_COLUMN, 6),
        freeze=(3, 1),
        tab_color=look.WON,
    )


def title(analysis: Analysis) -> str:
    """The finding of the sheet in one sentence."""
    claimed, evidence = analysis.bridge.claimed, analysis.bridge.evidence
    money = short_money(claimed, analysis.currency)
    if not analysis.criteria:
        return "There are no criteria yet, so everything that is claimed counts"
    if claimed <= 0:
        return "Nothing is claimed, so there is nothing to prove"
    if claimed - evidence < 0.005:
        return f"All of the {money} weighted is borne out by the criteria"
    return f"{short_money(evidence, analysis.currency)} of {money} weighted is borne out by the criteria"


def _figures(analysis: Analysis) -> tuple[Put, ...]:
    money = look.money(analysis)
    bridge, frame = analysis.bridge, analysis.deals.filter(pl.col("outcome") == "open")
    short = frame.filter((pl.col("earned_rank") < pl.col("stage_rank")).fill_null(False)).height
    ready = int(frame["ready"].sum())
    whole = analysis.hygiene.of("all")
    clean, deals = (whole[0].clean, whole[0].open_deals) if whole else (0, 0)
    claimed, evidence = f"SUM({DEALS}[Weighted])", f"SUM({DEALS}[Evidence weighted])"
    # A table without deals has one blank row, which is no deal.
    clean_now = f"COUNTIFS({DEALS}[Errors],0,{DEALS}[Warnings],0)"
    hygiene = f'IF(COUNT({DEALS}[Errors])=0,"–",{clean_now}/COUNT({DEALS}[Errors]))'
    return look.figures(
        FIGURES_ROW,
        FIRST_COLUMN,
        (
            ("Claimed weighted", Formula(claimed, bridge.claimed), money, "what a CRM would show"),
            ("Evidence weighted", Formula(evidence, bridge.evidence), money, "what the criteria bear out"),
            ("Rests on missing proof", Formula(f"{claimed}-{evidence}", bridge.claimed - bridge.evidence), money, ""),
            ("Short of their stage", short, look.COUNT, f"of {count(len(frame), 'open deal')}"),
            ("Ready to advance", Formula(f'COUNTIF({DEALS}[Ready],"yes")', ready), look.COUNT, "nothing is missing"),
            (
                "Hygiene",
                Formula(hygiene, clean / deals if deals else "–"),
                look.PERCENT,
                f"{clean:,} of {deals:,} with nothing to mend",
            ),
        ),
    )


def _charts(analysis: Analysis, tables: Sequence[TablePlan]) -> tuple[Chart, ...]:
    drawn = []
    steps = len(analysis.bridge.steps)
    if steps:
        bridge = tables[0]
        rows = steps + 2

        def down(header: str) -> Range:
            at = bridge.column + [c.header for c in bridge.columns].index(header)
            return Range("evidence", bridge.row + 1, at, bridge.row + rows, at)

        names = down("Step")
        drawn.append(
            Chart(
                "bar",
                "From claimed to evidence",
                (
                    Series("Still proven", names, down("Still proven"), "#FFFFFF"),
                    Series("Weighted", names, down("Weighted"), look.WON),
                    Series("Rests on it", names, down("Rests on it"), look.NEGATIVE),
                ),
                CHARTS_ROW,
                FIRST_COLUMN,
                760,
                350,
                stacked=True,
                reverse=True,
                legend=False,
                alt_text="Bars from the claimed weighted pipeline down to what evidence supports, one per requirement",
            )
        )
    lines = next((t for t in tables if t.name == "PipesheetHygiene"), None)
    if lines is not None:
        owners = [i for i, of in enumerate(lines.columns[1].contents) if of == "owner"]
        if owners:
            first, last = lines.row + 1 + owners[0], lines.row + 1 + owners[min(len(owners), STEPS_DRAWN) - 1]
            at = lines.column + [c.header for c in lines.columns].index("Hygiene")
            drawn.append(
                Chart(
                    "bar",
                    "Hygiene by owner, lowest first",
                    (
                        Series(
                            "Hygiene",
                            Range("evidence", first, lines.column, last, lines.column),
                            Range("evidence", first, at, last, at),
                            look.COMMIT,
                            labels="0%",
                        ),
                    ),
                    CHARTS_ROW,
                    FIRST_COLUMN + 7,
                    520,
                    350,
                    reverse=True,
                    legend=False,
                    alt_text="Bars per owner: the share of open deals with nothing to mend",
                )
            )
    return tuple(drawn)


def _highlights(tables: Sequence[TablePlan]) -> tuple[Highlight, ...]:
    rules: list[Highlight] = []
    for table in tables:
        headers = [c.header for c in table.columns]
        first, last = table.row + 1, table.row + max(1, len(table.columns[0].contents))
        for header, words in _WORDS.items():
            if header in headers:
                at = table.column + headers.index(header)
                rules += [Highlight(first, at, last, at, "text", word, style) for word, style in words]
        if "Hygiene" in headers:
            at = table.column + headers.index("Hygiene")
            rules.append(Highlight(first, at, last, at, "data bar", color=look.PIPELINE))
    return tuple(rules)


_RUST, _AMBER, _TEAL = (Style(color=c, bold=True) for c in (look.NEGATIVE, look.WARNING, look.POSITIVE))
_WORDS = {
    "State": (("expired", _RUST), ("no such deal", _RUST), ("no such requirement", _RUST), ("expiring", _AMBER)),
    "Verdict": (("separates", _TEAL), ("separates the wrong way", _RUST)),
}
