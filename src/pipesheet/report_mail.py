"""mail_for(): an analysis as a mail that survives every mail client, for everybody, a team or an owner.

The HTML is of tables alone, asks for nothing from anywhere, and is never larger than `BUDGET`: its lists are
shortened until it fits, and it says how many rows are left out and where they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from css_inline import CSSInliner

from pipesheet import mail_charts, mail_text, wording_people
from pipesheet.audience import EVERYBODY, Audience, Kind
from pipesheet.charts import Bridge, Columns
from pipesheet.charts_stages import Funnel
from pipesheet.drawing import web_colour
from pipesheet.errors import UsageError
from pipesheet.figures import short_money
from pipesheet.language import say
from pipesheet.mail_charts import LandingBar, Lanes, landing_lanes
from pipesheet.mail_tables import TABLES, MailTable, mail_table
from pipesheet.report import compose_page
from pipesheet.report_page import Card, Figure, Page
from pipesheet.templating import rendered, tokens

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis
    from pipesheet.results import RunStamp

_LONG = re.compile(r"\S{24}(?=\S)")
BUDGET = 90_000
"""Bytes of HTML; Gmail cuts off what is beyond about 102,000."""
CARDS: Mapping[Kind, tuple[str, ...]] = {
    "whole": ("months", "bridge", "funnel", "stalled", "findings", "owners"),
    "team": ("months", "bridge", "funnel", "stalled", "findings", "owners"),
    "owner": ("findings", "deals", "months", "bridge", "stalled"),
}
"""The page's cards that a mail has room for, in the order it is read."""
ROWS = {"stalled": 6, "findings": 8, "owners": 12, "deals": 40}
OWN_ROWS = {"findings": 40}
"""So many rows a list has at most; an owner's own mail is a list of what to do."""
SHORTER = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.0)
"""Shares of those rows that are tried until the mail fits."""
SHEETS = {"stalled": "Deal Review", "deals": "Deal Review", "findings": "Findings", "owners": "Forecast"}
"""Where the rows are that a mail leaves out."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What is sent: both parts say the same. `picture` is a PNG that the HTML shows, None where it has none."""

    subject: str
    preheader: str
    html: str
    text: str
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One card of a mail: a chart or a table, and what is left out of it."""

    id: str
    title: str
    subtitle: str
    lanes: Lanes | None
    table: MailTable | None
    more: str
    note: str


@dataclass(frozen=True, slots=True)
class MailPage:
    """A page as a mail has room for it."""

    page: Page
    landing: LandingBar | None
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    link: str


def mail_for(
    analysis: Analysis, stamp: RunStamp, audience: Audience = EVERYBODY, *, link: str = "",
    templates: Path | None = None,
) -> Mail:  # fmt: skip
    """Words, cuts and lays out an analysis as a mail; `link` is where the whole report can be opened.

    `templates` is a folder of the user's own blocks and colours.

    Raises:
        UsageError: there is no such team or owner, the link is no address of the web, or a template of the
            user's cannot be used.
    """
    page = compose_page(analysis, stamp=stamp, colour=web_colour, audience=audience)
    return mail(page, link=link, templates=templates)


def mail(page: Page, *, link: str = "", templates: Path | None = None) -> Mail:
    """A page as a mail; the same page gives the same bytes."""
    address = _web_address(link)
    for share in SHORTER:
        laid_out = _laid_out(page, share, address)
        html = _html(laid_out, templates)
        if len(html.encode()) <= BUDGET:
            break
    return Mail(wording_people.subject(page.headline), page.preheader, html, _text(laid_out, templates))


def _web_address(link: str) -> str:
    if link and (urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).netloc):
        raise UsageError(f"{link!r} is no address of the web; a link to the report begins with https:// or http://.")
    return link


def _laid_out(page: Page, share: float, link: str) -> MailPage:
    landing = landing_lanes(page.landing_model) if page.landing_model else None
    # The key of the bar says what is won; without the bar a figure does.
    figures = tuple(f for f in page.figures if landing is None or f.id != "won")
    cards = {card.id: card for row in page.rows for card in row}
    wanted = CARDS[page.audience.kind]
    sections = tuple(_section(cards[name], page.audience, share) for name in wanted if name in cards)
    return MailPage(page, landing, figures[:4], sections, link)


def _section(card: Card, audience: Audience, share: float) -> Section:
    owner = audience.name if audience.kind == "owner" else ""
    rows = ROWS | (OWN_ROWS if owner else {})
    most = int(rows.get(card.id, 0) * share)
    lanes = LANES[card.id](card.model, most) if card.id in LANES and card.model is not None else None
    table = mail_table(card.id, card.table, most, owner) if card.id in TABLES and card.table else None
    left = table.left if table else lanes.left if lanes else 0
    more = say("{n} more in the workbook's sheet {sheet}.", n=left, sheet=SHEETS[card.id]) if left else ""
    return Section(card.id, card.title, card.subtitle, lanes, table, more, card.note)


LANES: Mapping[str, Callable[[Any, int], Lanes]] = {
    "months": lambda model, _: mail_charts.month_lanes(cast(Columns, model)),
    "bridge": lambda model, _: mail_charts.bridge_lanes(cast(Bridge, model)),
    "funnel": lambda model, _: mail_charts.funnel_lanes(cast(Funnel, model)),
    "owners": lambda model, most: mail_charts.owner_lanes(cast(Columns, model), most),
}
"""How a card's chart is drawn in a mail."""


def _html(shown: MailPage, templates: Path | None) -> str:
    colours = tokens(templates)
    page = rendered(
        "mail.html.j2", templates, mail=shown, page=shown.page, light=colours["light"], dark=colours["dark"], soft=soft
    )
    return _inliner(templates).inline(page)


def soft(text: str) -> str:
    """A text that may be broken within words longer than any of a language, so that no table grows wide."""
    return _LONG.sub("\\g<0>\u200b", text)


@cache
def _inliner(templates: Path | None) -> CSSInliner:
    """Writes the rules of mail.css into the elements; the styles in the head stay for who can read them."""
    rules = rendered("mail.css", templates, escaping=False, light=tokens(templates)["light"])
    return CSSInliner(
        inline_style_tags=False, keep_style_tags=True, extra_css=rules, load_remote_stylesheets=False, minify_css=True
    )


def _text(shown: MailPage, templates: Path | None) -> str:
    said = rendered(
        "mail.txt.j2", templates, escaping=False, mail=shown, page=shown.page, wrapped=mail_text.wrapped,
        underlined=mail_text.underlined, aligned=mail_text.aligned,
        columns=mail_text.columns_of,
        table_rows=_table_rows, landing=_landing_rows(shown),
    )  # fmt: skip
    return said.strip() + "\n"


def _table_rows(table: MailTable) -> list[list[list[str]]]:
    """The heads of a table and its rows, each cell as its lines."""
    return [[[head.text] for head in table.heads], *([list(cell.lines) for cell in row] for row in table.rows)]


def _landing_rows(shown: MailPage) -> list[tuple[str, ...]]:
    """The parts of the landing bar and the target, which the bar itself shows as a mark."""
    rows = mail_text.columns_of(shown.landing.keys, "name", "amount") if shown.landing else []
    model = shown.page.landing_model
    return [*rows, (say("Target"), short_money(model.target, model.currency))] if model and model.target else rows
