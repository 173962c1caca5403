"""Where examples come from: a builtin set, a synthetic task that fits the network, or an uploaded one."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from service.schemas.base import Digest, Input, Output
from service.schemas.plan import Dtype, Shape

Preprocess = Literal["none", "standardize", "minmax"]
TargetPreprocess = Literal["none", "standardize"]
BuiltinName = Literal[
    "digits", "xor", "and", "moons", "circles", "spirals", "blobs", "iris", "wine", "breast_cancer",
    "diabetes", "characters", "adding", "copy", "first_token", "ring",
]  # fmt: skip


class BuiltinData(Input):
    """A data set that the service ships or computes."""

    source: Literal["builtin"] = "builtin"
    name: BuiltinName
    length: PositiveInt | None = None
    """Time steps, for the sequence tasks (`characters`, `adding`, `copy`, `first_token`)."""
    classes: PositiveInt | None = None
    """Number of classes, for the sets that are computed."""
    preprocess: Preprocess = "none"
    target_preprocess: TargetPreprocess = "none"
    """Of real answers: `standardize` gives each mean 0 and variance 1. Classes stay as they are."""
    noise: NonNegativeFloat = 0.0
    """Standard deviation of Gaussian noise added to every batch's inputs."""


class SyntheticData(Input):
    """A learnable task made to fit any input and output shape: targets come from a fixed random teacher."""

    source: Literal["synthetic"] = "synthetic"
    task: Literal["classification", "regression"] | None = None
    """Follows from the loss where it is left out."""
    examples: Annotated[int, Field(ge=1, le=100_000)] = 1024
    scale: float = 1.0
    shift: float = 0.0
    """x = scale · N(0, 1) + shift."""
    target_scale: PositiveFloat = 1.0
    target_shift: float = 0.0
    preprocess: Preprocess = "none"
    target_preprocess: TargetPreprocess = "none"
    noise: NonNegativeFloat = 0.0


class DatasetData(Input):
    """An uploaded `.npz` with `x` and `y`, by digest."""

    source: Literal["dataset"] = "dataset"
    digest: Digest
    preprocess: Preprocess = "none"
    target_preprocess: TargetPreprocess = "none"
    noise: NonNegativeFloat = 0.0


Data = Annotated[BuiltinData | SyntheticData | DatasetData, Field(discriminator="source")]


class DatasetInfo(Output):
    """What is known of an uploaded data set: read from inside the `.npz`, never told by the client."""

    digest: Digest
    bytes: PositiveInt
    examples: PositiveInt
    x_shape: Shape
    """Of one example."""
    x_dtype: Dtype
    y_shape: Shape | None = None
    """Of one example; null where the file has no `y`."""
    y_dtype: Dtype | None = None
