"""What ``compare`` prints: how many cells two runs have in common, and which of them differ."""

from __future__ import annotations

from rich.console import Console

from harness.results.compare import ResultComparison
from harness.util.console import print_line, print_wrapped
from harness.util.escaping import one_line
from harness.util.wording import counted


def print_comparison(console: Console, comparison: ResultComparison, left_out: int = 0) -> None:
    """Print the number of cells in a sentence, then those that differ, wrapped at words.

    ``left_out`` cells are in both, but were made by different code.
    """
    differences = comparison.differences
    cells = counted(comparison.cells, "cell")
    sides = ", each as stored here / in FOLDER:" if differences else ""
    print_line(console, f"{cells} in both, {counted(len(differences), 'difference')}{sides}")
    if left_out:
        cells = f"{counted(left_out, 'cell')} that different code made"
        print_line(console, f"not compared: {cells}; --any-code compares all")
    elif not comparison.cells and not differences:
        print_line(console, "nothing to compare: the two runs have no cell in common")
    for difference in differences:
        print_wrapped(console, f"  {one_line(str(difference))}")
