"""Quantities: found and read."""
