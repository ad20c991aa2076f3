"""The bridge, the work list and the hygiene score say the same in the workbook, in the report and in JSON."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from pipesheet.analysis import Analysis, analyze
from pipesheet.cli import main
from pipesheet.drawing import web_colour
from pipesheet.figures import number, percent, plain, short_money
from pipesheet.reader import read
from pipesheet.report import compose_page
from pipesheet.report_page import Card
from pipesheet.resources import resource
from pipesheet.results import RunStamp

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")
STAMP = RunStamp(dt.datetime(2026, 11, 16, 8), "0", "sample.xlsx", "0" * 64, "0" * 64)


class Views:
    """One run of the sample, seen three ways."""

    def __init__(self, folder: Path) -> None:
        out = folder / "out.xlsx"
        call = ["run", str(resource("workbooks/sample.xlsx")), "--out", str(out), "--json"]
        printed = CliRunner(catch_exceptions=False).invoke(main, call)
        self.json: dict[str, Any] = json.loads(printed.stdout)["workbooks"][0]
        self._book = openpyxl.load_workbook(out, data_only=True)
        self.html = (folder / "out.pipesheet.html").read_text("utf-8")
        self.analysis: Analysis = analyze(read(resource("workbooks/sample.xlsx")))
        page = compose_page(self.analysis, stamp=STAMP, colour=web_colour)
        self.cards: dict[str, Card] = {card.id: card for row in page.rows for card in row}

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of an Excel table by header, as stored values."""
        sheet = next(s for s in self._book.worksheets if name in s.tables)
        header, *rows = ([cell.value for cell in row] for row in sheet[sheet.tables[name].ref])
        return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Views:
    return Views(tmp_path_factory.mktemp("views"))


def test_the_bridge(views: Views) -> None:
    first, *steps, last = views.table("PipesheetBridge")
    told = views.json["bridge"]
    assert len(told) > 3
    assert [(s["Step"], s["Deals"]) for s in steps] == [(t["requirement"], t["deals"]) for t in told]
    assert [s["Rests on it"] for s in steps] == pytest.approx([t["amount"] for t in told])
    assert first["Weighted"] == pytest.approx(views.json["claimed_weighted"])
    assert last["Weighted"] == pytest.approx(views.json["evidence_weighted"])
    assert first["Weighted"] - sum(t["amount"] for t in told) == pytest.approx(last["Weighted"], abs=0.005)
    assert steps[-1]["Still proven"] == pytest.approx(last["Weighted"], abs=0.005)

    numbers = views.cards["bridge"].numbers
    assert numbers is not None
    shown = [[cell.text for cell in row] for row in numbers.rows]
    money = [("Claimed weighted", "", views.json["claimed_weighted"])]
    money += [(plain(t["requirement"]), number(t["deals"]), -t["amount"]) for t in told]
    money += [("Evidence weighted", "", views.json["evidence_weighted"])]
    assert shown == [[name, deals, short_money(amount, "EUR")] for name, deals, amount in money]
    assert views.cards["bridge"].title in views.html


def test_the_bridge_is_that_of_the_deals_and_of_the_forecast(views: Views) -> None:
    deals, gates = views.table("PipesheetDeals"), views.json["gates"]
    for column, field, whole in (
        ("Weighted", "claimed_weighted", "claimed_weighted"),
        ("Evidence weighted", "evidence_weighted", "evidence_weighted"),
    ):
        assert sum(d[column] for d in deals) == pytest.approx(sum(g[field] for g in gates), abs=0.005)
        assert sum(g[field] for g in gates) == pytest.approx(views.json[whole], abs=0.005)
    for method, whole in (("stated", "claimed_weighted"), ("evidence", "evidence_weighted")):
        everything = next(r for r in views.json["forecast"] if (r["method"], r["period"]) == (method, "all"))
        assert everything["open_weighted"] == pytest.approx(views.json[whole], abs=0.005)
    quarter = {r["method"]: r for r in views.json["forecast"] if r["period"] == views.analysis.forecast.current}
    line = next(r for r in views.table("PipesheetForecast") if r["Period"] == views.analysis.forecast.current)
    assert (line["Forecast"], line["Evidence"]) == pytest.approx(
        (quarter["stated"]["total"], quarter["evidence"]["total"])
    )


def test_both_methods_stand_side_by_side_in_the_report(views: Views) -> None:
    table = views.cards["quarters"].table
    assert table is not None
    at = [head.text for head in table.heads].index("On evidence")
    told = {r["period"]: r["total"] for r in views.json["forecast"] if r["method"] == "evidence"}
    shown = {row[0].text: row[at].text for row in table.rows}
    assert shown["Q4 2026"] == short_money(told["2026-Q4"], "EUR") != short_money(0, "EUR")
    assert shown["Overdue"] == short_money(told["overdue"], "EUR")


def test_what_each_deal_has_earned(views: Views) -> None:
    told = sorted(
        (g["deal_id"], g["claimed"], g["earned"] or "", g["next_requirement"] or "") for g in views.json["gates"]
    )
    listed = sorted(
        (d["Deal ID"] or "", d["Stage"] or "", d["Earned stage"] or "", d["Next requirement"] or "")
        for d in views.table("PipesheetDeals")
    )
    assert listed == told
    ready = {d["Deal ID"] for d in views.table("PipesheetDeals") if d["Ready"] == "yes"}
    assert ready == {g["deal_id"] for g in views.json["gates"] if g["ready"]} != set()


def test_the_work_list(views: Views) -> None:
    told, listed = views.json["findings"], views.table("PipesheetFindings")
    assert [(r["Code"], r["Deal ID"] or "", r["Found"], r["Needed"]) for r in listed] == [
        (t["code"], t["deal_id"], t["found"], t["needed"]) for t in told
    ]
    assert [r["Money at stake"] or 0.0 for r in listed] == pytest.approx([t["money_at_stake"] for t in told], abs=0.005)
    stakes = [t["money_at_stake"] for t in told]
    assert stakes == sorted(stakes, reverse=True)
    table = views.cards["findings"].table
    assert table is not None
    shown = [row[3].text for row in table.rows]
    assert shown == [plain(t["found"]) for t in told[: len(shown)]]


def test_the_hygiene_score(views: Views) -> None:
    told, listed = views.json["hygiene"], views.table("PipesheetHygiene")
    assert [(r["Of"], r["Open deals"], r["Clean"], r["Errors"]) for r in listed] == [
        (t["dimension"], t["open_deals"], t["clean"], t["errors"]) for t in told
    ]
    assert [r["Hygiene"] for r in listed] == pytest.approx([t["score"] for t in told])
    assert [r["Unproven"] for r in listed] == pytest.approx([t["unproven"] for t in told], abs=0.005)
    assert [r["Before"] for r in listed] == [
        t["before"] if t["before"] is None else pytest.approx(t["before"]) for t in told
    ]
    table = views.cards["hygiene"].table
    assert table is not None
    shown = [(row[0].text, row[1].text) for row in table.rows]
    members = [t for t in told if t["dimension"] != "all"]
    assert shown == [
        (_name(t), f"{percent(t['score'])}, {t['clean']} of {t['open_deals']}") for t in members[: len(shown)]
    ]
    assert views.cards["hygiene"].title.startswith(f"{percent(told[0]['score'])} of {told[0]['open_deals']} open deals")


def _name(line: dict[str, Any]) -> str:
    return f"No {line['dimension']}" if line["name"] == "(none)" else plain(line["name"])


def test_the_run_log_keeps_the_hygiene_of_each_date(views: Views) -> None:
    kept = [(r["As of"].date(), r["Of"], r["Name"] or "", r["Clean"]) for r in views.table("PipesheetHygieneLog")]
    now = dt.date.fromisoformat(views.json["as_of"])
    assert [k[1:] for k in kept if k[0] == now] == [
        (t["dimension"], t["name"], t["clean"]) for t in views.json["hygiene"]
    ]
    assert {k[0] for k in kept} > {now}, "the run before is there too"
