"""The culprit: the smallest set of package changes that turns one behaviour into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.bisect.ddmin import smallest_set
from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import Oracle
from harness.bisect.steps import StepState
from harness.releases.package_names import canonical_package
from harness.releases.pair import Edit, Pair
from harness.releases.pair_rules import PairRules

PYTHON = "python"
#: The packages most likely to be the culprit, which are tried first.
LIKELY = ("keras", "tf-keras", "tensorflow", PYTHON, "numpy", "h5py", "ml-dtypes", "protobuf")


@dataclass(frozen=True)
class PackageChange:
    """One package in which two environments differ; a version is empty where it is absent.

    ``edits`` make the older environment have what the newer one has of this package.
    """

    name: str
    old: str
    new: str
    edits: tuple[Edit, ...] = ()

    @property
    def distributions(self) -> tuple[str, str]:
        """The names it is installed under, in the older and in the newer environment."""
        removed = [edit.name for edit in self.edits if edit.removes]
        installed = [edit.name for edit in self.edits if not edit.removes]
        return (removed or installed)[0], (installed or removed)[0]

    def __str__(self) -> str:
        return f"{self.name} {self.old or 'absent'} → {self.new or 'absent'}"


@dataclass(frozen=True)
class Culprit:
    """The package changes that made a behaviour change.

    ``changes`` is the smallest set that was found, ``differences`` is every change between the two
    environments. ``proof`` holds two observations whose environments differ in ``changes`` and
    ``added`` only; without a proof, ``changes`` are merely the suspects that could not be
    separated. ``added`` are packages that the newer release requires and the older environment
    lacks; they change nothing by themselves.

    ``tried`` is the number of environments that gave a result on the way. ``silent`` are those that
    gave none although they could have made the set smaller. ``provisional`` are the provisional
    timeouts that this rests on.
    """

    changes: tuple[PackageChange, ...]
    differences: tuple[PackageChange, ...]
    proof: tuple[Observation, Observation] | None
    added: tuple[PackageChange, ...] = ()
    tried: int = 0
    silent: tuple[Observation, ...] = ()
    provisional: tuple[Observation, ...] = ()

    @property
    def state(self) -> StepState:
        """How the search for the culprit ended."""
        if self.proof is not None:
            return StepState.FOUND
        if not self.tried and not all(seen.was_run for seen in self.silent):
            return StepState.NOT_DONE
        return StepState.NOT_FOUND

    def includes(self, package: str) -> bool:
        """Whether a package is among the changes."""
        return any(change.name == package for change in self.changes)


def isolate_culprit(
    old: Observation,
    new: Observation,
    oracle: Oracle,
    rules: PairRules,
    is_new: Callable[[Observation], bool],
    witnesses: Iterable[Observation] = (),
) -> Culprit:
    """Apply the differences of two environments to the older one until the fewest are left.

    ``is_new`` says whether an observation shows the newer behaviour. An environment that cannot be
    made counts as not showing it. Packages that only the newer environment has are part of every
    trial, because others may require them, unless they give the newer behaviour by themselves.
    ``witnesses`` are other known observations: if any two of all these already prove the culprit,
    nothing is run. Provisional timeouts count as the timeouts that they seem to be. If it is not
    known what either environment has installed, there is nothing to find.
    """
    if not (old.installed and new.installed):
        return Culprit((), (), None)
    differences = package_changes(old, new)
    if proof := _proof_among([old, new, *witnesses], old, new):
        return Culprit(package_changes(*proof), differences, proof, provisional=_provisional(proof))
    variants = _Variants(old, oracle, rules, is_new)
    added = tuple(change for change in differences if not change.old)
    candidates = tuple(change for change in differences if change.old)
    if added and variants.give_new(added):
        added, candidates = (), added
    smallest = _smallest_changes(candidates, added, variants)
    names = _names((*smallest, *added))
    observation, tried = variants.observed.get(names), len(variants.observed)
    if observation is None or len(names) == len(differences):
        silent = tuple(variants.silent.values())
        return Culprit(
            differences, differences, None, tried=tried, silent=silent,
            provisional=variants.provisional_within(_names(differences)),
        )  # fmt: skip
    silent = tuple(seen for smaller, seen in variants.silent.items() if smaller < names)
    # Another Python can bring other packages along, so the environments are compared again.
    proven = package_changes(old, observation)
    return Culprit(
        tuple(change for change in proven if change.name not in _names(added)),
        differences,
        (old, observation),
        tuple(change for change in proven if change.name in _names(added)),
        tried,
        silent,
        _provisional((old, *variants.provisional_within(names))),
    )


def package_changes(old: Observation, new: Observation) -> tuple[PackageChange, ...]:
    """Every package in which two environments differ, likeliest culprit first."""
    before, after = old.packages, new.packages
    edits_by_package: dict[str, list[Edit]] = {}
    for name in before | after:
        if before.get(name) != after.get(name):
            edit = Edit(name, after.get(name, "none"))
            edits_by_package.setdefault(canonical_package(name), []).append(edit)
    changes = (
        PackageChange(
            package,
            next((before[edit.name] for edit in edits if edit.name in before), ""),
            next((after[edit.name] for edit in edits if edit.name in after), ""),
            tuple(edits),
        )
        for package, edits in edits_by_package.items()
    )
    return tuple(sorted(changes, key=_likeliness))


def variant(pair: Pair, changes: Sequence[PackageChange]) -> Pair:
    """The pair with some package changes applied to its environment."""
    python = next((change.new for change in changes if change.name == PYTHON), pair.python)
    edits = [edit for change in changes if change.name != PYTHON for edit in change.edits]
    return replace(pair, python=python, edits=(*pair.edits, *sorted(edits)))


class _Variants:
    """Variants of the older environment, and what was observed in them by names of changes.

    ``observed`` holds those with a result, ``silent`` those without.
    """

    def __init__(
        self,
        old: Observation,
        oracle: Oracle,
        rules: PairRules,
        is_new: Callable[[Observation], bool],
    ) -> None:
        self.observed: dict[frozenset[str], Observation] = {}
        self.silent: dict[frozenset[str], Observation] = {}
        self._old = old
        self._oracle = oracle
        self._rules = rules
        self._is_new = is_new

    def give_new(self, changes: Sequence[PackageChange]) -> bool | None:
        """Whether the older environment with these changes shows the newer behaviour.

        None where that environment is not possible or gives no result.
        """
        observation = self._observe(variant(self._old.pair, changes))
        if observation.signature is None:
            self.silent[_names(changes)] = observation
            return None
        self.observed[_names(changes)] = observation
        return self._is_new(observation)

    def provisional_within(self, names: frozenset[str]) -> tuple[Observation, ...]:
        """The provisional timeouts among the trials of these changes, or of some of them."""
        return _provisional(seen for tried, seen in self.observed.items() if tried <= names)

    def _observe(self, pair: Pair) -> Observation:
        if not self._rules.is_possible(pair):
            return Observation(pair, reason="these releases and this Python do not go together")
        if self._oracle.known(pair) is None:
            self._oracle.ask([pair])
        return self._oracle.known(pair) or Observation(pair, reason="no result")


def _smallest_changes(
    candidates: Sequence[PackageChange], added: Sequence[PackageChange], variants: _Variants
) -> list[PackageChange]:
    """The fewest candidates that give the newer behaviour together with ``added``."""

    def try_set(names: frozenset[str]) -> bool | None:
        chosen = [change for change in candidates if change.name in names]
        return variants.give_new([*chosen, *added])

    smallest = smallest_set([change.name for change in candidates], try_set)
    return [change for change in candidates if change.name in smallest]


def _proof_among(
    observations: Sequence[Observation], old: Observation, new: Observation
) -> tuple[Observation, Observation] | None:
    """An observation like the old one and one like the new that differ in a single package."""
    before = [observation for observation in observations if observation.signature == old.signature]
    after = [observation for observation in observations if observation.signature == new.signature]
    for first in before:
        for second in after:
            if len(package_changes(first, second)) == 1:
                return first, second
    return None


def _provisional(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """The provisional timeouts among observations."""
    return tuple(seen for seen in observations if seen.provisional)


def _names(changes: Iterable[PackageChange]) -> frozenset[str]:
    return frozenset(change.name for change in changes)


def _likeliness(change: PackageChange) -> tuple[int, str]:
    """The sort key that puts the likeliest culprit first."""
    rank = LIKELY.index(change.name) if change.name in LIKELY else len(LIKELY)
    return rank, change.name
