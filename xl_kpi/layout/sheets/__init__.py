"""How each sheet is laid out: one module a sheet, each with `lay_out(plan)`."""

from xl_kpi.layout.sheets import checks, cover, entry, form, meta, rules, summary

__all__ = ["checks", "cover", "entry", "form", "meta", "rules", "summary"]
