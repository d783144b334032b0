"""Lists of the units that are assessed."""
