"""What the buttons do: the open workbook read, thought through, and written into or reported on.

The same analysis and the same result sheets as the command's; only reading cells and putting sheets
differ. Nothing is ever saved or closed. What cannot be done is said in the window, in words.
"""

from __future__ import annotations

import datetime as dt
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from pipesheet import __version__
from pipesheet.errors import LiveError, Locked, PipesheetError
from pipesheet.excel.attach import LiveBook
from pipesheet.excel.reading import Read, marked
from pipesheet.grid import Value
from pipesheet.journal import Journal
from pipesheet.sheets import SheetPlan
from pipesheet.tabs import SHEETS, free_tab_names, renamed_tables
from pipesheet.turns import turn

if TYPE_CHECKING:
    from pipesheet.analysis import Analysis
    from pipesheet.results import RunStamp

LOG_FILE = "live.log"
_LONGEST_LOG = 1 << 20
_UNSAVED = "unsaved"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a live run finds and leaves what is not in the workbook.

    `own` is the user's own folder of pipesheet (settings, journal, log), `documents` where a report goes
    whose workbook lies in no folder; `show_page` opens an HTML file in the browser, `send` does the mail
    (see `pipesheet.cli.live`).
    """

    own: Path
    documents: Path
    now: dt.datetime
    show_page: Callable[[Path], object]
    send: Callable[[Analysis, RunStamp, Path, LiveBook], str]
    settings: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: 0 or the exit code of the error, and the sentence that was said."""

    exit_code: int
    said: str


def run(action: str, live: LiveBook, place: Place) -> Done:
    """Does what a button asks for, and says what came of it: at the foot of the window, an error in a box."""
    try:
        said = _alone(live, place, ACTIONS[action]) if action in WRITING else ACTIONS[action](live, place)
    except PipesheetError as fault:
        return _failed(live, place, str(fault), fault)
    except Exception as fault:  # the outer edge: a person gets a sentence, the log the trace
        trouble = f"pipesheet itself failed ({type(fault).__name__}). The log says where: {place.own / LOG_FILE}"
        return _failed(live, place, trouble, fault)
    live.status(said)
    return Done(0, said)


def _failed(live: LiveBook, place: Place, sentence: str, fault: Exception) -> Done:
    _log(place, sentence, fault)
    live.status(None)
    try:
        live.tell(sentence, warning=True)
    except Exception:  # Excel is gone, or still busy: what is left is the foot of the window and the log
        live.status(sentence)
    return Done(fault.exit_code if isinstance(fault, PipesheetError) else 3, sentence)


def _log(place: Place, sentence: str, fault: Exception) -> None:
    """One entry more; a log that cannot be written is no reason to fail twice."""
    try:
        place.own.mkdir(parents=True, exist_ok=True)
        path = place.own / LOG_FILE
        old = path.read_text("utf-8")[-_LONGEST_LOG:] if path.is_file() else ""
        told = isinstance(fault, PipesheetError) and fault.__cause__ is None
        trace = "" if told else "".join(traceback.format_exception(fault))
        path.write_text(f"{old}{place.now.isoformat(' ')} pipesheet {__version__}: {sentence}\n{trace}\n", "utf-8")
    except OSError:
        return


def _alone(live: LiveBook, place: Place, do: Callable[[LiveBook, Place], str]) -> str:
    """Does it while no other click does something to this workbook.

    Raises:
        LiveError: another one does.
    """
    place.own.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(turn(place.own / Journal(place.own, live.full_name).name, sleep=lambda _: None))
        except Locked:
            raise LiveError(
                f"pipesheet is still at work on {live.name}. Wait until it has said what came of it."
            ) from None
        return do(live, place)


def _check(live: LiveBook, place: Place) -> str:
    analysis = _results(live, place, "findings")
    return f"{_to_mend(analysis)} {_landing(analysis)}"


def _forecast(live: LiveBook, place: Place) -> str:
    analysis = _results(live, place, "forecast")
    return f"{_landing(analysis)} {_to_mend(analysis)}"


def _to_mend(analysis: Analysis) -> str:
    from pipesheet.results.findings import title

    return title(analysis).rstrip(".") + "."


def _landing(analysis: Analysis) -> str:
    from pipesheet.wording import headline

    return headline(analysis.forecast.headline, analysis.deals.height, analysis.currency)


def _analysed(live: LiveBook, place: Place) -> tuple[Analysis, RunStamp, Read]:
    """The open workbook read and thought through."""
    _get_ready()
    # A workbook in no folder has no files beside it, and no settings there either.
    path = live.path or place.own / _UNSAVED / Path(live.name).name
    read = live.read(path, lambda tab: live.status(f"reading {tab}"))
    from pipesheet.jobs import Job, examine_source

    job = Job(path, place.now, settings=place.settings, machine_folder=place.own)
    analysis, stamp = examine_source(read.source, job, lambda step: live.status(f"{step}…"))
    return analysis, replace(stamp, input_name=live.name), read


def _get_ready() -> None:
    """Loads what thinking and writing will need while another process reads its cells for us."""
    modules = ("pipesheet.jobs", "pipesheet.results", "pipesheet.undoing")
    Thread(target=lambda: list(map(import_module, modules))).start()


def _results(live: LiveBook, place: Place, shown: str) -> Analysis:
    """Writes every result sheet and shows that one."""
    live.refuse_if_closed_to_us(SHEETS)
    analysis, stamp, read = _analysed(live, place)
    from pipesheet.excel.putting import put_sheets
    from pipesheet.results import result_sheets
    from pipesheet.undoing import remember, seal_up, take_back

    names = _tab_names(live.book, SHEETS)
    plans = _free_tables(live.book, result_sheets(analysis, names=names, stamp=stamp))
    journal = Journal(place.own, live.full_name)
    with live.held_still():
        live.refuse_if_changed(read)
        entry, standing = remember(live.book, plans, journal)
        try:
            put_sheets(live.book, plans, lambda tab: live.status(f"writing {tab}"), standing)
        except BaseException:
            take_back(live.book, entry, journal)
            raise
        live.show(names[shown])
    seal_up(live.book, journal)
    return analysis


def _tab_names(book: Any, wanted: Mapping[str, str]) -> dict[str, str]:
    return free_tab_names(marked(book), [sheet.name for sheet in book.sheets], wanted)


def _free_tables(book: Any, plans: Sequence[SheetPlan]) -> tuple[SheetPlan, ...]:
    """The plans with other table names where the user has taken one."""
    ours = set(marked(book).values())
    foreign = (sheet for sheet in book.sheets if sheet.name not in ours)
    tables = {str(table.name).lower() for sheet in foreign for table in sheet.tables}
    return renamed_tables(plans, tables | {str(name.name).lower() for name in book.names})


def _undo(live: LiveBook, place: Place) -> str:
    from pipesheet.undoing import can_undo, seal_up, undo

    live.refuse_if_closed_to_us()
    journal = Journal(place.own, live.full_name)
    entry = can_undo(live.book, journal)
    if entry is None:
        raise LiveError(
            f"There is no run on {live.name} to undo: none since the last undo, or not on this computer, or the "
            "workbook was closed since without saving. To go back further, close it without saving and open it again."
        )
    with live.held_still() as go_back:
        said = undo(live.book, entry, journal)
        go_back()
    seal_up(live.book, journal)
    return said


def _report(live: LiveBook, place: Place) -> str:
    analysis, stamp, _ = _analysed(live, place)
    from pipesheet.jobs import REPORT_SUFFIX, replace_text
    from pipesheet.report import render

    live.status("writing the report…")
    folder = live.path.parent if live.path else place.documents
    path = folder / f"{Path(live.name).stem}{REPORT_SUFFIX}"
    replace_text(path, render(analysis, stamp=stamp).html)
    place.show_page(path)
    return f"The report is in {path}"


def _mail(live: LiveBook, place: Place) -> str:
    analysis, stamp, read = _analysed(live, place)
    return place.send(analysis, stamp, read.source.path, live)


def _help(live: LiveBook, place: Place) -> str:
    live.tell(help_text(place.own))
    return "ready"


def help_text(own: Path) -> str:
    """What each button does; `own` is the user's own folder."""
    return HELP.format(version=__version__, log=own / LOG_FILE, python=sys.executable)


HELP = """pipesheet {version}

Check: what every deal lacks, most money first.
Forecast: what this quarter will bring against target, and how much of it rests on missing proof.
Report: the page for Monday morning, opened in your browser.
Mail: shows who would get which report; sends only after you say yes.
Undo last run: puts back what stood in pipesheet's sheets before.

Your own sheets are never written into, and nothing is saved: that is for you to do.
If something does not work, type in a terminal:
"{python}" -m pipesheet excel doctor
The log is {log}"""

WRITING = ("check", "forecast", "mail", "undo")
ACTIONS: Mapping[str, Callable[[LiveBook, Place], str]] = {
    "check": _check, "forecast": _forecast, "report": _report, "mail": _mail, "undo": _undo, "help": _help,
}  # fmt: skip
