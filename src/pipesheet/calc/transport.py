"""How the engine reaches LibreOffice, whichever way that is."""

from __future__ import annotations

from typing import Any, Protocol


class Office(Protocol):
    """A way to the operations of ``office.py``: ``ask`` waits for an answer, ``tell`` need not."""

    def ask(self, operation: str, *args: Any) -> Any:
        """The operation's answer."""

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done, in order with all else that is asked and told."""


GATHERED = ("put", "page")
"""Operations whose last argument is a record of properties, which may as well come all at once."""
SHOWN = ("activate", "select")
"""What brings something to the front; each is undone by the next, and costs a window drawn anew."""
SEEN = (
    "active_sheet", "selection", "freeze", "grid", "set_grid", "still", "alert", "close", "save", "add_sheet",
    "delete_sheet", "sheet_put",
)  # fmt: skip
"""What depends on what is in front, or ends a stretch of work."""


class Gathering:
    """The same way, with what is put onto one block told at once, and only the last brought to the front."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._where: tuple[Any, ...] = ()
        self._values: dict[str, Any] = {}
        self._front: dict[str, tuple[Any, ...]] = {}

    def ask(self, operation: str, *args: Any) -> Any:
        """The operation's answer, after all that was told."""
        self._pass_on(operation)
        return self._office.ask(operation, *args)

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done, in order with all else."""
        if operation in SHOWN:
            self._front.pop(operation, None)
            self._front[operation] = args
            return
        where = (operation, *args[:-1])
        if operation in GATHERED and where == self._where:
            self._values.update(args[-1])
            return
        self._pass_on(operation)
        if operation in GATHERED:
            self._where, self._values = where, dict(args[-1])
        else:
            self._office.tell(operation, *args)

    def _pass_on(self, operation: str) -> None:
        where, self._where = self._where, ()
        if where:
            self._office.tell(*where, self._values)
        if operation in SEEN:
            front, self._front = self._front, {}
            for shown, args in front.items():
                self._office.tell(shown, *args)
