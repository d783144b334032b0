@echo off
rem ASCII only, for cmd.exe reads this file in the code page of the PC. What officials read is said by setup.py.
rem It looks for a Python that can run setup.py (3.11 or later, 64 bits), never in the current folder.
setlocal EnableExtensions DisableDelayedExpansion
set "SETUP=%~dp0files\setup.py"
set "PYTHON="
set "CHOICE="
set "RESULT=1"
cd /d "%SystemRoot%\System32"
if not exist "%SETUP%" goto incomplete
for %%V in (@VERSIONS@) do call :launcher "%SystemRoot%\py.exe" -%%V
for %%V in (@VERSIONS@) do call :launcher "%LocalAppData%\Programs\Python\Launcher\py.exe" -%%V
for %%P in (py.exe) do for %%V in (@VERSIONS@) do call :launcher "%%~$PATH:P" -%%V
for %%H in (HKCU HKLM) do for %%V in (@VERSIONS@) do call :registry %%H %%V
for %%P in (python.exe python3.exe) do call :try "%%~$PATH:P"
if not defined PYTHON goto no_python
"%PYTHON%" %CHOICE% -I -B "%SETUP%" @ARGUMENTS@ %*
set "RESULT=%ErrorLevel%"
goto end

:launcher
if defined PYTHON goto :eof
if "%~1"=="" goto :eof
if not exist "%~1" goto :eof
"%~1" %2 -I -B "%SETUP%" --probe >nul 2>nul
if not "%ErrorLevel%"=="0" goto :eof
set "PYTHON=%~1"
set "CHOICE=%2"
goto :eof

:registry
if defined PYTHON goto :eof
set "KEY=%1\Software\Python\PythonCore\%2\InstallPath"
for /f "skip=2 tokens=2,*" %%A in ('reg.exe query "%KEY%" /v ExecutablePath 2^>nul') do call :try "%%B"
goto :eof

:try
if defined PYTHON goto :eof
if "%~1"=="" goto :eof
if not exist "%~1" goto :eof
"%~1" -I -B "%SETUP%" --probe >nul 2>nul
if not "%ErrorLevel%"=="0" goto :eof
set "PYTHON=%~1"
set "CHOICE="
goto :eof

:incomplete
rem Most likely it was started from within the zip file.
echo Unzip the whole folder first, then start this file again.
powershell.exe -NoProfile -Command "Add-Type -AssemblyName System.Windows.Forms; [System.Windows.Forms.MessageBox]::Show(-join [char[]](@INCOMPLETE@)) | Out-Null"
goto end

:no_python
echo No Python 3.11 or later was found. See files\no-python.txt
start "" notepad.exe "%~dp0files\no-python.txt"
goto end

:end
if "%~1"=="" pause
exit /b %RESULT%
