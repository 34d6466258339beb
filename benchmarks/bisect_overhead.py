"""Measure how long bisecting the script of issue 20307 takes, and where the time goes.

    python benchmarks/bisect_overhead.py

Needs a warm uv cache. Each bisection starts without bounds, environments or stored results. With
two workers, one bisection looks for the release that fixed the script and one for the release that
broke it; both include finding the upstream commit and its lines. The benchmark prints the wall time
and the number of probes of each. A third bisection with ``-j1`` shows the overhead: the share of
the wall time that is spent neither on making environments nor on running the script.
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
    """Bisect in a checkout without environments and results, and return the wall seconds."""
    return fresh.session(fresh.checkout(folder), "bisect", f"--script={SCRIPT}", *options)


def probe_seconds(folder: Path) -> tuple[int, float]:
    """Return the number of probes, and the seconds that their environments and scripts took."""
    environments = [
        json.loads(path.read_text())["environment"]
        for path in (folder / PROBES.relative_to(ROOT)).glob("*.json")
    ]
    seconds = sum(
        environment["install_seconds"] + environment["inside_seconds"]
        for environment in environments
    )
    return len(environments), seconds


def main() -> None:
    """Run the three bisections and print the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        for find in ("fixed", "broken"):
            folder = Path(temporary) / find
            wall = bisect(folder, f"--find={find}", "-j2")
            probes, seconds = probe_seconds(folder)
            print(f"{find}, -j2: {wall:.0f} s to the answer, {probes} probes ({seconds:.0f} s)")
        folder = Path(temporary) / "alone"
        wall = bisect(folder, "--find=fixed", "-j1")
        probes, seconds = probe_seconds(folder)
        print(f"fixed, -j1: {wall:.0f} s, {probes} probes, overhead {1 - seconds / wall:.1%}")


if __name__ == "__main__":
    main()
