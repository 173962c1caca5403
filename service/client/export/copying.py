"""A copy of a module that nothing of the caller's hangs on, and a state of the process that comes back."""

import contextlib
import copy
import random
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from service.client.errors import ExportFailed

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def detached_copy(module: nn.Module) -> nn.Module:
    """On the CPU, in training mode, without gradients and the caller's hooks; torch's own hooks make weights."""
    memo: dict[int, Any] = {}
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        memo[id(tensor)] = _copied(name, tensor)
    for part in module.modules():
        # Weights that torch's own hooks compute, and what a network keeps of its last call, are no leaves.
        kept = {key: value for key, value in vars(part).items() if isinstance(value, Tensor)}
        memo |= {id(value): _copied(key, value) for key, value in kept.items() if id(value) not in memo}
        for kind in _HOOKS:
            hooks = getattr(part, kind)
            memo[id(hooks)] = OrderedDict((key, hook) for key, hook in hooks.items() if _torchs(hook))
    try:
        copied = copy.deepcopy(module, memo)
    except Exception as error:
        raise ExportFailed(f"the module cannot be copied: {error}") from error
    # A part that was put into eval mode on purpose stays so.
    return copied if module.training else copied.train()


def _copied(name: str, tensor: Tensor) -> Tensor:
    if nn.parameter.is_lazy(tensor) or tensor.is_meta:
        raise ExportFailed(f"`{name}` has no numbers yet: call the module once before it is checked")
    numbers = tensor.detach().to("cpu", copy=True)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(numbers, requires_grad=tensor.requires_grad)
    return numbers


def _torchs(hook: Callable[..., Any]) -> bool:
    named = getattr(hook, "__module__", None) or type(hook).__module__
    return named.startswith("torch.")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Random numbers go on afterwards as if nothing had drawn any; gradients are on inside."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    numpy = sys.modules.get("numpy")
    python_state, numpy_state = random.getstate(), numpy and numpy.random.get_state()
    try:
        with torch.random.fork_rng(devices), torch.inference_mode(mode=False), torch.enable_grad():
            yield
    finally:
        random.setstate(python_state)
        if numpy is not None:
            numpy.random.set_state(numpy_state)
