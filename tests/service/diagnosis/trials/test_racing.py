import math
from typing import Any

import pytest

from service.diagnosis.trials.racing import first_move
from service.schemas.evidence import Evidence
from service.schemas.race import Move
from service.schemas.run import Failure, Outcome
from tests.service.diagnosis.trials.scripted import (
    CLEAN,
    LIMITS,
    STEPS,
    Play,
    by_name,
    candidate,
    evidence,
    judgement,
    outcome,
    source,
    submission,
)

ILL = evidence(outcome(0.0), outcome(0.0), outcome(0.0))
BROKEN = Failure(whose="client", code="out-of-memory", detail="too large")


def asking(**trials: Any) -> Evidence:
    return evidence(outcome(0.0), outcome(0.0), outcome(0.0), of=submission(trials=trials))


def test_short_runs_come_first_and_survivors_run_over_all_seeds() -> None:
    play = Play(ILL, source(candidate("good"), candidate("bad")), by_name(good=0.8))
    assert play.asked("good") == [(0, 50), (0, STEPS), (1, STEPS), (2, STEPS)]
    assert play.asked("bad") == [(0, 50)]


def test_short_runs_take_the_seed_in_which_the_baseline_fared_worst() -> None:
    ill = evidence(outcome(0.4), outcome(math.nan), outcome(0.0))
    assert Play(ill, source(candidate("good")), by_name(good=0.8)).asked("good")[0] == (1, 50)


def test_short_runs_are_never_under_32_steps() -> None:
    few = submission(training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 60})
    ill = evidence(*(outcome(0.0, steps=60) for _ in range(3)), of=few)
    assert Play(ill, source(candidate("good", base=few)), by_name(good=0.8)).asked("good")[0] == (0, 32)


def test_a_trial_takes_the_steps_that_the_baseline_really_took() -> None:
    ill = evidence(*(outcome(0.0, steps=120) for _ in range(3)))
    assert Play(ill, source(candidate("good")), by_name(good=0.8)).asked("good")[1] == (0, 120)


def test_a_short_run_that_is_the_whole_budget_is_not_done_again() -> None:
    few = submission(training={"loss": "CrossEntropyLoss", "optimizer": "SGD", "steps": 32})
    ill = evidence(*(outcome(0.0, steps=32) for _ in range(3)), of=few)
    play = Play(ill, source(candidate("good", base=few)), by_name(good=0.8))
    assert play.asked("good") == [(0, 32), (1, 32), (2, 32)]


def test_a_baseline_that_ran_to_its_end_is_the_control() -> None:
    assert Play(ILL, source(candidate("good")), by_name(good=0.8)).asked("control") == []


def test_a_control_is_run_for_the_seeds_that_stopped_early_and_only_beside_a_survivor() -> None:
    settled = outcome(0.0, stopped="settled", steps_run=40)
    ill = evidence(settled, outcome(math.nan), settled)
    play = Play(ill, source(candidate("good")), by_name(good=0.8))
    assert play.asked("control") == [(0, STEPS), (2, STEPS)]
    assert not any(each.variant == "control" for each in play.rounds[0])


def test_a_healthy_network_costs_no_trials() -> None:
    assert first_move(ILL, CLEAN, LIMITS, source(candidate("good"))) == Move()


def test_a_network_that_is_nearly_perfect_costs_no_trials() -> None:
    fine = evidence(outcome(0.9), outcome(0.85), outcome(0.95))
    assert first_move(fine, judgement(), LIMITS, source(candidate("good"))) == Move()


def test_trials_can_be_switched_off() -> None:
    assert first_move(asking(mode="off"), judgement(), LIMITS, source(candidate("good"))) == Move()


def test_only_tries_what_was_asked_for_even_of_a_healthy_network() -> None:
    known = asking(mode="only", names=["warm-up"])
    play = Play(known, source(candidate("other"), candidate("warm-up")), by_name(warm_up=0.8), CLEAN)
    assert [each.name for each in play.race.candidates] == ["control", "warm-up"]
    assert play.asked("warm-up") == [(0, STEPS), (1, STEPS), (2, STEPS)]


def test_of_a_named_remedys_ways_the_first_runs_whole_and_the_others_compete() -> None:
    ways = [candidate(f"warm-up-{n}", lr=0.01 * n, remedy="warm-up") for n in (1, 2, 3)]
    play = Play(asking(mode="only", names=["warm-up"]), source(*ways), by_name(warm_up_2=0.8))
    assert play.asked("warm-up-1") == [(0, STEPS), (1, STEPS), (2, STEPS)]
    assert play.asked("warm-up-2") == [(0, 50), (0, STEPS), (1, STEPS), (2, STEPS)]
    assert play.asked("warm-up-3") == [(0, 50)]


def test_a_clients_own_variant_runs_whole_in_the_first_round() -> None:
    patch = [{"op": "replace", "path": "/training/optimizer/lr", "value": 0.5}]
    known = asking(variants=[{"name": "mine", "patch": patch}])
    play = Play(known, source(candidate("good")), by_name(good=0.8, mine=0.0))
    assert {each.variant for each in play.rounds[0]} == {"mine", "good"}
    assert play.asked("mine") == [(0, STEPS), (1, STEPS), (2, STEPS)]
    assert play.rows()["mine"].patch[0].value == 0.5


def test_the_budget_is_kept_whatever_there_is_to_try() -> None:
    many = [candidate(f"cure-{n}", lr=0.001 * (n + 1)) for n in range(40)]
    for cost in (0.5, 1.0, 2.0, 4.0, 7.5):
        known = evidence(
            *[outcome(0.0, stopped="settled", steps_run=40)] * 3, of=submission(trials={"max_cost": cost})
        )
        play = Play(known, source(*many), lambda *run: outcome(0.2, steps=run[2]))
        assert play.standing.spent <= cost * play.standing.unit + 1e-6
        ordered = sum(each.steps for runs in play.rounds for each in runs)
        assert ordered <= cost * 3 * STEPS + 1e-6


def test_a_network_made_larger_is_charged_by_its_own_cost() -> None:
    wide = submission(
        network={"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 9}] * 200}
    )
    known = asking(max_cost=4)
    large = candidate("large").model_copy(update={"submission": wide})
    play = Play(known, source(large, candidate("small")), by_name(small=0.8, large=0.8))
    assert play.asked("large") == []
    assert play.rows()["large"].result == "not-tried"
    assert "times the cost of the diagnosis, and the budget of trials is 4" in play.rows()["large"].reason
    assert play.rows()["small"].result == "helps"


def test_with_money_for_one_trial_alone_the_first_by_evidence_is_run_whole() -> None:
    play = Play(asking(max_cost=1), source(candidate("first"), candidate("second")), by_name(first=0.8))
    assert play.asked("first") == [(0, STEPS), (1, STEPS), (2, STEPS)]
    assert play.asked("second") == []


def test_the_race_ends_when_two_are_proven() -> None:
    several = [candidate(name) for name in ("a", "b", "c", "d")]
    play = Play(ILL, source(*several), by_name(a=0.8, b=0.8, c=0.8, d=0.8))
    assert [name for name in "abcd" if len(play.asked(name)) > 1] == ["a", "b"]
    assert "proven to work first" in play.rows()["c"].reason


def test_of_one_remedys_variants_only_the_best_goes_before_another_remedy() -> None:
    several = [
        candidate("he", remedy="reinitialize"),
        candidate("xavier", remedy="reinitialize"),
        candidate("norm"),
    ]
    play = Play(ILL, source(*several), by_name(he=0.7, xavier=0.8, norm=0.6))
    assert [name for name in ("he", "xavier", "norm") if len(play.asked(name)) > 1] == ["xavier", "norm"]


def test_beside_the_fastest_the_first_by_evidence_runs_whole() -> None:
    several = [candidate(name) for name in ("standardize", "x", "y", "norm")]
    play = Play(ILL, source(*several), by_name(standardize=0.4, x=0.7, y=0.7, norm=0.9))
    assert [each.name for each in several if len(play.asked(each.name)) > 1] == ["standardize", "norm"]


def test_pairs_wait_until_single_changes_show_nothing() -> None:
    pair = candidate("a+b", remedy="a+b")
    hopeful = Play(ILL, source(candidate("a"), pair), by_name(a=0.8, a__b=0.8))
    hopeless = Play(ILL, source(candidate("a"), pair), by_name(a=0.0, a__b=0.8))
    assert hopeful.asked("a+b") == []
    assert hopeless.asked("a+b") == [(0, 50), (0, STEPS), (1, STEPS), (2, STEPS)]


def test_pairs_are_tried_where_a_promising_single_change_fails_in_the_end() -> None:
    def script(variant: str, seed: int, steps: int) -> Outcome:
        return outcome(0.8 if variant == "a+b" or (steps < STEPS and seed == 0) else 0.0, steps=steps)

    play = Play(ILL, source(candidate("a"), candidate("a+b", remedy="a+b")), script)
    assert play.rows()["a+b"].result == "helps"


def test_a_range_test_comes_first_and_leads_to_candidates() -> None:
    ranging = candidate("rate-range", kind="range-test", remedy="lower-learning-rate")
    lower = candidate("lower-learning-rate", lr=0.003)
    play = Play(ILL, source(ranging, after=[lower]), by_name(lower_learning_rate=0.8))
    assert play.rounds[0][0].variant == "rate-range"
    assert play.asked("lower-learning-rate")[0] == (0, 50)
    assert list(play.rows()) == ["lower-learning-rate"]


def test_two_names_for_the_same_change_are_tried_once() -> None:
    play = Play(ILL, source(candidate("a", lr=0.3), candidate("b", lr=0.3)), by_name(a=0.8))
    assert [each.name for each in play.race.candidates] == ["control", "a"]


def test_what_changes_nothing_is_not_tried() -> None:
    assert first_move(ILL, judgement(), LIMITS, source(candidate("a", lr=0.1))) == Move()


def test_regularisers_wait_for_the_full_profile() -> None:
    decay = candidate("weight-decay", regulariser=True)
    assert first_move(ILL, judgement(), LIMITS, source(decay)) == Move()
    full = submission(probing={"profile": "full"})
    known = evidence(outcome(0.0), outcome(0.0), outcome(0.0), of=full)
    move = first_move(known, judgement(), LIMITS, source(decay))
    assert [each.name for each in move.candidates] == ["control", "weight-decay"]


def test_a_race_whose_control_fails_ends() -> None:
    settled = outcome(0.0, stopped="settled", steps_run=40)

    def script(variant: str, _seed: int, steps: int) -> Outcome | Failure:
        return BROKEN if variant == "control" else outcome(0.8, steps=steps)

    play = Play(evidence(settled, settled, settled), source(candidate("good"), candidate("more")), script)
    assert len(play.rounds) == 3
    row = play.rows()["good"]
    assert row.result == "not-tried"
    assert "out-of-memory" in row.reason


@pytest.mark.parametrize("cost", [1, 4, 20])
def test_a_race_of_hopeless_candidates_ends(cost: float) -> None:
    many = [candidate(f"cure-{n}", lr=0.001 * (n + 1)) for n in range(12)]
    play = Play(asking(max_cost=cost), source(*many), by_name())
    assert all(row.result != "helps" for row in play.rows().values())
    assert play.standing.spent <= play.standing.budget


def test_a_single_seed_ends_the_race_as_soon_as_two_have_learned() -> None:
    several = [candidate(name) for name in ("a", "b", "c", "d")]
    play = Play(evidence(outcome(0.0)), source(*several), by_name(a=0.8, b=0.8, c=0.8, d=0.8))
    assert [name for name in "abcd" if len(play.asked(name)) > 1] == ["a", "b"]


def test_where_the_objective_has_no_level_short_runs_are_left_out() -> None:
    flat = evidence(outcome(None), outcome(None), outcome(None))
    several = [candidate(name) for name in ("a", "b", "c", "d", "e")]
    play = Play(flat, source(*several), by_name(a=None, b=None, c=None, d=None, e=None))
    assert all(steps == STEPS for name in "abcd" for _, steps in play.asked(name))
    assert [name for name in "abcde" if play.asked(name)] == ["a", "b", "c", "d"]
