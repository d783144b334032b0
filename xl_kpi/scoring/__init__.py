"""Scoring: from what was typed to scores, totals, vetoes and grade, for many workbooks at once."""
