"""How long a bisection of issue 20307 takes from the script alone, and where the time goes.

    python benchmarks/bisect_overhead.py

Warm uv cache, no environments, no stored results: the script is bisected twice without bounds, to
where it was fixed and to where it broke. Prints the wall time to the answer with culprit and lines,
the number of probes, and the overhead: the share of the wall time of one worker after another that
is neither the making of an environment nor the script itself, measured with ``-j1``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fresh
from harness.util.paths import PROBES, ROOT

SCRIPT = ROOT / "tests" / "data" / "scripts" / "issue_20307.py"


def bisect(folder: Path, *options: str) -> float:
    """Seconds of one bisection in a checkout without environments and results."""
    return fresh.session(fresh.checkout(folder), "bisect", f"--script={SCRIPT}", *options)


def work(folder: Path) -> tuple[int, float]:
    """The number of probes, and the seconds that environments and scripts took."""
    probes = [
        json.loads(path.read_text())["environment"]
        for path in (folder / PROBES.relative_to(ROOT)).glob("*.json")
    ]
    seconds = sum(each["install_seconds"] + each["inside_seconds"] for each in probes)
    return len(probes), seconds


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        for find in ("fixed", "broken"):
            folder = Path(temporary) / find
            wall = bisect(folder, f"--find={find}", "-j2")
            probes, seconds = work(folder)
            print(f"{find}, -j2: {wall:.0f} s to the answer, {probes} probes ({seconds:.0f} s)")
        folder = Path(temporary) / "alone"
        wall = bisect(folder, "--find=fixed", "-j1")
        probes, seconds = work(folder)
        print(f"fixed, -j1: {wall:.0f} s, {probes} probes, overhead {1 - seconds / wall:.1%}")


if __name__ == "__main__":
    main()
