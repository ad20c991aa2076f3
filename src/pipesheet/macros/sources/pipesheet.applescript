-- pipesheet @VERSION@
-- Starts pipesheet for the add-in in Excel, which may start nothing itself. Written by: pipesheet excel install
--
-- The add-in hands over three fields with a line feed between them: its Python, what to do, the workbook.
-- Any macro in Excel can call this script and say what it likes, so the Python that is started is not the one
-- it names but the one that was here when this was installed, and whatever else it says is quoted.

on |launch|(fields)
	set python to @INTERPRETER@
	set before to AppleScript's text item delimiters
	set AppleScript's text item delimiters to linefeed
	set parts to text items of fields
	set deed to item 2 of parts
	set book to (items 3 thru -1 of parts) as text
	set AppleScript's text item delimiters to before
	do shell script "PIPESHEET_BOOK=" & quoted form of book & " " & quoted form of python & " -I -m pipesheet excel run --from-excel -- " & quoted form of deed & " > /dev/null 2>&1 &"
	return "started"
end |launch|
