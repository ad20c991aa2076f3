Attribute VB_Name = "Launcher"
' Starts pipesheet, a separate program, on the workbook in front, and does nothing else: that program
' reads the workbook through Excel, saved or not, and writes into sheets of its own.
Option Explicit

Private Const TITLE As String = "pipesheet"
Private Const ADD_IN As String = "pipesheet.xlam"

Public Sub PipesheetCheck()
    Launch "check"
End Sub

Public Sub PipesheetForecast()
    Launch "forecast"
End Sub

Public Sub PipesheetReport()
    Launch "report"
End Sub

Public Sub PipesheetMail()
    Launch "mail"
End Sub

Public Sub PipesheetUndo()
    Launch "undo"
End Sub

Public Sub PipesheetHelp()
    Launch "help"
End Sub

Public Sub Launch(ByVal action As String)
    If ActiveWorkbook Is Nothing And action <> "help" Then
        MsgBox "There is no workbook to work on. Bring up the one with your deals, press Enable Editing if Excel " & _
            "shows that button, and click again.", vbInformation, TITLE
        Exit Sub
    End If
    On Error GoTo Failed
    Application.StatusBar = "pipesheet: starting..."
    If Len(INTERPRETER) > 0 Then
        Start action, BookName()
    ElseIf HasAddIn() Then
        Application.Run "'" & ADD_IN & "'!PipesheetRun", action
    Else
        Application.StatusBar = False
        MsgBox "Install pipesheet's add-in first: type  pipesheet excel install  in a terminal, start Excel " & _
            "again, and click again. In LibreOffice use the menu Pipesheet instead.", vbInformation, TITLE
    End If
    Exit Sub
Failed:
    Application.StatusBar = False
    MsgBox "pipesheet could not be started. Type  pipesheet excel doctor  in a terminal; it says what to do." & _
        vbLf & vbLf & "(" & VERSION & ": " & Err.Description & ")", vbExclamation, TITLE
End Sub

#If Mac Then
Private Sub Start(ByVal action As String, ByVal book As String)
    Dim answer As String
    answer = AppleScriptTask("pipesheet.applescript", "launch", INTERPRETER & vbLf & action & vbLf & book)
End Sub
#Else
' The workbook's name goes into the environment, so that it needs no quoting; 0 is no window, False no waiting.
Private Sub Start(ByVal action As String, ByVal book As String)
    Dim host As Object
    Set host = ScriptHost()
    PassOn host, book
    host.Run """" & INTERPRETER & """ -I -m pipesheet excel run " & action & _
        " --from-excel --hwnd=" & ExcelWindow(), 0, False
End Sub

Private Function ScriptHost() As Object
    Set ScriptHost = CreateObject("WScript.Shell")
End Function

Private Sub PassOn(ByVal host As Object, ByVal book As String)
    host.Environment("Process")("PIPESHEET_BOOK") = book
End Sub

Private Function ExcelWindow() As String
    ExcelWindow = CStr(Application.Hwnd)
End Function
#End If

Private Function BookName() As String
    If Not ActiveWorkbook Is Nothing Then BookName = ActiveWorkbook.FullName
End Function

' Asked first, because Application.Run would look for a file of that name, and a stranger's may lie in the folder.
Private Function HasAddIn() As Boolean
    On Error Resume Next
    HasAddIn = Len(Workbooks(ADD_IN).Name) > 0
End Function
