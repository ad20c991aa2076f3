"""`pipesheet send`: who gets what, by a real mail server on this machine, and nobody twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from click.testing import CliRunner, Result

import pipesheet.postbox
from mail_server import AUTHORITY, HANG_UP, PASSWORD, USER, Inbox, mail_server, scripted
from pipesheet.cli import main
from pipesheet.sendlog import sending
from tables import grid

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server's, where all is encrypted anyway
DEALS = """
    Deal ID | Deal      | Stage       | Amount | Close date | Owner
    D-1     | Lighthouse| Negotiation | 10000  | 2026-12-01 | Kim
    D-2     | Harbour   | Proposal    | 20000  | 2026-12-11 | Kim
    D-3     | Windmill  | Proposal    | 5000   | 2026-12-21 | Mo
    D-4     | Bridge    | Closed Won  | 7000   | 2026-11-02 | Mo
    D-5     | Tower     | Lead        | 7000   | 2026-12-02 | Ann
"""
OWNERS = """
    Owner | Team  | Manager | Email
    Kim   | North | Lee     | kim@example.com
    Mo    | North | Lee     | mo@example.com
    Ann   | South |         |
    Lee   |       |         | lee@example.com
"""
SETTINGS = """
    Setting    | Value
    recipients | board@example.com; cfo@example.com
"""


def book(folder: Path, **sheets: str) -> Path:
    """A workbook of those sheets, as a person would have it."""
    path = folder / "deals.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as made:
        for name, text in {"Deals": DEALS, "Owners": OWNERS, "Settings": SETTINGS, **sheets}.items():
            sheet = made.add_worksheet(name)
            for row, cells in enumerate(grid(name, text).rows):
                sheet.write_row(row, 0, cells)
    return path


@pytest.fixture
def deals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pipesheet.postbox, "PAUSES", (0.0, 0.0))
    authority = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    for name in ("HOST", "FROM", "USER", "PASSWORD", "TLS", "PORT"):
        monkeypatch.delenv(f"PIPESHEET_SMTP_{name}", raising=False)
    return book(tmp_path)


def send(path: Path, *options: str, port: int = 0, **more: str) -> Result:
    account = {"HOST": "localhost", "PORT": str(port), "USER": USER, "PASSWORD": PASSWORD} if port else {}
    environ: Mapping[str, str] = {f"PIPESHEET_SMTP_{k}": v for k, v in (account | more).items()}
    done = CliRunner().invoke(main, ["send", str(path), "--as-of", "2026-11-16", *options], env=environ)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def told(inbox: Inbox) -> dict[str, str]:
    """To -> the plain text of what arrived."""
    texts = {}
    for message in inbox.opened():
        part = message.get_body(("plain",))
        assert part is not None
        texts[str(message["To"])] = part.get_content()
    return texts


# Who gets what


def test_the_recipients_in_settings_get_the_whole_report(deals: Path) -> None:
    with mail_server() as (inbox, port):
        done = send(deals, port=port)
    assert (done.exit_code, sorted(inbox.to)) == (0, ["board@example.com", "cfo@example.com"])
    assert done.output.splitlines()[-1] == "2 sent."
    for message in inbox.opened():
        assert message["From"] == USER
        assert message["Subject"]
        assert message.is_multipart()
    assert all("Kim" in text and "Mo" in text for text in told(inbox).values())


def test_owners_get_their_own_deals_and_managers_their_teams(deals: Path) -> None:
    with mail_server() as (inbox, port):
        done = send(deals, "--owners", "--teams", port=port)
    texts = told(inbox)
    assert sorted(texts) == [
        "board@example.com", "cfo@example.com", "kim@example.com", "lee@example.com", "mo@example.com",
    ]  # fmt: skip
    assert "Windmill" not in texts["kim@example.com"]
    assert "Tower" not in texts["lee@example.com"]
    assert "Lighthouse" not in texts["mo@example.com"]
    assert done.exit_code == 0
    assert "no address" in done.output, "Ann, and whoever leads South"


def test_to_takes_the_place_of_the_recipients(deals: Path) -> None:
    with mail_server() as (inbox, port):
        send(deals, "--to", "me@example.com", port=port)
    assert inbox.to == ["me@example.com"]


def test_nobody_to_send_to_is_said(deals: Path) -> None:
    path = book(deals.parent, Settings="Setting | Value\n week start | Monday")
    with mail_server() as (inbox, port):
        done = send(path, port=port)
    assert (done.exit_code, inbox.messages) == (2, [])
    assert "deals.xlsx names nobody to send to. Add a setting 'recipients'" in done.output


@pytest.mark.parametrize(
    "address", ["kim@example.com\nBcc: all@example.com", "Boss <boss@x.com>, kim@x.com", "kim", "a@b@c", "kim@ex ample"]
)
def test_an_address_that_is_none_gets_nothing_and_the_others_theirs(deals: Path, address: str) -> None:
    owners = "Owner | Email\n Kim | k@x.com\n Mo | mo@example.com"
    path = book(deals.parent, Owners=owners)
    edited = openpyxl.load_workbook(path)
    edited["Owners"]["B2"] = address
    edited.save(path)
    with mail_server() as (inbox, port):
        done = send(path, "--owners", port=port)
    assert "mo@example.com" in inbox.to
    assert not {"all@example.com", "boss@x.com", "kim@x.com"} & set(inbox.to)
    assert "bad address" in done.output
    assert all(b"Bcc" not in data for _, data in inbox.messages)


def test_a_name_before_the_address_and_a_domain_of_another_alphabet_are_sent_to(deals: Path) -> None:
    owners = "Owner | Email\n Kim | Kim Lund <kim@example.com>\n Mo | mo@bücher.example"
    path = book(deals.parent, Owners=owners)
    with mail_server() as (inbox, port):
        done = send(path, "--owners", port=port)
    assert {"kim@example.com", "mo@xn--bcher-kva.example"} < set(inbox.to)
    assert (done.exit_code, "Kim Lund <kim@example.com>" in told(inbox)) == (0, True)


# A dry run


def test_a_dry_run_sends_nothing_and_writes_drafts(deals: Path) -> None:
    done = send(deals, "--dry-run", "--owners")
    folder = deals.with_name("deals.pipesheet.mail")
    drafts = sorted(folder.iterdir())
    assert (done.exit_code, [d.name for d in drafts]) == (
        0,
        [
            "01 everybody to board@example.com.eml", "02 everybody to cfo@example.com.eml",
            "04 Kim to kim@example.com.eml", "05 Mo to mo@example.com.eml",
        ],
    )  # fmt: skip
    opened = message_from_bytes(drafts[2].read_bytes(), policy=policy.default)
    assert (opened["To"], opened["X-Unsent"]) == ("kim@example.com", "1")
    assert "4 to send, 1 no address." in done.output
    assert not (deals.parent / ".pipesheet" / "sent.jsonl").exists()


def test_two_dry_runs_write_the_same_bytes(deals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1794800000")
    made = []
    for name in ("one", "two"):
        assert send(deals, "--dry-run", "--out", str(deals.with_name(name))).exit_code == 0
        made.append({p.name: p.read_bytes() for p in deals.with_name(name).iterdir()})
    assert made[0] == made[1]


# Nobody twice


def test_nobody_gets_the_same_report_twice(deals: Path) -> None:
    with mail_server() as (inbox, port):
        send(deals, port=port)
        again = send(deals, port=port)
        assert len(inbox.messages) == 2
        assert "2 sent before." in again.output
        forced = send(deals, "--again", port=port)
    assert (len(inbox.messages), forced.exit_code) == (4, 0)


def test_a_changed_book_is_sent_again(tmp_path: Path, deals: Path) -> None:
    with mail_server() as (inbox, port):
        send(deals, port=port)
        send(book(tmp_path, Deals=DEALS.replace("20000", "30000")), port=port)
    assert len(inbox.messages) == 4


def test_only_if_changed_leaves_out_who_would_read_of_the_same_deals(tmp_path: Path, deals: Path) -> None:
    with mail_server() as (inbox, port):
        send(deals, "--owners", port=port)
        inbox.messages.clear()
        send(deals, "--owners", "--only-if-changed", "--as-of", "2026-11-17", port=port)
        assert inbox.to == [], "another day, the same deals"
        send(book(tmp_path, Deals=DEALS.replace("5000 ", "6000 ")), "--owners", "--only-if-changed", port=port)
    assert sorted(inbox.to) == ["board@example.com", "cfo@example.com", "mo@example.com"], "nothing new for Kim"


def test_after_a_drop_the_next_run_sends_the_rest_and_nothing_twice(deals: Path) -> None:
    hello, taken = ["220 hi", "250 hello"], ["250 ok", "250 ok", "354 go on", "250 taken"]
    with scripted([*hello, *taken, "250 ok", HANG_UP], [HANG_UP]) as (heard, port):
        first = send(deals, port=port, TLS="none", USER="", FROM=USER)
    assert first.exit_code == 3
    assert "hung up or does not answer. What was sent is in the log; run again and the rest is sent." in first.output
    assert sum(line.startswith("To: ") for line in heard[0]) == 1
    with mail_server() as (inbox, port):
        second = send(deals, port=port)
    assert (inbox.to, second.exit_code) == (["cfo@example.com"], 0)
    assert "1 sent before, 1 sent." in second.output


def test_what_may_have_arrived_is_not_sent_again_unasked(deals: Path) -> None:
    hello, said = ["220 hi", "250 hello"], ["250 ok", "250 ok", "354 go on"]
    with scripted([*hello, *said, HANG_UP], [*hello, *said, "250 taken", "221 bye"]) as (_, port):
        first = send(deals, port=port, TLS="none", USER="", FROM=USER)
    assert "may have arrived" in first.output
    with mail_server() as (inbox, port):
        second = send(deals, port=port)
        assert inbox.messages == []
        assert "1 may have arrived" in second.output
        send(deals, "--again", port=port)
    assert sorted(inbox.to) == ["board@example.com", "cfo@example.com"]


def test_who_is_refused_is_named_and_tried_again_by_the_next_run(deals: Path) -> None:
    with mail_server() as (inbox, port):
        inbox.answers["cfo@example.com"] = ["550 Mailbox full for ever"]
        first = send(deals, port=port)
        assert (first.exit_code, inbox.to) == (3, ["board@example.com"])
        assert "to cfo@example.com was refused: 550 Mailbox full for ever" in first.output
        second = send(deals, port=port)
    assert (second.exit_code, inbox.to) == (0, ["board@example.com", "cfo@example.com"])


def test_two_runs_at_once_send_one_after_the_other(deals: Path) -> None:
    with mail_server() as (inbox, port), sending(deals):
        pauses = "pipesheet.turns.PAUSES"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pauses, (0.0,))
            done = send(deals, port=port)
        assert (done.exit_code, inbox.messages) == (3, [])
        assert "another run of pipesheet is writing it. Wait until that is done" in done.output
    with mail_server() as (inbox, port):
        assert send(deals, port=port).exit_code == 0
    assert len(inbox.messages) == 2


# What goes wrong before anything is sent


def test_without_a_server_it_says_how_to_set_one(deals: Path) -> None:
    done = send(deals)
    assert done.exit_code == 2
    assert "No mail server is set. Set PIPESHEET_SMTP_HOST" in done.output
    assert "--dry-run" in done.output


def test_a_refused_login_ends_it_with_a_sentence(deals: Path) -> None:
    with mail_server() as (inbox, port):
        done = send(deals, port=port, PASSWORD="wrong")
    assert (done.exit_code, inbox.messages) == (3, [])
    assert "refused the login of ops@example.com" in done.output
    assert "Traceback" not in done.output
    assert "wrong" not in done.output


def test_a_bad_workbook_does_not_stop_the_others(deals: Path) -> None:
    bad = deals.with_name("bad.xlsx")
    bad.write_bytes(b"PK nothing")
    with mail_server() as (inbox, port):
        done = send(deals.parent, "--to", "me@example.com", port=port)
    assert (done.exit_code, inbox.to) == (3, ["me@example.com"])
    assert "bad.xlsx" in done.output


def test_the_json_says_who_got_what(deals: Path) -> None:
    with mail_server() as (_, port):
        done = send(deals, "--json", "--owners", port=port)
    found = json.loads(done.output)
    assert [(e["to"], e["audience"], e["name"], e["outcome"]) for e in found] == [
        ("board@example.com", "whole", "", "sent"),
        ("cfo@example.com", "whole", "", "sent"),
        ("", "owner", "Ann", "no address"),
        ("kim@example.com", "owner", "Kim", "sent"),
        ("mo@example.com", "owner", "Mo", "sent"),
    ]
    assert all(e["subject"] and e["workbook"] == "deals.xlsx" for e in found)


def test_no_password_is_in_the_log(deals: Path) -> None:
    with mail_server() as (_, port):
        send(deals, port=port)
    assert PASSWORD not in (deals.parent / ".pipesheet" / "sent.jsonl").read_text("utf-8")


def test_a_book_may_be_sent_in_german(deals: Path) -> None:
    with mail_server() as (inbox, port):
        send(deals, "--set", "language=de", "--to", "me@example.com", port=port)
    (message,) = inbox.opened()
    assert message["Content-Language"] == "de"
    assert str(message["Subject"]).startswith("Q4 landet voraussichtlich bei ")
    assert "Verkaufschance" in told(inbox)["me@example.com"]
