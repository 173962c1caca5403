"""Recurrent layers that were changed, and the rules of initialisation that were made for what they were."""

from service.diagnosis.remedies.anatomy import as_rule, recurrent, types
from service.diagnosis.remedies.items import GLOROT
from service.diagnosis.remedies.table import Table


def settled_states(table: Table) -> Table:
    """Sound weights where some rule speaks of recurrent ones; without such a rule torch's own will do."""
    if not any(rule.get("recurrent") or rule.get("weight") for rule in table.written.get("init", [])):
        return table
    rule = {
        "match": "*",
        "layer": as_rule(types(recurrent(table))),
        "weight": GLOROT,
        "recurrent": {"scheme": "orthogonal"},
    }
    return table.with_init(rule)
