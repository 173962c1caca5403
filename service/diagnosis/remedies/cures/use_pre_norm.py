"""Normalisation before each sublayer of a transformer, and not after its sum.

What it changes: norm_first: true in every TransformerEncoderLayer. In attention written by hand, LayerNorms that stand
right behind a residual sum move to the start of the residual's branch.

When it helps: post-norm transformers of many layers, or at a rate that pre-norm takes easily: gradients then have a way
past every norm.

When it does not: two or three layers, which train either way; other networks.

Source: Xiong et al. (2020), "On Layer Normalization in the Transformer Architecture".
"""

from collections.abc import Iterator, Sequence

from service.diagnosis.remedies.bodies import Body, Entry, Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "use-pre-norm",
    answers={
        "exploding-gradient": 8, "learning-rate-too-high": 8, "shattered-gradient": 8,
        "vanishing-gradient": 8, "vanishing-signal": 8, "not-learning": 10, "diverging-training": 12,
        "gradient-spikes": 12, "oscillating-loss": 14, "dead-units": 20, "saturated-activation": 20,
        "poor-initialization": 22,
    },
    pairs=("warm-up", "lower-learning-rate"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """Torch's own layers, then those written by hand."""
    torch = "nn.TransformerEncoderLayer(..., norm_first=True)"
    keras = "x = x + attention(norm(x)); x = x + feed_forward(norm(x))"
    sentence = "Each sublayer is normalised before it, and its sum passes on untouched."
    yield from case.offer("", sentence, _norm_first, torch=torch, keras=keras)
    yield from case.offer("by-hand", sentence, _moved, torch=torch, keras=keras)


def _norm_first(table: Table) -> Table:
    found = [
        layer
        for layer in table.layers
        if layer.type == "TransformerEncoderLayer"
        and table.structure.argument(layer, "norm_first", default=False) is not True
    ]
    if not found:
        raise Impossible("no layer is normalised after its sum")
    return table.argued(found, norm_first=True)


def _moved(table: Table) -> Table:
    """A residual and the norm behind it: the norm goes to the start of the branch."""

    def change(body: Body) -> Sequence[Entry]:
        made: list[Entry] = []
        for entry in body.entries:
            last = made[-1] if made else None
            summed = last is not None and isinstance(last.item, dict) and "residual" in last.item
            if last is not None and summed and _is_norm(entry) and not entry.says_what_it_takes:
                branches = last.item["residual"]
                norm = {"type": entry.layers[0].type, "name": "prenorm"}
                opened = branches | {"body": [norm, *branches["body"]]}
                made[-1] = last.written(residual=opened)
            else:
                made.append(entry)
        return made

    return table.rewritten(change)


def _is_norm(entry: Entry) -> bool:
    return entry.layer is not None and entry.layer.type in {"LayerNorm", "RMSNorm"}
