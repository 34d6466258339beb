"""What one release writes and another does not accept, in sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Console

from harness.exchange.ledger.compare import Comparison, Trial, UnacceptedKeys
from harness.util.console import print_wrapped
from harness.util.escaping import one_line, shortened

#: Characters of a value, and of an exception.
LONGEST_VALUE, LONGEST_ERROR = 40, 200


def print_comparison(console: Console, comparison: Comparison, trial: Trial | None) -> None:
    """Print a comparison, wrapped at the width of the terminal; ``trial`` is None if unknown."""
    for line in comparison_lines(comparison, trial):
        print_wrapped(console, line)


def comparison_lines(comparison: Comparison, trial: Trial | None) -> Iterator[str]:
    """The lines of the text, not yet wrapped."""
    writer, reader = comparison.writer, comparison.reader
    affected, common = len(comparison.foreseen), len(comparison.common)
    if comparison.unaccepted:
        yield (
            f"Keras {writer} writes keys that Keras {reader} does not accept, in {affected} of the "
            f"{common} classes that both have:"
        )
    else:
        yield (
            f"Keras {reader} accepts every key that Keras {writer} writes, in all {common} classes "
            "that both have."
        )
    for unaccepted in comparison.unaccepted:
        yield ""
        yield f"{keys_in_words(unaccepted)}: {in_classes(len(unaccepted.classes))}"
        yield f"  written by {', '.join(unaccepted.owners)}"
        if unaccepted.containers:
            yield f"  contained in {', '.join(unaccepted.containers)}"
    if comparison.absent:
        yield ""
        yield f"Keras {reader} does not have: {', '.join(comparison.absent)}"
    yield ""
    yield from _trial_lines(comparison, trial)


def keys_in_words(unaccepted: UnacceptedKeys) -> str:
    """The keys with their values: ``use_gate=false, salt=null``."""
    return ", ".join(
        f"{key}={shortened(value, LONGEST_VALUE)}" if value else key
        for key, value in unaccepted.keys
    )


def in_classes(number: int) -> str:
    """The number of classes in words."""
    return "in 1 class" if number == 1 else f"in {number} classes"


def trial_sentence(comparison: Comparison, trial: Trial | None) -> str:
    """How many of the writer's default instances the reader refused, if it has tried them."""
    reader, writer = comparison.reader, comparison.writer
    if trial is None:
        return f"Keras {reader} has not been asked to read what Keras {writer} writes."
    common = f"{len(comparison.common)} default instances of Keras {writer} whose classes it has"
    if not trial.refused and not trial.accepted:
        return f"Keras {reader} reads all {common}."
    clauses = [f"Keras {reader} refuses {len(trial.refused)} of the {common}"]
    if trial.other_reasons:
        clauses.append(f"{len(trial.other_reasons)} of them for another reason than a key")
    if trial.accepted:
        number = len(trial.accepted)
        have = "it has" if number == 1 else "they have"
        clauses.append(f"and reads {number} although {have} such a key")
    return f"{', '.join(clauses)}."


def _trial_lines(comparison: Comparison, trial: Trial | None) -> Iterator[str]:
    yield trial_sentence(comparison, trial)
    if trial is not None:
        if trial.accepted:
            yield f"  read although they have such a key: {', '.join(sorted(trial.accepted))}"
        for error, names in errors_in_words(trial):
            yield f"  {error}: {', '.join(names)}"


def errors_in_words(trial: Trial) -> list[tuple[str, list[str]]]:
    """The exceptions that no key made foreseeable, the most frequent first, and their classes."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, error in sorted(trial.other_reasons.items()):
        names[shortened(one_line(error), LONGEST_ERROR)].append(name)
    return sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
