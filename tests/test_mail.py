"""The report as a mail: the same numbers as everywhere, small enough, inert, and cut to who reads it."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

import pipesheet
from pipesheet.audience import Audience, audiences, cut
from pipesheet.cli import main
from pipesheet.errors import BadAddress, UsageError
from pipesheet.figures import short_money
from pipesheet.language import speaking
from pipesheet.mail_message import address, message
from pipesheet.report import render
from pipesheet.report_mail import BUDGET, mail_for
from pipesheet.resources import resource
from report_sample import STAMP
from tables import source

SAMPLE = pipesheet.analyze(pipesheet.read(resource("workbooks/sample.xlsx")))
SENDER = address("a@example.com")
AS_OF = dt.date(2026, 11, 16)
DEALS = """
    Deal ID | Deal       | Stage       | Amount | Close date | Owner
    D-1     | Lighthouse | Negotiation | 10000  | 2026-12-01 | Kim
    D-2     | Harbour    | Proposal    | 20000  | 2026-12-11 | Kim
    D-3     | Windmill   | Proposal    | 5000   | 2026-12-21 | Mo
"""


def analysis(**sheets: str) -> pipesheet.Analysis:
    return pipesheet.analyze(source(**{"Deals": DEALS, **sheets}), as_of=AS_OF)


def unfolded(text: str) -> str:
    """Running text without the lines it was broken into, and without invisible characters."""
    return re.sub(r"\s+", " ", text.replace("\u200b", "").replace("&nbsp;", " "))


# The same numbers everywhere


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_web_mail_text_workbook_and_json_say_the_same_numbers(tmp_path: Path) -> None:
    book = tmp_path / "sample.xlsx"
    book.write_bytes(resource("workbooks/sample.xlsx").read_bytes())
    done = CliRunner().invoke(main, ["run", str(book), "--json"])
    told = json.loads(done.stdout)["workbooks"][0]
    quarter = next(r for r in told["forecast"] if r["period"] == SAMPLE.forecast.current and r["method"] == "stated")
    web, mail = (tmp_path / "sample.pipesheet.html").read_text("utf-8"), mail_for(SAMPLE, STAMP)
    cells = openpyxl.load_workbook(tmp_path / "sample.pipesheet.xlsx", data_only=True)["Forecast"]
    values = {c.value for row in cells.iter_rows() for c in row if isinstance(c.value, int | float)}
    for number in (quarter["total"], quarter["won"], quarter["target"], quarter["gap"]):
        shown = short_money(abs(number), "EUR")
        for medium, text in {"web": web, "mail": mail.html, "text": mail.text}.items():
            assert shown in unfolded(text), f"{medium} does not say {shown}"
        assert any(abs(abs(v) - abs(number)) < 0.005 for v in values), f"the workbook does not say {number}"
    for owner in (r for r in told["forecast_by"] if (r["dimension"], r["method"]) == ("owner", "stated")):
        if owner["period"] == SAMPLE.forecast.current and owner["total"]:
            assert short_money(owner["total"], "EUR") in unfolded(web)
    assert f"{len(told['findings'])} findings" in unfolded(mail.text)


def test_subject_and_headline_are_one_and_the_preheader_adds() -> None:
    mail = mail_for(SAMPLE, STAMP)
    assert unfolded(mail.text).count(mail.subject) >= 1
    assert mail.preheader
    assert mail.preheader not in mail.subject
    assert mail.html.index(mail.preheader) < mail.html.index("<h1")


def test_a_members_own_mail_says_what_their_line_in_the_whole_says() -> None:
    whole = {r.key: r for r in SAMPLE.forecast.cut(SAMPLE.forecast.current, "owner", method=SAMPLE.forecast.method)}
    for audience in audiences(SAMPLE):
        if audience.kind == "owner" and audience.name in whole:
            own = cut(SAMPLE, audience).forecast.headline
            assert own is not None
            assert (own.won, own.total) == pytest.approx((whole[audience.name].won, whole[audience.name].total))


def test_an_owner_reads_of_their_own_deals_only() -> None:
    mail = mail_for(analysis(), STAMP, Audience("owner", "Kim"))
    assert "Harbour" in mail.text
    assert "Windmill" not in mail.text + mail.html
    assert "your" in mail.subject.lower()


def test_there_is_no_mail_for_nobody() -> None:
    with pytest.raises(UsageError, match="There is no owner called 'Nobody'"):
        mail_for(analysis(), STAMP, Audience("owner", "Nobody"))


# Odd books


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"Deals": "Deal ID | Stage | Amount\n"}, "There are no deals in this workbook yet."),
        ({}, "There is no target"),
        ({"Targets": "Period | Target\n 2026-Q4 | 100000"}, "short of target"),
    ],
)
def test_no_deals_no_target_and_a_target_each_have_their_words(sheets: dict[str, str], said: str) -> None:
    mail = mail_for(analysis(**sheets), STAMP)
    assert said in unfolded(mail.text)
    assert said in unfolded(mail.html)


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an end of the page": "</table></body></html>",
    "a direction turned round": "safe\u202egnp.exe",
    "line breaks": "one\r\nBcc: all@example.com",
    "five thousand characters": "x" * 5000,
    "emoji": "🎯🚀" * 10,
    "a null": "a\x00b",
    "a template": "{{ 7 * 7 }}{% for x in y %}",
    "a link": "javascript:alert(1)",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_deal_is_called_is_inert(what: str) -> None:
    book = source(Deals=DEALS)
    rows = [list(row) for row in book.grids[0].rows]
    for row in rows[1:]:
        row[1] = HOSTILE[what]
        row[5] = HOSTILE[what]
    grid = type(book.grids[0])("Deals", rows)
    found = pipesheet.analyze(type(book)(book.path, "xlsx", "0" * 64, (grid,)), as_of=AS_OF)
    mail = mail_for(found, STAMP)
    assert "<script>alert" not in mail.html
    assert "onerror=alert" not in mail.html.replace("&lt;img src=x onerror=alert", "")
    assert mail.html.count("</body>") == 1
    assert not set("\u202e\x00") & set(mail.html + mail.text + mail.subject)
    assert HOSTILE[what] not in mail.subject
    assert "49" not in mail.subject
    assert len(mail.html.encode()) <= BUDGET
    made = message(mail, sender=address("a@example.com"), to=address("b@example.com"), date=NOW, message_id="<1@x.y>")
    assert [name for name, _ in made.items() if name == "Bcc"] == []


def test_a_book_of_five_thousand_deals_fits() -> None:
    name = "A long name of a deal, as people write them " * 3
    rows = "\n".join(f"D-{n} | {name}{n} | Proposal | {n} | 2026-11-01 | Owner {n % 400}" for n in range(5000))
    found = analysis(Deals=f"Deal ID | Deal | Stage | Amount | Close date | Owner\n{rows}")
    for audience in audiences(found)[:3]:
        mail = mail_for(found, STAMP, audience)
        assert len(mail.html.encode()) <= BUDGET
    assert "more in the workbook's sheet" in mail_for(found, STAMP).html
    assert len(render(found, stamp=STAMP).html.encode()) <= 300_000


def test_lists_are_shortened_until_they_fit_and_what_is_left_out_is_counted_to_the_last() -> None:
    name = "契約更新と追加ライセンスの大きな商談🎯" * 4  # three bytes a letter, eighty letters
    rows = "\n".join(f"D-{n} | {n} {name} | Proposal | {n} | 2026-11-01 | Kim | {name}" for n in range(300))
    found = analysis(Deals=f"Deal ID | Deal | Stage | Amount | Close date | Owner | Next step\n{rows}")
    kim = Audience("owner", "Kim")
    mail, things = mail_for(found, STAMP, kim), len(cut(found, kim).findings)
    assert BUDGET / 2 < len(mail.html.encode()) <= BUDGET
    assert "🎯" in mail.html
    shown = mail.text.count("Deals!")
    assert 0 < shown < 40, "as many as fit"
    assert mail.html.count("Deals!") == shown
    assert f"{things - shown} more in the workbook's sheet Findings." in unfolded(mail.text)
    assert f"{things - shown} more in the workbook's sheet Findings." in unfolded(mail.html)


def test_the_same_analysis_gives_the_same_bytes() -> None:
    made = [
        message(
            mail_for(SAMPLE, STAMP), sender=address("a@x.com"), to=address("b@x.com"), date=NOW, message_id="<1@x.y>"
        )
        for _ in range(2)
    ]
    assert made[0].as_bytes() == made[1].as_bytes()


def test_german_says_it_in_german() -> None:
    with speaking("de"):
        mail = mail_for(SAMPLE, STAMP)
    assert '<html lang="de"' in mail.html
    assert "unter Ziel" in unfolded(mail.text)
    assert "short of target" not in unfolded(mail.text + mail.html)


# The message


NOW = dt.datetime(2026, 11, 16, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("jonas", "there is no @ in it"),
        ("a@x.com\nBcc: b@x.com", "there is a line break in it"),
        ("a@x.com, b@x.com", "more than one address"),
        ('"Boss <boss@x.com>" <evil@x.com>', "its name looks like another address"),
        ("boss@x.com <evil@x.com>", "its name looks like another address"),
        ("boss＠x.com <evil@x.com>", "its name looks like another address"),
        ("a\x00@x.com", "there is a control character in it"),
        ("a\u202e@x.com", "there is a control character in it"),
        ("a@-x.com", "no name of a domain"),
        ("a..b@x.com", "no name of a mailbox"),
        ("x" * 65 + "@x.com", "no name of a mailbox"),
        ("y" * 101 + " <a@x.com>", "its name is too long"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(BadAddress, match=re.escape(why)):
        address(text)


def test_an_address_may_have_a_name_and_a_domain_of_another_alphabet() -> None:
    assert str(address("Jonas Lindqvist <jonas@example.org>")) == "Jonas Lindqvist <jonas@example.org>"
    assert address("kim@bücher.example").domain == "xn--bcher-kva.example"


def test_a_message_has_two_parts_that_say_the_same_and_a_draft_opens_as_one() -> None:
    made = message(
        mail_for(SAMPLE, STAMP), sender=address("Ops <ops@x.com>"), to=address("b@x.com"), date=NOW,
        message_id="<1@x.y>", draft=True,
    )  # fmt: skip
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]
    assert (made["X-Unsent"], made["Auto-Submitted"], made["From"]) == ("1", "auto-generated", "Ops <ops@x.com>")
    again = io.BytesIO(made.as_bytes()).read()
    assert max(map(len, again.split(b"\r\n"))) <= 998, "the longest line a server must take (RFC 5322)"
    assert again.isascii()
