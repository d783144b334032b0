"""Real bundles: the one for this kind of PC is installed from its folder and runs; those for others lack nothing.

They are downloaded, so this runs only when asked for (`pytest -m slow`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xl_kpi import __version__
from xl_kpi.bundle import __main__ as command
from xl_kpi.bundle import installer, texts, wheels
from xl_kpi.bundle.targets import TARGETS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundles")]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def only_when_asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("要从网上下载，用 pytest -m slow 运行")


@pytest.mark.parametrize("name", TARGETS)
def test_a_bundle_has_a_wheel_of_every_requirement_for_every_python(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    wanted = target.pythons[:1]
    assert command.main([name, "--out", str(tmp_path), "--for", *wanted]) == 0
    files = tmp_path / texts.folder_name(target, __version__) / "files"
    have = {wheel.name.partition("-")[0].lower().replace("_", "-") for wheel in (files / "wheels").glob("*.whl")}
    for requirement in wheels.resolved(ROOT, target, wanted[0]):
        assert requirement.partition("==")[0].lower() in have, requirement
    assert ({"pywin32", "colorama"} <= have) is target.windows
    assert not {"formulas", "formualizer", "scipy"} & have


@pytest.mark.skipif(sys.platform != "linux", reason="安装.sh 用于 Linux")
def test_the_bundle_for_this_pc_is_installed_without_internet_and_runs_the_tour(tmp_path: Path) -> None:
    target = next(target for target in TARGETS.values() if target.platform == installer.sysconfig.get_platform())
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert command.main([target.name, "--out", str(tmp_path), "--for", here]) == 0
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / f"python{here}").symlink_to(sys.executable)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTHON"))}
    environment |= {"HOME": str(home), "PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    script = tmp_path / texts.folder_name(target, __version__) / "安装.sh"
    done = subprocess.run(["sh", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    program = home / ".local" / "share" / "xl_kpi" / "env" / "bin" / "xl-kpi"
    tour = subprocess.run([program, "demo", "演示"], cwd=home, env=environment, capture_output=True, text=True)
    assert tour.returncode == 0, tour.stderr
    assert len(list((home / "演示" / "收回").glob("*.xlsx"))) == 12
