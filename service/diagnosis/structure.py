"""What can be said of a submission before it runs: how the network ends, and what its output is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from service.schemas.catalogue import DataShape, builtin_shape, dataset_shape, synthetic_shape
from service.schemas.data import BuiltinData, DatasetData, DatasetInfo, SyntheticData
from service.schemas.network import NetworkSpec
from service.schemas.onnx import ImportReport, OnnxSpec
from service.schemas.plan import Dtype, Layer, Tensor
from service.schemas.submission import Submission
from service.schemas.targets import Answer, Target, TargetError, target_for

CARRIERS = frozenset({"shape", "dropout"})
"""Families that pass numbers on as they are."""


@dataclass(frozen=True)
class Structure:
    """One network of a submission and its place in the training; the same for all seeds."""

    submission: Submission
    network: str
    layers: tuple[Layer, ...]
    """Of this network alone, in order of depth."""
    dataset: DatasetInfo | None = None
    """What is known of an uploaded data set."""
    imported: ImportReport | None = None
    """What an uploaded network's file turned out to hold."""

    @property
    def spec(self) -> NetworkSpec | None:
        """The network as it was written; None where it came as a file."""
        known = self.submission.networks or {}
        alone = self.submission.network
        return alone if isinstance(alone, NetworkSpec) else known.get(self.network)

    @property
    def judged(self) -> bool:
        """Whether the loss is computed of this network's output: of two adversaries, the critic's."""
        return (
            self.submission.networks is None or len(self.submission.networks) == 1 or self.network == "critic"
        )

    @cached_property
    def output(self) -> Layer | None:
        """The layer whose output is the network's."""
        named = self.spec.output if self.spec is not None else None
        inside = [each for each in self.layers if named and f"{each.name}.".startswith(f"{named}.")]
        return (inside or self.layers or (None,))[-1]

    @cached_property
    def tail(self) -> tuple[Layer, ...]:
        """Activations between the last layer that computes anything else and the output, in order."""
        by_depth = {layer.depth: layer for layer in self.layers}
        found: list[Layer] = []
        layer = self.output
        while layer is not None and len(layer.inputs) == 1:
            if layer.family == "activation" and not layer.parameters:
                found.append(layer)
            elif layer.family not in CARRIERS:
                break
            layer = by_depth.get(layer.inputs[0])
        return tuple(reversed(found))

    @cached_property
    def data(self) -> DataShape | None:
        """How the examples look; None where they are an upload of which nothing is known."""
        entry, output, data = self._entry, self.output, self.submission.data or SyntheticData()
        if entry is None or output is None:
            return None
        if isinstance(data, BuiltinData):
            return builtin_shape(data, entry)
        if isinstance(data, DatasetData):
            return dataset_shape(self.dataset) if self.dataset else None
        return synthetic_shape(data, self.submission.training.loss, entry, entry.vocab, output.output)

    @property
    def _entry(self) -> Tensor | None:
        """What goes into the network: as it was written, or as its file says."""
        if self.spec is not None:
            given = self.spec.input
            return Tensor(shape=given.shape, dtype=given.dtype, vocab=given.vocab)
        file = self.submission.network
        if self.imported is None or not isinstance(file, OnnxSpec):
            return None
        kind: Dtype = "int" if file.vocab else "float"
        return Tensor(shape=self.imported.input.shape, dtype=kind, vocab=file.vocab)

    @property
    def answer(self) -> Answer | None:
        """What the data say of one example."""
        return self.data.answer if self.data is not None else None

    @cached_property
    def target(self) -> Target | None:
        """What the loss gets of one example; None where that is not known."""
        if self.output is None or self.answer is None:
            return None
        try:
            return target_for(self.submission.training.loss, self.output.output, self.answer)
        except TargetError:
            return None

    @property
    def units(self) -> int:
        """Numbers along the output's class axis, or of the whole output where it has none."""
        if self.output is None:
            return 0
        if self.target is not None and self.target.class_axis is not None and self.target.classes:
            return self.target.classes
        return prod(self.output.output.shape)

    def argument(self, layer: Layer, name: str, default: object) -> object:
        """An argument of a layer as it was written; `default` where it was left out or stands for a parameter."""
        place: object = self.submission
        for part in layer.pointer.strip("/").split("/"):
            place = _inside(place, part)
        value = _inside(place, name)
        return default if value is None or (isinstance(value, str) and value.startswith("$")) else value


def structures(
    submission: Submission, layers: Sequence[Layer], dataset: DatasetInfo | None = None
) -> tuple[Structure, ...]:
    """One for each network, in order of depth."""
    names = dict.fromkeys(layer.network for layer in layers)
    return tuple(
        Structure(submission, name, tuple(layer for layer in layers if layer.network == name), dataset)
        for name in names
    )


def _inside(place: object, part: str) -> object:
    """What a pointer's part leads to; None where there is nothing."""
    if isinstance(place, Mapping):
        return place.get(part)
    if isinstance(place, list | tuple):
        return place[int(part)] if part.isdigit() and int(part) < len(place) else None
    return getattr(place, part, None) if part and not part.startswith("_") else None
