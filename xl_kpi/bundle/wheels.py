"""The wheels of a bundle: resolved for a kind of PC that is not this one, downloaded, and shown to be all of them.

`pip download --platform win_amd64` on Linux asks the markers of this machine and leaves out what only Windows needs,
without a word; uv asks those of the PC. What lies in the folder at the end is checked by a third way: from the wheels' own
metadata.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence, Set
from email.parser import BytesParser
from email.policy import compat32
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from xl_kpi.bundle.targets import Target

ROOT = "xl-kpi"


def collect(project: Path, target: Target, pythons: Sequence[str], folder: Path) -> None:
    """Put into a folder every wheel that installing the project takes on a kind of PC, for each of some Pythons.

    pip itself is among them: a Python may lack it. Needs the internet. Raises subprocess.CalledProcessError where
    something has no wheel for the PC.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(project))
    for python in pythons:
        _download([*resolved(project, target, python), "pip"], target, python, folder)


def resolved(project: Path, target: Target, python: str) -> list[str]:
    """What the project requires there, `name==version` each, that of others included."""
    from uv import find_uv_bin  # of the extra [bundle]

    command = [
        *(find_uv_bin(), "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"),
        *("--python-platform", target.uv, "--python-version", python, str(project / "pyproject.toml")),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return done.stdout.split()


def _download(requirements: Sequence[str], target: Target, python: str, folder: Path) -> None:
    platforms = [argument for tag in target.tags for argument in ("--platform", tag)]
    _pip(
        *("download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)),
        *("--python-version", python, "--implementation", "cp", *platforms, *requirements),
    )


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


def missing(folder: Path, target: Target, python: str) -> list[str]:
    """What cannot be installed from a folder of wheels alone: each requirement without a wheel that runs there.

    Goes by the metadata of the wheels, from that of xl_kpi on, with the markers of the target.
    """
    wheels = list(_usable(folder, target, python))
    environment: dict[str, str | Set[str]] = {**target.markers, "python_version": python}
    environment["python_full_version"] = f"{python}.0"
    environment["implementation_version"] = f"{python}.0"
    wanted = [Requirement(ROOT), Requirement("pip")]
    seen: set[tuple[NormalizedName, frozenset[str]]] = set()
    lacking: list[str] = []
    while wanted:
        requirement = wanted.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        fitting = [
            (version, wheel) for own, version, wheel in wheels if own == name and version in requirement.specifier
        ]
        if not fitting:
            lacking.append(str(requirement))
        elif (name, extras) not in seen:
            seen.add((name, extras))
            wanted += [
                each
                for each in _requires(max(fitting)[1])
                if each.marker is None
                or any(each.marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
            ]
    return sorted(set(lacking))


def _usable(folder: Path, target: Target, python: str) -> Iterator[tuple[NormalizedName, Version, Path]]:
    """Name, version and path of each wheel that runs on the target under a Python."""
    version = tuple(map(int, python.split(".")))
    run_there: set[Tag] = set(cpython_tags(version, platforms=target.tags))
    run_there |= set(compatible_tags(version, f"cp{version[0]}{version[1]}", target.tags))
    for wheel in sorted(folder.glob("*.whl")):
        name, released, _, tags = parse_wheel_filename(wheel.name)
        if tags & run_there:
            yield name, released, wheel


def _requires(wheel: Path) -> list[Requirement]:
    with ZipFile(wheel) as archive:
        path = next(
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        metadata = BytesParser(policy=compat32).parsebytes(archive.read(path))
    return [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
