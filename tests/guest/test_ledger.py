"""The program that makes ledgers, on small classes instead of Keras."""

from __future__ import annotations

import importlib.util
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.util.paths import LEDGER_PROGRAM


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program as a module."""
    monkeypatch.syspath_prepend(LEDGER_PROGRAM.parent)
    spec = importlib.util.spec_from_file_location("guest_ledger", LEDGER_PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Layer:
    """Accepts ``name`` and, in what is left, ``input_shape``."""

    def __init__(self, *, name: str = "layer", **kwargs: Any) -> None:
        self.name = name
        kwargs.pop("input_shape", None)
        if kwargs:
            raise ValueError(f"unknown: {sorted(kwargs)}")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls(**config)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


class Pooling(Layer):
    """Gives its base class the rank, so nobody else can; does not write its seed."""

    def __init__(self, rank: int, pool_size: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pool_size = pool_size

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pool_size": self.pool_size}


class Pooling1D(Pooling):
    def __init__(self, pool_size: int, **kwargs: Any) -> None:
        super().__init__(1, pool_size, **kwargs)


class AcceptsAny(Layer):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        return cls()


class NeedsFile(Layer):
    def __init__(self, filepath: str) -> None:
        super().__init__()


class CannotBeRead(Layer):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        raise TypeError("not even by itself")


def _keras(version: str, **classes: type[Layer]) -> SimpleNamespace:
    """A Keras that has these layers."""

    def serialize(layer: Any) -> dict[str, Any]:
        return {"class_name": type(layer).__name__, "config": layer.get_config()}

    def deserialize(serialized: dict[str, Any]) -> Any:
        return classes[serialized["class_name"]].from_config(serialized["config"])

    layers = SimpleNamespace(Layer=Layer, serialize=serialize, deserialize=deserialize, **classes)
    backend = SimpleNamespace(reset_uids=lambda: None, clear_session=lambda: None)
    return SimpleNamespace(__version__=version, layers=layers, backend=backend)


def entries(guest: ModuleType, keras: SimpleNamespace) -> dict[str, Any]:
    vars(guest)["KINDS"] = [("layers", "Layer")]
    return {
        name: guest.entry_of(keras, kind, class_) for kind, name, class_ in guest.classes_of(keras)
    }


def test_what_a_class_accepts_is_what_it_takes_when_it_is_tried(guest: ModuleType) -> None:
    found = entries(guest, _keras("3.0.0", Pooling1D=Pooling1D))["Pooling1D"]["entry"]
    assert found["serialized"]["config"] == {"name": "layer", "pool_size": 2}
    assert found["also_accepts"] == ["input_shape", "seed"]
    assert found["accepts_any"] is False
    assert found["own_error"] is None


def test_a_class_may_accept_any_keyword(guest: ModuleType) -> None:
    found = entries(guest, _keras("3.0.0", AcceptsAny=AcceptsAny))["AcceptsAny"]["entry"]
    assert found["accepts_any"] is True
    assert found["also_accepts"] == []


def test_a_class_that_cannot_be_made_or_read_has_a_reason(guest: ModuleType) -> None:
    keras = _keras("3.0.0", NeedsFile=NeedsFile, CannotBeRead=CannotBeRead)
    found = entries(guest, keras)
    assert found["NeedsFile"]["not_made"] == {
        "type": "TypeError",
        "message": "no typical value is known for filepath",
    }
    own_error = found["CannotBeRead"]["entry"]["own_error"]
    assert own_error == {"type": "TypeError", "message": "not even by itself"}


def test_a_class_with_several_names_is_listed_once_under_its_own(guest: ModuleType) -> None:
    keras = _keras("3.0.0", AvgPool=Pooling1D, Pooling1D=Pooling1D, Alias=AcceptsAny)
    assert sorted(entries(guest, keras)) == ["Alias", "Layer", "Pooling1D"]


def test_classes_of_keras_2_count_if_they_have_a_public_name(guest: ModuleType) -> None:
    public = type("Public", (Layer,), {"_keras_api_names": ("keras.layers.Public",)})
    inherited = type("Inherited", (public,), {})
    keras = _keras("2.12.0", Public=public, Inherited=inherited)
    assert list(entries(guest, keras)) == ["Public"]


def test_values_of_numpy_become_data_and_others_are_refused(guest: ModuleType) -> None:
    class Scalar:
        def tolist(self) -> float:
            return 0.5

    assert guest.plain(Scalar()) == 0.5
    with pytest.raises(TypeError, match="object is not JSON data"):
        guest.plain(object())


def test_the_deepest_cause_is_told(guest: ModuleType) -> None:
    try:
        try:
            raise KeyError("cause")
        except KeyError as cause:
            raise ValueError("wrapped") from cause
    except ValueError as error:
        assert guest.short_description(error) == {"type": "KeyError", "message": "'cause'"}


def test_a_full_disk_is_not_a_finding(guest: ModuleType) -> None:
    with pytest.raises(guest.MachineFailure, match="No space left"):
        guest.short_description(OSError(28, "No space left on device"))
