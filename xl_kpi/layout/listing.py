"""The block of 核对 to which the add-in writes its findings, a line each; empty and unlocked until then."""

from __future__ import annotations

from xl_kpi.xlsx.addresses import Area

TITLES = (
    "级别",
    "单元格",
    "代码",
    "填报行",
    "问题与处理办法",
)  # the last is on one line, as long as it takes
LINES = 200
TITLE_ROW = 3
COLUMN = 6

TITLES_AT = Area(TITLE_ROW, COLUMN, TITLE_ROW, COLUMN + len(TITLES) - 1)
BLOCK = Area(TITLE_ROW + 1, COLUMN, TITLE_ROW + LINES, TITLES_AT.right)

_MARKED = COLUMN + TITLES.index("填报行")
MARKED = Area(BLOCK.top, _MARKED, BLOCK.bottom, _MARKED)
MARKED_ROWS = "marked_rows"  # the name of the column 填报行: the rows of 数据填报 that show a mark
