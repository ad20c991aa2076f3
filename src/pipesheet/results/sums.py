"""The text of live formulas: sums and counts over our own tables, by structured reference.

References are written as Excel stores them (``T[[#This Row],[From]]``, not ``[@From]``). What a user
wrote is never part of a formula: conditions point to the cell that holds it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

DEALS, CLOSED = "PipesheetDeals", "PipesheetClosed"
_LIKE_A_WORD = re.compile(r"[^\W\d_][^*?~\"=<>\x00-\x1f]{0,99}\Z")
_LIKE_A_DATE = re.compile(r"[^\W\d_]{1,9}[.\s/-]*\d")
_READ_AS_VALUES = {"true", "false", "wahr", "falsch", "vrai", "faux"}


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on a column of a table.

    `criterion` is what SUMIFS takes; `before` and `after` stand round the column in a test for
    SUMPRODUCT, which compares exactly. Without a criterion the whole formula is a SUMPRODUCT.
    """

    column: str
    criterion: str
    before: str
    after: str

    def test(self, table: str) -> str:
        """The condition as an array of ones and zeros."""
        return f"--{self.before}{table}[{self.column}]{self.after}"


def this_row(table: str, column: str) -> str:
    """The cell of that column in the formula's own row."""
    return f"{table}[[#This Row],[{column}]]"


def is_word(column: str, word: str) -> Where:
    """The column holds that word of ours."""
    return Where(column, f'"{word}"', "(", f'="{word}")')


def is_not_word(column: str, word: str) -> Where:
    """The column holds anything but that word of ours."""
    return Where(column, f'"<>{word}"', "(", f'<>"{word}")')


def is_empty(column: str) -> Where:
    """The column holds nothing."""
    return Where(column, "", "(", '="")')


def equals(column: str, cell: str, *, plain: bool) -> Where:
    """The column holds the very text of that cell; `plain` where SUMIFS takes it as just that."""
    return Where(column, cell if plain else "", "EXACT(", f",{cell})")


def between(column: str, first: str, last: str) -> tuple[Where, Where]:
    """The column's date is from the one in cell `first` to the one in cell `last`."""
    return (
        Where(column, f'">="&{first}', "(", f">={first})"),
        Where(column, f'"<="&{last}', "(", f"<={last})"),
    )


def plain_texts(texts: Collection[str]) -> frozenset[str]:
    """Those which SUMIFS takes as just that text: no pattern, sign, number, date, truth value, and
    no other of them differs in case alone."""
    spellings: dict[str, int] = {}
    for text in texts:
        key = _same_to_excel(text)
        spellings[key] = spellings.get(key, 0) + 1
    return frozenset(t for t in texts if spellings[_same_to_excel(t)] == 1 and _is_plain(t))


def _same_to_excel(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_plain(text: str) -> bool:
    if not _LIKE_A_WORD.match(text) or _LIKE_A_DATE.match(text):
        return False
    return text.casefold() not in _READ_AS_VALUES and text == text.strip()


def total(table: str, column: str, conditions: Sequence[Where]) -> str:
    """Σ of a column over the rows where all conditions hold."""
    if not conditions:
        return f"SUM({table}[{column}])"
    if all(c.criterion for c in conditions):
        return f"SUMIFS({table}[{column}],{_criteria(table, conditions)})"
    return f"SUMPRODUCT({','.join(c.test(table) for c in conditions)},{table}[{column}])"


def count(table: str, conditions: Sequence[Where]) -> str:
    """How many rows meet all conditions, of which there is at least one."""
    if all(c.criterion for c in conditions):
        return f"COUNTIFS({_criteria(table, conditions)})"
    return f"SUMPRODUCT({','.join(c.test(table) for c in conditions)})"


def _criteria(table: str, conditions: Sequence[Where]) -> str:
    return ",".join(f"{table}[{c.column}],{c.criterion}" for c in conditions)
