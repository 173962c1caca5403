"""What a client posts: networks, training, data, how much of it to run, and where it comes from."""

from typing import Annotated

from pydantic import Field

from service.schemas.base import Input
from service.schemas.data import Data
from service.schemas.layers.base import Name
from service.schemas.network import NetworkSpec
from service.schemas.policy import Policy
from service.schemas.training import Probing, Training

Project = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
Reference = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Submission(Input):
    """One network (`network`) or several (`networks`, by name), and everything that its training depends on."""

    network: NetworkSpec | None = None
    networks: Annotated[dict[Name, NetworkSpec], Field(min_length=1, max_length=8)] | None = None
    training: Training
    probing: Probing = Probing()
    data: Data | None = None
    """Synthetic data that fits the network where it is left out; the report says so."""
    project: Project = "default"
    policy: Policy | None = None
    """Version of the rule book to be judged by, as `GET /v1/rules` tells it; the newest where it is left out."""
    branch: Reference | None = None
    commit: Reference | None = None
