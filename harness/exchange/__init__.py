"""Exchange: what one release has written, read by another.

From the bottom up: `saved_files` (what a writer has left), `logical_digest` (which of them are one
file to every reader), `corpus` (one file of each kind, packed), `reading` (the request to read
them), `table` (who reads what).
"""
