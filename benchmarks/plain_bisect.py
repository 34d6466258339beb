"""Compare `nox -s bisect` with a bisection by hand: issue 20307 over the Keras 3 releases.

    python benchmarks/plain_bisect.py [--tensorflow VERSION]

By hand means virtualenv, pip with its warm cache, and the script: for both bounds, and then for the
middle of what is left. Both ways start without environments. The ratio of the times is what counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import fresh  # noqa: E402
from harness.releases.catalogue import Catalogue  # noqa: E402
from harness.releases.specifiers import matching_releases  # noqa: E402

SCRIPT = ROOT / "tests" / "data" / "scripts" / "issue_20307.py"
FIRST, FIXED = "3.0.0", "3.7.0"


def passes(folder: Path, keras: str, tensorflow: str) -> bool:
    """Make an environment with virtualenv and pip, and say whether the script passes in it."""
    environment = folder / keras
    python = str(environment / "bin" / "python")
    make = [sys.executable, "-m", "virtualenv", "--quiet", "-p", "3.11", str(environment)]
    subprocess.run(make, check=True)
    install = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, f"tensorflow-cpu=={tensorflow}"], check=True)
    # pip refuses Keras before 3.4 beside a newer TensorFlow; these releases need dm-tree.
    subprocess.run([*install, "--no-deps", f"keras=={keras}", "dm-tree"], check=True)
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_HOME": str(folder)}
    completed = subprocess.run(
        [python, str(SCRIPT)], cwd=folder, env=env, capture_output=True, check=False
    )
    return completed.returncode == 0


def by_hand(folder: Path, releases: list[str], tensorflow: str) -> tuple[str, int]:
    """Return the first release that passes, and the number of releases tried."""
    low, high, tried = 0, len(releases) - 1, 2
    assert not passes(folder, releases[low], tensorflow)
    assert passes(folder, releases[high], tensorflow)
    while high - low > 1:
        middle = (low + high) // 2
        tried += 1
        if passes(folder, releases[middle], tensorflow):
            high = middle
        else:
            low = middle
    return releases[high], tried


def main() -> None:
    """Measure both ways and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", default="2.18.1", metavar="VERSION")
    tensorflow = parser.parse_args().tensorflow
    releases = matching_releases(Catalogue.load(), "keras", f">={FIRST}")
    with tempfile.TemporaryDirectory() as scratch:
        options = ("--find=fixed", f"--old={FIRST}", f"--tensorflow={tensorflow}")
        folder = fresh.checkout(Path(scratch) / "checkout")
        ours = fresh.session(folder, "bisect", f"--script={SCRIPT}", *options)
        print(f"nox -s bisect  {ours:.0f} s", flush=True)
        started = time.monotonic()
        versions = [str(release.version) for release in releases]
        first_passing, tried = by_hand(Path(scratch), versions, tensorflow)
        theirs = time.monotonic() - started
    assert first_passing == FIXED
    print(f"by hand        {theirs:.0f} s, {tried} environments, fixed in {first_passing}")
    print(f"ratio          {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
