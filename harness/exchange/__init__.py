"""Exchange: what one release has written, read by another.

From the bottom up: `saved_files` (what a writer has left), `logical_digest` (which of them are one
file to every reader; `canonical_config`, `graph_content` and `checkpoint` know their parts),
`corpus` (one file of each kind, packed), `reading` (the request to read them), `writing` (how the
corpus gets its files), `data` (readings beside the writers of the files), `table` (who reads what).
Beside them stand the `ledger` modules: which config keys a release writes, and which it accepts.
"""
