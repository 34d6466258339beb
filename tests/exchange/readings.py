"""Recorded readings: the files of two cases, each read by four real releases.

`FOLDER` holds a part of a corpus, and what the readers made of it.
"""

from __future__ import annotations

from pathlib import Path

from harness.exchange.corpus import Corpus, open_corpus, read_index
from harness.exchange.data import ExchangeData, exchange_data
from harness.exchange.readings import readings_of
from harness.results import store
from harness.results.model import Result
from tests.conftest import DATA

FOLDER = DATA / "exchange"


def results() -> list[Result]:
    """The results of the readers, in their order."""
    recorded, damaged = store.read_all(FOLDER / "readings")
    assert not damaged
    return recorded


def data() -> ExchangeData:
    """The exchange cells; nothing is known of the writers' own readings."""
    return exchange_data(readings_of(results(), read_index(FOLDER / "corpus")), [])


def corpus(unpacked: Path) -> Corpus:
    """The corpus, unpacked to a folder."""
    return open_corpus(FOLDER / "corpus", unpacked)
