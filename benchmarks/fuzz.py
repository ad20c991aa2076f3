"""An hour of broken workbooks: is each one read, written into without loss, or refused in a clear sentence?

    python benchmarks/fuzz.py --corpus DIR --crashes DIR [--seconds 3600] [--seed 1] [--engine coverage|plain]

Begins with the workbooks of DIR and with small ones made here, and breaks them at every level they have
(`tests/mutations.py`). What must hold for each is in `tests/judge.py`; beside that, none may take more than
ten seconds or 500 MB. Each kind of finding is kept once in --crashes, the workbook with a note beside it.

With ``--engine coverage`` libFuzzer, by way of atheris (``pip install atheris``, for development only),
watches which branches of pipesheet a workbook reaches and goes on from those that reach new ones. The
engine ``plain`` breaks the first workbooks over and over and needs nothing. Either runs in child processes,
so that a crash of native code is a finding and not the end.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

LIMIT_SECONDS, GIVEN_UP_SECONDS = 10, 120
"""Of the processor, which others may be using; and of the clock."""
LIMIT_GROWTH = 300
"""MB that one workbook may take; with what Python and its libraries take themselves that makes 500."""
MOST_ADDRESSES = 4 << 30
RENEWED_AFTER = 20_000
"""Executions, then a worker is replaced, so that what libraries keep for themselves is given back."""
LARGEST = 1 << 17
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv")


class Hang(BaseException):
    """Ten seconds of the processor are over."""


# A worker ---------------------------------------------------------------------------------------------


class Worker:
    """Tries workbooks one after the other, and leaves word of what it does in its folder."""

    def __init__(self, args: argparse.Namespace) -> None:
        import judge

        self.judge, self.folder, self.crashes = judge, args.worker, args.crashes
        self.referee = _referee(args.referee) if args.referee else None
        self.executions = self.grafted = 0
        self.slowest, self.largest = 0.0, 0
        self.outcomes: set[str] = set()
        self.found: Counter[str] = Counter()
        self.told = 0.0
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, resource.getrlimit(resource.RLIMIT_AS)[1]))
        signal.signal(signal.SIGPROF, _out_of_time)
        faulthandler.register(signal.SIGQUIT)

    def try_one(self, data: bytes) -> None:
        """One workbook; whatever is wrong is noted, and never raised."""
        (self.folder / "input").write_bytes(data)
        before, start = _memory(reset=True), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT_SECONDS)
        try:
            examined = self.judge.examine(data, self.folder, referee=self.referee)
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.grafted += examined.grafted
            self.outcomes.add(" | ".join(examined.path))
        except self.judge.Fault as fault:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.note(f"{fault.kind}: {fault.key}", fault.detail, data)
        except (Hang, MemoryError) as stop:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.note(f"{type(stop).__name__.lower()}: {self.judge._place(stop)}", repr(stop), data)
        except Exception as broken:  # of the judge itself; the others are faults by then
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.note(f"the judge: {type(broken).__name__}", traceback.format_exc(), data)
        self.executions += 1
        self.slowest = max(self.slowest, time.process_time() - start)
        self._watch(_memory() - before, data)

    def _watch(self, growth: int, data: bytes) -> None:
        self.largest = max(self.largest, growth)
        if growth > LIMIT_GROWTH:
            self.note("memory: more than it may", f"{growth} MB", data)
        if time.monotonic() - self.told > 1:
            self.tell()
        if self.executions >= RENEWED_AFTER:
            self.tell()
            os._exit(0)

    def note(self, key: str, detail: str, data: bytes) -> None:
        """Keeps the first workbook of each kind of finding."""
        self.found[key] += 1
        keep(self.crashes, key, detail, data)

    def tell(self) -> None:
        self.told = time.monotonic()
        word = {
            "executions": self.executions, "grafted": self.grafted, "slowest": self.slowest, "largest": self.largest,
            "outcomes": sorted(self.outcomes), "found": self.found,
        }  # fmt: skip
        (self.folder / "new").write_text(json.dumps(word))
        (self.folder / "new").replace(self.folder / "word.json")


def keep(folder: Path, key: str, detail: str, data: bytes) -> None:
    """The workbook and a note, under a name made of the key, unless there is one already."""
    name = folder / re.sub(r"\W+", "-", key)[:120].strip("-")
    if not name.with_suffix(".txt").exists():
        name.with_suffix(".bin").write_bytes(data)
        name.with_suffix(".txt").write_text(f"{key}\n{detail}\n", encoding="utf-8", errors="backslashreplace")


def _out_of_time(_: int, __: FrameType | None) -> NoReturn:
    raise Hang


def _memory(*, reset: bool = False) -> int:
    """MB in use now (`reset`), or the most that was in use since the last reset."""
    if reset:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s*(\d+)" if reset else r"VmHWM:\s*(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def _referee(path: Path) -> Callable[..., list[str]]:
    import importlib.util

    spec = importlib.util.spec_from_file_location("referee", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    compare: Callable[..., list[str]] = module.compare
    return compare


def work(args: argparse.Namespace) -> None:
    """What a child process does, until it is told to stop."""
    (coverage_guided if args.engine == "coverage" else plainly)(args)


def plainly(args: argparse.Namespace) -> None:
    """Breaks the first workbooks, each time anew."""
    from mutations import mutated

    worker, draw = Worker(args), random.Random(args.seed)
    paths = sorted(args.seeds.iterdir())
    seeds = [path.read_bytes() for path in paths]
    made = [data for path, data in zip(paths, seeds, strict=True) if path.name.startswith("made-")]
    for seed in seeds:
        worker.try_one(seed)
    while True:  # of those made here, which have deals and are of all formats, a third
        worker.try_one(mutated(draw.choice(draw.choice((made, seeds, seeds))), draw, others=seeds))


def coverage_guided(args: argparse.Namespace) -> None:
    """Lets libFuzzer choose what to break next by what it reached."""
    import atheris

    with atheris.instrument_imports(include=["pipesheet"]):
        from mutations import mutated

        worker = Worker(args)
    others = [path.read_bytes() for path in sorted(args.seeds.iterdir())]

    def broken(data: bytes, most: int, seed: int) -> bytes:
        new = mutated(data, random.Random(seed), others=others)
        return new if len(new) <= most else data

    grown = args.worker.parent / "grown"
    grown.mkdir(exist_ok=True)
    options = [
        f"-seed={args.seed}", f"-max_len={LARGEST}", "-timeout=86400", "-rss_limit_mb=0",
        "-len_control=0", "-reload=30",
    ]  # fmt: skip
    atheris.Setup(["fuzz", str(grown), str(args.seeds), *options], worker.try_one, custom_mutator=broken)
    atheris.Fuzz()


# The parent -------------------------------------------------------------------------------------------


class Child:
    """One worker's process and what it has said so far, its predecessors' words included."""

    def __init__(self, number: int, folder: Path, args: argparse.Namespace) -> None:
        self.number, self.args, self.starts = number, args, 0
        self.folder = folder / f"worker-{number}"
        self.folder.mkdir()
        self.before: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        if self.starts:
            self.before, _ = self.word(), (self.folder / "word.json").unlink(missing_ok=True)
        seed = self.args.seed * 1000 + self.number + 100 * self.starts
        self.starts += 1
        command = [
            sys.executable, "-W", "ignore", __file__, "--worker", self.folder, "--seeds", self.folder.parent / "seeds",
            "--engine", self.args.engine, "--seed", seed, "--crashes", self.args.crashes,
            *(["--referee", self.args.referee] if self.args.referee else []),
        ]  # fmt: skip
        log = (self.folder / "log").open("ab")
        environment = {**os.environ, "RUST_BACKTRACE": "0"}
        self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, env=environment)
        log.close()

    def look(self) -> None:
        """Starts it again where it died or hangs in native code; that is a finding."""
        given = self.folder / "input"
        age = time.time() - given.stat().st_mtime if given.exists() else 0
        if self.process.poll() is None and age > GIVEN_UP_SECONDS:
            self.process.send_signal(signal.SIGQUIT)  # it says where it is
            time.sleep(1)
            self.process.kill()
            where = (self.folder / "log").read_text(errors="replace")[-3000:]
            keep(self.args.crashes, "hang: in native code", f"more than {age:.0f} s\n{where}", given.read_bytes())
            self._again()
        elif self.process.poll() is not None:
            if self.process.returncode:
                how = f"crash: the process ended with {self.process.returncode}"
                keep(self.args.crashes, how, (self.folder / "log").read_text(errors="replace")[-3000:], _bytes(given))
            self._again()

    def _again(self) -> None:
        self.process.wait()
        (self.folder / "input").unlink(missing_ok=True)
        self.start()

    def word(self) -> dict[str, Any]:
        """The sum of what it and its predecessors have said."""
        path, old = self.folder / "word.json", self.before
        new = json.loads(path.read_text()) if path.exists() else {}
        return {
            "executions": old.get("executions", 0) + new.get("executions", 0),
            "grafted": old.get("grafted", 0) + new.get("grafted", 0),
            "slowest": max(old.get("slowest", 0), new.get("slowest", 0)),
            "largest": max(old.get("largest", 0), new.get("largest", 0)),
            "outcomes": sorted({*old.get("outcomes", ()), *new.get("outcomes", ())}),
            "found": Counter(old.get("found", {})) + Counter(new.get("found", {})),
        }

    def coverage(self) -> int:
        """Branches reached, as libFuzzer counts them; 0 for the plain engine."""
        said = re.findall(rb"cov: (\d+)", (self.folder / "log").read_bytes()[-200_000:])
        return int(said[-1]) if said else 0


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def seeds(corpus: Path | None, largest: int) -> Iterator[tuple[str, bytes]]:
    """The workbooks to begin with: small ones made here, then those of the corpus that are small."""
    from small_books import small_books

    yield from ((f"made-{n}", data) for n, data in enumerate(small_books()))
    for path in sorted(corpus.iterdir()) if corpus else ():
        if path.suffix.lower() in ENDINGS and path.stat().st_size <= largest:
            yield path.name, path.read_bytes()


def line(children: list[Child], start: float, kept: Path) -> str:
    """How it stands, in one line."""
    words, passed = [child.word() for child in children], time.monotonic() - start
    done, grafted = (sum(w[k] for w in words) for k in ("executions", "grafted"))
    outcomes = {outcome for w in words for outcome in w["outcomes"]}
    return (
        f"{passed:6.0f} s {done:>9,} executions {done / passed:6.1f}/s, {grafted:,} written into, "
        f"coverage {max(c.coverage() for c in children):,} branches, {len(outcomes)} outcomes, "
        f"{len(list(kept.glob('*.txt')))} findings ({sum(sum(w['found'].values()) for w in words):,} times), "
        f"slowest {max(w['slowest'] for w in words):.1f} s, most {max(w['largest'] for w in words)} MB"
    )


def watch(args: argparse.Namespace, folder: Path) -> int:
    """Runs the workers for so long, with a line a minute; gives back how many kinds of finding there are."""
    (folder / "seeds").mkdir()
    for name, data in seeds(args.corpus, args.largest):
        (folder / "seeds" / name).write_bytes(data)
    args.crashes.mkdir(parents=True, exist_ok=True)
    children = [Child(number, folder, args) for number in range(args.workers)]
    start = told = time.monotonic()
    try:
        while time.monotonic() - start < args.seconds:
            time.sleep(1)
            for child in children:
                child.look()
            if time.monotonic() - told >= 60:
                told = time.monotonic()
                print(line(children, start, args.crashes), flush=True)
    finally:
        for child in children:
            child.process.kill()
            child.process.wait()
    print(line(children, start, args.crashes))
    for note in sorted(args.crashes.glob("*.txt")):
        print("  " + note.read_text(encoding="utf-8").splitlines()[0])
    return len(list(args.crashes.glob("*.txt")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, help="a folder of workbooks to begin with")
    parser.add_argument("--crashes", type=Path, required=True, help="where findings are kept")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("coverage", "plain"), default="coverage")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--largest", type=int, default=30_000, help="bytes of a workbook of the corpus that is taken")
    parser.add_argument("--referee", type=Path, help="a program whose compare(before, after, owned) is asked as well")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seeds", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        work(args)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="pipesheet-fuzz-"))
    try:
        return 1 if watch(args, folder) else 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
