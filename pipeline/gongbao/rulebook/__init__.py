"""Tools for those who write rules: checking examples, coverage, explanations, templates."""
