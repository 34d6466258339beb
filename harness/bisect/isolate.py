"""The culprit: the smallest set of package changes that turns one behaviour into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.bisect.ddmin import next_set, smallest_set
from harness.bisect.observation import Observation
from harness.bisect.oracle import Oracle
from harness.releases.pair import Edit, Pair
from harness.releases.pair_rules import PairRules

PYTHON = "python"
#: Distributions of TensorFlow itself, under whatever name it is installed.
TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly-cpu")
#: Other names of one package, which is told under its own.
_SAME = {**dict.fromkeys(TENSORFLOW, "tensorflow"), "keras-nightly": "keras",
         "tf-keras-nightly": "tf-keras"}  # fmt: skip
#: The packages that a change is looked for in first.
LIKELY = ("keras", "tf-keras", "tensorflow", PYTHON, "numpy", "h5py", "ml-dtypes", "protobuf")


@dataclass(frozen=True)
class PackageChange:
    """One package in which two environments differ; a version is empty where it is absent.

    ``edits`` turn the older environment's into the newer's.
    """

    name: str
    old: str
    new: str
    edits: tuple[Edit, ...] = ()

    @property
    def distributions(self) -> tuple[str, str]:
        """The names it is installed under, in the older and in the newer environment."""
        gone = [edit.name for edit in self.edits if edit.version == "none"]
        there = [edit.name for edit in self.edits if edit.version != "none"]
        return (gone or there)[0], (there or gone)[0]

    def __str__(self) -> str:
        return f"{self.name} {self.old or 'absent'} → {self.new or 'absent'}"


@dataclass(frozen=True)
class Culprit:
    """What made a change.

    ``swaps`` are the fewest found, ``of`` all in which the two environments differ. ``proof`` are
    two answers whose environments differ in ``swaps`` and ``added`` alone; None where none could
    be had, and then ``swaps`` is only what the change cannot be told apart from. ``added`` are
    packages that the newer one asks for and the older environment lacks; alone they change nothing.
    """

    swaps: tuple[PackageChange, ...]
    of: tuple[PackageChange, ...]
    proof: tuple[Observation, Observation] | None
    added: tuple[PackageChange, ...] = ()

    def has(self, package: str) -> bool:
        """Whether a package is among the fewest."""
        return any(swap.name == package for swap in self.swaps)


def isolate_culprit(
    old: Observation,
    new: Observation,
    oracle: Oracle,
    rules: PairRules,
    is_new: Callable[[Observation], bool],
    witnesses: Iterable[Observation] = (),
) -> Culprit:
    """Try the differences of two environments on the older one until the fewest are left.

    ``is_new`` says whether an answer is the newer behaviour. Environments that cannot be made
    count as not giving it. What the newer environment adds is there in every try, for the sake of
    whatever asks for it, unless it gives the newer behaviour by itself. ``witnesses`` are other
    answers that are known: where two of them prove the culprit, nothing is tried.
    """
    swaps = swaps_between(old, new)
    if proof := _proof_among([old, new, *witnesses], old, new):
        return Culprit(swaps_between(*proof), swaps, proof)
    seen: dict[frozenset[str], Observation] = {}

    def gives_it(chosen: Sequence[PackageChange]) -> bool | None:
        observed = _with(old, chosen, oracle, rules)
        if observed is None or observed.signature is None:
            return None
        seen[frozenset(swap.name for swap in chosen)] = observed
        return is_new(observed)

    added = tuple(swap for swap in swaps if not swap.old)
    candidates = tuple(swap for swap in swaps if swap.old)
    if added and gives_it(added):
        added, candidates = (), added
    smallest = _reduced(candidates, added, gives_it)
    found = seen.get(frozenset(swap.name for swap in (*smallest, *added)))
    if found is None or len(smallest) + len(added) == len(swaps):
        return Culprit(swaps, swaps, None)
    # Another Python can bring other packages along, so what differs is read and not assumed.
    differs = swaps_between(old, found)
    names = {swap.name for swap in added}
    fewest = tuple(swap for swap in differs if swap.name not in names)
    return Culprit(
        fewest, swaps, (old, found), tuple(swap for swap in differs if swap.name in names)
    )


def _reduced(
    candidates: Sequence[PackageChange],
    added: Sequence[PackageChange],
    gives_it: Callable[[Sequence[PackageChange]], bool | None],
) -> list[PackageChange]:
    """The fewest of the candidates that give the newer behaviour together with ``added``."""
    by_name = {swap.name: swap for swap in candidates}
    tried: dict[frozenset[str], bool | None] = {}
    while (names := next_set(list(by_name), tried)) is not None:
        tried[names] = gives_it([*(by_name[name] for name in by_name if name in names), *added])
    smallest = smallest_set(list(by_name), tried)
    return [swap for swap in candidates if swap.name in smallest]


def _proof_among(
    answers: Sequence[Observation], old: Observation, new: Observation
) -> tuple[Observation, Observation] | None:
    """An answer like the old one and one like the new one that a single package tells apart."""
    before = [each for each in answers if each.signature == old.signature]
    after = [each for each in answers if each.signature == new.signature]
    pairs = ((one, other) for one in before for other in after)
    return next((each for each in pairs if len(swaps_between(*each)) == 1), None)


def swaps_between(old: Observation, new: Observation) -> tuple[PackageChange, ...]:
    """Every package in which two environments differ, the likeliest first."""
    before, after = old.packages, new.packages
    edits: dict[str, list[Edit]] = {}
    for name in before | after:
        if before.get(name) != after.get(name):
            edits.setdefault(_SAME.get(name, name), []).append(Edit(name, after.get(name, "none")))
    swaps = (
        PackageChange(
            name,
            next((before[each.name] for each in made if each.name in before), ""),
            next((after[each.name] for each in made if each.name in after), ""),
            tuple(made),
        )
        for name, made in edits.items()
    )
    return tuple(sorted(swaps, key=_order))


def variant(pair: Pair, swaps: Sequence[PackageChange]) -> Pair:
    """The pair with some packages as they are in another environment."""
    python = next((swap.new for swap in swaps if swap.name == PYTHON), pair.python)
    edits = [edit for swap in swaps if swap.name != PYTHON for edit in swap.edits]
    return replace(pair, python=python, edits=(*pair.edits, *sorted(edits)))


def _with(
    old: Observation, swaps: Sequence[PackageChange], oracle: Oracle, rules: PairRules
) -> Observation | None:
    pair = variant(old.pair, swaps)
    if not rules.is_possible(pair):
        return None
    if oracle.known(pair) is None:
        oracle.ask([pair])
    return oracle.known(pair)


def _order(swap: PackageChange) -> tuple[int, str]:
    return (LIKELY.index(swap.name) if swap.name in LIKELY else len(LIKELY), swap.name)
