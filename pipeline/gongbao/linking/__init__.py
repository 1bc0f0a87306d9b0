"""Linking: the place, period, indicator and initiative of every quantity."""
