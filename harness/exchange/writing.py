"""Writers: which of them still have files to save, and how the corpus gets these files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.exchange.corpus import UNPACKED, Corpus, open_corpus, update
from harness.exchange.saved_files import kept_files
from harness.execution.cases import all_cases
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Result
from harness.util.paths import CORPUS, WORK

#: Outcomes of a cell from which no file is left.
WITHOUT_FILE = ("unsupported", "build-error", "save-error")

#: Runs the sessions of pairs that save files.
RunWriters = Callable[[Sequence[Pair], Request], None]


@dataclass(frozen=True)
class WritingFolders:
    """The folders through which the files of writers pass into a corpus.

    ``saved`` holds what writers have saved, before it is packed into ``corpus`` and unpacked again
    in ``unpacked``; ``written`` holds the results of writers that were run for their files.
    """

    corpus: Path = CORPUS
    unpacked: Path = UNPACKED
    saved: Path = WORK / "saved"
    written: Path = WORK / "written"


#: The folders of the published corpus.
PUBLISHED = WritingFolders()


def with_files_of(
    writers: Sequence[Pair],
    request: Request,
    corpus: Corpus,
    run: RunWriters,
    folders: WritingFolders = PUBLISHED,
) -> Corpus:
    """The corpus with all files that the writers save of the requested cases and formats.

    Writers whose files are missing are run first. What a writer fails to save is not in the corpus.
    """
    missing = missing_writers(writers, request, corpus, folders)
    if not missing:
        return corpus
    forget_saved(missing, request, folders)
    run(missing, replace(request, rerun=True, keep=folders.saved, folder=folders.written))
    return with_saved(missing, request, corpus, folders)


def forget_saved(
    writers: Sequence[Pair], request: Request, folders: WritingFolders = PUBLISHED
) -> None:
    """Remove what the writers have saved of the requested cases, before they are run anew."""
    for pair in writers:
        for case in request.cases:
            shutil.rmtree(folders.saved / pair.file_name / case.name, ignore_errors=True)


def with_saved(
    writers: Sequence[Pair],
    request: Request,
    corpus: Corpus,
    folders: WritingFolders = PUBLISHED,
) -> Corpus:
    """The corpus with what the writers have just saved of the requested cases."""
    cases = {case.name for case in request.cases}
    folders.saved.mkdir(parents=True, exist_ok=True)
    written = (
        saved
        for saved in kept_files(folders.saved)
        if saved.writer in writers and saved.case in cases
    )
    update(written, {case.name: case.digest for case in all_cases()}, corpus, folders.corpus)
    return open_corpus(folders.corpus, folders.unpacked)


def missing_writers(
    writers: Sequence[Pair],
    request: Request,
    corpus: Corpus,
    folders: WritingFolders = PUBLISHED,
) -> list[Pair]:
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
            (pair.id, case, name) not in known
            and _may_save(pair, request, case, name, folders.written)
            for case, name in (cell.key for cell in request.cells)
        )
    ]


def _may_save(pair: Pair, request: Request, case: str, format_name: str, written: Path) -> bool:
    """Whether nothing stored says that no file is left from a cell."""
    codes = {one.name: one.digest for one in request.cases}
    for folder in (written, request.folder):
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
    return result if result.cells else store.read_or_empty(pair, PUBLISHED.written)
