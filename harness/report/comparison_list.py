"""What ``compare`` prints: how many cells two runs have in common, and which of them differ."""

from __future__ import annotations

from rich.console import Console

from harness.results.compare import ResultComparison
from harness.util.console import print_line, print_wrapped
from harness.util.escaping import one_line


def print_comparison(console: Console, comparison: ResultComparison) -> None:
    """Print the number of cells in a sentence, then those that differ, wrapped at words."""
    differences = comparison.differences
    print_line(console, f"{comparison.cells} cells in both, {len(differences)} differ")
    if differences:
        print_line(console, "cells that differ:", style="bold")
    for difference in differences:
        print_wrapped(console, f"  {one_line(str(difference))}")
