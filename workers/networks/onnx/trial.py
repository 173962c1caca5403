"""The first run of a network, on made-up input: what it gives at every node, and with which batches it works."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workers.networks.onnx.assemble import Assembled, check_sizes
from workers.networks.onnx.batches import Batches, batches_of, continues
from workers.networks.onnx.graph import Graph
from workers.networks.onnx.inputs import example
from workers.networks.onnx.network import Seen
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.networks.onnx.registry import tensors


@dataclass(frozen=True)
class Trial:
    """What the first run found."""

    outputs: tuple[Seen, ...]
    """The outputs of the network."""
    given: tuple[Seen, ...]
    """What went into it."""
    values: Mapping[str, Seen]
    """Every value by its name."""
    batch: int | None
    """The only batch that works; None where any does."""
    ran: int
    """Batch of the run that is described."""


def try_out(assembled: Assembled, graph: Graph, options: Options) -> Trial:
    """Run in inference, and once more with one example more; torch's random state and the weights are kept.

    Where the file leaves the batch open but works with none of ours, the sizes that stand in its constants
    are tried: exporters bake the batch of their example in.
    """
    network, batches = assembled.network, batches_of(assembled, graph, options)
    mode = network.training
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            return _first_that_runs(assembled, graph, options, batches)
    finally:
        network.train(mode)


def _first_that_runs(assembled: Assembled, graph: Graph, options: Options, batches: Batches) -> Trial:
    refusal, strange = None, None
    for number, batch in enumerate(batches.tried):
        try:
            given = _examples(assembled, graph, batch, options)
            named, outputs = _run(assembled, given, batch, options)
        except RefusedNetwork as error:
            refusal = refusal or error
            continue
        any_works = not number and _works_with_one_more(assembled, given, outputs, options, batches.free)
        trial = Trial(
            outputs=tuple(map(_seen, outputs)),
            given=tuple(map(_seen, given)),
            values=named,
            batch=None if any_works else batch,
            ran=batch,
        )
        if any_works or not batches.free or outputs[0].shape[:1] == (batch,):
            return trial
        strange = strange or replace(trial, batch=None)
    if strange is None:
        raise refusal or RefusedNetwork("The network runs with no batch.")
    return strange


def _examples(assembled: Assembled, graph: Graph, batch: int, options: Options) -> list[Tensor]:
    torch.default_generator.manual_seed(0)
    entry = assembled.network.entry
    wanted = [value for value in graph.inputs if entry is None or value.name == entry.name]
    return [example(value, batch, options) for value in wanted]


def _seen(value: Tensor) -> Seen:
    return Seen(tuple(value.shape), value.dtype)


def _run(
    assembled: Assembled, given: Sequence[Tensor], batch: int, options: Options
) -> tuple[dict[str, Seen], tuple[Tensor, ...]]:
    network, limits = assembled.network, options.limits
    values = network.given(*given)
    named = {name: _seen(value) for name, value in values.items()}
    # what the training's batch will take, from the batch that is run here
    most = limits.activations * max(batch, 1) / max(options.batch or batch, batch, 1)
    total = 0
    done = 0
    try:
        for step, made in network.execute(values):
            check_sizes(limits, made)
            total += _made_anew([values[name] for name in step.inputs], made)
            if total > most:
                raise RefusedNetwork(
                    f"up to here all layers together hold more numbers than the limit of {limits.activations}, "
                    f"for a batch of {max(options.batch or batch, batch)}"
                )
            pairs = zip(assembled.nodes[done].outputs, made, strict=False)
            named.update(
                (name, _seen(value[0] if isinstance(value, list) else value)) for name, value in pairs
            )
            done += 1
    except (RefusedNetwork, *REFUSALS) as error:
        node = assembled.nodes[done]
        reason = error.detail if isinstance(error, RefusedNetwork) else shown(error, 300)
        place = f"{shown(node.operator, 60)} {shown(node.name or node.outputs[0], 100)}"
        raise RefusedNetwork(f"The network does not run: {place}: {reason}") from None
    return named, tensors(network.taken(values))


def _made_anew(taken: Sequence[Tensor], made: Sequence[Tensor]) -> int:
    """Numbers that are no view of what flowed in."""
    old = {value.untyped_storage().data_ptr() for value in taken if isinstance(value, Tensor)}
    new = [value for value in made if isinstance(value, Tensor)]
    return sum(value.numel() for value in new if value.untyped_storage().data_ptr() not in old)


def _works_with_one_more(
    assembled: Assembled, given: Sequence[Tensor], outputs: Sequence[Tensor], options: Options, free: bool
) -> bool:
    """Whether one more example gives one more row, and where the file fixes the batch leaves the others alone."""
    if not given or any(value.dim() == 0 for value in given):
        return False
    try:
        torch.default_generator.manual_seed(0)
        longer = [torch.cat([value, value[-1:]]) for value in given]
        _, more = _run(assembled, longer, len(longer[0]), options)
    except RefusedNetwork:
        return False
    random = any(not entry.pure and entry.family != "dropout" for entry in assembled.entries)
    if free:
        return continues(outputs[0], more[0], shape_alone=True)
    return all(continues(short, long, random) for short, long in zip(outputs, more, strict=True))


def numbers(shape: Sequence[int]) -> int:
    """How many numbers a shape has."""
    return math.prod(shape)
