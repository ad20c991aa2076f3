"""Workbooks as packages: compose our sheets, graft them in, verify, and lose nothing.

The rooms, in the order in which they may import each other:

==============  ===================================================================
``archive``     the zip: limits before inflating, members copied as they are
``markup``      XML read without entities or network, written as it was declared
``dialect``     Transitional and Strict, one said as the other
``package``     parts, content types, relationships
``book``        the workbook part: sheets, defined names, our marks
``styles``      our formats found in or appended to the user's, nothing renumbered
``cells``       a composed sheet's XML rewritten as it streams past
``graft``       our sheets put into the user's package
``compose``     sheet plans to a small workbook of their own
``verify``      an independent second look at the result before it replaces anything
==============  ===================================================================

Nothing in here knows a word of sales.
"""
