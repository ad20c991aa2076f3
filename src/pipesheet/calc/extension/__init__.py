"""What the menu in LibreOffice is made of; ``pipesheet.calc.packing`` makes an extension of it.

The Python here runs in LibreOffice's own (3.7 or later), with the standard library and ``uno`` alone.
"""
