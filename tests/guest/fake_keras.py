"""A stand-in for Keras: models are one weight, and their files are JSON."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np


class FakeLayer:
    """What is built: a layer is its own model, and multiplies by its weight."""

    name = "model"
    layers = ()

    def __init__(self, weight: float = 1.0) -> None:
        self.weights = [np.array([weight])]
        self.trainable_weights = self.weights
        self.inputs = [SimpleNamespace(shape=(None, 2), dtype="float32")]

    def predict_on_batch(self, inputs: Any) -> Any:
        return np.asarray(inputs) * self.weights[0]

    def get_weights(self) -> list[Any]:
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = self.trainable_weights = list(weights)

    def compile(self, **options: str) -> None:
        pass

    def train_on_batch(self, inputs: Any, targets: Any) -> None:
        self.set_weights([weight - 0.1 for weight in self.weights])

    def to_json(self) -> str:
        return json.dumps({"class": "FakeLayer"})


def fake_keras(version: str = "3.6.0") -> Any:
    """A module with what the runner calls; ``sessions`` counts how often Keras was reset."""
    keras = SimpleNamespace(__version__=version, sessions=0)

    def clear_session() -> None:
        keras.sessions += 1

    keras.backend = SimpleNamespace(clear_session=clear_session)
    keras.utils = SimpleNamespace(set_random_seed=lambda seed: None)
    keras.models = SimpleNamespace(
        Model=FakeLayer,
        model_from_json=lambda text, custom_objects: FakeLayer(),
        clone_model=lambda model: FakeLayer(),
    )
    return keras
