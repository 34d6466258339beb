"""A convolutional autoencoder that is made of an encoder model and a decoder model.

At stake: the size of the images that come out, for which strides, padding and upsampling have to
come back as they were, and the weights inside the two inner models.
"""


def build(keras):
    images = keras.layers.Input(shape=(8, 8, 1), name="images")
    half = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="half")
    quarter = keras.layers.Conv2D(2, 3, strides=2, padding="same", name="quarter")
    encoder = keras.models.Model(images, quarter(half(images)), name="encoder")

    code = keras.layers.Input(shape=(2, 2, 2), name="code")
    larger = keras.layers.UpSampling2D(2, name="larger")
    largest = keras.layers.Conv2DTranspose(
        1, 3, strides=2, padding="same", activation="sigmoid", name="largest"
    )
    decoder = keras.models.Model(code, largest(larger(code)), name="decoder")

    whole = keras.layers.Input(shape=(8, 8, 1), name="whole")
    return keras.models.Model(whole, decoder(encoder(whole)))
