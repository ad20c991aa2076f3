"""render(): an analysis as one self-contained HTML page, from the templates people may edit.

The page asks for nothing from anywhere: its style and its script are inside, and a content security
policy names both by their hash, so that no text of a deal can ever run or load something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipesheet import figures, wording, wording_gates, wording_people
from pipesheet.audience import EVERYBODY, Audience, cut
from pipesheet.deals import open_stages
from pipesheet.drawing import Colour, web_colour
from pipesheet.figures import day, percent, period, plain, weekday
from pipesheet.language import later, say, speaking, spoken
from pipesheet.report_deals import deals_card
from pipesheet.report_findings import criteria_card, findings_card, kinds_card, stalled_card, to_settle
from pipesheet.report_forecast import headline_figures, landing, landing_model, months_card, owners_card, quarters_card
from pipesheet.report_gates import bridge_card, hygiene_card
from pipesheet.report_page import HALF, LARGER, SMALLER, WHOLE, Card, Page, Sentence, Widths
from pipesheet.report_stages import funnel_card, times_card, win_by_card, win_card
from pipesheet.templating import rendered_page

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis
    from pipesheet.results import RunStamp


@dataclass(frozen=True, slots=True)
class Report:
    """What was said of one workbook: the model of the page, and the page itself."""

    page: Page
    html: str


def render(
    analysis: Analysis, *, stamp: RunStamp, audience: Audience = EVERYBODY, templates: Path | None = None
) -> Report:
    """Words, draws and lays out an analysis, or a team's or an owner's part of it, as one HTML page in UTF-8.

    It speaks the language that the Settings ask for; where they ask for none, the one that is spoken.
    `templates` is a folder of the user's own blocks, colours and pictures (see docs/templates.md).

    Raises:
        FileNotFoundError: the templates are not where they are shipped.
        UsageError: there is no such team or owner, or a template of the user's cannot be used.
    """
    wanted = analysis.book.settings.language
    with speaking(spoken() if wanted == "en" else wanted):
        page = compose_page(analysis, stamp=stamp, colour=web_colour, audience=audience)
        return Report(page, rendered_page("web.html.j2", templates, page=page))


def compose_page(analysis: Analysis, *, stamp: RunStamp, colour: Colour, audience: Audience = EVERYBODY) -> Page:
    """The page before it is laid out; `colour` turns the name of a token into a colour."""
    analysis = cut(analysis, audience)
    forecast, currency = analysis.forecast, analysis.currency
    row = forecast.headline
    deals = len(analysis.deals)
    overdue, undated, everything = (
        forecast.row(bucket, method=forecast.method) for bucket in ("overdue", "undated", "all")
    )
    required = forecast.required_coverage
    bar = landing_model(analysis) if deals else None
    return Page(
        title=say("Pipeline review, {file}, {day}", file=plain(stamp.input_name), day=day(analysis.as_of)),
        book=_book(stamp, audience),
        place=_place(analysis, stamp),
        headline=wording_people.headline(audience, row, deals, currency),
        lede=_joined(
            wording.lede(row, currency, overdue=overdue, undated=undated, everything=everything, required=required),
            wording_gates.evidence_sentence(analysis.bridge, currency),
        )
        if deals
        else (),
        to_settle=to_settle(analysis),
        landing=landing(bar, colour),
        figures=headline_figures(analysis) if deals else (),
        rows=_rows(analysis, colour, audience) if deals else _present((_to_mend(analysis, audience),)),
        method=_method(analysis),
        run=_run(analysis, stamp),
        landing_model=bar,
        audience=audience,
        preheader=wording_people.preheader(row, analysis.findings, currency),
    )


def _joined(first: Sentence, second: Sentence) -> Sentence:
    return (*first, (" ", False), *second) if first and second else first or second


def _book(stamp: RunStamp, audience: Audience) -> str:
    book = plain(stamp.input_name.rpartition(".")[0] or stamp.input_name, 60)
    return f"{plain(audience.name, 40)} · {book}" if audience.name else book


def _to_mend(analysis: Analysis, audience: Audience) -> Card | None:
    card = findings_card(analysis)
    if card is None or audience.kind != "owner":
        return card
    return replace(card, title=wording_people.mend_title(analysis.findings))


def _rows(analysis: Analysis, colour: Colour, audience: Audience) -> tuple[tuple[Card, ...], ...]:
    mine = audience.kind == "owner"
    return _present(
        *(((_to_mend(analysis, audience),), (deals_card(analysis),)) if mine else ()),
        _pair(
            lambda widths: months_card(analysis, colour, widths), LARGER,
            lambda widths: win_card(analysis, colour, widths), SMALLER,
        ),
        (quarters_card(analysis),),
        (bridge_card(analysis, colour, WHOLE),),
        (hygiene_card(analysis, colour),),
        _pair(
            lambda widths: funnel_card(analysis, colour, widths), HALF,
            lambda widths: times_card(analysis, colour, widths), HALF,
        ),
        (win_by_card(analysis, colour),),
        (stalled_card(analysis, colour),),
        (kinds_card(analysis, colour),),
        *(() if mine else ((findings_card(analysis),),)),
        (criteria_card(analysis, colour),),
        *(() if mine else ((owners_card(analysis, colour),),)),
    )  # fmt: skip


def _pair(
    left: Callable[[Widths], Card | None], left_widths: Widths,
    right: Callable[[Widths], Card | None], right_widths: Widths,
) -> tuple[Card | None, ...]:  # fmt: skip
    """Two cards side by side; one that is left alone has its chart drawn for the whole row."""
    first, second = left(left_widths), right(right_widths)
    if first is not None and second is not None:
        return first, second
    return (left(WHOLE) if first else right(WHOLE) if second else None,)


def _present(*rows: tuple[Card | None, ...]) -> tuple[tuple[Card, ...], ...]:
    """The rows without the cards that have no numbers, and without rows that have no card."""
    kept = (tuple(card for card in row if card is not None) for row in rows)
    return tuple(row for row in kept if row)


def _place(analysis: Analysis, stamp: RunStamp) -> str:
    """Where and when: ``Mon 16 Nov 2026, Q4 week 7 of 13 · from pipeline.xlsx``."""
    row = analysis.forecast.row(analysis.forecast.current)
    today, file = weekday(analysis.as_of), plain(stamp.input_name)
    if row is None or row.start is None or row.end is None:
        return say("{day} · from {file}", day=today, file=file)
    weeks = ((row.end - row.start).days + 1) // 7
    return say(
        "{day}, {period} week {week} of {weeks} · from {file}",
        day=today,
        period=period(row.period, short=True),
        week=min((analysis.as_of - row.start).days // 7 + 1, weeks),
        weeks=weeks,
        file=file,
    )


def _method(analysis: Analysis) -> tuple[str, ...]:
    stages = open_stages(analysis.book.stages)
    shown = ", ".join(f"{plain(s.name, 30)} {percent(s.probability)}" for s in stages[:12])
    ladder = f" ({shown})" if shown else ""
    return (
        say(
            "Forecast = closed won + Σ amount × probability of the deals due in the period; the probability "
            "is the deal's own, else its stage's{stages}. Lost and omitted deals count nothing.",
            stages=ladder,
        ),
        say(
            "Coverage = amount of open deals due ÷ (target − closed won). Commit, best case and pipeline are "
            "forecast categories; a stage names its own, else its probability decides ({commit}, {best}).",
            commit=percent(0.75),
            best=percent(0.5),
        ),
        say(
            "Stage rates are of the deals that entered a stage in the window and have settled since; "
            "intervals are {level} Wilson intervals. Nothing is said on fewer than five deals.",
            level=percent(0.8),
        ),
    )


def _run(analysis: Analysis, stamp: RunStamp) -> tuple[str, ...]:
    made, version = figures.moment(stamp.recorded), plain(stamp.version)
    return (
        _read(analysis, stamp),
        say("Made by pipesheet {version} on {moment}.", version=version, moment=made),
        say("Input {input}, settings {settings}.", input=stamp.input_sha256[:12], settings=stamp.settings_hash[:12]),
    )


def _read(analysis: Analysis, stamp: RunStamp) -> str:
    deals = analysis.book.deals
    file, sheet = plain(stamp.input_name), plain(deals.sheet, 40)
    read = {
        "n": len(deals), "file": file, "sheet": sheet, "first": min(deals.rows, default=0),
        "last": max(deals.rows, default=0), "day": day(analysis.as_of), "currency": analysis.currency,
    }  # fmt: skip
    return say(_READ[bool(len(deals)), bool(analysis.currency)], **read)


_READ = {
    (True, True): later(
        "{n} {n:deal|deals} read from {file}, sheet {sheet}, rows {first} to {last}, as of {day}, in {currency}."
    ),
    (True, False): later("{n} {n:deal|deals} read from {file}, sheet {sheet}, rows {first} to {last}, as of {day}."),
    (False, True): later("{n} {n:deal|deals} read from {file}, sheet {sheet}, as of {day}, in {currency}."),
    (False, False): later("{n} {n:deal|deals} read from {file}, sheet {sheet}, as of {day}."),
}
