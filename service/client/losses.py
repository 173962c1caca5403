"""A loss as a submission says it: from a name, a mapping, an object of torch.nn or a function of its functional."""

import inspect
from collections.abc import Mapping
from typing import Any, Final

from service.client.errors import Inexpressible
from service.schemas.arguments import LOSS_ARGUMENTS

_FUNCTIONS: Final = {
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss",
    "huber_loss": "HuberLoss",
}

_ONLY: Final = {
    "weight": None,
    "pos_weight": None,
    "ignore_index": -100,
    "log_target": False,
    "full": False,
    "p": 1,
}
"""Arguments of torch's losses that a submission has no words for, and the value that says nothing."""
_EPSILONS: Final = {"PoissonNLLLoss": 1e-8, "GaussianNLLLoss": 1e-6}


def loss_of(loss: object) -> dict[str, Any]:
    """The submission's `training.loss`; raises Inexpressible, naming what cannot be said."""
    if isinstance(loss, str):
        return {"type": loss}
    if isinstance(loss, Mapping):
        return dict(loss)
    if callable(loss) and (name := getattr(loss, "__name__", None)) in _FUNCTIONS:
        return {"type": _FUNCTIONS[name]}
    return _from_module(loss)


def _from_module(loss: object) -> dict[str, Any]:
    kind = type(loss)
    known = {str(name): arguments for name, arguments in LOSS_ARGUMENTS.items()}
    if not kind.__module__.startswith("torch.nn") or kind.__name__ not in known:
        raise Inexpressible(
            f"the loss {kind.__name__} cannot be sent, code never is; known are {', '.join(known)}, "
            "by name, as a mapping or as an object of torch.nn"
        )
    only = _ONLY | ({"eps": _EPSILONS[kind.__name__]} if kind.__name__ in _EPSILONS else {})
    for name, silent in only.items():
        value = getattr(loss, name, silent)
        if value is not silent and (value is None or silent is None or value != silent):
            raise Inexpressible(
                f"`{name}` of {kind.__name__} cannot be said in a submission; leave it out to check without"
            )
    said = {name: getattr(loss, name) for name in sorted(known[kind.__name__]) if hasattr(loss, name)}
    if said.get("reduction") == "none":
        raise Inexpressible(f"{kind.__name__} with reduction='none' gives no number; use 'mean' or 'sum'")
    defaults = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
    beyond = {name: value for name, value in said.items() if name in defaults and value != defaults[name]}
    return {"type": kind.__name__, **beyond}
