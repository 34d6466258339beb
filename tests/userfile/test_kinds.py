"""What is none of a model is named in one sentence."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from harness.userfile.description import describe
from harness.userfile.facts import NotAModelFile
from harness.userfile.reading import facts_about
from tests.userfile.files import DENSE, archive, model, saved, saved_model
from tests.userfile.tiny_hdf5 import Array, hdf5


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        for name in names:
            members.writestr(name, b"content")
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, a=np.zeros(2))
    return file.getvalue()


OTHERS = {
    b"": "an empty file",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n": "a Git LFS pointer",
    b"\x08\x08\x12\x07pytorch\x1a\x052.1.0": "an ONNX model",
    zipped("archive/data.pkl", "archive/data/0"): "a PyTorch file",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80": "a PyTorch file in its old format",
    pickle.dumps({"weights": [1]}): "a Python pickle",
    b"\x1c\x00\x00\x00TFL3\x14\x00": "a TensorFlow Lite model",
    b"\x10\0\0\0\0\0\0\0{}              ": "a safetensors file",
    b"GGUF\x03\0\0\0": "a GGUF file",
    npz(): "NumPy arrays",
    zipped("saved_model/saved_model.pb"): "a zip archive around a SavedModel",
    zipped("best.keras"): "a zip archive around model files",
    zipped("net/config.json", "net/model.weights.h5"): "a zip archive around the folder of an",
    zipped("notes.txt"): "a zip archive without config.json",
    b"<!DOCTYPE html><html><body>Sign in": "a web page",
    b"import keras\n": "a text file",
    bytes(2000): "a file that begins with zeros",
    bytes(1024) + b"\x89HDF\r\n\x1a\n": "an HDF5 file behind a user block",
    b"\x1f\x8b\x08\0": "a gzip archive",
    b"\xde\xad\xbe\xef": "a file of no known kind",
    b'{"a": 1': "a file whose JSON text is damaged",
    b'{"a": 1}': "a JSON file that holds no Keras config",
    b"[1]": "a JSON file that holds no Keras config",
    b'{"class_name": 5, "config": {}}': "a JSON file that holds no Keras config",
    b'{"class_name": "Sequential", "config": "abc"}': "a JSON file that holds no Keras config",
    b'{"class_name": "Tokenizer", "config": {"num_words": 3}}': "the config of a Tokenizer",
    b'{"weight_map": {"/layers/dense": ["a_0.weights.h5"]}}': "the index of sharded Keras weights",
    b'\xef\xbb\xbf{"a": 1}': "a JSON file with a byte order mark",
    '{"a": 1}'.encode("utf-16"): "a text file in UTF-16",
    b'"{\\"class_name\\": \\"Sequential\\"}"': "a JSON config in quotes",
    b"backend: tensorflow\nclass_name: Sequential\nconfig:\n  name: s\n": "a YAML config",
    b'{"format": "layers-model", "modelTopology": {}}': "a model of TensorFlow.js",
    hdf5({"data": Array((3,))}): "an HDF5 file without model_config",
    b"\x89HDF\r\n\x1a\n\x07\0\0": "a damaged HDF5 file",
}


@pytest.mark.parametrize(("content", "words"), OTHERS.items(), ids=lambda value: str(value)[:24])
def test_another_kind_of_file_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(NotAModelFile) as told:
        describe(path)
    assert str(told.value).startswith(words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("saved_model.pb", "one file of a SavedModel folder"),
        ("frozen.pb", "a graph of TensorFlow"),
        ("net.ckpt.index", "a TensorFlow checkpoint"),
        ("net.ckpt.data-00000-of-00001", "a TensorFlow checkpoint"),
    ],
)
def test_a_file_of_tensorflow_is_named(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x0a\x01\x00\x80")
    with pytest.raises(NotAModelFile, match=words):
        describe(path)


def test_a_checkpoint_is_named_by_what_its_files_begin_with(tmp_path: Path) -> None:
    (tmp_path / "net.ckpt.index").write_bytes(b"\0")
    for path in (tmp_path / "net.ckpt", tmp_path):
        with pytest.raises(NotAModelFile, match="a TensorFlow checkpoint"):
            facts_about(path)


def test_a_core_ml_model_is_no_onnx_model(tmp_path: Path) -> None:
    path = tmp_path / "net.mlmodel"
    path.write_bytes(b"\x08\x04\x12\x20\x0a\x1e")
    with pytest.raises(NotAModelFile, match="a Core ML model"):
        describe(path)


@pytest.mark.parametrize(
    ("format_name", "words"),
    [("keras", "a zip archive that is cut"), ("h5", "an HDF5 file that is cut")],
)
def test_a_truncated_download_is_named(tmp_path: Path, format_name: str, words: str) -> None:
    content = saved("3.9.0", format_name).read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(NotAModelFile, match=words):
        describe(path)


def test_a_folder_that_is_no_saved_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAModelFile, match="a folder without saved_model"):
        describe(tmp_path)


def test_an_unpacked_archive_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(archive(tmp_path / "a.keras", model(DENSE))) as packed:
        packed.extractall(tmp_path / "unpacked")
    with pytest.raises(NotAModelFile, match=r"an unpacked \.keras archive"):
        describe(tmp_path / "unpacked")


def test_a_damaged_keras_metadata_is_named(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "model", model(DENSE))
    (folder / "keras_metadata.pb").write_bytes(b"\x0a\xff")
    with pytest.raises(NotAModelFile, match=r"keras_metadata\.pb is damaged"):
        describe(folder)


def test_a_saved_model_that_is_cut_is_named(tmp_path: Path) -> None:
    graph = saved_model(tmp_path / "model", model(DENSE)) / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:-1])
    with pytest.raises(NotAModelFile, match=r"saved_model\.pb is cut short or damaged"):
        describe(graph.parent)


def test_a_config_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAModelFile, match="describes no model"):
        describe(archive(tmp_path / "a.keras", {"a": 1}))
