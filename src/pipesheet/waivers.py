"""Waivers: who may miss what until when, how each stands, and the ones that do nothing.

A waiver is live up to and on its Expires; one without a date never is. Requirements are matched as
stages are: case and spaces do not matter. In the IDs of deals case does: Salesforce tells them apart by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipesheet.findings import Finding, severity_of
from pipesheet.language import say
from pipesheet.models import Book, Waiver
from pipesheet.readings import shown
from pipesheet.stages import stage_key

EXPIRING_DAYS = 14
"""A waiver that a deal still needs is named so many days before it runs out."""

WaiverState = Literal["live", "expiring", "expired", "not needed", "no such deal", "no such requirement"]
_CODES: Mapping[WaiverState, str] = {
    "expiring": "waiver-expiring",
    "expired": "waiver-expired",
    "no such deal": "waiver-unmatched",
    "no such requirement": "waiver-unmatched",
}


@dataclass(frozen=True, slots=True)
class WaiverStanding:
    """One waiver and what it does on the as-of date.

    `live` and `expiring` ones excuse a deal that lacks the criterion, an `expired` one no longer does. One is
    `not needed` where the deal meets the criterion or is not asked it yet, and where a longer one for the
    same deal and requirement has taken its place. `days_left` is negative once it has expired. `weighted` is
    that of the deal, in the reporting currency.
    """

    waiver: Waiver
    state: WaiverState
    days_left: int | None
    deal: str = ""
    owner: str = ""
    weighted: float = 0.0


def _deal_rows(frame: pl.DataFrame, wanted: Iterable[str]) -> Mapping[str, list[int]]:
    """The rows of those deals only; a book has many deals and few waivers."""
    ids = {i.strip() for i in wanted}
    rows: dict[str, list[int]] = {}
    if ids:
        for row, deal_id in enumerate(frame["deal_id"].to_list()):
            if deal_id and (key := deal_id.strip()) in ids:
                rows.setdefault(key, []).append(row)
    return rows


def waived_rows(frame: pl.DataFrame, waivers: Sequence[Waiver], as_of: dt.date) -> Mapping[str, list[int]]:
    """The rows of `frame` that are excused now, by the key of the requirement."""
    live = [w for w in waivers if w.expires is not None and w.expires >= as_of]
    rows = _deal_rows(frame, (w.deal_id for w in live))
    waived: dict[str, list[int]] = {}
    for waiver in live:
        waived.setdefault(stage_key(waiver.requirement), []).extend(rows.get(waiver.deal_id.strip(), []))
    return waived


def standings(lacking: pl.DataFrame, frame: pl.DataFrame, book: Book, as_of: dt.date) -> tuple[WaiverStanding, ...]:
    """How each waiver stands, in the order of the sheet; `lacking` has a row for each criterion a deal is
    asked and does not meet, excused or not: `index` of the deal and `number` of the criterion."""
    if not book.waivers:
        return ()
    rows = _deal_rows(frame, (w.deal_id for w in book.waivers))
    keys = [stage_key(c.requirement) for c in book.criteria]
    wanted = sorted({row for found in rows.values() for row in found})
    near = lacking.filter(pl.col("index").is_in(wanted)).select("index", "number")
    lacks = {(index, keys[number]) for index, number in near.iter_rows()}
    last = _last_days(book.waivers)
    told = frame.select("deal", "owner", "weighted")
    found = []
    for waiver in book.waivers:
        deal, key = _matched(waiver)
        places = rows.get(deal, [])
        needed = any((row, key) in lacks for row in places) and waiver.expires == last.get((deal, key))
        left = None if waiver.expires is None else (waiver.expires - as_of).days
        state = _state(left, is_deal=bool(places), is_requirement=key in keys, needed=needed)
        name, owner, weighted = told.row(places[0]) if places else ("", "", 0.0)
        found.append(WaiverStanding(waiver, state, left, name or "", owner or "", weighted))
    return tuple(found)


def _matched(waiver: Waiver) -> tuple[str, str]:
    return waiver.deal_id.strip(), stage_key(waiver.requirement)


def _last_days(waivers: Iterable[Waiver]) -> Mapping[tuple[str, str], dt.date]:
    """The day the longest waiver of each deal and requirement runs out: who extends one adds a row."""
    last: dict[tuple[str, str], dt.date] = {}
    for waiver in waivers:
        if waiver.expires is not None:
            about = _matched(waiver)
            last[about] = max(waiver.expires, last.get(about, waiver.expires))
    return last


def _state(left: int | None, *, is_deal: bool, is_requirement: bool, needed: bool) -> WaiverState:
    if not is_deal:
        return "no such deal"
    if not is_requirement:
        return "no such requirement"
    if left is None or not needed:
        return "not needed"
    if left < 0:
        return "expired"
    return "expiring" if left <= EXPIRING_DAYS else "live"


def about_waivers(found: Iterable[WaiverStanding], book: Book) -> Iterator[Finding]:
    """A finding for each waiver that has run out on what is still lacking, soon will, or does nothing
    because its deal or requirement is not there."""
    for standing in found:
        code = _CODES.get(standing.state)
        severity = severity_of(code, book.settings.rules) if code else None
        if code is None or severity is None:
            continue
        waiver = standing.waiver
        said, needed = _words(standing)
        yield Finding(
            code,
            severity,
            said,
            needed,
            waiver.cell,
            deal_id=waiver.deal_id,
            deal=standing.deal,
            owner=standing.owner,
            requirement=waiver.requirement,
        )


def _words(standing: WaiverStanding) -> tuple[str, str]:
    waiver = standing.waiver
    if standing.state == "no such deal":
        return shown(waiver.deal_id or None), say("the ID of a deal")
    if standing.state == "no such requirement":
        return shown(waiver.requirement or None), say("a requirement of Criteria, word for word")
    day = shown(waiver.expires)
    if standing.state == "expired":
        return say("expired {day}", day=day), say("the criterion met, or a later date")
    needed = say("the criterion met by then, or a later date")
    if standing.days_left:
        return say("expires {day}, in {n} {n:day|days}", day=day, n=standing.days_left), needed
    return say("expires {day}, today", day=day), needed
