import math

import pytest

from service.diagnosis.trials.concluding import conclude, judged
from service.schemas.limits import Limits
from service.schemas.patching import patched, tree_of
from service.schemas.run import Failure, Outcome
from service.schemas.submission import Submission
from tests.service.diagnosis.trials.scripted import (
    STEPS,
    Play,
    by_name,
    candidate,
    evidence,
    finding,
    judgement,
    outcome,
    source,
    submission,
)

ILL = evidence(outcome(0.0), outcome(0.0), outcome(0.0))
LOST = evidence(outcome(math.nan), outcome(math.nan), outcome(math.nan))


def play(skills: float | list[float | None] | None, of: object = ILL) -> Play:
    return Play(of, source(candidate("cure")), by_name(cure=skills))  # type: ignore[arg-type]


def test_what_learns_in_every_seed_helps() -> None:
    row = play([0.8, 0.82, 0.79]).rows()["cure"]
    assert (row.result, row.better, row.of, row.smallest) == ("helps", 3, 3, True)
    assert row.confidence is not None
    assert row.confidence > 0.99
    assert "3 of 3 seeds" in row.reason
    assert "median skill 0.80 against 0.00" in row.reason


def test_value_clipping_that_makes_an_exploding_regression_finite_and_useless_is_refused() -> None:
    layers = [{"type": "Linear", "out_features": 64}, "ReLU", {"type": "Linear", "out_features": 1}]
    regression = submission(
        network={"input": {"shape": [8]}, "layers": layers},
        training={"loss": "MSELoss", "optimizer": {"type": "SGD", "lr": 10.0}, "steps": STEPS},
        data={"source": "synthetic", "task": "regression", "target_scale": 100.0},
    )
    tree = tree_of(regression)
    tree["training"]["clip"] = {"value": 32.0}
    clipped = candidate("clip-gradients").model_copy(update={"submission": Submission.model_validate(tree)})
    lost = evidence(*[outcome(math.nan)] * 3, of=regression)
    race = Play(lost, source(clipped), by_name(clip_gradients=[-0.02, 0.01, -3e5]))
    row = race.rows()["clip-gradients"]
    assert (row.result, row.better) == ("does-not-help", 0)


def test_what_only_makes_a_run_finite_says_that_a_network_that_guesses_is_not_cured() -> None:
    short_promise = _sooner(0.3, 0.0)
    row = Play(LOST, source(candidate("cure")), short_promise).rows()["cure"]
    assert row.result == "does-not-help"
    assert "guesses is not cured" in row.reason


def test_accuracy_is_told_where_it_is_what_was_learned() -> None:
    def script(variant: str, _seed: int, steps: int) -> Outcome:
        return outcome(0.2, steps=steps, accuracy=0.9, trivial_loss=math.log(3))

    ill = evidence(*[outcome(0.0, accuracy=0.35, trivial_loss=math.log(3))] * 3)
    row = Play(ill, source(candidate("cure")), script).rows()["cure"]
    assert row.result == "helps"
    assert row.reason.endswith("median skill 0.20 against 0.00, accuracy 0.90 against 0.35.")


def test_one_lucky_seed_is_partly() -> None:
    row = play([0.9, 0.0, 0.0]).rows()["cure"]
    assert row.result == "partly"
    assert row.reason.startswith("Only in 1 of 3 seeds")


def test_a_majority_that_the_spread_does_not_support_is_partly_after_two_more_seeds() -> None:
    row = play([0.9, 0.35, 0.0, 0.9, 0.0]).rows()["cure"]
    assert (row.result, row.of) == ("partly", 5)
    assert "may be chance" in row.reason


def test_one_seed_that_ends_short_of_learning_is_told_and_the_others_are_left_out() -> None:
    several = source(candidate("cure"), candidate("other"))
    play = Play(
        evidence(*[outcome(0.0, stopped="settled", steps_run=40)] * 3), several, by_name(cure=0.2, other=0.8)
    )
    row = play.rows()["cure"]
    assert (row.result, row.of, row.steps) == ("does-not-help", 1, STEPS)
    assert "came 20 % of the way" in row.reason


def test_a_single_seed_is_never_claimed() -> None:
    row = Play(evidence(outcome(0.0)), source(candidate("cure")), by_name(cure=0.9)).rows()["cure"]
    assert (row.result, row.confidence, row.of) == ("partly", None, 1)
    assert "One seed may be luck" in row.reason


def test_better_without_having_learned_is_partly() -> None:
    row = play([0.2, 0.21, 0.19]).rows()["cure"]
    assert row.result == "partly"
    assert "has not learned" in row.reason


@pytest.mark.parametrize("rule", ["vanishing-gradient", "dead-units"])
def test_an_error_that_is_left_or_new_takes_the_claim_back(rule: str) -> None:
    row = play(0.8).rows(cure=judgement(finding(rule)))["cure"]
    assert row.result == "partly"
    assert rule in row.reason
    assert not row.smallest


def test_warnings_and_latent_errors_do_not() -> None:
    seen = judgement(finding("input-scale", severity="warning"), finding(latent=True), verdict="warning")
    assert play(0.8).rows(cure=seen)["cure"].result == "helps"


def test_nothing_is_claimed_without_the_trials_own_judgement() -> None:
    race = play(0.8).race
    assert judged(race) == ("cure",)
    (row,) = conclude(race.model_copy(update={"judgements": {}}))
    assert row.result == "partly"


def test_what_does_not_learn_needs_no_judgement() -> None:
    assert judged(play(0.0).race) == ()


def test_a_lower_loss_of_a_network_that_learns_is_not_offered() -> None:
    fair = evidence(outcome(0.7), outcome(0.72), outcome(0.71))
    row = play(0.85, fair).rows()["cure"]
    assert row.result == "does-not-help"
    assert "only lowers a loss" in row.reason


def test_a_change_that_makes_it_worse_is_not_said_to_still_guess() -> None:
    fair = evidence(outcome(0.4), outcome(0.41), outcome(0.42))
    reason = Play(fair, source(candidate("cure")), _sooner(0.5, 0.0)).rows()["cure"].reason
    assert "does no better than a constant guess" in reason
    assert "still" not in reason
    reason = Play(fair, source(candidate("cure")), by_name(cure=math.nan)).rows()["cure"].reason
    assert reason == "The loss goes non-finite at step 24 (one seed)."


def test_where_no_run_can_be_paid_for_the_row_says_so() -> None:
    poor = evidence(*[outcome(0.0)] * 3, of=submission(trials={"max_cost": 0.1}))
    reason = Play(poor, source(candidate("cure")), by_name()).rows()["cure"].reason
    assert "it takes 1.0 times the cost of the diagnosis, and the budget of trials is 0.1" in reason


def test_what_is_left_without_a_control_says_whose_run_failed() -> None:
    settled = evidence(*[outcome(0.0, stopped="settled", steps_run=40)] * 3)

    def script(variant: str, _seed: int, steps: int) -> Outcome | Failure:
        lost = Failure(whose="client", code="out-of-memory", detail="It needs 9 GB.")
        return lost if variant == "control" else outcome(0.8, steps=steps)

    reason = Play(settled, source(candidate("cure")), script).rows()["cure"].reason
    assert (
        "a run of the unchanged network beside it could not be done (out-of-memory: It needs 9 GB)" in reason
    )


def test_a_tie_does_not_help() -> None:
    row = play([0.5, 0.5, 0.5], evidence(outcome(0.5), outcome(0.5), outcome(0.5))).rows()["cure"]
    assert row.result == "does-not-help"
    assert "as far" in row.reason


def test_a_trial_that_goes_non_finite_at_once_is_dropped() -> None:
    row = play(math.nan, LOST).rows()["cure"]
    assert row.result == "does-not-help"
    assert "non-finite" in row.reason


def test_a_trial_that_goes_non_finite_later_does_not_help() -> None:
    row = Play(LOST, source(candidate("cure")), _sooner(0.4, math.nan)).rows()["cure"]
    assert (row.result, row.of) == ("does-not-help", 1)
    assert "non-finite at step 99 all the same" in row.reason
    assert all(math.isnan(each.trial_loss or 0) for each in row.seeds)


def test_a_trial_that_goes_non_finite_in_most_seeds_does_not_count_as_a_cure() -> None:
    row = play([0.9, math.nan, math.nan], LOST).rows()["cure"]
    assert row.result == "partly"
    assert row.reason.startswith("Only in 1 of 3 seeds")


def test_a_control_that_goes_non_finite_is_beaten_by_learning() -> None:
    row = play(0.8, LOST).rows()["cure"]
    assert row.result == "helps"
    assert all(math.isnan(each.control_loss or 0) for each in row.seeds)


def test_a_failed_run_is_not_tried_and_says_why() -> None:
    def script(variant: str, seed: int, steps: int) -> Outcome | Failure:
        if seed == 1:
            return Failure(whose="client", code="out-of-memory", detail="It needs 9 GB.")
        return outcome(0.8, steps=steps)

    row = Play(ILL, source(candidate("cure")), script).rows()["cure"]
    assert row.result == "not-tried"
    assert "out-of-memory: It needs 9 GB" in row.reason


def test_what_the_budget_did_not_reach_says_so() -> None:
    many = [candidate(f"cure-{n}", lr=0.001 * (n + 1)) for n in range(60)]
    rows = Play(ILL, source(*many), by_name()).rows()
    assert "budget of trials (4 times" in rows["cure-59"].reason
    assert rows["cure-59"].result == "not-tried"


def test_what_cannot_be_built_is_not_tried_and_says_why() -> None:
    broken = submission(
        network={"input": {"shape": [4]}, "layers": [{"type": "Conv2d", "out_channels": 2, "kernel_size": 3}]}
    )
    unfit = candidate("unfit").model_copy(update={"submission": broken})
    row = Play(ILL, source(unfit, candidate("cure")), by_name(cure=0.8)).rows()["unfit"]
    assert row.result == "not-tried"
    assert "does not fit this submission" in row.reason


def test_what_was_dropped_after_its_short_run_shows_that_run() -> None:
    row = Play(ILL, source(candidate("good"), candidate("bad")), by_name(good=0.8)).rows()["bad"]
    assert (row.result, row.of, row.steps) == ("does-not-help", 1, 50)
    assert row.seeds[0].control_loss is None
    assert "50 of 200 steps" in row.reason


def test_rows_that_help_come_first_and_the_smallest_change_is_marked() -> None:
    tree = tree_of(submission())
    tree["network"]["layers"][0]["out_features"] = 16
    tree["training"]["optimizer"]["lr"] = 0.02
    large = candidate("large").model_copy(update={"submission": Submission.model_validate(tree)})
    race = Play(ILL, source(candidate("bad"), large, candidate("small")), by_name(large=0.9, small=0.8))
    rows = race.rows()
    assert list(rows) == ["large", "small", "bad"]
    assert [name for name, row in rows.items() if row.smallest] == ["small"]
    assert rows["large"].extra_parameters == 8 * 5 + 8 * 3


def test_a_pair_that_was_not_needed_is_not_told() -> None:
    pair = candidate("a+b", remedy="a+b")
    assert list(Play(ILL, source(candidate("a"), pair), by_name(a=0.8)).rows()) == ["a"]
    assert "a+b" in Play(ILL, source(candidate("a"), pair), by_name()).rows()


def test_the_file_of_the_repaired_network_is_told() -> None:
    digest = "sha256:" + "0a" * 32

    def script(_variant: str, seed: int, steps: int) -> Outcome:
        return outcome(0.8, steps=steps, network=digest if steps == STEPS and seed == 0 else None)

    assert Play(ILL, source(candidate("cure")), script).rows()["cure"].network == digest


def test_a_row_tells_the_change_as_patch_and_as_diff() -> None:
    race = play(0.8)
    row = race.rows()["cure"]
    changed = race.race.candidates[1].submission
    assert patched(tree_of(race.race.submission), row.patch, Limits()) == tree_of(changed)
    assert f"+    lr: {changed.training.optimizer.lr}" in row.diff
    assert row.diff.startswith("--- submission.yaml\n+++ submission.yaml\n@@")


def test_the_time_of_a_step_is_told_against_the_controls() -> None:
    def script(_variant: str, _seed: int, steps: int) -> Outcome:
        return outcome(0.8, steps=steps, seconds=steps * 0.01)

    assert Play(ILL, source(candidate("cure")), script).rows()["cure"].time_ratio == pytest.approx(2.0)


def test_an_objective_without_a_level_can_be_kept_finite_at_best() -> None:
    flat = evidence(outcome(None), outcome(None), outcome(None))
    assert play(None, flat).rows()["cure"].result == "partly"
    row = play(None, flat).rows(cure=judgement())["cure"]
    assert row.result == "does-not-help"
    assert "vanishing-gradient" in row.reason


def _sooner(short: float, whole: float) -> object:
    """A script that shows promise in the short run alone."""
    return lambda _variant, _seed, steps: outcome(short if steps < STEPS else whole, steps=steps)
