"""Rules on cells: what xlwings' ``ConditionalFormats`` and ``DataValidation`` call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipesheet.calc.engine_formats import BOLD, PLAIN, number_of
from pipesheet.calc.formulas import from_calc, to_calc


class ConditionalFormat:
    """One rule on a range."""

    def __init__(self, cells: Any, rule: dict[str, Any]) -> None:
        self.api = cells
        self._rule = rule

    @property
    def type(self) -> str:
        """``custom`` or ``data_bar``."""
        return {"condition": "custom", "bar": "data_bar"}.get(self._rule["kind"], "unknown")

    @property
    def formula(self) -> str | None:
        """In Excel's words."""
        return f"={from_calc(self._rule['formula'])}" if self._rule["kind"] == "condition" else None


class ConditionalFormats:
    """The rules that touch a range."""

    def __init__(self, cells: Any) -> None:
        self.api = cells

    def _all(self) -> list[ConditionalFormat]:
        return [ConditionalFormat(self.api, rule) for rule in self.api.ask("rules")]

    def __iter__(self) -> Iterator[ConditionalFormat]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __call__(self, index: int) -> ConditionalFormat:
        """By its number."""
        return self._all()[index - 1]

    def add_custom(self, spec: dict[str, Any]) -> ConditionalFormat:
        """Cells where the formula is true look that way."""
        style: dict[str, Any] = {}
        if spec.get("fill_color") is not None:
            style["CellBackColor"] = number_of(spec["fill_color"])
        if spec.get("font_color") is not None:
            style["CharColor"] = number_of(spec["font_color"])
        if spec.get("font_bold") is not None:
            style["CharWeight"] = BOLD if spec["font_bold"] else PLAIN
        if spec.get("font_italic") is not None:
            style["CharPosture"] = ["awt.FontSlant", "ITALIC" if spec["font_italic"] else "NONE"]
        return self._add({"kind": "condition", "formula": to_calc(spec["formula"].removeprefix("=")), "style": style})

    def add_data_bar(self, spec: dict[str, Any]) -> ConditionalFormat:
        """A bar in each cell as long as its number."""
        pairs = zip(spec["threshold_types"], spec["thresholds"], ("lowest", "highest"), strict=True)
        bounds = [[end, ""] if value is None else [kind, str(value)] for kind, value, end in pairs]
        return self._add({"kind": "bar", "color": number_of(spec["bar_color"]), "gradient": spec["gradient"],
                          "value": spec["show_value"], "bounds": bounds, "formula": ""})  # fmt: skip

    def _add(self, rule: dict[str, Any]) -> ConditionalFormat:
        self.api.tell("add_rule", rule)
        return ConditionalFormat(self.api, rule)

    def clear(self) -> None:
        """Take them away."""
        self.api.tell("clear_rules")


KINDS = {"ANY": "none", "LIST": "list", "WHOLE": "whole_number", "DECIMAL": "decimal", "DATE": "date", "TIME": "time",
         "TEXT_LEN": "text_length", "CUSTOM": "custom"}  # fmt: skip
MESSAGES = {
    "InputTitle": "InputTitle", "InputMessage": "InputMessage", "ShowInput": "ShowInputMessage",
    "ErrorTitle": "ErrorTitle", "ErrorMessage": "ErrorMessage", "ShowError": "ShowErrorMessage",
    "IgnoreBlank": "IgnoreBlankCells",
}  # fmt: skip


class Validation:
    """The attributes of Excel's own ``Validation`` that xlwings reads but does not set."""

    _cells: Any

    def __init__(self, cells: Any) -> None:
        object.__setattr__(self, "_cells", cells)

    def __getattr__(self, name: str) -> Any:
        if name not in MESSAGES:
            raise AttributeError(name)
        return self._cells.ask("validation")[MESSAGES[name]]

    def __setattr__(self, name: str, value: Any) -> None:
        also = {"ShowInputMessage": True} if name in ("InputTitle", "InputMessage") else {}
        self._cells.tell("set_validation", {MESSAGES[name]: value, **also})


class DataValidation:
    """What may be entered in a range."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells
        self.api = Validation(cells)

    def __getattr__(self, name: str) -> Any:
        """``input_title`` is Excel's ``InputTitle``, and so on."""
        return getattr(self.api, name.title().replace("_", ""))

    @property
    def type(self) -> str:
        """``list``, ``none`` and the like."""
        return KINDS.get(self._cells.ask("validation")["Type"], "unknown")

    @property
    def source(self) -> str | None:
        """A list's values with commas, or where they are."""
        rule = self._cells.ask("validation")
        if rule["Type"] != "LIST":
            return None
        formula = str(rule["Formula1"])
        if not formula.startswith('"'):
            return f"={from_calc(formula)}"
        return ",".join(part.strip('"') for part in formula.split('";"'))

    @property
    def in_cell_dropdown(self) -> bool:
        """Whether a list is offered."""
        return bool(self._cells.ask("validation")["ShowList"])

    def set_list(self, source: Any, in_cell_dropdown: bool) -> None:
        """One of these texts, or one that stands in a range."""
        if isinstance(source, list | tuple):
            formula = ";".join(f'"{each}"' for each in source)
        else:
            formula = to_calc(source.reference)
        rule = {"Type": ["sheet.ValidationType", "LIST"], "Formula1": formula, "ShowList": int(in_cell_dropdown)}
        self._cells.tell("set_validation", {**rule, "ShowErrorMessage": True})

    def delete(self) -> None:
        """Anything may be entered."""
        self._cells.tell("set_validation", {"Type": ["sheet.ValidationType", "ANY"], "ShowInputMessage": False})
