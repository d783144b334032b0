"""The .xlsx file: read, compared byte by byte, written and patched. It knows no scheme."""
