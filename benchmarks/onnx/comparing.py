"""What a network from a file has in common with the one that was exported: values, parameters, gradients, training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import onnxruntime
import torch
from torch import Tensor, nn

import onnx

CLOSE = 1e-4
_STEPS = 30


@dataclass(frozen=True)
class Twin:
    """An imported network with the parameter of it that each parameter of the original has become."""

    network: nn.Module
    of: Mapping[str, Sequence[tuple[nn.Parameter, bool]]]
    """By the original's name: ours, and whether it stands there transposed; several where it was torn apart."""


def twin(network: nn.Module, named: Mapping[str, nn.Parameter], original: nn.Module) -> Twin:
    """Matched by name where the values are the same, else by values; copies of one weight together."""
    free = dict(named)
    found: dict[str, list[tuple[nn.Parameter, bool]]] = {}
    theirs = dict(original.named_parameters())
    for name, value in theirs.items():
        if name in free and _same(free[name], value):
            found[name] = [(free.pop(name), False)]
    for name, value in theirs.items():
        for ours, candidate in list(free.items()):
            turned = candidate.dim() == 2 and not _same(candidate, value) and _same(candidate.t(), value)
            if turned or _same(candidate, value):
                found.setdefault(name, []).append((free.pop(ours), turned))
    return Twin(network, found)


def _same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.equal(a.detach(), b.detach())


def close(ours: Tensor, theirs: Tensor) -> bool:
    """Equal to 1e-4 of the largest number."""
    scale = max(float(theirs.abs().max()), 1e-6) if theirs.numel() else 1.0
    return (
        ours.shape == theirs.shape
        and float((ours - theirs).abs().max() if ours.numel() else 0) <= CLOSE * scale
    )


def runs_like_onnxruntime(data: bytes, network: nn.Module, x: Tensor) -> bool | None:
    """None where the file trains by itself, or onnxruntime does not take it."""
    graph = onnx.load_model_from_string(data).graph
    if any(a.name == "training_mode" and a.i for node in graph.node for a in node.attribute):
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        (theirs, *_) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    except Exception:  # noqa: BLE001 - onnxruntime has many errors of its own
        return None
    with torch.no_grad():
        return close(network.eval()(x), torch.from_numpy(theirs))


def same_forward(network: nn.Module, original: nn.Module, x: Tensor) -> bool:
    """In inference."""
    with torch.no_grad():
        return close(network.eval()(x), original.eval()(x))


def same_gradients(twins: Twin, original: nn.Module, x: Tensor, *, training: bool) -> bool:
    """Of every parameter that both have, elementwise."""
    for network in (twins.network, original):
        torch.manual_seed(0)
        network.train(training)
        network.zero_grad(set_to_none=True)
        _loss(network, x).backward()
    pairs = []
    for name, theirs in original.named_parameters():
        if name in twins.of and theirs.grad is not None:
            pairs.append((sum(_gradient(*copy) for copy in twins.of[name]), theirs.grad))
    largest = max((float(theirs.abs().max()) for _, theirs in pairs), default=1.0)
    # a gradient that is zero but for rounding is compared with the largest of all
    return all(close(a, b) or float((a - b).abs().max()) <= 1e-6 * largest for a, b in pairs)


def _gradient(ours: nn.Parameter, turned: bool) -> Tensor:
    gradient = torch.zeros_like(ours) if ours.grad is None else ours.grad
    return gradient.t() if turned else gradient


def _loss(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    y = network(x)
    wanted = torch.randn(y.shape, generator=torch.Generator().manual_seed(0))
    return (y - wanted).square().mean()


def same_training(
    twins: Twin, original: nn.Module, batches: Sequence[Tensor]
) -> Literal["", "single", "double"]:
    """Thirty steps of SGD, the loss of each; in double precision where rounding moves single further apart."""
    networks = (twins.network, original)
    states = [{key: value.clone() for key, value in network.state_dict().items()} for network in networks]
    if _curves_agree(networks, batches):
        return "single"
    for network, state in zip(networks, states, strict=True):
        network.load_state_dict(state)
        network.double()
    exact = [batch.double() if batch.is_floating_point() else batch for batch in batches]
    return "double" if _curves_agree(networks, exact) else ""


def _curves_agree(networks: Sequence[nn.Module], batches: Sequence[Tensor]) -> bool:
    curves = []
    for network in networks:
        torch.manual_seed(0)
        network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        losses = []
        for step in range(_STEPS):
            loss = _loss(network, batches[step % len(batches)])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        curves.append(torch.tensor(losses))
    return torch.allclose(curves[0], curves[1], rtol=CLOSE, atol=1e-7)
