"""`xl-kpi fill`: answers into a workbook; nothing else of it changes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from xl_kpi import api
from xl_kpi.cli.options import Help, SchemeFile
from xl_kpi.cli.screen import CLEAN, marked
from xl_kpi.cli.work import tell_void
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import SaidError, reason_of, said


def run(
    file: Path,
    answers: Annotated[Path, Help("help.fill.answers")],
    *,
    out: Path,
    scheme: SchemeFile = "",
) -> int:
    """The workbook with the answers of a JSON file typed into it."""
    try:
        given = json.loads(answers.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise SaidError(said("answers.no-object"))
    except (UnicodeDecodeError, ValueError) as error:
        why = said("answers.no-json", file=answers.name, error=reason_of(error))
        raise XlKpiError(finding("answers", why=why)) from None
    filling = api.filling(file, given, scheme)
    api.save(out, filling.content)
    for remark in filling.remarks:
        print(marked(remark), file=sys.stderr)
    print(out)
    tell_void(out, filling.content)
    return CLEAN
