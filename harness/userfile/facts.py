"""Facts: what is known about a file without loading it, as the describing process reports it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

#: The kinds of files that hold a model or its weights.
Kind = Literal["keras", "h5", "weights", "savedmodel", "json"]
#: The kinds in words.
KIND_NAMES: dict[Kind, str] = {
    "keras": ".keras archive",
    "h5": "HDF5 file with a whole model",
    "weights": "HDF5 file with weights alone",
    "savedmodel": "SavedModel folder",
    "json": "JSON config without weights",
}
#: What can be dangerous in a file, with the words for it.
HAZARDS = {
    "lambda-code": "Python code of a lambda function",
    "stored-code": "Python code of a function, where no release has been seen to run it",
    "foreign-module": "the name of a module outside Keras, to be imported",
    "keras-utility": "a function of Keras that is no part of a model",
    "pickle": "a pickle, which runs code when it is read",
    "torch-module": "a PyTorch module, stored as a pickle",
    "tfsm-layer": "a TFSMLayer, which loads another SavedModel",
    "vocabulary-path": "a vocabulary that is to be read from a file or an address",
    "file-path": "the path of a file, or an address",
    "graph-file-op": "an operation of the graph that reads or writes files, or runs Python",
    "external-link": "an HDF5 link to another file",
    "soft-link": "an HDF5 soft link",
    "external-storage": "an HDF5 dataset whose bytes are in another file",
    "virtual-dataset": "an HDF5 dataset that is made of datasets in other files",
    "declared-size": "more bytes declared than are stored",
    "zip-bomb": "an archive member that unpacks to far more than is stored",
    "path-traversal": "an archive member that would be unpacked outside its folder",
    "duplicate-member": "two archive members of one name",
    "encrypted-member": "an encrypted archive member",
    "member-link": "a symbolic link in the archive or folder",
    "damaged": "a part that cannot be read",
}
#: How the names of weights of Keras 2.12 and newer end.
NEW_WEIGHTS = ".weights.h5"
#: How many layers are told, and hazards of each kind.
MOST_LAYERS = 2000
MOST_HAZARDS = 50
#: How many characters of a name or value from the file are reported.
LONGEST_TEXT = 200


class NotAModelFile(Exception):
    """The file holds no model and no weights; the message says in one sentence what it is."""


class Hazard(msgspec.Struct, frozen=True, order=True):
    """Something dangerous: its kind, which is a key of `HAZARDS`, its place, and details."""

    kind: str
    where: str
    what: str = ""


class Layer(msgspec.Struct, frozen=True):
    """A layer of the model.

    ``path`` has the names of the models around it, as ``encoder/dense``. ``calls`` is the number of
    its calls in the graph. ``input_shape`` is as written, with the batch; ``parameters`` is the
    number of values in its weights, or None if that is not known.
    """

    path: str
    class_name: str
    calls: int = 1
    input_shape: str = ""
    parameters: int | None = None


class Input(msgspec.Struct, frozen=True):
    """An input of the model: its shape without the batch, and its dtype.

    ``below`` is the ``input_dim`` of an Embedding that takes its integers; None if there is no
    Embedding. ``batch`` is the size of a batch if it is fixed; None if any size will do. ``words``
    are some that the layers of the model look up, for an input of text.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"
    below: int | None = None
    batch: int | None = None
    words: tuple[str, ...] = ()


#: The function for serving that ``model.export`` gives a graph, and that of SavedModel folders.
EXPORTED_ENDPOINT, SAVED_ENDPOINT = "serve", "serving_default"


class ClassUse(msgspec.Struct, frozen=True, order=True):
    """A class or function that the file names.

    ``kind`` is the kind of built-in class that Keras expects there, as ``layers``, or empty.
    ``registered`` is the name under which it is registered if it is not a class of Keras.
    """

    kind: str
    name: str
    module: str = ""
    registered: str = ""


class FileFacts(msgspec.Struct):
    """The description of a file.

    ``size`` is in bytes. ``name`` is a name by which loaders recognise its format; ``ending`` is
    the ending that its own name should have, empty if it has one already. ``writer`` is the version
    of Keras that the file names, and ``saved`` the date. ``left_out`` is the number of layers that
    are not in ``layers``. ``parameters`` is the number of values in the weights. ``output_keys``
    are the keys of outputs that are a dict.

    ``written`` holds the keys of the configs by class, each with the first of its values as JSON
    text, empty if that is long. A class is named as in ledgers, ``layers.Dense``, or ``.Dense`` if
    its kind is not written. ``endpoints`` are the functions that a SavedModel folder offers for
    serving; ``lacks_weights`` says that it has no file with weights. ``changed_values`` are those
    values in the configs that mean something else to some releases (see `changed_meanings`).
    ``empty_lookups`` are the layers that look words or integers up and whose vocabulary is missing.
    """

    kind: Kind
    size: int
    name: str = ""
    ending: str = ""
    writer: str = ""
    tensorflow: str = ""
    saved: str = ""
    backend: str = ""
    model: str = ""
    layers: list[Layer] = []
    left_out: int = 0
    parameters: int | None = None
    compiled: bool = False
    inputs: list[Input] = []
    output_keys: list[str] = []
    classes: list[ClassUse] = []
    written: dict[str, dict[str, str]] = {}
    hazards: list[Hazard] = []
    notes: list[str] = []
    endpoints: list[str] = []
    lacks_weights: bool = False
    changed_values: list[str] = []
    empty_lookups: list[str] = []

    @property
    def is_graph(self) -> bool:
        """Whether it is a graph that ``model.export`` wrote, which no release reads as a model."""
        return EXPORTED_ENDPOINT in self.endpoints and not self.writer

    def add_hazards(self, found: Iterable[Hazard]) -> None:
        """Add hazards as far as they are new, and not too many of their kind.

        Many of one kind shall not hide another.
        """
        counts = Counter(hazard.kind for hazard in self.hazards)
        for hazard in found:
            if counts[hazard.kind] < MOST_HAZARDS and hazard not in self.hazards:
                self.hazards.append(hazard)
                counts[hazard.kind] += 1

    @property
    def hazard_kinds(self) -> set[str]:
        """The kinds of its hazards."""
        return {hazard.kind for hazard in self.hazards}


class Refusal(msgspec.Struct):
    """The answer about a file that holds no model: a sentence that says what it is."""

    not_a_model: str


def text_of(value: Any) -> str:
    """A value of the file as a text of limited length; empty for None."""
    if value is None:
        return ""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    text = text[: LONGEST_TEXT + 1].encode(errors="replace").decode()  # without lone surrogates
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
