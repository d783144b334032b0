"""How each sheet is laid out: one module a sheet, each with `lay_out(plan, sheet)`."""
