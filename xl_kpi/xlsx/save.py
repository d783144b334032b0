"""Files written whole or not at all: the door by which they go out."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from pathlib import Path

from xl_kpi.words import Said, said, say


class Unsaved(OSError):
    """A file was not written, for a reason that the system does not know: `why`."""

    def __init__(self, number: int, why: Said, path: Path, beside: Path | None = None) -> None:
        super().__init__(number, say(why, "zh"), str(path), None, beside and str(beside))
        self.why = why


class SavedBeside(Unsaved):
    """The file could not be replaced because another program has it open: what was to be written is at `path`."""

    @property
    def path(self) -> Path:
        """Where the content is now."""
        return Path(self.filename2)


_TRIES, _PAUSE = 5, 0.5  # seconds; a virus scanner lets go of a file sooner, Excel only when it is closed


def save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a new file beside it takes its place once it is complete and read back.

    Whenever the process is killed the file is the old or the new one; at most a `.xl_kpi_*.tmp` stays behind, which
    nothing takes for a workbook. What a link leads to is written, and the link keeps leading there. Raises SavedBeside
    where another program keeps the file open, else OSError.
    """
    try:
        _save(path.resolve() if path.is_symlink() else path, content)
    except Unsaved:
        raise
    except OSError as error:  # says which file was to be written, not the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error


def _save(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".xl_kpi_", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if temporary.read_bytes() != content:
            raise Unsaved(errno.EIO, said("xlsx.written-reads-differently"), path)
        os.chmod(temporary, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # gone already where it took the file's place
    _sync_folder(path.parent)


def _replace(temporary: Path, path: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            os.replace(temporary, path)
            return
        except PermissionError as error:  # on Windows: somebody has it open
            refused = error
        if left:
            time.sleep(_PAUSE)
    beside = path.with_name(f"{path.stem}（新）{path.suffix}")
    try:
        os.replace(temporary, beside)
    except OSError:
        raise refused from None
    _sync_folder(path.parent)
    raise SavedBeside(errno.EACCES, said("xlsx.saved-beside", name=beside.name), path, beside)


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a loss of power, where the system can open a folder (Windows cannot)."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some network drives have no such thing
                raise
        finally:
            os.close(opened)
