"""AutoTrainer's repairs are changes of the submission that can be run."""

from typing import Any

import pytest

from benchmarks.remedies.autotrainer import REPAIRS, answering
from service.diagnosis.engine import judge
from service.schemas.intake import accept
from service.schemas.patching import tree_of
from service.schemas.submission import Submission
from tests.diagnosing import LIMITS, gather

DEEP = {
    "network": {
        "input": {"shape": [64]},
        "layers": [
            {"repeat": 12, "name": "h", "body": [{"type": "Linear", "out_features": 16}, "Sigmoid"]},
            {"type": "Linear", "out_features": 10, "name": "head"},
        ],
    },
    "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 0.1}, "steps": 40},
    "probing": {"seeds": 1},
    "data": {"source": "builtin", "name": "digits"},
}
EVERY = [(alarm, name, change) for alarm, repairs in REPAIRS.items() for name, change in repairs]


@pytest.mark.parametrize(
    ("alarm", "name", "change"), EVERY, ids=[f"{alarm} {name}" for alarm, name, _ in EVERY]
)
def test_every_repair_changes_a_network_into_one_that_can_be_run(alarm: str, name: str, change: Any) -> None:
    before = tree_of(Submission.model_validate(DEEP))
    tree = tree_of(Submission.model_validate(DEEP))
    change(tree)
    assert tree != before
    accept(Submission.model_validate(tree), LIMITS, lambda _digest: None)


def test_batch_norms_stand_behind_hidden_layers_alone() -> None:
    tree = tree_of(Submission.model_validate(DEEP))
    dict(REPAIRS["vanish"])["batch-norm"](tree)
    layers = tree["network"]["layers"]
    assert layers[0]["body"][1] == "BatchNorm1d"
    assert layers[-1]["name"] == "head"


def test_the_list_follows_autotrainers_own_alarm() -> None:
    evidence = gather(DEEP)
    assert [each.name for each in answering(evidence, judge(evidence))] == ["selu", "relu", "batch-norm"]
