"""A custom layer that drops its weights on the way to disk and says nothing."""


def custom_objects(keras):
    class Forgetful(keras.layers.Dense):
        def save_own_variables(self, store):
            pass

        def load_own_variables(self, store):
            pass

    return {"Forgetful": Forgetful}


def build(keras):
    inputs = keras.layers.Input(shape=(2,))
    return keras.models.Model(inputs, custom_objects(keras)["Forgetful"](2, name="lost")(inputs))
