"""The rules that choose pairs: which TensorFlow and which Python go with a Keras release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from packaging.version import Version

from harness.releases.catalogue import Catalogue, Release, index_name
from harness.releases.pair import LINEAGES, Pair
from harness.releases.specifiers import matching_releases, nearest_versions
from harness.util.errors import UsageError

#: The oldest stable release of ``--pairs all``.
OLDEST = Version("2.2.0")
#: The first release of the default set: the first with the ``.keras`` format that lasted.
DEFAULT_SINCE = Version("2.12")
#: From here to Keras 3, Keras was released with TensorFlow under the same minor number.
TF_KERAS = Version("2.6")
KERAS_3 = Version("3.0")
CROSS_SINCE = Version("2.16")


class PairRules:
    """Makes pairs from a catalogue; the same catalogue gives the same pairs everywhere."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._tensorflows = catalogue.stable("tensorflow")
        self._axis_python = {
            release: python
            for lineage in LINEAGES
            for release, python in self._pythons_along(self._axis(lineage))
        }

    def default_set(self) -> list[Pair]:
        """The newest patch of every Keras minor from 2.12 on, natural."""
        releases = [
            each for each in self.catalogue.stable("keras") if each.version >= DEFAULT_SINCE
        ]
        return self._natural_pairs(newest_patches(releases))

    def natural(self, lineage: str = "keras") -> list[Pair]:
        """Every stable release of a lineage with the TensorFlow of its day."""
        return self._natural_pairs(self._axis(lineage))

    def cross(self) -> list[Pair]:
        """Newest patch of each Keras 3 minor with the newest patch of each TensorFlow minor."""
        return self.product(
            newest_patches(
                each for each in self.catalogue.stable("keras") if each.version >= KERAS_3
            ),
            newest_patches(each for each in self._tensorflows if each.version >= CROSS_SINCE),
        )

    def all(self) -> list[Pair]:
        """Every stable release of both lineages, natural, and the cross."""
        return sorted({*self.natural(), *self.cross(), *self.natural("tf-keras")})

    def product(
        self, keras: Iterable[Release], tensorflow: Sequence[Release], python: str | None = None
    ) -> list[Pair]:
        """Every combination that has a Python of its own."""
        made = (self.pair(k, t, python) for k in keras for t in tensorflow)
        return sorted(pair for pair in made if pair is not None)

    def pair(self, keras: Release, tensorflow: Release, python: str | None = None) -> Pair | None:
        """The pair with the Python of the rule, or with the one given if the wheels have it.

        The rule: of the Pythons that both releases admit, the one that this Keras has on the
        natural axis, else the nearest to it.
        """
        candidates = self._candidates(keras, tensorflow)
        if python is not None:
            candidates &= {python}
        if not candidates:
            return None
        wanted = _number(self._axis_python.get((keras.package, keras.version), "3.11"))
        chosen = min(candidates, key=lambda each: (abs(_number(each) - wanted), -_number(each)))
        return Pair(keras.package, keras.version, tensorflow.version, chosen)

    def over_pythons(self, keras: Release, tensorflow: Release) -> list[Pair]:
        """Two releases with every Python that both admit, oldest Python first."""
        return [
            Pair(keras.package, keras.version, tensorflow.version, python)
            for python in sorted(self._candidates(keras, tensorflow), key=_number)
        ]

    def is_of_the_rule(self, pair: Pair) -> bool:
        """Whether the pair has the Python that the rule gives its releases."""
        return self._with(pair, None) == pair

    def is_possible(self, pair: Pair) -> bool:
        """Whether both releases of a pair admit its Python."""
        keras = self.catalogue.find(pair.lineage, pair.keras)
        tensorflow = self.catalogue.find("tensorflow", pair.tensorflow)
        return bool(keras and tensorflow and pair.python in self._candidates(keras, tensorflow))

    def natural_tensorflow(self, keras: Release) -> Release | None:
        """The TensorFlow of a Keras release's day, or None where there was none."""
        if is_bound(keras):
            same = (each for each in self._tensorflows if each.minor == keras.minor)
            return next(same, None)
        return max(
            (
                each
                for each in self._tensorflows
                if each.uploaded <= keras.uploaded and self._candidates(keras, each)
            ),
            key=lambda each: each.version,
            default=None,
        )

    def day(self, pair: Pair) -> datetime:
        """The moment both releases of the pair were on the index."""
        keras = self.catalogue.find(pair.lineage, pair.keras)
        tensorflow = self.catalogue.find("tensorflow", pair.tensorflow)
        if keras is None or tensorflow is None:
            raise UsageError(f"{pair.id} is not in the catalogue")
        return max(keras.completed, tensorflow.completed)

    def named(self, text: str) -> Pair:
        """The pair with this id.

        Raises:
            UsageProblem: its form is wrong, or one of its releases does not exist.
        """
        pair = Pair.parse(text)
        for package, version in ((pair.lineage, pair.keras), ("tensorflow", pair.tensorflow)):
            if self.catalogue.find(package, version) is None:
                name = index_name(package, version)
                known = [each.version for each in self.catalogue.releases(name)]
                near = " and ".join(map(str, nearest_versions(version, known)))
                raise UsageError(f"{package} {version} is not a release; the nearest: {near}")
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
        """The pairs that the options of ``matrix`` ask for.

        Without any option the default set. ``kind`` names a set, which the specifiers then filter.
        Without ``kind``, ``keras`` alone gives natural pairs, and with ``tensorflow`` every
        combination with the newest matching patch of each TensorFlow minor.

        Raises:
            UsageProblem: a specifier matches nothing, nothing is left, or pre-releases are asked
                for where none can be chosen.
        """
        if prereleases and (kind or keras is tensorflow is None):
            raise UsageError(
                "--pre is for the releases of --keras and --tensorflow; the sets of pairs have no "
                "pre-releases"
            )
        lineage = "tf-keras" if kind == "tf-keras" else "keras"

        def chosen(package: str, text: str | None) -> list[Release]:
            if text is None:
                return []
            return matching_releases(self.catalogue, package, text, prereleases=prereleases)

        chosen_keras = chosen(lineage, keras)
        chosen_tensorflow = chosen("tensorflow", tensorflow)
        if kind is None and chosen_tensorflow:
            every = newest_patches(self.catalogue.stable("keras"))
            pairs = self.product(
                chosen_keras or [each for each in every if each.version >= DEFAULT_SINCE],
                newest_patches(chosen_tensorflow),
                python,
            )
        elif kind is None and chosen_keras:
            pairs = self._natural_pairs(chosen_keras, python)
        else:
            pairs = {
                None: self.default_set,
                "natural": self.natural,
                "cross": self.cross,
                "tf-keras": lambda: self.natural("tf-keras"),
                "all": self.all,
            }[kind]()
            if chosen_keras:
                kept = _versions(chosen_keras)
                pairs = [each for each in pairs if (each.lineage, each.keras) in kept]
            if chosen_tensorflow:
                kept = _versions(chosen_tensorflow)
                pairs = [each for each in pairs if ("tensorflow", each.tensorflow) in kept]
            if python is not None:
                pairs = sorted({forced for each in pairs if (forced := self._with(each, python))})
        if not pairs:
            raise UsageError(
                "the selection is empty: no pair of these releases has a Python that both admit"
                + (f" and that is {python}" if python else "")
            )
        return pairs

    def _with(self, pair: Pair, python: str | None) -> Pair | None:
        keras = self.catalogue.find(pair.lineage, pair.keras)
        tensorflow = self.catalogue.find("tensorflow", pair.tensorflow)
        return self.pair(keras, tensorflow, python) if keras and tensorflow else None

    def _axis(self, lineage: str) -> list[Release]:
        return [each for each in self.catalogue.stable(lineage) if each.version >= OLDEST]

    def _natural_pairs(self, releases: Iterable[Release], python: str | None = None) -> list[Pair]:
        made = (
            self.pair(keras, tensorflow, python)
            for keras in releases
            if (tensorflow := self.natural_tensorflow(keras)) is not None
        )
        return sorted(pair for pair in made if pair is not None)

    def _candidates(self, keras: Release, tensorflow: Release) -> set[str]:
        return {
            python
            for python in tensorflow.pythons()
            if _number(python) >= 6 and keras.admits(python) and tensorflow.admits(python)
        }

    def _pythons_along(self, axis: Sequence[Release]) -> Iterator[tuple[tuple[str, Version], str]]:
        """Give each release a Python with the fewest changes along the axis.

        From the newest release back, a run goes on as long as one Python serves all of it, which
        is the longest a run can be; it then gets the newest Python that does. Each era of Keras is
        an axis of its own, so that no run spans the gap between two of them.
        """
        for _, era in groupby(reversed(axis), key=lambda release: _era(release.version)):
            run: list[tuple[str, Version]] = []
            common: set[str] = set()
            for release in era:
                tensorflow = self.natural_tensorflow(release)
                candidates = self._candidates(release, tensorflow) if tensorflow else set()
                if not candidates:
                    continue
                if run and not common & candidates:
                    yield from ((each, max(common, key=_number)) for each in run)
                    run, common = [], set()
                common = common & candidates if run else candidates
                run.append((release.package, release.version))
            if run:
                yield from ((each, max(common, key=_number)) for each in run)


def is_bound(keras: Release) -> bool:
    """Whether a Keras goes only with the TensorFlow of its own minor."""
    return keras.package.startswith("tf-keras") or TF_KERAS <= keras.version < KERAS_3


def newest_patches(releases: Iterable[Release]) -> list[Release]:
    """The last release of each minor; ``releases`` must be sorted by version."""
    return [list(group)[-1] for _, group in groupby(releases, key=lambda release: release.minor)]


def _versions(releases: Iterable[Release]) -> set[tuple[str, Version]]:
    return {(release.package, release.version) for release in releases}


def _era(version: Version) -> int:
    """0: Keras of its own, before TensorFlow's; 1: released with TensorFlow, and Keras 3."""
    return int(version >= TF_KERAS)


def _number(python: str) -> int:
    return int(python.partition(".")[2])
