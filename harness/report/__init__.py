"""The published report: the tables in ``reports/``, the site, and the tables in the terminal."""
