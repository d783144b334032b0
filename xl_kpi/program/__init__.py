"""A scheme as a program of formulas, and what it makes of answers."""
