"""The built-in rules: what is wrong with a deal whatever the criteria say.

Each rule is a function of a `Case` that looks at all deals at once and yields findings; `RULES` is all
of them, and `settings.rules` turns one off or changes its severity. A rule about a column that the book
does not have is silent. Rules about time and movement are in `pipesheet.pace`.

Money at stake of a rule is the weighted amount of the open deal where the finding puts that amount in
doubt (`close-date-missing`, `close-date-past`, `close-date-before-created`, `close-date-pushed`,
`stalled`, `stage-unknown`, `probability-out-of-range`, and the second one of two that look like one
deal); the difference to the stage's for `probability-far-from-stage`; and 0 for all others. A deal may
have several findings, so these sums overlap and are not to be added up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

import polars as pl

from pipesheet import figures
from pipesheet.case import Case, blank, written_once
from pipesheet.findings import Finding
from pipesheet.history import states
from pipesheet.language import say
from pipesheet.lint import stage_wanted
from pipesheet.models import Book
from pipesheet.pace import PACE_RULES, stall_limits, stays_in, with_pace
from pipesheet.readings import EMPTY
from pipesheet.stages import stage_key

FAR_FROM_STAGE = 0.3
"""A deal's own probability may be this far from its stage's before it is worth a word."""

Rule = Callable[[Case], Iterable[Finding]]

OPEN = pl.col("outcome") == "open"
CLOSED = pl.col("outcome") != "open"
WEIGHTED = pl.col("weighted")


def judge(frame: pl.DataFrame, book: Book, *, as_of: dt.date) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Puts every deal under every rule.

    `frame` is that of `pipesheet.deals`, all deals in their order. Added to it are `days_in_stage`
    (Int32: of open deals, null where the day of entry is unknown) and `stalled` (Boolean).
    """
    told = None if book.history is None else states(book, as_of)
    stays = None if told is None else stays_in(told)
    limits = stall_limits(book, stays)
    frame = with_pace(frame, limits, as_of)
    case = Case(frame, book, as_of, told, stays, limits)
    return frame, tuple(finding for rule in RULES for finding in rule(case))


def without_echoes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Drops every finding that something is missing where the same cell was reported as unreadable.

    The parser counts a cell it cannot read as empty, and the rules do not see why it is empty.
    """
    findings = tuple(findings)
    unreadable = {f.cell for f in findings if f.code == "cell-error" or f.code.endswith("-unreadable")}
    return tuple(f for f in findings if f.cell is None or f.code not in _MISSING or f.cell not in unreadable)


_MISSING = frozenset(
    {
        "deal-id-missing",
        "owner-missing",
        "stage-missing",
        "amount-missing",
        "close-date-missing",
        "closed-without-close-date",
        "next-step-missing",
    }
)


# Who and which --------------------------------------------------------------------------------------


def deal_id_missing(case: Case) -> Iterator[Finding]:
    """Without an ID nothing that was said of a deal can be found again."""
    return case.findings("deal-id-missing", blank("deal_id"), "deal_id", say(EMPTY), say("an ID of its own"))


def deal_id_duplicate(case: Case) -> Iterator[Finding]:
    """The second row and those after it, each pointing at the first."""
    twins = case.frame.select("index", "weighted", "deal_id").filter(
        pl.col("deal_id").is_duplicated() & ~blank("deal_id")
    )
    hits = twins.with_columns(first=pl.col("index").min().over("deal_id")).filter(pl.col("index") != pl.col("first"))
    rows = case.book.deals.rows
    found = [
        say("{id}, as in row {row}", id=i, row=str(rows[first]))
        for i, first in hits.select("deal_id", "first").iter_rows()
    ]
    needed = say("an ID of its own")
    return case.report("deal-id-duplicate", hits["index"], "deal_id", found, needed, money=hits["weighted"])


def deal_likely_duplicate(case: Case) -> Iterator[Finding]:
    """Open deals of one account with one amount and, but for case and signs, one name."""
    if not case.has("account") or not case.has("deal"):
        return iter(())
    name = pl.col("deal").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")
    account = pl.col("account").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    told = (
        # Amounts that stand once rule most deals out before any text is looked at.
        case.frame.select("index", "deal_id", "deal", "account", "amount", "weighted", "outcome")
        .filter(OPEN & pl.col("amount").is_not_null() & ~blank("account"))
        .filter(pl.col("amount").is_duplicated())
        .with_columns(name=name, account=account)
        .filter(pl.col("name") != "")
    )
    same = ["account", "name", "amount"]
    hits = told.with_columns(
        first=pl.col("index").min().over(same), first_id=pl.col("deal_id").first().over(same)
    ).filter(
        # Rows of one ID are told apart by `deal-id-duplicate`; rows without any are not.
        (pl.col("index") != pl.col("first")) & (blank("deal_id") | pl.col("deal_id").ne_missing(pl.col("first_id")))
    )
    rows = case.book.deals.rows
    found = [
        say("like {id} in row {row}", id=first_id, row=str(rows[first]))
        if first_id
        else say("like the one in row {row}", row=str(rows[first]))
        for first, first_id in hits.select("first", "first_id").iter_rows()
    ]
    needed = say("one row for one deal")
    return case.report("deal-likely-duplicate", hits["index"], "deal", found, needed, money=hits["weighted"])


def owner_missing(case: Case) -> Iterator[Finding]:
    """Nobody is asked about a deal without an owner."""
    return case.findings("owner-missing", blank("owner"), "owner", say(EMPTY), say("the name of its owner"))


def owner_unknown(case: Case) -> Iterator[Finding]:
    """Only where there is an Owners sheet to be in."""
    if not case.book.owners:
        return iter(())
    people = {stage_key(o.name) for o in case.book.owners}
    spellings = case.frame["owner"].unique().drop_nulls().to_list()
    strangers = [s for s in spellings if s.strip() and stage_key(s) not in people]
    return case.findings(
        "owner-unknown",
        pl.col("owner").is_in(strangers),
        "owner",
        pl.col("owner"),
        say("a name of the Owners sheet"),
    )


# Stage and probability ------------------------------------------------------------------------------


def stage_missing(case: Case) -> Iterator[Finding]:
    """A deal without a stage counts in no stage's numbers."""
    stages = ", ".join(s.name for s in case.book.stages)
    return case.findings(
        "stage-missing", blank("stage"), "stage", say(EMPTY), say("one of the stages: {stages}", stages=stages)
    )


def stage_unknown(case: Case) -> Iterator[Finding]:
    """The stage is in no list; the near one is suggested."""
    hits = case.frame.filter(~pl.col("stage_known") & ~blank("stage"))
    wanted = {s: stage_wanted(s, case.book.stages) for s in hits["stage"].unique().to_list()}
    return case.report(
        "stage-unknown",
        hits["index"],
        "stage",
        hits["stage"].to_list(),
        [wanted[s] for s in hits["stage"].to_list()],
        money=hits["weighted"],
    )


def probability_out_of_range(case: Case) -> Iterator[Finding]:
    """A chance is between nothing and certainty; the stage's is used instead."""
    own = pl.col("own_probability")
    return case.findings(
        "probability-out-of-range",
        ~own.is_between(0, 1),
        "probability",
        case.words("own_probability", figures.percent),
        say("between {least} and {most}", least=figures.percent(0), most=figures.percent(1)),
        money=WEIGHTED,
    )


def probability_far_from_stage(case: Case) -> Iterator[Finding]:
    """Allowed, and worth a look: by more than `FAR_FROM_STAGE` either way."""
    own, usual = pl.col("own_probability"), pl.col("stage_probability")
    far = OPEN & own.is_between(0, 1) & ((own - usual).abs() > FAR_FROM_STAGE + 1e-9)
    hits = case.frame.filter(far)
    needed = written_once(
        lambda p, stage: say("about {share}, as {stage} has, or a reason", share=figures.percent(p), stage=stage),
        hits.select("stage_probability", "stage").iter_rows(),
    )
    counts = pl.col("category") != "omitted"
    money = hits.select(pl.when(counts).then((pl.col("amount") * (own - usual)).abs()).fill_null(0.0)).to_series()
    return case.report(
        "probability-far-from-stage",
        hits["index"],
        "probability",
        written_once(figures.percent, hits.select("own_probability").iter_rows()),
        needed,
        money=money,
    )


# Money ----------------------------------------------------------------------------------------------


def amount_missing(case: Case) -> Iterator[Finding]:
    """Open and won deals count by their amount; lost ones need none."""
    missing = (pl.col("outcome") != "lost") & pl.col("own_amount").is_null()
    return case.findings("amount-missing", missing, "amount", say(EMPTY), say("an amount"))


def amount_negative(case: Case) -> Iterator[Finding]:
    """Below zero is a credit or a slip of the hand."""
    hits = case.frame.filter(pl.col("own_amount") < 0)
    found = [figures.long_money(a, c or "") for a, c in hits.select("own_amount", "currency").iter_rows()]
    return case.report("amount-negative", hits["index"], "amount", found, say("an amount above zero"))


def currency_without_rate(case: Case) -> Iterator[Finding]:
    """Only where there is an amount to translate."""
    lost = pl.col("own_amount").is_not_null() & pl.col("rate").is_null()
    return case.findings(
        "currency-without-rate",
        lost,
        "currency",
        pl.col("currency").fill_null(say(EMPTY)),
        say("a rate for it in the Rates sheet, on or before the deal's date"),
    )


# Dates ----------------------------------------------------------------------------------------------


def close_date_missing(case: Case) -> Iterator[Finding]:
    """An open deal without a date falls into no period."""
    return case.findings(
        "close-date-missing",
        OPEN & pl.col("close_date").is_null(),
        "close_date",
        say(EMPTY),
        say("the date it is expected to close"),
        money=WEIGHTED,
    )


def close_date_past(case: Case) -> Iterator[Finding]:
    """The day itself is not past yet."""
    past = OPEN & (pl.col("close_date") < case.as_of)
    return case.findings(
        "close-date-past",
        past,
        "close_date",
        case.words("close_date", figures.day),
        say("{day} or later, or the deal closed", day=figures.day(case.as_of)),
        money=WEIGHTED,
    )


def closed_without_close_date(case: Case) -> Iterator[Finding]:
    """A closed deal counts in the period it closed in."""
    field = case.closing_field
    if field is None:
        return iter(())
    return case.findings(
        "closed-without-close-date",
        CLOSED & pl.col("close_date").is_null(),
        field,
        say(EMPTY),
        say("the date it was won or lost"),
    )


def closed_after_as_of(case: Case) -> Iterator[Finding]:
    """Nothing can have closed after the day the book is judged on."""
    hits = case.frame.filter(CLOSED & (pl.col("close_date") > case.as_of))
    found = written_once(figures.day, hits.select("close_date").iter_rows())
    needed = say("{day} or before", day=figures.day(case.as_of))
    return case.report("closed-after-as-of", hits["index"], case.closing_fields(hits), found, needed)


def close_date_before_created(case: Case) -> Iterator[Finding]:
    """The same day is fine: some deals are won as they come in."""
    hits = case.frame.filter(pl.col("close_date") < pl.col("created"))
    needed = written_once(
        lambda day: say("{day} or later, when it was created", day=figures.day(day)),
        hits.select("created").iter_rows(),
    )
    return case.report(
        "close-date-before-created",
        hits["index"],
        case.closing_fields(hits),
        written_once(figures.day, hits.select("close_date").iter_rows()),
        needed,
        money=hits["weighted"],
    )


# Next step ------------------------------------------------------------------------------------------


def next_step_missing(case: Case) -> Iterator[Finding]:
    """Only where the book has such a column."""
    return case.findings(
        "next-step-missing",
        OPEN & blank("next_step"),
        "next_step",
        say(EMPTY),
        say("what happens next, and who does it"),
    )


def next_step_overdue(case: Case) -> Iterator[Finding]:
    """Only where the book has such a column; today is not overdue."""
    hits = case.frame.filter(OPEN & (pl.col("next_step_date") < case.as_of))
    found = written_once(
        lambda day: say("{day}, {n} {n:day|days} ago", day=figures.day(day), n=(case.as_of - day).days),
        hits.select("next_step_date").iter_rows(),
    )
    needed = say("{day} or later", day=figures.day(case.as_of))
    return case.report("next-step-overdue", hits["index"], "next_step_date", found, needed)


RULES: tuple[Rule, ...] = (
    deal_id_missing,
    deal_id_duplicate,
    deal_likely_duplicate,
    owner_missing,
    owner_unknown,
    stage_missing,
    stage_unknown,
    probability_out_of_range,
    probability_far_from_stage,
    amount_missing,
    amount_negative,
    currency_without_rate,
    close_date_missing,
    close_date_past,
    closed_without_close_date,
    closed_after_as_of,
    close_date_before_created,
    next_step_missing,
    next_step_overdue,
    *PACE_RULES,
)
"""Every built-in rule, in the order of the documentation."""
