"""Workbooks: planned without openpyxl, written with it, read and patched without it."""
