"""Values in a config that mean something else to newer releases, which raise no exception.

Each was measured on a file: with the older meaning restored, the newer release computes what the
writer computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.version import Version

from harness.userfile.facts import FileFacts


@dataclass(frozen=True)
class ChangedMeaning:
    """A value that means something else from release ``since`` on.

    ``says`` tells both meanings, and ``remedy`` is code that restores the older one.
    """

    value: str
    since: Version
    says: str
    remedy: str


CHANGED_MEANINGS = (
    ChangedMeaning(
        "hard_sigmoid",
        Version("3.0"),
        "Keras 3 computes x / 6 + 0.5, cut to 0 and 1, where Keras 2 computed 0.2 x + 0.5",
        "layer.cell.recurrent_activation = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)",
    ),
)


def changed_among(values: Iterable[str]) -> list[str]:
    """Those of the values in a config that mean something else to some releases."""
    known = {each.value for each in CHANGED_MEANINGS}
    return sorted({value for value in values if value in known})


def changed_meanings(
    facts: FileFacts, writer: Version, reader: Version
) -> Iterator[ChangedMeaning]:
    """The values in a file that mean something else to a reader than to its writer."""
    for changed in CHANGED_MEANINGS:
        if changed.value in facts.changed_values and writer < changed.since <= reader:
            yield changed
