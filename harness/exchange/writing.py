"""Writing: which writers still have to save files, and how these get into the corpus."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from filelock import FileLock

from harness.exchange.corpus import UNPACKED, Corpus, open_corpus, update
from harness.exchange.saved_files import kept_files
from harness.execution.cases import Case, all_cases
from harness.execution.digests import pair_digest
from harness.execution.request import Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import CellKey, Result
from harness.results.validity import is_outcome_valid
from harness.util.paths import CORPUS, UNPUBLISHED

#: Outcomes of a cell that leaves no file.
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
    saved: Path = UNPUBLISHED / "saved"
    written: Path = UNPUBLISHED / "written"


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

    Writers whose files are missing are run first, with the cases that any of them lacks. A file
    that a writer fails to save is not in the corpus.

    Raises:
        Fault: writers have to be run, and damaged files of others would be lost.
    """
    lacking = {
        pair: cases for pair in writers if (cases := missing_cases(pair, request, corpus, folders))
    }
    if not lacking:
        return corpus
    missing, wanted = list(lacking), {case.name for cases in lacking.values() for case in cases}
    corpus.check_nothing_is_lost(set(product(wanted, request.formats, [w.id for w in missing])))
    request = replace(request, cases=[case for case in request.cases if case.name in wanted])
    forget_saved(missing, request, folders)
    run(missing, replace(request, rerun=True, keep=folders.saved, folder=folders.written))
    return with_saved(missing, request, folders)


def forget_saved(
    writers: Sequence[Pair], request: Request, folders: WritingFolders = PUBLISHED
) -> None:
    """Remove what the writers have saved of the requested cases, before they are run anew."""
    for pair in writers:
        for case in request.cases:
            shutil.rmtree(folders.saved / pair.file_name / case.name, ignore_errors=True)


def with_saved(
    writers: Sequence[Pair], request: Request, folders: WritingFolders = PUBLISHED
) -> Corpus:
    """The corpus with what the writers have just saved of the requested cases.

    Another run may have added files since this one has opened the corpus.

    Raises:
        Fault: damaged files of other writers would be lost.
    """
    cases = {case.name for case in request.cases}
    folders.saved.mkdir(parents=True, exist_ok=True)
    with FileLock(folders.saved.with_suffix(".lock")):
        written = (
            saved
            for saved in kept_files(folders.saved)
            if saved.writer in writers and saved.case in cases
        )
        codes = {case.name: case.digest for case in all_cases()}
        update(written, codes, open_corpus(folders.corpus, folders.unpacked), folders.corpus)
    return open_corpus(folders.corpus, folders.unpacked)


def missing_writers(
    writers: Sequence[Pair],
    request: Request,
    corpus: Corpus,
    folders: WritingFolders = PUBLISHED,
) -> list[Pair]:
    """The writers that may still have files to save for a request."""
    return [pair for pair in writers if missing_cases(pair, request, corpus, folders)]


def missing_cases(
    writer: Pair, request: Request, corpus: Corpus, folders: WritingFolders = PUBLISHED
) -> list[Case]:
    """The requested cases of which a writer may still have files to save."""
    codes = {case.name: case.digest for case in request.cases}
    in_corpus = {
        (entry.case, entry.format)
        for entry in corpus.classes
        if entry.code == codes.get(entry.case) and writer.id in entry.writers
    }
    stored = [store.read_or_empty(writer, folder) for folder in (folders.written, request.folder)]
    missing = {
        cell.case.name
        for cell in request.cells
        if cell.key not in in_corpus and _may_save(cell.key, stored, codes)
    }
    return [case for case in request.cases if case.name in missing]


def _may_save(key: CellKey, stored: Sequence[Result], codes: Mapping[str, str]) -> bool:
    """Whether a writer may leave a file from a cell, as far as its stored results say."""
    for result in stored:
        cell = result.cells.get(key)
        if result.outcome and is_outcome_valid(result, pair_digest()):
            return False
        if cell and cell.digest == codes[cell.case]:
            return cell.outcome not in WITHOUT_FILE
    return True


def own_result(pair: Pair) -> Result:
    """The stored result of a writer's own round trips."""
    result = store.read_or_empty(pair)
    return result if result.cells else store.read_or_empty(pair, PUBLISHED.written)
