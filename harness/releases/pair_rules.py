"""The rules that choose pairs: which TensorFlow and which Python go with a Keras release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from packaging.version import Version

from harness.releases.catalogue import Catalogue, Release, index_name
from harness.releases.pair import LINEAGES, Pair
from harness.releases.specifiers import matching_releases, not_a_release
from harness.util.errors import UsageError

#: The oldest Keras release of ``--pairs all``.
OLDEST_KERAS = Version("2.2.0")
#: The oldest Keras release of the default set, which introduced the ``.keras`` format.
DEFAULT_SINCE = Version("2.12")
#: From here until Keras 3, each Keras minor was released with the TensorFlow of the same number.
BUNDLED_SINCE = Version("2.6")
KERAS_3 = Version("3.0")
#: The oldest TensorFlow release of the cross.
CROSS_SINCE = Version("2.16")
#: The Python of a Keras that has none on the natural axis, such as a pre-release.
USUAL_PYTHON = "3.11"


class PairRules:
    """Forms pairs from a catalogue; the same catalogue gives the same pairs on every machine."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._tensorflows = catalogue.stable("tensorflow")
        self._natural: dict[str, list[Pair]] = {}
        #: The Python of each Keras on the natural axis, by package and version.
        self._natural_python = {
            release: python
            for lineage in LINEAGES
            for release, python in self._pythons_along(self._axis(lineage))
        }

    def default_set(self) -> list[Pair]:
        """The natural pairs of the newest patch of every Keras minor from 2.12 on."""
        return self._natural_pairs(self._default_keras())

    def natural(self, lineage: str = "keras") -> list[Pair]:
        """The natural pairs of every stable release of a lineage from `OLDEST_KERAS` on."""
        if lineage not in self._natural:
            self._natural[lineage] = self._natural_pairs(self._axis(lineage))
        return list(self._natural[lineage])

    def natural_of_both(self) -> list[Pair]:
        """The natural pairs of both lineages, each in the order of its releases."""
        return [pair for lineage in LINEAGES for pair in self.natural(lineage)]

    def cross(self) -> list[Pair]:
        """The newest patch of each Keras 3 minor with that of each TensorFlow minor."""
        stable = self.catalogue.stable("keras")
        return self.product(
            newest_patches(keras for keras in stable if keras.version >= KERAS_3),
            newest_patches(each for each in self._tensorflows if each.version >= CROSS_SINCE),
        )

    def all(self) -> list[Pair]:
        """The natural pairs of both lineages, and the cross."""
        return sorted({*self.natural_of_both(), *self.cross()})

    def product(
        self, keras: Iterable[Release], tensorflow: Sequence[Release], python: str | None = None
    ) -> list[Pair]:
        """Every combination for which there is a Python (``python``, if given)."""
        pairs = (
            self.pair(keras_release, tensorflow_release, python)
            for keras_release in keras
            for tensorflow_release in tensorflow
        )
        return sorted(pair for pair in pairs if pair is not None)

    def pair(self, keras: Release, tensorflow: Release, python: str | None = None) -> Pair | None:
        """The pair of two releases on the Python that the rule gives them; None if there is none.

        Of the Pythons that both releases support, that is the one closest to the Python of this
        Keras on the natural axis, and of two equally close the newer one. With ``python``, it is
        that one or none.
        """
        candidates = self._candidates(keras, tensorflow)
        if python is not None:
            candidates &= {python}
        if not candidates:
            return None
        natural = self._natural_python.get((keras.package, keras.version), USUAL_PYTHON)

        def distance(candidate: str) -> tuple[int, int]:
            return abs(_minor(candidate) - _minor(natural)), -_minor(candidate)

        closest = min(candidates, key=distance)
        return Pair(keras.package, keras.version, tensorflow.version, closest)

    def on_every_python(self, keras: Release, tensorflow: Release) -> list[Pair]:
        """The pairs of two releases on every Python that both support, oldest Python first."""
        return [
            Pair(keras.package, keras.version, tensorflow.version, python)
            for python in sorted(self._candidates(keras, tensorflow), key=_minor)
        ]

    def has_default_python(self, pair: Pair) -> bool:
        """Whether the pair is on the Python that the rule gives its releases."""
        return self._from_rule(pair) == pair

    def is_possible(self, pair: Pair) -> bool:
        """Whether both releases of a pair support its Python."""
        keras, tensorflow = self._releases_of(pair)
        return bool(keras and tensorflow and pair.python in self._candidates(keras, tensorflow))

    def natural_tensorflow(self, keras: Release) -> Release | None:
        """The stable TensorFlow that a Keras release is paired with, or None.

        A Keras bound to its TensorFlow gets the first release of the same minor. Any other gets the
        newest one that had been uploaded before it and that shares a Python with it.
        """
        if is_bound(keras):
            same_minor = (each for each in self._tensorflows if each.minor == keras.minor)
            return next(same_minor, None)
        shared = (
            tensorflow
            for tensorflow in reversed(self._tensorflows)
            if tensorflow.uploaded <= keras.uploaded and self._candidates(keras, tensorflow)
        )
        return next(shared, None)

    def day(self, pair: Pair) -> datetime:
        """The moment from which both releases of the pair were complete on the index.

        Raises:
            UsageError: one of them is not in the catalogue.
        """
        keras, tensorflow = self._releases_of(pair)
        if keras is None or tensorflow is None:
            raise UsageError(f"{pair.id} is not in the catalogue")
        return max(keras.completed, tensorflow.completed)

    def named(self, text: str) -> Pair:
        """The pair with this id.

        Raises:
            UsageError: the text is not an id, or one of the releases does not exist.
        """
        pair = Pair.parse(text)
        for package, version in ((pair.lineage, pair.keras), ("tensorflow", pair.tensorflow)):
            if self.catalogue.find(package, version) is None:
                name = index_name(package, version)
                known = [release.version for release in self.catalogue.releases(name)]
                raise not_a_release(package, version, known)
        return pair

    def select(
        self,
        *,
        kind: str | None = None,
        keras: str | None = None,
        tensorflow: str | None = None,
        python: str | None = None,
        prereleases: bool = False,
    ) -> list[Pair]:
        """The pairs selected by the options of ``matrix``; without any, the default set.

        ``keras`` and ``tensorflow`` are version specifiers. If ``kind`` names a set of pairs, they
        filter that set. Otherwise ``keras`` alone selects natural pairs, and ``tensorflow`` selects
        every combination with the newest matching patch of each TensorFlow minor.

        Raises:
            UsageError: a specifier matches nothing, ``python`` is no minor version, no pair is
                left, or ``prereleases`` is set without a specifier, or together with ``kind``.
        """
        if prereleases and (kind is not None or (keras is None and tensorflow is None)):
            raise UsageError(
                "--pre is for the releases of --keras and --tensorflow; the sets of pairs have no "
                "pre-releases"
            )
        if python is not None and not re.fullmatch(r"\d+\.\d+", python):
            raise UsageError(f"{python!r} is no minor version of Python; an example: 3.11")
        lineage = "tf-keras" if kind == "tf-keras" else "keras"
        keras_releases = self._matching(lineage, keras, prereleases)
        tensorflow_releases = self._matching("tensorflow", tensorflow, prereleases)
        if kind is None and tensorflow_releases is not None:
            pairs = self.product(
                self._default_keras() if keras_releases is None else keras_releases,
                newest_patches(tensorflow_releases),
                python,
            )
        elif kind is None and keras_releases is not None:
            pairs = self._natural_pairs(keras_releases, python)
        else:
            pairs = _with_releases(self._set(kind), keras_releases, tensorflow_releases)
            if python is not None:
                pairs = self._on_python(pairs, python)
        if not pairs:
            needed = f"support Python {python}" if python else "support the same Python"
            raise UsageError(f"the selection is empty: no two of these releases {needed}")
        return pairs

    def _set(self, kind: str | None) -> list[Pair]:
        """The set of pairs with this name; the default set for None."""
        if kind is None:
            return self.default_set()
        if kind == "natural":
            return self.natural()
        if kind == "cross":
            return self.cross()
        if kind == "tf-keras":
            return self.natural("tf-keras")
        if kind == "all":
            return self.all()
        raise ValueError(f"no set of pairs is named {kind!r}")

    def _matching(
        self, package: str, specifier: str | None, prereleases: bool
    ) -> list[Release] | None:
        """The releases that a specifier selects; None without a specifier."""
        if specifier is None:
            return None
        return matching_releases(self.catalogue, package, specifier, prereleases=prereleases)

    def _on_python(self, pairs: Iterable[Pair], python: str) -> list[Pair]:
        """The same releases on another Python, without those that do not support it."""
        moved = (self._from_rule(pair, python) for pair in pairs)
        return sorted({pair for pair in moved if pair is not None})

    def _from_rule(self, pair: Pair, python: str | None = None) -> Pair | None:
        """What `pair` makes of the two releases of a pair."""
        keras, tensorflow = self._releases_of(pair)
        return self.pair(keras, tensorflow, python) if keras and tensorflow else None

    def _releases_of(self, pair: Pair) -> tuple[Release | None, Release | None]:
        """The Keras and the TensorFlow release of a pair; None for one not in the catalogue."""
        return (
            self.catalogue.find(pair.lineage, pair.keras),
            self.catalogue.find("tensorflow", pair.tensorflow),
        )

    def _default_keras(self) -> list[Release]:
        """The newest patch of every Keras minor of the default set."""
        stable = self.catalogue.stable("keras")
        return newest_patches(release for release in stable if release.version >= DEFAULT_SINCE)

    def _axis(self, lineage: str) -> list[Release]:
        """The stable releases of a lineage from `OLDEST_KERAS` on."""
        return [keras for keras in self.catalogue.stable(lineage) if keras.version >= OLDEST_KERAS]

    def _natural_pairs(self, releases: Iterable[Release], python: str | None = None) -> list[Pair]:
        """Each Keras release with its natural TensorFlow, where there is one."""
        pairs = (
            self.pair(keras, tensorflow, python)
            for keras in releases
            if (tensorflow := self.natural_tensorflow(keras)) is not None
        )
        return sorted(pair for pair in pairs if pair is not None)

    def _candidates(self, keras: Release, tensorflow: Release) -> set[str]:
        """The Pythons that both releases support, from 3.6 on: the runner needs its syntax."""
        return {
            python
            for python in tensorflow.pythons
            if _minor(python) >= 6 and keras.admits(python) and tensorflow.admits(python)
        }

    def _pythons_along(self, axis: Sequence[Release]) -> Iterator[tuple[tuple[str, Version], str]]:
        """Give each release of an axis a Python, changing it as rarely as possible.

        From the newest release back, a run goes on for as long as one Python serves all of it, so
        each run is as long as it can be. Every release of a run gets the newest such Python. Keras
        before and after `BUNDLED_SINCE` are axes of their own, so no run spans the gap between.
        """
        for _, era in groupby(reversed(axis), key=lambda keras: keras.version >= BUNDLED_SINCE):
            run: list[tuple[str, Version]] = []
            common: set[str] = set()
            for keras in era:
                tensorflow = self.natural_tensorflow(keras)
                candidates = self._candidates(keras, tensorflow) if tensorflow else set()
                if not candidates:
                    continue
                if run and not common & candidates:
                    yield from _on_newest_python(run, common)
                    run = []
                common = common & candidates if run else candidates
                run.append((keras.package, keras.version))
            if run:
                yield from _on_newest_python(run, common)


def is_bound(keras: Release) -> bool:
    """Whether a Keras release only goes with the TensorFlow of the same minor number."""
    return keras.package.startswith("tf-keras") or BUNDLED_SINCE <= keras.version < KERAS_3


def newest_patches(releases: Iterable[Release]) -> list[Release]:
    """The newest patch of each minor; ``releases`` must be sorted by version."""
    return [list(patches)[-1] for _, patches in groupby(releases, key=lambda each: each.minor)]


def _with_releases(
    pairs: Iterable[Pair],
    keras_releases: Iterable[Release] | None,
    tensorflow_releases: Iterable[Release] | None,
) -> list[Pair]:
    """The pairs whose releases are among the given ones; None admits every release."""
    chosen = list(pairs)
    if keras_releases is not None:
        keras = {(release.package, release.version) for release in keras_releases}
        chosen = [pair for pair in chosen if (pair.lineage, pair.keras) in keras]
    if tensorflow_releases is not None:
        tensorflow = {release.version for release in tensorflow_releases}
        chosen = [pair for pair in chosen if pair.tensorflow in tensorflow]
    return chosen


def _on_newest_python(
    run: Iterable[tuple[str, Version]], pythons: set[str]
) -> list[tuple[tuple[str, Version], str]]:
    newest = max(pythons, key=_minor)
    return [(release, newest) for release in run]


def _minor(python: str) -> int:
    """11 for ``"3.11"``."""
    return int(python.partition(".")[2])
