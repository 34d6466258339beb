"""An inquiry about a file: what it holds, how releases read it, and a way into one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.version import Version

from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox
from harness.exchange.ledger.ledger import Ledger
from harness.releases.pair import Pair, spans_in_words
from harness.releases.pair_rules import PairRules
from harness.userfile.advice import (
    about_code,
    about_endpoints,
    about_inputs,
    about_meanings,
    about_vocabularies,
    advise,
    advise_on_graph,
    convert_with,
)
from harness.userfile.answer import Answer
from harness.userfile.asking import Asker, ask_all, job_for
from harness.userfile.attempts import Attempt
from harness.userfile.facts import FileFacts
from harness.userfile.own_classes import own_classes
from harness.userfile.prediction import predict
from harness.userfile.reader_process import ReadingJob
from harness.userfile.routes.finding import RouteFinder, Wanted
from harness.userfile.routes.summary import RouteSummary
from harness.userfile.trying import Readers, Trials, try_releases, writer_of
from harness.userfile.verdicts import Verdict, are_assumed, grouped, verdict_of
from harness.userfile.vulnerabilities import exposed
from harness.util.errors import UsageError

NO_REFERENCE = (
    "No way can be verified: neither the release that wrote the file nor any other that was tried "
    "computes anything from it."
)
NO_FINITE_OUTPUTS = (
    "No way can be verified: the outputs to compare with are not finite, and it would prove "
    "nothing if others were equal. Other inputs can be given with --inputs."
)
NO_MODEL = "No way can be verified: the file holds weights alone, and no code makes the model."
#: The verdict on every release for weights alone, which need not be tried.
NEEDS_BUILD = Verdict("needs-code", "a function build(keras), which makes the model")


@dataclass(frozen=True)
class Inquiry:
    """Everything that an inquiry about a file needs.

    ``job`` says how the file is read; ``jobs`` is the number of releases that are tried at a time.
    ``given`` holds the outputs that a person gives, as if a release had computed them. ``tell``
    gets a line about each thing that is done.
    """

    facts: FileFacts
    ledgers: Sequence[Ledger]
    readers: Readers
    rules: PairRules
    job: ReadingJob
    jobs: int = 1
    given: Attempt | None = None
    tell: Callable[[str], None] = field(default=lambda _: None)

    @cached_property
    def writer(self) -> Version | None:
        """The release that the file names as its writer."""
        return writer_of(self.facts, self.rules)[1]

    def static_answer(self) -> Answer:
        """All that is known before any release is tried."""
        readers = self.readers
        predicted = predict(self.facts, self.ledgers, self.writer)
        not_tried = []
        if readers.unable and not self.facts.is_graph:
            unable = ", ".join(spans_in_words(readers.unable, readers.all))
            not_tried.append(f"Keras {unable} cannot read this format")
        return Answer(
            self.job.file.name,
            self.facts,
            writer_of(self.facts, self.rules)[0],
            own_classes(self.facts, self.ledgers),
            {pair: reasons for pair, reasons in predicted.items() if pair in readers.pairs},
            exposed(self.facts, readers.pairs),
            not_tried=not_tried,
            advice=list(advise_on_graph(self.facts)) if self.facts.is_graph else [],
            exact=readers.exact,
        )

    def try_releases(self, answer: Answer, sandbox: Sandbox, *, every: bool) -> None:
        """Have releases read the file, and add their verdicts and advice to the answer.

        Raises:
            UsageError: the given code cannot be used by any of them.
        """
        answer.sandbox = sandbox.name
        if self._needs_build:
            verdicts = dict.fromkeys(self.readers.pairs, NEEDS_BUILD)
            answer.groups = grouped(self.readers.pairs, verdicts)
        else:
            asker, trials = self._trials(answer, sandbox)
            ask_all(trials, asker, every=every)
            reference = self.given or trials.reference
            if self.given is None and self.job.has_weights and trials.has_only_the_reference:
                reference = None  # it would be compared with itself
            self._set_reference(answer, reference)
            verdicts = self._take_verdicts(answer, trials, reference)
        oldest, latest = min(verdicts, default=None), max(verdicts, default=None)
        answer.predicted = {
            pair: reasons
            for pair, reasons in answer.predicted.items()
            if oldest is None or latest is None or not oldest <= pair <= latest
        }
        newest = self.rules.natural()[-1]
        answer.advice = [
            *advise(
                answer.name,
                answer.facts,
                answer.groups,
                newest,
                answer.own_classes,
                has_inputs=self.job.arrays is not None,
                has_outputs=self.given is not None,
            ),
            *about_meanings(self.facts, self.writer, newest),
            *about_endpoints(self.facts),
        ]

    def find_way(self, answer: Answer, sandbox: Sandbox, wanted: Wanted) -> None:
        """Search for a way into a release for the file, and add the result to the answer."""
        answer.predicted = {
            pair: reasons for pair, reasons in answer.predicted.items() if pair == wanted.target
        }
        answer.sandbox = sandbox.name
        if self._needs_build:
            answer.groups = grouped([wanted.target], {wanted.target: NEEDS_BUILD})
            self._give_up(answer, wanted, NO_MODEL)
            return
        asker, trials = self._trials(answer, sandbox)
        reference = self.given or self._reference(trials, asker, wanted)
        answer.tried = len(trials.attempts)
        self._set_reference(answer, reference)
        if reference is None:
            self._take_verdicts(answer, trials, reference)
            self._give_up(answer, wanted, NO_REFERENCE)
            return
        if self.job.has_weights and reference.read and not reference.read.finite:
            self._give_up(answer, wanted, NO_FINITE_OUTPUTS)
            return
        finder = RouteFinder(
            self.facts, self.writer, self.readers, self.ledgers, EnvironmentBuilder(self.rules),
            sandbox, asker.job, self._missing(answer), self.tell,
        )  # fmt: skip
        answer.way = finder.find(wanted, reference, answer.source_of_outputs)
        if answer.way.steps and wanted.convert is None:
            answer.advice = [convert_with(answer.name, self.facts.kind, wanted.target)]
        elif not answer.way.is_found:
            answer.advice = list(about_meanings(self.facts, self.writer, wanted.target))

    def _give_up(self, answer: Answer, wanted: Wanted, why: str) -> None:
        """Say in the answer that no way can be verified, and what the person has to give."""
        answer.way = RouteSummary(wanted.target, False, why)
        answer.advice = [
            *about_code(self.facts, answer.groups, answer.own_classes),
            *about_vocabularies(self.facts),
            *(about_inputs(answer.groups) if self.job.arrays else ()),
        ]

    def _reference(self, trials: Trials, asker: Asker, wanted: Wanted) -> Attempt | None:
        """What the writer's own release computes, or else the nearest release that does."""
        trials.run([self.readers.writer or wanted.target])
        if trials.reference is None:
            try_releases(trials)
        if trials.reference is not None:
            asker.settle(trials.reference)
        return trials.reference

    def _trials(self, answer: Answer, sandbox: Sandbox) -> tuple[Asker, Trials]:
        def tell(attempt: Attempt) -> None:
            self.tell(f"tried {attempt.pair.release} in {attempt.seconds:.0f} s")

        def verdict(attempt: Attempt, reference: Attempt | None) -> Verdict:
            return self._verdict(answer, attempt, self.given or reference)

        readers = self.readers
        if self.given is not None and readers.writer not in readers.pairs:
            readers = replace(readers, writer=None)  # nothing is compared with it
        job = job_for(self.facts, self.job, sandbox)
        asker = Asker(EnvironmentBuilder(self.rules), job, sandbox, tell)
        return asker, Trials(readers, asker, verdict, self.jobs)

    def _take_verdicts(
        self, answer: Answer, trials: Trials, reference: Attempt | None
    ) -> dict[Pair, Verdict]:
        """Add the verdicts on the releases to the answer."""
        verdicts = {
            pair: self._verdict(answer, attempt, reference)
            for pair, attempt in trials.attempts.items()
            if pair in self.readers.pairs
        }
        _check_code(verdicts.values())
        answer.groups = grouped(self.readers.pairs, verdicts)
        answer.assumes = are_assumed(self.readers.pairs, verdicts)
        answer.tried = len(verdicts)
        return verdicts

    def _verdict(self, answer: Answer, attempt: Attempt, reference: Attempt | None) -> Verdict:
        return verdict_of(
            attempt, reference, self._missing(answer), has_weights=self.job.has_weights
        )

    @property
    def _needs_build(self) -> bool:
        """Whether there are only weights, and no code that makes a model for them."""
        return self.facts.kind == "weights" and self.job.code is None

    def _missing(self, answer: Answer) -> list[str]:
        """The file's own classes, as far as their code is missing."""
        return [] if self.job.code else list(answer.own_classes)

    def _set_reference(self, answer: Answer, reference: Attempt | None) -> None:
        answer.has_given_outputs = self.given is not None
        answer.reference = reference.pair if reference and not self.given else None
        answer.exact = self.readers.exact and answer.reference == self.readers.writer


def _check_code(verdicts: Iterable[Verdict]) -> None:
    """Raise `UsageError` if no release with a verdict can use the given code."""
    known = [verdict for verdict in verdicts if verdict.kind != "unknown"]
    if known and all(verdict.kind == "code-error" for verdict in known):
        raise UsageError(f"the given code cannot be used: {known[0].says}")
