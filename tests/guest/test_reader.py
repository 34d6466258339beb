"""The reader of saved files, with a stand-in for Keras."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from reader import ReadRun
from roundtrip.cells import CaseRun

from tests.guest.fake_keras import FakeLayer, fake_keras
from tests.guest.test_cells import case_of, raising


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model of weight 2 in the format json, as its writer kept it."""
    case = case_of(build=lambda keras: FakeLayer(2.0))
    cell = {"format": "json", "limit": 5, "patience": 20, "keep": str(tmp_path / "saved")}
    assert CaseRun(fake_keras(), case).run(cell, lambda: None)["outcome"] == "pass"
    return tmp_path / "saved"


def read(saved: Path, keras: Any = None, **functions: Any) -> dict[str, Any]:
    cell = {"format": "json", "limit": 5, "patience": 20, "saved": str(saved)}
    result: dict[str, Any] = ReadRun(keras or fake_keras(), case_of(**functions)).run(
        cell, lambda: None
    )
    return result


def reading(function: Any) -> Any:
    """A Keras that reads configs in this way."""
    keras = fake_keras()
    keras.models.model_from_json = function
    return keras


def test_a_file_that_is_read_as_it_was_written_passes(saved: Path) -> None:
    assert read(saved)["outcome"] == "pass"
    assert "note" not in read(saved)


def test_a_file_is_compared_with_what_its_writer_computed(saved: Path) -> None:
    class Scaled(FakeLayer):
        def predict_on_batch(self, inputs: Any) -> Any:
            return 3 * inputs

    result = read(saved, reading(lambda text, custom_objects: Scaled()))
    assert (result["outcome"], result["phase"]) == ("mismatch", "compare")


def test_a_structure_is_compared_with_that_of_the_writer(saved: Path) -> None:
    class TwoWeights(FakeLayer):
        def set_weights(self, weights: Any) -> None:
            self.weights = self.trainable_weights = [*weights, *[weight + 1 for weight in weights]]

    result = read(saved, reading(lambda text, custom_objects: TwoWeights()))
    assert result["error"]["message"] == "weights: 1 distinct before, 2 after"


def test_a_refusal_is_a_load_error(saved: Path) -> None:
    result = read(saved, reading(raising(TypeError("unknown key"))))
    assert (result["outcome"], result["phase"]) == ("load-error", "load")


def test_a_refusal_of_a_damaged_file_is_right(saved: Path) -> None:
    keras = reading(raising(TypeError("unknown key")))
    assert read(saved, keras, MUST_REFUSE=("json",))["outcome"] == "refused"


def test_a_warning_that_a_part_is_skipped_is_kept(saved: Path) -> None:
    def skip(text: str, custom_objects: Any) -> FakeLayer:
        warnings.warn("Skipping variable loading for optimizer", stacklevel=1)
        return FakeLayer()

    result = read(saved, reading(skip))
    assert result["outcome"] == "pass"
    assert result["note"] == "warning: Skipping variable loading for optimizer"


def test_other_warnings_are_not(saved: Path) -> None:
    def deprecated(text: str, custom_objects: Any) -> FakeLayer:
        warnings.warn("deprecated", stacklevel=1)
        return FakeLayer()

    assert "note" not in read(saved, reading(deprecated))


def test_a_training_step_counts_only_where_the_release_trains_such_a_model(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Untrainable(FakeLayer):
        train_on_batch = raising(ValueError("no gradient"))

    keras = reading(lambda text, custom_objects: Untrainable())
    assert read(saved, keras)["outcome"] == "mismatch"
    monkeypatch.setattr(FakeLayer, "train_on_batch", raising(ValueError("no gradient")))
    assert read(saved, keras)["outcome"] == "pass"


def test_the_saved_file_itself_is_not_written_to(saved: Path) -> None:
    before = {path: path.read_bytes() for path in saved.iterdir()}
    read(saved)
    assert {path: path.read_bytes() for path in saved.iterdir()} == before
