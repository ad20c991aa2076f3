"""The menu Pipesheet in LibreOffice Calc: what a click on one of its commands does.

A protocol handler for ``vnd.pipesheet:check`` and the like. The work is done in the main thread, after the menu
has closed; while pipesheet computes, LibreOffice goes on drawing and taking clicks.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import unohelper  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.awt import XCallback  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.frame import (  # type: ignore[import-not-found, unused-ignore]
    TerminationVetoException,
    XDispatch,
    XDispatchProvider,
    XTerminateListener,
)
from com.sun.star.lang import XInitialization, XServiceInfo  # type: ignore[import-not-found, unused-ignore]
from com.sun.star.view import XSelectionChangeListener  # type: ignore[import-not-found, unused-ignore]

from pipesheet.calc.extension import child
from pipesheet.calc.office import Office

NAME = "org.pipesheet.Menu"
SERVICE = "com.sun.star.frame.ProtocolHandler"
SCHEME = "vnd.pipesheet:"
BUSY = "pipesheet: still at work; wait until it is done"

running: list[Any] = []
"""The child at work, if there is one; there is one LibreOffice, so there is one child."""
offices: list[Any] = []
"""The way to the documents, once there is one."""


class Menu(
    unohelper.Base, XServiceInfo, XInitialization, XDispatchProvider, XDispatch, XCallback  # type: ignore[misc]
):  # fmt: skip
    """One window's commands."""

    def __init__(self, context: Any, *_: Any) -> None:
        self._context = context
        self._frame: Any = None

    def initialize(self, args: Any) -> None:
        """LibreOffice says which window it is."""
        self._frame = args[0] if args else None

    def queryDispatch(self, url: Any, target: str, flags: int) -> Any:  # noqa: ARG002, N802
        """Whether the command is ours."""
        return self if url.Complete.startswith(SCHEME) else None

    def queryDispatches(self, requests: Any) -> Any:  # noqa: N802
        """The same for several."""
        return tuple(self.queryDispatch(each.FeatureURL, each.FrameName, each.SearchFlags) for each in requests)

    def dispatch(self, url: Any, args: Any) -> None:  # noqa: ARG002
        """A click: have it done once LibreOffice is back in its main thread, and the menu closed."""
        self._later().addCallback(self, url.Complete[len(SCHEME) :])

    def notify(self, action: Any) -> None:
        """Do it, unless the last one is still being done."""
        if running:
            self._say_busy()
            return
        setup = _setup()
        running.append(child.Child(setup["interpreter"], setup["log"], setup["version"]))
        desktop, keeper = self._service("com.sun.star.frame.Desktop"), StayOpen()
        desktop.addTerminateListener(keeper)
        try:
            self._run(action)
        finally:
            running.clear()
            desktop.removeTerminateListener(keeper)
            self._until_moved()

    def _run(self, action: str) -> None:
        office, doc = self._office(), self._clicked()
        automatic = office.call("automatic", doc, None)
        try:
            running[0].run(action, self._call(office, doc), self._go_on)
        except child.CannotRun as fault:
            # It may have ended where it held the window still.
            for operation, value in (("still", False), ("automatic", automatic), ("status", None)):
                with contextlib.suppress(Exception):  # the workbook may be closed by now
                    office.call(operation, doc, value)
            office.call("alert", str(fault), "Pipesheet", "ok", "critical")

    def _call(self, office: Any, doc: str) -> Any:
        """The operations, with the workbook that was clicked in as the one in front, whatever comes there later."""

        def call(operation: str, *args: Any) -> Any:
            return doc if operation == "active" else office.call(operation, *args)

        return call

    def _clicked(self) -> str:
        """The id of this window's workbook."""
        return str(self._frame.getController().getModel().RuntimeUID)

    def _office(self) -> Any:
        """One for all runs: it knows what it has written at the foot of which window."""
        if not offices:
            offices.append(Office(self._context))
        return offices[0]

    def _go_on(self) -> None:
        self._service("com.sun.star.awt.Toolkit").processEventsToIdle()

    def _say_busy(self) -> None:
        """At the foot of the window, as a box would hold up the very run that it is about."""
        with contextlib.suppress(Exception):  # the workbook may be closed by now
            self._office().call("status", self._clicked(), BUSY)
        self._until_moved()

    def _until_moved(self) -> None:
        """What was said at the foot of the window stays until the person goes on to another cell."""
        with contextlib.suppress(Exception):  # the workbook may be closed by now
            controller = self._frame.getController()
            controller.addSelectionChangeListener(Moved(controller, self._office(), self._clicked(), self._later()))

    def _later(self) -> Any:
        return self._service("com.sun.star.awt.AsyncCallback")

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def addStatusListener(self, listener: Any, url: Any) -> None:  # noqa: N802
        """The commands can always be clicked."""

    def removeStatusListener(self, listener: Any, url: Any) -> None:  # noqa: N802
        """Nobody is told anything."""

    def getImplementationName(self) -> str:  # noqa: N802
        """Its name among LibreOffice's parts."""
        return NAME

    def supportsService(self, name: str) -> bool:  # noqa: N802
        """What it can be asked for as."""
        return name in (SERVICE, NAME)

    def getSupportedServiceNames(self) -> Any:  # noqa: N802
        """The same as a list."""
        return (SERVICE, NAME)


class StayOpen(unohelper.Base, XTerminateListener):  # type: ignore[misc]
    """LibreOffice closed in the middle of a run: the run ends, and the next try closes LibreOffice."""

    def queryTermination(self, event: Any) -> None:  # noqa: ARG002, N802
        """Not now: our work is under way on this very thread."""
        if running:
            running[0].kill()
            raise TerminationVetoException("Pipesheet is still at work.", self)

    def notifyTermination(self, event: Any) -> None:  # noqa: N802
        """It closes."""

    def disposing(self, event: Any) -> None:
        """It has closed."""


class Moved(unohelper.Base, XSelectionChangeListener, XCallback):  # type: ignore[misc]
    """Waits for the person to go on, and clears the foot of the window once."""

    def __init__(self, controller: Any, office: Any, doc: str, later: Any) -> None:
        self._controller, self._office, self._doc, self._later = controller, office, doc, later

    def selectionChanged(self, event: Any) -> None:  # noqa: ARG002, N802
        """Another cell, or another sheet. LibreOffice breaks down on a listener that goes away while it is told."""
        if self._later is not None:
            self._later.addCallback(self, None)
            self._later = None

    def notify(self, data: Any) -> None:  # noqa: ARG002
        """Told, and done; a run that has begun since has its own words there."""
        with contextlib.suppress(Exception):  # the workbook may be closed by now
            self._controller.removeSelectionChangeListener(self)
            if not running:
                self._office.call("status", self._doc, None)

    def disposing(self, event: Any) -> None:
        """The window is closed."""


def _setup() -> Any:
    """What the installation wrote down: data, never code."""
    with open(os.path.join(os.path.dirname(child.__file__), "start.json"), encoding="utf-8") as file:
        return json.load(file)


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816  LibreOffice looks for this name
g_ImplementationHelper.addImplementation(Menu, NAME, (SERVICE, NAME))
