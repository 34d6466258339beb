"""What is done with a model besides saving and loading it: build, predict, train one step."""

import contextlib
import random
import re

from roundtrip.comparison import as_arrays, first_not_finite
from roundtrip.exceptions import BadCase, Different, NotFinite

BATCH = 4
FREE_DIMENSION = 5
INTEGER_BELOW = 8


class Subject(object):
    """A model that is ready to be saved, with a batch of inputs and its outputs for them."""

    def __init__(self, model, inputs, outputs):
        self.model = model
        self.inputs = inputs
        self.outputs = outputs


def release_of(keras):
    """The release as major and minor version, such as ``(3, 15)``.

    Keras 2.4.0 and 2.4.1 are TensorFlow's own Keras and have its version, ``2.3.0-tf``.
    """
    if keras.__version__.endswith("-tf"):
        return (2, 4)
    return tuple(int(part) for part in re.findall(r"\d+", keras.__version__)[:2])


def prepare(keras, case, phases):
    """Build the model of a case, seeded, and predict; ``phases`` is told which step has begun."""
    seed_everything(keras)
    model = build(keras, case)
    if getattr(case, "DISTURB_WEIGHTS", True):
        disturb_weights(model)
    phases.append("predict")
    inputs = make_inputs(case, model)
    outputs = predict(model, inputs)
    position = first_not_finite(outputs)
    if position is not None:
        raise NotFinite("the outputs of the built model are not finite, at output %d" % position)
    return Subject(model, inputs, outputs)


def build(keras, case):
    model = case.build(keras)
    if not hasattr(model, "predict_on_batch"):
        raise BadCase("build() returned %s, not a model" % type(model).__name__)
    return model


def seed_everything(keras):
    import numpy

    keras.backend.clear_session()
    random.seed(1)
    numpy.random.seed(1)
    if hasattr(getattr(keras, "utils", None), "set_random_seed"):
        keras.utils.set_random_seed(1)
    else:
        import tensorflow as tf

        # TensorFlow 1.13 and newer have both functions, TensorFlow 2 only that in compat.v1.
        getattr(getattr(tf, "compat", None), "v1", tf).set_random_seed(1)


@contextlib.contextmanager
def eagerly():
    """Let TensorFlow run eagerly in the body: tracing does not pay for a function called once."""
    import tensorflow as tf

    switch = getattr(getattr(tf, "config", None), "run_functions_eagerly", None)
    if switch is None:  # before TensorFlow 2.3
        yield
        return
    switch(True)
    try:
        yield
    finally:
        switch(False)


def predict(model, inputs):
    with eagerly():
        return model.predict_on_batch(inputs)


def disturb_weights(model):
    """Add noise to every float weight, so that a weight lost in loading cannot go unnoticed.

    Biases and moving means start at zero; a release that lost them would seem to have kept them.
    """
    import numpy

    numbers = numpy.random.RandomState(2)
    model.set_weights(
        [
            weight + numbers.uniform(0.01, 0.1, weight.shape).astype(weight.dtype)
            if weight.dtype.kind == "f"
            else weight
            for weight in model.get_weights()
        ]
    )


def make_inputs(case, model):
    """The case's own inputs, or a random batch with the shapes and types of the model's inputs."""
    import numpy

    numbers = numpy.random.RandomState(3)
    if hasattr(case, "inputs"):
        return case.inputs(numbers)
    tensors = model.inputs
    arrays = []
    for tensor in tensors:
        shape = getattr(tensor, "shape", None)
        shape = shape.as_list() if hasattr(shape, "as_list") else list(shape)
        shape = [BATCH] + [size_of(dimension) for dimension in shape[1:]]
        dtype = getattr(tensor.dtype, "name", tensor.dtype)
        if "int" in dtype:
            arrays.append(numbers.randint(0, INTEGER_BELOW, shape).astype(dtype))
        else:
            arrays.append(numbers.uniform(-1, 1, shape).astype(dtype))
    return arrays[0] if len(arrays) == 1 else arrays


def size_of(dimension):
    value = getattr(dimension, "value", dimension)
    return FREE_DIMENSION if value is None else int(value)


def train_one_step(model, inputs, outputs):
    """Train a model for one step towards zeros.

    Raises:
        Different: the model has weights, and the step moves none of them.
    """
    import numpy

    weights = model.get_weights()
    targets = [numpy.zeros_like(output) for output in as_arrays(outputs)]
    model.compile(optimizer="sgd", loss="mse")
    with eagerly():
        model.train_on_batch(inputs, targets[0] if len(targets) == 1 else targets)
    moved = any(not numpy.array_equal(old, new) for old, new in zip(weights, model.get_weights()))
    if weights and not moved:
        raise Different("training", "one step moves no weight")
