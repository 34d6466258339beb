"""A bisection of issue 20307 over the Keras 3 releases, against one by hand, in one run.

    python benchmarks/plain_bisect.py [--tensorflow VERSION]

By hand: virtualenv, pip with pip's warm cache and the script, for both bounds and then for the
middle of what is left. Nothing is made yet for either; the ratio is what counts.
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
    """Make an environment as anybody would, and run the script in it."""
    environment = folder / keras
    python = str(environment / "bin" / "python")
    make = [sys.executable, "-m", "virtualenv", "--quiet", "-p", "3.11", str(environment)]
    subprocess.run(make, check=True)
    install = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, f"tensorflow-cpu=={tensorflow}"], check=True)
    # pip refuses Keras before 3.4 beside a newer TensorFlow, and those want dm-tree.
    subprocess.run([*install, "--no-deps", f"keras=={keras}", "dm-tree"], check=True)
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_HOME": str(folder)}
    return subprocess.run([python, str(SCRIPT)], cwd=folder, env=env, capture_output=True,
                          check=False).returncode == 0  # fmt: skip


def by_hand(folder: Path, releases: list[str], tensorflow: str) -> tuple[str, int]:
    """The first release that passes, and how many were asked."""
    low, high, asked = 0, len(releases) - 1, 2
    assert not passes(folder, releases[low], tensorflow)
    assert passes(folder, releases[high], tensorflow)
    while high - low > 1:
        middle, asked = (low + high) // 2, asked + 1
        if passes(folder, releases[middle], tensorflow):
            high = middle
        else:
            low = middle
    return releases[high], asked


def main() -> None:
    """Measure both ways and print the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tensorflow", default="2.18.1", metavar="VERSION")
    tensorflow = parser.parse_args().tensorflow
    releases = matching_releases(Catalogue.load(), "keras", f">={FIRST}")
    with tempfile.TemporaryDirectory() as scratch:
        options = ("--find=fixed", f"--old={FIRST}", f"--tensorflow={tensorflow}")
        folder = fresh.checkout(Path(scratch) / "checkout")
        ours = fresh.session(folder, "bisect", f"--script={SCRIPT}", *options)
        print(f"nox -s bisect  {ours:.0f} s", flush=True)
        started = time.monotonic()
        found, asked = by_hand(Path(scratch), [str(each.version) for each in releases], tensorflow)
        theirs = time.monotonic() - started
    assert found == FIXED
    print(f"by hand        {theirs:.0f} s, {asked} environments, fixed in {found}")
    print(f"ratio          {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
