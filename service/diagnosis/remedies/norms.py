"""Normalisations put behind hidden layers."""

from service.diagnosis.remedies.anatomy import followed, hidden, recurrent
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.items import norm_for
from service.diagnosis.remedies.table import Table, exactly


def normalized(table: Table, kind: str) -> Table:
    """A norm behind each hidden map that none follows; raises Impossible where there is no such place."""
    last = table.structure.output
    sequences = [
        layer
        for layer in recurrent(table)
        if kind == "LayerNorm" and len(layer.output.shape) == 2 and layer != last
    ]
    places = [
        layer
        for layer in (*hidden(table), *sequences)
        if not followed(table, layer, {"normalization"}) and norm_for(layer, kind) is not None
    ]
    if table.from_file:
        # What no activation follows may be in any layout, time first for one.
        places = [layer for layer in places if followed(table, layer, {"activation"})]
    if not places:
        raise Impossible("there is no place for a normalisation")
    if table.from_file:
        return table.with_edits(*({"insert": kind, "after": exactly(layer.name)} for layer in places))
    return table.inserted(places, lambda layer: norm_for(layer, kind))
