"""Every recalculation engine on the same filled workbooks, in one process and one run, against a mere reading of them.

    .venv/bin/python tests/bench/engines.py [--rounds 3]

Prints a Markdown table for the README. 1x is python-calamine reading every value of the same files; only the ratios mean
anything, and a row gives the best of its rounds, in which the engines take turns.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineWorkbook

from xl_kpi import api, engines
from xl_kpi.blank.clone import Template, pieces
from xl_kpi.engines import libreoffice
from xl_kpi.engines.formulas import FormulasModel
from xl_kpi.layout.plan import CODE, UNIT
from xl_kpi.returned import check as checking
from xl_kpi.xlsx.archive import pack
from xl_kpi.xlsx.package import unpack

SCHEME = "zaozhuang-hospital-2022"
CHUNK = 128  # files a worker is handed at once, see xl_kpi/bulk/returns.py
_FEW = 32  # files for engines that take long
_DISTINCT = 400  # sets of answers; more files than that repeat them under other names, once nothing of them is kept


# the files


def filled(folder: Path, count: int, calculated: bool = True) -> list[Path]:
    """Write workbooks of as many made-up hospitals, each filled in and, unless told, recalculated as Excel saves them."""
    scheme = api.scheme(SCHEME)
    folder.mkdir(parents=True)
    templates: list[Template] = []
    paths = []
    for number in range(1, count + 1):
        if len(templates) < min(count, _DISTINCT):
            templates.append(_answered(number, calculated))
        unit = f"医院{number:05d}"
        paths.append(folder / api.filename(scheme, unit))
        paths[-1].write_bytes(templates[(number - 1) % len(templates)].cut(unit, f"H{number:05d}"))
    return paths


def _answered(seed: int, calculated: bool) -> Template:
    """A hospital's answers in a workbook of which the copies for other hospitals can be cut."""
    scheme = api.scheme(SCHEME)
    name, unit, code = "f.xlsx", "医院00000", "H00000"
    content = api.fill((name, api.build(scheme, unit, code)), api.simulate(scheme, seed))
    if calculated:
        content = api.recalculated((name, content))
    parts = unpack(content)
    naming = {
        part: pieces(xml.replace(unit.encode(), UNIT.encode()).replace(code.encode(), CODE.encode()))
        for part, xml in parts.items()
        if unit.encode() in xml
    }
    return Template(pack({part: xml for part, xml in parts.items() if part not in naming}), naming)


# the clock


@dataclass(frozen=True)
class Taken:
    """Seconds for one file: on the wall's clock, and of processors, child processes included."""

    wall: float
    cpu: float


Work = Callable[[Sequence[Path]], object]


def best(peers: Mapping[str, tuple[Sequence[Path], int, Work]], rounds: int) -> dict[str, Taken]:
    """The best of some rounds for each peer, given as its files, how many of them a round takes, and how; they take turns.

    A round takes the next files, so that nobody sees a file twice; a peer that has no more starts over. The first round
    warms up what is kept between files. What takes long has two rounds.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in peers}
    for turn in range(max(2, rounds)):
        for name, (paths, each, work) in peers.items():
            first = turn * each % len(paths)
            files = paths[first : first + each]
            if turn < 2 or taken[name][0].wall * len(files) < _LONG:
                wall, cpu = time.perf_counter(), sum(os.times()[:4])
                work(files)
                wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - cpu
                taken[name].append(Taken(wall / len(files), cpu / len(files)))
    return {name: Taken(min(t.wall for t in every), min(t.cpu for t in every)) for name, every in taken.items()}


_LONG = 5.0  # seconds


# the work


def read_values(paths: Sequence[Path]) -> None:
    """Read every value with python-calamine: the unit of measure."""
    for path in paths:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def _recalculated(engine: str) -> Work:
    return lambda paths: engines.named(engine).recalculate([path.read_bytes() for path in paths])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="how many times the engines take turns")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = filled(Path(folder) / "h", CHUNK * max(2, options.rounds))
        model = FormulasModel.load(paths[0].read_bytes())
        bound = next(api.program(api.scheme(SCHEME)).inputs())
        answer = next(i["cells"]["self"] for i in api.workbook_map(paths[0])["inputs"] if i["id"] == bound.id)
        rows: dict[str, tuple[Sequence[Path], int, Work]] = {
            "calamine": (paths, CHUNK, read_values),
            "checked": (paths, CHUNK, checking.checked),
            "check": (paths, 1, lambda one: api.check(one[0])),
            "formualizer": (paths, _FEW, _recalculated("formualizer")),
            "fresh": (paths, 1, _recalculated("formulas")),
            "loaded": (paths, 1, lambda _: model.calculate({answer: 1.0})),
        }
        if libreoffice.available():
            rows["batch"] = (paths, _FEW, _recalculated("libreoffice"))
            rows["single"] = (paths, 1, _recalculated("libreoffice"))
        taken = best(rows, options.rounds)
    print("| 引擎 | 用途 | 每个工作簿 | 倍数 | 需要 |\n|---|---|---|---|---|")
    for name, (engine, use, needs) in _WORDS.items():
        if name in taken:
            ratio = taken[name].wall / taken["calamine"].wall
            said = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
            print(f"| {engine} | {use} | {taken[name].wall * 1e3:,.0f} 毫秒 | {said} | {needs} |")


_WORDS = {
    "calamine": ("（python-calamine）", "只读取数值，不计算：比较的基准", "—"),
    "checked": ("native，成批", "日常核对：逐格比对、重算、计分，一次 128 个文件", "无"),
    "check": ("native，单个", "核对一个文件", "无"),
    "formualizer": ("formualizer", "照文件中的公式重算，快", "已随本软件安装"),
    "batch": ("libreoffice，成批", "最接近 Excel、WPS 的对照，一次 32 个文件", "LibreOffice"),
    "single": ("libreoffice，单个", "同上，每次都要启动", "LibreOffice"),
    "loaded": ("formulas，载入一次", "测试：同一工作簿反复代入不同的填报值", "已随本软件安装"),
    "fresh": ("formulas，重新载入", "独立的第二意见，逐个文件", "已随本软件安装"),
}


if __name__ == "__main__":
    main()
