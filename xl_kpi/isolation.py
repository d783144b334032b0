"""Nothing that lies in somebody's folder runs: neither here nor in the processes started here.

A folder of files that came back may hold an `org.py`, an `soffice` or a `.Tk.py`. Python (with `-m`, `-c` or a relative
PYTHONPATH), Windows (looking for a program) and Tk (looking for a home) would take them from the current folder.

It is called before anything else is imported, so it imports nothing but what every interpreter has loaded at its start,
not even `__future__`.
"""

import os
import sys

SAFE = "PYTHONSAFEPATH"  # with it an interpreter that starts leaves the current folder off its path (3.11 and later)


def isolate() -> None:
    """Take the current folder off this process's import path, and keep it off that of every process it starts."""
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    relative = [_true(folder) for folder in listed if folder and not os.path.isabs(folder)]  # absolute on the path
    sys.path[:] = [folder for folder in without_current(sys.path) if _true(folder) not in relative]
    isolate_children()
    if not os.environ.get("HOME"):  # as on Windows: Tk would run the .Tk.py of the current folder
        os.environ["HOME"] = os.path.expanduser("~")


def isolate_children() -> None:
    """Keep the current folder off the import path of every Python this process starts.

    Raises RuntimeError for a Python started with -E and without -P: those it starts would not listen.
    """
    if sys.flags.ignore_environment and not sys.flags.safe_path:
        raise RuntimeError("python -E 须与 -P 同用")
    os.environ[SAFE] = "1"
    listed = os.environ.get("PYTHONPATH")
    if listed is not None:
        os.environ["PYTHONPATH"] = os.pathsep.join(without_current(listed.split(os.pathsep)))
        if not os.environ["PYTHONPATH"]:
            del os.environ["PYTHONPATH"]


def without_current(folders: list[str]) -> list[str]:
    """The folders without relative ones and without the current one, unless Python or xl_kpi itself lies there."""
    try:
        current = _true(os.getcwd())
    except FileNotFoundError:  # it was removed
        current = ""
    libraries = [_true(folder) for folder in (os.path.dirname(os.__file__), os.path.join(sys.base_prefix, "DLLs"))]
    ours = _true(os.path.dirname(os.path.dirname(__file__)))
    if current == ours or any((current + os.sep).startswith(folder + os.sep) for folder in libraries):
        current = ""
    return [folder for folder in folders if os.path.isabs(folder) and _true(folder) != current]


def _true(folder: str) -> str:
    return os.path.normcase(os.path.realpath(folder))


def environment() -> dict[str, str]:
    """The variables for a program that is not ours and may have a Python inside: none of those that steer ours."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("PYTHON")}
    return kept | {SAFE: "1"}


def program(name: str) -> str | None:
    """The full path of a program that is on the search path; one in the current folder or a relative one does not count.

    `shutil.which` looks into the current folder first on Windows, and on Linux where PATH has an empty or relative part.
    """
    endings = os.environ.get("PATHEXT", ".EXE").split(os.pathsep) if sys.platform == "win32" else [""]
    for folder in without_current(os.environ.get("PATH", os.defpath).split(os.pathsep)):
        for ending in endings:
            path = os.path.join(folder, name if name.lower().endswith(ending.lower()) else name + ending)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None
