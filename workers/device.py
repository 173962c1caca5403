"""The device that a run computes on. Nothing here touches CUDA before it is asked: a fork after that fails."""

import re
from importlib.metadata import version
from typing import TYPE_CHECKING

from workers.errors import NoDevice

if TYPE_CHECKING:
    import torch

_SETTING = re.compile(r"auto|cpu|cuda(?::(?P<index>\d{1,4}))?", re.ASCII)


def choose(setting: str) -> "torch.device":
    """The device of `auto`, `cpu`, `cuda` or `cuda:n`; `auto` is the first GPU, or the CPU without one.

    Raises NoDevice with the reason. To be called in the run's own process, as it may start CUDA.
    """
    import torch

    match = _SETTING.fullmatch(setting)
    if match is None:
        raise NoDevice(f"The device is auto, cpu, cuda or cuda:n, not {setting!r}.")
    if setting == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        if setting == "auto":
            return torch.device("cpu")
        raise NoDevice(f"The device is set to {setting}, but {_why_no_cuda()}.")
    index = int(match["index"] or 0)
    if index >= count:
        raise NoDevice(
            f"The device is set to {setting}, but the last of the {count} GPUs is cuda:{count - 1}."
        )
    return torch.device("cuda", index)


def describe(device: "torch.device") -> str:
    """`cpu`, or a GPU with its model: `cuda:0 NVIDIA H200`."""
    import torch

    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)


def engine() -> str:
    """What computed the numbers: `gradclinic 0.1.0, torch 2.13.0+cpu`."""
    import torch

    return f"gradclinic {version('gradclinic')}, torch {torch.__version__}"


def _why_no_cuda() -> str:
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        return f"torch {torch.__version__} is built without CUDA"
    return "no GPU can be used (none in the machine, no driver, or CUDA_VISIBLE_DEVICES hides it)"
