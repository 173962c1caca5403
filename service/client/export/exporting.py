"""From a live module to the bytes of a file: copied, exported, held against the module, cleaned."""

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from torch import Tensor, nn

from service.client.errors import ExportFailed
from service.client.export.copying import detached_copy, undisturbed
from service.client.export.inputs import Inputs, inputs_of
from service.client.export.obstacles import obstacle
from service.client.export.recipes import captured, traced
from service.client.export.scrub import roots_of, scrub
from service.client.export.survey import Survey, survey
from service.client.export.survival import Survival, restore_numbers, survival
from service.client.wrappers import unwrapped

WHOLE = "gradclinic.whole"
"""Metadata of a file that was held against its module and lost nothing; where dropout is missing, there was none."""


@dataclass(frozen=True)
class Exported:
    """A file that can be uploaded, and what has to be said beside it."""

    data: bytes
    names: Mapping[str, str]
    """Name in the file of each parameter, by every name that the module has for it."""
    input: str
    """The input that the data go to."""
    fill: Mapping[str, float]
    """What goes to the other inputs."""
    batch: int | None
    """The only batch size that the file works with; None where it works with any."""
    notes: tuple[str, ...]
    """What the user has to know of the export, one sentence each."""


@dataclass(frozen=True)
class _Attempt:
    model: onnx.ModelProto
    held: Survival
    note: str | None = None


def export(module: nn.Module, example: object, *, fill: Mapping[str, float] | None = None) -> Exported:
    """Export a module as it trains; the module, its mode and all random numbers stay as they are.

    `example` is what the module is called with: a tensor, a tuple, or a mapping of named arguments; the batch
    is the first size. `fill` gives a number for each input beside the first that is not constant in the example.
    Raises ExportFailed, which names the operator and the module where one of them is the reason.
    """
    network: nn.Module = unwrapped(module)
    with undisturbed():
        inputs = inputs_of(network, example)
        surveyed = survey(detached_copy(network), inputs)
        best = _best(network, inputs, surveyed)
        restore_numbers(best.model, network)
    scrub(best.model, roots_of(*_places(network)))
    if not best.held.lost:
        best.model.metadata_props.add(key=WHOLE, value="yes")
    first, others = _inputs(best.model, inputs, fill or {})
    batch = _only_batch(best.model, first)
    notes = _notes(best, surveyed, batch)
    return Exported(_bytes(best.model), best.held.names, first, others, batch, notes)


def _best(network: nn.Module, inputs: Inputs, surveyed: Survey) -> _Attempt:
    """The first attempt that lost nothing, else the one that lost least; never one that lost a parameter."""
    failures: list[ExportFailed] = []
    made: list[_Attempt] = []
    for attempt in _attempts(network, inputs, surveyed, failures):
        if not attempt.held.missing and not attempt.held.lost:
            return attempt
        made.append(attempt)
    whole = [attempt for attempt in made if not attempt.held.missing]
    if whole:
        return min(whole, key=lambda attempt: len(attempt.held.lost))
    if made:
        raise ExportFailed(f"torch's exporter changes this network: {'; '.join(made[0].held.missing[:10])}")
    raise failures[0]


def _attempts(
    network: nn.Module, inputs: Inputs, surveyed: Survey, failures: list[ExportFailed]
) -> Iterator[_Attempt]:
    """Each recipe's file in turn, the one to publish first; what fails is told in `failures`."""
    why = ""
    for recipe in (captured, traced):
        copied = detached_copy(network)
        try:
            model = recipe(copied, inputs)
        except Exception as error:  # noqa: BLE001 - an exporter fails in its own ways, and the next one may not
            failures.append(obstacle(error, copied))
            why = failures[-1].reason
            continue
        held = survival(model, copied, surveyed)
        note = f"it was exported by tracing, which freezes branches, because otherwise {why}"
        yield _Attempt(model, held, note if recipe is traced else None)
        why = f"the export loses {', '.join([*held.missing, *held.lost])}"


def _notes(best: _Attempt, surveyed: Survey, batch: int | None) -> tuple[str, ...]:
    notes = [f"the export lost {lost}" for lost in best.held.lost]
    if best.note:
        notes.append(best.note)
    if batch:
        notes.append(f"the network works with batches of {batch} only")
    if surveyed.fixed_normalizations:
        count = surveyed.fixed_normalizations
        notes.append(
            f"{count} batch normalizations are in eval mode, but will go by the batch: a file cannot say that"
        )
    if surveyed.own_functions:
        names = ", ".join(surveyed.own_functions)
        notes.append(
            f"the gradients that {names} define are not in the file: those of their forward are used"
        )
    return tuple(notes)


def _inputs(
    model: onnx.ModelProto, inputs: Inputs, fill: Mapping[str, float]
) -> tuple[str, dict[str, float]]:
    """Which input of the file takes the data, and a number for each other."""
    names = [value.name for value in model.graph.input]
    first = next(iter(inputs.tensors), names[0] if names else "")
    if first not in names:
        raise ExportFailed(f"what the module gives does not depend on its first argument `{first}`")
    others = {name: _filling(name, inputs.named.get(name), fill) for name in names if name != first}
    return first, others


def _only_batch(model: onnx.ModelProto, name: str) -> int | None:
    """The exporter writes a number where the network fixes its batch size, and a name where it does not."""
    (entry,) = [value for value in model.graph.input if value.name == name]
    sizes = entry.type.tensor_type.shape.dim
    return int(sizes[0].dim_value) if sizes and sizes[0].HasField("dim_value") else None


def _filling(name: str, value: Any, fill: Mapping[str, float]) -> float:
    if name in fill:
        return float(fill[name])
    if isinstance(value, Tensor) and value.numel() and bool((value == value.reshape(-1)[0]).all()):
        return float(value.reshape(-1)[0])
    raise ExportFailed(
        f"`{name}` is not constant in the example, and the data go to one input only: "
        f"say what goes there with fill={{{name!r}: number}}"
    )


def _bytes(model: onnx.ModelProto) -> bytes:
    try:
        return bytes(model.SerializeToString())
    except ValueError as error:
        raise ExportFailed(f"the file would be over 2 GB, which ONNX cannot hold in one: {error}") from error


def _places(network: nn.Module) -> Iterator[Path]:
    """Where the user's code may lie: with the module's class, or where Python runs."""
    with contextlib.suppress(TypeError, OSError):
        yield Path(inspect.getfile(type(network)))
    yield Path.cwd()
