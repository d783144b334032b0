"""`xl-kpi`: arguments, progress, printing, exit codes, nothing else."""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from tqdm import tqdm

from xl_kpi import __version__, api, demo, outward
from xl_kpi.bulk.folder import Found, listing, refuse_clash
from xl_kpi.engines import OFFERED
from xl_kpi.findings import Finding, SchemeError, XlKpiError, either, finding, speak, verdict_word, worst
from xl_kpi.units.listing import Unit, read_units, unit_key
from xl_kpi.words import say
from xl_kpi.xlsx.archive import is_signed
from xl_kpi.xlsx.save import SavedBeside, save

CLEAN, FOUND, USAGE = 0, 1, 2
LEVELS = ("省", "市", "县")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 clean, 1 findings, 2 usage or scheme error)."""
    options = _parser().parse_args(arguments)
    speak(options.lang)
    if getattr(options, "json", False) and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        command: Callable[[argparse.Namespace], int] = options.run
        return command(options)
    except SchemeError as error:
        _tell(error.findings)
        return USAGE
    except XlKpiError as error:
        _tell(error.findings)
        return (
            USAGE
            if any(
                f.code
                in ("units", "answers", "not-found", "nothing-to-do", "no-workbooks", "executor", "engine-missing")
                for f in error.findings
            )
            else FOUND
        )
    except BrokenPipeError:
        return FOUND
    except OSError as error:
        print(
            f"无法读写 {error.filename or ''}：{error.strerror}。请检查路径、权限，或关闭正在打开它的程序",
            file=sys.stderr,
        )
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xl-kpi", description="公共卫生绩效考核工作簿：生成、填报、计分、核对")
    parser.add_argument("--version", action="version", version=f"xl-kpi {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="提示所用的语言")
    common.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="提示所用的语言")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    schemes = command("schemes", _schemes, "列出现有方案：名称、标题、年度、任务数、分值")
    schemes.add_argument("--json", action="store_true")

    lint = command("lint", _lint, "检查方案：分值是否相符、是否覆盖原文、是否自洽")
    lint.add_argument("scheme", nargs="+", help="方案名称，或 .yaml 文件的路径")
    lint.add_argument("--json", action="store_true")

    new = command("new", _new, "生成空白工作簿")
    new.add_argument("scheme", nargs="+", help="方案名称或 .yaml 路径；all 表示全部方案")
    new.add_argument("--unit", action="append", default=[], help="单位名称，可重复")
    new.add_argument("--units", type=Path, help="单位名单（.xlsx 或 .csv，列名：单位名称、单位代码、层级）")
    new.add_argument("--level", choices=LEVELS, help="分级方案的层级；不分级的方案不受影响")
    new.add_argument("--year", type=int, help="考核年度，默认为方案的年度")
    new.add_argument("--out", type=Path, required=True, help="存放的文件夹")

    mapping = command("map", _map, "列出工作簿中每个填报项和结果所在的单元格")
    mapping.add_argument("file", type=Path)
    mapping.add_argument("--json", action="store_true")

    fill = command("fill", _fill, "把答案填入工作簿，其余一概不动")
    fill.add_argument("file", type=Path)
    fill.add_argument(
        "answers", type=Path, help='JSON：{填报项编号: 值}，或 {"stage": …, "answers": {…}, "notes": {…}}'
    )
    fill.add_argument("--out", type=Path, required=True)

    carry = command("carry", _carry, "把已下发的旧版工作簿里填的数搬到新生成的工作簿，列出搬不过去的")
    carry.add_argument("old", type=Path, metavar="OLD", help="旧版工作簿，不会改动")
    carry.add_argument("--into", type=Path, required=True, metavar="NEW", help="用现行版本为同一单位生成的工作簿")
    carry.add_argument("--out", type=Path, required=True, metavar="FILE", help="搬好的存为哪个文件")
    carry.add_argument("--json", action="store_true")

    check = command("check", _check, "核对工作簿：重新计分，报告总分、否决、等次和问题")
    check.add_argument("path", nargs="+", type=Path, metavar="FILE|DIR")
    check.add_argument("--json", action="store_true", help="每个文件一行 JSON")
    check.add_argument("--junit", type=Path, metavar="FILE", help="另存 JUnit XML，供持续集成读取")
    check.add_argument("--csv", type=Path, metavar="FILE", help="另存结果表，每个文件一行，可用 Excel 打开")
    check.add_argument("--units", type=Path, help="应交的单位名单：不在名单中的退回，没有交的列出")
    check.add_argument("--year", type=int, help="应交的年度：其他年度的退回")
    check.add_argument("--level", choices=LEVELS, help="应交的层级：其他层级的退回")
    check.add_argument("--resume", type=Path, metavar="FILE", help="进度文件：中断后再运行，已核对的文件不重做")

    recalc = command("recalc", _recalc, "重新计算工作簿，只更新公式的缓存值")
    recalc.add_argument("path", nargs="+", type=Path, metavar="FILE|DIR")
    where = recalc.add_mutually_exclusive_group(required=True)
    where.add_argument("--in-place", action="store_true")
    where.add_argument("--out", type=Path)

    for added in (mapping, fill, carry, check, recalc):
        added.add_argument("--scheme", default="", help="自定义方案的 .yaml 文件")
    for added in (check, recalc):
        added.add_argument(
            "--engine",
            choices=OFFERED,
            default=api.NATIVE,
            help="另用一种引擎照文件原样重算，与本系统的结果对照"
            if added is check
            else "用哪种引擎计算，默认为本系统自己的",
        )
        added.add_argument("--workers", type=int, help="同时工作的进程数，默认为处理器核数；0 表示不另开进程")
        added.add_argument(
            "--scheduler", default="", metavar="ADDRESS", help="Dask 调度器地址，如 tcp://10.0.0.1:8786"
        )
        added.add_argument("--ship", action="store_true", help="把文件内容发给计算节点，用于没有共享文件夹的集群")

    addin = command("addin", _addin, "Excel 加载项：生成、安装、卸载、诊断")
    addin.add_argument("what", choices=("build", "install", "uninstall", "doctor"))
    addin.add_argument("--out", type=Path, default=Path("xl_kpi.xlam"), help="build：存为哪个文件")
    addin.add_argument(
        "--self-test", action="store_true", help="doctor：在打开着的 Excel 里把各项功能试一遍，写自检报告.txt"
    )
    addin.add_argument("--folder", type=Path, help="install、uninstall、doctor：Excel 的启动文件夹，默认为 XLSTART")

    command(
        "panel",
        _panel,
        "面板：核对文件和文件夹、生成空白、重算、搬到新表的窗口，不需要 Excel；也可对 Excel 中打开的工作簿操作",
    )

    tour = command("demo", _demo, "演示：五份空白工作簿，十二家模拟单位填报、核对并列出结果")
    tour.add_argument("dir", type=Path)
    return parser


def _schemes(options: argparse.Namespace) -> int:
    found = [api.describe(name) for name in api.schemes()]
    if options.json:
        _print_json(
            {
                "name": scheme.id,
                "title": scheme.title,
                "year": scheme.year,
                "tasks": len(list(scheme.tasks())),
                "points": scheme.points,
                "levels": list(scheme.levels),
            }
            for scheme in found
        )
        return CLEAN
    rows = [[s.id, s.title, s.year, len(list(s.tasks())), f"{s.points:g}", "、".join(s.levels)] for s in found]
    _table(("名称", "标题", "年度", "任务", "分值", "层级"), rows)
    return CLEAN


def _lint(options: argparse.Namespace) -> int:
    code = CLEAN
    for name in options.scheme:
        try:
            findings = api.lint(name)
        except SchemeError as error:  # the others are looked at all the same
            if options.json:
                _print_json({"scheme": name, **f.as_json()} for f in error.findings)
            _tell(error.findings)
            code = USAGE
            continue
        if options.json:
            _print_json({"scheme": name, **f.as_json()} for f in findings)
        else:
            print(f"{name}：" + ("没有问题" if not findings else ""))
            _list(findings)
        if worst(findings) == "error":
            code = max(code, FOUND)
    return code


def _new(options: argparse.Namespace) -> int:
    names = [n for name in options.scheme for n in (api.schemes() if name == "all" else [name])]
    units = [Unit(" ".join(name.split())) for name in options.unit]
    if options.units:
        units += read_units(options.units, _tell_one)
    keys = Counter(unit_key(unit.name) for unit in units)
    twice = next((unit.name for unit in units if keys[unit_key(unit.name)] > 1), None)
    if twice:
        why = either(f"单位“{twice}”写了两次（空格、全角半角不算不同）", f"the unit {twice!r} stands twice")
        raise XlKpiError(finding("units", file="", where="", why=why))
    jobs = []
    for name in names:
        for unit in units or [Unit("")]:
            level = unit.level or options.level
            jobs.append((api.scheme(name, level, options.year), unit))
    targets = [api.filename(scheme, unit.name) for scheme, unit in jobs]
    refuse_clash(targets)
    options.out.mkdir(parents=True, exist_ok=True)
    for (scheme, unit), target in _progress(list(zip(jobs, targets, strict=True)), "生成"):
        save(options.out / target, api.build(scheme, unit.name, unit.code))
        print(options.out / target)
    return CLEAN


def _map(options: argparse.Namespace) -> int:
    found = api.workbook_map(options.file, options.scheme)
    if options.json:
        _print_json([found])
        return CLEAN
    print(f"{found['unit']}　{found['year']}年　{found['scheme']} 第{found['version']}版")
    rows = [[i["id"], i["label"], i["kind"], i["cells"]["self"]] for i in found["inputs"]]
    _table(("编号", "填报项", "类型", "自报值"), rows)
    return CLEAN


def _fill(options: argparse.Namespace) -> int:
    try:
        answers = json.loads(options.answers.read_text(encoding="utf-8"))
        if not isinstance(answers, dict):
            raise ValueError("应为一个 JSON 对象")
    except (UnicodeDecodeError, ValueError) as error:
        raise XlKpiError(finding("answers", why=f"{options.answers.name} 不是有效的 JSON（{error}）")) from None
    filling = api.filling(options.file, answers, options.scheme)
    save(options.out, filling.content)
    _list_remarks(filling.remarks)
    print(options.out)
    _tell_void(options.out, filling.content)
    return CLEAN


def _tell_void(path: Path, written: bytes) -> None:
    """A change makes a digital signature void: whoever relies on it has to know."""
    if is_signed(written):
        said = either(
            f"{path}：工作簿带有数字签名，改动后签名已失效。请核对后重新签名",
            f"{path}: the workbook was signed; the change makes the signature void. Sign it again",
        )
        print(outward.plain(said), file=sys.stderr)


def _carry(options: argparse.Namespace) -> int:
    if options.out.exists() and options.old.exists() and options.out.samefile(options.old):
        why = either("--out 不能是旧表本身", "--out must not be the old workbook")
        raise XlKpiError(finding("nothing-to-do", where=str(options.out), why=why))
    carried = api.carry(options.old, options.into, options.scheme)
    save(options.out, carried.package)
    left = [one.as_json(options.lang) for one in carried.left]
    notes = [say(note, options.lang) for note in carried.notes]
    if options.json:
        files = {"file": str(options.old), "into": str(options.into), "out": str(options.out)}
        _print_json([files | {"carried": carried.count, "left": left, "notes": notes}])
        return FOUND if left else CLEAN
    print(options.out)
    said = either(f"搬了 {carried.count} 个数，{len(left)} 个没有搬", f"{carried.count} carried, {len(left)} left")
    told = [f"{one.cell}　{one.label}：{_value(one.value)}　{say(one.why, options.lang)}" for one in carried.left]
    for line in (said, *told, *notes):
        print(outward.plain(line), file=sys.stderr)
    return FOUND if left else CLEAN


def _value(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _check(options: argparse.Namespace) -> int:
    paths = [file.path for file in _workbooks(options.path)]
    units = tuple(unit.name for unit in read_units(options.units, _tell_one)) if options.units else ()
    asked = api.Asked(options.year, options.level or "", units)
    rows: Iterator[api.Row] = iter(
        api.check_all(paths, options.scheme, asked, options.engine, _crew(options, paths), options.resume)
    )
    with ExitStack() as files:
        for path, write in ((options.junit, outward.junit), (options.csv, _write_csv)):
            if path is not None:
                rows = _recorded(rows, files.enter_context(_kept(path, write)))
        counts: Counter[str] = Counter()
        for row in _progress(rows, "核对", len(paths)):
            counts[row["verdict"] if row["file"] else "missing"] += 1
            if options.json:
                _print_json([row])
            else:
                _print_row(row)
    if len(paths) > 1 and not options.json:
        said = "，".join(f"{verdict_word(verdict)} {counts[verdict]}" for verdict in ("accept", "flag", "reject"))
        missing = f"；另有 {counts['missing']} 个单位未交" if counts["missing"] else ""
        print(f"{len(paths)} 个文件：{said}{missing}", file=sys.stderr)
    return FOUND if counts.total() > counts["accept"] else CLEAN


def _crew(options: argparse.Namespace, paths: Sequence[Path]) -> api.Crew:
    """A single file is worked on in this process; several get processes of their own."""
    if options.workers is not None and options.workers < 0:
        raise XlKpiError(finding("nothing-to-do", where="--workers", why="进程数不能是负数"))
    workers = 0 if len(paths) == 1 and options.workers is None else options.workers
    return api.Crew(workers, options.scheduler, options.ship)


@contextmanager
def _kept(path: Path, write: Callable[[Iterable[api.Row], IO[bytes]], None]) -> Iterator[IO[str]]:
    """A place to put rows as they come; at the end they are written to a file, whole or not at all."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        yield waiting
        waiting.seek(0)
        written = io.BytesIO()
        write((json.loads(line) for line in waiting), written)
        save(path, written.getvalue())


def _recorded(rows: Iterator[api.Row], waiting: IO[str]) -> Iterator[api.Row]:
    for row in rows:
        waiting.write(json.dumps(row) + "\n")
        yield row


_CSV_COLUMNS = {
    "file": "文件",
    "unit": "单位",
    "year": "年度",
    "scheme": "方案",
    "verdict": "结论",
    "total": "总分",
    "max": "满分",
    "rate": "得分率",
    "grade": "等次",
    "veto_state": "否决",
    "missing": "未填项数",
    "invalid": "有误项数",
    "problems": "问题数",
    "first": "第一个问题",
}


def _write_csv(rows: Iterable[api.Row], stream: IO[bytes]) -> None:
    def with_problems(row: api.Row) -> api.Row:
        problems = [_sentence(f) for f in row["findings"] if f["severity"] != "info"]
        words = {"verdict": _outcome(row), "problems": len(problems), "first": (problems or [""])[0]}
        return row | words

    for line in outward.csv(map(with_problems, rows), _CSV_COLUMNS):
        stream.write(line.encode())


def _outcome(row: api.Row) -> str:
    return verdict_word(row["verdict"]) if row["file"] else either("未交", "missing")


def _print_row(row: api.Row) -> None:
    print(f"{outward.plain(row['file'] or row['unit'])}：{_outcome(row)}")
    if row["total"] is not None:
        state = "已完成" if row["complete"] else f"未完成（未填 {row['missing']} 项，有误 {row['invalid']} 项）"
        print(f"  {outward.plain(row['unit'])}　{row['year']}年　{state}")
        print(
            f"  总分 {row['total']:g} / {row['max']:g}（{row['rate']:.2%}）　等次 {row['grade']}　否决 {row['veto_state']}"
        )
    for found in row["findings"]:
        print(f"  {_MARKS[found['severity']]} {_sentence(found)}")


def _sentence(found: Mapping[str, str]) -> str:
    place = f"{found['sheet']}!{found['cell']}　" if found["cell"] else ""
    return outward.plain(place + found["message"])


def _recalc(options: argparse.Namespace) -> int:
    files = _workbooks(options.path, options.out)
    paths = [file.path for file in files]
    if options.out:
        refuse_clash([file.name for file in files])
        options.out.mkdir(parents=True, exist_ok=True)
    code = CLEAN
    results = api.recalculate_all(paths, options.scheme, options.engine, _crew(options, paths))
    for file, result in zip(files, _progress(results, "重算", len(paths)), strict=True):
        if isinstance(result, tuple):
            _tell(result)
            code = FOUND
            continue
        target = file.path if options.in_place else options.out / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            save(target, result)
        except SavedBeside as beside:
            said = f"{target} 正在被其他程序打开，结果存为 {beside.path}。请关闭后用它替换原文件"
            print(outward.plain(said), file=sys.stderr)
            code = FOUND
        else:
            print(outward.plain(str(target)))
        _tell_void(target, result)
    return code


def _addin(options: argparse.Namespace) -> int:
    from xl_kpi.addin import build, doctor, install  # libraries that no other command needs

    if options.what == "build":
        save(options.out, build.build())
        print(options.out)
    elif options.what == "install":
        print(install.install(options.folder))
        print(either("请重新启动 Excel。", "restart Excel."), file=sys.stderr)
    elif options.what == "uninstall":
        if not install.uninstall(options.folder):
            print(either("没有安装过。", "it was not installed."), file=sys.stderr)
    elif options.self_test:
        return _self_test()
    else:
        found = doctor.doctor(options.folder)
        for check in found:
            mark = {True: "√", False: "×", None: "·"}[check.ok]
            print(f"{mark} {check.name}：{check.says}" + (f"\n    {check.remedy}" if check.remedy else ""))
        return FOUND if any(check.ok is False for check in found) else CLEAN
    return CLEAN


def _self_test() -> int:
    from xl_kpi.addin import entry, selftest  # libraries that no other command needs
    from xl_kpi.addin.tried import summary

    entry.do_not_wait()
    path, tried = selftest.run(entry.active_excel(), entry.ACTIONS, Path(), attended=sys.stdin.isatty())
    print(path)
    print(summary(tried), file=sys.stderr)
    return FOUND if any(each.ok is False for each in tried) else CLEAN


def _panel(options: argparse.Namespace) -> int:
    from xl_kpi.addin import panel  # libraries that no other command needs

    panel.show()
    return CLEAN


def _demo(options: argparse.Namespace) -> int:
    blank, back = options.dir / "空白", options.dir / "收回"
    blank.mkdir(parents=True, exist_ok=True)
    back.mkdir(exist_ok=True)
    print("一、生成各方案的空白工作簿：")
    for path in _progress(demo.blanks(blank), "生成", len(api.schemes())):
        print(f"  {path}")
    print(f"\n二、模拟 {demo.UNITS} 家医院填报，并核对：")
    rows = []
    for path in _progress(demo.filled(back), "填报、核对", demo.UNITS):
        report = api.check(path)
        outcome = report.assessment
        assert outcome is not None, "a workbook just built is ours"
        first = next((f.message for f in report.findings if f.severity != "info"), "")
        rows.append(
            [
                report.unit,
                verdict_word(report.verdict),
                f"{outcome.total:.2f}",
                f"{outcome.rate:.2%}",
                outcome.grade,
                outcome.veto_state,
                first,
            ]
        )
    rows.sort(key=lambda row: -float(row[2]))
    _table(("单位", "核对", "总分", "得分率", "等次", "否决", "第一个问题"), rows)
    print(f"\n文件在 {options.dir}：请用 Excel 或 WPS 打开看看。")
    return CLEAN


def _workbooks(paths: Sequence[Path], outside: Path | None = None) -> list[Found]:
    """The workbooks to look at; what was passed over is told."""
    found = listing(paths, outside)
    if told := found.told():
        folders = "、".join(str(path) for path in paths if path.is_dir())
        print(outward.plain(f"{folders}：{told}"), file=sys.stderr)
    return list(found.files)


Item = TypeVar("Item")


def _progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """The items with a progress bar on a terminal, and none in a pipe."""
    bar: Iterable[Item] = tqdm(items, desc=what, total=total, file=sys.stderr, disable=None, leave=False)
    return bar


def _tell(findings: Iterable[Finding]) -> None:
    for found in findings:
        _tell_one(found)


def _tell_one(found: Finding) -> None:
    print(_sentence(found.as_json()), file=sys.stderr)


def _list_remarks(findings: Iterable[Finding]) -> None:
    for found in findings:
        print(f"{_MARKS[found.severity]} {_sentence(found.as_json())}", file=sys.stderr)


_MARKS = {"error": "×", "warning": "！", "info": "·"}


def _list(findings: Iterable[Finding]) -> None:
    for found in findings:
        print(f"  {_MARKS[found.severity]} {_sentence(found.as_json())}")


def _print_json(objects: Iterable[Any]) -> None:
    for item in objects:
        print(outward.json_line(item), flush=True)


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table in columns; a Chinese character is two wide."""
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print(
            "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)
