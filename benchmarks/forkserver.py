"""Pairs of one TensorFlow with and without a fork server: the same cells, and how much faster.

    python benchmarks/forkserver.py [--keras SPEC] [--tensorflow VERSION] [--case NAME]... [-j N]

Every stable Keras 3 over one TensorFlow and all cases, unless told otherwise. The environments are
made first and not measured. Then every pair is run with a fork server, without, and with one again,
in one process of its own each; the cells are held against each other signature by signature. Ends
with 1 where any differ. ``--one`` asks for the pairs one after the other: seconds from request to
stored result.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.environments.builder import EnvironmentBuilder  # noqa: E402
from harness.environments.interpreters import NoEnvironment  # noqa: E402
from harness.execution.cases import all_cases  # noqa: E402
from harness.execution.request import Request  # noqa: E402
from harness.execution.sessions import run_sessions  # noqa: E402
from harness.releases.catalogue import Catalogue  # noqa: E402
from harness.releases.pair import Pair  # noqa: E402
from harness.releases.pair_rules import PairRules  # noqa: E402
from harness.releases.specifiers import matching_releases  # noqa: E402
from harness.results import store  # noqa: E402
from harness.results.compare import compare_results  # noqa: E402
from harness.results.model import FORMATS  # noqa: E402
from harness.results.signatures import contrast  # noqa: E402


def asked() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keras", default=">=3", metavar="SPEC")
    parser.add_argument("--tensorflow", default="2.21.0", metavar="VERSION")
    parser.add_argument("--python", default="3.11", metavar="X.Y")
    parser.add_argument("--case", action="append", metavar="NAME", help="a glob, repeatable")
    parser.add_argument("--format", action="append", choices=FORMATS)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--one", action="store_true", help="one pair after the other")
    parser.add_argument("--once", action="store_true", help="one time with a fork server, not two")
    return parser.parse_args()


def made(pairs: Sequence[Pair], builder: EnvironmentBuilder, jobs: int) -> list[Pair]:
    """The pairs that have an environment, made now where there was none."""

    def has_one(pair: Pair) -> bool:
        try:
            builder.make(pair)
        except NoEnvironment as reason:
            print(f"{pair.id}: {reason.outcome}")
            return False
        return True

    with ThreadPoolExecutor(jobs) as pool:
        return [pair for pair, has in zip(pairs, pool.map(has_one, pairs), strict=True) if has]


def run(pairs: Sequence[Pair], request: Request, jobs: int, *, one: bool) -> float:
    """Wall seconds of a run."""
    started = time.monotonic()
    spent = []
    for group in [[pair] for pair in pairs] if one else [list(pairs)]:
        before = time.monotonic()
        for report in run_sessions(group, request, lambda *_: None, workers=jobs):
            if report.code:
                print(f"{report.pair.id}: {report.reason}")
        spent.append(time.monotonic() - before)
    if one:
        rest = spent[1:] or spent
        print(f"  first {spent[0]:.2f} s, each further {statistics.median(rest):.2f} s (median)")
    return time.monotonic() - started


def main() -> None:
    """Run all ways and print the figures."""
    options = asked()
    rules = PairRules(Catalogue.load())
    keras = matching_releases(rules.catalogue, "keras", options.keras)
    tensorflow = matching_releases(rules.catalogue, "tensorflow", options.tensorflow)
    every = rules.product(keras, tensorflow, options.python)
    pairs = made(every, EnvironmentBuilder(rules), options.jobs)
    globs = options.case or ["*"]
    cases = [each for each in all_cases() if any(fnmatch(each.name, glob) for glob in globs)]
    seconds, found = {}, {}
    ways = {"fork server": True, "own process": False, "fork server again": True}
    with tempfile.TemporaryDirectory() as scratch:
        for number, (way, fork_server) in enumerate(ways.items()):
            if options.once and number == 2:
                break
            folder = Path(scratch) / str(number)
            request = Request(
                cases,
                options.format or FORMATS,
                options.timeout,
                folder=folder,
                fork_server=fork_server,
            )
            seconds[way] = run(pairs, request, options.jobs, one=options.one)
            found[way], _ = store.read_all(folder)
            started = Counter(each.environment.get("started") for each in found[way])
            told = ", ".join(f"{count} {word}" for word, count in started.items())
            print(f"{way:14} {seconds[way]:7.1f} s for {len(pairs)} pairs: {told}", flush=True)
    print(f"ratio {seconds['own process'] / seconds['fork server']:.2f}")
    differ = 0
    for way in [each for each in found if each != "own process"]:
        comparison = compare_results(found["own process"], found[way])
        apart = comparison.differences
        differ += len(apart)
        cells = comparison.cells
        print(f"{way}: {cells} cells in both, {len(apart)} differ")
        for each in apart:
            print(f"  {each.pair} {each.case} {each.format}:", *contrast(each.one, each.other))
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
