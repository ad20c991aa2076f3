"""Whether a sheet's cells are as they were: a word for each sheet that is another after any change in them."""

from __future__ import annotations

import uuid
from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]
import unohelper  # type: ignore[import-not-found, unused-ignore]

from pipesheet.calc.office_blocks import Blocks
from pipesheet.calc.office_documents import corners


class Seals(Blocks):
    """The operation that puts seals onto sheets, and tells them."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._seals: dict[tuple[str, str], Seal] = {}

    def do_seal(self, doc: str, sheet: str) -> str:
        """A word that no other sheet and no other LibreOffice has; a new one once anything in the cells has changed.

        What a cell looks like is not in it. It is told by listening, as reading a sheet takes as long as ever.
        """
        mine, used = (doc, sheet), self.do_used(doc, sheet)
        void = [at for at, seal in self._seals.items() if not seal.whole or (at == mine and not seal.on(used))]
        for at in void:
            self._seals.pop(at).end()
        if mine not in self._seals:
            self._seals[mine] = Seal(self._range(doc, sheet, *used))
        return self._seals[mine].word

    def let_go(self) -> None:
        """Take all seals off: LibreOffice ends with a listener in another process that has ended."""
        while self._seals:
            self._seals.popitem()[1].end()


class Seal(unohelper.Base, uno.getClass("com.sun.star.util.XModifyListener")):  # type: ignore[misc]
    """On a block of cells, which is told of every change; what is put beneath or beside it changes its size."""

    def __init__(self, block: Any) -> None:
        self.word, self.whole = uuid.uuid4().hex, True
        self._block, self._used = block, corners(block.RangeAddress)
        block.addModifyListener(self)

    def on(self, used: list[int]) -> bool:
        """Whether it is still on all that is used, and nothing has moved."""
        return bool(self._used == used == corners(self._block.RangeAddress))

    def end(self) -> None:
        """Listens no more."""
        try:
            self._block.removeModifyListener(self)
        except Exception:  # it went with its sheet
            self.whole = False

    def modified(self, event: Any) -> None:  # noqa: ARG002
        """Something has changed in the block."""
        self.whole = False

    def disposing(self, event: Any) -> None:  # noqa: ARG002
        """The workbook is closed."""
        self.whole = False
