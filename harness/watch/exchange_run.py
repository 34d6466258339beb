"""Runs an exchange plan: writes the files that are missing, and lets releases read them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from harness.analysis.seen_regressions import RegressionFinder
from harness.environments.builder import EnvironmentBuilder
from harness.exchange.corpus import MOST_DAMAGED, Corpus, WriterClass, open_corpus
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.compare import UnacceptedKeys
from harness.exchange.reading import ReadRequest, of_present_code
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.writing import (
    PUBLISHED,
    WritingFolders,
    forget_saved,
    missing_cases,
    with_files_of,
    with_saved,
)
from harness.execution.cases import code_digests
from harness.execution.request import Request
from harness.execution.run_plan import Plan, make_plan
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import GOOD_OUTCOMES, CellKey
from harness.util.paths import EXCHANGE, PROBES, READINGS, UNPUBLISHED
from harness.util.wording import first_lines
from harness.watch.comparison import Comparison
from harness.watch.exchange_plan import ExchangePlan, ExchangePlanner
from harness.watch.new_files import ReaderOfNewFiles, read_by_other
from harness.watch.news import News, WatchItem
from harness.watch.old_files import FileOrigin, compare_readings
from harness.watch.readings import Readings

#: Where a watch keeps the files that it has written; they are never published.
SCRATCH = WritingFolders(
    corpus=UNPUBLISHED / "watch" / "corpus",
    saved=UNPUBLISHED / "watch" / "saved",
    written=PROBES,
)

#: Runs the sessions of a plan, reports the regressions that the finder finds meanwhile, and returns
#: how each session ended.
RunPlan = Callable[[Plan, RegressionFinder], list[SessionReport]]
#: A writer, and the corpus that holds its files.
_Home = tuple[Corpus, Pair]


def scratch_corpus(folders: WritingFolders = SCRATCH) -> Corpus:
    """The corpus of earlier watches. Where it is damaged, an empty one takes its place."""
    corpus = open_corpus(folders.corpus, folders.unpacked)
    if corpus.damaged:
        shutil.rmtree(folders.corpus)
        corpus = open_corpus(folders.corpus, folders.unpacked)
    return corpus


class ExchangeRun:
    """Lets releases write and read files, and completes comparisons with what was found out.

    ``published`` is the published corpus and ``scratch`` that of earlier watches; a new release's
    files go into the second. ``request`` is that of the watch.
    """

    def __init__(
        self,
        planner: ExchangePlanner,
        request: Request,
        published: Corpus,
        scratch: Corpus,
        rules: PairRules,
        run: RunPlan,
        *,
        jobs: int,
    ) -> None:
        self._planner = planner
        formats = [name for name in request.formats if name in EXCHANGED_FORMATS]
        self._request = replace(request, formats=formats, keep=None)
        self._published = published
        self._scratch = scratch
        self._rules = rules
        self._run_plan = run
        self._jobs = jobs
        self._reasons: dict[Pair, str] = {}

    @property
    def problems(self) -> list[str]:
        """The files of the published corpus that cannot be trusted."""
        lines = [
            f"{path} is missing from the corpus, or not what its index says"
            for path in self._published.damaged
        ]
        return first_lines(lines, MOST_DAMAGED)

    def prepare(self, news: News, request: Request) -> Request:
        """The request that also saves files, so that no pair has to run again to write them."""
        if request.keep:
            return request
        forget_saved(_pairs(news.items), request, SCRATCH)
        return replace(request, keep=SCRATCH.saved)

    def complete(self, comparisons: Sequence[Comparison]) -> list[Comparison]:
        """The comparisons, with the differences in reading and with the readers of new files.

        Where one of the two releases has no environment, nothing is read.

        Raises:
            Fault: there may be too little disk space.
        """
        pairs = _pairs(comparison.item for comparison in comparisons)
        self._scratch = with_saved(pairs, self._request, SCRATCH)
        return [self._completed(each) if each.cells else each for each in comparisons]

    def _completed(self, comparison: Comparison) -> Comparison:
        plan = self._planner.plan(comparison.item)
        item = plan.item
        assert item.pair is not None and item.baseline is not None
        readings = Readings()
        baseline = self._homes_of(item.baseline)
        published = [(self._published, writer) for writer in plan.writers]
        homes = [*published, *(home for home in baseline if home not in published)]
        for corpus, writers in _by_corpus(homes):
            self._read([item.pair, item.baseline], corpus, writers, readings)
        files = self._files_of(homes)
        old, new = readings.of(item.baseline), readings.of(item.pair)
        differences, compared = compare_readings(old, new, files)
        readers = self._readers_of_new_files(plan, baseline, readings) if plan.readers else []
        return replace(
            comparison,
            differences=(*comparison.differences, *differences),
            files=compared,
            writers=tuple(sorted({writer for _, writer in homes})),
            readers=tuple(readers),
            unknown=(*comparison.unknown, *readings.unknown),
        )

    # ------------------------------------------------------------ files of the new release

    def _readers_of_new_files(
        self, plan: ExchangePlan, old_homes: Sequence[_Home], readings: Readings
    ) -> list[ReaderOfNewFiles]:
        """How the other releases read the new files; what is not known is added to readings."""
        assert plan.item.pair is not None
        new_homes = self._homes_of(plan.item.pair)
        for corpus, writer in (*new_homes, *old_homes):
            self._read(plan.readers, corpus, [writer], readings)
        new_files, old_files = (self._sound_files(homes) for homes in (new_homes, old_homes))
        if not new_files:
            pair = plan.item.pair
            reason = self._reasons.get(pair, "it has saved none")
            readings.unknown.append(f"{pair.id}: no files of it were read: {reason}")
        to_refuse = {(case.name, name) for case in self._request.cases for name in case.must_refuse}
        found = (
            read_by_other(
                reader,
                readings.of(reader),
                new_files,
                old_files,
                unaccepted_keys(plan.item.pair, reader),
                to_refuse,
            )
            for reader in plan.readers
        )
        return [each for each in found if each is not None]

    def _homes_of(self, pair: Pair) -> list[_Home]:
        """The published writer of the pair's Keras; for what that lacks, the pair itself.

        What a Keras release writes does not depend on the TensorFlow beside it. The pair is run if
        its files are missing.
        """
        homes, request = [], self._request
        own = pair.lineage, pair.keras
        for writer in self._published.writers():
            if (writer.lineage, writer.keras) == own:
                homes = [(self._published, writer)]
                request = replace(request, cases=missing_cases(writer, request, self._published))
        if request.cases:
            self._scratch = with_files_of([pair], request, self._scratch, self._write, SCRATCH)
            homes.append((self._scratch, pair))
        return homes

    def _write(self, pairs: Sequence[Pair], request: Request) -> None:
        self._run(make_plan(pairs, request))

    def _sound_files(self, homes: Iterable[_Home]) -> dict[CellKey, CellKey]:
        """The files that a writer reads as it should itself, by case and format."""
        return {
            (entry.case, entry.format): entry.cell_key
            for corpus, writer in homes
            for is_sound in [self._is_sound(writer)]
            for entry in of_present_code(corpus.classes, self._request.cases)
            if writer.id in entry.writers
            and entry.format in self._request.formats
            and is_sound(entry)
        }

    # ------------------------------------------------------------ sessions

    def _read(
        self, readers: Sequence[Pair], corpus: Corpus, writers: Collection[Pair], into: Readings
    ) -> None:
        """Let the readers read the files of writers, unless it is known how they read them."""
        request = ReadRequest.like(replace(self._request, folder=EXCHANGE), corpus, writers)
        published = make_plan(readers, request)
        plan = make_plan(published.pairs_to_run, replace(request, folder=READINGS))
        self._run(plan)
        for reader, missing in published.missing.items():
            result = store.read_or_empty(reader, READINGS if missing else EXCHANGE)
            unknown = {cell.key for cell in request.unknown_in(result)}
            known = {cell.key for cell in request.cells} - unknown
            cells = into.cells.setdefault(reader, {})
            cells.update((key, result.cells[key]) for key in known if key in result.cells)
            if unknown:
                reason = self._reasons.get(reader, "its session gave no reason")
                files = "1 file is" if len(unknown) == 1 else f"{len(unknown)} files are"
                into.unknown.append(f"{reader.id}: {files} not read: {reason}")

    def _run(self, plan: Plan) -> None:
        """Run a plan, and remember why a session failed.

        Raises:
            Fault: there may be too little disk space.
        """
        if not plan.pairs_to_run:
            return
        plan.check_disk(EnvironmentBuilder(self._rules), self._jobs)
        nothing_to_compare = RegressionFinder({}, [], code_digests(self._request.cases))
        for report in self._run_plan(plan, nothing_to_compare):
            if report.code:
                self._reasons[report.pair] = report.reason

    def _files_of(self, homes: Iterable[_Home]) -> dict[CellKey, FileOrigin]:
        """The files of writers, without those that none of their writers reads as it should.

        No other release can be blamed for these.
        """
        files: dict[CellKey, FileOrigin] = {}
        for corpus, writer in homes:
            is_sound = self._is_sound(writer)
            for entry in corpus.classes:
                if writer.id in entry.writers and is_sound(entry):
                    origin = files.setdefault(entry.cell_key, FileOrigin(corpus.packed, []))
                    origin.writers.append(writer)
        return files

    def _is_sound(self, writer: Pair) -> Callable[[WriterClass], bool]:
        """A function that says whether a file is sound: its writer reads it, as far as is known."""
        folders = (self._request.folder, PROBES, PUBLISHED.written)
        results = (store.read_or_empty(writer, folder) for folder in folders)
        cells = next((result.cells for result in results if result.cells), {})

        def is_sound(entry: WriterClass) -> bool:
            own = cells.get((entry.case, entry.format))
            return own is None or own.outcome in GOOD_OUTCOMES

        return is_sound


def _pairs(items: Iterable[WatchItem]) -> list[Pair]:
    """The new pairs and the baselines of watch items."""
    return list(dict.fromkeys(pair for item in items for pair in item.pairs))


def _by_corpus(homes: Sequence[_Home]) -> Iterator[tuple[Corpus, list[Pair]]]:
    """The writers of each corpus."""
    for folder in dict.fromkeys(corpus.packed for corpus, _ in homes):
        members = [home for home in homes if home[0].packed == folder]
        yield members[-1][0], [writer for _, writer in members]


def unaccepted_keys(writer: Pair, reader: Pair) -> Sequence[UnacceptedKeys]:
    """The keys that one release writes and another does not accept, if both have a ledger."""
    stored = _stored_ledgers()
    wrote, reads = (stored.ledger_of(pair.keras) for pair in (writer, reader))
    return stored.compare(wrote, reads)[0].unaccepted if wrote and reads else ()


@cache
def _stored_ledgers() -> ledger_store.StoredLedgers:
    return ledger_store.read_all()
