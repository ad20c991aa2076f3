"""Rules on cells in LibreOffice: formats that depend on a condition, and what may be entered."""

from __future__ import annotations

from typing import Any

from pipesheet.calc.office_documents import Documents, corners, enum, meant, named, said

CONDITION, BAR = 0, 2  # ConditionEntryType
# What a workbook's default style may say by itself, and every style of a rule would say with it.
INHERITED = ("CharFontName", "CharHeight", "VertJustify")
BOUNDS = {"lowest": 1, "highest": 2, "percentile": 3, "number": 4, "percent": 5}  # DataBarEntryType


class Rules(Documents):
    """Operations on conditional formats and validation."""

    def do_add_rule(self, *args: Any) -> None:
        """A conditional format on the block: a style's properties by a formula, or a data bar."""
        *at, rule = args
        if rule["kind"] == "bar":
            self._add_bar(at, rule)
            return
        kept = [_bar(entry) for each in self._touching(*at) for entry in _entries(each) if entry.Type == BAR]
        self._add_condition(at, rule)
        for bar in kept:  # a condition set on a block takes the place of its bars
            self._add_bar(at, bar)

    def _add_condition(self, at: list[Any], rule: dict[str, Any]) -> None:
        """In the older way: with the newer one Calc 7.4 saves a formula as seen from A1."""
        block = self._range(*at)
        first, conditions = block.getCellByPosition(0, 0), block.ConditionalFormat
        style = dict({name: said(first.getPropertyValue(name)) for name in INHERITED}, **rule["style"])
        values = {
            "Operator": enum("sheet.ConditionOperator", "FORMULA"), "Formula1": rule["formula"],
            "SourcePosition": first.CellAddress, "StyleName": self._style(at[0], style),
        }  # fmt: skip
        conditions.addNew(tuple(named(name, value) for name, value in values.items()))
        block.ConditionalFormat = conditions

    def _add_bar(self, at: list[Any], rule: dict[str, Any]) -> None:
        own = self._format_of(at)
        own.createEntry(BAR, own.Count)
        entry = own.getByIndex(own.Count - 1)
        entry.Color, entry.UseGradient, entry.ShowValue = rule["color"], rule["gradient"], rule["value"]
        for index, (kind, value) in enumerate(rule["bounds"]):
            bound = entry.DataBarEntries[index]
            bound.Type, bound.Formula = kind if isinstance(kind, int) else BOUNDS[kind], value

    def _format_of(self, at: list[Any]) -> Any:
        """The block's own conditional format, made if need be."""
        formats = self._sheet(at[0], at[1]).ConditionalFormats
        mine = corners(self._range(*at).RangeAddress)
        for each in self._touching(*at):
            if [corners(address) for address in each.Range.RangeAddresses] == [mine]:
                return each
        ranges = self._document(at[0]).createInstance("com.sun.star.sheet.SheetCellRanges")
        ranges.addRangeAddress(self._range(*at).RangeAddress, False)
        new = formats.createByRange(ranges)
        return next(each for each in formats.getConditionalFormats() if new == each.ID)

    def _style(self, doc: str, values: dict[str, Any]) -> str:
        """A cell style with these properties, made once."""
        styles = self._document(doc).StyleFamilies.getByName("CellStyles")
        name = "Pipesheet " + " ".join(f"{key} {values[key]}" for key in sorted(values))
        if not styles.hasByName(name):
            styles.insertByName(name, self._document(doc).createInstance("com.sun.star.style.CellStyle"))
            for key, value in values.items():
                styles.getByName(name).setPropertyValue(key, meant(value))
        return name

    def do_rules(self, *at: Any) -> list[dict[str, Any]]:
        """The conditional formats that touch the block."""
        return [_about(entry) for each in self._touching(*at) for entry in _entries(each)]

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
                rule.setPropertyValue(name, meant(value))
        block.Validation = rule


def _overlap(one: Any, other: Any) -> bool:
    a, b = corners(one), corners(other)
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _entries(conditional: Any) -> list[Any]:
    return [conditional.getByIndex(index) for index in range(conditional.Count)]


def _about(entry: Any) -> dict[str, Any]:
    kind = {CONDITION: "condition", BAR: "bar"}.get(entry.Type, "other")
    return {"kind": kind, "formula": entry.Formula1 if kind == "condition" else ""}


def _bar(entry: Any) -> dict[str, Any]:
    bounds = [[bound.Type, bound.Formula] for bound in entry.DataBarEntries]
    return {"color": entry.Color, "gradient": entry.UseGradient, "value": entry.ShowValue, "bounds": bounds}
