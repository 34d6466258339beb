"""How long describing a large file takes that is not loaded, and how much memory.

    python -m benchmarks.static_answer [MEGABYTES]

Makes a ``.keras`` archive and an HDF5 file of 500 MB, has each described three times as ``nox -s
file`` does, and prints the fastest time by the clock and the largest memory of the process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.userfile.reading import facts_about
from tests.userfile.files import DENSE, archive, model
from tests.userfile.tiny_hdf5 import Array, Member, hdf5

REPEATS = 3


def make(folder: Path, megabytes: int) -> None:
    """Make the files, of zeros that take disk space; this needs more memory than they have."""
    weights: dict[str, Member] = {
        "layers": {"dense": {"vars": {"0": Array((4, megabytes * 62_500)), "1": Array((2,))}}}
    }
    archive(folder / "large.keras", model(DENSE), weights)
    (folder / "large.h5").write_bytes(hdf5(weights))


def measure(folder: Path) -> None:
    """Have the files described, and print what that took."""
    for path in sorted(folder.iterdir()):
        seconds = []
        for _ in range(REPEATS):
            started = time.monotonic()
            facts = facts_about(path)
            seconds.append(time.monotonic() - started)
        size = path.stat().st_size / 1e6
        print(f"{path.suffix:8}{size:6.0f} MB  {facts.parameters:,} values  {min(seconds):.2f} s")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"largest memory of a describing process: {used / 1024:.0f} MB")


def main(megabytes: str = "500") -> None:
    """Make and measure in processes of their own: the memory of one would count for the other."""
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (["make", folder, megabytes], ["measure", folder]):
            subprocess.run([sys.executable, "-m", __spec__.name, *arguments], check=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, megabytes]:
            make(Path(folder), int(megabytes))
        case ["measure", folder]:
            measure(Path(folder))
        case arguments:
            main(*arguments)
