"""Schemes (考核方案): the model, reading, what is written and what is settled of it, linting."""
