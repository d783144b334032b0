"""Expressions: what a formula can say (ops) and how Excel and numpy say it (the two compilers)."""
