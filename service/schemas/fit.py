"""Whether data, network and loss go together: each way in which they do not, with its place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

from service.errors import Problem
from service.schemas.catalogue import (
    BUILTINS,
    COMPUTED,
    DataShape,
    builtin_shape,
    dataset_shape,
    fits,
    synthetic_shape,
)
from service.schemas.data import BuiltinData, Data, DatasetData, DatasetInfo, SyntheticData
from service.schemas.limits import Limits
from service.schemas.onnx import NetworkFile, OnnxSpec
from service.schemas.plan import Tensor
from service.schemas.planned import Plan
from service.schemas.submission import Submission
from service.schemas.targets import TargetError, target_for

BYTES_PER_NUMBER = 4

Datasets = Callable[[str], DatasetInfo | None]
"""Finds what is known of an uploaded data set by its digest."""
NetworkFiles = Callable[[str], NetworkFile | None]
"""Finds an uploaded ONNX file by its digest."""


@dataclass(frozen=True)
class Ends:
    """Where data enter and where the loss is computed: of the critic in adversarial training."""

    entry: Tensor
    output: Tensor
    entry_pointer: str
    output_pointer: str
    file: OnnxSpec | None = None
    """What was said of the file, where the network came as one."""


def network_problems(submission: Submission) -> Iterator[Problem]:
    """One network for an ordinary loss; a generator and a critic for an adversarial one."""
    if (submission.network is None) == (submission.networks is None):
        yield Problem(
            "", "exactly one of `network` and `networks` is needed", "write `network:` for a single one"
        )
        return
    names = set(submission.networks or {"main"})
    adversarial = submission.training.loss.type == "Wasserstein"
    if adversarial and names != {"generator", "critic"}:
        yield Problem(
            "/networks" if submission.networks is not None else "/network",
            "the loss Wasserstein trains two networks named `generator` and `critic`",
            "write both under `networks:`",
        )
    if not adversarial and submission.networks is not None and len(names) != 1:
        yield Problem(
            "/networks",
            f"{submission.training.loss.type} trains one network; {len(names)} are given",
            "several networks are for the loss Wasserstein",
        )


def option_problems(data: Data | None, limits: Limits) -> Iterator[Problem]:
    """Options that a builtin set does not have, or that nothing could be made of."""
    if not isinstance(data, BuiltinData):
        return
    builtin = BUILTINS[data.name]
    if data.length is not None and builtin.length is None:
        yield Problem("/data/length", f"`{data.name}` has no time steps", "leave `length` out")
    elif data.length is not None and data.length > limits.sequence_length:
        yield Problem(
            "/data/length",
            f"{data.length} time steps; at most {limits.sequence_length} (limit `sequence_length`)",
        )
    if data.classes is not None and builtin.classes is None:
        yield Problem(
            "/data/classes", f"the classes of `{data.name}` cannot be chosen", "leave `classes` out"
        )
    elif data.classes is not None and not 2 <= data.classes <= COMPUTED:
        yield Problem("/data/classes", f"{data.classes} classes; 2 to {COMPUTED} are possible")


def ends_of(submission: Submission, plan: Plan) -> Ends:
    """The network's two ends; of the critic, which sees the data, where there are two networks."""
    name = "critic" if "critic" in plan.networks and len(plan.networks) > 1 else next(iter(plan.networks))
    root = "/network" if submission.network is not None else f"/networks/{name}"
    last = plan.layers[plan.outputs[name]].pointer
    file = submission.network if isinstance(submission.network, OnnxSpec) else None
    return Ends(plan.inputs[name], plan.output(name), f"{root}/input", last, file)


def data_of(submission: Submission, plan: Plan, datasets: Datasets) -> DataShape | None:
    """How the submission's data look; None where they are an upload that is not there."""
    ends, data = ends_of(submission, plan), submission.data or SyntheticData()
    if isinstance(data, BuiltinData):
        return builtin_shape(data, ends.entry)
    if isinstance(data, SyntheticData):
        return synthetic_shape(data, submission.training.loss, ends.entry, ends.entry.vocab, ends.output)
    info = datasets(data.digest)
    return dataset_shape(info) if info else None


def fit_problems(submission: Submission, plan: Plan, shape: DataShape | None) -> Iterator[Problem]:
    """Where data, network and loss do not meet, and networks that no data could train."""
    for name, layers in plan.networks.items():
        if not any(planned.layer.parameters for planned in layers):
            yield _idle(submission, name)
    ends, data = ends_of(submission, plan), submission.data
    if shape is None:
        yield _missing(data.digest if isinstance(data, DatasetData) else "")
        return
    yield from _entry_problems(ends, shape)
    if data is not None and shape.x.dtype == "int" and (data.preprocess != "none" or data.noise):
        yield Problem(
            "/data", "tokens can be neither standardised nor made noisy", "leave preprocess and noise out"
        )
    if submission.training.loss.type == "Wasserstein":
        yield from _adversarial_problems(plan)
        return
    try:
        target = target_for(submission.training.loss, ends.output, shape.answer)
    except TargetError as error:
        yield Problem(
            ends.output_pointer if error.about == "output" else "/training/loss", str(error), error.hint
        )
        return
    if data is not None and data.target_preprocess != "none" and target.kind != "real":
        yield Problem(
            "/data/target_preprocess",
            "only real targets can be standardised; these are classes",
            "leave it out",
        )


def batch_problems(submission: Submission, plan: Plan, examples: int, limits: Limits) -> Iterator[Problem]:
    """What depends on how many examples a step takes: memory, and batch norm, which needs two numbers."""
    batch = min(submission.training.batch_size, examples)
    if plan.activation_values * batch > limits.activation_values:
        yield Problem(
            "/training/batch_size",
            f"the outputs of all layers hold {plan.activation_values * batch:,} numbers for a batch; "
            f"at most {limits.activation_values:,} (limit `activation_values`)",
            f"a batch of {max(1, limits.activation_values // max(1, plan.activation_values))} would fit",
        )
    norms = (layer for layer in plan.layers if layer.type.startswith("BatchNorm"))
    alone = next((layer for layer in norms if prod(layer.output.shape[1:]) == 1), None)
    if batch == 1 and alone:
        yield Problem(
            alone.pointer,
            f"{alone.type} cannot normalise over one number for each feature: a batch has one example",
            "take a batch_size of at least 2",
        )


def size_problems(submission: Submission, shape: DataShape | None, limits: Limits) -> Iterator[Problem]:
    """Synthetic examples are made in memory, so they are held to the bound of uploaded ones."""
    if shape is None or not isinstance(submission.data or SyntheticData(), SyntheticData):
        return
    each = prod(shape.x.shape) * BYTES_PER_NUMBER
    if shape.examples * each > limits.dataset_bytes:
        yield Problem(
            "/data/examples",
            f"{shape.examples:,} synthetic examples of this shape take {shape.examples * each:,} bytes; "
            f"at most {limits.dataset_bytes:,} (limit `dataset_bytes`)",
            f"write data: {{source: synthetic, examples: {max(1, limits.dataset_bytes // each)}}}",
        )


def upload_problems(submission: Submission, datasets: Datasets, networks: NetworkFiles) -> Iterator[Problem]:
    """Files that a submission names and that were never uploaded."""
    network, data = submission.network, submission.data
    if isinstance(network, OnnxSpec) and networks(network.onnx) is None:
        message = f"no network with the digest {network.onnx} was uploaded"
        yield Problem("/network/onnx", message, "PUT it to /v1/networks, or send it in the part `model`")
    if isinstance(data, DatasetData) and datasets(data.digest) is None:
        yield _missing(data.digest)


def _missing(digest: str) -> Problem:
    message = f"no data set with the digest {digest} was uploaded"
    return Problem("/data/digest", message, "PUT it to /v1/datasets, or send it in the part `data`")


def _idle(submission: Submission, name: str) -> Problem:
    if isinstance(submission.network, OnnxSpec):
        return Problem("/network", "there is nothing to train in it", "see its `train` and `freeze`")
    root = "/network" if submission.network is not None else f"/networks/{name}"
    return Problem(f"{root}/layers", "there is nothing to train in it", "e.g. add a Linear layer")


def _entry_problems(ends: Ends, shape: DataShape) -> Iterator[Problem]:
    if ends.file is not None:
        yield from _file_problems(ends, ends.file, shape)
    elif not fits(shape.x, ends.entry):
        yield Problem(
            f"{ends.entry_pointer}/shape",
            f"the data are {_words(shape.x)}; the network takes {_words(ends.entry)}",
            f"write shape: {list(shape.x.shape)}" + (", dtype: int" if shape.x.dtype == "int" else ""),
        )
    elif ends.entry.dtype == "int" and (shape.vocab or 0) > (ends.entry.vocab or 0):
        yield Problem(
            f"{ends.entry_pointer}/vocab",
            f"the data have {shape.vocab} different tokens; the network knows {ends.entry.vocab}",
            f"write vocab: {shape.vocab}",
        )


def _file_problems(ends: Ends, file: OnnxSpec, shape: DataShape) -> Iterator[Problem]:
    """What a file takes cannot be written otherwise: the data have to fit, or the file is exported again."""
    if not fits(shape.x, ends.entry):
        yield Problem(
            "/data",
            f"the data are {_words(shape.x)}; the network takes {_words(ends.entry)}",
            "give sizes that the file leaves open in the network's `sizes`, name another `input`, "
            "or export the network for these data",
        )
    elif ends.entry.dtype == "int" and (shape.vocab or 0) > (ends.entry.vocab or 0):
        yield Problem(
            "/data" if file.vocab is None else "/network/vocab",
            f"the data have {shape.vocab} different tokens; the network knows {ends.entry.vocab}",
        )


def _adversarial_problems(plan: Plan) -> Iterator[Problem]:
    made, seen = plan.output("generator"), plan.inputs["critic"]
    if plan.inputs["generator"].dtype == "int" or seen.dtype == "int":
        yield Problem("/networks", "generator and critic take real numbers, not tokens")
    elif not fits(made, seen):
        yield Problem(
            plan.layers[plan.outputs["generator"]].pointer,
            f"the generator makes {_words(made)}; the critic takes {_words(seen)}",
            "give both the shape of the data",
        )


def _words(tensor: Tensor) -> str:
    what = "tokens" if tensor.dtype == "int" else "numbers"
    return f"{what} of shape {list(tensor.shape)}"
