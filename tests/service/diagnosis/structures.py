"""Structures of small networks as a client would write them, without running anything."""

from typing import Any

from service.diagnosis.structure import Structure, structures
from service.schemas.data import DatasetInfo
from service.schemas.expansion import expand, network_pointers, submission_networks
from service.schemas.limits import Limits
from service.schemas.submission import Submission


def of(written: dict[str, Any], dataset: DatasetInfo | None = None) -> tuple[Structure, ...]:
    """Structures of all networks of a submission."""
    submission = Submission.model_validate(written)
    plan = expand(submission_networks(submission), Limits(), network_pointers(submission))
    return structures(submission, plan.layers, dataset)


def ending(*last: Any, loss: Any = "CrossEntropyLoss", data: Any = None, units: int = 10) -> Structure:
    """A network of one Linear layer of some units, then the given layers; on digits unless told otherwise."""
    data = data or {"source": "builtin", "name": "digits"}
    shape = {"digits": [64], "diabetes": [10], "iris": [4], "adding": [5, 2], "breast_cancer": [30]}
    entry = shape.get(data.get("name", ""), [2])
    layers = ["Flatten", {"type": "Linear", "out_features": units, "name": "head"}, *last]
    return of(
        {
            "network": {"input": {"shape": entry}, "layers": layers if len(entry) > 1 else layers[1:]},
            "training": {"loss": loss, "optimizer": "SGD"},
            "data": data,
        }
    )[0]
