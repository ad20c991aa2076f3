"""Rules on cells in LibreOffice: formats that depend on a condition, and what may be entered."""

from __future__ import annotations

from typing import Any

from pipesheet.calc.office_documents import Documents, corners, enum, said

CONDITION, BAR, BY_FORMULA = 0, 2, 9  # ConditionEntryType, ConditionalFormatting's own operator for a formula


class Rules(Documents):
    """Operations on conditional formats and validation."""

    def do_add_rule(self, *args: Any) -> None:
        """A conditional format on the block: a style's properties by a formula, or a data bar."""
        *at, rule = args
        sheet = self._sheet(at[0], at[1])
        ranges = self._document(at[0]).createInstance("com.sun.star.sheet.SheetCellRanges")
        ranges.addRangeAddress(self._range(*at).RangeAddress, False)
        made = sheet.ConditionalFormats.createByRange(ranges)
        found = next(each for each in sheet.ConditionalFormats.getConditionalFormats() if made == each.ID)
        found.createEntry(BAR if rule["kind"] == "bar" else CONDITION, 0)
        entry = found.getByIndex(0)
        if rule["kind"] == "bar":
            entry.Color, entry.UseGradient, entry.ShowValue = rule["color"], rule["gradient"], rule["value"]
        else:
            entry.StyleName = self._style(at[0], rule["style"])
            entry.Operator, entry.Formula1 = BY_FORMULA, rule["formula"]

    def _style(self, doc: str, values: dict[str, Any]) -> str:
        """A cell style with these properties, made once."""
        styles = self._document(doc).StyleFamilies.getByName("CellStyles")
        name = "Pipesheet " + " ".join(f"{key} {values[key]}" for key in sorted(values))
        if not styles.hasByName(name):
            styles.insertByName(name, self._document(doc).createInstance("com.sun.star.style.CellStyle"))
            for key, value in values.items():
                styles.getByName(name).setPropertyValue(
                    key, enum(*value) if isinstance(value, (list, tuple)) else value
                )
        return name

    def do_rules(self, *at: Any) -> list[dict[str, Any]]:
        """The conditional formats that touch the block."""
        found = []
        for each in self._touching(*at):
            entry = each.getByIndex(0)
            kind = {CONDITION: "condition", BAR: "bar"}.get(entry.Type, "other")
            formula = entry.Formula1 if kind == "condition" else ""
            found.append({"kind": kind, "formula": formula, "id": each.ID})
        return found

    def _touching(self, *at: Any) -> list[Any]:
        mine = self._range(*at).RangeAddress
        rules = self._sheet(at[0], at[1]).ConditionalFormats.getConditionalFormats()
        return [each for each in rules if any(_overlap(mine, other) for other in each.Range.RangeAddresses)]

    def do_clear_rules(self, *at: Any) -> None:
        """Take away the conditional formats that touch the block."""
        for each in self._touching(*at):
            self._sheet(at[0], at[1]).ConditionalFormats.removeByID(each.ID)

    def do_validation(self, *at: Any) -> dict[str, Any]:
        """What may be entered in the block's first cell."""
        rule = self._range(*at).getCellByPosition(0, 0).Validation
        names = ("Type", "InputTitle", "InputMessage", "ShowInputMessage", "ErrorTitle", "ErrorMessage",
                 "ShowErrorMessage", "ErrorAlertStyle", "IgnoreBlankCells", "ShowList")  # fmt: skip
        return dict({name: said(rule.getPropertyValue(name)) for name in names}, Formula1=rule.getFormula1())

    def do_set_validation(self, *args: Any) -> None:
        """Change what may be entered in the block."""
        block = self._range(*args[:-1])
        rule = block.Validation
        for name, value in args[-1].items():
            if name == "Formula1":
                rule.setFormula1(value)
            else:
                rule.setPropertyValue(name, enum(*value) if isinstance(value, (list, tuple)) else value)
        block.Validation = rule


def _overlap(one: Any, other: Any) -> bool:
    a, b = corners(one), corners(other)
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
