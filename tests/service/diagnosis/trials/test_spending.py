"""What is paid for in a race and what waits: one seed before the others, one more seed, advice at the end."""

import math

from service.schemas.diagnosis import Symptom
from service.schemas.run import Failure, Outcome
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
SETTLED = [outcome(0.0, stopped="settled", steps_run=40)] * 3
BROKEN = Failure(whose="client", code="out-of-memory", detail="too large")


def test_a_missing_memory_is_bet_on_whole_both_changes_at_once_first() -> None:
    forgetful = judgement(finding("vanishing-through-time"))
    several = [candidate("gates"), candidate("other"), candidate("gates+rate")]
    play = Play(ILL, source(*several), by_name(gates__rate=0.9), forgetful)
    assert [(run.variant, run.seed) for run in play.rounds[0]] == [("gates+rate", 0), ("gates", 0)]
    assert play.asked("gates+rate") == [(0, STEPS), (1, STEPS), (2, STEPS)]
    assert all(steps == STEPS for each in several for _, steps in play.asked(each.name))


def test_a_missing_memory_that_its_symptoms_tell_of_is_bet_on_too() -> None:
    symptom = Symptom(
        rule="exploding-through-time", code="GC303", message="It grows.", seeds_shown=3, seeds=3
    )
    told = judgement(finding("poor-initialization", explains=(symptom,)))
    several = [candidate("a"), candidate("b"), candidate("a+b"), candidate("c+b"), candidate("d+b")]
    play = Play(ILL, source(*several), by_name(), told)
    assert [[run.variant for run in runs] for runs in play.rounds][:2] == [["a+b", "c+b"], ["d+b", "a"]]


def test_what_shows_promise_runs_to_the_end_of_one_seed_before_it_takes_the_others() -> None:
    def script(variant: str, _seed: int, steps: int) -> Outcome:
        return outcome(0.8 if variant == "good" else 0.2, steps=steps)

    play = Play(ILL, source(candidate("good"), candidate("weak")), script)
    assert [[(run.variant, run.seed, run.steps) for run in runs] for runs in play.rounds][1:] == [
        [("good", 0, STEPS), ("weak", 0, STEPS)],
        [("good", 1, STEPS), ("good", 2, STEPS)],
    ]


def test_an_accuracy_above_guessing_is_a_promise_although_the_loss_says_nothing_yet() -> None:
    def script(variant: str, _seed: int, steps: int) -> Outcome:
        slow = outcome(0.0, steps=steps, accuracy=0.7, trivial_loss=math.log(3))
        return (
            slow
            if variant == "slow" and steps < STEPS
            else outcome(0.8 * (variant == "slow"), steps=steps, accuracy=0.3)
        )

    several = [*(candidate(f"first-{n}") for n in range(6)), candidate("slow")]
    ill = evidence(*[outcome(0.0, accuracy=0.3, stopped="settled", steps_run=40)] * 3)
    assert Play(ill, source(*several), script).rows()["slow"].result == "helps"


def test_an_accuracy_that_the_unchanged_network_has_too_promises_nothing() -> None:
    def script(variant: str, _seed: int, steps: int) -> Outcome:
        return outcome(0.8 if variant == "late" and steps == STEPS else 0.0, steps=steps, accuracy=0.97)

    several = [candidate("first"), candidate("second"), candidate("late")]
    ill = evidence(*[outcome(0.0, accuracy=0.97, stopped="settled", steps_run=40)] * 3)
    play = Play(ill, source(*several), script)
    assert [run.variant for run in play.rounds[1]] == ["first", "second"]
    assert play.rows()["late"].result == "helps"


def test_what_lost_its_way_in_the_short_run_goes_behind_what_has_not_begun_to_learn() -> None:
    skills = by_name(wild=-1e4, wild_2=-1e4, calm=-0.1)

    def script(variant: str, seed: int, steps: int) -> Outcome:
        return (
            outcome(0.8, steps=steps)
            if variant == "calm" and steps == STEPS
            else skills(variant, seed, steps)
        )

    several = [candidate("wild"), candidate("wild-2", remedy="wild"), candidate("calm")]
    scarce = evidence(*[outcome(0.0)] * 3, of=submission(trials={"max_cost": 1.5}))
    play = Play(scarce, source(*several), script)
    assert play.rounds[1][0].variant == "calm"
    assert play.rows()["calm"].result == "helps"


def test_what_is_only_advised_has_its_short_run_beside_the_survivors() -> None:
    advised = candidate("clip", advice=True)
    play = Play(ILL, source(candidate("good"), advised), by_name(good=0.8))
    assert [[run.variant for run in runs] for runs in play.rounds] == [
        ["good"],
        ["good"],
        ["good", "good", "clip"],
    ]
    assert play.rows()["clip"].result == "does-not-help"


def test_advice_that_the_race_had_no_money_for_is_shown_with_what_is_left_in_the_end() -> None:
    scarce = submission(trials={"max_cost": 3.5})
    settled = evidence(*SETTLED, of=scarce)
    several = [candidate("good"), candidate("fair"), *(candidate(f"bad-{n}") for n in range(9))]
    advised = candidate("clip", advice=True)
    play = Play(settled, source(*several, advised), by_name(good=0.8, fair=0.5))
    assert play.rows()["good"].result == "helps"
    assert [run.variant for run in play.rounds[-1]] == ["clip"]
    assert play.standing.spent <= play.standing.budget


def test_advice_is_tried_in_earnest_where_nothing_else_is_left() -> None:
    several = [candidate("bad"), candidate("clip", advice=True)]
    assert Play(ILL, source(*several), by_name(clip=0.8)).rows()["clip"].result == "helps"
    assert Play(ILL, source(several[1]), by_name(clip=0.8)).rows()["clip"].result == "helps"


def test_advice_does_not_take_the_money_of_another_survivor() -> None:
    advised = [candidate(f"advice-{n}", advice=True) for n in range(9)]
    settled = evidence(*SETTLED)
    several = [candidate(name) for name in ("a", "b", "c", "d", "e", "f")]
    skills = by_name(a=0.8, b=0.7)
    play = Play(settled, source(*several, *advised), skills, trials={"a": judgement()})
    assert play.rows()["b"].result == "helps"


def test_a_doubtful_majority_is_given_one_more_seed_beside_the_control() -> None:
    play = Play(ILL, source(candidate("cure")), by_name(cure=[0.9, 0.9, 0.15, 0.9, 0.9]))
    assert play.asked("cure")[-1] == (3, STEPS)
    assert play.asked("control") == [(3, STEPS)]
    row = play.rows()["cure"]
    assert (row.result, row.better, row.of) == ("helps", 4, 4)
    assert row.test.endswith("(seeds added: 1)")


def test_no_seed_is_added_again_where_the_run_of_one_could_not_be_done() -> None:
    def script(variant: str, seed: int, steps: int) -> Outcome | Failure:
        if seed > 2 and variant == "cure":
            return BROKEN
        return outcome((0.9, 0.9, 0.0, 0.0)[seed] if variant == "cure" else 0.0, steps=steps)

    play = Play(ILL, source(candidate("cure")), script)
    assert [seed for seed, _ in play.asked("cure")].count(3) == 1
    assert max(seed for seed, _ in play.asked("cure")) == 3
    assert play.rows()["cure"].result == "partly"


def test_no_more_than_two_seeds_are_added() -> None:
    play = Play(ILL, source(candidate("cure")), by_name(cure=[0.9, 0.9, 0.0, 0.9, 0.0]))
    assert [seed for seed, _ in play.asked("cure")[-2:]] == [3, 4]
    assert play.rows()["cure"].result == "partly"


def test_a_client_who_wants_one_seed_gets_no_more() -> None:
    play = Play(evidence(outcome(0.0)), source(candidate("cure")), by_name(cure=0.9))
    assert {seed for seed, _ in play.asked("cure")} == {0}


def test_a_cure_that_leaves_an_error_does_not_end_the_race() -> None:
    several = [candidate("fast"), candidate("sound")]
    skills = by_name(fast=0.9, sound=0.0)

    def script(variant: str, seed: int, steps: int) -> Outcome:
        return (
            outcome(0.6, steps=steps)
            if variant == "sound" and steps == STEPS
            else skills(variant, seed, steps)
        )

    plain = Play(evidence(*SETTLED), source(*several), script)
    refuted = Play(evidence(*SETTLED), source(*several), script, trials={"fast": judgement()})
    assert plain.rows()["sound"].result == "does-not-help"
    rows = refuted.rows()
    assert (rows["fast"].result, rows["sound"].result) == ("partly", "helps")


def test_advice_that_is_a_pair_is_tried_once() -> None:
    play = Play(ILL, source(candidate("c"), candidate("a+b", remedy="a+b", advice=True)), by_name())
    assert play.asked("a+b") == [(0, 50), (0, STEPS)]


def test_one_seed_is_compared_with_a_control_that_had_settled() -> None:
    play = Play(evidence(SETTLED[0]), source(candidate("good"), candidate("bad")), by_name(good=0.9))
    assert play.asked("control") == [(0, STEPS)]
    row = play.rows()["good"]
    assert (row.result, row.of) == ("partly", 1)
    assert "One seed may be luck" in row.reason


def test_without_a_level_and_with_a_baseline_that_broke_all_seeds_are_run() -> None:
    broken = evidence(*[outcome(math.nan)] * 3)
    play = Play(broken, source(candidate("calm")), by_name(calm=None))
    assert {seed for seed, _ in play.asked("calm")} == {0, 1, 2}
    assert play.rows()["calm"].result == "partly"


def test_pairs_are_tried_where_there_is_nothing_else() -> None:
    assert (
        Play(ILL, source(candidate("a+b", remedy="a+b")), by_name(a__b=0.9)).rows()["a+b"].result == "helps"
    )


def test_a_control_that_fails_in_an_added_seed_ends_the_doubt_and_not_the_race() -> None:
    skills = by_name(doubtful=[0.9, 0.9, 0.15, 0.9], sound=0.0)

    def script(variant: str, seed: int, steps: int) -> Outcome | Failure:
        if variant == "control":
            return BROKEN
        return (
            outcome(0.6, steps=steps)
            if variant == "sound" and steps == STEPS
            else skills(variant, seed, steps)
        )

    rows = Play(ILL, source(candidate("doubtful"), candidate("sound")), script).rows()
    assert (rows["doubtful"].result, rows["sound"].result) == ("partly", "helps")


def test_a_generator_that_is_nearly_perfect_costs_no_trials() -> None:
    fine = evidence(*[outcome(None, sample_skill=0.9)] * 3)
    assert Play(fine, source(candidate("good")), by_name()).rounds == []
