"""Writers: which of them still have files to save, and how the corpus gets these files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.exchange.corpus import Corpus, open_corpus, update
from harness.exchange.saved_files import kept_files
from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Result
from harness.util.paths import WORK

#: What writers have saved, before it is packed into the corpus.
SAVED = WORK / "saved"
#: The results of writers that were run for their files.
WRITTEN = WORK / "written"
#: Outcomes of a cell from which no file is left.
WITHOUT_FILE = ("unsupported", "build-error", "save-error")

#: Runs the sessions of pairs that save files.
RunWriters = Callable[[Sequence[Pair], Request], None]


def with_files_of(
    writers: Sequence[Pair], request: Request, corpus: Corpus, run: RunWriters
) -> Corpus:
    """The corpus with all files that the writers save of the requested cases and formats.

    Writers whose files are missing are run first. What a writer fails to save is not in the corpus.
    """
    missing = missing_writers(writers, request, corpus)
    if not missing:
        return corpus
    cases = {case.name for case in request.cases}
    for pair in missing:
        for name in cases:
            shutil.rmtree(SAVED / pair.file_name / name, ignore_errors=True)
    run(missing, replace(request, rerun=True, keep=SAVED, folder=WRITTEN))
    written = (
        saved for saved in kept_files(SAVED) if saved.writer in missing and saved.case in cases
    )
    update(written, {case.name: case.digest for case in all_cases()}, corpus)
    return open_corpus()


def missing_writers(writers: Sequence[Pair], request: Request, corpus: Corpus) -> list[Pair]:
    """The writers that may still have files to save for a request."""
    codes = {case.name: case.digest for case in request.cases}
    known = {
        (writer, entry.case, entry.format)
        for entry in corpus.classes
        if entry.code == codes.get(entry.case)
        for writer in entry.writers
    }
    return [
        pair
        for pair in writers
        if any(
            (pair.id, case, name) not in known and _may_save(pair, request, case, name)
            for case, name in (cell.key for cell in request.cells)
        )
    ]


def _may_save(pair: Pair, request: Request, case: str, format_name: str) -> bool:
    """Whether nothing stored says that no file is left from a cell."""
    codes = {one.name: one.digest for one in request.cases}
    for folder in (WRITTEN, request.folder):
        result = store.read_or_empty(pair, folder)
        cell = result.cells.get((case, format_name))
        if result.outcome:
            return False
        if cell and cell.digest == codes[case]:
            return cell.outcome not in WITHOUT_FILE
    return True


def own_result(pair: Pair) -> Result:
    """What is stored about a writer's own round trips."""
    result = store.read_or_empty(pair)
    return result if result.cells else store.read_or_empty(pair, WRITTEN)
