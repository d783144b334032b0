"""`xl-kpi fill`: answers into a workbook; nothing else of it changes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Said, SchemeFile
from xl_kpi.cli.screen import CLEAN, marked
from xl_kpi.cli.work import tell_void
from xl_kpi.findings import XlKpiError, finding


def run(
    file: Path,
    answers: Annotated[Path, Said('JSON：{填报项编号: 值}，或 {"stage": …, "answers": {…}, "notes": {…}}')],
    *,
    out: Path,
    scheme: SchemeFile = "",
) -> int:
    """The workbook with the answers of a JSON file typed into it."""
    try:
        given = json.loads(answers.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise ValueError("应为一个 JSON 对象")
    except (UnicodeDecodeError, ValueError) as error:
        raise XlKpiError(finding("answers", why=f"{answers.name} 不是有效的 JSON（{error}）")) from None
    filling = api.filling(file, given, scheme)
    api.save(out, filling.content)
    for remark in filling.remarks:
        print(marked(remark), file=sys.stderr)
    print(out)
    tell_void(out, filling.content)
    return CLEAN
