"""Number formats in LibreOffice, by their codes in English as Excel has them."""

from __future__ import annotations

from typing import Any

import uno  # type: ignore[import-not-found, unused-ignore]

from pipesheet.calc.office_documents import Documents, struct

AS_AT_HOME = {"m/d/yyyy": "DATE_SYS_DDMMYYYY", "m/d/yyyy h:mm": "DATETIME_SYSTEM_SHORT_HHMM"}
"""Codes by which Excel means the formats 14 and 22: dates as each reader's own computer writes them."""


class Formats(Documents):
    """Operations on how the numbers of blocks are shown."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._english = struct("com.sun.star.lang.Locale", Language="en", Country="US")

    def do_number_format(self, doc: str, *at: Any) -> Any:
        """The format's code in English, or nothing where the block has several."""
        formats = self._document(doc).NumberFormats
        groups = self._range(doc, *at).getUniqueCellFormatRanges()
        keys = {groups.getByIndex(i).NumberFormat for i in range(groups.Count)}
        return self._code(formats, keys.pop()) if len(keys) == 1 else None

    def _code(self, formats: Any, key: int) -> str:
        entry = formats.getByKey(key)
        if entry.Locale.Language not in ("en", ""):
            entry = formats.getByKey(formats.addNewConverted(entry.FormatString, entry.Locale, self._english))
        return str(entry.FormatString)

    def do_set_number_format(self, doc: str, *args: Any) -> None:
        """Show the block's numbers in that way, given in English."""
        self._range(doc, *args[:-1]).NumberFormat = self._key(self._document(doc).NumberFormats, args[-1])

    def _key(self, formats: Any, code: str) -> int:
        """The number of a format in the document's own language; as in Excel some codes mean the reader's own."""
        own = struct("com.sun.star.lang.Locale")
        if code == "General":
            return int(formats.getStandardIndex(own))
        if code in AS_AT_HOME and self._home(formats, "m/d/yyyy", own)[1] != "MM/DD/YYYY":
            return self._home(formats, code, own)[0]
        return int(formats.addNewConverted(code, self._english, own))

    @staticmethod
    def _home(formats: Any, code: str, own: Any) -> tuple[int, str]:
        """The number and the code of a format in which people here write dates."""
        index = uno.getConstantByName("com.sun.star.i18n.NumberFormatIndex." + AS_AT_HOME[code])
        key = int(formats.getFormatIndex(index, own))
        return key, str(formats.getByKey(key).FormatString)
