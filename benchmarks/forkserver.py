"""Compare runs with and without a fork server: are the cells the same, and how much faster is it?

    python benchmarks/forkserver.py [--keras SPEC] [--tensorflow VERSION] [--case NAME]... [-j N]

By default it runs one case on every stable Keras 3 release with one TensorFlow release; more than
eight cases would use no fork server. The environments are made first, and this is not measured. All
pairs then run three times: with a fork server, without, and with one again. The signatures of their
cells are compared, and the exit code is 1 if any differ. With ``--one`` the pairs run one after the
other, and the seconds from the request to the stored result are printed as well.
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
from itertools import compress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.environments.builder import EnvironmentBuilder  # noqa: E402
from harness.environments.interpreters import NoEnvironment  # noqa: E402
from harness.execution.cases import all_cases  # noqa: E402
from harness.execution.pair_processes import FEW_CASES  # noqa: E402
from harness.execution.request import Request  # noqa: E402
from harness.execution.sessions import run_sessions  # noqa: E402
from harness.releases.catalogue import Catalogue  # noqa: E402
from harness.releases.pair import Pair  # noqa: E402
from harness.releases.pair_rules import PairRules  # noqa: E402
from harness.releases.specifiers import matching_releases  # noqa: E402
from harness.results import store  # noqa: E402
from harness.results.compare import compare_results  # noqa: E402
from harness.results.model import FORMATS, Result  # noqa: E402

DEFAULT_CASE = "interleaved_dense"
#: Whether each run of the benchmark uses a fork server.
WAYS = {"fork server": True, "own process": False, "fork server again": True}


def parse_options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keras", default=">=3", metavar="SPEC")
    parser.add_argument("--tensorflow", default="2.21.0", metavar="VERSION")
    parser.add_argument("--python", default="3.11", metavar="X.Y")
    parser.add_argument("--case", action="append", metavar="NAME", help="a glob; repeatable")
    parser.add_argument("--format", action="append", choices=FORMATS)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--one", action="store_true", help="run one pair after the other")
    parser.add_argument("--once", action="store_true", help="use a fork server once, not twice")
    return parser.parse_args()


def make_environments(pairs: Sequence[Pair], builder: EnvironmentBuilder, jobs: int) -> list[Pair]:
    """Make the missing environments, and return the pairs that have one."""

    def has_environment(pair: Pair) -> bool:
        try:
            builder.make(pair)
        except NoEnvironment as reason:
            print(f"{pair.id}: {reason.outcome}")
            return False
        return True

    with ThreadPoolExecutor(jobs) as pool:
        return list(compress(pairs, pool.map(has_environment, pairs)))


def run(pairs: Sequence[Pair], request: Request, jobs: int, *, one: bool) -> float:
    """Run the pairs, all at once or ``one`` after the other, and return the wall seconds."""
    started = time.monotonic()
    group_seconds = []
    groups = [[pair] for pair in pairs] if one else [list(pairs)]
    for group in groups:
        before = time.monotonic()
        for report in run_sessions(group, request, lambda *_: None, workers=jobs):
            if report.code:
                print(f"{report.pair.id}: {report.reason}")
        group_seconds.append(time.monotonic() - before)
    if one:
        first, *others = group_seconds
        median = statistics.median(others or [first])
        print(f"  first pair {first:.2f} s, every other {median:.2f} s (median)")
    return time.monotonic() - started


def main() -> None:
    """Run the pairs in every way and print the figures."""
    options = parse_options()
    rules = PairRules(Catalogue.load())
    keras = matching_releases(rules.catalogue, "keras", options.keras)
    tensorflow = matching_releases(rules.catalogue, "tensorflow", options.tensorflow)
    all_pairs = rules.product(keras, tensorflow, options.python)
    pairs = make_environments(all_pairs, EnvironmentBuilder(rules), options.jobs)
    globs = options.case or [DEFAULT_CASE]
    cases = [case for case in all_cases() if any(fnmatch(case.name, glob) for glob in globs)]
    if len(cases) > FEW_CASES:
        sys.exit(f"{len(cases)} cases use no fork server; choose at most {FEW_CASES} with --case")
    seconds: dict[str, float] = {}
    results: dict[str, Sequence[Result]] = {}
    ways = list(WAYS)[:2] if options.once else list(WAYS)
    with tempfile.TemporaryDirectory() as scratch:
        for way in ways:
            folder = Path(scratch) / way.replace(" ", "-")
            request = Request(
                cases,
                options.format or FORMATS,
                options.timeout,
                folder=folder,
                fork_server=WAYS[way],
            )
            seconds[way] = run(pairs, request, options.jobs, one=options.one)
            results[way], _ = store.read_all(folder)
            starts = Counter(result.environment.get("started") for result in results[way])
            summary = ", ".join(f"{count} {start}" for start, count in starts.items())
            print(f"{way:14} {seconds[way]:7.1f} s for {len(pairs)} pairs: {summary}", flush=True)
    print(f"ratio {seconds['own process'] / seconds['fork server']:.2f}")
    own = results.pop("own process")
    differences = [print_differences(way, own, others) for way, others in results.items()]
    sys.exit(1 if any(differences) else 0)


def print_differences(way: str, own: Sequence[Result], others: Sequence[Result]) -> int:
    """Print the cells that differ from those of processes of their own, and return their number."""
    comparison = compare_results(own, others)
    count = len(comparison.differences)
    print(f"{way}: {comparison.cells} cells in both, {count} differ")
    for difference in comparison.differences:
        print(f"  {difference}")
    return count


if __name__ == "__main__":
    main()
