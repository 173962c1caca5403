"""How the data are prepared before the network sees them."""

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.table import Table
from service.schemas.data import SyntheticData


def prepared(table: Table, how: str) -> Table:
    """Another preprocessing; raises Impossible for tokens and for data that are prepared so already."""
    spec, data = table.structure.spec, table.submission.data or SyntheticData()
    tokens = spec.input.dtype == "int" if spec is not None else _embeds(table)
    if tokens:
        raise Impossible("tokens have no scale")
    if data.preprocess == how:
        raise Impossible("it is prepared so already")
    if table.submission.data is None:
        return table.set("data", source="synthetic", preprocess=how)
    return table.set("data", preprocess=how)


def _embeds(table: Table) -> bool:
    """Whether a file's input goes into an embedding."""
    return any(layer.family == "embedding" and -1 in layer.inputs for layer in table.layers)
