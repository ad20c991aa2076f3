"""The button put into Excel and taken out again: which files, where, and a record of exactly those.

A file is ours if its hash is the one in the record, or the very bytes that would be put there. No other is
written over unless that is asked for, and none is ever removed. The record is kept after each file, so
that it is right even if the run is ended in between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from pipesheet.denied import in_words
from pipesheet.errors import Locked, PipesheetError, ReadError, UsageError
from pipesheet.machine import MAC, WINDOWS, Machine, asked_of, digest, from_store, from_the_internet, interpreter
from pipesheet.replacing import replace_file

ADDIN: Final = "pipesheet.xlam"
SCRIPT: Final = "pipesheet.applescript"
RECORD: Final = "excel.json"
GROUP: Final = Path("Library", "Group Containers", "UBF8T346G9.Office")
"""What the programs of Office share on a Mac; it is there once one of them was started."""
_STARTUP: Final = GROUP / "User Content.localized" / "Startup.localized" / "Excel"
_SCRIPTS: Final = Path("Library", "Application Scripts", "com.microsoft.Excel")


class Build(Protocol):
    """Makes the add-in: `pipesheet.macros.addin.addin`, or what a test puts in its place."""

    def __call__(self, interpreter: str, version: str, *, mac: bool) -> bytes:
        """The bytes of the add-in for that Python."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of the button belong; only a Mac needs the script."""

    addin: Path
    script: Path | None


@dataclass(frozen=True, slots=True)
class Record:
    """What was put where: by which version, for which Python, and the SHA-256 of each file by its path."""

    version: str = ""
    interpreter: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installed:
    """`written` files are new or other than before, `kept` ones were there already, byte for byte."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """`left` files are still there, each with the reason."""

    removed: tuple[Path, ...]
    left: tuple[tuple[Path, str], ...]


def places(machine: Machine) -> Places:
    """Where Excel looks when it starts: folders of the user, which it trusts.

    Raises:
        UsageError: there is no Excel for this system.
    """
    if machine.platform == WINDOWS:
        return Places(machine.appdata / "Microsoft" / "Excel" / "XLSTART" / ADDIN, None)
    if machine.platform == MAC:
        return Places(machine.home / _STARTUP / ADDIN, machine.home / _SCRIPTS / SCRIPT)
    raise UsageError("There is no Excel on this system. For LibreOffice: pipesheet libreoffice install")


def install(machine: Machine, folder: Path, version: str, build: Build, *, force: bool = False) -> Installed:
    """Puts the button where Excel finds it; `folder` is the user's own, for the record.

    Raises:
        UsageError: there is no Excel for this system.
        Locked: a file there is not ours, or it cannot be written.
        PipesheetError: this Python cannot be started by Excel.
    """
    where = places(machine)
    _refuse_unfit(machine)
    python = str(interpreter(machine))
    files = {} if where.script is None else {where.script: applescript(python, version).encode("ascii")}
    try:
        files[where.addin] = build(python, version, mac=where.script is not None)
    except ValueError as fault:  # Its path cannot be written into an add-in.
        raise PipesheetError(f"{str(fault).removesuffix('.')}. Nothing was installed.") from fault
    return put(files, folder / RECORD, Record(version, python), force=force)


def _refuse_unfit(machine: Machine) -> None:
    """Raises where the button would be there and could not work."""
    if from_store(machine.executable, machine.base_prefix):
        raise PipesheetError(
            "Excel would not see what the Python of the Microsoft Store installs: Windows keeps its files apart. "
            "Install Python from python.org, install pipesheet there, and run this again."
        )
    if machine.platform == MAC and not (machine.home / GROUP).is_dir():
        raise PipesheetError("Excel was never started on this Mac. Install it, start it once, and run this again.")
    if machine.platform == WINDOWS and "%" in str(interpreter(machine)):  # What starts it fills in %NAME%.
        raise PipesheetError(
            f"{interpreter(machine)} cannot be started from Excel because its path holds a percent sign. "
            "Install pipesheet into a folder without one, and run this again."
        )
    answer = asked_of(machine, machine.executable, "-m", "pipesheet", "--version")
    if answer.code:
        raise PipesheetError(
            f"{machine.executable} does not start pipesheet when the user's own folders are left out, as the button "
            "does. Install pipesheet into a virtual environment or with pipx, not with --user, and run this again."
        )


def put(files: Mapping[Path, bytes], path: Path, record: Record, *, force: bool = False) -> Installed:
    """Puts files of ours in place and keeps the record of them at `path`; all are looked at before one is written.

    Raises:
        Locked: a file there is not ours, or it cannot be written.
        ReadError: the record cannot be read.
    """
    known = dict(read_record(path).files)
    if not force:
        for target, data in files.items():
            _refuse_foreign(target, {known.get(str(target), ""), _sha256(data)})
    written = [target for target, data in files.items() if digest(target) != _sha256(data) or from_the_internet(target)]
    for target, data in files.items():
        if target in written:
            _put_one(target, data)
        known[str(target)] = _sha256(data)
        save_record(path, replace(record, files=known))
    return Installed(tuple(written), tuple(target for target in files if target not in written))


def _refuse_foreign(target: Path, ours: set[str]) -> None:
    if target.exists() and digest(target) not in ours:
        raise Locked(
            target,
            f"{target.parent} holds a file of that name that pipesheet did not put there, or that was changed since",
            "Move it away, or write over it with --force.",
        )


def _put_one(target: Path, data: bytes) -> None:
    with in_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, data)


def uninstall(machine: Machine, folder: Path) -> Removed:
    """Removes what the record says was put there and is still the same; the record goes with the last of it.

    Raises:
        UsageError: there is no Excel for this system.
        ReadError: the record cannot be read.
    """
    where = places(machine)
    done = take_away(folder / RECORD)
    seen = {*done.removed, *(path for path, _ in done.left)}
    unknown = [path for path in (where.script, where.addin) if path and path not in seen and path.exists()]
    return replace(done, left=(*done.left, *((path, "nothing says that pipesheet put it there") for path in unknown)))


def take_away(path: Path) -> Removed:
    """Removes the files of a record, and the record where nothing of it is left."""
    record = read_record(path)
    here = {name: sha256 for name, sha256 in record.files.items() if Path(name).exists()}
    fates = {Path(name): _take_one(Path(name), sha256) for name, sha256 in here.items()}
    left = tuple((target, why) for target, why in fates.items() if why)
    if left:
        save_record(path, replace(record, files={str(target): here[str(target)] for target, _ in left}))
    else:
        with in_words(path):
            path.unlink(missing_ok=True)
    return Removed(tuple(target for target, why in fates.items() if not why), left)


def _take_one(target: Path, sha256: str) -> str:
    """Why a file was left; nothing if it is gone."""
    if digest(target) != sha256:
        return "it was changed since pipesheet put it there"
    try:
        target.unlink()
    except OSError as error:
        return f"it cannot be removed now ({error.strerror}); close Excel and run this again"
    return ""


def read_record(path: Path) -> Record:
    """What was installed; an empty record if nothing was.

    Raises:
        ReadError: there is one that cannot be read.
    """
    try:
        held = json.loads(path.read_text("utf-8"))
        files = {str(name): str(sha256) for name, sha256 in held["files"].items()}
        return Record(str(held["version"]), str(held["interpreter"]), files)
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ReadError(
            f"{path}, the record of what was installed, cannot be read. "
            "Delete it, and run: pipesheet excel install --force"
        ) from fault


def save_record(path: Path, record: Record) -> None:
    """Writes the record, whole or not at all.

    Raises:
        Locked: it cannot be written.
    """
    _put_one(path, json.dumps(asdict(record), indent=2, ensure_ascii=False).encode() + b"\n")


def applescript(python: str, version: str) -> str:
    """The script that Excel on a Mac runs outside its sandbox, for one Python; plain ASCII, however paths are spelt."""
    source = Path(__file__).with_name("macros").joinpath("sources", SCRIPT).read_text("ascii")
    return source.replace("@VERSION@", version).replace("@INTERPRETER@", applescript_text(python))


def applescript_text(text: str) -> str:
    """A text as AppleScript writes it: in quotes what is plain, by its number what is not."""
    parts: list[str] = []
    for letter in text:
        if not " " <= letter <= "~":
            parts.append(f"(character id {ord(letter)})")
            continue
        escaped = f"\\{letter}" if letter in '"\\' else letter
        if parts and parts[-1].startswith('"'):
            parts[-1] = parts[-1][:-1] + escaped + '"'
        else:
            parts.append(f'"{escaped}"')
    return " & ".join(parts) or '""'


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
