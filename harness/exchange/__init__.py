"""Exchange: what one release has written, read by another.

From the bottom up: `saved_files` (what a writer has saved), `saved_parts` (what is in a file; parts
of it are read by `canonical_config`, `graph_content` and `checkpoint`), `logical_digest` (which
files are the same to every reader), `corpus` (one file of each kind, packed), `reading` (the
request to read them), `writing` (how the corpus gets its files), `readings` (the results, as
columns), `inference` (what follows from them for other readers), `data` (readings beside the
writers of the files), `table` (who reads what), `changes` (between which releases that changed),
`file_difference` (what a writer writes differently).

Beside them stand the `ledger` modules: which config keys a release writes, and which it accepts.
"""
