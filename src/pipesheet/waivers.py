"""Waivers: who may miss what until when, and the waivers that do nothing.

A waiver is live up to and on its Expires; one without a date never is. Requirements are matched as
stages are: case and spaces do not matter. In the IDs of deals case does: Salesforce tells them apart by it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from pipesheet.findings import Finding, severity_of
from pipesheet.models import Book, Waiver
from pipesheet.readings import shown
from pipesheet.stages import stage_key


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


def expired(short: pl.DataFrame, frame: pl.DataFrame, book: Book, as_of: dt.date) -> Iterator[Finding]:
    """Waivers that ran out on a criterion the deal still lacks; `short` has a row for each such pair,
    `index` of the deal and `number` of the criterion."""
    severity = severity_of("waiver-expired", book.settings.rules)
    past = [w for w in book.waivers if w.expires is not None and w.expires < as_of]
    if severity is None or not past:
        return
    rows = _deal_rows(frame, (w.deal_id for w in past))
    wanted = sorted({row for found in rows.values() for row in found})
    keys = [stage_key(c.requirement) for c in book.criteria]
    near = short.filter(pl.col("index").is_in(wanted)).select("index", "number")
    lacking = {(index, keys[number]) for index, number in near.iter_rows()}
    for waiver in past:
        key = stage_key(waiver.requirement)
        if any((row, key) in lacking for row in rows.get(waiver.deal_id.strip(), [])):
            yield Finding(
                "waiver-expired",
                severity,
                f"expired {shown(waiver.expires)}",
                "the criterion met, or a later date",
                waiver.cell,
                deal_id=waiver.deal_id,
                requirement=waiver.requirement,
            )


def unmatched(frame: pl.DataFrame, book: Book) -> Iterator[Finding]:
    """Waivers for a deal or a requirement that is not there: most likely a slip of the hand."""
    severity = severity_of("waiver-unmatched", book.settings.rules)
    if severity is None or not book.waivers:
        return
    deals = _deal_rows(frame, (w.deal_id for w in book.waivers))
    requirements = {stage_key(c.requirement) for c in book.criteria}
    for waiver in book.waivers:
        if waiver.deal_id.strip() not in deals:
            found, needed = waiver.deal_id, "the ID of a deal"
        elif stage_key(waiver.requirement) not in requirements:
            found, needed = waiver.requirement, "a requirement of Criteria, word for word"
        else:
            continue
        yield Finding(
            "waiver-unmatched",
            severity,
            shown(found or None),
            needed,
            waiver.cell,
            deal_id=waiver.deal_id,
            requirement=waiver.requirement,
        )
