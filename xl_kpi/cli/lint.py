"""`xl-kpi lint`: does a scheme tie, cover its text, hold together."""

from __future__ import annotations

from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Help, Json
from xl_kpi.cli.screen import CLEAN, FOUND, USAGE, marked, print_json, tell
from xl_kpi.findings import SchemeError, worst
from xl_kpi.report.language import language, worded


def run(scheme: Annotated[list[str], Help("help.lint.scheme")], *, json: Json = False) -> int:
    """Every finding about some schemes."""
    code = CLEAN
    for name in scheme:
        try:
            findings = api.lint(name)
        except SchemeError as error:  # the others are looked at all the same
            if json:
                print_json({"scheme": name, **f.as_json(language())} for f in error.findings)
            tell(error.findings)
            code = USAGE
            continue
        if json:
            print_json({"scheme": name, **f.as_json(language())} for f in findings)
        else:
            print(worded("cli.problems" if findings else "cli.no-problems", name=name))
            for found in findings:
                print(f"  {marked(found)}")
        if worst(findings) == "error":
            code = max(code, FOUND)
    return code
