"""The program that reads a person's file, with a stand-in for Keras."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import userfile
from roundtrip.exceptions import PLACES

from tests.guest.fake_keras import FakeLayer, fake_keras

SPEC = {"shape": [2], "dtype": "float32", "batch": None, "below": None}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "file.keras").write_text("content")
    places = list(PLACES)
    yield
    PLACES[:] = places


def work(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    given = {
        "kind": "keras",
        "file": str(tmp_path / "file.keras"),
        "name": "model.keras",
        "code": "",
        "inputs": [SPEC],
        "free": [4],
        "arrays": "",
        "array_names": [],
        "unsafe": False,
        "droppable": None,
        "saves": {},
        "kept": "",
        "trace": "",
    }
    return {**given, **changes}


def keras_that(load: Any, version: str = "3.6.0") -> Any:
    keras = fake_keras(version)
    keras.models.load_model = load
    return keras


def loads(
    path: str, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    return FakeLayer(2.0)


def values(read: dict[str, Any]) -> Any:
    (output,) = read["outputs"]
    content = base64.b64decode(output["data"])
    return np.frombuffer(content, output["dtype"]).reshape(output["shape"])


def test_a_file_is_loaded_and_predicts(tmp_path: Path) -> None:
    read = userfile.read(keras_that(loads), work(tmp_path))
    assert (read["outcome"], read["uncompiled"], read["unsafe"]) == ("read", False, False)
    assert values(read).shape == (2, 2)


def test_the_same_inputs_are_made_each_time(tmp_path: Path) -> None:
    one, other = (userfile.read(keras_that(loads), work(tmp_path)) for _ in range(2))
    assert one["outputs"] == other["outputs"]


def test_the_file_itself_is_not_given_away(tmp_path: Path) -> None:
    def overwrites(path: str, custom_objects: Any = None) -> Any:
        Path(path).write_text("changed")
        return FakeLayer()

    userfile.read(keras_that(overwrites), work(tmp_path))
    assert (tmp_path / "file.keras").read_text() == "content"


def test_an_exception_is_described(tmp_path: Path) -> None:
    def raises(path: str, **options: Any) -> Any:
        raise ValueError("unknown key")

    read = userfile.read(keras_that(raises), work(tmp_path))
    assert (read["outcome"], read["error"]["message"]) == ("load-error", "unknown key")


def test_a_file_that_needs_compile_false_is_read_so(tmp_path: Path) -> None:
    def needs(path: str, custom_objects: Any = None, compile: bool = True) -> Any:
        if compile:
            raise ValueError("no such loss")
        return FakeLayer()

    read = userfile.read(keras_that(needs), work(tmp_path))
    assert (read["outcome"], read["uncompiled"]) == ("read", True)
    assert read["error"]["message"] == "no such loss"


@pytest.mark.parametrize(("unsafe", "outcome"), [(True, "read"), (False, "load-error")])
def test_safe_mode_is_left_only_where_that_is_allowed(
    tmp_path: Path, unsafe: bool, outcome: str
) -> None:
    def guards(
        path: str, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True
    ) -> Any:
        if safe_mode:
            raise ValueError("a Lambda layer")
        return FakeLayer()

    read = userfile.read(keras_that(guards), work(tmp_path, unsafe=unsafe))
    assert (read["outcome"], read["unsafe"]) == (outcome, unsafe)


@pytest.mark.parametrize(
    ("kind", "version"), [("keras", "2.11.0"), ("keras", "2.3.0-tf"), ("savedmodel", "3.0.0")]
)
def test_a_format_that_a_release_does_not_have_is_not_tried(
    tmp_path: Path, kind: str, version: str
) -> None:
    def never(path: str, **options: Any) -> Any:
        raise AssertionError("tried")

    read = userfile.read(keras_that(never, version), work(tmp_path, kind=kind))
    assert read["outcome"] == "unsupported"


def test_the_classes_of_the_code_are_given_to_the_loader(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("from pathlib import Path\nclass Gate: pass\ndef twice(x): return 2 * x\n")
    given: dict[str, Any] = {}

    def takes(path: str, custom_objects: Any = None) -> Any:
        given.update(custom_objects or {})
        if not given:
            raise ValueError("what is it?")
        return FakeLayer()

    userfile.read(keras_that(takes), work(tmp_path, code=str(code)))
    assert sorted(given) == ["Gate", "twice"]


def test_a_file_that_needs_its_classes_by_name_is_told_so(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("class Gate: pass\n")

    def asks(path: str, custom_objects: Any = None) -> Any:
        if not custom_objects:
            raise ValueError("no Gate")
        return FakeLayer()

    read = userfile.read(keras_that(asks), work(tmp_path, code=str(code)))
    assert (read["outcome"], read["named"], read["uncompiled"]) == ("read", True, False)
    code.write_text("class Gate: pass\ndef custom_objects(keras): return {'Gate': Gate}\n")
    read = userfile.read(keras_that(asks), work(tmp_path, code=str(code)))
    assert (read["outcome"], read["named"]) == ("read", False)


def test_what_stops_a_file_with_its_code_is_told_and_not_that_code_was_unknown_without(
    tmp_path: Path,
) -> None:
    code = tmp_path / "code.py"
    code.write_text("class Gate: pass\n")

    def refuses(path: str, custom_objects: Any = None, compile: bool = True) -> Any:
        raise ValueError("the weights do not fit" if custom_objects else "unknown layer: Gate")

    read = userfile.read(keras_that(refuses), work(tmp_path, code=str(code)))
    assert read["error"]["message"] == "the weights do not fit"
    read = userfile.read(keras_that(refuses), work(tmp_path))
    assert read["error"]["message"] == "unknown layer: Gate"


def test_code_that_raises_is_told_as_such(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("1 / 0")
    read = userfile.read(keras_that(loads), work(tmp_path, code=str(code)))
    assert (read["outcome"], read["note"]) == ("code-error", "ZeroDivisionError: division by zero")


def test_weights_need_code_that_builds_the_model(tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    given = work(tmp_path, kind="weights", code=str(code))
    code.write_text("x = 1")
    read = userfile.read(keras_that(loads), given)
    assert read["outcome"] == "code-error"
    assert "no function build(keras)" in read["note"]
    code.write_text("def build(keras): return keras.models.Model(3.0)")
    keras = keras_that(loads)
    keras.models.Model.load_weights = lambda self, path: None
    assert userfile.read(keras, given)["outcome"] == "read"


def test_the_model_tells_its_inputs_where_nothing_else_does(tmp_path: Path) -> None:
    read = userfile.read(keras_that(loads), work(tmp_path, inputs=None))
    assert read["inputs"] == [SPEC]


def test_a_model_without_inputs_is_read_and_not_compared(tmp_path: Path) -> None:
    def without(path: str, **options: Any) -> Any:
        return SimpleNamespace()

    read = userfile.read(keras_that(without), work(tmp_path, inputs=None))
    assert (read["outcome"], read.get("outputs")) == ("read", None)


def test_lengths_are_tried_until_the_model_takes_one(tmp_path: Path) -> None:
    class Picky(FakeLayer):
        def predict_on_batch(self, inputs: Any) -> Any:
            if inputs.shape[1] < 10:
                raise ValueError("too short")
            return inputs

    read = userfile.read(
        keras_that(lambda path, **options: Picky()),
        work(tmp_path, inputs=[{**SPEC, "shape": [None]}], free=[8, 64]),
    )
    assert (read["outcome"], read["free"]) == ("read", 64)


def test_a_model_whose_inputs_are_a_dict_gets_one(tmp_path: Path) -> None:
    given: dict[str, int] = {}

    class ByKey(FakeLayer):
        @property
        def input(self) -> dict[str, Any]:
            lengths = {"z": 3, "y": 5}
            return {
                key: SimpleNamespace(shape=(None, lengths[key]), dtype="float32") for key in lengths
            }

        def predict_on_batch(self, inputs: Any) -> Any:
            given.update({key: array.shape[1] for key, array in inputs.items()})
            return inputs["y"]

    def told(inputs: Any) -> Any:
        given.clear()
        keras = keras_that(lambda path, **options: ByKey())
        return userfile.read(keras, work(tmp_path, inputs=inputs))["outcome"], dict(given)

    expected = ("read", {"z": 3, "y": 5})
    assert told([{**SPEC, "shape": [3]}, {**SPEC, "shape": [5]}]) == expected
    assert told(None) == expected


def test_given_arrays_are_taken_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", b=np.ones(1), a=np.zeros(1))
    given: list[Any] = []

    class Takes(FakeLayer):
        def predict_on_batch(self, inputs: Any) -> Any:
            given.extend(float(each[0]) for each in inputs)
            return inputs[0]

    arrays = {"arrays": str(tmp_path / "inputs.npz"), "array_names": ["a", "b"]}
    userfile.read(keras_that(lambda path, **options: Takes()), work(tmp_path, **arrays))
    assert given == [0.0, 1.0]
