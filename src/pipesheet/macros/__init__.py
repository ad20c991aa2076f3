"""What runs inside Excel: a launcher in VBA, and the add-in and the starter workbook that carry it.

The launcher starts pipesheet, a program of its own, and does nothing else. All of it is built here from
sources, on any system and without Excel: `vba` makes the project of modules, `storage` the file that holds it.
"""
