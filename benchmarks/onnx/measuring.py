"""One network through one kind of export: what each importer makes of the file."""

import copy
import json
import re
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.onnx.comparing import (
    Twin,
    runs_like_onnxruntime,
    same_forward,
    same_gradients,
    same_training,
    twin,
)
from benchmarks.onnx.exporting import BATCH, PUBLISHED, WHOLE, exported
from benchmarks.onnx.models import Model, models
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read

Row = dict[str, Any]


def original(model: Model) -> nn.Module:
    """Always the same numbers; no two tensors alike, so that each is known again by its values."""
    torch.manual_seed(0)
    module = model.make()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return module


def measure(model: Model, mode: str) -> list[Row]:
    """A row for our importer and one for onnx2pytorch; one row where the export itself fails."""
    module, x = original(model), model.example(BATCH)
    start: Row = {"model": model.key, "mode": mode}
    try:
        # what is exported is compared afterwards, as TorchScript's export moves the running statistics
        data = exported(mode, module, x)
    except Exception as error:  # noqa: BLE001 - torch's exporters have many errors of their own
        return [start | {"importer": "", "error": _words(error)}]
    start |= {"bytes": len(data), "of": sum(1 for _ in module.parameters())}
    return [
        start | {"importer": name} | _judged(take, data, mode, module, model)
        for name, take in (("gradclinic", _ours), ("onnx2pytorch", _theirs))
    ]


def _judged(take: Any, data: bytes, mode: str, module: nn.Module, model: Model) -> Row:
    row: Row = {}
    module, x = copy.deepcopy(module), model.example(BATCH)
    try:
        network, named, row["lost"] = take(data)
        row["imported"] = True
        row["onnxruntime"] = runs_like_onnxruntime(data, network, x)
        row["forward"] = same_forward(network, module, x)
        if mode == PUBLISHED:
            row["batch"] = same_forward(network, module, model.example(BATCH + 3))
        twins = twin(network, named, module)
        row["parameters"] = len(twins.of)
        row["alive"] = _alive(network), _alive(module)
        row |= _trained(twins, module, mode, x, model)
    except Exception as error:  # noqa: BLE001 - whatever an importer does wrong is counted, not raised
        row["error"] = _words(error)
    return row


def _trained(twins: Twin, module: nn.Module, mode: str, x: Tensor, model: Model) -> Row:
    """Where the export has changed the network, training is compared only as far as it is the same network."""
    row: Row = {"gradients": same_gradients(twins, module, x, training=False)}
    whole = len(twins.of) == sum(1 for _ in module.parameters())
    if mode in WHOLE and whole:
        row["training gradients"] = same_gradients(twins, module, x, training=True)
        row["curve"] = same_training(twins, module, [model.example(BATCH)] * 3)
    return row


def _alive(network: nn.Module) -> int:
    return sum(
        "BatchNorm" in type(part).__name__ or type(part).__name__ == "BatchNormalization"
        for part in network.modules()
    )


def _ours(data: bytes) -> tuple[nn.Module, Mapping[str, nn.Parameter], list[str]]:
    network = load(read(data), Options(fill={}))
    return network, network.parameter_of, list(network.report.lost)


def _theirs(data: bytes) -> tuple[nn.Module, Mapping[str, nn.Parameter], list[str]]:
    import onnx2pytorch

    import onnx

    network = onnx2pytorch.ConvertModel(onnx.load_model_from_string(data), experimental=True)
    return network, dict(network.named_parameters()), []


def _words(error: Exception) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    return f"{type(error).__name__}: {plain}".split("\n")[0][:300]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    key, *modes = sys.argv[1:]
    (chosen,) = (model for model in models((key.split("/")[0],)) if model.key == key)
    for one in modes:
        for measured in measure(chosen, one):
            print(json.dumps(measured), flush=True)
