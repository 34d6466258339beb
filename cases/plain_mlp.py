"""A compiled Sequential model of Dense and Dropout layers, as most people begin with.

At stake: the whole model. Nothing in it is unusual.
"""


def build(keras):
    layers = [
        keras.layers.Dense(8, activation="relu", name="first", input_shape=(4,)),
        keras.layers.Dropout(0.2, name="drop"),
        keras.layers.Dense(8, activation="relu", name="second"),
        keras.layers.Dense(3, activation="softmax", name="classes"),
    ]
    model = keras.models.Sequential(layers, name="mlp")
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
