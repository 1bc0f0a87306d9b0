"""The Chinese language: numbers, calendar, script, words, sentences, clauses; knows nothing of articles or records."""
