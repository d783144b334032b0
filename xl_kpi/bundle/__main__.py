"""`python -m xl_kpi.bundle`: writes the folders, and prints their paths."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from xl_kpi import __version__, isolation
from xl_kpi.bundle import texts, wheels, write
from xl_kpi.bundle.targets import PYTHONS, TARGETS

PROJECT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write bundles; returns 0, or 1 where one would lack something and was not finished."""
    isolation.isolate()
    parser = argparse.ArgumentParser(
        prog="python -m xl_kpi.bundle", description="生成离线安装包（需要联网，在源代码文件夹中运行）"
    )
    parser.add_argument("target", nargs="*", help=f"用于哪种电脑：{'、'.join(TARGETS)}；不写则全部")
    parser.add_argument("--out", type=Path, required=True, help="存放的文件夹")
    parser.add_argument("--for", dest="pythons", nargs="+", choices=PYTHONS, help="用于哪些版本的 Python，默认全部")
    parser.add_argument(
        "--python", type=Path, metavar="DIR", help="windows-x64：另把这个完整的 Python 放进去，免安装"
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.target if name not in TARGETS]
    if unknown:
        parser.error(f"没有 {'、'.join(unknown)}，现有：{'、'.join(TARGETS)}")
    if not (PROJECT / "pyproject.toml").is_file():
        parser.error("要在源代码文件夹中运行：这里没有 pyproject.toml")
    for name in options.target or TARGETS:
        target = TARGETS[name]
        pythons = [each for each in target.pythons if each in (options.pythons or PYTHONS)]
        folder = options.out / texts.folder_name(target, __version__)
        shutil.rmtree(folder, ignore_errors=True)
        wheels.collect(PROJECT, target, pythons, folder / "files" / "wheels")
        lacking = {each: wheels.missing(folder / "files" / "wheels", target, each) for each in pythons}
        if any(lacking.values()):
            print(f"{name}：缺少 {lacking}", file=sys.stderr)
            return 1
        write.write(folder, target, pythons)
        print(folder)
        if options.python is not None and name == "windows-x64":
            unzipped = options.out / f"绩效考核免安装_{name}_{__version__}"
            shutil.rmtree(unzipped, ignore_errors=True)
            write.whole(options.python, folder / "files" / "wheels", unzipped)
            print(unzipped)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
