"""A run as one HTML page to look at: totals, charts, a table of the records, and every record in its article."""
