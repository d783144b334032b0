"""The public functions: values in, dataclasses out.

scheme = api.scheme("zaozhuang-hospital-2022")
content = api.build(scheme, unit="枣庄市立医院")
report = api.check(Path("枣庄市立医院_2022_zaozhuang-hospital-2022.xlsx"))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xl_kpi import engines, shipped
from xl_kpi.blank import clone
from xl_kpi.bulk.folder import SUFFIXES, Found, Listing, listing, refuse_clash, refuse_existing
from xl_kpi.bulk.returns import Crew, check_all, recalculate_all
from xl_kpi.engines import OFFERED as ENGINES
from xl_kpi.findings import Finding, SchemeError, WorkbookError, XlKpiError, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import filename
from xl_kpi.program import load as loading
from xl_kpi.program import nodes
from xl_kpi.program.assessment import Assessment, Typed, assess
from xl_kpi.program.build import Program
from xl_kpi.program.made_up import Answers, simulated
from xl_kpi.returned import check as checking
from xl_kpi.returned import listed
from xl_kpi.returned.carry import Carried, carry
from xl_kpi.returned.check import ANY, NATIVE, Asked
from xl_kpi.returned.fill import Filling, filling
from xl_kpi.returned.read import identify, read
from xl_kpi.returned.report import VERDICTS, Report
from xl_kpi.rules.parts import Level
from xl_kpi.scheme import lint as linting
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.resolve import resolve
from xl_kpi.units.listing import Unit, read_units, unit_key, unwritable
from xl_kpi.words import said
from xl_kpi.xlsx.addresses import Place, a1
from xl_kpi.xlsx.archive import is_signed, pack
from xl_kpi.xlsx.book import sheet_parts
from xl_kpi.xlsx.cells import ReadValue, Value
from xl_kpi.xlsx.escapes import escape
from xl_kpi.xlsx.markup import parse_xml
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.save import SavedBeside, save
from xl_kpi.xlsx.source import Source
from xl_kpi.xlsx.table import Column
from xl_kpi.xlsx.table import workbook as table_file

__all__ = [
    "ANY",
    "ENGINES",
    "NATIVE",
    "SUFFIXES",
    "VERDICTS",
    "Asked",
    "Assessment",
    "Carried",
    "Column",
    "Crew",
    "Filling",
    "Found",
    "Level",
    "Listing",
    "Refused",
    "Report",
    "SavedBeside",
    "Source",
    "Unit",
    "Value",
    "a1",
    "build",
    "carry",
    "cells",
    "check",
    "check_all",
    "describe",
    "escape",
    "filename",
    "fill",
    "filling",
    "identify",
    "is_signed",
    "lint",
    "listed",
    "listing",
    "pack",
    "parse_xml",
    "program",
    "read_units",
    "recalculate_all",
    "recalculated",
    "refuse_clash",
    "refuse_existing",
    "save",
    "scheme",
    "scheme_of",
    "schemes",
    "score",
    "sheet_parts",
    "simulate",
    "table_file",
    "unit_key",
    "unpack",
    "unwritable",
    "workbook_map",
]


def schemes() -> list[str]:
    """The names of the schemes shipped."""
    return list(shipped.names())


def describe(name: str) -> Scheme:
    """A scheme as written, its level not settled. Raises SchemeError."""
    return loading.load(name)


def scheme(name: str, level: Level | None = None, year: int | None = None) -> Scheme:
    """A scheme by name or path, settled for a level, for its own year or another. Raises SchemeError."""
    loaded = loading.load(name)
    if year is not None and not 2000 <= year <= 2100:
        raise SchemeError(finding("scheme-year", year=year))
    return resolve(loaded, level, year)


def lint(name: str) -> list[Finding]:
    """Every finding about a scheme. Raises SchemeError where it does not even load."""
    return list(linting.lint(loading.load(name, anew=True)))


def build(settled: Scheme, unit: str = "", code: str = "") -> bytes:
    """The blank workbook of a unit (the scheme's own unless named), the same bytes every time.

    Raises XlKpiError for a name or code that cannot stand in a workbook.
    """
    if unwritable(unit + code):
        why = said("units.unwritable-name")
        raise XlKpiError(finding("units", file="", where="", why=why))
    return clone.blank(settled, unit.strip() or settled.unit, code.strip())


def score(settled: Scheme, answers: Typed) -> Assessment:
    """The outcome of answers by input id (`t05.ontime`), as 自报值. Percentages are fractions, dates serials."""
    program = plan_of(settled).program
    first = program.stages[0]
    batch = program.evaluate([{nodes.typed(name, first): value for name, value in answers.items()}])
    return assess(program, batch, 0)


def workbook_map(source: Source, scheme_file: str = "") -> dict[str, Any]:
    """Where everything is in a workbook (`xl-kpi map`). Raises WorkbookError for a file that is not ours."""
    filled = read(source, scheme_file)
    plan = filled.plan
    return {
        "scheme": plan.scheme.id,
        "version": plan.scheme.version,
        "unit": filled.meta.unit,
        "year": plan.scheme.year,
        "level": plan.scheme.level,
        "stage": plan.program.reached(filled.typed()).id,
        "fingerprint": plan.fingerprint,
        "inputs": plan.input_map(),
        "outputs": plan.output_map(),
    }


def fill(source: Source, answers: Mapping[str, Any], scheme_file: str = "") -> bytes:
    """The workbook with answers typed into it, as `filling` does it."""
    return filling(source, answers, scheme_file).content


def recalculated(source: Source, scheme_file: str = "", engine: str = NATIVE) -> bytes:
    """The workbook with the cached value of every formula cell worked out anew; nothing else changes.

    A constant that stands where a formula should stays as it is: `check` reports it. Raises WorkbookError.
    """
    engines.require(engine)
    result = checking.recalculated([source], scheme_file, engine)[0]
    if isinstance(result, tuple):
        raise WorkbookError(*result)
    return result


def check(source: Source, scheme_file: str = "", asked: Asked = ANY, engine: str = NATIVE) -> Report:
    """One file's verdict, outcome and findings. Never raises for what is in the file.

    Raises XlKpiError where the engine cannot be had.
    """
    engines.require(engine)
    return checking.checked([source], scheme_file, asked, engine)[0]


def program(settled: Scheme) -> Program:
    """The program of a settled scheme: every input, formula and outcome."""
    return plan_of(settled).program


def simulate(settled: Scheme, seed: int) -> Answers:
    """Made-up answers of one unit by input id, the same for the same seed."""
    return simulated(plan_of(settled).program, seed)


def scheme_of(source: Source) -> Scheme:
    """The settled scheme that a workbook was built from. Raises WorkbookError for a file that is not ours."""
    return read(source).plan.scheme


def cells(source: Source) -> dict[Place, ReadValue]:
    """What stands in every cell of a workbook of ours. Raises WorkbookError for another file."""
    sheets = read(source).sheets
    return {(sheet, name): cell.value for sheet, each in sheets.items() for name, cell in each.cells.items()}
