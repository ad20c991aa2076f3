"""What is known of a run beside its analysis."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunStamp:
    """When the run was, by which version, on what: the facts that the Run Log keeps.

    `input_sha256` is of the workbook as it was read, `settings_hash` of everything that decides how
    it was judged; both in hex. `kept` parts of the workbook are left as they are by the write, and
    `kept_sha256` is one hash over them; 0 and empty where nothing is written.
    """

    recorded: dt.datetime
    version: str
    input_name: str
    input_sha256: str
    settings_hash: str
    kept: int = 0
    kept_sha256: str = ""
