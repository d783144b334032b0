"""Recalculation engines: one file per engine, all behind `xl_kpi.engines.base.Engine`.

They are imported one by one where they are used: ``formulas`` alone takes a second to import, and
``pyopenvba`` is there in tests only.
"""
