"""LibreOffice Calc as a second host: an engine for xlwings over a few operations on its documents."""
