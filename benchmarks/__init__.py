"""Measurements that are run by hand; no test depends on a time."""
