"""The text of ``--version``: which version this is, and which results it holds."""

from __future__ import annotations

from importlib.metadata import version

from harness.releases.catalogue import Catalogue
from harness.results import store
from harness.util.paths import RESULTS, ROOT, STATE


def version_text() -> str:
    """The version, the state of the results, and where they are."""
    catalogue = Catalogue.load()
    newest = max(release.version for release in catalogue.releases("keras"))
    held = f"{len(store.paths_in(RESULTS))} pairs; releases up to Keras {newest}"
    if STATE is None:
        return f"keras-bisect, a checkout: {held}\n{ROOT}"
    number = version("keras-bisect")
    day = f"{STATE.made:%Y-%m-%d}"
    return f"keras-bisect {number}, results of {day} ({STATE.digest}): {held}\n{ROOT}"
