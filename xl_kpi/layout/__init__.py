"""The layout: from a program to every cell of a workbook. It knows no zip and no XML."""
