"""The Excel add-in: its file (build), and what its buttons do."""

TITLE = "绩效考核"  # of every message
