"""What the judges said of many workbooks, as tables in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from foreign_contents import BY_ELEMENT, BY_RELATIONSHIP
from foreign_sheets import Written

BEGIN, END = "<!-- corpus table: begin -->", "<!-- corpus table: end -->"
KINDS = (*BY_RELATIONSHIP, *BY_ELEMENT)


@dataclass
class Judged:
    """One workbook as one program wrote it; what was not asked stays None."""

    written: Written
    lost: list[str] | None = None
    """The referee's sentences."""
    fewer: dict[str, tuple[int, int]] | None = None
    """Kind of content -> how many before and after, where there are fewer."""
    new_errors: dict[str, int] | None = None
    validator_opens: str | None = None
    """yes, or else: not before, too many before, not after."""
    libreoffice: str | None = None
    """same sheets, or else: not before, or what went wrong."""
    formulas: int | None = None
    differ: list[str] | None = None


@dataclass
class Record:
    """One workbook of the corpus."""

    file: str
    sha256: str
    contents: dict[str, int] | None
    """Kind of content -> how many; None where the file is none that has parts."""
    by: dict[str, Judged] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def page(records: Sequence[Record], programs: Mapping[str, str], tools: Sequence[str]) -> str:
    """Both tables; `programs`: key in the records -> heading of its column."""
    said = f"Measured with {', '.join(tools)}."
    return "\n".join([*_outcomes(records, programs), "", *_contents(records, programs), "", said])


def _outcomes(records: Sequence[Record], programs: Mapping[str, str]) -> Iterator[str]:
    yield f"| workbooks | {' | '.join(programs.values())} |"
    yield f"|---|{'---:|' * len(programs)}"
    judged = {p: [r.by[p] for r in records if p in r.by] for p in programs}
    for section in (_writing, _losing, _opening):
        columns = [dict(section(of)) for of in judged.values()]
        for label in dict.fromkeys(label for column in columns for label in column):
            yield f"| {label} | {' | '.join(column.get(label, '') for column in columns)} |"


def _writing(judged: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    yield "tried", str(len(judged))
    yield "**written**", f"**{len(_written(judged))}**"
    reasons = Counter(j.written.reason for j in judged if j.written.reason)
    yield from ((f"not written: {reason}", str(n)) for reason, n in sorted(reasons.items()))


def _written(judged: Sequence[Judged]) -> list[Judged]:
    return [j for j in judged if not j.written.reason]


def _losing(judged: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    def opens(how: str) -> Callable[[Judged], bool | None]:
        return lambda j: None if j.validator_opens is None else j.validator_opens == how

    def count(of: Callable[[Judged], bool | None]) -> str:
        answers = [a for a in map(of, _written(judged)) if a is not None]
        return str(sum(answers)) if answers else "not asked"

    yield "**something lost, says the referee**", count(lambda j: None if j.lost is None else bool(j.lost))
    yield "a part is gone, says the referee", count(lambda j: None if j.lost is None else _part_gone(j.lost))
    yield "some content is fewer than before", count(lambda j: None if j.fewer is None else bool(j.fewer))
    yield "**new error by Microsoft's validator**", count(_new_error)
    yield "the validator does not open it before", count(opens("not before"))
    yield "the validator lists no more than the 1,000 errors before", count(opens("too many before"))
    yield "the validator opens it before only", count(opens("not after"))


def _part_gone(lost: Sequence[str]) -> bool:
    return any(sentence.startswith("part ") and sentence.endswith(" is gone") for sentence in lost)


def _new_error(judged: Judged) -> bool | None:
    return None if judged.validator_opens is None else bool(judged.new_errors)


_SAME_SHEETS = "**LibreOffice opens it with the same sheets and those added**"


def _opening(judged: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    asked = [j for j in _written(judged) if j.libreoffice is not None]
    if not asked:
        yield _SAME_SHEETS, "not asked"
        return
    able = [j for j in asked if j.libreoffice != "not before"]
    yield "LibreOffice does not open it before either", str(len(asked) - len(able))
    same = sum(j.libreoffice == "same sheets" for j in able)
    yield _SAME_SHEETS, f"**{same} of {len(able)}**"
    if formulas := sum(j.formulas or 0 for j in able):
        yield "formulas added, all recalculated there", f"{formulas:,}"
        yield "**workbooks where one has another value than stored**", f"**{sum(bool(j.differ) for j in able)}**"


def _contents(records: Sequence[Record], programs: Mapping[str, str]) -> Iterator[str]:
    yield f"| workbooks with at least one | in the corpus | {' | '.join(f'whole in {p}' for p in programs.values())} |"
    yield f"|---|---:|{'---:|' * len(programs)}"
    for kind in KINDS:
        having = [r for r in records if (r.contents or {}).get(kind)]
        if having:
            yield f"| {kind} | {len(having)} | {' | '.join(_whole(having, p, kind) for p in programs)} |"


def _whole(having: Sequence[Record], program: str, kind: str) -> str:
    written = [r.by[program] for r in having if program in r.by and r.by[program].fewer is not None]
    return f"{sum(kind not in (j.fewer or {}) for j in written)} of {len(written)}"


def put_between(path: Path, text: str) -> None:
    """Puts the tables into a page, between its two markers."""
    page = path.read_text("utf-8")
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path.name} has no lines {BEGIN} and {END} to write between")
    path.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", "utf-8", newline="\n")
