"""How often ``file`` agrees with measured readings, and how often it finds a way into a release.

    python -m benchmarks.routes [--to 3.15.1] [--limit N]

Takes files of the corpus as if they were a person's own: the families below, in the formats keras,
h5 and weights, by writers from the oldest to the newest; and SavedModel folders, which Keras 2
writes for this. The wanted release reads each, and its verdict is held against the stored reading
of the same file, where there is one. For each file that it refuses, a way is searched. Prints a
line for each file, and the summary at the end; ``--limit`` takes about so many files, evenly
spread. Needs a sandbox and a warm uv cache; a file that is refused takes about half a minute.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import find_sandbox
from harness.exchange.content.saved_parts import saved_by_the_writer
from harness.exchange.corpus import open_corpus
from harness.exchange.ledger import store as ledger_store
from harness.execution.cases import Case, all_cases
from harness.releases.catalogue import Catalogue
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.results import store
from harness.results.model import Result
from harness.userfile.answer import Answer
from harness.userfile.inquiry import Inquiry
from harness.userfile.reader_process import ReadingJob
from harness.userfile.reading import facts_about
from harness.userfile.routes.finding import Wanted
from harness.userfile.trying import readers_of
from harness.userfile.verdicts import USABLE
from harness.util.errors import Fault
from harness.util.paths import EXCHANGE

#: Models that people have: a small ResNet, a text model, a transformer block, an autoencoder, ...
FAMILIES = (
    "small_resnet", "text_classifier_lstm", "transformer_block", "convolutional_autoencoder",
    "gru_encoder", "bidirectional_twice", "depthwise_conv", "siamese_pair", "plain_mlp",
    "compiled_registered_loss",
)  # fmt: skip
FORMATS = ("keras", "h5", "weights")
#: The writers of SavedModel folders, and the program with which they write one.
SAVED_MODEL_WRITERS = ("2.6.0", "2.12.0", "2.15.0")
SAVED_MODEL_FAMILIES = ("small_resnet", "text_classifier_lstm", "convolutional_autoencoder")
SAVE_MODEL = """
import importlib, sys
import keras
sys.path.insert(0, sys.argv[1])
importlib.import_module(sys.argv[2]).build(keras).save(sys.argv[3], save_format="tf")
"""
WRITERS = ("2.2.0", "2.6.0", "2.12.0", "2.15.0", "3.0.5", "3.6.0", "3.13.2", "3.15.1")
#: The outcomes of readings with which a verdict agrees.
AGREEING = {
    "same": ("pass",), "named": ("pass",), "uncompiled": ("pass", "load-error"),
    "refused": ("load-error", "refused"), "needs-code": ("load-error", "refused"),
    "differs": ("mismatch",), "no-prediction": ("mismatch", "load-error"), "ended": ("timeout",),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What came of one file: the verdict, whether the reading agrees (None: unread), the way."""

    file: str
    verdict: str
    agrees: bool | None
    way: str
    seconds: float


@dataclass(frozen=True)
class Source:
    """A file as a person might have it, and what came of its stored reading, if there is one."""

    case: Case
    format: str
    writer: str
    path: Path
    reading: str | None

    def __str__(self) -> str:
        return f"{self.case.name} {self.format} {self.writer}"


def corpus_files(cases: Mapping[str, Case], readings: Result) -> Iterator[Source]:
    """The files of the corpus, each with the writer for which it stands."""
    corpus = open_corpus()
    for entry in corpus.classes:
        if entry.case in FAMILIES and entry.format in FORMATS:
            own = {pair.keras.public for pair in entry.pairs if pair.lineage == "keras"}
            writer = next((version for version in WRITERS if version in own), None)
            if writer is not None:
                (path,) = saved_by_the_writer(corpus.folder_of(entry))
                reading = readings.cells.get((entry.case, f"{entry.format}@{entry.digest}"))
                outcome = reading.outcome if reading else None
                yield Source(cases[entry.case], entry.format, writer, path, outcome)


def saved_models(cases: Mapping[str, Case], rules: PairRules, folder: Path) -> Iterator[Source]:
    """SavedModel folders, written now by releases of Keras 2."""
    builder = EnvironmentBuilder(rules)
    for version in SAVED_MODEL_WRITERS:
        (pair,) = rules.select(keras=f"=={version}")
        python = str(builder.make(pair).python)
        for name in SAVED_MODEL_FAMILIES:
            path = folder / f"{name}-{version}"
            command = [python, "-s", "-B", "-c", SAVE_MODEL, str(cases[name].path.parent), name]
            subprocess.run([*command, str(path)], check=True, capture_output=True)
            yield Source(cases[name], "savedmodel", version, path, None)


def measure(source: Source, target: Pair, rules: PairRules) -> Measured:
    """Ask about one file as a person would, and search a way if the release refuses it."""
    started = time.monotonic()
    facts = facts_about(source.path)
    ledgers = ledger_store.read_all().ledgers
    job = ReadingJob(source.path, facts.kind, facts.name, source.case.path)
    readers = readers_of(facts, rules, every=True)
    asked = replace(
        readers, pairs=tuple(pair for pair in readers.pairs if pair in (readers.writer, target))
    )
    sandbox = find_sandbox()
    if sandbox is None:
        raise SystemExit("this machine has no sandbox")
    inquiry = Inquiry(facts, ledgers, asked, rules, job)
    answer = inquiry.static_answer()
    inquiry.try_releases(answer, sandbox, every=True)
    kinds = [group.verdict.kind for group in answer.groups if target in group.pairs]
    kind = kinds[0] if kinds else "unable"
    # old weights are read under another name than in the corpus, where it says that they are new
    reading = source.reading if facts.name == source.path.name else None
    agrees = None if reading is None else reading in AGREEING.get(kind, ())
    way = ""
    if kind not in USABLE:
        search = replace(inquiry, readers=readers)
        search.find_way(answer, sandbox, Wanted(target))
        way = told_shortly(answer)
    return Measured(str(source), kind, agrees, way, time.monotonic() - started)


def told_shortly(answer: Answer) -> str:
    """The way in one line, or why there is none."""
    if answer.way is None:
        return "none: nothing to compare with"
    if answer.way.is_found:
        return "found: " + " / ".join(answer.way.steps)
    return "none: " + " | ".join(f"{way}: {verdict}" for way, verdict in answer.way.attempted)


def print_summary(measured: Sequence[Measured]) -> None:
    """Print how often the verdict agrees, and for how many refused files there is a way."""
    judged = [each for each in measured if each.agrees is not None]
    refused = [each for each in measured if each.way]
    found = [each for each in refused if each.way.startswith("found")]
    print(f"{len(measured)} files")
    print(f"verdict agrees with the stored reading: {sum(map(agrees, judged))} of {len(judged)}")
    print(f"a verified way for files that are refused: {len(found)} of {len(refused)}")


def agrees(each: Measured) -> bool:
    """Whether the verdict is that of the stored reading."""
    return bool(each.agrees)


def main() -> None:
    """Measure the files and print what came of each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", default="3.15.1", metavar="X.Y.Z")
    parser.add_argument("--limit", type=int, metavar="N")
    arguments = parser.parse_args()
    rules = PairRules(Catalogue.load())
    (target,) = rules.select(keras=f"=={arguments.to}")
    cases = {case.name: case for case in all_cases()}
    files = list(corpus_files(cases, store.read_or_empty(target, EXCHANGE)))
    step = -(-len(files) // (arguments.limit or len(files)))
    measured = []
    with TemporaryDirectory() as folder:
        for source in (*files[::step], *saved_models(cases, rules, Path(folder))):
            try:
                found = measure(source, target, rules)
            except Fault as fault:
                print(f"{source}: {fault}", flush=True)
                continue
            measured.append(found)
            print(
                f"{found.file}: {found.verdict}, agrees: {found.agrees}, {found.seconds:.0f} s, "
                f"{found.way}",
                flush=True,
            )
    print_summary(measured)


if __name__ == "__main__":
    main()
