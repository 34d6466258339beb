"""Ledgers: the config keys that a release writes by default, and those that it accepts."""
