"""What the report says of evidence and hygiene in words; the rules of `pipesheet.wording` hold here too."""

from __future__ import annotations

from pipesheet.bridge import Bridge
from pipesheet.figures import count, percent, plain, points, short_money
from pipesheet.hygiene import Hygiene
from pipesheet.report_page import Sentence
from pipesheet.wording import ENOUGH

CENT = 0.005


def bridge_title(bridge: Bridge, currency: str) -> str:
    """How much of what is claimed rests on missing proof, and on which where one holds half of it or more."""
    resting = bridge.claimed - bridge.evidence
    if bridge.claimed <= 0 or resting < CENT or not bridge.steps:
        return "Claimed and evidence weighted are the same"
    share = f"{short_money(resting, currency)} of {short_money(bridge.claimed, currency)} weighted"
    first = bridge.steps[0]
    if first.deals >= ENOUGH and first.amount >= resting / 2:
        return f"{share} rests on missing proof, most of it on “{plain(first.requirement, 40)}”"
    return f"{share} rests on missing proof"


def evidence_sentence(bridge: Bridge, currency: str) -> Sentence:
    """What the criteria bear out of everything open, for the lede; nothing where nothing is missing."""
    if bridge.claimed <= 0 or bridge.claimed - bridge.evidence < CENT:
        return ()
    return (
        (" The criteria bear out ", False),
        (short_money(bridge.evidence, currency), True),
        (f" of the {short_money(bridge.claimed, currency)} weighted in all open deals.", False),
    )


def hygiene_title(hygiene: Hygiene) -> str:
    """The share of open deals with nothing to mend, and where it went since the last run."""
    whole = next(iter(hygiene.of("all")), None)
    if whole is None or whole.open_deals < ENOUGH:
        return "Open deals with nothing to mend"
    said = f"{percent(whole.score)} of {count(whole.open_deals, 'open deal')} have nothing to mend"
    change = points(whole.change) if whole.change is not None else ""
    if not change or change.startswith("0"):
        return said
    return f"{said}, {change} since the last run"
