"""An optimiser as a submission says it, and which of the module's parameters it trains."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from service.client.errors import Inexpressible
from service.schemas.arguments import OPTIMIZER_ARGUMENTS

_HOW: Final = frozenset(
    {"foreach", "fused", "capturable", "differentiable", "initial_lr", "params", "param_names"}
)
"""Keys of a parameter group that change no number of the training, or are told otherwise."""
_ADAFACTOR_EPS: Final = (None, 1e-3)


class Module(Protocol):
    """What is asked of an `nn.Module` here."""

    def named_parameters(
        self, prefix: str = ..., recurse: bool = ..., remove_duplicate: bool = ...
    ) -> Iterable[tuple[str, Any]]:
        """Parameters by name."""


@dataclass(frozen=True)
class Optimizing:
    """The submission's `training.optimizer` and the names of the parameters that stay as they are."""

    optimizer: dict[str, Any]
    frozen: tuple[str, ...]


def optimizing_of(optimizer: object, module: Module) -> Optimizing:
    """From a name, a mapping, or an optimiser of torch.optim that trains the module's own parameters."""
    parameters = dict(module.named_parameters())
    if isinstance(optimizer, str):
        said: dict[str, Any] = {"type": optimizer}
    elif isinstance(optimizer, Mapping):
        said = dict(optimizer)
    else:
        said = _said(optimizer)
        trained = _trained(optimizer, parameters)
        parameters = {name: each for name, each in parameters.items() if id(each) not in trained}
        return Optimizing(said, tuple(parameters))
    return Optimizing(said, tuple(name for name, each in parameters.items() if not each.requires_grad))


def _said(optimizer: object) -> dict[str, Any]:
    kind = type(optimizer)
    known = {str(name): arguments for name, arguments in OPTIMIZER_ARGUMENTS.items()}
    if not kind.__module__.startswith("torch.optim") or kind.__name__ not in known:
        raise Inexpressible(
            f"the optimiser {kind.__name__} cannot be sent, code never is; known are {', '.join(known)}"
        )
    groups: list[dict[str, Any]] = optimizer.param_groups  # type: ignore[attr-defined]
    said = [_arguments(kind, known[kind.__name__], group) for group in groups]
    for other in said[1:]:
        unlike = sorted(name for name in {*other, *said[0]} if other.get(name) != said[0].get(name))
        if unlike:
            raise Inexpressible(
                f"the parameter groups of {kind.__name__} have different {', '.join(f'`{name}`' for name in unlike)}, "
                "and a submission has one optimiser for all parameters"
            )
    return {"type": kind.__name__, **said[0]}


def _arguments(kind: type, known: Iterable[str], group: Mapping[str, Any]) -> dict[str, Any]:
    """What one parameter group says beyond torch's defaults; of a scheduled rate the first, not the warmed-up one."""
    defaults = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
    said: dict[str, Any] = {}
    for name, value in group.items():
        if name == "lr":
            said[name] = _plain(group.get("initial_lr", value))
        elif name in known:
            said |= {} if value == defaults.get(name) else {name: _plain(value)}
        elif name not in _HOW and not _silent(kind.__name__, name, value):
            raise Inexpressible(f"`{name}` of {kind.__name__} cannot be said in a submission")
    return said


def _silent(kind: str, name: str, value: object) -> bool:
    """Whether an argument that cannot be said says nothing."""
    if kind == "AdamW" and name == "decoupled_weight_decay":
        return True
    if kind == "Adafactor" and name == "eps":
        return value == _ADAFACTOR_EPS
    return value is None or value is False or value == 0


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.item() if hasattr(value, "item") else value


def _trained(optimizer: object, parameters: Mapping[str, Any]) -> frozenset[int]:
    """Identities of the parameters that the optimiser moves; it may hold no others than the module's."""
    groups: list[dict[str, Any]] = optimizer.param_groups  # type: ignore[attr-defined]
    held = [each for group in groups for each in group["params"]]
    own = {id(each) for each in parameters.values()}
    strange = sum(id(each) not in own for each in held)
    if strange:
        raise Inexpressible(
            f"{strange} of the {len(held)} parameters that the optimiser holds are not the module's: "
            "was it made for another copy of it?"
        )
    return frozenset(id(each) for each in held if each.requires_grad)
