"""Exports of five CRMs as they come: each header is known without a mapping, each value is read.

The headers and the forms of the values are those of the programs' own exports; the deals are made up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipesheet.csvfile import csv_grid
from pipesheet.grid import Source
from pipesheet.models import Book
from pipesheet.parser import parse

D = dt.date


@dataclass(frozen=True)
class Export:
    """An export's text, the header that fills each field, and what the first deal then is."""

    text: str
    headers: dict[str, str]
    first: dict[str, Any]
    stages: tuple[str, ...]


SALESFORCE_REPORT = Export(
    '"Opportunity Owner","Account Name","Opportunity Name","Stage","Fiscal Period","Amount","Expected Revenue",'
    '"Probability (%)","Age","Close Date","Created Date","Next Step","Lead Source","Type","Opportunity ID",'
    '"Forecast Category","Last Stage Change Date","Amount Currency"\n'
    '"Ann Lee","Acme, Inc.","Acme - Pumps","Negotiation/Review","Q4-2026","12000.00","10800.00","90","41",'
    '"12/18/2026","10/1/2026","Sign","Web","New Business","0065g00000AAAAA","Commit","11/2/2026","EUR"\n'
    '"Bo Hall","Globex","Globex - Valves","Closed Lost","Q3-2026","4000.00","0.00","0","12","9/30/2026",'
    '"9/18/2026","","","Existing Business","0065g00000AAAAB","Omitted","9/30/2026","EUR"\n',
    {
        "owner": "Opportunity Owner", "account": "Account Name", "deal": "Opportunity Name", "stage": "Stage",
        "amount": "Amount", "probability": "Probability (%)", "close_date": "Close Date", "created": "Created Date",
        "next_step": "Next Step", "source": "Lead Source", "deal_id": "Opportunity ID", "category": "Forecast Category",
        "stage_since": "Last Stage Change Date", "currency": "Amount Currency",
    },
    {
        "owner": "Ann Lee", "account": "Acme, Inc.", "deal": "Acme - Pumps", "stage": "Negotiation/Review",
        "amount": 12_000.0, "probability": 0.9, "close_date": D(2026, 12, 18), "created": D(2026, 10, 1),
        "next_step": "Sign", "source": "Web", "deal_id": "0065g00000AAAAA", "category": "Commit",
        "stage_since": D(2026, 11, 2), "currency": "EUR",
    },
    ("Negotiation/Review", "Closed Lost"),
)  # fmt: skip

SALESFORCE_DATA = Export(
    "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,ExpectedRevenue,CloseDate,Type,NextStep,LeadSource,"
    "IsClosed,IsWon,ForecastCategoryName,CurrencyIsoCode,OwnerId,CreatedDate,LastStageChangeDate,Buyer__c\n"
    "006A,false,001A,Pumps,Proposal/Price Quote,12000.0,75.0,9000.0,2026-12-18,New,Sign,Web,false,false,Pipeline,EUR,"
    "005A,2026-10-01T08:15:00.000Z,2026-11-02T09:00:00.000Z,Cy\n"
    "006B,false,001B,Valves,Closed Won,4000.0,100.0,4000.0,2026-09-30,New,,,true,true,Closed,USD,005B,"
    "2026-09-18T08:00:00.000Z,,\n",
    {
        "deal_id": "Id", "account": "AccountId", "deal": "Name", "stage": "StageName", "amount": "Amount",
        "probability": "Probability", "close_date": "CloseDate", "next_step": "NextStep", "source": "LeadSource",
        "is_closed": "IsClosed", "is_won": "IsWon", "category": "ForecastCategoryName", "currency": "CurrencyIsoCode",
        "owner": "OwnerId", "created": "CreatedDate", "stage_since": "LastStageChangeDate",
    },
    {
        "deal_id": "006A", "deal": "Pumps", "amount": 12_000.0, "probability": 0.75, "close_date": D(2026, 12, 18),
        "created": D(2026, 10, 1), "stage_since": D(2026, 11, 2), "is_closed": False, "is_won": False,
        "category": "Pipeline", "currency": "EUR", "owner": "005A",
    },
    ("Proposal/Price Quote", "Closed Won"),
)  # fmt: skip

HUBSPOT = Export(
    "Record ID,Deal Name,Pipeline,Deal Stage,Amount,Currency,Close Date,Create Date,Deal owner,Deal probability,"
    "Forecast category,Next step,Next Activity Date,Closed Lost Reason,Original Traffic Source,Deal source,"
    "Associated Company,Date entered current stage,Is Deal Closed?,Is Closed Won,Amount in company currency\n"
    "12345678901,Pumps,Sales Pipeline,Contract Sent,12000,EUR,2026-12-18 17:00,2026-10-01 08:15,Ann Lee,0.9,Commit,"
    "Sign,2026-11-20 10:00,,Direct Traffic,Partner,Acme,2026-11-02 09:00,false,false,12000\n"
    "12345678902,Valves,Sales Pipeline,Closed lost,4000,USD,2026-09-30 12:00,2026-09-18 08:00,Bo Hall,0,,,,Price,"
    "Direct Traffic,,Globex,2026-09-30 12:00,true,false,3600\n",
    {
        "deal_id": "Record ID", "deal": "Deal Name", "pipeline": "Pipeline", "stage": "Deal Stage", "amount": "Amount",
        "currency": "Currency", "close_date": "Close Date", "created": "Create Date", "owner": "Deal owner",
        "probability": "Deal probability", "category": "Forecast category", "next_step": "Next step",
        "next_step_date": "Next Activity Date", "lost_reason": "Closed Lost Reason", "source": "Deal source",
        "account": "Associated Company", "stage_since": "Date entered current stage", "is_closed": "Is Deal Closed?",
        "is_won": "Is Closed Won",
    },
    {
        "deal_id": "12345678901", "deal": "Pumps", "stage": "Contract Sent", "amount": 12_000.0, "currency": "EUR",
        "close_date": D(2026, 12, 18), "created": D(2026, 10, 1), "owner": "Ann Lee", "probability": 0.9,
        "next_step_date": D(2026, 11, 20), "source": "Partner", "account": "Acme", "stage_since": D(2026, 11, 2),
        "is_closed": False, "is_won": False, "pipeline": "Sales Pipeline",
    },
    ("Contract Sent", "Closed lost"),
)  # fmt: skip

PIPEDRIVE = Export(
    "Deal - ID,Deal - Title,Deal - Creator,Deal - Owner,Deal - Value,Deal - Currency of value,"
    "Deal - Weighted value,Deal - Probability,Deal - Organization,Deal - Pipeline,Deal - Contact person,Deal - Stage,"
    "Deal - Label,Deal - Status,Deal - Deal created,Deal - Update time,Deal - Last stage change,"
    "Deal - Next activity date,Deal - Last activity date,Deal - Won time,Deal - Lost time,Deal - Deal closed on,"
    "Deal - Lost reason,Deal - Source channel,Deal - Expected close date\n"
    "1,Pumps,Ann Lee,Ann Lee,12000,EUR,9000,75,Acme,Pipeline,Cy,Proposal Made,,Open,2026-10-01 08:15:00,"
    "2026-11-10 10:00:00,2026-11-02 09:00:00,2026-11-20,2026-11-10,,,,,Web,2026-12-18\n"
    "2,Valves,Bo Hall,Bo Hall,4000,USD,4000,,Globex,Pipeline,,Negotiations Started,,Lost,2026-09-18 08:00:00,"
    "2026-09-30 12:00:00,2026-09-20 08:00:00,,,,2026-09-30 12:00:00,2026-09-30 12:00:00,Price,,2026-10-31\n",
    {
        "deal_id": "Deal - ID", "deal": "Deal - Title", "owner": "Deal - Owner", "amount": "Deal - Value",
        "currency": "Deal - Currency of value", "probability": "Deal - Probability", "account": "Deal - Organization",
        "pipeline": "Deal - Pipeline", "stage": "Deal - Stage", "status": "Deal - Status",
        "created": "Deal - Deal created", "stage_since": "Deal - Last stage change",
        "next_step_date": "Deal - Next activity date", "closed": "Deal - Deal closed on",
        "lost_reason": "Deal - Lost reason", "source": "Deal - Source channel",
        "close_date": "Deal - Expected close date",
    },
    {
        "deal_id": "1", "deal": "Pumps", "amount": 12_000.0, "currency": "EUR", "probability": 0.75, "account": "Acme",
        "stage": "Proposal Made", "status": "Open", "created": D(2026, 10, 1), "stage_since": D(2026, 11, 2),
        "next_step_date": D(2026, 11, 20), "closed": None, "close_date": D(2026, 12, 18), "source": "Web",
    },
    ("Proposal Made", "Negotiations Started"),
)  # fmt: skip

DYNAMICS = Export(
    "(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,Potential Customer,"
    "Pipeline Phase,Est. Revenue,Currency,Est. Close Date,Probability,Owner,Created On,Status,Status Reason,"
    "Actual Close Date,Forecast Category,Originating Campaign\n"
    "0b3f3d1e-aaaa,x1==,11/10/2026 10:00 AM,Pumps,Acme,3-Propose,\"$12,000.00\",US Dollar,12/18/2026,75,Ann Lee,"
    "10/1/2026 8:15 AM,Open,In Progress,,Committed,Spring fair\n"
    "0b3f3d1e-bbbb,x2==,9/30/2026 12:00 PM,Valves,Globex,4-Close,\"$4,000.00\",US Dollar,10/31/2026,0,Bo Hall,"
    "9/18/2026 8:00 AM,Lost,Canceled,9/30/2026,Omitted,\n",
    {
        "deal_id": "(Do Not Modify) Opportunity", "deal": "Topic", "account": "Potential Customer",
        "stage": "Pipeline Phase", "amount": "Est. Revenue", "currency": "Currency", "close_date": "Est. Close Date",
        "probability": "Probability", "owner": "Owner", "created": "Created On", "status": "Status",
        "closed": "Actual Close Date", "category": "Forecast Category", "source": "Originating Campaign",
    },
    {
        "deal_id": "0b3f3d1e-aaaa", "deal": "Pumps", "account": "Acme", "stage": "3-Propose", "amount": 12_000.0,
        "currency": "USD", "close_date": D(2026, 12, 18), "probability": 0.75, "owner": "Ann Lee",
        "created": D(2026, 10, 1), "status": "Open", "closed": None, "category": "Committed",
    },
    ("3-Propose", "4-Close"),
)  # fmt: skip

ZOHO = Export(
    "Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,Stage,Type,"
    "Probability (%),Expected Revenue,Next Step,Lead Source,Campaign Source,Created Time,Modified Time,Pipeline,"
    "Stage Modified Time,Reason For Loss,Currency,Exchange Rate,Tag\n"
    "zcrm_1,zcrm_9,Ann Lee,12000,Pumps,2026-12-18,zcrm_5,Acme,Proposal/Price Quote,New Business,75,9000,Sign,Web,,"
    "2026-10-01 08:15:00,2026-11-10 10:00:00,Standard,2026-11-02 09:00:00,,EUR,1,\n"
    "zcrm_2,zcrm_8,Bo Hall,4000,Valves,2026-09-30,zcrm_6,Globex,Closed Lost,,0,0,,,,2026-09-18 08:00:00,"
    "2026-09-30 12:00:00,Standard,2026-09-30 12:00:00,Price,USD,1.1,\n",
    {
        "deal_id": "Record Id", "owner": "Deal Owner", "amount": "Amount", "deal": "Deal Name",
        "close_date": "Closing Date", "account": "Account Name", "stage": "Stage", "probability": "Probability (%)",
        "next_step": "Next Step", "source": "Lead Source", "created": "Created Time", "pipeline": "Pipeline",
        "stage_since": "Stage Modified Time", "lost_reason": "Reason For Loss", "currency": "Currency",
    },
    {
        "deal_id": "zcrm_1", "owner": "Ann Lee", "amount": 12_000.0, "deal": "Pumps", "close_date": D(2026, 12, 18),
        "account": "Acme", "stage": "Proposal/Price Quote", "probability": 0.75, "created": D(2026, 10, 1),
        "stage_since": D(2026, 11, 2), "currency": "EUR",
    },
    ("Proposal/Price Quote", "Closed Lost"),
)  # fmt: skip

EXPORTS = {
    "Salesforce report": SALESFORCE_REPORT, "Salesforce data": SALESFORCE_DATA, "HubSpot": HUBSPOT,
    "Pipedrive": PIPEDRIVE, "Dynamics": DYNAMICS, "Zoho": ZOHO,
}  # fmt: skip


def read(export: Export) -> tuple[Book, list[str]]:
    """The book of an export, and the codes of its findings."""
    path = Path("export.csv")
    source = Source(path, "csv", "0" * 64, (csv_grid(path, export.text.encode()),))
    book, found = parse(source)
    return book, [finding.code for finding in found]


@pytest.mark.parametrize("crm", EXPORTS)
def test_every_field_is_found_under_the_exports_own_header(crm: str) -> None:
    book, _ = read(EXPORTS[crm])
    assert dict(book.deals.headers) == EXPORTS[crm].headers


@pytest.mark.parametrize("crm", EXPORTS)
def test_the_first_deal_reads_as_it_was(crm: str) -> None:
    book, _ = read(EXPORTS[crm])
    first = {name: book.deals.values[name][0] for name in EXPORTS[crm].first}
    assert first == EXPORTS[crm].first
    assert tuple(book.deals.values["stage"]) == EXPORTS[crm].stages


@pytest.mark.parametrize("crm", EXPORTS)
def test_nothing_in_an_export_is_an_error(crm: str) -> None:
    _, codes = read(EXPORTS[crm])
    assert set(codes) <= {"stages-sheet-missing", "percent-scaled"}


def test_pipedrives_times_of_winning_and_losing_are_one_date_of_closing() -> None:
    book, _ = read(PIPEDRIVE)
    assert book.deals.values["closed"] == [None, D(2026, 9, 30)]


def test_salesforce_reports_that_say_closed_and_won_say_yes_and_no() -> None:
    text = "Opportunity ID,Opportunity Name,Stage,Amount,Close Date,Closed,Won\n"
    text += "1,Pumps,Proposal,5,2026-12-01,0,0\n2,Valves,Closed Won,5,2026-10-01,1,1\n"
    book, _ = read(Export(text, {}, {}, ()))
    assert book.deals.values["is_closed"] == [False, True]
    assert book.deals.values["is_won"] == [False, True]
    assert "closed" not in book.deals.values
