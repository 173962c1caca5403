"""What a client posts: networks, training, data, how much of it to run, and where it comes from."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from service.schemas.base import Input
from service.schemas.data import Data
from service.schemas.layers.base import Name
from service.schemas.network import NetworkSpec
from service.schemas.onnx import OnnxSpec
from service.schemas.policy import Policy
from service.schemas.training import Probing, Training
from service.schemas.trials import Trials

Project = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
Reference = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _tag(value: object) -> str:
    """Which way a network is given; no tag can be a key of one, so that error places stay readable."""
    from_file = isinstance(value, OnnxSpec) or (isinstance(value, dict) and "onnx" in value)
    return "a file" if from_file else "a network"


AnyNetwork = Annotated[
    Annotated[NetworkSpec, Tag("a network")] | Annotated[OnnxSpec, Tag("a file")], Discriminator(_tag)
]
"""Written out layer by layer, or an uploaded ONNX file by its digest."""


class Submission(Input):
    """One network (`network`) or several (`networks`), and everything that their training depends on."""

    network: AnyNetwork | None = None
    networks: Annotated[dict[Name, NetworkSpec], Field(min_length=1, max_length=8)] | None = None
    training: Training
    probing: Probing = Probing()
    data: Data | None = None
    """Synthetic data that fits the network where it is left out; the report says so."""
    trials: Trials = Trials()
    """Whether and how remedies are tried once an illness was found."""
    project: Project = "default"
    policy: Policy | None = None
    """Version of the rule book to be judged by, as `GET /v1/rules` tells it; the newest where it is left out."""
    branch: Reference | None = None
    commit: Reference | None = None
