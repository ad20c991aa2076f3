"""Defined names: what xlwings' ``Names`` and ``Name`` call, over LibreOffice Calc."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.formulas import from_calc, to_calc


class Names:
    """A workbook's names, those of its sheets among them; or one sheet's."""

    def __init__(self, book: Any, sheet: Any = None) -> None:
        self.book = book
        self.api = book.office
        self._sheet = sheet

    def _all(self) -> list[Name]:
        found = [Name(self.book, *each) for each in self.book.office.ask("names", self.book.id)]
        return found if self._sheet is None else [name for name in found if name.scope == self._sheet.name]

    def __iter__(self) -> Iterator[Name]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __call__(self, key: int | str) -> Name:
        """By its name or number."""
        if isinstance(key, int):
            return self._all()[key - 1]
        for name in self:
            if key.lower() in (name.name.lower(), f"{name.scope}!{name.bare}".lower()):
                return name
        raise KeyError(key)

    def contains(self, key: int | str) -> bool:
        """Whether it is there."""
        try:
            self(key)
        except (KeyError, IndexError):
            return False
        return True

    def snapshot(self) -> list[tuple[str, Name]]:
        """Every name with its text."""
        return [(name.name, name) for name in self]

    def add(self, name: str, refers_to: str) -> Name:
        """A name for what the formula says; ``Deals!Total`` belongs to the sheet."""
        scope, _, bare = name.rpartition("!")
        if not scope and self._sheet is not None:
            scope = self._sheet.name
        made = Name(self.book, scope.strip("'").replace("''", "'"), bare, "")
        made.refers_to = refers_to
        return made


class Name:
    """A defined name."""

    def __init__(self, book: Any, scope: str, bare: str, content: str) -> None:
        self.api = book.office
        self._book = book
        self.scope = scope
        self.bare = bare
        self._content = content

    @property
    def name(self) -> str:
        """With the sheet before it where it belongs to one."""
        if not self.scope:
            return self.bare
        plain = self.scope.isidentifier()
        return f"{self.scope}!{self.bare}" if plain else f"'{self.scope}'!{self.bare}"

    @property
    def refers_to(self) -> str:
        """In Excel's words, with an equals sign."""
        return f"={from_calc(self._content)}"

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self._content = to_calc(value.removeprefix("="))
        self.api.tell("set_name", self._book.id, self.scope, self.bare, self._content)

    @property
    def refers_to_range(self) -> Any:
        """The block that it stands for."""
        return self._book.place_of(self.refers_to.removeprefix("="), None)

    @property
    def reference(self) -> str:
        """As in a formula."""
        return self.bare

    def delete(self) -> None:
        """It goes."""
        self.api.tell("delete_name", self._book.id, self.scope, self.bare)
