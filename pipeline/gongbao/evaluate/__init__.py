"""Scoring records against gold facts."""
