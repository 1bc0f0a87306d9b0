"""The Chinese language: numbers, calendar, script, words and clauses; knows nothing of articles or records."""
