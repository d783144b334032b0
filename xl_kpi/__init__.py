"""xl_kpi: assessment workbooks (绩效考核) that score, check and consolidate themselves."""

__version__ = "0.2.0"
