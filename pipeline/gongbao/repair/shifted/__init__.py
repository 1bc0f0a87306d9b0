"""Shifted GBK: passages of which a program cut a byte pair, read one byte late."""
