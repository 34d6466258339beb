"""Results: the model of a result file, the store, signatures, comparing and merging."""
