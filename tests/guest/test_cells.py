"""The cells of a case: outcomes, and which cells share a model. Keras is a stand-in."""

from __future__ import annotations

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from roundtrip.cells import CaseRun
from roundtrip.exceptions import BadCase, MachineFault

from tests.guest.fake_keras import FakeLayer, fake_keras


def case_of(**functions: Any) -> ModuleType:
    """A case with these functions; its ``build`` makes a stand-in."""
    case = ModuleType("case_of_a_test")
    case.__dict__.update({"build": lambda keras: FakeLayer(), **functions})
    return case


def case_from(text: str) -> ModuleType:
    """A case whose functions have the case itself as their globals, as those of a file have."""
    case = case_of()
    exec(text, case.__dict__)
    return case


def run(
    case: ModuleType, *formats: str, keras: Any = None, limit: float = 5.0
) -> list[dict[str, Any]]:
    """The results of the formats of a case, in one run."""
    case_run = CaseRun(keras or fake_keras(), case)
    cells = ({"format": name, "limit": limit, "patience": 4 * limit} for name in formats)
    return [case_run.run(cell, lambda: None) for cell in cells]


def outcomes(case: ModuleType, *formats: str, keras: Any = None) -> list[str]:
    return [result["outcome"] for result in run(case, *formats, keras=keras)]


def raising(error: BaseException) -> Any:
    def function(*arguments: Any) -> None:
        raise error

    return function


def second_time(error: Exception) -> Any:
    """A function that raises when it is called for the second time."""
    calls: list[None] = []

    def function(*arguments: Any) -> None:
        calls.append(None)
        if len(calls) == 2:
            raise error

    return function


# ---------------------------------------------------------------- outcomes


def test_a_model_that_comes_back_passes() -> None:
    assert outcomes(case_of(), "json", "clone") == ["pass", "pass"]


def test_outputs_that_are_not_finite_are_an_outcome_of_the_release() -> None:
    (result,) = run(case_of(build=lambda keras: FakeLayer(np.inf)), "json")
    assert (result["outcome"], result["phase"]) == ("build-error", "predict")
    assert result["error"]["type"] == "NotFinite"


def test_outputs_that_loading_made_infinite_are_a_mismatch() -> None:
    case = case_of(FORMATS=("own",), save=raising_nothing, load=lambda *saved: FakeLayer(np.nan))
    (result,) = run(case, "own")
    assert result["outcome"] == "mismatch"
    assert result["error"]["message"] == "output values: not finite any more at output 0"


def raising_nothing(*arguments: Any) -> None:
    """Save nothing."""


@pytest.mark.parametrize(
    ("load", "outcome"),
    [
        (raising(ValueError("cut short")), "refused"),
        (lambda *saved: FakeLayer(1.05), "mismatch"),
        (raising(SystemExit(3)), "crash"),
    ],
)
def test_a_contract_is_kept_by_refusing(load: Any, outcome: str) -> None:
    case = case_of(
        FORMATS=("own",), MUST_REFUSE=("own",), save=raising_nothing, load=load,
        build=lambda keras: FakeLayer(2.0),
    )  # fmt: skip
    assert outcomes(case, "own") == [outcome]


def test_a_damaged_file_that_is_loaded_as_if_it_were_sound_is_accepted() -> None:
    assert outcomes(case_of(MUST_REFUSE=("json",)), "json", "clone") == ["accepted", "pass"]


def test_a_contract_that_fails_after_loading_is_not_refused() -> None:
    broken = FakeLayer()
    broken.predict_on_batch = raising(ValueError("no weight"))  # type: ignore[method-assign]
    case = case_of(
        FORMATS=("own",), MUST_REFUSE=("own",), save=raising_nothing, load=lambda *saved: broken
    )
    assert outcomes(case, "own") == ["load-error"]


def test_a_hang_is_a_timeout() -> None:
    def load(*saved: Any) -> None:
        while True:
            time.sleep(0.01)

    case_run = CaseRun(fake_keras(), case_of(FORMATS=("own",), save=raising_nothing, load=load))
    result = case_run.run({"format": "own", "limit": 5, "patience": 0.1}, lambda: None)
    assert (result["outcome"], result["phase"]) == ("timeout", "load")


# ---------------------------------------------------------------- what the release has


@pytest.mark.parametrize(
    ("version", "name", "note"),
    [
        ("2.11.0", "keras", "this release writes HDF5 under the name .keras"),
        ("2.11.0", "export", "this release has no model.export"),
        ("2.3.1", "savedmodel", "this release has no save_format"),
        ("3.0.0", "savedmodel", "Keras 3 neither writes nor reads models as SavedModel"),
    ],
)
def test_a_format_that_the_release_lacks_is_unsupported(version: str, name: str, note: str) -> None:
    assert run(case_of(), name, keras=fake_keras(version)) == [
        {"outcome": "unsupported", "note": note}
    ]


def test_the_releases_that_are_tensorflow_s_own_keras_save_as_savedmodel() -> None:
    """Keras 2.4.0 and 2.4.1 give the version of that."""
    case = case_of(build=lambda keras: saving(raising(ValueError("it tries"))))
    assert outcomes(case, "savedmodel", keras=fake_keras("2.3.0-tf")) == ["save-error"]
    assert outcomes(case, "savedmodel", keras=fake_keras("2.3.1")) == ["unsupported"]


@pytest.mark.parametrize("version", ["2.12.0", "2.13.0.dev2023041007", "3.15.1"])
def test_a_release_that_cannot_save_archives_any_more_is_broken_not_unsupported(
    version: str,
) -> None:
    build = lambda keras: saving(raising(TypeError("save() got an unexpected keyword")))  # noqa: E731
    (result,) = run(case_of(build=build), "keras", keras=fake_keras(version))
    assert (result["outcome"], result["error"]["type"]) == ("save-error", "TypeError")


def saving(save: Any) -> FakeLayer:
    """A model with this method ``save``."""
    model = FakeLayer()
    model.save = save  # type: ignore[attr-defined]
    return model


def test_something_else_under_the_name_of_an_archive_is_a_save_error() -> None:
    case = case_of(build=lambda keras: saving(lambda path: Path(path).write_text("HDF5")))
    (result,) = run(case, "keras")
    assert (result["outcome"], result["error"]["type"]) == ("save-error", "NotAnArchive")


# ---------------------------------------------------------------- faulty cases


@pytest.mark.parametrize("names", [{"FORMATS": ("kears",)}, {"MUST_REFUSE": ("kears",)}])
def test_an_unknown_format_is_a_fault_of_the_case(names: dict[str, Any]) -> None:
    with pytest.raises(BadCase, match="'kears' is no format"):
        CaseRun(fake_keras(), case_of(**names))


@pytest.mark.parametrize(
    "text",
    [
        "def build(keras): return nothing_of_the_kind",
        "def check(keras, model, loaded): nothing_of_the_kind",
        "def check(keras, model, loaded): assert model is loaded or nothing_of_the_kind",
    ],
)
def test_an_undefined_name_is_a_fault_of_the_case(text: str) -> None:
    with pytest.raises(BadCase, match="nothing_of_the_kind"):
        run(case_from(text), "json")


def test_a_name_error_of_the_release_is_an_outcome() -> None:
    assert outcomes(case_of(build=raising(NameError("in Keras"))), "json") == ["build-error"]


@pytest.mark.parametrize("error", [AssertionError("slots differ"), TypeError("no slots")], ids=repr)
def test_a_check_that_the_saved_model_fails_is_a_fault_of_the_case(error: Exception) -> None:
    with pytest.raises(BadCase, match=r"check\(\) fails for the saved model alone: .* slots"):
        run(case_of(check=raising(error)), "json")


def test_a_check_that_only_the_loaded_model_fails_is_a_mismatch() -> None:
    def check(keras: Any, model: Any, loaded: Any) -> None:
        if model is not loaded:
            raise AssertionError("it is another one")

    (result,) = run(case_of(check=check), "json")
    assert (result["outcome"], result["phase"]) == ("mismatch", "check")
    assert result["error"]["message"] == "check: it is another one"


# ---------------------------------------------------------------- the machine


def test_memory_that_runs_out_in_the_check_of_both_models_is_no_pass() -> None:
    with pytest.raises(MachineFault) as fault:
        run(case_of(check=raising(MemoryError())), "json")
    assert fault.value.result["outcome"] == "mismatch"


def test_memory_that_runs_out_in_both_training_steps_is_no_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeLayer, "train_on_batch", raising(MemoryError()))
    with pytest.raises(MachineFault):
        run(case_of(), "json")


def test_a_fault_of_the_machine_tells_what_the_cell_came_to() -> None:
    case = case_of(FORMATS=("own",), save=raising_nothing, load=raising(MemoryError("8 TiB")))
    with pytest.raises(MachineFault, match="8 TiB") as fault:
        run(case, "own")
    assert fault.value.result["outcome"] == "load-error"
    assert fault.value.result["error"]["message"] == "8 TiB"


# ---------------------------------------------------------------- one model a case


def test_the_model_is_built_and_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[FakeLayer] = []
    monkeypatch.setattr(FakeLayer, "train_on_batch", counted(FakeLayer.train_on_batch, trained))
    built: list[Any] = []
    case = case_of(build=counted(lambda keras: FakeLayer(), built))
    assert outcomes(case, "json", "clone") == ["pass", "pass"]
    assert (len(built), len(trained)) == (1, 1)


def counted(function: Any, calls: list[Any]) -> Any:
    """The function; its first arguments are collected."""

    def wrapper(first: Any, *others: Any) -> Any:
        calls.append(first)
        return function(first, *others)

    return wrapper


def test_a_cell_that_did_not_pass_leaves_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Any] = []
    keras = fake_keras()
    keras.models.model_from_json = raising(ValueError("no config"))
    case = case_of(build=counted(lambda keras: FakeLayer(), built))
    assert outcomes(case, "json", "clone", keras=keras) == ["load-error", "pass"]
    assert len(built) == 2


def test_a_failure_with_a_used_model_counts_only_if_a_new_model_fails_too() -> None:
    keras = fake_keras()
    keras.models.clone_model = lambda model: FakeLayer() if keras.sessions > 1 else FakeLayer(9).x  # type: ignore[attr-defined]
    starts: list[None] = []
    case_run = CaseRun(keras, case_of())
    results = [
        case_run.run({"format": name, "limit": 5, "patience": 20}, lambda: starts.append(None))
        for name in ("json", "clone")
    ]
    assert [result["outcome"] for result in results] == ["pass", "pass"]
    assert len(starts) == 3, "the second cell was begun twice"


def test_a_case_with_a_check_gets_a_new_model_for_each_format() -> None:
    """The check may train or alter the saved model."""
    built: list[Any] = []
    case = case_of(
        build=counted(lambda keras: FakeLayer(), built), check=lambda keras, model, loaded: None
    )
    assert outcomes(case, "json", "clone") == ["pass", "pass"]
    assert len(built) == 2


def test_a_saved_model_that_was_trained_for_comparison_is_not_saved_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FakeLayer, "train_on_batch", raising(ValueError("no gradient")))
    built: list[Any] = []
    case = case_of(build=counted(lambda keras: FakeLayer(), built))
    assert outcomes(case, "json", "clone") == ["pass", "pass"]
    assert len(built) == 2
