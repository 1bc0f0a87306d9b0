"""Places: gazetteer, mentions and what they mean."""
