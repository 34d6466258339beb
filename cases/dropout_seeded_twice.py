"""One seeded Dropout layer called twice.

Shared: the layer ``drop`` and, where a release keeps one, the state of its random numbers. The
saved state is one step ahead of a fresh one, and the loaded layer must continue from there.
"""

FORMATS = ("keras", "h5", "weights", "savedmodel")


def build(keras):
    inputs = keras.layers.Input(shape=(4,))
    drop = keras.layers.Dropout(0.5, seed=3, name="drop")
    model = keras.models.Model(inputs, keras.layers.Dense(4, name="last")(drop(drop(inputs))))
    if hasattr(drop, "seed_generator"):
        drop.seed_generator.next()
    return model


def check(keras, model, loaded):
    import numpy

    states = [
        [numpy.asarray(variable) for variable in getattr(which.get_layer("drop"), "variables", [])]
        for which in (model, loaded)
    ]
    assert len(states[0]) == len(states[1]), "seed: another number of states"
    for before, after in zip(*states):
        assert numpy.array_equal(before, after), "seed: the state of the random numbers differs"
