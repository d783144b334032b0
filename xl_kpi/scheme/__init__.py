"""Schemes (考核方案): the model, loading, linting, and the program of formulas a scheme amounts to."""
