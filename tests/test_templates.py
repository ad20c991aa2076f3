"""A user's own blocks, colours and logo in the report, in a sandbox with an end."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import pipesheet
from pipesheet.cli import main
from pipesheet.errors import UsageError
from pipesheet.report import render
from pipesheet.report_mail import mail_for
from pipesheet.resources import resource
from report_sample import STAMP

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


ANALYSIS = pipesheet.analyze(pipesheet.read(resource("workbooks/sample.xlsx")))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def report(own: Path, *options: str) -> tuple[Result, str]:
    """What came of it, and the page, empty where there is none."""
    book = own.parent / "book.xlsx"
    book.write_bytes(resource("workbooks/sample.xlsx").read_bytes())
    done = CliRunner().invoke(main, ["report", str(book), "--templates", str(own), *options])
    page = own.parent / "book.pipesheet.html"
    return done, page.read_text("utf-8") if page.exists() else ""


def blocks(own: Path, text: str, name: str = "web.html.j2") -> None:
    (own / name).write_text(f'{{% extends "shipped/{name}" %}}{text}', "utf-8")


def test_an_empty_folder_changes_nothing(own: Path) -> None:
    assert page_of(own) == render(ANALYSIS, stamp=STAMP).html


def test_blocks_stand_where_the_page_says(own: Path) -> None:
    (own / "dot.png").write_bytes(DOT)
    blocks(
        own,
        '{% block logo %}<img src="{{ picture(\'dot.png\') }}" alt="Example">{% endblock %}'
        "{% block extra %}<p>{{ page.headline }} again</p>{% endblock %}{% block footer %}<p>Ltd</p>{% endblock %}",
    )
    page = page_of(own)
    logo, words, extra, foot, method = (
        page.index(t) for t in ("data:image/png;base64,", "<h1>", " again</p>", "<p>Ltd</p>", "How the numbers")
    )
    assert logo < words < extra < foot < method


def test_colours_of_ones_own_reach_page_and_policy(own: Path) -> None:
    (own / "tokens.json").write_text(json.dumps({"light": {"won": "#5A2D82"}}), "utf-8")
    (own / "extra.css").write_text("h1{letter-spacing:1px}", "utf-8")
    page = page_of(own)
    assert "#5A2D82" in page
    assert "h1{letter-spacing:1px}" in page


def test_a_mail_has_its_blocks_too(own: Path) -> None:
    blocks(own, '{% block footer %}<tr><td class="foot">Ltd</td></tr>{% endblock %}', "mail.html.j2")
    assert "Ltd</td>" in mail_for(ANALYSIS, STAMP, templates=own).html


REFUSED = {
    "reads a file": ("{{ picture('../secret.png') }}", "there is no picture '../secret.png'"),
    "reads another kind of file": ("{{ picture('web.html.j2') }}", "there is no picture"),
    "shows what is not there": ("{{ page.nothing }}", "nothing"),
    "never ends": (
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "takes longer than",
    ),
    "writes without end": (
        "{% for a in range(9999) %}{% for b in range(999) %}xxxxxxxx{% endfor %}{% endfor %}", "writes more than",
    ),
    "makes a huge text": ("{{ 'x' * 1000000000 }}", "for numbers only"),
    "makes a huge number": ("{{ 9 ** 9 ** 9 }}", "there is no **"),
    "looks behind a value": ("{{ page.__class__.__mro__[1].__subclasses__() }}", "__class__"),
    "looks behind a function": ("{{ picture.__globals__ }}", "__globals__"),
    "is no template": ("{% if %}", "line 1"),
    "includes what is not there": ("{% include 'other.html.j2' %}", "other.html.j2"),
    "divides by nothing": ("{{ 1 / 0 }}", "division by zero"),
}  # fmt: skip


def page_of(own: Path) -> str:
    """The sample's page with those templates, without the way there."""
    return render(ANALYSIS, stamp=STAMP, templates=own).html


@pytest.mark.parametrize("what", REFUSED)
def test_a_template_that_cannot_be_used_is_said(own: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr("pipesheet.templating.SECONDS", 1.0 if what == "never ends" else 60.0)
    monkeypatch.setattr("pipesheet.templating.CHARACTERS", 500_000)
    text, said = REFUSED[what]
    (own.parent / "secret.png").write_bytes(DOT)
    blocks(own, f"{{% block extra %}}{text}{{% endblock %}}")
    with pytest.raises(UsageError, match=rf"A template in .*own cannot be used: .*{re.escape(said)}"):
        page_of(own)


def test_where_a_template_cannot_be_used_nothing_is_written(own: Path) -> None:
    blocks(own, "{% if %}")
    done, page = report(own)
    assert (done.exit_code, page) == (2, "")
    assert "A template in " in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ('{"light": {"won": "red;}body{display:none"}}', "must be a colour such as"),
        ('{"light": {"wow": "#000000"}}', "there is no colour 'wow'"),
        ('{"light": {"won": 7}}', "must be a colour"),
        ('["light"]', "cannot be used"),
        ("{", "cannot be used"),
    ],
)
def test_colours_that_are_none_are_said(own: Path, tokens: str, said: str) -> None:
    (own / "tokens.json").write_text(tokens, "utf-8")
    with pytest.raises(UsageError, match=said):
        page_of(own)


def test_style_cannot_end_its_element(own: Path) -> None:
    (own / "extra.css").write_text("</style><script>alert(1)</script>", "utf-8")
    with pytest.raises(UsageError, match="holds '</'"):
        page_of(own)


def test_what_a_template_shows_of_a_deal_is_inert(own: Path) -> None:
    blocks(own, "{% block extra %}{{ '<script>' }}{% endblock %}")
    assert "&lt;script&gt;" in page_of(own)
