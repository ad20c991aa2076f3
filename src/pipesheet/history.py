"""States over time: what History says each deal was, and when, up to a date.

A state holds from its row's `recorded` on until the deal's next row. Rows after the as-of date, and
rows without a deal or a date, are passed over. Rows of one deal with the same time stamp are taken
in the order of their stages (open ones by rank, then lost, then won), then in sheet order, so that a
sheet sorted newest first reads the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from pipesheet.models import HISTORY_FIELDS, Book
from pipesheet.stages import stage_lookup

_POLARS: Mapping[type, pl.DataType] = {
    str: pl.String(),
    float: pl.Float64(),
    dt.date: pl.Date(),
    dt.datetime: pl.Datetime("us"),
}
_STATE = ("stage", "amount", "close_date", "owner", "category")
_LOST_PLACE, _WON_PLACE = 1_000_000, 1_000_001


def states(book: Book, as_of: dt.date) -> pl.DataFrame:
    """Every state of every deal up to that date, sorted by deal and time; equal neighbours are one.

    Columns: the fields of History, with `stage` by its own name where it is known, `type` (open, won,
    lost; null where the stage is unknown) and `rank` (of open stages).
    """
    frame = _as_read(book, as_of)
    place = (
        pl.when(pl.col("type") == "won")
        .then(_WON_PLACE)
        .when(pl.col("type") == "lost")
        .then(_LOST_PLACE)
        .otherwise(pl.col("rank").fill_null(0))
    )
    frame = frame.with_columns(place.alias("place")).sort("deal_id", "recorded", "place", "row")
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(c).shift(1)) for c in ("deal_id", *_STATE))
    return frame.filter(~same.fill_null(False) | (pl.int_range(pl.len()) == 0)).drop("place", "row")


def spells(book: Book, as_of: dt.date, *, known_only: bool = False) -> pl.DataFrame:
    """Every stay of a deal in a stage, sorted by deal and time.

    Columns: `deal_id`, `spell` (0 for the deal's first), `stage`, `rank`, `type`, `entered` (Date),
    `left` (Date; null while it is still there), and where it went: `next_stage`, `next_rank`,
    `next_type`. Rows without a stage do not end a stay; with `known_only` neither do rows whose
    stage is in no list of stages.
    """
    told = states(book, as_of).filter(pl.col("stage").is_not_null())
    if known_only:
        told = told.filter(pl.col("type").is_not_null())
    return as_spells(told.select("deal_id", "stage", "rank", "type", entered=pl.col("recorded").dt.date()))


def as_spells(moves: pl.DataFrame) -> pl.DataFrame:
    """Stays from moves (`deal_id`, `stage`, `rank`, `type`, `entered`) sorted by deal and time."""
    stayed = pl.col("deal_id").eq_missing(pl.col("deal_id").shift(1)) & (
        pl.col("stage").eq_missing(pl.col("stage").shift(1))
    )
    kept = moves.filter(~stayed | (pl.int_range(pl.len()) == 0))
    same_deal = pl.col("deal_id").shift(-1).eq_missing(pl.col("deal_id"))
    new_deal = ~pl.col("deal_id").shift(1).eq_missing(pl.col("deal_id"))
    row = pl.int_range(pl.len())
    started = pl.when(new_deal | (row == 0)).then(row).forward_fill()
    return kept.with_columns(
        (row - started).cast(pl.Int32).alias("spell"),
        pl.when(same_deal).then(pl.col("entered").shift(-1)).alias("left"),
        *(pl.when(same_deal).then(pl.col(c).shift(-1)).alias(f"next_{c}") for c in ("stage", "rank", "type")),
    ).select("deal_id", "spell", "stage", "rank", "type", "entered", "left", "next_stage", "next_rank", "next_type")


def latest_stays(book: Book, as_of: dt.date) -> pl.DataFrame:
    """Where each deal was last: `deal_id`, `spell` (0: nothing else is known of it), `stage`, `entered`."""
    return spells(book, as_of).filter(pl.col("left").is_null()).select("deal_id", "spell", "stage", "entered")


def _as_read(book: Book, as_of: dt.date) -> pl.DataFrame:
    values = book.history.values if book.history is not None else {}
    size = len(book.history) if book.history is not None else 0
    frame = pl.DataFrame(
        [pl.Series(name, values.get(name, [None] * size), dtype=_POLARS[kind]) for name, kind in HISTORY_FIELDS.items()]
    ).with_row_index("row")
    named = stage_lookup(frame["stage"].unique(), book.stages)
    return (
        frame.filter(pl.col("deal_id").is_not_null() & (pl.col("recorded").dt.date() <= as_of))
        .join(named, on="stage", how="left", maintain_order="left")
        .with_columns(pl.coalesce("stage_name", "stage").alias("stage"))
        .select("row", *HISTORY_FIELDS, pl.col("stage_type").alias("type"), pl.col("stage_rank").alias("rank"))
    )
