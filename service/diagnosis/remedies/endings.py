"""How a network ends, and the loss that is computed of it, changed together."""

from typing import Any

from service.diagnosis.mismatches.base import BINARY, SOFTMAX, expects
from service.diagnosis.remedies.anatomy import maps
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.table import Table
from service.schemas.arguments import LOSS_ARGUMENTS
from service.schemas.plan import Layer

KEPT = ("reduction", "label_smoothing", "delta", "beta")


def fused(table: Table, loss: str) -> Table:
    """Without activations at the end, and with the loss that has them inside."""
    _check_judged(table)
    bare = _without_tail(table)
    found = with_loss(bare, loss)
    if found.submission == table.submission:
        raise Impossible("output and loss go together")
    return found


def headed(table: Table, units: int, loss: str) -> Table:
    """The same with another number of units at the end."""
    _check_judged(table)
    bare = _without_tail(table)
    last = _last_map(bare)
    argument = "out_features" if last.family == "linear" else "out_channels"
    return _both(bare.written, bare, last, {argument: units}, loss)


def restored(table: Table) -> Table:
    """With the activation that the loss expects, behind the same last layer."""
    _check_judged(table)
    wanted, loss = expects(table.structure), table.submission.training.loss
    if wanted == "probabilities":
        ending = "Sigmoid" if loss.type in BINARY else "Softmax"
    elif wanted == "logarithms":
        ending = "LogSoftmax"
    else:
        raise Impossible("the loss expects none")
    if [layer.type for layer in table.structure.tail] == [ending]:
        raise Impossible("it is there")
    bare = _without_tail(table)
    output = bare.structure.output
    if output is None or table.from_file:
        raise Impossible("the output is not written out")
    return bare.inserted([output], lambda _layer: ending)


def lossed(table: Table) -> Table:
    """With a loss for the task on the output as it is."""
    _check_judged(table)
    answer = table.structure.answer
    if answer is None:
        raise Impossible("the task is not known")
    last = table.structure.tail[-1].type if table.structure.tail else None
    if answer.kind == "real":
        return with_loss(table, "MSELoss")
    if last in SOFTMAX or last == "Sigmoid":
        several = table.structure.units > 1
        if last == "LogSoftmax":
            return with_loss(table, "NLLLoss")
        return with_loss(table, "CrossEntropyLoss" if several else "BCELoss", from_logits=False)
    return with_loss(table, "CrossEntropyLoss" if table.structure.units > 1 else "BCEWithLogitsLoss")


def with_loss(table: Table, kind: str, **arguments: Any) -> Table:
    """Another loss, with the arguments of the old one that it takes too."""
    old = table.tree["training"]["loss"]
    known = LOSS_ARGUMENTS[kind]  # type: ignore[index]
    kept = {key: old[key] for key in KEPT if key in old and key in known}
    tree = dict(table.tree)
    tree["training"] = tree["training"] | {"loss": {"type": kind} | kept | arguments}
    return table.changed(tree)


def _both(network: Any, table: Table, last: Layer, arguments: dict[str, Any], loss: str) -> Table:
    """Units and loss at once, as one without the other may fit no data."""
    if table.from_file or network is None:
        raise Impossible("the layers of a file are not written out")
    return with_loss(table.argued([last], **arguments), loss)


def _without_tail(table: Table) -> Table:
    tail = table.structure.tail
    if not tail:
        return table
    if table.from_file:
        for layer in tail:
            table = table.swapped([layer], {"type": "LeakyReLU", "negative_slope": 1.0})
        return table
    return table.removed(tail)


def _last_map(table: Table) -> Layer:
    found = maps(table)
    if not found:
        raise Impossible("it ends in no linear layer")
    return found[-1]


def _check_judged(table: Table) -> None:
    if not table.structure.judged:
        raise Impossible("no loss is computed of this network's output")
