Attribute VB_Name = "XlKpiRibbon"
Option Explicit
' The buttons of the ribbon, one procedure each. What they do is written in Python, in xl_kpi.addin.

Public Sub XlKpiRecalculate(ByVal control As Object)
    RunAction ACTION_RECALCULATE
End Sub

Public Sub XlKpiCheck(ByVal control As Object)
    RunAction ACTION_CHECK
End Sub

Public Sub XlKpiPrevious(ByVal control As Object)
    RunAction ACTION_PREVIOUS
End Sub

Public Sub XlKpiNext(ByVal control As Object)
    RunAction ACTION_NEXT
End Sub

Public Sub XlKpiClear(ByVal control As Object)
    RunAction ACTION_CLEAR
End Sub

Public Sub XlKpiBlanks(ByVal control As Object)
    RunAction ACTION_BLANKS
End Sub

Public Sub XlKpiExport(ByVal control As Object)
    RunAction ACTION_EXPORT
End Sub

Public Sub XlKpiFolder(ByVal control As Object)
    RunAction ACTION_FOLDER
End Sub

Public Sub XlKpiRules(ByVal control As Object)
    RunAction ACTION_RULES
End Sub

Public Sub XlKpiDoctor(ByVal control As Object)
    RunAction ACTION_DOCTOR
End Sub

Public Sub XlKpiSelftest(ByVal control As Object)
    RunAction ACTION_SELFTEST
End Sub
