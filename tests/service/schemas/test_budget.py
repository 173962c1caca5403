"""Steps and costs: from the plan and the network alone."""

from service.schemas.budget import FEWEST_STEPS, PROFILES, planned_steps, run_steps, step_cost
from service.schemas.expansion import expand, submission_networks
from service.schemas.limits import Limits
from service.schemas.submission import Submission


def submission(units=10, probing=None, layer=None, **training):
    return Submission.model_validate(
        {
            "network": {
                "input": {"shape": [20, 8]},
                "layers": [layer or {"type": "Linear", "out_features": units}],
            },
            "training": {"loss": "MSELoss", "optimizer": "SGD"} | training,
            "probing": probing or {},
        }
    )


def steps(of):
    plan = expand(submission_networks(of), Limits())
    return run_steps(of, plan, planned_steps(of, 1000))


def test_epochs_are_counted_in_batches_the_last_of_which_may_be_smaller():
    assert planned_steps(submission(epochs=3, batch_size=32), 1000) == 96
    assert planned_steps(submission(batch_size=32), 1000) == 32
    assert planned_steps(submission(steps=7), 1000) == 7


def test_a_small_network_runs_the_profile_s_steps():
    assert steps(submission(steps=100_000)) == PROFILES["quick"].steps
    assert steps(submission(steps=100_000, probing={"profile": "full"})) == PROFILES["full"].steps


def test_a_run_is_never_longer_than_the_plan():
    assert steps(submission(steps=5)) == 5
    assert steps(submission(steps=5, probing={"steps": 100})) == 5


def test_what_the_client_says_is_run():
    assert steps(submission(steps=100_000, probing={"steps": 123})) == 123


def test_a_costly_network_runs_fewer_steps_but_never_too_few_to_judge():
    some = steps(submission(units=100_000, steps=1000, batch_size=16))
    least = steps(submission(units=1_000_000, steps=1000, batch_size=256))
    assert FEWEST_STEPS < some < PROFILES["quick"].steps
    assert least == FEWEST_STEPS


def test_time_steps_cost_more_than_their_arithmetic():
    flat = submission(steps=1)
    recurrent = submission(steps=1, layer={"type": "RNN", "hidden_size": 1, "output": "sequence"})
    stacked = submission(
        steps=1,
        layer={"type": "RNN", "hidden_size": 1, "num_layers": 2, "bidirectional": True, "output": "sequence"},
    )
    costs = [
        step_cost(of.training, expand(submission_networks(of), Limits())) for of in (flat, recurrent, stacked)
    ]
    assert costs[0] * 3 < costs[1] * 3 < costs[2]


def test_a_critic_is_trained_more_often():
    plain, adversarial = submission(), submission(loss={"type": "Wasserstein", "critic_steps": 4})
    plan = expand(submission_networks(plain), Limits())
    assert step_cost(adversarial.training, plan) == 5 * step_cost(plain.training, plan)
