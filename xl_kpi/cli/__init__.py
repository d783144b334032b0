"""`xl-kpi`: one file a command, which is imported when it is asked for. Arguments, printing and exit codes, nothing else."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from xl_kpi import __version__
from xl_kpi.cli import options
from xl_kpi.cli.screen import CLEAN as CLEAN
from xl_kpi.cli.screen import FOUND, USAGE, tell
from xl_kpi.findings import SchemeError, XlKpiError, speak

# Every command and what help says of it, in the order of the work; `run` of the file of its name is the command.
COMMANDS = {
    "schemes": "列出现有方案：名称、标题、年度、任务数、分值",
    "lint": "检查方案：分值是否相符、是否覆盖原文、是否自洽",
    "new": "生成空白工作簿",
    "map": "列出工作簿中每个填报项和结果所在的单元格",
    "fill": "把答案填入工作簿，其余一概不动",
    "carry": "把已下发的旧版工作簿里填的数搬到新生成的工作簿，列出搬不过去的",
    "check": "核对工作簿：重新计分，报告总分、否决、等次和问题",
    "recalc": "重新计算工作簿，只更新公式的缓存值",
    "addin": "Excel 加载项：生成、安装、卸载、诊断",
    "panel": "面板：核对文件和文件夹、生成空白、重算、搬到新表的窗口，不需要 Excel；也可对 Excel 中打开的工作簿操作",
    "demo": "演示：五份空白工作簿，十二家模拟单位填报、核对并列出结果",
}
_WRONGLY_ASKED = frozenset(
    ("units", "answers", "not-found", "nothing-to-do", "no-workbooks", "executor", "engine-missing")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (0 clean, 1 findings, 2 usage or scheme error)."""
    given = vars(_parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments))
    speak(given.pop("lang"))
    command: Callable[..., int] = given.pop("run")
    if given.get("json") and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        return command(**given)
    except SchemeError as error:
        tell(error.findings)
        return USAGE
    except XlKpiError as error:
        tell(error.findings)
        return USAGE if any(found.code in _WRONGLY_ASKED for found in error.findings) else FOUND
    except BrokenPipeError:
        return FOUND
    except OSError as error:
        print(
            f"无法读写 {error.filename or ''}：{error.strerror}。请检查路径、权限，或关闭正在打开它的程序",
            file=sys.stderr,
        )
        return USAGE


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line: it knows every command by name, and the options of those that the line names."""
    parser = argparse.ArgumentParser(prog="xl-kpi", description="公共卫生绩效考核工作簿：生成、填报、计分、核对")
    parser.add_argument("--version", action="version", version=f"xl-kpi {__version__}")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="提示所用的语言")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help="提示所用的语言")
    commands = parser.add_subparsers(required=True, metavar="命令")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, parents=[common], help=summary, description=summary)
        if name in arguments:
            run = import_module(f"xl_kpi.cli.{name}").run
            command.set_defaults(run=run)
            options.add(command, run)
    return parser
