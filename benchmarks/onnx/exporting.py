"""The four kinds of export that people make, of one network."""

import io
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

BATCH = 4
PUBLISHED = "published recipe"


def _dynamo(module: nn.Module, x: Tensor) -> bytes:
    return _saved(torch.onnx.export(module.eval(), (x,), dynamo=True, verbose=False))


def _published(module: nn.Module, x: Tensor) -> bytes:
    shapes = ({0: torch.export.Dim("batch")},)
    return _saved(
        torch.onnx.export(
            module.train(), (x,), dynamo=True, optimize=False, dynamic_shapes=shapes, verbose=False
        )
    )


def _script(module: nn.Module, x: Tensor) -> bytes:
    buffer = io.BytesIO()
    torch.onnx.export(module.eval(), (x,), buffer, dynamo=False)
    return buffer.getvalue()


def _preserving(module: nn.Module, x: Tensor) -> bytes:
    buffer = io.BytesIO()
    torch.onnx.export(
        module.train(),
        (x,),
        buffer,
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=["x"],
        dynamic_axes={"x": {0: "batch"}},
    )
    return buffer.getvalue()


MODES: dict[str, Callable[[nn.Module, Tensor], bytes]] = {
    PUBLISHED: _published,
    "dynamo, defaults": _dynamo,
    "TorchScript, preserving": _preserving,
    "TorchScript, defaults": _script,
}
WHOLE = (PUBLISHED, "TorchScript, preserving")
"""Those that keep every parameter."""


def exported(mode: str, module: nn.Module, x: Tensor) -> bytes:
    """The file; whatever the export says or raises is its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MODES[mode](module, x)


def _saved(program: Any) -> bytes:
    buffer = io.BytesIO()
    program.save(buffer)
    return buffer.getvalue()
