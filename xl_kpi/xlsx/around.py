"""What a sheet says around its rows: columns, merges, protection, validations, conditional formats.

Some programs (OnlyOffice all of them, Excel some) write validations, conditional formats and ranges left open not where
the format of 2007 has them but in the extension of 2010 (`x14`), where ranges and formulas are texts of elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from xl_kpi.xlsx.addresses import Area, area, areas
from xl_kpi.xlsx.limits import MAX_COLUMN, MAX_MERGED_AREA, MAX_MERGES
from xl_kpi.xlsx.refused import too_large
from xl_kpi.xlsx.rows import TRUE


@dataclass(frozen=True)
class ReadValidation:
    """A data validation as the file has it."""

    kind: str
    operator: str
    low: str
    high: str
    cells: str
    enforced: bool  # whether what it does not allow is refused


class ReadCondition(NamedTuple):
    """A conditional format: its cells, and the index of its look among the styles, or the number format it brings along."""

    cells: list[Area]
    look: str
    number_format: str = ""


@dataclass
class Around:
    """What stands around the rows of a sheet; columns count from 1, widths are in characters."""

    merges: list[Area] = field(default_factory=list)
    validations: list[ReadValidation] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last of each run
    widths: list[tuple[int, int, float]] = field(default_factory=list)  # first and last of each run, and its width
    protected: bool = False
    filtered: bool = False  # an autofilter hides rows by a criterion
    zeros_hidden: bool = False  # a cell that holds 0 looks blank
    editable: list[Area] = field(default_factory=list)  # what protection leaves open
    conditions: list[ReadCondition] = field(default_factory=list)


_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_XM = "http://schemas.microsoft.com/office/excel/2006/main}"
Starts = Mapping[str, Callable[[dict[str, str]], None]]
Ends = Mapping[str, Callable[[str], None]]


class AroundReader:
    """One method for each element that says something; what they have gathered is in the sheet."""

    def __init__(self, sheet: Around) -> None:
        self._sheet = sheet
        self._merged = 0
        self._rule: dict[str, str] = {}  # the validation that is open
        self._where: list[Area] = []  # the cells of the conditional format that is open
        self._formats: list[str] | None = None  # the number formats an x14 one brings along
        self._limit = ""  # which limit of a rule is open
        self._is_range = False  # whether an x14 range that protection leaves open is

    def handlers(self, space: str) -> tuple[Starts, Ends]:
        """By the names of elements as expat gives them: what to do with the attributes of one that begins, and with
        the text of one that ends. `space` is the sheet's own namespace, as it stands before a name."""
        starts = {
            space + "mergeCell": self._merge,
            space + "col": self._column,
            space + "sheetView": self._view,
            space + "sheetProtection": self._protection,
            space + "protectedRange": self._range,
            space + "filterColumn": self._filter,
            space + "conditionalFormatting": self._condition,
            space + "cfRule": self._condition_rule,
            space + "dataValidation": self._validation,
            space + "numFmt": self._number_format,
            _X14 + "dataValidation": self._validation,
            _X14 + "formula1": lambda _: self._open_limit("formula1"),
            _X14 + "formula2": lambda _: self._open_limit("formula2"),
            _X14 + "conditionalFormatting": self._x14_condition,
            _X14 + "protectedRange": self._x14_range,
        }
        ends = {
            space + "formula1": lambda text: self._rule.update(formula1=text),
            space + "formula2": lambda text: self._rule.update(formula2=text),
            space + "dataValidation": self._validation_ends,
            _XM + "f": self._x14_formula,
            _XM + "sqref": self._x14_cells,
            _X14 + "dataValidation": self._validation_ends,
            _X14 + "formula1": lambda _: self._open_limit(""),
            _X14 + "formula2": lambda _: self._open_limit(""),
            _X14 + "conditionalFormatting": self._x14_condition_ends,
            _X14 + "protectedRange": self._x14_range_ends,
        }
        return starts, ends

    # columns, merges, protection

    def _merge(self, attributes: dict[str, str]) -> None:
        merge = area(attributes["ref"])
        (top, left), (bottom, right) = merge
        self._merged += (bottom - top + 1) * (right - left + 1)
        if self._merged > MAX_MERGED_AREA or len(self._sheet.merges) >= MAX_MERGES:
            raise too_large("xlsx.too-many-cells-merged")
        self._sheet.merges.append(merge)

    def _column(self, attributes: dict[str, str]) -> None:
        first, last = int(attributes["min"]), int(attributes["max"])
        if not 1 <= first <= last <= MAX_COLUMN:
            raise ValueError(attributes)
        width = float(attributes.get("width", "nan"))
        if attributes.get("hidden") in TRUE or width == 0:
            self._sheet.hidden_columns.append((first, last))
        elif width == width:
            self._sheet.widths.append((first, last, width))

    def _view(self, attributes: dict[str, str]) -> None:
        self._sheet.zeros_hidden |= attributes.get("showZeros") in ("0", "false", "off")

    def _protection(self, attributes: dict[str, str]) -> None:
        self._sheet.protected = attributes.get("sheet") in TRUE

    def _range(self, attributes: dict[str, str]) -> None:
        self._sheet.editable += areas(attributes.get("sqref", ""))

    def _x14_range(self, _: dict[str, str]) -> None:
        self._is_range = True

    def _x14_range_ends(self, _: str) -> None:
        self._is_range = False

    def _filter(self, _: dict[str, str]) -> None:
        self._sheet.filtered = True

    # conditional formats

    def _condition(self, attributes: dict[str, str]) -> None:
        self._where = areas(attributes.get("sqref", ""))

    def _condition_rule(self, attributes: dict[str, str]) -> None:
        self._sheet.conditions.append(ReadCondition(self._where, attributes.get("dxfId", "")))

    def _x14_condition(self, _: dict[str, str]) -> None:
        self._formats, self._where = [], []

    def _number_format(self, attributes: dict[str, str]) -> None:
        if self._formats is not None:
            self._formats.append(attributes.get("formatCode", ""))

    def _x14_condition_ends(self, _: str) -> None:
        self._sheet.conditions += [ReadCondition(self._where, "", code) for code in self._formats or ()]
        self._formats = None

    # validations

    def _validation(self, attributes: dict[str, str]) -> None:
        self._rule = attributes | {"formula1": "", "formula2": ""}

    def _open_limit(self, limit: str) -> None:
        self._limit = limit

    def _validation_ends(self, _: str) -> None:
        rule, self._rule = self._rule, {}
        made = ReadValidation(
            rule.get("type", "none"),
            rule.get("operator", "between"),
            rule["formula1"],
            rule["formula2"],
            rule.get("sqref", ""),
            rule.get("showErrorMessage") in TRUE and rule.get("errorStyle", "stop") == "stop",
        )
        self._sheet.validations.append(made)

    # texts of the extension

    def _x14_formula(self, text: str) -> None:
        if self._limit:
            self._rule[self._limit] = text

    def _x14_cells(self, text: str) -> None:
        if self._is_range:
            self._sheet.editable += areas(text)
        elif self._formats is not None:
            self._where = areas(text)
        elif self._rule:
            self._rule["sqref"] = text
