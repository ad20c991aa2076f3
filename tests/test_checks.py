"""Every check against every kind of cell, the ways a check may be written, and what cannot be used."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipesheet.attachments import inside, is_there
from pipesheet.checks import CHECKS
from pipesheet.grid import Value
from pipesheet.models import Book, Columns, Condition, Settings
from pipesheet.phrases import MAX_PATTERN, Misread, parse, phrase
from pipesheet.readings import Cells, Column

AS_OF = dt.date(2026, 11, 16)
DOCS = Path(__file__).parents[1] / "docs"


PLAIN = Settings()


def cells(columns: dict[str, list[Value]], settings: Settings = PLAIN) -> Cells:
    """Columns that no field of the contract asks for, with headers as given."""
    length = len(next(iter(columns.values())))
    position = {name: place for place, name in enumerate(columns, 1)}
    deals = Columns("Deals", 1, range(2, length + 2), {}, columns, position)
    return Cells(Book(deals, (), settings=settings))


def passes(check: str, cell: Value, value: Value = None, folder: Path = Path(), **others: Value) -> bool:
    """Whether one cell passes; `others` are further columns of its row."""
    columns = cells({"Cell": [cell], **{name.replace("_", " "): [v] for name, v in others.items()}})
    ready = parse(Condition("Cell", check, value), columns, as_of=AS_OF)
    (answer,) = ready.met(columns.column("Cell"), as_of=AS_OF, folder=folder).to_list()
    assert answer in (True, False)
    return bool(answer)


# One cell of each kind; a check's row in the table below says which of them pass.
KINDS: dict[str, Value] = {
    "blank": None, "spaces": "  ", "error": "#REF!", "text": "Acme", "text number": "12", "number": 12.0,
    "zero": 0.0, "text date": "2026-11-20", "date": dt.date(2026, 11, 20), "moment": dt.datetime(2026, 11, 10, 9),
    "true": True, "false": False, "yes": "Yes", "no": " no ", "list": "Ann; Bob and Cy", "link": "https://x.org/a",
}  # fmt: skip
FILLED = set(KINDS) - {"blank", "spaces", "error"}

TABLE: list[tuple[str, Value, set[str]]] = [
    ("is filled", None, FILLED),
    ("is empty", None, {"blank", "spaces", "error"}),
    ("is yes", None, {"true", "yes"}),
    ("is no", None, {"false", "no", "zero"}),
    ("=", "ACME", {"text"}),
    ("=", 12.0, {"text number", "number"}),
    ("=", "12", {"text number", "number"}),
    ("=", dt.date(2026, 11, 20), {"date", "text date"}),
    ("=", "2026-11-20", {"date", "text date"}),
    ("=", "yes", {"true", "yes"}),
    ("=", True, {"true", "yes"}),
    ("≠", "acme", FILLED - {"text"}),
    ("≠", 12.0, FILLED - {"text number", "number"}),
    (">", 11.0, {"text number", "number"}),
    (">", 12.0, set()),
    ("≥", 12.0, {"text number", "number"}),
    ("<", 12.0, {"zero"}),
    ("≤", 12.0, {"zero", "text number", "number"}),
    (">", "2026-11-16", {"date", "text date"}),
    ("≤", dt.date(2026, 11, 16), {"moment"}),
    ("between", "1 and 12", {"text number", "number"}),
    ("between", "2026-11-10 to 2026-11-19", {"moment"}),
    ("is one of", "acme; 12", {"text", "text number", "number"}),
    ("is one of", "Foo, Bar", set()),
    ("is not one of", "acme; 12", FILLED - {"text", "text number", "number"}),
    ("contains", "CM", {"text"}),
    ("contains", "1", {"text number", "number", "text date", "date", "moment"}),
    ("matches", "^a.me$", {"text"}),
    ("matches", r"\d{4}-\d\d", {"text date", "date", "moment"}),
    ("within last N days", 6.0, {"moment"}),
    ("within last N days", 5.0, set()),
    ("within next N days", "4 days", {"date", "text date"}),
    ("within next N days", 3.0, set()),
    ("in the future", None, {"date", "text date"}),
    ("in the past", None, {"moment"}),
    ("on or before", "today", {"moment"}),
    ("on or after", dt.date(2026, 11, 20), {"date", "text date"}),
    ("at least N people", 3.0, {"list"}),
    ("at least N people", 4.0, set()),
    ("is a link", None, {"link"}),
    ("file exists", None, set()),
]


@pytest.mark.parametrize(("check", "value", "wanted"), TABLE)
def test_which_kinds_of_cell_pass_a_check(check: str, value: Value, wanted: set[str]) -> None:
    assert {kind for kind, cell in KINDS.items() if passes(check, cell, value)} == wanted


@pytest.mark.parametrize(("check", "value", "wanted"), TABLE)
def test_a_cell_in_a_mixed_column_reads_as_it_does_alone(check: str, value: Value, wanted: set[str]) -> None:
    columns = cells({"Cell": list(KINDS.values())})
    ready = parse(Condition("Cell", check, value), columns, as_of=AS_OF)
    met = ready.met(columns.column("Cell"), as_of=AS_OF, folder=Path()).to_list()
    assert {kind for kind, answer in zip(KINDS, met, strict=True) if answer} == wanted


def test_the_table_asks_every_check() -> None:
    assert {check for check, _, _ in TABLE} == set(CHECKS)


def test_every_check_is_documented_by_example() -> None:
    text = (DOCS / "criteria.md").read_text("utf-8")
    assert [check for check in CHECKS if f"| `{check}` " not in text] == []


@pytest.mark.parametrize(
    ("written", "value", "name", "read"),
    [
        ("Is Filled In", None, "is filled", None),
        ("not  empty", None, "is filled", None),
        ("is not blank", None, "is filled", None),
        ("is checked", None, "is yes", None),
        ("<>", 3.0, "≠", 3.0),
        ("!=", 3.0, "≠", 3.0),
        (">= 5", None, "≥", "5"),
        ("is at least", 5.0, "≥", 5.0),
        ("at least 5", None, "≥", "5"),
        ("is", "Proposal", "=", "Proposal"),
        ("is not", "Proposal", "≠", "Proposal"),
        ("is in", "a, b", "is one of", "a, b"),
        ("Within the last 30 days", None, "within last N days", "30"),
        ("in next N days", 7.0, "within next N days", 7.0),
        ("At least 3 people", None, "at least N people", "3"),
        ("at least N people", 3.0, "at least N people", 3.0),
        ("on or before [Close date]", None, "on or before", "[Close date]"),
        ("on or before [field]", "[Close date]", "on or before", "[Close date]"),
        ("after", dt.date(2026, 1, 1), ">", dt.date(2026, 1, 1)),
        ("must be a link.", None, "is a link", None),
    ],
)
def test_checks_are_read_leniently(written: str, value: Value, name: str, read: Value) -> None:
    assert phrase(written, value) == (name, read)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "change", [str.upper, str.title, lambda text: f"  {text} ", lambda text: text.replace(" ", "  ")]
)
def test_case_and_spaces_do_not_matter(check: str, change: object) -> None:
    assert callable(change)
    assert phrase(change(check), 3.0)[0] == check


@pytest.mark.parametrize(
    ("check", "value", "code"),
    [
        ("sounds like", "x", "criterion-check-unknown"),
        ("", None, "criterion-check-unknown"),
        (">", "high", "criterion-value-unreadable"),
        (">", None, "criterion-value-unreadable"),
        ("=", None, "criterion-value-unreadable"),
        ("=", "#REF!", "criterion-value-unreadable"),
        ("between", 5.0, "criterion-value-unreadable"),
        ("between", "20 and 10", "criterion-value-unreadable"),
        ("between", "1 and 2 and 3", "criterion-value-unreadable"),
        ("between", "1 and 2026-01-01", "criterion-value-unreadable"),
        ("is one of", " ; ", "criterion-value-unreadable"),
        ("within last N days", -1.0, "criterion-value-unreadable"),
        ("within last N days", 1.5, "criterion-value-unreadable"),
        ("within last N days", 1e12, "criterion-value-unreadable"),
        ("at least N people", 0.0, "criterion-value-unreadable"),
        ("at least N people", "some", "criterion-value-unreadable"),
        ("on or before", "soon", "criterion-value-unreadable"),
        ("on or before", "[Nix]", "criterion-column-missing"),
        ("=", "[Nix]", "criterion-column-missing"),
        ("matches", "(", "criterion-pattern-invalid"),
        ("matches", "(?=a)", "criterion-pattern-invalid"),
        ("matches", r"(a)\1", "criterion-pattern-invalid"),
        ("matches", None, "criterion-pattern-invalid"),
        ("matches", "a" * (MAX_PATTERN + 1), "criterion-pattern-invalid"),
        ("matches", "((a{100}){100}){100}", "criterion-pattern-invalid"),
        ("matches", "a{0,99999999999999999999}", "criterion-pattern-invalid"),
        ("file exists", "../secret", "criterion-path-outside"),
        ("file exists", "C:\\", "criterion-path-outside"),
    ],
)
def test_what_cannot_be_used_says_so(check: str, value: Value, code: str) -> None:
    with pytest.raises(Misread) as fault:
        passes(check, "x", value)
    assert fault.value.code == code
    assert fault.value.needed


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not passes("matches", "a" * 32_000 + "!", "^(a+)+$")
    assert not passes("matches", "a" * 32_000, "(a*)*(a*)*(a*)*b")


@pytest.mark.parametrize(
    ("check", "cell", "value", "other", "wanted"),
    [
        ("on or before", dt.date(2026, 5, 1), "[Close date]", dt.date(2026, 5, 1), True),
        ("on or before", dt.date(2026, 5, 2), "[close DATE]", dt.date(2026, 5, 1), False),
        ("on or after", dt.date(2026, 5, 2), "[Close date]", None, False),
        (">", 5.0, "[Close date]", 4.0, True),
        ("=", "ann", "[Close date]", "ANN ", True),
        ("=", None, "[Close date]", None, False),
        ("≠", "ann", "[Close date]", None, True),
        ("contains", "Ann and Bob", "[Close date]", "bob", True),
        ("is one of", "bob", "[Close date]", "Ann, Bob; Cy", True),
        ("is not one of", "dan", "[Close date]", "Ann, Bob", True),
        ("between", 5.0, "1 and [Close date]", 5.0, True),
    ],
)
def test_a_value_may_name_another_column(check: str, cell: Value, value: Value, other: Value, wanted: bool) -> None:
    assert passes(check, cell, value, Close_date=other) is wanted


def test_texts_are_only_the_same_as_texts() -> None:
    assert not passes("=", "007", "7")
    assert not passes("=", "A-1", "B-1")
    assert passes("=", 7.0, "7")


def test_a_share_out_of_a_formula_is_the_share_that_was_typed() -> None:
    assert passes("=", 0.1 + 0.2, 0.3)


def test_numbers_typed_as_text_follow_the_locale() -> None:
    columns = cells({"Cell": ["1.500,00", "12k"]}, Settings(decimal_comma=True))
    ready = parse(Condition("Cell", "≥", "1.500,00"), columns, as_of=AS_OF)
    assert ready.met(columns.column("Cell"), as_of=AS_OF, folder=Path()).to_list() == [True, True]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ann", 1), ("Ann, Bob", 2), ("Ann;Bob;", 2), ("Ann & Bob", 2), ("Ann and Bob", 2), ("Ann\nBob\n\nCy", 3),
        ("Ann, ann", 1), ("Sandy Anderson", 1), ("ann@x.org; bob@x.org", 2), (";,;", 0), ("Ann + Bob", 2),
    ],
)  # fmt: skip
def test_people_in_a_cell(text: str, people: int) -> None:
    assert passes("at least N people", text, max(people, 1)) is (people > 0)
    assert not passes("at least N people", text, people + 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://a.b/c?d", True), ("HTTPS://A.B", True), ("www.acme.com", True), ("acme.com", False),
        ("https://", False), ("see https://a.b", False), ("https://a b", False), ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
    ],
)  # fmt: skip
def test_what_is_a_link(text: str, wanted: bool) -> None:
    assert passes("is a link", text) is wanted


# Files -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workbook's folder with a proposal in it, and a secret beside it."""
    below = tmp_path / "book"
    (below / "docs").mkdir(parents=True)
    (below / "docs" / "proposal.pdf").write_text("x")
    (tmp_path / "secret.txt").write_text("x")
    return below


@pytest.mark.parametrize(
    "text", ["docs/proposal.pdf", "docs\\proposal.pdf", " ./docs/proposal.pdf ", "docs//proposal.pdf"]
)
def test_a_file_below_the_workbook_is_found(folder: Path, text: str) -> None:
    assert passes("file exists", text, folder=folder)


def test_a_folder_may_be_named_once_for_all(folder: Path) -> None:
    assert passes("file exists", "proposal.pdf", "docs", folder)
    assert not passes("file exists", "../docs/proposal.pdf", "docs", folder)


@pytest.mark.parametrize(
    "text",
    [
        "../secret.txt", "..\\secret.txt", "docs/../../secret.txt", "/etc/passwd", "\\\\server\\share\\a", "//server/a",
        "C:\\secret.txt", "C:secret.txt", "docs/proposal.pdf:stream", "~/secret.txt", "docs", "", ".", "...", "a\x00b",
        "NUL", "docs/con.txt", "a" * 5000, "docs/proposal.pdf/", "missing.pdf",
    ],
)  # fmt: skip
def test_nothing_else_is(folder: Path, text: str) -> None:
    wanted = text == "docs/proposal.pdf/"
    assert passes("file exists", text, folder=folder) is wanted


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "outside").symlink_to(folder.parent, target_is_directory=True)
    (folder / "round").symlink_to(folder / "round")
    (folder / "in.pdf").symlink_to(folder / "docs" / "proposal.pdf")
    assert passes("file exists", "in.pdf", folder=folder)
    for text in ("out.txt", "outside/secret.txt", "round"):
        assert not passes("file exists", text, folder=folder)


def test_only_a_plain_file_counts(folder: Path) -> None:
    os.mkfifo(folder / "waits")
    assert not passes("file exists", "waits", folder=folder)


@given(st.text(max_size=40))
def test_no_path_that_is_looked_at_leads_out(text: str) -> None:
    parts = inside(text)
    assert parts is None or (".." not in parts and not any("/" in p or "\\" in p or ":" in p for p in parts))
    assert is_there(text, Path("/nowhere")) is False


# Any cell at all -------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.none(), st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.integers(-(10**9), 10**9),
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)), st.times(), st.timedeltas(),
)  # fmt: skip
VALUES: dict[str, Value] = {check: value for check, value, _ in TABLE}


@given(st.lists(CELLS, max_size=8))
def test_any_column_gets_an_answer_for_each_cell(values: list[Value]) -> None:
    columns = cells({"Cell": values})
    for check in CHECKS:
        ready = parse(Condition("Cell", check, VALUES[check]), columns, as_of=AS_OF)
        met = ready.met(columns.column("Cell"), as_of=AS_OF, folder=Path("/nowhere"))
        assert len(met) == len(values)
        assert met.null_count() == 0
        assert ready.needed


@given(st.lists(CELLS, min_size=1, max_size=8))
def test_a_blank_passes_nothing_but_is_empty(values: list[Value]) -> None:
    column = Column(values)
    for check in CHECKS:
        ready = parse(Condition("Cell", check, VALUES[check]), cells({"Cell": values}), as_of=AS_OF)
        met = ready.met(column, as_of=AS_OF, folder=Path("/nowhere"))
        assert check == "is empty" or not (met & ~column.filled).any()
