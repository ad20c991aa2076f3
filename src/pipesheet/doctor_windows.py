"""What keeps the button from working on Windows: marks, policies, rules. All of it is read, none changed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipesheet.doctor_lines import ATTACH, INSTALL, INSTEAD, Check, Level, Line, Setup
from pipesheet.installing import ADDIN, places
from pipesheet.machine import Machine, from_store, from_the_internet

EXCEL: Final = r"HKCU\Software\Microsoft\Office\16.0\Excel"
DISABLED: Final = EXCEL + r"\Resiliency\DisabledItems"
OFFICE: Final = (
    r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0",
    r"HKCU\Software\Policies\Microsoft\Office\16.0",
    r"HKCU\Software\Microsoft\Office\16.0",
)
"""Where a switch of Office may stand, strongest first: the cloud's policy, the group's, the user's own setting."""
RULES: Final = (
    r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
)
MANAGED_RULES: Final = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
"""Its value ``ASRRules`` holds ``rule=action|rule=action``."""
CHILD_PROCESSES: Final = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
WIN32_CALLS: Final = "92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b"
SCRIPT_HOST: Final = (
    r"HKLM\Software\Microsoft\Windows Script Host\Settings",
    r"HKCU\Software\Microsoft\Windows Script Host\Settings",
)
_BLOCK, _WARN = "1", "6"
_SIGNED_ONLY, _NONE = "3", "4"
_USER = 6
"""The column of ``tasklist /v`` with the name of the user."""
_ASK_IT = f"Ask your IT to allow it. {INSTEAD}"


def values(machine: Machine, key: str) -> dict[str, object]:
    """The values of a registry key by their names in small letters, as Windows does not tell them apart."""
    return {name.lower(): value for name, value in machine.registry(key).items()}


def switch(machine: Machine, key: str, name: str) -> str:
    r"""A switch of Office (``Excel\Security``, ``vbawarnings``) as text; empty where nobody set it."""
    for root in OFFICE:
        found = values(machine, rf"{root}\{key}").get(name)
        if found is not None:
            return str(found)
    return ""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch of Office that stops the button, or limits it, where it is on."""

    check: str
    places: tuple[tuple[str, str], ...]
    level: Level
    on: str
    to_do: str
    off: str

    def __call__(self, setup: Setup) -> Line:
        """The line for this machine."""
        if any(switch(setup.machine, key, name) == "1" for key, name in self.places):
            return Line(self.check, self.level, self.on, self.to_do)
        return Line(self.check, "ok", self.off)


VBA = Switch(
    "vba", (("Common", "vbaoff"),), "broken",
    "VBA, the language of macros, is switched off for Office on this machine.", _ASK_IT,
    "Macros are not switched off for Office as a whole.",
)  # fmt: skip
ADDINS = Switch(
    "add-ins", ((r"Excel\Security", "disablealladdins"),), "broken",
    "All add-ins are switched off in Excel.",
    f"Excel: File, Options, Trust Center, Settings, Add-ins; or, if it is grey there, ask your IT. {INSTEAD}",
    "Add-ins are not switched off.",
)  # fmt: skip
SIGNED = Switch(
    "signed-add-ins",
    ((r"Excel\Security", "requireaddinsig"), (r"Common\Security", "requirealwaysonmacrosig")), "broken",
    "Only signed add-ins may run, and this one is made on your machine, unsigned.",
    f"Excel: File, Options, Trust Center, Settings, Add-ins; or, if it is grey there, ask your IT. {INSTEAD}",
    "Add-ins need no signature.",
)  # fmt: skip
FROM_INTERNET = Switch(
    "macros-from-internet", ((r"Excel\Security", "blockcontentexecutionfrominternet"),), "attention",
    "Workbooks from the internet or a mail run no macros. The add-in was made here and is none of them, "
    "but a starter.xlsm that you were sent is.",
    "Use the Pipesheet tab, or get the starter from pipesheet itself.",
    "No policy blocks macros in workbooks from the internet beyond what Excel does by itself.",
)  # fmt: skip


def store_python(setup: Setup) -> Line:
    """Whether Windows keeps what this Python writes apart from Excel."""
    machine = setup.machine
    if from_store(machine.executable, machine.base_prefix, setup.record.interpreter):
        return Line(
            "store-python", "broken",
            "This Python is from the Microsoft Store; Windows keeps its files apart, and Excel never sees the add-in.",
            "Install Python from python.org, install pipesheet there, and run pipesheet excel install.",
        )  # fmt: skip
    return Line("store-python", "ok", "This Python is not from the Microsoft Store.")


def internet_mark(setup: Setup) -> Line:
    """Whether the add-in bears the mark of a download."""
    if from_the_internet(places(setup.machine).addin):
        return Line(
            "internet-mark", "broken",
            f"Windows has marked {ADDIN} as one from the internet, so Excel does not run it.", INSTALL,
        )  # fmt: skip
    return Line("internet-mark", "ok", "The add-in does not bear the mark of a download.")


def disabled_items(setup: Setup) -> Line:
    """Whether Excel itself switched the add-in off, as it does after a crash."""
    held = setup.machine.registry(DISABLED).values()
    if any(ADDIN in _text(value).lower() for value in held):
        return Line(
            "disabled-items", "broken", "Excel has switched the add-in off, as it does after a crash.",
            f"Excel: File, Options, Add-ins; Manage: Disabled Items, Go; choose {ADDIN}, Enable. Start Excel again.",
        )  # fmt: skip
    return Line("disabled-items", "ok", "The add-in is not among Excel's disabled items.")


def _text(value: object) -> str:
    """A value of the registry as text; in binary ones Office writes names in UTF-16, at any offset."""
    if not isinstance(value, bytes):
        return str(value)
    return "".join(value[start:].decode("utf-16-le", errors="replace") for start in (0, 1))


def macros(setup: Setup) -> Line:
    """Whether macros run in the start-up folder: that is a trusted location, unless those are switched off."""
    untrusted = switch(setup.machine, r"Excel\Security\Trusted Locations", "alllocationsdisabled") == "1"
    warnings = switch(setup.machine, r"Excel\Security", "vbawarnings")
    if warnings in {_SIGNED_ONLY, _NONE}:
        which = "All macros are" if warnings == _NONE else "Macros without a signature are"
        if untrusted:
            return Line("macros", "broken", f"{which} blocked, and no folder is trusted.", _ASK_IT)
        return Line(
            "macros", "attention",
            f"{which} blocked outside trusted folders. The add-in lies in one; buttons in workbooks do nothing.",
            f"Use the Pipesheet tab. If it does nothing either: {ATTACH}",
        )  # fmt: skip
    if untrusted:
        return Line(
            "macros", "attention", "No folder is trusted, so Excel asks before it runs the add-in.",
            f"Choose Enable when Excel asks. If it does not ask: {ATTACH}",
        )  # fmt: skip
    return Line("macros", "ok", "Macros run in Excel's start-up folder.")


def rule(machine: Machine, guid: str) -> str:
    """What an attack-surface rule does: ``1`` blocks, ``6`` lets the user pass, ``2`` only watches; or nothing."""
    for key in RULES:
        found = values(machine, key).get(guid)
        if found is not None:
            return str(found)
    managed = str(values(machine, MANAGED_RULES).get("asrrules", "")).lower()
    return dict(_pairs(managed)).get(guid, "")


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for entry in text.split("|"):
        name, _, action = entry.partition("=")
        yield name.strip(" {}"), action.strip()


def child_processes(setup: Setup) -> Line:
    """Whether Excel may start another program, which is what the button does."""
    action = rule(setup.machine, CHILD_PROCESSES)
    if action == _BLOCK:
        return Line(
            "child-processes", "broken", "Windows lets Office start no other program, so the button cannot.", _ASK_IT
        )
    if action == _WARN:
        return Line(
            "child-processes", "attention", "Windows warns when Office starts another program, as the button does.",
            f"Choose Unblock when it asks. {INSTEAD}",
        )  # fmt: skip
    return Line("child-processes", "ok", "Excel may start other programs.")


def win32_calls(setup: Setup) -> Line:
    """The rule on calls from macros into Windows; our launcher makes none, so it is only told."""
    if rule(setup.machine, WIN32_CALLS) in {_BLOCK, _WARN}:
        return Line("win32-calls", "ok", "Macros may not call into Windows here; the add-in does not.")
    return Line("win32-calls", "ok", "No rule is set on macros that call into Windows; the add-in does not.")


def script_host(setup: Setup) -> Line:
    """Whether Windows Script Host, of which the launcher uses one object, is switched off."""
    if any(str(values(setup.machine, key).get("enabled")) == "0" for key in SCRIPT_HOST):
        return Line(
            "script-host", "attention",
            "Windows Script Host is switched off; what the button starts programs with may be refused.",
            f"Click Check in the Pipesheet tab. If it says it could not be started: {ATTACH}",
        )  # fmt: skip
    return Line("script-host", "ok", "Windows Script Host is not switched off.")


def administrator(setup: Setup) -> Line:
    """Whether Excel runs as administrator and we not, or the other way round: then neither finds the other."""
    if setup.machine.elevated:
        return Line(
            "administrator", "attention",
            "This terminal runs as administrator; from it an Excel that does not cannot be seen.",
            "Open an ordinary terminal for pipesheet.",
        )  # fmt: skip
    root = setup.machine.environ.get("SYSTEMROOT", r"C:\Windows")
    asked = [rf"{root}\System32\tasklist.exe", "/v", "/fi", "IMAGENAME eq EXCEL.EXE", "/fo", "csv", "/nh"]
    answer = setup.machine.run(asked)
    if answer.code:
        return Line(
            "administrator", "attention", "It could not be found out whether Excel runs as administrator.",
            "If the button finds no workbook: close Excel and start it in the ordinary way.",
        )  # fmt: skip
    return _administrator(
        [row for row in csv.reader(answer.said.splitlines()) if row and row[0].upper() == "EXCEL.EXE"]
    )


def _administrator(rows: list[list[str]]) -> Line:
    """Windows tells nobody who a process belongs to that stands above them."""
    if any(len(row) <= _USER or "\\" not in row[_USER] for row in rows):
        return Line(
            "administrator", "attention", "An Excel seems to run as administrator, or as another user.",
            "Close it and start Excel in the ordinary way.",
        )  # fmt: skip
    return Line("administrator", "ok", "Excel does not run as administrator." if rows else "Excel is not running.")


CHECKS: Final[tuple[Check, ...]] = (
    store_python, internet_mark, disabled_items, VBA, ADDINS, SIGNED, macros, FROM_INTERNET,
    child_processes, win32_calls, script_host, administrator,
)  # fmt: skip
