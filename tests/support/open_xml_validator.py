"""Microsoft's OpenXmlValidator as a judge of our files: what Excel would offer to repair, it names.

The Open XML SDK and a .NET runtime to run it stand in the wheel `python-redlines-docxodus` (x86-64 Linux), pythonnet
drives them. All files are judged in one process of their own, which is this module run as a program: nothing of .NET is
loaded into the tests, and nothing of it is left when they end. No diagnostics port is opened, and telemetry is off.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PROFILES = ("Office2007", "Office2010", "Office2013", "Office2016", "Office2019", "Office2021", "Microsoft365")
_FRAMEWORK = "Microsoft.NETCore.App"
_ENVIRONMENT = {
    "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
    "DOTNET_EnableDiagnostics": "0",
    "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
    "DOTNET_TieredPGO": "0",
}


@dataclass(frozen=True)
class Judged:
    """What came out of one run: the errors of each file in each profile; the sockets the process had open at its end."""

    errors: dict[str, dict[str, list[str]]]  # by file, then profile
    sockets: int
    home: list[str]  # what it left in its home folder


def need() -> None:
    """Skip where the judge is not to be had, but fail for it in CI."""
    if importlib.util.find_spec("python_redlines_docxodus") and importlib.util.find_spec("pythonnet"):
        return
    if os.environ.get("CI") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        pytest.fail("CI 环境中必须安装 python-redlines-docxodus 和 pythonnet（OpenXmlValidator）")
    pytest.skip(
        "没有 OpenXmlValidator（python-redlines-docxodus、pythonnet，仅 x86-64 Linux），跳过用它检验文件的测试"
    )


def judged(files: Mapping[str, tuple[bytes, Sequence[str]]], scratch: Path) -> Judged:
    """Each file, by its name, held to the profiles given with it; one process for all."""
    home, folder = scratch / "home", scratch / "files"
    home.mkdir()
    folder.mkdir()
    asked = {}
    for number, (name, (content, profiles)) in enumerate(files.items()):
        path = folder / f"{number}{Path(name).suffix}"
        path.write_bytes(content)
        asked[name] = [str(path), list(profiles)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DOTNET", "COREHOST", "PYTHON"))}
    child = subprocess.Popen(
        [sys.executable, __file__, str(scratch / "dotnet")],
        env=environment | _ENVIRONMENT | {"HOME": str(home), "TMPDIR": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(json.dumps(asked), timeout=600)
    finally:
        with suppress(ProcessLookupError):  # its whole group, should it have started anything
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == 0, err
    said = json.loads(out.splitlines()[-1])
    left = [str(path.relative_to(home)) for path in home.rglob("*")]
    return Judged(said["errors"], said["sockets"], left)


# in the process of its own


def _runtime(root: Path) -> Path:
    """The .NET of the wheel, unpacked as an installed one, which is the only form that can be loaded into Python."""
    spec = importlib.util.find_spec("python_redlines_docxodus")
    assert spec is not None
    assert spec.origin is not None
    packed = Path(spec.origin).parent / "_binaries" / "linux-x64.tar.gz"
    with tarfile.open(packed) as archive:
        archive.extractall(root / "unpacked", filter="data")
    config = json.loads((root / "unpacked/redline.runtimeconfig.json").read_text())
    version = config["runtimeOptions"]["includedFrameworks"][0]["version"]
    framework = root / "shared" / _FRAMEWORK / version
    framework.parent.mkdir(parents=True)
    (root / "unpacked").rename(framework)
    (framework / "redline.deps.json").rename(framework / f"{_FRAMEWORK}.deps.json")
    host = root / "host" / "fxr" / version
    host.mkdir(parents=True)
    (framework / "libhostfxr.so").rename(host / "libhostfxr.so")
    wanted = {"runtimeOptions": {"framework": {"name": _FRAMEWORK, "version": version}}}
    (root / "runtimeconfig.json").write_text(json.dumps(wanted))
    return framework


def _main(root: Path) -> None:
    import pythonnet  # type: ignore[import-not-found, unused-ignore]

    framework = _runtime(root)
    pythonnet.load("coreclr", runtime_config=str(root / "runtimeconfig.json"), dotnet_root=str(root))
    import clr  # type: ignore[import-not-found, unused-ignore]

    clr.AddReference(str(framework / "DocumentFormat.OpenXml.dll"))
    clr.AddReference(str(framework / "DocumentFormat.OpenXml.Framework.dll"))
    from DocumentFormat.OpenXml import FileFormatVersions  # type: ignore[import-not-found, unused-ignore]
    from DocumentFormat.OpenXml.Packaging import SpreadsheetDocument  # type: ignore[import-not-found, unused-ignore]
    from DocumentFormat.OpenXml.Validation import OpenXmlValidator  # type: ignore[import-not-found, unused-ignore]

    validators = {profile: OpenXmlValidator(getattr(FileFormatVersions, profile)) for profile in PROFILES}

    def errors(document: object, profile: str) -> Iterator[str]:
        for error in validators[profile].Validate(document):
            part = error.Part.Uri.ToString() if error.Part is not None else ""
            where = error.Path.XPath if error.Path is not None else ""
            yield f"{error.Id}: {part} {where}: {error.Description}"

    found: dict[str, dict[str, list[str]]] = {}
    for name, (path, profiles) in json.loads(sys.stdin.read()).items():
        document = SpreadsheetDocument.Open(path, False)
        found[name] = {profile: list(errors(document, profile)) for profile in profiles}
        document.Dispose()
    links = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            links.append(os.readlink(handle))
    print(json.dumps({"errors": found, "sockets": sum(link.startswith("socket:") for link in links)}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
