"""The examples of a training, as tensors that its network and its loss take."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from torch import Tensor

from service.schemas.catalogue import DataShape, builtin_shape, dataset_shape, synthetic_shape
from service.schemas.data import BuiltinData, Data, DatasetInfo, SyntheticData
from service.schemas.fit import ends_of
from service.schemas.plan import Tensor as Form
from service.schemas.planned import Plan
from service.schemas.submission import Submission
from service.schemas.targets import Target, TargetError, target_for
from service.schemas.training import Loss
from workers.errors import DataMissing, UnfitData
from workers.training import builtin, synthetic
from workers.training.preprocess import preprocess
from workers.training.targets import adapt
from workers.training.upload import load_npz


@dataclass(frozen=True)
class Examples:
    """Everything there is to train on; the same for every seed."""

    x: Tensor
    """(n, *input): float32, or int64 tokens."""
    y: Tensor | None
    """(n, *target.shape), adapted to the loss; None where the loss takes no targets."""
    target: Target
    output: tuple[int, ...]
    """Shape of the network's output for one example."""
    noise: float = 0.0
    """Standard deviation of the noise added to every batch."""

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.x)

    def moved(self, move: Callable[[Tensor], Tensor]) -> "Examples":
        """The same examples, every tensor of theirs moved."""
        return replace(self, x=move(self.x), y=None if self.y is None else move(self.y))


def load(submission: Submission, plan: Plan, dataset: tuple[Path, DatasetInfo] | None = None) -> Examples:
    """The submission's examples; `dataset` says where an uploaded set lies and what it holds.

    Raises DataMissing where it is not there, UnfitData where its values do not fit network or loss.
    """
    loss = submission.training.loss
    ends = ends_of(submission, plan)
    return examples(submission.data or SyntheticData(), loss, ends.entry, ends.output, dataset)


def examples(
    data: Data, loss: Loss, entry: Form, output: Form, dataset: tuple[Path, DatasetInfo] | None = None
) -> Examples:
    """Examples for a network that takes `entry` and gives `output`."""
    shape, x, y = _raw(data, loss, entry, output, dataset)
    try:
        target = target_for(loss, output, shape.answer)
    except TargetError as error:
        raise UnfitData(str(error)) from error
    fitted = preprocess(_fit(x, entry), data.preprocess)
    used = y is not None and target.kind != "none"
    answers = adapt(y, shape.answer, target, loss.blank) if used and y is not None else None
    if answers is not None and target.kind == "real":
        answers = preprocess(answers, data.target_preprocess)
    _check_probabilities(loss, answers)
    return Examples(fitted, answers, target, output.shape, data.noise)


def _check_probabilities(loss: Loss, y: Tensor | None) -> None:
    """BCELoss raises for targets outside [0, 1], and aborts the process on CUDA; Keras computes something."""
    if y is not None and loss.type == "BCELoss" and loss.from_logits is None and ((y < 0) | (y > 1)).any():
        low, high = float(y.min()), float(y.max())
        raise UnfitData(f"BCELoss takes targets between 0 and 1; these run from {low:g} to {high:g}.")


def _raw(
    data: Data, loss: Loss, entry: Form, output: Form, dataset: tuple[Path, DatasetInfo] | None
) -> tuple[DataShape, Tensor, Tensor | None]:
    if isinstance(data, BuiltinData):
        shape = builtin_shape(data, entry)
        return shape, *builtin.make(data.name, shape)
    if isinstance(data, SyntheticData):
        shape = synthetic_shape(data, loss, entry, entry.vocab, output)
        return shape, *synthetic.make(data, shape)
    if dataset is None:
        raise DataMissing(f"The data set {data.digest} was not handed to this run.")
    return dataset_shape(dataset[1]), *load_npz(*dataset)


def _fit(x: Tensor, entry: Form) -> Tensor:
    """Examples in the form that the network takes; raises UnfitData where they have none."""
    if entry.dtype == "float" and x[0].numel() == prod(entry.shape):
        return x.float().reshape(len(x), *entry.shape)
    if entry.dtype == "int" and not x.is_floating_point() and tuple(x.shape[1:]) == entry.shape:
        low, high = int(x.min()), int(x.max())
        if low < 0 or (entry.vocab is not None and high >= entry.vocab):
            raise UnfitData(
                f"The tokens run from {low} to {high}; the network takes 0 to {(entry.vocab or 0) - 1}."
            )
        return x
    kind = "real numbers" if x.is_floating_point() else "whole numbers"
    raise UnfitData(
        f"The examples are {kind} of shape {tuple(x.shape[1:])}; the network takes {entry.dtype} {entry.shape}."
    )
