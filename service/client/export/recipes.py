"""The calls of torch's exporters that keep a network as it trains; the first one that works is taken."""

import contextlib
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import torch
from torch import nn

from service.client.export.inputs import Inputs

Recipe = Callable[[nn.Module, Inputs], onnx.ModelProto]


def captured(module: nn.Module, inputs: Inputs) -> onnx.ModelProto:
    """The one to publish: every parameter by its name, batch norm and dropout alive, any batch size that works."""
    with quiet():
        program = torch.onnx.export(
            module,
            inputs.arguments,
            kwargs=inputs.keywords,
            dynamo=True,
            optimize=False,
            dynamic_shapes=inputs.shapes(torch.export.Dim("batch")),
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export gave nothing")
    return program.model_proto


def traced(module: nn.Module, inputs: Inputs) -> onnx.ModelProto:
    """The older exporter, told to keep the mode and to fold nothing; branches are frozen as the example took them."""
    with tempfile.TemporaryDirectory() as folder, quiet(), no_graphs():
        path = Path(folder) / "network.onnx"
        torch.onnx.export(
            module,
            inputs.arguments,
            path,
            kwargs=inputs.keywords,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            input_names=list(inputs.tensors),
            dynamic_axes=inputs.axes(),
        )
        return onnx.load(path)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The exporters print graphs, advice and warnings; what matters of it is in their errors."""
    disabled = logging.root.manager.disable
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(disabled)


@contextlib.contextmanager
def no_graphs() -> Iterator[None]:
    """The tracing exporter writes a graph that it cannot export to the process's own standard output."""
    with contextlib.ExitStack() as stack:
        try:
            kept = os.dup(1)
        except OSError:  # there is none
            yield
            return
        stack.callback(os.close, kept)
        nowhere = stack.enter_context(open(os.devnull, "wb"))  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
