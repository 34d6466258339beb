"""What an installed wheel ships beside the code, and where it works; a checkout ships nothing.

The wheel holds the results, the corpus, the ledgers, the catalogue and the cases of the commit that
it was built from: one *state*. It cannot write beside its code, so it works in the user's cache
folder. Each state has a folder of its own there, and all share the environments.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from platformdirs import user_cache_path

#: The package, and the folder that only a wheel has in it; ``hatch_build.py`` fills that folder.
CODE = Path(__file__).resolve().parents[1]
SHIPPED = CODE / "shipped"
#: Names another folder than the one in the user's cache.
CACHE_VARIABLE = "KERAS_BISECT_CACHE"


@dataclass(frozen=True)
class State:
    """One state of the published results: when it was committed, and a digest of its files."""

    made: datetime
    digest: str

    @property
    def name(self) -> str:
        """The name of its folder; names are in the order of time."""
        return f"{self.made:%Y%m%dT%H%M%SZ}-{self.digest}"


def shipped_state() -> State | None:
    """The state that this wheel ships; None in a checkout."""
    try:
        document = json.loads((SHIPPED / "state.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return State(datetime.fromisoformat(document["made"]), document["digest"])


def cache_folder() -> Path:
    """Where an installed wheel keeps everything."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).absolute()
    return user_cache_path("keras-bisect", appauthor=False)


def states_folder() -> Path:
    """The folder with the states of all wheels that have been used."""
    return cache_folder() / "states"
