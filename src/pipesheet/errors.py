"""Faults of file or world. Each stops the file it is about; nothing was written.

::

    PipesheetError                  exit 3
      UsageError                    exit 2   the call was wrong
      ReadError                              the file could not be read
        FileMissing
        FileEmpty
        NotAWorkbook                         not a zip, truncated, not a spreadsheet
        Encrypted                            password-protected or rights-managed
        Unsafe                               zip bomb, path tricks, hostile XML
        NoDeals                              nothing like a table of deals
        AmbiguousDeals                       two sheets could be it
      WriteError                             the file could not be written; it is as it was
        Unsupported                          a kind of file pipesheet does not write into
        Locked                               open elsewhere, read-only, signed, structure protected
        Changed                              somebody saved it since it was read
        NotVerified                          what was composed did not read back as meant
      LiveError                              the workbook that is open in Excel cannot be used
        NoExcel                              no Excel is running, or none with a workbook
        Busy                                 a cell is being edited, or a dialog is open
        ChangedLive                          somebody typed while pipesheet was computing
      MailError                              the mail server cannot be used
        BadAddress                           what should be one person's address is not
        MailRefused                          one message or one recipient is not wanted
        MailUncertain                        one message may or may not have arrived

A class takes facts and writes its own sentence: what, where, and what to do.
Faults in the user's *data* are not errors but findings (`pipesheet.findings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import PurePath

_LOOKED, _LONGEST = 4, 150


def _short(text: str) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _name(path: str | PathLike[str]) -> str:
    return PurePath(fspath(path)).name or fspath(path)


class PipesheetError(Exception):
    """The root; `exit_code` is what a command ends with."""

    exit_code = 3


class UsageError(PipesheetError):
    """The call itself was wrong; the message says which part."""

    exit_code = 2


class ReadError(PipesheetError):
    """A file could not be read."""


class FileMissing(ReadError):
    """There is no file at that path, or it is a folder."""

    def __init__(self, path: str | PathLike[str], *, folder: bool = False) -> None:
        what = "is a folder, not a workbook" if folder else "does not exist"
        super().__init__(f"{fspath(path)} {what}. Check the path and the spelling.")


class FileEmpty(ReadError):
    """The file has no bytes."""

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(
            f"{_name(path)} is empty (0 bytes). It may not have finished downloading or syncing; fetch it again."
        )


class NotAWorkbook(ReadError):
    """The bytes are not those of a workbook; `why` says what is wrong with them."""

    def __init__(self, path: str | PathLike[str], why: str) -> None:
        super().__init__(
            f"{_name(path)} cannot be read as a workbook: {why}. Open it in Excel, save it as .xlsx "
            "and try again; if Excel cannot open it either, restore an older copy."
        )


class Encrypted(ReadError):
    """The workbook is encrypted; pipesheet asks for no password."""

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(
            f"{_name(path)} is protected by a password. In Excel: File, Info, Protect Workbook, "
            "Encrypt with Password, clear the password, save, and run again."
        )


class Unsafe(ReadError):
    """The package is built to harm its reader, or is indistinguishable from one that is."""

    def __init__(self, path: str | PathLike[str], why: str) -> None:
        super().__init__(
            f"{_name(path)} was not opened because {why}. If you trust where it came from, save it "
            "anew from Excel and try that copy."
        )


class NoDeals(ReadError):
    """No sheet looks like a table of deals; `looked` says what was seen, a sentence per sheet."""

    def __init__(self, path: str | PathLike[str], looked: Sequence[str]) -> None:
        seen = " ".join(_short(sentence) for sentence in looked[:_LOOKED]) or "The workbook has no sheet with cells."
        if len(looked) > _LOOKED:
            seen += f" And {len(looked) - _LOOKED:,} more sheets like that."
        super().__init__(
            f"{_name(path)} has no sheet that looks like deals: a header row with at least a stage "
            f"and a deal ID, amount or close date. {seen} Name the sheet Deals, or map it in a "
            "Settings sheet (Setting: sheet Deals; Value: your sheet's name)."
        )


class AmbiguousDeals(ReadError):
    """Two or more sheets could be the deals."""

    def __init__(self, path: str | PathLike[str], sheets: Sequence[str]) -> None:
        names = ", ".join(repr(_short(s)) for s in sheets[:_LOOKED])
        super().__init__(
            f"{_name(path)} has more than one sheet that could be the deals: {names}. Say which in a "
            f"Settings sheet (Setting: sheet Deals; Value: {_short(sheets[0])}), or rename the other."
        )


class WriteError(PipesheetError):
    """A file could not be written; what was there before is untouched."""


class Unsupported(WriteError):
    """A kind of workbook that pipesheet reads but does not write into."""

    def __init__(self, path: str | PathLike[str], why: str, what_to_do: str) -> None:
        super().__init__(f"{_name(path)} was not written: {why}. {what_to_do}")


class Locked(WriteError):
    """The file, or the place for it, cannot be written now; `who` holds it if that is known."""

    def __init__(self, path: str | PathLike[str], why: str, what_to_do: str) -> None:
        super().__init__(f"{_name(path)} was not written: {why}. {what_to_do}")


class Changed(WriteError):
    """The file on disk is not the one that was read."""

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__(
            f"{_name(path)} was not written: somebody saved it while pipesheet was computing. "
            "Nothing is lost; run again."
        )


class NotVerified(WriteError):
    """The composed package failed its own check before it replaced anything."""

    def __init__(self, path: str | PathLike[str], why: str) -> None:
        super().__init__(
            f"{_name(path)} was not written: the result failed its check ({why}). Your file is as it "
            "was. Please report this with the workbook's structure, not its data."
        )


class LiveError(PipesheetError):
    """The workbook that is open in Excel cannot be used now; nothing was written into it."""


class NoExcel(LiveError):
    """There is no workbook to work on; `why` says what was looked for."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} Open the workbook in Excel and try again.")


class Busy(LiveError):
    """Excel takes no calls; it does not say why, but nearly always somebody is typing into a cell."""

    def __init__(self) -> None:
        super().__init__(
            "Excel is busy: a cell is being edited, or a dialog is open. Press Enter or Esc in Excel, and try again."
        )


class ChangedLive(LiveError):
    """The open workbook is not the one that was read."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{_short(name)} was changed while pipesheet was computing. Nothing was written; press the button again."
        )


class MailError(PipesheetError):
    """Mail cannot be sent now; the message says why, and what to do."""


class MailRefused(MailError):
    """The server takes other messages, but not this one to `to`; `why` is its answer."""

    def __init__(self, to: str, why: str) -> None:
        self.why = why
        super().__init__(f"The report to {to} was refused: {why}. Check the address, or ask the recipient's IT.")


class MailUncertain(MailError):
    """The connection broke between the end of a message and the server's answer."""

    def __init__(self, to: str) -> None:
        super().__init__(
            f"The report to {to} was handed over, but the mail server hung up before it said yes. It may have "
            "arrived; ask, and send it again with --again if it has not."
        )


class BadAddress(MailError):
    """An address that no mail is sent to; `why` says what is wrong with it."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"{address[:80]!a} is no address to send to: {why}. Write one person's address, such as "
            "jonas@example.org or Jonas Lindqvist <jonas@example.org>."
        )
