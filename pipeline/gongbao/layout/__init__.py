"""How an article is laid out: outline and tables."""
