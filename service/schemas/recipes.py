"""How a network is exported so that it trains here as it does at home: the calls that are published."""

from typing import Final

TORCH: Final = (
    'torch.onnx.export(network.train(), (x,), "network.onnx", dynamo=True, optimize=False, external_data=False, '
    'dynamic_shapes=({0: "batch"},))'
)
"""Keeps every parameter by its name, batch norm and dropout alive, and any batch size; `x` is an example batch."""
KERAS: Final = "python -m tf2onnx.convert --saved-model folder --output network.onnx"
"""Of what `model.export("folder")` wrote; folds batch norm, leaves out dropout and biases that are zero."""
