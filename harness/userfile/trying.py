"""Which releases are tried with the file, and in which order, so that few have to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from packaging.version import InvalidVersion, Version

from harness.execution.sessions import newest_first
from harness.releases.pair import Pair
from harness.releases.pair_rules import KERAS_3, OLDEST_KERAS, PairRules
from harness.releases.specifiers import matching_releases
from harness.userfile.attempts import Attempt
from harness.userfile.facts import FileFacts
from harness.util.errors import UsageError
from harness.util.threads import submitted

#: How versions of ``tf.keras`` end that TensorFlow 1 to 2.2 wrote, the first Keras that is nothing
#: but ``tf.keras``, and the version that this one writes on the TensorFlow of its natural pair.
INSIDE_TENSORFLOW = "-tf"
_FIRST_TF_KERAS = Version("2.4.0")
_WRITTEN_BY_TF_KERAS = "2.3.0-tf"
#: The first release with ``.keras`` archives, and the first that reads SavedModel folders.
FIRST_ARCHIVE = Version("2.12")
FIRST_SAVED_MODEL = Version("2.4")

#: Reads the file with the release of a pair.
Ask = Callable[[Pair], Attempt]
#: What an attempt shows beside the attempt of the reference: equal for equal behaviour.
KeyOf = Callable[[Attempt, Attempt | None], object]


@dataclass(frozen=True)
class Readers:
    """The releases that may read the file, oldest first, and the one that wrote it.

    ``writer`` is the pair of the writer's own release if ``exact``, or else of the nearest one; it
    is None if the writer is unknown. It is run even if it is not one of ``pairs``, because the
    others are compared with it. ``unable`` are the releases that do not have the format.
    """

    pairs: tuple[Pair, ...]
    writer: Pair | None
    exact: bool = True
    unable: tuple[Pair, ...] = ()

    @property
    def all(self) -> list[Pair]:
        """Both the releases that may read the file and those that do not know the format."""
        return sorted((*self.pairs, *self.unable))

    @property
    def with_writer(self) -> list[Pair]:
        """The releases that may read the file, the writer's own among them."""
        own = [self.writer] if self.writer else []
        return sorted({*self.pairs, *own})


def readers_of(
    facts: FileFacts, rules: PairRules, spec: str | None = None, *, every: bool = False
) -> Readers:
    """The releases to choose from.

    Without ``spec`` or ``every``, a file of Keras 3 is not tried with Keras 2 before 2.15, and one
    of Keras 2 with no tf-keras but the newest.

    Raises:
        UsageError: no release that can be tried matches ``spec``.
    """
    lineage, version = writer_of(facts, rules)
    pairs = rules.natural()
    of_tf_keras = rules.natural("tf-keras")
    known = [*pairs, *of_tf_keras]
    if lineage == "tf-keras":
        pairs = [*pairs, *of_tf_keras]
    elif _is_of_keras_2(facts, version):
        pairs = [*pairs, *(of_tf_keras if every else of_tf_keras[-1:])]
    if spec is not None:
        pairs = pairs_for(rules, spec)
    elif not every and version is not None and version >= KERAS_3:
        old = [pair for pair in pairs if pair.keras < KERAS_3]
        pairs = [pair for pair in pairs if pair not in old[:-1]]
    able = tuple(pair for pair in pairs if _knows_format(pair, facts))
    unable = tuple(pair for pair in pairs if pair not in able)
    is_restricted = spec is not None and bool(able)
    writers = [pair for pair in known if _knows_format(pair, facts)] if is_restricted else able
    writer, exact = _nearest(writers, lineage, version)
    if version == _FIRST_TF_KERAS:  # 2.4.0 itself is what TensorFlow 2.3 and 2.4 wrote
        exact = exact and facts.writer == _WRITTEN_BY_TF_KERAS
    return Readers(able, writer, exact, unable)


def pairs_for(rules: PairRules, spec: str) -> list[Pair]:
    """The natural pairs of the releases that a specifier selects; ``3.9`` selects all patches.

    Raises:
        UsageError: it selects none, or only releases with which files are not tried.
    """
    newest = matching_releases(rules.catalogue, "keras", spec)[-1].version
    if newest < OLDEST_KERAS:
        raise UsageError(
            f"files are tried with Keras {OLDEST_KERAS} and newer, not with {newest}; the nearest "
            f"release is {rules.natural()[0].keras}"
        )
    return [pair for pair in rules.select(keras=spec) if pair.keras >= OLDEST_KERAS]


def writer_of(facts: FileFacts, rules: PairRules) -> tuple[str, Version | None]:
    """Package and version of the release that wrote the file; None if the file does not tell.

    A file that ``tf.keras`` of TensorFlow 1 to 2.2 wrote counts as one of Keras 2.4.0, the oldest
    release with that code; the Keras of the same number has other code.
    """
    if facts.writer.endswith(INSIDE_TENSORFLOW):
        return "keras", _FIRST_TF_KERAS
    try:
        version = Version(facts.writer)
    except InvalidVersion:
        return "keras", None
    is_keras = rules.catalogue.find("keras", version) is not None
    if not is_keras and rules.catalogue.find("tf-keras", version) is not None:
        return "tf-keras", version
    return "keras", version


def _is_of_keras_2(facts: FileFacts, version: Version | None) -> bool:
    return facts.kind == "savedmodel" if version is None else version < KERAS_3


def _knows_format(pair: Pair, facts: FileFacts) -> bool:
    if facts.kind == "keras":
        return pair.lineage != "keras" or pair.keras >= FIRST_ARCHIVE
    if facts.kind == "savedmodel":
        return FIRST_SAVED_MODEL <= pair.keras < KERAS_3 and not facts.is_graph
    return True


def _nearest(
    pairs: Sequence[Pair], lineage: str, version: Version | None
) -> tuple[Pair | None, bool]:
    """The pair of a version, or of the next newer one; of the newest release if all are older."""
    own = [pair for pair in pairs if pair.lineage == lineage]
    if version is None or not own:
        return None, False
    found = next((pair for pair in own if pair.keras >= version), own[-1])
    return found, found.keras == version


# ---------------------------------------------------------------- the search


@dataclass
class Trials:
    """The attempts so far, and how to make further ones."""

    readers: Readers
    ask: Ask
    key_of: KeyOf
    workers: int
    attempts: dict[Pair, Attempt] = field(default_factory=dict)

    def run(self, pairs: Iterable[Pair]) -> None:
        """Try those that were not tried yet, several at a time."""
        wanted = [pair for pair in dict.fromkeys(pairs) if pair not in self.attempts]
        with (
            ThreadPoolExecutor(self.workers) as pool,
            submitted(pool, self.ask, newest_first(wanted)) as futures,
        ):
            for future in as_completed(futures):
                attempt = future.result()
                self.attempts[attempt.pair] = attempt

    def narrow(self, pairs: Sequence[Pair]) -> None:
        """Try releases between neighbours that differ, until there are none between.

        Of each gap one release is tried at a time, or more if workers would be idle.
        """
        while gaps := self._gaps(pairs, self.reference):
            each = max(1, self.workers // len(gaps))
            self.run(pairs[place] for gap in gaps for place in spread_in(gap, each))

    @property
    def reference(self) -> Attempt | None:
        """The attempt with whose outputs the others are compared.

        It is that of the writer's own release, or else of the nearest one that computes anything.
        """
        pairs = self.readers.with_writer
        own = pairs.index(self.readers.writer) if self.readers.writer else len(pairs) - 1
        nearest = sorted(range(len(pairs)), key=lambda place: (abs(place - own), place))
        tried = (self.attempts.get(pairs[place]) for place in nearest)
        return next((each for each in tried if each and each.outputs is not None), None)

    @property
    def has_only_the_reference(self) -> bool:
        """Whether a single release computes anything, and is not known to be the writer's own."""
        outputs = [pair for pair, attempt in self.attempts.items() if attempt.outputs is not None]
        return len(outputs) == 1 and not (self.readers.exact and outputs == [self.readers.writer])

    def _gaps(self, pairs: Sequence[Pair], reference: Attempt | None) -> list[range]:
        """The places between neighbours that were tried and differ."""
        asked = [place for place, pair in enumerate(pairs) if pair in self.attempts]
        keys = {place: self.key_of(self.attempts[pairs[place]], reference) for place in asked}
        return [
            range(left + 1, right)
            for left, right in pairwise(asked)
            if right - left > 1 and keys[left] != keys[right]
        ]


def spread_in(places: range, number: int) -> list[int]:
    """Up to ``number`` places that divide a range into equal parts."""
    number = min(number, len(places))
    return [places[(len(places) + 1) * part // (number + 1) - 1] for part in range(1, number + 1)]


def try_releases(trials: Trials, *, every: bool = False) -> None:
    """Try enough releases to know which of them read the file, or every one.

    The newest patch of each minor release is tried, and then those between neighbours that differ.
    With fewer, a behaviour that only one minor release has would be missed.
    """
    readers = trials.readers
    pairs = readers.pairs
    if every:
        trials.run(pairs)
        return
    minors = groupby(pairs, key=lambda pair: (pair.lineage, pair.keras.release[:2]))
    corners = [list(patches)[-1] for _, patches in minors]
    trials.run([*corners, *([readers.writer] if readers.writer else [])])
    for lineage in dict.fromkeys(pair.lineage for pair in pairs):
        trials.narrow([pair for pair in pairs if pair.lineage == lineage])
