"""Biases for layers that have none.

What it changes: bias: true in linear layers, convolutions and recurrent layers.

When it helps: examples that are zero, or that differ by their size alone: without a constant the answer at zero is
fixed and no threshold can be set.

When it does not: layers before a batch norm, which has a shift of its own; networks that have biases.

Source: the definition; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.anatomy import followed, maps, recurrent
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table, exactly


@remedy(
    "add-bias",
    answers={"missing-bias": 8, "not-learning": 32, "attenuated-loss-gradient": 48, "dead-units": 48},
    pairs=("use-adaptive-optimizer", "raise-learning-rate", "replace-activation"),
)
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "Layers without a bias get one.",
        _biased,
        torch="nn.Linear(n, m, bias=True)",
        keras="Dense(m, use_bias=True)",
    )


def _biased(table: Table) -> Table:
    if table.from_file:
        return _biased_file(table)
    bare = [
        layer
        for layer in (*maps(table), *recurrent(table))
        if table.structure.argument(layer, "bias", default=True) is False
        and not followed(table, layer, {"normalization"})
    ]
    if not bare:
        raise Impossible("every layer has a bias")
    return table.argued(bare, bias=True)


def _biased_file(table: Table) -> Table:
    """Layers of a file whose parameters are a weight alone."""
    bare = []
    for layer in maps(table):
        given, units = table.shape_into(layer), layer.output.shape[-1:]
        if given and layer.type == "Linear" and layer.parameters == given[-1] * units[0]:
            bare.append(layer)
    return table.with_edits(*({"add_bias": exactly(layer.name)} for layer in bare))
