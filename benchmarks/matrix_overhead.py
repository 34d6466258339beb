"""Measure where the time of a matrix run goes, and how long a run takes when nothing is left to do.

    python benchmarks/matrix_overhead.py [--keep FOLDER] [matrix options]

Run it with warm caches. It works in a copy of the checkout without environments or results. It
prints the wall time; the seconds spent on installing, in the pairs' own processes, and in the cells
themselves; the ratio wall / (inside / jobs); the wall time of a second run, of its planning alone
and of the report; and the disk space that an environment takes. ``--keep`` copies the results to a
folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fresh
from harness.results import store
from harness.results.model import Result

JOBS = 2


def own_bytes(folder: Path) -> int:
    """Return the bytes of the files that no other environment and no cache shares."""
    file_stats = (path.lstat() for path in folder.rglob("*"))
    return sum(stat.st_blocks * 512 for stat in file_stats if stat.st_nlink == 1)


def main() -> None:
    """Run the matrix twice in a fresh copy and print the figures."""
    parser = argparse.ArgumentParser(epilog="All other options are handed on to `matrix`.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="copy the results to a folder")
    arguments, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = fresh.checkout(Path(scratch) / "checkout")
        options = [f"-j{JOBS}", *options]
        first = fresh.session(folder, "matrix", *options, quiet=True)
        second = fresh.session(folder, "matrix", *options, quiet=True)
        planning = fresh.session(folder, "matrix", "--list", *options, quiet=True)
        report = fresh.session(folder, "report", quiet=True)
        stored, _ = store.read_all(folder / "reports/results")
        if arguments.keep:
            shutil.copytree(folder / "reports/results", arguments.keep, dirs_exist_ok=True)
        disk = sorted(own_bytes(path) for path in (folder / ".nox").glob("pair-*"))
    print_run(stored, first)
    print(f"second run, nothing changed {second:.1f} s")
    print(f"  its planning, --list      {planning:.1f} s")
    print(f"  nox -s report             {report:.1f} s")
    print(f"disk of an environment      {disk[0] / 1e6:.0f} to {disk[-1] / 1e6:.0f} MB of its own")


def print_run(stored: Sequence[Result], wall: float) -> None:
    """Print where the ``wall`` seconds of the run that stored these results went."""
    inside = sum(result.environment["inside_seconds"] for result in stored)
    installing = sum(result.environment["install_seconds"] for result in stored)
    cells = sum(cell.seconds for result in stored for cell in result.cells.values())
    print(f"pairs                       {len(stored)}")
    print(f"wall                        {wall:.1f} s")
    print(f"installing                  {installing:.1f} s")
    print(f"inside the pairs            {inside:.1f} s, of which cells {cells:.1f} s")
    print(f"wall / (inside / {JOBS})         {wall / (inside / JOBS):.2f}")


if __name__ == "__main__":
    main()
