"""Blank workbooks: the layout written as a file, and cut for each unit."""
