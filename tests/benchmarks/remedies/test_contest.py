"""One configuration from diagnosis to checked remedies, with real training of a very small network."""

from pathlib import Path

import pytest

from benchmarks.accuracy.configuration import Configuration
from benchmarks.remedies.contest import FRESH, Contest, contest
from benchmarks.remedies.laboratory import Laboratory
from service.diagnosis.trials.source import Source
from service.schemas.evidence import RunEvidence
from service.schemas.patching import tree_of
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission

LAYERS = [{"type": "Linear", "out_features": 8}, "ReLU", {"type": "Linear", "out_features": 3}]
SLOW = {
    "network": {"input": {"shape": [13]}, "layers": LAYERS},
    "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 1e-6}, "steps": 60},
    "data": {"source": "builtin", "name": "wine", "preprocess": "standardize"},
}
CONFIGURATION = Configuration("slow", SLOW, SLOW, mechanism="learning-rate-too-low")


def rate(name: str, value: float) -> Candidate:
    tree = tree_of(Submission.model_validate(SLOW))
    tree["training"]["optimizer"]["lr"] = value
    changed = Submission.model_validate(tree)
    return Candidate(name=name, remedy=name, rule="learning-rate-too-low", sentence=name, submission=changed)


SOURCE = Source(
    lambda _evidence, _judgement: (rate("still-slow", 2e-6), rate("faster", 0.3)),
    lambda *_: (),
    lambda *_: (),
)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("trials"))


@pytest.fixture(scope="module")
def found(laboratory: Laboratory) -> Contest:
    return contest(CONFIGURATION, SOURCE, laboratory)


def test_a_rate_that_learns_is_offered_and_holds_on_fresh_seeds(found: Contest) -> None:
    assert [(row.name, row.result) for row in found.remedies] == [
        ("faster", "helps"),
        ("still-slow", "does-not-help"),
    ]
    (checked,) = found.checked
    assert (checked.name, checked.works, checked.cured) == ("faster", True, len(FRESH))


def test_the_budget_is_kept_and_told(found: Contest) -> None:
    assert 0 < found.cost <= 4
    assert found.verdict in {"unstable", "warning"}


def test_a_second_race_trains_nothing(found: Contest, laboratory: Laboratory) -> None:
    trained = laboratory.trained
    again = contest(CONFIGURATION, SOURCE, laboratory)
    assert laboratory.trained == trained
    assert again.remedies == found.remedies


def test_a_run_from_disk_is_the_run_that_was_done(tmp_path: Path) -> None:
    first = Laboratory(tmp_path).run(Submission.model_validate(SLOW), 0, 5)
    second = Laboratory(tmp_path).run(Submission.model_validate(SLOW), 0, 5)
    assert isinstance(first, RunEvidence)
    assert second == first
