"""What a run's child process and its supervisor say to each other: JSON, and nothing that executes."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, TypeAdapter

from service.schemas.base import Input, Output
from service.schemas.data import DatasetInfo
from service.schemas.onnx import Imported
from service.schemas.order import RunOrder
from service.schemas.run import Failure, Outcome
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile

LONGEST_MESSAGE = 32 * 1024 * 1024
"""Bytes that a supervisor takes from a child at a time; a longer message is a protocol error."""


class Assignment(Input):
    """All that a child is handed: the order, where to compute it, and where uploads lie."""

    order: RunOrder
    device: str
    gpu: str | None = None
    """What CUDA_VISIBLE_DEVICES is to be; null leaves it alone."""
    threads: PositiveInt
    dataset: DatasetInfo | None = None
    dataset_path: str | None = None
    network_path: str | None = None
    """Where the file of an uploaded network lies."""
    artifact_path: str | None = None
    """Where the network of a file is to be written as it was trained; null where nobody wants it."""
    memory_bytes: PositiveInt | None = None
    """Memory that it may take on top of what it started with; null is no limit."""


class Batch(Output):
    """Rows of statistics, in the order in which they were measured."""

    kind: Literal["batch"] = "batch"
    layers: tuple[LayerStatistics, ...] = ()
    network: tuple[NetworkStatistics, ...] = ()
    time_profiles: tuple[TimeProfile, ...] = ()


class Validated(Output):
    """What an uploaded network holds: the last message of a validation, the first of a trial with such a network."""

    kind: Literal["validated"] = "validated"
    imported: Imported


class Finished(Output):
    """The training ended, well or with a network that diverged; the last message."""

    kind: Literal["finished"] = "finished"
    outcome: Outcome
    written: bool = False
    """Whether the trained network lies where the assignment says."""


class Failed(Output):
    """The run cannot be done; the last message."""

    kind: Literal["failed"] = "failed"
    failure: Failure
    retry: bool = False
    """Whether another attempt can help."""


Message = Annotated[Batch | Validated | Finished | Failed, Field(discriminator="kind")]

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def read_message(data: bytes) -> Message:
    """A message from a child, which is never trusted; raises pydantic's ValidationError."""
    return _MESSAGE.validate_json(data)


def write_message(message: Message) -> bytes:
    """The bytes that go through the pipe."""
    return message.model_dump_json().encode()
