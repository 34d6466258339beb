import tensorflow as tf
import keras

inputs = keras.layers.Input(shape=(10,))
shared_layer = tf.keras.layers.Dense(10)
x = shared_layer(inputs)
x = keras.layers.Dense(10)(x)
x = shared_layer(x)
model = keras.models.Model(inputs, x)
model.compile(optimizer="adam", loss="mse")

keras.models.save_model(model, "model.keras")
loaded = tf.keras.models.load_model("model.keras")
loaded.summary()
