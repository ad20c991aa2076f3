"""Our sheets in every workbook of a folder, judged by others, and openpyxl's load and save beside it.

    python benchmarks/foreign.py --corpus FOLDER [--limit 60 --seed 1] [--jobs 2] [--json OUT]
                                 [--skip openpyxl openpyxl-judges validator libreoffice] [--write-docs docs/corpus.md]

Each workbook gets the result sheets of its own deals, or those of the sample workbook where it has none
(`--small`: two small sheets). Then an outside referee (`--referee`) looks for what was lost, Microsoft's
validator for errors that were not there before, and LibreOffice opens it and calculates all anew.

A run that was stopped goes on where it was: results and answers are kept in `--cache`. Ends with 1 where
pipesheet lost something, made an error or stored another value than LibreOffice calculates.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parent))
from foreign_contents import Contents, formula_values
from foreign_judges import (
    MOST_COMPLAINTS,
    UNREADABLE,
    Kept,
    LibreOffice,
    Referee,
    Validator,
    differences,
    find_validator,
    hash_of,
    load_referee,
    losses,
)
from foreign_sheets import REFUSALS, Written, put_in, save_with_openpyxl
from foreign_table import Judged, Record, page, put_between

import pipesheet

ENDINGS = (".xlsx", ".xlsm", ".xlam", ".xltx", ".xltm")
PROGRAMS = {"pipesheet": "pipesheet", "openpyxl": "openpyxl load + save"}
SHARED = Path(os.environ.get("PIPESHEET_SHARED") or Path(__file__).resolve().parents[2] / "shared")
T = TypeVar("T")
Write = Callable[[Path, Path], Written]
Results = dict[Path, tuple[Written, Path]]


def workbooks(folder: Path, limit: int | None, seed: int) -> list[Path]:
    """The workbooks of a folder; with a limit so many of them, the same ones for the same seed."""
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
    if limit is None or limit >= len(found):
        return found
    return sorted(random.Random(seed).sample(found, limit))


def progress(label: str, things: Iterable[T], total: int) -> Iterator[T]:
    """The same things, with a line on stderr now and then."""
    for i, thing in enumerate(things, 1):
        yield thing
        if i == total or i % 25 == 0:
            print(f"{label}: {i} of {total}", file=sys.stderr, flush=True)


def version_of_ours() -> str:
    """The version and a hash of the code, which changes more often."""
    code = hashlib.sha256()
    top = Path(pipesheet.__file__).parent
    for path in sorted(top.rglob("*.py")):
        code.update(path.relative_to(top).as_posix().encode() + path.read_bytes())
    return f"{pipesheet.__version__}-{code.hexdigest()[:12]}"


# Writing


def write_all(books: Sequence[Path], kept: Kept, pool: Pool, work: Callable[[Path, Path], Written]) -> Results:
    """Every workbook as one program wrote it, or why it did not; what is in the cache is not written again."""
    results: Results = {}
    waiting: dict[Future[Written], Path] = {}
    for book in books:
        out = kept.folder / f"{hash_of(book)}{book.suffix}"
        results[book] = _known(kept, out), out
        if results[book][0].reason == NOT_YET:
            waiting[pool.submit(work, book, out)] = book
    for future in progress(kept.folder.name, as_completed(waiting), len(waiting)):
        book = waiting[future]
        written, out = _result(future), results[book][1]
        kept.put(out.name, asdict(written))
        results[book] = written, out
    return results


Pool = ProcessPoolExecutor | ThreadPoolExecutor
NOT_YET = "not yet"


def _known(kept: Kept, out: Path) -> Written:
    known = kept.get(out.name)
    if known is None or (not known["reason"] and not out.exists()):
        return Written(reason=NOT_YET)
    return Written(**{**known, "tabs": tuple(known["tabs"])})


def _result(future: Future[Written]) -> Written:
    try:
        return future.result()
    except Exception as error:
        return Written(reason=f"crashed: {type(error).__name__}", message=repr(error))


def write_ours(books: Sequence[Path], cache: Path, jobs: int, *, small: bool) -> Results:
    kept = Kept(cache, f"pipesheet-{version_of_ours()}{'-small' if small else ''}")
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        return write_all(books, kept, pool, _Ours(small))


class _Ours:
    """`put_in` with its last argument, in a form that goes to another process."""

    def __init__(self, small: bool) -> None:
        self.small = small

    def __call__(self, book: Path, out: Path) -> Written:
        return put_in(book, out, small=self.small)


def write_with_openpyxl(books: Sequence[Path], cache: Path, jobs: int) -> Results:
    with ThreadPoolExecutor(jobs) as pool:
        return write_all(books, Kept(cache, version_of_openpyxl()), pool, save_with_openpyxl)


def version_of_openpyxl() -> str:
    """Its version, and whether it has what it needs to keep pictures."""
    try:
        return f"openpyxl {version('openpyxl')} with Pillow {version('pillow')}"
    except PackageNotFoundError:
        return f"openpyxl {version('openpyxl')} without Pillow"


# Judging


def contents_of(path: Path) -> Contents | None:
    try:
        return Contents(path)
    except UNREADABLE:
        return None


def judge_contents(book: Path, before: Contents | None, out: Path, judged: Judged, referee: Referee) -> None:
    """What the referee says, and what there is less of."""
    judged.lost = losses(referee, book, out)
    after = contents_of(out)
    if before is not None and after is not None:
        judged.fewer = fewer(before, after, judged.written.tabs)


def fewer(before: Contents, after: Contents, added: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Kind of content -> how many before and after, where that is fewer; sheets that were added do not count."""
    now = after.inventory(without=added)
    return {kind: (n, now[kind]) for kind, n in before.inventory().items() if now[kind] < n}


def judge_by_validator(book: Path, out: Path, judged: Judged, validator: Validator) -> None:
    before, after = validator.complaints(book), validator.complaints(out)
    if before is None:
        judged.validator_opens = "not before"
    elif before.total() >= MOST_COMPLAINTS:
        judged.validator_opens = "too many before"
    elif after is None:
        judged.validator_opens = "not after"
    else:
        judged.validator_opens, judged.new_errors = "yes", dict(after - before)


def judge_by_libreoffice(books: Mapping[Path, Record], results: Mapping[str, Results], office: LibreOffice) -> None:
    ours: dict[Path, tuple[str, ...]] = dict.fromkeys(books, ())
    for program in results.values():
        ours |= {out: written.tabs for written, out in program.values() if not written.reason}
    looks = dict(progress("LibreOffice", office.looks(ours), len(ours)))
    for name, program in results.items():
        for book, (written, out) in program.items():
            if not written.reason:
                _compare(looks[book], looks[out], books[book].by[name], out)


def _compare(before: Mapping[str, object], after: Mapping[str, object], judged: Judged, out: Path) -> None:
    if "failed" in before:
        judged.libreoffice = "not before"
    elif "failed" in after:
        judged.libreoffice = str(after["failed"])
    elif _own_sheets(after) != [*_own_sheets(before), *judged.written.tabs]:
        judged.libreoffice = f"other sheets: {before['sheets']} became {after['sheets']}"
    else:
        judged.libreoffice = "same sheets"
    values = after.get("values")
    if isinstance(values, dict) and judged.written.tabs:
        stored = formula_values(Contents(out), judged.written.tabs)
        judged.formulas, judged.differ = len(stored), differences(stored, values)


def _own_sheets(look: Mapping[str, object]) -> list[str]:
    """The sheets without those that LibreOffice makes last for a pivot whose source is not there."""
    sheets = look["sheets"]
    assert isinstance(sheets, list)
    return [name for name in sheets if not name.startswith("DPCache_")]


def judge(args: argparse.Namespace, books: Sequence[Path], results: Mapping[str, Results]) -> dict[Path, Record]:
    referee = load_referee(args.referee)
    records: dict[Path, Record] = {}
    for book in progress("referee", books, len(books)):
        before = contents_of(book)
        record = records[book] = Record(book.name, hash_of(book), dict(before.inventory()) if before else None)
        for name, program in results.items():
            written, out = program[book]
            judged = record.by[name] = Judged(written)
            if not written.reason:
                judge_contents(book, before, out, judged, referee)
    return records


def ask_validator(args: argparse.Namespace, records: Mapping[Path, Record], results: Mapping[str, Results]) -> str:
    program = find_validator()
    if program is None:
        return "no validator (it needs npx)"
    validator = Validator(args.cache, program)
    pairs = [
        (book, out, records[book].by[name])
        for name, of in results.items() for book, (written, out) in of.items() if not written.reason
    ]  # fmt: skip
    with ThreadPoolExecutor(args.jobs) as pool:
        done = [pool.submit(judge_by_validator, *pair, validator) for pair in pairs]
        for future in progress("validator", as_completed(done), len(done)):
            future.result()
    return "Microsoft's Open XML validator"


def ask_libreoffice(args: argparse.Namespace, records: Mapping[Path, Record], results: Mapping[str, Results]) -> str:
    program = shutil.which("soffice")
    if program is None:
        return "no LibreOffice"
    office = LibreOffice(args.cache, program)
    judge_by_libreoffice(records, results, office)
    return " ".join(office.version.split()[:2])


def _to_be_judged(args: argparse.Namespace, results: Mapping[str, Results]) -> Mapping[str, Results]:
    return {p: of for p, of in results.items() if p == "pipesheet" or "openpyxl-judges" not in args.skip}


# The command

SKIPPED = ("validator", "libreoffice", "openpyxl", "openpyxl-judges")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus", help="the folder of workbooks")
    parser.add_argument("--referee", type=Path, default=SHARED / "tools" / "lossless_check.py")
    parser.add_argument("--limit", type=int, help="only so many, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="two small sheets in place of the result sheets")
    parser.add_argument(
        "--skip",
        nargs="+",
        default=[],
        choices=[*SKIPPED],
        help="judges, or openpyxl, or only the slow judges of what openpyxl wrote",
    )
    parser.add_argument("--cache", type=Path, default=Path("build/foreign"))
    parser.add_argument("--json", type=Path, help="all there is to know of each workbook")
    parser.add_argument("--write-docs", type=Path, help="a page with the two markers")
    args = parser.parse_args(arguments)
    for path in (args.corpus, args.referee):
        if not path.exists():
            parser.error(f"there is no {path}")
    args.cache = args.cache.resolve()
    return args


def main(arguments: Sequence[str] | None = None) -> int:
    args = parsed(arguments)
    books = workbooks(args.corpus, args.limit, args.seed)
    results = {"pipesheet": write_ours(books, args.cache, args.jobs, small=args.small)}
    if "openpyxl" not in args.skip:
        results["openpyxl"] = write_with_openpyxl(books, args.cache, args.jobs)
    records = judge(args, books, results)
    tools = [f"pipesheet {pipesheet.__version__}", version_of_openpyxl()]
    if "validator" not in args.skip:
        tools.append(ask_validator(args, records, _to_be_judged(args, results)))
    if "libreoffice" not in args.skip:
        tools.append(ask_libreoffice(args, records, _to_be_judged(args, results)))
    text = page(list(records.values()), {k: v for k, v in PROGRAMS.items() if k in results}, tools)
    print(text)
    _keep(args, records, text)
    return int(any(failed(r.by["pipesheet"]) for r in records.values()))


def _keep(args: argparse.Namespace, records: Mapping[Path, Record], text: str) -> None:
    if args.json:
        args.json.write_text(json.dumps([r.as_json() for r in records.values()], indent=1), "utf-8")
    if args.write_docs:
        put_between(args.write_docs, text)


def failed(judged: Judged) -> bool:
    """Whether a workbook is one that we should have done better by."""
    if judged.written.reason:
        return judged.written.reason not in REFUSALS
    shown = judged.libreoffice in (None, "same sheets", "not before")
    return bool(
        judged.lost or judged.fewer or judged.new_errors or judged.differ
        or judged.validator_opens == "not after" or not shown
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
