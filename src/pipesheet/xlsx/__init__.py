"""Workbooks as packages: our sheets grafted in, everything else as it was.

The rooms, in the order in which they may import each other:

==============  ===================================================================
``archive``     the zip: limits before inflating, members copied as they are
``markup``      XML read without entities or network, written as it was declared
``dialect``     Transitional and Strict, one said as the other
``package``     parts, content types, relationships
``styles``      our formats found in or appended to the user's, nothing renumbered
``book``        the workbook part: sheets, defined names, our marks
``losses``      two packages compared: does it close, is all still there
``restyle``     our sheets' XML with the user's format numbers
``graft``       our sheets put into the user's package
==============  ===================================================================

Nothing in here knows a word of sales.
"""
