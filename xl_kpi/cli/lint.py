"""`xl-kpi lint`: does a scheme tie, cover its text, hold together."""

from __future__ import annotations

from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Json, Said
from xl_kpi.cli.screen import CLEAN, FOUND, USAGE, marked, print_json, tell
from xl_kpi.findings import SchemeError, worst


def run(scheme: Annotated[list[str], Said("方案名称，或 .yaml 文件的路径")], *, json: Json = False) -> int:
    """Every finding about some schemes."""
    code = CLEAN
    for name in scheme:
        try:
            findings = api.lint(name)
        except SchemeError as error:  # the others are looked at all the same
            if json:
                print_json({"scheme": name, **f.as_json()} for f in error.findings)
            tell(error.findings)
            code = USAGE
            continue
        if json:
            print_json({"scheme": name, **f.as_json()} for f in findings)
        else:
            print(f"{name}：" + ("没有问题" if not findings else ""))
            for found in findings:
                print(f"  {marked(found)}")
        if worst(findings) == "error":
            code = max(code, FOUND)
    return code
