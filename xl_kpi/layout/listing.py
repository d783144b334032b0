"""The block of 核对 to which the add-in writes its findings, a line each; empty and unlocked until then."""

from __future__ import annotations

from xl_kpi.xlsx.addresses import a1

TITLES = (
    "级别",
    "单元格",
    "代码",
    "填报行",
    "问题与处理办法",
)  # the last is on one line, as long as it takes
LINES = 200
TITLE_ROW = 3
FIRST, LAST = TITLE_ROW + 1, TITLE_ROW + LINES
COLUMN = 6
LAST_COLUMN = COLUMN + len(TITLES) - 1

TITLES_AT = f"{a1(TITLE_ROW, COLUMN)}:{a1(TITLE_ROW, LAST_COLUMN)}"
BLOCK = f"{a1(FIRST, COLUMN)}:{a1(LAST, LAST_COLUMN)}"

MARKED_COLUMN = COLUMN + TITLES.index("填报行")
MARKED_ROWS = "marked_rows"  # the name of the column 填报行: the rows of 数据填报 that show a mark
