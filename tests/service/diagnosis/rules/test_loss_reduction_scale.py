from typing import Any

from service.diagnosis.engine import inspect
from service.diagnosis.rules.loss_reduction_scale import detect
from tests.service.diagnosis.evidence import chain, run, signals
from tests.service.diagnosis.structures import ending

LAYERS = chain(3, "ReLU")
SUM: dict[str, Any] = {"loss": {"type": "CrossEntropyLoss", "reduction": "sum"}, "batch_size": 64}
TORN = run(LAYERS, everywhere={"update_ratio": 0.5}, losses=[2.3, 50.0, 9.0])


def test_a_sum_whose_steps_tear_the_weights_is_seen_with_its_factor() -> None:
    sighting = detect(signals(LAYERS, TORN, **SUM))
    assert sighting is not None
    assert "64 times the mean" in sighting.message
    assert "acts like 6.4" in sighting.message


def test_means_adaptive_steps_and_clipped_ones_are_passed_over() -> None:
    assert detect(signals(LAYERS, TORN, batch_size=64)) is None
    assert detect(signals(LAYERS, TORN, **SUM, optimizer={"type": "Adam", "lr": 0.1})) is None
    assert detect(signals(LAYERS, TORN, **SUM, clip={"norm": 1.0})) is None


def test_a_rate_to_match_is_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS), **SUM)) is None
    learned = run(LAYERS, everywhere={"update_ratio": 0.5}, losses=[2.3, 50.0, 0.1], skill=0.9)
    assert detect(signals(LAYERS, learned, **SUM)) is None


def test_a_large_product_of_rate_and_terms_is_told_before_anything_runs() -> None:
    def foreseen(rate: float) -> list[str]:
        structure = ending(loss={"type": "CrossEntropyLoss", "reduction": "sum"})
        optimizer = structure.submission.training.optimizer.model_copy(update={"lr": rate})
        training = structure.submission.training.model_copy(update={"optimizer": optimizer})
        submission = structure.submission.model_copy(update={"training": training})
        return [finding.rule for finding in inspect(submission, structure.layers)]

    assert foreseen(0.1) == ["loss-reduction-scale"]
    assert foreseen(1e-3) == []
