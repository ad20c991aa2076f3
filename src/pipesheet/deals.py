"""The frame of deals that all thinking starts from: stage, owner, currency and odds resolved.

One row per deal in sheet order. Columns (polars types; null where nothing is known):

=====================  ========  ==================================================================
index                  UInt32    position in `Book.deals`
deal_id, deal, account String    as read
owner, team, manager   String    owner as read, in the spelling of Owners; team and manager from there
region                 String    from Owners
stage                  String    the stage's own name where it is known, else as read
stage_known            Boolean   the stage is in the list of stages
stage_rank             Int32     1 for the first open stage, 2 for the next …; null in won and lost
                                 stages (a deal whose status says lost keeps the rank it was lost at)
outcome                String    open, won or lost
own_amount             Float64   as read, in `currency`
currency               String    as read; the reporting currency where blank
rate                   Float64   to the reporting currency at the deal's date; null where there is none
amount                 Float64   in the reporting currency
created                Date
entered_stage          Date      Stage since; else the start of the stay that History saw last, if it is
                                 in this stage; for a deal not seen in any other, created if that was
                                 before and the stage is the first one
close_date             Date      expected for open deals, actual for closed ones
own_probability        Float64   the deal's own, as read
stage_probability      Float64   its stage's; null where the stage is unknown
probability            Float64   own where it lies in 0 to 1, else the stage's, else 0; 1 won, 0 lost
category               String    commit, best case, pipeline, omitted; closed for won, omitted for lost
weighted               Float64   amount × probability of open deals that are not omitted, else 0
next_step              String
next_step_date         Date
lost_reason, source    String
product, pipeline      String
=====================  ========  ==================================================================
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from pipesheet.history import latest_stays
from pipesheet.models import CATEGORY_WORDS, DEAL_FIELDS, Book, Owner, Rate, Stage
from pipesheet.stages import BEST_CASE_FROM, COMMIT_FROM, category_of, open_stages, stage_key, stage_lookup

__all__ = ["category_of", "deal_frame", "open_stages", "rate_on", "reporting_currency", "stage_key"]

_POLARS: Mapping[type, pl.DataType] = {
    str: pl.String(),
    float: pl.Float64(),
    bool: pl.Boolean(),
    dt.date: pl.Date(),
    dt.datetime: pl.Datetime(),
}


def reporting_currency(book: Book) -> str:
    """The currency totals are in, in capitals: the setting, else the one most deals have (the first by
    the alphabet where two are as frequent), else none (empty)."""
    if named := book.settings.reporting_currency.strip():
        return named.upper()
    seen = Counter(c.strip().upper() for c in book.deals.values.get("currency", ()) if c and c.strip())
    return min(seen, key=lambda currency: (-seen[currency], currency)) if seen else ""


def rate_on(book: Book, currency: str, day: dt.date) -> float | None:
    """What one unit of a currency is worth in the reporting currency on a day: the newest rate on or
    before it; 1 for the reporting currency and for a blank one; None where there is no rate."""
    code = currency.strip().upper()
    if code in ("", reporting_currency(book)):
        return 1.0
    dated = [
        (r.date or dt.date.min, i, r.rate)
        for i, r in enumerate(book.rates)
        if r.currency.strip().upper() == code and (r.date or dt.date.min) <= day
    ]
    return max(dated)[2] if dated else None


def deal_frame(book: Book, as_of: dt.date) -> pl.DataFrame:
    """Resolves every deal of the book as of that date; see the module for the columns."""
    frame = _as_read(book)
    frame = _with_stage(frame, book.stages)
    frame = _with_owner(frame, book)
    frame = _with_amount(frame, book, as_of)
    frame = _with_odds(frame)
    frame = _with_stage_entry(frame, book, as_of)
    return frame.sort("index").select(
        "index",
        "deal_id",
        "deal",
        "account",
        "owner",
        "team",
        "manager",
        "region",
        "stage",
        "stage_known",
        "stage_rank",
        "outcome",
        "own_amount",
        "currency",
        "rate",
        "amount",
        "created",
        "entered_stage",
        "close_date",
        "own_probability",
        "stage_probability",
        "probability",
        "category",
        "weighted",
        "next_step",
        "next_step_date",
        "lost_reason",
        "source",
        "product",
        "pipeline",
    )


def _as_read(book: Book) -> pl.DataFrame:
    deals = book.deals
    blank = [None] * len(deals)
    columns = [
        pl.Series(name, deals.values.get(name, blank), dtype=_POLARS[kind]) for name, kind in DEAL_FIELDS.items()
    ]
    return pl.DataFrame(columns).with_row_index("index")


def _key(column: str) -> pl.Expr:
    text = pl.col(column).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
    return text.str.to_lowercase()


def _with_stage(frame: pl.DataFrame, stages: Sequence[Stage]) -> pl.DataFrame:
    named = stage_lookup(frame["stage"].unique(), stages)
    said = _key("status")
    by_flags = (
        pl.when(pl.col("is_won"))
        .then(pl.lit("won"))
        .when(pl.col("is_closed"))
        .then(pl.lit("lost"))
        .otherwise(pl.lit("open"))
    )
    outcome = (
        pl.when(said.is_in(["won", "closed won"]))
        .then(pl.lit("won"))
        .when(said.is_in(["lost", "closed lost"]))
        .then(pl.lit("lost"))
        .otherwise(pl.coalesce("stage_type", by_flags))
    )
    return frame.join(named, on="stage", how="left", maintain_order="left").with_columns(
        outcome.alias("outcome"),
        pl.col("stage_name").is_not_null().alias("stage_known"),
        pl.coalesce("stage_name", "stage").alias("stage"),
    )


def _with_owner(frame: pl.DataFrame, book: Book) -> pl.DataFrame:
    people = {stage_key(o.name): o for o in reversed(book.owners)}
    spellings = sorted(frame["owner"].drop_nulls().unique())
    found = [people.get(stage_key(s), Owner(s)) for s in spellings]
    owners = pl.DataFrame(
        {
            "owner": spellings,
            "owner_name": [o.name for o in found],
            "team": [o.team or None for o in found],
            "manager": [o.manager or None for o in found],
            "region": [o.region or None for o in found],
        },
        schema=dict.fromkeys(("owner", "owner_name", "team", "manager", "region"), pl.String),
    )
    joined = frame.join(owners, on="owner", how="left", maintain_order="left")
    return joined.with_columns(pl.col("owner_name").alias("owner"))


def _with_amount(frame: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    reporting = reporting_currency(book)
    blank = pl.col("currency").fill_null("").str.strip_chars() == ""
    closed_on = pl.coalesce("closed", "close_date")
    code = pl.col("currency").str.strip_chars().str.to_uppercase()
    is_open = pl.col("outcome") == "open"
    frame = frame.with_columns(
        pl.when(blank).then(pl.lit(reporting)).otherwise(code).alias("currency"),
        pl.when(is_open).then(pl.col("close_date")).otherwise(closed_on).alias("close_date"),
        pl.col("amount").alias("own_amount"),
    ).with_columns(
        pl.when(pl.col("outcome") == "open")
        .then(pl.lit(as_of))
        .otherwise(pl.coalesce("close_date", pl.lit(as_of)))
        .alias("rate_date"),
    )
    rated = frame.sort("rate_date").join_asof(
        _rate_frame(book.rates),
        left_on="rate_date",
        right_on="rate_from",
        by="currency",
        strategy="backward",
        check_sortedness=False,
    )
    rate = pl.when(pl.col("currency") == reporting).then(1.0).otherwise(pl.col("rate"))
    return rated.with_columns(rate.alias("rate")).with_columns((pl.col("own_amount") * pl.col("rate")).alias("amount"))


def _rate_frame(rates: Sequence[Rate]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "currency": [r.currency.strip().upper() for r in rates],
            "rate_from": [r.date or dt.date(1, 1, 1) for r in rates],
            "rate": [r.rate for r in rates],
        },
        schema={"currency": pl.String, "rate_from": pl.Date, "rate": pl.Float64},
    ).sort("rate_from", maintain_order=True)


def _with_odds(frame: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("probability")
    usable = pl.when(own.is_between(0, 1)).then(own)
    said = _key("category").str.replace_all(r"[^a-z]", "")
    # An open deal cannot be closed, whatever is said of it.
    words = {word: category for word, category in CATEGORY_WORDS.items() if category != "closed"}
    named = said.replace_strict(words, default=None, return_dtype=pl.String)
    by_probability = (
        pl.when(pl.col("odds") >= COMMIT_FROM)
        .then(pl.lit("commit"))
        .when(pl.col("odds") >= BEST_CASE_FROM)
        .then(pl.lit("best case"))
        .otherwise(pl.lit("pipeline"))
    )
    odds = (
        pl.when(pl.col("outcome") == "won")
        .then(1.0)
        .when(pl.col("outcome") == "lost")
        .then(0.0)
        .otherwise(pl.coalesce(usable, "stage_probability", pl.lit(0.0)))
    )
    category = (
        pl.when(pl.col("outcome") == "won")
        .then(pl.lit("closed"))
        .when(pl.col("outcome") == "lost")
        .then(pl.lit("omitted"))
        .otherwise(pl.coalesce(named, "stage_category", by_probability))
    )
    counts = (pl.col("outcome") == "open") & (pl.col("category") != "omitted")
    return (
        frame.with_columns(own.alias("own_probability"), odds.alias("odds"))
        .with_columns(category.alias("category"), pl.col("odds").alias("probability"))
        .with_columns(
            pl.when(counts)
            .then((pl.col("amount") * pl.col("probability")).fill_null(0.0))
            .otherwise(0.0)
            .alias("weighted")
        )
    )


def _with_stage_entry(frame: pl.DataFrame, book: Book, as_of: dt.date) -> pl.DataFrame:
    """A deal that History saw last in another stage entered its own on a day nobody knows."""
    last = latest_stays(book, as_of).select("deal_id", "spell", "entered", pl.col("stage").alias("last_stage"))
    here = pl.when(pl.col("last_stage") == pl.col("stage")).then("entered")
    # History may have begun later than the deal, which was in the first stage from the start.
    from_start = (pl.col("stage_rank") == 1) & (
        pl.col("spell").is_null() | (here.is_not_null() & (pl.col("spell") == 0))
    )
    told = pl.when(from_start).then(pl.min_horizontal("created", here)).otherwise(here)
    return frame.join(last, on="deal_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("stage_since", told).alias("entered_stage")
    )
