"""One virtual environment for each pair, resolved as of the pair's own day."""
