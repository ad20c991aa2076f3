"""A private LibreOffice for a test run, and the unchanged xlwings over it."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

DEBIAN = "/usr/lib/python3/dist-packages"  # where python3-uno puts its module; never on the path of anything else


def uno_module() -> Any:
    """LibreOffice's bridge to Python, or a skip that says what is missing."""
    if shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice (soffice)")
    sys.path.append(DEBIAN)
    try:
        importlib.import_module("unohelper")
        return importlib.import_module("uno")
    except ImportError:
        pytest.skip("needs LibreOffice's Python bridge (python3-uno) for this Python")
    finally:
        sys.path.remove(DEBIAN)


@contextmanager
def running_office(pipe: str = "") -> Iterator[Any]:
    """The component context of a LibreOffice of our own: own profile, own pipe, ended by its process."""
    uno = uno_module()
    pipe = pipe or f"pipesheet{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix="office", ignore_cleanup_errors=True) as profile:
        program = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;",
             f"-env:UserInstallation={Path(profile).as_uri()}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield _connected(uno, pipe, program)
        finally:
            _end(program)


def _connected(uno: Any, pipe: str, program: subprocess.Popen[bytes]) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    refused = uno.getClass("com.sun.star.connection.NoConnectException")
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except refused:
            assert program.poll() is None, "LibreOffice ended before it answered"
            time.sleep(0.2)
    pytest.fail("LibreOffice did not answer within a minute")


def _end(program: subprocess.Popen[bytes]) -> None:
    """Its script starts others: they are of its own session's group, ended by their ids."""
    import psutil

    family = psutil.Process(program.pid).children(recursive=True) if program.poll() is None else []
    for each in family:
        each.kill()
    program.kill()
    program.wait(timeout=20)
    psutil.wait_procs(family, timeout=20)


@pytest.fixture(scope="session")
def calc() -> Iterator[Any]:
    """``calc/office.py`` on a private LibreOffice; one a worker, as its start takes seconds."""
    with running_office() as context:
        from pipesheet.calc.office import Office

        yield Office(context)


class Wired:
    """The operations as at the other end of a wire: whatever goes in and comes out is written as JSON."""

    def __init__(self, office: Any) -> None:
        self._office = office

    def ask(self, operation: str, *args: Any) -> Any:
        return json.loads(json.dumps(self._office.call(operation, *json.loads(json.dumps(args)))))

    def tell(self, operation: str, *args: Any) -> None:
        self._office.call(operation, *json.loads(json.dumps(args)))


@pytest.fixture
def app(calc: Any) -> Iterator[Any]:
    """xlwings' ``App`` on that LibreOffice; whatever workbooks a test opened are closed after it."""
    import xlwings

    from pipesheet.calc.engine import Engine

    engine = xlwings.Engine(impl=Engine(Wired(calc)))
    xlwings.engines.add(engine)
    engine.activate()
    running = engine.apps[0]
    yield running
    for book in list(running.books):
        book.close()
    xlwings.engines.engines.remove(engine)
    xlwings.engines.active = None
