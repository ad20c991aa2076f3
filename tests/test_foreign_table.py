"""The table over foreign workbooks: its judges see damage, its counts are right, and a run can be resumed."""

from __future__ import annotations

import importlib
import json
import os
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grafting import members, swapped, users_book, zipped
from pipesheet.errors import Changed, Encrypted, Locked, NotAWorkbook, NotVerified, PipesheetError, Unsafe, Unsupported
from tables import shared

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if str(BENCHMARKS) not in sys.path:
    sys.path.append(str(BENCHMARKS))
foreign: Any = importlib.import_module("foreign")
contents: Any = importlib.import_module("foreign_contents")
judges: Any = importlib.import_module("foreign_judges")
sheets: Any = importlib.import_module("foreign_sheets")
table: Any = importlib.import_module("foreign_table")

REFEREE = """
import zipfile
def compare(before, after):
    names = [set(zipfile.ZipFile(p).namelist()) for p in (before, after)]
    return [f"part {n} is gone" for n in sorted(names[0] - names[1])]
"""


@pytest.fixture
def referee(tmp_path: Path) -> Callable[[Path, Path], list[str]]:
    path = tmp_path / "referee.py"
    path.write_text(REFEREE, "utf-8")
    loaded: Callable[[Path, Path], list[str]] = judges.load_referee(path)
    return loaded


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two sheets of no deals, each with a formula and a rule; the first with a chart and a table."""
    path = tmp_path / "book.xlsx"
    data = users_book(sheets=("Numbers", "Notes"))
    path.write_bytes(swapped(data, "xl/sharedStrings.xml", ("Deal ID", "Item"), ("Stage", "Kind")))
    return path


@pytest.fixture
def grafted(book: Path) -> Path:
    out = book.with_name("out.xlsx")
    assert sheets.put_in(book, out, small=True).tabs == ("Corpus totals", "Corpus rows")
    return out


def judged(before: Path, after: Path, referee: object) -> Any:
    found = table.Judged(sheets.Written(("Corpus totals", "Corpus rows")))
    foreign.judge_contents(before, foreign.contents_of(before), after, found, referee)
    return found


# What a workbook holds


def test_contents_are_counted_by_what_a_person_would_call_them(book: Path) -> None:
    """sheet | formulas | rules | charts | tables
    Numbers  | 1        | 1     | 1      | 1
    Notes    | 1        | 1     |        |
    """
    assert contents.Contents(book).inventory() == {
        "chart": 1, "table": 1, "theme": 1, "conditional format": 2, "stored formula result": 2,
    }  # fmt: skip


def test_sheets_that_were_added_do_not_count(book: Path, grafted: Path) -> None:
    before, after = contents.Contents(book), contents.Contents(grafted)
    assert after.inventory()["chart"] == 2
    assert after.inventory(without=["Corpus totals", "Corpus rows"]) == before.inventory()


def test_a_part_counts_only_where_relationships_lead_to_it(book: Path) -> None:
    """The chart is still in the file, but the drawing no longer says so."""
    book.write_bytes(swapped(book.read_bytes(), "xl/drawings/_rels/drawing1.xml.rels", ("relationships/chart", "x/y")))
    assert "chart" not in contents.Contents(book).inventory()


PIECES = {
    "sparklines": ("xl/worksheets/sheet1.xml", "<x14:sparklineGroup/>"),
    "conditional format of Excel 2010": ("xl/worksheets/sheet1.xml", '<x14:cfRule id="{0}"/>'),
    "shape or text box": ("xl/drawings/drawing1.xml", '<xdr:sp macro=""/>'),
    "formatted part of a text": ("xl/sharedStrings.xml", "<si><r><t>a</t></r></si>"),
}


@pytest.mark.parametrize("kind", PIECES)
def test_what_is_no_part_of_its_own_is_counted_too(book: Path, kind: str) -> None:
    part, piece = PIECES[kind]
    before = contents.Contents(book).inventory()
    parts = members(book.read_bytes())
    text = parts[part].decode()
    cut = text.rindex("</")
    book.write_bytes(zipped({**parts, part: text[:cut] + piece + text[cut:]}))
    more = contents.Contents(book).inventory() - before
    assert more[kind] == 1


def test_values_and_formulas_of_a_sheet(grafted: Path) -> None:
    """Rows of 250.5, 501, ...; a quarter's total is of every fourth of twelve."""
    found = contents.Contents(grafted)
    assert found.values("Corpus totals")["A1"] == (False, "Totals")
    assert found.values("Numbers")["A1"] == (False, "Item")
    assert found.values("Numbers")["C3"] == (True, 1000.5)
    values = contents.formula_values(found, ["Corpus totals", "Corpus rows"])
    assert values["Corpus totals!B6"] == 250.5 * (1 + 5 + 9)
    assert values["Corpus totals!C6"] == "small"
    assert values["Corpus rows!E4"] == 125.25
    assert len(values) == 1 + 4 + 4 + 12


# The judges


def test_a_good_graft_loses_nothing(book: Path, grafted: Path, referee: object) -> None:
    found = judged(book, grafted, referee)
    assert (found.lost, found.fewer) == ([], {})
    assert not foreign.failed(found)


def test_damage_is_seen_by_the_referee_and_by_the_counts(book: Path, grafted: Path, referee: object) -> None:
    """After the graft somebody takes away the user's chart, and the stored result of one formula."""
    parts = members(grafted.read_bytes())
    del parts["xl/charts/chart1.xml"]
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert "</f><v>1000.5</v>" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("</f><v>1000.5</v>", "</f><v></v>").encode()
    grafted.write_bytes(zipped(parts))
    found = judged(book, grafted, referee)
    assert found.lost == ["part xl/charts/chart1.xml is gone"]
    assert found.fewer == {"chart": (1, 0), "stored formula result": (2, 1)}
    assert foreign.failed(found)


def test_a_file_that_cannot_be_compared_is_a_loss(book: Path, referee: object) -> None:
    broken = book.with_name("broken.xlsx")
    broken.write_bytes(book.read_bytes()[:300])
    assert judges.losses(referee, book, broken)[0].startswith("cannot tell: BadZipFile")
    assert foreign.contents_of(broken) is None


def test_backslashes_in_names_of_parts_are_slashes_to_the_referee(book: Path, referee: object) -> None:
    odd = book.with_name("odd.xlsx")
    odd.write_bytes(zipped(members(book.read_bytes())).replace(b"xl/workbook.xml", b"xl\\workbook.xml"))
    assert judges.losses(referee, book, odd) == []


VALUES = {
    # stored | calculated | is that the same
    "a number, but for the last digit": (1.0, 1.0000000001, True),
    "another number": (1.0, 1.001, False),
    "text": ("large", "small", False),
    "text of no letters, which LibreOffice saves as nothing": ("", contents.CELL_MISSING, True),
    "an error": (1.0, "#NAME?", False),
    "nothing there": (1.0, contents.CELL_MISSING, False),
    "yes and no": (True, False, False),
}


@pytest.mark.parametrize("what", VALUES)
def test_a_value_differs_or_not(what: str) -> None:
    stored, fresh, alike = VALUES[what]
    assert bool(judges.differences({"A!A1": stored}, {"A!A1": fresh})) is not alike


def test_a_cell_that_is_gone_differs() -> None:
    assert judges.differences({"A!A1": 1.0}, {}) == ["A!A1: stored 1.0, calculated '(nothing)'"]


OFFICE = """#!/bin/sh
[ "$1" = --version ] && { echo Office 1; exit; }
while [ "$1" != --outdir ]; do shift; done
out=$2; shift 2; mkdir -p "$out"
for file in "$@"; do
  case $(unzip -p "$file" docProps/say.txt 2>/dev/null) in
    dies) exit 81;;
    hangs) sleep 60;;
    refused) continue;;
  esac
  cp "$file" "$out/$(basename "${file%.*}").xlsx"
done
"""


def office(folder: Path, *says: str, seconds: float = 30) -> dict[str, dict[str, Any]]:
    """What a LibreOffice of our own making does with workbooks that tell it what to do."""
    program = folder / "soffice"
    program.write_text(OFFICE, "utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    parts = members(users_book(sheets=("Deals",)))
    paths = [folder / f"{i}-{say}.xlsx" for i, say in enumerate(says)]
    for path, say in zip(paths, says, strict=True):
        path.write_bytes(zipped({**parts, "docProps/say.txt": say + "\n", "docProps/name.txt": path.name}))
    judge = judges.LibreOffice(folder / "cache", str(program), seconds=seconds)
    return {path.name: look for path, look in judge.looks({p: ["Deals"] for p in paths})}


GOOD = {"sheets": ["Deals"], "values": {"Deals!C3": 1000.5}}
needs_sh = pytest.mark.skipif(os.name == "nt", reason="needs sh and unzip")


@needs_sh
def test_one_file_that_kills_libreoffice_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    """Of a batch: good, one it refuses, good, two at which it dies, good."""
    found = office(tmp_path, "good", "refused", "good", "dies", "dies", "good")
    assert found == {
        "0-good.xlsx": GOOD, "1-refused.xlsx": {"failed": "does not open it"}, "2-good.xlsx": GOOD,
        "3-dies.xlsx": {"failed": "ended with 81"}, "4-dies.xlsx": {"failed": "ended with 81"}, "5-good.xlsx": GOOD,
    }  # fmt: skip


@needs_sh
@pytest.mark.slow
def test_one_file_at_which_libreoffice_hangs_is_given_up(tmp_path: Path) -> None:
    found = office(tmp_path, "good", "hangs", "good", seconds=3)
    assert found == {"0-good.xlsx": GOOD, "1-hangs.xlsx": {"failed": "hangs"}, "2-good.xlsx": GOOD}


@needs_sh
def test_what_libreoffice_said_is_not_asked_again(tmp_path: Path) -> None:
    first = office(tmp_path, "good", "dies")
    (tmp_path / "soffice").unlink()
    judge = judges.LibreOffice.__new__(judges.LibreOffice)
    judge.program, judge.seconds, judge.version = "none", 1, "Office 1"
    judge.kept = judges.Kept(tmp_path / "cache", "Office 1")
    again = judge.looks({p: ["Deals"] for p in tmp_path.glob("*.xlsx")})
    assert {p.name: look for p, look in again} == first


LOOKS = {
    # sheets before | after, where Corpus totals and Corpus rows are ours | what comes of it
    "ours are last": (["A", "B"], ["A", "B", "Corpus totals", "Corpus rows"], "same sheets"),
    "one is gone": (["A", "B"], ["A", "Corpus totals", "Corpus rows"], "other sheets"),
    "one of ours is not there": (["A"], ["A", "Corpus totals"], "other sheets"),
    "another order": (["A", "B"], ["B", "A", "Corpus totals", "Corpus rows"], "other sheets"),
    "a sheet of LibreOffice's own, for a pivot without source": (
        ["A", "DPCache_P"], ["A", "Corpus totals", "Corpus rows", "DPCache_P"], "same sheets",
    ),
    "not opened before": (None, ["A"], "not before"),
    "not opened any more": (["A"], None, "hangs"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOOKS)
def test_the_sheets_that_libreoffice_sees(what: str, book: Path, grafted: Path) -> None:
    seen = [{"failed": "hangs"} if s is None else {"sheets": s, "values": {}} for s in LOOKS[what][:2]]

    class Office:
        def looks(self, _: object) -> list[tuple[Path, object]]:
            return list(zip([book, grafted], seen, strict=True))

    found = table.Judged(sheets.Written(("Corpus totals", "Corpus rows")))
    record = table.Record("book.xlsx", "0", {}, {"pipesheet": found})
    foreign.judge_by_libreoffice({book: record}, {"pipesheet": {book: (found.written, grafted)}}, Office())
    assert found.libreoffice.startswith(LOOKS[what][2])
    assert foreign.failed(found), "no value of ours was calculated"


# Writing, with a cache


def test_a_run_that_was_stopped_goes_on_where_it_was(book: Path) -> None:
    asked: list[str] = []

    def work(path: Path, out: Path) -> Any:
        asked.append(path.name)
        if path.name == "bad.xlsx":
            raise RuntimeError("of no kind we know")
        out.write_bytes(path.read_bytes())
        return sheets.Written(("Tab",))

    bad = book.with_name("bad.xlsx")
    bad.write_bytes(b"bad")
    for _ in range(2):
        with foreign.ThreadPoolExecutor(1) as pool:
            results = foreign.write_all([book, bad], foreign.Kept(book.parent / "cache", "any"), pool, work)
        assert results[book][0] == sheets.Written(("Tab",))
        assert results[bad][0].reason == "crashed: RuntimeError"
        assert foreign.failed(table.Judged(results[bad][0]))
    assert asked == ["book.xlsx", "bad.xlsx"]


def test_a_workbook_of_deals_gets_its_own_result_sheets(tmp_path: Path) -> None:
    path = tmp_path / "deals.xlsx"
    deals: Any = importlib.import_module("book")
    deals.make(path, 20)
    written = sheets.put_in(path, tmp_path / "out.xlsx", small=True)
    assert written.own_deals
    assert "Deal Review" in written.tabs


def test_openpyxl_says_why_it_opens_nothing(tmp_path: Path, book: Path) -> None:
    assert sheets.save_with_openpyxl(book, tmp_path / "saved.xlsx").reason == ""
    assert foreign.fewer(contents.Contents(book), contents.Contents(tmp_path / "saved.xlsx"), ()) == {
        "stored formula result": (2, 0)
    }
    book.write_bytes(b"PK")
    assert sheets.save_with_openpyxl(book, tmp_path / "none.xlsx").reason == "BadZipFile"


REFUSED: dict[str, PipesheetError] = {
    "encrypted": Encrypted("a.xlsx"),
    "unsafe": Unsafe("a.xlsx", "it is a bomb"),
    "broken": NotAWorkbook("a.xlsx", "it has no parts"),
    "parts in two dialects": NotAWorkbook("a.xlsx", "its parts are written in two dialects"),
    "digitally signed": Locked("a.xlsx", "it is digitally signed, and so on", ""),
    "structure protected": Locked("a.xlsx", "its structure is protected, so", ""),
    "shared in the old manner": Locked("a.xlsx", "it is shared in Excel's old manner", ""),
    "an add-in": Unsupported("a.xlam", "pipesheet does not write .xlam files", ""),
    "another kind of file": Unsupported("a.xlsx", "it is a binary workbook", ""),
    "too many cell formats": Unsupported("a.xlsx", "with ours more than 9 cell formats, Excel's limit", ""),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_refusals_are_grouped_by_reason(reason: str) -> None:
    assert sheets.reason_of(REFUSED[reason]) == reason
    assert not foreign.failed(table.Judged(sheets.Written(reason=reason)))


@pytest.mark.parametrize("error", [NotVerified("structure.xlsx", "a part is gone"), Changed("a.xlsx")])
def test_no_other_error_is_an_excuse(error: PipesheetError) -> None:
    reason = sheets.reason_of(error)
    assert reason == type(error).__name__
    assert foreign.failed(table.Judged(sheets.Written(reason=reason)))


# The page


def fine(**changes: Any) -> Any:
    good = {"lost": [], "fewer": {}, "new_errors": {}, "validator_opens": "yes", "libreoffice": "same sheets"}
    return table.Judged(sheets.Written(("Tab",)), **{**good, "formulas": 7, "differ": [], **changes})


WRONG: dict[str, dict[str, Any]] = {
    "the referee": {"lost": ["part x is gone"]},
    "the counts": {"fewer": {"chart": (2, 1)}},
    "the validator": {"new_errors": {"Sch an element": 1}},
    "the validator, which cannot open it": {"validator_opens": "not after", "new_errors": None},
    "LibreOffice": {"libreoffice": "hangs"},
    "LibreOffice's values": {"differ": ["Tab!A1"]},
}


@pytest.mark.parametrize("who", WRONG)
def test_each_judge_can_fail_a_workbook(who: str) -> None:
    assert not foreign.failed(fine())
    assert foreign.failed(fine(**WRONG[who]))


ANSWERS = {
    # before | after | what comes of it
    "one more of a kind": ({"a": 1}, {"a": 2, "b": 1}, ("yes", {"a": 1, "b": 1})),
    "fewer": ({"a": 2, "b": 1}, {"a": 1}, ("yes", {})),
    "not opened before": (None, {"a": 1}, ("not before", None)),
    "not opened any more": ({}, None, ("not after", None)),
    "as many before as it lists": ({"a": 1000}, {"b": 1000}, ("too many before", None)),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_only_new_errors_by_the_validator_count(what: str) -> None:
    before, after, expected = ANSWERS[what]

    class Validator:
        def complaints(self, path: Path) -> Counter[str] | None:
            said = before if path.name == "before" else after
            return None if said is None else Counter(said)

    found = table.Judged(sheets.Written())
    foreign.judge_by_validator(Path("before"), Path("after"), found, Validator())
    assert (found.validator_opens, found.new_errors) == expected


def test_what_no_judge_could_see_before_is_no_failure() -> None:
    assert not foreign.failed(fine(validator_opens="not before", new_errors=None, libreoffice="not before"))


PAGE = """\
| workbooks | ours | theirs |
|---|---:|---:|
| tried | 3 | 3 |
| **written** | **2** | **2** |
| not written: encrypted | 1 |  |
| not written: KeyError |  | 1 |
| **something lost, says the referee** | 0 | 2 |
| a part is gone, says the referee | 0 | 1 |
| some content is fewer than before | 0 | 1 |
| **new error by Microsoft's validator** | 0 | 1 |
| the validator does not open it before | 0 | 0 |
| the validator lists no more than the 1,000 errors before | 0 | 0 |
| the validator opens it before only | 0 | 0 |
| LibreOffice does not open it before either | 1 | 1 |
| **LibreOffice opens it with the same sheets and those added** | **1 of 1** | **0 of 1** |
| formulas added, all recalculated there | 7 |  |
| **workbooks where one has another value than stored** | **0** |  |

| workbooks with at least one | in the corpus | whole in ours | whole in theirs |
|---|---:|---:|---:|
| chart | 2 | 2 of 2 | 1 of 2 |
| slicer | 1 | 1 of 1 | 1 of 1 |

Measured with a tool, another."""


def test_the_page() -> None:
    """workbook | holds           | ours      | theirs
    a          | 2 charts        | all well  | one chart, a part and the sheets lost, an error made
    b          | chart, slicer   | all well  | a part changed; LibreOffice opens none of the three
    c          | (no zip)        | encrypted | KeyError
    """
    theirs = {"formulas": None, "differ": None}
    hurt = {"lost": ["part a is gone"], "fewer": {"chart": (2, 1)}, "new_errors": {"x": 1}, "libreoffice": "hangs"}
    records = [
        table.Record("a", "0", {"chart": 2}, {"ours": fine(), "theirs": fine(**theirs, **hurt)}),
        table.Record("b", "1", {"chart": 1, "slicer": 1}, {
            "ours": fine(libreoffice="not before"),
            "theirs": fine(**theirs, lost=["part a was changed"], libreoffice="not before"),
        }),
        table.Record("c", "2", None, {
            "ours": table.Judged(sheets.Written(reason="encrypted")),
            "theirs": table.Judged(sheets.Written(reason="KeyError")),
        }),
    ]  # fmt: skip
    assert table.page(records, {"ours": "ours", "theirs": "theirs"}, ["a tool", "another"]) == PAGE


def test_what_was_not_asked_is_said_so() -> None:
    silent = table.Judged(sheets.Written(("Tab",)), lost=[], fewer={})
    page = table.page([table.Record("a", "0", {}, {"ours": silent})], {"ours": "ours"}, ["a tool"])
    assert "| **new error by Microsoft's validator** | not asked |" in page
    assert "| **LibreOffice opens it with the same sheets and those added** | not asked |" in page


def test_a_page_keeps_the_text_around_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "utf-8")
    table.put_between(path, "new")
    assert path.read_text("utf-8") == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"
    path.write_text("no markers", "utf-8")
    with pytest.raises(SystemExit, match=r"page\.md has no lines"):
        table.put_between(path, "new")


def test_a_seed_draws_the_same_workbooks(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"{i}.xlsx").touch()
    (tmp_path / "notes.txt").touch()
    drawn = foreign.workbooks(tmp_path, 5, 1)
    assert len(drawn) == 5
    assert drawn == foreign.workbooks(tmp_path, 5, 1) != foreign.workbooks(tmp_path, 5, 2)
    assert len(foreign.workbooks(tmp_path, None, 1)) == 20


@pytest.mark.slow
def test_no_judge_objects_to_a_sample_of_foreign_workbooks(tmp_path: Path) -> None:
    program, seen = BENCHMARKS / "foreign.py", tmp_path / "seen.json"
    corpus, judge = shared() / "corpus", shared() / "tools" / "lossless_check.py"
    command = [sys.executable, str(program), "--corpus", str(corpus), "--referee", str(judge), "--skip", "openpyxl"]
    more = ["--limit", "30", "--seed", "30", "--cache", str(tmp_path / "cache"), "--json", str(seen)]
    done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads(seen.read_text("utf-8"))
    assert sum(not r["by"]["pipesheet"]["written"]["reason"] for r in records) >= 25
    assert "**workbooks where one has another value than stored** | **0** |" in done.stdout
