"""Recognises what a file is by its first bytes, without a parser."""

from __future__ import annotations

import re
import string
from pathlib import Path

from harness.exchange.content.graph_content import KERAS_METADATA, SAVED_MODEL
from harness.userfile.facts import NotAModelFile

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
ZIP_SIGNATURE = b"PK\x03\x04"
#: The first bytes of other kinds of files, and what these are.
_SIGNATURES = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; `git lfs pull` gets it"),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file in its old format"),
    (b"GGUF", "a GGUF file of llama.cpp"),
    (b"\x93NUMPY", "a single NumPy array"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
)
#: What the files are that `save_weights` of Keras 2 and `tf.train.Checkpoint` write.
CHECKPOINT = (
    "a TensorFlow checkpoint: weights without an architecture, which load_weights of Keras 2 reads "
    "into the model that your code makes"
)
#: Where the names of the files of a checkpoint end.
_CHECKPOINT_NAME = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")
#: How a config begins that ``to_yaml`` of old releases made; its keys are in alphabetical order.
_YAML = re.compile(rb"(backend: \w+\s+)?class_name: \w+\s+config:\s")
_PRINTABLE = frozenset(string.printable.encode())


def container_of(path: Path) -> str:
    """What holds the model: ``folder``, ``zip``, ``hdf5`` or ``json``.

    Raises:
        NotAModelFile: it is something else.
        OSError: it cannot be read.
    """
    if path.is_dir():
        if (path / SAVED_MODEL).is_file():
            return "folder"
        if (path / "config.json").is_file() and (path / "metadata.json").is_file():
            raise NotAModelFile(
                "an unpacked .keras archive; inside it, `python -m zipfile -c ../model.keras *` "
                "packs it again"
            )
        if any(path.glob("*.index")):
            raise NotAModelFile(CHECKPOINT)
        raise NotAModelFile(f"a folder without {SAVED_MODEL}, so no SavedModel")
    if not path.is_file():
        raise NotAModelFile("neither a file nor a folder")
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise NotAModelFile("an empty file")
    if start.startswith(HDF5_SIGNATURE):
        return "hdf5"
    if start.startswith(ZIP_SIGNATURE):
        return "zip"
    if start.lstrip().startswith((b"{", b"[")):
        return "json"
    if _has_user_block(path):
        raise NotAModelFile(
            "an HDF5 file behind a user block, which is not read here; the tool h5unjam of HDF5 "
            "removes the block"
        )
    raise NotAModelFile(_what_it_is(start, path))


def _has_user_block(path: Path) -> bool:
    """Whether HDF5 begins at one of the later places that it may: byte 512, 1024, 2048, …"""
    size = path.stat().st_size
    place = 512
    with path.open("rb") as file:
        while place < size:
            file.seek(place)
            if file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE:
                return True
            place *= 2
    return False


def _what_it_is(start: bytes, path: Path) -> str:
    lower = start.lower()
    tests = (
        (start[4:8] == b"TFL3", "a TensorFlow Lite model"),
        (
            start.startswith(b"\xef\xbb\xbf") and start[3:].lstrip()[:1] in (b"{", b"["),
            "a JSON file with a byte order mark; save it in UTF-8 without one",
        ),
        (start.startswith((b"\xff\xfe", b"\xfe\xff")), "a text file in UTF-16; save it in UTF-8"),
        (start[257:262] == b"ustar", "a tar archive; unpack it first"),
        (
            start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 100_000_000,
            "a safetensors file: weights without an architecture, which Keras does not read",
        ),
        (
            start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5"),
            "a Python pickle, which is never opened here: reading it would run code",
        ),
        (path.suffix == ".mlmodel", "a Core ML model"),
        (_is_onnx(start, path), "an ONNX model"),
        (
            path.name in (SAVED_MODEL, KERAS_METADATA),
            "one file of a SavedModel folder; give the folder",
        ),
        (path.suffix == ".pb", "a graph of TensorFlow, which no release of Keras reads"),
        (_CHECKPOINT_NAME.search(path.name) is not None, CHECKPOINT),
        (
            start.lstrip().startswith(b'"{'),
            "a JSON config in quotes, as json.dump(model.to_json(), file) writes it; write the "
            "text itself to the file",
        ),
        (
            _YAML.match(start) is not None,
            "a YAML config, which Keras before 2.6 can read and save as JSON",
        ),
        (b"<html" in lower or b"<!doctype html" in lower, "a web page: the download went wrong"),
        (not start.strip(b"\0"), "a file that begins with zeros, perhaps a failed download"),
        (all(byte in _PRINTABLE for byte in start), "a text file"),
    )
    by_signature = (words for signature, words in _SIGNATURES if start.startswith(signature))
    by_test = (words for is_one, words in tests if is_one)
    return next(by_signature, None) or next(by_test, "a file of no known kind")


def _is_onnx(start: bytes, path: Path) -> bool:
    """Whether it begins like a serialized ``ModelProto``: an IR version and a producer's name."""
    if len(start) < 4 or start[0] != 0x08 or not 1 <= start[1] <= 30:
        return False
    return path.suffix == ".onnx" or (start[2:3] == b"\x12" and 0 < start[3] < 64)
