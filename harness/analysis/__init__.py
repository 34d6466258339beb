"""Analysis of the stored results: tables, change points, their kinds and explanations."""
