"""The culprit: the smallest set of package changes that turns one behaviour into the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.bisect.deltas import next_set, smallest_set
from harness.bisect.prober import Observed, Prober
from harness.pairs import Edit, Pair, Planner
from harness.signatures import Signature

PYTHON = "python"
#: Distributions of TensorFlow itself, under whatever name it is installed.
TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly-cpu")
#: The packages that a change is looked for in first.
LIKELY = ("keras", "tf-keras", *TENSORFLOW, PYTHON, "numpy", "h5py", "ml-dtypes", "protobuf")


@dataclass(frozen=True)
class Swap:
    """One package in which two environments differ; a version is empty where it is absent."""

    name: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.name} {self.old or 'absent'} → {self.new or 'absent'}"


@dataclass(frozen=True)
class Culprit:
    """What made a change.

    ``swaps`` are the fewest found, ``of`` all in which the two environments differ. ``proof`` are
    two answers whose environments differ in ``swaps`` and ``added`` alone; None where none could
    be had, and then ``swaps`` is only what the change cannot be told apart from. ``added`` are
    packages that the newer one asks for and the older environment lacks.
    """

    swaps: tuple[Swap, ...]
    of: tuple[Swap, ...]
    proof: tuple[Observed, Observed] | None
    added: tuple[Swap, ...] = ()

    def has(self, package: str) -> bool:
        """Whether a package is among the fewest."""
        names = TENSORFLOW if package == "tensorflow" else (package,)
        return any(swap.name in names for swap in self.swaps)


def find_culprit(
    old: Observed,
    new: Observed,
    prober: Prober,
    planner: Planner,
    is_new: Callable[[Signature], bool],
    witnesses: Iterable[Observed] = (),
) -> Culprit:
    """Try the differences of two environments on the older one until the fewest are left.

    ``is_new`` says whether a signature is the newer behaviour. Environments that cannot be made
    count as not giving it. What the newer environment adds is there in every try, for the sake of
    whatever asks for it. ``witnesses`` are other answers that are known: where two of them prove
    the culprit, nothing is tried.
    """
    swaps = swaps_between(old, new)
    if proof := _proof_among([old, new, *witnesses], old, new):
        return Culprit(swaps_between(*proof), swaps, proof)
    added = tuple(swap for swap in swaps if not swap.old)
    by_name = {swap.name: swap for swap in swaps if swap.old}
    tried: dict[frozenset[str], bool | None] = {}
    seen: dict[frozenset[str], Observed] = {frozenset(by_name): new}
    while (names := next_set(list(by_name), tried)) is not None:
        wanted = [*(by_name[name] for name in sorted(names)), *added]
        observed = _with(old, wanted, prober, planner)
        signature = observed.signature if observed else None
        tried[names] = is_new(signature) if signature else None
        if observed:
            seen[names] = observed
    smallest = smallest_set(list(by_name), tried)
    if len(smallest) == len(by_name):
        return Culprit(swaps, swaps, None)
    # Another Python can bring other packages along, so what differs is read and not assumed.
    differs = swaps_between(old, seen[smallest])
    fewest = tuple(swap for swap in differs if swap.old)
    return Culprit(fewest, swaps, (old, seen[smallest]), tuple(set(differs) - set(fewest)))


def _proof_among(
    answers: Sequence[Observed], old: Observed, new: Observed
) -> tuple[Observed, Observed] | None:
    """An answer like the old one and one like the new one that a single package tells apart."""
    before = [each for each in answers if each.signature == old.signature]
    after = [each for each in answers if each.signature == new.signature]
    pairs = ((one, other) for one in before for other in after)
    return next((each for each in pairs if len(swaps_between(*each)) == 1), None)


def swaps_between(old: Observed, new: Observed) -> tuple[Swap, ...]:
    """Every package in which two environments differ, the likeliest first."""
    before, after = old.packages, new.packages
    names = (name for name in before | after if before.get(name) != after.get(name))
    return tuple(
        Swap(name, before.get(name, ""), after.get(name, "")) for name in sorted(names, key=_order)
    )


def variant(pair: Pair, swaps: Sequence[Swap]) -> Pair:
    """The pair with some packages as they are in another environment."""
    python = next((swap.new for swap in swaps if swap.name == PYTHON), pair.python)
    edits = [Edit(swap.name, swap.new or "none") for swap in swaps if swap.name != PYTHON]
    return replace(pair, python=python, edits=(*pair.edits, *edits))


def _with(
    old: Observed, swaps: Sequence[Swap], prober: Prober, planner: Planner
) -> Observed | None:
    pair = variant(old.pair, swaps)
    if not planner.is_possible(pair):
        return None
    if prober.known(pair) is None:
        prober.ask([pair])
    return prober.known(pair)


def _order(name: str) -> tuple[int, str]:
    return (LIKELY.index(name) if name in LIKELY else len(LIKELY), name)
