"""The contract of the workbook as data: its sheets, their columns, and every name these go by.

The documentation's tables are generated from here. Names are compared by `folded`: case, spaces,
underscores, hyphens, points and accents do not matter, so that ``StageName``, ``Stage name`` and
``stage_name`` are one name; Pipedrive's ``Deal - `` before each header is looked past.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["text", "id", "money", "currency", "number", "probability", "date", "moment", "yes/no", "any"]
"""How a column is read; ``moment`` is a date with its time, ``any`` keeps the cell as it is."""

_CUSTOM_FIELD = re.compile(r"__(?:c|r|pc)\Z", re.I)
_PIPEDRIVE = re.compile(r"\s*deal\s+-\s+(?=\S)", re.I)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One column: the field it fills, its own header, how it is read, and what else it is called.

    `aliases` are in order of preference. `weak` ones are too general to recognise a sheet by
    (``Id``, ``Name``) and only count once the sheet is known. With `merged`, several columns may
    fill the field, the first with something in it wins (Pipedrive's won time and lost time).
    """

    name: str
    header: str
    form: Form
    meaning: str
    aliases: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    required: bool = False
    merged: bool = False

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name of this column, best first."""
        return (self.header, *self.aliases, *self.weak)


@dataclass(frozen=True, slots=True)
class SheetRule:
    """One sheet of the contract. Without its required columns a sheet is not taken for it."""

    name: str
    meaning: str
    fields: tuple[FieldRule, ...]
    aliases: tuple[str, ...] = ()

    def field(self, name: str) -> FieldRule:
        """The rule of that field.

        Raises:
            KeyError: there is no such field.
        """
        for rule in self.fields:
            if rule.name == name:
                return rule
        raise KeyError(name)

    @property
    def required(self) -> tuple[FieldRule, ...]:
        """The columns it cannot do without."""
        return tuple(f for f in self.fields if f.required)


@lru_cache(maxsize=16_384)
def folded(name: str) -> str:
    """What all spellings of one name share; empty for a name of signs alone."""
    name = _CUSTOM_FIELD.sub("", name.strip()).replace("#", " number ").replace("%", " percent ").replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain if c.isalnum()).casefold()


def header_keys(header: str) -> tuple[str, ...]:
    """The names a header may be recognised by, best first."""
    whole = folded(header)
    bare = folded(_PIPEDRIVE.sub("", header, count=1))
    return (whole,) if bare == whole or not bare else (whole, bare)


def _f(
    name: str,
    header: str,
    form: Form,
    meaning: str,
    *aliases: str,
    weak: tuple[str, ...] = (),
    required: bool = False,
    merged: bool = False,
) -> FieldRule:
    return FieldRule(name, header, form, meaning, aliases, weak, required, merged)


# The contract reads as tables; the formatter would give every word a line of its own.
# fmt: off
DEALS = SheetRule(
    "Deals", "One row per deal; the only sheet that must be there.",
    (
        _f("deal_id", "Deal ID", "id", "What names the deal for ever.",
           "Opportunity ID", "Record ID", "Deal Number", "Opportunity Number", "Deal Record ID", "Deal - ID",
           "Opportunity Reference", "(Do Not Modify) Opportunity", "Deal - Pipedrive System ID", "Deal-Nr",
           "Geschäftsnummer", weak=("Id", "Number", "Reference", "Nr"),
           required=True),
        _f("deal", "Deal", "text", "Its name.",
           "Deal Name", "Opportunity Name", "Opportunity", "Deal - Title", "Deal Title", "Topic", "Potential Name",
           "Opportunity Title", "Geschäft", weak=("Name", "Title", "Subject", "Bezeichnung")),
        _f("account", "Account", "text", "The company that buys.",
           "Account Name", "Potential Customer", "Organization", "Deal - Organization", "Company", "Company Name",
           "Customer", "Customer Name", "Associated Company", "Primary Associated Company", "Client", "Partner",
           "Kunde", "Firma", "Account ID"),
        _f("owner", "Owner", "text", "Who is responsible for it.",
           "Deal Owner", "Opportunity Owner", "Sales Agent", "Salesperson", "Sales Rep", "Owner Name",
           "Account Executive", "Sales Representative", "Rep", "Assigned To", "Verkäufer", "Verantwortlich",
           "Besitzer", "Owner Full Name", "Owner ID"),
        _f("stage", "Stage", "text", "The stage it claims.",
           "Stage Name", "Deal Stage", "Sales Stage", "Opportunity Stage", "Pipeline Phase", "Pipeline Stage",
           "Process Stage", "Phase", "Verkaufsphase", required=True),
        _f("amount", "Amount", "money", "What it is worth, in its currency.",
           "Value", "Deal Value", "Deal Amount", "Close Value", "Est. Revenue", "Estimated Revenue",
           "Opportunity Amount", "Total Amount", "Betrag", "Wert", "Umsatz", "Auftragswert", "Amount (converted)",
           "Expected Revenue", "Revenue", "Price", required=True),
        _f("currency", "Currency", "currency", "Three letters, such as EUR; blank: the reporting currency.",
           "Currency of Value", "Deal Currency", "Currency Code", "Currency ISO Code", "Opportunity Currency",
           "Amount Currency", "Deal Currency Code", "Währung"),
        _f("created", "Created", "date", "When it came into the book.",
           "Created Date", "Create Date", "Deal Created", "Created On", "Created Time", "Date Created", "Created At",
           "Creation Date", "Engage Date", "Erstellt", "Erstellt am", "Angelegt am", "Opportunity Created Date",
           "Add Time", "Deal Create Date"),
        _f("stage_since", "Stage since", "date", "When it entered its stage.",
           "Last Stage Change", "Last Stage Change Date", "Date entered current stage", "Stage Change Date",
           "Stage Entered", "Stage Date", "Entered Stage", "Date entered stage", "Stage Change Time",
           "Last Stage Update", "Stage Modified Time"),
        _f("close_date", "Close date", "date", "Expected close of an open deal, actual close of a closed one.",
           "Expected Close Date", "Est. Close Date", "Estimated Close Date", "Closing Date", "Expected Closing",
           "Expected Close", "Forecast Close Date", "Target Close Date", "Abschlussdatum", "Erwarteter Abschluss",
           "Voraussichtlicher Abschluss"),
        _f("closed", "Closed", "date", "When it was won or lost.",
           "Closed On", "Closed Date", "Date Closed", "Actual Close Date", "Deal closed on", "Won Time", "Lost Time",
           "Won Date", "Lost Date", "Closed At", "Closed Time", merged=True),
        _f("probability", "Probability", "probability", "Chance to win it, 0 to 1 or 0 % to 100 %.",
           "Probability (%)", "Deal Probability", "Win Probability", "Win %", "Probability %", "Confidence",
           "Close Probability", "Wahrscheinlichkeit"),
        _f("category", "Category", "text", "Forecast category: commit, best case, pipeline or omitted.",
           "Forecast Category", "Forecast Category Name", "Forecast Status", "Forecast Type"),
        _f("next_step", "Next step", "text", "What happens next.",
           "Next Action", "Next Activity", "Next Activity Subject", "Next Steps", "Nächster Schritt"),
        _f("next_step_date", "Next step date", "date", "When that happens.",
           "Next Activity Date", "Next Action Date", "Next Step Due", "Next Step Due Date", "Next Task Due Date",
           "Follow Up Date"),
        _f("lost_reason", "Lost reason", "text", "Why it was lost.",
           "Loss Reason", "Closed Lost Reason", "Reason For Loss", "Reason Lost", "Reason For Loss Notes",
           "Verlustgrund"),
        _f("source", "Source", "text", "Where it came from.",
           "Lead Source", "Deal Source", "Source Channel", "Original Source", "Original Source Type",
           "Opportunity Source", "Originating Campaign", "Quelle"),
        _f("product", "Product", "text", "What is sold.",
           "Product Name", "Products", "Product Family", "Product Line", "Solution", "Produkt"),
        _f("pipeline", "Pipeline", "text", "Which sales pipeline it runs in.",
           "Pipeline Name", "Deal Pipeline", "Sales Process", "Record Type"),
        _f("status", "Status", "text", "Open, won or lost, where an export says so beside the stage.",
           "Deal Status", "Opportunity Status"),
        _f("is_closed", "Is closed", "yes/no", "Whether it is won or lost.",
           "Is deal closed"),
        _f("is_won", "Is won", "yes/no", "Whether it is won.", "Won", "Won?", "Is Closed Won"),
    ),
    ("Deal", "Opportunities", "Opportunity", "Pipeline", "Sales pipeline", "Sales opportunities", "Open deals",
     "All deals", "Potentials", "Geschäfte", "Vertriebspipeline"),
)

STAGES = SheetRule(
    "Stages", "The stages of the sale, in order.",
    (
        _f("stage", "Stage", "text", "Its name, as deals claim it.",
           "Stage Name", "Deal Stage", "Sales Stage", "Master Label", "Phase", weak=("Name", "Label"), required=True),
        _f("order", "Order", "number", "Rises along the way to won; blank: the order of the rows.",
           "Sort Order", "Stage Order", "Display Order", "Position", "Sequence", "Reihenfolge",
           weak=("No", "Nr", "#")),
        _f("probability", "Probability", "probability", "Chance to win from here.",
           "Default Probability", "Probability (%)", "Win Probability", "Win %", "Wahrscheinlichkeit", required=True),
        _f("type", "Type", "text", "open, won or lost; blank: by name and probability.", "Stage Type", "Outcome"),
        _f("category", "Category", "text", "Forecast category.", "Forecast Category", "Forecast Category Name"),
        _f("max_days", "Max days", "number", "After so many days a deal here is stalled.",
           "Maximum days", "Rotting days", "Days until stalled", "Rotten after days"),
        _f("guidance", "Guidance", "text", "What to do here.", "Description", "Guidance for Success"),
        _f("pipeline", "Pipeline", "text", "Of which sales pipeline.", "Pipeline Name"),
        _f("may_skip", "May skip", "yes/no", "yes: deals may jump over it without a word.", "Skip allowed",
           "Skipping allowed"),
        _f("may_return", "May return", "yes/no", "yes: deals may move back to it without a word.", "Back allowed",
           "Moving back allowed"),
        _f("aliases", "Aliases", "text", "Other names of it, with commas or semicolons between.",
           "Alias", "Also called", "Other names"),
        _f("is_closed", "Is closed", "yes/no", "In place of Type, as Salesforce has it."),
        _f("is_won", "Is won", "yes/no", "In place of Type, as Salesforce has it."),
    ),
    ("Deal stages", "Sales stages", "Pipeline stages", "Opportunity stages", "OpportunityStage", "Stage", "Phasen"),
)

CRITERIA = SheetRule(
    "Criteria", "What a deal must show to enter or leave a stage.",
    (
        _f("stage", "Stage", "text", "The stage.", "Stage Name", required=True),
        _f("gate", "Gate", "text", "entry or exit.", "Entry or exit", "Entry/Exit", required=True),
        _f("kind", "Kind", "text", "action, information, people or deliverable.", "Criterion kind"),
        _f("requirement", "Requirement", "text", "The sentence people see.", "Criterion", required=True),
        _f("field", "Field", "text", "The column of Deals it looks at.", "Column", required=True),
        _f("check", "Check", "text", "How it looks at it.", "Operator", required=True),
        _f("value", "Value", "any", "What it compares with."),
        _f("when_field", "When field", "text", "Only for deals where this column …", "If field"),
        _f("when_check", "When check", "text", "… passes this check …", "If check"),
        _f("when_value", "When value", "any", "… against this.", "If value"),
        _f("severity", "Severity", "text", "block, warn or info."),
        _f("grace_days", "Grace days", "number", "Days after entering the stage in which it is not asked for.",
           "Grace"),
        _f("guidance", "Guidance", "text", "How to meet it.", "Help", "How to"),
    ),
    ("Stage criteria", "Entry and exit criteria", "Exit criteria", "Gates", "Gate criteria", "Kriterien"),
)

WAIVERS = SheetRule(
    "Waivers", "Requirements that somebody allowed a deal to miss.",
    (
        _f("deal_id", "Deal ID", "id", "The deal.", "Opportunity ID", "Record ID", required=True),
        _f("requirement", "Requirement", "text", "The criterion's requirement.", "Criterion", required=True),
        _f("approved_by", "Approved by", "text", "Who allowed it.", "Approver"),
        _f("reason", "Reason", "text", "Why."),
        _f("expires", "Expires", "date", "The last day it holds.",
           "Expiry", "Expiry date", "Expires on", "Valid until", required=True),
    ),
    ("Waiver", "Exceptions", "Ausnahmen"),
)

OWNERS = SheetRule(
    "Owners", "Who sells, in which team. Without a Team column the manager's name is the team's.",
    (
        _f("owner", "Owner", "text", "The name deals have as owner.",
           "Sales Agent", "Salesperson", "Sales Rep", "Owner Name", "Deal Owner", "Rep", "Full Name", "User",
           "User Name", weak=("Name", "Id"), required=True),
        _f("team", "Team", "text", "Their team.", "Sales Team", "Team Name", "Group", "Department"),
        _f("manager", "Manager", "text", "Whom they report to.", "Manager Name", "Sales Manager", "Reports To"),
        _f("email", "Email", "text", "Where mail to them goes.", "E-mail address", "Mail", "Email address"),
        _f("region", "Region", "text", "Where they sell.", "Regional Office", "Territory", "Office"),
    ),
    ("Owner", "Sales teams", "Sales team", "Users", "User", "Reps", "Sales reps", "Team", "Teams"),
)

TARGETS = SheetRule(
    "Targets", "How much is to be won, by period and by owner or team.",
    (
        _f("period", "Period", "any", "2026-Q4, 2026-10, FY26, or a date in the month.",
           "Quarter", "Month", "Target Period", "Zeitraum", required=True),
        _f("owner", "Owner or Team", "text", "An owner or a team; blank: everybody.",
           "Owner/Team", "Owner", "Team", "Sales Agent", "Salesperson", "Sales Rep", "Rep"),
        _f("amount", "Target", "money", "The target, in its currency.",
           "Quota", "Target Amount", "Quota Amount", "Goal", "Ziel", weak=("Amount", "Value"), required=True),
        _f("currency", "Currency", "currency", "Three letters; blank: the reporting currency.", "Currency Code",
           "Currency ISO Code", "Währung"),
    ),
    ("Target", "Quotas", "Quota", "Goals", "Ziele"),
)

RATES = SheetRule(
    "Rates", "What one unit of a currency is worth in the reporting currency.",
    (
        _f("currency", "Currency", "currency", "Three letters.", "Currency Code", "Currency ISO Code", "ISO Code",
           "Währung", required=True),
        _f("date", "Date", "date", "From when on it holds; blank: always.", "From", "Start Date", "Valid from",
           "Effective Date", "Datum"),
        _f("rate", "Rate", "number", "Units of the reporting currency for one of it.",
           "Exchange Rate", "Conversion Rate", "FX Rate", "Kurs", "Wechselkurs", required=True),
    ),
    ("Exchange rates", "FX", "FX rates", "Currencies", "Currency rates", "Kurse", "Wechselkurse"),
)

HISTORY = SheetRule(
    "History", "One row per state a deal was in, from Recorded on.",
    (
        _f("deal_id", "Deal ID", "id", "The deal.", "Opportunity ID", "Record ID", "Parent ID", required=True),
        _f("recorded", "Recorded", "moment", "From when on it was so.",
           "Recorded at", "Changed", "Changed at", "Change Date", "Snapshot Date", "Stage Change Date",
           weak=("Created Date", "Last Modified", "Last Modified Date", "Edit Date", "Date", "System Modstamp"),
           required=True),
        _f("stage", "Stage", "text", "The stage.", "Stage Name", "Deal Stage", "To Stage", required=True),
        _f("amount", "Amount", "money", "The amount then.", "Value", "Deal Value", "Close Value"),
        _f("close_date", "Close date", "date", "The close date then.", "Expected Close Date", "Closing Date"),
        _f("owner", "Owner", "text", "The owner then.", "Deal Owner", "Opportunity Owner", "Sales Agent"),
        _f("category", "Category", "text", "The forecast category then.", "Forecast Category",
           "Forecast Category Name"),
    ),
    ("OpportunityHistory", "Deal history", "Stage history", "Verlauf"),
)

SETTINGS = SheetRule(
    "Settings", "How this workbook is read and judged.",
    (
        _f("setting", "Setting", "text", "Its name.", "Option", "Einstellung", weak=("Name", "Key"), required=True),
        _f("value", "Value", "any", "Its value.", "Setting Value", "Wert", required=True),
    ),
    ("Setting", "Pipesheet", "Pipesheet settings", "Configuration", "Einstellungen"),
)

# fmt: on

SHEETS: tuple[SheetRule, ...] = (
    DEALS,
    STAGES,
    CRITERIA,
    WAIVERS,
    OWNERS,
    TARGETS,
    RATES,
    HISTORY,
    SETTINGS,
)
SHEETS_BY_NAME: Mapping[str, SheetRule] = {rule.name: rule for rule in SHEETS}
