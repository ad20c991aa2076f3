"""Sheets in LibreOffice: their order and look, and the names and tables of a workbook."""

from __future__ import annotations

from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]
import unohelper  # type: ignore[import-not-found, unused-ignore]

from pipesheet.calc.office_documents import Documents, corners, meant, said, struct


class Sheets(Documents):
    """Operations on sheets, names and tables."""

    def do_sheets(self, doc: str) -> list[str]:
        """The names of the sheets, in their order."""
        return list(self._document(doc).Sheets.ElementNames)

    def do_active_sheet(self, doc: str) -> str:
        """The name of the sheet in front."""
        return str(self._view(doc).ActiveSheet.Name)

    def do_activate(self, doc: str, sheet: str) -> None:
        """Bring the sheet to the front."""
        self._view(doc).setActiveSheet(self._sheet(doc, sheet))

    def do_add_sheet(self, doc: str, name: str, position: int) -> None:
        """A new sheet at that position, counted from 0."""
        self._document(doc).Sheets.insertNewByName(name, position)

    def do_delete_sheet(self, doc: str, sheet: str) -> None:
        """Take the sheet away, with its tables."""
        for table in self.do_tables(doc):
            if table["sheet"] == sheet:
                self.do_drop_table(doc, table["name"])
        self._document(doc).Sheets.removeByName(sheet)

    def do_sheet_get(self, doc: str, sheet: str, name: str) -> Any:
        """One property of the sheet; ``Protected`` is whether it is locked."""
        found = self._sheet(doc, sheet)
        return found.isProtected() if name == "Protected" else said(found.getPropertyValue(name))

    def do_sheet_put(self, doc: str, sheet: str, name: str, value: Any) -> None:
        """Set one property of the sheet, or its ``Name``."""
        found = self._sheet(doc, sheet)
        if name == "Name":
            found.setName(value)
        else:
            found.setPropertyValue(name, value)

    def do_select(self, doc: str, sheet: str, *at: int) -> None:
        """Mark the block, on its sheet."""
        view = self._view(doc)
        found = self._sheet(doc, sheet)
        view.setActiveSheet(found)
        view.select(found.getCellRangeByPosition(at[1] - 1, at[0] - 1, at[3] - 1, at[2] - 1))

    def do_selection(self, doc: str) -> Any:
        """Sheet and corners of the marked block, the first of several; nothing where a drawing is marked."""
        chosen = self._document(doc).CurrentSelection
        if chosen is None or not hasattr(chosen, "RangeAddress"):
            addresses = getattr(chosen, "RangeAddresses", ())
            if not addresses:
                return None
            chosen = (
                self._document(doc)
                .Sheets.getByIndex(addresses[0].Sheet)
                .getCellRangeByPosition(
                    addresses[0].StartColumn, addresses[0].StartRow, addresses[0].EndColumn, addresses[0].EndRow
                )
            )
        return [chosen.Spreadsheet.Name, *corners(chosen.RangeAddress)]

    def do_freeze(self, doc: str, sheet: str, rows: int, columns: int) -> None:
        """Keep that many rows and columns in sight; none lets go."""
        view = self._view(doc)
        before = view.ActiveSheet
        view.setActiveSheet(self._sheet(doc, sheet))
        view.freezeAtPosition(columns, rows)
        view.setActiveSheet(before)

    def do_grid(self, doc: str, sheet: str, *shown: bool) -> bool:
        """Whether the sheet shows its grid; set where given. Calc tells, and turns over, that of the one in front."""
        view = self._view(doc)
        before = view.ActiveSheet
        view.setActiveSheet(self._sheet(doc, sheet))
        try:
            return self._grid_in_front(view, *shown)
        finally:
            view.setActiveSheet(before)

    def _grid_in_front(self, view: Any, *shown: bool) -> bool:
        heard: list[Any] = []
        url = struct("com.sun.star.util.URL", Complete=".uno:ToggleSheetGrid")
        _, url = self._service("com.sun.star.util.URLTransformer").parseStrict(url)
        dispatch = view.Frame.queryDispatch(url, "_self", 0)
        listener = _listener(heard)
        dispatch.addStatusListener(listener, url)
        dispatch.removeStatusListener(listener, url)
        now = bool(heard[-1])
        if shown and shown[0] != now:
            dispatch.dispatch(url, ())
        return shown[0] if shown else now

    def do_print_areas(self, doc: str, sheet: str, areas: Any) -> list[list[int]]:
        """The corners of what is printed; set where given."""
        found = self._sheet(doc, sheet)
        if areas is not None:
            places = (found.getCellRangeByPosition(a[1] - 1, a[0] - 1, a[3] - 1, a[2] - 1) for a in areas)
            found.setPrintAreas(tuple(place.RangeAddress for place in places))
        return [corners(address) for address in found.getPrintAreas()]

    def do_page(self, doc: str, sheet: str, values: dict[str, Any]) -> dict[str, Any]:
        """The sheet's page style, its own once something is set."""
        styles = self._document(doc).StyleFamilies.getByName("PageStyles")
        found = self._sheet(doc, sheet)
        own = found.PageStyle.startswith("Pipesheet ")
        name = found.PageStyle if own or not values else self._new_page_style(doc, styles)
        style = styles.getByName(name)
        for key, value in values.items():
            if key == "IsLandscape" and value != style.IsLandscape:
                style.Width, style.Height = style.Height, style.Width
            style.setPropertyValue(key, value)
        if values and not own:
            found.PageStyle = name  # once it says all, as pages are laid out anew at each change of a style in use
        return {
            key: style.getPropertyValue(key) for key in ("IsLandscape", "PageScale", "ScaleToPagesX", "ScaleToPagesY")
        }

    def _new_page_style(self, doc: str, styles: Any) -> str:
        number = 1
        while styles.hasByName(f"Pipesheet {number}"):
            number += 1
        name = f"Pipesheet {number}"
        styles.insertByName(name, self._document(doc).createInstance("com.sun.star.style.PageStyle"))
        return name

    def do_print_titles(self, doc: str, sheet: str, *rows: Any) -> Any:
        """First and last of the rows that every page repeats; set where given, and none where that is nothing."""
        found = self._sheet(doc, sheet)
        if rows:
            found.setPrintTitleRows(rows[0] is not None)
            first, last = rows[0] or (1, 1)
            found.setTitleRows(found.getCellRangeByPosition(0, first - 1, 0, last - 1).RangeAddress)
        titles = found.getTitleRows()
        return [titles.StartRow + 1, titles.EndRow + 1] if found.getPrintTitleRows() else None

    # names

    def do_names(self, doc: str) -> list[list[str]]:
        """Each name with what it stands for; those of a sheet with the sheet before them."""
        document = self._document(doc)
        found = [["", name.Name, name.Content] for name in _elements(document.NamedRanges)]
        for sheet in _elements(document.Sheets):
            found += [[sheet.Name, name.Name, name.Content] for name in _elements(sheet.NamedRanges)]
        return found

    def _names(self, doc: str, sheet: str) -> Any:
        return self._sheet(doc, sheet).NamedRanges if sheet else self._document(doc).NamedRanges

    def do_set_name(self, doc: str, sheet: str, name: str, content: str) -> None:
        """Add the name, or have it stand for something else."""
        names = self._names(doc, sheet)
        if names.hasByName(name):
            names.getByName(name).setContent(content)
        else:
            names.addNewByName(name, content, struct("com.sun.star.table.CellAddress"), 0)

    def do_delete_name(self, doc: str, sheet: str, name: str) -> None:
        """Take the name away."""
        self._names(doc, sheet).removeByName(name)

    # tables

    def do_tables(self, doc: str) -> list[dict[str, Any]]:
        """The workbook's database ranges, which are what Excel calls tables."""
        document = self._document(doc)
        sheets = document.Sheets.ElementNames
        return [
            {"name": each.Name, "sheet": sheets[each.DataArea.Sheet], "at": corners(each.DataArea),
             "headers": each.ContainsHeader, "filter": each.AutoFilter, "totals": each.TotalsRow}
            for each in _elements(document.DatabaseRanges)
            if each.IsUserDefined
        ]  # fmt: skip

    def do_add_table(self, doc: str, sheet: str, *args: Any) -> None:
        """Make a table of the block, with a name, and whether it begins with headers."""
        *at, name, headers = args
        area = self._range(doc, sheet, *at).RangeAddress
        self._document(doc).DatabaseRanges.addNewByName(name, area)
        made = self._document(doc).DatabaseRanges.getByName(name)
        made.ContainsHeader, made.AutoFilter = headers, headers

    def do_drop_table(self, doc: str, name: str) -> None:
        """The cells stay, the table goes, and its buttons."""
        ranges = self._document(doc).DatabaseRanges
        ranges.getByName(name).AutoFilter = False
        ranges.removeByName(name)

    def do_table_put(self, doc: str, table: str, name: str, value: Any) -> None:
        """Set one property of the table, its ``Name``, or its ``At``."""
        found = self._document(doc).DatabaseRanges.getByName(table)
        if name == "Name":
            found.setName(value)
        elif name == "At":
            area = found.DataArea
            area.StartRow, area.StartColumn, area.EndRow, area.EndColumn = (number - 1 for number in value)
            found.setDataArea(area)
        else:
            found.setPropertyValue(name, meant(value))


def _elements(container: Any) -> list[Any]:
    return [container.getByIndex(index) for index in range(container.Count)]


def _listener(heard: list[Any]) -> Any:
    """One that hears a command's state; its type is known to LibreOffice alone."""

    def changed(_: Any, event: Any) -> None:
        heard.append(event.State)

    made = {"statusChanged": changed, "disposing": lambda *_: None}
    return type("Listener", (unohelper.Base, uno.getClass("com.sun.star.frame.XStatusListener")), made)()
