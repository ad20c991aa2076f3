"""What the report says of evidence and hygiene in words; the rules of `pipesheet.wording` hold here too."""

from __future__ import annotations

from pipesheet.bridge import Bridge
from pipesheet.figures import percent, plain, points, short_money
from pipesheet.hygiene import Hygiene
from pipesheet.language import say
from pipesheet.report_page import Sentence
from pipesheet.wording import ENOUGH, sentence, strong

CENT = 0.005


def bridge_title(bridge: Bridge, currency: str) -> str:
    """How much of what is claimed rests on missing proof, and on which where one holds half of it or more."""
    resting = bridge.claimed - bridge.evidence
    if bridge.claimed <= 0 or resting < CENT or not bridge.steps:
        return say("Claimed and evidence weighted are the same")
    money, claimed, first = short_money(resting, currency), short_money(bridge.claimed, currency), bridge.steps[0]
    if first.deals >= ENOUGH and first.amount >= resting / 2:
        return say(
            "{money} of {claimed} weighted rests on missing proof, most of it on “{requirement}”",
            money=money,
            claimed=claimed,
            requirement=plain(first.requirement, 40),
        )
    return say("{money} of {claimed} weighted rests on missing proof", money=money, claimed=claimed)


def evidence_sentence(bridge: Bridge, currency: str) -> Sentence:
    """What the criteria bear out of everything open, for the lede; nothing where nothing is missing."""
    if bridge.claimed <= 0 or bridge.claimed - bridge.evidence < CENT:
        return ()
    return sentence(
        say(
            "The criteria bear out {evidence} of the {claimed} weighted in all open deals.",
            evidence=strong(short_money(bridge.evidence, currency)),
            claimed=short_money(bridge.claimed, currency),
        )
    )


def hygiene_title(hygiene: Hygiene) -> str:
    """The share of open deals with nothing to mend, and where it went since the last run."""
    whole = next(iter(hygiene.of("all")), None)
    if whole is None or whole.open_deals < ENOUGH:
        return say("Open deals with nothing to mend")
    share, change = percent(whole.score), points(whole.change or 0.0)
    if change.startswith("0"):
        return say("{share} of {n} {n:open deal|open deals} have nothing to mend", share=share, n=whole.open_deals)
    return say(
        "{share} of {n} {n:open deal|open deals} have nothing to mend, {change} since the last run",
        share=share,
        n=whole.open_deals,
        change=change,
    )
