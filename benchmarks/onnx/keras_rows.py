"""Rows of the Keras models that `keras_export` has written: forward, parameters and gradients beside TensorFlow's.

python -m benchmarks.onnx.keras_rows FOLDER >> ROWS
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.onnx.comparing import close
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read

MODE = "tf2onnx"
_TURNS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda value: value,
    lambda value: value.t() if value.dim() == 2 else value,
    lambda value: value.permute(2, 3, 1, 0) if value.dim() == 4 else value,
    torch.squeeze,
)
"""How a weight of Keras may lie in the file."""


def measure(file: Path) -> dict[str, Any]:
    """One row."""
    held = np.load(file.with_suffix(".npz"))
    theirs = {key.split(" ", 1)[1]: key for key in held.files if key.startswith("weight ")}
    row = {"model": f"keras/{file.stem}", "mode": MODE, "importer": "gradclinic", "of": len(theirs)}
    network = load(read(file.read_bytes()), Options(fill={}))
    y = network.eval()(torch.from_numpy(held["x"]))
    y.square().mean().backward()
    found = [_found(network.parameter_of, held, name) for name in theirs]
    return row | {
        "imported": True,
        "forward": close(y.detach(), torch.from_numpy(held["y"])),
        "parameters": sum(same is not None for same in found),
        "gradients": all(same is not False for same in found),
        "lost": list(network.report.lost),
    }


def _found(ours: Mapping[str, torch.nn.Parameter], held: Any, name: str) -> bool | None:
    """Whether the gradient is the same, None where no parameter has the values."""
    value = torch.from_numpy(held[f"weight {name}"])
    gradient = torch.from_numpy(held[f"gradient {name}"])
    for parameter in ours.values():
        for turn in _TURNS:
            there = turn(parameter.detach())
            if there.shape == value.shape and torch.equal(there, value):
                return parameter.grad is not None and close(turn(parameter.grad), gradient)
    return None


if __name__ == "__main__":
    for found in sorted(Path(sys.argv[1]).glob("*.onnx")):
        print(json.dumps(measure(found)))
