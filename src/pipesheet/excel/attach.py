"""Which workbook: the one that is open in front of the person who pressed the button.

The only place that imports xlwings, and at once takes back what that import does on the side: on Windows
it would end every Excel without a window when we exit, on macOS run any macro called CleanUp.
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from pipesheet.errors import Busy, ChangedLive, LiveError, Locked, NoExcel, UsageError
from pipesheet.excel.looks import refined
from pipesheet.excel.reading import Read, Told, marked, read_book
from pipesheet.grid import quoted_sheet

MOST_ATTEMPTS = 1_000
"""So often xlwings asks again where Excel rejects a call; its own default is for ever."""
_PATIENCE = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between attempts to find Excel ready."""
_BUSY = {-2147418111, -2147417846, -2146777998}
"""RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, and what Excel says while a cell is edited."""
OPTIONAL = ("cryptography", "matplotlib", "numpy", "pandas", "PIL", "polars")
"""What xlwings loads where it is installed, up to a second of it, for what is not used here."""
_NATIVE = {"win32": "_xlwindows", "darwin": "_xlmac"}


def library() -> Any:
    """xlwings, without its exit hooks and with an end to its patience.

    Raises:
        UsageError: it is not installed.
    """
    try:
        with _missing(OPTIONAL):
            xlwings = import_module("xlwings")
    except ImportError:
        raise UsageError(
            f'The buttons need xlwings, which is not installed. Run: "{sys.executable}" -m pip install xlwings'
        ) from None
    native: Any = sys.modules.get(f"xlwings.{_NATIVE.get(sys.platform, '')}")
    if native is not None:
        atexit.unregister(native.cleanup)
        native.N_COM_ATTEMPTS = MOST_ATTEMPTS
    return xlwings


@contextmanager
def _missing(names: Collection[str]) -> Iterator[None]:
    """As if those modules were not there; those that are loaded already stay."""
    hidden = set(names) - sys.modules.keys()
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None there is Python's word for it
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def attach(name: str = "", *, hwnd: int | None = None, engine: Any = None) -> LiveBook:
    """The open workbook of that full name, or the active one; in the Excel with that window where there are two.

    `engine` stands for another program than Excel, as `pipesheet.calc` does for LibreOffice.

    Raises:
        NoExcel, Busy, UsageError
    """
    xlwings = library()
    if engine is not None:
        xlwings.engines.active = xlwings.Engine(impl=engine)
    elif xlwings.engines.active is None:
        raise UsageError("There is no Excel for this system. For LibreOffice: pipesheet libreoffice install")
    with in_words():
        app = _app(xlwings.apps, hwnd)
        return LiveBook(app, _book(app, name))


def _app(apps: Any, hwnd: int | None) -> Any:
    running = list(apps)
    if not running:
        raise NoExcel("No Excel is running.")
    for app in running:
        if hwnd is not None and app.hwnd == hwnd:
            return app
    return running[0]


def _book(app: Any, name: str) -> Any:
    books = list(app.books)
    if not books:
        raise NoExcel("No workbook is open.")
    if not name:
        return app.books.active
    for book in books:  # by full name first, as two folders may hold workbooks of one name
        if book.fullname == name:
            return book
    for book in books:
        if book.name == name:
            return book
    raise NoExcel(f"{name[:150]!r} is not open any more.")


@contextmanager
def in_words() -> Iterator[None]:
    """What Excel or the way to it says, as an error of ours."""
    try:
        yield
    except Exception as fault:
        if getattr(fault, "hresult", None) in _BUSY or type(fault).__name__ == "ExcelBusyError":
            raise Busy from fault
        if type(fault).__name__ in ("com_error", "CommandError", "DisposedException", "BrokenPipeError"):
            raise LiveError(
                "Excel refused what it was asked, or was closed meanwhile. If results stand there half written, use "
                "Undo last run; then try again."
            ) from fault
        raise


@dataclass(frozen=True, slots=True)
class LiveBook:
    """One open workbook and the program it is open in."""

    app: Any
    book: Any

    @property
    def name(self) -> str:
        """What its window is called."""
        return str(self.book.name)

    @property
    def full_name(self) -> str:
        """Where it was last saved, a path or an address on the web; its name where it never was."""
        return str(self.book.fullname)

    @property
    def path(self) -> Path | None:
        """The file it was last saved to; None for one never saved, or saved to a place that is no folder.

        The address of a synced file is never guessed into a path: which folder it is in is not known here.
        """
        path = Path(self.full_name)
        return path if "://" not in self.full_name and path.is_absolute() else None

    def read(self, path: Path, told: Told = lambda _: None) -> Read:
        """All cells as they stand now; `path` is what they are said to come from."""
        with in_words():
            return read_book(self.book, path, told)

    def refuse_if_changed(self, read: Read) -> None:
        """Raises ChangedLive where a cell that was read holds something else by now."""
        with in_words():
            if not read.still_so(self.book):
                raise ChangedLive(self.name)

    def refuse_if_closed_to_us(self, needed: Collection[str] = ()) -> None:
        """Looks before the first write for everything that would stop it half way.

        A protected structure stops nothing where the sheets of all `needed` keys are there already.

        Raises:
            Locked: the workbook or a sheet of ours is protected, or open for reading only. Busy.
        """
        _wait_until_ready(self.app)
        with in_words():
            self._refuse_if_protected(needed)

    def _refuse_if_protected(self, needed: Collection[str]) -> None:
        if _says(lambda: self.app.api.ActiveProtectedViewWindow is not None):
            raise Locked(self.name, "it is open in Protected View", "Click Enable Editing at its top and try again.")
        if _says(lambda: self.book.api.ReadOnly):
            raise Locked(
                self.name,
                "it is open for reading only, so what is written could not be saved",
                "Save it under another name, or open it for editing, then try again.",
            )
        ours = marked(self.book)
        there = bool(needed) and set(needed) <= set(ours)
        if not there and _says(lambda: self.book.api.ProtectStructure):
            raise Locked(
                self.name,
                "its structure is protected, so no sheet can be added or taken off",
                "Switch that off (Excel: Review, Protect Workbook; LibreOffice: Tools, Protect Spreadsheet Structure), "
                "then try again.",
            )
        for tab in ours.values():
            if _says(lambda tab=tab: self.book.sheets[tab].api.ProtectContents):  # type: ignore[misc]
                raise Locked(
                    self.name,
                    f"its sheet {quoted_sheet(tab)}, which every run writes anew, is protected",
                    "Switch that off (Excel: Review, Unprotect Sheet; LibreOffice: Tools, Protect Sheet), "
                    "then try again.",
                )

    @contextmanager
    def held_still(self) -> Iterator[Callable[[], None]]:
        """Screen, events and calculation wait meanwhile; afterwards all is as it was, whatever happened.

        What it gives brings the person back to where they were, as a fault does.
        """
        app, book = self.app, self.book
        with in_words():
            was = (app.screen_updating, app.enable_events, app.calculation)
            sheet, selected = book.sheets.active, _selected(app)

        def go_back() -> None:
            refined(lambda: _go_to(sheet, selected))

        try:
            with in_words():
                app.screen_updating, app.enable_events, app.calculation = False, False, "manual"
                yield go_back
        except BaseException:
            go_back()
            raise
        finally:
            # One by one: where the first cannot be put back, the others still can.
            refined(lambda: setattr(app, "calculation", was[2]))
            refined(lambda: setattr(app, "enable_events", was[1]))
            refined(lambda: setattr(app, "screen_updating", was[0]))

    def show(self, tab: str) -> None:
        """Brings a sheet to the front, at its top."""
        with in_words():
            sheet = self.book.sheets[tab]
            sheet.visible = True
            _go_to(sheet, "$A$1")

    def status(self, text: str | None) -> None:
        """One line at the foot of the window; None gives it back to Excel. A busy Excel is not worth an error."""
        refined(lambda: setattr(self.app, "status_bar", False if text is None else f"pipesheet: {text}"))

    def tell(self, text: str, *, title: str = "pipesheet", warning: bool = False) -> None:
        """Words in a box that has to be closed."""
        with in_words():
            self.app.alert(text, title, "ok", "critical" if warning else "info")

    def ask(self, text: str, *, title: str = "pipesheet") -> bool:
        """Whether the person says yes."""
        with in_words():
            answer: Literal["yes", "no"] = self.app.alert(text, title, "yes_no", "info")
            return answer == "yes"


def _wait_until_ready(app: Any, sleep: Callable[[float], None] = time.sleep) -> None:
    """Until a cell that is edited is left, as far as it is worth waiting."""
    for pause in (*_PATIENCE, None):
        try:
            with in_words():
                if _says(lambda: app.api.Ready, unknown=True):
                    return
        except Busy:
            pass
        if pause is not None:
            sleep(pause)
    raise Busy


def _says(question: Callable[[], Any], *, unknown: bool = False) -> bool:
    """The answer of a host that may not know the question; a busy one is not taken for one."""
    try:
        return bool(question())
    except Exception as fault:
        if getattr(fault, "hresult", None) in _BUSY:
            raise
        return unknown


def _selected(app: Any) -> str:
    try:
        return str(app.selection.address)
    except Exception:  # a chart is selected, or nothing
        return "$A$1"


def _go_to(sheet: Any, selected: str) -> None:
    sheet.activate()
    sheet.range(selected).select()
