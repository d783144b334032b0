"""The engine LibreOffice: the program itself, run headless, one process for a whole batch.

The nearest thing on a Linux machine to what officials see in Excel or WPS, and slow: 1.5 s to start and
0.2 s for each workbook of 400 formulas. It needs an installed LibreOffice (`available`).

Each call makes a profile of its own in a temporary directory, so it neither reads nor changes a user's
settings and does not collide with a running LibreOffice. The profile makes it recalculate every formula
on loading, run no macro, and follow no link. Process and directory are gone when the call returns, and on
Linux and macOS also when the calling process is killed in the middle of it; on Windows both are then left.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from xl_kpi import isolation
from xl_kpi.engines.base import NOT_COMPUTED, CellError, RecalculationError, Value, cached_values, formula_cells
from xl_kpi.words import reason_of, said

_NAME = "libreoffice"
_FILTER = "Calc MS Excel 2007 XML"
BATCH = 200  # files on one command line: Windows allows 32,767 characters
_GRACE = 5.0  # seconds from the request to end to the end by force
_BUILTIN_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})

# The installers for macOS and Windows do not put the program on the search path.
_USUAL_PLACES = (
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"%ProgramFiles%\LibreOffice\program\soffice.exe",
)

_SETTINGS = (
    # 0: always recalculate. Without it LibreOffice trusts the values cached by Excel and by itself.
    ("/org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),
    ("/org.openoffice.Office.Calc/Formula/Load", "ODFRecalcMode", "0"),
    # 1: never update links to other files.
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "1"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
)


class LibreOfficeMissing(RecalculationError):
    """LibreOffice is not installed, or not where it can be found."""

    def __init__(self) -> None:
        super().__init__(_NAME, said("engines.libreoffice-missing"))

    def __reduce__(self) -> tuple[type[LibreOfficeMissing], tuple[()]]:
        return LibreOfficeMissing, ()


def available() -> bool:
    """Whether LibreOffice can be found on this machine."""
    return program() is not None


class LibreOfficeEngine:
    """`xl_kpi.engines.base.Engine` on an installed LibreOffice."""

    name = _NAME

    def __init__(self, *, start_timeout: float = 60.0, timeout_per_workbook: float = 20.0) -> None:
        """Seconds: a batch of n may take `start_timeout` + n * `timeout_per_workbook`."""
        self._start_timeout = start_timeout
        self._timeout_per_workbook = timeout_per_workbook

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        """As `Engine.recalculate`.

        Raises:
            LibreOfficeMissing: there is no LibreOffice.
            RecalculationError: a workbook cannot be read or calculated (`index` names it), or the time
                ran out (`index` is None).
        """
        results: list[dict[str, Value]] = []
        for first in range(0, len(workbooks), BATCH):
            batch = workbooks[first : first + BATCH]
            for index, (workbook, package) in enumerate(zip(batch, self.saved(batch), strict=True), start=first):
                results.append(_read_back(workbook, package, index))
        return results

    def saved(self, workbooks: Sequence[bytes]) -> list[bytes | None]:
        """Each workbook as LibreOffice saves it, recalculated; None where it saved nothing.

        Raises LibreOfficeMissing, and RecalculationError when the time ran out.
        """
        soffice = program()
        if soffice is None:
            raise LibreOfficeMissing
        with tempfile.TemporaryDirectory(prefix="xl-kpi-", ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch)
            names = [f"{index:04d}.xlsx" for index in range(len(workbooks))]
            for name, workbook in zip(names, workbooks, strict=True):
                (folder / name).write_bytes(workbook)
            _write_profile(folder / "profile")
            (folder / "tmp").mkdir()
            command = [
                soffice,
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--headless",
                "--norestore",
                "--nologo",
                "--nodefault",
                f"--infilter={_FILTER}",  # or it would open a renamed HTML or CSV file by content
                "--convert-to",
                f"xlsx:{_FILTER}",
                "--outdir",
                str(folder / "out"),
                *(str(folder / name) for name in names),
            ]
            limit = self._start_timeout + len(workbooks) * self._timeout_per_workbook
            _run(command, folder, limit)
            return [_bytes_of(folder / "out" / name) for name in names]


def program() -> str | None:
    """Its full path. Never one in the current folder, where Windows looks first and files that came back may lie."""
    found = isolation.program("soffice") or isolation.program("libreoffice")
    return found or next(filter(os.path.isfile, map(os.path.expandvars, _USUAL_PLACES)), None)


def _write_profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def _run(command: Sequence[str], folder: Path, limit: float) -> None:
    """Run soffice to its end, or end it and everything it started.

    Raises:
        RecalculationError: it took longer than `limit` seconds.
    """
    # Its temporary files and caches land in the scratch directory and go with it.
    environment = isolation.environment() | {"TMPDIR": str(folder / "tmp"), "HOME": str(folder / "profile")}
    process = subprocess.Popen(
        command if sys.platform == "win32" else ["/bin/sh", "-c", _GUARDED, str(folder), *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL if sys.platform == "win32" else subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a group of its own: soffice starts soffice.bin and others
    )
    try:
        process.wait(timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise RecalculationError(_NAME, said("engines.too-slow", seconds=limit)) from error
    finally:
        end(process)
        remove_pipe(folder / "profile")


# Runs the command given behind the scratch directory ($0). Nothing is ever written to its input, which ends when the
# calling process does, however that ends: then a guard, who alone ignores the request to end, ends the group and
# clears up. The shell waits for soffice to end even when asked to end itself, so that no zombie is left. A death signal
# (prctl) would reach only the first of soffice's three processes.
_GUARDED = """
exec 3<&0
(trap '' TERM; read _ <&3; kill -s TERM 0; sleep 1; rm -rf "$0"; kill -s KILL 0) &
trap exit TERM
"$@" </dev/null 3<&-
kill -s KILL $!
"""


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children; nothing happens to one that has ended by itself."""
    if sys.platform == "win32":
        if process.poll() is None:
            # By its full path: without one Windows would look in the current folder first.
            taskkill = os.path.join(os.environ["SYSTEMROOT"], "System32", "taskkill.exe")
            subprocess.run([taskkill, "/F", "/T", "/PID", str(process.pid)], check=False, capture_output=True)
    else:
        # First a request, so that soffice collects its own child and leaves no zombie.
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
        _signal_group(process, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # macOS answers PermissionError for a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def remove_pipe(profile: Path) -> None:
    """Remove the socket that a LibreOffice ended by force leaves behind.

    It lies outside the scratch directory, in a place compiled into LibreOffice, and is named after the
    MD5 of the profile's URL in UTF-16, each byte in hexadecimal without a leading zero.
    """
    digest = hashlib.md5(profile.as_uri().encode("utf-16-le"), usedforsecurity=False).digest()
    name = "".join(f"{byte:x}" for byte in digest)
    for folder in ("/tmp", "/var/tmp"):
        for pipe in Path(folder).glob(f"OSL_PIPE_*_SingleOfficeIPC_{name}"):
            pipe.unlink(missing_ok=True)


def _bytes_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _read_back(workbook: bytes, package: bytes | None, index: int) -> dict[str, Value]:
    """The values in LibreOffice's copy, of the cells that hold a formula in the original."""
    if package is None:
        raise RecalculationError(_NAME, said("engines.libreoffice-cannot-open"), index=index)
    try:
        values = cached_values(package)
        return {address: _known(values.get(address)) for address in formula_cells(workbook)}
    except ValueError as error:
        raise RecalculationError(_NAME, reason_of(error), index=index) from error


def _known(value: Value) -> Value:
    """`value`, where it is one; LibreOffice's own codes, such as Err:522, say that it has none.

    A circular reference is not among them: LibreOffice saves it as #VALUE!.
    """
    if value is None or (isinstance(value, CellError) and value.code not in _BUILTIN_ERRORS):
        return NOT_COMPUTED
    return value
