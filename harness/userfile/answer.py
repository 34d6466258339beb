"""The answer: who wrote the file, which releases read it, why others do not, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.releases.pair import Pair, release_in_words, spans_in_words
from harness.userfile.advice import Advice
from harness.userfile.facts import HAZARDS, KIND_NAMES, FileFacts, Hazard
from harness.userfile.prediction import Unaccepted, by_reason
from harness.userfile.routes.summary import RouteSummary, as_object
from harness.userfile.trying import INSIDE_TENSORFLOW
from harness.userfile.verdicts import KINDS, Group
from harness.userfile.vulnerabilities import Vulnerability
from harness.util.errors import ExitCode
from harness.util.escaping import one_line, shortened
from harness.util.templates import markdown_templates
from harness.util.wording import counted, first_lines

SCHEMA = 1
#: How many layers and hazards the answer shows.
MOST_ROWS = 12
MOST_HAZARDS = 8
#: How many reasons for a predicted refusal are shown, and characters of the details of a verdict.
MOST_REASONS = 3
LONGEST_DETAILS = 300


@dataclass
class Answer:
    """All that is known about a file in the end.

    ``name`` is the name of the file, ``lineage`` the package that wrote it. ``predicted`` has, by
    release, the keys that it should not accept. ``exposed`` are the published vulnerabilities that
    matter for what the file holds, each with the releases affected. ``groups`` are empty if no
    release was tried, and ``tried`` is the number of those that were. ``reference`` is the pair
    with whose outputs the others were compared; ``exact`` says whether it is the writer's own
    release. With ``has_given_outputs``, all were compared with a person's own outputs instead.
    ``assumes`` says that a release which was not tried is taken to agree with its neighbours.
    ``not_tried`` are sentences that say which releases were not tried, and why. ``way`` is the
    result of a search for a way into one release.
    """

    name: str
    facts: FileFacts
    lineage: str = "keras"
    own_classes: Sequence[str] = ()
    predicted: Mapping[Pair, tuple[Unaccepted, ...]] = field(default_factory=dict)
    exposed: Sequence[tuple[Vulnerability, Sequence[Pair]]] = ()
    sandbox: str = ""
    groups: Sequence[Group] = ()
    reference: Pair | None = None
    exact: bool = True
    tried: int = 0
    assumes: bool = False
    not_tried: Sequence[str] = ()
    advice: Sequence[Advice] = ()
    has_given_outputs: bool = False
    way: RouteSummary | None = None

    @property
    def code(self) -> ExitCode:
        """The exit code: `UNKNOWN` if a release has no verdict, or if no way was found."""
        is_unknown = any(group.verdict.kind == "unknown" for group in self.groups)
        is_unknown = is_unknown or (self.way is not None and not self.way.is_found)
        return ExitCode.UNKNOWN if is_unknown else ExitCode.KNOWN

    @property
    def title(self) -> str:
        """What the file is, and who wrote it, in one line."""
        facts = self.facts
        words = [f"{self.name}: {KIND_NAMES[facts.kind]}"]
        words.append(f"written by {self._writer}" if facts.writer else "writer unknown")
        if facts.saved:
            words.append(f"on {facts.saved}")
        return one_line(", ".join(words[:2]) + "".join(f" {word}" for word in words[2:]))

    @property
    def about(self) -> list[str]:
        """What is in the file, in a few lines."""
        facts = self.facts
        parts = [size_in_words(facts.size)]
        if facts.backend:
            parts.append(f"backend {facts.backend}")
        if facts.tensorflow:
            parts.append(f"TensorFlow {facts.tensorflow}")
        if facts.model:
            layers = len(facts.layers) + facts.left_out
            unlisted = ", whose layers the file does not list"
            told = f" with {counted(layers, 'layer')}" if layers else unlisted
            parts.append(facts.model + told)
        if facts.parameters is not None:
            parts.append(f"{counted(facts.parameters, 'stored value')} in weights")
        if facts.compiled:
            parts.append("with its training state")
        lines = [", ".join(parts)]
        if self.own_classes:
            lines.append(f"classes and functions of its own: {', '.join(self.own_classes)}")
        return [one_line(line) for line in [*lines, *facts.notes]]

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The layers as a table: path, class, input shape, calls, parameters."""
        return [
            (
                one_line(layer.path),
                one_line(layer.class_name),
                one_line(layer.input_shape),
                str(layer.calls),
                "" if layer.parameters is None else f"{layer.parameters:,}",
            )
            for layer in self.facts.layers[:MOST_ROWS]
        ]

    @property
    def more_rows(self) -> int:
        """How many layers the table leaves out."""
        return len(self.facts.layers) + self.facts.left_out - len(self.rows)

    @property
    def hazards(self) -> list[str]:
        """What is dangerous in the file, a line for each; one of each kind comes first."""
        lines = [
            one_line(
                f"{hazard.where}: {HAZARDS[hazard.kind]}"
                + (f" ({hazard.what})" * bool(hazard.what))
            )
            for hazard in _one_of_each_kind_first(self.facts.hazards)
        ]
        return first_lines(lines, MOST_HAZARDS)

    @property
    def warnings(self) -> list[str]:
        """The published vulnerabilities that matter for what the file holds, a line for each."""
        return [
            f"{each.id}: {each.says}; affected: Keras {', '.join(spans_in_words(pairs, pairs))}; "
            f"fixed in {each.fixed}; {each.source}"
            for each, pairs in self.exposed
        ]

    @property
    def predictions(self) -> list[str]:
        """Which releases the ledgers predict to refuse the file, a line for each reason."""
        pairs = sorted(self.predicted)
        return [
            one_line(
                f"Keras {', '.join(spans_in_words(affected, pairs))}: "
                + "; ".join(str(each) for each in reasons[:MOST_REASONS])
                + (
                    f" and {len(reasons) - MOST_REASONS} more"
                    if len(reasons) > MOST_REASONS
                    else ""
                )
                + "; compile=False leaves it out" * all(each.is_training for each in reasons)
            )
            for reasons, affected in by_reason(self.predicted).items()
        ]

    @property
    def findings(self) -> list[tuple[str, str, str]]:
        """The verdicts: the releases, the verdict in words, and details."""
        return [
            (
                ", ".join(group.spans),
                KINDS[group.verdict.kind],
                shortened(one_line(group.verdict.says), LONGEST_DETAILS),
            )
            for group in self.groups
        ]

    @property
    def how(self) -> str:
        """How many releases were tried, and in what."""
        if not self.tried:
            return "no release had to be tried"
        noun = "release was" if self.tried == 1 else "releases were"
        return f"{self.tried} {noun} tried, in: {self.sandbox}"

    @property
    def remarks(self) -> str:
        """What the verdicts assume, and with what the outputs were compared."""
        assumed = "Releases between two that agree were not tried and are taken to agree."
        return " ".join(filter(None, [assumed * self.assumes, self.compared]))

    @property
    def compared(self) -> str:
        """A sentence that says with what the outputs were compared; empty if they were not."""
        if not self.source_of_outputs:
            return ""
        what = "Outputs" if self.facts.kind != "json" else "The shapes of outputs"
        return f"{what} are compared with {self.source_of_outputs}."

    @property
    def way_title(self) -> str:
        """The heading of a way that was found; outputs of random weights do not verify one."""
        if self.way is None:
            return ""
        kind = "way" if self.facts.kind == "json" else "verified way"
        return f"a {kind} into Keras {self.way.target.keras}"

    @property
    def source_of_outputs(self) -> str:
        """With whose outputs the others were compared, in words; empty if with nobody's."""
        if self.has_given_outputs:
            return "the given outputs"
        if self.reference is None:
            return ""
        whose = "the writer's own release" if self.exact else "not the writer's own release"
        if not self.facts.writer:
            whose = "as the writer is not known"
        return f"those of {self.reference.release}, {whose}"

    @property
    def _writer(self) -> str:
        """The package and the version that the file names."""
        version = self.facts.writer
        if version.endswith(INSIDE_TENSORFLOW):
            return f"tf.keras {version.removesuffix(INSIDE_TENSORFLOW)}"
        return release_in_words(self.lineage, version)


def _one_of_each_kind_first(hazards: Iterable[Hazard]) -> list[Hazard]:
    """Hazards in an order in which one of each kind comes before the second of any."""
    before: Counter[str] = Counter()
    places = []
    for hazard in hazards:
        places.append((before[hazard.kind], hazard))
        before[hazard.kind] += 1
    return [hazard for _, hazard in sorted(places)]


def size_in_words(size: int) -> str:
    """A number of bytes, such as ``13.6 kB``."""
    if size < 1000:
        return f"{size} bytes"
    power = min(3, (len(str(size)) - 1) // 3)
    return f"{size / 1000**power:.1f} {('kB', 'MB', 'GB')[power - 1]}"


def as_markdown(answer: Answer, command: str) -> str:
    """The answer as Markdown; ``command`` is the one that gives it again."""
    page = markdown_templates("harness.userfile").get_template("answer.md")
    return page.render(answer=answer, command=command)


def as_document(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object."""
    return {
        "schema": SCHEMA,
        "name": answer.name,
        "facts": msgspec.to_builtins(answer.facts),
        "own_classes": list(answer.own_classes),
        "predicted": {
            str(pair.keras): [msgspec.to_builtins(each) for each in reasons]
            for pair, reasons in sorted(answer.predicted.items())
            if reasons
        },
        "vulnerabilities": [
            {**msgspec.to_builtins(each), "releases": [str(pair.keras) for pair in pairs]}
            for each, pairs in answer.exposed
        ],
        "sandbox": answer.sandbox,
        "releases": [
            {"pair": pair.id, "verdict": group.verdict.kind, "says": group.verdict.says}
            for group in answer.groups
            for pair in group.pairs
        ],
        "reference": answer.reference.id if answer.reference else None,
        "reference_is_writer": answer.reference is not None and answer.exact,
        "has_given_outputs": answer.has_given_outputs,
        "not_tried": list(answer.not_tried),
        "advice": [msgspec.to_builtins(each) for each in answer.advice],
        "way": as_object(answer.way) if answer.way else None,
    }
