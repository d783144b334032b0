"""Workbooks: planned, written, read and patched."""
