"""The workbook as it is open in Excel, saved or not: read, written into, and put back.

The rooms, in the order in which they may import each other:

==============  ===================================================================
``looks``       how cells look: fonts, lines, colours, rules
``drawing``     native charts
``reading``     cells as they stand now, to a `Source`
``writing``     contents of cells, so that they stay what they are
``renewing``    a sheet that stands as its plan has it, brought to the next
``putting``     sheet plans onto live sheets, and off them again
``attach``      which workbook; Excel held still meanwhile; the only importer of xlwings
==============  ===================================================================

Only the open-source part of xlwings is used, and only what it offers on Windows and macOS alike, but
for a few refinements that are left out where the host has no word for them. What stands here runs
unchanged against LibreOffice Calc (`pipesheet.calc`), which is how it is tested; it was not run
against Excel itself.
"""
