"""Where the time of a matrix run goes, and how long it takes when all is known.

    python benchmarks/matrix_overhead.py [--keep FOLDER] [matrix options]

Run it with warm caches. It works in a copy of the checkout without environments or results, and
prints: wall time; the seconds spent inside the pairs' own processes, in installing, and in the
cells themselves; wall / (inside / jobs); the wall time of a second run, of its planning and of its
report; and the disk that each environment takes. ``--keep`` copies the results.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fresh
from harness.results import store

JOBS = 2


def own_bytes(folder: Path) -> int:
    """Bytes of the files that no other environment and no cache shares."""
    found = (path.lstat() for path in folder.rglob("*"))
    return sum(each.st_blocks * 512 for each in found if each.st_nlink == 1)


def main() -> None:
    """Run the matrix twice in a fresh copy and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path)
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
    inside = sum(each.environment["inside_seconds"] for each in stored)
    installing = sum(each.environment["install_seconds"] for each in stored)
    cells = sum(cell.seconds for each in stored for cell in each.cells.values())
    print(f"pairs                       {len(stored)}")
    print(f"wall                        {first:.1f} s")
    print(f"installing                  {installing:.1f} s")
    print(f"inside the pairs            {inside:.1f} s, of which cells {cells:.1f} s")
    print(f"wall / (inside / {JOBS})         {first / (inside / JOBS):.2f}")
    print(f"second run, nothing changed {second:.1f} s")
    print(f"  its planning, --list      {planning:.1f} s")
    print(f"  nox -s report             {report:.1f} s")
    print(f"disk of an environment      {disk[0] / 1e6:.0f} to {disk[-1] / 1e6:.0f} MB of its own")


if __name__ == "__main__":
    main()
