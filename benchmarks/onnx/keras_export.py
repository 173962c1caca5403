"""Keras models as the published recipe writes them, with what TensorFlow computes of them; needs no torch.

python benchmarks/onnx/keras_export.py FOLDER    # in an environment of its own, with tensorflow and tf2onnx
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

L = tf.keras.layers


def models() -> dict[str, tf.keras.Model]:
    """A convolutional network, a dense one and a recurrent one."""
    return {
        "cnn": tf.keras.Sequential([
            L.Input((16, 16, 3)), L.Conv2D(8, 3, padding="same", activation="relu"), L.BatchNormalization(),
            L.MaxPooling2D(), L.Conv2D(16, 3, strides=2, padding="same"), L.LeakyReLU(),
            L.GlobalAveragePooling2D(), L.Dropout(0.3), L.Dense(4, activation="softmax"),
        ]),
        "mlp": tf.keras.Sequential([
            L.Input((10,)), L.Dense(16, activation="sigmoid"), L.Dense(16, activation="tanh", use_bias=False),
            L.LayerNormalization(), L.Dense(3),
        ]),
        "lstm": tf.keras.Sequential([
            L.Input((12,)), L.Embedding(30, 8), L.Bidirectional(L.LSTM(6, return_sequences=True)), L.LSTM(5),
            L.Dense(3),
        ]),
    }  # fmt: skip


def main(folder: Path) -> None:
    """Write `NAME.onnx` and `NAME.npz` for each."""
    tf.keras.utils.set_random_seed(0)
    draw = np.random.default_rng(0)
    for name, model in models().items():
        for value in model.trainable_variables:
            value.assign_add(tf.random.normal(value.shape, stddev=0.1))
        for value in model.non_trainable_variables:
            if "moving" in value.path:
                value.assign(tf.random.uniform(value.shape, 0.5, 1.5))
        shape = (4, *model.input_shape[1:])
        x = (draw.integers(0, 30, shape) if name == "lstm" else draw.standard_normal(shape)).astype("float32")
        model.export(folder / name, verbose=False)
        convert = [sys.executable, "-m", "tf2onnx.convert", "--saved-model", str(folder / name)]
        subprocess.run([*convert, "--output", str(folder / f"{name}.onnx")], check=True, capture_output=True)
        weights = model.trainable_variables
        with tf.GradientTape() as tape:
            y = model(x, training=False)
            loss = tf.reduce_mean(tf.square(y))
        gradients = tape.gradient(loss, weights)
        held = {f"weight {v.path}": v.numpy() for v in weights}
        held |= {
            f"gradient {v.path}": tf.convert_to_tensor(g).numpy()
            for v, g in zip(weights, gradients, strict=True)
        }
        np.savez(folder / f"{name}.npz", x=x, y=y.numpy(), **held)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
