"""What one deployment can do, as it tells its clients."""

from typing import get_args

from service.schemas.base import Output
from service.schemas.body.reading import MEDIA_TYPES
from service.schemas.catalogue import BUILTINS
from service.schemas.diagnosis import Phase, Verdict
from service.schemas.layers.registry import layer_types, operation_types
from service.schemas.limits import Limits
from service.schemas.onnx_support import OnnxSupport, onnx_support
from service.schemas.run import TERMINAL, Status
from service.schemas.statistics import LAYER_STATISTICS, NETWORK_STATISTICS
from service.schemas.training import Loss, Optimizer, Schedule, Training


class BuiltinSet(Output):
    """A data set that needs no upload."""

    name: str
    about: str


class Capabilities(Output):
    """Everything that can be written in a submission and met in an answer, and the limits of this deployment."""

    version: str
    """Release of the service, which workers share."""
    rules_version: str
    limits: Limits
    media_types: tuple[str, ...]
    """Of submissions; one with its files comes as `multipart/form-data`."""
    longest_wait: int
    """Seconds that `Prefer: wait` may ask for."""
    layer_types: tuple[str, ...]
    operations: tuple[str, ...]
    losses: tuple[str, ...]
    optimizers: tuple[str, ...]
    schedules: tuple[str, ...]
    precisions: tuple[str, ...]
    builtin_data: tuple[BuiltinSet, ...]
    statuses: tuple[str, ...]
    terminal_statuses: tuple[str, ...]
    """A diagnosis in one of these never changes again."""
    phases: tuple[str, ...]
    verdicts: tuple[str, ...]
    rules: tuple[str, ...]
    """Illnesses that can be found, by name; more of them at `GET /v1/rules`."""
    remedies: tuple[str, ...]
    """Cures that can be tried, by name; more of them at `GET /v1/remedies`."""
    layer_statistics: tuple[str, ...]
    network_statistics: tuple[str, ...]
    onnx: OnnxSupport
    """What of an ONNX file can be trained."""


def capabilities(
    limits: Limits,
    *,
    version: str,
    rules_version: str,
    longest_wait: int,
    rules: tuple[str, ...],
    remedies: tuple[str, ...],
) -> Capabilities:
    """The lists, each read from where the thing itself is defined."""
    return Capabilities(
        version=version,
        rules_version=rules_version,
        limits=limits,
        media_types=MEDIA_TYPES,
        longest_wait=longest_wait,
        layer_types=layer_types(),
        operations=operation_types(),
        losses=get_args(Loss.model_fields["type"].annotation),
        optimizers=get_args(Optimizer.model_fields["type"].annotation),
        schedules=get_args(Schedule.model_fields["type"].annotation),
        precisions=get_args(Training.model_fields["precision"].annotation),
        builtin_data=tuple(BuiltinSet(name=name, about=builtin.about) for name, builtin in BUILTINS.items()),
        statuses=get_args(Status),
        terminal_statuses=tuple(status for status in get_args(Status) if status in TERMINAL),
        phases=get_args(Phase),
        verdicts=get_args(Verdict),
        rules=rules,
        remedies=remedies,
        layer_statistics=LAYER_STATISTICS,
        network_statistics=NETWORK_STATISTICS,
        onnx=onnx_support(),
    )
