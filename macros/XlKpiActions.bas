Attribute VB_Name = "XlKpiActions"
Option Explicit
Option Private Module
' Everything that may ever be handed to Python. These texts are fixed: nothing of a workbook goes into them.

Public Const ACTION_RECALCULATE As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('recalculate')"
Public Const ACTION_CHECK As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('check')"
Public Const ACTION_PREVIOUS As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('previous')"
Public Const ACTION_NEXT As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('next')"
Public Const ACTION_CLEAR As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('clear')"
Public Const ACTION_BLANKS As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('blanks')"
Public Const ACTION_EXPORT As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('export')"
Public Const ACTION_FOLDER As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('folder')"
Public Const ACTION_RULES As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('rules')"
Public Const ACTION_DOCTOR As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('doctor')"
Public Const ACTION_SELFTEST As String = "import xl_kpi.addin.entry; xl_kpi.addin.entry.run('selftest')"

Private Const INTERRUPTED As Long = 18

' One of the texts above, asked for by the ribbon: Application.Caller is a cell in a formula and the name of a
' drawing where a workbook assigned a macro to it, but an error value where a button of the ribbon was pressed.
Public Function IsAllowed(ByVal PythonCommand As String) As Boolean
    Select Case PythonCommand
        Case ACTION_RECALCULATE, ACTION_CHECK, ACTION_PREVIOUS, ACTION_NEXT, ACTION_CLEAR, _
             ACTION_BLANKS, ACTION_EXPORT, ACTION_FOLDER, ACTION_RULES, ACTION_DOCTOR, ACTION_SELFTEST
            IsAllowed = IsError(Application.Caller)
    End Select
End Function

' Whatever goes wrong ends in a message: Esc too, which would otherwise open the debugger.
Public Sub RunAction(ByVal PythonCommand As String)
    On Error GoTo Failed
    Application.EnableCancelKey = xlErrorHandler
    RunPython PythonCommand
    Exit Sub
Failed:
    If Err.Number = INTERRUPTED Then
        Tell "MESSAGE_INTERRUPTED"
    Else
        Tell "MESSAGE_NOT_STARTED", Err.Number & ": " & Err.Description
    End If
End Sub

' Shows a message of the add-in's own sheet, whose Chinese this source cannot hold, and below it a detail.
Public Sub Tell(ByVal key As String, Optional ByVal detail As String = "")
    Dim title As String, message As String
    title = "xl_kpi"
    message = key
    On Error Resume Next
    title = GetConfig("TITLE", title)
    message = GetConfig(key, key)
    If detail <> "" Then message = message & vbCrLf & vbCrLf & Right$(detail, 600)
    MsgBox message, vbExclamation, title
End Sub
