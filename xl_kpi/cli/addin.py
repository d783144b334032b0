"""`xl-kpi addin`: the Excel add-in is built, installed, looked at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from xl_kpi import api
from xl_kpi.addin import build, doctor, install
from xl_kpi.cli.options import Help
from xl_kpi.cli.screen import CLEAN, FOUND
from xl_kpi.report.language import worded


def run(
    what: Literal["build", "install", "uninstall", "doctor"],
    *,
    out: Annotated[Path, Help("help.addin.out")] = Path("xl_kpi.xlam"),
    self_test: Annotated[bool, Help("help.addin.self_test")] = False,
    folder: Annotated[Path | None, Help("help.addin.folder")] = None,
) -> int:
    """One of its actions; clean unless something is wrong with the machine."""
    if what == "build":
        api.save(out, build.build())
        print(out)
    elif what == "install":
        print(install.install(folder))
        print(worded("cli.restart-excel"), file=sys.stderr)
    elif what == "uninstall":
        if not install.uninstall(folder):
            print(worded("cli.not-installed"), file=sys.stderr)
    elif self_test:
        return _self_test()
    else:
        found = doctor.doctor(folder)
        for check in found:
            print(
                worded("cli.doctor-line", mark=check.mark, name=check.name, says=check.says)
                + (f"\n    {check.remedy}" if check.remedy else "")
            )
        return FOUND if any(check.ok is False for check in found) else CLEAN
    return CLEAN


def _self_test() -> int:
    from xl_kpi.addin import entry, selftest  # libraries that no other action needs
    from xl_kpi.addin.tried import summary

    entry.do_not_wait()
    path, tried = selftest.run(entry.active_excel(), entry.ACTIONS, Path(), attended=sys.stdin.isatty())
    print(path)
    print(summary(tried), file=sys.stderr)
    return FOUND if any(each.ok is False for each in tried) else CLEAN
