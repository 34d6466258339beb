"""The steps that prove which parts of the newer release make a change, and make a patch of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from harness.bisect.context import BisectionContext
from harness.bisect.isolate import Culprit, PackageChange
from harness.bisect.observation import Observation
from harness.bisect.question import KnownChange
from harness.bisect.sources import sources_of
from harness.bisect.steps import FOUND, StepEnd, not_done, not_found
from harness.bisect.transplant.backport import patch_of, try_patch
from harness.bisect.transplant.cause import Cause, find_cause
from harness.bisect.transplant.overlay import Overlay
from harness.bisect.transplant.package import Package
from harness.bisect.walk import Boundary
from harness.results.model import GOOD_OUTCOMES

#: The packages that are Python source, each with the name that it is imported by.
PURE = {"keras": "keras", "tf-keras": "tf_keras"}
#: The shortest time limit of a transplant, in seconds of processor time.
SHORTEST_LIMIT = 5.0
#: How many times as long a transplant may take as the slower of the two releases that end.
TIMES_SLOWER = 10


class ProvenCause(NamedTuple):
    """How the search for the cause ended, and the cause if one was found."""

    end: StepEnd
    cause: Cause | None = None


class Backport(NamedTuple):
    """How making a patch for the older release ended, and the patch if it works."""

    end: StepEnd
    patch: str = ""


def prove_cause(context: BisectionContext, culprit: Culprit, boundary: Boundary) -> ProvenCause:
    """Transplant parts of the culprit's newer release into its older one, and the reverse.

    The culprit must be one for which `why_not_transplanted` gives no reason. Everything is run in
    the environment in which its newer release was seen to make the change, so that only the sources
    of the two releases differ. It has the newer releases of packages that changed together with
    Keras.

    Raises:
        NotRun: a transplant is not known, and nothing may be run.
        Fault: the sources cannot be downloaded, or a failure outside the releases.
        NoEnvironment: there is no environment to run transplants in.
    """
    transplants = _Transplants(context, culprit, boundary)
    (change,) = _pure_changes(culprit)
    old, new = _packages(change, transplants.pair.python)
    search = find_cause(old, new, transplants.run, transplants.is_newer)
    if search.cause is None:
        return ProvenCause(not_found(search.reason))
    others = (f"{each.name} {each.new}" for each in culprit.changes if each != change and each.new)
    return ProvenCause(FOUND, replace(search.cause, beside=", ".join(others)))


def make_backport(
    context: BisectionContext, culprit: Culprit, cause: Cause, boundary: Boundary
) -> Backport:
    """Make a patch for the older release of a cause, and try it on a fresh copy of that release.

    Raises:
        NotRun: it is not known whether it works, and nothing may be run.
        Fault: the patch does not apply, or a failure outside the releases.
    """
    after = boundary.after.signature
    if after is None or after.outcome not in GOOD_OUTCOMES:
        return Backport(not_done(f"{boundary.new} does not mend anything"))
    if not cause.to_newer:
        return Backport(not_done(f"no parts of {boundary.new} mend {boundary.old}"))
    transplants = _Transplants(context, culprit, boundary)
    patch = patch_of(cause)
    seen = try_patch(cause, patch, lambda overlay: transplants.run(overlay, False))
    if not transplants.is_newer(seen):
        return Backport(not_found(f"{boundary.old} with the patch gives {seen.words}"))
    return Backport(FOUND, patch)


class _Transplants:
    """Runs transplants, all of them in one environment and with one time limit."""

    def __init__(self, context: BisectionContext, culprit: Culprit, boundary: Boundary) -> None:
        assert culprit.proof is not None
        self.pair = culprit.proof[1].pair
        self.is_newer = KnownChange(context.question, boundary.before, boundary.after).is_newer
        self._limit = time_limit(boundary)
        self._oracle = context.oracle

    def run(self, overlay: Overlay, is_traced: bool) -> Observation:
        """What an overlay shows."""
        return self._oracle.with_overlay(self.pair, overlay, self._limit, is_traced=is_traced)


def why_not_transplanted(culprit: Culprit | None) -> str:
    """Why nothing can be transplanted between the two sides of a culprit; empty where it can."""
    if culprit is None or culprit.proof is None:
        return "the culprit is not proven"
    if len(_pure_changes(culprit)) != 1:
        names = ", ".join(change.name for change in culprit.changes)
        return f"the sources of {names} cannot be exchanged part by part"
    return ""


def _pure_changes(culprit: Culprit) -> list[PackageChange]:
    """The changes between two versions of a package that is Python source."""
    changes = culprit.changes
    return [change for change in changes if change.name in PURE and change.old and change.new]


def time_limit(boundary: Boundary) -> float:
    """The time limit of a transplant in seconds of processor time.

    At least one of the two releases ends by itself; a transplant that takes much longer hangs.
    """
    cells = [seen.cell for seen in (boundary.before, boundary.after) if seen.cell]
    slowest = max((cell.seconds for cell in cells if cell.outcome != "timeout"), default=0.0)
    return max(SHORTEST_LIMIT, TIMES_SLOWER * slowest)


def _packages(change: PackageChange, python: str) -> tuple[Package, Package]:
    names = change.distributions
    package = partial(_package, PURE[change.name], python)
    return package(names[0], change.old), package(names[1], change.new)


def _package(module: str, python: str, distribution: str, version: str) -> Package:
    return Package(sources_of(distribution, version, python), module)
