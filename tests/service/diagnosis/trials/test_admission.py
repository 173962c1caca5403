from typing import Any

import pytest

from service.diagnosis.trials.admission import Base, effect
from service.schemas.data import DatasetInfo
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.submission import Submission
from tests.service.diagnosis.trials.scripted import LIMITS, STEPS, candidate, submission

FILE = "sha256:" + "ab" * 32
DATA = "sha256:" + "cd" * 32
KNOWN = DatasetInfo(
    digest=DATA, bytes=100, examples=640, x_shape=(4,), x_dtype="float", y_shape=(), y_dtype="int"
)


def base(
    known: Submission | None = None, *, dataset: DatasetInfo | None = None, limits: Limits = LIMITS
) -> Base:
    written = accept(submission(), LIMITS, lambda _digest: None)
    return Base(known or submission(), written.plan.layers, STEPS, dataset, limits)


def of_file(**changes: Any) -> Submission:
    tree = {
        "network": {"onnx": FILE},
        "training": {"loss": "CrossEntropyLoss", "optimizer": "SGD", "epochs": 10, "batch_size": 32},
        "data": {"source": "synthetic", "task": "classification"},
    }
    return Submission.model_validate({**tree, **changes})


def test_the_control_is_the_submission_itself_with_what_it_costs() -> None:
    control = base().control()
    assert (control.kind, control.submission, control.run_steps) == ("control", submission(), STEPS)
    assert control.step_cost > 0
    assert len(control.layers) == 3


def test_a_trial_takes_as_many_steps_as_the_control_whatever_auto_would_make_of_it() -> None:
    wide = submission(
        network={"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 2000}] * 8}
    )
    known = base()
    costly = candidate("wide").model_copy(update={"submission": wide})
    assert accept(wide, LIMITS, lambda _digest: None).run_steps < STEPS
    (ready,) = known.admitted([costly], [known.control()])
    assert ready.run_steps == STEPS
    assert ready.step_cost > 100 * known.control().step_cost


def test_a_trial_is_never_longer_than_its_own_plan() -> None:
    short = submission(training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 50})
    known = base()
    (ready,) = known.admitted(
        [candidate("short").model_copy(update={"submission": short})], [known.control()]
    )
    assert ready.run_steps == 50


def test_what_is_over_a_limit_is_refused_with_the_words_of_the_limit() -> None:
    known = base(limits=Limits(parameters=100))
    wide = submission(network={"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 400}]})
    (ready,) = known.admitted([candidate("wide").model_copy(update={"submission": wide})], [known.control()])
    assert ready.refused is not None
    assert "parameters" in ready.refused


def test_a_change_of_the_training_alone_is_checked_against_the_network_too() -> None:
    known = base()
    other = submission(training={"loss": "CTCLoss", "optimizer": "SGD", "steps": 200})
    batch = submission(
        training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 200, "batch_size": 64}
    )
    wanted = [
        candidate(name).model_copy(update={"submission": one}) for name, one in (("a", other), ("b", batch))
    ]
    control = known.control()
    unfit, larger = known.admitted(wanted, [control])
    assert unfit.refused is not None
    assert larger.layers == control.layers
    assert larger.step_cost > control.step_cost


def test_a_name_is_taken_once_and_an_effect_too() -> None:
    known = base()
    wanted = [candidate("a", lr=0.3), candidate("a", lr=0.4), candidate("b", lr=0.3)]
    assert [each.submission.training.optimizer.lr for each in known.admitted(wanted, [known.control()])] == [
        0.3
    ]


def test_an_effect_does_not_hang_on_labels_and_budgets() -> None:
    assert effect(submission(project="x", trials={"max_cost": 1})) == effect(submission())
    assert effect(submission(training={"loss": "MSELoss", "optimizer": "SGD", "steps": 1})) != effect(
        submission()
    )


def test_a_clients_variant_that_does_not_fit_is_told_and_not_run() -> None:
    patch = [{"op": "remove", "path": "/training/momentum"}]
    (found,) = base(submission(trials={"variants": [{"name": "mine", "patch": patch}]})).variants()
    assert found.refused is not None
    assert "nothing at that place" in found.refused


@pytest.mark.parametrize(("digest", "refused"), [(DATA, False), ("sha256:" + "00" * 32, True)])
def test_a_trial_runs_on_the_data_of_its_diagnosis_alone(digest: str, refused: bool) -> None:
    known = base(submission(data={"source": "dataset", "digest": DATA}), dataset=KNOWN)
    other = submission(data={"source": "dataset", "digest": digest, "preprocess": "standardize"})
    (ready,) = known.admitted(
        [candidate("other").model_copy(update={"submission": other})], [known.control()]
    )
    assert (ready.refused is not None) == refused


def test_a_network_from_a_file_is_costed_by_the_layers_that_were_found_in_it() -> None:
    known = base(of_file())
    training = {"loss": "CrossEntropyLoss", "optimizer": "Adam", "epochs": 10, "batch_size": 64}
    changed = candidate("adam").model_copy(update={"submission": of_file(training=training)})
    control = known.control()
    (ready,) = known.admitted([changed], [control])
    assert (control.planned_steps, control.run_steps) == (STEPS, STEPS)
    assert (ready.planned_steps, ready.run_steps) == (STEPS // 2, STEPS // 2)
    assert ready.layers == known.layers
    assert ready.step_cost > control.step_cost


def test_layers_of_an_edited_graph_are_told_by_the_worker() -> None:
    known = base(of_file())
    edited = of_file(network={"onnx": FILE, "edits": [{"replace": "Sigmoid", "by": "ReLU"}]})
    (ready,) = known.admitted(
        [candidate("relu").model_copy(update={"submission": edited})], [known.control()]
    )
    assert ready.layers == ()
    assert ready.refused is None


def test_another_file_than_the_diagnosis_has_is_refused() -> None:
    known = base(of_file())
    other = of_file(network={"onnx": "sha256:" + "00" * 32})
    (ready,) = known.admitted(
        [candidate("other").model_copy(update={"submission": other})], [known.control()]
    )
    assert ready.refused is not None
