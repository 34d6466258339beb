"""The words that the layers of a file look up, and the layers whose words it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from harness.userfile.archives import Archive
from harness.userfile.facts import MOST_LAYERS, FileFacts, Hazard, NotAModelFile, text_of
from harness.userfile.objects import objects_in

_OF_WORDS = frozenset(("TextVectorization", "StringLookup"))
_LOOKUPS = _OF_WORDS | {"IntegerLookup"}
#: The member of an archive in which a layer keeps its vocabulary, a word a line, and the part of
#: its path by which that of an IntegerLookup is recognised.
_ASSETS, _VOCABULARY, _OF_INTEGERS = "assets/", "/vocabulary.txt", "/integer_lookup"
_LARGEST_VOCABULARY = 16 << 20
#: How many words inputs are made of, and how long one of these is.
_MOST_WORDS = 100
_LONGEST_WORD = 50
#: What stands in vocabularies for unknown words and for padding.
_NO_WORDS = frozenset(("[UNK]", ""))


def take_vocabularies(
    model: Mapping[str, Any], facts: FileFacts, archive: Archive | None = None
) -> None:
    """Have inputs of text made of words that the layers know, and note whose words are missing.

    Other words would all be the unknown word to these layers, so that outputs would be the same
    even where a release has lost the vocabulary.
    """
    names = list(_vocabulary_members(archive)) if archive else []
    stored = {text for name in names for text in _lines(archive, name, facts)} if archive else set()
    words = _some_of({*stored, *_written_words(model)})
    facts.inputs = [
        msgspec.structs.replace(each, words=words) if each.dtype == "string" else each
        for each in facts.inputs
    ]
    if not names:
        facts.empty_lookups = list(dict.fromkeys(_empty_lookups(model)))[:MOST_LAYERS]
    if facts.empty_lookups:
        layers = text_of(", ".join(facts.empty_lookups))
        facts.notes.append(f"it does not hold the vocabulary of {layers}")


def _vocabulary_members(archive: Archive) -> Iterator[str]:
    return (
        name for name in archive.members if name.startswith(_ASSETS) and name.endswith(_VOCABULARY)
    )


def _lines(archive: Archive, name: str, facts: FileFacts) -> Iterable[str]:
    """The words in a member of an archive; none if it is very large, or that of integers."""
    if _OF_INTEGERS in name or archive.members[name].file_size > _LARGEST_VOCABULARY:
        return ()
    try:
        return archive.read(name).decode(errors="replace").split("\n")
    except NotAModelFile as problem:
        facts.add_hazards([Hazard("damaged", text_of(name), text_of(problem))])
        return ()


def _written_words(model: Mapping[str, Any]) -> Iterator[str]:
    """The words of the vocabularies that stand in the config itself."""
    for found in objects_in(model):
        vocabulary = _vocabulary_of(found.value)
        if found.name in _OF_WORDS and isinstance(vocabulary, list):
            yield from (word for word in vocabulary if isinstance(word, str))


def _empty_lookups(model: Mapping[str, Any]) -> Iterator[str]:
    """The paths of the layers whose vocabulary is not in the config."""
    for found in objects_in(model):
        if found.name in _LOOKUPS and not _vocabulary_of(found.value):
            yield text_of(found.where.partition("/")[2] or found.where)


def _vocabulary_of(layer: Mapping[str, Any]) -> Any:
    config = layer.get("config")
    return config.get("vocabulary") if isinstance(config, dict) else None


def _some_of(words: Iterable[str]) -> tuple[str, ...]:
    """Some of the words, from all over the alphabet."""
    usable = sorted(
        word
        for word in words
        if word not in _NO_WORDS
        and len(word) <= _LONGEST_WORD
        and word.isprintable()
        and "\ufffd" not in word
    )
    return tuple(usable[:: max(1, -(-len(usable) // _MOST_WORDS))])
