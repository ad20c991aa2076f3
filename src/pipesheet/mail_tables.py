"""The page's tables as a mail has room for them: fewer columns, fewer rows, and how many are left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipesheet.figures import NONE, plain
from pipesheet.language import say
from pipesheet.report_page import Cell, Head, Table


@dataclass(frozen=True, slots=True)
class MailCell:
    """One cell: its text and a part of it in a tone, a second line with a word in a tone before it."""

    text: str
    tail: str = ""
    tail_tone: str = ""
    note: str = ""
    level: str = ""
    level_tone: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The same as plain lines."""
        under = ": ".join(filter(None, (self.level, self.note)))
        return tuple(filter(None, (f"{self.text} {self.tail}".rstrip(), under)))


@dataclass(frozen=True, slots=True)
class MailTable:
    """Rows to read; the first cell of each names it. `widths` are percent, `left` so many rows are not here."""

    heads: tuple[Head, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[MailCell, ...], ...]
    left: int = 0


Row = tuple[Cell, ...]


def mail_table(card: str, table: Table, most: int, owner: str = "") -> MailTable:
    """The first rows of a card's table; the cards are those of `TABLES`. In an `owner`'s own mail they are not
    named on every line, and there is room for what is needed."""
    columns, widths, pick = TABLES[card]
    shown = table.rows[:most]
    return MailTable(
        tuple(replace(table.heads[c[-1]], text=" · ".join(table.heads[i].text for i in reversed(c))) for c in columns),
        widths,
        tuple(pick(_without(owner, row), bool(owner)) for row in shown),
        len(table.rows) - len(shown) + table.left,
    )


def _without(owner: str, row: Row) -> Row:
    first, *others = row
    return (replace(first, note=first.note.removeprefix(f"{plain(owner, 40)} · ")), *others) if owner else row


def _named(cell: Cell) -> MailCell:
    return MailCell(cell.text, note=cell.note)


def _stalled(row: Row, _own: bool) -> tuple[MailCell, ...]:
    deal, stage, spent, against, amount, _ = row
    over = "" if against.text == NONE else against.text
    return _named(deal), _named(stage), MailCell(spent.text, over, against.tone), MailCell(amount.text)


def _finding(row: Row, own: bool) -> tuple[MailCell, ...]:
    deal, level, what, found, needed, stake, cell = row
    wanted = say("needed: {what}", what=needed.text) if own and needed.text else ""
    under = ", ".join(filter(None, (found.text, wanted)))
    said = MailCell(what.text, note=under, level=level.text, level_tone=level.tone)
    return _named(deal), said, MailCell(stake.text, note=cell.text)


def _deal(row: Row, _own: bool) -> tuple[MailCell, ...]:
    deal, stage, close, amount, wanted = row
    due = MailCell("", close.text, close.tone) if close.tone else MailCell(close.text)
    lacks = wanted.text if wanted.text != NONE else ""
    return replace(_named(deal), note=lacks or deal.note), _named(stage), due, MailCell(amount.text)


Picked = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], Callable[[Row, bool], tuple[MailCell, ...]]]
TABLES: Mapping[str, Picked] = {
    "stalled": (((0,), (1,), (2,), (4,)), (40, 24, 18, 18), _stalled),
    "findings": (((0,), (2,), (6, 5)), (34, 44, 22), _finding),
    "deals": (((0,), (1,), (2,), (3,)), (40, 24, 19, 17), _deal),
}
"""Card -> columns of the page's table whose heads are kept (a cell's address stands beneath its money), their
widths in percent, a mail's row of the page's."""
