"""Submissions cut down to their networks, expanded and loaded."""

from typing import Any

from service.schemas.expansion import expand, submission_networks
from service.schemas.limits import Limits
from service.schemas.planned import Plan
from service.schemas.submission import Submission
from workers.networks.load import Networks, load
from workers.networks.network import PlanNetwork

TRAINING = {"loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 0.1}}


def submitted(**networks: Any) -> tuple[Submission, Plan]:
    body = {"network": networks["main"]} if set(networks) == {"main"} else {"networks": networks}
    submission = Submission.model_validate({**body, "training": TRAINING})
    return submission, expand(submission_networks(submission), Limits())


def loaded(seed: int = 0, **networks: Any) -> Networks:
    submission, plan = submitted(**networks)
    return load(submission, plan, seed)


def network(
    shape: list[int],
    layers: list[Any],
    *,
    dtype: str = "float",
    vocab: int | None = None,
    seed: int = 0,
    **rest: Any,
) -> PlanNetwork:
    """One network, built."""
    given = {"shape": shape, "dtype": dtype} | ({"vocab": vocab} if vocab else {})
    return loaded(seed, main={"input": given, "layers": layers, **rest}).modules["main"]


def named(built: PlanNetwork, name: str) -> Any:
    """The module of the layer with that path."""
    (found,) = (built.layers[plan.layer.depth] for plan in built.planned if plan.layer.name == name)
    return found
