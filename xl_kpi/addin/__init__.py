"""The Excel add-in: its file (build), and what its buttons do."""
