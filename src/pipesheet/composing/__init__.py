"""Our sheets, from their descriptions to a small workbook of their own, and read back from the user's.

The rooms, in the order in which they may import each other:

==============  ===================================================================
``cells``       cells as XML, column by column
``drawing``     native charts
``compose``     sheet plans to a workbook, its rows apart
``readback``    what an independent reader finds in the grafted file
==============  ===================================================================

Nothing in here knows a word of sales; how a sheet gets into a workbook is for `pipesheet.xlsx`.
"""
