"""What the formula cells of a plan show: for answers, and in a blank workbook."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xl_kpi.expr.to_numpy import Batch
from xl_kpi.layout.plan import Plan
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.cells import Value


def shown(plan: Plan, batch: Batch) -> list[list[Value]]:
    """What every formula cell shows in each workbook of a batch, in the order of `plan.formula_cells`.

    An empty text is "".
    """
    columns = []
    for formula in plan.formula_cells:
        node = formula.node
        if node is None:
            node = f"{formula.sheet}!{formula.name}"
            if node not in batch.columns:
                batch.compute(node, formula.op)
        columns.append(batch.columns[node])
    words = batch.words
    numbers = np.stack([column.numbers for column in columns], axis=1)
    texts = np.stack([column.texts for column in columns], axis=1)
    return [
        [words[text] if text or number != number else number for number, text in zip(*row, strict=True)]
        for row in zip(numbers.tolist(), texts.tolist(), strict=True)
    ]


def blank_values(plan: Plan) -> dict[Place, Value]:
    """What every formula cell shows in a blank workbook, by sheet and name."""
    return by_place(plan, shown(plan, plan.program.evaluate([{}]))[0])


def by_place(plan: Plan, values: Sequence[Value]) -> dict[Place, Value]:
    """What `shown` gives for one workbook, by sheet and name."""
    formulas = plan.formula_cells
    return {(formula.sheet, formula.name): value for formula, value in zip(formulas, values, strict=True)}
