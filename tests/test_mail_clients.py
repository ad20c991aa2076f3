"""The mail where it is read: in a real browser at two widths, light and dark, and by what mail clients know."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import pipesheet
from pipesheet.audience import Audience
from pipesheet.language import speaking
from pipesheet.report_mail import mail_for
from pipesheet.resources import resource
from report_sample import STAMP
from test_mail import HOSTILE, analysis

pytestmark = pytest.mark.slow

PACKAGES = ("playwright-core@1.65.1", "axe-core@4.14.1", "html-validate@10.17.0", "caniemail@2.0.2")
CLIENTS = (
    "gmail.desktop-webmail", "gmail.ios", "gmail.android", "gmail.mobile-webmail", "outlook.windows",
    "outlook.windows-mail", "outlook.macos", "outlook.ios", "outlook.android", "outlook.outlook-com",
    "apple-mail.macos", "apple-mail.ios", "yahoo.desktop-webmail", "yahoo.ios", "yahoo.android",
    "samsung-email.android",
    "thunderbird.macos", "aol.desktop-webmail", "protonmail.desktop-webmail", "gmx.desktop-webmail",
    "web-de.desktop-webmail",
)  # fmt: skip
MAY_BE_UNKNOWN: Mapping[str, str] = {
    "<bdi> element": "an unknown element is read through; its text stays in its place",
    "<body> element": "some show what is in it inside a page of their own; the outer table has the colours too",
    "<style> element": "everything that must be is in the elements; the rest is for dark and for phones",
    "@media": "without it a mail is light, and 640 wide",
    "aria-hidden attribute": "the marks of the key are then read aloud as squares",
    "aria-label attribute": "a table's title stands above it as text",
    "border-radius": "corners are square",
    "color-scheme CSS property": "the client chooses its own dark",
    "color-scheme meta tag": "the client chooses its own dark",
    "display:none": "the preheader then stands above the mail, in the colour of the page",
    "lang attribute": "the reader's own language is assumed",
    "max-height property": "of the preheader, which is hidden by display as well",
    "overflow": "of the preheader, which is hidden by display as well",
    "role attribute": "tables of layout are then announced as tables",
}
RULES = {
    "root": True,
    "extends": ["html-validate:recommended"],
    "rules": {
        "doctype-style": ["error", {"style": "uppercase"}],  # as what inlines the styles writes it
        # Mail clients, Word's engine first of all, know attributes and no style sheets.
        "no-inline-style": "off", "no-deprecated-attr": "off", "attribute-allowed-values": "off",
        "no-conditional-comment": "off", "long-title": "off", "wcag/h63": "off",
        "no-redundant-role": "off", "prefer-native-element": "off",
    },
}  # fmt: skip
SAMPLE = pipesheet.analyze(pipesheet.read(resource("workbooks/sample.xlsx")))


def german() -> str:
    with speaking("de"):
        return mail_for(SAMPLE, STAMP).html


def hostile() -> str:
    rows = "\n".join(
        f"D-{n} | {text.replace('|', '')} | Proposal | 9 | 2026-11-01 | {text.replace('|', '')}"
        for n, text in enumerate(t.replace("\r\n", " ").replace("\x00", "") for t in HOSTILE.values())
    )
    return mail_for(analysis(Deals=f"Deal ID | Deal | Stage | Amount | Close date | Owner\n{rows}"), STAMP).html


MAILS: dict[str, Callable[[], str]] = {
    "the sample": lambda: mail_for(SAMPLE, STAMP).html,
    "an owner's": lambda: mail_for(SAMPLE, STAMP, Audience("owner", "Oskar Lindqvist")).html,
    "a team's": lambda: mail_for(SAMPLE, STAMP, Audience("team", "Nordics")).html,
    "in German": german,
    "hostile names": hostile,
    "no deals": lambda: mail_for(analysis(Deals="Deal ID | Stage | Amount\n"), STAMP).html,
}


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a browser's driver and what checks access, HTML and mail clients, from npm."""
    missing = [name for name in ("chromium", "node", "npm") if shutil.which(name) is None]
    assert not missing, f"these tests need {', '.join(missing)} on the path (Debian: chromium, npm)"
    folder = tmp_path_factory.mktemp("mail-tools")
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *PACKAGES]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"npm could not install {PACKAGES}: {done.stdout}{done.stderr}"
    for name in ("mail.mjs", "clients.mjs"):
        shutil.copy(Path(__file__).with_name(name), folder)
    (folder / ".htmlvalidate.json").write_text(json.dumps(RULES))
    return folder


def run(tools: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *command], cwd=tools, capture_output=True, text=True, timeout=300, check=False)


def looked_at(mail: Path, tools: Path) -> dict[str, Any]:
    done = run(tools, "mail.mjs", str(shutil.which("chromium")), str(mail), str(mail.parent))
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="session", params=list(MAILS))
def mail(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mail") / "mail.html"
    path.write_text(MAILS[request.param](), "utf-8")
    return path


def test_nobody_is_shut_out_and_nothing_is_asked_for(mail: Path, tools: Path) -> None:
    seen = looked_at(mail, tools)
    assert {view: found for view, found in seen["axe"].items() if found} == {}
    assert seen["requests"] == []
    assert seen["errors"] == []
    assert seen["hacked"] == "undefined"
    assert {view: over for view, over in seen["wide"].items() if over > 0} == {}, "nothing is wider than the screen"
    plain, styled = (seen["texts"][view].split() for view in ("without styles", "640 light"))
    assert set(styled) <= set(plain), "what is said with styles is said without"


def test_the_html_is_valid(mail: Path, tools: Path) -> None:
    shutil.copy(tools / ".htmlvalidate.json", mail.parent)
    done = run(tools, "node_modules/html-validate/bin/html-validate.mjs", "--formatter", "text", str(mail))
    assert done.returncode == 0, done.stdout[:3000] + done.stderr


def test_what_a_client_does_not_know_is_no_loss(mail: Path, tools: Path) -> None:
    done = run(tools, "clients.mjs", str(mail), *CLIENTS)
    assert done.returncode == 0, done.stderr
    unknown = json.loads(done.stdout)
    assert {what: clients for what, clients in unknown.items() if what not in MAY_BE_UNKNOWN} == {}


def test_the_checks_see_what_they_look_for(tools: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<!doctype html><html><body><img src="https://example.org/x.png"><div style="display:grid;width:2000px">x</div>'
        "<script>window.hacked = 1</script></body></html>"
    )
    seen = looked_at(bad, tools)
    assert seen["hacked"] == "number"
    assert seen["requests"]
    assert seen["wide"]["390 light"] > 0
    assert any(found.startswith("image-alt") for found in seen["axe"]["640 light"])
    assert "display:grid" in json.loads(run(tools, "clients.mjs", str(bad), *CLIENTS).stdout)
