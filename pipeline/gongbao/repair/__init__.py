"""Repair of what web pages and converters broke (design.md, "Damage")."""
