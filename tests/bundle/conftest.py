"""What the tests of the bundles share: wheels made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def make_wheel() -> Make:
    """``make_wheel(folder, "pywin32-312-cp311-cp311-win_amd64", ["colorama"], {"a.py": ""})``: the wheel's path."""

    def made(folder: Path, name: str, requires: Sequence[str] = (), modules: Mapping[str, str] | None = None) -> Path:
        project, version, *_ = name.split("-")
        metadata = [
            "Metadata-Version: 2.1",
            f"Name: {project}",
            f"Version: {version}",
            *(f"Requires-Dist: {each}" for each in requires),
        ]
        wheel = [
            "Wheel-Version: 1.0",
            "Generator: test",
            "Root-Is-Purelib: true",
            f"Tag: {'-'.join(name.split('-')[2:])}",
        ]
        info = f"{project}-{version}.dist-info"
        files = {
            **(modules or {}),
            f"{info}/METADATA": "\n".join(metadata) + "\n",
            f"{info}/WHEEL": "\n".join(wheel) + "\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
        return path

    return made
