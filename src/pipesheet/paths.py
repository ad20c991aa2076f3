"""The way each deal took through the stages, from History where it speaks, else from where it is now.

A deal is followed by its row in the deal frame (`deal_id` here is that row's number; deals that are in
History but no longer in the book have numbers of their own). Stages in no list are passed over, and
all won stages count as one, and so do all lost ones.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipesheet.history import as_spells, states
from pipesheet.models import Book, Outcome
from pipesheet.stages import open_stages

GONE_FROM = 1 << 40
"""Numbers of deals that History knows and the book no longer holds start here."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Stays and entries of all deals.

    `spells` as of `pipesheet.history.spells`, of the deals that History knows, brought up to their
    present state; with `start_known` (Boolean): whether the day the stay began was seen.
    `entries`: one row per stage a deal entered: `deal_id`, `rank`, `order` (sorts a deal's entries in
    time), `entered` (null: unknown), `exit` (advanced, lost, moved_back, still_there) and `how`: seen,
    skipped (passed without being recorded), assumed (from a later stage) or untraced (lost, nothing
    says where). `moves` counts the states of History that were used, `told` the deals they are of,
    `untold` the deals of the book without any, `gone` those that were open when they left the book.
    """

    spells: pl.DataFrame
    entries: pl.DataFrame
    moves: int
    told: int
    untold: int
    gone: int


def closed_name(book: Book, outcome: Outcome) -> str:
    """What the end of that kind is called: the first stage of that type, else ``Won`` or ``Lost``."""
    return next((s.name for s in book.stages if s.type == outcome), outcome.capitalize())


def paths(frame: pl.DataFrame, book: Book, *, as_of: dt.date) -> Paths:
    """The stays and entries of every deal of the frame, and of every deal of History, up to a date."""
    known = _present(frame, as_of)
    seen = _seen(known, book, as_of)
    last = seen.group_by("deal_id").agg(pl.col("entered").last().alias("last"))
    moves = pl.concat([seen, _brought_up(known, last, as_of)], how="vertical").sort("deal_id", maintain_order=True)
    spells = as_spells(_with_closed_names(moves, book)).join(
        known.select("deal_id", "created"), on="deal_id", how="left", maintain_order="left"
    )
    spells = _with_start(spells)
    entries = pl.concat([_stays(spells), _jumps(spells, book), _before_first(spells, book), _untold(known, last, book)])
    gone = pl.col("deal_id") >= GONE_FROM
    lingering = gone & (pl.col("exit") == "still_there")
    return Paths(
        spells=spells.filter(~(gone & pl.col("next_type").is_null() & (pl.col("type") == "open"))),
        entries=entries.filter(~lingering),
        moves=seen.height,
        told=last.height,
        untold=known.join(last, on="deal_id", how="anti").height,
        gone=entries.filter(lingering).height,
    )


def _present(frame: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Where each deal stands now; of two rows with one deal ID the first speaks."""
    first = pl.col("deal_id").is_null() | pl.col("deal_id").is_first_distinct()
    return frame.filter(first).select(
        pl.col("index").cast(pl.Int64).alias("deal_id"),
        pl.col("deal_id").alias("id"),
        "stage",
        pl.col("stage_rank").alias("rank"),
        pl.col("outcome").alias("type"),
        "created",
        "close_date",
        "entered_stage",
        (pl.col("outcome").ne("open") & (pl.col("close_date") > as_of)).fill_null(False).alias("ahead"),
    )


def _seen(known: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """The states of History in listed stages, by deal number and time."""
    told = states(book, as_of).filter(pl.col("type").is_not_null())
    numbers = known.select("deal_id", "id").drop_nulls("id")
    return (
        told.rename({"deal_id": "id"})
        .join(numbers, on="id", how="left", maintain_order="left")
        # states() is sorted by deal, so a run of rows is one deal.
        .with_columns(pl.coalesce("deal_id", GONE_FROM + pl.col("id").rle_id().cast(pl.Int64)))
        .select("deal_id", "stage", "rank", "type", pl.col("recorded").dt.date().alias("entered"))
    )


def _brought_up(known: pl.DataFrame, last: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The present state of the deals that History knows, as one more move (of no effect if it is their
    last recorded one). A closing after the as-of date is left to the future."""
    stands = pl.col("rank").is_not_null() | (pl.col("type") != "open")
    since = pl.when(pl.col("type") == "open").then("entered_stage").otherwise("close_date")
    usable = since.is_between(pl.col("last"), as_of)
    return (
        known.join(last, on="deal_id", how="inner")
        .filter(stands & ~pl.col("ahead"))
        .select(
            "deal_id",
            "stage",
            pl.when(pl.col("type") == "open").then("rank").alias("rank"),
            "type",
            pl.when(usable)
            .then(since)
            .when(since < pl.col("last"))
            .then("last")
            .otherwise(pl.lit(as_of))
            .alias("entered"),
        )
    )


def _with_closed_names(moves: pl.DataFrame, book: Book) -> pl.DataFrame:
    return moves.with_columns(
        pl.when(pl.col("type") == "won")
        .then(pl.lit(closed_name(book, "won")))
        .when(pl.col("type") == "lost")
        .then(pl.lit(closed_name(book, "lost")))
        .otherwise("stage")
        .alias("stage")
    )


def _with_start(spells: pl.DataFrame) -> pl.DataFrame:
    """A first stay in the first stage began when the deal was created; another first stay of a deal
    that is older than its history began on a day nobody knows."""
    first, older = pl.col("spell") == 0, pl.col("created") < pl.col("entered")
    from_creation = first & older & (pl.col("rank") == 1)
    return spells.with_columns(
        pl.when(from_creation).then("created").otherwise("entered").alias("entered"),
        (~(first & older).fill_null(False) | (pl.col("rank") == 1).fill_null(False)).alias("start_known"),
    )


_ENTRY = ("deal_id", "rank", "order", "entered", "exit", "how")


def _entries(frame: pl.DataFrame, *, order: pl.Expr, exit_: pl.Expr, how: pl.Expr) -> pl.DataFrame:
    ordered = frame.with_columns(pl.col("rank").cast(pl.Int32), order.cast(pl.Int32).alias("order"))
    return ordered.with_columns(exit_.alias("exit"), how.alias("how")).select(_ENTRY)


def _stays(spells: pl.DataFrame) -> pl.DataFrame:
    """An entry for each stay in an open stage."""
    went = (
        pl.when(pl.col("next_type").is_null())
        .then(pl.lit("still_there"))
        .when(pl.col("next_type") == "lost")
        .then(pl.lit("lost"))
        .when((pl.col("next_type") == "open") & (pl.col("next_rank") < pl.col("rank")))
        .then(pl.lit("moved_back"))
        .otherwise(pl.lit("advanced"))
    )
    stays = spells.filter(pl.col("type") == "open")
    return _entries(stays, order=pl.col("spell") * 2, exit_=went, how=pl.lit("seen"))


def _reached(book: Book, *, rank: str, outcome: str) -> pl.Expr:
    """The rank a move led to: an open stage's own, one beyond the last for won."""
    beyond = len(open_stages(book.stages)) + 1
    return pl.when(pl.col(outcome) == "won").then(beyond).otherwise(pl.col(rank))


def _between(frame: pl.DataFrame, low: pl.Expr, high: pl.Expr) -> pl.DataFrame:
    """One row per rank strictly between the two."""
    wide = frame.with_columns(low.cast(pl.Int64).alias("low"), high.cast(pl.Int64).alias("high"))
    wide = wide.filter(pl.col("high") - pl.col("low") > 1)
    return wide.with_columns(pl.int_ranges(pl.col("low") + 1, "high").alias("rank")).explode("rank")


def _jumps(spells: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The stages that a move forward jumped over, entered and passed on the day of the move."""
    forward = spells.filter((pl.col("type") == "open") & pl.col("next_type").is_in(["open", "won"]))
    over = _between(forward, pl.col("rank"), _reached(book, rank="next_rank", outcome="next_type"))
    over = over.with_columns(pl.col("left").alias("entered"))
    return _entries(over, order=pl.col("spell") * 2 + 1, exit_=pl.lit("advanced"), how=pl.lit("skipped"))


def _before_first(spells: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The stages before a deal's first recorded one: skipped if the history goes back to the deal's
    creation, else assumed to have been passed. A deal first seen as lost was lost, but nobody knows
    where: from the first stage, which it certainly reached."""
    first = spells.filter(pl.col("spell") == 0).with_columns(pl.min_horizontal("created", "entered").alias("entered"))
    older = (~pl.col("start_known")).fill_null(False)
    passed = _between(first, pl.lit(0), _reached(book, rank="rank", outcome="type"))
    how = pl.when(older).then(pl.lit("assumed")).otherwise(pl.lit("skipped"))
    lost = first.filter(pl.col("type") == "lost").with_columns(pl.lit(1).alias("rank"))
    lost = lost if open_stages(book.stages) else lost.clear()
    return pl.concat(
        [
            _entries(passed, order=pl.lit(-1), exit_=pl.lit("advanced"), how=how),
            _entries(lost, order=pl.lit(-1), exit_=pl.lit("lost"), how=pl.lit("untraced")),
        ]
    )


def _untold(known: pl.DataFrame, last: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The deals that History does not know, by the stage they are in now; entered when created."""
    deals = known.join(last, on="deal_id", how="anti").with_columns(pl.col("created").alias("entered"))
    lost = pl.col("type") == "lost"
    placed = (pl.col("type") != "won") & (lost | pl.col("rank").is_not_null())
    here = deals.filter(placed & pl.lit(bool(open_stages(book.stages))))
    how = pl.when(lost & pl.col("rank").is_null()).then(pl.lit("untraced")).otherwise(pl.lit("assumed"))
    stands = pl.when(lost).then(pl.lit("lost")).otherwise(pl.lit("still_there"))
    here = here.with_columns(how.alias("how")).with_columns(pl.col("rank").fill_null(1))
    passed = _between(deals, pl.lit(0), _reached(book, rank="rank", outcome="type"))
    return pl.concat(
        [
            _entries(here, order=pl.lit(0), exit_=stands, how=pl.col("how")),
            _entries(passed, order=pl.lit(-1), exit_=pl.lit("advanced"), how=pl.lit("assumed")),
        ]
    )
