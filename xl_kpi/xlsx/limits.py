"""How much of a file from outside is looked at: every limit in one place.

Ours are far below (a hospital's workbook: 120 kB, 20 parts, 840 kB of XML, 30,000 marks, 9,000 cells). The worst file
within them all is read in less than 1 GB and 20 seconds; what is over them is refused as `too-large`.
"""

from __future__ import annotations

# The archive
MAX_FILE_BYTES = 64 << 20  # the file as it comes; leaves room for photographs pasted in as evidence
MAX_PARTS = 2_000  # entries of the zip directory
MAX_DIRECTORY_BYTES = 1 << 20  # the zip directory itself: names, extra fields, comments
MAX_PART_BYTES = 64 << 20  # one part unpacked; a million styled rows without a cell are 50 to 80 MB
MAX_BYTES_IN_ALL = 128 << 20  # all parts unpacked
RATIO_FROM = 4 << 20  # parts smaller than this may be compressed as well as they like
MAX_RATIO = 200  # unpacked to packed; ours reach 20, a million styled rows 120, deflate itself 1,032

# XML
MAX_XML_BYTES = 80 << 20  # the XML parts together; a text of it can take four times its bytes in memory
MAX_MARKS = 3_000_000  # `<` in the XML parts together: what bounds the time of every later pass
MAX_DEPTH = 64  # elements within one another; Excel's own parts stay under 20, its drawings under 30
MAX_TREE_BYTES = 16 << 20  # a part that is read as a tree: the workbook, relationships, styles
MAX_TREE_MARKS = 500_000  # `<` in such a part: an element of a tree takes some 250 bytes

# The workbook
MAX_SHEETS = 1_000  # tabs
MAX_NAMES = 50_000  # defined names; workbooks copied for years drag tens of thousands along
MAX_STRINGS = 1_000_000  # shared strings
MAX_TEXT = 32_767  # characters of one shared string: Excel's own limit for a cell
MAX_ROW = 1_048_576  # Excel's own
MAX_COLUMN = 16_384  # Excel's own: XFD
MAX_CELLS = 500_000  # cells of a sheet; each takes some 300 bytes
MAX_MERGES = 20_000  # merged areas of a sheet
MAX_MERGED_AREA = 2_000_000  # cells under the merges of a sheet
