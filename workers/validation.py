"""What an uploaded network holds and whether it trains: one step of its training, under all probes, is rehearsed."""

import torch

from service.schemas.onnx import Imported
from service.schemas.order import RunOrder
from workers.errors import OutOfMemory, is_out_of_memory
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.preparation import Prepared
from workers.probes.recorder import Recorder
from workers.training.loop import train


def validate(order: RunOrder, prepared: Prepared, device: torch.device) -> Imported:
    """What the file holds; raises RefusedNetwork where no training step can be taken with it."""
    if prepared.imported is None:
        raise RefusedNetwork("The submission names no file that could be looked into.")
    once = order.model_copy(update={"steps": 1, "planned_steps": max(1, prepared.accepted.planned_steps)})
    networks = prepared.networks.modules
    try:
        train(once, networks, prepared.examples, Recorder(networks, once, _drop), device)
    except REFUSALS as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"One step of its training does not fit into memory: {error}") from error
        raise RefusedNetwork(f"The network cannot be trained: {shown(error, 300)}") from error
    return prepared.imported


def _drop(**_: object) -> None:
    """Nobody reads the rows of a rehearsal."""
