"""Execution: which cells a request asks for, which are missing, and the processes that run them."""
