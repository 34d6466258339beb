"""Running cases: what is asked, what is missing, the processes that run it, and where."""
