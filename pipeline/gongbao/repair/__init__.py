"""Repair of what web pages and converters broke."""
