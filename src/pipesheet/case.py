"""A book under the rules: the deals, the day they are judged on, and how a rule reports what it saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import polars as pl

from pipesheet.findings import Finding, severity_of
from pipesheet.grid import CellRef
from pipesheet.models import Book

DUE = pl.when(pl.col("outcome") == "open").then("close_date").alias("close_date")
"""When an open deal is expected to close: what a finding about it is urgent by."""


def blank(field: str) -> pl.Expr:
    """Nothing, or only spaces, in a column of text."""
    return pl.col(field).fill_null("").str.strip_chars() == ""


def written_once(write: Callable[..., str], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """What `write` makes of each row's values; each distinct row is written once."""
    known: dict[tuple[Any, ...], str] = {}
    written = []
    for row in rows:
        if row not in known:
            known[row] = write(*row)
        written.append(known[row])
    return written


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule may look at: the frame of deals with its pace, the book, the as-of date.

    `states` and `stays` are those of `pipesheet.history`, the stays in known stages, None without a
    History; `limits` the most days a deal may be in each stage, by its name.
    """

    frame: pl.DataFrame
    book: Book
    as_of: dt.date
    states: pl.DataFrame | None
    stays: pl.DataFrame | None
    limits: Mapping[str, float]

    def has(self, field: str) -> bool:
        """Whether the book has that column; a rule about one it has not is silent."""
        return field in self.book.deals.values

    @property
    def closing_field(self) -> str | None:
        """The column that says when a closed deal closed: Closed, else Close date, else none."""
        return next((f for f in ("closed", "close_date") if self.has(f)), None)

    def closing_fields(self, hits: pl.DataFrame) -> list[str]:
        """The column that the close date of each deal found was read from."""
        closed = self.book.deals.values.get("closed")
        if closed is None:
            return ["close_date"] * len(hits)
        rows = hits.select("index", "outcome").iter_rows()
        return ["close_date" if outcome == "open" or closed[i] is None else "closed" for i, outcome in rows]

    def words(self, column: str, write: Callable[[Any], str]) -> Callable[[pl.DataFrame], list[str]]:
        """The values of a column of the deals found, in words; each distinct value is written once."""

        return lambda hits: written_once(write, hits.select(column).iter_rows())

    def findings(
        self,
        code: str,
        where: pl.Expr,
        field: str,
        found: str | pl.Expr | Callable[[pl.DataFrame], list[str]],
        needed: str,
        *,
        money: pl.Expr | None = None,
    ) -> Iterator[Finding]:
        """A finding for every deal where `where` holds (null is no), at its cell in column `field`."""
        if not self.has(field) or severity_of(code, self.book.settings.rules) is None:
            return iter(())
        asked = self.frame.select(where).to_series()
        # Most rules find nothing in most books; the frame is wide, so it is only cut where they do.
        if not asked.any():
            return iter(())
        hits = self.frame.filter(asked)
        said: str | Sequence[str]
        if isinstance(found, pl.Expr):
            said = hits.select(found).to_series().to_list()
        else:
            said = found if isinstance(found, str) else found(hits)
        stake = None if money is None else hits.select(money).to_series()
        return self.report(code, hits["index"], field, said, needed, money=stake)

    def report(
        self,
        code: str,
        index: pl.Series,
        field: str | Sequence[str],
        found: str | Sequence[str],
        needed: str | Sequence[str],
        *,
        money: pl.Series | None = None,
    ) -> Iterator[Finding]:
        """A finding for each deal of `index`; one text for all of them, or one for each.

        The money at stake is in the reporting currency; money unknown or below zero counts as 0.
        """
        severity = severity_of(code, self.book.settings.rules)
        fields = [field] * len(index) if isinstance(field, str) else field
        if severity is None or not len(index):
            return
        deals = self.book.deals
        told = self.frame.select("deal_id", "deal", "owner", "stage", "amount", DUE)[index].with_columns(
            pl.col(pl.String).fill_null("")
        )
        stakes = repeat(0.0) if money is None else money.fill_null(0.0).clip(lower_bound=0.0).to_list()
        for row, name, said, wanted, stake, (deal_id, deal, owner, stage, amount, close_date) in zip(
            index.to_list(),
            fields,
            repeat(found) if isinstance(found, str) else found,
            repeat(needed) if isinstance(needed, str) else needed,
            stakes,
            told.iter_rows(),
            strict=False,
        ):
            if name in deals.values:
                cell = CellRef(deals.sheet, deals.rows[row], deals.position.get(name, 1))
                yield Finding(
                    code,
                    severity,
                    said,
                    wanted,
                    cell,
                    deal_id,
                    deal,
                    owner,
                    stage,
                    amount=amount,
                    money_at_stake=stake,
                    close_date=close_date,
                )
