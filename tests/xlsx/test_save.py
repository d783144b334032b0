"""Saving: the file is the old one or the new one, whole, whatever goes wrong and whenever."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xl_kpi.xlsx import save as saving
from xl_kpi.xlsx.save import SavedBeside, save

OLD, NEW = b"old" * 1000, b"new and longer" * 1000


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "中心血站.xlsx"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; no test waits."""
    waited: list[float] = []
    monkeypatch.setattr(saving.time, "sleep", waited.append)
    return waited


def test_the_new_file_takes_the_place_of_the_old_and_nothing_else_stays(target: Path) -> None:
    save(target, NEW)
    assert target.read_bytes() == NEW
    assert list(target.parent.iterdir()) == [target]


def test_an_empty_file_can_be_saved(target: Path) -> None:
    save(target, b"")
    assert target.read_bytes() == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有这样的权限位")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_permissions_of_the_old_file_stay(target: Path, mode: int) -> None:
    target.chmod(mode)
    save(target, NEW)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有这样的权限位")
def test_a_new_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    save(tmp_path / "a.xlsx", NEW)
    assert stat.S_IMODE((tmp_path / "a.xlsx").stat().st_mode) == 0o644


def test_saving_into_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        save(tmp_path / "没有" / "结果.xlsx", b"new")
    assert list(tmp_path.iterdir()) == []


# A fault at each step

REAL_FDOPEN, REAL_OPEN = os.fdopen, os.open


class Failing(io.BytesIO):
    """A file of which one operation fails."""

    def __init__(self, handle: int, operation: str, error: BaseException) -> None:
        super().__init__()
        self._handle, self._operation, self._error = handle, operation, error

    def write(self, content: Any) -> int:
        if self._operation == "write":
            os.write(self._handle, bytes(content)[:7])  # a part of it gets there
            raise self._error
        return super().write(content)

    def flush(self) -> None:
        if self._operation == "flush":
            raise self._error

    def fileno(self) -> int:
        return self._handle

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


def _raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def _break(monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException) -> None:
    if step in ("write", "flush"):
        monkeypatch.setattr(os, "fdopen", lambda handle, *_: Failing(handle, step, error))
    elif step == "mkstemp":
        monkeypatch.setattr(saving.tempfile, "mkstemp", _raising(error))
    elif step == "reopen":
        monkeypatch.setattr(Path, "read_bytes", _raising(error))
    else:
        monkeypatch.setattr(os, step, _raising(error))


STEPS = ("mkstemp", "write", "flush", "fsync", "reopen", "chmod", "replace")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_fault_before_the_end_leaves_the_old_file_and_no_other(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    with monkeypatch.context() as broken:
        _break(broken, step, error)
        with pytest.raises(type(error)) as raised:
            save(target, NEW)
    if isinstance(raised.value, OSError):
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(target))
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_where_there_was_no_file_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as broken:
        _break(broken, step, OSError(errno.EIO, "Input/output error"))
        with pytest.raises(OSError, match="output"):
            save(tmp_path / "a.xlsx", NEW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("found", [b"", NEW[:-1], OLD, NEW + b"\0"])
def test_what_reads_back_differently_does_not_take_the_place(
    target: Path, monkeypatch: pytest.MonkeyPatch, found: bytes
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", lambda _: found)
        with pytest.raises(OSError, match="读回") as raised:
            save(target, NEW)
    assert raised.value.errno == errno.EIO
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="Windows 不能打开文件夹")
@pytest.mark.parametrize("step", ["open", "fsync"])
@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL])
def test_a_folder_that_cannot_be_synchronised_holds_the_new_file_whole(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    error = OSError(number, os.strerror(number))
    synchronise = os.fsync

    def opened(path: Any, flags: int, *rest: int) -> int:
        if flags & os.O_DIRECTORY:
            raise error
        return REAL_OPEN(path, flags, *rest)

    def synchronised(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise error
        synchronise(handle)

    with monkeypatch.context() as broken:
        broken.setattr(os, step, opened if step == "open" else synchronised)
        if step == "fsync" and number == errno.EINVAL:  # the drive has no such thing: nothing is wrong
            save(target, NEW)
        else:
            with pytest.raises(OSError, match=os.strerror(number)):
                save(target, NEW)
    assert target.read_bytes() == NEW
    assert list(target.parent.iterdir()) == [target]


# Open in Excel


def _held(monkeypatch: pytest.MonkeyPatch, times: int, also: str = "") -> list[str]:
    """The first `times` attempts to replace a file fail as on Windows; those for a name with `also` in it always do."""
    attempts: list[str] = []
    replace = os.replace

    def held(source: Path, to: Path) -> None:
        attempts.append(to.name)
        if len(attempts) <= times or (also and also in to.name):
            raise PermissionError(errno.EACCES, "Permission denied", str(source), None, str(to))
        replace(source, to)

    monkeypatch.setattr(os, "replace", held)
    return attempts


def test_a_file_that_is_let_go_of_is_replaced(
    target: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    _held(monkeypatch, 4)
    save(target, NEW)
    assert target.read_bytes() == NEW
    assert pauses == [0.5] * 4
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_stays_open_is_saved_beside_and_that_is_an_error(
    target: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    attempts = _held(monkeypatch, 5)
    with pytest.raises(SavedBeside) as raised:
        save(target, NEW)
    beside = target.with_name("中心血站（新）.xlsx")
    assert raised.value.path == beside
    assert raised.value.filename == str(target)
    assert beside.name in raised.value.strerror
    assert (target.read_bytes(), beside.read_bytes()) == (OLD, NEW)
    assert sorted(target.parent.iterdir()) == sorted([target, beside])
    assert attempts == [target.name] * 5 + [beside.name]
    assert sum(pauses) == 2


def test_where_the_sibling_is_open_as_well_both_stay_as_they_were(
    target: Path, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    beside = target.with_name("中心血站（新）.xlsx")
    beside.write_bytes(b"an earlier one")
    _held(monkeypatch, 5, also="（新）")
    with pytest.raises(PermissionError) as raised:
        save(target, NEW)
    assert not isinstance(raised.value, SavedBeside)
    assert raised.value.filename == str(target)
    assert (target.read_bytes(), beside.read_bytes()) == (OLD, b"an earlier one")
    assert sorted(target.parent.iterdir()) == sorted([target, beside])


# A full disk, and a kill, for real


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode
    except OSError:
        done = 1
    if done:
        pytest.skip("不能挂载 tmpfs（需要 Linux 的 root 权限），跳过磁盘写满的测试")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_the_old_file_stays_and_there_is_room_again(little_disk: Path) -> None:
    path = little_disk / "a.xlsx"
    save(path, bytes(100_000))
    for size in (160_000, 300_000, 200_000_000):
        with pytest.raises(OSError, match="No space left") as raised:
            save(path, bytes(size))
        assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(path))
        assert path.read_bytes() == bytes(100_000)
        assert list(little_disk.iterdir()) == [path]
    save(path, b"1" * 100_000)
    assert path.read_bytes() == b"1" * 100_000


_SAVES = """
import sys
from pathlib import Path
from xl_kpi.xlsx.save import save

contents = [bytes([65 + n]) * (200_000 + 50_000 * n) for n in range(8)]
for n in range(1_000_000):
    save(Path(sys.argv[1]), contents[n % 8])
    if n == 1:
        print("going", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 SIGKILL")
def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    whole = {hashlib.sha256(bytes([65 + n]) * (200_000 + 50_000 * n)).digest() for n in range(8)}
    path = tmp_path / "a.xlsx"
    chance = random.Random(3)
    seen = set()
    for _ in range(30):
        with subprocess.Popen([sys.executable, "-c", _SAVES, str(path)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"going\n"
            time.sleep(chance.uniform(0, 0.02))
            os.kill(child.pid, signal.SIGKILL)
        found = hashlib.sha256(path.read_bytes()).digest()
        assert found in whole
        seen.add(found)
        left = [other.name for other in tmp_path.iterdir() if other != path]
        # What a killed process leaves behind is no .xlsx: no command that goes through a folder takes it for one.
        assert len(left) <= 1
        assert all(name.startswith(".xl_kpi_") and name.endswith(".tmp") for name in left)
        for name in left:
            (tmp_path / name).unlink()
    assert len(seen) > 1


@pytest.mark.skipif(os.name == "nt", reason="Windows 上建立符号链接需要管理员权限")
@pytest.mark.parametrize("relative", [True, False])
def test_what_a_link_leads_to_is_written_and_the_link_stays(target: Path, tmp_path: Path, relative: bool) -> None:
    folder = tmp_path / "链接"
    folder.mkdir()
    link = folder / "上报.xlsx"
    link.symlink_to(Path("..") / target.name if relative else target)
    save(link, NEW)
    assert (link.is_symlink(), target.is_symlink()) == (True, False)
    assert target.read_bytes() == link.read_bytes() == NEW
    assert sorted(path.name for path in folder.iterdir()) == ["上报.xlsx"]


@pytest.mark.skipif(os.name == "nt", reason="Windows 上建立符号链接需要管理员权限")
def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    link = tmp_path / "上报.xlsx"
    link.symlink_to(tmp_path / "新.xlsx")
    save(link, NEW)
    assert link.is_symlink()
    assert (tmp_path / "新.xlsx").read_bytes() == NEW
