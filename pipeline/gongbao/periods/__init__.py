"""Periods: time expressions, found and read."""
