"""Advice: the smallest steps that make the file useful, in words and commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from harness.releases.catalogue import index_name
from harness.releases.pair import Pair
from harness.userfile.changed_meanings import changed_meanings
from harness.userfile.facts import NEW_WEIGHTS, FileFacts, Kind
from harness.userfile.trying import FIRST_ARCHIVE
from harness.userfile.verdicts import Group
from harness.util.invocation import command_line

#: The verdicts after which a file can be loaded as it is, the best first.
_PLAIN = ("same", "read", "weightless")
#: The ways of loading that lose or risk something, by verdict: a condition, and the call.
_WAYS = {
    "named": (
        ", with each of its own classes.",
        "keras.models.load_model(path, custom_objects={names})",
    ),
    "uncompiled": (
        "; its training state is lost.",
        "keras.models.load_model(path, compile=False)",
    ),
    "unsafe": (
        ", and only in a sandbox: it runs code that the file holds.",
        "keras.models.load_model(path, safe_mode=False)",
    ),
}


@dataclass(frozen=True)
class Advice:
    """One step in a sentence, and the command or code for it, if there is one."""

    says: str
    command: str = ""


def advise(
    name: str,
    facts: FileFacts,
    groups: Sequence[Group],
    newest: Pair | None,
    own_classes: Sequence[str],
    *,
    has_inputs: bool = False,
    has_outputs: bool = False,
) -> list[Advice]:
    """What to do, the first step first.

    ``name`` is the name of the file, and ``newest`` the newest release of Keras. ``has_inputs`` and
    ``has_outputs`` say that a person gave the inputs and the outputs.
    """
    steps = [
        *_renaming(name, facts),
        *_steps(facts, groups, newest, own_classes),
        *about_vocabularies(facts),
    ]
    if groups and not any(group.verdict.is_usable for group in groups):
        about = [
            *(about_inputs(groups) if has_inputs else ()),
            *(_about_outputs(groups) if has_outputs else ()),
        ]
        steps += about or _about_failure(facts, groups)
    refusing = {pair for group in groups if group.verdict.kind == "refused" for pair in group.pairs}
    if newest in refusing:
        steps.append(
            Advice(
                f"Look for a verified way into Keras {newest.keras}, the newest release:",
                _command(name, "--to", str(newest.keras)),
            )
        )
    return steps


def _steps(
    facts: FileFacts, groups: Sequence[Group], newest: Pair | None, own_classes: Sequence[str]
) -> Iterator[Advice]:
    yield from _cautions(facts)
    yield from about_code(facts, groups, own_classes)
    by_kind = {kind: newest_of(groups, kind) for kind in (*_PLAIN, *_WAYS)}
    yield from _how_to_load(by_kind, newest, own_classes)
    yield from _about_training_code(groups)
    if wrong := newest_of(groups, "differs"):
        yield Advice(
            f"Do not trust what {wrong.release} computes: its outputs differ, and no exception "
            "says so."
        )
    yield from _about_bytecode(facts, groups)


def about_code(
    facts: FileFacts, groups: Sequence[Group], own_classes: Sequence[str]
) -> Iterator[Advice]:
    """Ask for the code that a release needs."""
    if not any(group.verdict.kind == "needs-code" for group in groups):
        return
    if facts.kind == "weights":
        yield Advice(
            "It has no architecture. Give the code that makes the model, as a function "
            "build(keras) in a file, with --code FILE.py."
        )
    else:
        yield Advice(
            f"Give the code of {', '.join(own_classes)} with --code FILE.py; without it, nobody "
            "can tell which releases read the file."
        )


def _about_training_code(groups: Sequence[Group]) -> Iterator[Advice]:
    """Ask for the code without which the training state is lost."""
    names = {
        name
        for group in groups
        if group.verdict.kind == "uncompiled"
        for name in group.verdict.missing
    }
    if names:
        yield Advice(
            f"To see which releases keep the training state, give the code of "
            f"{', '.join(sorted(names))} with --code FILE.py."
        )


def about_vocabularies(facts: FileFacts) -> Iterator[Advice]:
    """How to give words to the layers whose vocabulary is not in the file."""
    if facts.empty_lookups:
        yield Advice(
            f"The file does not hold the vocabulary of {', '.join(facts.empty_lookups)}. Give it "
            "to each of these layers after loading and before the first prediction, in the order "
            "that it had when the file was written; a .keras file would hold it:",
            "layer.set_vocabulary(words)",
        )


def about_inputs(groups: Sequence[Group]) -> Iterator[Advice]:
    """Doubt the given inputs if a release loads the file and cannot predict on them."""
    if any(group.verdict.kind == "no-prediction" for group in groups):
        yield Advice(
            "Predicting on the given arrays failed. Compare their order, shapes and types with "
            "the inputs of the model; without --inputs, generated ones are used."
        )


def _about_outputs(groups: Sequence[Group]) -> Iterator[Advice]:
    """Doubt the given outputs if no release computes them."""
    if any(group.verdict.kind == "differs" for group in groups):
        yield Advice(
            "No release that was tried computes the given outputs. Without --outputs, the writer's "
            "own release tells what is right."
        )


def _about_failure(facts: FileFacts, groups: Sequence[Group]) -> Iterator[Advice]:
    """Say what follows if no release that was tried can use the file."""
    kinds = {group.verdict.kind for group in groups}
    if "code-error" in kinds:
        yield Advice(
            "Nothing is known of the releases that cannot use the given code; write it so that "
            "they can."
        )
    elif "needs-code" in kinds or kinds == {"unknown"}:
        return
    elif kinds == {"no-model"}:
        yield Advice(
            "Nothing is known about the weights: build(keras) of the given code raises an "
            "exception in every release that was tried."
        )
    elif facts.kind != "weights":
        yield Advice("No release that was tried can use the file as it is.")
    elif "unknown" not in kinds:
        yield Advice(
            "No release that was tried can use the weights in the model that the given code makes."
        )


def _about_bytecode(facts: FileFacts, groups: Sequence[Group]) -> Iterator[Advice]:
    """Point at the Python of the releases that refuse a file with bytecode in it."""
    if "lambda-code" not in facts.hazard_kinds:
        return
    reading = {pair.python for each in groups if each.verdict.is_usable for pair in each.pairs}
    refusing = {
        pair.python for each in groups if each.verdict.kind == "refused" for pair in each.pairs
    }
    if reading and refusing - reading:
        yield Advice(
            "The code in it is bytecode of the writer's Python, which other Pythons may not be "
            f"able to read: it was read on Python {_listed(reading)}, and refused on "
            f"{_listed(refusing - reading)}."
        )


def _listed(pythons: Iterable[str]) -> str:
    return ", ".join(sorted(pythons, key=Version))


def _renaming(name: str, facts: FileFacts) -> Iterator[Advice]:
    if facts.ending:
        new = _stem(name) + facts.ending
        yield Advice(f"Rename it, for example to {new}. The releases read it under such a name.")


def _stem(name: str) -> str:
    """The name of a file without its ending."""
    return name.removesuffix(NEW_WEIGHTS) if name.endswith(NEW_WEIGHTS) else Path(name).stem


def _cautions(facts: FileFacts) -> Iterator[Advice]:
    if facts.hazards:
        yield Advice("Load it only where it can do no harm: it holds what is listed as dangerous.")


def _how_to_load(
    by_kind: dict[str, Pair | None], newest: Pair | None, own_classes: Sequence[str]
) -> Iterator[Advice]:
    best = next((found for kind in _PLAIN if (found := by_kind[kind])), None)
    for kind, (says, call) in _WAYS.items():
        found = by_kind[kind]
        if found is not None and (best is None or found.keras > best.keras):
            yield Advice(
                f"With {found.release}, load it like this{says}",
                call.replace("{names}", _custom_objects(own_classes)),
            )
    if best is None:
        return
    if newest is not None and best.keras == newest.keras:
        yield Advice(f"Load it as it is with Keras {best.keras}, the newest release.")
        return
    if best.lineage == "keras":
        says = f"{best.release} is the newest release tried that reads it"
    else:
        says = (
            f"{best.release}, which carries Keras 2 on for newer releases of "
            "TensorFlow, reads it: import tf_keras in place of keras"
        )
    yield Advice(
        f"{says}; it was tried on Python {best.python}.",
        f"python -m pip install {index_name(best.lineage, best.keras)}=={best.keras} "
        f"tensorflow=={best.tensorflow}",
    )


def _custom_objects(own_classes: Sequence[str]) -> str:
    """The code of a dict with the file's own classes, without names that are no identifiers."""
    names = [name for name in own_classes if name.isidentifier()] or ["Name"]
    return "{" + ", ".join(f"'{name}': {name}" for name in names) + "}"


def about_meanings(facts: FileFacts, writer: Version | None, reader: Pair) -> Iterator[Advice]:
    """Warn of values in the file that mean something else to a release than to its writer."""
    for changed in changed_meanings(facts, writer, reader.keras) if writer else ():
        yield Advice(
            f"The file uses {changed.value}, which changed its meaning: {changed.says}. So Keras "
            f"{reader.keras} computes something else. Restore the older meaning after loading; "
            "for a recurrent layer:",
            changed.remedy,
        )


def advise_on_graph(facts: FileFacts) -> Iterator[Advice]:
    """What to do with a graph for serving."""
    yield from _cautions(facts)
    yield from about_endpoints(facts)


def about_endpoints(facts: FileFacts) -> Iterator[Advice]:
    """How to compute with the graphs of a SavedModel folder that no release reads as a model."""
    if facts.lacks_weights:
        return
    if facts.is_graph:
        yield Advice("Compute with it in TensorFlow:", "tf.saved_model.load(path).serve(inputs)")
    if endpoint := next(iter(facts.endpoints), None):
        yield Advice(
            "In Keras 3 it can be a layer, which computes and cannot be trained:",
            f"keras.layers.TFSMLayer(path, call_endpoint={endpoint!r})",
        )


def convert_with(name: str, kind: Kind, target: Pair) -> Advice:
    """How to get the new file of a way that was found for a file of this kind."""
    whole = ".keras" if target.keras >= FIRST_ARCHIVE else ".h5"
    new = f"{_stem(name)}-for-{target.keras}{NEW_WEIGHTS if kind == 'weights' else whole}"
    return Advice(
        "Write the new file, and beside it how it was made:",
        _command(name, "--to", str(target.keras), "--convert", new),
    )


def _command(name: str, *options: str) -> str:
    return command_line("file", name, *options)


def newest_of(groups: Sequence[Group], kind: str) -> Pair | None:
    """The newest release with a verdict of this kind."""
    pairs = [pair for group in groups if group.verdict.kind == kind for pair in group.pairs]
    return max(pairs, key=lambda pair: pair.keras, default=None)
