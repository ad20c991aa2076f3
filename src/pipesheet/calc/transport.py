"""How the engine reaches LibreOffice, whichever way that is."""

from __future__ import annotations

from typing import Any, Protocol


class Office(Protocol):
    """A way to the operations of ``office.py``: ``ask`` waits for an answer, ``tell`` need not."""

    def ask(self, operation: str, *args: Any) -> Any:
        """The operation's answer."""

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done, in order with all else that is asked and told."""
