"""The words that the layers of a file look up, and layers whose words it lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.userfile.asking import inputs_of
from harness.userfile.description import describe
from harness.userfile.facts import FileFacts
from tests.userfile.files import archive, layer, model
from tests.userfile.tiny_hdf5 import Array, hdf5

MEMBER = "assets/layers/text_vectorization/vocabulary.txt"


def of_text(*layers: dict[str, Any]) -> dict[str, Any]:
    """A Sequential with an input of text."""
    whole = model(*layers)
    whole["config"]["layers"][0]["config"]["dtype"] = "string"
    return whole


def described(path: Path, *layers: dict[str, Any], **members: bytes) -> FileFacts:
    more = {name.replace("__", "/") + "/vocabulary.txt": text for name, text in members.items()}
    return describe(archive(path / "a.keras", of_text(*layers), more=more))


def test_inputs_are_made_of_the_words_in_an_archive(tmp_path: Path) -> None:
    vectorization = layer("TextVectorization", vocabulary=None)
    path = archive(
        tmp_path / "a.keras", of_text(vectorization), more={MEMBER: b"\n[UNK]\nthe\ncaf\xc3\xa9"}
    )
    facts = describe(path)
    assert facts.inputs[0].words == ("café", "the")
    assert (facts.empty_lookups, facts.notes) == ([], [])
    (spec,) = inputs_of(facts) or ()
    assert spec.words == ("café", "the")


def test_inputs_are_made_of_the_words_in_a_config(tmp_path: Path) -> None:
    lookup = layer("StringLookup", vocabulary=["red", "\ud800", "green", "[UNK]", 3, "x" * 51])
    assert described(tmp_path, lookup).inputs[0].words == ("green", "red")


def test_integers_of_a_lookup_are_no_words(tmp_path: Path) -> None:
    facts = described(
        tmp_path,
        layer("IntegerLookup", vocabulary=None),
        assets__layers__integer_lookup=b"7\n8",
    )
    assert (facts.inputs[0].words, facts.empty_lookups) == ((), [])


def test_of_many_words_some_from_everywhere_are_taken(tmp_path: Path) -> None:
    text = "\n".join(f"word{number:04}" for number in range(2000)).encode()
    facts = described(tmp_path, layer("StringLookup"), assets__layers__string_lookup=text)
    assert len(facts.inputs[0].words) == 100
    assert facts.inputs[0].words[-1] > "word1900"


def test_inputs_of_numbers_have_no_words(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(layer("Dense")), more={MEMBER: b"the"})
    assert describe(path).inputs[0].words == ()


def test_an_hdf5_file_lacks_the_vocabulary_that_a_layer_was_adapted_to(tmp_path: Path) -> None:
    config = of_text(
        layer("TextVectorization", vocabulary=None, name="texts"),
        layer("StringLookup", vocabulary=["a"], name="colours"),
    )
    path = tmp_path / "a.h5"
    path.write_bytes(
        hdf5({"model_weights": {"dense": {"k": Array((2,))}}}, model_config=json.dumps(config))
    )
    facts = describe(path)
    assert facts.empty_lookups == ["texts"]
    assert facts.notes == ["it does not hold the vocabulary of texts"]
    assert facts.inputs[0].words == ("a",)
