Attribute VB_Name = "Ribbon"
' What the ribbon's buttons and a starter workbook ask for. Only the add-in has this module, so that no
' workbook of ours has a procedure of the same name that Excel might take instead.
Option Explicit

Public Sub PipesheetClicked(control As IRibbonControl)
    PipesheetRun control.Tag
End Sub

Public Sub PipesheetRun(ByVal action As String)
    Select Case action
        Case "check", "forecast", "report", "mail", "undo", "help"
            Launch action
    End Select
End Sub
