"""Oracles: they tell a search what a release does, by a run or by what is stored."""
