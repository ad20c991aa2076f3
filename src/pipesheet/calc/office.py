"""What pipesheet asks of LibreOffice Calc: small operations on documents, sheets and blocks of cells.

This file and its neighbours ``office_*.py`` need the standard library and LibreOffice's own ``uno`` only, and run in
LibreOffice's Python (3.7 or later) as well as in ours. All that goes in and comes out can be written as JSON: a date
that is put is ``{"d": "2026-11-16T00:00:00"}``, a formula ``{"f": "=...", "t": "its text"}``, an error that is read the
whole number that Excel has for it; all other numbers have a point. Blocks are given by their corners, counted from 1;
formulas are in the words of Calc's own interface (``$Deals.A1``, semicolons).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

import uno  # type: ignore[import-not-found, unused-ignore]

from pipesheet.calc.office_charts import Charts
from pipesheet.calc.office_documents import enum, named, path_of, struct, title_of
from pipesheet.calc.office_rules import Rules
from pipesheet.calc.office_seals import Seals
from pipesheet.calc.office_sheets import Sheets

_FAULT = uno.getClass("com.sun.star.uno.Exception")
BUTTONS = {"ok": 1, "ok_cancel": 2, "yes_no": 3, "yes_no_cancel": 4}  # com.sun.star.awt.MessageBoxButtons
ANSWERS = {0: "cancel", 1: "ok", 2: "yes", 3: "no"}  # com.sun.star.awt.MessageBoxResults
SAVED_AS = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML", ".ods": "calc8"}


class Office(Seals, Sheets, Rules, Charts):
    """LibreOffice, reached by its component context; ``show`` puts a message to the person and says the answer."""

    def __init__(self, context: Any, show: Optional[Callable[[str, str, str, str], str]] = None) -> None:  # noqa: UP045
        super().__init__(context)
        self._show = show or self._message_box
        self._shown: dict[str, Any] = {}

    def call(self, operation: str, *args: Any) -> Any:
        """The operation's answer; one that is not known is an ``AttributeError``.

        What LibreOffice raises is no usual exception, and has no place on the way through ours.
        """
        try:
            if args:
                self._keep_undo_locked(args[0])
            return getattr(self, "do_" + operation)(*args)
        except _FAULT as fault:
            why = f"{type(fault).__name__}: {fault.Message}"
        raise OSError(why)

    ask = call

    def tell(self, operation: str, *args: Any) -> None:
        """Have it done."""
        self.call(operation, *args)

    def do_version(self) -> str:
        """Such as ``7.4``."""
        provider = self._service("com.sun.star.configuration.ConfigurationProvider")
        path = (named("nodepath", "/org.openoffice.Setup/Product"),)
        access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", path)
        return str(access.getByName("ooSetupVersion"))

    def do_books(self) -> list[dict[str, Any]]:
        """The open workbooks."""
        return [
            {"id": each.RuntimeUID, "title": title_of(each), "path": path_of(each), "readonly": each.isReadonly(),
             "protected": each.isProtected()}
            for each in self._documents()
        ]  # fmt: skip

    def do_active(self) -> Any:
        """The id of the workbook in front, or of the last one; nothing where none is open."""
        current = self._desktop.getCurrentComponent()
        documents = self._documents()
        for each in documents:
            if current is not None and each == current:
                return each.RuntimeUID
        return documents[-1].RuntimeUID if documents else None

    def do_to_front(self, doc: str) -> None:
        """Bring the workbook's window to the front."""
        self._view(doc).Frame.activate()

    def do_new(self) -> str:
        """A new workbook's id."""
        return str(self._desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, ()).RuntimeUID)

    def do_open(self, path: str) -> str:
        """The id of the workbook at the path, now open."""
        url = uno.systemPathToFileUrl(path)
        return str(self._desktop.loadComponentFromURL(url, "_blank", 0, ()).RuntimeUID)

    def do_save(self, doc: str, path: Any) -> None:
        """Save where it is, or to the path, in the kind its ending says."""
        if path is None:
            self._document(doc).store()
            return
        kind = SAVED_AS["." + path.rpartition(".")[2].lower()]
        self._document(doc).storeAsURL(uno.systemPathToFileUrl(path), (named("FilterName", kind),))

    def do_close(self, doc: str) -> None:
        """Close without saving."""
        self._document(doc).close(True)

    def do_automatic(self, doc: str, wanted: Any) -> bool:
        """Whether formulas are calculated at once; set where given."""
        document = self._document(doc)
        if wanted is not None:
            document.enableAutomaticCalculation(wanted)
        return bool(document.isAutomaticCalculationEnabled())

    def do_calculate(self, doc: str) -> None:
        """Calculate what is not up to date."""
        self._document(doc).calculate()

    def do_still(self, doc: str, wanted: Any) -> bool:
        """Whether the window stands still and nothing is kept for Calc's own Undo, which would forget what the
        person did over all that is written; set where given. Rows are measured once, at the end."""
        document = self._document(doc)
        still = bool(document.hasControllersLocked())
        if wanted and not still:
            document.lockControllers()
            document.addActionLock()
            document.IsAdjustHeightEnabled = False
            document.UndoManager.lock()
            self._unmeasured[doc] = {}
        if wanted is False and still:
            try:
                for sheet in list(self._unmeasured.get(doc, ())):
                    self._keep_undo_locked(doc)
                    self._fit_rows(doc, sheet)
            finally:  # whatever happens, the window goes on
                self._unmeasured.pop(doc, None)
                document.IsAdjustHeightEnabled = True
                document.UndoManager.unlock()
                document.removeActionLock()
                document.unlockControllers()
        return bool(document.hasControllersLocked())

    def do_digit(self, doc: str) -> float:
        """How wide the widest digit is in the letters of cells without a format, in hundredths of a millimetre."""
        usual = self._document(doc).StyleFamilies.getByName("CellStyles").getByName("Default")
        device = self._service("com.sun.star.awt.Toolkit").createScreenCompatibleDevice(1, 1)
        letters = struct("com.sun.star.awt.FontDescriptor", Name=usual.CharFontName, Height=1000)
        widest = max(device.getFont(letters).getCharWidth(digit) for digit in "0123456789")
        return float(widest / 1000 * usual.CharHeight * 2540 / 72)

    def do_status(self, doc: str, text: Any) -> None:
        """Show the text in the status bar; nothing gives it back."""
        indicator = self._shown.pop(doc, None)
        if indicator is None and text is not None:
            indicator = self._view(doc).Frame.createStatusIndicator()
            indicator.start(text, 1)
        elif text is not None:
            indicator.setText(text)
        elif indicator is not None:
            indicator.end()
        if text is not None:
            self._shown[doc] = indicator

    def do_alert(self, prompt: str, title: str, buttons: str, mode: str) -> str:
        """Put the message to the person, and say which button was pressed."""
        return self._show(prompt, title, buttons, mode)

    def _message_box(self, prompt: str, title: str, buttons: str, mode: str) -> str:
        frame = self._desktop.getCurrentFrame()
        window = frame.getContainerWindow() if frame is not None else None
        kind = enum("awt.MessageBoxType", "ERRORBOX" if mode == "critical" else _box(buttons))
        toolkit = self._service("com.sun.star.awt.Toolkit")
        return ANSWERS[toolkit.createMessageBox(window, kind, BUTTONS[buttons], title, prompt).execute()]


def _box(buttons: str) -> str:
    return "QUERYBOX" if buttons.startswith("yes") else "INFOBOX"
